"""An import whose worker is killed: the next ones end it with exactly the rows of the file."""

import signal
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from huiqi.portal.base import audit, jobs, search
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.models import Job
from huiqi.portal.matching.jobs import QUESTIONS
from huiqi.portal.registry import columns, importing, staging
from huiqi.portal.registry.enums import BatchState
from huiqi.portal.registry.models import Batch, Enterprise, Record, Statement
from huiqi.rulebook.demo.keys import credit_codes
from tests.portal.people import NOW
from tests.portal.registry.firms import GAOPING, keeper
from tests.portal.workers import kill, only_jobs, taken_for_dead, until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TAKING = "huiqi.portal.registry.taking"
ROWS, WRONG, ELSEWHERE = 1500, (7, 757, 1497), (11, 761)
"""Rows of the file; those whose code is wrong, which staging sees; those of another region, which only
taking over sees."""


@cache
def codes() -> list[str]:
    """The credit codes of all rows."""
    return pl.select(credit_codes(pl.int_range(1, ROWS + 1))).to_series().to_list()


def content() -> bytes:
    lines = ["统一社会信用代码,名称,注册地,行业,从业人员,上年营业收入（万元）"]
    for number in range(1, ROWS + 1):
        code = "错码" if number in WRONG else codes()[number - 1]
        place = "泽州县" if number in ELSEWHERE else "高平市"
        lines.append(f"{code},测试企业{number},{place},13,{number % 90},200")
    return "\n".join(lines).encode()


def right() -> dict[str, tuple[str, int, int]]:
    return {
        codes()[number - 1]: (f"测试企业{number}", number % 90, 2_000_000_00)
        for number in range(1, ROWS + 1)
        if number not in (*WRONG, *ELSEWHERE)
    }


def begun() -> Batch:
    by = keeper(GAOPING)
    only_jobs()
    batch = importing.upload(
        ContentFile(content(), name="企业.csv"), "企业", source="统计部门",
        as_of=date(2026, 6, 30), by=by, at=NOW,
    )  # fmt: skip
    return importing.start(batch, {}, by=by, at=NOW)


def reached(batch: Batch) -> int:
    return Batch.objects.values_list("reached", flat=True).get(pk=batch.pk)


def whole(batch: Batch) -> None:
    """The registry holds what the file says, once, and the figures say so."""
    batch.refresh_from_db()
    wanted = right()
    figures = (batch.rows, batch.added, batch.changed, batch.same, batch.refused, batch.reached)
    assert figures == (ROWS, len(wanted), 0, 0, 5, ROWS - len(WRONG))
    assert batch.state == BatchState.DONE
    shops = Enterprise.objects.values_list("credit_code", "name", "employees", "revenue")
    assert {code: tuple(rest) for code, *rest in shops} == wanted
    assert Enterprise.objects.count() == len(wanted)
    assert sorted(Record.objects.values_list("key", flat=True)) == sorted(wanted)
    said = Statement.objects.filter(batch=batch)
    assert said.values("record").distinct().count() == said.count() == len(wanted)
    found = Enterprise.objects.filter(pk__in=search.matching(columns.SEARCH, "测试企业1499"))
    assert list(found.values_list("credit_code", flat=True)) == [codes()[1498]]
    bad = batch.bad_rows.exclude(problem__startswith="提醒：")
    assert sorted(bad.values_list("row", flat=True)) == [8, 12, 758, 762, 1498]
    assert audit.verify()[1] is None


def ended(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, state=JobState.DONE).exists()


def test_killed_twice_while_rows_are_taken_over(tmp_path: Path) -> None:
    batch = begun()
    job = batch.job
    assert job is not None
    # Each time within a transaction: with all its rows written, then with the first of them.
    for place, call, after in (
        (f"{TAKING}:_Taking.count", 11, 500),
        (f"{TAKING}:search.put", 5, 700),
    ):
        with worker(tmp_path, 50, (place, call)) as process:
            kill(process)
        assert reached(batch) == after
        assert Record.objects.count() == after - 1  # the first of another region
        taken_for_dead(job)
    with worker(tmp_path):
        until(lambda: ended(job), 0.05)
    job.refresh_from_db()
    assert (job.attempts, job.result["added"]) == (3, len(right()))
    whole(batch)


def test_killed_while_the_file_is_checked(tmp_path: Path) -> None:
    batch = begun()
    job = batch.job
    assert job is not None
    folder = importing.work_folder(batch)
    with worker(tmp_path, stop=("huiqi.portal.registry.staging:_plain", 1)) as process:
        kill(process)
    assert list((folder / "staging").iterdir())
    assert not staging.is_complete(folder)
    assert (reached(batch), Record.objects.count()) == (0, 0)
    taken_for_dead(job)
    with worker(tmp_path, 1000):
        until(lambda: ended(job), 0.05)
    job.refresh_from_db()
    assert job.attempts == 2
    whole(batch)
    assert not (folder / "staging").exists()


def test_a_worker_that_was_only_taken_for_dead_stops(tmp_path: Path) -> None:
    """It wakes up when another one has gone on: no row is counted twice."""
    batch = begun()
    job = batch.job
    assert job is not None
    with worker(tmp_path, 50, (f"{TAKING}:take", 11)) as first:  # it hangs
        at = reached(batch)
        assert at == 500
        taken_for_dead(job)
        with worker(tmp_path, 50, (f"{TAKING}:take", 5)) as second:
            assert reached(batch) == at + 200
            first.send_signal(signal.SIGCONT)  # and wakes up
            # It lets the import be and does other work.
            other = jobs.enqueue(QUESTIONS, "测试", {}, by=NOBODY, at=timezone.now())
            until(lambda: ended(other), 0.05)
            assert reached(batch) == at + 200
            second.send_signal(signal.SIGCONT)
            until(lambda: ended(job), 0.05)
            assert (first.poll(), second.poll()) == (None, None)
    whole(batch)
