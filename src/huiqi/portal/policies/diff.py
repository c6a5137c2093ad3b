"""What is different between two versions of a policy folder: by file, by line, and in words. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum
from pathlib import PurePosixPath

from huiqi.portal.policies.files import Files
from huiqi.rulebook.language.source import Entries, Items, Node, Scalar, parse_yaml

MOST_LINES = 400
DECISIONS = ("review.yaml", "lineage.yaml")
"""What persons decided of a policy: no values of it."""
NAMES = ("编号", "名", "名称", "问")
"""What tells the items of a list apart, first found first."""


class Change(StrEnum):
    ADDED = "新增"
    REMOVED = "删除"
    CHANGED = "修改"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that differs; ``lines`` as a unified diff, cut after many."""

    path: str
    change: Change
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that differs: `支持“…” 金额：20万元 → 30万元`; empty where there is none."""

    where: str
    path: str
    before: str
    after: str

    @property
    def change(self) -> Change:
        if not self.before:
            return Change.ADDED
        return Change.CHANGED if self.after else Change.REMOVED


def changed_files(before: Files, after: Files) -> list[FileChange]:
    """The files that differ, by path."""
    out = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        change = Change.ADDED if old is None else Change.REMOVED if new is None else Change.CHANGED
        lines = list(
            unified_diff((old or "").splitlines(), (new or "").splitlines(), lineterm="", n=2)
        )
        out.append(FileChange(path, change, tuple(lines[2 : MOST_LINES + 2])))
    return out


def changed_values(before: Files, after: Files) -> list[ValueChange]:
    """Which value of which support, target or clause is another; whole supports as one line."""
    out = []
    for path in sorted({*before, *after}):
        if (
            not path.endswith(".yaml")
            or path.startswith("cases/")
            or path in DECISIONS
            or before.get(path) == after.get(path)
        ):
            continue
        where = _where(path, after.get(path) or before.get(path) or "")
        if path.startswith("supports/") and (path not in before or path not in after):
            words = ("", "新增的支持") if path not in before else ("删除的支持", "")
            out.append(ValueChange(where, "", *words))
            continue
        old, new = (_values(files.get(path, ""), path) for files in (before, after))
        for name in sorted({*old, *new}, key=lambda item: (item not in new, item)):
            if old.get(name, "") != new.get(name, ""):
                out.append(ValueChange(where, name, old.get(name, ""), new.get(name, "")))
    return out


def _where(path: str, text: str) -> str:
    if path == "policy.yaml":
        return "文件与条款"
    if path == "targets.yaml":
        return "目标"
    if path.startswith("supports/"):
        node, _ = parse_yaml(text, path)
        named = _scalar(node, "名称") if isinstance(node, Entries) else ""
        return f"支持“{named or PurePosixPath(path).stem}”"
    return path


def _values(text: str, path: str) -> dict[str, str]:
    """Every written value by its path in words: `条款 14 › 单位`."""
    node, _ = parse_yaml(text, path) if text else (None, [])
    return dict(_walk(node, "")) if node is not None else {}


def _walk(node: Node, path: str) -> Iterator[tuple[str, str]]:
    match node:
        case Scalar():
            yield path, node.text
        case Entries():
            for name, value in node.entries.items():
                yield from _walk(value, f"{path} › {name}" if path else name)
        case Items():
            if all(isinstance(item, Scalar) for item in node.items):
                yield path, "、".join(item.text for item in node.items if isinstance(item, Scalar))
                return
            for index, item in enumerate(node.items, start=1):
                name = _name(item) or f"第{index}项"
                yield from _walk(item, f"{path} {name}".strip())


def _name(node: Node) -> str:
    if not isinstance(node, Entries):
        return ""
    return next((found for key in NAMES if (found := _scalar(node, key))), "")


def _scalar(node: Node, key: str) -> str:
    value = node.entries.get(key) if isinstance(node, Entries) else None
    return value.text if isinstance(value, Scalar) else ""
