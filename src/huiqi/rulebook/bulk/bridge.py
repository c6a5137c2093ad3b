"""Between rows of the reference evaluator and snapshots of the bulk engine, in both directions."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from huiqi.rulebook.bulk.snapshot import (
    ID,
    LINK,
    OWNER,
    Snapshot,
    SnapshotWriter,
    code_of,
    open_snapshot,
    schema_of,
)  # fmt: skip
from huiqi.rulebook.language.literals import days, to_date
from huiqi.rulebook.language.nodes import DISCRETE, Kind
from huiqi.rulebook.library.rows import FactsFile, Row
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary
from huiqi.rulebook.reference.assess import Paid

Region = dict[str, list[Row]]
"""All rows of a region by table, in snapshot order."""


def read_region(snapshot: Snapshot, vocabulary: Vocabulary) -> Region:
    """Every row of a snapshot, joined; for small regions and tests."""
    out: Region = {}
    frames: dict[str, list[tuple[int, pl.DataFrame]]] = {}
    for name in sorted(snapshot.tables, key=lambda name: vocabulary.tables[name].is_event):
        frames[name] = [
            (part, pl.read_parquet(snapshot.path(name, part)))
            for part in range(snapshot.parts(name))
            if snapshot.tables[name][part]
        ]
        out[name] = [
            _row(name, record, snapshot, vocabulary)
            for _, frame in frames[name]
            for record in frame.iter_rows(named=True)
        ]
    for name, parts in frames.items():
        declared = vocabulary.tables[name]
        starts = _starts(snapshot, declared.owner) if declared.is_event else []
        rows = iter(out[name])
        for part, frame in parts:
            for record in frame.iter_rows(named=True):
                row = next(rows)
                if declared.is_event:
                    owner = out[declared.owner][starts[part] + record[OWNER]]
                    row.links[declared.owner] = owner
                    owner.events.setdefault(name, []).append(row)
                for link, target in declared.links.items():
                    at = record.get(LINK + link)
                    if at is not None:
                        row.links[link] = out[target][at]
    return out


def read_subject(snapshot: Snapshot, vocabulary: Vocabulary, table: str, number: int) -> FactsFile:
    """One subject (by `_id`) with its own events and what it and they link to directly."""
    starts = _starts(snapshot, table)
    part = max(index for index, start in enumerate(starts) if start <= number)
    subject = _linked(snapshot, vocabulary, table, number)
    events: dict[str, list[Row]] = {}
    for name, declared in vocabulary.tables.items():
        rows = snapshot.tables.get(name, ())
        if declared.owner != table or part >= len(rows) or not rows[part]:
            continue
        found = (
            pl.scan_parquet(snapshot.path(name, part))
            .filter(pl.col(OWNER) == number - starts[part])
            .collect()
        )
        for record in found.iter_rows(named=True):
            row = _row(name, record, snapshot, vocabulary)
            row.links[table] = subject
            for link, target in declared.links.items():
                at = record.get(LINK + link)
                if at is not None:
                    row.links[link] = _linked(snapshot, vocabulary, target, at)
            events.setdefault(name, []).append(row)
    subject.events.update(events)
    return FactsFile({table: subject}, events)


def _linked(snapshot: Snapshot, vocabulary: Vocabulary, table: str, number: int) -> Row:
    starts = _starts(snapshot, table)
    part = max(index for index, start in enumerate(starts) if start <= number)
    record = (
        pl.scan_parquet(snapshot.path(table, part))
        .slice(number - starts[part], 1)
        .collect()
        .row(0, named=True)
    )
    row = _row(table, record, snapshot, vocabulary)
    for link, target in vocabulary.tables[table].links.items():
        at = record.get(LINK + link)
        if at is not None:
            row.links[link] = _linked(snapshot, vocabulary, target, at)
    return row


def _starts(snapshot: Snapshot, table: str) -> list[int]:
    out, at = [], 0
    for count in snapshot.tables.get(table, ()):
        out.append(at)
        at += count
    return out


def _row(table: str, record: dict[str, Any], snapshot: Snapshot, vocabulary: Vocabulary) -> Row:
    declared = vocabulary.tables[table]
    row = Row(table, str(record.get(declared.key) or ""))
    for name, spec in declared.facts.items():
        value = record.get(name)
        if value is not None:
            row.values[name] = _known(value, spec, snapshot)
    return row


def _known(value: Any, spec: FactSpec, snapshot: Snapshot) -> Known:
    if spec.type.kind is Kind.DATE:
        return days(value)
    if spec.type.kind is Kind.CHOICE:
        return snapshot.lists[spec.type.choices][int(value)]
    if spec.type.kind in DISCRETE:
        return snapshot.trees[str(spec.type.kind)][int(value)]
    known: Known = value
    return known


def read_paid(snapshot: Snapshot, table: str, number: int) -> list[Paid]:
    """Payments already made to one subject."""
    file = snapshot.folder / "paid.parquet"
    if not file.is_file():
        return []
    found = pl.scan_parquet(file).filter(
        (pl.col("主体表") == table) & (pl.col("主体") == number)
    ).collect()  # fmt: skip
    return [
        Paid(record["支持"], record["事项"], record["金额"], days(record["日期"]))
        for record in found.iter_rows(named=True)
    ]


# -------------------------------------------------------------------- rows -> snapshot


def write_region(
    files: Iterable[FactsFile], vocabulary: Vocabulary, folder: Path, part_rows: int = 1000
) -> Snapshot:
    """A snapshot of several facts files, each its own subjects; keys are made unique by number."""
    numbers: dict[int, int] = {}
    subjects: dict[str, list[Row]] = defaultdict(list)
    events: dict[str, list[Row]] = defaultdict(list)

    def visit(row: Row) -> None:
        if id(row) in numbers:
            return
        declared = vocabulary.tables[row.table]
        rows = events[row.table] if declared.is_event else subjects[row.table]
        numbers[id(row)] = len(rows)
        rows.append(row)
        for linked in row.links.values():
            visit(linked)
        for items in row.events.values():
            for item in items:
                visit(item)

    for file in files:
        for row in [
            *file.subjects.values(),
            *(item for rows in file.events.values() for item in rows),
        ]:
            visit(row)
    writer = SnapshotWriter(folder, vocabulary)
    for name, rows in [*subjects.items(), *events.items()]:
        declared = vocabulary.tables[name]
        parts: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for index, row in enumerate(rows):
            owner = row.links.get(declared.owner) if declared.is_event else None
            place = numbers[id(owner)] if owner is not None else index
            record = _record(row, index, vocabulary, numbers)
            if declared.is_event:
                record[OWNER] = place % part_rows
            parts[place // part_rows].append(record)
        for part in range(max(parts) + 1):
            schema = schema_of(declared, derived=True)
            frame = pl.DataFrame(parts.get(part, []), schema=schema, strict=False)
            writer.write(name, part, frame)
    writer.close()
    snapshot, problems = open_snapshot(folder, vocabulary)
    if snapshot is None:
        raise ValueError(str(problems[0]))
    return snapshot


def _record(
    row: Row, index: int, vocabulary: Vocabulary, numbers: dict[int, int]
) -> dict[str, Any]:
    declared = vocabulary.tables[row.table]
    out: dict[str, Any] = {declared.key: row.key}
    if not declared.is_event:
        out[ID] = index
    for link in declared.links:
        if link != declared.owner and link in row.links:
            out[LINK + link] = numbers[id(row.links[link])]
    for name, value in row.values.items():
        spec = declared.facts[name]
        if spec.type.kind is Kind.DATE:
            out[name] = to_date(int(value))
        elif spec.type.kind in DISCRETE:
            out[name] = code_of(spec, str(value), vocabulary)
        else:
            out[name] = value
    return out
