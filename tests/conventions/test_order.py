"""The order of the parts holds, and the contracts that state it can break."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conventions.repository import ROOT


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Runs the contracts of ``tree`` over the package of ``tree``."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the package and its contracts, to do wrong in."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "src" / "huiqi",
        tmp_path / "src" / "huiqi",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return tmp_path


def plant(tree: Path, module: str, line: str) -> None:
    """Adds a module with one line of code; missing packages on the way to it are made."""
    path = tree / "src" / Path(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = path.parent
    while folder != tree / "src":
        (folder / "__init__.py").touch()
        folder = folder.parent
    path.write_text(line + "\n", encoding="utf-8")


def broken(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Names of the contracts that the run reports as broken, in order."""
    return [
        line.removesuffix(" BROKEN")
        for line in result.stdout.splitlines()
        if line.endswith(" BROKEN")
    ]


ORDER = "Parts import only what stands below them"
PORTAL = "Parts of the portal import only what stands below them"
PURE = "The rulebook and the reader know no web framework and no network"
INSIDE = "Parts of the rulebook import only what stands below them"
RULEBOOK = "The rulebook does not know how documents are read"


def test_the_order_holds(tree: Path) -> None:
    result = lint(tree)
    assert (result.returncode, broken(result)) == (0, []), result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contracts"),
    [
        ("huiqi.rulebook.language.planted", "import huiqi.reading", [ORDER, RULEBOOK]),
        ("huiqi.rulebook.language.planted", "import django.db", [PURE]),
        ("huiqi.rulebook.language.planted", "import urllib.request", [PURE]),
        ("huiqi.rulebook.language.planted", "import huiqi.rulebook.bulk.engine", [INSIDE]),
        ("huiqi.rulebook.reference.planted", "import huiqi.rulebook.tables", [INSIDE]),
        ("huiqi.rulebook.planted", "import json", [INSIDE]),
        ("huiqi.reading.planted", "from http import client", [PURE]),
        ("huiqi.reading.planted", "import socket", [PURE]),
        ("huiqi.utils", "import json", [ORDER]),
    ],
)
def test_a_wrong_import_breaks_its_contract(
    tree: Path, module: str, line: str, contracts: list[str]
) -> None:
    plant(tree, module, line)
    result = lint(tree)
    assert (result.returncode, broken(result)) == (1, contracts), result.stdout + result.stderr


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("base", "registry"), ("funds", "listings"), ("cases", "funds"), ("matching", "web")],
)
def test_the_portal_has_its_order_before_it_has_its_parts(
    tree: Path, lower: str, higher: str
) -> None:
    plant(tree, f"huiqi.portal.{higher}.models", "")
    plant(tree, f"huiqi.portal.{lower}.models", f"import huiqi.portal.{higher}.models")
    result = lint(tree)
    assert (result.returncode, broken(result)) == (1, [PORTAL]), result.stdout + result.stderr
