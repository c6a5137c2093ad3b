"""The audit: append-only, each entry sealed by a digest over itself and the one before."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from huiqi.portal.base.access import NOBODY, Actor
from huiqi.portal.base.locks import alone
from huiqi.portal.base.models import AuditEntry

START = "0" * 64
LOCK = 0x48_75_69_51  # advisory lock on PostgreSQL: entries are numbered one after another


@transaction.atomic
def record(
    act: str,
    *,
    at: datetime,
    actor: Actor = NOBODY,
    subject: str = "",
    address: str | None = None,
    **detail: Any,
) -> AuditEntry:
    """Adds one entry in the caller's transaction, so that an act and its entry stand or fall together.

    ``act`` is a short verb phrase such as ``registry.correct``; ``subject`` names what it was done to.
    """
    alone(LOCK)
    last = AuditEntry.objects.order_by("-number").values_list("number", "digest").first()
    number, previous = (last[0] + 1, last[1]) if last else (1, START)
    entry = AuditEntry(
        number=number,
        at=at,
        actor=actor.user,
        actor_name=actor.user.name if actor.user else "",
        unit=actor.unit,
        act=act,
        subject=subject,
        detail=json.loads(json.dumps(detail, cls=DjangoJSONEncoder)),
        address=address,
        previous=previous,
    )
    entry.digest = seal(entry)
    entry.save(force_insert=True)
    return entry


def seal(entry: AuditEntry) -> str:
    """SHA-256 over the previous digest and the canonical JSON of the entry's other columns."""
    content = {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "unit": entry.unit_id,
        "act": entry.act,
        "subject": entry.subject,
        "detail": entry.detail,
        "address": entry.address,
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(f"{entry.previous}\n{text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold."""

    number: int
    why: str


def verify(noted: tuple[int, str] | None = None) -> tuple[int, Break | None]:
    """Walks the whole chain: how many entries hold, and where it breaks, if it does.

    What is cut off at the end leaves a chain that holds. ``noted``, a number and its digest that were
    written down elsewhere, shows that too.
    """
    previous, expected = START, 1
    for entry in _entries():
        if entry.number != expected:
            return expected - 1, Break(expected, f"缺少第{expected}条记录")
        if entry.previous != previous:
            return expected - 1, Break(entry.number, "与上一条记录的摘要不符")
        if seal(entry) != entry.digest:
            return expected - 1, Break(entry.number, "内容与摘要不符，记录被改动")
        if noted is not None and noted[0] == entry.number and noted[1] != entry.digest:
            return expected - 1, Break(entry.number, "摘要与另存的不同")
        previous, expected = entry.digest, expected + 1
    if noted is not None and noted[0] >= expected:
        return expected - 1, Break(expected, f"缺少第{expected}条记录")
    return expected - 1, None


def head() -> tuple[int, str] | None:
    """Number and digest of the last entry, to be written down elsewhere; None before the first."""
    return AuditEntry.objects.order_by("-number").values_list("number", "digest").first()


def _entries() -> Iterator[AuditEntry]:
    return AuditEntry.objects.order_by("number").iterator(chunk_size=2000)
