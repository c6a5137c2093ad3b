"""The enterprise table as columns for engines that cannot read files or count over events: stored
facts, and the counts over events ready-made by the project's own engine (which spares the peer)."""

from collections.abc import Iterable

import polars as pl
from common import ON, SUBJECT

from huiqi.rulebook.bulk.assemble import Assembler
from huiqi.rulebook.bulk.compile import HIGH, LOW
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import Fact
from huiqi.rulebook.library.policy import Library


def counted(
    rules: Library, data: Snapshot, read: Iterable[Fact], counts: Iterable[Fact]
) -> pl.DataFrame:
    """Stored facts by name, counts as `name_low` and `name_high` (null: no upper bound)."""
    read, counts = list(read), list(counts)
    assembler = Assembler(rules.vocabulary, data, days(ON))
    parts = []
    for part in range(data.parts(SUBJECT)):
        frame = assembler.part(SUBJECT, part, [*read, *counts], key=False)
        parts.append(
            frame.select(
                *(pl.col(fact.name) for fact in read),
                *(pl.col(fact.name + LOW).alias(fact.name + "_low") for fact in counts),
                *(pl.col(fact.name + HIGH).alias(fact.name + "_high") for fact in counts),
            )
        )
    return pl.concat(parts)
