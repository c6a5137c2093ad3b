"""Workbooks as officials keep them: .xlsx, .xlsm (values only), .xls and .et, read by calamine.

What calamine leaves out is read from the sheet's XML beside it: cells whose format shows more or less
than their number (:mod:`.formats`: 0.05 shown as 5% is read as 5%), cells with an error (#N/A), and
formulas that were never computed. They become the text that the sheet shows, so the reader of cells
judges them like any other text. In .xls these three are not visible: a rate there needs a unit in the
heading or must be text.

A merged cell gives its value to every row of its first column. Hidden sheets are not read.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import python_calamine as calamine

from huiqi.rulebook.library.values import SHRUNKEN
from huiqi.rulebook.problems import Problem, Severity
from huiqi.rulebook.tables.cells import number_text
from huiqi.rulebook.tables.formats import BUILT_IN, MONTH, PERCENT, SHRUNK, YEAR, manner
from huiqi.rulebook.tables.headings import LOOKED_AT, Line
from huiqi.rulebook.tables.pieces import Pieces, Reach, pieces
from huiqi.rulebook.tables.sheets import Batch, Report, Sheet, SheetError, frame_of
from huiqi.rulebook.tables.template import LISTS
from huiqi.rulebook.tables.trailers import is_trailer

LARGEST = 4 * 2**30  # bytes a workbook may have when unpacked
SUSPICIOUS = 64 * 2**20  # below this no packing ratio matters
RATIO = 200  # real sheets pack 5 to 60 times
LONGEST_ROW = 64 * 2**20  # bytes of XML
CELLS = 1_000_000  # cells of one batch
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_STYLE = re.compile(rb'\bs="([0-9]+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)<")
_FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^>]*?)?(?:/>|>([^<]*)<)")
_NOTABLE = re.compile(rb"<(?:\w+:)?f[ />]")
_DAMAGE = (
    ElementTree.ParseError, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError,
)  # fmt: skip
Cell = Any  # what calamine gives: text, number, truth, date or time


@dataclass(frozen=True, slots=True)
class _Extras:
    """Texts that stand in place of what calamine gives, by row and column from 0."""

    texts: dict[int, dict[int, str]] = field(default_factory=dict)
    manners: dict[int, dict[int, str]] = field(default_factory=dict)


def open_workbook(path: Path, file: str) -> list[tuple[str, Sheet]]:
    """Name and sheet of every visible sheet that is not blank. SheetError where it can't be opened."""
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise SheetError(Problem("table-empty", "文件是空的", "第一行写列名，第二行起填写", file))
    zipped = start.startswith(b"PK")
    if not zipped and start != _OLE:
        raise SheetError(_not_a_workbook(path, start, file))
    package = _Package(path, file) if zipped else None
    try:
        book = calamine.load_workbook(path)
    except calamine.PasswordError:
        raise SheetError(_encrypted(file)) from None
    except (calamine.CalamineError, OSError, ValueError):
        if start == _OLE and _has_encrypted_package(path):
            raise SheetError(_encrypted(file)) from None
        raise SheetError(
            Problem(
                "workbook-broken",
                "工作簿打不开，可能已损坏",
                "在表格软件里打开后另存为 .xlsx",
                file,
            )
        ) from None
    notes = []
    if path.suffix.lower() == ".xlsm" or (package is not None and package.macros):
        notes.append(
            Problem("workbook-macros", "带有宏，只读单元格里的值，宏不会运行", "", file,
                    severity=Severity.WARNING)
        )  # fmt: skip
    visible = [
        item for item in book.sheets_metadata
        if item.typ == calamine.SheetTypeEnum.WorkSheet
    ]  # fmt: skip
    hidden = [item.name for item in visible if item.visible != calamine.SheetVisibleEnum.Visible]
    if told := [name for name in hidden if name != LISTS]:
        notes.append(
            Problem("sheet-hidden", f"隐藏的工作表没有读入：{'、'.join(told)}", "要读入就取消隐藏", file,
                    severity=Severity.WARNING)
        )  # fmt: skip
    out: list[tuple[str, _Rows]] = []
    for item in visible:
        if item.name in hidden:
            continue
        try:
            found: _Rows | None = package.large(item.name) if package is not None else None
            if found is None:
                # Looked through first: calamine makes room for every cell up to the last.
                extras, reach = (
                    (_Extras(), Reach()) if package is None else package.extras(item.name)
                )
                content = book.get_sheet_by_name(item.name)
                found = _Whole(content, extras, reach) if content.height else None
        except calamine.CalamineError as error:
            raise SheetError(_unreadable(item.name, error, file)) from None
        if found is not None:
            out.append((item.name, found))
    if not out:
        raise SheetError(
            Problem("table-empty", "工作簿里没有内容", "第一行写列名，第二行起填写", file)
        )
    weight = path.stat().st_size // len(out)
    sheets = []
    for place, (name, rows) in enumerate(out):
        shown = file if len(out) == 1 else f"{file}［{name}］"
        base_1904 = package is not None and package.base_1904
        first = tuple(notes) if place == 0 else ()
        sheets.append((name, _sheet(rows, shown, weight, base_1904, first)))
    return sheets


def _unreadable(sheet: str, error: Exception, file: str) -> Problem:
    return Problem(
        "workbook-broken", f"工作表“{sheet}”读不出来（{error}）", "在表格软件里打开后另存为 .xlsx", file
    )  # fmt: skip


def _encrypted(file: str) -> Problem:
    return Problem("workbook-encrypted", "工作簿有打开密码", "取消密码后再交", file)


def _has_encrypted_package(path: Path) -> bool:
    """Whether an OLE file holds an encrypted .xlsx: its directory names the stream in UTF-16."""
    return "EncryptedPackage".encode("utf-16-le") in path.read_bytes()


def _not_a_workbook(path: Path, start: bytes, file: str) -> Problem:
    with path.open("rb") as stream:
        text = stream.read(2000).lstrip().lower()
    kind = "网页" if b"<html" in text or b"<table" in text or text[:1] == b"<" else "别的格式"
    return Problem(
        "workbook-broken", f"扩展名是{path.suffix}，内容却是{kind}",
        "在表格软件里打开后另存为 .xlsx；文本表格把扩展名改成 .csv", file,
    )  # fmt: skip


# -------------------------------------------------------------------- the package


class _Package:
    """The zip behind an .xlsx: its size is checked first, then styles and sheets are looked through."""

    def __init__(self, path: Path, file: str) -> None:
        self.file = file
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError):
            raise SheetError(
                Problem("workbook-broken", "工作簿已损坏，打不开", "重新导出或从备份恢复", file)
            ) from None
        names = self.zip.NameToInfo
        total = sum(item.file_size for item in self.zip.infolist())
        packed = max(1, path.stat().st_size)
        if total > LARGEST or (total > SUSPICIOUS and total > RATIO * packed):
            raise SheetError(
                Problem(
                    "workbook-bomb", f"解压后有 {total:,} 字节，是文件大小的 {total // packed:,} 倍，不像正常的表格",
                    "核对来源；确是大表就分成几个文件或改用 CSV", file,
                )
            )  # fmt: skip
        if "EncryptedPackage" in names:
            raise SheetError(_encrypted(file))
        self._read_through("xl/sharedStrings.xml")
        self.macros = "xl/vbaProject.bin" in names
        book = self._xml("xl/workbook.xml")
        about = book.find("{*}workbookPr") if book is not None else None
        self.base_1904 = about is not None and about.get("date1904") in ("1", "true")
        self.parts = self._parts(book)
        self.manners = self._manners()

    def _read_through(self, name: str) -> None:
        """Unpack a part once: a wrong size or sum shows here, before calamine unpacks it."""
        if name not in self.zip.NameToInfo:
            return
        try:
            with self.zip.open(name) as stream:
                while stream.read(2**20):
                    pass
        except _DAMAGE as error:
            raise SheetError(self._broken(name)) from error

    def _broken(self, name: str) -> Problem:
        return Problem(
            "workbook-broken",
            f"工作簿已损坏（{name}）",
            "在表格软件里打开后另存为 .xlsx",
            self.file,
        )

    def _xml(self, name: str) -> ElementTree.Element | None:
        if name not in self.zip.NameToInfo:
            return None
        try:
            data = self.zip.read(name)
            if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
                raise SheetError(
                    Problem(
                        "workbook-broken",
                        "工作簿里有不该有的定义（DOCTYPE）",
                        "核对来源",
                        self.file,
                    )
                )
            return ElementTree.fromstring(data)
        except _DAMAGE as error:
            raise SheetError(self._broken(name)) from error

    def _parts(self, book: ElementTree.Element | None) -> dict[str, str]:
        """Sheet name -> its XML part."""
        relations = self._xml("xl/_rels/workbook.xml.rels")
        if book is None or relations is None:
            return {}
        targets = {item.get("Id", ""): item.get("Target", "") for item in relations}
        out = {}
        for item in book.iterfind(".//{*}sheet"):
            target = targets.get(_relation(item), "")
            out[item.get("name", "")] = (
                target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            )
        return out

    def _manners(self) -> dict[bytes, str]:
        """Style -> how it shows numbers, for styles that show more or less than the number."""
        styles = self._xml("xl/styles.xml")
        if styles is None:
            return {}
        formats = BUILT_IN | {
            int(item.get("numFmtId", "0")): manner(item.get("formatCode", ""))
            for item in styles.iterfind(".//{*}numFmt")
        }
        cells = styles.find("{*}cellXfs")
        return {
            str(place).encode(): found
            for place, item in enumerate(cells if cells is not None else ())
            if (found := formats.get(int(item.get("numFmtId", "0")), ""))
        }

    def large(self, sheet: str) -> "_Large | None":
        """The rows of a large sheet, which are read piece by piece; None for an ordinary one."""
        try:
            found = pieces(self.zip, sheet, self.parts.get(sheet, ""))
            return None if found is None else _Large(found, self, sheet)
        except _DAMAGE as error:
            raise SheetError(self._broken(self.parts.get(sheet, sheet))) from error

    def noted(self, rows: bytes) -> _Extras:
        """What calamine does not tell of a piece of a sheet's XML."""
        out = _Extras()
        self._note(rows, out)
        return out

    def extras(self, sheet: str) -> tuple[_Extras, Reach]:
        """Looks through a sheet's XML for what calamine does not tell; SheetError where it is damaged
        or can't be held."""
        out, reach = _Extras(), Reach()
        part = self.parts.get(sheet, "")
        if part not in self.zip.NameToInfo:
            return out, reach
        try:
            for row in self._rows(part):
                self._note(row, out)
                reach.add(row)
        except _DAMAGE as error:
            raise SheetError(self._broken(part)) from error
        self.refuse_far(sheet, reach)
        return out, reach

    def refuse_far(self, sheet: str, reach: Reach) -> None:
        """SheetError where a stray cell makes the sheet too large to be held."""
        if reach.too_far:
            place = f"{reach.widest.decode()}{reach.last}"
            raise SheetError(
                Problem(
                    "sheet-far",
                    f"工作表“{sheet}”的内容一直到 {place} 格，多半是很远的地方误填了一格",
                    "在表格软件里按 Ctrl+End 找到它，删去那里的行和列，存盘再交",
                    self.file,
                )
            )

    def _rows(self, part: str) -> Iterator[bytes]:
        """Pieces of the sheet's XML, cut between rows; only those that may hold something of note."""
        carry = b""
        with self.zip.open(part) as stream:
            while block := stream.read(2**20):
                piece = carry + block
                cut = piece.rfind(b"row>") + len(b"row>")
                if cut < len(b"row>"):
                    carry = piece
                    if len(carry) > LONGEST_ROW:
                        raise ValueError("a row without end")
                    continue
                carry = piece[cut:]
                yield piece[:cut]
        if carry:
            yield carry

    def _note(self, piece: bytes, out: _Extras) -> None:
        if (
            not _NOTABLE.search(piece)
            and b't="e"' not in piece
            and not (self.manners and b' s="' in piece)
        ):
            return
        for found in _CELL.finditer(piece):
            about, inside = found[1], found[2] or b""
            style = _STYLE.search(about)
            shown_as = self.manners.get(style[1], "") if style is not None else ""
            error = b't="e"' in about
            formula = _FORMULA.search(inside) if _NOTABLE.search(inside) else None
            if not (shown_as or error or formula):
                continue
            place = _PLACE.search(about)
            if place is None:
                continue
            row, column = int(place[2]) - 1, _column(place[1])
            value = _VALUE.search(inside)
            if error:
                out.texts.setdefault(row, {})[column] = _plain(value[1] if value else b"#ERR")
            elif formula and (value is None or not value[1].strip()) and b't="str"' not in about:
                shown = "=" + _plain(formula[1] or b"")
                out.texts.setdefault(row, {})[column] = shown
            elif shown_as:
                out.manners.setdefault(row, {})[column] = shown_as


def _relation(sheet: ElementTree.Element) -> str:
    return next((value for name, value in sheet.items() if name.endswith("}id")), "")


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _plain(text: bytes) -> str:
    shown = text.decode("utf-8", "replace")
    for mark, char in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ):
        shown = shown.replace(mark, char)
    return shown


# -------------------------------------------------------------------- sheets


def cell_text(cell: Cell, shown_as: str = "") -> str | None:
    """A cell as the sheet shows it; None where it is blank. ``shown_as`` is from :func:`manner`."""
    if isinstance(cell, str):
        return cell if cell.strip() else None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        text = number_text(cell)
        if not shown_as or "E" in text or not text[-1].isdigit() or shown_as in (MONTH, YEAR):
            return text
        if shown_as != PERCENT:
            return f"{text}{SHRUNKEN if shown_as == SHRUNK else shown_as}"
        shown = f"{Decimal(text).scaleb(2):f}"
        return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown}%"
    if isinstance(cell, date) and cell.day == 1 and shown_as == MONTH:
        return f"{cell.year}年{cell.month}月"
    if isinstance(cell, date) and (cell.month, cell.day) == (1, 1) and shown_as == YEAR:
        return f"{cell.year}年"
    if isinstance(cell, datetime):
        midnight = cell.time() == time(0)
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return None


Range = tuple[tuple[int, int], tuple[int, int]]


class _Whole:
    """The rows of an ordinary sheet, all of which calamine holds."""

    def __init__(self, content: calamine.CalamineSheet, extras: _Extras, reach: Reach) -> None:
        self.content, self.extras, self.reach = content, extras, reach
        # Rows come from the first one, columns from the first used.
        self.offset = (content.start or (0, 0))[1]
        self.merges: Sequence[Range] = sorted(content.merged_cell_ranges or [])

    def texts(self) -> Iterator[tuple[list[str | None], float]]:
        """Each row from the first on, as the sheet shows it, and how much is read by then."""
        total = max(1, self.content.total_height)
        for place, row in enumerate(self.content.iter_rows()):
            yield _texts(row, place, self.extras, self.offset), place / total


class _Large:
    """The rows of a large sheet, of which one piece is held at a time."""

    def __init__(self, found: Pieces, package: _Package, sheet: str) -> None:
        self.pieces, self.package, self.sheet = found, package, sheet
        self.reach = Reach()
        empty = found.opened(b"", whole=True)
        self.merges: Sequence[Range] = sorted(empty.merged_cell_ranges or [])

    def texts(self) -> Iterator[tuple[list[str | None], float]]:
        """Each row from the first on, as the sheet shows it, and how much is read by then."""
        following = 0
        self.reach = Reach()
        self.reach.add(self.pieces.before)
        try:
            for xml, share in self.pieces.rows():
                self.reach.first = self.reach.last = 0
                self.reach.add(xml)
                self.package.refuse_far(self.sheet, self.reach)
                content, extras = self.pieces.opened(xml), self.package.noted(xml)
                first, offset = content.start or (following, 0)
                for _ in range(following, first):
                    yield [], share
                for place, row in enumerate(content.to_python(skip_empty_area=True), first):
                    yield _texts(row, place, extras, offset), share
                    following = place + 1
        except calamine.CalamineError as error:
            raise SheetError(_unreadable(self.sheet, error, self.package.file)) from None
        except _DAMAGE as error:
            raise SheetError(self.package._broken(self.pieces.part)) from error


_Rows = _Whole | _Large


def _sheet(
    rows: _Rows, file: str, weight: int, base_1904: bool, notes: tuple[Problem, ...]
) -> Sheet:
    first = [texts for texts, _ in islice(rows.texts(), LOOKED_AT)]
    width = max(map(len, first), default=0)
    head = [
        Line(
            place + 1, tuple((text or "").strip() for text in texts) + ("",) * (width - len(texts))
        )
        for place, texts in enumerate(first)
    ]
    merged = _filled(head, rows.merges)

    def body(last: int, width: int, report: Report) -> Iterator[Batch]:
        yield from _body(rows, file, last, width, report)

    return Sheet(file, weight, head, merged, body, base_1904=base_1904, notes=notes)


def _texts(row: Sequence[Cell], place: int, extras: _Extras, offset: int) -> list[str | None]:
    manners = extras.manners.get(place, {})
    texts: list[str | None] = [None] * offset
    texts += [
        cell_text(cell, manners.get(column + offset, "")) if manners else cell_text(cell)
        for column, cell in enumerate(row)
    ]
    for column, text in extras.texts.get(place, {}).items():
        if column < len(texts):
            texts[column] = text
    return texts


def _filled(head: Sequence[Line], merges: Sequence[Range]) -> list[Line]:
    """Rows with every merged cell showing the value of its range."""
    rows = [list(line.cells) for line in head]
    for (top, left), (bottom, right) in merges:
        if top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for row in rows[top : bottom + 1]:
            for column in range(left, min(right + 1, len(row))):
                row[column] = value
    return [Line(line.number, tuple(row)) for line, row in zip(head, rows, strict=True)]


def _body(source: _Rows, file: str, last: int, width: int, report: Report) -> Iterator[Batch]:
    size = max(100, CELLS // max(1, width))
    fills = [item for item in source.merges if item[0][0] >= last]
    across: list[Range] = []
    active: list[tuple[int, int, str | None]] = []  # last row, column, value
    following = 0
    rows: list[list[str | None]] = []
    lines: list[int] = []
    for place, (texts, share) in enumerate(source.texts()):
        if place < last:
            continue
        texts += [None] * (width - len(texts))
        if active:
            active = [item for item in active if item[0] >= place]
            for _, column, value in active:
                if column < width and texts[column] is None:
                    texts[column] = value
        while following < len(fills) and fills[following][0][0] == place:
            (_, left), (bottom, right) = fills[following]
            value = texts[left] if left < width else None
            if bottom > place and value is not None:
                active.append((bottom, left, value))
            if right > left and value is not None and not is_trailer(value):
                across.append(fills[following])
            following += 1
        rows.append(texts[:width])
        lines.append(place + 1)
        if len(rows) >= size:
            yield Batch(frame_of(rows, lines, width), share)
            rows, lines = [], []
    yield Batch(frame_of(rows, lines, width), 1.0)
    hidden = {"行": source.reach.hidden_rows, "列": source.reach.hidden_columns}
    if told := "、".join(f"{count:,} {what}" for what, count in hidden.items() if count):
        report(
            Problem(
                "sheet-hidden-rows", f"有隐藏的行或列（{told}），照样读入", "不该交的就删去，不要只是隐藏或筛选",
                file, severity=Severity.WARNING,
            )
        )  # fmt: skip
    if across:
        listed = "、".join(str(item[0][0] + 1) for item in across[:10])
        (top, left), _ = across[0]
        report(
            Problem(
                "merged-across", f"第{listed}行有横向合并的格子，值只算在最左一列", "取消横向合并，每列各填各的",
                file, top + 1, left + 1, severity=Severity.WARNING,
            )
        )  # fmt: skip


__all__ = ["cell_text", "open_workbook"]
