"""Where a person is logged in: kept beside Django's sessions, so that a person can see and end them."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.base.models import Login, User

SEEN = "seen"
SIGNED_ON = "signed_on"
"""In sessions that a provider of identities opened: where its own session is ended, or empty."""
FRESH = timedelta(minutes=5)
"""Within this time a login's last use is not written again."""


def opened(
    request: HttpRequest,
    user: User,
    *,
    at: datetime,
    address: str | None,
    signed_on: str | None = None,
) -> None:
    """A person has just logged in; the session has a new key since.

    ``signed_on`` by a provider of identities: the address where its session is ended, or empty.
    """
    key = request.session.session_key
    if key is None:
        request.session.save()
        key = request.session.session_key or ""
    request.session[SEEN] = int(at.timestamp())
    request.session.pop(SIGNED_ON, None)
    way = {}
    if signed_on is not None:
        request.session[SIGNED_ON] = signed_on
        way = {"way": "sso"}
    agent = request.headers.get("User-Agent", "")[:300]
    with transaction.atomic():
        Login.objects.update_or_create(
            session_key=key,
            defaults={
                "user": user,
                "at": at,
                "seen_at": at,
                "address": address,
                "agent": agent,
            },
        )
        audit.record(
            "login", at=at, actor=Actor(user), subject=user.username, address=address, **way
        )


def renewed(request: HttpRequest) -> None:
    """Gives the session a new key and keeps the login with it."""
    before = request.session.session_key
    request.session.cycle_key()
    Login.objects.filter(session_key=before).update(session_key=request.session.session_key)


def closed(request: HttpRequest, user: User, *, at: datetime, address: str | None) -> None:
    """A person is about to log out."""
    with transaction.atomic():
        Login.objects.filter(session_key=request.session.session_key).delete()
        audit.record("logout", at=at, actor=Actor(user), subject=user.username, address=address)


def seen(request: HttpRequest, *, at: datetime) -> None:
    """Notes that a login is in use, now and then; costs nothing in between."""
    last = request.session.get(SEEN)
    now = int(at.timestamp())
    if isinstance(last, int) and now - last >= FRESH.total_seconds():
        request.session[SEEN] = now
        Login.objects.filter(session_key=request.session.session_key).update(seen_at=at)


def of(user: User, *, at: datetime) -> list[Login]:
    """The logins of a person that still hold, the one used last first."""
    logins = list(Login.objects.filter(user=user))
    keys = [login.session_key for login in logins]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=at).values_list(
            "session_key", flat=True
        )
    )
    return [login for login in logins if login.session_key in alive]


@transaction.atomic
def end(login: Login, *, by: Actor, at: datetime) -> None:
    """Logs one browser out."""
    Session.objects.filter(session_key=login.session_key).delete()
    login.delete()
    audit.record("login.end", at=at, actor=by, subject=login.user.username)


def end_all(user: User, but: str = "") -> int:
    """Logs a person out everywhere, except in the session ``but``; how many were ended."""
    logins = Login.objects.filter(user=user).exclude(session_key=but)
    keys = list(logins.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    logins.delete()
    return len(keys)
