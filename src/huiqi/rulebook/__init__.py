"""The rulebook: policies as executable, tested rules. Pure Python: no web, no network, no clock.

What most callers need, in order of use::

    from datetime import date
    from huiqi import rulebook

    library, problems = rulebook.load("policies")             # frozen values and all problems
    facts, problems = rulebook.read_facts_file("某企业.yaml", library)
    made = rulebook.evaluate(library, facts, on=date(2026, 11, 22))
    for item in made.assessments:                             # answer, amounts in fen, conditions
        print(item.support.name, item.answer.chinese, item.low, item.high)
    made.near_misses(); made.questions()                      # what is one step away, what to ask
    rulebook.explain(made)                                    # the same as plain values, for JSON

    region, problems = rulebook.open_region("快照目录", library)
    result = rulebook.match(library, region, on=date(2026, 11, 22), out="结果目录")
    what_if, problems = rulebook.simulate(library, region, {"政策/支持.金额": "…"}, on=date(2026, 11, 22))

Money is whole fen, rates are exact, an unknown amount is a range. Time is an argument. The names below
are loaded when first used, so that small parts start without the columnar engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from huiqi.rulebook.api import check, evaluate, explain, match, open_region, read_facts_file
    from huiqi.rulebook.bulk.matching import MatchResult
    from huiqi.rulebook.bulk.simulation import Simulation, simulate
    from huiqi.rulebook.bulk.snapshot import Snapshot
    from huiqi.rulebook.language.answers import Answer
    from huiqi.rulebook.library.loader import load
    from huiqi.rulebook.library.policy import Library, Policy, Support
    from huiqi.rulebook.library.rows import FactsFile, Row
    from huiqi.rulebook.problems import Problem
    from huiqi.rulebook.reference.dossier import Dossier

_HOMES = {
    "Answer": "language.answers", "Dossier": "reference.dossier", "FactsFile": "library.rows", "Library": "library.policy",
    "MatchResult": "bulk.matching", "Policy": "library.policy", "Problem": "problems", "Row": "library.rows",
    "Simulation": "bulk.simulation", "Snapshot": "bulk.snapshot", "Support": "library.policy", "check": "api",
    "evaluate": "api", "explain": "api", "load": "library.loader", "match": "api", "open_region": "api",
    "read_facts_file": "api", "simulate": "bulk.simulation",
}  # fmt: skip
__all__ = [
    "Answer", "Dossier", "FactsFile", "Library", "MatchResult", "Policy", "Problem", "Row",
    "Simulation", "Snapshot", "Support", "check", "evaluate", "explain", "load", "match", "open_region",
    "read_facts_file", "simulate",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"huiqi.rulebook.{_HOMES[name]}"), name)
    raise AttributeError(name)
