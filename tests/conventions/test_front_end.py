"""The front end is pinned by hash, names no registry, and what pages ask of it exists."""

import json
import re
from typing import Any

import pytest

from tests.conventions.repository import ROOT, files_under

ICON = re.compile(r"\{%\s*icon\s+[\"']([^\"']+)[\"']|icons\.svg#([\w-]+)")


def offences(lock: dict[str, Any]) -> list[str]:
    """Packages of a lock that name an address to load from, or are not pinned by a hash."""
    found = []
    for name, package in lock["packages"].items():
        if name == "":
            continue
        if "resolved" in package:
            found.append(f"{name} names an address")
        if not re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package.get("integrity", "")):
            found.append(f"{name} has no hash")
        if not re.fullmatch(r"\d+\.\d+\.\d+", package.get("version", "")):
            found.append(f"{name} has no exact version")
        if package.get("hasInstallScript"):
            found.append(f"{name} runs code when installed")
    return found


def lock() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    return found


def test_the_lock_pins_every_package_and_names_no_registry() -> None:
    assert offences(lock()) == []
    declared = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert lock()["packages"][""]["dependencies"] == declared


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"resolved": "https://registry.example/x.tgz"}, ["node_modules/x names an address"]),
        ({"integrity": ""}, ["node_modules/x has no hash"]),
        ({"version": "^1.0.0"}, ["node_modules/x has no exact version"]),
        ({"hasInstallScript": True}, ["node_modules/x runs code when installed"]),
        ({}, []),
    ],
)
def test_a_planted_package_is_found(change: dict[str, Any], expected: list[str]) -> None:
    package = {"version": "1.0.0", "integrity": "sha512-" + "A" * 86 + "=="}
    assert offences({"packages": {"": {}, "node_modules/x": package | change}}) == expected


def test_npm_is_told_to_write_no_registry() -> None:
    lines = (ROOT / ".npmrc").read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if line and not line.startswith("#")]
    assert {"omit-lockfile-registry-resolved=true", "ignore-scripts=true"} <= set(said)
    assert [line for line in said if "registry=" in line.replace(" ", "")] == []


# --- icons ----------------------------------------------------------------------------------------


def icons() -> list[str]:
    return (ROOT / "scripts" / "icons.txt").read_text(encoding="utf-8").split()


def used(text: str) -> set[str]:
    """Names of icons that a page takes from the file of all icons."""
    return {tag or address for tag, address in ICON.findall(text)}


def test_icons_are_in_order_and_each_stands_once() -> None:
    assert icons() == sorted(set(icons()))


def test_the_icons_that_pages_name_exist() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): used(path.read_text(encoding="utf-8")) - set(icons())
        for path in files_under("src/huiqi", suffix=".html")
    }
    assert {name: missing for name, missing in found.items() if missing} == {}


def test_the_search_finds_icons() -> None:
    text = """{% icon "building" %}{% icon 'menu-2' class='x' %} /static/vendor/icons.svg#x-2"""
    assert used(text) == {"building", "menu-2", "x-2"}
