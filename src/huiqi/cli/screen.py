"""What goes to the terminal: calm tables for people, one JSON document for programs.

Results go to stdout; problems, notes and progress to stderr. With ``--json`` stdout holds exactly one
JSON document. Colour, box lines and progress appear only where a terminal shows them.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TextIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

THEME = Theme(
    {
        "good": "green",
        "bad": "red",
        "open": "yellow",
        "judge": "cyan",
        "quiet": "bright_black",
        "head": "bold",
        "money": "bold",
    },
    inherit=True,
)
PLAIN_WIDTH = 120
WIDE = 100

Justify = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, which side it leans to, whether it may wrap."""

    heading: str
    justify: Justify = "left"
    wrap: bool = True
    style: str = ""


class Screen:
    """Where one command prints. Made anew for each run, so that redirected streams are respected."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.out = console(sys.stdout)
        self.err = console(sys.stderr)

    @property
    def narrow(self) -> bool:
        """Whether wide tables should say names short."""
        return self.out.width < WIDE

    # ------------------------------------------------------------ results

    def json(self, document: Any) -> None:
        """The one JSON document."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")

    def print(self, *parts: RenderableType) -> None:
        """A result for people; nothing with ``--json``."""
        if self.as_json:
            return
        for part in parts or ("",):
            put(self.out, part)

    def title(self, text: str, right: str = "") -> None:
        """A heading with a line below it."""
        line = Table.grid(expand=True, padding=(0, 2))
        line.add_column(ratio=1)
        line.add_column(justify="right", no_wrap=True)
        line.add_row(Text(text, "head"), Text(right, "quiet"))
        self.print(line if right else Text(text, "head"), Rule(style="quiet", characters="─"))

    def section(self, text: str) -> None:
        self.print("", Text(text, "head"))

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str | Text]], indent: int = 0
    ) -> None:
        """A table without vertical lines."""
        self.print(Padding(table(columns, rows), (0, 0, 0, indent)))

    # ------------------------------------------------------------ beside the results

    def note(self, text: str, style: str = "quiet") -> None:
        """A word to the person, on stderr."""
        self.err.print(Text(text, style))

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator["Step"]:
        """A progress bar on stderr while the block runs; silent where stderr is no terminal."""
        if not self.err.is_terminal:
            yield Step(None, 0)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TaskProgressColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.err, transient=True) as bar:
            yield Step(bar, bar.add_task(what, total=total))


@dataclass(frozen=True, slots=True)
class Step:
    """One bar."""

    bar: Progress | None
    task: Any

    def done(self, completed: int, total: int | None = None) -> None:
        """How much is done, of how much."""
        if self.bar is not None:
            self.bar.update(self.task, completed=completed, total=total)

    def told(self, what: str, completed: int, total: int) -> None:
        """What is being done, and how much of it is."""
        if self.bar is not None:
            self.bar.update(self.task, description=what, completed=completed, total=total)

    def share(self, what: str, share: float) -> None:
        """What is being done, and which share of all work is."""
        if self.bar is not None:
            self.bar.update(self.task, description=what, completed=share, total=1)


class _Console(Console):
    """Leaves a reader that went away to the command's last line of defence."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stream: TextIO) -> Console:
    """A console on a stream; wide and plain where the stream is no terminal."""
    terminal = stream.isatty()
    written = os.environ.get("COLUMNS", "")
    width = None if terminal else int(written) if written.isdecimal() else PLAIN_WIDTH
    return _Console(
        file=stream,
        theme=THEME,
        width=width,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )


def put(console: Console, part: RenderableType) -> None:
    """Print; in a file no line ends in blanks."""
    if console.is_terminal:
        console.print(part)
        return
    with console.capture() as caught:
        console.print(part)
    lines = [line.rstrip() for line in caught.get().split("\n")]
    console.out("\n".join(lines), end="", highlight=False)


def table(columns: Sequence[Column], rows: Sequence[Sequence[str | Text]]) -> Table:
    """Columns with a line under the headings; numbers lean right."""
    out = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="quiet",
    )
    for column in columns:
        out.add_column(
            column.heading,
            justify=column.justify,
            no_wrap=not column.wrap,
            overflow="fold" if column.wrap else "ellipsis",
            style=column.style,
        )
    for row in rows:
        out.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return out
