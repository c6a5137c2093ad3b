"""First pass over a table: sheets -> checked columns on disk, and a short note of every key.

Each batch is read, checked and written to the staging folder before the next one is read. What stays in
memory is 23 bytes a row: two hashes of the key, its place, and whether the row was good.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from huiqi.rulebook.library.values import UNKNOWN_WORDS
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.problems import Problem, Severity
from huiqi.rulebook.tables.cells import CellReader, as_text, expected, readable
from huiqi.rulebook.tables.headings import Column, Matcher, Plan, plan_sheet
from huiqi.rulebook.tables.keys import check_keys, hashes, repeated
from huiqi.rulebook.tables.ledger import Ledger, cell_problems
from huiqi.rulebook.tables.sheets import LINE, Batch, Sheet, SheetError
from huiqi.rulebook.tables.trailers import blank_rows, without_trailers

FILE, GOOD, KEY = "_file", "_good", "_key."
HEADS = {
    "first": pl.UInt64(), "second": pl.UInt64(), "file": pl.UInt16(), "line": pl.UInt32(),
    "good": pl.Boolean(),
}  # fmt: skip
_KEY_REMEDY = {
    "信用代码": "应填18位统一社会信用代码",
    "身份证": "应填18位居民身份证号码",
    "编号": "应填编号",
}


@dataclass
class Staged:
    """One table after the first pass. ``sheets`` lists file and plan by file number."""

    matcher: Matcher
    vocabulary: Vocabulary
    folder: Path
    sheets: list[tuple[str, Plan]] = field(default_factory=list)
    chunks: list[Path] = field(default_factory=list)
    notes: list[pl.DataFrame] = field(default_factory=list)
    heads: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HEADS))
    again: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HEADS))
    read: int = 0
    kept: int = 0

    @property
    def name(self) -> str:
        return self.matcher.table.name

    def facts(self) -> list[str]:
        """Names of the facts that any sheet gives, in declared order."""
        given = {
            column.name for _, plan in self.sheets for column in plan.columns
            if column.role == "fact"
        }  # fmt: skip
        return [name for name in self.matcher.table.facts if name in given]

    def links(self) -> list[str]:
        """Names of the links that any sheet gives, in declared order."""
        given = {
            column.name for _, plan in self.sheets for column in plan.columns
            if column.role == "link"
        }  # fmt: skip
        return [name for name in self.matcher.table.links if name in given]

    def key_of(self, name: str) -> str:
        """The key format of the subject a link names."""
        target = self.matcher.table.links[name]
        return self.vocabulary.tables[target].key_format

    # ------------------------------------------------------------ reading

    def add(self, sheet: Sheet, ledger: Ledger, progress: Callable[[float], None]) -> None:
        """Read one sheet. Problems go to the ledger; a sheet that can't be read is fatal."""
        ledger.add(*sheet.notes)
        plan = plan_sheet(sheet.head, sheet.merged, self.matcher, sheet.file)
        plan = _without_unreadable(plan, sheet, ledger)
        ledger.add(*plan.problems)
        if plan.fatal:
            ledger.fatal = True
            return
        number = len(self.sheets)
        self.sheets.append((sheet.file, plan))
        readers = {
            column.name: CellReader(column.spec, self.vocabulary, column.unit, sheet.base_1904)
            for column in plan.columns
            if column.spec is not None
        }
        blanks: list[int] = []
        last = 0
        before = self.read
        try:
            for batch in sheet.body(plan.last_heading, plan.width, ledger.add):
                found, last_line = self._batch(batch, plan, number, readers, ledger)
                blanks += found
                last = max(last, last_line)
                progress(batch.share)
        except SheetError as error:
            ledger.refuse(error.problem)
            return
        ledger.add(*blank_rows(blanks, last, sheet.file))
        ledger.add(*_fractions(plan, readers, sheet.file))
        if self.read == before:
            ledger.add(
                Problem(
                    "table-without-rows", f"“{self.name}”只有列名，没有内容", "确实没有就不用管",
                    sheet.file, severity=Severity.WARNING,
                )
            )  # fmt: skip

    def _batch(
        self, batch: Batch, plan: Plan, number: int, readers: Mapping[str, CellReader],
        ledger: Ledger,
    ) -> tuple[list[int], int]:  # fmt: skip
        file = self.sheets[number][0]
        frame, blanks, notes = without_trailers(batch.frame, plan, file)
        ledger.add(*notes)
        self.read += frame.height + batch.refused
        if not frame.height:
            return blanks, 0
        lines = frame[LINE]
        out: list[pl.Series] = []
        bad: list[pl.DataFrame] = []
        good = pl.Series([True]).new_from_index(0, frame.height)
        for column in plan.columns:
            cells = frame[str(column.place)]
            if column.spec is None:
                values, wrong, faults = self._keys(column, cells, lines)
                bad += faults
            else:
                values, wrong, fault = _facts(column, cells, lines, readers, self.matcher.required)
                bad += fault
            good = good & ~wrong
            out.append(values)
        ledger.cells(file, bad)
        staged = pl.DataFrame(out).with_columns(
            lines, good.alias(GOOD), pl.lit(number, pl.UInt16).alias(FILE)
        )
        key = plan.key
        if key is not None:
            staged = staged.filter(pl.col(key.name).is_not_null())
            one, two = hashes(staged[key.name])
            self.notes.append(
                pl.DataFrame(
                    {"first": one, "second": two, "file": staged[FILE], "line": staged[LINE],
                     "good": staged[GOOD]}
                )
            )  # fmt: skip
        path = self.folder / f"{self.matcher.table.identifier}-{len(self.chunks):06d}.parquet"
        staged.write_parquet(path, compression="lz4", statistics=False)
        self.chunks.append(path)
        return blanks, int(lines[-1])

    def _keys(
        self, column: Column, cells: pl.Series, lines: pl.Series
    ) -> tuple[pl.Series, pl.Series, list[pl.DataFrame]]:
        """A column of keys: plain keys, which rows are wrong because of it, and the problems."""
        table = self.matcher.table
        own = column.role == "key"
        form = table.key_format if own else self.key_of(column.name)
        texts = as_text(cells).str.strip_chars()
        unknown = (texts.str.len_bytes() <= 9) & texts.is_in([*UNKNOWN_WORDS, "无"])
        texts = texts.zip_with(~unknown.fill_null(True), pl.Series([None], dtype=pl.String))
        keys, wrong, reasons = check_keys(texts, form)
        frames = []
        place = {"column": column.place + 1, "field": column.heading}
        remedy = _KEY_REMEDY[form]
        if wrong.any():
            faulty = texts.filter(wrong)
            frames.append(
                cell_problems(
                    lines.filter(wrong), faulty, reasons, code="bad-key", remedy=remedy,
                    column=column.place + 1, field=column.heading,
                )
            )  # fmt: skip
        if own or column.name == table.owner:
            blank = texts.is_null()
            if blank.any():
                what = f"没有填“{column.name}”" if own else f"没有填所属的{column.name}"
                frames.append(
                    cell_problems(
                        lines.filter(blank), texts.filter(blank), {"": what}, code="blank-key",
                        remedy=remedy, **place,  # type: ignore[arg-type]  # str and int as named
                    )
                )  # fmt: skip
            wrong = wrong | blank
        name = column.name if own else KEY + column.name
        nothing = pl.Series([None], dtype=pl.String)
        return keys.zip_with(~wrong, nothing).alias(name), wrong, frames

    # ------------------------------------------------------------ afterwards

    def close(self, ledger: Ledger) -> None:
        """All sheets are read: report the second and later rows of a key."""
        if self.notes:
            self.heads = pl.concat(self.notes, rechunk=True)
            self.notes.clear()
        self.again = repeated(self.heads)
        if not self.again.height:
            return
        places = self.again.select(pl.col("file").alias(FILE), pl.col("line").alias(LINE),
                                   "at_file", "at_line")  # fmt: skip
        key = self.matcher.table.key
        for chunk in self.chunks:
            rows = pl.read_parquet(chunk, columns=[key, FILE, LINE]).join(
                places, on=[FILE, LINE], how="inner", maintain_order="left"
            )
            for part in rows.partition_by(FILE, maintain_order=True):
                file, plan = self.sheets[part[FILE][0]]
                column = plan.key
                assert column is not None  # only rows with a key are noted
                first = part.select(
                    pl.col("at_file").replace_strict(
                        {place: item[0] for place, item in enumerate(self.sheets)},
                        return_dtype=pl.String,
                    )
                )["at_file"]
                frame = pl.DataFrame(
                    {"line": part[LINE], "found": part[key], "file": first, "at": part["at_line"]}
                ).select(
                    "line",
                    pl.lit(column.place + 1, pl.UInt32).alias("column"),
                    pl.lit(column.heading).alias("field"),
                    "found",
                    pl.lit("duplicate-key").alias("code"),
                    pl.format(
                        "“{}”在 {} 第{}行已经有了，这一行没有读入", "found", "file", "at"
                    ).alias("message"),
                    pl.lit("同一个只留一行；确是两个，就改正编号").alias("remedy"),
                )
                ledger.cells(file, [frame])

    def fresh(self) -> pl.DataFrame:
        """Heads of the good rows whose key no earlier row has, in order."""
        good = self.heads.filter("good")
        if self.again.height:
            good = good.join(self.again, on=["file", "line"], how="anti", maintain_order="left")
        return good

    def rows(self, chunk: Path) -> pl.DataFrame:
        """The good rows of a chunk that are no repetition."""
        frame = pl.read_parquet(chunk).filter(GOOD)
        if self.again.height:
            places = self.again.select(pl.col("file").alias(FILE), pl.col("line").alias(LINE))
            frame = frame.join(places, on=[FILE, LINE], how="anti", maintain_order="left")
        return frame


def _facts(
    column: Column, cells: pl.Series, lines: pl.Series, readers: Mapping[str, CellReader],
    required: tuple[str, ...],
) -> tuple[pl.Series, pl.Series, list[pl.DataFrame]]:  # fmt: skip
    reader = readers[column.name]
    decoded = reader.read(cells)
    wrong, texts = decoded.wrong, decoded.texts
    reasons = dict(reader.reason(texts.filter(wrong))) if wrong.any() else {}
    if column.name in required:
        blank = decoded.values.is_null() & ~wrong
        wrong, texts = wrong | blank, texts.fill_null("")
        reasons[""] = f"没有填“{column.name}”"
    values = decoded.values.alias(column.name)
    if not wrong.any():
        return values, wrong, []
    faults = cell_problems(
        lines.filter(wrong), texts.filter(wrong), reasons, code="bad-cell",
        column=column.place + 1, field=column.heading,
        remedy=expected(reader.spec, reader.vocabulary, reader.unit),
    )  # fmt: skip
    return values, wrong, [faults]


def _without_unreadable(plan: Plan, sheet: Sheet, ledger: Ledger) -> Plan:
    """Leaves out typed columns that can't give their fact, with a problem for each."""
    if not sheet.types:
        return plan
    kept, fatal = [], plan.fatal
    for column in plan.columns:
        type_ = sheet.types[column.place]
        if column.spec is not None and (reason := readable(type_, column.spec, column.unit)):
            ledger.add(
                Problem("column-type", reason, "这一列没有读入", sheet.file, 0, column.place + 1,
                        column.heading, str(type_))
            )  # fmt: skip
        elif column.spec is None and (type_.is_float() or type_.is_nested()):
            fatal = True
            ledger.refuse(
                Problem("column-type", f"“{column.name}”列是{type_}，代码会丢失末几位",
                        "把这一列存成文字", sheet.file, 0, column.place + 1, column.heading,
                        str(type_))
            )  # fmt: skip
        else:
            kept.append(column)
    return Plan(tuple(kept), plan.width, plan.last_heading, plan.problems, fatal)


def _fractions(plan: Plan, readers: Mapping[str, CellReader], file: str) -> list[Problem]:
    """A column under （%） whose bare numbers are all below one was perhaps meant as fractions."""
    return [
        Problem(
            "rate-fractions", "列名写的是%，数字却都小于1，已按百分之几读入",
            "0.05 想表示 5% 的，改成 5 或写成 5%", file, plan.last_heading, column.place + 1,
            column.heading, severity=Severity.WARNING,
        )
        for column in plan.columns
        if column.unit in ("%", "％") and column.name in readers and readers[column.name].fractions
    ]  # fmt: skip


__all__ = ["FILE", "GOOD", "KEY", "Staged"]
