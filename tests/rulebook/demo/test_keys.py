"""Keys are valid, unique, and no real one's."""

from collections.abc import Callable

import polars as pl
import pytest
from stdnum.cn import ric, uscc

from huiqi.rulebook.demo.keys import (
    credit_codes,
    enterprise_names,
    identity_numbers,
    numerals,
    plain_keys,
)  # fmt: skip

NUMBERS = [0, 1, 59, 60, 9_999, 10_000, 99_999_999, 100_000_000, 179_999_999, *range(5_000, 6_000)]
MANY = 300_000


def made(numbers: list[int], of: Callable[[pl.Expr], pl.Expr]) -> list[str]:
    frame = pl.DataFrame({"n": pl.Series(numbers, dtype=pl.UInt32)})
    return frame.select(of(pl.col("n")).alias("key"))["key"].to_list()


@pytest.mark.parametrize(("office", "kind"), [(9, 1), (9, 2), (9, 3), (9, 9), (1, 2)])
def test_credit_codes_are_valid(office: int, kind: int) -> None:
    codes = made(NUMBERS, lambda n: credit_codes(n, kind, office))
    assert [code for code in codes if not uscc.is_valid(code)] == []
    assert {code[:2] for code in codes} == {f"{office}{kind}"}


def test_credit_codes_lie_in_no_division() -> None:
    codes = made(NUMBERS, credit_codes)
    assert {code[2:4] for code in codes} == {"99"}


def test_a_wrong_digit_is_noticed() -> None:
    code = made([427], credit_codes)[0]
    other = code[:15] + ("1" if code[15] != "1" else "2") + code[16:]
    assert (uscc.is_valid(code), uscc.is_valid(other)) == (True, False)


def test_identity_numbers_are_valid_and_nobodys() -> None:
    numbers = [*NUMBERS[:6], 36_524_999, 36_525_000, 73_000_000, *range(1_000, 2_000)]
    found = made(numbers, identity_numbers)
    assert [number for number in found if not ric.is_valid(number)] == []
    assert {number[6:8] for number in found} == {"18"}


@pytest.mark.parametrize(
    "of",
    [
        credit_codes,
        identity_numbers,
        lambda n: enterprise_names(n, pl.lit("高平"), pl.lit("机械")),
        lambda n: plain_keys("认定", n, pl.lit(3)),
    ],
)
def test_keys_are_unique(of: Callable[[pl.Expr], pl.Expr]) -> None:
    frame = pl.select(pl.int_range(MANY, dtype=pl.UInt32).alias("n"))
    assert frame.select(of(pl.col("n")).alias("key"))["key"].n_unique() == MANY
    far = list(range(0, 73_000_000, 9_973))
    assert len(set(made(far, of))) == len(far)


def test_what_names_look_like() -> None:
    assert made([25_620], lambda n: enterprise_names(n, pl.lit("高平"), pl.lit("机械"))) == [
        "示例高平甲子零四二七机械公司（虚拟）"
    ]
    assert made([427, 123_456], numerals) == ["零四二七", "一二三四五六"]
    assert made([427], lambda n: plain_keys("认定", n, pl.lit(3))) == ["示例认定000000427-03"]
