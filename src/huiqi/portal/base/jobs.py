"""Long work, done by a worker beside the web server: asked for, claimed by one, told of while it runs.

A kind of job is a function in some part's ``jobs.py``::

    @kind("registry.import", resumable=True)
    def run(job: Job, tell: Tell) -> dict[str, Any]:
        ...
        tell(done, total, "正在写入")

It runs outside a transaction and commits in steps of its own, each shorter than :data:`SILENCE`: on
SQLite nobody, not even the heart-beat, can write while a step is open. A job whose worker died is taken
again where its kind is resumable, which means that running it twice does no harm; any other fails.

Work that comes round is a :func:`routine`: it runs in whichever worker is free.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.contrib.sessions.models import Session
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from huiqi.portal.base import audit, files, secondfactor
from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.models import Job, Login, Routine
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.trouble import FULL, no_room, trouble

log = logging.getLogger(__name__)

Tell = Callable[[int, int, str], None]
Run = Callable[[Job, Tell], dict[str, Any]]
SILENCE = timedelta(minutes=3)
"""A worker that has not been heard of for so long is taken for dead."""
PATIENCE = timedelta(minutes=2)
"""So long work may wait while no worker does anything, before somebody is told."""
BEAT = timedelta(seconds=15)
PAUSE = 0.5
"""Seconds between two notes of progress."""
ATTEMPTS = 3
WAIT = 2.0
"""Seconds between two looks whether a database that went away is back."""


class Stopped(Exception):
    """Raised by ``tell`` in a job that was cancelled, or that another worker took over."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job and whether it may be run again after half a run."""

    name: str
    run: Run
    resumable: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """Work that comes round: at most once in ``every``; from ``hour`` o'clock on, where given."""

    name: str
    title: str
    run: Callable[[datetime], None]
    every: timedelta
    hour: int | None


KINDS: dict[str, Kind] = {}
ROUTINES: dict[str, Turn] = {}
Routined = TypeVar("Routined", bound=Callable[[datetime], None])


def kind(name: str, *, resumable: bool = False) -> Callable[[Run], Run]:
    """Registers the function that does jobs of this kind; its result is kept with the job."""

    def register(run: Run) -> Run:
        KINDS[name] = Kind(name, run, resumable)
        return run

    return register


def routine(
    name: str, title: str, *, every: timedelta, hour: int | None = None
) -> Callable[[Routined], Routined]:
    """Registers short work that comes round; for long work the function enqueues a job.

    ``title`` is what the operator reads.

    With ``hour`` it begins at the first chance after that hour of the day, local time.
    """

    def register(run: Routined) -> Routined:
        ROUTINES[name] = Turn(name, title, run, every, hour)
        return run

    return register


def discover() -> None:
    """Imports every part's ``jobs``, so that their kinds and routines are known."""
    autodiscover_modules("jobs")


def silent(done: int, total: int, message: str) -> None:
    """The ``tell`` of callers that show no progress."""


# ---------------------------------------------------------------- asking for work


@transaction.atomic
def enqueue(kind: str, title: str, parameters: dict[str, Any], *, by: Actor, at: datetime) -> Job:
    """A new job, waiting for a worker."""
    job = Job.objects.create(
        kind=kind, title=title[:120], parameters=parameters, asked_by=by.user, asked_at=at
    )
    audit.record("job.ask", at=at, actor=by, subject=f"作业{job.pk}", kind=kind, title=job.title)
    return job


@transaction.atomic
def cancel(job: Job, *, by: Actor, at: datetime) -> None:
    """Stops a job that waits or runs; what it has already committed stays."""
    stopped = Job.objects.filter(pk=job.pk, state__in=[JobState.WAITING, JobState.RUNNING]).update(
        state=JobState.CANCELLED, ended_at=at, message="已取消"
    )
    if not stopped:
        raise Refused("这项作业已经结束", "不需要取消")
    audit.record("job.cancel", at=at, actor=by, subject=f"作业{job.pk}", title=job.title)


def hold(job: Job) -> None:
    """Keeps a job this worker's until the caller's transaction ends; Stopped where it no longer is.

    For a step that must not be taken once the job was cancelled or another worker took it over.
    """
    mine = Job.objects.select_for_update().filter(
        pk=job.pk, worker=job.worker, state=JobState.RUNNING
    )
    if mine.first() is None:
        raise Stopped


def held_up(now: datetime) -> str:
    """Why work that was asked for is not begun, for whoever waits; empty where nothing is in its way.

    On a full disk no worker can say so itself: it cannot write.
    """
    if no_room():
        return f"{FULL.what}，作业做不下去。请系统管理员腾出空间，排队的作业会接着做"
    waiting = Job.objects.filter(state=JobState.WAITING, asked_at__lt=now - PATIENCE)
    running = Job.objects.filter(state=JobState.RUNNING, beat_at__gte=now - SILENCE)
    if waiting.exists() and not running.exists():
        return "排队的作业迟迟没有开始，作业进程可能没有运行。请系统管理员查看服务器上的作业进程"
    return ""


# ---------------------------------------------------------------- doing it


def work_once(now: datetime) -> bool:
    """Runs the routines that are due and one job; whether there was a job."""
    discover()
    run_routines(now)
    job = claim(now)
    if job is None:
        return False
    run_job(job)
    return True


def claim(now: datetime) -> Job | None:
    """The oldest job that nobody does, marked as this worker's by one UPDATE."""
    _give_up(now)
    mark = secrets.token_hex(16)
    for _ in range(20):
        oldest = _free(now).order_by("id").values_list("pk", flat=True).first()
        if oldest is None:
            return None
        # Who comes second finds the row no longer free, and looks again.
        taken = (
            _free(now)
            .filter(pk=oldest)
            .update(
                state=JobState.RUNNING,
                worker=mark,
                attempts=F("attempts") + 1,
                started_at=Coalesce("started_at", now),
                beat_at=now,
            )
        )
        if taken:
            return Job.objects.get(pk=oldest)
    return None


def _free(now: datetime) -> QuerySet[Job]:
    again = [item.name for item in KINDS.values() if item.resumable]
    return Job.objects.filter(
        Q(state=JobState.WAITING)
        | Q(
            state=JobState.RUNNING,
            beat_at__lt=now - SILENCE,
            kind__in=again,
            attempts__lt=ATTEMPTS,
        ),
        kind__in=list(KINDS),
    )


def _give_up(now: datetime) -> None:
    again = [item.name for item in KINDS.values() if item.resumable]
    Job.objects.filter(state=JobState.RUNNING, beat_at__lt=now - SILENCE).exclude(
        kind__in=again, attempts__lt=ATTEMPTS
    ).update(
        state=JobState.FAILED, ended_at=now, worker="", message="工作进程中断，请重新提交这项作业"
    )


def run_job(job: Job) -> Job:
    """Does a job in this process and writes down how it ended; returns it as it then stands.

    A refusal (:class:`Refused`) ends it with its words; an error of the program is logged. Where the
    database went away or was busy, a job that may be done again is put back as soon as it answers.
    """
    discover()
    if job.state == JobState.WAITING:
        job.worker, job.state = secrets.token_hex(16), JobState.RUNNING
        job.started_at = job.beat_at = timezone.now()
        job.attempts += 1
        job.save()
    with _Beat(job) as beat:
        try:
            ending = _ended(JobState.DONE, KINDS[job.kind].run(job, beat.tell))
        except Stopped:
            job.refresh_from_db()
            return job
        except Refused as refused:
            ending = _ended(JobState.FAILED, refused.details, str(refused))
        except (KeyboardInterrupt, SystemExit):
            _leave(job)
            raise
        except Exception as error:
            found = trouble(error)
            if found is not None and found.passes and _again(job):
                log.warning("job %s %s is put back: %s", job.pk, job.kind, error)
                return _put_back(job)
            if found is not None:
                log.warning("job %s %s: %s", job.pk, job.kind, error)
                message = str(found)
            else:
                log.exception("job %s %s", job.pk, job.kind)
                message = f"程序出错：{type(error).__name__}：{error}"
            ending = _ended(JobState.FAILED, message=message)
    Job.objects.filter(pk=job.pk, worker=job.worker, state=JobState.RUNNING).update(
        **ending, **beat.progress(), ended_at=timezone.now(), beat_at=timezone.now()
    )
    job.refresh_from_db()
    return job


def _ended(
    state: JobState, result: dict[str, Any] | None = None, message: str = ""
) -> dict[str, Any]:
    return {"state": state, "result": result or {}, "message": message[:400]}


def _again(job: Job) -> bool:
    return KINDS[job.kind].resumable and job.attempts < ATTEMPTS


def _put_back(job: Job) -> Job:
    """Waits for the database and puts the job back. Who waits too long leaves it to the silence."""
    end = time.monotonic() + SILENCE.total_seconds()
    while True:
        try:
            if not connection.in_atomic_block:
                connection.close()
            Job.objects.filter(pk=job.pk, worker=job.worker, state=JobState.RUNNING).update(
                state=JobState.WAITING, worker="", message="数据库中断过，稍后接着做"
            )
            job.refresh_from_db()
            return job
        except DatabaseError:
            if time.monotonic() > end:
                raise
            time.sleep(WAIT)


def _leave(job: Job) -> None:
    """A worker that is told to stop puts the job back, where it may be done again."""
    mine = Job.objects.filter(pk=job.pk, worker=job.worker, state=JobState.RUNNING)
    if KINDS[job.kind].resumable:
        mine.update(state=JobState.WAITING, worker="", attempts=F("attempts") - 1)
    else:
        mine.update(
            state=JobState.FAILED,
            ended_at=timezone.now(),
            message="工作进程停止，请重新提交这项作业",
        )


class _Beat:
    """Writes a job's progress and its heart-beat, in a thread with a connection of its own.

    Inside a caller's transaction (which another connection could not see) it writes at each call.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.latest: tuple[int, int, str] | None = None
        self.is_stopped = False
        self.inline = connection.in_atomic_block
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"job-{job.pk}", daemon=True)

    def __enter__(self) -> "_Beat":
        if not self.inline:
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end.set()
        if not self.inline:
            self.thread.join()

    def tell(self, done: int, total: int, message: str = "") -> None:
        """How much is done of how much, and what is being done; cheap, may be called often."""
        self.latest = (done, total, message)
        if self.inline:
            self._write()
        if self.is_stopped:
            raise Stopped

    def progress(self) -> dict[str, Any]:
        if self.latest is None:
            return {}
        done, total, _ = self.latest
        return {"done": max(done, 0), "total": max(total, 0)}

    def _run(self) -> None:
        written, beaten = None, time.monotonic()
        try:
            while not self.end.wait(PAUSE):
                now = time.monotonic()
                if self.latest != written or now - beaten >= BEAT.total_seconds():
                    written, beaten = self.latest, now
                    self._try()
        finally:
            connection.close()

    def _try(self) -> None:
        try:
            if connection.vendor == "sqlite" and connection.connection is None:
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA busy_timeout=1000")
            self._write()
        except DatabaseError:
            # The job's own step holds the database, or it is gone for a moment: the next beat tells,
            # on a connection that is not the broken one.
            log.debug("job %s: no heart-beat this time", self.job.pk, exc_info=True)
            if not self.inline:
                connection.close()

    def _write(self) -> None:
        values = self.progress()
        if self.latest is not None:
            values["message"] = self.latest[2][:400]
        mine = Job.objects.filter(
            pk=self.job.pk, worker=self.job.worker, state=JobState.RUNNING
        ).update(**values, beat_at=timezone.now())
        if not mine:
            self.is_stopped = True


# ---------------------------------------------------------------- what comes round


@routine("base.tidy", "清理过期的登录和没有用上的文件", every=timedelta(days=1), hour=3)
def tidy(now: datetime) -> None:
    """Sessions that are over go with the notes of their logins, and files that no upload kept; secrets get
    the present seal."""
    Session.objects.filter(expire_date__lt=now).delete()
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    Login.objects.filter(~Exists(alive)).delete()
    secondfactor.reseal()
    files.tidy(now)


def run_routines(now: datetime) -> list[str]:
    """Runs the routines that are due, each in one worker only; their names."""
    return [turn.name for turn in ROUTINES.values() if _is_mine(turn, now) and _done(turn, now)]


def _is_mine(turn: Turn, now: datetime) -> bool:
    local = timezone.localtime(now)
    if turn.hour is not None and local.hour < turn.hour:
        return False
    before = now - turn.every
    if turn.hour is not None:
        # Once from this day's hour on, whenever it ran yesterday.
        hour = local.replace(hour=turn.hour, minute=0, second=0, microsecond=0)
        before = hour - timedelta(microseconds=1)
    last = Routine.objects.filter(name=turn.name).values_list("begun_at", flat=True).first()
    if last is None:
        _, made = Routine.objects.get_or_create(name=turn.name, defaults={"begun_at": now})
        return made
    if last > before:
        return False
    return bool(Routine.objects.filter(name=turn.name, begun_at__lte=before).update(begun_at=now))


def _done(turn: Turn, now: datetime) -> bool:
    try:
        turn.run(now)
    except Exception:
        log.exception("routine %s", turn.name)
        return False
    return True
