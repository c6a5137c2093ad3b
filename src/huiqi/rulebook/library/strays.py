"""What stands in a policies folder and is read by nobody, so that no rule is lost in silence."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from huiqi.rulebook.language.source import Entries, Items, Node, Scalar
from huiqi.rulebook.problems import Problem, Severity, suggest

PARTS = ("supports", "cases")


def unread_files(path: Path) -> list[Problem]:
    """Files and folders of one policy that look like rules and aren't where rules are read."""
    found = []
    for item in sorted(path.iterdir()):
        if item.name in PARTS:
            found += [inner for inner in sorted(item.iterdir()) if inner.suffix != ".yaml"]
        elif item.is_dir() or item.suffix.lower() == ".yml":
            found.append(item)
    own = (".", "_", "~$", "Thumbs.db", "desktop.ini")  # what systems and editors leave
    return [_unread(item, path.parent) for item in found if not item.name.startswith(own)]


def unread_tables(folder: Path) -> list[Problem]:
    """Files of the vocabulary that are not read for their endings."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [
        _unread(item, folder.parent) for item in found if item.suffix.lower() in (".yml", ".txt")
    ]


def _unread(item: Path, root: Path) -> Problem:
    if item.is_dir():
        remedy = suggest(item.name, PARTS) or "支持放在 supports/，用例放在 cases/"
        what = "这个文件夹不读"
    else:
        text = item.suffix.lower() in (".yml", ".txt", "")
        what = "这个文件没有读入"
        remedy = f"要读入就改名为 {item.stem}.yaml" if text else "不是规则文件的，移到别处"
    name = item.relative_to(root).as_posix()
    return Problem("unread-file", what, remedy, name, severity=Severity.WARNING)


def unused_parameters(node: Node) -> list[Problem]:
    """Named numbers of a support that nothing in it names."""
    if not isinstance(node, Entries):
        return []
    inner = node.entries.get("参数")
    if not isinstance(inner, Entries):
        return []
    rest = {key: item for key, item in node.entries.items() if key not in ("参数", "解释", "说明")}
    texts = list(_texts(rest))
    out = []
    for name, mark in inner.keys.items():
        others = (item for key, item in inner.entries.items() if key != name)
        longer = [other for other in inner.keys if name in other and other != name]
        said = [*texts, *(text for item in others for text in _of(item))]
        if not any(name in _without(text, longer) for text in said):
            problem = mark.problem(
                "unused-parameter", f"参数“{name}”没有用到", "用上，或删去", name
            )
            out.append(replace(problem, severity=Severity.WARNING))
    return out


def _without(text: str, names: list[str]) -> str:
    """A text without these names, so that 奖励金额 does not pass for 金额."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def _texts(entries: Mapping[str, Node]) -> Iterator[str]:
    for item in entries.values():
        yield from _of(item)


def _of(node: Node) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, Items):
        for item in node.items:
            yield from _of(item)
    elif isinstance(node, Entries):
        yield from _texts(node.entries)


__all__ = ["unread_files", "unread_tables", "unused_parameters"]
