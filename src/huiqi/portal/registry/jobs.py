"""Long and recurring work of the registry."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from huiqi.portal.base.jobs import Tell, kind, routine
from huiqi.portal.base.models import Job
from huiqi.portal.registry import actions, importing


@kind(importing.JOB, resumable=True)
def import_file(job: Job, tell: Tell) -> dict[str, Any]:
    """Takes a file over; see :mod:`huiqi.portal.registry.importing`."""
    return importing.run(job, tell)


@routine("registry.turn", "到日的登记事实生效或失效", every=timedelta(days=1), hour=0)
def turn_day(now: datetime) -> None:
    """A new day: statements begin or end, titles expire."""
    actions.turn(on=timezone.localdate(now), at=now)
