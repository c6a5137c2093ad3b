"""Work grows with the length of a file and no faster, whatever stands in it.

Steps are counted, not seconds: calls of functions while a file is read, at one size and at four
times that size. A few patterns whose work is inside one call are timed with a generous ratio.
"""

import sys
import time
from collections.abc import Callable

import pytest

from huiqi.reading import read
from tests.reading.papers import HEAD

FRAME = HEAD + "一、加强支持\n"
SIZE = 6_000

SHAPES: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "（" * n,
    "closed brackets": lambda n: "（）" * (n // 2),
    "mixed openers": lambda n: "（“《【" * (n // 4),
    "digits": lambda n: "9" * n,
    "digits and commas": lambda n: "1," * (n // 2),
    "Chinese digits": lambda n: "一" * n,
    "Chinese scales": lambda n: "十万亿" * (n // 3),
    "one line of awards": lambda n: "支持企业发展，给予20万元奖励，" * (n // 16),
    "one line of targets": lambda n: "到2025年，企业达到20家，" * (n // 14),
    "shares": lambda n: "按30%、" * (n // 5),
    "a list without end": lambda n: "（" + "市科技局、" * (n // 5) + "负责）",
    "joiners": lambda n: "（市科技局" + "和" * n + "市财政局）",
    "blanks": lambda n: " " * n + "甲",
    "digits and blanks": lambda n: "1 " * (n // 2),
    "empty lines": lambda n: "\n" * n,
    "numbers": lambda n: "1.甲\n" * (n // 4),
    "quotations": lambda n: "“" * n,
    "semicolons": lambda n: "；" * n,
    "titles": lambda n: "根据《意见》" * (n // 6),
    "open titles": lambda n: "根据《" * (n // 3),
    "one character": lambda n: "的" * n,
    "Latin": lambda n: "a" * n,
    "dates": lambda n: "2025年" * (n // 5),
    "markers": lambda n: "责任单位：" * (n // 5),
    "in force": lambda n: "《本办法》有效期自施行" * (n // 11),
    "stacking": lambda n: "在奖励基础上" * (n // 6),
    "free": lambda n: "免征" * (n // 2),
    "articles": lambda n: "第一条" * (n // 3),
    "table": lambda n: "|甲|乙|\n" * (n // 6),
    "stars": lambda n: "*" * n,
}


def steps(data: bytes) -> int:
    """Function calls while `data` is read."""
    count = 0

    def tick(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        if event in {"call", "c_call"}:
            count += 1

    old = sys.getprofile()
    sys.setprofile(tick)
    try:
        read(data, name="大.txt")
    finally:
        sys.setprofile(old)
    return count


def seconds(data: bytes) -> float:
    start = time.process_time()
    read(data, name="大.txt")
    return time.process_time() - start


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_work_is_linear(shape: str) -> None:
    small, large = ((FRAME + SHAPES[shape](SIZE * times)).encode() for times in (1, 4))
    base = steps((FRAME + "支持企业发展。").encode())
    few, many = steps(small), steps(large)
    assert many <= 6 * few + base
    # Work inside single calls: four times the text may take up to ten times as long.
    assert seconds(large) <= 16 * seconds(small) + 1


def test_nested_page_is_linear() -> None:
    def page(n: int) -> bytes:
        return ("<html><body>" + "<div>" * n + "支持企业").encode()

    assert seconds(page(40_000)) <= 16 * seconds(page(10_000)) + 1


def test_a_megabyte_of_brackets_is_no_policy() -> None:
    reading = read((FRAME + "（" * 350_000).encode(), name="大.txt")
    assert [p.code for p in reading.problems] == ["read-not-policy"]


def test_a_megabyte_of_measures_in_one_line_is_read() -> None:
    body = "（一）奖补平台。" + "对新认定的孵化器，给予20万元奖励。" * 20_000
    reading = read((FRAME + body).encode(), name="大.txt")
    assert [c.number for c in reading.clauses] == ["一"]
    assert len(reading.supports) == 20_000
