"""Below the command line nobody asks what day it is: time comes in as an argument."""

import ast

import pytest

from tests.conventions.repository import ROOT, files_under

# What reads the clock, as the last two names of a call. perf_counter and monotonic measure how long
# something took and decide nothing.
CLOCKS = {
    ("date", "today"),
    ("datetime", "today"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}


def readings(source: str) -> list[int]:
    """Lines that read the clock."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            getattr(node.func.value, "id", getattr(node.func.value, "attr", "")),
            node.func.attr,
        )
        in CLOCKS
    ]


def test_the_rulebook_and_the_reader_know_no_clock() -> None:
    offences = [
        f"{path.relative_to(ROOT).as_posix()}:{line}"
        for path in files_under("src/huiqi/rulebook", "src/huiqi/reading", suffix=".py")
        for line in readings(path.read_text(encoding="utf-8"))
    ]
    assert offences == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("day = date.today()", [1]),
        ("import datetime\nday = datetime.date.today()", [2]),
        ("now = datetime.datetime.now(tz=UTC)", [1]),
        ("t = time.time()", [1]),
        ("t = time.perf_counter()\nd = date(2022, 1, 1)\nself.today()", []),
    ],
)
def test_the_search_finds_the_clock(source: str, expected: list[int]) -> None:
    assert readings(source) == expected
