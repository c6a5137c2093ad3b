"""The registry as Parquet files for the bulk engine; parts in which nothing changed are not written again.

A snapshot stands in a folder of its own and is never changed, so that a run that reads it is undisturbed.
The next one shares the files of the parts that stay. Beside the parts lie the numbers of their
records in the same order, and `registry.json` with what the next snapshot needs to know.

Subjects are numbered in the order of their records and cut into parts of :data:`PART`; new ones come to
the end. Where a part in the middle gains or loses a subject (one was taken back), all is written anew.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import polars as pl
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Sum

from huiqi.portal.base import rules
from huiqi.portal.base.jobs import Tell, silent
from huiqi.portal.registry import columns, encoding, storing
from huiqi.portal.registry.models import Grant, Record
from huiqi.rulebook.bulk.snapshot import (
    ID,
    LINK,
    OWNER,
    PAID,
    Snapshot,
    SnapshotWriter,
    lists_of,
    open_snapshot,
    schema_of,
    trees_of,
)
from huiqi.rulebook.library.vocabulary import Table, Vocabulary

PART = 50_000
KEPT = 3
"""Snapshots that stay, so that a run that began earlier still has its files."""
STATE, CURRENT, FORMAT = "registry.json", "current", 2
_ROW = {"id": pl.Int64(), "owner": pl.Int64(), "key": pl.String(), "values": pl.String()}


class _ShiftedError(Exception):
    """A part in the middle changed its length: the numbers of all later subjects move."""


@dataclass
class _State:
    """What a snapshot was made from."""

    signature: str = ""
    mark: int = 0
    view: str = ""
    known_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    grants: list[int] = field(default_factory=list)
    bounds: dict[str, list[list[int]]] = field(default_factory=dict)
    """Subject -> for each part the last record number and how many records it takes."""
    open: dict[str, list[int]] = field(default_factory=dict)
    """Table -> parts with links to subjects that are not there."""

    def save(self, folder: Path) -> None:
        about = {"format": FORMAT, **vars(self), "known_at": self.known_at.isoformat()}
        (folder / STATE).write_text(json.dumps(about, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "_State":
        about = json.loads((folder / STATE).read_text("utf-8"))
        if about.pop("format") != FORMAT:
            raise ValueError("another format")
        return cls(**{**about, "known_at": datetime.fromisoformat(about["known_at"])})


def write(folder: Path | None = None, tell: Tell | None = None) -> tuple[Snapshot, datetime]:
    """The present state as a snapshot, and the moment up to which it knows.

    ``folder`` holds the snapshots, by default ``settings.SNAPSHOTS``. Where nothing has changed the
    last snapshot is given back as it is.
    """
    root = folder or Path(settings.SNAPSHOTS)
    root.mkdir(parents=True, exist_ok=True)
    vocabulary = rules.library().vocabulary
    with storing.steady():
        earlier = _earlier(root, vocabulary)
        try:
            made = _Writing(root, vocabulary, earlier, tell or silent).write()
        except _ShiftedError:
            made = _Writing(root, vocabulary, None, tell or silent).write()
    _tidy(root)
    return made


def current(folder: Path | None = None) -> tuple[Snapshot, datetime] | None:
    """The last snapshot as it stands, without looking for changes; None before the first."""
    found = _earlier(folder or Path(settings.SNAPSHOTS), rules.library().vocabulary)
    return (found[0], found[1].known_at) if found else None


def view(snapshot: Snapshot) -> str:
    """Which changes a snapshot saw, for :func:`.storing.unseen`; empty for one of another origin."""
    try:
        return _State.load(snapshot.folder).view
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def records(snapshot: Snapshot, table: str, part: int) -> pl.Series:
    """The numbers of the records in a part of a snapshot that :func:`write` made, row by row."""
    path = _records_file(snapshot.folder, snapshot.identifiers[table], part)
    return pl.read_parquet(path)["record"] if path.is_file() else pl.Series("record", [], pl.Int64)


def _records_file(folder: Path, identifier: str, part: int) -> Path:
    return folder / identifier / f"records-{part:05d}.parquet"


def _signature(vocabulary: Vocabulary) -> str:
    """What the files look like: tables, columns and the meaning of codes; and whose numbers they bear."""
    about = {
        "tables": {
            name: [table.identifier, table.owner, dict(table.links), list(map(str, schema.items()))]
            for name, table in vocabulary.tables.items()
            for schema in [schema_of(table, derived=True)]
        },
        "lists": lists_of(vocabulary),
        "trees": trees_of(vocabulary),
        "database": [connection.vendor, str(connection.settings_dict["NAME"])],
        "part": PART,
    }
    return sha256(json.dumps(about, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _earlier(root: Path, vocabulary: Vocabulary) -> tuple[Snapshot, _State] | None:
    """The last snapshot, where it is whole and of the same vocabulary."""
    try:
        folder = root / (root / CURRENT).read_text("ascii").strip()
        state = _State.load(folder)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if state.signature != _signature(vocabulary):
        return None
    snapshot, _ = open_snapshot(folder, vocabulary)
    return None if snapshot is None else (snapshot, state)


def _tidy(root: Path) -> None:
    """Removes snapshots that nobody reads any more, and what was left half-made long ago."""
    now = (root / CURRENT).read_text("ascii").strip()
    folders = [path for path in root.iterdir() if path.is_dir() and path.name != now]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in folders[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


class _Writing:
    """One snapshot in the making."""

    def __init__(
        self,
        root: Path,
        vocabulary: Vocabulary,
        earlier: tuple[Snapshot, _State] | None,
        tell: Tell,
    ) -> None:
        self.root, self.vocabulary, self.tell = root, vocabulary, tell
        self.earlier = earlier
        self.before = earlier[1] if earlier else _State()
        self.state = _State(
            signature=_signature(vocabulary), mark=storing.mark(), view=storing.view()
        )
        self.ids: dict[str, list[pl.Series]] = {}
        """Subject -> by part the records that count, in order."""
        self.grown: set[str] = set()

    def write(self) -> tuple[Snapshot, datetime]:
        if self.earlier and self.before.mark > self.state.mark:
            raise _ShiftedError  # another database, restored from a copy: its numbers mean nothing here
        known_at = Record.objects.aggregate(latest=Max("known_at"))["latest"]
        self.state.known_at = known_at or self.state.known_at
        self.state.grants = self._grants()
        subjects = [table for table in self.vocabulary.tables.values() if not table.is_event]
        events = [table for table in self.vocabulary.tables.values() if table.is_event]
        self._bound(subjects)
        dirty = self._dirty()
        if self.earlier and not dirty and self.before.grants == self.state.grants:
            return self.earlier[0], self.before.known_at
        self.folder = Path(tempfile.mkdtemp(prefix="snapshot-", dir=self.root))
        try:
            return self._fill([*subjects, *events], dirty)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _fill(self, tables: list[Table], dirty: set[tuple[str, int]]) -> tuple[Snapshot, datetime]:
        writer = SnapshotWriter(self.folder, self.vocabulary)
        for table in tables:
            if not table.is_event:
                self._count(table, dirty)
        dirty |= self._resolved()
        todo = sum(len(self.state.bounds.get(table.owner or table.name, ())) for table in tables)
        done = 0
        for table in tables:
            for part in range(len(self.state.bounds.get(table.owner or table.name, ()))):
                if (table.name, part) in dirty or self.earlier is None:
                    self._part(writer, table, part)
                else:
                    self._keep(writer, table, part)
                done += 1
                self.tell(done, todo, f"写快照：{table.name}")
        self._paid(writer)
        writer.close("登记库快照")
        self.state.save(self.folder)
        pointer = self.root / f"{CURRENT}.part"
        pointer.write_text(self.folder.name, "ascii")
        pointer.replace(self.root / CURRENT)
        snapshot, problems = open_snapshot(self.folder, self.vocabulary)
        if snapshot is None:
            raise ValueError("；".join(problem.message for problem in problems))
        return snapshot, self.state.known_at

    # ------------------------------------------------------------ what is new

    def _bound(self, subjects: Iterable[Table]) -> None:
        """Cuts the record numbers of each subject into parts; those of the last snapshot stay."""
        for table in subjects:
            bounds = [list(bound) for bound in self.before.bounds.get(table.name, [])]
            last = bounds[-1][0] if bounds else 0
            new = storing.read(
                'SELECT id FROM registry_record WHERE "table" = %s AND owner_id IS NULL AND id > %s '
                "ORDER BY id",
                [table.name, last],
                {"id": pl.Int64()},
            )["id"]
            if bounds and bounds[-1][1] < PART:
                taken = new.head(PART - bounds[-1][1])
                if taken.len():
                    bounds[-1] = [taken[-1], bounds[-1][1] + taken.len()]
                new = new.slice(taken.len())
            for start in range(0, new.len(), PART):
                piece = new.slice(start, PART)
                bounds.append([piece[-1], piece.len()])
            if bounds:
                self.state.bounds[table.name] = bounds

    def _dirty(self) -> set[tuple[str, int]]:
        """The parts that have to be written, found by the records that changed."""
        if self.earlier is None:
            return set()
        changed = storing.read(
            'SELECT "table", id, owner_id FROM registry_record WHERE change >= %s',
            [self.before.mark],
            {"table": pl.String(), "id": pl.Int64(), "owner": pl.Int64()},
        )
        out: set[tuple[str, int]] = set()
        for (name,), rows in changed.group_by("table"):
            table = self.vocabulary.tables.get(str(name))
            if table is None:
                continue
            numbers = rows["owner"] if table.is_event else rows["id"]
            lasts = pl.Series([bound[0] for bound in self._bounds(table)], dtype=pl.Int64)
            parts = lasts.search_sorted(numbers.drop_nulls(), "left").unique()
            out |= {(table.name, part) for part in parts if part < lasts.len()}
        return out

    def _resolved(self) -> set[tuple[str, int]]:
        """The parts with links to subjects that were not there, where some have come."""
        return {
            (name, part)
            for name, parts in self.before.open.items()
            if self.grown & set(self.vocabulary.tables[name].links.values())
            for part in parts
        }

    def _bounds(self, table: Table) -> list[list[int]]:
        return self.state.bounds.get(table.owner or table.name, [])

    def _count(self, table: Table, dirty: set[tuple[str, int]]) -> None:
        """Which records of a subject count, part by part, so that links and owners find their places."""
        parts = []
        known = len(self.before.bounds.get(table.name, ()))
        for part in range(len(self._bounds(table))):
            if self.earlier and (table.name, part) not in dirty:
                parts.append(records(self.earlier[0], table.name, part))
                continue
            ids = self._alive(table, part)
            parts.append(ids)
            if self.earlier is None:
                continue
            held = records(self.earlier[0], table.name, part)
            if ids.equals(held):
                continue
            self.grown.add(table.name)
            if part < known - 1 or not ids.head(held.len()).equals(held):
                raise _ShiftedError
        self.ids[table.name] = parts

    def _alive(self, table: Table, part: int) -> pl.Series:
        low, high = self._span(table, part)
        gone = f'%"{encoding.GONE}"%'
        found = storing.read(
            'SELECT id FROM registry_record WHERE "table" = %s AND owner_id IS NULL '
            f"AND id > %s AND id <= %s AND {_text()} NOT LIKE %s ORDER BY id",
            [table.name, low, high, gone],
            {"id": pl.Int64()},
        )
        return found["id"].alias("record")

    def _span(self, table: Table, part: int) -> tuple[int, int]:
        """Record numbers of subjects above the first, up to the second, make a part."""
        bounds = self._bounds(table)
        return (bounds[part - 1][0] if part else 0), bounds[part][0]

    # ------------------------------------------------------------ parts

    def _keep(self, writer: SnapshotWriter, table: Table, part: int) -> None:
        assert self.earlier is not None
        snapshot = self.earlier[0]
        counts = snapshot.tables.get(table.name, ())
        if part < len(counts) and counts[part]:
            writer.take(snapshot, table.name, part)
            _records_file(self.folder, table.identifier, part).hardlink_to(
                _records_file(snapshot.folder, table.identifier, part)
            )
        if part in self.before.open.get(table.name, ()):
            self.state.open.setdefault(table.name, []).append(part)

    def _part(self, writer: SnapshotWriter, table: Table, part: int) -> None:
        rows = self._rows(table, part)
        if not rows.height:
            return
        facts = encoding.columns(rows["values"], table)
        counts = facts.select(~pl.col(encoding.GONE).fill_null(False)).to_series()
        owners = self.ids[table.owner or table.name][part]
        if table.is_event:
            counts = counts & rows["owner"].is_in(owners.implode())
        rows, facts = rows.filter(counts), facts.filter(counts)
        if not rows.height:
            return
        frame = columns.coded_frame(
            facts.select(self._held(table, facts)), table, self.vocabulary
        ).with_columns(rows["key"].alias(table.key))
        if table.is_event:
            place = owners.search_sorted(rows["owner"]).cast(pl.UInt32)
            frame = frame.with_columns(place.alias(OWNER))
        else:
            start = sum(ids.len() for ids in self.ids[table.name][:part])
            numbers = pl.int_range(start, start + rows.height, eager=True, dtype=pl.UInt32)
            frame = frame.with_columns(numbers.alias(ID))
        frame = frame.with_columns(self._links(table, part, facts))
        writer.write(table.name, part, frame)
        rows.select(pl.col("id").alias("record")).write_parquet(
            _records_file(self.folder, table.identifier, part)
        )

    def _rows(self, table: Table, part: int) -> pl.DataFrame:
        low, high = self._span(table, part)
        if table.is_event:
            where, order = "owner_id > %s AND owner_id <= %s", "owner_id, id"
        else:
            where, order = "owner_id IS NULL AND id > %s AND id <= %s", "id"
        return storing.read(
            f'SELECT id, owner_id, key, {_text()} FROM registry_record WHERE "table" = %s '
            f"AND {where} ORDER BY {order}",
            [table.name, low, high],
            _ROW,
        )

    def _held(self, table: Table, facts: pl.DataFrame) -> list[str]:
        """The stored facts, and those computed ones that some source told."""
        return [
            spec.name
            for spec in table.facts.values()
            if spec.definition is None or facts[spec.name].null_count() < facts.height
        ]

    def _links(self, table: Table, part: int, facts: pl.DataFrame) -> list[pl.Series]:
        """The numbers of linked subjects, null where the subject isn't there."""
        out = []
        for link, target in table.links.items():
            if link == table.owner:
                continue
            keys = facts[link].drop_nulls().unique()
            found = _numbers(target, keys)
            ids = pl.concat(self.ids.get(target) or [pl.Series([], dtype=pl.Int64)])
            place = ids.search_sorted(found["id"])
            there = ids.gather(place.clip(0, max(0, ids.len() - 1))) if ids.len() else ids
            kept = found.with_columns(place.cast(pl.UInt32).alias("at"))
            kept = kept.filter(there == found["id"]) if ids.len() else kept.clear()
            if kept.height < keys.len():
                parts = self.state.open.setdefault(table.name, [])
                if part not in parts:
                    parts.append(part)
            out.append(
                facts[link]
                .replace_strict(kept["key"], kept["at"], default=None, return_dtype=pl.UInt32)
                .alias(LINK + link)
            )
        return out

    # ------------------------------------------------------------ payments

    def _grants(self) -> list[int]:
        found = Grant.objects.aggregate(Count("pk"), Max("pk"), Sum("amount"))
        return [int(value or 0) for value in found.values()]

    def _paid(self, writer: SnapshotWriter) -> None:
        if not self.state.grants[0]:
            return
        frame = storing.read(
            'SELECT r."table", g.record_id, g.support, g.item, g.amount, g."on" '
            "FROM registry_grant g JOIN registry_record r ON r.id = g.record_id ORDER BY g.id",
            [],
            {**PAID, "主体": pl.Int64()},
        )
        parts = []
        for (name,), rows in frame.group_by("主体表", maintain_order=True):
            ids = pl.concat(self.ids.get(str(name)) or [pl.Series([], dtype=pl.Int64)])
            inside = rows.filter(pl.col("主体").is_in(ids.implode()))
            place = ids.search_sorted(inside["主体"]).cast(pl.UInt32)
            parts.append(inside.with_columns(place.alias("主体")))
        writer.paid(pl.concat(parts))


def _text() -> str:
    return '"values"::text' if connection.vendor == "postgresql" else '"values"'


def _numbers(table: str, keys: pl.Series) -> pl.DataFrame:
    """Record numbers of keys that are registered."""
    return storing.lookup(table, keys, "id, key", {"id": pl.Int64(), "key": pl.String()})


__all__ = ["PART", "current", "records", "write"]
