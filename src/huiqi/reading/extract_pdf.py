"""PDF with a text layer -> lines with what the page shows: indents, full lines, columns, edges."""

import ctypes
import threading
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from huiqi.reading.lines import Extracted, Line
from huiqi.rulebook.problems import Problem

ONE_AT_A_TIME = threading.Lock()
"""PDFium works for one thread at a time only; whoever calls it holds this."""
MOST_PAGES = 2000
# Fewer characters than this on the average page and the pages are pictures.
_FEWEST_CHARACTERS = 10


@dataclass(frozen=True, slots=True)
class _Char:
    text: str
    left: float
    right: float
    height: float
    # Where the line stands: the same for wide, narrow and small characters of one line.
    baseline: float


_Row = list[_Char]


def pdf_lines(data: bytes, name: str = "") -> Extracted:
    """Lines in reading order; encrypted, damaged and scanned files are problems."""
    with ONE_AT_A_TIME:
        return _lines(data, name)


def _lines(data: bytes, name: str) -> Extracted:
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
        left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
        # The loose box reaches over the whole width a character takes: a bracket begins where its
        # place begins. The tight one ends where the strokes end: a comma may hang over the margin.
        box = raw.FS_RECTF()
        for index in range(textpage.count_chars()):
            code = raw.FPDFText_GetUnicode(textpage.raw, index)
            if code in {0, 10, 13, 0xFFFE, 0xFFFF}:
                continue
            raw.FPDFText_GetLooseCharBox(textpage.raw, index, box)
            raw.FPDFText_GetCharBox(textpage.raw, index, left, right, bottom, top)
            raw.FPDFText_GetCharOrigin(textpage.raw, index, x, y)
            start = min(left.value, box.left)
            height = top.value - bottom.value
            out.append(_Char(chr(code), start, right.value, height, y.value))
        return out
    finally:
        textpage.close()


def _page_lines(chars: list[_Char], page: int, width: float, height: float) -> Iterator[Line]:
    """Rows from top to bottom; where the page has two columns, the left one before the right."""
    solid = [c for c in chars if c.text.strip()]
    if not solid:
        return
    size = median(max(c.right - c.left, c.height) for c in solid)
    rows = _rows(solid, size)
    gutter = _gutter(rows, width, size)
    ordered: list[tuple[_Row, float, float]] = []
    if gutter is None:
        margins = _margins(rows)
        ordered = [(row, *margins) for row in rows]
    else:
        sure = [half for row in rows if (half := _halves(row, gutter, 3 * size / 5)) and half[1]]
        right_edge = _margins([half[1] for half in sure])[0]
        halves = [
            half
            if half is None
            or not half[1]
            or min(abs(half[1][0].left - right_edge - step * size) for step in (0, 2))
            <= 2 * size / 5
            else _halves(row, gutter, 3 * size / 5)
            for row in rows
            for half in [_halves(row, gutter, 3 * size / 20)]
        ]
        left_margins = _margins([half[0] for half in halves if half is not None and half[0]])
        right_margins = _margins([half[1] for half in halves if half is not None and half[1]])
        whole = _margins(rows)
        left_side: list[tuple[_Row, float, float]] = []
        right_side: list[tuple[_Row, float, float]] = []
        for row, half in zip(rows, halves, strict=True):
            if half is None:
                ordered += left_side + right_side + [(row, *whole)]
                left_side, right_side = [], []
                continue
            if half[0]:
                left_side.append((half[0], *left_margins))
            if half[1]:
                right_side.append((half[1], *right_margins))
        ordered += left_side + right_side
    top_row, bottom_row = rows[0][0].baseline, rows[-1][0].baseline
    for row, left_margin, right_margin in ordered:
        baseline = row[0].baseline
        edge = (baseline >= top_row - size and baseline > height * 22 / 25) or (
            baseline <= bottom_row + size and baseline < height * 3 / 25
        )
        yield Line(
            _joined(row, size),
            indented=row[0].left > left_margin + 1.2 * size,
            full=row[-1].right > right_margin - 3.2 * size,
            page=page,
            edge=edge,
        )


def _rows(chars: list[_Char], size: float) -> list[_Row]:
    """Characters on one baseline, from left to right."""
    rows: list[_Row] = []
    for char in sorted(chars, key=lambda c: -c.baseline):
        if rows and rows[-1][0].baseline - char.baseline <= 2 * size / 5:
            rows[-1].append(char)
        else:
            rows.append([char])
    for row in rows:
        row.sort(key=lambda c: c.left)
    return rows


def _gap(row: _Row, x: float) -> float | None:
    """The width of the gap at `x`: 0 where a character stands there, None with one side empty."""
    at = bisect_left([c.left for c in row], x)
    if at == 0:
        return None
    before = max(c.right for c in row[max(0, at - 3) : at])
    if before > x:
        return 0.0
    return row[at].left - before if at < len(row) else None


def _gutter(rows: list[_Row], width: float, size: float) -> float | None:
    """The middle of an empty strip between two columns of text, or None."""
    scores: list[tuple[int, int, float]] = []
    for step in range(70, 131):
        x = width * step / 200
        gaps = [gap for row in rows if (gap := _gap(row, x)) is not None]
        both = sum(gap >= 3 * size / 5 for gap in gaps)
        scores.append((both, both - len(gaps), x))
    best = max(scores)
    if best[0] < 4 or best[0] * 2 < -best[1] * 3:
        return None
    # The two sides must be texts and not the columns of a table: long rows on both sides.
    x = median(score[2] for score in scores if score[:2] == best[:2])
    left = [count for row in rows if (count := sum(c.right <= x for c in row))]
    right = [count for row in rows if (count := sum(c.left >= x for c in row))]
    if not left or not right or median(left) < 8 or median(right) < 8:
        return None
    return x


def _halves(row: _Row, gutter: float, least: float) -> tuple[_Row, _Row] | None:
    """What a row says on either side of the gutter; None for a row without a gap of `least` there."""
    gap = _gap(row, gutter)
    if gap is not None and gap < least:
        return None
    left = [c for c in row if (c.left + c.right) / 2 < gutter]
    return left, row[len(left) :]


def _margins(rows: list[_Row]) -> tuple[float, float]:
    """Left and right edge of a column of text: most lines reach them."""
    if not rows:
        return 0.0, 0.0
    lefts = sorted(row[0].left for row in rows)
    # The leftmost place where more than a few lines begin; a page number stands further out.
    enough = max(2, len(rows) // 10)
    left = next(
        (a for a, b in zip(lefts, lefts[enough - 1 :], strict=False) if b - a < 2), lefts[0]
    )
    rights = sorted(row[-1].right for row in rows)
    return left, rights[min(len(rights) - 1, len(rights) * 9 // 10)]


def _joined(row: _Row, size: float) -> str:
    """The text of a row; a blank where the gap between Latin characters asks for one."""
    out: list[str] = []
    before: _Char | None = None
    for char in row:
        if before is not None:
            gap = char.left - before.right
            latin = before.text < "\u2e80" and char.text < "\u2e80"
            if gap > 1.6 * size:
                out.append("\u3000")
            elif latin and gap > size / 5 and before.text.isalnum() and char.text.isalnum():
                out.append(" ")
        out.append(char.text)
        before = char
    return "".join(out)
