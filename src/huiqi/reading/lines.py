"""What every format delivers: lines of text with what the page said about them."""

from dataclasses import dataclass

from huiqi.rulebook.problems import Problem


@dataclass(frozen=True, slots=True)
class Line:
    """One line as extracted.

    `hard` says that the paragraph certainly ends here (DOCX, HTML). `indented` and `full` are what a
    page shows: the line begins further in, the line reaches the right margin; None where unknown.
    `cells` holds a table row, whose `text` is then the cells joined by `｜`.
    """

    text: str
    hard: bool = False
    indented: bool | None = None
    full: bool | None = None
    page: int = 0
    cells: tuple[str, ...] | None = None
    # A line at the top or bottom edge of a page, where running heads and page numbers stand.
    edge: bool = False


@dataclass(frozen=True, slots=True)
class Extracted:
    """The lines of a file and what was wrong with it; with an error there are no lines."""

    lines: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = ()
    # The title a file carries beside its text (HTML <title>), to be used when the text has none.
    title: str = ""
