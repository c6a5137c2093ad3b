"""Corrections that enterprises ask for: the queue of the unit that holds the fact, and its decision."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from huiqi.portal.base import audit, files
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.base.rules import library
from huiqi.portal.registry import actions, queries
from huiqi.portal.registry.enums import CorrectionState
from huiqi.portal.registry.models import Correction
from huiqi.portal.web import facts
from huiqi.portal.web.acting import done
from huiqi.portal.web.exporting import Column, Export
from huiqi.portal.web.listing import Filters, listing

DESK = (Role.OFFICER, Role.REGISTRAR)
SORTS = {"asked": ("asked_at",), "fact": ("fact",)}


class CorrectionFilters(Filters):
    """By enterprise and state; what waits comes first."""

    words = forms.CharField(
        label="企业名称或信用代码", max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    state = forms.ChoiceField(
        label="状态",
        choices=[("", "全部"), *CorrectionState.choices],
        initial=CorrectionState.WAITING,
    )

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        words = values["words"]
        if words:
            named = Q(record__name__contains=words) | Q(record__owner__name__contains=words)
            rows = rows.filter(named | Q(record__key=words) | Q(record__owner__key=words))
        return rows.filter(state=values["state"]) if values["state"] else rows


def _shown(one: Correction, which: str) -> str:
    vocabulary = library().vocabulary
    table = vocabulary.tables.get(one.record.table)
    spec = table.facts.get(one.fact) if table else None
    return facts.shown(getattr(one, which), spec, vocabulary)


def subject_of(one: Correction) -> Any:
    """The enterprise (or other subject) that a request is about."""
    return one.record.owner or one.record


EXPORT = Export(
    "更正申请",
    (
        Column("企业", lambda one: subject_of(one).name, width=40),
        Column("信用代码", lambda one: subject_of(one).key, width=22),
        Column("事实", lambda one: one.fact, width=20),
        Column("登记值", lambda one: _shown(one, "present"), width=24),
        Column("申请改为", lambda one: _shown(one, "proposed"), width=24),
        Column("理由", lambda one: one.reason, width=40),
        Column("提出时间", lambda one: one.asked_at, "time", 18),
        Column("状态", lambda one: one.get_state_display()),
        Column("意见", lambda one: one.opinion, width=40),
    ),
    act="registry.export_corrections",
)


@allow(*DESK)
def corrections(request: HttpRequest) -> HttpResponseBase:
    """The requests that the actor's unit decides."""
    found = listing(
        request,
        queries.corrections(actor_of(request)),
        CorrectionFilters,
        sorts=SORTS,
        default_sort="-asked",
        export=EXPORT,
    )
    if found.download:
        return found.download
    rows = [
        (one, subject_of(one), _shown(one, "present"), _shown(one, "proposed"))
        for one in found.rows
    ]
    return render(request, "web/officer/corrections.html", {"listing": found, "rows": rows})


class DecisionForm(forms.Form):
    """Accepted or not, with an opinion."""

    accept = forms.ChoiceField(
        label="办理结果",
        choices=(("yes", "予以更正，登记随即改变"), ("no", "不予更正")),
        widget=forms.RadioSelect,
    )
    opinion = forms.CharField(
        label="意见",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="不予更正的，要写明理由；企业能看到",
    )


@allow(*DESK)
def correction(request: HttpRequest, number: int) -> HttpResponse:
    """One request, and its decision."""
    actor, now = actor_of(request), timezone.now()
    one = _one(request, number)
    may_decide = one.state == CorrectionState.WAITING and actions.may_decide(one, actor)
    form = DecisionForm(request.POST or None)

    def decide(given: Mapping[str, Any]) -> None:
        actions.decide_correction(
            one, accept=given["accept"] == "yes", opinion=given["opinion"], by=actor, at=now
        )

    if request.method == "POST":
        if done(form, decide):
            is_taken = form.cleaned_data["accept"] == "yes"
            yes, no = "已更正，登记和企业的政策结果随之更新。", "已答复企业，登记没有改变。"
            messages.success(request, yes if is_taken else no)
            return redirect("web:corrections")
        if not may_decide and form.non_field_errors():
            # Somebody else was quicker: the page shows what was decided.
            messages.error(request, "；".join(str(one) for one in form.non_field_errors()))
            return redirect("web:correction", number)
    if request.method == "GET":
        audit.record(
            "registry.read_correction", at=now, actor=actor,
            subject=f"{one.record.table} {one.record.key}", correction=one.pk,
        )  # fmt: skip
    return render(
        request,
        "web/officer/correction.html",
        {
            "correction": one,
            "subject": subject_of(one),
            "present": _shown(one, "present"),
            "proposed": _shown(one, "proposed"),
            "form": form,
            "may_decide": may_decide,
        },
    )


@allow(*DESK)
def correction_evidence(request: HttpRequest, number: int) -> HttpResponseBase:
    """The paper an enterprise handed in, as a download."""
    one = _one(request, number)
    if one.evidence is None:
        raise Http404("这项申请没有附材料")
    audit.record(
        "registry.read_evidence", at=timezone.now(), actor=actor_of(request),
        subject=f"{one.record.table} {one.record.key}", correction=one.pk, file=one.evidence.name,
    )  # fmt: skip
    return files.download(one.evidence)


def _one(request: HttpRequest, number: int) -> Correction:
    found = (
        queries.corrections(actor_of(request))
        .select_related("evidence", "asked_by", "decided_by")
        .filter(pk=number)
        .first()
    )
    if found is None:
        raise Http404("没有这项更正申请，或它由别的单位核实")
    return found


urlpatterns = [
    path("office/corrections/", corrections, name="corrections"),
    path("office/corrections/<int:number>/", correction, name="correction"),
    path(
        "office/corrections/<int:number>/evidence/", correction_evidence, name="correction_evidence"
    ),
]
