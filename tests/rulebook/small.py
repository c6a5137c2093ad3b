"""A minimal policies folder to break: copied into a temporary folder, changed in one place, loaded.

In the changed text ⌖ marks the character at which the problem must stand.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.problems import Problem

SOURCE = Path(__file__).parent.parent / "spec" / "policies"
FIRM, TITLE = "vocabulary/企业.yaml", "vocabulary/认定.yaml"
LISTS, UNITS = "vocabulary/类别.yaml", "vocabulary/单位.yaml"
POLICY, SUPPORT = "example/policy.yaml", "example/supports/首次认定.yaml"
TARGETS, CASES = "example/targets.yaml", "example/cases/首次认定.yaml"
MARK = "⌖"


@dataclass(frozen=True)
class Broken:
    """One change to one file and the code of the problem it makes."""

    file: str
    old: str
    new: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.code}: {self.new.replace(MARK, '')[:30]}".replace("\n", "⏎")


def copy(folder: Path) -> Path:
    """The minimal folder, without a problem."""
    target = folder / "policies"
    shutil.copytree(SOURCE, target)
    return target


def change(root: Path, file: str, old: str, new: str) -> tuple[int, int]:
    """Replace a text that stands once; line and column of the mark, (0, 0) where there is none."""
    path = root / file
    text = path.read_text("utf-8")
    assert text.count(old) == 1, (file, old, text.count(old))
    text = text.replace(old, new)
    place = (0, 0)
    if MARK in text:
        before = text[: text.index(MARK)]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    path.write_text(text.replace(MARK, ""), "utf-8")
    return place


def loaded(root: Path) -> tuple[Library, list[Problem]]:
    return load(root)


def found(root: Path) -> list[tuple[str, str, int, int]]:
    """Code and place of every problem."""
    return [(item.code, item.file, item.line, item.column) for item in load(root)[1]]


def assert_refused(tmp_path: Path, broken: Broken) -> None:
    """The change makes exactly this problem, where it is, with words and a remedy."""
    root = copy(tmp_path)
    line, column = change(root, broken.file, broken.old, broken.new)
    problems = load(root)[1]
    shown = [(item.code, item.file, item.line, item.column) for item in problems]
    assert shown == [(broken.code, broken.file, line, column)], [str(item) for item in problems]
    assert problems[0].message
    assert problems[0].remedy
