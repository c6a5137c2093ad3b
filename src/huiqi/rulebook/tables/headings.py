"""Headings -> what each column holds, and where the headings of a sheet are.

A heading is compared without blanks and with full-width characters as narrow. A column is meant by the
fact's name, its identifier, or either after the table's name and a dot; the key column by its name, the column of a link by the
link's name or the name of the key it holds; and by the other names that the vocabulary gives them (又名). A unit stands in the heading, 营业收入（万元）, in a row of
units below, in the heading above, or for the sheet in its title rows, 单位：万元.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from huiqi.rulebook.language.literals import RATES, LiteralError, make, units_longest_first
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary
from huiqi.rulebook.problems import Problem, Severity, nearest, suggest

DEEPEST = 3  # rows of headings
LOOKED_AT = 40  # rows of a sheet among which the headings must be
LISTED = 50  # unknown columns reported one by one
SILENT = frozenset({"序号", "行号", "编号序号", "no.", "no"})
LONGEST_UNIT = 6  # characters of a unit that stands behind a name without brackets
_PAREN = re.compile(r"^(.*?)[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]$")
_UNIT_LINE = re.compile(r"(?:金额|计量)?单位[::]([^)\]】\s]+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet as text, with its number."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column to read: ``spec`` is None for keys. ``unit`` is what bare numbers count in.
    ``by_alias``: its heading is not the name itself."""

    place: int
    heading: str
    role: str  # "key", "link" or "fact"
    name: str
    spec: FactSpec | None = None
    unit: str = ""
    by_alias: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read a sheet: its columns, its width, and the row number after which data begin."""

    columns: tuple[Column, ...]
    width: int
    last_heading: int
    problems: tuple[Problem, ...] = ()
    fatal: bool = False
    headings: tuple[str, ...] = ()
    """The heading of every column, levels parted by ` / `; empty where there is none."""

    def link(self, name: str) -> Column | None:
        """The column that holds the keys of a link."""
        found = (item for item in self.columns if item.role == "link" and item.name == name)
        return next(found, None)

    @property
    def key(self) -> Column | None:
        return next((item for item in self.columns if item.role == "key"), None)


def plain(text: str) -> str:
    """A heading as it is compared."""
    squeezed = "".join(unicodedata.normalize("NFKC", text).split()).lower()
    return squeezed.strip("*:·、,.。").replace("\u200b", "")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a heading names."""

    role: str
    name: str
    spec: FactSpec | None = None
    by_alias: bool = False


@dataclass(slots=True)
class Matcher:
    """Knows the headings of one table."""

    table: Table
    vocabulary: Vocabulary
    required: tuple[str, ...] = ()
    names: dict[str, Meaning] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    units: frozenset[str] = frozenset()
    chosen: dict[str, tuple[Meaning, str]] = field(default_factory=dict)
    """Headings that a person matched, all levels joined, with the unit of their numbers."""

    def __post_init__(self) -> None:
        table = self.table
        self.units = frozenset(units_longest_first(frozenset(self.vocabulary.units))) - {""}
        for spec in table.facts.values():
            meaning = Meaning("fact", spec.name, spec)
            for word in (spec.name, spec.identifier):
                for text in (word, f"{table.name}.{word}", f"{table.identifier}.{word}"):
                    self.names.setdefault(plain(text), meaning)
            self.shown.append(spec.name)
        for link, target in table.links.items():
            meaning = Meaning("link", link)
            other = self.vocabulary.tables.get(target)
            words = (
                [link] if other is None else [link, f"{link}{other.key}", f"{link}的{other.key}"]
            )
            words += [f"所属{word}" for word in words]
            if other is not None and link == table.owner and other.key != table.key:
                words += [other.key, f"{other.identifier}"]
            for word in words:
                self.names.setdefault(plain(word), meaning)
            self.shown += words[:1]
        if table.key:
            meaning = Meaning("key", table.key)
            for word in (table.key, f"{table.name}{table.key}", f"{table.name}.{table.key}"):
                self.names[plain(word)] = meaning
            self.shown.append(table.key)
        for alias, name in table.aliases.items():
            if (meant := self.names.get(plain(name))) is not None:
                self.names.setdefault(plain(alias), replace(meant, by_alias=True))
        owner = self.vocabulary.tables.get(table.owner)
        for alias, name in (owner.aliases if owner is not None else {}).items():
            if owner is not None and name == owner.key != table.key:
                self.names.setdefault(plain(alias), Meaning("link", table.owner, None, True))

    def is_unit(self, text: str) -> bool:
        """Whether a cell of a heading row holds nothing but a unit."""
        return bool(self._unit(text))

    def _unit(self, text: str) -> str:
        inner = plain(text).strip("()[]【】〔〕").removeprefix("单位:").removeprefix("单位")
        return inner if inner in self.units else ""

    def match(self, parts: Sequence[str]) -> tuple[Meaning | None, str, str]:
        """Meaning, unit and unread remark of a heading of one or more levels, top first."""
        levels = [text for text, _ in groupby(plain(part) for part in parts if plain(part))]
        if not levels:
            return None, "", ""
        unit = ""
        if len(levels) > 1 and self._unit(levels[-1]):
            unit = self._unit(levels.pop())
        joined = "".join(levels)
        if (told := self.chosen.get(joined)) is not None:
            own = self._unit(self._split(levels[-1])[1])
            return told[0], told[1] or own or unit or self._above(levels), ""
        for text in dict.fromkeys((joined, levels[-1])):
            bare, inner = self._split(text)
            for word, inside in ((text, ""), (bare, inner)):
                meaning = self.names.get(word)
                if meaning is None:
                    continue
                # （万元，不含税）
                units = {made for part in inside.split(",") if (made := self._unit(part))}
                found = units.pop() if len(units) == 1 else ""
                remark = inside if inside and not found else ""
                return meaning, found or unit or self._above(levels), remark
        return None, "", ""

    def _above(self, levels: Sequence[str]) -> str:
        for text in reversed(levels[:-1]):
            if found := self._unit(self._split(text)[1]):
                return found
        return ""

    def _split(self, text: str) -> tuple[str, str]:
        """A heading and what stands in brackets behind it, or a bare unit behind a known name."""
        if found := _PAREN.fullmatch(text):
            return found[1], found[2]
        for length in range(1, min(len(text), LONGEST_UNIT + 1)):
            name = text[:-length].rstrip("/:,-_、")
            if text[-length:] in self.units and name in self.names:
                return name, text[-length:]
        return text, ""


def fitting_unit(unit: str, spec: FactSpec, vocabulary: Vocabulary) -> str | None:
    """The unit for bare numbers of a fact; None when numbers of the fact can't count in it."""
    kind = spec.type.kind
    if kind is Kind.RATE:
        return unit if unit in RATES else None
    if kind is Kind.MONEY:
        unit = unit if unit.endswith(("元", "角", "分")) else f"{unit}元"
    try:
        made = make("1", unit, set(vocabulary.units))
    except LiteralError:
        return None
    if kind is Kind.MONEY:
        return unit if made.kind is Kind.MONEY else None
    base = vocabulary.units.get(made.unit or str(unit), made.unit)
    own = vocabulary.units.get(spec.type.unit, spec.type.unit)
    counted = made.kind in (Kind.COUNT, Kind.SPAN)
    return unit if counted and (base == own or not made.unit) else None


def plan_sheet(head: Sequence[Line], merged: Sequence[Line], matcher: Matcher, file: str) -> Plan:
    """Find the headings among the first rows of a sheet and say what every column holds.

    ``merged`` are the same rows with merged cells filled. The rows with the most known headings win;
    without the key column the plan is fatal.
    """
    spans = _spans(head, merged, matcher)
    if not spans:
        return Plan((), 0, 0, (_empty(file),), True)
    start, depth, parts = max(spans, key=lambda item: _score(item[2], matcher))
    last = head[start + depth - 1].number
    # Only as wide as the headings: one row with a comma too many must not make all others too short.
    parts = parts[: max(len(line.cells) for line in head[start : start + depth])]
    default = _title_unit(head[:start], matcher)
    plan = _plan(parts, last, default, matcher, file, head[start].number)
    if problem := _second(head, start, depth, matcher, file):
        plan = replace(plan, problems=(*plan.problems, problem), fatal=True)
    return plan


def _second(
    head: Sequence[Line], start: int, depth: int, matcher: Matcher, file: str
) -> Problem | None:
    """Whether rows of another table stand above the headings: they would be lost."""

    def begins(line: Line) -> bool:
        found = [meaning for cell in line.cells if (meaning := matcher.match([cell])[0])]
        return len(found) > 1 and any(item.role == "key" for item in found)

    if not any(begins(line) for line in head[start : start + depth]):
        return None
    above = next((place for place in range(start) if begins(head[place])), start)
    if not any(any(line.cells) for line in head[above + 1 : start]):
        return None
    return Problem(
        "second-table", f"第{head[above].number}行和第{head[start].number}行都是列名，这里有两块表",
        "一张工作表（一个文件）只放一块表，分开再交", file, head[start].number,
    )  # fmt: skip


def _empty(file: str) -> Problem:
    return Problem("table-empty", "里面没有内容", "第一行写列名，第二行起填写", file)


Parts = list[tuple[str, ...]]


def _spans(
    head: Sequence[Line], merged: Sequence[Line], matcher: Matcher
) -> list[tuple[int, int, Parts]]:
    """Every place where headings may stand: first row, number of rows, texts by column."""
    out = []
    width = max((len(line.cells) for line in head), default=0)
    for start, line in enumerate(head):
        if not any(line.cells):
            continue
        for depth in range(1, DEEPEST + 1):
            rows = merged[start : start + depth]
            if len(rows) < depth or not any(head[start + depth - 1].cells):
                break
            raw = [_padded(row.cells, width) for row in head[start : start + depth]]
            filled = [_padded(row.cells, width) for row in rows]
            parts = _columns(filled, raw)
            if depth > 1 and not _consistent(parts, matcher):
                continue
            out.append((start, depth, parts))
    return out


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells, *("",) * (width - len(cells)))


def _columns(filled: Sequence[Sequence[str]], raw: Sequence[Sequence[str]]) -> Parts:
    """Heading texts by column; a blank cell above a filled one belongs to its left neighbour."""
    rows = [list(row) for row in filled]
    for level in range(len(rows) - 1):
        for place in range(1, len(rows[level])):
            below = any(rows[deeper][place] for deeper in range(level + 1, len(rows)))
            if not rows[level][place] and below:
                # A neighbour with nothing below it is a single heading, not a group.
                left = rows[level][place - 1]
                grouped = any(raw[deeper][place - 1] for deeper in range(level + 1, len(rows)))
                rows[level][place] = left if grouped else ""
    return [tuple(row[place] for row in rows) for place in range(len(rows[0]))]


def _consistent(parts: Parts, matcher: Matcher) -> bool:
    """Whether several rows are headings: below a known heading only a unit or nothing new."""
    for levels in parts:
        for depth in range(1, len(levels)):
            above = levels[:depth]
            if not any(above) or matcher.match(above)[0] is None:
                continue
            below = [text for text in levels[depth:] if text and text != levels[depth - 1]]
            if any(not matcher.is_unit(text) for text in below):
                return False
    return True


def _score(parts: Parts, matcher: Matcher) -> tuple[int, int, int]:
    """More known columns first, then more units, then fewer rows."""
    known, units = 0, 0
    for levels in parts:
        meaning, unit, _ = matcher.match(levels)
        known += meaning is not None
        units += bool(unit) and meaning is not None
    return known, units, -len(parts[0])


def _title_unit(rows: Sequence[Line], matcher: Matcher) -> str:
    """The unit of money for the whole sheet, 单位：万元 in a title row; empty where not said."""
    found = set()
    for line in rows:
        for cell in line.cells:
            for match in _UNIT_LINE.finditer(unicodedata.normalize("NFKC", cell)):
                words = [word.removeprefix("人民币") for word in re.split("[、,，/;；]", match[1])]
                found |= {
                    word for word in words
                    if word in matcher.units and word.endswith("元")
                }  # fmt: skip
    return found.pop() if len(found) == 1 else ""


def _plan(parts: Parts, last: int, default: str, matcher: Matcher, file: str, line: int) -> Plan:
    columns: list[Column] = []
    unknown: list[Column] = []
    problems: list[Problem] = []
    headings = [
        " / ".join(text for text, _ in groupby(_shown(level) for level in levels) if text)
        for levels in parts
    ]
    for place, (levels, shown) in enumerate(zip(parts, headings, strict=True)):
        meaning, unit, remark = matcher.match(levels)
        if meaning is None:
            if shown and plain(shown) not in SILENT:
                unknown.append(Column(place, shown, "", ""))
            continue
        if meaning.role == "skip":
            continue
        if meaning.spec is None:
            columns.append(
                Column(place, shown, meaning.role, meaning.name, by_alias=meaning.by_alias)
            )
            continue
        spec = meaning.spec
        chosen = _unit_of(spec, unit, default, remark, matcher)
        if isinstance(chosen, Problem):
            problems.append(chosen.at(file, line, place + 1, shown))
            if chosen.severity is Severity.ERROR:
                continue
            chosen = default if spec.type.kind is Kind.MONEY else ""
        columns.append(
            Column(place, shown, meaning.role, meaning.name, spec, chosen, meaning.by_alias)
        )
    columns, fatal = _once(columns, problems, matcher, file, line)
    problems += _unknown(unknown, matcher, file, line)
    if _lacks(columns, unknown, problems, matcher, file, line):
        fatal = True
    return Plan(tuple(columns), len(parts), last, tuple(problems), fatal, tuple(headings))


def _shown(text: str) -> str:
    return " ".join(text.split())


def _unit_of(
    spec: FactSpec, unit: str, default: str, remark: str, matcher: Matcher
) -> str | Problem:
    """The unit of a fact's column, or what is wrong with the heading."""
    kind = spec.type.kind
    if kind not in (Kind.MONEY, Kind.COUNT, Kind.RATE):
        return ""
    if remark:
        return Problem(
            "heading-remark", f"列名括号里的“{remark}”不是单位，按“{spec.name}”读入",
            "括号里只写单位，如（万元）", severity=Severity.WARNING,
        )  # fmt: skip
    if not unit:
        return default if kind is Kind.MONEY else ""
    fitting = fitting_unit(unit, spec, matcher.vocabulary)
    if fitting is None:
        return Problem(
            "heading-unit", f"“{spec.name}”是{spec.type}，不能按“{unit}”计，这一列没有读入",
            "改正列名里的单位",
        )  # fmt: skip
    return fitting


def _once(
    columns: list[Column], problems: list[Problem], matcher: Matcher, file: str, line: int
) -> tuple[list[Column], bool]:
    """Only columns that are given once; whether a column that must be there was given twice."""
    by_name: dict[tuple[str, str], list[Column]] = {}
    for column in columns:
        by_name.setdefault((column.role, column.name), []).append(column)
    fatal = False
    for (role, name), same in by_name.items():
        named = [item for item in same if not item.by_alias]
        if len(same) > len(named) == 1:
            problems += [
                Problem(
                    "column-twice", f"“{item.heading}”也指“{name}”，用第{named[0].place + 1}列，这一列没有读入",
                    "只留一列", file, line, item.place + 1, item.heading, severity=Severity.WARNING,
                )
                for item in same if item.by_alias
            ]  # fmt: skip
            same[:] = named
        if len(same) > 1:
            places = "、".join(str(item.place + 1) for item in same)
            problems.append(
                Problem(
                    "column-twice", f"“{name}”给了{len(same)}列（第{places}列），不知道用哪一列，都没有读入",
                    "只留一列", file, line, same[1].place + 1, same[1].heading,
                )
            )  # fmt: skip
            fatal = fatal or role != "fact"
    return [same[0] for same in by_name.values() if len(same) == 1], fatal


def _unknown(unknown: Sequence[Column], matcher: Matcher, file: str, line: int) -> list[Problem]:
    problems = [
        Problem(
            "unknown-column", f"“{matcher.table.name}”没有“{item.heading}”这一项，这一列没有读入",
            suggest(plain(item.heading), matcher.shown), file, line, item.place + 1, item.heading,
            severity=Severity.WARNING,
        )
        for item in unknown[:LISTED]
    ]  # fmt: skip
    if len(unknown) > LISTED:
        problems.append(
            Problem(
                "unknown-column", f"还有{len(unknown) - LISTED:,}列不认识，没有读入",
                "删去用不着的列，或核对这张表的列名", file, line, severity=Severity.WARNING,
            )
        )  # fmt: skip
    return problems


def _lacks(
    columns: Sequence[Column], unknown: Sequence[Column], problems: list[Problem],
    matcher: Matcher, file: str, line: int,
) -> bool:  # fmt: skip
    """Whether a column without which the table can't be read is missing; says so."""
    table = matcher.table
    given = {item.name for item in columns} | {
        item.field for item in problems if item.code == "column-twice"
    }
    twice = any(
        item.code == "column-twice" and item.severity is Severity.ERROR for item in problems
    )
    wanted: dict[str, str] = {}
    if table.key:
        wanted[table.key] = f"缺少“{table.key}”列，分不清每一行是谁"
    if table.owner:
        other = matcher.vocabulary.tables[table.owner]
        wanted[table.owner] = f"缺少“{table.owner}”列（填所属{table.owner}的{other.key}）"
    for name in matcher.required:
        wanted[name] = f"缺少“{name}”列"
    missing = [name for name in wanted if name not in given]
    if missing and twice:
        return True
    headings = [plain(item.heading) for item in unknown]
    for name in missing:
        near = nearest(name, headings)
        listed = "、".join(f"“{text}”" for text in near)
        hint = f"；是不是这一列：{listed}？" if near else ""
        problems.append(
            Problem(
                "table-without-column" if name in matcher.required else "table-without-key", wanted[name],
                f"加上“{name}”列{hint}", file, line, 0, name,
            )
        )  # fmt: skip
    return bool(missing)
