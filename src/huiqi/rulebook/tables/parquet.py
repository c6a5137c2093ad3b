"""Parquet tables: columns of text as in CSV, or already typed. Rows count from 1, headings are none."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from huiqi.rulebook.problems import Problem
from huiqi.rulebook.tables.headings import Line
from huiqi.rulebook.tables.sheets import LINE, Batch, Report, Sheet, SheetError

CELLS = 4_000_000  # cells of one batch


def parquet_sheet(path: Path, file: str) -> Sheet:
    """Open a Parquet file. SheetError where it is empty or damaged."""
    try:
        schema = pl.read_parquet_schema(path)
        rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
    except (PolarsError, OSError, ValueError) as error:
        raise SheetError(_broken(file)) from error
    head = [Line(0, tuple(schema))]

    def body(last: int, width: int, report: Report) -> Iterator[Batch]:
        size = max(1000, CELLS // max(1, width))
        scan = pl.scan_parquet(path, glob=False).select(list(schema)[:width])
        done = 0
        try:
            for frame in scan.collect_batches(chunk_size=size, maintain_order=True):
                frame.columns = [str(place) for place in range(width)]
                after = done + frame.height
                numbers = pl.int_range(done + 1, after + 1, dtype=pl.UInt32, eager=True)
                done = after
                yield Batch(frame.with_columns(numbers.alias(LINE)), min(1.0, done / max(1, rows)))
        except (PolarsError, OSError) as error:
            raise SheetError(_broken(file)) from error

    return Sheet(file, path.stat().st_size, head, head, body, tuple(schema.values()))


def _broken(file: str) -> Problem:
    return Problem("parquet-broken", "不是完好的 Parquet 文件", "重新导出", file)
