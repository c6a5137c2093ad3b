"""Accounts and units: made, changed, given roles, taken them. Every act is one function and one entry."""

import re
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from huiqi.portal.base import audit, places, sessions
from huiqi.portal.base.access import NOBODY, Actor, in_force
from huiqi.portal.base.enums import ENTERPRISE_ROLES, STAFF_ROLES, Role, UnitKind
from huiqi.portal.base.models import AuditEntry, Invitation, Membership, Unit, User
from huiqi.portal.base.refusal import Refused

USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{3,31}")
JOINS_AN_HOUR = 10
"""Accounts that one address may open in an hour."""
DELEGATED_DAYS = 92
INVITED = timedelta(days=7)
WEAK = {
    "password_too_short": "密码至少要10位",
    "password_too_common": "这个密码太常见",
    "password_entirely_numeric": "密码不能全是数字",
    "password_too_similar": "密码与用户名、姓名或邮箱太相近",
}
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody mistakes for one another."""


# ---------------------------------------------------------------- people


@transaction.atomic
def join(
    username: str,
    name: str,
    password: str,
    *,
    at: datetime,
    phone: str = "",
    email: str = "",
    address: str | None = None,
) -> User:
    """A person opens an account, which as yet may do nothing."""
    since = at - timedelta(hours=1)
    if address is not None:
        made = AuditEntry.objects.filter(act="account.join", at__gt=since, address=address).count()
        if made >= JOINS_AN_HOUR:
            raise Refused("这个网络地址一小时内注册太多", "请一小时后再试，或联系平台管理员")
    user = _new_user(username, name, password, phone, email)
    audit.record("account.join", at=at, actor=Actor(user), subject=user.username, address=address)
    return user


@transaction.atomic
def create_user(
    username: str, name: str, *, by: Actor, at: datetime, phone: str = "", email: str = ""
) -> tuple[User, str]:
    """An account made for somebody, and the password that works until the first login."""
    password = one_time_password()
    user = _new_user(username, name, password, phone, email)
    user.must_change_password = True
    user.save(update_fields=["must_change_password"])
    audit.record("account.create", at=at, actor=by, subject=user.username, name=user.name)
    return user, password


def _new_user(username: str, name: str, password: str, phone: str, email: str) -> User:
    username, name = username.strip(), name.strip()
    if not USERNAME.fullmatch(username):
        raise Refused(
            "用户名应为4至32位，以字母开头，只用字母、数字和 . _ -", "请换一个用户名", "username"
        )
    if not name:
        raise Refused("没有填写姓名", "", "name")
    if User.objects.filter(username__iexact=username).exists():
        raise Refused("这个用户名不能使用", "请换一个用户名", "username")
    user = User(username=username, name=name, phone=phone.strip(), email=email.strip())
    must_be_good(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise Refused("这个用户名不能使用", "请换一个用户名", "username") from None
    return user


def must_be_good(password: str, user: User, field: str = "password") -> None:
    """Refuses a password that the rules of the site do not accept."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        found = [WEAK.get(one.code or "", one.messages[0]) for one in error.error_list]
        raise Refused("，".join(found), "请换一个密码", field) from None


def one_time_password() -> str:
    """Sixteen signs in four groups, easy to read out and to type."""
    signs = [secrets.choice(READABLE) for _ in range(16)]
    return "-".join("".join(signs[place : place + 4]) for place in range(0, 16, 4))


@transaction.atomic
def change_profile(
    user: User, *, name: str, phone: str, email: str, by: Actor, at: datetime
) -> None:
    """Name, telephone and mail of a person."""
    changed = {
        field: value.strip()
        for field, value in (("name", name), ("phone", phone), ("email", email))
        if getattr(user, field) != value.strip()
    }
    if not changed:
        return
    if changed.get("name") == "":
        raise Refused("没有填写姓名", "", "name")
    for field, value in changed.items():
        setattr(user, field, value)
    user.save(update_fields=list(changed))
    audit.record("account.profile", at=at, actor=by, subject=user.username, changed=sorted(changed))


@transaction.atomic
def change_password(user: User, old: str, new: str, *, at: datetime) -> None:
    """A person's own new password; logins elsewhere end."""
    if not user.check_password(old):
        raise Refused("现在的密码不对", "忘记密码请联系平台管理员重置", "old")
    if old == new:
        raise Refused("新密码与现在的相同", "请换一个密码", "password")
    must_be_good(new, user)
    user.set_password(new)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    audit.record("account.password", at=at, actor=Actor(user), subject=user.username)


@transaction.atomic
def reset_password(user: User, *, by: Actor, at: datetime) -> str:
    """A password for one login in place of a forgotten one; every login of the account ends."""
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    sessions.end_all(user)
    audit.record("account.reset", at=at, actor=by, subject=user.username)
    return password


@transaction.atomic
def set_active(user: User, is_active: bool, *, by: Actor, at: datetime) -> None:
    """Closes an account or opens it again."""
    if user == by.user:
        raise Refused("不能停用自己的账户", "请由另一位系统管理员操作")
    if user.is_active == is_active:
        return
    if not is_active:
        _must_leave_an_operator(Membership.objects.filter(user=user), at)
        sessions.end_all(user)
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    act = "account.open" if is_active else "account.close"
    audit.record(act, at=at, actor=by, subject=user.username)


# ---------------------------------------------------------------- units


@transaction.atomic
def save_unit(unit: Unit, *, by: Actor, at: datetime) -> Unit:
    """A new unit, or a changed one; the database's own rules give the messages."""
    if unit.pk and unit.parent_id:
        above: Unit | None = unit.parent
        while above is not None:
            if above.pk == unit.pk:
                raise Refused("上级单位不能是自己或自己的下级", "请另选上级", "parent")
            above = above.parent
    if unit.region and not places.exists(unit.region):
        raise Refused("没有这个地区", "请从列表中选择", "region")
    act = "unit.change" if unit.pk else "unit.create"
    try:
        unit.full_clean()
    except ValidationError as error:
        field, said = next(iter(error.message_dict.items()))
        raise Refused("；".join(said), "", "" if field == "__all__" else field) from None
    unit.save()
    audit.record(
        act,
        at=at,
        actor=by,
        subject=f"单位{unit.pk}",
        name=unit.name,
        region=unit.region,
        sources=unit.sources,
        is_active=unit.is_active,
    )
    return unit


# ---------------------------------------------------------------- roles


@transaction.atomic
def grant(
    user: User,
    unit: Unit,
    role: Role,
    *,
    since: date,
    until: date | None,
    by: Actor,
    at: datetime,
) -> Membership:
    """Gives a person a role for a unit, for some days or until it is taken back."""
    if not unit.is_active:
        raise Refused(f"{unit}已停用", "请先启用这个单位", "unit")
    _must_fit(role, unit)
    if until is not None and until < since:
        raise Refused("止日不能早于起日", "请改正日期", "until")
    on = timezone.localdate(at)
    if _held(user, unit, role, since, until).exists():
        raise Refused(f"{user}这段时间已是{unit}的{role.label}", "不用再授予")
    made = Membership.objects.create(
        user=user, unit=unit, role=role, since=since, until=until, granted_by=by.user
    )
    _told("role.grant", made, by=by, at=at, on=on)
    return made


@transaction.atomic
def end(membership: Membership, *, by: Actor, at: datetime) -> None:
    """Takes a role back, from this moment, and what was delegated from it."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    if locked.ended_at is not None:
        raise Refused("这项任职已经收回")
    on = timezone.localdate(at)
    if locked.role == Role.ENTERPRISE_ADMIN:
        others = Membership.objects.filter(
            in_force(on), unit=locked.unit, role=Role.ENTERPRISE_ADMIN
        ).exclude(pk=locked.pk)
        if not others.exists() and not by.has(Role.OPERATOR):
            raise Refused("企业至少要有一位管理员", "请先让另一位同事成为管理员")
    _must_leave_an_operator(Membership.objects.filter(pk=locked.pk), at)
    for one in [locked, *locked.delegations.filter(ended_at__isnull=True)]:
        one.ended_at, one.ended_by = at, by.user
        one.save(update_fields=["ended_at", "ended_by"])
        _told("role.end", one, by=by, at=at, on=on)


@transaction.atomic
def delegate(
    membership: Membership, to: User, *, since: date, until: date, by: Actor, at: datetime
) -> Membership:
    """A member lets a colleague of the unit act in the member's role for some days."""
    on = timezone.localdate(at)
    mine = Membership.objects.filter(in_force(on), pk=membership.pk, user=by.user).first()
    if mine is None:
        raise Refused("您没有这个角色，不能委托")
    if mine.delegated_from_id is not None:
        raise Refused("受委托的角色不能再委托", "请由本人委托")
    if to == by.user:
        raise Refused("不能委托给自己", "请选择一位同事", "to")
    colleague = Membership.objects.filter(
        in_force(on), user=to, unit=mine.unit, delegated_from__isnull=True
    )
    if not colleague.exists() or not to.is_active:
        raise Refused("只能委托给本单位的同事", "请从列表中选择", "to")
    if since < on or until < since:
        raise Refused("委托日期应从今天或以后开始，止日不早于起日", "请改正日期", "until")
    if (until - since).days >= DELEGATED_DAYS:
        raise Refused(f"一次最多委托{DELEGATED_DAYS}天", "请缩短时间", "until")
    if mine.until is not None and until > mine.until:
        raise Refused(f"您的任职到{mine.until}为止", "委托不能超过这一天", "until")
    if _held(to, mine.unit, Role(mine.role), since, until).exists():
        raise Refused(f"{to}这段时间已有这个角色", "不用委托", "to")
    made = Membership.objects.create(
        user=to,
        unit=mine.unit,
        role=mine.role,
        since=since,
        until=until,
        granted_by=by.user,
        delegated_from=mine,
    )
    _told("role.delegate", made, by=by, at=at, on=on)
    return made


# ---------------------------------------------------------------- colleagues of an enterprise


@transaction.atomic
def invite(name: str, role: Role, *, by: Actor, at: datetime) -> tuple[Invitation, str]:
    """A link with which a colleague joins the actor's enterprise; its secret is shown once."""
    if not by.has(Role.ENTERPRISE_ADMIN) or by.unit is None or by.user is None:
        raise Refused("只有企业管理员可以邀请同事")
    if role not in ENTERPRISE_ROLES:
        raise Refused("这个角色不能由企业授予", "请选择企业的角色", "role")
    if not name.strip():
        raise Refused("没有写邀请谁", "请填写同事的姓名", "name")
    secret = secrets.token_urlsafe(24)
    made = Invitation.objects.create(
        unit=by.unit,
        role=role,
        name=name.strip(),
        digest=_digest(secret),
        made_by=by.user,
        made_at=at,
        expires_at=at + INVITED,
    )
    audit.record(
        "invitation.make", at=at, actor=by, subject=f"邀请{made.pk}", name=made.name, role=role
    )
    return made, secret


def invitation(secret: str, *, at: datetime) -> Invitation | None:
    """The invitation of this secret, while it can be used."""
    return (
        Invitation.objects.select_related("unit", "made_by")
        .filter(
            digest=_digest(secret), used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at
        )
        .filter(unit__is_active=True)
        .first()
    )


@transaction.atomic
def accept(secret: str, *, by: Actor, at: datetime) -> Membership:
    """Whoever is logged in becomes the member that the invitation is for."""
    found = invitation(secret, at=at)
    if found is None or by.user is None:
        raise Refused("这个邀请已失效", "请联系贵单位的管理员重新邀请")
    on = timezone.localdate(at)
    if _held(by.user, found.unit, Role(found.role), on, None).exists():
        raise Refused(f"您已是{found.unit}的{found.get_role_display()}", "不用再接受邀请")
    used = Invitation.objects.filter(pk=found.pk, used_at__isnull=True)
    if not used.update(used_at=at, used_by=by.user):
        raise Refused("这个邀请已失效", "请联系贵单位的管理员重新邀请")
    made = Membership.objects.create(
        user=by.user, unit=found.unit, role=found.role, since=on, granted_by=found.made_by
    )
    _told("invitation.accept", made, by=by, at=at, on=on)
    return made


@transaction.atomic
def revoke_invitation(found: Invitation, *, by: Actor, at: datetime) -> None:
    """The link no longer works."""
    open_ = Invitation.objects.filter(pk=found.pk, used_at__isnull=True, revoked_at__isnull=True)
    if not open_.update(revoked_at=at):
        raise Refused("这个邀请已用过或已撤回")
    audit.record("invitation.revoke", at=at, actor=by, subject=f"邀请{found.pk}", name=found.name)


# ---------------------------------------------------------------- the first operator


@transaction.atomic
def first_operator(username: str, name: str, unit: str, *, at: datetime) -> tuple[User, str]:
    """The operator of an empty system, who gives all others their roles."""
    on = timezone.localdate(at)
    if Membership.objects.filter(in_force(on), role=Role.OPERATOR, user__is_active=True).exists():
        raise Refused(
            "已有系统管理员", "请由他在“账户与单位”中添加；忘记密码用 huiqi accounts password"
        )
    user, password = create_user(username, name, by=NOBODY, at=at)
    home = Unit.objects.filter(name=unit, region="").exclude(kind=UnitKind.ENTERPRISE).first()
    if home is None:
        home = save_unit(Unit(kind=UnitKind.DEPARTMENT, name=unit), by=NOBODY, at=at)
    grant(user, home, Role.OPERATOR, since=on, until=None, by=NOBODY, at=at)
    return user, password


# ---------------------------------------------------------------- parts


def roles_of(unit: Unit) -> list[tuple[str, str]]:
    """The roles that members of a unit can have, as choices."""
    allowed = ENTERPRISE_ROLES if unit.kind == UnitKind.ENTERPRISE else STAFF_ROLES
    return [(role.value, str(role.label)) for role in Role if role in allowed]


def _must_fit(role: Role, unit: Unit) -> None:
    fitting = roles_of(unit)
    if role.value not in dict(fitting):
        listed = "、".join(label for _, label in fitting)
        raise Refused(f"{unit.get_kind_display()}没有“{role.label}”", f"可选：{listed}", "role")


def _held(user: User, unit: Unit, role: Role, since: date, until: date | None) -> Any:
    """Memberships of the same role that share a day with the span."""
    held = Membership.objects.filter(user=user, unit=unit, role=role, ended_at__isnull=True)
    held = held.exclude(until__lt=since)
    return held.filter(since__lte=until) if until is not None else held


def _must_leave_an_operator(going: Iterable[Membership], at: datetime) -> None:
    """The last operator cannot go, or nobody could let another one in."""
    gone = [one.pk for one in going if one.role == Role.OPERATOR]
    if not gone:
        return
    on = timezone.localdate(at)
    rest = Membership.objects.filter(in_force(on), role=Role.OPERATOR, user__is_active=True)
    if not rest.exclude(pk__in=gone).filter(until__isnull=True).exists():
        raise Refused("这是最后一位系统管理员", "请先授予另一个人系统管理员")


def _told(act: str, one: Membership, *, by: Actor, at: datetime, on: date) -> None:
    audit.record(
        act,
        at=at,
        actor=by,
        subject=one.user.username,
        role=one.role,
        unit_number=one.unit_id,
        unit_name=one.unit.name,
        since=one.since,
        until=one.until,
    )


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
