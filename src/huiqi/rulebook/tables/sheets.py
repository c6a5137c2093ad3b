"""What every kind of file is turned into: a sheet with its first rows and a stream of batches."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from huiqi.rulebook.problems import Problem
from huiqi.rulebook.tables.headings import Line

LINE = "_line"  # the row's number in its file, UInt32, the only column with a name that is no place
Report = Callable[[Problem], None]


class SheetError(Exception):
    """A file that can't be read any further; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows: one column a place, named "0", "1", …, and :data:`LINE`; blank cells are null.

    ``share`` is how much of the sheet has been read by now. ``refused`` counts rows of this batch
    that could not be cut into cells; they have been reported and are not in the frame.
    """

    frame: pl.DataFrame
    share: float
    refused: int = 0


Body = Callable[[int, int, Report], Iterator[Batch]]


@dataclass(frozen=True)
class Sheet:
    """One table of one file.

    ``file`` is what problems call it, ``weight`` its size in bytes for progress. ``head`` holds the
    first rows as text, ``merged`` the same with merged cells filled. ``body(last_heading, width,
    report)`` gives the rows after the headings. ``types`` are the column types of a Parquet file.
    """

    file: str
    weight: int
    head: Sequence[Line]
    merged: Sequence[Line]
    body: Body
    types: Sequence[pl.DataType] = ()
    base_1904: bool = False
    notes: tuple[Problem, ...] = ()


def frame_of(
    rows: Sequence[Sequence[str | None]], lines: Sequence[int], width: int
) -> pl.DataFrame:
    """Rows of text, each of ``width`` cells, as a frame."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    data = {str(place): pl.Series(columns[place], dtype=pl.String) for place in range(width)}
    data[LINE] = pl.Series(lines, dtype=pl.UInt32)
    return pl.DataFrame(data)
