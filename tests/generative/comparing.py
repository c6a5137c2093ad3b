"""Both evaluators on the same rows, and every cell in which they differ."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import polars as pl

from huiqi.rulebook.bulk import apart as apart_module
from huiqi.rulebook.bulk import engine as engine_module
from huiqi.rulebook.bulk import stages as stages_module
from huiqi.rulebook.bulk.bridge import write_region
from huiqi.rulebook.bulk.engine import Engine
from huiqi.rulebook.bulk.snapshot import ID, PAID, Snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import to_date
from huiqi.rulebook.library.policy import Library, Stacking
from huiqi.rulebook.reference.assess import REASONS, Assessment, assess
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.limits import (
    ITEM,
    LOWER,
    NUMBER,
    REASON,
    STATE,
    UPPER,
    WHEN,
    apply_limits,
    group_total,
    total_of,
)  # fmt: skip
from huiqi.rulebook.reference.settle import settle, total
from tests.generative.census import Census
from tests.generative.region import Region, beneficiary
from tests.generative.rules import Example


@dataclass(frozen=True)
class Difference:
    """One cell: what the reference says and what the columnar engine says."""

    what: str
    support: str
    row: str
    reference: object
    bulk: object

    def __str__(self) -> str:
        return f"{self.what} of {self.support} on {self.row}: {self.reference}, in bulk {self.bulk}"


def differences(
    example: Example, region: Region, bulk: Library | None = None, census: Census | None = None
) -> list[Difference]:
    """All differing cells; ``bulk`` stands in for the library on the columnar side."""
    with TemporaryDirectory() as folder:
        vocabulary = example.library.vocabulary
        snapshot = write_region(region.files(), vocabulary, Path(folder) / "s", example.part_rows)
        write_paid(snapshot, region)
        with tuned(example):
            engine = Engine(bulk or example.library, snapshot, example.on)
            return _compared(example, region.fresh(), engine, census or Census())


@contextmanager
def tuned(example: Example) -> Iterator[None]:
    """The sizes at which the engine works otherwise, made small enough for a small region."""
    sizes = [
        (engine_module, {"SMALL": example.small, "SPAN_ROWS": example.span_rows}),
        (engine_module, {"RARE": 0, "HELD_SPANS": 1}),  # every event table may be of its own family
        (stages_module, {"SMALL": example.small}),
        (apart_module, {"AT_ONCE": example.small}),
    ]
    with ExitStack() as stack:
        for module, made in sizes:
            stack.enter_context(patch.multiple(module, **made))
        yield


def write_paid(snapshot: Snapshot, region: Region) -> None:
    if not region.paid:
        return
    numbers: dict[str, tuple[str, int]] = {}
    for table, parts in snapshot.tables.items():
        for part, count in enumerate(parts):
            if count and ID in snapshot.names(table, part):
                frame = pl.read_parquet(snapshot.path(table, part), columns=["编号", ID])
                numbers |= {key: (table, number) for key, number in frame.iter_rows()}
    rows = [
        (*numbers[key], paid.support, paid.item, paid.amount, to_date(paid.day))
        for key, payments in region.paid.items()
        for paid in payments
    ]
    frame = pl.DataFrame(rows, schema=PAID, orient="row")
    frame.write_parquet(snapshot.folder / "paid.parquet")


def _cell(made: Assessment) -> tuple[object, ...]:
    return (made.answer.name, made.low, made.high)


def _compared(example: Example, region: Region, engine: Engine, census: Census) -> list[Difference]:
    library = example.library
    reference = Reference(library.vocabulary, example.on)
    made = {
        (number, row.key): assess(reference, support, row)
        for number, support in enumerate(library.supports)
        for row in region.rows[support.table]
    }
    frames = [
        frame for plan in engine.plans(groups=False) for frame in engine.rows_of(plan, groups=False)
    ]
    out: list[Difference] = []
    raw = _records(frames, (STATE, LOWER, UPPER, WHEN))
    for key, item in made.items():
        expected = (*_cell(item), item.moment)
        found = raw.get(key)
        shown = _shown(library, key, found, moment=item.moment)
        if shown != expected:
            out.append(_difference("answer", library, key, expected, shown))
    answers = {key: item.answer for key, item in made.items()}
    alone = {key: (item.low or 0, item.high) for key, item in made.items()}
    census.results(list(made.values()))
    settled(library, made, region)
    census.results(list(made.values()))
    kept = apply_limits(engine.supports, frames, engine.paid)
    limited = _records([kept] if kept is not None else [], (STATE, LOWER, UPPER, REASON))
    for key, item in made.items():
        if answers[key] is Answer.NO:
            continue
        expected = (*_cell(item), item.reason.name)
        found = limited.get(key)
        shown = _shown(library, key, found, reason=True)
        if shown != expected:
            out.append(_difference("answer after limits", library, key, expected, shown))
    out += _totals(library, engine, list(made.values()), kept)
    out += _budgets(library, made, alone, answers, engine)
    return out


def _records(frames: Sequence[pl.DataFrame], names: Sequence[str]) -> dict[tuple[int, str], tuple]:  # type: ignore[type-arg]
    return {
        (number, key): tuple(rest)
        for frame in frames
        for number, key, *rest in frame.select(NUMBER, ITEM, *names).iter_rows()
    }


def _shown(
    library: Library, key: tuple[int, str], found: tuple | None,  # type: ignore[type-arg]
    moment: int | None = None, reason: bool = False,
) -> tuple[object, ...]:  # fmt: skip
    if found is None:  # a plain no is not kept; its moment is nobody's business
        none = None if library.supports[key[0]].amount is None else 0
        return (Answer.NO.name, none, none, moment)
    state, low, high, last = found
    return (Answer(state).name, low, high, REASONS[last].name if reason else last)


def _difference(
    what: str, library: Library, key: tuple[int, str], expected: object, found: object
) -> Difference:
    return Difference(what, library.supports[key[0]].key, key[1], expected, found)


def settled(
    library: Library, made: dict[tuple[int, str], Assessment], region: Region
) -> dict[str, list[Assessment]]:
    """Limits per beneficiary, as a person's dossier is settled; the rows of each."""
    groups: dict[str, list[Assessment]] = defaultdict(list)
    for item in made.values():
        who = beneficiary(item.support.beneficiary, item.row)
        groups[who.key if who is not None else f"行{item.row.key}"].append(item)
    for key, items in groups.items():
        settle(items, region.paid.get(key, []), library.supports)
    return groups


def _totals(
    library: Library, engine: Engine, made: Sequence[Assessment], kept: pl.DataFrame | None
) -> list[Difference]:
    out = []
    empty = kept is None or not kept.height
    for number, support in enumerate(library.supports):
        if support.stacking is not Stacking.FREE or support.amount is None:
            continue
        mine = [item for item in made if item.support is support]
        found = (0, 0, 0)
        if not empty:
            found = total_of(engine.supports[number], kept.filter(pl.col(NUMBER) == number))  # type: ignore[union-attr]
        out += _total("total", support.key, total(mine), found)
    stacked = [item for item in made if item.support.stacking is not Stacking.FREE]
    if stacked:
        found = (0, 0, 0)
        if not empty and "组" in kept.columns:  # type: ignore[union-attr]
            found = group_total(kept.filter(pl.col("组").is_not_null()))  # type: ignore[union-attr]
        out += _total("total of the group", stacked[0].support.group, total(stacked), found)
    return out


def _total(
    what: str, name: str, expected: tuple[int, int | None], found: tuple[int, int, int]
) -> list[Difference]:
    shown = (found[0], None if found[2] else found[1])
    return [Difference(what, name, "", expected, shown)] if shown != expected else []


def _budgets(
    library: Library,
    made: dict[tuple[int, str], Assessment],
    alone: dict[tuple[int, str], tuple[int, int | None]],
    answers: dict[tuple[int, str], Answer],
    engine: Engine,
) -> list[Difference]:
    """Streamed budgets: counts of every answer, sums of supports that nothing else limits."""
    out = []
    for number, (support, budget) in enumerate(zip(library.supports, engine.budget(), strict=True)):
        keys = [key for key in made if key[0] == number]
        crosses = engine.crosses(support)
        states = [made[key].answer if crosses else answers[key] for key in keys]
        counts = tuple(states.count(answer) for answer in Answer)
        if counts != budget.answers:
            out.append(Difference("counts", support.key, "", counts, budget.answers))
        if support.amount is None or support.stacking is not Stacking.FREE:
            continue
        found = (budget.low, budget.high, budget.unbounded)
        if crosses:
            mine = [made[key] for key in keys]
            out += _total("budget", support.key, total(mine), found)
            continue
        live = [alone[key] for key in keys if answers[key] is not Answer.NO]
        expected = (
            sum(low for low, _ in live), sum(high or 0 for _, high in live),
            sum(high is None for _, high in live),
        )  # fmt: skip
        if found != expected:
            out.append(Difference("budget", support.key, "", expected, found))
    return out


def shown(found: Sequence[Difference], region: Region, most: int = 5) -> str:
    """The first differences with the facts of their rows, for a failing test."""
    rows = {row.key: row for rows in region.rows.values() for row in rows}
    parts = [f"{len(found)} differences"]
    for item in found[:most]:
        parts.append(str(item))
        if (row := rows.get(item.row)) is not None:
            parts.append(
                f"    {row.table} {row.values} links { {k: v.key for k, v in row.links.items()} }"
            )
    return "\n".join(parts)
