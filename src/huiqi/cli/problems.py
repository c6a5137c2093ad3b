"""Problems as a person reads them: by file, with the source line, a caret and what to do."""

import re
from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from huiqi.cli.screen import put
from huiqi.rulebook.problems import Problem, Severity, errors

STYLES = {Severity.ERROR: "bad", Severity.WARNING: "open"}
LONGEST = 200
"""How many characters of a message are printed; what it quotes may be a whole file."""
BEFORE = 24
"""How many characters before a place are shown of a very long line."""


def show_problems(
    console: Console, problems: Sequence[Problem], root: Path | None = None, limit: int = 0
) -> None:
    """All problems, grouped by file. ``root`` is the folder that file names start from.

    With a ``limit`` only so many per file are printed, and how many more there are.
    """
    files: dict[str, list[Problem]] = {}
    for problem in problems:  # files in the order in which they were read
        files.setdefault(problem.file, []).append(problem)
    for file, items in files.items():
        items.sort(key=lambda item: (item.line, item.column))
        lines = _lines(file, root) if any(item.column and not item.field for item in items) else []
        if file:
            console.print(Text(file, "head"))
        shown = items[:limit] if limit else items
        for item in shown:
            _one(console, item, lines)
        if len(shown) < len(items):
            console.print(Text(f"  ……还有 {len(items) - len(shown):,} 处", "quiet"))
        console.print()


def _one(console: Console, item: Problem, lines: list[str]) -> None:
    place = f"{item.line}:{item.column}" if item.column else f"第{item.line}行" if item.line else ""
    if item.field:  # of a table: what counts is the column, not the character
        place = f"第{item.line}行" + (f"第{item.column}列" if item.column else "")
        place = f"{place if item.line else ''}（{item.field}）"
    head = Text("  ")
    if place:
        head.append(f"{place}  ", "quiet")
    head.append(f"{item.severity}  ", STYLES[item.severity])
    said = item.message
    head.append(said if len(said) <= LONGEST else f"{said[:LONGEST]}……")
    console.print(head)
    if (
        item.column
        and not item.field
        and 0 < item.line <= len(lines)
        and lines[item.line - 1].strip()
    ):
        word = item.found or _quoted(item.message)
        source, caret = excerpt(lines[item.line - 1], item.column, word, console.width - 8)
        console.print(Text(f"    │ {source}", "quiet"), no_wrap=True, crop=True)
        line = Text("    │ ", "quiet")
        line.append(caret, STYLES[item.severity])
        console.print(line, no_wrap=True, crop=True)
    if item.remedy:
        put(console, Padding(Text(f"→ {item.remedy}"), (0, 0, 0, 4)))


def _quoted(message: str) -> str:
    """The first word a message quotes: mostly what was found."""
    found = re.search("“([^”]+)”", message)
    return found.group(1) if found else ""


def excerpt(line: str, column: int, found: str, width: int) -> tuple[str, str]:
    """A source line cut to a width in cells, and the carets that stand below the place.

    ``column`` counts characters from 1. The whole of ``found`` is marked where it stands there.
    """
    plain = line.expandtabs(1).rstrip()
    at = min(max(column - 1, 0), len(plain))
    start = 0
    if cell_len(plain) > width:
        start = max(0, at - BEFORE)
    shown = ("…" if start else "") + plain[start:]
    before = cell_len(shown[: at - start + (1 if start else 0)])
    marked = found if found and plain.startswith(found, at) else plain[at : at + 1] or " "
    shown = shown[: width + 1]
    while cell_len(shown) > width:
        shown = shown[:-1]
    carets = max(1, min(cell_len(marked[:width]), width - before))
    return shown, " " * before + "^" * carets


def count_words(problems: Sequence[Problem]) -> str:
    """` 3 处错误、1 处提醒`, to follow a verb; an empty string where there is none."""
    wrong = len(errors(problems))
    noted = len(problems) - wrong
    parts = [f"{wrong} 处错误"] if wrong else []
    parts += [f"{noted} 处提醒"] if noted else []
    return f" {'、'.join(parts)}" if parts else ""


def _lines(file: str, root: Path | None) -> list[str]:
    """The lines of a file that a problem names; empty where they cannot be read."""
    if not file:
        return []
    paths = [root / file] if root is not None else []
    for path in (*paths, Path(file)):
        try:
            return path.read_text("utf-8-sig").split("\n") if path.is_file() else []
        except (OSError, ValueError):
            continue
    return []
