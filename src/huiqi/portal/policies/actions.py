"""Acts on releases of policy folders. Each is one transaction with one entry in the audit.

A release goes draft → reviewed → (signed) → in force → superseded or withdrawn. Who wrote any of it never
signs it. What is checked before a transaction is held against the state inside it, so that a release
that came in between is noticed.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from huiqi.portal.base import audit, calendar, jobs
from huiqi.portal.base.access import NOBODY, Actor
from huiqi.portal.base.jobs import Tell, silent
from huiqi.portal.base.models import Job, User
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.policies import importing, indexing, reviewing, rules, signing
from huiqi.portal.policies.checking import Checked, check, parts_in_force
from huiqi.portal.policies.entries import forget, region_code, write_rows
from huiqi.portal.policies.enums import DocumentState, ReleaseState, Signed
from huiqi.portal.policies.files import (
    BACKDROPS,
    SLUG,
    Files,
    bad_path,
    digest,
    digest_of,
    read_folder,
    read_zip,
)
from huiqi.portal.policies.models import Document, Release, Signature, Subscription
from huiqi.rulebook import load
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.problems import Problem, errors
from huiqi.rulebook.reference.cases import read_cases

OPEN = reviewing.OPEN
REVIEW, RELEASE = "policies.review", "policies.release"
"""The kinds of jobs that run every boundary case before they act."""
MOST_REASON = 400


class Broken(Refused):
    """Files with problems: nothing of them is taken over. ``problems`` say where and what to do."""

    def __init__(self, problems: list[Problem], what: str = "政策文件有问题") -> None:
        super().__init__(f"{what}：{len(problems)} 处", "逐条改正后再试")
        self.problems = problems

    @property
    def details(self) -> dict[str, Any]:
        return {"problems": [problem.as_dict() for problem in self.problems]}


class Changed(Refused):
    """Somebody else changed the draft in the meantime."""

    def __init__(self) -> None:
        super().__init__("草稿刚刚被别人改过，您的修改没有保存", "刷新页面，看过现在的内容再改")


# -------------------------------------------------------------------- the folder that is installed


def install(*, at: datetime) -> list[Release]:
    """What a server does when it starts: lays out the rules in force for this machine.

    Where nothing was ever released, the folder that is installed is released first. The working days
    that the operator keeps are laid out as well.
    """
    calendar.install(at=at)
    if not Release.objects.exists():
        folder = Path(settings.POLICIES) if settings.POLICIES else policies_folder()
        return seed(folder, at=at, by=NOBODY)
    with transaction.atomic():
        rules.publish()
    return []


@transaction.atomic
def seed(folder: Path, *, at: datetime, by: Actor) -> list[Release]:
    """Puts every folder of a policies root in force as it stands; what is unchanged stays.

    A folder that a person has released through the portal is left alone. Returns the new releases.
    Raises Broken where the root has problems; then nothing is changed.
    """
    rules.alone()
    loaded, problems = load(folder)
    wrong = errors([*problems, *read_cases(loaded)[1]])
    if wrong:
        raise Broken(wrong)
    made = [
        release
        for path in sorted(folder.iterdir())
        if path.is_dir() and SLUG.fullmatch(path.name)
        if (release := _seed(path, Checked(loaded, loaded.by_id.get(path.name), (), ()), at, by))
    ]
    if made:
        audit.record(
            "policies.seed", at=at, actor=by, releases=[f"{r.slug}/{r.version}" for r in made]
        )
    rules.publish()
    return made


def _seed(path: Path, checked: Checked, at: datetime, by: Actor) -> Release | None:
    files = read_folder(path)
    if not files:
        return None
    present = Release.objects.filter(slug=path.name, state=ReleaseState.IN_FORCE).first()
    if present is not None and (present.digest == digest(files) or present.made_by_id is not None):
        return None
    release = _new(path.name, files, checked, at=at)
    release.note = "随系统发布"
    _into_force(release, checked, at=at, by=by)
    return release


def _new(slug: str, files: Files, checked: Checked, *, at: datetime) -> Release:
    """An unsaved release with the next number."""
    last = Release.objects.filter(slug=slug).aggregate(last=Max("version"))["last"] or 0
    release = Release(slug=slug, version=last + 1, made_at=at)
    fill(release, files, checked)
    return release


def fill(release: Release, files: Files, checked: Checked) -> None:
    """The columns that follow from the files."""
    release.files, release.digest = dict(files), digest(files)
    release.problems = [problem.as_dict() for problem in checked.wrong]
    release.warnings = [problem.as_dict() for problem in checked.warnings]
    policy = checked.policy
    if policy is None:
        release.title = BACKDROPS.get(release.slug, release.title)
        return
    release.number, release.title = policy.number[:60], policy.title[:200]
    release.region = region_code(checked.library, policy.region)
    release.starts_on, release.ends_on = policy.start, policy.end


def _into_force(release: Release, checked: Checked, *, at: datetime, by: Actor) -> None:
    """The release takes the place of the one before it."""
    Release.objects.filter(slug=release.slug, state=ReleaseState.IN_FORCE).update(
        state=ReleaseState.SUPERSEDED, superseded_at=at
    )
    release.state = ReleaseState.IN_FORCE
    release.released_by, release.released_at = by.user, at
    release.save()
    if checked.policy is not None:
        document = write_rows(release, checked.policy, checked.library, at)
        importing.place_words(document, checked.policy)
        indexing.index(document)


# -------------------------------------------------------------------- drafts


def draft_release(slug: str, files: Files, *, note: str = "", by: Actor, at: datetime) -> Release:
    """A draft from files; its problems are kept with it. One open draft for each folder."""
    if not SLUG.fullmatch(slug) or len(slug) > 60:
        raise Refused(
            f"目录名“{slug}”不合规定", "用小写字母、数字和连字符，如 gaoping-2022-43", field="slug"
        )
    _refuse_paths(files)
    checked = check(slug, files)
    with transaction.atomic():
        rules.alone()
        standing = Release.objects.filter(slug=slug, state__in=OPEN).first()
        if standing is not None:
            raise Refused(f"已有第{standing.version}版草稿", "在那份草稿上改，或者先删除它")
        release = _new(slug, files, checked, at=at)
        release.note, release.made_by = note[:MOST_REASON], by.user
        release.authors = _authors([], by)
        release.save()
        _record("policies.draft", release, by, at, problems=len(release.problems))
    return release


def draft_from_zip(
    slug: str, upload: BinaryIO, *, note: str = "", by: Actor, at: datetime
) -> Release:
    """A draft from an uploaded zip. Raises Broken where the zip itself cannot be taken."""
    files, problems = read_zip(upload, slug)
    if problems:
        raise Broken(problems, "压缩包不能用")
    return draft_release(slug, files, note=note, by=by, at=at)


def draft_from(release: Release, *, note: str = "", by: Actor, at: datetime) -> Release:
    """A draft that begins as a copy of another version, to be edited."""
    words = note or f"由第{release.version}版起草"
    return draft_release(release.slug, release.files, note=words, by=by, at=at)


def edit_draft(
    release: Release,
    changes: Mapping[str, str | None],
    *,
    seen: str,
    by: Actor,
    at: datetime,
) -> Release:
    """Replaces, adds or (None) removes files of a draft.

    ``seen`` is the digest the person had before the eyes; Changed is raised where it is another by
    now. A reviewed draft becomes a draft again and loses its signatures.
    """
    files = {**release.files, **{path: text for path, text in changes.items() if text is not None}}
    for path, text in changes.items():
        if text is None:
            files.pop(path, None)
    files = {path: text.replace("\r\n", "\n") for path, text in sorted(files.items())}
    _refuse_paths(files)
    if not files:
        raise Refused("草稿里至少要有一个文件", "要放弃这份草稿，用“删除草稿”")
    checked = check(release.slug, files)
    with transaction.atomic():
        held = _held(release.pk, *OPEN)
        if held.digest != seen or release.digest != seen:
            raise Changed
        before = held.digest
        fill(held, files, checked)
        if held.digest == before:
            return held
        _reopen(held)
        held.authors = _authors(held.authors, by)
        held.save()
        _record("policies.edit", held, by, at, files=sorted(changes), problems=len(held.problems))
    return held


@transaction.atomic
def discard_draft(release: Release, *, by: Actor, at: datetime) -> None:
    """Removes a draft that never was in force."""
    held = _held(release.pk, *OPEN)
    _record("policies.discard_draft", held, by, at)
    held.signatures.all().delete()
    held.delete()


def _refuse_paths(files: Files) -> None:
    for path in files:
        if why := bad_path(path):
            raise Refused(f"“{path}”：{why}", "改文件名", field="path")


def _reopen(held: Release) -> None:
    held.state = ReleaseState.DRAFT
    held.reviewed_by = held.reviewed_at = held.looked_at = None
    held.signatures.all().delete()


def _authors(known: list[int], by: Actor) -> list[int]:
    mine = [by.user.pk] if by.user is not None else []
    return list(dict.fromkeys([*known, *mine]))


def _held(pk: int, *states: ReleaseState) -> Release:
    """The release, locked, while it is in one of these states."""
    held = Release.objects.select_for_update().filter(pk=pk).first()
    if held is None:
        raise Refused("这一版已经删除", "回到发布列表")
    if held.state not in states:
        raise Refused(f"这一版现在是“{held.get_state_display()}”，不能这样做", "刷新页面再看")
    return held


def _record(act: str, release: Release, by: Actor, at: datetime, **detail: Any) -> None:
    audit.record(
        act,
        at=at,
        actor=by,
        subject=f"{release.slug}/{release.version}",
        digest=release.digest,
        **detail,
    )


# -------------------------------------------------------------------- review, signatures, release


@transaction.atomic
def ask_review(release: Release, *, seen: str, by: Actor, at: datetime) -> Job:
    """Has a worker check a draft and hand it over, see :func:`review_release`; asked twice is once.

    ``seen`` is the digest of what the person had before the eyes.
    """
    held = _held(release.pk, ReleaseState.DRAFT)
    return _asked(held, REVIEW, "送签", seen, by, at)


@transaction.atomic
def ask_release(release: Release, *, seen: str, by: Actor, at: datetime) -> Job:
    """Has a worker put a signed release in force, see :func:`release`; asked twice is once."""
    held = _held(release.pk, ReleaseState.REVIEWED)
    _may_release(held, by)
    return _asked(held, RELEASE, "发布", seen, by, at)


def _asked(held: Release, kind: str, word: str, seen: str, by: Actor, at: datetime) -> Job:
    if held.digest != seen:
        raise Changed
    membership = by.membership.pk if by.membership is not None else None
    asked = {
        "release": held.pk,
        "seen": seen,
        "membership": membership,
        "looked_at": _looked_at(held),
    }
    last = held.job
    if last is not None and last.is_open and (last.kind, last.parameters["seen"]) == (kind, seen):
        return last
    title = f"{word}：{held.number or held.title or held.slug} 第{held.version}版"
    held.job = jobs.enqueue(kind, title, asked, by=by, at=at)
    held.save(update_fields=["job"])
    return held.job


def _looked_at(held: Release) -> str:
    """Which review's findings stand with the release."""
    return held.looked_at.isoformat() if held.looked_at is not None else ""


def review_release(
    release: Release, *, by: Actor, at: datetime, tell: Tell = silent, job: Job | None = None
) -> Release:
    """Hands a draft over to be signed: it has no problem, and both evaluators meet every case.

    The review of fair competition runs on the same content; its findings stay to be decided.
    """
    standing = digest_of(_digests())
    made = reviewing.look(release, on=timezone.localdate(at), cases=True, tell=tell)
    with transaction.atomic():
        if job is not None:
            jobs.hold(job)
        rules.alone()
        held = _held(release.pk, ReleaseState.DRAFT)
        if held.digest != release.digest:
            raise Changed
        _refuse_meanwhile(standing)
        if not made.checked.whole:
            raise Broken(made.checked.wrong, "这一版还有问题，不能送签")
        if held.slug not in BACKDROPS:
            reviewing.keep(held, made, by=by, at=at)
        held.problems = []
        held.state = ReleaseState.REVIEWED
        held.reviewed_by, held.reviewed_at = by.user, at
        held.save()
        _record("policies.review", held, by, at, cases=len(made.checked.cases))
    return held


@transaction.atomic
def sign(
    release: Release, what: Signed, *, seen: str, note: str = "", by: Actor, at: datetime
) -> Signature:
    """A person vouches for the boundary cases or the interpretations of a reviewed release.

    ``seen`` is the digest of what was shown; the signature seals it.
    """
    held = _held(release.pk, ReleaseState.REVIEWED)
    signer = _other_than_author(held, by)
    if what not in signing.needed(held):
        raise Refused("这一版不需要这种签字", "刷新页面再看")
    sealed = signing.digest_of(held, what)
    if sealed != seen:
        raise Changed
    if held.signatures.filter(what=what, by=by.user, digest=sealed).exists():
        raise Refused("您已经签过了", "不用重复签字")
    made = Signature.objects.create(
        release=held,
        what=what,
        by=signer,
        unit=by.unit,
        at=at,
        digest=sealed,
        note=note[:MOST_REASON],
    )
    _record("policies.sign", held, by, at, what=str(what), sealed=sealed)
    return made


def release(
    draft: Release, *, by: Actor, at: datetime, tell: Tell = silent, job: Job | None = None
) -> Release:
    """Puts a signed release in force in the place of the one before it.

    Everything is checked again among the releases that are in force now. While an error that the
    review found is undecided nothing is released. Whoever wrote it cannot release it. The review runs
    again as well: what it finds that nobody saw is kept with the release, which is then refused.
    """
    standing = digest_of(_digests())
    made = reviewing.look(draft, on=timezone.localdate(at), cases=True, tell=tell)
    with transaction.atomic():
        if job is not None:
            jobs.hold(job)
        rules.alone()
        held = _held(draft.pk, ReleaseState.REVIEWED)
        if held.digest != draft.digest:
            raise Changed
        _refuse_meanwhile(standing)
        signer = _may_release(held, by)
        if not made.checked.whole:
            raise Broken(made.checked.wrong, "这一版和现行的其他文件放在一起有问题，没有发布")
        new = reviewing.unseen(held, made)
        if new:
            reviewing.keep(held, made, by=by, at=at)
        elif job is not None and job.parameters["looked_at"] != _looked_at(held):
            raise Refused("提交以后又审查过，没有发布", "看过“审查发现”再发布")
        else:
            _sign_and_release(held, made.checked, signer, at=at, by=by)
    if new:
        raise Refused(
            f"送签以后新出现{new}条审查发现，没有发布", "看过“审查发现”，须决定的写明决定，再发布"
        )
    return held


def _sign_and_release(
    held: Release, checked: Checked, signer: User, *, at: datetime, by: Actor
) -> None:
    held.problems = []
    Signature.objects.create(
        release=held, what=Signed.RELEASE, by=signer, unit=by.unit, at=at, digest=held.digest
    )
    _into_force(held, checked, at=at, by=by)
    rules.publish()
    left = held.findings.filter(reviewing.UNDECIDED).count()
    _record("policies.release", held, by, at, open_findings=left)


def _may_release(held: Release, by: Actor) -> User:
    """Who releases: nobody who wrote any of it, and only with every signature and decision there."""
    signer = _other_than_author(held, by)
    if missing := signing.missing(held):
        names = "、".join(str(item.label) for item in missing)
        raise Refused(f"还缺签字：{names}", "由没有参与编写的签发人签字后再发布")
    if left := held.findings.filter(reviewing.BLOCKING).count():
        raise Refused(f"还有 {left} 条须处理的审查发现没有决定", "在“审查发现”里逐条写明决定和理由")
    return signer


@transaction.atomic
def withdraw(release: Release, *, reason: str, by: Actor, at: datetime) -> Release:
    """Takes a policy out of force; nothing takes its place, its document stays readable."""
    rules.alone()
    held = _held(release.pk, ReleaseState.IN_FORCE)
    if held.slug in BACKDROPS:
        raise Refused(f"“{held.title}”不能撤回，其他政策都要用", "发布新的一版来替代")
    if not reason.strip():
        raise Refused("没有写撤回的理由", "写明为什么撤回", field="reason")
    held.state, held.superseded_at = ReleaseState.WITHDRAWN, at
    held.reason = reason.strip()[:MOST_REASON]
    held.save()
    forget(list(held.supports.values_list("pk", flat=True)))
    rules.publish()
    _record("policies.withdraw", held, by, at, reason=held.reason)
    return held


def _digests() -> dict[str, str]:
    return {slug: digest(files) for slug, files in parts_in_force().items()}


def _refuse_meanwhile(standing: str) -> None:
    if digest_of(_digests()) != standing:
        raise Refused("检查期间有别的政策发布了", "请再试一次")


def _other_than_author(held: Release, by: Actor) -> User:
    """Four eyes: the person who acts, refused where that person wrote any of it."""
    if by.user is None or by.user.pk in held.authors:
        raise Refused("自己编写或者改过的版本，不能自己签", "请另一位签发人来签")
    return by.user


# -------------------------------------------------------------------- subscriptions


@transaction.atomic
def subscribe(*, slug: str = "", region: str = "", by: Actor, at: datetime) -> Subscription:
    """Follows a policy, a region, or (both empty) everything. Twice is once."""
    user = _person(by)
    if slug and not Document.objects.filter(slug=slug, state=DocumentState.CONFIRMED).exists():
        raise Refused("政策库里没有这份文件", "回到政策库再选")
    if region and library().vocabulary.regions.get(region) is None:
        raise Refused("没有这个地区", "从列表里选", field="region")
    made, is_new = Subscription.objects.get_or_create(
        user=user, slug=slug, region=region, defaults={"made_at": at}
    )
    if is_new:
        audit.record("policies.subscribe", at=at, actor=by, subject=slug or region or "全部")
    return made


@transaction.atomic
def unsubscribe(*, slug: str = "", region: str = "", by: Actor, at: datetime) -> None:
    """Stops following; what was not followed stays so."""
    gone, _ = Subscription.objects.filter(user=_person(by), slug=slug, region=region).delete()
    if gone:
        audit.record("policies.unsubscribe", at=at, actor=by, subject=slug or region or "全部")


def _person(by: Actor) -> User:
    if by.user is None:
        raise Refused("登录后才能订阅", "先登录")
    return by.user
