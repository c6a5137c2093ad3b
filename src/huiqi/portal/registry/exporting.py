"""Tables of the registry as files, in pieces: CSV or XLSX with the headings that an import reads.

A cell that a person typed never becomes a formula. Unknown is an empty cell.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, Literal

import xlsxwriter
from django.db.models import QuerySet

from huiqi.portal.base import audit, rules
from huiqi.portal.base.access import Actor
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import queries
from huiqi.portal.registry.checking import table_named
from huiqi.portal.registry.models import Enterprise, Record
from huiqi.rulebook.demo.shown import name_of
from huiqi.rulebook.language.literals import to_date
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.values import Known, show_known
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.tables.template import heading

Style = Literal["csv", "xlsx"]
Cell = str | int | Decimal | date | None
PIECE = 5_000
SHEET_ROWS = 1_048_575
"""Rows below the headings that a sheet can hold."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def write(
    file: BinaryIO,
    table: str,
    *,
    style: Style,
    by: Actor,
    at: datetime,
    enterprises: QuerySet[Enterprise] | None = None,
) -> int:
    """Writes the rows of a table that the actor may see, and notes it in the audit; how many.

    ``enterprises`` narrows them to these enterprises and their events. Raises :class:`Refused` for a
    table that isn't there and for more rows than a sheet can hold.
    """
    vocabulary = rules.library().vocabulary
    declared = table_named(table, vocabulary)
    found = rows_of(declared, by, enterprises)
    writers: dict[str, Callable[[BinaryIO, Table, Iterator[list[Cell]]], int]] = {
        "csv": _csv, "xlsx": _xlsx,
    }  # fmt: skip
    if style not in writers:
        raise Refused(f"没有“{style}”这种格式", "可选 csv、xlsx")
    if style == "xlsx" and found.count() > SHEET_ROWS:
        raise Refused(f"超过{SHEET_ROWS:,}行，一张工作表放不下", "请筛选后再导出，或导出 CSV")
    count = writers[style](file, declared, _cells(declared, found, vocabulary))
    audit.record("registry.export", at=at, actor=by, subject=table, rows=count, style=style)
    return count


def rows_of(
    table: Table, by: Actor, enterprises: QuerySet[Enterprise] | None = None
) -> QuerySet[Record]:
    """The records of a table that an actor may see, of some enterprises where they are given."""
    found = queries.records(by, table.name)
    if enterprises is not None:
        narrowed = enterprises.order_by().values("pk")
        found = (
            found.filter(owner__in=narrowed) if table.is_event else found.filter(pk__in=narrowed)
        )
    return found.order_by("owner_id", "pk") if table.is_event else found.order_by("pk")


def headings(table: Table) -> list[str]:
    """The headings of a table's columns: key, links, facts with their units."""
    return [table.key, *table.links, *(heading(spec) for spec in table.stored)]


def _cells(table: Table, found: QuerySet[Record], vocabulary: Vocabulary) -> Iterator[list[Cell]]:
    rows = found.values_list("key", "owner__key", "values").iterator(chunk_size=PIECE)
    places = _Places(vocabulary)
    for key, owner, values in rows:
        links = [owner if link == table.owner else values.get(link) for link in table.links]
        facts = [_cell(values.get(spec.name), spec, places) for spec in table.stored]
        yield [key, *links, *facts]


class _Places:
    """The shortest name that means a place or industry and no other, looked for once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.names: dict[tuple[Kind, str], str] = {}

    def name(self, kind: Kind, code: str) -> str:
        if (kind, code) not in self.names:
            self.names[kind, code] = name_of(self.vocabulary.trees[kind], code)
        return self.names[kind, code]


def _cell(value: Known | None, spec: FactSpec, places: _Places) -> Cell:
    if value is None:
        return None
    match spec.type.kind:
        case Kind.MONEY:
            return Decimal(value) / 100
        case Kind.RATE:
            return Decimal(value) / 10_000
        case Kind.COUNT:
            return int(value)
        case Kind.DATE:
            return to_date(int(value))
        case Kind.REGION | Kind.INDUSTRY:
            return places.name(spec.type.kind, str(value))
    return show_known(value, spec, places.vocabulary)


def _csv(file: BinaryIO, table: Table, rows: Iterator[list[Cell]]) -> int:
    file.write(b"\xef\xbb\xbf")  # spreadsheet programs take it for UTF-8 then
    count = 0
    file.write(_lines([headings(table)]))
    while piece := list(islice(rows, PIECE)):
        file.write(_lines([[_plain(cell) for cell in row] for row in piece]))
        count += len(piece)
    return count


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_DANGEROUS) else cell
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _xlsx(file: BinaryIO, table: Table, rows: Iterator[list[Cell]]) -> int:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet(table.name)
    head = book.add_format({"bold": True, "bg_color": "#F0F3F5", "bottom": 1, "text_wrap": True})
    text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
    amount, whole = (
        book.add_format({"num_format": "0.00####"}),
        book.add_format({"num_format": "0"}),
    )
    shown = headings(table)
    sheet.freeze_panes(1, 1)
    for place, title in enumerate(shown):
        sheet.set_column(place, place, max(12, min(40, 2 * len(title))))
        sheet.write_string(0, place, title, head)
    count = 0
    for count, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            _put(sheet, count, place, cell, (text, day, amount, whole))
    book.close()
    return count


def _put(sheet: Any, line: int, place: int, cell: Cell, looks: tuple[Any, Any, Any, Any]) -> None:
    text, day, amount, whole = looks
    if cell is None:
        return
    if isinstance(cell, str):
        sheet.write_string(line, place, cell, text)
    elif isinstance(cell, date):
        sheet.write_datetime(line, place, cell, day)
    else:
        sheet.write_number(line, place, cell, amount if isinstance(cell, Decimal) else whole)
