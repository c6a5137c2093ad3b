"""Makes a region: part by part, subjects before their events, in the snapshot format."""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import polars as pl

from huiqi.rulebook.bulk.snapshot import (
    ID,
    LINK,
    PART_ROWS,
    Snapshot,
    SnapshotWriter,
    open_snapshot,
)
from huiqi.rulebook.demo import enterprises as firm
from huiqi.rulebook.demo.chance import IDENTITY, Chance, identity
from huiqi.rulebook.demo.edges import edges_of
from huiqi.rulebook.demo.events import declared, events
from huiqi.rulebook.demo.generic import INDUSTRY, REGION, complete, keyed, lose, store
from huiqi.rulebook.demo.keys import credit_codes, identity_numbers
from huiqi.rulebook.demo.paid import payments
from huiqi.rulebook.demo.profile import COUNTY, load_profile
from huiqi.rulebook.demo.world import ANCHOR, FIRST, Part, World, anchors
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.library.vocabulary import Table, Vocabulary

Progress = Callable[[int, int], None]
"""Called with the enterprises made so far and all of them."""
INSTITUTIONS = 10**10  # credit codes of institutions begin at this number
PEOPLE = "人员"


def make_region(
    vocabulary: Vocabulary,
    out: Path,
    *,
    enterprises: int,
    seed: int = 1,
    today: date,
    on_progress: Progress | None = None,
    supports: Iterable[Support] = (),
    part_rows: int = PART_ROWS,
) -> Snapshot:
    """Write the snapshot of a synthetic region into ``out`` and open it.

    Every table and stored fact of the vocabulary is there. Values on the boundaries of ``supports``
    (`library.supports`) and payments already made need the supports; without them only the
    boundaries of derived facts show. The same arguments write the same bytes; a larger region of
    the same seed begins with the same rows. ``part_rows`` must be a multiple of the profile's
    `part_block`. Raises ValueError for sizes that can't be made.
    """
    profile = load_profile(vocabulary)
    block = profile.data["part_block"]
    if enterprises < 1 or part_rows < 1 or part_rows % block:
        raise ValueError(f"企业数至少是 1，每块的企业数须是 {block} 的倍数")
    chosen = tuple(supports)
    world = World(
        vocabulary, profile, edges_of(vocabulary, chosen, days(today)), chosen, enterprises, seed,
        days(today), today.year, part_rows,
    )  # fmt: skip
    writer = SnapshotWriter(out, vocabulary)
    subjects = _subjects_first(vocabulary)
    owned = [table for table in vocabulary.tables.values() if table.is_event]
    paid: list[pl.DataFrame] = []
    for number in range(-(-enterprises // part_rows)):
        part = Part(world, number)
        for table in subjects:
            frame = complete(part, table, _subject(part, table))
            part.frames[table.name] = frame
            shown = lose(part, table, frame)
            writer.write(table.name, number, store(table, shown))
            paid += payments(part, table, frame)
        for table in owned:
            made, exact = events(part, table)
            frame = declared(table, keyed(table, complete(part, table, made, exact)))
            writer.write(table.name, number, store(table, lose(part, table, frame)))
            paid += payments(part, table, frame)
        if on_progress is not None:
            on_progress(part.start + part.rows, enterprises)
    if paid:
        writer.paid(pl.concat(paid))
    made_rows = {name: sum(counts) for name, counts in writer.rows.items()}
    shown_rows = "，".join(f"{name}{count}" for name, count in made_rows.items())
    writer.close(f"虚拟示范区，种子{seed}，截至{today.isoformat()}，均非真实主体：{shown_rows}")
    snapshot, problems = open_snapshot(out, vocabulary)
    if snapshot is None:
        raise ValueError("；".join(problem.message for problem in problems))
    return snapshot


def _subjects_first(vocabulary: Vocabulary) -> list[Table]:
    """Subjects, enterprises first, each after those it is linked to."""
    tables = {table.name: table for table in vocabulary.tables.values() if not table.is_event}
    out: list[Table] = []

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in tables and name not in trail and tables[name] not in out:
            for target in tables[name].links.values():
                visit(target, (*trail, name))
            out.append(tables[name])

    for name in (FIRST, *tables):
        visit(name, ())
    return out


def _subject(part: Part, table: Table) -> pl.DataFrame:
    """The rows of a subject with key, links and what its events read from it."""
    if table.name == FIRST:
        return firm.enterprises(part, table)
    world, chance, profile = part.world, Chance(table.name), part.world.profile
    frame = part.numbers(table.name)
    frame = frame.with_columns(identity(pl.col(ID), world.seed, table.name).alias(IDENTITY))
    frame = frame.with_columns(anchors(part, table.name, chance).alias(ANCHOR))
    frame = frame.with_columns(
        part.link(chance, link, target).alias(LINK + link) for link, target in table.links.items()
    )
    # A subject stands where the enterprise stands that it is linked to.
    link = next((LINK + link for link, target in table.links.items() if target == FIRST), None)
    beside = (pl.col(link or ANCHOR).cast(pl.Int64) - part.start).cast(pl.UInt32)
    firms = part.frames[FIRST]
    frame = frame.with_columns(
        pl.lit(firms[name]).gather(beside).alias(name) for name in (REGION, INDUSTRY)
    )
    if table.name == COUNTY:
        frame = _counties(part, frame)
    elif table.name != PEOPLE:
        # The first few stand where a demonstration looks.
        early = pl.col(ID) < profile.subjects(table.name)[1]
        shown = chance.pick("region/focus", profile.focus)
        frame = frame.with_columns(
            pl.when(early).then(shown).otherwise(pl.col(REGION)).alias(REGION)
        )
    if table.key_format == "信用代码":
        return frame.with_columns(credit_codes(pl.col(ID) + INSTITUTIONS, 2, 1).alias(table.key))
    if table.key_format == "身份证":
        return frame.with_columns(identity_numbers(pl.col(ID)).alias(table.key))
    return keyed(table, frame)


def _counties(part: Part, frame: pl.DataFrame) -> pl.DataFrame:
    """One row after another for the counties of the province."""
    places = pl.Series(part.world.profile.counties, dtype=pl.Int64)
    return frame.with_columns(
        pl.lit(places).gather((pl.col(ID) % len(places)).cast(pl.UInt32)).alias(REGION)
    )


__all__ = ["Progress", "make_region"]
