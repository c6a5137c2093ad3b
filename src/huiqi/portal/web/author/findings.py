"""Findings of the review of a release, each decided by a person with a reason."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import actions, queries, reviewing
from huiqi.portal.policies.enums import FindingState
from huiqi.portal.policies.models import Finding, Release
from huiqi.portal.web.listing import Filters, listing

DESK = (Role.AUTHOR, Role.SIGNER)
DECISIONS = [(state.value, state.label) for state in FindingState if state != FindingState.OPEN]


class FindingFilters(Filters):
    """By state, and only fair competition."""

    state = forms.ChoiceField(label="处理", choices=[("", "全部"), *FindingState.choices])
    fair = forms.ChoiceField(
        label="范围", choices=[("", "全部发现"), ("1", "公平竞争审查"), ("0", "规则与文本")]
    )

    def narrow(self, rows: QuerySet[Finding], values: Mapping[str, Any]) -> QuerySet[Finding]:
        if values["state"]:
            rows = rows.filter(state=values["state"])
        return rows.filter(is_fair=values["fair"] == "1") if values["fair"] else rows


class DecisionForm(forms.Form):
    """How a finding is dealt with, and why."""

    state = forms.ChoiceField(label="怎么处理", choices=[("", "请选择"), *DECISIONS])
    reason = forms.CharField(label="理由", max_length=400, widget=forms.Textarea(attrs={"rows": 2}))


@allow(*DESK)
def findings(request: HttpRequest, pk: int) -> HttpResponse:
    """The findings of one version."""
    return _page(request, _release(request, pk))


def _page(
    request: HttpRequest,
    row: Release,
    failed: tuple[int, DecisionForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    listed = listing(
        request,
        row.findings.select_related("decided_by").order_by("id"),
        FindingFilters,
    )
    may_decide = row.state in actions.OPEN
    lines = []
    for finding in listed.rows:
        form = DecisionForm(
            auto_id=f"finding-{finding.pk}-%s",
            initial={"reason": finding.reason, "state": _chosen(finding)},
        )
        if failed and failed[0] == finding.pk:
            form = failed[1]
        lines.append((finding, form if may_decide else None))
    return render(
        request,
        "web/author/findings.html",
        {"release": row, "listing": listed, "lines": lines, "may_decide": may_decide},
        status=status,
    )


def _chosen(finding: Finding) -> str:
    return "" if finding.state == FindingState.OPEN else finding.state


@allow(*DESK)
@require_POST
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Reviews the version anew; decisions stay where the words are the same."""
    row = _release(request, pk)
    try:
        made = reviewing.import_findings(
            row, on=timezone.localdate(), by=actor_of(request), at=timezone.now()
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        left = sum(finding.state == FindingState.OPEN for finding in made)
        messages.success(request, f"审查完成：{len(made)}条发现，{left}条待处理")
    return redirect("web:findings", pk)


@allow(*DESK)
@require_POST
def decide(request: HttpRequest, pk: int, finding: int) -> HttpResponse:
    """Decides one finding."""
    row = _release(request, pk)
    held = get_object_or_404(Finding, pk=finding, release=row)
    form = DecisionForm(request.POST, auto_id=f"finding-{held.pk}-%s")
    if form.is_valid():
        try:
            reviewing.decide_finding(
                held,
                FindingState(form.cleaned_data["state"]),
                form.cleaned_data["reason"],
                seen=request.POST.get("seen", ""),
                by=actor_of(request),
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, f"已处理“{held.message[:20]}…”")
            return redirect(f"{reverse('web:findings', args=[pk])}#finding-{held.pk}")
    return _page(request, row, (held.pk, form), 422)


def _release(request: HttpRequest, pk: int) -> Release:
    return get_object_or_404(queries.releases(actor_of(request)), pk=pk)


urlpatterns = [
    path("author/releases/<int:pk>/findings/", findings, name="findings"),
    path("author/releases/<int:pk>/findings/run/", run, name="findings_run"),
    path("author/releases/<int:pk>/findings/<int:finding>/", decide, name="finding_decide"),
]
