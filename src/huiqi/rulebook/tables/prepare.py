"""A folder of tables -> a snapshot, or the problems for which there is none.

Two passes. The first (:mod:`huiqi.rulebook.tables.stage`) checks every sheet batch by batch and writes
the checked columns to a staging folder. Then subjects are numbered in file order, and the second
pass replaces keys by numbers and writes parts: subjects as they come, events first to one heap for
each part of their owner and then, a heap at a time, sorted by owner.

Memory: the batch at hand, 23 bytes a row of the table being read, 20 bytes a subject for look-ups,
and one part while it is written. All else is on disk beside the result, in a folder that is removed.

What refuses what: a cell that can't be read refuses its row; a row whose key an earlier row has is
refused; an event whose owner is missing or refused is refused. A further link to a subject that isn't
there leaves the link unknown, with a reminder. A file that can't be read, a table without its key
column, or events without their subjects' table mean that there is no snapshot.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from huiqi.rulebook.bulk.snapshot import (
    ID,
    LINK,
    OWNER,
    PAID,
    PART_ROWS,
    TYPES,
    Snapshot,
    SnapshotWriter,
    is_snapshot,
    open_snapshot,
)  # fmt: skip
from huiqi.rulebook.language.nodes import Kind, Type
from huiqi.rulebook.language.source import reason_of
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.problems import Problem, Severity
from huiqi.rulebook.tables.delimited import delimited_sheet
from huiqi.rulebook.tables.folder import DELIMITED, PARQUET, Found, files_of, table_named
from huiqi.rulebook.tables.headings import Matcher, plan_sheet
from huiqi.rulebook.tables.keys import KeyIndex, check_keys
from huiqi.rulebook.tables.ledger import KEPT, CountKey, Ledger, cell_problems
from huiqi.rulebook.tables.parquet import parquet_sheet
from huiqi.rulebook.tables.payments import SHAPE, item_words, unknown_support
from huiqi.rulebook.tables.sheets import LINE, Sheet, SheetError
from huiqi.rulebook.tables.stage import FILE, KEY, Staged
from huiqi.rulebook.tables.template import NOTES
from huiqi.rulebook.tables.workbook import open_workbook

PAYMENTS = "拨付"
Progress = Callable[[str, float], None]
_FIRST_PASS = 0.7  # share of the work, measured


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of one table: as read, kept in the snapshot, refused with a problem."""

    read: int
    kept: int

    @property
    def refused(self) -> int:
        return self.read - self.kept


@dataclass(frozen=True)
class Prepared:
    """The outcome: a snapshot unless a problem was fatal.

    ``problems`` are the first ones in the order found, ``counts`` all of them by (severity, code,
    file, field); every one stands in ``problems.csv`` of the snapshot's folder.
    """

    snapshot: Snapshot | None
    problems: tuple[Problem, ...] = ()
    counts: Mapping[CountKey, int] = field(default_factory=dict)
    tables: Mapping[str, Counted] = field(default_factory=dict)

    def total(self, severity: Severity) -> int:
        """How many problems of a severity there were."""
        return sum(count for key, count in self.counts.items() if key[0] == str(severity))


def prepare(
    source: Path, out: Path, vocabulary: Vocabulary, *, on_progress: Progress | None = None,
    limit: int = KEPT, part_rows: int = PART_ROWS, supports: Mapping[str, str] | None = None,
) -> Prepared:  # fmt: skip
    """Turn ``source`` into a snapshot at ``out``. A source that is a snapshot is opened where it is.

    ``source`` is a folder with one or more files a table, or one workbook with a sheet a table. ``out``
    must not exist, be empty, or be a snapshot, which is replaced at the very end. ``on_progress`` is
    told what is being done and which share of all work is done. ``supports`` are those that payments may
    name, with the table of what each pays once (:func:`~huiqi.rulebook.tables.payments.item_tables`);
    without any, all are taken. Bad input never raises.
    """
    if is_snapshot(source):
        snapshot, problems = open_snapshot(source, vocabulary)
        return Prepared(snapshot, tuple(problems), _counts(problems), _kept(snapshot))
    if problem := _refusal(source, out):
        return Prepared(None, (problem,), _counts([problem]))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        problem = _no_room(error, out)
        return Prepared(None, (problem,), _counts([problem]))
    try:
        return _prepare(source, out, work, vocabulary, on_progress, limit, part_rows, supports)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _prepare(
    source: Path, out: Path, work: Path, vocabulary: Vocabulary, on_progress: Progress | None,
    limit: int, part_rows: int, supports: Mapping[str, str] | None,
) -> Prepared:  # fmt: skip
    target = work / "snapshot"
    (work / "staging").mkdir()
    target.mkdir()
    tables: Mapping[str, Counted] = {}
    with Ledger(target / "problems.csv", limit) as ledger:
        try:
            build = _Build(vocabulary, work / "staging", ledger, on_progress, part_rows, supports)
            build.read(source)
            if not ledger.fatal:
                build.write(target)
            tables = build.counted()
        except OSError as error:
            ledger.refuse(_no_room(error, out))
    if ledger.fatal:
        return Prepared(None, tuple(ledger.kept), ledger.counts, tables)
    try:
        _move(target, out, work)
    except OSError as error:
        problem = _no_room(error, out)
        ledger.kept.append(problem)
        ledger.counts.update(_counts([problem]))
        return Prepared(None, tuple(ledger.kept), ledger.counts, tables)
    snapshot, problems = open_snapshot(out, vocabulary)
    return Prepared(snapshot, (*ledger.kept, *problems), ledger.counts, tables)


def _move(target: Path, out: Path, work: Path) -> None:
    if out.exists():
        out.rename(work / "replaced")
    target.rename(out)


def _refusal(source: Path, out: Path) -> Problem | None:
    """Why nothing can be begun."""
    if not source.exists():
        return Problem(
            "source-missing",
            "找不到数据",
            "核对路径；应是放表格的文件夹，或一个工作簿",
            str(source),
        )
    inside = source.is_dir() and out.resolve().is_relative_to(source.resolve())
    if inside:
        return Problem("out-inside-source", "快照不能写到数据文件夹里面", "换一个位置", str(out))
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not is_snapshot(out)):
        return Problem("out-exists", "这里已有别的内容，不覆盖", "换一个位置，或先移走", str(out))
    return None


def _no_room(error: OSError, out: Path) -> Problem:
    return Problem(
        "io", f"读写出错：{reason_of(error)}", "检查磁盘空间和权限", error.filename or str(out)
    )


def _counts(problems: list[Problem]) -> dict[CountKey, int]:
    counts: dict[CountKey, int] = {}
    for item in problems:
        key = (str(item.severity), item.code, item.file, item.field)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _kept(snapshot: Snapshot | None) -> dict[str, Counted]:
    if snapshot is None:
        return {}
    return {name: Counted(sum(rows), sum(rows)) for name, rows in snapshot.tables.items()}


def payments_table() -> Table:
    """Payments already made, as a table whose headings are matched like any other's."""
    kinds = {
        "主体": Kind.TEXT, "主体表": Kind.TEXT, "支持": Kind.TEXT, "事项": Kind.TEXT,
        "金额": Kind.MONEY, "日期": Kind.DATE,
    }  # fmt: skip
    english = ("subject", "subject_table", "support", "item", "amount", "paid_on")
    facts = {
        name: FactSpec(PAYMENTS, name, word, Type(kind), 0 if kind is Kind.MONEY else None)
        for (name, kind), word in zip(kinds.items(), english, strict=True)
    }
    return Table(PAYMENTS, "paid", "", "编号", facts=facts)


class _Build:
    """One run: the tables between the two passes."""

    def __init__(
        self, vocabulary: Vocabulary, folder: Path, ledger: Ledger, on_progress: Progress | None,
        part_rows: int, supports: Mapping[str, str] | None,
    ) -> None:  # fmt: skip
        self.vocabulary, self.folder, self.ledger = vocabulary, folder, ledger
        self.supports = supports or {}
        self.items: dict[str, list[pl.Series]] = {
            name: [] for name in self.supports.values() if name
        }
        self.on_progress, self.part_rows = on_progress, part_rows
        self.staged: dict[str, Staged] = {}
        self.indexes: dict[str, KeyIndex] = {}
        self.refused: dict[str, tuple[KeyIndex, pl.DataFrame]] = {}
        self.names: dict[str, str] = {PAYMENTS: PAYMENTS, "paid": PAYMENTS}
        for table in vocabulary.tables.values():
            self.names[table.name.lower()] = table.name
            self.names[table.identifier.lower()] = table.name

    # ------------------------------------------------------------ first pass

    def read(self, source: Path) -> None:
        files, problems = files_of(source, self.names)
        self.ledger.add(*problems)
        if not files:
            listed = "、".join(list(self.vocabulary.tables)[:5])
            self.ledger.refuse(
                Problem("no-tables", "这里没有可以读的表格", f"文件名写表的名称，如 企业.csv；有这些表：{listed}等",
                        str(source))
            )  # fmt: skip
            return
        total = sum(max(1, item.path.stat().st_size) for item in files)
        done = 0
        for item in files:
            weight = max(1, item.path.stat().st_size)
            try:
                for table, sheet in self._sheets(item):
                    self._add(table, sheet, done / total, weight / total)
            except SheetError as error:
                self.ledger.refuse(error.problem)
            except PermissionError as error:
                self.ledger.refuse(_no_room(error, item.path))
            done += weight
        for staged in self.staged.values():
            staged.close(self.ledger)
        for name in list(self.staged):
            owner = self.staged[name].matcher.table.owner
            if owner and owner not in self.staged and self.staged[name].sheets:
                self.ledger.refuse(
                    Problem("owner-table-missing", f"有“{name}”，没有“{owner}”，分不清是谁的",
                            f"把“{owner}”表也放进来", self.staged[name].sheets[0][0])
                )  # fmt: skip

    def _add(self, table: str, sheet: Sheet, before: float, share: float) -> None:
        if table not in self.staged:
            matcher = self._matcher(table)
            self.staged[table] = Staged(matcher, self.vocabulary, self.folder)

        def progress(part: float) -> None:
            self._tell(f"读入 {sheet.file}", _FIRST_PASS * (before + share * part))

        progress(0.0)
        self.staged[table].add(sheet, self.ledger, progress)

    def _matcher(self, table: str) -> Matcher:
        if table == PAYMENTS:
            required = ("主体", "支持", "金额", "日期")
            return Matcher(payments_table(), self.vocabulary, required)
        return Matcher(self.vocabulary.tables[table], self.vocabulary)

    def _tell(self, what: str, share: float) -> None:
        if self.on_progress is not None:
            self.on_progress(what, min(1.0, share))

    def _sheets(self, item: Found) -> Iterator[tuple[str, Sheet]]:
        kind = item.path.suffix.lower()
        if kind in PARQUET:
            yield item.table, parquet_sheet(item.path, item.file)
        elif kind in DELIMITED:
            yield item.table, delimited_sheet(item.path, item.file, self._matcher(item.table))
        else:
            yield from self._workbook(item)

    def _workbook(self, item: Found) -> Iterator[tuple[str, Sheet]]:
        """Sheets by their own names; others belong to the file's table if they have its key."""
        others = []
        found = False
        for name, sheet in open_workbook(item.path, item.file):
            if table := table_named(name, self.names):
                found = True
                yield table, sheet
            elif name != NOTES:
                others.append((name, sheet))
            else:
                self.ledger.add(*sheet.notes)
        if item.table and others:
            matcher = self._matcher(item.table)
            plans = [plan_sheet(sheet.head, sheet.merged, matcher, "") for _, sheet in others]
            alike = [plan.key is not None or not matcher.table.key for plan in plans]
        else:
            alike = [False] * len(others)
        for (name, sheet), like in zip(others, alike, strict=True):
            if like or (item.table and not found and not any(alike)):
                yield item.table, sheet
            elif item.table:
                self._skip(name, sheet, f"不像“{item.table}”表，没有读入", "要读入就补上列名")
            else:
                self._skip(
                    name, sheet, "工作表名不是任何一张表的名称，没有读入", "要读入就改工作表名"
                )
        found = found or bool(item.table)
        if not found:
            names = "、".join(name for name, _ in others)
            raise SheetError(
                Problem(
                    "no-tables",
                    f"工作簿里没有可以读的表（有：{names}）",
                    "工作表名写表的名称，如 企业",
                    item.file,
                )
            )

    def _skip(self, name: str, sheet: Sheet, message: str, remedy: str) -> None:
        self.ledger.add(
            *sheet.notes,
            Problem("unknown-sheet", f"“{name}”：{message}", remedy, sheet.file,
                    severity=Severity.WARNING),
        )  # fmt: skip

    # ------------------------------------------------------------ second pass

    def write(self, target: Path) -> None:
        writer = SnapshotWriter(target, self.vocabulary)
        subjects = [
            item for name, item in self.staged.items()
            if name != PAYMENTS and not item.matcher.table.is_event
        ]  # fmt: skip
        events = [item for item in self.staged.values() if item.matcher.table.is_event]
        for item in subjects:
            self._number(item)
        todo = max(1, sum(len(item.chunks) for item in self.staged.values()))
        done = 0
        for place, item in enumerate([*subjects, *events]):
            self._tell(f"写入 {item.name}", _FIRST_PASS + (1 - _FIRST_PASS) * done / todo)
            if item.matcher.table.is_event:
                self._events(item, writer, place)
            else:
                self._subjects(item, writer)
            done += len(item.chunks)
        if PAYMENTS in self.staged:
            self._payments(self.staged[PAYMENTS], writer)
        writer.close()
        self._tell("完成", 1.0)

    def counted(self) -> dict[str, Counted]:
        return {name: Counted(item.read, item.kept) for name, item in self.staged.items()}

    def _number(self, item: Staged) -> None:
        """Number the kept rows and remember where the refused ones stand."""
        heads = item.fresh()
        numbers = pl.int_range(heads.height, dtype=pl.UInt32, eager=True)
        self.indexes[item.name] = KeyIndex(heads["first"], heads["second"], numbers)
        item.kept = heads.height
        bad = item.heads.filter(~pl.col("good")).unique(
            ["first", "second"], keep="first", maintain_order=True
        )
        places = pl.int_range(bad.height, dtype=pl.UInt32, eager=True)
        self.refused[item.name] = (KeyIndex(bad["first"], bad["second"], places), bad)
        item.heads = item.heads.clear()

    def _columns(self, item: Staged, frame: pl.DataFrame) -> pl.DataFrame:
        """All facts any sheet of the table gives, and its links as numbers."""
        table = item.matcher.table
        missing = [
            pl.lit(None, TYPES[table.facts[name].type.kind]).alias(name)
            for name in item.facts() if name not in frame.columns
        ]  # fmt: skip
        frame = frame.with_columns(missing) if missing else frame
        for link in item.links():
            if link != table.owner:
                frame = frame.with_columns(self._link(item, frame, link).alias(LINK + link))
        return frame

    def _link(self, item: Staged, frame: pl.DataFrame, link: str) -> pl.Series:
        column = KEY + link
        if column not in frame.columns:
            return pl.Series([None], dtype=pl.UInt32).new_from_index(0, frame.height)
        index = self.indexes.get(item.matcher.table.links[link])
        keys = frame[column]
        if index is None:
            return pl.Series([None], dtype=pl.UInt32).new_from_index(0, frame.height)
        numbers = index.find(keys)
        lost = keys.is_not_null() & numbers.is_null()
        if lost.any():
            target = item.matcher.table.links[link]
            self._report(
                item, frame.filter(lost), link, "link-missing",
                lambda key: f"“{target}”里没有“{key}”，“{link}”按未知处理",
                "核对代码；不在本地登记的不用管", Severity.WARNING,
            )  # fmt: skip
        return numbers

    def _report(
        self, item: Staged, rows: pl.DataFrame, link: str, code: str,
        words: Callable[[str], str], remedy: str, severity: Severity = Severity.ERROR,
    ) -> None:  # fmt: skip
        for part in rows.partition_by(FILE, maintain_order=True):
            file, plan = item.sheets[part[FILE][0]]
            column = plan.link(link)
            assert column is not None  # its values are in the rows
            keys = part[KEY + link]
            frame = cell_problems(
                part[LINE], keys, {key: words(key) for key in keys.unique()}, code=code,
                column=column.place + 1, field=column.heading, remedy=remedy,
            )  # fmt: skip
            self.ledger.cells(file, [frame], severity)

    def _absent_targets(self, item: Staged) -> None:
        """One reminder for a link to a table that was not given."""
        table = item.matcher.table
        for link in item.links():
            target = table.links[link]
            if link == table.owner or target in self.indexes:
                continue
            for file, plan in item.sheets:
                if column := plan.link(link):
                    self.ledger.add(
                        Problem(
                            "link-table-missing", f"没有“{target}”表，“{link}”都按未知处理",
                            f"把“{target}”表也放进来", file, plan.last_heading, column.place + 1,
                            column.heading, severity=Severity.WARNING,
                        )
                    )  # fmt: skip

    def _subjects(self, item: Staged, writer: SnapshotWriter) -> None:
        self._absent_targets(item)
        buffer: list[pl.DataFrame] = []
        held, part, number = 0, 0, 0
        for chunk in item.chunks:
            frame = self._columns(item, item.rows(chunk))
            frame = frame.drop([name for name in frame.columns if name.startswith(KEY)])
            while frame.height:
                room = self.part_rows - held
                piece, frame = frame.head(room), frame.slice(room)
                ids = pl.int_range(number, number + piece.height, dtype=pl.UInt32, eager=True)
                buffer.append(piece.with_columns(ids.alias(ID)))
                number += piece.height
                held += piece.height
                if held == self.part_rows:
                    writer.write(item.name, part, pl.concat(buffer, how="diagonal"))
                    buffer, held, part = [], 0, part + 1
        if held or not part:
            frame = pl.concat(buffer, how="diagonal") if buffer else self._empty(item)
            writer.write(item.name, part, frame)

    def _empty(self, item: Staged) -> pl.DataFrame:
        """No rows, with the columns the sheets gave."""
        table = item.matcher.table
        schema: dict[str, pl.DataType] = {OWNER if table.is_event else ID: pl.UInt32()}
        schema[table.key] = pl.String()
        for link in item.links():
            if link != table.owner:
                schema[LINK + link] = pl.UInt32()
        for name in item.facts():
            schema[name] = TYPES[table.facts[name].type.kind]
        return pl.DataFrame(schema=schema)

    def _events(self, item: Staged, writer: SnapshotWriter, place: int) -> None:
        self._absent_targets(item)
        owner = item.matcher.table.owner
        parts = max(1, -(-self.staged[owner].kept // self.part_rows))
        heaps: list[list[Path]] = [[] for _ in range(parts)]
        for count, chunk in enumerate(item.chunks):
            frame = item.rows(chunk)
            numbers = self.indexes[owner].find(frame[KEY + owner])
            lost = numbers.is_null()
            if lost.any():
                self._report_lost(item, frame.filter(lost), owner)
                frame, numbers = frame.filter(~lost), numbers.filter(~lost)
            item.kept += frame.height
            if item.name in self.items:
                self.items[item.name].append(frame[item.matcher.table.key])
            frame = self._columns(item, frame)
            frame = frame.drop([name for name in frame.columns if name.startswith(KEY)])
            frame = frame.with_columns(
                (numbers % self.part_rows).cast(pl.UInt32).alias(OWNER),
                (numbers // self.part_rows).cast(pl.UInt32).alias("_part"),
            )
            for (part,), piece in frame.partition_by("_part", as_dict=True).items():
                path = self.folder / f"heap-{place}-{part:05d}-{count:06d}.parquet"
                piece.drop("_part").write_parquet(path, compression="lz4", statistics=False)
                heaps[part].append(path)
            chunk.unlink()
        for part, paths in enumerate(heaps):
            if not paths:
                writer.write(item.name, part, self._empty(item))
                continue
            heap = pl.concat([pl.read_parquet(path) for path in paths], how="diagonal")
            writer.write(item.name, part, heap.sort(OWNER, maintain_order=True))
            for path in paths:
                path.unlink()

    def _report_lost(self, item: Staged, rows: pl.DataFrame, owner: str) -> None:
        """Events without owner: either it isn't in its table or its row was refused."""
        index, bad = self.refused[owner]
        files = [file for file, _ in self.staged[owner].sheets]
        keys = rows[KEY + owner].unique()
        reasons = {}
        for key, place in zip(keys, index.find(keys), strict=True):
            if place is None:
                reasons[key] = f"“{owner}”里没有“{key}”，这一行没有读入"
            else:
                file, line = files[bad["file"][place]], bad["line"][place]
                reasons[key] = f"“{key}”在 {file} 第{line}行没有读入，这一行也没有读入"
        self._report(
            item, rows, owner, "owner-missing", lambda key: reasons[key],
            f"先改正“{owner}”里的那一行，或核对代码",
        )  # fmt: skip

    # ------------------------------------------------------------ payments

    def _payments(self, item: Staged, writer: SnapshotWriter) -> None:
        frames = [pl.DataFrame(schema=PAID)]
        subjects = list(self.indexes)
        for chunk in item.chunks:
            rows = pl.read_parquet(chunk).filter("_good")
            for name in ("主体表", "事项"):
                if name not in rows.columns:
                    rows = rows.with_columns(pl.lit(None, pl.String).alias(name))
            rows = rows.with_columns(pl.col("事项").fill_null(""))
            rows = self._paid_to(item, rows, subjects)
            self._tell_items(item, rows)
            item.kept += rows.height
            frames.append(
                rows.select(
                    "主体表", pl.col("_subject").alias("主体"), "支持", "事项", "金额", "日期"
                )
            )
        writer.paid(pl.concat(frames, how="vertical_relaxed"))

    def _paid_to(self, item: Staged, rows: pl.DataFrame, subjects: list[str]) -> pl.DataFrame:
        """Payments whose subject is certain; the others are reported."""
        names = {
            word: name for name in subjects
            for word in (name, self.vocabulary.tables[name].identifier)
        }  # fmt: skip
        found: dict[str, pl.Series] = {}
        for name in subjects:
            keys, _, _ = check_keys(rows["主体"], self.vocabulary.tables[name].key_format)
            found[name] = self.indexes[name].find(keys)
        said = rows["主体表"].replace_strict(names, default=None, return_dtype=pl.String)
        odd = rows["主体表"].is_not_null() & said.is_null()
        hits = pl.DataFrame({name: series.is_not_null() for name, series in found.items()})
        count = hits.select(pl.sum_horizontal(pl.all().cast(pl.UInt32))).to_series()
        only = said
        number = pl.Series([None], dtype=pl.UInt32).new_from_index(0, rows.height)
        for name in subjects:
            alone = (count == 1) & found[name].is_not_null() & said.is_null() & ~odd
            only = only.zip_with(~alone, pl.Series([name]))
            number = number.zip_with(~(only == name).fill_null(False), found[name])
        supports = rows["支持"].str.contains(SHAPE)
        reasons = [
            (odd, "主体表", "没有这张主体表", f"应填：{'、'.join(subjects)}"),
            (number.is_null() & ~odd & said.is_null() & (count > 1), "主体",
             "不止一张主体表里有这个代码", "加一列“主体表”写明"),
            (number.is_null() & ~odd & ~(said.is_null() & (count > 1)), "主体",
             "主体表里没有这个代码", "核对代码"),
            (~supports, "支持", "支持应写成“政策编号/支持编号”", "如 gaoping-2022-43/高企首次取得"),
        ]  # fmt: skip
        good = pl.Series([True]).new_from_index(0, rows.height)
        for wrong, name, message, remedy in reasons:
            good = good & ~wrong
            part = rows.filter(wrong)
            told = {text: f"“{text}”：{message}" for text in part[name].unique()}
            self._payment_problems(item, part, name, told, dict.fromkeys(told, remedy))
        good = good & ~self._misnamed(item, rows, supports)
        return rows.with_columns(only.alias("主体表"), number.alias("_subject")).filter(good)

    def _misnamed(self, item: Staged, rows: pl.DataFrame, shaped: pl.Series) -> pl.Series:
        """Payments of supports that their policy doesn't have; those of other policies are said."""
        texts = rows["支持"]
        if not self.supports:
            return texts.is_null()
        found = {
            text: unknown
            for text in texts.filter(shaped).unique()
            if (unknown := unknown_support(text, self.supports)) is not None
        }
        for wrong, severity in ((True, Severity.ERROR), (False, Severity.WARNING)):
            some = {text: one for text, one in found.items() if one.wrong is wrong}
            self._payment_problems(
                item, rows.filter(texts.is_in(list(some))), "支持",
                {text: one.message for text, one in some.items()},
                {text: one.remedy for text, one in some.items()}, severity,
            )  # fmt: skip
        return texts.is_in([text for text, one in found.items() if one.wrong])

    def _tell_items(self, item: Staged, rows: pl.DataFrame) -> None:
        """Payments of what is paid once an item that name none, or one that is not there, are said."""
        for table, keys in self.items.items():
            mine = rows.filter(
                pl.col("支持").is_in([key for key, name in self.supports.items() if name == table])
            )
            if mine.is_empty():
                continue
            known = pl.concat(keys) if keys else pl.Series([], dtype=pl.String)
            for name, some in (
                ("支持", mine.filter(pl.col("事项") == "")),
                (
                    "事项",
                    mine.filter((pl.col("事项") != "") & ~pl.col("事项").is_in(known.implode())),
                ),
            ):
                texts = {text: text if name == "事项" else "" for text in some[name].unique()}
                told = {text: item_words(table, named) for text, named in texts.items()}
                self._payment_problems(
                    item, some, name, {text: words for text, (words, _) in told.items()},
                    {text: remedy for text, (_, remedy) in told.items()}, Severity.WARNING,
                )  # fmt: skip

    def _payment_problems(
        self, item: Staged, rows: pl.DataFrame, name: str, messages: Mapping[str, str],
        remedies: Mapping[str, str], severity: Severity = Severity.ERROR,
    ) -> None:  # fmt: skip
        for part in rows.partition_by(FILE, maintain_order=True):
            file, plan = item.sheets[part[FILE][0]]
            column = next(each for each in plan.columns if each.name == name)
            frame = cell_problems(
                part[LINE],
                part[name],
                messages,
                code="bad-payment",
                column=column.place + 1,
                field=column.heading,
                remedy="",
            )
            told = part[name].replace_strict(remedies, return_dtype=pl.String).alias("remedy")
            self.ledger.cells(file, [frame.with_columns(told)], severity)
