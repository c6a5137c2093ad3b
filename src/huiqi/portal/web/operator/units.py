"""Departments, parks, banks, institutions and the units of enterprises, for the operator."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import accounts, places
from huiqi.portal.base.access import actor_of, allow, in_force
from huiqi.portal.base.creditcode import checked
from huiqi.portal.base.enums import Role, UnitKind
from huiqi.portal.base.models import Membership, Unit, User
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.web.acting import DayInput, done
from huiqi.portal.web.listing import Filters, listing
from huiqi.portal.web.public.choices import regions

KINDS = [(kind.value, kind.label) for kind in UnitKind if kind != UnitKind.ENTERPRISE]


class UnitFilters(Filters):
    """By name or code, kind and region."""

    q = forms.CharField(label="名称或信用代码", max_length=60)
    kind = forms.ChoiceField(label="类别", choices=[("", "全部类别"), *UnitKind.choices])
    region = forms.ChoiceField(label="所在地区")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].choices = regions()  # type: ignore[attr-defined]

    def narrow(self, rows: QuerySet[Unit], values: Mapping[str, Any]) -> QuerySet[Unit]:
        words = (values["q"] or "").strip()
        if words:
            named = Q(name__contains=words) | Q(credit_code__startswith=words.upper())
            rows = rows.filter(named)
        if values["kind"]:
            rows = rows.filter(kind=values["kind"])
        if values["region"]:
            rows = rows.filter(places.within(values["region"], "region"))
        return rows


def sources() -> list[tuple[str, str]]:
    """The registers that the vocabulary in force names."""
    tables = library().vocabulary.tables.values()
    names = {spec.source for table in tables for spec in table.stored if spec.source}
    return [(name, name) for name in sorted(names)]


class UnitForm(forms.Form):
    kind = forms.ChoiceField(label="类别", choices=KINDS)
    name = forms.CharField(label="名称", max_length=120)
    credit_code = forms.CharField(label="统一社会信用代码", max_length=60, required=False)
    region = forms.ChoiceField(
        label="所在地区", required=False, help_text="只看到这个地区的企业；不选为全部地区"
    )
    parent = forms.ModelChoiceField(
        Unit.objects.none(), label="上级单位", required=False, empty_label="没有上级"
    )
    sources = forms.MultipleChoiceField(
        label="掌握的数据",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="可以登记、导入和核实这些来源的事实",
    )
    is_active = forms.BooleanField(
        label="启用", required=False, initial=True, help_text="停用后，成员在这个单位的角色不再有效"
    )

    def __init__(self, *args: Any, unit: Unit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = Unit.objects.exclude(kind=UnitKind.ENTERPRISE)
        offices = offices.exclude(pk=unit.pk) if unit else offices
        self.fields["parent"].queryset = offices.order_by("name")  # type: ignore[attr-defined]
        self.fields["region"].choices = regions("全部地区")  # type: ignore[attr-defined]
        held = [(name, name) for name in (unit.sources if unit else [])]
        known = sources()
        kept = [one for one in held if one not in known]
        self.fields["sources"].choices = [*known, *kept]  # type: ignore[attr-defined]

    def clean_credit_code(self) -> str:
        typed = self.cleaned_data["credit_code"]
        try:
            return checked(typed) if typed.strip() else ""
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from None


class EnterpriseUnitForm(forms.Form):
    """What of an enterprise's unit an operator changes; its code never does."""

    name = forms.CharField(label="名称", max_length=120)
    region = forms.ChoiceField(label="所在地区", required=False)
    is_active = forms.BooleanField(
        label="启用", required=False, help_text="停用后，企业的成员不能再打开企业的页面"
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].choices = regions("不详")  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    username = forms.CharField(label="用户名", max_length=64)
    role = forms.ChoiceField(label="角色")
    since = forms.DateField(label="自", widget=DayInput())
    until = forms.DateField(
        label="至（含当日）", widget=DayInput(), required=False, help_text="不填为长期"
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = accounts.roles_of(unit)  # type: ignore[attr-defined]

    def clean_username(self) -> User:
        found = User.objects.filter(username=self.cleaned_data["username"].strip()).first()
        if found is None:
            raise forms.ValidationError("没有这个用户名，请先在“账户”里添加")
        return found


@allow(Role.OPERATOR)
def units(request: HttpRequest) -> HttpResponseBase:
    """All units, with how many members each has now."""
    listed = listing(
        request,
        Unit.objects.select_related("parent"),
        UnitFilters,
        sorts={"name": ("name",), "kind": ("kind", "name"), "region": ("region", "name")},
        default_sort="kind",
    )
    held = Membership.objects.filter(in_force(timezone.localdate()), unit__in=listed.rows)
    members = dict(held.values_list("unit").annotate(Count("pk")))
    rows = [(unit, members.get(unit.pk, 0)) for unit in listed.rows]
    return render(request, "web/operator/units.html", {"listing": listed, "rows": rows})


@allow(Role.OPERATOR)
def unit_new(request: HttpRequest) -> HttpResponse:
    """A new department, park, bank or institution."""
    form = UnitForm(request.POST or None)
    made: list[Unit] = []

    def make(values: Any) -> None:
        unit = Unit(**values)
        made.append(accounts.save_unit(unit, by=actor_of(request), at=timezone.now()))

    if request.method == "POST" and done(form, make):
        messages.success(request, "已添加")
        return redirect("web:unit", made[0].pk)
    return render(request, "web/operator/unit_new.html", {"form": form})


@allow(Role.OPERATOR)
def unit(request: HttpRequest, number: int) -> HttpResponse:
    """One unit: what it is, and its members."""
    found = get_object_or_404(Unit, pk=number)
    form = _unit_form(request, found)

    def change(values: Any) -> None:
        for name, value in values.items():
            setattr(found, name, value)
        accounts.save_unit(found, by=actor_of(request), at=timezone.now())

    if request.method == "POST" and done(form, change):
        messages.success(request, "已保存")
        return redirect("web:unit", number)
    member = MemberForm(unit=found, initial={"since": timezone.localdate()})
    return _unit_page(request, number, form, member)


@allow(Role.OPERATOR)
@require_POST
def unit_member(request: HttpRequest, number: int) -> HttpResponse:
    """Gives somebody a role for the unit."""
    found = get_object_or_404(Unit, pk=number)
    member = MemberForm(request.POST, unit=found)

    def grant(values: Any) -> None:
        accounts.grant(
            values["username"],
            found,
            Role(values["role"]),
            since=values["since"],
            until=values["until"],
            by=actor_of(request),
            at=timezone.now(),
        )

    if done(member, grant):
        messages.success(request, "已授予")
        return redirect("web:unit", number)
    return _unit_page(request, number, _unit_form(None, found), member)


def _unit_form(request: HttpRequest | None, found: Unit) -> forms.Form:
    data = request.POST if request is not None and request.method == "POST" else None
    if found.kind == UnitKind.ENTERPRISE:
        start = {name: getattr(found, name) for name in EnterpriseUnitForm.base_fields}
        return EnterpriseUnitForm(data, unit=found, initial=start)
    start = {name: getattr(found, name) for name in UnitForm.base_fields}
    return UnitForm(data, unit=found, initial=start)


def _unit_page(
    request: HttpRequest, number: int, form: forms.Form, member: MemberForm
) -> HttpResponse:
    found = Unit.objects.select_related("parent").get(pk=number)  # as it stands, whatever was typed
    on = timezone.localdate()
    held = found.members.filter(in_force(on)).select_related("user", "delegated_from__user")
    return render(
        request,
        "web/operator/unit.html",
        {
            "unit": found,
            "form": form,
            "member": member,
            "memberships": held.order_by("role", "id")[:200],
        },
    )


urlpatterns = [
    path("admin/accounts/units/", units, name="units"),
    path("admin/accounts/units/new/", unit_new, name="unit_new"),
    path("admin/accounts/units/<int:number>/", unit, name="unit"),
    path("admin/accounts/units/<int:number>/members/", unit_member, name="unit_member"),
]
