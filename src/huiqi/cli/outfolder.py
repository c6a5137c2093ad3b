"""Output folders: written beside their place first, so that nothing half-written is ever found."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huiqi.cli.refusal import Refusal

MARKER = ".huiqi"
"""Left in every folder that a command wrote; only such a folder (or an empty one) is replaced."""


def refuse_foreign(out: Path) -> None:
    """Refuse an output folder that holds something no command wrote."""
    if out.exists() and not (out.is_dir() and (not any(out.iterdir()) or (out / MARKER).exists())):
        raise Refusal(f"“{out}”里有别的内容，没有动它", "换一个 --out，或先清空那个目录")


@contextmanager
def fresh_folder(out: Path) -> Iterator[Path]:
    """A new folder to write into; it takes the place of ``out`` when the block ends well.

    Refuses where ``out`` holds something that no command wrote. After a failure ``out`` is as it was.
    """
    refuse_foreign(out)
    partial = out.with_name(f"{out.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        mark(partial)
        if out.exists():
            shutil.rmtree(out)
        partial.replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def mark(out: Path) -> None:
    """Say that a folder was written by a command and may be replaced by one."""
    (out / MARKER).write_text("", "utf-8")
