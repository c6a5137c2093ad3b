"""Between two runs: the entitlements of subjects whose facts changed, by the reference evaluator.

What limits decide across several subjects, and what changes for others that are linked to a changed
subject, waits for the next run; so do the sums of the whole region.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from huiqi.portal.base import audit, rules, workdays
from huiqi.portal.base.access import NOBODY, Actor
from huiqi.portal.base.jobs import Tell, silent
from huiqi.portal.matching.collecting import KINDS, LABELS, place
from huiqi.portal.matching.enums import AnswerKind, RunState
from huiqi.portal.matching.models import Entitlement, MatchedSupport, Run
from huiqi.portal.matching.queries import current, visible
from huiqi.portal.matching.runs import lock
from huiqi.portal.registry import queries as registry
from huiqi.portal.registry import storing
from huiqi.portal.registry.models import Record
from huiqi.rulebook.bulk.engine import groups_of
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.reference.assess import Assessment
from huiqi.rulebook.reference.dossier import Dossier, dossier

MOST = 2000
"""More changed records than this are quicker taken by a run over all."""
BATCH = 20
"""Subjects in one transaction."""


def changed(run: Run) -> QuerySet[Record]:
    """Records that became known after what the run, and its refreshing since, saw.

    The moment alone would miss a change that was begun earlier and committed later.
    """
    return Record.objects.filter(Q(known_at__gt=run.refreshed_at) | storing.unseen(run.seen))


def counts_otherwise(run: Run) -> bool:
    """Whether working days are counted otherwise now than when the run decided."""
    now = workdays.digest(rules.library().vocabulary.calendar)
    return run.calendar not in ("", now)


def refresh(*, at: datetime, by: Actor = NOBODY, tell: Tell = silent) -> int:
    """Takes up what changed since the current run; how many subjects were evaluated anew.

    Stops where a run over all begins meanwhile, which sees the same changes itself; leaves everything
    to that run where working days are counted otherwise now.
    """
    run = current()
    if run is None or counts_otherwise(run):
        return 0
    # First of all: what comes meanwhile is not in it, and is taken up next time.
    seen = storing.view()
    taken = list(changed(run).values_list("pk", "owner_id", "known_at"))
    if not taken:
        return 0
    upto = max(run.refreshed_at or at, *(known_at for _, _, known_at in taken))
    subjects = sorted({owner or pk for pk, owner, _ in taken})
    for start in range(0, len(subjects), BATCH):
        if not _batch(run, subjects[start : start + BATCH]):
            return start
        tell(min(start + BATCH, len(subjects)), len(subjects), "更新有变更的主体")
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).update(refreshed_at=upto, seen=seen)
        audit.record(
            "matching.refresh", at=at, actor=by, subject=f"匹配{run.pk}", subjects=len(subjects)
        )
    return len(subjects)


@transaction.atomic
def _batch(run: Run, subjects: list[int]) -> bool:
    """Replaces the rows of some subjects; False where a run over all is under way or came between."""
    lock()
    if Run.objects.filter(state=RunState.RUNNING).exists() or current() != run:
        return False
    library = rules.library()
    for record in Record.objects.filter(pk__in=subjects, table__in=library.vocabulary.tables):
        renew(run, record, library)
    return True


def renew(run: Run, record: Record, library: Library) -> None:
    """The entitlements that one subject's facts decide, as they are now."""
    taken = [support for support in library.ready if is_local(library, support)]
    file = registry.facts_file(record, on=run.on)
    made = dossier(library, file, run.on, taken, registry.paid(record))
    events = dict(Record.objects.filter(owner=record).values_list("pk", "table"))
    numbers = dict(
        MatchedSupport.objects.filter(key__in=[one.key for one in taken]).values_list("key", "pk")
    )
    own = Q(item__in=list(events)) | Q(item__isnull=True, record=record)
    visible(run).filter(own, support__in=list(numbers.values())).delete()
    found = [item for item in _found(made) if item.made.support.key in numbers]
    places = _records(record, found)
    Entitlement.objects.bulk_create(
        _row(run, item, numbers[item.made.support.key], places, made) for item in found
    )


def is_local(library: Library, support: Support) -> bool:
    """Whether the rows of one subject decide a support: no limit counts rows of other subjects."""
    owner = library.vocabulary.tables[support.table].owner
    return not support.limited or support.beneficiary == ((owner,) if owner else ())


@dataclass(frozen=True, slots=True)
class _Item:
    made: Assessment
    answer: AnswerKind
    conditions: int


def _found(made: Dossier) -> Iterator[_Item]:
    for item in made.assessments:
        if item.answer is not Answer.NO:
            open_ = (Answer.MISSING, Answer.JUDGE)
            bits = sum(1 << line.number for line in item.lines if line.answer in open_)
            yield _Item(item, KINDS[item.answer], bits)
        elif (short := made.near_miss(item)) is not None:
            yield _Item(item, AnswerKind.NEAR, 1 << short)


def _records(record: Record, found: list[_Item]) -> dict[tuple[str, str], int]:
    """The records of the assessed rows and of who benefits from them."""
    keys = {(record.table, record.key): record.pk}
    wanted: dict[str, set[str]] = {}
    for item in found:
        for row in (item.made.row, _whose(item.made)):
            if row is not None and (row.table, row.key) not in keys:
                wanted.setdefault(row.table, set()).add(row.key)
    for table, some in wanted.items():
        rows = Record.objects.filter(table=table, key__in=some).values_list("key", "pk")
        keys |= {(table, key): pk for key, pk in rows}
    return keys


def _whose(made: Assessment) -> Row | None:
    at: Row | None = made.row
    for link in made.support.beneficiary:
        at = at.links.get(link) if at is not None else None
    return at


def _row(
    run: Run, item: _Item, support: int, places: dict[tuple[str, str], int], made: Dossier
) -> Entitlement:
    one, near = item.made, item.answer is AnswerKind.NEAR
    whose = _whose(one)
    words = {}
    for label, fact in groups_of(made.library.vocabulary, one.support).items():
        code = made.reference.known(fact, one.row) or ""
        words[LABELS[label]] = place(made.library.vocabulary, label, code)
    return Entitlement(
        record_id=places.get((whose.table, whose.key)) if whose is not None else None,
        item_id=places.get((one.row.table, one.row.key)) if one.support.beneficiary else None,
        support_id=support,
        answer=item.answer,
        conditions=item.conditions,
        low=None if near else one.low,
        high=None if near else one.high,
        since=run.pk,
        **words,
    )
