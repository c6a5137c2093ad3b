"""YAML files as positioned text: every scalar stays text, every node knows its line and column.

No value is ever guessed: `2022-08-17`, `1.10` and `是` arrive as the author typed them. Duplicate
keys, anchors and aliases are problems, not surprises.
"""

import errno
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from huiqi.rulebook.problems import Problem, suggest

try:  # the C loader is ten times faster; the pure one reads the same language
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover - only on builds without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_BYTES = 4_000_000
DEEPEST = 40
"""How many lists and mappings may stand in each other; policies need eight."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def problem(self, code: str, message: str, remedy: str = "", found: str = "") -> Problem:
        """A problem at this place."""
        return Problem(code, message, remedy, self.file, self.line, self.column, found=found)


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text as typed; ``plain`` is false for quoted and block scalars."""

    text: str
    mark: Mark
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """A YAML list."""

    items: "tuple[Node, ...]"
    mark: Mark


@dataclass(frozen=True, slots=True)
class Entries:
    """A YAML mapping with the mark of each key."""

    entries: "dict[str, Node]"
    keys: dict[str, Mark]
    mark: Mark


Node = Scalar | Items | Entries


def read_yaml(path: Path, shown: str | None = None) -> tuple[Node | None, list[Problem]]:
    """Read one YAML file. The file is called ``shown`` in problems (default: its path)."""
    name = shown or str(path)
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        return None, [
            Problem("file-unreadable", f"文件打不开：{reason_of(error)}", "检查路径和权限", name)
        ]
    if size > MAX_BYTES:
        return None, [
            Problem(
                "file-too-large",
                f"文件有 {size:,} 字节，政策文件不应超过 {MAX_BYTES:,} 字节",
                "拆成几个文件，数据表请用 huiqi match 读取",
                name,
            )
        ]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return None, [
            Problem("file-encoding", "文件不是 UTF-8 编码", "另存为 UTF-8 后再试", name, line)
        ]
    return parse_yaml(text, name)


REASONS = {
    errno.ENOENT: "没有这个文件", errno.EACCES: "没有读取权限", errno.EISDIR: "这是一个目录",
    errno.ENOTDIR: "路径中间有一段不是目录", errno.EPERM: "系统不允许", errno.EIO: "磁盘读取出错",
    errno.ELOOP: "链接绕成了圈", errno.ENAMETOOLONG: "名字太长", errno.ENOSPC: "磁盘满了",
    errno.EROFS: "磁盘只读",
}  # fmt: skip
YAML_WORDS = {
    "mapping values are not allowed": "这里不能再写“键: 值”，多半是上一行缩进不对或值里有冒号要加引号",
    "could not find expected ':'": "少了冒号",
    "did not find expected key": "这里应是一个键，检查缩进",
    "did not find expected '-' indicator": "列表的“-”没有对齐",
    "did not find expected ',' or ']'": "[ ] 没有写完整，缺逗号或右括号",
    "did not find expected ',' or '}'": "{ } 没有写完整，缺逗号或右括号",
    "did not find expected node content": "这里缺少内容",
    "found character that cannot start any token": "这里有不能用来开头的字符（如制表符、@、`）",
    "found unexpected end of stream": "文件没有写完，多半是引号没有配对",
    "found unexpected document indicator": "引号没有配对",
    "found undefined alias": "用了没有定义的 * 引用",
    "control characters are not allowed": "有控制字符",
}


def reason_of(error: OSError) -> str:
    """Why a file can't be read, in Chinese."""
    return REASONS.get(error.errno or 0, f"系统错误 {error.errno}")


def _in_chinese(problem: str) -> str:
    for words, chinese in YAML_WORDS.items():
        if words in problem:
            return chinese
    return "无法解析"


def _remedy(text: str, line: int) -> str:
    """What to do about a fault of the text; its cause mostly stands in the line or the one above."""
    for number, written in enumerate(text.split("\n")[max(0, line - 2) : line], max(1, line - 1)):
        if re.match(r"\s*\t", written):
            return f"第 {number} 行用制表符缩进，改成空格"
        if re.match(r"[ -]*[^\s\"'#:：]+：", written):
            return f"第 {number} 行的冒号是全角的，改成半角冒号加一个空格"
    return "检查缩进（两个空格）、冒号后的空格和引号"


def parse_yaml(text: str, name: str) -> tuple[Node | None, list[Problem]]:
    """Read YAML text; see :func:`read_yaml`."""
    problems: list[Problem] = []
    try:
        root = _tree(yaml.parse(text, Loader=_Loader), name, problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return None, [
            Problem(
                "yaml-syntax",
                f"YAML 写法有误：{_in_chinese(error.problem or error.context or '')}",
                _remedy(text, mark.line + 1 if mark else 0),
                name,
                mark.line + 1 if mark else 0,
                mark.column + 1 if mark else 0,
            )
        ]
    except yaml.YAMLError as error:
        return None, [
            Problem(
                "yaml-syntax", "YAML 里有不能出现的字符", "删去控制字符", name, found=str(error)
            )
        ]
    if root is None and not problems:
        return None, [Problem("file-empty", "文件是空的", "补充内容或删除文件", name)]
    return root, problems


@dataclass(slots=True)
class _Open:
    """A list or a mapping that is being read; a mapping's children are its keys and values in turn."""

    mark: Mark
    mapping: bool
    children: list[Node]


def _tree(events: Iterable[yaml.Event], name: str, problems: list[Problem]) -> Node | None:
    """The nodes of the only document; built without recursion, so that no file is too deep to refuse."""
    top = _Open(Mark(name, 1, 1), False, [])
    stack = [top]
    for event in events:
        at = event.start_mark
        mark = Mark(name, at.line + 1, at.column + 1) if at is not None else top.mark
        if isinstance(event, yaml.ScalarEvent):
            stack[-1].children.append(Scalar(str(event.value), mark, not event.style))
        elif isinstance(event, yaml.AliasEvent):
            problems.append(
                mark.problem("yaml-alias", "不能使用 & 和 * 引用", "把内容直接写在这里")
            )
            stack[-1].children.append(Scalar("", mark))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(stack) > DEEPEST:
                problems.append(
                    mark.problem(
                        "yaml-depth", f"嵌套超过 {DEEPEST} 层", "多半是括号没有成对，对照手册重写"
                    )
                )
                return None
            stack.append(_Open(mark, isinstance(event, yaml.MappingStartEvent), []))
        elif isinstance(event, yaml.CollectionEndEvent):
            made = stack.pop()
            stack[-1].children.append(_closed(made, problems))
        elif isinstance(event, yaml.DocumentStartEvent) and top.children:
            problems.append(
                mark.problem("yaml-document", "一个文件只能写一份内容", "删去“---”，或分成两个文件")
            )
            break
    return top.children[0] if top.children else None


def _closed(made: _Open, problems: list[Problem]) -> Node:
    if not made.mapping:
        return Items(tuple(made.children), made.mark)
    entries: dict[str, Node] = {}
    keys: dict[str, Mark] = {}
    for key, value in zip(made.children[::2], made.children[1::2], strict=True):
        if not isinstance(key, Scalar):
            problems.append(key.mark.problem("yaml-key", "键必须是文字", "改成文字"))
        elif key.text in entries:
            problems.append(
                key.mark.problem(
                    "duplicate-key",
                    f"“{key.text}”写了两次，前一处在第 {keys[key.text].line} 行",
                    "只保留一处",
                    key.text,
                )
            )
        else:
            keys[key.text], entries[key.text] = key.mark, value
    return Entries(entries, keys, made.mark)


class Reader:
    """Takes typed values out of one mapping and collects what is wrong with it.

    Every key must be taken; :meth:`finish` reports the keys nobody asked for, with a suggestion.
    """

    def __init__(self, node: Node | None, problems: list[Problem], what: str) -> None:
        self.problems = problems
        self.what = what
        self.known: list[str] = []
        if isinstance(node, Entries):
            self.node = node
        else:
            mark = node.mark if node is not None else Mark("", 0, 0)
            if node is not None:
                problems.append(
                    mark.problem("not-a-mapping", f"{what}应写成“键: 值”", "检查缩进和冒号")
                )
            self.node = Entries({}, {}, mark)

    @property
    def mark(self) -> Mark:
        return self.node.mark

    def has(self, key: str) -> bool:
        return key in self.node.entries

    def place(self, key: str) -> Mark:
        """Where the value of ``key`` stands (the mapping's place when it is missing)."""
        found = self.node.entries.get(key)
        return found.mark if found is not None else self.node.mark

    def raw(self, key: str, required: bool = False) -> Node | None:
        self.known.append(key)
        found = self.node.entries.get(key)
        if isinstance(found, Scalar) and found.plain and found.text in ("", "~", "null"):
            found = None
        if found is None and required:
            self.problems.append(
                self.node.mark.problem("key-missing", f"{self.what}缺少“{key}”", f"补上“{key}: …”")
            )
        return found

    def scalar(self, key: str, required: bool = False) -> Scalar | None:
        found = self.raw(key, required)
        if found is None or isinstance(found, Scalar):
            return found
        self.problems.append(
            found.mark.problem("not-a-text", f"“{key}”应是一段文字", "不要写成列表或分项")
        )
        return None

    def text(self, key: str, required: bool = False, default: str = "") -> str:
        found = self.scalar(key, required)
        return found.text.strip() if found is not None else default

    def choice(self, key: str, options: tuple[str, ...], default: str | None = None) -> str:
        """One of ``options``; the default when the key is missing; a problem otherwise."""
        found = self.scalar(key, required=default is None)
        if found is None:
            return default if default is not None else options[0]
        if found.text not in options:
            remedy = suggest(found.text, options) or f"可写：{'、'.join(options)}"
            self.problems.append(
                found.mark.problem(
                    "not-a-choice", f"“{key}”不能是“{found.text}”", remedy, found.text
                )
            )
            return options[0] if default is None else default
        return found.text

    def flag(self, key: str, default: bool = False) -> bool:
        return self.choice(key, ("是", "否"), "是" if default else "否") == "是"

    def items(self, key: str, required: bool = False) -> tuple[Node, ...]:
        """A list; a single value counts as a list of one."""
        found = self.raw(key, required)
        if found is None:
            return ()
        return found.items if isinstance(found, Items) else (found,)

    def texts(self, key: str, required: bool = False) -> tuple[str, ...]:
        return tuple(item.text for item in self.scalars(key, required))

    def scalars(self, key: str, required: bool = False) -> tuple[Scalar, ...]:
        out = []
        for item in self.items(key, required):
            if isinstance(item, Scalar):
                out.append(item)
            else:
                self.problems.append(
                    item.mark.problem("not-a-text", f"“{key}”的每一项应是文字", "不要再分项")
                )
        return tuple(out)

    def mapping(self, key: str, required: bool = False) -> "Reader | None":
        found = self.raw(key, required)
        return None if found is None else Reader(found, self.problems, f"“{key}”")

    def pairs(self, key: str) -> Iterator[tuple[str, Mark, Node]]:
        """The entries of a mapping whose keys are the author's own names."""
        found = self.raw(key)
        if found is None:
            return
        if not isinstance(found, Entries):
            self.problems.append(
                found.mark.problem("not-a-mapping", f"“{key}”应写成“名: 值”", "检查缩进和冒号")
            )
            return
        for name, value in found.entries.items():
            yield name, found.keys[name], value

    def finish(self) -> None:
        """Report keys that nobody took."""
        for key, place in self.node.keys.items():
            if key not in self.known:
                known = "、".join(dict.fromkeys(self.known))
                remedy = suggest(key, self.known) or f"可用的键：{known}"
                self.problems.append(
                    place.problem("unknown-key", f"{self.what}没有“{key}”这一项", remedy, key)
                )
