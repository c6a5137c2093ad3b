"""The policy files in force, as the rulebook's values, shared by everything in this process.

The part that releases policies writes the files in force to ``HOME/rules/<digest>`` and the name of that
folder to ``HOME/rules/current``; before the first release the project's own policies folder counts.
"""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from huiqi.rulebook import Library, load
from huiqi.rulebook.home import policies_folder


def home() -> Path:
    """Where the files in force are kept."""
    return Path(settings.HOME) / "rules"


def folder() -> Path:
    """The folder of the files in force."""
    current = home() / "current"
    if current.is_file():
        named = home() / current.read_text("ascii").strip()
        if named.is_dir():
            return named
    return Path(settings.POLICIES) if settings.POLICIES else policies_folder()


def library() -> Library:
    """The vocabulary and policies in force. Loaded once a process for each state of the files."""
    return _load(folder())


@lru_cache(maxsize=4)
def _load(path: Path) -> Library:
    found, _ = load(path)
    return found
