"""`huiqi work` as a program for tests: it takes few rows at a time, and stops itself where it is told.

``python -m tests.portal.slow_worker PIECE TIMEOUT MODULE:NAME CALL``: the process stops (SIGSTOP) as the
function of that name is called for the CALLth time, so that a test can do something at exactly that
moment, however fast or busy the machine is. TIMEOUT is how many seconds it waits for SQLite.
"""

import os
import pkgutil
import signal
import sys
from typing import Any


def stop_at(place: str, number: int) -> None:
    """This process stops as a function is called for the ``number``th time."""
    module, _, path = place.partition(":")
    around, _, name = f"{module}:{path}".rpartition("." if "." in path else ":")
    holder = pkgutil.resolve_name(around)
    whole, calls = getattr(holder, name), 0

    def stopping(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGSTOP)
        return whole(*given, **named)

    setattr(holder, name, stopping)


def main(piece: int, timeout: int, place: str, number: int) -> None:
    from huiqi.cli import portal

    portal.start()
    from django.conf import settings
    from django.db import connection

    from huiqi.cli.main import run
    from huiqi.portal.base import jobs
    from huiqi.portal.matching import frames
    from huiqi.portal.registry import staging

    staging.PIECE = frames.PIECE = piece
    if connection.vendor == "sqlite":
        settings.DATABASES["default"]["OPTIONS"]["timeout"] = timeout
    if place:
        # No heart-beat holds the database at the moment at which everything stops.
        jobs.PAUSE = 3600
        stop_at(place, number)
    run(["work"])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
