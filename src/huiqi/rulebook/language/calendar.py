"""Working days of China: Monday to Friday, except where the State Council arranged otherwise.

The table holds only the exceptions, year by year, and says of each year whether its arrangement has
been published or is provisional. Counting follows 民法典 article 201: the day on which a period
begins is not counted. All look-ups are array accesses.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from huiqi.rulebook.language.csvfile import Row, read_table
from huiqi.rulebook.problems import Problem, Severity, suggest

REQUIRED = ("日期", "类型", "节日", "依据", "状态")


class DayKind(StrEnum):
    """What makes the day differ from an ordinary Monday to Friday week."""

    OFF = "放假"
    WORK = "调休上班"


class YearStatus(StrEnum):
    """Whether the arrangement of a year is known."""

    PUBLISHED = "已公布"
    PROVISIONAL = "暂定"
    NONE = "无"


class CalendarError(Exception):
    """A day or year that the table does not cover. ``problem`` says it to the person who asked."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class DayException:
    """One row of the table: a day off on a weekday, or a working Saturday or Sunday."""

    day: date
    kind: DayKind
    festival: str
    basis: str
    status: YearStatus


@dataclass(frozen=True, slots=True)
class WorkingDayArrays:
    """The calendar as two integer lists, for columns of dates.

    ``counts[i]`` is the number of working days from ``first`` to ``first`` + i days, both
    included. ``days[k]`` is the k-th working day (from 0) as days after ``first``. With ``i`` the
    offset of a date and ``n`` at least 1, the n-th working day after it is ``days[counts[i] + n -
    1]``, and the n-th before it is ``days[counts[i] - works(i) - n]``, where ``works(i)`` is 1 if
    the date itself is a working day. An index outside the list means a date outside the table.
    """

    first: date
    counts: list[int]
    days: list[int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days of consecutive years, from ``load_calendar`` or ``build_calendar``."""

    statuses: tuple[tuple[int, YearStatus], ...]
    exceptions: tuple[DayException, ...]
    _first: int = field(repr=False, compare=False, default=1)
    _counts: tuple[int, ...] = field(repr=False, compare=False, default=())
    _days: tuple[int, ...] = field(repr=False, compare=False, default=())
    _by_day: Mapping[int, DayException] = field(repr=False, compare=False, default_factory=dict)

    def status(self, year: int) -> YearStatus:
        """Whether the arrangement of the year is published, provisional or absent."""
        if not self.statuses or not self.statuses[0][0] <= year <= self.statuses[-1][0]:
            return YearStatus.NONE
        return self.statuses[year - self.statuses[0][0]][1]

    def years(self) -> range:
        """The years covered, without gaps."""
        if not self.statuses:
            return range(0)
        return range(self.statuses[0][0], self.statuses[-1][0] + 1)

    def exception(self, day: date) -> DayException | None:
        """The row of the table for the day, or None for a day that follows the ordinary week."""
        self._offset(day)
        return self._by_day.get(day.toordinal())

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on the day. Raises CalendarError outside the table."""
        return self._works(self._offset(day))

    def on_or_after(self, day: date) -> date:
        """The day itself if offices work, else the next working day (民法典 article 203).

        Raises CalendarError when either lies outside the table.
        """
        offset = self._offset(day)
        return day if self._works(offset) else self._gather(self._counts[offset], day)

    def add_working_days(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day``, which is not itself counted.

        With a negative count, the working day that many before. With 0 the day itself, working or
        not. Raises CalendarError when the start or the result lies outside the table.
        """
        offset = self._offset(day)
        if count == 0:
            return date.fromordinal(self._first + offset)
        if count > 0:
            return self._gather(self._counts[offset] + count - 1, day)
        return self._gather(self._before(offset) + count, day)

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lead from ``start`` to ``end``.

        ``start`` is never counted, ``end`` is. Negative when ``end`` is the earlier, so that
        ``working_days_between(d, add_working_days(d, n))`` is always n. Raises CalendarError outside the table.
        """
        one, two = self._offset(start), self._offset(end)
        if two >= one:
            return self._counts[two] - self._counts[one]
        return self._before(two) - self._before(one)

    def ordinals(self) -> WorkingDayArrays:
        """The calendar as lists for columnar use. Raises CalendarError for an empty table."""
        if not self._counts:
            raise self._outside("工作日表没有任何年份")
        return WorkingDayArrays(date.fromordinal(self._first), list(self._counts), list(self._days))

    def _offset(self, day: date) -> int:
        offset = day.toordinal() - self._first
        if 0 <= offset < len(self._counts):
            return offset
        raise self._outside(f"{day.year}年的放假安排不在工作日表里")

    def _works(self, offset: int) -> bool:
        return self._counts[offset] > self._before(offset)

    def _before(self, offset: int) -> int:
        return self._counts[offset - 1] if offset else 0

    def _gather(self, index: int, start: date) -> date:
        if 0 <= index < len(self._days):
            return date.fromordinal(self._first + self._days[index])
        raise self._outside(f"从{start:%Y-%m-%d}推算的工作日超出了工作日表")

    def _outside(self, message: str) -> CalendarError:
        years = self.years()
        span = f"（现有{years[0]}—{years[-1]}年）" if years else ""
        return CalendarError(
            Problem("calendar-outside", f"{message}{span}", "补充 working_days.csv 后再算")
        )


def build_calendar(
    exceptions: Iterable[DayException], statuses: Mapping[int, YearStatus]
) -> Calendar:
    """A calendar over the years of ``statuses``, which must follow one another without a gap.

    Exceptions of other years are left out. Raises ValueError for a gap.
    """
    years = sorted(statuses)
    kept = tuple(
        sorted((item for item in exceptions if item.day.year in statuses), key=lambda x: x.day)
    )
    if not years:
        return Calendar((), ())
    if years[-1] - years[0] + 1 != len(years):
        raise ValueError("years of a calendar must be consecutive")
    by_day = {item.day.toordinal(): item for item in kept}
    first = date(years[0], 1, 1).toordinal()
    last = date(years[-1], 12, 31).toordinal()
    counts: list[int] = []
    days: list[int] = []
    for ordinal in range(first, last + 1):
        item = by_day.get(ordinal)
        # date.toordinal counts from Monday, 1 January of year 1.
        works = (ordinal - 1) % 7 < 5 if item is None else item.kind is DayKind.WORK
        if works:
            days.append(ordinal - first)
        counts.append(len(days))
    return Calendar(
        tuple((year, statuses[year]) for year in years),
        kept,
        first,
        tuple(counts),
        tuple(days),
        by_day,
    )


def load_calendar(path: Path) -> tuple[Calendar, list[Problem]]:
    """The calendar of a working-day table, and everything wrong with the file.

    Columns: 日期, 类型 (放假, 调休上班), 节日, 依据, 状态 (已公布, 暂定). A row that cannot be
    read is left out. A year with rows of both states counts as provisional. Where a year has no
    row at all, only the years after the gap are covered. A file without usable rows gives a
    calendar that covers nothing.
    """
    rows, problems = read_table(path, REQUIRED)
    file = str(path)
    exceptions: list[DayException] = []
    lines: dict[date, int] = {}
    for row in rows:
        item, found = _parse(row)
        problems.extend(problem.at(file=file, line=row.line) for problem in found)
        if item is None:
            continue
        if item.day in lines:
            problems.append(
                Problem(
                    "calendar-duplicate",
                    f"{item.day:%Y-%m-%d} 已在第{lines[item.day]}行写过",
                    "同一天只留一行",
                    file=file,
                    line=row.line,
                    field="日期",
                    found=row.cells["日期"],
                )
            )
            continue
        lines[item.day] = row.line
        exceptions.append(item)
    statuses, found = _statuses(exceptions, lines)
    problems.extend(problem.at(file=file) for problem in found)
    return build_calendar(exceptions, statuses), problems


def _parse(row: Row) -> tuple[DayException | None, list[Problem]]:
    cells = row.cells
    problems: list[Problem] = []
    day = _date(cells["日期"])
    if day is None:
        problems.append(
            Problem(
                "calendar-date",
                f"“{cells['日期']}”不是日期",
                "写成 2026-02-17 的样子",
                field="日期",
                found=cells["日期"],
            )
        )
    kinds, states = list(DayKind), [YearStatus.PUBLISHED, YearStatus.PROVISIONAL]
    problems.extend(_choice("类型", cells["类型"], kinds))
    problems.extend(_choice("状态", cells["状态"], states))
    if day is None or problems:
        return None, problems
    kind = DayKind(cells["类型"])
    weekend = day.weekday() >= 5
    if weekend is (kind is DayKind.OFF):
        name = "一二三四五六日"[day.weekday()]
        problems.append(
            Problem(
                "calendar-no-exception",
                f"{day:%Y-%m-%d} 是星期{name}，写“{kind}”没有改变什么",
                "核对日期；没写错可以删去这一行",
                field="日期",
                found=cells["日期"],
                severity=Severity.WARNING,
            )
        )
    status = YearStatus(cells["状态"])
    return DayException(day, kind, cells["节日"], cells["依据"], status), problems


def _choice(heading: str, value: str, allowed: Sequence[str]) -> list[Problem]:
    names = [str(name) for name in allowed]
    if value in names:
        return []
    remedy = suggest(value, names) or f"写{'或'.join(f'“{name}”' for name in names)}"
    message = f"“{heading}”不能是“{value}”" if value else f"“{heading}”没有填"
    return [Problem("calendar-value", message, remedy, field=heading, found=value)]


def _date(text: str) -> date | None:
    # fromisoformat also takes 20260217 and 2026-W08-2, which nobody means in this column.
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _statuses(
    exceptions: Sequence[DayException], lines: Mapping[date, int]
) -> tuple[dict[int, YearStatus], list[Problem]]:
    """The state of each year of the last unbroken run of years."""
    problems: list[Problem] = []
    found: dict[int, YearStatus] = {}
    mixed: set[int] = set()
    for item in sorted(exceptions, key=lambda x: x.day):
        year = item.day.year
        if found.setdefault(year, item.status) is not item.status and year not in mixed:
            mixed.add(year)
            problems.append(
                Problem(
                    "calendar-status-mixed",
                    f"{year}年的行有的写已公布、有的写暂定，先按暂定",
                    "一年只用一种状态",
                    line=lines[item.day],
                    field="状态",
                    found=str(item.status),
                )
            )
    for year in mixed:
        found[year] = YearStatus.PROVISIONAL
    years = sorted(found)
    start = 0
    for index in range(1, len(years)):
        if years[index] == years[index - 1] + 1:
            continue
        missing = "、".join(str(year) for year in range(years[index - 1] + 1, years[index]))
        problems.append(
            Problem(
                "calendar-year-missing",
                f"缺{missing}年的行，{years[index]}年以前的都没有采用",
                "补上缺的年份",
                field="日期",
                found=missing,
            )
        )
        start = index
    return {year: found[year] for year in years[start:]}, problems
