"""Runs `huiqi` in this process and keeps what it printed and its exit code."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from huiqi.cli.main import run
from huiqi.rulebook.library.home import policies_folder


@dataclass(frozen=True)
class Ran:
    """One command line that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Huiqi:
    """Calls the command; paths may be given as they are."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str | Path) -> Ran:
        self.capture.readouterr()
        code = run([str(word) for word in words])
        out, err = self.capture.readouterr()
        return Ran(code, out, err)


def copied(target: Path, *policies: str) -> Path:
    """A policies folder of a test's own: vocabulary, reference data and the named policies."""
    for name in ("vocabulary", "reference", *policies):
        shutil.copytree(policies_folder() / name, target / name)
    return target


def changed(file: Path, old: str, new: str) -> None:
    """Replace one text in a file; the test is wrong where it is not there."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
