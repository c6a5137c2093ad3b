"""What each page of the handbook says, gathered from the rules; templates only arrange it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from huiqi.rulebook.handbook.say import say_definition
from huiqi.rulebook.language.literals import show_money
from huiqi.rulebook.language.nodes import Fact, Kind, facts
from huiqi.rulebook.library.measures import aggregates
from huiqi.rulebook.library.policy import (
    Clause,
    Comparator,
    Interpretation,
    Library,
    Policy,
    Stacking,
    Support,
    Target,
    Times,
)
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.values import show_known
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.reference.cases import Case
from huiqi.rulebook.reference.explaining import (
    clause_words,
    number_words,
    range_words,
    rule_words,
    with_numbers,
)

Key = tuple[str, str]
"""Table and name of a fact."""


# -------------------------------------------------------------------- facts


@dataclass(frozen=True)
class FactEntry:
    """One line of the fact dictionary."""

    spec: FactSpec
    identifier: str
    type: str
    unit: str
    derived: str
    readers: tuple[Support, ...]
    targets: tuple[tuple[Policy, Target], ...]

    @property
    def anchor(self) -> str:
        return self.identifier.replace(".", "-")


@dataclass(frozen=True)
class FactTable:
    """One table of the dictionary with its facts."""

    table: Table
    entries: tuple[FactEntry, ...]


def dictionary(library: Library) -> tuple[FactTable, ...]:
    """Every fact with its type, question, holder, derivation and readers."""
    vocabulary = library.vocabulary
    readers: dict[Key, list[Support]] = {}
    for support in library.supports:
        for key in closure(support.facts(), vocabulary):
            readers.setdefault(key, []).append(support)
    measured: dict[Key, list[tuple[Policy, Target]]] = {}
    for policy in library.policies:
        for target in policy.targets:
            for key in closure(_measured(target), vocabulary):
                measured.setdefault(key, []).append((policy, target))
    return tuple(
        FactTable(
            table,
            tuple(
                _entry(
                    table,
                    spec,
                    vocabulary,
                    tuple(readers.get((table.name, spec.name), ())),
                    tuple(measured.get((table.name, spec.name), ())),
                )
                for spec in table.facts.values()
            ),
        )
        for table in vocabulary.tables.values()
    )


def closure(direct: Iterable[Fact], vocabulary: Vocabulary) -> tuple[Key, ...]:
    """The facts read, with those that derived ones among them are computed from, in order."""
    seen: dict[Key, None] = {}
    stack = list(direct)
    while stack:
        fact = stack.pop(0)
        key = (fact.table, fact.name)
        if key not in seen:
            seen[key] = None
            stack += vocabulary.tables[fact.table].facts[fact.name].reads
    return tuple(seen)


def _measured(target: Target) -> tuple[Fact, ...]:
    out: list[Fact] = []
    for part in aggregates(target.measure) if target.measure is not None else ():
        out += facts(part.where)
        out += facts(part.value) if part.value is not None else ()
    return tuple(out)


def _entry(
    table: Table,
    spec: FactSpec,
    vocabulary: Vocabulary,
    readers: tuple[Support, ...],
    targets: tuple[tuple[Policy, Target], ...],
) -> FactEntry:
    return FactEntry(
        spec=spec,
        identifier=f"{table.identifier}.{spec.identifier}",
        type=f"类别（{spec.type.choices}）"
        if spec.type.kind is Kind.CHOICE
        else str(spec.type.kind),
        unit=spec.type.unit,
        derived=say_definition(spec.definition, vocabulary) if spec.definition is not None else "",
        readers=readers,
        targets=targets,
    )


# -------------------------------------------------------------------- supports


@dataclass(frozen=True)
class CaseLine:
    """A boundary case in one row: what is given, what comes out."""

    name: str
    on: str
    given: str
    answer: str
    amount: str


@dataclass(frozen=True)
class SupportPage:
    """Everything a person asks about one support."""

    policy: Policy
    clause: Clause
    support: Support
    source: str
    who: str
    receiver: str
    conditions: tuple[tuple[str, str], ...]
    amount: str
    limits: tuple[str, ...]
    interpretations: tuple[Interpretation, ...]
    cases: tuple[CaseLine, ...]
    reads: tuple[FactEntry, ...]

    @property
    def path(self) -> PurePosixPath:
        return PurePosixPath(self.policy.id) / self.support.id


def support_page(
    library: Library, support: Support, cases: Sequence[Case], entries: Mapping[Key, FactEntry]
) -> SupportPage:
    """One support as a page."""
    policy = library.by_id[support.policy]
    clause = library.clause_of(support)
    table = library.vocabulary.tables[support.table]
    keys = closure(support.facts(), library.vocabulary)
    return SupportPage(
        policy=policy,
        clause=clause,
        support=support,
        source=clause_words(policy, clause),
        who=f"{table.name}（{table.note}）" if table.note else table.name,
        receiver=_receiver(support, table),
        conditions=tuple((line.note, with_numbers(line.text, support)) for line in support.lines),
        amount=rule_words(support),
        limits=limits(support),
        interpretations=(*support.interpretations, *clause.interpretations),
        cases=tuple(
            case_line(case, library.vocabulary) for case in cases if support in case.supports
        ),
        reads=tuple(entries[key] for key in keys),
    )


def _receiver(support: Support, table: Table) -> str:
    return support.beneficiary[-1] if support.beneficiary else table.name


TIMES = {
    Times.EACH: "每项给一次",
    Times.ONCE: "每个受益方只给一次",
    Times.YEARLY: "每个受益方每年只给一次",
}
STACKING = {
    Stacking.FREE: "可与其他支持叠加",
    Stacking.HIGHEST: "同组就高，不重复享受",
    Stacking.EITHER: "同组择一享受",
    Stacking.DIFFERENCE: "同组补差，后一次只补高出的部分",
}


def limits(support: Support) -> tuple[str, ...]:
    """How often, up to how much, together with what."""
    out = [TIMES[support.times]]
    if support.year_cap is not None:
        out.append(f"每个受益方每年合计最高 {show_money(support.year_cap)}")
    if support.subject_cap is not None:
        out.append(f"每个受益方累计最高 {show_money(support.subject_cap)}")
    note = f"：{support.stacking_note}" if support.stacking_note else ""
    out.append(f"{STACKING[support.stacking]}{note}")
    return tuple(out)


def case_line(case: Case, vocabulary: Vocabulary) -> CaseLine:
    """A boundary case in words."""
    rows = list(case.facts.subjects.values())
    rows += [row for items in case.facts.events.values() for row in items]
    assessed = case.facts.rows(case.supports[0].table) if case.answer is not None else []
    marked = (
        assessed[case.index - 1] if len(assessed) >= case.index > 0 and len(assessed) > 1 else None
    )
    given = [_row(row, vocabulary, row is marked) for row in rows if row.values or row.links]
    amount = ""
    if case.low is not None:
        amount = range_words(case.low, None if case.high == -1 else case.high)
    low, high = case.total
    if low is not None:
        amount = f"合计 {range_words(low, None if high == -1 else high)}"
    return CaseLine(
        case.name,
        case.on.isoformat(),
        "；".join(given),
        case.answer.chinese if case.answer is not None else "",
        amount,
    )


def _row(row: Row, vocabulary: Vocabulary, marked: bool) -> str:
    table = vocabulary.tables[row.table]
    parts = [
        f"{name} {show_known(value, table.facts[name], vocabulary)}"
        for name, value in row.values.items()
    ]
    for link, target in row.links.items():
        if link != table.owner and target.values:
            parts.append(_row(target, vocabulary, False).replace(target.table, link, 1))
    return f"{row.table}{'（受评）' if marked else ''}：{'，'.join(parts)}"


# -------------------------------------------------------------------- documents, units


@dataclass(frozen=True)
class UnitLine:
    """One clause a unit works on, with its part in it."""

    clause: Clause
    number: str
    lead: bool
    targets: tuple[Target, ...]
    supports: tuple[Support, ...]


@dataclass(frozen=True)
class UnitSection:
    """One unit with all its clauses."""

    name: str
    lines: tuple[UnitLine, ...]


NO_UNIT = "条款没有写明单位"


def unit_sections(policy: Policy) -> tuple[UnitSection, ...]:
    """Targets and duties per unit; clauses without one stand together at the end."""
    found: dict[str, list[UnitLine]] = {}
    for clause in policy.clauses:
        targets = tuple(target for target in policy.targets if target.clause == clause.id)
        supports = tuple(item for item in policy.supports if item.clause == clause.id)
        for unit in clause.units or (NO_UNIT,):
            lead = unit == clause.lead or unit in clause.joint_leads
            found.setdefault(unit, []).append(
                UnitLine(clause, number_words(clause.number), lead, targets, supports)
            )
    names = sorted(found, key=lambda name: name == NO_UNIT)
    return tuple(UnitSection(name, tuple(found[name])) for name in names)


def target_words(target: Target) -> str:
    """`达到 3,000家`, `介于 1—2个`, `首次 1`, `相对 全国平均水平`."""
    value = "—".join(f"{item:,f}" for item in target.values) or target.relative_to
    if target.comparator is Comparator.ABOUT:
        return f"{value}{target.unit} 左右"
    return f"{target.comparator} {value}{target.unit}".strip()


def _day_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _says(words: str, day: date) -> bool:
    """Whether words name the day already: `2025年12月31日`, and of the last of a year `2025年底`."""
    told = [day.isoformat(), _day_words(day)]
    if (day.month, day.day) == (12, 31):
        told += [f"{day.year}{end}" for end in ("年", "年底", "年末")]
    return words.removeprefix("到") in told


def deadline_words(target: Target) -> str:
    """The deadline as printed, with the day it is resolved to where the words leave it open, and the
    baseline."""
    parts = [target.deadline or target.period]
    if target.due is not None and not _says(target.deadline, target.due):
        parts.append(f"截止{_day_words(target.due)}")
    if target.baseline:
        parts.append(f"基期 {target.baseline}")
    return "，".join(part for part in parts if part)
