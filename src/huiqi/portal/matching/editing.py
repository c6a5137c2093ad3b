"""The rule of one support as fields to change, and the file of the support with the changes made.

A field is a scalar of the support's YAML file, named by the path that overrides of the rulebook use
(`金额`, `条件.1`, `分档.国家级.金额`). Texts are changed in place, so that the rest of the file stays as its
author wrote it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from huiqi.rulebook.library.loader import ADDABLE
from huiqi.rulebook.library.policy import Times

MONEY_KEYS = ("金额", "比例", "基数", "上限", "保底", "主体上限", "年度上限")
CHOICES = {"次数": tuple(str(item) for item in Times), "付": ("全额", "差额")}
NUMBER = re.compile(r"(?<![\w.一-鿿])\d[\d,]*(?:-\d\d-\d\d|(?:\.\d+)?[%一-鿿]*)")
"""A number with its unit, or a day, as rules write them; not a digit within a name."""
PLAIN = re.compile(r"[\w一-鿿.%、 +×÷()（）-]+")
LABELS = {
    "上限": "每项上限", "保底": "每项保底", "主体上限": "每个主体累计上限", "年度上限": "每个主体每年上限",
    "次数": "次数", "比例": "比例", "基数": "基数", "金额": "金额",
}  # fmt: skip


Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a condition: a number that can be changed by itself, or the words between."""

    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One thing of a rule that can be changed. ``text`` is what the file says now, empty where it says
    nothing yet."""

    path: str
    label: str
    text: str
    choices: tuple[str, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The text in words and numbers, which put together give the text again."""
        return pieces(self.text)

    @property
    def has_numbers(self) -> bool:
        return any(piece.is_number for piece in self.pieces)


def pieces(text: str) -> tuple[Piece, ...]:
    """A text cut at its numbers."""
    out, at = [], 0
    for found in NUMBER.finditer(text):
        if found.start() > at:
            out.append(Piece(text[at : found.start()], False))
        out.append(Piece(found.group(), True))
        at = found.end()
    if at < len(text):
        out.append(Piece(text[at:], False))
    return tuple(out)


def joined(field: Field, numbers: list[str]) -> str:
    """The text of a field with its numbers changed, in their order."""
    left = iter(numbers)
    return "".join(
        next(left, piece.text) if piece.is_number else piece.text for piece in field.pieces
    )


# ---------------------------------------------------------------- the fields of a file


def fields(text: str) -> list[Field]:
    """What can be changed in a support's file: numbers, conditions, grades, amount, limits."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return []
    entries = _entries(root)
    out: list[Field] = []
    for key in ("参数", "条件", *MONEY_KEYS, "核定", "分档", "进档", "次数", "期间"):
        if key in entries:
            out += _fields(entries[key], key)
    paid = [
        one for one in out if one.path.split(".")[0] in ("金额", "比例", "核定", "分档", "进档")
    ]
    present = {one.path for one in out}
    if paid:
        out += [
            Field(key, LABELS[key], "", CHOICES.get(key, ()))
            for key in ADDABLE
            if key not in present
        ]
    return out


def _fields(node: yaml.Node, path: str) -> Iterator[Field]:
    key = path.rsplit(".", 1)[-1]
    if isinstance(node, yaml.ScalarNode):
        yield Field(path.removeprefix("参数."), _label(path), node.value, CHOICES.get(key, ()))
    elif isinstance(node, yaml.MappingNode):
        entries = _entries(node)
        for name, value in entries.items():
            if path.startswith("条件.") and name == "条件":
                label = entries.get("说明")
                words = label.value if isinstance(label, yaml.ScalarNode) else ""
                yield from (
                    Field(path, words or _label(path), one.text) for one in _fields(value, path)
                )
            elif name not in ("名", "说明"):
                yield from _fields(value, f"{path}.{name}")
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value, start=1):
            called = _entries(item).get("名")
            step = called.value if isinstance(called, yaml.ScalarNode) else str(number)
            yield from _fields(item, f"{path}.{step}")


def _label(path: str) -> str:
    """What an official calls a field."""
    steps = path.split(".")
    if steps[0] == "参数":
        return steps[-1]
    if steps[0] == "条件":
        return f"条件{steps[1]}"
    if steps[0] == "分档":
        return f"{steps[1]}：{'条件' if steps[-1] == '当' else steps[-1]}"
    if steps[:2] == ["进档", "档"]:
        return f"第{steps[2]}档{'达到' if steps[-1] == '1' else '付'}"
    return LABELS.get(path, "：".join(steps))


def _entries(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value}


# ---------------------------------------------------------------- the changed file


def edited(text: str, changes: Mapping[str, str]) -> str:
    """A support's file with the texts at some paths replaced, or added at the end where it may be.

    Raises KeyError for a path the file does not have.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    places: list[tuple[int, int, str]] = []
    added: list[str] = []
    for path, new in changes.items():
        node = _find(root, path.split("."))
        if node is not None:
            places.append((node.start_mark.index, node.end_mark.index, written(new)))
        elif path in ADDABLE:
            added.append(f"{path}: {written(new)}\n")
        else:
            raise KeyError(path)
    text = _put(text, places)
    if added and not text.endswith("\n"):
        text += "\n"
    return text + "".join(added)


def replaced(text: str, changes: Mapping[Path, str]) -> tuple[str, list[Path]]:
    """A file with the texts at some paths replaced, and those paths; one that leads to no text is
    left out."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    put, places = [], []
    for path, new in changes.items():
        if (node := _find(root, list(path))) is not None:
            put.append(path)
            places.append((node.start_mark.index, node.end_mark.index, written(new)))
    return _put(text, places), put


def _put(text: str, places: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(places, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def written(text: str) -> str:
    """A text as YAML: as it is where that is safe, else quoted."""
    if PLAIN.fullmatch(text) and text == text.strip() and not text.startswith(("-", "%")):
        made = yaml.compose(text, Loader=yaml.SafeLoader)
        if isinstance(made, yaml.ScalarNode) and made.value == text:
            return text
    return json.dumps(text, ensure_ascii=False)


def _find(node: yaml.Node | None, path: list[str]) -> yaml.ScalarNode | None:
    """The scalar at a path, by the same rules as overrides of the rulebook."""
    if not path:
        if isinstance(node, yaml.MappingNode):
            entries = _entries(node)
            return _find(entries.get("金额") or entries.get("条件"), [])
        return node if isinstance(node, yaml.ScalarNode) else None
    if isinstance(node, yaml.MappingNode):
        entries = _entries(node)
        if path[0] in entries:
            return _find(entries[path[0]], path[1:])
        inner = _entries(entries["参数"]) if "参数" in entries else {}
        return _find(inner[path[0]], path[1:]) if path[0] in inner else None
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value, start=1):
            name = _entries(item).get("名")
            named = isinstance(name, yaml.ScalarNode) and name.value == path[0]
            if str(number) == path[0] or named:
                return _find(item, path[1:])
    return None
