"""Workers as processes of their own on this test's database, killed as the machine would kill them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from huiqi.portal.base import jobs
from huiqi.portal.base.models import Job, Routine

PATIENCE = 120.0


def environment() -> dict[str, str]:
    """For a process of its own on this test's database and in its home."""
    given = connection.settings_dict
    url = f"sqlite:///{given['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgresql://{given['USER']}@/{given['NAME']}?host={given['HOST']}"
    paths = os.pathsep.join(path for path in sys.path if path)
    return {
        "PATH": "", "PYTHONPATH": paths, "HUIQI_HOME": str(settings.HOME), "DATABASE_URL": url,
        "HUIQI_SECRET_KEY": settings.SECRET_KEY, "PYTHONIOENCODING": "utf-8",
        # One that may write little must not leave halves of compiled modules behind.
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip


@contextmanager
def worker(
    folder: Path,
    piece: int = 50,
    stop: tuple[str, int] = ("", 0),
    timeout: int = 20,
    given: dict[str, str] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """A running worker that takes ``piece`` rows at a time; what it says goes into ``folder``.

    With ``stop``, a function as ``module:name`` and a number, it has stopped at that call (and runs on
    with SIGCONT). ``timeout`` is how many seconds it waits for SQLite.
    """
    words = [sys.executable, "-m", "tests.portal.slow_worker"]
    words += [str(piece), str(timeout), stop[0], str(stop[1])]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(words, env=given or environment(), stderr=log, stdout=log)
    try:
        if stop[0]:
            until(lambda: _has_stopped(process), 0.01)
        yield process
    finally:
        process.kill()
        process.wait()


def _has_stopped(process: "subprocess.Popen[bytes]") -> bool:
    found = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if found is None:
        return False
    assert found.si_code == os.CLD_STOPPED, "the worker ended before it came there"
    return True


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Without a word, in whatever it is doing."""
    process.send_signal(signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL


def until(is_so: Callable[[], bool], pause: float = 0.001) -> None:
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(pause)


def only_jobs() -> None:
    """No routine is due for a while: the workers have only the job of the test."""
    jobs.discover()
    now = timezone.now()
    for name in jobs.ROUTINES:
        Routine.objects.update_or_create(name=name, defaults={"begun_at": now + timedelta(hours=1)})


def taken_for_dead(job: Job) -> None:
    """As if the time had passed after which a silent worker is given up."""
    long_ago = timezone.now() - jobs.SILENCE - timedelta(seconds=1)
    assert Job.objects.filter(pk=job.pk, state="running").update(beat_at=long_ago) == 1
