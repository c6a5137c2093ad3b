"""A second step at the login: one-time codes of an app (RFC 6238), and recovery codes.

Six digits from SHA-1 of the secret and the half-minute, as every such app computes them. The secret is
kept sealed; of recovery codes only digests are kept.
"""

import hmac
import secrets
from base64 import b32decode, b32encode
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from urllib.parse import quote, urlencode

from django.db import transaction

from huiqi.portal.base import audit, sealing
from huiqi.portal.base.access import Actor
from huiqi.portal.base.models import SecondFactor, User
from huiqi.portal.base.refusal import Refused

STEP = 30
DIGITS = 6
SKEW = 1
"""Half-minutes that a telephone's clock may be off."""
FAILURES = 5
LOCKED = timedelta(minutes=15)
RECOVERY_CODES = 8
ISSUER = "惠企"


def new_secret() -> str:
    """A secret for an app, as it is typed."""
    return b32encode(secrets.token_bytes(20)).decode()


def address(secret: str, user: User) -> str:
    """The address that an app takes the secret from."""
    asked = urlencode({"secret": secret, "issuer": ISSUER}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{ISSUER}:{user.username}')}?{asked}"


def code(secret: str, step: int) -> str:
    """The code of a half-minute, counted from 1970."""
    digest = hmac.new(b32decode(secret), step.to_bytes(8, "big"), sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: str, typed: str, *, at: datetime, after: int = 0) -> int | None:
    """The half-minute, later than ``after``, whose code was typed; None when there is none."""
    now = int(at.timestamp()) // STEP
    plain = "".join(typed.split())
    for step in range(now - SKEW, now + SKEW + 1):
        if step > after and hmac.compare_digest(code(secret, step).encode(), plain.encode()):
            return step
    return None


@transaction.atomic
def turn_on(secret: str, typed: str, *, by: Actor, at: datetime) -> list[str]:
    """Asks for codes at every login from now on; returns the recovery codes, which are not kept."""
    user = by.user
    if user is None:
        raise Refused("请先登录")
    if SecondFactor.objects.filter(user=user).exists():
        raise Refused("已经开启了第二道验证", "要换手机，请先关闭再开启")
    step = step_of(secret, typed, at=at)
    if step is None:
        raise Refused("验证码不对", "请核对手机时间，输入应用里现在显示的6位数字", "code")
    codes = ["-".join(secrets.token_hex(2) for _ in range(3)) for _ in range(RECOVERY_CODES)]
    SecondFactor.objects.create(
        user=user,
        sealed=sealing.seal(secret),
        made_at=at,
        last_step=step,
        recovery=[_digest(one) for one in codes],
    )
    audit.record("factor.on", at=at, actor=by, subject=user.username)
    return codes


def passes(user: User, typed: str, *, at: datetime) -> bool:
    """Whether what was typed at the login is a code that now counts; each counts once.

    Five wrong ones close the way for a quarter of an hour (:class:`Refused`).
    """
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user).first()
        if factor is None:
            return True
        if factor.locked_until is not None and at < factor.locked_until:
            raise Refused("验证码连续输错，暂停验证15分钟", "请稍后再试，或联系平台管理员")
        good = _counts(factor, typed, at)
        factor.failures = 0 if good else factor.failures + 1
        factor.locked_until = at + LOCKED if factor.failures >= FAILURES else None
        if factor.locked_until:
            factor.failures = 0
        factor.save()
    if not good and not _secret(factor):
        raise Refused(
            "平台换过密钥，手机上的验证码用不了了", "请用一个恢复码，或请平台管理员取消第二道验证"
        )
    return good


def _secret(factor: SecondFactor) -> str:
    """Empty where the site no longer knows the secret it was sealed with."""
    try:
        return sealing.unseal(factor.sealed)
    except sealing.Unreadable:
        return ""


def _counts(factor: SecondFactor, typed: str, at: datetime) -> bool:
    secret = _secret(factor)
    step = step_of(secret, typed, at=at, after=factor.last_step) if secret else None
    if step is not None:
        factor.last_step = step
        return True
    digest = _digest(typed)
    if digest not in factor.recovery:
        return False
    factor.recovery = [one for one in factor.recovery if one != digest]
    audit.record(
        "factor.recovery",
        at=at,
        actor=Actor(factor.user),
        subject=factor.user.username,
        left=len(factor.recovery),
    )
    return True


def turn_off(typed: str, *, by: Actor, at: datetime) -> None:
    """The person gives the second step up, with one more code; a wrong one counts as at the login."""
    if by.user is None or not SecondFactor.objects.filter(user=by.user).exists():
        raise Refused("没有开启第二道验证")
    if not passes(by.user, typed, at=at):
        raise Refused("验证码不对", "请输入应用里现在显示的6位数字，或一个恢复码", "code")
    with transaction.atomic():
        SecondFactor.objects.filter(user=by.user).delete()
        audit.record("factor.off", at=at, actor=by, subject=by.user.username)


@transaction.atomic
def reset(user: User, *, by: Actor, at: datetime) -> None:
    """The operator removes the second step of somebody who lost telephone and codes."""
    removed, _ = SecondFactor.objects.filter(user=user).delete()
    if not removed:
        raise Refused("这个账户没有开启第二道验证")
    audit.record("factor.reset", at=at, actor=by, subject=user.username)


def reseal() -> int:
    """Seals with the present secret of the site what a former one sealed; how many."""
    count = 0
    for number, sealed in SecondFactor.objects.values_list("pk", "sealed"):
        fresh = sealing.renewed(sealed)
        if fresh is not None:
            # Only what was read: the person may have turned it off and on meanwhile.
            count += SecondFactor.objects.filter(pk=number, sealed=sealed).update(sealed=fresh)
    return count


def _digest(typed: str) -> str:
    return sha256("".join(typed.split()).lower().encode()).hexdigest()
