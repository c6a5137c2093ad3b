"""DOCX -> lines. Automatic numbering (一、（一）1.) is restored, tables stay rows of cells."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from docx import Document as open_docx
from docx.opc.exceptions import OpcError

from huiqi.reading.lines import Extracted, Line
from huiqi.rulebook.problems import Problem

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
LARGEST_UNPACKED = 256 * 1024 * 1024
_DIGITS = "零一二三四五六七八九"
_SKIPPED = {f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}pPr", f"{_W}rPr", f"{_MC}Fallback"}


def docx_lines(data: bytes, name: str = "") -> Extracted:
    """Paragraphs and tables in reading order; a damaged or foreign package is a problem."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = set(package.namelist())
            unpacked = sum(item.file_size for item in package.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return _refused("read-damaged", "文件已损坏，打不开", "请重新导出或下载后再读入", name)
    if "word/document.xml" not in names:
        return _refused(
            "read-format", "压缩包不是 Word 文档", "请读入 DOCX、PDF、HTML 或文本文件", name
        )
    if unpacked > LARGEST_UNPACKED:
        return _refused("read-too-large", "文件解开后过大", "请拆分后再读入", name)
    try:
        document = open_docx(io.BytesIO(data))
        numbering = _Numbering(document)
        lines = list(_body_lines(document.element.body, numbering))
    except (OpcError, KeyError, ValueError, zipfile.BadZipFile, SyntaxError, AttributeError):
        return _refused(
            "read-damaged", "Word 文档已损坏，打不开", "请在 Word 中修复后另存再读入", name
        )
    if not any(line.text.strip() for line in lines):
        return _refused("read-empty", "文档里没有文字", "如为扫描图片，请先做文字识别", name)
    return Extracted(tuple(lines))


def _refused(code: str, message: str, remedy: str, name: str) -> Extracted:
    return Extracted(problems=(Problem(code, message, remedy, file=name),))


def _body_lines(body: Any, numbering: "_Numbering") -> Iterator[Line]:
    for element in body.iterchildren():
        if element.tag == f"{_W}p":
            yield from _paragraph_lines(element, numbering)
        elif element.tag == f"{_W}tbl":
            yield from _table_lines(element, numbering)
        elif element.tag == f"{_W}sdt":
            for content in element.iterchildren(f"{_W}sdtContent"):
                yield from _body_lines(content, numbering)
        elif element.tag in {f"{_W}ins", f"{_W}moveTo", f"{_W}customXml"}:
            yield from _body_lines(element, numbering)


def _paragraph_lines(element: Any, numbering: "_Numbering") -> Iterator[Line]:
    text = numbering.prefix(element) + "".join(_texts(element))
    indented = _indented(element)
    pieces = text.split("\n")
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        yield Line(piece, hard=last or not _open_ended(piece), indented=indented and index == 0)


def _open_ended(piece: str) -> bool:
    """A forced line break inside a sentence."""
    return bool(piece) and not re.search(r"[。；：！？;:!?]\s*$", piece)


def _indented(element: Any) -> bool:
    indent = element.find(f"{_W}pPr/{_W}ind")
    if indent is None:
        return False
    value = indent.get(f"{_W}firstLineChars") or indent.get(f"{_W}firstLine") or "0"
    return value.lstrip("-").isdigit() and int(value) > 0


def _texts(element: Any) -> Iterator[str]:
    for child in element.iterchildren():
        if child.tag in _SKIPPED:
            continue
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag == f"{_W}tab":
            yield "\u3000"
        elif child.tag in {f"{_W}br", f"{_W}cr"}:
            if child.get(f"{_W}type") not in {"page", "column"}:
                yield "\n"
        elif child.tag == f"{_W}noBreakHyphen":
            yield "-"
        elif child.tag == f"{_W}sym":
            continue
        else:
            yield from _texts(child)


def _table_lines(table: Any, numbering: "_Numbering") -> Iterator[Line]:
    """One line per row. A merged cell stands once; a table of one cell is only a frame."""
    above: dict[int, str] = {}
    for row in table.iterchildren(f"{_W}tr"):
        cells: list[str] = []
        column = 0
        inner: list[Line] = []
        for cell in row.iterchildren(f"{_W}tc"):
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            width = int(span.get(f"{_W}val") or 1) if span is not None else 1
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            lines = list(_body_lines(cell, numbering))
            inner.extend(lines)
            text = "".join(line.text.strip() for line in lines)
            if merge is not None and merge.get(f"{_W}val") != "restart":
                text = above.get(column, "")
            above[column] = text
            cells.append(text.replace("｜", "|"))
            column += width
        if len(cells) == 1:
            yield from inner
        elif any(cells):
            yield Line("｜".join(cells), hard=True, cells=tuple(cells))


# --- automatic numbering ---------------------------------------------------------------------------


@dataclass
class _Level:
    format: str = "decimal"
    text: str = "%1."
    start: int = 1
    restart: int | None = None


@dataclass
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    counters: dict[int, int] = field(default_factory=dict)


class _Numbering:
    """Word's numbering: which label each paragraph prints, counted as Word counts."""

    def __init__(self, document: Any) -> None:
        self.lists: dict[str, _List] = {}
        self.styles: dict[str, tuple[str, int]] = {}
        self.based: dict[str, str] = {}
        self.by_style: dict[tuple[str, str], int] = {}
        part = None
        for relation in document.part.rels.values():
            if relation.reltype.endswith("/numbering") and not relation.is_external:
                part = relation.target_part
        if part is not None:
            self._read(part.element)
        for style in document.styles.element.iterchildren(f"{_W}style"):
            key = style.get(f"{_W}styleId")
            based = style.find(f"{_W}basedOn")
            if based is not None:
                self.based[key] = based.get(f"{_W}val")
            properties = style.find(f"{_W}pPr/{_W}numPr")
            if properties is not None:
                number = properties.find(f"{_W}numId")
                level = properties.find(f"{_W}ilvl")
                if number is not None:
                    self.styles[key] = (
                        number.get(f"{_W}val"),
                        int(level.get(f"{_W}val"))
                        if level is not None
                        else self._level_of(number, key),
                    )

    def _level_of(self, number: Any, style: str) -> int:
        return self.by_style.get((number.get(f"{_W}val"), style), 0)

    def _read(self, root: Any) -> None:
        abstract: dict[str, dict[int, _Level]] = {}
        linked: dict[str, dict[str, int]] = {}
        for item in root.iterchildren(f"{_W}abstractNum"):
            levels: dict[int, _Level] = {}
            styles: dict[str, int] = {}
            for level in item.iterchildren(f"{_W}lvl"):
                index = int(level.get(f"{_W}ilvl") or 0)
                levels[index] = _read_level(level)
                style = level.find(f"{_W}pStyle")
                if style is not None:
                    styles[style.get(f"{_W}val")] = index
            abstract[item.get(f"{_W}abstractNumId")] = levels
            linked[item.get(f"{_W}abstractNumId")] = styles
        shared: dict[str, _List] = {}
        for item in root.iterchildren(f"{_W}num"):
            key = item.get(f"{_W}numId")
            link = item.find(f"{_W}abstractNumId")
            target = link.get(f"{_W}val") if link is not None else ""
            overrides = list(item.iterchildren(f"{_W}lvlOverride"))
            if overrides:
                levels = dict(abstract.get(target, {}))
                for override in overrides:
                    index = int(override.get(f"{_W}ilvl") or 0)
                    level = override.find(f"{_W}lvl")
                    if level is not None:
                        levels[index] = _read_level(level)
                    start = override.find(f"{_W}startOverride")
                    if start is not None:
                        old = levels.get(index, _Level())
                        levels[index] = _Level(
                            old.format, old.text, int(start.get(f"{_W}val") or 1), old.restart
                        )
                self.lists[key] = _List(levels)
            else:
                if target not in shared:
                    shared[target] = _List(abstract.get(target, {}))
                self.lists[key] = shared[target]
            for style, index in linked.get(target, {}).items():
                self.by_style[(key, style)] = index

    def prefix(self, paragraph: Any) -> str:
        """The label Word prints before this paragraph, or an empty text."""
        place = self._place(paragraph)
        if place is None:
            return ""
        number, level = place
        listed = self.lists.get(number)
        if listed is None or level not in listed.levels:
            return ""
        shape = listed.levels[level]
        for upper in range(level):
            listed.counters.setdefault(upper, listed.levels.get(upper, _Level()).start)
        listed.counters[level] = listed.counters.get(level, shape.start - 1) + 1
        for deeper in [key for key in listed.counters if key > level]:
            restart = listed.levels.get(deeper, _Level()).restart
            if restart == 0 or (restart is not None and level > restart - 1):
                continue
            del listed.counters[deeper]
        if shape.format in {"none", "bullet"}:
            return ""

        def printed(found: re.Match[str]) -> str:
            index = int(found[1]) - 1
            form = listed.levels.get(index, _Level()).format
            return spelled(listed.counters.get(index, 1), form)

        text = re.sub(r"%(\d)", printed, shape.text)
        return text if not text or text[-1] in "、.．）)" else f"{text}\u3000"

    def _place(self, paragraph: Any) -> tuple[str, int] | None:
        properties = paragraph.find(f"{_W}pPr/{_W}numPr")
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name = style.get(f"{_W}val") if style is not None else None
        seen: set[str] = set()
        inherited: tuple[str, int] | None = None
        while name and name not in seen:
            seen.add(name)
            if name in self.styles:
                inherited = self.styles[name]
                break
            name = self.based.get(name)
        if properties is None:
            return inherited if inherited and inherited[0] != "0" else None
        number = properties.find(f"{_W}numId")
        level = properties.find(f"{_W}ilvl")
        key = number.get(f"{_W}val") if number is not None else (inherited or ("0", 0))[0]
        if key == "0":
            return None
        return key, int(level.get(f"{_W}val")) if level is not None else (inherited or ("", 0))[1]


def _read_level(level: Any) -> _Level:
    def value(tag: str) -> str | None:
        found = level.find(f"{_W}{tag}")
        return None if found is None else found.get(f"{_W}val")

    start, restart = value("start"), value("lvlRestart")
    return _Level(
        value("numFmt") or "decimal",
        value("lvlText") or "",
        int(start) if start and start.isdigit() else 1,
        int(restart) if restart and restart.isdigit() else None,
    )


def spelled(value: int, form: str) -> str:
    """A number in one of Word's number formats."""
    if form in {
        "chineseCounting",
        "chineseCountingThousand",
        "ideographDigital",
        "japaneseCounting",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
        "japaneseDigitalTenThousand",
    }:
        return chinese(value)
    if form == "chineseLegalSimplified":
        table = str.maketrans("一二三四五六七八九十百", "壹贰叁肆伍陆柒捌玖拾佰")
        return chinese(value).translate(table)
    if form in {"decimalEnclosedCircle", "decimalEnclosedCircleChinese"} and 1 <= value <= 20:
        return chr(0x2460 + value - 1)
    if form == "decimalEnclosedParen" and 1 <= value <= 20:
        return chr(0x2474 + value - 1)
    if form in {"upperLetter", "lowerLetter"} and value >= 1:
        letter = chr((ord("A") if form == "upperLetter" else ord("a")) + (value - 1) % 26)
        return letter * ((value - 1) // 26 + 1)
    if form in {"upperRoman", "lowerRoman"} and 1 <= value <= 12:
        return chr((0x2160 if form == "upperRoman" else 0x2170) + value - 1)
    if form == "decimalFullWidth":
        return str(value).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    return str(value)


def chinese(value: int) -> str:
    """1 一, 10 十, 21 二十一, 105 一百零五; numbering goes no further than a few hundred."""
    if value < 10:
        return _DIGITS[value]
    if value < 20:
        return "十" + (_DIGITS[value % 10] if value % 10 else "")
    if value < 100:
        return _DIGITS[value // 10] + "十" + (_DIGITS[value % 10] if value % 10 else "")
    if value >= 1000:
        return str(value)
    rest = value % 100
    head = _DIGITS[value // 100] + "百"
    if not rest:
        return head
    if rest < 10:
        return f"{head}零{_DIGITS[rest]}"
    return head + ("一" if rest < 20 else "") + chinese(rest)
