"""The files in force, laid out as one policies folder that the rulebook reads.

``HOME/rules/<digest>`` holds the folders in force, ``HOME/rules/current`` names the one that counts;
:func:`huiqi.portal.base.rules.library` reads it.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from django.db import transaction

from huiqi.portal.base import locks, rules
from huiqi.portal.policies.files import Files, digest_of, write_folder
from huiqi.portal.policies.queries import in_force

LOCK = 0x48_75_69_52  # advisory lock on PostgreSQL: what is in force changes one step at a time
KEPT = 8
"""How many earlier states stay on the disk; a running process may still read one."""


def publish() -> Path | None:
    """Lays out the releases in force and makes them count when the transaction is committed.

    Returns the folder, or None where nothing is released. Safe to call at any time: the same releases
    give the same folder.
    """
    digests = dict(in_force().values_list("slug", "digest"))
    if not digests:
        return None
    folder = rules.home() / digest_of(digests)
    if not folder.is_dir():
        _lay_out(folder, dict(in_force().values_list("slug", "files")))
    transaction.on_commit(_switch)
    return folder


def lay_out(parts: Mapping[str, Files], folder: Path) -> None:
    """Writes several frozen folders side by side."""
    for slug, files in parts.items():
        write_folder(files, folder / slug)


def _lay_out(folder: Path, parts: Mapping[str, Files]) -> None:
    """Beside first, then renamed: a folder with that name is always whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        lay_out(parts, made)
        made.chmod(0o755)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process laid out the same
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def alone() -> None:
    """Waits for whoever changes what is in force, until the end of the transaction."""
    locks.alone(LOCK)


@transaction.atomic
def _switch() -> None:
    """Names what is now in force: of two who released at once, the later to come here names both."""
    alone()
    digests = dict(in_force().values_list("slug", "digest"))
    if not digests:
        return
    folder = rules.home() / digest_of(digests)
    if not folder.is_dir():
        _lay_out(folder, dict(in_force().values_list("slug", "files")))
    if rules.name(rules.home(), folder.name):
        _forget(rules.home(), folder.name)


def _forget(home: Path, name: str) -> None:
    """Earlier states beyond the newest few."""
    old = [path for path in home.iterdir() if path.is_dir() and path.name != name]
    old.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in old[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
