"""Set-up of the front end: what is served, what is said when packages cannot be had."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
SERVED = ROOT / "var" / "static-vendor"


def test_the_files_that_pages_name_are_served() -> None:
    names = ["tabler.min.css", "htmx.min.js", "echarts.min.js", "icons.svg"]
    assert [finders.find(f"vendor/{name}") for name in names] == [
        str(SERVED / name) for name in names
    ]


def test_every_icon_of_the_list_can_be_drawn() -> None:
    sprite = (SERVED / "icons.svg").read_text(encoding="utf-8")
    symbols = dict(re.findall(r'<symbol id="([a-z0-9-]+)"[^>]*>(.*)</symbol>', sprite))
    assert list(symbols) == (ROOT / "scripts" / "icons.txt").read_text(encoding="utf-8").split()
    assert [name for name, drawn in symbols.items() if not drawn] == []


def test_a_style_sheet_names_no_file_that_is_not_served() -> None:
    sheet = (SERVED / "tabler.min.css").read_text(encoding="utf-8")
    assert re.findall(r"sourceMappingURL", sheet) == []
    assert [at for at in re.findall(r"url\(['\"]?([^)'\"]*)", sheet) if at[:5] != "data:"] == []


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What set-up of the front end needs of a checkout, where nothing is installed yet."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "scripts").mkdir()
    for name in ("front-end", "icons.txt"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    return tmp_path


def set_up(checkout: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the script in ``checkout``, with a registry that does not answer."""
    unreachable = {
        "npm_config_registry": "http://127.0.0.1:9/",
        "npm_config_fetch_retries": "0",
        "npm_config_cache": str(checkout / "cache"),
    }
    return subprocess.run(
        [sys.executable, str(checkout / "scripts" / "front-end")],
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **unreachable, **settings},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_without_packages_it_says_what_to_do(checkout: Path) -> None:
    result = set_up(checkout)
    assert result.returncode == 1
    assert "npm config set registry" in result.stderr
    assert "完全离线时" in result.stderr
    assert not (checkout / "var" / "static-vendor").exists()


def test_the_folder_may_come_from_another_machine(checkout: Path) -> None:
    shutil.copytree(SERVED, checkout / "var" / "static-vendor")
    # No program at all is needed then: none would be found.
    assert set_up(checkout, PATH="").returncode == 0
    assert not (checkout / "node_modules").exists()


def test_a_folder_of_another_lock_is_made_anew(checkout: Path) -> None:
    shutil.copytree(SERVED, checkout / "var" / "static-vendor")
    with (checkout / "scripts" / "icons.txt").open("a", encoding="utf-8") as icons:
        icons.write("zzz\n")
    assert set_up(checkout).returncode == 1
