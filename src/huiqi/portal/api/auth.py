"""Keys to the API: a bearer token names a person, a unit and what it may be used for."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer
from ninja.throttling import SimpleRateThrottle

from huiqi.portal.api.errors import Refusal
from huiqi.portal.base import address, tokens
from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import Scope

__all__ = ["Key", "PerCaller", "Scope", "caller"]

SCOPE_NAMES = {scope: scope.label for scope in Scope}


class Key(HttpBearer):
    """Authenticates by token, and refuses one whose scopes do not hold what the endpoint needs."""

    openapi_bearerFormat = "hq_…"

    def __init__(self, *needed: Scope) -> None:
        super().__init__()
        self.needed = needed

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        found = tokens.find(token, at=timezone.now())
        if found is None:
            return None
        key, actor = found
        if not set(self.needed) <= set(key.scopes):
            names = "、".join(SCOPE_NAMES[scope] for scope in self.needed)
            raise Refusal(403, "scope", f"这个密钥没有“{names}”的权限")
        if any(actor.role not in tokens.ROLES[scope] for scope in self.needed):
            raise Refusal(403, "role", "密钥所属人员现在没有这个接口需要的角色")
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
        ident = who or address.of(request) or "unknown"
        return self.cache_format % {"scope": self.scope, "ident": ident}


def caller(request: HttpRequest) -> Actor:
    """The actor that :class:`Key` found."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor
