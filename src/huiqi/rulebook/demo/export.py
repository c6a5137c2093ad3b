"""A region as the tables that an office or an enterprise would hand in, one file per table.

Three styles of the same content: `csv` (UTF-8, one row of headings, amounts as 20万元 or with the unit
in the heading), `xlsx` (title, two rows of headings with merged cells, 合计, a footnote, dates as
2026.3.5, amounts as 20万), `parquet` (typed columns as another system writes them). A file bears the
name of its table. Unknown is an empty cell.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import polars as pl
import xlsxwriter

from huiqi.rulebook.bulk.snapshot import LINK, OWNER, Snapshot
from huiqi.rulebook.demo.shown import (
    decimal,
    dotted,
    money_with_unit,
    named,
    per_cent,
    yes_no,
)  # fmt: skip
from huiqi.rulebook.language.nodes import Kind, Type
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary

Style = Literal["csv", "xlsx", "parquet"]
SHEET_ROWS = 2**20 - 8  # rows of a sheet, without title, headings, sum and footnote
PAYMENTS, PAID_FILE = "拨付", "paid.parquet"
FOOTNOTE = "注：本表是虚构的示例数据，不对应任何真实的单位和个人。"
Shown = tuple[str, pl.Expr]
"""Heading and cells of one column."""


def export_tables(
    snapshot: Snapshot, vocabulary: Vocabulary, out: Path, *, style: Style
) -> list[Path]:
    """Write every table of the snapshot into ``out``; returns the files in table order.

    Payments already made come last, in a table called 拨付.

    Raises ValueError for an unknown style and for tables that no sheet can hold.
    """
    writers: dict[str, Callable[[_Source, Path], Path]] = {
        "csv": _csv, "xlsx": _xlsx, "parquet": _parquet,
    }  # fmt: skip
    if style not in writers:
        raise ValueError(f"没有“{style}”这种样式，可用 csv、xlsx、parquet")
    out.mkdir(parents=True, exist_ok=True)
    keys = _Keys(snapshot, vocabulary)
    sources = [
        _Source(snapshot, vocabulary, table, keys)
        for name, table in vocabulary.tables.items()
        if snapshot.rows(name)
    ]
    if (snapshot.folder / PAID_FILE).is_file():
        sources.append(_Payments(snapshot, vocabulary, _payments_table(), keys))
    return [writers[style](source, out) for source in sources]


class _Keys:
    """The keys of subjects by `_id`, read once."""

    def __init__(self, snapshot: Snapshot, vocabulary: Vocabulary) -> None:
        self.snapshot, self.vocabulary = snapshot, vocabulary
        self.read: dict[str, pl.Series] = {}

    def of(self, table: str) -> pl.Series:
        """All keys of a subject in the order of `_id`."""
        if table not in self.read:
            key = self.vocabulary.tables[table].key
            parts = [
                pl.read_parquet(self.snapshot.path(table, part), columns=[key])[key]
                for part in range(self.snapshot.parts(table))
            ]
            self.read[table] = pl.concat(parts) if parts else pl.Series(key, [], dtype=pl.String)
        return self.read[table]


class _Source:
    """One table of the snapshot, part by part, with the keys that its links stand for."""

    def __init__(
        self, snapshot: Snapshot, vocabulary: Vocabulary, table: Table, keys: _Keys
    ) -> None:
        self.snapshot, self.vocabulary, self.table, self.keys = snapshot, vocabulary, table, keys

    def rows(self) -> int:
        """How many rows there are."""
        return self.snapshot.rows(self.table.name)

    def parts(self) -> Iterator[pl.DataFrame]:
        """Key, links and stored facts in snapshot types; link columns hold keys."""
        table, before = self.table, 0
        for part in range(self.snapshot.parts(table.name)):
            frame = pl.read_parquet(self.snapshot.path(table.name, part))
            columns = [pl.col(table.key)]
            for link, target in table.links.items():
                place = pl.col(OWNER) + before if link == table.owner else pl.col(LINK + link)
                columns.append(
                    pl.lit(self.keys.of(target)).gather(place.cast(pl.UInt32)).alias(link)
                )
            columns += [pl.col(spec.name) for spec in self.facts(frame.columns)]
            yield frame.select(columns)
            if table.is_event:
                before += self.snapshot.tables[table.owner][part]

    def facts(self, columns: list[str]) -> list[FactSpec]:
        """The facts that the snapshot holds, in declared order."""
        return [spec for spec in self.table.facts.values() if spec.name in columns]

    def first(self) -> list[Shown]:
        """Headings and cells of the key and the links."""
        return [(name, pl.col(name)) for name in (self.table.key, *self.table.links)]

    def name_of(self, spec: FactSpec) -> pl.Expr:
        """The names that the codes of a fact stand for."""
        return named(pl.col(spec.name), spec, self.snapshot, self.vocabulary)


class _Payments(_Source):
    """Payments already made, which are no table of the vocabulary."""

    def rows(self) -> int:
        return self._read().height

    def parts(self) -> Iterator[pl.DataFrame]:
        """One frame; the subject by its key."""
        frame = self._read()
        key = pl.lit(None, dtype=pl.String)
        for table in frame["主体表"].unique():
            keys = self.keys.of(table)
            place = pl.when(pl.col("主体表") == table).then(pl.col("主体"))
            key = pl.coalesce(pl.lit(keys).gather(place), key)
        yield frame.with_columns(key.alias("主体"))

    def first(self) -> list[Shown]:
        return []

    def _read(self) -> pl.DataFrame:
        return pl.read_parquet(self.snapshot.folder / PAID_FILE)


def _payments_table() -> Table:
    kinds = {
        "主体表": Kind.TEXT, "主体": Kind.TEXT, "支持": Kind.TEXT, "事项": Kind.TEXT,
        "金额": Kind.MONEY, "日期": Kind.DATE,
    }  # fmt: skip
    facts = {name: FactSpec(PAYMENTS, name, "", Type(kind)) for name, kind in kinds.items()}
    return Table(PAYMENTS, "paid", "", "编号", facts=facts)


# ------------------------------------------------------------------------------ csv


def _csv(source: _Source, out: Path) -> Path:
    path = out / f"{source.table.name}.csv"
    with path.open("wb") as stream:
        for number, frame in enumerate(source.parts()):
            shown = [*source.first(), *_csv_facts(source, frame.columns)]
            frame.select(cells.alias(heading) for heading, cells in shown).write_csv(
                stream, include_header=number == 0
            )
    return path


def _csv_facts(source: _Source, columns: list[str]) -> list[Shown]:
    """Every other amount counts in the unit of its heading, the rest carry theirs."""
    out, amounts = [], 0
    for spec in source.facts(columns):
        value, name = pl.col(spec.name), spec.name
        match spec.type.kind:
            case Kind.MONEY:
                amounts += 1
                in_heading = (f"{name}（万元）", decimal(value, 6))
                out.append(in_heading if amounts % 2 == 0 else (name, money_with_unit(value)))
            case Kind.RATE:
                out.append((f"{name}（%）", decimal(value, 4)))
            case Kind.COUNT:
                out.append((f"{name}（{spec.type.unit}）", value.cast(pl.String)))
            case Kind.DATE:
                out.append((name, value.dt.strftime("%Y-%m-%d")))
            case _:
                out.append((name, _worded(source, spec)))
    return out


def _worded(source: _Source, spec: FactSpec) -> pl.Expr:
    if spec.type.kind is Kind.BOOL:
        return yes_no(pl.col(spec.name))
    return pl.col(spec.name) if spec.type.kind is Kind.TEXT else source.name_of(spec)


# ------------------------------------------------------------------------------ parquet


def _parquet(source: _Source, out: Path) -> Path:
    path = out / f"{source.table.name}.parquet"
    parts = []
    for number, frame in enumerate(source.parts()):
        shown = [*source.first(), *_typed_facts(source, frame.columns)]
        piece = out / f".{source.table.name}.{number}"
        frame.select(cells.alias(heading) for heading, cells in shown).write_parquet(piece)
        parts.append(piece)
    pl.scan_parquet(parts).sink_parquet(path)
    for piece in parts:
        piece.unlink()
    return path


def _typed_facts(source: _Source, columns: list[str]) -> list[Shown]:
    """Amounts are exact decimals of yuan, dates dates, yes and no booleans, all else names."""
    out = []
    for spec in source.facts(columns):
        value, name = pl.col(spec.name), spec.name
        match spec.type.kind:
            case Kind.MONEY:
                out.append((f"{name}（元）", decimal(value, 2).cast(pl.Decimal(20, 2))))
            case Kind.RATE:
                out.append((name, per_cent(value)))
            case Kind.COUNT:
                out.append((f"{name}（{spec.type.unit}）", value))
            case Kind.DATE | Kind.BOOL:
                out.append((name, value))
            case _:
                out.append((name, _worded(source, spec)))
    return out


# ------------------------------------------------------------------------------ xlsx


def _xlsx(source: _Source, out: Path) -> Path:
    table, rows = source.table, source.rows()
    if rows > SHEET_ROWS:
        raise ValueError(f"“{table.name}”有{rows:,}行，一张工作表装不下，请导出 csv 或 parquet")
    path = out / f"{table.name}.xlsx"
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(table.name[:31])
    bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "border": 1})
    line = 3  # after the title and two rows of headings
    sums: dict[int, float] = {}
    for frame in source.parts():
        columns = [*_sheet_first(source), *_sheet_facts(source, frame.columns)]
        made = frame.select(cells.alias(str(place)) for place, (_, _, cells) in enumerate(columns))
        if line == 3:
            _head(sheet, columns, f"虚拟示范区{table.name}情况表", bold)
        for place, name in enumerate(made.columns):
            values = made[name]
            sheet.write_column(line, place, values.to_list())
            if values.dtype.is_numeric():
                total = values.cast(pl.Float64).sum()
                sums[place] = round(sums.get(place, 0) + float(total), 2)
        line += frame.height
    width = len(columns)
    sheet.write_row(line, 0, ["合计", *(sums.get(place, "") for place in range(1, width))], bold)
    sheet.merge_range(line + 1, 0, line + 1, max(width - 1, 1), FOOTNOTE)
    book.close()
    return path


Wide = tuple[str, str, pl.Expr]
"""Group above, heading and cells of one column."""


def _sheet_first(source: _Source) -> list[Wide]:
    return [("", heading, cells) for heading, cells in source.first()]


def _sheet_facts(source: _Source, columns: list[str]) -> list[Wide]:
    """Facts below the unit they come from; every other amount is a number in yuan."""
    out, amounts = [], 0
    for spec in source.facts(columns):
        value, name, above = (
            pl.col(spec.name),
            spec.name,
            f"{spec.source}提供" if spec.source else "",
        )
        match spec.type.kind:
            case Kind.MONEY:
                amounts += 1
                if amounts % 2:
                    out.append((above, name, money_with_unit(value, "万")))
                else:
                    out.append((above, f"{name}（元）", decimal(value, 2).cast(pl.Float64)))
            case Kind.RATE:
                out.append((above, name, per_cent(value)))
            case Kind.COUNT:
                out.append((above, f"{name}（{spec.type.unit}）", value))
            case Kind.DATE:
                out.append((above, name, dotted(value)))
            case _:
                out.append((above, name, _worded(source, spec)))
    return out


def _head(sheet: Any, columns: list[Wide], title: str, bold: Any) -> None:
    """Title over all columns, groups over their headings; a heading without company spans both rows."""
    width = len(columns)
    sheet.merge_range(0, 0, 0, max(width - 1, 1), title, bold)
    place = 0
    for above, run in groupby(column[0] for column in columns):
        count = len(list(run))
        if above and count > 1:
            sheet.merge_range(1, place, 1, place + count - 1, above, bold)
            for index in range(place, place + count):
                sheet.write(2, index, columns[index][1], bold)
        else:
            for index in range(place, place + count):
                sheet.merge_range(1, index, 2, index, columns[index][1], bold)
        place += count


__all__ = ["Style", "export_tables"]
