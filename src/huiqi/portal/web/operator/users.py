"""Accounts, for the operator: make, change, give roles, take them back, reset passwords, close."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from huiqi.portal.base import accounts, identities, secondfactor
from huiqi.portal.base.access import actor_of, allow, in_force
from huiqi.portal.base.enums import Role, UnitKind
from huiqi.portal.base.models import Identity, Membership, SecondFactor, Unit, User
from huiqi.portal.base.oidc import LONGEST
from huiqi.portal.base.refusal import Refused
from huiqi.portal.web.account.fields import MailField, PhoneField
from huiqi.portal.web.acting import DayInput, done, pressed
from huiqi.portal.web.exporting import Column, Export
from huiqi.portal.web.listing import Filters, listing

ROLES = [("", "全部角色"), *Role.choices]
OPEN = [("", "全部"), ("1", "启用"), ("0", "停用")]


class UserFilters(Filters):
    """By name, role, unit, and whether the account is open."""

    q = forms.CharField(label="姓名、用户名、电话或单位", max_length=60)
    role = forms.ChoiceField(label="角色", choices=ROLES)
    open = forms.ChoiceField(label="账户", choices=OPEN)

    def narrow(self, rows: QuerySet[User], values: Mapping[str, Any]) -> QuerySet[User]:
        words = (values["q"] or "").strip()
        on = timezone.localdate()
        if words:
            held = Membership.objects.filter(in_force(on), unit__name__contains=words)
            named = Q(name__contains=words) | Q(username__icontains=words)
            rows = rows.filter(named | Q(phone__contains=words) | Q(pk__in=held.values("user")))
        if values["role"]:
            held = Membership.objects.filter(in_force(on), role=values["role"])
            rows = rows.filter(pk__in=held.values("user"))
        if values["open"]:
            rows = rows.filter(is_active=values["open"] == "1")
        return rows


class UserForm(forms.Form):
    username = forms.CharField(
        label="用户名", max_length=32, help_text="4至32位，以字母开头，可用字母、数字和 . _ -"
    )
    name = forms.CharField(label="姓名", max_length=64)
    phone = PhoneField(required=False)
    email = MailField(required=False)


class ProfileForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=64)
    phone = PhoneField(required=False)
    email = MailField(required=False)


class GrantForm(forms.Form):
    unit = forms.CharField(
        label="单位",
        max_length=120,
        widget=forms.TextInput(attrs={"list": "unit-names", "autocomplete": "off"}),
        help_text="写单位全称，企业可写统一社会信用代码",
    )
    role = forms.ChoiceField(label="角色", choices=Role.choices)
    since = forms.DateField(label="自", widget=DayInput())
    until = forms.DateField(
        label="至（含当日）", widget=DayInput(), required=False, help_text="不填为长期"
    )

    def clean_unit(self) -> Unit:
        wanted = self.cleaned_data["unit"].strip()
        found = list(Unit.objects.filter(name=wanted)[:3])
        found = found or list(
            Unit.objects.filter(credit_code=wanted.upper(), kind=UnitKind.ENTERPRISE)
        )
        if len(found) > 1:
            raise forms.ValidationError("有几个同名单位，请到“单位”里打开要用的那个授予")
        if not found:
            raise forms.ValidationError("没有这个单位，请从提示中选择，或先到“单位”里添加")
        return found[0]


class IdentityForm(forms.Form):
    subject = forms.CharField(
        label="标识",
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        help_text="本人单点登录后，页面上会显示；核对是本人再绑定",
    )


EXPORT = Export(
    "账户",
    [
        Column("用户名", lambda user: user.username),
        Column("姓名", lambda user: user.name),
        Column("电话", lambda user: user.phone),
        Column("邮箱", lambda user: user.email, width=24),
        Column("启用", lambda user: user.is_active),
        Column("开户时间", lambda user: user.joined_at, "time"),
        Column("最近登录", lambda user: user.last_login, "time"),
    ],
    act="account.export",
)


@allow(Role.OPERATOR)
def users(request: HttpRequest) -> HttpResponseBase:
    """All accounts with the roles they hold now."""
    held = Membership.objects.filter(in_force(timezone.localdate())).select_related("unit")
    listed = listing(
        request,
        User.objects.prefetch_related(Prefetch("memberships", held.order_by("id"))),
        UserFilters,
        sorts={"name": ("name",), "username": ("username",), "login": ("last_login",)},
        default_sort="username",
        export=EXPORT,
    )
    if listed.download:
        return listed.download
    return render(request, "web/operator/users.html", {"listing": listed})


@allow(Role.OPERATOR)
@never_cache
def user_new(request: HttpRequest) -> HttpResponse:
    """Makes an account; the password for its first login stands on this answer only."""
    form = UserForm(request.POST or None)
    made: list[tuple[User, str]] = []

    def make(values: Any) -> None:
        made.append(
            accounts.create_user(
                values["username"],
                values["name"],
                phone=values["phone"],
                email=values["email"],
                by=actor_of(request),
                at=timezone.now(),
            )
        )

    if request.method == "POST" and done(form, make):
        person, password = made[0]
        return render(
            request, "web/operator/password.html", {"person": person, "password": password}
        )
    return render(request, "web/operator/user_new.html", {"form": form})


@allow(Role.OPERATOR)
def user(request: HttpRequest, number: int) -> HttpResponse:
    """One account: who it is, and the roles it holds and held."""
    person = get_object_or_404(User, pk=number)
    start = {"name": person.name, "phone": person.phone, "email": person.email}
    form = ProfileForm(request.POST or None, initial=start)

    def change(values: Any) -> None:
        accounts.change_profile(
            person,
            name=values["name"],
            phone=values["phone"],
            email=values["email"],
            by=actor_of(request),
            at=timezone.now(),
        )

    if request.method == "POST" and done(form, change):
        messages.success(request, "已保存")
        return redirect("web:user", number)
    return _user_page(request, person, form)


@allow(Role.OPERATOR)
@require_POST
def user_grant(request: HttpRequest, number: int) -> HttpResponse:
    """Gives the person a role for a unit."""
    person = get_object_or_404(User, pk=number)
    form = GrantForm(request.POST)

    def grant(values: Any) -> None:
        accounts.grant(
            person,
            values["unit"],
            Role(values["role"]),
            since=values["since"],
            until=values["until"],
            by=actor_of(request),
            at=timezone.now(),
        )

    if done(form, grant):
        messages.success(request, "已授予")
        return redirect("web:user", number)
    return _user_page(request, person, grant=form)


@allow(Role.OPERATOR)
@require_POST
def membership_end(request: HttpRequest, number: int) -> HttpResponse:
    """Takes a role back."""
    member = get_object_or_404(Membership, pk=number)
    pressed(
        request,
        lambda: accounts.end(member, by=actor_of(request), at=timezone.now()),
        f"{member.user}的{member.get_role_display()}已收回",
    )
    return redirect("web:user", member.user_id)


@allow(Role.OPERATOR)
@require_POST
@never_cache
def user_reset(request: HttpRequest, number: int) -> HttpResponse:
    """A password for one login; it stands on this answer only."""
    person = get_object_or_404(User, pk=number)
    try:
        password = accounts.reset_password(person, by=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("web:user", number)
    return render(request, "web/operator/password.html", {"person": person, "password": password})


@allow(Role.OPERATOR)
@require_POST
def user_switch(request: HttpRequest, number: int) -> HttpResponse:
    """Closes an account, or opens it again."""
    person = get_object_or_404(User, pk=number)
    wanted = request.POST.get("open") == "1"
    pressed(
        request,
        lambda: accounts.set_active(person, wanted, by=actor_of(request), at=timezone.now()),
        "账户已启用" if wanted else "账户已停用，所有登录已退出",
    )
    return redirect("web:user", number)


@allow(Role.OPERATOR)
@require_POST
def user_factor_reset(request: HttpRequest, number: int) -> HttpResponse:
    """Removes the second step of somebody who lost telephone and codes."""
    person = get_object_or_404(User, pk=number)
    pressed(
        request,
        lambda: secondfactor.reset(person, by=actor_of(request), at=timezone.now()),
        "第二道验证已取消，本人可以重新开启",
    )
    return redirect("web:user", number)


@allow(Role.OPERATOR)
@require_POST
def user_identity(request: HttpRequest, number: int) -> HttpResponse:
    """Links an identity of the site's provider to an account."""
    person = get_object_or_404(User, pk=number)
    provider = settings.SIGN_ON
    if provider is None:
        raise Http404("本平台没有开通单点登录")
    form = IdentityForm(request.POST)

    def link(values: Any) -> None:
        identities.link(
            person,
            provider.issuer,
            values["subject"],
            by=actor_of(request),
            at=timezone.now(),
        )

    if done(form, link):
        messages.success(request, "已绑定")
        return redirect("web:user", number)
    return _user_page(request, person, identity=form)


@allow(Role.OPERATOR)
@require_POST
def identity_end(request: HttpRequest, number: int) -> HttpResponse:
    """An identity opens the account no more."""
    found = get_object_or_404(Identity.objects.select_related("user"), pk=number)
    pressed(
        request,
        lambda: identities.unlink(found, by=actor_of(request), at=timezone.now()),
        "已解除绑定",
    )
    return redirect("web:user", found.user_id)


def _user_page(
    request: HttpRequest,
    person: User,
    form: ProfileForm | None = None,
    grant: GrantForm | None = None,
    identity: IdentityForm | None = None,
) -> HttpResponse:
    on = timezone.localdate()
    start = {"name": person.name, "phone": person.phone, "email": person.email}
    linked, can_link = identities.of(person, settings.SIGN_ON)
    rows = person.memberships.select_related("unit", "delegated_from__user", "ended_by")
    names = Unit.objects.exclude(kind=UnitKind.ENTERPRISE).filter(is_active=True)
    return render(
        request,
        "web/operator/user.html",
        {
            "person": person,
            "form": form or ProfileForm(initial=start),
            "grant": grant or GrantForm(initial={"since": on}),
            "identity": identity or IdentityForm(),
            "identities": linked,
            "can_link": can_link,
            "sign_on": settings.SIGN_ON,
            "memberships": rows.order_by("ended_at", "-since", "-id")[:100],
            "on": on,
            "has_factor": SecondFactor.objects.filter(user=person).exists(),
            "unit_names": names.order_by("name").values_list("name", flat=True)[:500],
        },
    )


urlpatterns = [
    path("admin/accounts/", users, name="accounts"),
    path("admin/accounts/new/", user_new, name="user_new"),
    path("admin/accounts/<int:number>/", user, name="user"),
    path("admin/accounts/<int:number>/grant/", user_grant, name="user_grant"),
    path("admin/accounts/<int:number>/reset/", user_reset, name="user_reset"),
    path("admin/accounts/<int:number>/factor/", user_factor_reset, name="user_factor_reset"),
    path("admin/accounts/<int:number>/switch/", user_switch, name="user_switch"),
    path("admin/accounts/<int:number>/identity/", user_identity, name="user_identity"),
    path("admin/identities/<int:number>/end/", identity_end, name="identity_end"),
    path("admin/memberships/<int:number>/end/", membership_end, name="membership_end"),
]
