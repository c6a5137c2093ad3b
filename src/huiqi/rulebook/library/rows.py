"""What is known of one subject: its own facts, its events, and the subjects it is linked to.

Made from a facts file (YAML or JSON), from a boundary case, or from a registry. A fact that is not
there is unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from huiqi.rulebook.language.literals import LiteralError, read_date
from huiqi.rulebook.language.source import Entries, Items, Mark, Node, Scalar
from huiqi.rulebook.library.keytexts import plain_key, why_not
from huiqi.rulebook.library.values import Known, read_value
from huiqi.rulebook.library.vocabulary import Table, Vocabulary
from huiqi.rulebook.problems import Problem, suggest


@dataclass(eq=False, slots=True)
class Row:
    """One row of a table. ``events`` are the rows of event tables that belong to this subject.

    ``origins`` names source and date of single facts. ``derived`` caches derived facts for one day
    of assessment; make fresh rows (or call :meth:`forget`) for another day.
    """

    table: str
    key: str = ""
    values: dict[str, Known] = field(default_factory=dict)
    links: dict[str, "Row"] = field(default_factory=dict)
    events: dict[str, list["Row"]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop cached derived facts, here and in everything reachable."""
        forget((self,))


def forget(rows: Iterable[Row]) -> None:
    """Drop cached derived facts of these rows and of everything reachable from them."""
    seen: set[int] = set()
    stack = list(rows)
    while stack:
        row = stack.pop()
        if id(row) not in seen:
            seen.add(id(row))
            row.derived.clear()
            stack += [
                *row.links.values(),
                *(item for listed in row.events.values() for item in listed),
            ]


@dataclass(frozen=True)
class FactsFile:
    """The rows a facts file names: one subject per table at most, events in written order."""

    subjects: dict[str, Row]
    events: dict[str, list[Row]]

    def rows(self, table: str) -> list[Row]:
        """The rows of a table that can be assessed."""
        if table in self.subjects:
            return [self.subjects[table]]
        return self.events.get(table, [])


def read_facts(node: Node | None, vocabulary: Vocabulary, problems: list[Problem]) -> FactsFile:
    """Rows from a mapping `表: {事实: 值}` (events: one mapping or a list of them).

    Events belong to the subject of their owner's table in the same file; a link is given by the
    facts of the linked subject under the link's name. Wrong names and values are problems with
    their place; the rest is kept.
    """
    subjects: dict[str, Row] = {}
    events: dict[str, list[Row]] = {}
    if not isinstance(node, Entries):
        if node is not None:
            problems.append(
                node.mark.problem("not-a-mapping", "事实应写成“表: {事实: 值}”", "检查缩进和冒号")
            )
        return FactsFile(subjects, events)
    for name, value in node.entries.items():
        table = vocabulary.tables.get(name)
        if table is None:
            if not any(name in item.links for item in vocabulary.tables.values()):
                remedy = suggest(name, list(vocabulary.tables)) or "写词汇表里的表名"
                problems.append(
                    node.keys[name].problem("unknown-table", f"没有“{name}”这张表", remedy, name)
                )
            continue
        items = value.items if isinstance(value, Items) else (value,)
        if not table.is_event and len(items) > 1:
            problems.append(
                node.keys[name].problem("one-subject", f"“{name}”只能写一个主体", "分成几个文件")
            )
        for index, item in enumerate(items):
            row = _row(table, item, f"{name}-{index + 1:04d}", vocabulary, problems)
            if table.is_event:
                events.setdefault(name, []).append(row)
            else:
                subjects[name] = row
    _join(node, subjects, events, vocabulary, problems)
    return FactsFile(subjects, events)


def _join(
    node: Entries,
    subjects: dict[str, Row],
    events: dict[str, list[Row]],
    vocabulary: Vocabulary,
    problems: list[Problem],
) -> None:
    linked: dict[str, Row] = {}
    for name, value in node.entries.items():
        if name not in vocabulary.tables:
            target = next(
                (item.links[name] for item in vocabulary.tables.values() if name in item.links),
                None,
            )
            if target is not None and target in vocabulary.tables:
                linked[name] = _row(vocabulary.tables[target], value, name, vocabulary, problems)
    for table_name, rows in events.items():
        owner = vocabulary.tables[table_name].owner
        if owner not in vocabulary.tables:
            continue  # the vocabulary's own fault, told there
        if owner not in subjects:
            subjects[owner] = Row(owner, f"{owner}-0001")
        subjects[owner].events.setdefault(table_name, []).extend(rows)
    for row in [*subjects.values(), *(item for rows in events.values() for item in rows)]:
        for link, target in vocabulary.tables[row.table].links.items():
            if link in row.links:
                continue
            if link in linked:
                row.links[link] = linked[link]
            elif target in subjects and (link == target):
                row.links[link] = subjects[target]
    for row in linked.values():
        for link in vocabulary.tables[row.table].links:
            if link in linked and link not in row.links:
                row.links[link] = linked[link]


def _row(
    table: Table, node: Node, key: str, vocabulary: Vocabulary, problems: list[Problem]
) -> Row:
    row = Row(table.name, key)
    if not isinstance(node, Entries):
        if not (isinstance(node, Scalar) and node.text in ("", "~", "null")):
            problems.append(
                node.mark.problem("not-a-mapping", f"“{table.name}”应写成“事实: 值”", "检查缩进")
            )
        return row
    for name, value in node.entries.items():
        mark = node.keys[name]
        if name == table.key and isinstance(value, Scalar) and name not in table.facts:
            row.key = plain_key(value.text, table.key_format)
            reason = why_not(row.key, table.key_format) if row.key else ""
            if reason:
                problems.append(
                    value.mark.problem(
                        "bad-key",
                        f"{name}：“{value.text}”{reason}",
                        "核对证照，改正后再试",
                        value.text,
                    )
                )
        elif name in table.links and isinstance(value, Entries):
            target = vocabulary.tables.get(table.links[name])
            if target is not None:
                row.links[name] = _row(target, value, f"{key}.{name}", vocabulary, problems)
        elif name in table.links and isinstance(value, Scalar):
            continue  # a bare key says which subject, not what is known of it
        elif name not in table.facts:
            remedy = suggest(name, list(table.facts)) or f"“{table.name}”的事实见词汇表"
            problems.append(
                mark.problem("unknown-fact", f"“{table.name}”没有事实“{name}”", remedy, name)
            )
        else:
            _value(row, table, name, value, mark, vocabulary, problems)
    return row


ORIGIN = ("值", "来源", "日期")
"""What a value that says where it comes from consists of."""


def _check_origin(node: Entries, problems: list[Problem]) -> None:
    """Nothing in it is overlooked, and its day exists."""
    for key in node.entries:
        if key not in ORIGIN:
            remedy = suggest(key, ORIGIN) or f"可写：{'、'.join(ORIGIN)}"
            problems.append(node.keys[key].problem("unknown-key", f"这里没有“{key}”", remedy, key))
    if "值" not in node.entries:
        problems.append(node.mark.problem("missing-key", "没有写“值”", "补上“值: …”"))
    day = node.entries.get("日期")
    if isinstance(day, Scalar) and day.text:
        try:
            read_date(day.text)
        except LiteralError as error:
            problems.append(day.mark.problem("bad-value", str(error), "改成存在的日期", day.text))


def _value(
    row: Row,
    table: Table,
    name: str,
    node: Node,
    mark: Mark,
    vocabulary: Vocabulary,
    problems: list[Problem],
) -> None:
    """`事实: 值` or `事实: {值: …, 来源: …, 日期: …}`."""
    text, origin = node, ""
    if isinstance(node, Entries):
        _check_origin(node, problems)
        text = node.entries.get("值", Scalar("", mark))
        parts = [node.entries[key] for key in ("来源", "日期") if key in node.entries]
        origin = " ".join(part.text for part in parts if isinstance(part, Scalar))
    if not isinstance(text, Scalar):
        problems.append(mark.problem("not-a-value", f"“{name}”应是一个值", "不要写成列表", name))
        return
    try:
        known = read_value(text.text, table.facts[name], vocabulary)
    except LiteralError as error:
        problems.append(text.mark.problem("bad-value", f"{name}：{error}", "改正后再试", text.text))
        return
    if known is not None:
        row.values[name] = known
        if origin:
            row.origins[name] = origin
