"""The working days: years announced or provisional, and the days that differ from the ordinary week."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import calendar as days
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role, YearState
from huiqi.portal.base.models import CalendarDay, CalendarYear
from huiqi.portal.web.acting import DayInput, done, pressed
from huiqi.rulebook.language.calendar import Calendar

KINDS = (("off", "放假"), ("work", "调休上班"), ("plain", "按星期几（取消登记）"))


class YearForm(forms.Form):
    state = forms.ChoiceField(label="放假安排", choices=YearState.choices)
    notice = forms.CharField(
        label="文件", max_length=120, required=False, help_text="公布放假安排的通知名称或文号"
    )


class DayForm(forms.Form):
    day = forms.DateField(label="日期", widget=DayInput())
    kind = forms.ChoiceField(label="这一天", choices=KINDS)
    name = forms.CharField(label="名称", max_length=40, required=False, help_text="例如：国庆节")


@allow(Role.OPERATOR)
def calendar(request: HttpRequest) -> HttpResponse:
    """The years, the present one and those to come first."""
    counted = days.current()
    held = {year.year: year for year in CalendarYear.objects.all()}
    rows = [
        {
            "year": year,
            "state": counted.status(year).value,
            "notice": held[year].notice if year in held else "",
            "working": _working_days(counted, year),
        }
        for year in sorted(counted.years(), reverse=True)
    ]
    return render(
        request,
        "web/operator/calendar.html",
        {"years": rows, "is_own": bool(held), "this_year": timezone.localdate().year},
    )


@allow(Role.OPERATOR)
@require_POST
def calendar_take_over(request: HttpRequest) -> HttpResponse:
    """Takes over what the project's own calendar has more or later."""
    taken = days.take_over(by=actor_of(request), at=timezone.now())
    if taken:
        messages.success(request, f"已载入{len(taken)}个年份")
    else:
        messages.info(request, "没有新的年份，日历未改动")
    return redirect("web:calendar")


@allow(Role.OPERATOR)
@require_POST
def calendar_add_year(request: HttpRequest) -> HttpResponse:
    """The year after the last one, provisional."""
    pressed(
        request,
        lambda: days.add_year(by=actor_of(request), at=timezone.now()),
        "已添加，放假安排公布前按暂定计算",
    )
    return redirect("web:calendar")


@allow(Role.OPERATOR)
def calendar_year(request: HttpRequest, year: int) -> HttpResponse:
    """One year: its state and its days; both can be changed."""
    found = get_object_or_404(CalendarYear, pk=year)
    start = {"state": found.state, "notice": found.notice}
    is_day = request.POST.get("part") == "day"
    data = request.POST if request.method == "POST" else None
    form = YearForm(None if is_day else data, initial=start)
    day_form = DayForm(data if is_day else None)
    actor, at = actor_of(request), timezone.now()

    def change(values: Any) -> None:
        days.set_year(found, YearState(values["state"]), values["notice"], by=actor, at=at)

    def set_day(values: Any) -> None:
        day, kind = values["day"], values["kind"]
        works = day.weekday() < 5 if kind == "plain" else kind == "work"
        days.set_day(day, works, values["name"], by=actor, at=at)

    if data is not None and (done(day_form, set_day) if is_day else done(form, change)):
        messages.success(request, "已保存，办理期限从现在起按新的日历计算")
        return redirect("web:calendar_year", year)
    rows = CalendarDay.objects.filter(day__year=year).order_by("day")
    return render(
        request,
        "web/operator/calendar_year.html",
        {"year": CalendarYear.objects.get(pk=year), "days": rows, "form": form, "day": day_form},
    )


def _working_days(counted: Calendar, year: int) -> int:
    before, last = date(year, 1, 1), date(year, 12, 31)
    # The first day of a span is not counted.
    return counted.working_days_between(before, last) + counted.is_working_day(before)


urlpatterns = [
    path("admin/calendar/", calendar, name="calendar"),
    path("admin/calendar/take-over/", calendar_take_over, name="calendar_take_over"),
    path("admin/calendar/add-year/", calendar_add_year, name="calendar_add_year"),
    path("admin/calendar/<int:year>/", calendar_year, name="calendar_year"),
]
