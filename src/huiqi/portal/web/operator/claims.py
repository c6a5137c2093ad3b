"""Claims of enterprises, for the officers of their region and the operator."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import audit, claims, files
from huiqi.portal.base.access import actor_of, allow, in_force
from huiqi.portal.base.enums import ClaimState, Role
from huiqi.portal.base.models import Claim, Membership
from huiqi.portal.registry.models import Enterprise
from huiqi.portal.web.acting import done, pressed
from huiqi.portal.web.listing import Filters, listing

STATES = [("", "全部状态"), *ClaimState.choices]


class ClaimFilters(Filters):
    """By words and state; at first those that wait."""

    q = forms.CharField(label="企业、代码或申请人", max_length=60)
    state = forms.ChoiceField(label="状态", choices=STATES, initial=ClaimState.WAITING)

    def narrow(self, rows: QuerySet[Claim], values: Mapping[str, Any]) -> QuerySet[Claim]:
        words = (values["q"] or "").strip()
        if words:
            found = Q(enterprise_name__contains=words) | Q(user__name__contains=words)
            rows = rows.filter(found | Q(credit_code__startswith=words.upper()))
        return rows.filter(state=values["state"]) if values["state"] else rows


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="退回的理由",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="申请人会看到，请写明还缺什么",
    )


@allow(Role.OFFICER, Role.OPERATOR)
def claim_list(request: HttpRequest) -> HttpResponseBase:
    """The claims that the actor may decide."""
    listed = listing(
        request,
        claims.visible_to(actor_of(request)),
        ClaimFilters,
        sorts={"made": ("made_at",), "name": ("enterprise_name",)},
        default_sort="made",
    )
    return render(request, "web/operator/claims.html", {"listing": listed})


@allow(Role.OFFICER, Role.OPERATOR)
def claim(request: HttpRequest, number: int) -> HttpResponse:
    """One claim beside what the registry says; sent back by the form of this page."""
    actor = actor_of(request)
    found = get_object_or_404(claims.visible_to(actor), pk=number)
    form = ReasonForm(request.POST or None)

    def refuse(values: Any) -> None:
        claims.refuse(found, values["reason"], by=actor, at=timezone.now())

    if request.method == "POST" and done(form, refuse):
        return redirect("web:claims")
    on = timezone.localdate()
    held = Membership.objects.filter(
        in_force(on), unit__credit_code=found.credit_code, role=Role.ENTERPRISE_ADMIN
    )
    return render(
        request,
        "web/operator/claim.html",
        {
            "claim": found,
            "form": form,
            "known": Enterprise.objects.filter(credit_code=found.credit_code).first(),
            "admins": held.select_related("user"),
        },
    )


@allow(Role.OFFICER, Role.OPERATOR)
@require_POST
def claim_confirm(request: HttpRequest, number: int) -> HttpResponse:
    """The person acts for the enterprise from now on."""
    actor = actor_of(request)
    found = get_object_or_404(claims.visible_to(actor), pk=number)
    said = f"已确认，{found.user}现在是{found.enterprise_name}的管理员"
    pressed(request, lambda: claims.confirm(found, by=actor, at=timezone.now()), said)
    return redirect("web:claims")


@allow(Role.OFFICER, Role.OPERATOR)
def claim_evidence(request: HttpRequest, number: int) -> HttpResponseBase:
    """The paper of a claim, as a download; the audit keeps who read it."""
    actor = actor_of(request)
    found = get_object_or_404(claims.visible_to(actor), pk=number)
    if found.evidence is None:
        raise Http404("这项认领没有证明材料")
    audit.record(
        "claim.evidence", at=timezone.now(), actor=actor, subject=found.credit_code, claim=number
    )
    return files.download(found.evidence)


urlpatterns = [
    path("office/claims/", claim_list, name="claims"),
    path("office/claims/<int:number>/", claim, name="claim"),
    path("office/claims/<int:number>/confirm/", claim_confirm, name="claim_confirm"),
    path("office/claims/<int:number>/evidence/", claim_evidence, name="claim_evidence"),
]
