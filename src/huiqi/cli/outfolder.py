"""Output folders: written beside their place first, so that nothing half-written is ever found."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huiqi.cli.refusal import Refusal

MARKER = ".huiqi"
"""Left in every folder that a command wrote, naming what it wrote there. Only such a folder, with
nothing of anybody else's in it, or an empty one is replaced."""
LEFT_BEHIND = (MARKER, ".DS_Store", "Thumbs.db", "desktop.ini")
"""What nobody misses."""


def settled(out: Path, source: Path | None = None) -> Path:
    """The folder to write: where a link points to. Nothing is written yet.

    Refuses a file, a folder that holds something no command wrote, the folder a person stands in (it
    would be gone from under them), one that holds the data to be read and one among these data.
    """
    place = Path(os.path.realpath(out)) if out.is_symlink() else out
    whole = Path(os.path.realpath(out))
    refuse_standing(out)
    if source is not None and Path(os.path.realpath(source)).is_relative_to(whole):
        raise Refusal(f"数据“{source}”在“{out}”里，写进去就把它换掉了", "换一个 --out")
    if source is not None and whole.is_relative_to(os.path.realpath(source)):
        raise Refusal(f"“{out}”在数据“{source}”里，下次会被当作数据", "换一个 --out")
    if out.exists() and not out.is_dir():
        raise Refusal(f"“{out}”是文件，不是目录", "换一个 --out")
    if others := _of_others(place):
        named = "、".join(others[:3]) + ("等" if len(others) > 3 else "")
        raise Refusal(f"“{out}”里有别的内容（{named}），没有动它", "换一个 --out，或先移走这些内容")
    return place


def refuse_standing(out: Path) -> None:
    """Refuse the folder a person stands in, and those above it."""
    if Path.cwd().is_relative_to(os.path.realpath(out)):
        raise Refusal(f"现在就在“{out}”里，不能把它整个换掉", "写一个新目录，如 --out 结果")


def _of_others(place: Path) -> list[str]:
    """What stands in a folder and was written by no command."""
    if not place.is_dir():
        return []
    names = sorted(item.name for item in place.iterdir())
    if MARKER not in names:
        return names
    own = (place / MARKER).read_text("utf-8").split("\n")
    if own == [""]:  # written before markers named anything
        return []
    return [name for name in names if name not in (*own, *LEFT_BEHIND)]


@contextmanager
def fresh_folder(out: Path, source: Path | None = None) -> Iterator[Path]:
    """A new folder to write into; it takes the place of ``out`` when the block ends well.

    Refuses what :func:`settled` does. After a failure ``out`` is as it was.
    """
    place = settled(out, source)
    partial = place.with_name(f".{place.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        mark(partial)
        if place.exists():
            shutil.rmtree(place)
        partial.replace(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def mark(out: Path) -> None:
    """Say that what is in a folder now was written by a command and may be replaced by one."""
    names = sorted(item.name for item in out.iterdir() if item.name != MARKER)
    (out / MARKER).write_text("\n".join(names), "utf-8")
