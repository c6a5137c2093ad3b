"""One part of one table with every column its rules read: stored, linked, counted and derived.

Facts of linked subjects are gathered by position, statistics over events are one grouping per event
table, derived facts are computed in the order of their dependence. The result holds columns named
by :attr:`Fact.column`, with the suffixes of :mod:`huiqi.rulebook.compile` for derived facts.
"""

from collections import defaultdict
from collections.abc import Iterable

import polars as pl

from huiqi.rulebook.bounds import bounds, fact_bounds
from huiqi.rulebook.compile import CODE, MASK, TRUTH, Codes, Compiler, Tables, bit
from huiqi.rulebook.nodes import EARLIER, QUANTITIES, Fact, Kind, Statistic
from huiqi.rulebook.snapshot import ID, LINK, OWNER, Snapshot
from huiqi.rulebook.statistics import bounded, earlier_columns, finished, grouped_columns
from huiqi.rulebook.vocabulary import FactSpec, Vocabulary, definition_facts, derivation_order

POSITION = "_at"
Wanted = frozenset[Fact]


class Assembler:
    """Makes assembled frames of one snapshot for one day of assessment."""

    def __init__(self, vocabulary: Vocabulary, snapshot: Snapshot, today: int) -> None:
        self.vocabulary, self.snapshot, self.today = vocabulary, snapshot, today
        self.codes = Codes(snapshot.lists, snapshot.trees)
        self._tables: Tables = {}
        self._whole: dict[tuple[str, Wanted], pl.DataFrame] = {}

    def compiler(self, columns: Iterable[str]) -> Compiler:
        """A compiler for a frame with these columns."""
        return Compiler(self.vocabulary, self.codes, self.today, frozenset(columns), self._tables)

    # ------------------------------------------------------------ what is needed

    def closure(self, table: str, wanted: Iterable[Fact], given: frozenset[str]) -> set[Fact]:
        """The facts plus everything that derived facts of this table read in their turn."""
        out: set[Fact] = set()
        queue = list(wanted)
        while queue:
            fact = queue.pop()
            if fact in out:
                continue
            out.add(fact)
            if fact.path:
                continue
            spec = self.vocabulary.tables[table].facts[fact.name]
            if spec.definition is None:
                continue
            if isinstance(spec.definition, Statistic) and spec.definition.method not in EARLIER:
                continue  # read from the events' own frame
            queue += definition_facts(spec.definition)
        return out

    def simple(self, table: str, wanted: Iterable[Fact]) -> bool:
        """Whether a table's facts need neither links nor events, so that parts can be streamed."""
        names: frozenset[str] = frozenset()
        for fact in self.closure(table, wanted, names):
            if fact.path:
                return False
            if isinstance(self.vocabulary.tables[table].facts[fact.name].definition, Statistic):
                return False
        return True

    # ------------------------------------------------------------ frames

    def scan(self, table: str, wanted: Iterable[Fact]) -> pl.LazyFrame:
        """All parts of a simple table as one lazy frame (see :meth:`simple`)."""
        parts = [
            self._stored(
                table, part, {fact.name for fact in self.closure(table, wanted, frozenset())}
            )
            for part in range(self.snapshot.parts(table))
            if self.snapshot.tables[table][part]
        ]
        if not parts:
            return pl.LazyFrame(schema={ID: pl.UInt32})
        return self._derive(table, pl.concat(parts, how="diagonal"), set(wanted))

    def part(self, table: str, part: int, wanted: Iterable[Fact]) -> pl.DataFrame:
        """One part of a table, fully assembled."""
        given = self.snapshot.names(table, part)
        closure = self.closure(table, wanted, given)
        own = {fact.name for fact in closure if not fact.path}
        frame = self._stored(table, part, own).collect()
        declared = self.vocabulary.tables[table]
        linked: dict[str, set[Fact]] = defaultdict(set)
        for fact in closure:
            if fact.path:
                link, *rest = fact.path
                linked[link].add(
                    Fact(
                        tuple(rest),
                        fact.table,
                        fact.name,
                        fact.type,
                        fact.low,
                        fact.high,
                        fact.judged,
                    )
                )
        for link, facts in linked.items():
            target = declared.links[link]
            if link == declared.owner:
                other = self.part(target, part, facts)
                index = frame.get_column(OWNER)
            else:
                other = self._everything(target, frozenset(facts))
                index = (
                    frame.get_column(LINK + link)
                    if LINK + link in frame.columns
                    else pl.Series([None] * frame.height, dtype=pl.UInt32)
                )
            frame = frame.hstack(_gathered(other, index, link))
        return self._computed(table, part, frame, own)

    def _computed(self, table: str, part: int, frame: pl.DataFrame, own: set[str]) -> pl.DataFrame:
        """The frame with its derived facts: statistics over other tables first, which read nothing
        of this one, then the rest in order of dependence."""
        order = [spec for spec in derivation_order(self.vocabulary, table) if spec.name in own]
        frame = self._over_events(part, frame, [spec for spec in order if _grouped_over(spec)])
        lazy = frame.lazy()
        for spec in order:
            if _grouped_over(spec):
                continue
            if isinstance(spec.definition, Statistic):
                frame = lazy.collect()
                made = earlier_columns(self.compiler(frame.columns), frame, spec)
                lazy = frame.hstack(_overridden(frame, made, spec)).lazy()
            else:
                lazy = lazy.with_columns(self._definition(spec, lazy.collect_schema().names()))
        return lazy.collect()

    def _stored(self, table: str, part: int, names: set[str]) -> pl.LazyFrame:
        declared = self.vocabulary.tables[table]
        present = self.snapshot.names(table, part)
        keep = [ID, OWNER, declared.key, *(LINK + link for link in declared.links), *sorted(names)]
        return pl.scan_parquet(self.snapshot.path(table, part)).select(
            [name for name in dict.fromkeys(keep) if name in present]
        )

    def _everything(self, table: str, wanted: Wanted) -> pl.DataFrame:
        """All parts of a linked table with the wanted facts, kept for the run."""
        key = (table, wanted)
        if key not in self._whole:
            parts = [
                self.part(table, part, wanted)
                for part in range(self.snapshot.parts(table))
                if self.snapshot.tables[table][part]
            ]
            self._whole[key] = pl.concat(parts, how="diagonal") if parts else pl.DataFrame()
        return self._whole[key]

    # ------------------------------------------------------------ derived facts

    def _derive(self, table: str, frame: pl.LazyFrame, wanted: set[Fact]) -> pl.LazyFrame:
        """Add the derived facts that are no statistics, in order of dependence."""
        names = {fact.name for fact in self.closure(table, wanted, frozenset()) if not fact.path}
        for spec in derivation_order(self.vocabulary, table):
            if spec.name not in names or isinstance(spec.definition, Statistic):
                continue
            columns = frame.collect_schema().names()
            frame = frame.with_columns(self._definition(spec, columns))
        return frame

    def _definition(self, spec: FactSpec, columns: list[str]) -> list[pl.Expr]:
        compiler = self.compiler(columns)
        given = pl.col(spec.name) if spec.name in columns else None
        if spec.type.kind is Kind.BOOL:
            truth = compiler.condition(spec.definition).truth  # type: ignore[arg-type]  # checked
            return [(truth if given is None else given.fill_null(truth)).alias(spec.name + TRUTH)]
        if spec.type.kind in QUANTITIES:
            made = compiler.range(spec.definition)  # type: ignore[arg-type]  # checked when loaded
            inner, outer = bounds(spec.definition), fact_bounds(spec)  # type: ignore[arg-type]
            fits = outer[0] <= inner[0] and inner[1] <= outer[1]
            return bounded(spec, _literal(made.low), _literal(made.high), given, fits)
        if spec.type.kind is Kind.CHOICE:
            mask = compiler.mask(spec.definition)  # type: ignore[arg-type]  # checked when loaded
            if given is not None:
                mask = bit(given).fill_null(mask)
            return [mask.alias(spec.name + MASK)]
        code = compiler.code(spec.definition)  # type: ignore[arg-type]  # checked when loaded
        return [(code if given is None else given.fill_null(code)).alias(spec.name + CODE)]

    def _over_events(self, part: int, frame: pl.DataFrame, specs: list[FactSpec]) -> pl.DataFrame:
        by_event: dict[str, list[FactSpec]] = defaultdict(list)
        for spec in specs:
            assert isinstance(spec.definition, Statistic)
            by_event[spec.definition.event].append(spec)
        for event, group in by_event.items():
            grouped = self._grouped(event, part, group)
            index = pl.int_range(0, frame.height, dtype=pl.UInt32, eager=True).alias(POSITION)
            joined = pl.DataFrame([index]).join(
                grouped, left_on=POSITION, right_on=OWNER, how="left", maintain_order="left"
            )
            for spec in group:
                frame = frame.hstack(_overridden(frame, finished(self.codes, joined, spec), spec))
        return frame

    def _grouped(self, event: str, part: int, specs: list[FactSpec]) -> pl.DataFrame:
        """One row per owner with the raw sums and counts of all statistics over one event table."""
        rows = self.snapshot.tables.get(event, ())
        if part >= len(rows) or not rows[part]:
            return pl.DataFrame(schema={OWNER: pl.UInt32})
        wanted: set[Fact] = set()
        for spec in specs:
            wanted |= set(definition_facts(spec.definition))
        events = self.part(event, part, wanted)
        compiler = self.compiler(events.columns)
        key = self.vocabulary.tables[event].key
        return grouped_columns(compiler, events, key, specs)


def _grouped_over(spec: FactSpec) -> bool:
    """Whether a fact is counted over the events of its subject."""
    return isinstance(spec.definition, Statistic) and spec.definition.method not in EARLIER


def _literal(term: pl.Expr | int | None) -> pl.Expr:
    return term if isinstance(term, pl.Expr) else pl.lit(term, dtype=pl.Int64)


def _overridden(frame: pl.DataFrame, made: list[pl.Series], spec: FactSpec) -> list[pl.Series]:
    """Given values of a derived fact take the place of the computed ones."""
    if spec.name not in frame.columns:
        return made
    given = frame.get_column(spec.name)
    if spec.type.kind is Kind.DATE:
        given = given.to_physical().cast(pl.Int64)
    out = []
    for series in made:
        if series.name.endswith(MASK):
            bits = given.to_frame().select(bit(pl.first())).to_series()
            out.append(bits.zip_with(given.is_not_null(), series).alias(series.name))
        else:
            value = given.cast(series.dtype)
            out.append(value.zip_with(given.is_not_null(), series).alias(series.name))
    return out


def _gathered(other: pl.DataFrame, index: pl.Series, link: str) -> list[pl.Series]:
    """The linked rows' columns beside the rows that link to them; unknown links give unknowns."""
    out = []
    for series in other.get_columns():
        if series.name in (ID, OWNER):
            continue
        out.append(series.gather(index).alias(f"{link}.{series.name}"))
    return out
