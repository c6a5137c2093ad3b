"""Jobs: one worker each, progress told while they run, taken again when their worker died."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from huiqi.portal.base import jobs, trouble
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.models import AuditEntry, Job, Routine
from huiqi.portal.base.refusal import Refused
from tests.portal.people import NOW, operator
from tests.portal.workers import environment


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the kinds of these tests."""
    monkeypatch.setattr(jobs, "KINDS", {})
    monkeypatch.setattr(jobs, "ROUTINES", {})
    monkeypatch.setattr(jobs, "discover", lambda: None)
    return


def ask(kind: str = "tests.add", **parameters: Any) -> Job:
    return jobs.enqueue(kind, "测试作业", parameters, by=NOBODY, at=NOW)


@pytest.mark.django_db
def test_a_job_is_done_and_keeps_its_result() -> None:
    @jobs.kind("tests.add")
    def run(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        tell(1, 2, "一半")
        tell(2, 2, "全部")
        return {"sum": job.parameters["a"] + job.parameters["b"]}

    job = ask(a=1, b=2)
    assert jobs.work_once(NOW) is True
    job.refresh_from_db()
    assert (job.state, job.result, job.done, job.total) == (JobState.DONE, {"sum": 3}, 2, 2)
    assert job.share == 100
    assert jobs.work_once(NOW) is False
    assert list(AuditEntry.objects.values_list("act", "subject")) == [("job.ask", f"作业{job.pk}")]


@pytest.mark.django_db
def test_a_refusal_and_an_error_end_a_job_with_words() -> None:
    @jobs.kind("tests.refuse")
    def refuse(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        raise Refused("文件打不开", "请重新上传")

    @jobs.kind("tests.break")
    def fail(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        raise ValueError("坏了")

    refused, broken = ask("tests.refuse"), ask("tests.break")
    jobs.work_once(NOW)
    jobs.work_once(NOW)
    refused.refresh_from_db()
    broken.refresh_from_db()
    assert (refused.state, refused.message) == (JobState.FAILED, "文件打不开。请重新上传")
    assert (broken.state, broken.message) == (JobState.FAILED, "程序出错：ValueError：坏了")


@pytest.mark.django_db
def test_a_job_that_its_database_left_in_the_lurch_is_put_back_twice() -> None:
    @jobs.kind("tests.again", resumable=True)
    def again(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        raise OperationalError("server closed the connection unexpectedly")

    @jobs.kind("tests.once")
    def once(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        raise OperationalError("database is locked")

    @jobs.kind("tests.full", resumable=True)
    def full(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        raise OSError(28, "No space left on device")

    job, other, third = ask("tests.again"), ask("tests.once"), ask("tests.full")
    jobs.work_once(NOW)
    job.refresh_from_db()
    assert (job.state, job.worker, job.attempts) == (JobState.WAITING, "", 1)
    assert job.message == "数据库中断过，稍后接着做"
    for _ in range(4):
        jobs.work_once(NOW)
    for one in (job, other, third):
        one.refresh_from_db()
    assert [(one.state, one.attempts, one.message) for one in (job, other, third)] == [
        (JobState.FAILED, 3, "数据库暂时不可用。请稍后再试"),
        (JobState.FAILED, 1, "数据库正忙。请稍后再试"),
        (JobState.FAILED, 1, "服务器磁盘空间不足。请联系系统管理员，腾出空间后再试"),
    ]


@pytest.mark.django_db
def test_a_kind_nobody_knows_waits() -> None:
    job = ask("tests.unknown")
    assert jobs.work_once(NOW) is False
    job.refresh_from_db()
    assert job.state == JobState.WAITING


@pytest.mark.django_db
def test_a_silent_worker_loses_a_resumable_job_up_to_three_times() -> None:
    @jobs.kind("tests.again", resumable=True)
    def again(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        return {}

    @jobs.kind("tests.once")
    def once(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        return {}

    job, other = ask("tests.again"), ask("tests.once")
    first, second = jobs.claim(NOW), jobs.claim(NOW)
    assert first is not None
    assert second is not None
    assert [first.pk, second.pk] == [job.pk, other.pk]
    assert jobs.claim(NOW + jobs.SILENCE) is None
    late = NOW + jobs.SILENCE + timedelta(seconds=1)
    taken = jobs.claim(late)
    assert taken is not None
    assert (taken.pk, taken.attempts) == (job.pk, 2)
    assert taken.worker != first.worker
    other.refresh_from_db()
    assert (other.state, other.message) == (
        JobState.FAILED,
        "工作进程中断，请重新提交这项作业",
    )
    # The worker that was given up comes back: what it says no longer counts.
    jobs.run_job(first)
    job.refresh_from_db()
    assert (job.state, job.worker) == (JobState.RUNNING, taken.worker)
    for turn in (2, 3):
        claimed = jobs.claim(late + turn * jobs.SILENCE)
        assert (claimed.attempts if claimed else None) == (3 if turn == 2 else None)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    jobs.claim(late + 5 * jobs.SILENCE)
    job.refresh_from_db()
    assert job.state == JobState.FAILED


@pytest.mark.django_db
def test_a_worker_that_is_told_to_stop_puts_a_resumable_job_back() -> None:
    @jobs.kind("tests.again", resumable=True)
    def again(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        raise SystemExit

    job = ask("tests.again")
    with pytest.raises(SystemExit):
        jobs.work_once(NOW)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


@pytest.mark.django_db
def test_cancelling_stops_a_running_job_at_its_next_word() -> None:
    by = operator().actor
    reached = []

    @jobs.kind("tests.long")
    def run(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        for step in range(3):
            reached.append(step)
            tell(step, 3, "")
            if step == 0:
                jobs.cancel(job, by=by, at=NOW)
        return {}

    job = ask("tests.long")
    jobs.work_once(NOW)
    job.refresh_from_db()
    assert (job.state, reached) == (JobState.CANCELLED, [0, 1])
    with pytest.raises(Refused, match="已经结束"):
        jobs.cancel(job, by=by, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_each_job_is_claimed_once_by_eight_workers() -> None:
    @jobs.kind("tests.add")
    def run(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        return {}

    wanted = [ask().pk for _ in range(24)]
    got: list[int] = []

    def work() -> None:
        try:
            while job := jobs.claim(NOW):
                got.append(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == wanted


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_from_outside_while_the_job_runs() -> None:
    seen: list[tuple[int, int, str]] = []

    def look() -> None:
        try:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and not seen:
                row = Job.objects.values_list("done", "total", "message").get()
                if row[0]:
                    seen.append(row)
                time.sleep(0.05)
        finally:
            connection.close()

    @jobs.kind("tests.slow")
    def run(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        for _ in range(50):
            with transaction.atomic():
                tell(3, 10, "正在写入")
            if seen:
                break
            time.sleep(0.1)
        return {}

    ask("tests.slow")
    watcher = threading.Thread(target=look)
    watcher.start()
    jobs.work_once(NOW)
    watcher.join()
    assert seen == [(3, 10, "正在写入")]
    assert Job.objects.get().state == JobState.DONE


@pytest.mark.django_db
def test_a_routine_runs_once_in_its_span_and_after_its_hour() -> None:
    ran: list[str] = []

    @jobs.routine("tests.minute", "测试", every=timedelta(minutes=1))
    def minute(now: Any) -> None:
        ran.append("minute")

    @jobs.routine("tests.night", "测试", every=timedelta(days=1), hour=11)
    def night(now: Any) -> None:
        ran.append("night")

    @jobs.routine("tests.broken", "测试", every=timedelta(days=1))
    def broken(now: Any) -> None:
        raise ValueError

    assert jobs.run_routines(NOW) == ["tests.minute"]  # ten in the morning
    assert jobs.run_routines(NOW) == []
    assert jobs.run_routines(NOW + timedelta(minutes=1)) == ["tests.minute"]
    assert jobs.run_routines(NOW + timedelta(hours=1)) == ["tests.minute", "tests.night"]
    assert jobs.run_routines(NOW + timedelta(hours=2)) == ["tests.minute"]
    assert jobs.run_routines(NOW + timedelta(hours=25)) == ["tests.minute", "tests.night"]
    assert ran == ["minute", "minute", "minute", "night", "minute", "minute", "night"]
    assert Routine.objects.count() == 3


DIES = """
import os
from huiqi.cli import portal
portal.start()
from django.utils import timezone
from huiqi.portal.base import jobs
from huiqi.portal.base.models import Routine

@jobs.kind("tests.dies", resumable=True)
def run(job, tell):
    Routine.objects.create(name="half", begun_at=timezone.now())
    os._exit(9)

jobs.work_once(timezone.now())
"""


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_was_killed_is_finished_by_the_next() -> None:
    job = ask("tests.dies")
    killed = subprocess.run(
        [sys.executable, "-c", DIES], env=environment(), capture_output=True, text=True, check=False
    )
    assert killed.returncode == 9, killed.stderr
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.RUNNING, 1)
    assert Routine.objects.filter(name="half").count() == 1  # what it had committed stays

    @jobs.kind("tests.dies", resumable=True)
    def run(job: Job, tell: jobs.Tell) -> dict[str, Any]:
        return {"half": Routine.objects.filter(name="half").count()}

    assert jobs.work_once(timezone.now()) is False  # it may still be alive
    assert jobs.work_once(timezone.now() + jobs.SILENCE + timedelta(seconds=1)) is True
    job.refresh_from_db()
    assert (job.state, job.attempts, job.result) == (JobState.DONE, 2, {"half": 1})


# -------------------------------------------------------------------- what is in the way of work


@pytest.mark.django_db
def test_a_full_disk_is_told_to_whoever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    person = operator()
    job = jobs.enqueue("tests.add", "测试作业", {}, by=person.actor, at=timezone.now())
    pages = ("/admin/accounts/jobs/", f"/jobs/{job.pk}/")
    words = "服务器磁盘空间不足，作业做不下去"
    for page in pages:
        assert words not in person.client.get(page).content.decode()
    monkeypatch.setattr(trouble, "LEAST", 1 << 62)
    for page in pages:
        assert words in person.client.get(page).content.decode()


@pytest.mark.django_db
def test_work_that_nobody_does_is_told(django_assert_num_queries: Any) -> None:
    job = ask()
    assert jobs.held_up(NOW + jobs.PATIENCE) == ""
    late = NOW + jobs.PATIENCE + timedelta(seconds=1)
    assert jobs.held_up(late) == (
        "排队的作业迟迟没有开始，作业进程可能没有运行。请系统管理员查看服务器上的作业进程"
    )
    # A worker that is at something else comes to it.
    Job.objects.create(
        kind="tests.add", title="别的", state=JobState.RUNNING, asked_at=NOW, beat_at=late
    )
    assert jobs.held_up(late) == ""
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    with django_assert_num_queries(1):
        assert jobs.held_up(late) == ""
