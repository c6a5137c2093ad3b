"""A person's own page: who one is, in which roles, where one is logged in; password; switching of role."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from huiqi.portal.base import accounts, audit, identities, sessions
from huiqi.portal.base.access import SESSION_KEY, actor_of, members
from huiqi.portal.base.enums import ClaimState
from huiqi.portal.base.models import Claim, Login, User
from huiqi.portal.web.account.fields import (
    MailField,
    PhoneField,
    TwicePassword,
    again,
    new_password,
)
from huiqi.portal.web.account.signup import safe_next
from huiqi.portal.web.acting import done, pressed


class ProfileForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=64)
    phone = PhoneField(required=False)
    email = MailField(required=False, help_text="填写后，政策通知也会发到这里")


class PasswordForm(TwicePassword):
    old = forms.CharField(
        label="现在的密码",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = new_password("新密码")
    again = again()


@members
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """Profile, roles and logins of whoever is logged in."""
    actor, at = actor_of(request), timezone.now()
    user = _person(request)
    start = {"name": user.name, "phone": user.phone, "email": user.email}
    form = ProfileForm(request.POST or None, initial=start)

    def change(values: Any) -> None:
        accounts.change_profile(
            user,
            name=values["name"],
            phone=values["phone"],
            email=values["email"],
            by=actor,
            at=at,
        )

    if request.method == "POST" and done(form, change):
        messages.success(request, "已保存")
        return redirect("web:account")
    linked, can_link = identities.of(user, settings.SIGN_ON)
    claims = Claim.objects.filter(user=user, state__in=[ClaimState.WAITING, ClaimState.REFUSED])
    return render(
        request,
        "web/account/account.html",
        {
            "form": form,
            "memberships": actor.others,
            "claims": claims.order_by("-id")[:5],
            "logins": sessions.of(user, at=at),
            "here": request.session.session_key,
            "sign_on": settings.SIGN_ON,
            "identities": linked,
            "can_link": can_link,
        },
    )


@members
@never_cache
@sensitive_post_parameters()
def password(request: HttpRequest) -> HttpResponse:
    """A new password; the other logins end."""
    user, at = _person(request), timezone.now()
    form = PasswordForm(request.POST or None)

    def change(values: Any) -> None:
        accounts.change_password(user, values["old"], values["password"], at=at)

    if request.method == "POST" and done(form, change):
        before = request.session.session_key
        update_session_auth_hash(request, user)  # gives the session a new key
        Login.objects.filter(session_key=before).update(session_key=request.session.session_key)
        sessions.end_all(user, but=request.session.session_key or "")
        messages.success(request, "密码已修改，其他地方的登录已退出")
        return redirect("web:account")
    return render(request, "web/account/password.html", {"form": form, "user": user})


@members
@require_POST
def act_as(request: HttpRequest) -> HttpResponse:
    """Goes on in another role of one's own; the session gets a new key."""
    actor = actor_of(request)
    wanted = request.POST.get("membership", "")
    chosen = next((item for item in actor.others if str(item.pk) == wanted), None)
    if chosen is None:
        raise Http404("您没有这个身份，可能已被收回")
    if chosen != actor.membership:
        request.session[SESSION_KEY] = chosen.pk
        sessions.renewed(request)
        audit.record(
            "role.switch",
            at=timezone.now(),
            actor=actor,
            subject=_person(request).username,
            role=chosen.role,
            unit_number=chosen.unit_id,
        )
        messages.success(request, f"已切换为{chosen.unit}的{chosen.get_role_display()}")
    return redirect(safe_next(request) or "web:home")


@members
@require_POST
def login_end(request: HttpRequest, number: int) -> HttpResponse:
    """Logs out one other browser of one's own."""
    login = get_object_or_404(Login, pk=number, user=_person(request))
    if login.session_key == request.session.session_key:
        messages.error(request, "这是当前的登录，请用“退出登录”")
    else:
        pressed(
            request,
            lambda: sessions.end(login, by=actor_of(request), at=timezone.now()),
            "已退出那个登录",
        )
    return redirect("web:account")


@members
@require_POST
def logins_end(request: HttpRequest) -> HttpResponse:
    """Logs out everywhere but here."""
    user = _person(request)
    count = sessions.end_all(user, but=request.session.session_key or "")
    audit.record(
        "login.end_others", at=timezone.now(), actor=actor_of(request), subject=user.username
    )
    messages.success(request, f"已退出其他{count}个登录" if count else "没有其他登录")
    return redirect("web:account")


def _person(request: HttpRequest) -> User:
    user = actor_of(request).user
    assert user is not None  # the view is for members
    return user


urlpatterns = [
    path("account/", account, name="account"),
    path("account/password/", password, name="password"),
    path("account/act-as/", act_as, name="act_as"),
    path("account/logins/<int:number>/end/", login_end, name="login_end"),
    path("account/logins/end-others/", logins_end, name="logins_end"),
]
