"""Lists as XLSX files. Texts stay texts: nothing that a person typed becomes a formula or a link."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Literal

from django.http import FileResponse
from django.utils import timezone
from xlsxwriter import Workbook

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 100_000
LONGEST_CELL = 32_767

Kind = Literal["text", "number", "fen", "date", "time"]
Cell = str | int | Decimal | date | datetime | bool | None
_FORMATS: dict[Kind, dict[str, Any]] = {
    "text": {"num_format": "@"},
    "number": {"num_format": "#,##0"},
    "fen": {"num_format": "#,##0.00"},
    "date": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm"},
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, how a row gives its cell, and what it holds.

    ``kind`` fen: whole fen in, written in yuan (name the unit in the head: 金额（元）).
    """

    title: str
    value: Callable[[Any], Cell]
    kind: Kind = "text"
    width: int = 16


@dataclass(frozen=True, slots=True)
class Export:
    """A list as a file: its name, its columns, the act that the audit records."""

    name: str
    columns: Sequence[Column]
    act: str
    most: int = MOST_ROWS


def write(file: BinaryIO, export: Export, rows: Iterable[Any]) -> int:
    """Writes the sheet and returns how many rows it has, the head not counted."""
    book = Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
        },
    )
    book.set_calc_mode("auto")
    sheet = book.add_worksheet(export.name[:31])
    head = book.add_format({"bold": True, "bg_color": "#F0F3F5", "bottom": 1})
    looks = {kind: book.add_format(form) for kind, form in _FORMATS.items()}
    for place, column in enumerate(export.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.title, head)
    sheet.freeze_panes(1, 0)
    count = 0
    for row in rows:
        count += 1
        for place, column in enumerate(export.columns):
            _put(sheet, count, place, column.kind, column.value(row), looks)
    book.close()
    return count


def download(name: str, fill: Callable[[BinaryIO], object]) -> FileResponse:
    """A file of this name that ``fill`` writes, as a download."""
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    fill(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA_TYPE)


def _put(
    sheet: Any, line: int, place: int, kind: Kind, value: Cell, looks: dict[Kind, Any]
) -> None:
    """One cell: numbers and days as such, everything else as text; nothing for what is unknown."""
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_string(line, place, "是" if value else "否")
    elif isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        sheet.write_datetime(line, place, local.replace(tzinfo=None), looks["time"])
    elif isinstance(value, date):
        sheet.write_datetime(line, place, value, looks["date"])
    elif isinstance(value, int | Decimal):
        shown = Decimal(value) / 100 if kind == "fen" else value
        sheet.write_number(line, place, shown, looks["fen" if kind == "fen" else "number"])
    else:
        sheet.write_string(line, place, str(value)[:LONGEST_CELL], looks["text"])
