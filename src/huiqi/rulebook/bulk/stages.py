"""Conditions in stages: the cheap ones first, for every row; the dear ones for what is left.

Most rows fail early, on a place or a title that stands in their own table. A row that no support of
a plan can reach any more is dropped before facts are fetched over links, derived or counted over
events for it. What is dropped is a plain no for every support of the plan, so nothing changes but
the time.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import and_, or_

import polars as pl

from huiqi.rulebook.bulk.assemble import Assembler
from huiqi.rulebook.bulk.compile import CODE, HIGH, LOW, MASK, TRUTH
from huiqi.rulebook.bulk.frames import beside, collected
from huiqi.rulebook.bulk.once import Once
from huiqi.rulebook.bulk.rows import Rows
from huiqi.rulebook.language.nodes import Condition, Fact, Statistic, facts
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.library.vocabulary import Vocabulary

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
    return max([2, *(level_of(vocabulary, item) for item in spec.reads)])


@dataclass(frozen=True, eq=False)
class _Stage:
    """Conditions that are decided together, and the facts they read."""

    nodes: tuple[Condition, ...]
    read: frozenset[Fact]


@dataclass(frozen=True)
class _Step:
    """A stage in columns: the conditions, which rows are still possible after it, what is kept."""

    made: list[pl.Expr]
    alive: pl.Expr
    kept: list[str]


class Stages:
    """The distinct conditions of the supports assessed on one table, shared by all that evaluate them.

    ``names`` gives the column of each condition; where judged facts take part, the same name with a
    ``w`` says whether an open row waits for facts.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        table: str,
        supports: Sequence[Support],
        kept: frozenset[Fact] = frozenset(),
    ) -> None:
        self.table, self.supports = table, tuple(supports)
        read = {fact for item in supports for line in item.lines for fact in facts(line.node)}
        self.kept = frozenset(fact for fact in kept & read if level_of(vocabulary, fact) > 1)
        """Computed facts that conditions read and that are read again afterwards."""
        self.names: dict[Condition, str] = {}
        for support in supports:
            for line in support.lines:
                self.names.setdefault(line.node, f"c{len(self.names)}")
        levels: dict[int, list[Condition]] = {}
        for node in self.names:
            level = max((level_of(vocabulary, fact) for fact in facts(node)), default=0)
            levels.setdefault(level, []).append(node)
        self._apart = [_stage(levels[level]) for level in sorted(levels)]
        self._together = [_stage(self.names)]
        self._steps: Once[tuple[_Stage, tuple[str, ...]], _Step] = Once()

    def rows(self, assembler: Assembler, part: int) -> pl.DataFrame:
        """The rows of one part that are not a plain no for every support: their positions, their
        conditions and the computed facts that are read again."""
        count = assembler.snapshot.tables[self.table][part]
        found = pl.DataFrame(pl.int_range(count, dtype=pl.UInt32, eager=True).alias(POSITION))
        rows: Rows | None = None
        for stage in self._together if count < SMALL else self._apart:
            frame = beside(assembler.part(self.table, part, stage.read, rows, key=False), found)
            columns = tuple(frame.columns)
            step = self._steps.of((stage, columns), partial(self._step, assembler, stage, columns))
            query = (
                frame.lazy().with_columns_seq(step.made).filter(step.alive).select_seq(step.kept)
            )
            found = collected(query)
            rows = Rows(found.get_column(POSITION), count)
            if not found.height:
                break
        return found

    def _step(self, assembler: Assembler, stage: _Stage, columns: tuple[str, ...]) -> _Step:
        """A stage over a frame with some columns, those of the conditions before it among them."""
        compiler = assembler.compiler(columns)
        made = []
        for node in stage.nodes:
            held = compiler.condition(node)
            made.append(held.truth.alias(self.names[node]))
            if held.waits is not None:
                made.append(held.waits.alias(self.names[node] + "w"))
        names = [*columns, *(item.meta.output_name() for item in made)]
        later = {POSITION, *self._computed()}
        later |= {name + mark for name in self.names.values() for mark in ("", "w")}
        return _Step(made, self._alive({*names}), [name for name in names if name in later])

    def _alive(self, names: Container[str]) -> pl.Expr:
        """Whether any support is still possible, as far as its conditions are among some columns."""
        parts = []
        for support in self.supports:
            columns = [self.names[line.node] for line in support.lines]
            lines = [pl.col(name) for name in columns if name in names]
            parts.append(reduce(and_, lines).fill_null(True) if lines else pl.lit(True))
        return reduce(or_, parts)

    def _computed(self) -> set[str]:
        """The columns that computed facts read again may have."""
        return {fact.column + suffix for fact in self.kept for suffix in ("", *SUFFIXES)}


def _stage(nodes: Iterable[Condition]) -> _Stage:
    """Conditions with the facts they read."""
    taken = tuple(nodes)
    return _Stage(taken, frozenset(fact for node in taken for fact in facts(node)))
