"""A region's data as Parquet files: what the bulk engine reads.

A snapshot is a folder::

    snapshot.json                      format, vocabulary lists, tables with rows and columns per part
    <identifier>/part-00000.parquet    one folder per table, one file per part

Subjects are numbered from 0 in file order (`_id`, UInt32) and cut into parts. The events of a subject
lie in the part of the same number; `_owner` (UInt32) is the subject's position *within that part*.
Any other link is a column `_to.<link>` with the `_id` of the linked subject (null: unknown). The key
column keeps its Chinese name, every stored fact is a column of its Chinese name:

    是否 Boolean · 金额 Int64 fen · 数量 Int64 · 比例 Int64 millionths · 日期 Date ·
    类别 UInt16 index into `lists[类别]` · 地区/行业 UInt16 index into `trees[地区|行业]` · 文字 String

Derived facts may be given as columns too; they then take the place of the computation. A missing
column means that the fact is unknown for all rows; a missing table that nothing is recorded.
Payments already made stand in `paid.parquet`: 主体表 String, 主体 UInt32 (`_id`), 支持 String
(`policy/support`), 事项 String (the event's key or ""), 金额 Int64 fen, 日期 Date.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.problems import Problem

FORMAT = 1
PART_ROWS = 500_000
ROW_GROUP = 125_000
OWNER, ID, LINK = "_owner", "_id", "_to."
TYPES: dict[Kind, pl.DataType] = {
    Kind.BOOL: pl.Boolean(), Kind.MONEY: pl.Int64(), Kind.COUNT: pl.Int64(), Kind.RATE: pl.Int64(),
    Kind.DATE: pl.Date(), Kind.CHOICE: pl.UInt16(), Kind.REGION: pl.UInt16(),
    Kind.INDUSTRY: pl.UInt16(), Kind.TEXT: pl.String(),
}  # fmt: skip
WIDTHS: dict[Kind, int] = {
    Kind.BOOL: 1, Kind.MONEY: 8, Kind.COUNT: 8, Kind.RATE: 8, Kind.DATE: 4, Kind.CHOICE: 2,
    Kind.REGION: 2, Kind.INDUSTRY: 2, Kind.TEXT: 32,
}  # fmt: skip
"""About how many bytes a value takes in memory."""
PAID = {
    "主体表": pl.String(), "主体": pl.UInt32(), "支持": pl.String(), "事项": pl.String(),
    "金额": pl.Int64(), "日期": pl.Date(),
}  # fmt: skip


def lists_of(vocabulary: Vocabulary) -> dict[str, list[str]]:
    """The closed lists whose positions the code columns hold."""
    return {name: list(values) for name, values in vocabulary.choices.items()}


def trees_of(vocabulary: Vocabulary) -> dict[str, list[str]]:
    """The codes of places and industries in tree order."""
    return {
        str(kind): [node.code for node in tree.nodes] for kind, tree in vocabulary.trees.items()
    }


def schema_of(table: Table, derived: bool = False) -> dict[str, pl.DataType]:
    """Column -> type of a table's part, bookkeeping columns first."""
    out: dict[str, pl.DataType] = {} if table.is_event else {ID: pl.UInt32()}
    if table.is_event:
        out[OWNER] = pl.UInt32()
    for link in table.links:
        if link != table.owner:
            out[LINK + link] = pl.UInt32()
    out[table.key] = pl.String()
    for spec in table.facts.values():
        if derived or spec.definition is None:
            out[spec.name] = TYPES[spec.type.kind]
    return out


def code_of(spec: FactSpec, value: str, vocabulary: Vocabulary) -> int:
    """The number a code column holds for a value of a list or tree."""
    if spec.type.kind is Kind.CHOICE:
        return vocabulary.choices[spec.type.choices].index(value)
    return vocabulary.trees[spec.type.kind].position(value)


class SnapshotWriter:
    """Writes the parts of a snapshot; :meth:`close` makes it valid by writing `snapshot.json` last."""

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        self.folder, self.vocabulary = folder, vocabulary
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "snapshot.json").unlink(missing_ok=True)
        self.rows: dict[str, list[int]] = {}
        self.columns: dict[str, list[list[str]]] = {}

    def write(self, table: str, part: int, frame: pl.DataFrame) -> None:
        """One part of one table; columns as in :func:`schema_of`, missing ones allowed."""
        declared = self.vocabulary.tables[table]
        wanted = schema_of(declared, derived=True)
        frame = frame.select(
            pl.col(name).cast(type_) for name, type_ in wanted.items() if name in frame.columns
        )
        folder = self.folder / declared.identifier
        folder.mkdir(exist_ok=True)
        frame.write_parquet(
            folder / f"part-{part:05d}.parquet", compression="zstd", compression_level=1,
            row_group_size=ROW_GROUP, statistics=True,
        )  # fmt: skip
        self._note(table, part, frame.height, frame.columns)

    def take(self, earlier: "Snapshot", table: str, part: int) -> None:
        """A part as an earlier snapshot of the same vocabulary has it; the file is shared, not copied."""
        path = earlier.path(table, part)
        folder = self.folder / path.parent.name
        folder.mkdir(exist_ok=True)
        (folder / path.name).hardlink_to(path)
        self._note(table, part, earlier.tables[table][part], sorted(earlier.names(table, part)))

    def _note(self, table: str, part: int, rows: int, names: list[str]) -> None:
        counts = self.rows.setdefault(table, [])
        counts += [0] * (part + 1 - len(counts))
        counts[part] = rows
        columns = self.columns.setdefault(table, [])
        columns += [[] for _ in range(part + 1 - len(columns))]
        columns[part] = names

    def paid(self, frame: pl.DataFrame) -> None:
        """Payments already made."""
        frame.select(pl.col(name).cast(type_) for name, type_ in PAID.items()).write_parquet(
            self.folder / "paid.parquet"
        )

    def close(self, note: str = "") -> None:
        about = {
            "format": FORMAT,
            "note": note,
            "lists": lists_of(self.vocabulary),
            "trees": trees_of(self.vocabulary),
            "tables": self.rows,
            "columns": self.columns,
        }
        temporary = self.folder / "snapshot.json.part"
        temporary.write_text(json.dumps(about, ensure_ascii=False, indent=1), "utf-8")
        temporary.replace(self.folder / "snapshot.json")


@dataclass(frozen=True)
class Snapshot:
    """An opened snapshot: where the parts are and what their codes mean."""

    folder: Path
    lists: Mapping[str, Sequence[str]]
    trees: Mapping[str, Sequence[str]]
    tables: Mapping[str, Sequence[int]]
    identifiers: Mapping[str, str]
    note: str = ""
    columns: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    whole: "Snapshot | None" = None
    spans: Sequence[range] = ()
    """Set where parts of ``whole`` are taken together (see :func:`in_spans`): which."""

    def parts(self, table: str) -> int:
        return len(self.tables.get(table, ()))

    def rows(self, table: str) -> int:
        return sum(self.tables.get(table, ()))

    def path(self, table: str, part: int) -> Path:
        return self.folder / self.identifiers[table] / f"part-{part:05d}.parquet"

    def names(self, table: str, part: int) -> frozenset[str]:
        """The columns a part has."""
        if (table, part) not in self.columns:
            if self.whole is None:
                found = frozenset(pl.read_parquet_schema(self.path(table, part)))
            else:
                inner = [self.whole.names(table, item) for item in self._inside(table, part)]
                found = frozenset[str]().union(*inner)
            self.columns[(table, part)] = found
        return self.columns[(table, part)]

    def scan(self, table: str, part: int, names: Sequence[str]) -> pl.LazyFrame:
        """Columns of one part."""
        if self.whole is None:
            return pl.scan_parquet(self.path(table, part)).select(names)
        frames = []
        start = 0
        owner = self.whole.tables.get(self.owners.get(table, ""), ())
        inside = self._inside(table, part)
        for item in self.spans[part]:
            if item in inside:
                present = self.whole.names(table, item)
                frame = self.whole.scan(table, item, [name for name in names if name in present])
                if OWNER in names and start:
                    frame = frame.with_columns((pl.col(OWNER) + start).cast(pl.UInt32))
                frames.append(frame)
            start += owner[item] if item < len(owner) else 0
        return pl.concat(frames, how="diagonal").select(names)

    def _inside(self, table: str, span: int) -> list[int]:
        """The parts of a span that hold rows of a table."""
        assert self.whole is not None
        counts = self.whole.tables.get(table, ())
        return [item for item in self.spans[span] if item < len(counts) and counts[item]]


def in_spans(snapshot: Snapshot, limits: Mapping[str, int]) -> Snapshot:
    """The same data with neighbouring parts taken as one, as long as no table named in ``limits`` gets
    more rows than stand there.

    Many small parts cost more than they save; a few large ones need more memory.
    """
    held = {name: snapshot.tables.get(name, ()) for name in limits}
    parts = max((len(rows) for rows in snapshot.tables.values()), default=0)
    spans: list[range] = []
    taken: Counter[str] = Counter()
    first = 0
    for part in range(parts):
        here = {name: rows[part] for name, rows in held.items() if part < len(rows)}
        if part > first and any(taken[name] + count > limits[name] for name, count in here.items()):
            spans.append(range(first, part))
            first, taken = part, Counter()
        taken.update(here)
    if first < parts:
        spans.append(range(first, parts))
    if all(len(span) == 1 for span in spans):
        return snapshot
    taken_together = {
        name: [sum(held[span.start : span.stop]) for span in spans if span.start < len(held)]
        for name, held in snapshot.tables.items()
    }
    return replace(snapshot, tables=taken_together, columns={}, whole=snapshot, spans=spans)


def is_snapshot(folder: Path) -> bool:
    return (folder / "snapshot.json").is_file()


def open_snapshot(folder: Path, vocabulary: Vocabulary) -> tuple[Snapshot | None, list[Problem]]:
    """Open a snapshot; problems where it is damaged or of another format."""
    file = folder / "snapshot.json"
    try:
        about = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return None, [Problem("snapshot", f"快照读不出来：{error}", "重新生成快照", str(file))]
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        return None, [Problem("snapshot", "快照是别的版本写的", "重新生成快照", str(file))]
    if lacking := [name for name in ("lists", "trees", "tables") if name not in about]:
        return None, [
            Problem("snapshot", f"快照里没有 {'、'.join(lacking)}", "重新生成快照", str(file))
        ]
    problems = []
    identifiers = {name: table.identifier for name, table in vocabulary.tables.items()}
    tables = {name: rows for name, rows in about["tables"].items() if name in identifiers}
    for name in about["tables"]:
        if name not in identifiers:
            problems.append(
                Problem(
                    "unknown-table",
                    f"快照里的“{name}”不在词汇表里，已略过",
                    "用写快照时的词汇表，或重新生成快照",
                    str(file),
                )  # fmt: skip
            )
    for name, rows in tables.items():
        for part, count in enumerate(rows):
            path = folder / identifiers[name] / f"part-{part:05d}.parquet"
            if count and not path.is_file():
                problems.append(Problem("snapshot", f"缺少 {path.name}", "重新生成快照", str(path)))
    owners = {name: table.owner for name, table in vocabulary.tables.items() if table.owner}
    columns = {
        (name, part): frozenset(names)
        for name, parts in about.get("columns", {}).items()
        for part, names in enumerate(parts)
    }
    snapshot = Snapshot(
        folder, about["lists"], about["trees"], tables, identifiers, about.get("note", ""), columns,
        owners,
    )  # fmt: skip
    return (None if any("缺少" in item.message for item in problems) else snapshot), problems
