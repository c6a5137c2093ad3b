"""Whom a run concerns is told, once: enterprises with an account what they are owed, weekly one question.

Told is of certain amounts only (应享 with money), never of what was told before for the same support,
item and release; members of the enterprise see it on their pages and get a mail. Subscribers are told
of new releases.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from huiqi.portal.base import audit, rules
from huiqi.portal.base.access import usable
from huiqi.portal.base.enums import UnitKind
from huiqi.portal.base.jobs import Tell, silent
from huiqi.portal.base.models import Membership, Unit
from huiqi.portal.matching import outbox
from huiqi.portal.matching.answers import dossier_of
from huiqi.portal.matching.answers import questions as open_questions
from huiqi.portal.matching.enums import AnswerKind, NoticeKind
from huiqi.portal.matching.models import MatchedSupport, Notice, Run, Told
from huiqi.portal.matching.queries import visible
from huiqi.portal.matching.runs import lock
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.models import Release, Subscription
from huiqi.portal.registry.models import Enterprise, Record
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.reference.explaining import clause_words, range_words

PIECE = 500
"""Notices in one transaction."""
BETWEEN = timedelta(days=7)
"""An enterprise is asked at most so often."""
FRESH = timedelta(days=60)
"""Subscribers are told of releases up to this age."""

Key = tuple[int, int]
"""Record and support."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One item that an enterprise is entitled to: 0 for the enterprise itself."""

    item: int
    name: str
    low: int
    high: int | None


def accounts(on: date) -> dict[int, int]:
    """The enterprises whose members have an account: record -> unit."""
    held = Membership.objects.filter(usable(on), user__is_active=True)
    units = dict(
        Unit.objects.filter(kind=UnitKind.ENTERPRISE, is_active=True)
        .filter(pk__in=held.values("unit"))
        .values_list("credit_code", "pk")
    )
    records: dict[int, int] = {}
    codes = list(units)
    for start in range(0, len(codes), 5000):
        found = Enterprise.objects.filter(credit_code__in=codes[start : start + 5000])
        records |= {pk: units[code] for pk, code in found.values_list("pk", "credit_code")}
    return records


# ---------------------------------------------------------------- 应享


def tell_entitled(run: Run, *, at: datetime, tell: Tell = silent) -> int:
    """Tells enterprises with an account what they are certainly owed and were not told; how many notices."""
    units = accounts(timezone.localdate(at))
    if not units:
        return 0
    supports = {item.pk: item for item in MatchedSupport.objects.all()}
    versions = {slug: int(said["version"]) for slug, said in run.releases.items()}
    owed = _owed(run, units)
    for (record, support, item), release in _told():
        if (record, support) in owed and release == versions.get(supports[support].policy, 0):
            owed[record, support] = [one for one in owed[record, support] if one.item != item]
    waiting = [(key, items) for key, items in sorted(owed.items()) if items]
    made = 0
    for start in range(0, len(waiting), PIECE):
        made += _tell_piece(waiting[start : start + PIECE], units, supports, versions, at)
        tell(made, len(waiting), "生成通知")
    return made


def _owed(run: Run, units: dict[int, int]) -> dict[Key, list[Owed]]:
    found: dict[Key, list[Owed]] = {}
    rows = (
        visible(run)
        .filter(answer=AnswerKind.YES, low__gt=0, support__whose="企业")
        .values_list("record_id", "support_id", "item_id", "item__name", "low", "high")
    )
    for record, support, item, name, low, high in rows.iterator(chunk_size=5000):
        if record in units:
            found.setdefault((record, support), []).append(
                Owed(item or 0, name or "", low or 0, high)
            )
    return found


def _told() -> Iterator[tuple[tuple[int, int, int], int]]:
    rows = Told.objects.values_list("record_id", "support_id", "item", "release")
    for record, support, item, release in rows.iterator(chunk_size=5000):
        yield (record, support, item), release


@transaction.atomic
def _tell_piece(
    waiting: list[tuple[Key, list[Owed]]],
    units: dict[int, int],
    supports: dict[int, MatchedSupport],
    versions: dict[str, int],
    at: datetime,
) -> int:
    lock()
    library = rules.library()
    notices, told = [], []
    for (record, number), items in waiting:
        support = supports[number]
        version = versions.get(support.policy, 0)
        notice = Notice(
            unit_id=units[record],
            record_id=record,
            kind=NoticeKind.ENTITLED,
            about=f"entitled:{support.key}:{version}:{min(one.item for one in items)}",
            title=f"可享受：{support.name}"[:200],
            body=_words(library, support, items),
            link=link("web:my_support", *support.key.split("/", 1)),
            made_at=at,
        )
        notices.append(notice)
        told += [(notice, record, number, one.item, version) for one in items]
    notices = Notice.objects.bulk_create(notices)
    Told.objects.bulk_create(
        Told(notice=notice, record_id=record, support_id=number, item=item, release=version)
        for notice, record, number, item, version in told
    )
    outbox.queue(notices, at=at)
    audit.record("notice.entitled", at=at, notices=len(notices))
    return len(notices)


def _words(library: Library, support: MatchedSupport, items: list[Owed]) -> str:
    """Amount, how many items, and the clause."""
    low = sum(one.low for one in items)
    highs = [one.high for one in items]
    high = None if None in highs else sum(value or 0 for value in highs)
    parts = [f"按登记的信息，{support.form}金额{range_words(low, high)}"]
    if len(items) > 1 or items[0].item:
        # Several years of one kind bear one name.
        named = list(dict.fromkeys(one.name for one in items if one.name))
        names = "、".join(named[:3]) + ("等" if len(named) > 3 else "")
        parts.append(f"涉及{len(items)}项{support.table}" + (f"：{names}" if names else ""))
    rule = library.by_key.get(support.key)
    if rule is not None:
        parts.append(f"依据{clause_words(library.by_id[rule.policy], library.clause_of(rule))}")
    return "；".join(parts) + "。"


def link(view: str, *parts: str) -> str:
    """The address of a page, empty where the site has no such page."""
    try:
        return reverse(view, args=parts)
    except NoReverseMatch:
        return ""


# ---------------------------------------------------------------- one question


def ask_questions(run: Run, *, at: datetime, tell: Tell = silent) -> int:
    """Asks each enterprise that misses facts the one that settles most and was not asked before."""
    units = accounts(timezone.localdate(at))
    lately = Notice.objects.filter(kind=NoticeKind.QUESTION, made_at__gt=at - BETWEEN)
    rested = set(units) - set(lately.values_list("record_id", flat=True))
    lacking = visible(run).filter(answer=AnswerKind.MISSING, support__whose="企业")
    wanted = sorted(rested.intersection(lacking.values_list("record_id", flat=True).distinct()))
    made = 0
    for done, record in enumerate(Record.objects.filter(pk__in=wanted).order_by("pk").iterator()):
        made += _ask(record, units[record.pk], on=run.on, at=at)
        tell(done + 1, len(wanted), "挑选问题")
    return made


@transaction.atomic
def _ask(record: Record, unit: int, *, on: date, at: datetime) -> int:
    asked = set(
        Notice.objects.filter(record=record, kind=NoticeKind.QUESTION).values_list(
            "about", flat=True
        )
    )
    for question in open_questions(dossier_of(record, on=on)):
        about = f"question:{question.id}"[:200]
        if about in asked or not question.own:
            continue
        stake = f"，涉及金额{question.stake_words}" if question.stake_words else ""
        notice = Notice.objects.create(
            unit_id=unit,
            record=record,
            kind=NoticeKind.QUESTION,
            about=about,
            title=f"补充一项信息，可确定更多政策：{question.fact}"[:200],
            body=f"{question.words}答清后可确定{len(question.supports)}项政策{stake}。",
            link=link("web:my_answers"),
            made_at=at,
        )
        outbox.queue([notice], at=at)
        return 1
    return 0


# ---------------------------------------------------------------- releases


def tell_releases(*, at: datetime) -> int:
    """Tells subscribers of releases put in force since they subscribed; how many notices."""
    fresh = Release.objects.filter(state=ReleaseState.IN_FORCE, released_at__gt=at - FRESH)
    made = 0
    for release in fresh.order_by("pk"):
        made += _tell_release(release, at)
    return made


@transaction.atomic
def _tell_release(release: Release, at: datetime) -> int:
    lock()
    about = f"policy:{release.slug}:{release.version}"
    told = Notice.objects.filter(about=about, user__isnull=False).values("user")
    wanted = (
        Subscription.objects.filter(made_at__lt=release.released_at, user__is_active=True)
        .filter(Q(slug=release.slug) | Q(slug="", region=release.region) | Q(slug="", region=""))
        .exclude(user__in=told)
    )
    users = sorted(set(wanted.values_list("user_id", flat=True)))
    notices = Notice.objects.bulk_create(
        Notice(
            user_id=user,
            kind=NoticeKind.POLICY,
            about=about,
            title=f"政策发布：{release.number or release.title}"[:200],
            body=f"《{release.title}》第{release.version}版已发布。",
            link=link("web:document", release.slug),
            made_at=at,
        )
        for user in users
    )
    if notices:
        outbox.queue(notices, at=at)
        audit.record("notice.release", at=at, subject=str(release), notices=len(notices))
    return len(notices)
