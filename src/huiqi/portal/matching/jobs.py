"""The long work of matching, and what comes round: nightly runs, changed records, mails."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from huiqi.portal.base.access import NOBODY, Actor
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.jobs import Tell, enqueue, kind, routine
from huiqi.portal.base.models import Job
from huiqi.portal.matching import notices, outbox, queries, refreshing, runs, simulations
from huiqi.portal.registry import snapshot

RUN, REFRESH, QUESTIONS, SIMULATE = (
    "matching.run", "matching.refresh", "matching.questions", simulations.JOB,
)  # fmt: skip
NIGHT = 1
"""The hour of the nightly run."""


def _asker(job: Job) -> Actor:
    return Actor(job.asked_by) if job.asked_by is not None else NOBODY


@kind(RUN, resumable=True)
def run(job: Job, tell: Tell) -> dict[str, Any]:
    """All supports over the registry, then the notices that follow."""
    at = timezone.now()
    made = runs.execute(
        lambda step: snapshot.write(None, step),
        on=timezone.localdate(at), at=at, by=_asker(job), job=job, tell=tell,
    )  # fmt: skip
    told = notices.tell_entitled(made, at=at)
    return {"run": made.pk, "entitlements": made.entitlements, "notices": told, **made.changes}


@kind(REFRESH, resumable=True)
def refresh(job: Job, tell: Tell) -> dict[str, Any]:
    """The subjects whose facts changed since the current run."""
    at = timezone.now()
    subjects = refreshing.refresh(at=at, by=_asker(job), tell=tell)
    current = queries.current()
    told = notices.tell_entitled(current, at=at) if current and subjects else 0
    return {"subjects": subjects, "notices": told}


@kind(QUESTIONS, resumable=True)
def questions(job: Job, tell: Tell) -> dict[str, Any]:
    """One question to each enterprise that misses facts."""
    current = queries.current()
    if current is None:
        return {"notices": 0}
    return {"notices": notices.ask_questions(current, at=timezone.now(), tell=tell)}


@kind(SIMULATE, resumable=True)
def simulate(job: Job, tell: Tell) -> dict[str, Any]:
    """A saved simulation over the region."""
    return simulations.work(job.parameters["simulation"], at=timezone.now(), tell=tell)


def _ask_once(name: str, title: str, now: datetime) -> None:
    open_ = Job.objects.filter(kind=name, state__in=[JobState.WAITING, JobState.RUNNING])
    if not open_.exists():
        enqueue(name, title, {}, by=NOBODY, at=now)


@routine("matching.nightly", "每夜政策匹配", every=timedelta(days=1), hour=NIGHT)
def nightly(now: datetime) -> None:
    _ask_once(RUN, "每夜政策匹配", now)


@routine("matching.weekly", "每周向企业提问", every=timedelta(days=7))
def weekly(now: datetime) -> None:
    _ask_once(QUESTIONS, "每周补充信息提问", now)


@routine("matching.changes", "数据变更后更新匹配结果", every=timedelta(minutes=1))
def changes(now: datetime) -> None:
    """Few changed records are evaluated one by one; many, or other working days, by a run over all."""
    current = queries.current()
    if current is None:
        return
    if refreshing.counts_otherwise(current):
        _ask_once(RUN, "工作日历修改后政策匹配", now)
        return
    waiting = refreshing.changed(current)[: refreshing.MOST + 1].count()
    if waiting > refreshing.MOST:
        _ask_once(RUN, "数据更新后政策匹配", now)
    elif waiting:
        _ask_once(REFRESH, "更新有变更的主体", now)


@routine("matching.releases", "通知新发布的政策", every=timedelta(minutes=5))
def releases(now: datetime) -> None:
    notices.tell_releases(at=now)


@routine("matching.mail", "发送通知邮件", every=timedelta(minutes=1))
def mail(now: datetime) -> None:
    outbox.send_mail(now)
