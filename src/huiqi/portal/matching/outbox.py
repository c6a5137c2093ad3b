"""The outbox: what leaves the platform. Mails are sent from here; other channels read and mark it.

A row is sent once: whoever sends it first moves its time, in one statement. What fails is tried again,
later each time, and in the end kept as failed with the reason.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from huiqi.portal.base import site
from huiqi.portal.base.access import usable
from huiqi.portal.base.models import Membership
from huiqi.portal.matching.enums import NoticeKind, OutgoingState
from huiqi.portal.matching.models import Notice, Outgoing

log = logging.getLogger(__name__)

EMAIL = "email"
TRIES = 6
FIRST_PAUSE = timedelta(minutes=5)
"""Before the second try; four times as long before each one after."""
CLAIMED = timedelta(minutes=10)
"""A row that is being sent is nobody else's for so long."""
FOOT = "登录惠企双创综合服务平台可查看依据和办理方法。此邮件由系统发出，请勿直接回复。"


def queue(notices: Iterable[Notice], *, at: datetime) -> int:
    """Puts notices into the outbox, for everybody they concern who left a mail address.

    Whom a notice concerns: the members of its unit, or its user. A row that is there already stays.
    """
    listed = list(notices)
    units = {notice.unit_id for notice in listed if notice.unit_id is not None}
    by_unit: dict[int, list[str]] = {}
    members = (
        Membership.objects.filter(usable(timezone.localdate(at)), unit__in=units)
        .filter(user__is_active=True)
        .exclude(user__email="")
        .values_list("unit_id", "user__email")
        .distinct()
    )
    for unit, address in members:
        by_unit.setdefault(unit, []).append(address)
    rows = []
    for notice in listed:
        addresses = list(by_unit.get(notice.unit_id or 0, ()))
        if notice.user is not None and notice.user.email:
            addresses.append(notice.user.email)
        rows += [
            Outgoing(notice=notice, channel=EMAIL, address=address, due_at=at)
            for address in dict.fromkeys(addresses)
        ]
    Outgoing.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def due(channel: str, at: datetime) -> QuerySet[Outgoing]:
    """What a channel has to send now, the oldest first."""
    waiting = Outgoing.objects.filter(channel=channel, state=OutgoingState.DUE, due_at__lte=at)
    return waiting.select_related("notice").order_by("due_at", "pk")


def claim(row: Outgoing, at: datetime) -> bool:
    """Takes a row for sending; False where somebody else has it."""
    return bool(
        Outgoing.objects.filter(pk=row.pk, state=OutgoingState.DUE, due_at=row.due_at).update(
            due_at=at + CLAIMED, tries=F("tries") + 1
        )
    )


def sent(row: Outgoing, at: datetime) -> None:
    """Marks a claimed row as sent."""
    Outgoing.objects.filter(pk=row.pk).update(state=OutgoingState.SENT, sent_at=at, error="")


def failed(row: Outgoing, reason: str, at: datetime) -> None:
    """Notes why a claimed row could not be sent, and when it is tried again, if it is."""
    tries = row.tries + 1
    over = tries >= TRIES
    Outgoing.objects.filter(pk=row.pk).update(
        state=OutgoingState.FAILED if over else OutgoingState.DUE,
        due_at=at + FIRST_PAUSE * 4 ** (tries - 1),
        error=reason[:300],
    )


def send_mail(at: datetime, most: int = 200) -> tuple[int, int]:
    """Sends the mails that are due: how many went, how many did not."""
    went = missed = 0
    for row in due(EMAIL, at)[:most]:
        if not claim(row, at):
            continue
        mail = EmailMessage(
            subject=row.notice.title,
            body=_body(row.notice),
            to=[row.address],
        )
        try:
            mail.send()
        except Exception as error:  # whatever a mail server or its line may do
            log.warning("mail %s: %s", row.pk, error)
            failed(row, f"{type(error).__name__}：{error}", at)
            missed += 1
        else:
            sent(row, at)
            went += 1
    return went, missed


def _body(notice: Notice) -> str:
    """What a mail says: the notice, where to read on, and who sends it."""
    address = site.absolute(notice.link) if notice.link else ""
    foot = FOOT
    if notice.kind == NoticeKind.POLICY and address:
        foot += f"不想再收到，可在这里退订：{site.absolute(reverse('web:subscriptions'))}"
    return "\n\n".join(part for part in (notice.body, address, foot) if part)
