"""What every request gets: a content security policy, and the role acted in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from huiqi.portal.base.access import NOBODY, SESSION_KEY, Actor, memberships_of
from huiqi.portal.base.models import User

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


def acting_as(answer: Answer) -> Answer:
    """Sets ``request.actor``: the membership chosen in this session, else the first one."""

    def respond(request: HttpRequest) -> HttpResponse:
        request.actor = _actor(request)  # type: ignore[attr-defined]
        return answer(request)

    return respond


def _actor(request: HttpRequest) -> Actor:
    user = request.user
    if not isinstance(user, User):
        return NOBODY
    held = tuple(memberships_of(user, timezone.localdate()))
    chosen = request.session.get(SESSION_KEY)
    mine = next((item for item in held if item.pk == chosen), held[0] if held else None)
    return Actor(user, mine, held)
