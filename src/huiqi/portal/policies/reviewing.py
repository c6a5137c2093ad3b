"""The review of a release against fair competition and against its text; a person decides each finding.

Decisions are taken on a page, or stand in the `review.yaml` of the folder as `huiqi review` writes it;
of two on one finding the later counts. One holds while the words it was taken on are the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.base.jobs import Tell, silent
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies.checking import Checked, check_folder, laid_out, parts_in_force
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.files import BACKDROPS
from huiqi.portal.policies.importing import reading_of
from huiqi.portal.policies.models import Document, Finding, Release
from huiqi.reading.review import Decision, load_documents, read_decisions, review, vanished
from huiqi.reading.review import Finding as Found
from huiqi.rulebook.problems import Severity

MOST = 400
NAME = "review.yaml"
OPEN = (ReleaseState.DRAFT, ReleaseState.REVIEWED)
UNDECIDED = Q(decision="") | Q(is_stale=True)
BLOCKING = UNDECIDED & Q(is_error=True)
"""What a release waits for, as `huiqi review` ends with 1: errors that nobody has decided."""


@dataclass(frozen=True)
class Reviewed:
    """A release as it was checked, with what the review found and what its folder says of it."""

    checked: Checked
    found: tuple[Found, ...]
    kept: tuple[Decision, ...]


def look(release: Release, *, on: date, cases: bool = False, tell: Tell = silent) -> Reviewed:
    """Checks a release among those in force and reviews it, with its imported text where there is one.

    What cannot be read, and the vocabulary and reference data, have no findings.
    """
    document = Document.objects.filter(slug=release.slug).first()
    with laid_out({**parts_in_force(), release.slug: release.files}) as folder:
        checked = check_folder(folder, release.slug, cases=cases, tell=tell)
        if checked.policy is None or release.slug in BACKDROPS:
            return Reviewed(checked, (), ())
        documents, _ = load_documents(folder)
        kept, _ = read_decisions(folder / release.slug)
        kept = tuple(item for item in kept if item.decision and item.reason and item.by)
    found = review(
        checked.policy,
        reading_of(document) if document is not None else None,
        (),
        documents=documents,
        vocabulary=checked.library.vocabulary,
        on=on,
    )
    return Reviewed(checked, found, kept)


def import_findings(release: Release, *, by: Actor, at: datetime) -> list[Finding]:
    """Runs the review and keeps its findings with the release."""
    if release.slug in BACKDROPS:
        raise Refused("词汇表和基础数据不做公平竞争审查", "只审查政策")
    made = look(release, on=timezone.localdate(at))
    if made.checked.policy is None:
        raise Refused("政策文件还读不出来，不能审查", "先改正文件里的问题")
    with transaction.atomic():
        held = Release.objects.select_for_update().filter(pk=release.pk).first()
        if held is None or held.digest != release.digest:
            raise Refused("草稿刚刚被别人改过", "刷新页面再试")
        if held.state not in OPEN:
            raise Refused("已经发布的版本不再审查", "起草新的一版")
        return keep(held, made, by=by, at=at)


def keep(held: Release, made: Reviewed, *, by: Actor, at: datetime) -> list[Finding]:
    """The findings in the place of those of the last review; inside the caller's transaction.

    The release keeps when it was, so that no findings are not taken for no review.
    """
    decided = _decided(held, made.kept)
    held.findings.all().delete()
    held.looked_at = at
    held.save(update_fields=["looked_at"])
    rows = Finding.objects.bulk_create(
        [_row(held, item, decided.get(item.id[:160])) for item in made.found]
    )
    audit.record(
        "policies.findings",
        at=at,
        actor=by,
        subject=f"{held.slug}/{held.version}",
        found=len(rows),
        open=sum(row.is_open for row in rows),
    )
    return rows


def unseen(held: Release, made: Reviewed) -> int:
    """How many findings are not among those kept with the release, or stand in words not seen there."""
    known = {row.key: set(row.digests) for row in held.findings.all()}
    return sum(
        item.id[:160] not in known or not known[item.id[:160]].issuperset(item.digests)
        for item in made.found
    )


@dataclass(frozen=True)
class _Decided:
    """A decision, and the row that it was taken in; None where it stands in the folder."""

    decision: Decision
    row: Finding | None = None


def _decided(release: Release, kept: Iterable[Decision]) -> dict[str, _Decided]:
    """What was decided on this version, on earlier ones and in its folder, by finding; the last counts."""
    made = {item.finding[:160]: _Decided(item) for item in kept}
    rows = Finding.objects.filter(release__slug=release.slug, decided_at__isnull=False)
    for row in rows.select_related("decided_by").order_by("decided_at", "pk"):
        other = made.get(row.key)
        if other is None or other.decision.on <= row.decided_on:
            made[row.key] = _Decided(decision_of(row), row)
    return made


def decision_of(row: Finding) -> Decision:
    """What was decided in a row, as the reader keeps it."""
    basis = tuple(row.decided_digests)
    return Decision(row.key, row.decision, row.reason, row.decider, row.decided_on, basis)


def _row(release: Release, item: Found, decided: _Decided | None) -> Finding:
    row = Finding(
        release=release,
        key=item.id[:160],
        kind=str(item.kind),
        is_fair=item.fair,
        is_error=item.severity is Severity.ERROR,
        clause=item.clause[:40],
        standard="；".join(str(one) for one in item.standards)[:MOST],
        message=item.message[:MOST],
        remedy=item.remedy[:MOST],
        words="\n".join(dict.fromkeys(_words(item))),
        basis="、".join(dict.fromkeys(str(proof.source) for proof in item.evidence)),
        digests=list(item.digests),
        options=list(item.options),
    )
    if decided is not None:
        _take(row, decided.decision, item.with_decision(decided.decision).stale)
        if decided.row is not None:
            row.decided_by, row.decided_at = decided.row.decided_by, decided.row.decided_at
    return row


def _take(row: Finding, decision: Decision, stale: bool) -> None:
    row.decision, row.reason = decision.decision[:40], decision.reason[:MOST]
    row.decider, row.decided_on = decision.by[:60], decision.on[:20]
    row.decided_digests, row.is_stale = list(decision.basis), stale


def _words(item: Found) -> list[str]:
    return [
        f"{proof.source}：{''.join(proof.words.split())}"
        + (f"（{proof.place}）" if proof.place else "")
        for proof in item.evidence
    ]


def gone(release: Release) -> tuple[Decision, ...]:
    """Decisions in the folder whose finding the last review did not meet; none before a review."""
    if NAME not in release.files or release.looked_at is None:
        return ()
    with laid_out({release.slug: {NAME: release.files[NAME]}}) as folder:
        kept, _ = read_decisions(Path(folder) / release.slug)
    known = set(release.findings.values_list("key", flat=True))
    left = tuple(item for item in kept if item.finding[:160] not in known)
    with_text = Document.objects.filter(slug=release.slug, file__isnull=False).exists()
    return vanished((), left, with_rules=True, with_text=with_text)


@transaction.atomic
def decide_finding(
    finding: Finding, decision: str, reason: str, *, seen: str, by: Actor, at: datetime
) -> Finding:
    """Decides one finding with a reason; ``seen`` is the seal of what the person had before the eyes."""
    held = (
        Finding.objects.select_for_update().select_related("release").filter(pk=finding.pk).first()
    )
    if held is None:
        raise Refused("这条发现已经不在了", "重新审查后再看")
    if held.release.state not in OPEN:
        raise Refused("这一版已经发布，审查意见不能再改", "起草新的一版")
    if held.seal != seen:
        raise Refused("这条发现刚刚被别人处理过，您的意见没有保存", "看过现在的意见，需要的话再改")
    if decision not in held.options:
        raise Refused("没有选怎么处理", f"可以选：{'、'.join(held.options)}", field="decision")
    if not reason.strip():
        raise Refused("没有写理由", "写明为什么这样处理", field="reason")
    if by.user is None:
        raise Refused("不知道是谁决定的", "先登录")
    day = timezone.localdate(at).isoformat()
    words = reason.strip()[:MOST]
    made = Decision(held.key, decision, words, str(by.user), day, tuple(held.digests))
    _take(held, made, stale=False)
    held.decided_by, held.decided_at = by.user, at
    held.save()
    audit.record(
        "policies.decide",
        at=at,
        actor=by,
        subject=f"{held.release.slug}/{held.release.version}",
        finding=held.key,
        decision=decision,
        reason=held.reason,
    )
    return held
