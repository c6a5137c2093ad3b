"""Conditions in stages: the cheap ones first, for every row; the dear ones for what is left.

Most rows fail early, on a place or a title that stands in their own table. A row that no support of
a plan can reach any more is dropped before facts are fetched over links, derived or counted over
events for it. What is dropped is a plain no for every support of the plan, so nothing changes but
the time.
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

import polars as pl

from huiqi.rulebook.bulk.assemble import Assembler
from huiqi.rulebook.bulk.compile import CODE, HIGH, LOW, MASK, TRUTH
from huiqi.rulebook.language.nodes import Condition, Fact, Statistic, facts
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.library.vocabulary import Vocabulary, definition_facts

POSITION = "_position"
SUFFIXES = (LOW, HIGH, TRUTH, MASK, CODE)
SMALL = 20_000
"""Tables below this take all conditions at once: another stage costs more than it saves."""


def level_of(vocabulary: Vocabulary, fact: Fact) -> int:
    """What a fact costs: 0 stored here, 1 stored at a linked subject, 2 derived, 3 counted."""
    spec = vocabulary.tables[fact.table].facts[fact.name]
    if spec.definition is None:
        return 1 if fact.path else 0
    if isinstance(spec.definition, Statistic):
        return 3
    return max([2, *(level_of(vocabulary, item) for item in definition_facts(spec.definition))])


class Stages:
    """The distinct conditions of the supports assessed on one table.

    ``names`` gives the column of each condition; where judged facts take part, the same name with a
    ``w`` says whether an open row waits for facts.
    """

    def __init__(
        self,
        assembler: Assembler,
        table: str,
        supports: Sequence[Support],
        kept: frozenset[Fact] = frozenset(),
    ) -> None:
        self.assembler, self.table, self.supports = assembler, table, tuple(supports)
        read = {fact for item in supports for line in item.lines for fact in facts(line.node)}
        self.kept = frozenset(
            fact for fact in kept & read if level_of(assembler.vocabulary, fact) > 1
        )
        """Computed facts that conditions read and that are read again afterwards."""
        self.names: dict[Condition, str] = {}
        for support in supports:
            for line in support.lines:
                self.names.setdefault(line.node, f"c{len(self.names)}")
        levels: dict[int, list[Condition]] = {}
        for node in self.names:
            level = max((level_of(assembler.vocabulary, fact) for fact in facts(node)), default=0)
            levels.setdefault(level, []).append(node)
        self.stages = [levels[level] for level in sorted(levels)]
        self._made: dict[tuple[int, bool, tuple[str, ...]], tuple[list[pl.Expr], pl.Expr]] = {}

    def rows(self, part: int) -> tuple[pl.Series, pl.DataFrame]:
        """The positions of the rows of one part that are not a plain no for every support, and
        their conditions."""
        count = self.assembler.snapshot.tables[self.table][part]
        stages = self.stages
        if count < SMALL:
            stages = [[node for stage in stages for node in stage]]
        rows: pl.Series | None = None
        known = pl.DataFrame(height=count)
        for index, nodes in enumerate(stages):
            read = frozenset(fact for node in nodes for fact in facts(node))
            frame = self.assembler.part(self.table, part, read, rows, key=False)
            columns = tuple(frame.columns)
            made, alive = self._expressions(index, stages, columns)
            kept = self._kept_columns(read, columns)
            if rows is None:
                rows = pl.int_range(0, count, dtype=pl.UInt32, eager=True)
            found = (
                frame.hstack(known.drop(kept, strict=False).get_columns())
                .hstack([rows.alias(POSITION)])
                .lazy()
                .with_columns(made)
                .filter(alive)
                .select(
                    list(
                        dict.fromkeys(
                            [
                                POSITION,
                                *known.columns,
                                *kept,
                                *(item.meta.output_name() for item in made),
                            ]
                        )
                    )
                )
                .collect()
            )
            rows, known = found.get_column(POSITION), found.drop(POSITION)
            if not found.height:
                break
        assert rows is not None
        return rows, known

    def _kept_columns(self, read: frozenset[Fact], columns: Sequence[str]) -> list[str]:
        """The columns of computed facts that are read again."""
        names = {fact.column for fact in self.kept & read}
        return [
            column
            for column in columns
            if column in names
            or any(column == name + suffix for name in names for suffix in SUFFIXES)
        ]

    def _expressions(
        self, index: int, stages: list[list[Condition]], columns: tuple[str, ...]
    ) -> tuple[list[pl.Expr], pl.Expr]:
        """The conditions of one stage, and whether any support is still possible after it."""
        at = (index, len(stages) == len(self.stages), columns)
        if at not in self._made:
            compiler = self.assembler.compiler(columns)
            made = []
            for node in stages[index]:
                held = compiler.condition(node)
                made.append(held.truth.alias(self.names[node]))
                if held.waits is not None:
                    made.append(held.waits.alias(self.names[node] + "w"))
            done = {node for stage in stages[: index + 1] for node in stage}
            parts = []
            for support in self.supports:
                lines = [
                    pl.col(self.names[line.node]) for line in support.lines if line.node in done
                ]
                parts.append(reduce(and_, lines).fill_null(True) if lines else pl.lit(True))
            self._made[at] = (made, reduce(or_, parts))
        return self._made[at]
