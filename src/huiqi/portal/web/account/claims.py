"""A person claims an enterprise by its credit code and sees what came of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import claims, files, places
from huiqi.portal.base.access import actor_of, members
from huiqi.portal.base.contents import EVIDENCE
from huiqi.portal.base.creditcode import LENGTH, area, checked
from huiqi.portal.base.models import Claim
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry.models import Enterprise
from huiqi.portal.web.account.fields import EvidenceField
from huiqi.portal.web.acting import done, pressed
from huiqi.portal.web.public.choices import regions


class ClaimForm(forms.Form):
    """What the registry knows of the code goes before what is typed here."""

    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=60,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
        help_text=f"营业执照上的{LENGTH}位代码",
    )
    enterprise_name = forms.CharField(
        label="企业名称", max_length=120, required=False, help_text="登记库里有的企业以登记为准"
    )
    region = forms.ChoiceField(
        label="所在地区",
        required=False,
        help_text="由这个地区的工作人员确认；登记库里有的以登记为准",
    )
    post = forms.CharField(
        label="本人职务", max_length=60, help_text="例如：法定代表人、财务负责人"
    )
    statement = forms.CharField(
        label="说明", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    evidence = EvidenceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].choices = regions("请选择")  # type: ignore[attr-defined]

    def clean_credit_code(self) -> str:
        try:
            return checked(self.cleaned_data["credit_code"])
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        code = values.get("credit_code", "")
        known = Enterprise.objects.filter(credit_code=code).first() if code else None
        if known is not None:
            values["enterprise_name"] = known.name or values.get("enterprise_name", "")
            values["region"] = places.located(known.region) or values.get("region", "")
        elif code and not values.get("region"):
            values["region"] = places.located(area(code))
        if code and not values.get("enterprise_name"):
            self.add_error("enterprise_name", "登记库里没有这家企业，请填写营业执照上的名称")
        if code and not values.get("region"):
            self.add_error("region", "请选择企业所在的县（市、区）")
        return values


@members
def my_claims(request: HttpRequest) -> HttpResponse:
    """The claims of whoever is logged in."""
    rows = Claim.objects.filter(user=actor_of(request).user).select_related("evidence")
    return render(request, "web/account/claims.html", {"claims": rows.order_by("-id")[:50]})


@members
def claim_new(request: HttpRequest) -> HttpResponse:
    """Claims an enterprise, with a paper if there is one."""
    actor, at = actor_of(request), timezone.now()
    form = ClaimForm(request.POST or None, request.FILES or None)

    @transaction.atomic
    def make(values: Any) -> None:
        upload = values["evidence"]
        try:
            paper = files.keep(upload, by=actor, at=at, kinds=EVIDENCE) if upload else None
        except Refused as refused:
            raise Refused(refused.what, refused.remedy, "evidence") from None
        fields = ("credit_code", "enterprise_name", "region", "post", "statement")
        claims.make(**{name: values[name] for name in fields}, evidence=paper, by=actor, at=at)

    if request.method == "POST" and done(form, make):
        messages.success(request, "已提交，确认后即可使用企业的页面")
        return redirect("web:my_claims")
    return render(request, "web/account/claim_new.html", {"form": form})


@members
@require_POST
def claim_withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Takes back a claim of one's own that waits."""
    actor = actor_of(request)
    claim = get_object_or_404(Claim, pk=number, user=actor.user)
    pressed(request, lambda: claims.withdraw(claim, by=actor, at=timezone.now()), "已撤回")
    return redirect("web:my_claims")


@members
def my_claim_evidence(request: HttpRequest, number: int) -> HttpResponseBase:
    """The paper of a claim of one's own."""
    claim = get_object_or_404(Claim, pk=number, user=actor_of(request).user)
    if claim.evidence is None:
        raise Http404("这项认领没有证明材料")
    return files.download(claim.evidence)


urlpatterns = [
    path("account/claims/", my_claims, name="my_claims"),
    path("account/claims/new/", claim_new, name="claim_new"),
    path("account/claims/<int:number>/withdraw/", claim_withdraw, name="claim_withdraw"),
    path("account/claims/<int:number>/evidence/", my_claim_evidence, name="my_claim_evidence"),
]
