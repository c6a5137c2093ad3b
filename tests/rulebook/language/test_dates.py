"""Anniversaries, month ends and working days."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiqi.rulebook.language.dates import shift, shift_months, year_of
from huiqi.rulebook.language.literals import days, to_date
from huiqi.rulebook.language.nodes import Unit
from tests.generative.world import CALENDAR


def _moved(day: tuple[int, int, int], amount: int, unit: Unit) -> date | None:
    found = shift(days(date(*day)), amount, unit, CALENDAR)
    return None if found is None else to_date(found)


@pytest.mark.parametrize(
    ("day", "amount", "unit", "expected"),
    [
        ((2024, 2, 29), 12, Unit.MONTH, (2025, 2, 28)),
        ((2024, 2, 29), 1, Unit.YEAR, (2025, 2, 28)),
        ((2020, 2, 29), 4, Unit.YEAR, (2024, 2, 29)),
        ((2024, 1, 31), 1, Unit.MONTH, (2024, 2, 29)),
        ((2023, 1, 31), 1, Unit.MONTH, (2023, 2, 28)),
        ((2024, 3, 31), -1, Unit.MONTH, (2024, 2, 29)),
        ((2024, 1, 15), -1, Unit.MONTH, (2023, 12, 15)),
        ((2024, 12, 31), 2, Unit.MONTH, (2025, 2, 28)),
        ((2024, 6, 30), 0, Unit.MONTH, (2024, 6, 30)),
        ((2024, 2, 28), 2, Unit.DAY, (2024, 3, 1)),
        ((2024, 4, 30), 1, Unit.WORKDAY, (2024, 5, 6)),
        ((2024, 5, 6), -1, Unit.WORKDAY, (2024, 4, 30)),
        ((2024, 4, 27), 0, Unit.WORKDAY, (2024, 4, 27)),
    ],
)
def test_moved(
    day: tuple[int, int, int], amount: int, unit: Unit, expected: tuple[int, int, int]
) -> None:
    assert _moved(day, amount, unit) == date(*expected)


@pytest.mark.parametrize(
    ("day", "amount"),
    [((2024, 12, 30), 5), ((2025, 1, 2), 1), ((2022, 6, 1), 1), ((2023, 1, 2), -5)],
)
def test_where_the_calendar_ends_nothing_is_known(day: tuple[int, int, int], amount: int) -> None:
    assert _moved(day, amount, Unit.WORKDAY) is None


DAYS = st.dates(date(1800, 1, 1), date(2290, 1, 1)).map(days)


@given(DAYS, st.integers(-200, 200))
def test_months_never_skip_one(day: int, count: int) -> None:
    start, end = to_date(day), to_date(shift_months(day, count))
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == count
    assert end.day <= start.day


@given(DAYS, DAYS, st.integers(-200, 200))
def test_the_order_of_days_is_kept(one: int, two: int, count: int) -> None:
    first, second = sorted((one, two))
    assert shift_months(first, count) <= shift_months(second, count)


def test_year_of() -> None:
    assert year_of(days(date(1969, 12, 31))) == 1969
