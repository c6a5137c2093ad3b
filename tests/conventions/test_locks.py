"""The locks pin every requirement by hash, for every platform, and name no index."""

import re
import tomllib

import pytest

from tests.conventions.repository import ROOT

LOCKS = ["requirements.txt", "requirements-dev.txt"]
# What the checkout needs to install itself, beyond what huiqi needs to run.
FOR_INSTALLING = {"hatchling", "pip"}


def normal(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(file: str) -> dict[str, str]:
    """Name -> version range, of one file of requirements."""
    found: dict[str, str] = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)(.*)", line.split("#")[0].strip())
        if match and not line.startswith("-"):
            found[normal(match[1])] = match[2].strip()
    return found


def pinned(file: str) -> dict[str, tuple[str, int]]:
    """Name -> version and number of hashes, of one lock."""
    text = re.sub(r"\\\n\s*", "", (ROOT / file).read_text(encoding="utf-8"))
    return {
        normal(match[1]): (match[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", match[3])))
        for match in re.finditer(r"^([A-Za-z0-9._-]+)==(\S+)(.*)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_only_pins_with_hashes(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    shape = re.compile(
        r"#.*|\s+#.*|\s*|[a-z0-9._-]+==[^\s;]+(?: ; .+)? \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?"
    )
    assert [line for line in lines if not shape.fullmatch(line)] == []
    assert [line for line in lines if "://" in line or "--index" in line] == []
    assert [name for name, (_, hashes) in pinned(lock).items() if hashes == 0] == []


def test_the_locks_answer_the_requirements() -> None:
    run, dev = pinned("requirements.txt"), pinned("requirements-dev.txt")
    assert set(wanted("requirements.in")) - set(run) == set()
    assert set(wanted("requirements-dev.in")) - set(dev) == set()
    assert {name: dev.get(name) for name in run} == run


def test_the_requirements_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {}
    for line in project["dependencies"]:
        match = re.match(r"([A-Za-z0-9._-]+)(.*)", line)
        assert match
        declared[normal(match[1])] = match[2]
    asked = wanted("requirements.in")
    assert {name: asked[name] for name in asked if name not in FOR_INSTALLING} == declared


def test_extras_are_tested_as_they_are_offered() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    offered = [line for lines in project["optional-dependencies"].values() for line in lines]
    tested = (ROOT / "requirements-dev.in").read_text(encoding="utf-8").splitlines()
    assert [line for line in offered if line not in tested] == []


def test_compiled_packages_are_pinned_for_every_platform() -> None:
    # A lock made from the files of one machine would hold one hash for each of these.
    run = pinned("requirements.txt")
    compiled = ["polars-runtime-32", "pyyaml", "lxml", "pypdfium2", "selectolax", "python-calamine"]
    compiled += ["cryptography"]
    assert [name for name in compiled if run[name][1] < 6] == []
