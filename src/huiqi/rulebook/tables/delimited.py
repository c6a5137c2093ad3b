"""CSV and other delimited text, of any size, in blocks.

The file is looked through once for its encoding (UTF-8, with or without mark, UTF-16 with mark, else
GB18030). Then blocks of 16 MB are cut into columns by Polars; lines whose number of cells differs are
found by counting separators outside quotes, and reported. From the first block in which a quoted cell
goes over several lines, or quotes stand in odd places, the `csv` module reads record by record, which
takes about three times as long.
The separator is the one (comma, tab, ；, ，, ;, |) that gives the most known headings.
"""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from huiqi.rulebook.problems import Problem, Severity
from huiqi.rulebook.tables.headings import LOOKED_AT, Line, Matcher
from huiqi.rulebook.tables.sheets import LINE, Batch, Report, Sheet, SheetError, frame_of
from huiqi.rulebook.tables.trailers import is_trailer

BLOCK = 16 * 2**20
LONGEST = 64 * 2**20  # bytes of one line
ROWS = 50_000
SEPARATORS = (",", "\t", "；", "，", ";", "|")
NAMES = {"\t": "制表符", "；": "全角分号", "，": "全角逗号", ";": "分号", "|": "竖线"}
CELL_LIMIT = 2**20
WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_QUOTED = '"[^"]*"'


@dataclass(frozen=True, slots=True)
class _Text:
    """How a file is to be decoded and what it contains."""

    path: Path
    file: str
    size: int
    encoding: str
    skip: int  # bytes of the mark
    carriage: bool


def delimited_sheet(path: Path, file: str, matcher: Matcher) -> Sheet:
    """Open a delimited file. SheetError where it is empty or in no known encoding."""
    text = _look_through(path, file)
    separator, records = _separator(text, matcher)
    notes = []
    if text.encoding == "gb18030":
        notes.append(
            _note(
                "csv-encoding",
                "文件不是 UTF-8，按 GB18030 读入",
                "文字如有乱码，另存为“CSV UTF-8”",
                file,
            )
        )
    if separator != ",":
        shown = NAMES[separator]
        notes.append(
            _note("csv-separator", f"各格之间是{shown}，不是逗号，按{shown}分开", "", file)
        )
    head = [Line(number, tuple(cell.strip() for cell in cells)) for number, cells in records]

    def body(last: int, width: int, report: Report) -> Iterator[Batch]:
        return _batches(text, separator, last, width, report)

    return Sheet(file, text.size, head, head, body, notes=tuple(notes))


def _note(code: str, message: str, remedy: str, file: str) -> Problem:
    return Problem(code, message, remedy, file, severity=Severity.WARNING)


def _look_through(path: Path, file: str) -> _Text:
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(WORKBOOK_STARTS):
        raise SheetError(
            Problem(
                "csv-workbook",
                "扩展名是文本表格，内容却是工作簿",
                "把扩展名改成 .xlsx 或 .xls",
                file,
            )
        )
    encoding, skip = "utf-8", 0
    if start.startswith(codecs.BOM_UTF8):
        skip = 3
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    candidates = [encoding] if encoding == "utf-16" or skip else ["utf-8", "gb18030"]
    line = 0
    for name in candidates:
        found = _decodes(path, name, file)
        if isinstance(found, int):
            line = line or found
            continue
        carriage, blank = found
        if blank:
            raise SheetError(
                Problem("table-empty", "文件是空的", "第一行写列名，第二行起填写", file)
            )
        return _Text(path, file, size, name, skip, carriage)
    raise SheetError(
        Problem(
            "csv-encoding", "文件的编码认不出来，既不是 UTF-8 也不是 GB18030",
            "在表格软件里另存为“CSV UTF-8”", file, line,
        )
    )  # fmt: skip


def _too_long(file: str, line: int = 0) -> SheetError:
    return SheetError(Problem("csv-broken", "有一行太长，读不下去", "核对换行", file, line))


def _decodes(path: Path, encoding: str, file: str) -> tuple[bool, bool] | int:
    """Whether there are carriage returns, and nothing at all; or the line that fails. SheetError for a
    line without end, before the rest of a huge file is looked through."""
    decoder = codecs.getincrementaldecoder(encoding)()
    carriage, blank, lines, open_line = False, True, 1, 0
    with path.open("rb") as stream:
        while True:
            block = stream.read(BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return lines + error.object[: error.start].count(b"\n")
            carriage = carriage or "\r" in text
            blank = blank and not text.strip("\ufeff \t\r\n,;|；，")
            lines += text.count("\n")
            ended = max(text.rfind("\n"), text.rfind("\r"))
            open_line = len(text) - ended - 1 if ended >= 0 else open_line + len(text)
            if open_line > LONGEST:
                raise _too_long(file, lines)
            if not block:
                return carriage, blank


def _stream(text: _Text) -> io.TextIOWrapper:
    encoding = "utf-8-sig" if text.skip else text.encoding
    return io.TextIOWrapper(text.path.open("rb"), encoding, newline="")


def _separator(text: _Text, matcher: Matcher) -> tuple[str, list[tuple[int, list[str]]]]:
    """The separator that gives the most known headings, and the first records cut by it."""
    best: tuple[int, int, str, list[tuple[int, list[str]]]] | None = None
    for place, separator in enumerate(SEPARATORS):
        records = []
        with _stream(text) as stream:
            try:
                for number, cells in _records(stream, separator):
                    records.append((number, cells))
                    if len(records) >= LOOKED_AT:
                        break
            except csv.Error:
                pass  # said again, with its line, when the body is read
        known = max(
            (sum(matcher.match([cell])[0] is not None for cell in cells) for _, cells in records),
            default=0,
        )
        if best is None or (known, -place) > best[:2]:
            best = (known, -place, separator, records)
    assert best is not None
    return best[2], best[3]


def _records(
    lines: Iterable[str], separator: str, line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Records with the line each begins on; the first begins on ``line``."""
    csv.field_size_limit(CELL_LIMIT)
    reader = csv.reader(lines, delimiter=separator)
    begins, before = line, line
    for cells in reader:
        yield begins, cells
        begins = before + reader.line_num


@dataclass(slots=True)
class _Ragged:
    """Lines with too few or too many cells: footnotes stay, rows are reported and counted."""

    file: str
    width: int
    report: Report
    count: int = 0

    def mended(self, line: int, cells: list[str], separator: str) -> list[str]:
        """The cells if nothing is lost by making them fit; else empty, and reported."""
        while len(cells) > self.width and not cells[-1].strip():
            cells = cells[:-1]
        filled = [cell for cell in cells if cell.strip()]
        fits = len(cells) == self.width or not filled
        if fits or (len(cells) < self.width and is_trailer(filled[0])):
            return cells + [""] * (self.width - len(cells))
        self.count += 1
        self.report(
            Problem(
                "row-width", f"这一行有{len(cells)}格，列名有{self.width}个，没有读入",
                "核对逗号；格子里本来就有逗号的，用英文双引号括起来",
                self.file, line, found=separator.join(cells)[:200],
            )
        )  # fmt: skip
        return []

    def taken(self) -> int:
        count, self.count = self.count, 0
        return count


def _batches(text: _Text, separator: str, last: int, width: int, report: Report) -> Iterator[Batch]:
    ragged = _Ragged(text.file, width, report)
    shape = _quoted_shape(separator) if len(separator.encode()) == 1 else ""
    line = 1
    blocks = _blocks(text)
    for data, share in blocks:
        lines = _lines_of(data)
        quoted = b'"' in data
        if not shape or (quoted and not _one_line_each(lines, shape)):
            rest = itertools.chain([(data, share)], blocks)
            yield from _by_row(text, rest, line, separator, last, ragged)
            return
        numbers = pl.int_range(line, line + lines.len(), dtype=pl.UInt32, eager=True)
        line += lines.len()
        if line - 1 <= last:
            continue
        bare = lines.str.replace_all(_QUOTED, "") if quoted else lines
        counts = bare.str.count_matches(separator, literal=True)
        wanted = numbers > last
        good = wanted & (counts == width - 1)
        odd = wanted & (counts != width - 1) & (lines != "")
        if good.all():
            frame = _cut(data, lines, separator, width)
        else:
            left = lines.filter(good)
            frame = _cut("\n".join(left).encode(), left, separator, width)
            numbers = numbers.filter(good)
        frame = frame.with_columns(numbers.alias(LINE))
        if odd.any():
            frame = _with_mended(frame, lines, odd, line, separator, ragged)
        yield Batch(frame, share, ragged.taken())


def _quoted_shape(separator: str) -> str:
    """A line whose cells are each plain or wholly in quotes."""
    cell = rf'(?:"(?:[^"]|"")*"|[^"{re.escape(separator)}]*)'
    return rf"^{cell}(?:{re.escape(separator)}{cell})*$"


def _one_line_each(lines: pl.Series, shape: str) -> bool:
    """Whether every line with quotes is a whole record as all readers understand it."""
    quoted = lines.filter(lines.str.contains('"', literal=True))
    return bool(quoted.str.contains(shape).all())


def _by_row(
    text: _Text, blocks: Iterable[tuple[bytes, float]], line: int, separator: str, last: int,
    ragged: "_Ragged",
) -> Iterator[Batch]:  # fmt: skip
    """The rest of a file record by record, ``line`` being its first line."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    reached = [0.0]

    def lines() -> Iterator[str]:
        for data, share in blocks:
            yield from io.StringIO(data.decode(), newline="\n")
            reached[0] = share

    at = line
    try:
        for at, cells in _records(lines(), separator, line):
            if at <= last:
                continue
            if len(cells) == ragged.width or (cells := ragged.mended(at, cells, separator)):
                rows.append(cells)
                numbers.append(at)
            if len(rows) >= ROWS:
                yield Batch(frame_of(rows, numbers, ragged.width), reached[0], ragged.taken())
                rows, numbers = [], []
    except csv.Error:
        raise SheetError(
            Problem(
                "csv-broken", "从这一行往后读不下去，多半是双引号没有成对", "核对这一行前后的双引号",
                text.file, at + 1,
            )
        ) from None  # fmt: skip
    yield Batch(frame_of(rows, numbers, ragged.width), 1.0, ragged.taken())


def _with_mended(
    frame: pl.DataFrame, lines: pl.Series, odd: pl.Series, after: int, separator: str,
    ragged: _Ragged,
) -> pl.DataFrame:  # fmt: skip
    rows, numbers = [], []
    first = after - lines.len()
    for place in odd.arg_true():
        split = next(csv.reader([lines[place]], delimiter=separator))
        if cells := ragged.mended(first + place, split, separator):
            rows.append(cells)
            numbers.append(first + place)
    if not rows:
        return frame
    return pl.concat([frame, frame_of(rows, numbers, ragged.width)]).sort(LINE)


def _blocks(text: _Text) -> Iterator[tuple[bytes, float]]:
    """Whole lines as UTF-8 with plain line ends, and the share of the file read."""
    carry = ""
    read = 0
    decoder = codecs.getincrementaldecoder(text.encoding)()
    with text.path.open("rb") as stream:
        stream.seek(text.skip)
        while True:
            block = stream.read(BLOCK)
            read += len(block)
            piece = carry + decoder.decode(block, final=not block)
            if text.carriage:
                # A carriage return at the very end may be half of a line end.
                held = "\r" if piece.endswith("\r") and block else ""
                piece = piece[: len(piece) - len(held)].replace("\r\n", "\n").replace("\r", "\n")
            else:
                held = ""
            cut = piece.rfind("\n") + 1 if block else len(piece)
            whole, carry = piece[:cut], piece[cut:] + held
            if len(carry) > LONGEST:
                raise _too_long(text.file)
            if whole:
                yield whole.encode(), min(1.0, read / max(1, text.size))
            if not block:
                return


def _lines_of(data: bytes) -> pl.Series:
    lines = pl.Series(data.decode().split("\n"), dtype=pl.String)
    return lines[:-1] if data.endswith(b"\n") else lines


def _cut(data: bytes, lines: pl.Series, separator: str, width: int) -> pl.DataFrame:
    schema = {str(place): pl.String() for place in range(width)}
    if not lines.len():
        return pl.DataFrame(schema=schema)
    frame = pl.read_csv(
        data, has_header=False, separator=separator, quote_char='"' if b'"' in data else None,
        schema=schema,
        empty_string_is_null=True, raise_if_empty=False,
    )  # fmt: skip
    if frame.height == lines.len():
        return frame
    # The reader leaves out blank lines of a single column.
    rows = list(csv.reader(lines, delimiter=separator))
    return frame_of([row or [""] for row in rows], [0] * len(rows), width).drop(LINE)


__all__ = ["delimited_sheet"]
