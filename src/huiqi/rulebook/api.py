"""The few calls most programs need; see the package's docstring for an example."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from huiqi.rulebook.bulk.engine import Progress
from huiqi.rulebook.bulk.matching import MatchResult
from huiqi.rulebook.bulk.matching import match as match_region
from huiqi.rulebook.bulk.snapshot import Snapshot, open_snapshot
from huiqi.rulebook.library import factsfile
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.rows import FactsFile
from huiqi.rulebook.problems import Problem
from huiqi.rulebook.reference.assess import Paid
from huiqi.rulebook.reference.cases import read_cases
from huiqi.rulebook.reference.dossier import Dossier, dossier
from huiqi.rulebook.reference.explaining import dossier_dict


def check(folder: Path | str) -> list[Problem]:
    """Every problem of a policies folder: vocabulary, reference data, policies, boundary cases."""
    library, problems = load(folder)
    return [*problems, *read_cases(library)[1]]


def read_facts_file(path: Path | str, library: Library) -> tuple[FactsFile, list[Problem]]:
    """What a YAML or JSON file says of one subject, with what could not be read."""
    return factsfile.read_facts_file(Path(path), library.vocabulary)


def evaluate(library: Library, facts: FactsFile, on: date, paid: Sequence[Paid] = ()) -> Dossier:
    """All supports for one subject on one day, after limits, explained line by line."""
    return dossier(library, facts, on, paid=paid)


def explain(made: Dossier) -> dict[str, Any]:
    """Answers, conditions with the facts they used, near misses and questions as plain values."""
    return dossier_dict(made)


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
    """A whole region; see :func:`huiqi.rulebook.bulk.matching.match`."""
    return match_region(library, region, on, Path(out) if out is not None else None, on_progress)
