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
from huiqi.portal.policies.models import Finding, Release
from huiqi.portal.web.acting import done
from huiqi.portal.web.listing import Filters, listing
from huiqi.reading.review import EXEMPTION_TEST, EXEMPTIONS

DESK = (Role.AUTHOR, Role.SIGNER)
MOST = 300
"""More than a review ever finds: a line of the release page leads to its place on this one."""
STATES = {
    "blocking": ("须决定", reviewing.BLOCKING),
    "open": ("还没有决定", reviewing.UNDECIDED),
    "decided": ("已决定", ~reviewing.UNDECIDED),
}


class FindingFilters(Filters):
    """By state, and only fair competition."""

    state = forms.ChoiceField(
        label="处理", choices=[("", "全部"), *((key, word) for key, (word, _) in STATES.items())]
    )
    fair = forms.ChoiceField(
        label="范围", choices=[("", "全部发现"), ("1", "公平竞争审查"), ("0", "规则与文本")]
    )

    def narrow(self, rows: QuerySet[Finding], values: Mapping[str, Any]) -> QuerySet[Finding]:
        if values["state"]:
            rows = rows.filter(STATES[values["state"]][1])
        return rows.filter(is_fair=values["fair"] == "1") if values["fair"] else rows


class DecisionForm(forms.Form):
    """How a finding is dealt with, and why."""

    decision = forms.ChoiceField(label="怎么处理")
    reason = forms.CharField(label="理由", max_length=400, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, finding: Finding, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"finding-{finding.pk}-%s", **kwargs})
        options = [("", "请选择"), *((word, word) for word in finding.options)]
        self.fields["decision"].choices = options  # type: ignore[attr-defined]


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
        row.findings.order_by("id"),
        FindingFilters,
        per_page=MOST,
    )
    may_decide = row.state in actions.OPEN
    lines = []
    for finding in listed.rows:
        form = DecisionForm(
            finding=finding, initial={"reason": finding.reason, "decision": finding.decision}
        )
        if failed and failed[0] == finding.pk:
            form = failed[1]
        lines.append((finding, form if may_decide else None))
    return render(
        request,
        "web/author/findings.html",
        {
            "release": row,
            "listing": listed,
            "lines": lines,
            "may_decide": may_decide,
            "is_looked": row.looked_at is not None,
            "gone": reviewing.gone(row),
            "test": EXEMPTION_TEST,
            "exemptions": EXEMPTIONS,
        },
        status=status,
    )


@allow(*DESK)
@require_POST
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Reviews the version anew; decisions stay where the words are the same."""
    row = _release(request, pk)
    try:
        made = reviewing.import_findings(row, by=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        left = sum(finding.blocks for finding in made)
        messages.success(request, f"审查完成：{len(made)}条发现，{left}条须决定")
    return redirect("web:findings", pk)


@allow(*DESK)
@require_POST
def decide(request: HttpRequest, pk: int, finding: int) -> HttpResponse:
    """Decides one finding."""
    row = _release(request, pk)
    held = get_object_or_404(Finding, pk=finding, release=row)
    form = DecisionForm(request.POST, finding=held)

    def keep(values: Mapping[str, Any]) -> None:
        reviewing.decide_finding(
            held,
            values["decision"],
            values["reason"],
            seen=request.POST.get("seen", ""),
            by=actor_of(request),
            at=timezone.now(),
        )

    if done(form, keep):
        messages.success(request, f"已记下对“{held.key}”的决定")
        return redirect(f"{reverse('web:findings', args=[pk])}#finding-{held.pk}")
    return _page(request, row, (held.pk, form), 422)


def _release(request: HttpRequest, pk: int) -> Release:
    return get_object_or_404(queries.releases(actor_of(request)), pk=pk)


urlpatterns = [
    path("author/releases/<int:pk>/findings/", findings, name="findings"),
    path("author/releases/<int:pk>/findings/run/", run, name="findings_run"),
    path("author/releases/<int:pk>/findings/<int:finding>/", decide, name="finding_decide"),
]
