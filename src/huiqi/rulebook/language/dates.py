"""Moving dates by spans, in days since 1970-01-01.

Rule for anniversaries (民法典 第二百零二条 leaves it to the calendar): the same day of the later month,
or that month's last day where there is no such day: 2024-02-29 + 12 months = 2025-02-28.
Working days follow the official calendar; the day after the start is day one (第二百零一条).
"""

import calendar as months
from datetime import date

from huiqi.rulebook.language.calendar import Calendar, CalendarError
from huiqi.rulebook.language.literals import days, to_date
from huiqi.rulebook.language.nodes import Unit


def shift(day: int, amount: int, unit: Unit, calendar: Calendar) -> int | None:
    """``day`` moved by ``amount`` units; None where the calendar of working days ends."""
    match unit:
        case Unit.DAY:
            return day + amount
        case Unit.MONTH | Unit.YEAR:
            return shift_months(day, amount * (12 if unit is Unit.YEAR else 1))
        case Unit.WORKDAY:
            try:
                return days(calendar.add_working_days(to_date(day), amount))
            except CalendarError:
                return None


def shift_months(day: int, count: int) -> int:
    """``day`` moved by whole months, clipped to the month's last day."""
    start = to_date(day)
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    last = months.monthrange(year, month + 1)[1]
    return days(date(year, month + 1, min(start.day, last)))


def year_of(day: int) -> int:
    """The calendar year of a day."""
    return to_date(day).year
