"""A matching run whose worker is killed: readers keep the old result until a later worker ends it whole."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from huiqi.portal.base import audit, jobs
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.models import Job
from huiqi.portal.matching import queries, runs
from huiqi.portal.matching.collecting import COLUMNS
from huiqi.portal.matching.enums import RunState
from huiqi.portal.matching.jobs import RUN
from huiqi.portal.matching.models import Entitlement, Notice, Run
from huiqi.portal.registry import snapshot
from huiqi.portal.registry.loading import load_region
from tests.portal.matching.conftest import AT
from tests.portal.workers import kill, only_jobs, taken_for_dead, until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SNAPSHOT = "huiqi.portal.registry.snapshot:_Writing._part"
INSERT = "huiqi.portal.matching.frames:storing.insert"


def rows(run: Run) -> list[tuple[object, ...]]:
    found = queries.visible(run).values_list(*COLUMNS)
    return sorted(found, key=lambda row: tuple(str(value) for value in row))


def asked() -> Job:
    return jobs.enqueue(RUN, "测试匹配", {}, by=NOBODY, at=timezone.now())


def done(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, state=JobState.DONE).exists()


def test_killed_at_the_snapshot_and_while_results_are_written(
    region_folder: Path, tmp_path: Path
) -> None:
    load_region(region_folder, at=AT)
    only_jobs()
    job = asked()
    with worker(tmp_path, 300, (SNAPSHOT, 5)) as process:
        kill(process)
    assert Run.objects.exists()
    assert queries.current() is None
    taken_for_dead(job)
    with worker(tmp_path, 300, (INSERT, 3)) as process:
        kill(process)
    # What the second has left behind is nobody's.
    assert queries.current() is None
    assert Entitlement.objects.count() == 600
    taken_for_dead(job)
    with worker(tmp_path, 300):
        until(lambda: done(job), 0.05)
    job.refresh_from_db()
    first = queries.current()
    assert first is not None
    assert job.attempts == 3
    assert job.result["entitlements"] == len(rows(first)) == Entitlement.objects.count()
    assert [run.state for run in Run.objects.order_by("pk")] == [
        RunState.FAILED, RunState.FAILED, RunState.DONE,
    ]  # fmt: skip
    assert audit.verify()[1] is None

    # Later, with a result that stands: it stands until the next is whole.
    before = rows(first)
    told = Notice.objects.count()
    gone = list(Entitlement.objects.values_list("pk", flat=True)[:1000])
    Entitlement.objects.filter(pk__in=gone).delete()
    kept = rows(first)
    again = asked()
    with worker(tmp_path, 100, (INSERT, 3)) as process:
        kill(process)
    assert Entitlement.objects.filter(since__gt=first.pk).count() == 200
    assert queries.current() == first
    assert rows(first) == kept
    taken_for_dead(again)
    with worker(tmp_path, 300):
        until(lambda: done(again), 0.05)
    latest = queries.current()
    assert latest is not None
    assert latest.pk > first.pk
    assert rows(latest) == before
    assert Entitlement.objects.count() == len(before)
    twice = Notice.objects.values("record", "user", "about").annotate(n=Count("pk"))
    assert [one for one in twice if one["n"] > 1] == []
    assert Notice.objects.count() == told

    # And it is what a run by hand finds.
    made, known_at = snapshot.write(settings.SNAPSHOTS)
    run = runs.execute(lambda tell: (made, known_at), on=latest.on, at=AT + timedelta(days=1))
    assert run.changes == {"added": 0, "gone": 0}
