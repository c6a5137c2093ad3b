"""The long work of the release desk: every boundary case on both evaluators, then one act.

The act is one transaction. A worker that dies before it leaves everything as it was, and the next one
begins anew; one that dies after it left the act done, which the next one sees.
"""

from typing import Any

from django.utils import timezone

from huiqi.portal.base.access import Actor, memberships_of
from huiqi.portal.base.enums import Role
from huiqi.portal.base.jobs import Tell, kind
from huiqi.portal.base.models import Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import actions
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.models import Release


@kind(actions.REVIEW, resumable=True)
def review(job: Job, tell: Tell) -> dict[str, Any]:
    """Checks a draft and hands it over to be signed."""
    row, by = _release(job), _asker(job, Role.AUTHOR)
    counted = Counted(tell)
    if not _is_done(row, job, ReleaseState.REVIEWED):
        actions.review_release(row, by=by, at=timezone.now(), tell=counted, job=job)
    return {"cases": counted.cases}


@kind(actions.RELEASE, resumable=True)
def release(job: Job, tell: Tell) -> dict[str, Any]:
    """Checks a signed release among those in force now and puts it in force."""
    row, by = _release(job), _asker(job, Role.SIGNER)
    counted = Counted(tell)
    if not _is_done(row, job, ReleaseState.IN_FORCE):
        actions.release(row, by=by, at=timezone.now(), tell=counted, job=job)
    return {"cases": counted.cases}


class Counted:
    """Passes progress on and keeps how many cases there were: each is computed by both evaluators."""

    def __init__(self, tell: Tell) -> None:
        self.tell, self.cases = tell, 0

    def __call__(self, done: int, total: int, message: str = "") -> None:
        self.cases = total // 2
        self.tell(done, total, message)


def _release(job: Job) -> Release:
    """The release as the person saw it."""
    row = Release.objects.filter(pk=job.parameters["release"]).first()
    if row is None:
        raise Refused("这一版已经删除", "回到发布列表")
    if row.digest != job.parameters["seen"]:
        raise actions.Changed
    return row


def _is_done(row: Release, job: Job, state: ReleaseState) -> bool:
    """Whether an earlier run of this very job did it."""
    return row.job_id == job.pk and row.state == state


def _asker(job: Job, role: Role) -> Actor:
    """Who asked, in the role of then, where it is still held."""
    user = job.asked_by
    if user is None or not user.is_active:
        raise Refused("提交的人已经停用", "请有权限的人重新提交")
    held = memberships_of(user, timezone.localdate()).filter(role=role)
    membership = held.filter(pk=job.parameters["membership"]).first()
    if membership is None:
        raise Refused("提交的人现在没有这项权限", "请有权限的人重新提交")
    return Actor(user, membership, (membership,))
