"""Lists of a person's decisions in YAML, changed in place: other entries and comments stay as typed.

A file is written beside its place and then moved there, so that nobody ever finds half of it. A file
with errors is never written to.
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from huiqi.rulebook.language.source import Entries, Items, Node, Scalar, parse_yaml, read_yaml
from huiqi.rulebook.problems import Problem

Entry = Mapping[str, str | Sequence[str]]

_PLAIN = re.compile(r"[\w（）〔〕“”《》·./一-龥][\w（）〔〕“”《》·./，。；、一-龥 -]*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "~", ""})


def read_entries(path: Path, shown: str) -> tuple[Items | None, list[Problem]]:
    """The list in a file; None with no problem where there is no file yet."""
    if not path.exists():
        return None, []
    node, problems = read_yaml(path, shown)
    if [problem.code for problem in problems] == ["file-empty"]:
        return None, []
    if node is not None and not isinstance(node, Items):
        problems.append(node.mark.problem("not-a-list", "应写成列表", "每项以“- ”开头"))
        return None, problems
    return node, problems


def keep(path: Path, entry: Entry, same: Sequence[str], head: str, shown: str) -> list[Problem]:
    """Put an entry into the file: in the place of the one with equal `same` keys, else at the end.

    `head` is the comment a new file begins with. Returns the problems that kept it from writing.
    """
    found, problems = read_entries(path, shown)
    if problems:
        return problems
    block = _block(entry)
    text = path.read_text("utf-8-sig") if path.exists() else ""
    if not text.strip():
        text = head
    lines = text.splitlines()
    spans = _spans(found, lines) if found is not None else []
    place = _place(found, entry, same)
    if place is None:
        while lines and not lines[-1].strip():
            lines.pop()
        lines += block
    elif len(spans) != len(found.items if found else ()):
        return [
            Problem(
                "kept-layout",
                "列表的写法不能逐项改动",
                "每项另起一行，以“- ”开头",
                shown,
            )
        ]
    else:
        start, end = spans[place]
        lines[start:end] = block
    made = "\n".join(lines) + "\n"
    _, wrong = parse_yaml(made, shown)
    if wrong:
        return wrong
    write(path, made)
    return []


def write(path: Path, text: str) -> None:
    """Write a file at once: the old text or the new one, never a part."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _place(found: Items | None, entry: Entry, same: Sequence[str]) -> int | None:
    for index, item in enumerate(found.items if found is not None else ()):
        if isinstance(item, Entries) and all(_text(item.entries.get(k)) == entry[k] for k in same):
            return index
    return None


def _text(node: Node | None) -> str:
    return node.text.strip() if isinstance(node, Scalar) else ""


def _spans(found: Items, lines: list[str]) -> list[tuple[int, int]]:
    """First and last line of each item; comments above an item belong to that item's neighbours."""
    starts = [item.mark.line - 1 for item in found.items]
    if len(set(starts)) != len(starts):
        return []
    if not all(lines[start].lstrip().startswith("-") for start in starts):
        return []
    out = []
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        end = stop
        while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
            end -= 1
        out.append((start, end))
    return out


def _block(entry: Entry) -> list[str]:
    out = []
    for key, value in entry.items():
        if isinstance(value, str):
            if value:
                out.append(f"{key}: {_scalar(value)}")
        elif value:
            out.append(f"{key}: [{', '.join(_scalar(item, inside=True) for item in value)}]")
    return [("- " if index == 0 else "  ") + line for index, line in enumerate(out)]


def _scalar(text: str, inside: bool = False) -> str:
    """A YAML scalar that reads back as the same text."""
    safe = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS
    return text if safe and not (inside and "," in text) else json.dumps(text, ensure_ascii=False)
