"""What a registry holds of one record, as pages show it: value, source, since when, known when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from huiqi.portal.registry.history import Said
from huiqi.portal.registry.models import Record
from huiqi.portal.web.templatetags.huiqi import UNKNOWN, cn_date, region
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import to_date
from huiqi.rulebook.language.nodes import QUANTITIES, Kind, Truth
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.values import Known, show_known
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.reference.evaluator import Reference


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact of a record. ``value`` is what is shown; ``is_known`` whether there is one."""

    name: str
    value: str
    is_known: bool
    source: str = ""
    valid_from: date | None = None
    known_at: datetime | None = None
    is_asked: bool = False
    """Whether a correction of it waits."""


@dataclass(frozen=True, slots=True)
class FactGroup:
    """The facts that one register holds; those nobody spoke of stand apart."""

    holder: str
    known: Sequence[FactLine]
    unknown: Sequence[FactLine]


@dataclass(frozen=True, slots=True)
class EventTable:
    """The events of one kind, the latest first; ``total`` may be more than the rows."""

    name: str
    heads: Sequence[str]
    rows: Sequence[tuple[Record, Sequence[tuple[str, str]]]]
    """Each with its cells: the head they stand under, and what is shown."""
    total: int


def shown(value: Known | None, spec: FactSpec | None, vocabulary: Vocabulary) -> str:
    """A value as pages write it: days and places in full."""
    if value is None:
        return UNKNOWN
    if spec is None:
        return str(value)
    if spec.type.kind is Kind.DATE and isinstance(value, int):
        return cn_date(to_date(value))
    if spec.type.kind is Kind.REGION and isinstance(value, str):
        return region(value)
    return show_known(value, spec, vocabulary)


def groups(
    table: Table,
    state: Mapping[str, Said],
    vocabulary: Vocabulary,
    *,
    asked: Iterable[str] = (),
) -> list[FactGroup]:
    """The facts of a record by the register that holds them, in the order of the vocabulary.

    ``asked`` are the facts that a waiting correction is about.
    """
    waiting = frozenset(asked)
    apart: dict[str, tuple[list[FactLine], list[FactLine]]] = {}
    for spec in table.stored:
        said = state.get(spec.name)
        line = FactLine(
            spec.name,
            shown(said.value if said else None, spec, vocabulary),
            said is not None and said.value is not None,
            said.source if said else "",
            said.valid_from if said else None,
            said.known_at if said else None,
            is_asked=spec.name in waiting,
        )
        known, unknown = apart.setdefault(spec.source or "其他", ([], []))
        (known if line.is_known else unknown).append(line)
    return [FactGroup(holder, known, unknown) for holder, (known, unknown) in apart.items()]


def derived_group(
    table: Table, values: Mapping[str, Known | None], vocabulary: Vocabulary
) -> FactGroup:
    """The computed facts of a record, those that are certain apart from those that are open."""
    lines = [
        FactLine(name, shown(value, table.facts[name], vocabulary), value is not None)
        for name, value in values.items()
    ]
    sure, open_ = ([line for line in lines if line.is_known is known] for known in (True, False))
    return FactGroup("由系统算出", sure, open_)


def computed(table: Table, row: Row, reference: Reference) -> dict[str, Known | None]:
    """The derived facts of a row as the rules see them on a day; None where they are not certain."""
    return {spec.name: _certain(spec, row, reference) for spec in table.derived}


def _certain(spec: FactSpec, row: Row, reference: Reference) -> Known | None:
    if spec.type.kind is Kind.BOOL:
        answer = reference.answer(Truth(spec.fact()), row)
        return {Answer.YES: True, Answer.NO: False}.get(answer)
    if spec.type.kind in QUANTITIES:
        low, high = reference.span(spec.fact(), row)
        return low if low == high else None
    return reference.known(spec.fact(), row)


def event_tables(
    records: Iterable[Record], totals: Mapping[str, int], vocabulary: Vocabulary
) -> list[EventTable]:
    """Events by kind with their current values as columns; only columns that some row fills."""
    apart: dict[str, list[Record]] = {}
    for record in records:
        if record.table in vocabulary.tables:
            apart.setdefault(record.table, []).append(record)
    out = []
    for name in (name for name in vocabulary.tables if name in apart):
        table, found = vocabulary.tables[name], apart[name]
        moment = table.moment
        found.sort(key=lambda one: (_whole(one.values.get(moment)), one.pk), reverse=True)
        filled = {fact for one in found for fact in one.values}
        heads = [spec.name for spec in table.stored if spec.name in filled]
        rows = [
            (one, [(head, _cell(one, table.facts[head], vocabulary)) for head in heads])
            for one in found
        ]
        out.append(EventTable(name, heads, rows, totals.get(name, len(rows))))
    return out


def _cell(record: Record, spec: FactSpec, vocabulary: Vocabulary) -> str:
    value = record.values.get(spec.name)
    return "—" if value is None else shown(value, spec, vocabulary)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else -1
