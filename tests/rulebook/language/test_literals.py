"""Numbers and dates as officials write them, exactly or not at all."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiqi.rulebook.language.literals import (
    LiteralError,
    days,
    make,
    read_date,
    read_number,
    show_money,
    show_rate,
    show_value,
    to_date,
    units_longest_first,
)  # fmt: skip
from huiqi.rulebook.language.nodes import MONEY, RATE, Kind, Type

COUNTS = frozenset({"人", "项", "家"})


@pytest.mark.parametrize(
    ("number", "unit", "kind", "value"),
    [
        ("20", "万元", Kind.MONEY, 20_000_000),
        ("3", "亿元", Kind.MONEY, 30_000_000_000),
        ("1,000", "元", Kind.MONEY, 100_000),
        ("1.5", "亿元", Kind.MONEY, 15_000_000_000),
        ("0.01", "元", Kind.MONEY, 1),
        ("3", "分", Kind.MONEY, 3),
        ("3", "角", Kind.MONEY, 30),
        ("2", "百万元", Kind.MONEY, 200_000_000),
        ("1", "万亿元", Kind.MONEY, 10**14),
        ("5", "%", Kind.RATE, 50_000),
        ("5", "个百分点", Kind.RATE, 50_000),
        ("3", "‰", Kind.RATE, 3_000),
        ("1.1", "倍", Kind.RATE, 1_100_000),
        ("0.0001", "%", Kind.RATE, 1),
        ("30", "人", Kind.COUNT, 30),
        ("2", "万人", Kind.COUNT, 20_000),
        ("7", "", Kind.COUNT, 7),
        ("3", "年", Kind.SPAN, 3),
        ("6", "个月", Kind.SPAN, 6),
        ("5", "个工作日", Kind.SPAN, 5),
    ],
)  # fmt: skip
def test_values(number: str, unit: str, kind: Kind, value: int) -> None:
    made = make(number, unit, COUNTS)
    assert (made.kind, made.value) == (kind, value)


@pytest.mark.parametrize(
    ("number", "unit"),
    [("0.001", "元"), ("0.5", "人"), ("0.00001", "%"), ("1.5", "年"), ("1,00", "元"), ("1", "圆"),
     ("1.5", "分")],
)  # fmt: skip
def test_nothing_is_rounded(number: str, unit: str) -> None:
    with pytest.raises(LiteralError):
        make(number, unit, COUNTS)


def test_the_exact_rate_is_kept() -> None:
    assert make("33.3333", "%", COUNTS).exact == Fraction(333_333, 1_000_000)


@pytest.mark.parametrize("text", ["2026-03-05", "2026-3-5", "2026年3月5日", "2026.3.5", "2026/3/5"])
def test_dates_as_written(text: str) -> None:
    assert read_date(text) == date(2026, 3, 5)


@pytest.mark.parametrize("text", ["2026-02-29", "2026年13月1日", "26-3-5", "2026-3", "三月", ""])
def test_days_that_do_not_exist(text: str) -> None:
    with pytest.raises(LiteralError):
        read_date(text)


def test_numbers_with_separators() -> None:
    assert read_number("1，234,567.80") == Decimal("1234567.80")
    with pytest.raises(LiteralError):
        read_number("12,34")


@given(st.dates())
def test_days_and_dates_are_one_to_one(day: date) -> None:
    assert to_date(days(day)) == day


@given(st.integers(0, 10**15))
def test_money_is_shown_so_that_it_reads_back(fen: int) -> None:
    text = show_money(fen)
    unit = next(unit for unit in units_longest_first(COUNTS) if unit and text.endswith(unit))
    assert make(text[: -len(unit)], unit, COUNTS).value == fen


@given(st.integers(0, 10**9))
def test_rates_are_shown_so_that_they_read_back(millionths: int) -> None:
    assert make(show_rate(millionths)[:-1], "%", COUNTS).value == millionths


def test_how_values_are_shown() -> None:
    assert [show_money(value) for value in (20_000_000, 15_000_000_000, 320_000, 1_234, -5, None)] == [
        "20万元", "1.5亿元", "3,200元", "12.34元", "-0.05元", "不详",
    ]  # fmt: skip
    shown = [show_value(1, RATE), show_value(0, MONEY), show_value(1_000, Type(Kind.COUNT, "人"))]
    assert shown == ["0.0001%", "0元", "1,000人"]
    assert show_value(3, Type(Kind.COUNT, "年")) == "3年"
    assert show_value(days(date(2024, 2, 29)), Type(Kind.DATE)) == "2024-02-29"


def test_the_longest_unit_wins() -> None:
    units = units_longest_first(COUNTS)
    assert units.index("万亿元") < units.index("亿元") < units.index("元") < units.index("")
    assert units.index("个工作日") < units.index("日")
