"""The policy files in force, as the rulebook's values, shared by everything in this process.

The part that releases policies writes the files in force to ``HOME/rules/<digest>`` and the name of that
folder to ``HOME/rules/current``; before the first release the project's own policies folder counts. In
the same way :mod:`huiqi.portal.base.calendar` writes the working days that the operator keeps to
``HOME/calendar``; before that the files' own calendar counts.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from tempfile import mkstemp

from django.conf import settings

from huiqi.portal.base import workdays
from huiqi.rulebook import Library, load
from huiqi.rulebook.language.calendar import Calendar
from huiqi.rulebook.library.home import policies_folder

_held: ContextVar[list[Library] | None] = ContextVar("library", default=None)
"""What :func:`library` answered first in a request; None outside of one."""


@contextmanager
def held() -> Iterator[None]:
    """Until its end :func:`library` looks for the files in force once only: a page asks a hundred times,
    and all of it is of the same rules."""
    before = _held.set([])
    try:
        yield
    finally:
        _held.reset(before)


def home() -> Path:
    """Where the files in force are kept."""
    return Path(settings.HOME) / "rules"


def calendars() -> Path:
    """Where the working days that count are kept."""
    return Path(settings.HOME) / "calendar"


def named(home: Path) -> str:
    """What counts of those kept side by side in a folder; empty where nothing does yet."""
    try:
        return (home / "current").read_text("ascii").strip()
    except FileNotFoundError:
        return ""


def name(home: Path, which: str) -> bool:
    """Makes one of those kept in a folder count from now on; whether that is a change."""
    if found := _held.get():
        found.clear()  # also where another process has made it count just now
    if named(home) == which:
        return False
    # A file of one's own for everybody, threads of one process too; others may read it.
    handle, beside = mkstemp(prefix=".current-", dir=home)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{which}\n")
    Path(beside).chmod(0o644)
    Path(beside).replace(home / "current")
    return True


def folder() -> Path:
    """The folder of the files in force."""
    current = named(home())
    if current and (home() / current).is_dir():
        return home() / current
    return Path(settings.POLICIES) if settings.POLICIES else policies_folder()


def library() -> Library:
    """The vocabulary and policies in force, counting working days as the operator keeps them.

    Loaded once a process for each state of the files and the calendar.
    """
    held = _held.get()
    if held:
        return held[0]
    which = named(calendars())
    found = _counting(folder(), calendars() / f"{which}.json") if which else as_released()
    if held is not None:
        held.append(found)
    return found


def as_released() -> Library:
    """The same with the calendar that came with the files."""
    return _load(folder())


@lru_cache(maxsize=4)
def _load(path: Path) -> Library:
    found, _ = load(path)
    return found


@lru_cache(maxsize=4)
def _counting(path: Path, file: Path) -> Library:
    return _load(path).with_calendar(_calendar(file))


@lru_cache(maxsize=4)
def _calendar(file: Path) -> Calendar:
    return workdays.from_text(file.read_text("utf-8"))
