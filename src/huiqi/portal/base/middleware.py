"""What every request gets: a content security policy, the rules in force, and the role acted in."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from huiqi.portal.base import rules, sessions
from huiqi.portal.base.access import NOBODY, SESSION_KEY, Actor, memberships_of
from huiqi.portal.base.models import User

PASSWORD_PAGE = "web:password"
Answer = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def content_security_policy(answer: Answer) -> Answer:
    """One static policy for all pages: nothing inline, nothing from elsewhere."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response

    return respond


def one_library(answer: Answer) -> Answer:
    """All of a request reads the same rules, looked for once."""

    def respond(request: HttpRequest) -> HttpResponse:
        with rules.held():
            return answer(request)

    return respond


def acting_as(answer: Answer) -> Answer:
    """Sets ``request.actor``: the membership chosen in this session, else the first one.

    Whoever logged in with a password that works once is sent to choose a new one first.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        actor = request.actor = _actor(request)  # type: ignore[attr-defined]
        if actor.user is not None:
            sessions.seen(request, at=timezone.now())
            by_password = sessions.SIGNED_ON not in request.session
            if by_password and actor.user.must_change_password and not _may_still(request.path):
                return redirect(PASSWORD_PAGE)
        return answer(request)

    return respond


def no_nul(answer: Answer) -> Answer:
    """Refuses the character NUL in what is asked or sent: no text has it, PostgreSQL cannot keep it.

    The API refuses it in its own words.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            sent = [*request.GET.lists(), *request.POST.lists()]
            said = (one for name, all_ in sent for one in (name, *all_))
            if "\0" in request.path or any("\0" in one for one in said):
                raise BadRequest("NUL in the request")
        return answer(request)

    return respond


def _may_still(path: str) -> bool:
    allowed = [reverse(PASSWORD_PAGE), reverse("web:logout"), settings.STATIC_URL]
    return path.startswith(tuple(allowed))


def _actor(request: HttpRequest) -> Actor:
    user = request.user
    if not isinstance(user, User):
        return NOBODY
    held = tuple(memberships_of(user, timezone.localdate()))
    chosen = request.session.get(SESSION_KEY)
    mine = next((item for item in held if item.pk == chosen), held[0] if held else None)
    return Actor(user, mine, held)
