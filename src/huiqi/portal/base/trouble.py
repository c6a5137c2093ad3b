"""What goes wrong around the program: a database that does not answer, a disk that is full.

Nobody has made a mistake then and nothing is to be mended in the code; whoever waits is told what it
is, that nothing is half done, and whom to turn to.
"""

import errno
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL = re.compile(
    r"no space left|disk is full|file too large|disk quota|could not extend file", re.IGNORECASE
)
_BUSY = re.compile(r"database (table )?is locked|deadlock detected|could not serialize|timeout")


LEAST = 16 << 20
"""Bytes that work needs for a beginning: a step of it in SQLite's log, a file of results."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A stable code, what is wrong and what to do; ``passes`` where waiting helps."""

    code: str
    what: str
    remedy: str
    passes: bool = True

    def __str__(self) -> str:
        return f"{self.what}。{self.remedy}"


FULL = Trouble("full", "服务器磁盘空间不足", "请联系系统管理员，腾出空间后再试", False)
BUSY = Trouble("busy", "数据库正忙", "请稍后再试")
AWAY = Trouble("unavailable", "数据库暂时不可用", "请稍后再试")


def trouble(error: BaseException | None) -> Trouble | None:
    """What an exception, or one that it comes from, tells of; None for an error of the program."""
    for one in _origins(error):
        if isinstance(one, OSError) and one.errno in _NO_ROOM:
            return FULL
        if isinstance(one, OperationalError | InterfaceError):
            return _of_database(str(one))
        # Polars says what the system said in its own exceptions, by words only.
        if type(one).__module__.startswith("polars") and _FULL.search(str(one)):
            return FULL
        if isinstance(one, OSError) and one.errno is None and _FULL.search(str(one)):
            return FULL
    return None


def _of_database(text: str) -> Trouble:
    if _FULL.search(text):
        return FULL
    if _BUSY.search(text):
        return BUSY
    # SQLite cannot even open its files for reading then, and calls it a disk I/O error.
    return FULL if no_room() else AWAY


def no_room() -> bool:
    """Whether the disk of the files, or of SQLite's database, has no room left for work.

    A process that only reads learns of a full disk in no other way.
    """
    places = {Path(settings.HOME)}
    if connection.vendor == "sqlite" and Path(str(connection.settings_dict["NAME"])).is_file():
        places.add(Path(str(connection.settings_dict["NAME"])).parent)
    return any(shutil.disk_usage(place).free < LEAST for place in places if place.is_dir())


def _origins(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
