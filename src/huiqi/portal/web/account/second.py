"""The second step at the login, and the page where a person turns it on and off."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache

from huiqi.portal.base import address, sealing, secondfactor, sessions
from huiqi.portal.base.access import actor_of, anyone, members
from huiqi.portal.base.models import SecondFactor, User
from huiqi.portal.base.refusal import Refused
from huiqi.portal.web.account.signup import BACKEND
from huiqi.portal.web.acting import done

WAITING = "second_step"
SECRET = "second_secret"
MOST_SECONDS = 600


class CodeForm(forms.Form):
    code = forms.CharField(
        label="验证码",
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "class": "is-short", "autofocus": True}
        ),
    )


def ask_for_code(
    request: HttpRequest, user: User, following: str, signed_on: str | None = None
) -> HttpResponse:
    """Keeps in the session who did the first step, and asks for the code.

    ``signed_on`` as in :func:`sessions.opened`: the first step was a provider's, not the password.
    """
    now = int(timezone.now().timestamp())
    request.session[WAITING] = {
        "user": user.pk,
        "at": now,
        "next": following,
        "signed_on": signed_on,
    }
    request.session.cycle_key()
    return redirect("web:login_code")


@anyone
@never_cache
def login_code(request: HttpRequest) -> HttpResponse:
    """Logs in whoever did the first step some minutes ago, when the code is right as well."""
    at = timezone.now()
    waiting = request.session.get(WAITING)
    user = None
    if waiting and at.timestamp() - waiting["at"] <= MOST_SECONDS:
        user = User.objects.filter(pk=waiting["user"], is_active=True).first()
    if user is None or waiting is None:
        request.session.pop(WAITING, None)
        return redirect("web:login")
    form = CodeForm(request.POST or None)

    def check(values: Any) -> None:
        if not secondfactor.passes(user, values["code"], at=at):
            raise Refused("验证码不对", "请输入应用里现在显示的6位数字，或一个恢复码", "code")

    if request.method == "POST" and done(form, check):
        following = waiting["next"]
        del request.session[WAITING]
        login(request, user, backend=BACKEND)
        sessions.opened(
            request, user, at=at, address=address.of(request), signed_on=waiting.get("signed_on")
        )
        return redirect(following)
    by_password = waiting.get("signed_on") is None
    return render(
        request, "web/account/login_code.html", {"form": form, "by_password": by_password}
    )


@members
@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """Turns the second step on (recovery codes stand on that answer only) and off."""
    actor, at = actor_of(request), timezone.now()
    user = actor.user
    assert user is not None  # the view is for members
    held = SecondFactor.objects.filter(user=user).first()
    form = CodeForm(request.POST or None)
    codes: list[str] = []
    secret = ""
    if held is None:
        secret = _offered(request)

    def turn(values: Any) -> None:
        if held is None:
            codes.extend(secondfactor.turn_on(secret, values["code"], by=actor, at=at))
        else:
            secondfactor.turn_off(values["code"], by=actor, at=at)

    if request.method == "POST" and done(form, turn):
        request.session.pop(SECRET, None)
        if held is not None:
            messages.success(request, "第二道验证已关闭")
            return redirect("web:account")
        return render(request, "web/account/recovery.html", {"codes": codes})
    spaced = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return render(
        request,
        "web/account/second_factor.html",
        {
            "form": form,
            "held": held,
            "secret": spaced,
            "address": secondfactor.address(secret, user) if secret else "",
        },
    )


def _offered(request: HttpRequest) -> str:
    """The secret that this session offers until it is taken; sessions lie in the database too."""
    try:
        return sealing.unseal(request.session[SECRET])
    except (KeyError, sealing.Unreadable):
        secret = secondfactor.new_secret()
        request.session[SECRET] = sealing.seal(secret)
        return secret


urlpatterns = [
    path("login/code/", login_code, name="login_code"),
    path("account/second-factor/", second_factor, name="second_factor"),
]
