"""From lines to paragraphs: print and scan noise is taken out, what it broke is joined again.

Characters are only removed, never changed, so every character of the cleaned text has its place in
the source. What was removed is blanks, page numbers, running heads and the marks of converters.
"""

import re
from collections import Counter
from dataclasses import dataclass

from huiqi.reading.folding import fold
from huiqi.reading.lines import Line
from huiqi.reading.numbering import Label, label
from huiqi.reading.traced import Traced, concatenate

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_WIDE_MARK = "，。、；：？！（）〔〕【】《》“”‘’「」『』—…·％～"
_INVISIBLE = re.compile(
    "[\ufeff\u200b-\u200f\u2028\u2029\u2060\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+"
)
_MARKDOWN_HEAD = re.compile(r"[ \t]{0,3}(?:#{1,6}(?=[ \t]|[^\s#])[ \t]*|>[ \t]*|[*+][ \t]+)")
_MARKDOWN_MARK = re.compile(
    r"\*\*|__(?=\S)|(?<=\S)__|~~|`|\\(?=[.()\[\]#*_+\-!>|])|<br */?>|</?[bui]>"
)
_RULE = re.compile(r"[\s\-—–_=*·.。~～|+:]{3,}$")
_PAGE_NUMBER = re.compile(
    r"(?:[\-—–―─－_·•\s]*\d{1,4}[\-—–―─－_·•\s]*|第 ?\d{1,4} ?页(?:[ ,，/]*共 ?\d{1,4} ?页)?"
    r"|\d{1,4} ?/ ?\d{1,4}|[Pp]age ?\d{1,4}(?: ?of ?\d{1,4})?)$"
)
_ENDED = re.compile(r"[。！？!?；;：:…][”’』」)）〕】\]》]{0,3}$")
_UNITS_ENDED = re.compile(r"(?:负责|落实|配合|牵头|参与|实施|[局委厅办部会]|中心|政府|支行)[)\]]$")
_STRUCTURAL = re.compile(
    r"——|—— |附件|附表|附录|抄送|主送|抄报|专栏|\(?此件|\(?此文|\(?联系(?:人|电话)|目 ?录$|注[:：]"
    r"|[\[(]?(?:责任|牵头|配合|主办|协办|承办|实施)(?:单位|部门)[:：]|完成时[限间][:：]"
)
_DATE_LINE = re.compile(
    r"\(?[\d零一二三四五六七八九十]{2,4} ?年 ?[\d一二三四五六七八九十]{1,3} ?月 ?[\d一二三四五六七八九十]{1,3} ?日"
    r"(?:印发|施行|发布)?\)?$"
)
_NUMBER_LINE = re.compile(
    r"[\[(]?[\u4e00-\u9fff]{1,14}[\[(] ?(?:19|20)\d\d ?[\])]\s?第?\s?\d{1,4}\s?号\)?$"
)
_FULL_TOLERANCE = 3.5
_JOIN_LENGTH = 25
_HEADING_LENGTH = 45


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of the cleaned text between two line ends; `cells` is set for a table row."""

    start: int
    end: int
    cells: tuple[tuple[int, int], ...] = ()
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The cleaned text, its folded shadow of the same length, and its paragraphs in order."""

    traced: Traced
    shadow: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def text(self) -> str:
        return self.traced.text


def clean(lines: tuple[Line, ...]) -> Cleaned:
    """Paragraphs from lines, in linear time."""
    kept = _without_noise(_prepared(lines))
    groups = _joined(kept)
    parts: list[Traced] = []
    paragraphs: list[Paragraph] = []
    length = 0
    for group in groups:
        cells: tuple[tuple[int, int], ...] = ()
        if group[0].line.cells is not None:
            body, spans = _row(group[0])
            cells = tuple((a + length, b + length) for a, b in spans)
        else:
            body = _without_blanks(concatenate(item.traced for item in group))
        if not body.text:
            continue
        shadow = fold(body.text)
        found = None if cells else label(shadow)
        paragraphs.append(Paragraph(length, length + len(body.text), cells, found))
        parts.append(body)
        parts.append(Traced("\n", (0,), (body.origin(len(body.text)),)))
        length += len(body.text) + 1
    traced = concatenate(parts[:-1])
    return Cleaned(traced, fold(traced.text), tuple(paragraphs))


@dataclass(frozen=True, slots=True)
class _Item:
    line: Line
    traced: Traced
    shadow: str
    gap: bool
    indented: bool


def _prepared(lines: tuple[Line, ...]) -> list[_Item]:
    """Lines without invisible characters and converters' marks; blank ones become a gap."""
    items: list[_Item] = []
    gap = False
    at = 0
    marked = sum(line.text.startswith("#") or "**" in line.text for line in lines) >= 1
    for line in lines:
        text = line.text
        cuts = [found.span() for found in _INVISIBLE.finditer(text)]
        if marked and (head := _MARKDOWN_HEAD.match(text)):
            cuts.append(head.span())
        if marked or "\\" in text or "<" in text:
            cuts.extend(found.span() for found in _MARKDOWN_MARK.finditer(text))
        whole = Traced.of(text, at).without(_disjoint(cuts))
        at += len(text) + 1
        left = len(whole.text) - len(whole.text.lstrip())
        right = len(whole.text.rstrip())
        if not whole.text[left:right]:
            gap = True
            continue
        body = whole.without([(0, left), (right, len(whole.text))])
        indented = line.indented
        if indented is None:
            lead = whole.text[:left]
            indented = "\u3000" in lead or len(lead.replace("\t", "    ")) >= 2
        items.append(_Item(line, body, fold(body.text), gap, indented))
        gap = False
    return items


def _disjoint(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            if end > out[-1][1]:
                out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _without_noise(items: list[_Item]) -> list[_Item]:
    """Page numbers, rules and running heads go."""
    shapes = Counter(
        re.sub(r"\d+", "0", item.shadow)
        for item in items
        if item.line.cells is None and 3 <= len(item.shadow) <= 60
    )
    edges = Counter(
        re.sub(r"\d+", "0", item.shadow)
        for item in items
        if item.line.edge and len(item.shadow) <= 60
    )
    kept: list[_Item] = []
    gap = False
    for item in items:
        shadow = item.shadow
        if item.line.cells is None:
            shape = re.sub(r"\d+", "0", shadow) if len(shadow) <= 60 else ""
            running = (
                (item.line.edge and edges[shape] >= 2) or shapes[shape] >= 3 and not item.line.hard
            ) and not (_ENDED.search(shadow) or shadow[-1] in ")]" or label(shadow))
            if running or _RULE.match(shadow) or (len(shadow) <= 16 and _PAGE_NUMBER.match(shadow)):
                gap = True
                continue
        kept.append(
            _Item(item.line, item.traced, item.shadow, item.gap or gap, item.indented)
            if gap
            else item
        )
        gap = False
    return kept


def _width(shadow: str) -> float:
    """Printed width in Chinese characters: Latin letters and digits take half."""
    narrow = sum(ch < "\u2000" for ch in shadow)
    return len(shadow) - narrow / 2


def _printed_width(item: _Item) -> float:
    """The width with the indent before the text."""
    text = item.line.text
    lead = text[: len(text) - len(text.lstrip())]
    return _width(item.shadow) + min(_width(fold(lead)) + lead.count("\u3000") / 2, 8)


class _Page:
    """What the lines of a text have in common: whether and at what width they are wrapped."""

    def __init__(self, items: list[_Item]) -> None:
        widths = sorted(_printed_width(item) for item in items if item.line.cells is None)
        self.limit = 0.0
        if len(widths) >= 6:
            edge = widths[min(int(len(widths) * 0.9), len(widths) - 1)]
            near = sum(
                edge - _FULL_TOLERANCE <= width <= edge + _FULL_TOLERANCE for width in widths
            )
            if edge >= 15 and near >= max(4, len(widths) * 0.3) and widths[-1] <= edge * 1.35:
                self.limit = edge
        body = [item for item in items if len(item.shadow) >= 10 and item.line.cells is None]
        indented = sum(item.indented for item in body)
        self.indents = bool(body) and 0.15 * len(body) <= indented < len(body)

    def full(self, item: _Item) -> bool | None:
        if item.line.full is not None:
            return item.line.full
        if not self.limit:
            return None
        return _printed_width(item) >= self.limit - _FULL_TOLERANCE


class _Brackets:
    """Whether the paragraph so far has an opened bracket; counts each character once."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.length_since = 0

    def feed(self, shadow: str) -> None:
        for ch in shadow:
            if ch in "([《":
                self.opened.append(ch)
                self.length_since = 0
            elif self.opened and ch in ")]》":
                self.opened.pop()
            self.length_since += 1

    @property
    def open(self) -> bool:
        return bool(self.opened) and self.length_since <= 200


def _joined(items: list[_Item]) -> list[list[_Item]]:
    """Lines grouped into paragraphs."""
    page = _Page(items)
    groups: list[list[_Item]] = []
    brackets = _Brackets()
    head = True
    last: dict[str, int] = {}
    started: Label | None = None
    has_stop = False
    length = 0
    for item in items:
        found = None if item.line.cells is not None else label(item.shadow)
        if groups and _continues(
            groups[-1][-1], item, found, page, brackets, head, last, started, has_stop, length
        ):
            groups[-1].append(item)
        else:
            groups.append([item])
            brackets = _Brackets()
            started, has_stop, length = found, False, 0
            if found is not None:
                last[found.style] = found.number
        brackets.feed(item.shadow)
        has_stop = has_stop or "。" in item.shadow
        length += len(item.shadow)
        if re.search(r"[,。:;]", item.shadow) and not _NUMBER_LINE.match(item.shadow) or found:
            head = False
    return groups


def _continues(
    before: _Item,
    item: _Item,
    found: Label | None,
    page: _Page,
    brackets: _Brackets,
    head: bool,
    last: dict[str, int],
    started: Label | None,
    has_stop: bool,
    length: int,
) -> bool:
    """Whether `item` goes on with the paragraph that `before` is the last line of."""
    a, b = before.shadow, item.shadow
    if before.line.cells is not None or item.line.cells is not None:
        return False
    if found is not None:
        expected = found.number in {1, last.get(found.style, 0) + 1, last.get(found.style, 0) + 2}
        if expected or _ENDED.search(a) or not re.search(r"[,、的和与及在为(《]$", a):
            return False
        if before.line.hard:
            return False
    elif _STRUCTURAL.match(b) and not (brackets.open and b[:1] not in "([—"):
        return False
    if brackets.open and not head:
        return True
    if b[0] in ",。;:、)]》!?" or _closes_first(b):
        return not before.line.hard or b[0] in ",。;、)]"
    if before.line.hard or head:
        return False
    if _DATE_LINE.match(b) or _DATE_LINE.match(a) or _NUMBER_LINE.match(a) or _NUMBER_LINE.match(b):
        return False
    full = page.full(before)
    if _UNITS_ENDED.search(a) and not brackets.open:
        return False
    if _ENDED.search(a):
        # In a wrapped text a full line may end with a stop by chance: the indent decides.
        return bool(full) and page.indents and not item.indented and a[-1] not in ":;"
    if page.indents and item.indented:
        return False
    if a[-1] in ",、(《“":
        return True
    if started is not None and not has_stop:
        # A heading on its own line; only a full line, or an endless one, can go on.
        return full if full is not None else length > _HEADING_LENGTH
    if page.indents and length >= _JOIN_LENGTH // 2:
        return True
    if full is not None:
        return full
    return length >= _JOIN_LENGTH and (has_stop or "," in a or length > _HEADING_LENGTH)


def _closes_first(shadow: str) -> bool:
    """Whether a closing bracket comes before any opening one, near the start."""
    for ch in shadow[:40]:
        if ch in "([《":
            return False
        if ch in ")]》":
            return True
    return False


_BLANK = re.compile(r"[ \t\u3000\u00a0\u2002-\u200a]+")
_DIGITS_BEFORE = re.compile(r"\d{1,9}$")


def _without_blanks(body: Traced) -> Traced:
    """Blanks beside Chinese characters and inside numbers go; between Latin words one stays."""
    text = body.text
    cuts: list[tuple[int, int]] = []
    found = label(fold(text[:60]))
    keep_at = found.length if found and found.style == "1." and text[:2].strip().isdecimal() else -1
    heading_gap = _heading_gap(text, found.length if found else 0)
    # A line of names only (two signatures side by side) keeps what separates them.
    names = found is None and len(text) <= 60 and not re.search(r"[，。；：,;:、\d]", text)
    for blank in _BLANK.finditer(text):
        start, end = blank.span()
        if end == keep_at and not any(mark in text[:end] for mark in ".、．,，"):
            cuts.append((start + 1, end))
            continue
        if found is not None and end == found.length and text[end : end + 1].isdecimal():
            # 3. 5G应用: without the blank the label and the heading would make a number.
            cuts.append((start + 1, end))
            continue
        if names and start >= 4 and len(text) - end >= 4 and _words_apart(text, start, end):
            cuts.append((start + 1, end))
            continue
        if start == heading_gap:
            cuts.append((start + 1, end))
            continue
        before, after = text[start - 1 : start], text[end : end + 1]
        if _wide(before) or _wide(after) or not before or not after:
            cuts.append((start, end))
        elif before.isdecimal() and after.isdecimal():
            left = _DIGITS_BEFORE.search(text, max(start - 9, 0), start)
            right = re.compile(r"\d{1,9}").match(text, end)
            assert left is not None
            assert right is not None
            one = len(left[0]) == 1 or len(right[0]) == 1
            thousands = len(left[0]) <= 3 and len(right[0]) == 3
            cuts.append((start, end) if one or thousands else (start + 1, end))
        elif (before.isdecimal() and after in "%％.,") or (before in ".%" and after.isdecimal()):
            cuts.append((start, end))
        else:
            cuts.append((start + 1, end))
    return body.without(cuts)


def _words_apart(text: str, start: int, end: int) -> bool:
    """Whether a blank parts two names: no other blank within three characters of it."""
    return not re.search(r"\s", text[start - 3 : start] + text[end : end + 3])


def _heading_gap(text: str, start: int) -> int:
    """Where a blank stands between a run-in heading and its text: `（一）加强领导　各部门要…`."""
    if not start:
        return -1
    blank = _BLANK.search(text, start + 2, start + 40)
    if blank is None or re.search(r"[，。；：,;:]", text[start : blank.start()]):
        return -1
    rest = text[blank.end() : blank.end() + 400]
    wide = len(blank[0]) >= 2 or "\u3000" in blank[0]
    if (wide and len(rest) >= 8 and "。" in rest) or (len(rest) >= 40 and "。" in rest):
        before, after = text[blank.start() - 1], rest[:1]
        return blank.start() if _wide(before) and _wide(after) else -1
    return -1


def _wide(ch: str) -> bool:
    return bool(ch) and (bool(re.match(f"[{_HAN}]", ch)) or ch in _WIDE_MARK)


def _row(item: _Item) -> tuple[Traced, list[tuple[int, int]]]:
    """A table row: its cells, each cleaned, joined by ｜."""
    parts: list[Traced] = []
    spans: list[tuple[int, int]] = []
    source = item.traced
    length = at = 0
    pieces = source.text.split("｜")
    for index, piece in enumerate(pieces):
        cell = (
            _without_blanks(source.without([(0, at), (at + len(piece), len(source.text))]))
            if piece.strip()
            else Traced.of("", source.origin(at) if source.text else 0)
        )
        if index:
            parts.append(Traced.of("｜", source.origin(max(at - 1, 0))))
            length += 1
        parts.append(cell)
        spans.append((length, length + len(cell.text)))
        length += len(cell.text)
        at += len(piece) + 1
    return concatenate(parts), spans
