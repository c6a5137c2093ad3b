"""One file as one table: its sheets, what its headings mean, and its rows staged for whoever keeps them.

:func:`huiqi.rulebook.tables.prepare` makes a snapshot of a whole folder; here a file is read on its
own, with headings that a person may have matched by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from huiqi.rulebook.library.vocabulary import Table, Vocabulary
from huiqi.rulebook.problems import Problem, Severity
from huiqi.rulebook.tables.delimited import delimited_sheet
from huiqi.rulebook.tables.folder import DELIMITED, table_named
from huiqi.rulebook.tables.headings import Column, Matcher, Meaning, Plan, plain, plan_sheet
from huiqi.rulebook.tables.ledger import Ledger
from huiqi.rulebook.tables.sheets import Sheet, SheetError
from huiqi.rulebook.tables.stage import Staged
from huiqi.rulebook.tables.template import NOTES
from huiqi.rulebook.tables.workbook import open_workbook

SHOWN = 3
"""Cells of a column that are shown beside its heading."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a file, what it is taken for (empty: nothing), and its first cells."""

    text: str
    meaning: str
    unit: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a file would be read; ``fatal`` where it can't be until something is put right."""

    headings: tuple[Heading, ...]
    problems: tuple[Problem, ...]
    fatal: bool


def matcher_of(
    table: Table,
    vocabulary: Vocabulary,
    given: Mapping[str, str] | None = None,
    required: tuple[str, ...] = (),
) -> Matcher:
    """Knows the headings of a table, and those that a person matched: ``given`` maps a heading to the
    name it stands for, with its unit in brackets where it needs one, or to nothing: leave it out."""
    made = Matcher(table, vocabulary, required)
    for heading, name in (given or {}).items():
        text = "".join(plain(level) for level in heading.split(" / "))
        if not name:
            made.chosen[text] = (Meaning("skip", ""), "")
            continue
        meaning, unit, _ = made.match([name])
        if meaning is not None:
            made.chosen[text] = (meaning, unit)
    return made


def propose(path: Path, file: str, matcher: Matcher) -> Proposal:
    """What the headings of a file mean. A file that can't be opened is a fatal problem."""
    try:
        sheets, notes = sheets_of(path, file, matcher)
        problems = [*notes, *(note for sheet in sheets for note in sheet.notes)]
        plans = [plan_sheet(sheet.head, sheet.merged, matcher, sheet.file) for sheet in sheets]
        shown = tuple(
            heading
            for sheet, plan in zip(sheets, plans, strict=True)
            for heading in _headings(sheet, plan, matcher)
        )
    except SheetError as error:
        return Proposal((), (error.problem,), True)
    problems += [item for plan in plans for item in plan.problems]
    once = tuple(dict.fromkeys(problems))
    distinct = {heading.text: heading for heading in reversed(shown)}
    return Proposal(tuple(reversed(distinct.values())), once, any(plan.fatal for plan in plans))


def stage(
    path: Path,
    file: str,
    matcher: Matcher,
    folder: Path,
    ledger: Ledger,
    tell: Callable[[float], None],
) -> Staged:
    """The rows of a file, checked and staged in ``folder``; see :class:`Staged`. Every problem goes to
    the ledger; what can't be read at all makes it fatal. ``tell`` hears the share that is read."""
    staged = Staged(matcher, matcher.vocabulary, folder)
    try:
        sheets, notes = sheets_of(path, file, matcher)
        ledger.add(*notes)
        for place, sheet in enumerate(sheets):
            before = place / len(sheets)
            staged.add(sheet, ledger, lambda share, at=before: tell(at + share / len(sheets)))  # type: ignore[misc]  # a default binds the sheet's place
    except SheetError as error:
        ledger.refuse(error.problem)
    staged.close(ledger)
    return staged


def sheets_of(path: Path, file: str, matcher: Matcher) -> tuple[list[Sheet], list[Problem]]:
    """The sheets of a file that hold the table. SheetError where the file can't be opened."""
    if Path(file).suffix.lower() in DELIMITED:
        return [delimited_sheet(path, file, matcher)], []
    table, vocabulary = matcher.table, matcher.vocabulary
    names = {item.name.lower(): item.name for item in vocabulary.tables.values()}
    names |= {item.identifier.lower(): item.name for item in vocabulary.tables.values()}
    names |= {table.name.lower(): table.name, table.identifier.lower(): table.name}
    opened = open_workbook(path, file)
    found = [item for item in opened if item[0] != NOTES]
    named = [item for item in found if table_named(item[0], names) == table.name]
    if named:
        return [sheet for _, sheet in named], _left(opened, named, table)
    plans = [plan_sheet(sheet.head, sheet.merged, matcher, "") for _, sheet in found]
    alike = [item for item, plan in zip(found, plans, strict=True) if not plan.fatal]
    chosen = alike or found[:1]
    return [sheet for _, sheet in chosen], _left(opened, chosen, table)


def _left(
    found: Sequence[tuple[str, Sheet]], chosen: Sequence[tuple[str, Sheet]], table: Table
) -> list[Problem]:
    """What is said of the sheets that are not read, and of the workbook with the first of them."""
    names = [name for name, _ in chosen]
    notes = [note for name, sheet in found if name not in names for note in sheet.notes]
    return notes + [
        Problem(
            "unknown-sheet", f"“{name}”：不像“{table.name}”表，没有读入", "要读入就补上列名",
            sheet.file, severity=Severity.WARNING,
        )
        for name, sheet in found
        if name not in (*names, NOTES)
    ]  # fmt: skip


def _headings(sheet: Sheet, plan: Plan, matcher: Matcher) -> list[Heading]:
    """Every heading of the sheet, also those that mean nothing, in their order."""
    meant = {column.place: column for column in plan.columns}
    lines = [line for line in sheet.head if line.number > plan.last_heading]
    out = []
    for place, text in enumerate(plan.headings):
        if not text:
            continue
        column: Column | None = meant.get(place)
        cells = (line.cells[place] for line in lines if place < len(line.cells))
        shown = tuple(islice((cell for cell in cells if cell), SHOWN))
        out.append(
            Heading(text, column.name if column else "", column.unit if column else "", shown)
        )
    return out


__all__ = ["Heading", "Proposal", "matcher_of", "propose", "sheets_of", "stage"]
