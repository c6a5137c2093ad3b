"""A person says to act for an enterprise; an officer of its region or the operator decides."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from huiqi.portal.base import audit, places
from huiqi.portal.base.access import Actor, in_force
from huiqi.portal.base.creditcode import checked
from huiqi.portal.base.enums import ClaimState, Role, UnitKind
from huiqi.portal.base.models import Claim, Membership, StoredFile, Unit
from huiqi.portal.base.refusal import Refused

MOST_WAITING = 5


def visible_to(actor: Actor) -> QuerySet[Claim]:
    """The claims that an actor may decide: of the unit's region, never one's own."""
    rows = Claim.objects.select_related("user", "evidence", "decided_by")
    if actor.has(Role.OPERATOR):
        return rows.exclude(user=actor.user)
    if actor.has(Role.OFFICER) and actor.unit and actor.unit.kind == UnitKind.DEPARTMENT:
        return rows.filter(places.within(places.reach(actor.region), "region")).exclude(
            user=actor.user
        )
    return rows.none()


@transaction.atomic
def make(
    credit_code: str,
    enterprise_name: str,
    region: str,
    post: str,
    statement: str,
    *,
    evidence: StoredFile | None = None,
    by: Actor,
    at: datetime,
) -> Claim:
    """Asks to become the administrator of an enterprise's account."""
    if by.user is None:
        raise Refused("请先登录", "没有账户的请先注册")
    code = checked(credit_code)
    for field, text, words in (
        ("enterprise_name", enterprise_name, "企业名称"),
        ("post", post, "本人职务"),
    ):
        if not text.strip():
            raise Refused(f"没有填写{words}", "", field)
    if not places.exists(region):
        raise Refused("没有选择企业所在地区", "由这个地区的工作人员确认", "region")
    on = timezone.localdate(at)
    held = Membership.objects.filter(in_force(on), user=by.user, unit__credit_code=code)
    if held.filter(role=Role.ENTERPRISE_ADMIN).exists():
        raise Refused("您已是这家企业的管理员", "不用再认领", "credit_code")
    waiting = Claim.objects.filter(user=by.user, state=ClaimState.WAITING)
    if waiting.count() >= MOST_WAITING:
        raise Refused(f"您已有{MOST_WAITING}项认领在等待确认", "请等待结果，或撤回不需要的")
    try:
        with transaction.atomic():
            claim = Claim.objects.create(
                user=by.user,
                credit_code=code,
                enterprise_name=enterprise_name.strip(),
                region=region,
                post=post.strip(),
                statement=statement.strip(),
                evidence=evidence,
                made_at=at,
            )
    except IntegrityError:
        raise Refused(
            "您已提交过这家企业的认领", "请等待确认，或先撤回再重新提交", "credit_code"
        ) from None
    audit.record("claim.make", at=at, actor=by, subject=code, claim=claim.pk)
    return claim


@transaction.atomic
def confirm(claim: Claim, *, by: Actor, at: datetime) -> Membership:
    """The person acts for the enterprise from now on; its unit is made where there is none."""
    found = _decided(claim, ClaimState.CONFIRMED, "", by=by, at=at)
    unit, made = Unit.objects.get_or_create(
        kind=UnitKind.ENTERPRISE,
        credit_code=found.credit_code,
        defaults={"name": found.enterprise_name, "region": found.region},
    )
    if not unit.is_active:
        raise Refused("这家企业的账户已停用", "请先由系统管理员启用")
    on = timezone.localdate(at)
    member = Membership.objects.filter(
        in_force(on), user=found.user, unit=unit, role=Role.ENTERPRISE_ADMIN
    ).first() or Membership.objects.create(
        user=found.user, unit=unit, role=Role.ENTERPRISE_ADMIN, since=on, granted_by=by.user
    )
    audit.record(
        "claim.confirm",
        at=at,
        actor=by,
        subject=found.credit_code,
        claim=found.pk,
        person=found.user.username,
        unit_made=made,
    )
    return member


@transaction.atomic
def refuse(claim: Claim, reason: str, *, by: Actor, at: datetime) -> None:
    """Sends a claim back, with the reason that the person reads."""
    if not reason.strip():
        raise Refused("没有填写退回的理由", "申请人会看到，请写明还缺什么", "reason")
    found = _decided(claim, ClaimState.REFUSED, reason.strip(), by=by, at=at)
    audit.record("claim.refuse", at=at, actor=by, subject=found.credit_code, claim=found.pk)


@transaction.atomic
def withdraw(claim: Claim, *, by: Actor, at: datetime) -> None:
    """The person takes the claim back."""
    waiting = Claim.objects.filter(pk=claim.pk, user=by.user, state=ClaimState.WAITING)
    if not waiting.update(state=ClaimState.WITHDRAWN):
        raise Refused("这项认领已经办结，不能撤回")
    audit.record("claim.withdraw", at=at, actor=by, subject=claim.credit_code, claim=claim.pk)


def _decided(claim: Claim, state: ClaimState, reason: str, *, by: Actor, at: datetime) -> Claim:
    """Marks a waiting claim; of two officers at once the second is refused."""
    if not visible_to(by).filter(pk=claim.pk).exists():
        raise Refused("这项认领不由您办理", "由企业所在地区的工作人员或系统管理员办理")
    waiting = Claim.objects.filter(pk=claim.pk, state=ClaimState.WAITING)
    if not waiting.update(state=state, reason=reason, decided_by=by.user, decided_at=at):
        raise Refused("这项认领已经由别人办结或撤回", "请刷新后查看")
    return Claim.objects.select_related("user").get(pk=claim.pk)
