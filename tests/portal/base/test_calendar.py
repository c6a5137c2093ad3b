"""The working days an operator edits are the rulebook's calendar."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.base import calendar, rules, workdays
from huiqi.portal.base.enums import YearState
from huiqi.portal.base.models import AuditEntry, CalendarDay, CalendarYear
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.rulebook.language.calendar import DayKind, YearStatus
from tests.portal.people import NOW, operator

pytestmark = pytest.mark.django_db
DAY = date(2027, 10, 4)  # a Monday


def test_before_anything_is_taken_over_the_projects_calendar_counts() -> None:
    assert calendar.current() is library().vocabulary.calendar


def test_what_is_taken_over_counts_the_same() -> None:
    own = library().vocabulary.calendar
    taken = calendar.take_over(by=operator().actor, at=NOW)
    made = calendar.current()
    assert taken == list(own.years())
    assert made.statuses == own.statuses
    assert [(one.day, one.kind, one.festival) for one in made.exceptions] == [
        (one.day, one.kind, one.festival) for one in own.exceptions
    ]
    assert made.ordinals() == own.ordinals()
    assert calendar.take_over(by=operator().actor, at=NOW) == []
    assert AuditEntry.objects.count() == 1


def test_a_day_is_set_and_unset() -> None:
    by = operator().actor
    calendar.take_over(by=by, at=NOW)
    CalendarDay.objects.filter(day=DAY).delete()
    before = calendar.current().is_working_day(DAY)
    calendar.set_day(DAY, False, "国庆节", by=by, at=NOW)
    made = calendar.current()
    assert (before, made.is_working_day(DAY)) == (True, False)
    found = made.exception(DAY)
    assert found is not None
    assert (found.kind, found.festival, found.status) == (
        DayKind.OFF,
        "国庆节",
        YearStatus.PROVISIONAL,
    )
    calendar.set_day(DAY, True, "", by=by, at=NOW)
    assert calendar.current().is_working_day(DAY)
    assert not CalendarDay.objects.filter(day=DAY).exists()


@pytest.mark.parametrize(
    ("day", "works", "name", "said"),
    [
        (date(2027, 10, 12), True, "", "这一天是星期二，本来就上班"),
        (date(2027, 10, 16), False, "", "这一天是星期六，本来就休息"),
        (date(2027, 10, 16), True, " ", "没有填写节日或调休的名称"),
        (date(2031, 10, 16), True, "调休", "2031年还不在日历里"),
    ],
)
def test_a_day_that_changes_nothing_is_refused(
    day: date, works: bool, name: str, said: str
) -> None:
    by = operator().actor
    calendar.take_over(by=by, at=NOW)
    days = CalendarDay.objects.count()
    with pytest.raises(Refused, match=said):
        calendar.set_day(day, works, name, by=by, at=NOW)
    assert CalendarDay.objects.count() == days


def test_years_follow_one_another_and_are_announced_with_a_document() -> None:
    by = operator().actor
    with pytest.raises(Refused, match="还没有任何年份"):
        calendar.add_year(by=by, at=NOW)
    calendar.take_over(by=by, at=NOW)
    last = calendar.current().years()[-1]
    made = calendar.add_year(by=by, at=NOW)
    assert (made.year, calendar.current().status(last + 1)) == (last + 1, YearStatus.PROVISIONAL)
    with pytest.raises(Refused, match="没有填写放假安排的文件名"):
        calendar.set_year(made, YearState.ANNOUNCED, "", by=by, at=NOW)
    calendar.set_year(made, YearState.ANNOUNCED, "示例通知", by=by, at=NOW)
    assert calendar.current().status(last + 1) is YearStatus.PUBLISHED


def test_a_provisional_year_is_replaced_when_the_project_knows_it() -> None:
    by = operator().actor
    calendar.take_over(by=by, at=NOW)
    CalendarYear.objects.filter(year=2026).update(state=YearState.PROVISIONAL, notice="")
    CalendarDay.objects.filter(day__year=2026).delete()
    assert calendar.take_over(by=by, at=NOW) == [2026]
    assert calendar.current().ordinals() == library().vocabulary.calendar.ordinals()


def test_a_request_reads_the_same_rules_until_they_change(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    home = rules.calendars()
    home.mkdir()
    for name in ("one", "two"):
        (home / f"{name}.json").write_text(workdays.to_text(calendar.current()), "utf-8")
    with rules.held():
        first = library()
        (home / "current").write_text("one", "ascii")
        assert library() is first
        rules.name(home, "two")
        changed = library()
        assert changed is not first
    assert library() is changed
