"""A region's snapshot into an empty registry, fast: for the demonstration and for benchmarks.

Every row becomes a record and a statement for each register that holds some of its facts, as if the
units had handed them in; the events, the links and what was paid come along.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl
from django.db import transaction
from django.utils import timezone

from huiqi.portal.base import audit, rules, search
from huiqi.portal.base.access import NOBODY, Actor
from huiqi.portal.base.models import Unit
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import columns, encoding, storing
from huiqi.portal.registry.models import Certificate, Enterprise, Grant, Record, Statement
from huiqi.rulebook.bulk.snapshot import ID, LINK, OWNER, Snapshot, open_snapshot
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import Table, Vocabulary

Tell = Callable[[int, int, str], None]


@dataclass
class _Load:
    """What is known while tables are loaded one after another."""

    snapshot: Snapshot
    vocabulary: Vocabulary
    at: datetime
    valid_from: date | None
    units: Mapping[str, int]
    change: int = 0
    numbers: dict[str, list[int]] = field(default_factory=dict)
    """Table -> record numbers by `_id`."""

    keys: dict[str, pl.Series] = field(default_factory=dict)
    titles: list[pl.DataFrame] = field(default_factory=list)


def load_region(
    folder: Path,
    *,
    at: datetime,
    source_units: Mapping[str, Unit] | None = None,
    valid_from: date | None = None,
    tell: Tell | None = None,
    by: Actor = NOBODY,
) -> dict[str, int]:
    """Loads all tables of a snapshot and its payments; rows by table.

    ``at`` is when it became known, ``valid_from`` the day from which facts of
    subjects hold (None: always).
    ``source_units`` says which unit hands in what a register of the vocabulary holds. Refuses a
    registry that is not empty and a folder that is no snapshot; then nothing is loaded.
    """
    vocabulary = rules.library().vocabulary
    snapshot, problems = open_snapshot(folder, vocabulary)
    if snapshot is None:
        raise Refused(problems[0].message, problems[0].remedy)
    units = {name: unit.pk for name, unit in (source_units or {}).items()}
    load = _Load(snapshot, vocabulary, at, valid_from, units)
    tables = sorted(snapshot.tables, key=lambda name: vocabulary.tables[name].is_event)
    total = sum(snapshot.rows(name) for name in tables)
    done = 0
    with transaction.atomic():
        if Record.objects.exists():
            raise Refused("登记库里已有数据", "示范数据只能载入空的登记库")
        load.change = storing.change_number()
        for name in tables:
            if not vocabulary.tables[name].is_event:
                _reserve(load, vocabulary.tables[name])
        with storing.indexed_after(Record, Statement, Enterprise, Certificate, Grant):
            for name in tables:
                for part in range(snapshot.parts(name)):
                    if snapshot.tables[name][part]:
                        done += _part(load, vocabulary.tables[name], part)
                    if tell is not None:
                        tell(done, total, f"载入{name}")
            _titles(load)
            _paid(load)
        rows = {name: snapshot.rows(name) for name in tables}
        audit.record("registry.load", at=at, actor=by, rows=rows)
    return rows


def _reserve(load: _Load, table: Table) -> None:
    """Keys and record numbers of all rows of a subject, so that links and events find them."""
    parts = [
        pl.read_parquet(load.snapshot.path(table.name, part), columns=[table.key])[table.key]
        for part in range(load.snapshot.parts(table.name))
        if load.snapshot.tables[table.name][part]
    ]
    load.keys[table.name] = pl.concat(parts) if parts else pl.Series([], dtype=pl.String)
    load.numbers[table.name] = storing.reserve(Record, load.keys[table.name].len()).to_list()


def _part(load: _Load, table: Table, part: int) -> int:
    raw = pl.read_parquet(load.snapshot.path(table.name, part))
    facts = _decoded(load, table, raw)
    before = sum(load.snapshot.tables[table.owner or table.name][:part])
    if table.is_event:
        numbers = storing.reserve(Record, raw.height)
        at = raw[OWNER].cast(pl.Int64) + before
        owner = pl.Series(load.numbers[table.owner], dtype=pl.Int64).gather(at)
    else:
        numbers = pl.Series(load.numbers[table.name], dtype=pl.Int64).gather(raw[ID])
        owner = pl.Series([None], dtype=pl.Int64).new_from_index(0, raw.height)
    names = list(facts.columns)
    texts = encoding.texts(facts, names)
    # What happened bears its own date; it is known of every day.
    valid_from = None if table.is_event else load.valid_from
    label = columns.label_fact(table)
    named = facts[label].fill_null("") if label else pl.Series([""]).new_from_index(0, raw.height)
    records = pl.DataFrame(
        {
            "id": numbers,
            "table": pl.Series([table.name]).new_from_index(0, raw.height),
            "key": raw[table.key],
            "owner_id": owner,
            "name": named,
            "values": texts,
            "digest": encoding.digests(texts),
        }
    ).with_columns(
        storing.moment(load.at).alias("known_at"),
        pl.lit(valid_from, dtype=pl.Date).alias("since"),
        pl.lit(None, dtype=pl.Date).alias("turns_on"),
        pl.lit(load.change).alias("change"),
    )
    storing.insert(Record, records)
    if not table.is_event:
        search.put(columns.SEARCH, columns.searched(numbers, named))
    for place, (source, said) in enumerate(sorted(_by_source(table, names).items())):
        _statements(load, facts, numbers, source, said, valid_from, is_first=place == 0)
    if table.name == columns.ENTERPRISE:
        _enterprises(load, facts, numbers, raw[table.key])
    if table.name == columns.CERTIFICATE:
        _certificates(load, facts, numbers, owner)
    return raw.height


def _decoded(load: _Load, table: Table, raw: pl.DataFrame) -> pl.DataFrame:
    """Facts and links as values: names for positions, days for dates, keys for numbers."""
    out = []
    for name in encoding.names_of(table):
        spec = table.facts.get(name)
        if spec is None:
            if LINK + name in raw.columns:
                keys = load.keys[table.links[name]]
                out.append(pl.lit(keys).gather(pl.col(LINK + name)).alias(name))
        elif name in raw.columns:
            column = pl.col(name)
            if spec.type.kind is Kind.DATE:
                column = column.cast(pl.Int32)
            elif spec.type.kind is Kind.CHOICE:
                listed = pl.Series(load.snapshot.lists[spec.type.choices], dtype=pl.String)
                column = pl.lit(listed).gather(column)
            elif spec.type.kind in (Kind.REGION, Kind.INDUSTRY):
                codes = pl.Series(load.snapshot.trees[str(spec.type.kind)], dtype=pl.String)
                column = pl.lit(codes).gather(column)
            out.append(column.alias(name))
    return raw.select(out)


def _by_source(table: Table, names: list[str]) -> dict[str, list[str]]:
    """Which facts which register holds; a link is told by whoever tells the first fact."""
    first = next((spec.source for spec in table.facts.values() if spec.source), table.name)
    out: dict[str, list[str]] = {}
    for name in names:
        spec = table.facts.get(name)
        out.setdefault((spec.source if spec else "") or first, []).append(name)
    return out


def _statements(
    load: _Load,
    facts: pl.DataFrame,
    numbers: pl.Series,
    source: str,
    names: list[str],
    valid_from: date | None,
    *,
    is_first: bool,
) -> None:
    """What one register says. The first one speaks of every record, if only to say that it is there."""
    texts = encoding.texts(facts, names)
    made = pl.DataFrame({"record_id": numbers, "values": texts})
    if not is_first:
        made = made.filter(pl.col("values") != "{}")
    storing.insert(
        Statement,
        made.with_columns(
            pl.lit(source).alias("source"),
            pl.lit(load.units.get(source), dtype=pl.Int64).alias("unit_id"),
            pl.lit(valid_from, dtype=pl.Date).alias("valid_from"),
            pl.lit(None, dtype=pl.Date).alias("valid_until"),
            storing.moment(load.at).alias("known_at"),
            pl.lit(None, dtype=pl.Int64).alias("batch_id"),
            pl.lit(None, dtype=pl.Int64).alias("said_by_id"),
        ),
    )


def _enterprises(load: _Load, facts: pl.DataFrame, numbers: pl.Series, keys: pl.Series) -> None:
    followed = columns.followed_frame(columns.ENTERPRISE, facts)
    made = followed.with_columns(
        numbers.alias("record_id"),
        keys.alias("credit_code"),
        columns.sizes(facts, load.vocabulary).alias("size"),
        pl.lit("").alias("titles"),
    )
    storing.insert(Enterprise, made)


def _certificates(load: _Load, facts: pl.DataFrame, numbers: pl.Series, owner: pl.Series) -> None:
    made = columns.followed_frame(columns.CERTIFICATE, facts).with_columns(
        numbers.alias("record_id"), owner.alias("enterprise_id")
    )
    storing.insert(Certificate, made)
    load.titles.append(made)


def _titles(load: _Load) -> None:
    if not load.titles:
        return
    today = timezone.localdate(load.at)
    held = pl.concat(load.titles).filter(
        pl.col("name").ne("") & pl.col("ends_on").ge(today).fill_null(True)
    )
    grouped = held.group_by("enterprise_id", maintain_order=True).agg("name")
    shown = [columns.titles_text(names) for names in grouped["name"].to_list()]
    storing.update(
        Enterprise,
        pl.DataFrame(
            {"record_id": grouped["enterprise_id"], "titles": pl.Series(shown, dtype=pl.String)}
        ),
        key="record_id",
    )


def _paid(load: _Load) -> None:
    file = load.snapshot.folder / "paid.parquet"
    if not file.is_file():
        return
    frame = pl.read_parquet(file)
    for (table,), some in frame.group_by("主体表", maintain_order=True):
        numbers = pl.Series(load.numbers[str(table)], dtype=pl.Int64)
        made = some.select(
            pl.lit(numbers).gather(pl.col("主体")).alias("record_id"),
            pl.col("支持").alias("support"),
            pl.col("事项").fill_null("").alias("item"),
            pl.col("金额").alias("amount"),
            pl.col("日期").alias("on"),
            pl.lit("财政部门").alias("source"),
            pl.lit(None, dtype=pl.Int64).alias("batch_id"),
        )
        storing.insert(Grant, made)
