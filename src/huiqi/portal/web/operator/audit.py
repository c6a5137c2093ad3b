"""The record of acts: searched by actor, act, subject and days; exported; the chain checked."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import audit as chain
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import AuditEntry, User
from huiqi.portal.web.acting import DayInput
from huiqi.portal.web.exporting import Column, Export
from huiqi.portal.web.listing import Filters, listing
from huiqi.portal.web.operator.acts import DETAILS, name_of, parts

ROLES = {str(role.value): str(role.label) for role in Role}


class AuditFilters(Filters):
    """By person, act, subject and days."""

    actor = forms.CharField(label="操作人（姓名或用户名）", max_length=64)
    act = forms.ChoiceField(label="事项")
    subject = forms.CharField(label="对象", max_length=120)
    since = forms.DateField(label="自", widget=DayInput())
    until = forms.DateField(label="至", widget=DayInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(part, words) for part, words in parts()]
        self.fields["act"].choices = [("", "全部事项"), *named]  # type: ignore[attr-defined]

    def narrow(self, rows: QuerySet[AuditEntry], values: Mapping[str, Any]) -> QuerySet[AuditEntry]:
        who = (values["actor"] or "").strip()
        if who:
            person = User.objects.filter(username=who).first()
            rows = rows.filter(actor=person) if person else rows.filter(actor_name=who)
        if values["act"]:
            rows = rows.filter(act__startswith=values["act"])
        if values["subject"]:
            rows = rows.filter(subject__startswith=values["subject"].strip())
        if values["since"]:
            rows = rows.filter(at__gte=_morning(values["since"]))
        if values["until"]:
            rows = rows.filter(at__lt=_morning(values["until"] + timedelta(days=1)))
        return rows


def _morning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


EXPORT = Export(
    "审计记录",
    [
        Column("序号", lambda entry: entry.number, "number", 10),
        Column("时间", lambda entry: entry.at, "time", 18),
        Column("操作人", lambda entry: entry.actor_name),
        Column("单位", lambda entry: entry.unit.name if entry.unit else "", width=28),
        Column("事项", lambda entry: name_of(entry.act), width=22),
        Column("事项代码", lambda entry: entry.act, width=22),
        Column("对象", lambda entry: entry.subject, width=24),
        Column("详情", lambda entry: str(entry.detail) if entry.detail else "", width=40),
        Column("网络地址", lambda entry: entry.address or ""),
        Column("摘要", lambda entry: entry.digest, width=66),
    ],
    act="audit.export",
)


@allow(Role.AUDITOR, Role.OPERATOR)
def audit(request: HttpRequest) -> HttpResponseBase:
    """The entries, newest first."""
    listed = listing(
        request,
        AuditEntry.objects.select_related("unit", "actor"),
        AuditFilters,
        sorts={"number": ("number",)},
        default_sort="-number",
        per_page=50,
        export=EXPORT,
    )
    if listed.download:
        return listed.download
    rows = [
        {"entry": entry, "act": name_of(entry.act), "detail": _shown(entry.detail)}
        for entry in listed.rows
    ]
    return render(request, "web/operator/audit.html", {"listing": listed, "rows": rows})


@allow(Role.AUDITOR, Role.OPERATOR)
@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Walks the chain and says whether it holds."""
    held, broken = chain.verify()
    if broken is None:
        messages.success(request, f"审计记录完整，共{held:,}条")
    else:
        messages.error(
            request, f"第{broken.number}条：{broken.why}。前面的{held:,}条完整，请立即报告"
        )
    chain.record(
        "audit.verify",
        at=timezone.now(),
        actor=actor_of(request),
        subject="审计记录",
        held=held,
        broken=broken.number if broken else None,
    )
    return redirect("web:audit")


def _shown(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (DETAILS.get(name, name), ROLES.get(str(value), _words(value)))
        for name, value in detail.items()
        if value not in (None, "", [])
    ]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_words(item) for item in value)
    if isinstance(value, dict):
        return "；".join(f"{name} {_words(item)}" for name, item in value.items())
    return str(value)


urlpatterns = [
    path("admin/audit/", audit, name="audit"),
    path("admin/audit/verify/", audit_verify, name="audit_verify"),
]
