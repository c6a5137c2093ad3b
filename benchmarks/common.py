"""What every measurement shares: the rules, the data, the answers in one shape."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

from huiqi.rulebook.bulk.budgets import Budget
from huiqi.rulebook.bulk.engine import Engine
from huiqi.rulebook.bulk.snapshot import LINK, OWNER, Snapshot, open_snapshot
from huiqi.rulebook.language.nodes import Fact, Statistic
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.problems import errors

ON = date(2026, 11, 22)
SUBJECT = "企业"

Answers = dict[str, list[int]]
"""Support -> rows by answer (no, yes, missing, judge), certain and possible fen, rows unbounded."""


def library() -> Library:
    """The packaged policies; ValueError where they have errors."""
    made, problems = load(policies_folder())
    if errors(problems):
        raise ValueError(str(errors(problems)[0]))
    return made


def snapshot(rules: Library, folder: Path) -> Snapshot:
    """An opened snapshot; ValueError where it is damaged."""
    made, problems = open_snapshot(folder, rules.vocabulary)
    if made is None:
        raise ValueError(str(problems[0]))
    return made


def subject_supports(rules: Library) -> tuple[Support, ...]:
    """The supports assessed on enterprises themselves."""
    return rules.for_table(SUBJECT)


def event_supports(rules: Library) -> tuple[Support, ...]:
    """Supports assessed on an enterprise's events, with no limit across rows."""
    return tuple(
        support
        for support in rules.supports
        if rules.vocabulary.tables[support.table].owner == SUBJECT and not support.limited
    )


def unpaid(engine: Engine) -> Engine:
    """The engine without the payments already made, which the peers do not know either."""
    engine.paid = None
    return engine


def answers(budgets: Iterable[Budget]) -> Answers:
    """Budgets in the shape in which engines are compared."""
    return {
        item.support: [*item.answers, int(item.low), int(item.high), int(item.unbounded)]
        for item in budgets
    }


def stored(engine: Engine) -> dict[str, set[str]]:
    """Table -> columns that the engine's supports can't be decided without: stored facts, over links
    and derived facts; the owner of events that are joined or counted; and, where limits weigh rows
    of one beneficiary against each other, keys and links to it."""
    tables = engine.library.vocabulary.tables
    out: dict[str, set[str]] = defaultdict(set)
    seen: set[tuple[str, Fact]] = set()

    def follow(table: str, path: Sequence[str]) -> str:
        for link in path:
            out[table].add(OWNER if link == tables[table].owner else LINK + link)
            table = tables[table].links[link]
        return table

    def read(table: str, fact: Fact) -> None:
        if (table, fact) in seen:
            return
        seen.add((table, fact))
        at = follow(table, fact.path)
        spec = tables[at].facts[fact.name]
        out[at].add(spec.name)
        if spec.definition is None:
            return
        inner = at
        if isinstance(spec.definition, Statistic):
            inner = spec.definition.event
            out[inner].add(OWNER)
        for other in spec.reads:
            read(inner, other)

    for support in engine.supports:
        for fact in support.facts():
            read(support.table, fact)
        if engine.crosses(support):
            follow(support.table, support.beneficiary)
            if tables[support.table].is_event:
                out[support.table].add(tables[support.table].key)
    return out


def files(data: Snapshot, table: str) -> list[tuple[Path, int]]:
    """A table's parts with the number of the first subject in each (of the owner, for events)."""
    owner = data.tables.get(data.owners.get(table, table), ())
    out, start = [], 0
    for part, rows in enumerate(data.tables.get(table, ())):
        if rows:
            out.append((data.path(table, part), start))
        start += owner[part] if part < len(owner) else 0
    return out


@dataclass(frozen=True)
class Result:
    """One timed run: seconds of the work itself, what it gave, and what the tables say of it.

    ``reason`` tells why answers differ, where that was found out; ``cells`` and ``wrong`` count
    compared and differing answers of single rows, ``control`` those that differ once one rule is
    changed by one fen. ``processor`` is what all threads spent, ``peak`` (megabytes) is given where it
    was taken before answers were compared.
    """

    wall: float
    answers: Answers | None = None
    reason: str = ""
    note: str = ""
    cells: int = 0
    wrong: int = 0
    control: int = 0
    processor: float = 0
    peak: float = 0


def timed(work: Callable[[], Answers | None]) -> Result:
    """Run once and time it."""
    start, spent = perf_counter(), process_time()
    made = work()
    return Result(perf_counter() - start, made, processor=process_time() - spent)
