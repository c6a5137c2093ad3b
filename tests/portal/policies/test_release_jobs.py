"""Handing over and releasing by a worker: asked twice is once, nothing half done, what came out is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from huiqi.portal.base import jobs
from huiqi.portal.base import rules as base_rules
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.models import AuditEntry, Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import actions, rules, signing
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.models import Release, Signature, SupportEntry
from tests.portal import people
from tests.portal.people import NOW, Person
from tests.portal.policies import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> Person:
    return people.author()


@pytest.fixture
def signer() -> Person:
    return people.signer()


def drafted(author: Person, **options: Any) -> Release:
    files = samples.files(**{"amount": "20万元", **options})
    return actions.draft_release(samples.SLUG, files, by=author.actor, at=NOW)


def ready(author: Person, signer: Person, **options: Any) -> Release:
    row = actions.review_release(drafted(author, **options), by=author.actor, at=NOW)
    for what in signing.needed(row):
        seen = signing.digest_of(row, what)
        actions.sign(row, what, seen=seen, by=signer.actor, at=NOW)
    return row


def asked(row: Release, signer: Person) -> Job:
    return actions.ask_release(row, seen=row.digest, by=signer.actor, at=NOW)


def state(row: Release) -> str:
    return Release.objects.get(pk=row.pk).state


def test_asked_twice_is_one_job(seeded: Any, author: Person, signer: Person) -> None:
    seeded()
    row = drafted(author)
    first = actions.ask_review(row, seen=row.digest, by=author.actor, at=NOW)
    assert actions.ask_review(row, seen=row.digest, by=author.actor, at=NOW) == first
    assert list(Job.objects.values_list("kind", "title")) == [
        ("policies.review", f"送签：{samples.NUMBER} 第2版")
    ]
    with pytest.raises(actions.Changed):
        actions.ask_review(row, seen="0" * 64, by=author.actor, at=NOW)


def test_a_worker_hands_over_and_releases(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    row = drafted(author)
    done = jobs.run_job(actions.ask_review(row, seen=row.digest, by=author.actor, at=NOW))
    row.refresh_from_db()
    assert (done.state, row.state, row.reviewed_by) == ("done", "reviewed", author.user)
    # Two cases on two evaluators.
    assert (done.done, done.total, done.result) == (4, 4, {"cases": 2})
    for what in signing.needed(row):
        seen = signing.digest_of(row, what)
        actions.sign(row, what, seen=seen, by=signer.actor, at=NOW)
    with committed():
        done = jobs.run_job(asked(row, signer))
    row.refresh_from_db()
    assert (done.state, row.state, row.released_by) == ("done", "in_force", signer.user)
    assert row.signatures.get(what="release").unit == signer.unit
    assert SupportEntry.objects.get().amount_text == "20万元"


def test_problems_come_back_with_place_and_remedy(seeded: Any, author: Person) -> None:
    seeded()
    row = drafted(author, case="30万元")
    done = jobs.run_job(actions.ask_review(row, seen=row.digest, by=author.actor, at=NOW))
    assert (done.state, done.message) == (
        "failed",
        "这一版还有问题，不能送签：1 处。逐条改正后再试",
    )
    assert [(p["file"], p["line"]) for p in done.result["problems"]] == [
        ("test-2026-1/cases/奖励1.yaml", 1)
    ]
    assert state(row) == ReleaseState.DRAFT


def test_a_worker_that_dies_while_releasing_leaves_everything_as_it_was(
    seeded: Any,
    author: Person,
    signer: Person,
    monkeypatch: pytest.MonkeyPatch,
    committed: Callable[[], Any],
) -> None:
    seeded()
    row = ready(author, signer)
    job = asked(row, signer)
    before = (Signature.objects.count(), AuditEntry.objects.count(), base_rules.folder())

    def dies() -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(rules, "publish", dies)
        with committed(), pytest.raises(SystemExit):
            jobs.run_job(job)
    job.refresh_from_db()
    assert (state(row), job.state) == (ReleaseState.REVIEWED, JobState.WAITING)
    assert (Signature.objects.count(), AuditEntry.objects.count(), base_rules.folder()) == before
    assert SupportEntry.objects.get().amount_text == "10万元"
    with committed():
        assert jobs.run_job(job).state == JobState.DONE
    assert state(row) == ReleaseState.IN_FORCE


def test_a_worker_that_dies_after_releasing_is_no_second_release(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    row = ready(author, signer)
    job = asked(row, signer)
    with committed():
        jobs.run_job(job)
    entries = AuditEntry.objects.filter(act="policies.release").count()
    # As if nobody had heard of the end: another worker takes the job again.
    long_ago = NOW - 2 * jobs.SILENCE
    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, ended_at=None, beat_at=long_ago, worker="gone"
    )
    again = jobs.claim(NOW + timedelta(seconds=1))
    assert again is not None
    assert (again.pk, jobs.run_job(again).state) == (job.pk, JobState.DONE)
    assert AuditEntry.objects.filter(act="policies.release").count() == entries == 1
    assert Release.objects.filter(slug=samples.SLUG).count() == 2


def test_a_cancelled_release_does_not_happen(
    seeded: Any, author: Person, signer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded()
    row = ready(author, signer)
    job = asked(row, signer)

    def cancelled_meanwhile(*_: Any, **__: Any) -> dict[str, str]:
        Job.objects.filter(pk=job.pk).update(state=JobState.CANCELLED)
        return {}

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(actions, "_digests", cancelled_meanwhile)
        ended = jobs.run_job(job)
    assert (ended.state, state(row)) == (JobState.CANCELLED, ReleaseState.REVIEWED)


def test_what_changed_since_it_was_asked_is_not_released(
    seeded: Any, author: Person, signer: Person
) -> None:
    seeded()
    row = ready(author, signer)
    job = asked(row, signer)
    actions.edit_draft(row, {"说明.md": "改\n"}, seen=row.digest, by=author.actor, at=NOW)
    ended = jobs.run_job(job)
    assert (ended.state, ended.message.split("，")[0]) == ("failed", "草稿刚刚被别人改过")
    assert state(row) == ReleaseState.DRAFT


def test_what_was_asked_of_other_content_stands_in_nobodys_way(
    seeded: Any, author: Person, signer: Person
) -> None:
    seeded()
    row = ready(author, signer)
    old = asked(row, signer)
    row = actions.edit_draft(row, {"说明.md": "改\n"}, seen=row.digest, by=author.actor, at=NOW)
    new = actions.ask_review(row, seen=row.digest, by=author.actor, at=NOW)
    assert (old.kind, new.kind) == ("policies.release", "policies.review")
    assert jobs.run_job(new).state == JobState.DONE
    assert jobs.run_job(old).state == JobState.FAILED
    assert state(row) == ReleaseState.REVIEWED


def test_who_lost_the_role_meanwhile_releases_nothing(
    seeded: Any, author: Person, signer: Person
) -> None:
    seeded()
    row = ready(author, signer)
    job = asked(row, signer)
    assert signer.membership is not None
    signer.membership.until = people.SINCE
    signer.membership.save()
    ended = jobs.run_job(job)
    assert (ended.state, ended.message) == (
        "failed",
        "提交的人现在没有这项权限。请有权限的人重新提交",
    )
    assert state(row) == ReleaseState.REVIEWED


def test_four_eyes_are_asked_for_at_once(seeded: Any, author: Person, signer: Person) -> None:
    seeded()
    row = actions.review_release(drafted(author), by=author.actor, at=NOW)
    with pytest.raises(Refused, match="不能自己签"):
        asked(row, author)
    with pytest.raises(Refused, match="还缺签字：边界用例、解释口径"):
        asked(row, signer)
    assert Job.objects.count() == 0
