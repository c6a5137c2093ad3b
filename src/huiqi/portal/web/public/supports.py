"""Supports: what is given, to whom, under which conditions; printed from the rules in force."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from huiqi.portal.base import rules, search
from huiqi.portal.base.access import anyone
from huiqi.portal.policies import indexing, queries
from huiqi.portal.policies.models import Clause, SupportEntry
from huiqi.portal.policies.printed import printed
from huiqi.portal.web.exporting import Column, Export
from huiqi.portal.web.listing import Filters, listing
from huiqi.portal.web.public.choices import RegionField
from huiqi.portal.web.templatetags.huiqi import region as region_name
from huiqi.rulebook.library.policy import DEFAULT_FORMS, Form

PER_PAGE = 20


class SupportFilters(Filters):
    """By words, region, beneficiary, kind, form, words of the amount, and a day it is in force."""

    q = forms.CharField(label="名称、条件或部门", max_length=60)
    region = RegionField(label="适用于")
    audience = forms.ChoiceField(label="给谁")
    kind = forms.ChoiceField(
        label="类别", choices=[("", "全部类别"), *((name, name) for name in DEFAULT_FORMS)]
    )
    form = forms.ChoiceField(
        label="兑现形式", choices=[("", "全部形式"), *((str(item), str(item)) for item in Form)]
    )
    amount = forms.CharField(label="支持标准含", max_length=40)
    on = forms.DateField(
        label="在这一天有效", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = [("", "全部对象")] + [  # type: ignore[attr-defined]
            (name, name) for name in queries.beneficiaries()
        ]

    def narrow(
        self, rows: QuerySet[SupportEntry], values: Mapping[str, Any]
    ) -> QuerySet[SupportEntry]:
        if values["q"]:
            rows = rows.filter(pk__in=search.matching(indexing.SUPPORT, values["q"]))
        if values["region"]:
            codes = queries.applies_in(values["region"], rules.library())
            rows = rows.filter(region__in=codes)
        if values["audience"]:
            rows = rows.filter(Q(beneficiary=values["audience"]) | Q(table=values["audience"]))
        if values["kind"]:
            rows = rows.filter(kind=values["kind"])
        if values["form"]:
            rows = rows.filter(form=values["form"])
        if values["amount"]:
            rows = rows.filter(amount_text__contains=values["amount"].strip())
        if values["on"]:
            rows = queries.valid_on(rows, values["on"])
        return rows


EXPORT = Export(
    "支持清单",
    [
        Column("名称", lambda row: row.name),
        Column("文号", lambda row: row.release.number),
        Column("条款", lambda row: row.clause),
        Column("适用地区", lambda row: region_name(row.region)),
        Column("给谁", lambda row: row.beneficiary),
        Column("类别", lambda row: row.kind),
        Column("兑现形式", lambda row: row.form),
        Column("支持标准", lambda row: row.amount_text),
        Column("条件概要", lambda row: row.summary),
        Column("起", lambda row: row.starts_on, "date"),
        Column("止", lambda row: row.ends_on, "date"),
        Column("部门", lambda row: "、".join(row.units)),
    ],
    act="policies.export",
)


@anyone
def supports(request: HttpRequest) -> HttpResponse:
    """All supports in force."""
    listed = listing(
        request,
        queries.supports().select_related("release").defer("release__files"),
        SupportFilters,
        sorts={
            "name": ("name",),
            "region": ("region", "name"),
            "kind": ("kind", "name"),
            "starts": ("starts_on", "name"),
        },
        default_sort="region",
        per_page=PER_PAGE,
        export=EXPORT,
    )
    if listed.download:
        return listed.download  # type: ignore[return-value]
    return render(
        request, "web/public/supports.html", {"listing": listed, "today": timezone.localdate()}
    )


@anyone
def support(request: HttpRequest, policy: str, name: str) -> HttpResponse:
    """One support: who, what, how much, papers, limits, whom to ask, how questions were decided."""
    key = f"{policy}/{name}"
    entry = queries.supports().select_related("release").filter(key=key).first()
    made = printed(key)
    if entry is None or made is None:
        raise Http404("没有这项支持，或者它所在的政策已经不再施行")
    clause = Clause.objects.filter(document__slug=policy, name=entry.clause).first()
    others = queries.supports().filter(release=entry.release, clause=entry.clause)
    today = timezone.localdate()
    return render(
        request,
        "web/public/support.html",
        {
            "entry": entry,
            "made": made,
            "support": made.page.support,
            "clause": clause,
            "others": others.exclude(pk=entry.pk).order_by("id"),
            "over": entry.ends_on is not None and entry.ends_on < today,
            "coming": entry.starts_on is not None and entry.starts_on > today,
        },
    )


urlpatterns = [
    path("supports/", supports, name="supports"),
    path("supports/<slug:policy>/<str:name>/", support, name="support"),
]
