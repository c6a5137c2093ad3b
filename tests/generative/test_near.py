"""Both evaluators find the same rows one step away, also of stacking groups and beneficiaries unknown."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import HealthCheck, given, settings

from huiqi.rulebook.bulk.bridge import write_region
from huiqi.rulebook.bulk.matching import match
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.reference.assess import assess
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.limits import PART, ROW
from huiqi.rulebook.reference.near import near_miss
from huiqi.rulebook.reference.settle import held_by_group
from tests.generative.comparing import settled, tuned, write_paid
from tests.generative.region import Region, region
from tests.generative.rules import Example, examples
from tests.generative.world import TABLES

ALL = settings.default.max_examples if settings.default is not None else 0
Near = set[tuple[str, int, str]]
"""Support, condition and key of the row."""


class Found:
    """Takes the near misses of a run."""

    def __init__(self) -> None:
        self.near_rows: list[tuple[Support, int, int, int]] = []

    def rows(self, support: Support, rows: pl.DataFrame) -> None:
        """What is no near miss is compared elsewhere."""

    def near(self, support: Support, condition: int, rows: pl.DataFrame) -> None:
        self.near_rows += [(support, condition, *at) for at in rows.select(PART, ROW).iter_rows()]


def by_reference(example: Example, rows: Region) -> Near:
    library, reference = example.library, Reference(example.library.vocabulary, example.on)
    made = {
        (number, row.key): assess(reference, support, row)
        for number, support in enumerate(library.supports)
        for row in rows.rows[support.table]
    }
    out: Near = set()
    for whose, items in settled(library, made, rows).items():
        paid = rows.paid.get(whose, [])
        for item in items:
            if item.answer is Answer.NO:
                held = held_by_group(item, items, paid, library.supports)
                condition = near_miss(reference, item, paid, held)
                if condition is not None:
                    out.add((item.support.key, condition, item.row.key))
    return out


def by_columns(example: Example, rows: Region) -> Near:
    found = Found()
    with TemporaryDirectory() as folder:
        vocabulary = example.library.vocabulary
        snapshot = write_region(rows.files(), vocabulary, Path(folder) / "s", example.part_rows)
        write_paid(snapshot, rows)
        with tuned(example):
            result = match(example.library, snapshot, example.on, sink=found)
        keys = {
            (table, part): pl.read_parquet(snapshot.path(table, part), columns=["编号"])["编号"]
            for table, parts in snapshot.tables.items()
            for part, count in enumerate(parts)
            if count
        }
    assert sum(item.rows for item in result.near) == len(found.near_rows)
    return {
        (support.key, condition, keys[support.table, part][row])
        for support, condition, part, row in found.near_rows
    }


@settings(max_examples=max(10, ALL // 3), suppress_health_check=list(HealthCheck))
@given(examples())
def test_both_evaluators_find_the_same_near_misses(example: Example) -> None:
    rows, random = region(example), Random(example.seed)
    for table, (owner, _) in TABLES.items():  # often nobody knows whose a row is
        for row in rows.rows[table]:
            for link in [name for name in row.links if name != owner]:
                if random.random() < 0.3:
                    del row.links[link]
    assert by_columns(example, rows) == by_reference(example, rows.fresh())
