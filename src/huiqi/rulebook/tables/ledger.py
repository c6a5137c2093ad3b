"""Where problems of tables are kept: the first ones in memory, every one in a CSV file.

A column of a large file may hold millions of bad cells, so problems of cells come as frames and are
written as frames. The file is UTF-8 with a byte order mark, which spreadsheet programs expect.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

import polars as pl

from huiqi.rulebook.problems import Problem, Severity

HEADINGS = ("级别", "文件", "行", "列", "字段", "内容", "问题", "处理", "代码")
KEPT = 10_000
FOUND = 200  # characters of a cell shown in a problem
_FORMULA = r"^(?:[=+@\t\r]|-.*[|!=+*/(@])"
CountKey = tuple[str, str, str, str]


class Ledger:
    """Collects problems in the order found. A context manager; closes its file on exit.

    ``kept`` holds the first problems as values, ``counts`` how many there are by (severity, code,
    file, field). ``fatal`` is set once a whole file could not be read.
    """

    def __init__(self, path: Path, limit: int = KEPT) -> None:
        self.path, self.limit = path, limit
        self.kept: list[Problem] = []
        self.counts: Counter[CountKey] = Counter()
        self.fatal = False
        self._stream = path.open("wb")
        self._stream.write(b"\xef\xbb\xbf" + (",".join(HEADINGS) + "\r\n").encode())

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def add(self, *problems: Problem) -> None:
        """Problems one by one."""
        for problem in problems:
            self.counts[str(problem.severity), problem.code, problem.file, problem.field] += 1
            if len(self.kept) < self.limit:
                self.kept.append(problem)
        self._stream.write(_lines(problems))

    def refuse(self, problem: Problem) -> None:
        """A problem because of which a whole file stays unread: no snapshot is made."""
        self.fatal = True
        self.add(problem)

    def cells(
        self, file: str, frames: Iterable[pl.DataFrame], severity: Severity = Severity.ERROR
    ) -> None:
        """Bad cells of one file, frames from :func:`cell_problems`; written by line and column."""
        parts = [frame for frame in frames if frame.height]
        if not parts:
            return
        frame = pl.concat(parts).sort("line", "column", maintain_order=True)
        for code, field, count in frame.group_by("code", "field").len().iter_rows():
            self.counts[str(severity), code, file, field] += count
        for row in frame.head(max(0, self.limit - len(self.kept))).iter_rows(named=True):
            self.kept.append(
                Problem(
                    row["code"], row["message"], row["remedy"], file, row["line"], row["column"],
                    row["field"], row["found"], severity,
                )
            )  # fmt: skip
        shown = frame.select(
            pl.lit(str(severity)).alias("级别"), pl.lit(_safe(file)).alias("文件"),
            "line", "column", *(_harmless(name) for name in ("field", "found", "message")),
            "remedy", "code",
        )  # fmt: skip
        shown.write_csv(self._stream, include_header=False, line_terminator="\r\n")


def cell_problems(
    lines: pl.Series, texts: pl.Series, reasons: Mapping[str, str],
    *, code: str, column: int, field: str, remedy: str,
) -> pl.DataFrame:  # fmt: skip
    """Bad cells of one column as a frame: one row a cell, ``reasons`` by the cell's text."""
    found = texts.fill_null("").alias("found")
    distinct = found.unique()
    messages = [reasons.get(text, "读不懂") for text in distinct]
    return pl.DataFrame({"line": lines.cast(pl.UInt32), "found": found.str.slice(0, FOUND)}).select(
        "line",
        pl.lit(column, pl.UInt32).alias("column"),
        pl.lit(field).alias("field"),
        "found",
        pl.lit(code).alias("code"),
        found.replace_strict(distinct, messages, return_dtype=pl.String).alias("message"),
        pl.lit(remedy).alias("remedy"),
    )


def write_problems(problems: Iterable[Problem], path: Path) -> int:
    """Write problems as a CSV that spreadsheet programs open; returns how many."""
    listed = list(problems)
    head = b"\xef\xbb\xbf" + (",".join(HEADINGS) + "\r\n").encode()
    path.write_bytes(head + _lines(listed))
    return len(listed)


def _lines(problems: Iterable[Problem]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    for item in problems:
        texts = (_safe(item.field), _safe(item.found), _safe(item.message))
        writer.writerow(
            [
                item.severity,
                _safe(item.file),
                item.line,
                item.column,
                *texts,
                item.remedy,
                item.code,
            ]
        )
    return out.getvalue().encode()


def _safe(text: str) -> str:
    """A cell that a spreadsheet program won't run as a formula."""
    return f"'{text}" if re.match(_FORMULA, text) else text


def _harmless(name: str) -> pl.Expr:
    bad = pl.col(name).str.contains(_FORMULA)
    return pl.when(bad).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
