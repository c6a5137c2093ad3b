"""Single sign-on by an OpenID provider: at the login, and linking an identity to one's own account.

The way back is a page that a person reaches by the provider's redirect, so everything it needs lies in
the session since the way out. A way out never starts from an answer to a form: browsers hold the
form's rule of the content security policy against redirects too.
"""

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from huiqi.portal.base import address, audit, identities, oidc, sessions, site
from huiqi.portal.base.access import Actor, actor_of, anyone, members
from huiqi.portal.base.models import AuditEntry, Identity, SecondFactor, User
from huiqi.portal.base.refusal import Refused
from huiqi.portal.environment import SignOn
from huiqi.portal.web.account.second import ask_for_code
from huiqi.portal.web.account.signup import BACKEND, safe_next
from huiqi.portal.web.acting import done, pressed

log = logging.getLogger(__name__)
PENDING = "sign_on"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why somebody did not get in: status and words of the page; {name} is the provider."""

    status: int
    title: str
    words: str


STALE = Outcome(400, "登录没有完成", "这次登录已过期，或者不是从这个浏览器开始的。请重新登录。")
DENIED = Outcome(403, "登录没有完成", "您没有在{name}完成登录。可以再试一次，或者用密码登录。")
UNREACHABLE = Outcome(
    503, "暂时连不上{name}", "请稍后再试，或者用密码登录。一直这样，请告诉平台管理员。"
)
UNTRUSTED = Outcome(
    403, "登录没有完成", "{name}返回的结果没有通过核对。请重新登录；还是不行，请告诉平台管理员。"
)
UNLINKED = Outcome(403, "还没有绑定账户", "您在{name}的身份已核对，但还没有绑定本平台的账户。")
CLOSED = Outcome(403, "账户已停用", "您绑定的账户已停用，请联系平台管理员。")


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="本平台的密码",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="确认是您本人在操作；忘记密码请联系平台管理员",
    )


@anyone
@require_GET
@never_cache
def sign_on(request: HttpRequest) -> HttpResponse:
    """Sends a person to the provider, to come back to where the login was asked for."""
    provider, following = _provider(), safe_next(request)
    if actor_of(request).user is not None:
        return redirect(following or "web:home")
    try:
        return redirect(_way_out(request, provider, {"next": following, "user": None}))
    except oidc.Unreachable as failure:
        return _unreachable(request, provider, failure)


@anyone
@require_GET
@never_cache
def sign_on_return(request: HttpRequest) -> HttpResponse:
    """Where the provider sends people back to: logs in, or links, or says why not."""
    provider, actor, at = _provider(), actor_of(request), timezone.now()
    pending, answer = request.session.get(PENDING), request.GET.dict()
    if pending is None or not oidc.is_answer_to(oidc.Asked.kept(pending), answer, at=at):
        return _refused(request, provider, STALE, "不是本次登录的回应")
    del request.session[PENDING]
    present = actor.user.pk if actor.user else None
    if pending["user"] != present:
        return _refused(request, provider, STALE, "登录的人已经变了")
    word = oidc.error_of(answer)
    if word:
        return _refused(request, provider, DENIED, f"身份提供方的回答：{word}")
    try:
        told = oidc.told(
            provider,
            oidc.Asked.kept(pending),
            answer,
            back=_back(request),
            afresh=pending["user"] is not None,
        )
    except oidc.Unreachable as failure:
        return _unreachable(request, provider, failure)
    except oidc.NotBelieved as doubt:
        log.warning("sign-on: %s", doubt)
        return _refused(request, provider, UNTRUSTED, str(doubt))
    if actor.user is not None:
        return _link(request, actor.user, told)
    return _enter(request, provider, told, pending["next"] or reverse("web:home"))


def _enter(request: HttpRequest, provider: SignOn, told: oidc.Told, following: str) -> HttpResponse:
    """Logs in whom an identity is linked to, by a code first where the account wants one."""
    found = identities.find(told.issuer, told.subject)
    if found is None:
        return _refused(request, provider, UNLINKED, "身份没有绑定账户", told)
    user = found.user
    if not user.is_active:
        return _refused(request, provider, CLOSED, "账户已停用", told, user)
    if not told.by_second_step and SecondFactor.objects.filter(user=user).exists():
        return ask_for_code(request, user, following, told.end_session)
    login(request, user, backend=BACKEND)
    sessions.opened(
        request,
        user,
        at=timezone.now(),
        address=address.of(request),
        signed_on=told.end_session,
    )
    return redirect(following)


def _link(request: HttpRequest, user: User, told: oidc.Told) -> HttpResponse:
    pressed(
        request,
        lambda: identities.link(
            user, told.issuer, told.subject, by=actor_of(request), at=timezone.now()
        ),
        f"已绑定，下次可以用{_provider().name}登录",
    )
    return redirect("web:account")


@members
@never_cache
@sensitive_post_parameters()
def sign_on_link(request: HttpRequest) -> HttpResponse:
    """Asks for the password once more, then shows the way to the provider."""
    provider, user = _provider(), actor_of(request).user
    assert user is not None  # the view is for members
    if Identity.objects.filter(user=user, issuer=provider.issuer).exists():
        return redirect("web:account")
    form = PasswordForm(request.POST or None)

    def confirm(values: Any) -> None:
        # Wrong ones count as at the login.
        if authenticate(request, username=user.username, password=values["password"]) != user:
            raise Refused("密码不对", "请重新输入", "password")

    shown = {"form": form, "sign_on": provider, "way": ""}
    if request.method == "POST" and done(form, confirm):
        try:
            shown["way"] = _way_out(request, provider, {"next": "", "user": user.pk})
        except oidc.Unreachable as failure:
            return _unreachable(request, provider, failure)
    return render(request, "web/account/sign_on_link.html", shown)


@members
@require_POST
def sign_on_unlink(request: HttpRequest, number: int) -> HttpResponse:
    """An identity of one's own opens the account no more."""
    actor = actor_of(request)
    found = get_object_or_404(Identity.objects.select_related("user"), pk=number, user=actor.user)
    pressed(
        request,
        lambda: identities.unlink(found, by=actor, at=timezone.now()),
        "已解除绑定，以后用密码登录",
    )
    return redirect("web:account")


def signed_off(request: HttpRequest, end_session: str) -> HttpResponse:
    """After the log-out: the session at the provider goes on until it is ended there."""
    provider = _provider()
    query = urlencode(
        {
            "client_id": provider.client_id,
            "post_logout_redirect_uri": site.absolute(reverse("web:home"), request),
        }
    )
    way = f"{end_session}{'&' if urlsplit(end_session).query else '?'}{query}"
    return render(request, "web/account/signed_off.html", {"sign_on": provider, "way": way})


# ---------------------------------------------------------------- parts


def _provider() -> SignOn:
    provider: SignOn | None = settings.SIGN_ON
    if provider is None:
        raise Http404("本平台没有开通单点登录")
    return provider


def _back(request: HttpRequest) -> str:
    return site.absolute(reverse("web:sign_on_return"), request)


def _way_out(request: HttpRequest, provider: SignOn, kept: dict[str, Any]) -> str:
    """The provider's page for a new sign-on, of which the session keeps what must come back."""
    asked = oidc.ask(at=timezone.now())
    linking = kept["user"] is not None
    way = oidc.address(provider, asked, back=_back(request), afresh=linking)
    request.session[PENDING] = asked.keep() | kept
    return way


def _unreachable(request: HttpRequest, provider: SignOn, failure: Exception) -> HttpResponse:
    log.warning("sign-on: %s", failure)
    return _page(request, provider, UNREACHABLE)


def _refused(
    request: HttpRequest,
    provider: SignOn,
    outcome: Outcome,
    reason: str,
    told: oidc.Told | None = None,
    user: User | None = None,
) -> HttpResponse:
    """Says why not; the audit keeps it, without a proved identity once each time as at the login."""
    at, came_from = timezone.now(), address.of(request)
    before = AuditEntry.objects.filter(
        act="login.refused", address=came_from, at__gt=at - settings.AXES_COOLOFF_TIME
    )
    if told is not None or not before.exists():
        audit.record(
            "login.refused",
            at=at,
            actor=Actor(user),
            subject=user.username if user else "",
            address=came_from,
            reason=reason,
            **({"issuer": told.issuer, "identity": told.subject} if told else {}),
        )
    return _page(request, provider, outcome, told.subject if told else "")


def _page(
    request: HttpRequest, provider: SignOn, outcome: Outcome, identity: str = ""
) -> HttpResponse:
    return render(
        request,
        "web/account/sign_on_refused.html",
        {
            "title": outcome.title.format(name=provider.name),
            "words": outcome.words.format(name=provider.name),
            "sign_on": provider,
            "identity": identity,
            "is_unlinked": outcome is UNLINKED,
        },
        status=outcome.status,
    )


urlpatterns = [
    path("login/sso/", sign_on, name="sign_on"),
    path("login/sso/return/", sign_on_return, name="sign_on_return"),
    path("account/sso/", sign_on_link, name="sign_on_link"),
    path("account/sso/<int:number>/unlink/", sign_on_unlink, name="sign_on_unlink"),
]
