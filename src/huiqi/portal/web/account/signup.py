"""A person opens an account; what it may do follows from a claim or an invitation."""

from typing import Any

from django import forms
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from huiqi.portal.base import accounts, address, sessions
from huiqi.portal.base.access import actor_of, anyone
from huiqi.portal.base.models import User
from huiqi.portal.web.account.fields import (
    MailField,
    PhoneField,
    TwicePassword,
    again,
    new_password,
)
from huiqi.portal.web.acting import done

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignupForm(TwicePassword):
    username = forms.CharField(
        label="用户名",
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        help_text="4至32位，以字母开头，可用字母、数字和 . _ -",
    )
    name = forms.CharField(
        label="姓名", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = PhoneField()
    email = MailField(required=False)
    password = new_password()
    again = again()


@anyone
@never_cache
def signup(request: HttpRequest) -> HttpResponse:
    """Opens an account, logs in, and goes on to the claim of an enterprise or to where one came from."""
    following = safe_next(request)
    if actor_of(request).user is not None:
        return redirect(following or "web:account")
    form = SignupForm(request.POST or None)
    at, came_from = timezone.now(), address.of(request)
    made: list[User] = []

    def join(values: Any) -> None:
        plain = {name: values[name] for name in ("username", "name", "password", "phone", "email")}
        made.append(accounts.join(**plain, at=at, address=came_from))

    if request.method == "POST" and done(form, join):
        login(request, made[0], backend=BACKEND)
        sessions.opened(request, made[0], at=at, address=came_from)
        return redirect(following or "web:claim_new")
    return render(request, "web/account/signup.html", {"form": form, "next": following})


def safe_next(request: HttpRequest) -> str:
    """Where to go on: an address of this site, or empty."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours and wanted != reverse("web:signup") else ""


urlpatterns = [path("account/signup/", signup, name="signup")]
