"""PDF with a text layer -> lines with what the page shows: indents, full lines, columns, edges."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from huiqi.reading.lines import Extracted, Line
from huiqi.rulebook.problems import Problem

MOST_PAGES = 2000
# Fewer characters than this on the average page and the pages are pictures.
_FEWEST_CHARACTERS = 10


@dataclass(frozen=True, slots=True)
class _Char:
    text: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters of one line without a wide gap."""

    chars: tuple[_Char, ...]

    @property
    def left(self) -> float:
        return self.chars[0].left

    @property
    def right(self) -> float:
        return max(c.right for c in self.chars)

    @property
    def middle(self) -> float:
        return median((c.top + c.bottom) / 2 for c in self.chars)

    @property
    def text(self) -> str:
        return "".join(c.text for c in self.chars)


def pdf_lines(data: bytes, name: str = "") -> Extracted:
    """Lines in reading order; encrypted, damaged and scanned files are problems."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            return _refused("read-encrypted", "PDF 已加密，需要密码", "请解除密码后再读入", name)
        return _refused("read-damaged", "PDF 已损坏，打不开", "请重新下载或导出后再读入", name)
    try:
        pages = len(document)
        if pages > MOST_PAGES:
            return _refused("read-too-large", f"PDF 有 {pages} 页", "请拆分后再读入", name)
        lines: list[Line] = []
        count = 0
        for index in range(pages):
            page = document[index]
            try:
                chars = _characters(page)
                count += len(chars)
                lines.extend(_page_lines(chars, index, page.get_width(), page.get_height()))
            finally:
                page.close()
    except pdfium.PdfiumError:
        return _refused("read-damaged", "PDF 已损坏，读不出页面", "请重新下载或导出后再读入", name)
    finally:
        document.close()
    if count < _FEWEST_CHARACTERS * max(pages, 1):
        return _refused(
            "read-scanned",
            "PDF 没有文字层，是扫描图片",
            "请先做文字识别（OCR），或换成电子版原文",
            name,
        )
    return Extracted(tuple(lines))


def _refused(code: str, message: str, remedy: str, name: str) -> Extracted:
    return Extracted(problems=(Problem(code, message, remedy, file=name),))


def _characters(page: Any) -> list[_Char]:
    textpage = page.get_textpage()
    try:
        out: list[_Char] = []
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        for index in range(textpage.count_chars()):
            code = raw.FPDFText_GetUnicode(textpage.raw, index)
            if code in {0, 10, 13, 0xFFFE, 0xFFFF}:
                continue
            raw.FPDFText_GetCharBox(textpage.raw, index, left, right, bottom, top)
            out.append(_Char(chr(code), left.value, bottom.value, right.value, top.value))
        return out
    finally:
        textpage.close()


def _page_lines(chars: list[_Char], page: int, width: float, height: float) -> Iterator[Line]:
    """Rows from top to bottom; where the page has two columns, the left one before the right."""
    solid = [c for c in chars if c.text.strip()]
    if not solid:
        return
    size = median(max(c.right - c.left, c.top - c.bottom) for c in solid)
    rows = _rows(chars, size)
    gutter = _gutter(rows, width)
    ordered: list[tuple[list[_Run], float, float]] = []
    everything = [run for row in rows for run in row]
    if gutter is None:
        margins = _margins(everything)
        ordered = [(row, *margins) for row in rows]
    else:
        left_margins = _margins([run for run in everything if run.right <= gutter])
        right_margins = _margins([run for run in everything if run.left >= gutter])
        whole = _margins(everything)
        left_side: list[tuple[list[_Run], float, float]] = []
        right_side: list[tuple[list[_Run], float, float]] = []
        for row in rows:
            if any(run.left < gutter < run.right for run in row):
                ordered += left_side + right_side + [(row, *whole)]
                left_side, right_side = [], []
                continue
            left = [run for run in row if run.right <= gutter]
            right = [run for run in row if run.left >= gutter]
            if left:
                left_side.append((left, *left_margins))
            if right:
                right_side.append((right, *right_margins))
        ordered += left_side + right_side
    top_row, bottom_row = rows[0][0].middle, rows[-1][0].middle
    for row, left_margin, right_margin in ordered:
        text = _joined(row, size)
        if not text.strip():
            continue
        middle = row[0].middle
        edge = (middle >= top_row - size and middle > height * 0.88) or (
            middle <= bottom_row + size and middle < height * 0.12
        )
        yield Line(
            text,
            indented=row[0].left > left_margin + 1.2 * size,
            full=row[-1].right > right_margin - 3.2 * size,
            page=page,
            edge=edge,
        )


def _rows(chars: list[_Char], size: float) -> list[list[_Run]]:
    """Characters on one height, split where a gap is wider than running text has."""
    rows: list[list[_Char]] = []
    for char in sorted(chars, key=lambda c: -(c.top + c.bottom)):
        middle = (char.top + char.bottom) / 2
        if not char.text.strip():
            continue
        if rows:
            reference = rows[-1][0]
            if abs((reference.top + reference.bottom) / 2 - middle) <= 0.6 * size:
                rows[-1].append(char)
                continue
        rows.append([char])
    out: list[list[_Run]] = []
    for row in rows:
        row.sort(key=lambda c: c.left)
        runs: list[list[_Char]] = []
        for char in row:
            if runs and char.left - runs[-1][-1].right <= 1.6 * size:
                runs[-1].append(char)
            else:
                runs.append([char])
        out.append([_Run(tuple(run)) for run in runs])
    return out


def _gutter(rows: list[list[_Run]], width: float) -> float | None:
    """The middle of an empty strip between two columns, or None."""
    best: tuple[int, int, float] | None = None
    for step in range(35, 66):
        x = width * step / 100
        crossing = sum(any(r.left < x < r.right for r in row) for row in rows)
        both = sum(
            any(r.right <= x for r in row) and any(r.left >= x for r in row)
            for row in rows
            if not any(r.left < x < r.right for r in row)
        )
        if best is None or (both, -crossing) > best[:2]:
            best = (both, -crossing, x)
    if best is None or best[0] < 4 or best[0] * 2 < -best[1] * 3:
        return None
    # The two sides must be texts and not the columns of a table: long runs on both sides.
    x = best[2]
    left = [len(r.chars) for row in rows for r in row if r.right <= x]
    right = [len(r.chars) for row in rows for r in row if r.left >= x]
    if not left or not right or median(left) < 8 or median(right) < 8:
        return None
    return x


def _margins(runs: list[_Run]) -> tuple[float, float]:
    """Left and right edge of a column of text: most lines reach them."""
    if not runs:
        return 0.0, 0.0
    lefts = sorted(run.left for run in runs)
    rights = sorted(run.right for run in runs)
    return lefts[len(lefts) // 20], rights[min(len(rights) - 1, len(rights) * 9 // 10)]


def _joined(row: list[_Run], size: float) -> str:
    """The text of a row; a blank where the gap between Latin characters asks for one."""
    out: list[str] = []
    before: _Char | None = None
    for run in row:
        for char in run.chars:
            if before is not None:
                gap = char.left - before.right
                latin = before.text < "\u2e80" and char.text < "\u2e80"
                if gap > 1.6 * size:
                    out.append("\u3000")
                elif latin and gap > 0.2 * size and before.text.isalnum() and char.text.isalnum():
                    out.append(" ")
            out.append(char.text)
            before = char
    return "".join(out)
