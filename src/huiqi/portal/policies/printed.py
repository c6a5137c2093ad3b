"""A support and a clause as pages print them: from the rules in force, nothing worded a second time."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from huiqi.portal.base import rules
from huiqi.portal.policies.entries import amount_of
from huiqi.rulebook.handbook.pages import (
    FactEntry,
    SupportPage,
    deadline_words,
    dictionary,
    support_page,
    target_words,
)
from huiqi.rulebook.library.policy import Clause, Library, Policy, Support, Target
from huiqi.rulebook.reference.cases import Case, read_cases


@dataclass(frozen=True, slots=True)
class Printed:
    """A support's page, its amount without names of tables, its tiers where it has some."""

    page: SupportPage
    amount: str
    tiers: tuple[tuple[str, str], ...]
    tiers_note: str


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target in words."""

    target: Target
    value: str
    deadline: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What carries one clause out: what units must do, what it aims at, what it gives."""

    clause: Clause
    targets: tuple[TargetLine, ...]
    supports: tuple[Support, ...]


@dataclass(frozen=True)
class _State:
    library: Library
    cases: tuple[Case, ...]
    entries: Mapping[tuple[str, str], FactEntry]


def printed(key: str) -> Printed | None:
    """A support of the rules in force, by `policy/support`."""
    library = rules.library()
    support = library.by_key.get(key)
    if support is None:
        return None
    state = _state(library.folder)
    own = [case for case in state.cases if case.supports and case.supports[0].key == key]
    page = support_page(state.library, state.library.by_key[key], own, state.entries)
    amount = amount_of(support)
    return Printed(page, amount, *tiers(amount))


@lru_cache(maxsize=2)
def _state(folder: str) -> _State:
    library = rules.library()
    tables = dictionary(library)
    entries = {
        (item.table.name, entry.spec.name): entry for item in tables for entry in item.entries
    }
    return _State(library, tuple(read_cases(library)[0]), entries)


def tiers(amount: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """`国家级 20万元；省级 10万元（进档全额）` as rows and a note; no rows where it has one amount."""
    words, mark, note = amount.rpartition("（") if amount.endswith("）") else (amount, "", "")
    parts = words.split("；")
    if len(parts) < 2:
        return (), ""
    rows = []
    for part in parts:
        when, found, value = part.rpartition(" 给 " if " 给 " in part else " ")
        if not found:
            return (), ""
        rows.append((when, value))
    return tuple(rows), note.rstrip("）") if mark else ""


def carried(policy: Policy | None) -> dict[str, Carried]:
    """What carries each clause of a policy out, by clause."""
    if policy is None:
        return {}
    return {
        clause.id: Carried(
            clause,
            tuple(target_line(item) for item in policy.targets if item.clause == clause.id),
            tuple(item for item in policy.supports if item.clause == clause.id),
        )
        for clause in policy.clauses
    }


def target_line(target: Target) -> TargetLine:
    return TargetLine(target, target_words(target), deadline_words(target))
