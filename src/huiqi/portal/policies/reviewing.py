"""The review of a release against fair competition and against its text; a person decides each finding."""

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies.checking import check_folder, laid_out, parts_in_force
from huiqi.portal.policies.enums import FindingState, ReleaseState
from huiqi.portal.policies.files import BACKDROPS
from huiqi.portal.policies.importing import reading_of
from huiqi.portal.policies.models import Document, Finding, Release
from huiqi.reading.review import Finding as Found
from huiqi.reading.review import load_documents, review
from huiqi.rulebook.problems import Severity

MOST = 400


def find(release: Release, *, on: date) -> tuple[Found, ...]:
    """What the review finds in a release, with its imported text where there is one."""
    if release.slug in BACKDROPS:
        raise Refused("词汇表和基础数据不做公平竞争审查", "只审查政策")
    document = Document.objects.filter(slug=release.slug).first()
    with laid_out({**parts_in_force(), release.slug: release.files}) as folder:
        checked = check_folder(folder, release.slug)
        documents, _ = load_documents(folder)
    if checked.policy is None:
        raise Refused("政策文件还读不出来，不能审查", "先改正文件里的问题")
    reading = reading_of(document) if document is not None else None
    return review(
        checked.policy,
        reading,
        (),
        documents=documents,
        vocabulary=checked.library.vocabulary,
        on=on,
    )


def import_findings(release: Release, *, on: date, by: Actor, at: datetime) -> list[Finding]:
    """Runs the review and keeps its findings with the release.

    A decision stays while the words it was taken on stay; it is carried over from the version before
    on the same condition.
    """
    found = find(release, on=on)
    with transaction.atomic():
        held = Release.objects.select_for_update().filter(pk=release.pk).first()
        if held is None or held.digest != release.digest:
            raise Refused("草稿刚刚被别人改过", "刷新页面再试")
        if held.state not in (ReleaseState.DRAFT, ReleaseState.REVIEWED):
            raise Refused("已经发布的版本不再审查", "起草新的一版")
        decided = _decided(held)
        held.findings.all().delete()
        made = Finding.objects.bulk_create(
            [_row(held, item, decided.get((item.id, _digest(item)))) for item in found]
        )
        audit.record(
            "policies.findings",
            at=at,
            actor=by,
            subject=f"{held.slug}/{held.version}",
            found=len(made),
            open=sum(item.state == FindingState.OPEN for item in made),
        )
    return made


def _decided(release: Release) -> dict[tuple[str, str], Finding]:
    """Decisions on this version, else on earlier ones, by finding and by the words it was found in."""
    rows = Finding.objects.filter(release__slug=release.slug).exclude(state=FindingState.OPEN)
    ordered: Iterable[Finding] = rows.order_by("release__version", "id")
    return {(row.key, row.digest): row for row in ordered}


def _digest(item: Found) -> str:
    return sha256("\n".join(item.digests).encode("utf-8")).hexdigest()


def _row(release: Release, item: Found, decided: Finding | None) -> Finding:
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
        digest=_digest(item),
    )
    if decided is not None:
        row.state, row.reason = decided.state, decided.reason
        row.decided_by, row.decided_at = decided.decided_by, decided.decided_at
    return row


def _words(item: Found) -> list[str]:
    return [
        f"{proof.source}：{''.join(proof.words.split())}"
        + (f"（{proof.place}）" if proof.place else "")
        for proof in item.evidence
    ]


@transaction.atomic
def decide_finding(
    finding: Finding,
    state: FindingState,
    reason: str,
    *,
    seen: str,
    by: Actor,
    at: datetime,
) -> Finding:
    """Decides one finding with a reason; ``seen`` is the state that the person had before the eyes."""
    held = (
        Finding.objects.select_for_update().select_related("release").filter(pk=finding.pk).first()
    )
    if held is None:
        raise Refused("这条发现已经不在了", "重新审查后再看")
    if held.release.state not in (ReleaseState.DRAFT, ReleaseState.REVIEWED):
        raise Refused("这一版已经发布，审查意见不能再改", "起草新的一版")
    if f"{held.state} {held.reason}" != seen:
        raise Refused("这条发现刚刚被别人处理过，您的意见没有保存", "看过现在的意见，需要的话再改")
    if state is FindingState.OPEN:
        raise Refused("没有选怎么处理", "选一种处理", field="state")
    if not reason.strip():
        raise Refused("没有写理由", "写明为什么这样处理", field="reason")
    held.state, held.reason = state, reason.strip()[:MOST]
    held.decided_by, held.decided_at = by.user, at
    held.save()
    audit.record(
        "policies.decide",
        at=at,
        actor=by,
        subject=f"{held.release.slug}/{held.release.version}",
        finding=held.key,
        state=str(state),
        reason=held.reason,
    )
    return held
