"""A person's word on links between clauses that the reader proposed: carried out, not, or by another."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from huiqi.portal.base import audit, rules
from huiqi.portal.base.access import Actor
from huiqi.portal.base.models import User
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies.models import LinkDecision

MOST = 400


@dataclass(frozen=True, slots=True)
class Pair:
    """A clause of an upper and one of a lower document, as the policy folders name them."""

    upper: str
    above: str
    lower: str
    below: str

    def __str__(self) -> str:
        return f"{self.upper}/{self.above} → {self.lower}/{self.below}"


def seal(row: LinkDecision | None) -> str:
    """What was said of a pair as a person saw it; empty where nothing was."""
    return "" if row is None else f"{row.carries} {row.decided_at.isoformat()}"


@transaction.atomic
def decide_link(
    pair: Pair,
    *,
    carries: bool,
    reason: str,
    instead: str = "",
    seen: str,
    by: Actor,
    at: datetime,
) -> list[LinkDecision]:
    """Says whether the lower clause carries the upper one out; ``instead`` names the one that does.

    With ``instead`` (and not ``carries``) the proposed pair is rejected and the other confirmed in one
    act. ``seen`` is the seal of what was said of the pair when the person looked; of the other nothing
    may have been said.
    """
    user = _person(by)
    if not reason.strip():
        raise Refused("没有写理由", "写明为什么这样判断", field="reason")
    if carries and instead:
        raise Refused("既说承接，又选了另一条", "选一种判断", field="instead")
    if instead == pair.below:
        raise Refused("选的还是这一条", "选另一条，或者判断为承接", field="instead")
    said = [(pair, carries, seen)]
    if instead:
        said.append((Pair(pair.upper, pair.above, pair.lower, instead), True, ""))
    for one, _, _ in said:
        _refuse_unknown(one)
    words = reason.strip()[:MOST]
    made = [_put(one, word, words, user, at, before) for one, word, before in said]
    audit.record(
        "policies.link",
        at=at,
        actor=by,
        subject=str(pair),
        carries=carries,
        instead=instead,
        reason=made[0].reason,
    )
    return made


@transaction.atomic
def take_back(pair: Pair, *, seen: str, by: Actor, at: datetime) -> None:
    """Takes a word back: the pair is again what the reader, or the folder's lineage.yaml, says."""
    _person(by)
    held = _held(pair)
    if held is None or seal(held) != seen:
        raise Refused("这一对刚刚被别人判断过", "看过现在的判断，需要的话再改")
    audit.record(
        "policies.link_take_back",
        at=at,
        actor=by,
        subject=str(pair),
        carries=held.carries,
        reason=held.reason,
    )
    held.delete()


def _person(by: Actor) -> User:
    if by.user is None:
        raise Refused("不知道是谁判断的", "先登录")
    return by.user


def _refuse_unknown(pair: Pair) -> None:
    library = rules.library()
    for slug, clause in ((pair.upper, pair.above), (pair.lower, pair.below)):
        policy = library.by_id.get(slug)
        if policy is None:
            raise Refused(f"“{slug}”不在施行", "刷新页面再看")
        if clause not in policy.by_clause:
            raise Refused(f"“{policy.short}”没有条款“{clause}”", "从列表里选", field="instead")
    if pair.upper == pair.lower:
        raise Refused("同一份文件不能对照", "选上级和下级两份文件")


def _held(pair: Pair) -> LinkDecision | None:
    return (
        LinkDecision.objects.select_for_update()
        .filter(upper=pair.upper, above=pair.above, lower=pair.lower, below=pair.below)
        .first()
    )


def _put(
    pair: Pair, carries: bool, reason: str, user: User, at: datetime, seen: str
) -> LinkDecision:
    """Keeps a word on a pair in the place of the one seen, or as the first."""
    held = _held(pair)
    row = held or LinkDecision(
        upper=pair.upper, above=pair.above, lower=pair.lower, below=pair.below
    )
    if held is not None and not seen:
        raise _is_judged(pair)
    if seal(held) != seen:
        raise Refused("这一对刚刚被别人判断过，您的判断没有保存", "看过现在的判断，需要的话再改")
    row.carries, row.reason, row.decided_by, row.decided_at = carries, reason, user, at
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Two first words at once: no row was there that could have been held.
        raise _is_judged(pair) from None
    return row


def _is_judged(pair: Pair) -> Refused:
    policies = rules.library().by_id
    ends = ((pair.upper, pair.above), (pair.lower, pair.below))
    shown = "和".join(f"{policies[slug].short}“{clause}”" for slug, clause in ends)
    return Refused(f"{shown}这一对已有判断，您的判断没有保存", "请在它那里改")
