"""The working days as data that an operator edits, and the rulebook's calendar made of them.

Each change is frozen under the digest of its content and, once committed, counts wherever rules are
evaluated (:func:`huiqi.portal.base.rules.library`). What was decided names the digest, and can be
decided again by it.
"""

import os
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import transaction

from huiqi.portal.base import audit, rules, workdays
from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import YearState
from huiqi.portal.base.locks import alone
from huiqi.portal.base.models import CalendarDay, CalendarState, CalendarYear
from huiqi.portal.base.refusal import Refused
from huiqi.rulebook.language.calendar import (
    Calendar,
    DayException,
    DayKind,
    YearStatus,
    build_calendar,
)

STATUSES = {
    YearState.ANNOUNCED.value: YearStatus.PUBLISHED,
    YearState.PROVISIONAL.value: YearStatus.PROVISIONAL,
}
YEARS = tuple[tuple[int, str, str], ...]
LOCK = 0x48_75_69_44
DAYS = tuple[tuple[date, bool, str], ...]


def current() -> Calendar:
    """The calendar as edited; before anything was taken over, the one that came with the files."""
    years = tuple(CalendarYear.objects.order_by("year").values_list("year", "state", "notice"))
    if not years:
        return rules.as_released().vocabulary.calendar
    days = CalendarDay.objects.order_by("day").values_list("day", "is_working", "name")
    return _built(years, tuple(days))


def freeze(calendar: Calendar, *, at: datetime) -> str:
    """Keeps a calendar for good; returns its digest."""
    digest = workdays.digest(calendar)
    CalendarState.objects.get_or_create(
        digest=digest, defaults={"content": workdays.to_text(calendar), "made_at": at}
    )
    return digest


def frozen(digest: str) -> Calendar:
    """A calendar as it was kept. Raises ``CalendarState.DoesNotExist``."""
    return workdays.from_text(CalendarState.objects.get(pk=digest).content)


def publish(*, at: datetime) -> str:
    """Makes the edited calendar count once the transaction is committed; returns its digest.

    Safe to call at any time: the same days give the same file.
    """
    alone(LOCK)
    digest = freeze(current(), at=at)
    transaction.on_commit(_lay_out)
    return digest


@transaction.atomic
def install(*, at: datetime) -> None:
    """Lays out the working days for this machine, where an operator keeps any."""
    if CalendarYear.objects.exists():
        publish(at=at)


@transaction.atomic
def _lay_out() -> None:
    """Writes the days as they now are: of two who edited at once, the later commit writes both."""
    alone(LOCK)
    calendar = current()
    digest, text = workdays.digest(calendar), workdays.to_text(calendar)
    home = rules.calendars()
    home.mkdir(parents=True, exist_ok=True)
    file = home / f"{digest}.json"
    if not file.is_file():
        # Beside first, then renamed: a file with that name is always whole.
        beside = home / f".{digest}-{os.getpid()}"
        beside.write_text(text, "utf-8")
        beside.replace(file)
    rules.name(home, digest)


@lru_cache(maxsize=4)
def _built(years: YEARS, days: DAYS) -> Calendar:
    of = {year: (STATUSES[state], notice) for year, state, notice in years}
    kept = [
        DayException(
            day, DayKind.WORK if works else DayKind.OFF, name, of[day.year][1], of[day.year][0]
        )
        for day, works, name in days
        if day.year in of
    ]
    return build_calendar(kept, {year: status for year, (status, _) in of.items()})


@transaction.atomic
def take_over(*, by: Actor, at: datetime, years: Iterable[int] | None = None) -> list[int]:
    """Takes over years of the project's own calendar, each as a whole; which they were.

    Without ``years``: those that are missing, and those that are provisional here and announced
    there.
    """
    source = rules.as_released().vocabulary.calendar
    held = dict(CalendarYear.objects.values_list("year", "state"))
    if years is None:
        announced = YearStatus.PUBLISHED
        wanted = [
            year
            for year, status in source.statuses
            if year not in held or (held[year] == YearState.PROVISIONAL and status is announced)
        ]
    else:
        wanted = [year for year in years if year in source.years()]
    if not wanted:
        return []
    named = {status: state for state, status in STATUSES.items()}
    chosen = [item for item in source.exceptions if item.day.year in set(wanted)]
    basis = {
        year: Counter(item.basis for item in chosen if item.day.year == year).most_common(1)
        for year in wanted
    }
    CalendarDay.objects.filter(day__year__in=wanted).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(day=item.day, is_working=item.kind is DayKind.WORK, name=item.festival[:40])
        for item in chosen
    )
    CalendarYear.objects.filter(year__in=wanted).delete()
    CalendarYear.objects.bulk_create(
        CalendarYear(
            year=year,
            state=named[source.status(year)],
            notice=basis[year][0][0][:120] if basis[year] else "",
        )
        for year in wanted
    )
    _noted("calendar.take_over", "工作日历", by, at, years=wanted)
    return wanted


@transaction.atomic
def add_year(*, by: Actor, at: datetime) -> CalendarYear:
    """The year after the last one, provisional: no holidays known yet."""
    last = CalendarYear.objects.order_by("-year").first()
    if last is None:
        raise Refused("还没有任何年份", "请先载入随软件附带的日历")
    made = CalendarYear.objects.create(year=last.year + 1, state=YearState.PROVISIONAL)
    _noted("calendar.add_year", f"{made.year}年", by, at)
    return made


@transaction.atomic
def set_year(year: CalendarYear, state: YearState, notice: str, *, by: Actor, at: datetime) -> None:
    """Whether a year's arrangement is announced, and by which document."""
    if state == YearState.ANNOUNCED and not notice.strip():
        raise Refused("没有填写放假安排的文件名", "已公布的年份要写明依据", "notice")
    year.state, year.notice = state, notice.strip()
    year.save()
    _noted("calendar.set_year", f"{year.year}年", by, at, state=state, notice=year.notice)


@transaction.atomic
def set_day(day: date, is_working: bool, name: str, *, by: Actor, at: datetime) -> None:
    """One day on or off; a day that is as its weekday says needs no entry."""
    if not CalendarYear.objects.filter(year=day.year).exists():
        raise Refused(f"{day.year}年还不在日历里", "请先添加这一年", "day")
    if is_working is (day.weekday() < 5):
        dropped, _ = CalendarDay.objects.filter(day=day).delete()
        if not dropped:
            what = "本来就上班" if is_working else "本来就休息"
            raise Refused(
                f"这一天是星期{'一二三四五六日'[day.weekday()]}，{what}", "不用登记", "day"
            )
    elif not name.strip():
        raise Refused("没有填写节日或调休的名称", "例如：国庆节", "name")
    else:
        CalendarDay.objects.update_or_create(
            day=day, defaults={"is_working": is_working, "name": name.strip()}
        )
    _noted("calendar.set_day", day.isoformat(), by, at, is_working=is_working, name=name.strip())


def _noted(act: str, subject: str, by: Actor, at: datetime, **detail: Any) -> None:
    """What every change ends with: it counts from now on, and the audit names what then counts."""
    digest = publish(at=at)
    audit.record(act, at=at, actor=by, subject=subject, digest=digest, **detail)
