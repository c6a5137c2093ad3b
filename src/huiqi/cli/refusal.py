"""Exit codes, and how a command refuses: with a clear line, a hint and an exit code."""

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

from huiqi.rulebook.problems import Problem


class Code(IntEnum):
    """What the command's exit code says; documented in `huiqi --help`."""

    FINE = 0
    FOUND = 1
    USAGE = 2
    BUG = 3
    INTERRUPTED = 130


class Refusal(Exception):
    """A command stops here; ``message`` and ``remedy`` are Chinese, for the person at the terminal.

    ``root`` is the folder that the problems' file names start from.
    """

    def __init__(
        self,
        message: str,
        remedy: str = "",
        problems: Sequence[Problem] = (),
        code: Code = Code.USAGE,
        root: Path | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.remedy, self.problems = message, remedy, problems
        self.code, self.root = code, root
