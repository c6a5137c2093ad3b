"""Keys to the API: a bearer token names a person, a unit and what it may be used for."""

from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer
from ninja.throttling import SimpleRateThrottle

from huiqi.portal.api.errors import Refusal
from huiqi.portal.base.access import Actor, memberships_of
from huiqi.portal.base.models import Token


class Scope(StrEnum):
    """What a key may be used for; the role of its person limits it further."""

    REGISTRY = "registry:read"
    MATCHING = "matching:read"
    OWN = "own:read"
    OWN_WRITE = "own:write"
    AUDIT = "audit:read"


SCOPE_NAMES = {
    Scope.REGISTRY: "读登记库",
    Scope.MATCHING: "读匹配结果",
    Scope.OWN: "读本企业信息和应享政策",
    Scope.OWN_WRITE: "替本企业补充信息",
    Scope.AUDIT: "读审计记录",
}
FRESH = 60
"""Seconds within which a key's last use is not written again."""


class Key(HttpBearer):
    """Authenticates by token, and refuses one whose scopes do not hold what the endpoint needs."""

    openapi_bearerFormat = "hq_…"

    def __init__(self, *needed: Scope) -> None:
        super().__init__()
        self.needed = needed

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        now = timezone.now()
        digest = sha256(token.encode()).hexdigest()
        found = (
            Token.objects.select_related("user", "unit")
            .filter(digest=digest, revoked_at__isnull=True, expires_at__gt=now)
            .filter(user__is_active=True)
            .first()
        )
        if found is None:
            return None
        if not set(self.needed) <= set(found.scopes):
            names = "、".join(SCOPE_NAMES[scope] for scope in self.needed)
            raise Refusal(403, "scope", f"这个密钥没有“{names}”的权限")
        if found.last_used_at is None or (now - found.last_used_at).total_seconds() > FRESH:
            Token.objects.filter(pk=found.pk).update(last_used_at=now)
        held = tuple(memberships_of(found.user, timezone.localdate()))
        mine = next((item for item in held if item.unit_id == found.unit_id), None)
        actor = Actor(found.user, mine, held)
        request.actor = actor  # type: ignore[attr-defined]
        return actor


class PerCaller(SimpleRateThrottle):
    """So many requests a period for each key, and for each address without one."""

    def __init__(self, rate: str, scope: str) -> None:
        self.scope = scope
        super().__init__(rate)

    def get_cache_key(self, request: HttpRequest) -> str | None:
        actor: Any = getattr(request, "auth", None)
        who = f"user-{actor.user.pk}" if isinstance(actor, Actor) and actor.user else ""
        ident = who or self.get_ident(request) or "unknown"
        return self.cache_format % {"scope": self.scope, "ident": ident}


Caller = Callable[[HttpRequest], Actor]


def caller(request: HttpRequest) -> Actor:
    """The actor that :class:`Key` found."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor
