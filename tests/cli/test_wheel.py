"""What `pip wheel` makes: an installed portal has its policies and its styles, or the wheel isn't made."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import free_port, waiting_for

ROOT = Path(__file__).resolve().parents[2]
SERVED = ROOT / "var" / "static-vendor"
NEEDED = (
    "src", "policies", "scripts", "README.md", "LICENSE", "pyproject.toml", "hatch_build.py",
    "package-lock.json", "CHANGELOG.md", "README.zh-CN.md", "package.json",
)  # fmt: skip


def checkout(folder: Path) -> Path:
    """What a build reads, without anything that set-up has made."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Without a network, with the builder that is installed."""
    words = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    return subprocess.run(
        [sys.executable, *words, "--disable-pip-version-check", "-w", str(out), str(source)],
        env={**os.environ, "PYTHONIOENCODING": "utf-8"}, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout(tmp_path_factory.mktemp("source") / "checkout")


def test_without_front_end_files_no_wheel_is_made(source: Path, tmp_path: Path) -> None:
    ran = build(source, tmp_path)
    assert ran.returncode == 1
    assert "缺少 var/static-vendor 中的前端组件" in ran.stdout + ran.stderr
    assert list(tmp_path.glob("*.whl")) == []


@pytest.fixture(scope="module")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of the wheel, as pip puts it into site-packages."""
    shutil.copytree(SERVED, source / "var" / "static-vendor", dirs_exist_ok=True)
    out = tmp_path_factory.mktemp("wheel")
    ran = build(source, out)
    assert ran.returncode == 0, ran.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as package:
        package.extractall(out / "site-packages")
    return out / "site-packages"


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )


def test_it_carries_package_policies_and_front_end(source: Path, installed: Path) -> None:
    carried = installed / "huiqi"
    assert files(carried / "_front") == files(SERVED)
    assert files(carried / "_policies") == files(ROOT / "policies")
    package = [one for one in files(carried) if not one.startswith(("_front/", "_policies/"))]
    assert package == files(source / "src" / "huiqi")


@pytest.fixture
def site(installed: Path, tmp_path: Path) -> Iterator[str]:
    """`huiqi demo` of the installed package, in an empty folder."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8",
        "HOME": str(tmp_path),
    }  # fmt: skip
    words = ["-m", "huiqi.cli", "demo", "--enterprises", "60", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        served = subprocess.Popen(
            [sys.executable, *words], cwd=tmp_path, env=environment, stdout=log, stderr=log,
            start_new_session=True,  # nothing stays behind, whatever fails
        )  # fmt: skip
    try:
        waiting_for(f"http://127.0.0.1:{port}/", served)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(served.pid, signal.SIGTERM)
        served.wait(60)


@pytest.mark.slow
def test_the_demonstration_of_an_installed_package_has_its_styles(site: str) -> None:
    with urllib.request.urlopen(site, timeout=30) as answer:
        page = answer.read().decode()
    named = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert {Path(one).name for one in named} >= {"tabler.min.css", "site.css", "htmx.min.js"}
    sizes = {}
    for one in dict.fromkeys(named):
        with urllib.request.urlopen(site + one, timeout=30) as answer:
            sizes[one] = (answer.status, len(answer.read()) > 200)
    assert set(sizes.values()) == {(200, True)}
