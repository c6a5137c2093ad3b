"""Long work: what waits, runs and has ended, with progress; stopped where need be."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import jobs as work
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import JobState, Role
from huiqi.portal.base.models import Job, Routine
from huiqi.portal.web.acting import pressed
from huiqi.portal.web.listing import Filters, listing


class JobFilters(Filters):
    """By title and state."""

    q = forms.CharField(label="名称", max_length=60)
    state = forms.ChoiceField(label="状态", choices=[("", "全部状态"), *JobState.choices])

    def narrow(self, rows: QuerySet[Job], values: Mapping[str, Any]) -> QuerySet[Job]:
        if values["q"]:
            rows = rows.filter(title__contains=values["q"].strip())
        return rows.filter(state=values["state"]) if values["state"] else rows


@allow(Role.OPERATOR)
def jobs(request: HttpRequest) -> HttpResponseBase:
    """All jobs, newest first, and when the work that comes round was last done."""
    listed = listing(
        request,
        Job.objects.select_related("asked_by"),
        JobFilters,
        sorts={"number": ("id",)},
        default_sort="-number",
    )
    work.discover()
    routines = [
        (work.ROUTINES[one.name].title, one.begun_at)
        for one in Routine.objects.order_by("name")
        if one.name in work.ROUTINES
    ]
    return render(request, "web/operator/jobs.html", {"listing": listed, "routines": routines})


@allow(Role.OPERATOR)
@require_POST
def job_cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Stops a job; what it has already written stays."""
    found = get_object_or_404(Job, pk=number)
    pressed(
        request,
        lambda: work.cancel(found, by=actor_of(request), at=timezone.now()),
        "作业已取消，已写入的部分保留",
    )
    return redirect("web:jobs")


urlpatterns = [
    path("admin/accounts/jobs/", jobs, name="jobs"),
    path("admin/accounts/jobs/<int:number>/cancel/", job_cancel, name="job_cancel"),
]
