"""What enterprises say of themselves: said, changed, taken back, taken over from the calculator."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.matching.calculator import Interview, belongs_to
from huiqi.portal.matching.held import held_by, in_reach
from huiqi.portal.matching.models import Calculation, OwnAnswer
from huiqi.portal.registry.models import Record
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.values import Known


def given(record: Record) -> list[OwnAnswer]:
    """What was said of a subject, what it answers for and their events, the latest first."""
    mine = [record.pk, *(one.pk for one in held_by(record, library()))]
    found = OwnAnswer.objects.filter(Q(record__in=mine) | Q(record__owner__in=mine))
    return list(found.select_related("record", "by").order_by("-at", "pk"))


def place(subject: Record, table: str, key: str) -> Record | None:
    """The record an answer is about: the subject, what it answers for, an event of these; or None."""
    if (subject.table, subject.key) == (table, key):
        return subject
    return Record.objects.filter(in_reach(subject, library()), table=table, key=key).first()


@transaction.atomic
def say(record: Record, fact: str, value: Known | None, *, by: Actor, at: datetime) -> OwnAnswer:
    """Keeps what an enterprise says of itself; None: asked and not clear. Said again, it is changed."""
    assert by.user is not None, "pages of enterprises are for those who logged in"
    spec = library().vocabulary.tables[record.table].facts.get(fact)
    if spec is None or spec.type.kind is Kind.TEXT:
        raise Refused("没有这一项", "请回到“我的政策”重新打开", "answer")
    if spec.judged:
        raise Refused("这一项要由主管部门认定", f"请联系{spec.source or '主管部门'}", "answer")
    made, _ = OwnAnswer.objects.update_or_create(
        record=record, fact=fact, defaults={"value": value, "by": by.user, "at": at}
    )
    audit.record(
        "answers.say", at=at, actor=by, subject=str(record), fact=fact, known=value is not None
    )
    return made


@transaction.atomic
def take_back(record: Record, fact: str, *, by: Actor, at: datetime) -> None:
    """Removes an answer, as if it had not been asked."""
    removed, _ = OwnAnswer.objects.filter(record=record, fact=fact).delete()
    if not removed:
        raise Refused("没有这条填报", "可能已经撤回，请刷新页面")
    audit.record("answers.take_back", at=at, actor=by, subject=str(record), fact=fact)


@transaction.atomic
def take_over(
    made: Calculation, talk: Interview, record: Record, *, by: Actor, at: datetime
) -> int:
    """Takes what the calculator was told of the subject into its own answers; returns how many.

    Only facts of the subject itself: certificates and other events come from the registers. What the
    enterprise said before stays.
    """
    assert by.user is not None, "pages of enterprises are for those who logged in"
    if not belongs_to(made, by):
        raise Refused("这份测算属于别的账户", "请用当时登录的账户打开")
    if talk.subject != record.table:
        raise Refused("这份测算不是为企业做的", "请在计算器里选“企业”再算一次")
    said = set(OwnAnswer.objects.filter(record=record).values_list("fact", flat=True))
    facts = library().vocabulary.tables[record.table].facts
    wanted: Sequence[tuple[str, Known]] = [
        (item.fact, item.value)
        for item in talk.told
        if item.table == record.table
        and item.value is not None
        and item.fact in facts
        and item.fact not in said
        and not facts[item.fact].judged
    ]
    OwnAnswer.objects.bulk_create(
        OwnAnswer(record=record, fact=fact, value=value, by=by.user, at=at)
        for fact, value in wanted
    )
    made.user = by.user
    made.save(update_fields=["user"])
    audit.record("answers.take_over", at=at, actor=by, subject=str(record), facts=len(wanted))
    return len(wanted)
