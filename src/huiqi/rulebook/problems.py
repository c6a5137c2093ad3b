"""Problems: what is wrong with a file, where, and what to do about it.

Reading never stops at the first mistake. A reader returns what it could read together with a list of
problems; the caller decides whether to go on. Texts are Chinese because officials read them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a problem matters: an error refuses the file or row, a warning does not."""

    ERROR = "错误"
    WARNING = "提醒"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with its place and a remedy.

    ``line`` and ``column`` count from 1; 0 means the whole file. For a table the line is the sheet's
    row and ``field`` the column's heading. ``code`` is stable and may be tested; ``message`` may not.
    """

    code: str
    message: str
    remedy: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    field: str = ""
    found: str = ""
    severity: Severity = Severity.ERROR

    def at(self, file: str = "", line: int = 0, column: int = 0, field: str = "") -> "Problem":
        """The same problem placed; what is already known of the place is kept."""
        return replace(
            self,
            file=self.file or file,
            line=self.line or line,
            column=self.column or column,
            field=self.field or field,
        )

    def place(self) -> str:
        """`文件:行:列` as editors understand it, with the field where there is one."""
        parts = [self.file] if self.file else []
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        place = ":".join(parts)
        return f"{place}（{self.field}）" if self.field else place

    def __str__(self) -> str:
        head = f"{self.place()}：" if self.place() else ""
        stop = "" if self.message.endswith(("？", "！", "。")) else "。"
        tail = f"{stop}{self.remedy}" if self.remedy else ""
        return f"{head}{self.severity}：{self.message}{tail}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``--json`` output."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "field": self.field,
            "found": self.found,
            "message": self.message,
            "remedy": self.remedy,
        }


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Only those that refuse the file."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


LONGEST = 100
"""No name is longer; what is has none near it, and takes long to compare."""


def nearest(word: str, candidates: Sequence[str], limit: int = 3) -> list[str]:
    """Up to ``limit`` candidates that ``word`` was probably meant to be, best first."""
    if len(word) > LONGEST:
        return []
    return get_close_matches(word, candidates, n=limit, cutoff=0.5)


def suggest(word: str, candidates: Sequence[str]) -> str:
    """`是不是想写“…”？`, or an empty string when nothing is near."""
    found = nearest(word, candidates)
    return f"是不是想写{'、'.join(f'“{name}”' for name in found)}？" if found else ""
