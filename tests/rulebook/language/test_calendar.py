"""Working days: the published arrangements, counting, and every fault of a table."""

import pickle
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiqi.rulebook.language.calendar import (
    Calendar,
    CalendarError,
    DayKind,
    YearStatus,
    build_calendar,
    load_calendar,
)

TABLE = Path(__file__).resolve().parents[3] / "policies" / "reference" / "working_days.csv"
CALENDAR, PROBLEMS = load_calendar(TABLE)
HEADINGS = "日期,类型,节日,依据,状态"

# Far enough from both ends for every count tried below.
DAYS = st.dates(date(2006, 1, 1), date(2026, 12, 31))
COUNTS = st.integers(-400, 400)


def written(folder: Path, *rows: str, headings: str = HEADINGS) -> Path:
    path = folder / "days.csv"
    path.write_text("\n".join((headings, *rows)) + "\n", encoding="utf-8")
    return path


def faults(path: Path) -> list[tuple[str, int]]:
    return [(problem.code, problem.line) for problem in load_calendar(path)[1]]


def works(*days: str) -> list[bool]:
    return [CALENDAR.is_working_day(date.fromisoformat(day)) for day in days]


# --- facts ------------------------------------------------------------------------------------------


def test_the_table_has_no_problems() -> None:
    assert PROBLEMS == []
    assert CALENDAR.years() == range(2004, 2029)


def test_spring_festival_of_2026() -> None:
    off = [date(2026, 2, 15) + timedelta(days=step) for step in range(9)]
    assert [CALENDAR.is_working_day(day) for day in off] == [False] * 9
    assert works("2026-02-13", "2026-02-14", "2026-02-24", "2026-02-28") == [True] * 4
    assert CALENDAR.add_working_days(date(2026, 2, 13), 1) == date(2026, 2, 14)
    assert CALENDAR.add_working_days(date(2026, 2, 14), 1) == date(2026, 2, 24)
    assert CALENDAR.working_days_between(date(2026, 2, 13), date(2026, 2, 24)) == 2


def test_saturdays_and_sundays_that_make_up_are_working_days() -> None:
    assert works("2026-01-04", "2026-09-20", "2026-10-10", "2024-02-04", "2019-12-29") == [
        True,
        True,
        True,
        True,
        False,
    ]
    entry = CALENDAR.exception(date(2026, 10, 10))
    assert entry is not None
    assert (entry.kind, entry.festival, entry.basis) == (
        DayKind.WORK,
        "国庆节",
        "国办发明电〔2025〕7号",
    )
    assert CALENDAR.exception(date(2026, 11, 23)) is None


def test_days_that_a_later_notice_changed() -> None:
    # 2015 the parade, 2019 Labour Day lengthened, 2020 Spring Festival lengthened.
    assert works("2015-09-03", "2015-09-04", "2015-09-06") == [False, False, True]
    assert works("2019-05-02", "2019-05-03", "2019-04-28", "2019-05-05") == [
        False,
        False,
        True,
        True,
    ]
    assert works("2020-01-31", "2020-02-01", "2020-02-03") == [False, False, True]


def test_the_turn_of_the_year_belongs_to_the_notice_of_the_next() -> None:
    entry = CALENDAR.exception(date(2018, 12, 29))
    assert entry is not None
    assert (entry.kind, entry.basis) == (DayKind.WORK, "国办发明电〔2018〕15号")
    assert works("2018-12-31", "2019-01-01", "2019-01-02") == [False, False, True]


def test_leap_day() -> None:
    assert works("2024-02-29", "2020-02-29") == [True, False]
    assert CALENDAR.add_working_days(date(2024, 2, 28), 1) == date(2024, 2, 29)
    assert CALENDAR.add_working_days(date(2024, 2, 29), 1) == date(2024, 3, 1)
    assert CALENDAR.add_working_days(date(2024, 3, 1), -1) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("year", "made_up"),
    # Saturdays and Sundays worked, by the year of the notice, counted from the notices themselves.
    [
        (2009, 6), (2010, 8), (2011, 5), (2012, 7), (2013, 12), (2014, 5), (2015, 5), (2016, 6),
        (2017, 5), (2018, 6), (2019, 7), (2020, 6), (2021, 7), (2022, 7), (2023, 7), (2024, 8),
        (2025, 5), (2026, 6),
    ],
)  # fmt: skip
def test_made_up_days_by_notice(year: int, made_up: int) -> None:
    days = [
        item.day
        for item in CALENDAR.exceptions
        if item.kind is DayKind.WORK and item.day.year + (item.day.month == 12) == year
    ]
    assert len(days) == made_up


def test_working_days_of_2025_and_2026() -> None:
    # 2025: 261 weekdays, 18 of them off, 5 weekend days worked; 2026: 261, 19 and 6.
    for year, count in ((2025, 248), (2026, 248)):
        before, last = date(year - 1, 12, 31), date(year, 12, 31)
        assert CALENDAR.working_days_between(before, last) == count


def test_provisional_years_have_the_statutory_days_only() -> None:
    assert [CALENDAR.status(year) for year in (2003, 2004, 2026, 2027, 2028, 2029)] == [
        YearStatus.NONE,
        YearStatus.PUBLISHED,
        YearStatus.PUBLISHED,
        YearStatus.PROVISIONAL,
        YearStatus.PROVISIONAL,
        YearStatus.NONE,
    ]
    off = [item.day.isoformat() for item in CALENDAR.exceptions if item.day.year == 2027]
    assert off == [
        "2027-01-01", "2027-02-05", "2027-02-08", "2027-04-05", "2027-06-09", "2027-09-15",
        "2027-10-01",
    ]  # fmt: skip
    both = CALENDAR.exception(date(2028, 10, 3))
    assert both is not None
    assert both.festival == "国庆节、中秋节"


# --- counting ---------------------------------------------------------------------------------------


def test_the_day_of_the_start_is_not_counted() -> None:
    monday = date(2026, 11, 23)
    assert CALENDAR.add_working_days(monday, 0) == monday
    assert CALENDAR.add_working_days(monday, 5) == date(2026, 11, 30)
    assert CALENDAR.add_working_days(date(2026, 11, 22), 1) == monday
    assert CALENDAR.add_working_days(date(2026, 11, 22), 0) == date(2026, 11, 22)
    assert CALENDAR.add_working_days(monday, -1) == date(2026, 11, 20)
    assert CALENDAR.add_working_days(date(2026, 11, 22), -1) == date(2026, 11, 20)
    assert CALENDAR.working_days_between(monday, monday) == 0
    assert CALENDAR.working_days_between(date(2026, 11, 20), date(2026, 11, 22)) == 0
    assert CALENDAR.working_days_between(date(2026, 11, 30), monday) == -5


def test_a_period_ends_on_the_next_working_day() -> None:
    assert CALENDAR.on_or_after(date(2026, 10, 1)) == date(2026, 10, 8)
    assert CALENDAR.on_or_after(date(2026, 10, 8)) == date(2026, 10, 8)
    assert CALENDAR.on_or_after(date(2026, 10, 10)) == date(2026, 10, 10)


def test_a_moment_counts_as_its_day() -> None:
    moment = datetime(2026, 2, 13, 17, 30)  # noqa: DTZ001
    assert CALENDAR.add_working_days(moment, 1) == date(2026, 2, 14)
    assert CALENDAR.add_working_days(moment, 0) == date(2026, 2, 13)
    assert type(CALENDAR.add_working_days(moment, 0)) is date


@given(DAYS, COUNTS)
def test_between_gives_back_what_was_added(day: date, count: int) -> None:
    assert CALENDAR.working_days_between(day, CALENDAR.add_working_days(day, count)) == count


@given(DAYS, st.integers(-60, 60))
def test_adding_agrees_with_walking_day_by_day(day: date, count: int) -> None:
    step = timedelta(days=1 if count > 0 else -1)
    walked, left = day, abs(count)
    while left:
        walked += step
        left -= CALENDAR.is_working_day(walked)
    assert CALENDAR.add_working_days(day, count) == walked


@given(DAYS, st.integers(1, 400))
def test_two_gathers_add_working_days(day: date, count: int) -> None:
    arrays = CALENDAR.ordinals()
    offset = (day - arrays.first).days
    after = arrays.days[arrays.counts[offset] + count - 1]
    assert arrays.first + timedelta(days=after) == CALENDAR.add_working_days(day, count)
    before = arrays.days[arrays.counts[offset] - CALENDAR.is_working_day(day) - count]
    assert arrays.first + timedelta(days=before) == CALENDAR.add_working_days(day, -count)


def test_the_arrays_span_the_table() -> None:
    arrays = CALENDAR.ordinals()
    assert arrays.first == date(2004, 1, 1)
    assert len(arrays.counts) == (date(2029, 1, 1) - date(2004, 1, 1)).days
    assert arrays.counts[-1] == len(arrays.days)


# --- outside the table ------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2029, 1, 1), date(1, 1, 1), date.max])
def test_days_outside_are_a_domain_error(day: date) -> None:
    inside = date(2026, 1, 5)
    for ask in (
        lambda: CALENDAR.is_working_day(day),
        lambda: CALENDAR.exception(day),
        lambda: CALENDAR.on_or_after(day),
        lambda: CALENDAR.add_working_days(day, 0),
        lambda: CALENDAR.working_days_between(day, inside),
        lambda: CALENDAR.working_days_between(inside, day),
    ):
        with pytest.raises(CalendarError) as caught:
            ask()
        assert caught.value.problem.code == "calendar-outside"
        assert str(caught.value) == caught.value.problem.message
        assert str(day.year) in caught.value.problem.message
        assert "2004—2028" in caught.value.problem.message


def test_results_outside_are_a_domain_error() -> None:
    for day, count in (
        (date(2028, 12, 1), 60),
        (date(2004, 1, 5), -10),
        (date(2028, 12, 1), 10**9),
    ):
        with pytest.raises(CalendarError):
            CALENDAR.add_working_days(day, count)
    last = date(2028, 12, 29)
    assert CALENDAR.add_working_days(date(2028, 12, 28), 1) == last
    with pytest.raises(CalendarError):
        CALENDAR.on_or_after(date(2028, 12, 30))
    assert CALENDAR.add_working_days(date(2004, 1, 5), -1) == date(2004, 1, 2)


def test_an_empty_calendar_covers_nothing() -> None:
    empty = build_calendar([], {})
    assert empty.years() == range(0)
    assert empty.status(2026) is YearStatus.NONE
    with pytest.raises(CalendarError):
        empty.is_working_day(date(2026, 1, 1))
    with pytest.raises(CalendarError):
        empty.ordinals()
    with pytest.raises(ValueError, match="consecutive"):
        build_calendar([], {2024: YearStatus.PUBLISHED, 2026: YearStatus.PUBLISHED})


def test_a_calendar_can_be_sent_to_another_process() -> None:
    again: Calendar = pickle.loads(pickle.dumps(CALENDAR))
    assert again == CALENDAR
    assert again.is_working_day(date(2026, 2, 14)) is True


# --- faults of the file -----------------------------------------------------------------------------


def test_faults_of_rows_are_reported_together(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "2026-01-01,放假,元旦,通知,已公布",
        "2026-02-30,放假,春节,通知,已公布",
        "20260217,放假,春节,通知,已公布",
        "2026-02-17,放价,春节,通知,",
        "2026-01-01,放假,元旦,通知,已公布",
        "2026-01-03,放假,元旦,通知,已公布",
        "2026-01-05,调休上班,元旦,通知,已公布",
    )
    assert faults(path) == [
        ("calendar-date", 3),
        ("calendar-date", 4),
        ("calendar-value", 5),
        ("calendar-value", 5),
        ("calendar-duplicate", 6),
        ("calendar-no-exception", 7),
        ("calendar-no-exception", 8),
    ]
    calendar, problems = load_calendar(path)
    assert "“放假”" in problems[2].remedy
    assert len(calendar.exceptions) == 3
    assert calendar.is_working_day(date(2026, 1, 3)) is False
    assert calendar.is_working_day(date(2026, 1, 5)) is True
    assert calendar.is_working_day(date(2026, 2, 17)) is True


def test_a_year_of_both_states_is_provisional(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "2026-01-01,放假,元旦,通知,已公布",
        "2026-01-02,放假,元旦,通知,暂定",
        "2026-02-17,放假,春节,通知,暂定",
    )
    assert faults(path) == [("calendar-status-mixed", 3)]
    assert load_calendar(path)[0].status(2026) is YearStatus.PROVISIONAL


def test_years_before_a_gap_are_left_out(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "2020-01-01,放假,元旦,通知,已公布",
        "2024-01-01,放假,元旦,通知,已公布",
        "2025-01-01,放假,元旦,通知,已公布",
    )
    calendar, problems = load_calendar(path)
    assert [(problem.code, problem.found) for problem in problems] == [
        ("calendar-year-missing", "2021、2022、2023")
    ]
    assert calendar.years() == range(2024, 2026)
    assert calendar.status(2020) is YearStatus.NONE
    assert [item.day.year for item in calendar.exceptions] == [2024, 2025]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert faults(tmp_path / "none.csv") == [("csv-missing", 0)]
    assert faults(written(tmp_path)) == [("csv-empty", 1)]
    assert (
        faults(written(tmp_path, "2026-01-01,放假", headings="日期,类型"))
        == [("csv-column-missing", 1)] * 3
    )
    path = tmp_path / "gbk.csv"
    path.write_bytes(HEADINGS.encode("gb18030"))
    calendar, problems = load_calendar(path)
    assert [problem.code for problem in problems] == ["csv-encoding"]
    assert calendar.years() == range(0)
