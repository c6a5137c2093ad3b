"""Keys to the API: shown once, kept as a digest, bound to one membership and to scopes."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor, memberships_of
from huiqi.portal.base.enums import ENTERPRISE_ROLES, STAFF_ROLES, Role, Scope
from huiqi.portal.base.models import Token
from huiqi.portal.base.refusal import Refused

START = "hq_"
MOST_DAYS = 366
MOST = 20
"""Keys in force that one person may hold."""
FRESH = timedelta(minutes=1)
"""Within this time a key's last use is not written again."""
ROLES: dict[Scope, frozenset[Role]] = {
    Scope.REGISTRY: STAFF_ROLES,
    Scope.MATCHING: frozenset({Role.OFFICER, Role.LEADER, Role.AUTHOR}),
    Scope.OWN: ENTERPRISE_ROLES,
    Scope.OWN_WRITE: ENTERPRISE_ROLES,
    Scope.AUDIT: frozenset({Role.AUDITOR, Role.OPERATOR}),
}


def scopes_of(actor: Actor) -> list[Scope]:
    """The scopes that a key of this role may carry."""
    return [scope for scope in Scope if actor.role in ROLES[scope]]


@transaction.atomic
def make(
    name: str, scopes: Iterable[str], days: int, *, by: Actor, at: datetime
) -> tuple[Token, str]:
    """A new key and its secret, which is not kept anywhere."""
    wanted = sorted(set(scopes))
    if by.user is None or by.membership is None:
        raise Refused("您还没有单位和角色", "请先认领企业，或请系统管理员授予角色")
    if not wanted:
        raise Refused("没有选择权限范围", "至少选一项", "scopes")
    if not set(wanted) <= {scope.value for scope in scopes_of(by)}:
        raise Refused("所选权限超出了您的角色", "请重新选择", "scopes")
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"有效期应为1至{MOST_DAYS}天", "", "days")
    if by.user.tokens.filter(revoked_at__isnull=True, expires_at__gt=at).count() >= MOST:
        raise Refused(f"有效的密钥已有{MOST}个", "请先停用不再使用的密钥")
    secret = START + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=by.user,
        membership=by.membership,
        name=name.strip(),
        prefix=secret[:8],
        digest=_digest(secret),
        scopes=wanted,
        made_at=at,
        expires_at=at + timedelta(days=days),
    )
    audit.record(
        "token.make", at=at, actor=by, subject=f"密钥{token.pk}", name=token.name, scopes=wanted
    )
    return token, secret


@transaction.atomic
def revoke(token: Token, *, by: Actor, at: datetime) -> None:
    """The key is of no use from now on."""
    if not Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at):
        raise Refused("这个密钥已经停用")
    audit.record("token.revoke", at=at, actor=by, subject=f"密钥{token.pk}", name=token.name)


def find(secret: str, *, at: datetime) -> tuple[Token, Actor] | None:
    """The key of this secret and who acts by it; None when it is unknown, over or revoked."""
    token = (
        Token.objects.select_related("user")
        .filter(digest=_digest(secret), revoked_at__isnull=True, expires_at__gt=at)
        .filter(user__is_active=True)
        .first()
    )
    if token is None:
        return None
    held = tuple(memberships_of(token.user, timezone.localdate(at)))
    mine = next((item for item in held if item.pk == token.membership_id), None)
    if token.last_used_at is None or at - token.last_used_at > FRESH:
        Token.objects.filter(pk=token.pk).update(last_used_at=at)
    return token, Actor(token.user, mine, held)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
