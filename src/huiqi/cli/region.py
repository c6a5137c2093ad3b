"""The data of a region: a snapshot, or tables (CSV, XLSX, Parquet) that are made into one first."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from huiqi.cli.problems import show_problems
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Column, Screen
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.problems import Severity
from huiqi.rulebook.tables import Prepared, prepare
from huiqi.rulebook.tables.payments import item_tables

Source = Annotated[
    Path, typer.Argument(metavar="数据", help="快照目录，或每表一个 CSV、XLSX、Parquet 的目录")
]
SHOWN = 20
"""How many problems of a file are printed; all of them stand in problems.csv."""
PROBLEMS = "problems.csv"


@dataclass(frozen=True)
class Region:
    """An opened region and how its reading went."""

    snapshot: Snapshot
    prepared: Prepared
    vocabulary: Vocabulary

    @property
    def refused(self) -> int:
        """Rows that could not be read."""
        return sum(counted.refused for counted in self.prepared.tables.values())

    @property
    def flawed(self) -> bool:
        """Whether rows, or whole columns, could not be read."""
        return self.prepared.total(Severity.ERROR) > 0

    @property
    def refused_of_complete(self) -> int:
        """Rows that could not be read of event tables that are said to be complete: rules take what is
        not there as not having happened."""
        complete = {
            name
            for name, table in self.vocabulary.tables.items()
            if table.is_event and table.complete
        }
        tables = self.prepared.tables
        return sum(item.refused for name, item in tables.items() if name in complete)

    def as_dict(self) -> dict[str, Any]:
        return {
            "refused_of_complete": self.refused_of_complete,
            "tables": {
                name: {"read": item.read, "kept": item.kept, "refused": item.refused}
                for name, item in self.prepared.tables.items()
            },
            "problems_total": sum(self.prepared.counts.values()),
            "problems": [problem.as_dict() for problem in self.prepared.problems],
        }


@contextmanager
def open_region(
    source: Path, library: Library, screen: Screen, keep: Path | None = None
) -> Iterator[Region]:
    """The region at ``source``. A snapshot made from tables is removed again, or moved to ``keep``.

    Refuses what cannot be read at all; rows that cannot be read are told and left out.
    """
    if not source.exists():
        raise Refusal(f"没有“{source}”", "写快照目录或表格目录；huiqi demo-data 可造一个")
    beside = None if keep is None else keep.parent
    if beside is not None:
        beside.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".huiqi-", dir=beside))
    try:
        with screen.progress("读表") as step:
            prepared = prepare(
                source, work / "snapshot", library.vocabulary, on_progress=step.share,
                supports=item_tables(library),
            )  # fmt: skip
        if prepared.snapshot is None:
            raise Refusal("数据读不进来", "改正后再试", prepared.problems, Code.USAGE, source)
        _tell(screen, source, prepared)
        yield Region(prepared.snapshot, prepared, library.vocabulary)
        if keep is not None and (work / "snapshot").is_dir():
            shutil.rmtree(keep, ignore_errors=True)
            (work / "snapshot").replace(keep)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _tell(screen: Screen, source: Path, prepared: Prepared) -> None:
    """Problems of single rows, and how many rows of each table were left out; on stderr."""
    if screen.as_json or not prepared.problems:
        return
    show_problems(screen.err, prepared.problems, source, limit=SHOWN)
    wrong, noted = prepared.total(Severity.ERROR), prepared.total(Severity.WARNING)
    refused = sum(item.refused for item in prepared.tables.values())
    line = f"共 {wrong:,} 处错误、{noted:,} 处提醒；{refused:,} 行没有读入"
    screen.note(line, "bad" if wrong else "open")


def row_counts(screen: Screen, rows: dict[str, int]) -> None:
    """How many rows of each table there are, in one line."""
    told = "、".join(f"{name} {count:,}" for name, count in rows.items() if count)
    screen.print(Text(told, "quiet"))


def preparation(screen: Screen, region: Region) -> None:
    """Rows read and left out per table; only where some were left out. With a word on those whose
    absence rules take for a fact."""
    if not region.refused:
        return
    screen.section("没有读入的行")
    rows = [
        [name, f"{item.read:,}", f"{item.kept:,}", f"{item.refused:,}"]
        for name, item in region.prepared.tables.items()
        if item.refused
    ]
    columns = [Column("表"), *(Column(name, "right") for name in ("行数", "读入", "没有读入"))]
    screen.table(columns, rows, indent=2)
    if weighty := region.refused_of_complete:
        line = f"其中 {weighty:,} 行在“登记完整”的表里：没读入的会当作没有发生，改好再用结果"
        screen.print("", Text(line, "bad"))
