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

    region, problems = rulebook.open_region("快照目录", library)
    result = rulebook.match(library, region, on=date(2026, 11, 22), out="结果目录")
    what_if, problems = rulebook.simulate(library, region, {"政策/支持.金额": "…"}, on=date(2026, 11, 22))

Money is whole fen, rates are exact, an unknown amount is a range. Time is an argument.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from huiqi.rulebook.answers import Answer
from huiqi.rulebook.assess import Assessment, Paid, assess
from huiqi.rulebook.bulk import Budget, Engine, Progress
from huiqi.rulebook.cases import read_cases
from huiqi.rulebook.dossier import Dossier, dossier
from huiqi.rulebook.load import load
from huiqi.rulebook.matching import MatchResult
from huiqi.rulebook.matching import match as _match
from huiqi.rulebook.policy import Library, Policy, Support
from huiqi.rulebook.problems import Problem
from huiqi.rulebook.rows import FactsFile, Row, read_facts
from huiqi.rulebook.simulation import Simulation, simulate
from huiqi.rulebook.snapshot import Snapshot, open_snapshot
from huiqi.rulebook.source import read_yaml

__all__ = [
    "Answer", "Assessment", "Budget", "Dossier", "Engine", "FactsFile", "Library", "MatchResult",
    "Paid", "Policy", "Problem", "Progress", "Row", "Simulation", "Snapshot", "Support", "assess",
    "check", "dossier", "evaluate", "load", "match", "open_region", "read_facts_file", "simulate",
]  # fmt: skip


def check(folder: Path | str) -> list[Problem]:
    """Every problem of a policies folder: vocabulary, reference data, policies, boundary cases."""
    library, problems = load(folder)
    return [*problems, *read_cases(library)[1]]


def read_facts_file(path: Path | str, library: Library) -> tuple[FactsFile, list[Problem]]:
    """What a YAML or JSON file says of one subject, with what could not be read."""
    node, problems = read_yaml(Path(path))
    return read_facts(node, library.vocabulary, problems), problems


def evaluate(
    library: Library, facts: FactsFile, on: date, paid: Sequence[Paid] = ()
) -> Dossier:
    """All supports for one subject on one day, after limits, explained line by line."""
    return dossier(library, facts, on, paid=paid)


def open_region(folder: Path | str, library: Library) -> tuple[Snapshot | None, list[Problem]]:
    """A snapshot folder; other tables go through :func:`huiqi.rulebook.tables.prepare` first."""
    return open_snapshot(Path(folder), library.vocabulary)


def match(
    library: Library,
    region: Snapshot,
    on: date,
    out: Path | str | None = None,
    on_progress: Progress | None = None,
) -> MatchResult:
    """A whole region; see :func:`huiqi.rulebook.matching.match`."""
    return _match(library, region, on, Path(out) if out is not None else None, on_progress)
