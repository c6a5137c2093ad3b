"""The rulebook: policies as executable, tested rules. Pure Python: no web, no network, no clock.

The API most callers need::

    library, problems = load("policies")
    facts, problems = read_facts_file(path, library.vocabulary)
    made = dossier(library, facts, on=date(2026, 11, 22))
"""

from huiqi.rulebook.answers import Answer
from huiqi.rulebook.assess import assess
from huiqi.rulebook.dossier import Dossier, dossier
from huiqi.rulebook.load import load
from huiqi.rulebook.policy import Library, Policy, Support
from huiqi.rulebook.problems import Problem

__all__ = [
    "Answer", "Dossier", "Library", "Policy", "Problem", "Support", "assess", "dossier", "load",
]  # fmt: skip
