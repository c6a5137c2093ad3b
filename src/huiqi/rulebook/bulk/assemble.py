"""One part of one table with every column its rules read: stored, linked, counted and derived.

Facts of linked subjects are gathered by position, statistics over events are one grouping per event
table, derived facts are computed in the order of their dependence. The result holds columns named
by :attr:`Fact.column`, with the suffixes of :mod:`huiqi.rulebook.bulk.compile` for derived facts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace

import polars as pl

from huiqi.rulebook.bulk.compile import CODE, HIGH, LOW, MASK, TRUTH, Codes, Compiler, Tables, bit
from huiqi.rulebook.bulk.frames import collected
from huiqi.rulebook.bulk.once import Once
from huiqi.rulebook.bulk.rows import Rows
from huiqi.rulebook.bulk.snapshot import ID, LINK, OWNER, Snapshot
from huiqi.rulebook.bulk.statistics import Counting, bounded, earlier_columns
from huiqi.rulebook.language.bounds import bounds, fact_bounds
from huiqi.rulebook.language.nodes import EARLIER, QUANTITIES, Fact, Kind, Statistic
from huiqi.rulebook.library.vocabulary import (
    FactSpec,
    Vocabulary,
    derivation_order,
)

Wanted = frozenset[Fact]
_Batch = tuple[tuple[FactSpec, ...], Wanted]
"""Facts that are computed together, and what they read."""
_Order = tuple[tuple[FactSpec, ...], tuple[_Batch, ...]]
"""Statistics over the events of a subject, then the other derived facts."""


class Assembler:
    """Makes assembled frames of one snapshot for one day of assessment."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        snapshot: Snapshot,
        today: int,
        tables: Tables | None = None,
    ) -> None:
        self.vocabulary, self.snapshot, self.today = vocabulary, snapshot, today
        self.codes = Codes(snapshot.lists, snapshot.trees)
        self.tables = Tables() if tables is None else tables
        self._whole: dict[tuple[str, Wanted, frozenset[tuple[str, ...]]], pl.DataFrame] = {}
        self._closures: dict[tuple[str, Wanted], frozenset[Fact]] = {}
        self._orders: dict[tuple[str, frozenset[str]], _Order] = {}
        self._made: dict[tuple[str, str, frozenset[str]], list[pl.Expr]] = {}
        self._countings: Once[tuple[str, tuple[str, ...], str], Counting] = Once()
        self._held: dict[tuple[str, int], pl.DataFrame] = {}
        self._holding: int | None = None

    def another(self) -> "Assembler":
        """One that shares what is compiled and holds columns of its own, for work side by side."""
        made = copy(self)
        made._held, made._holding = {}, None
        return made

    def compiler(self, columns: Iterable[str]) -> Compiler:
        """A compiler for a frame with these columns."""
        return Compiler(self.vocabulary, self.codes, self.today, frozenset(columns), self.tables)

    # ------------------------------------------------------------ what is needed

    def closure(self, table: str, wanted: Iterable[Fact]) -> frozenset[Fact]:
        """The facts plus everything that derived facts of this table read in their turn."""
        key = (table, frozenset(wanted))
        if key not in self._closures:
            self._closures[key] = self._closure(table, key[1])
        return self._closures[key]

    def _closure(self, table: str, wanted: Wanted) -> frozenset[Fact]:
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
            queue += spec.reads
        return frozenset(out)

    def _order(self, table: str, own: frozenset[str]) -> "_Order":
        """The derived ones of some facts of a table, in the order in which they are computed."""
        at = (table, own)
        if at not in self._orders:
            order = [item for item in derivation_order(self.vocabulary, table) if item.name in own]
            over = tuple(spec for spec in order if _grouped_over(spec))
            self._orders[at] = over, _batches([spec for spec in order if not _grouped_over(spec)])
        return self._orders[at]

    # ------------------------------------------------------------ frames

    def part(
        self,
        table: str,
        part: int,
        wanted: Iterable[Fact],
        rows: Rows | None = None,
        key: bool = True,
        through: Iterable[tuple[str, ...]] = (),
    ) -> pl.DataFrame:
        """One part of a table, fully assembled: all its rows, or some in their order.

        ``key``: with the table's own key, its owner and its links. ``through``: paths whose last
        subject's own links are wanted too, whether or not a fact of it is read.
        """
        closure = self.closure(table, wanted)
        own = {fact.name for fact in closure if not fact.path}
        declared = self.vocabulary.tables[table]
        linked: dict[str, set[Fact]] = defaultdict(set)
        for fact in closure:
            if fact.path:
                linked[fact.path[0]].add(replace(fact, path=fact.path[1:]))
        through = tuple(through)
        further: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for path in through:
            if path:
                linked.setdefault(path[0], set())
                further[path[0]].add(path[1:])
        earlier = any(_earlier(declared.facts[name]) for name in own)
        book = [OWNER] if key or earlier or declared.owner in linked else []
        book += [LINK + link for link in declared.links if key or link in linked or () in through]
        book += [declared.key] if key or (earlier and rows is None) else []
        frame = self.columns(table, part, [*book, *sorted(own)], rows)
        for link, facts in linked.items():
            target = declared.links[link]
            if link == declared.owner:
                index = frame.get_column(OWNER)
                height = self.snapshot.tables[target][part]
                if len(index) <= height:
                    owners = Rows(index, height)
                    other = self.part(target, part, facts, owners, False, further[link])
                    frame = frame.hstack(_beside(other, link))
                    continue
                other = self.part(target, part, facts, None, False, further[link])
            else:
                other = self._everything(target, frozenset(facts), frozenset(further[link]))
                index = (
                    frame.get_column(LINK + link)
                    if LINK + link in frame.columns
                    else pl.Series([None] * frame.height, dtype=pl.UInt32)
                )
            frame = frame.hstack(_beside(other, link, index))
        return self._computed(table, part, frame, own, rows)

    def _computed(
        self, table: str, part: int, frame: pl.DataFrame, own: set[str], rows: Rows | None
    ) -> pl.DataFrame:
        """The frame with its derived facts: statistics over other tables first, which read nothing
        of this one, then the rest in order of dependence."""
        over, batches = self._order(table, frozenset(own))
        if not over and not batches:
            return frame
        frame = self._over_events(part, frame, over, rows) if over else frame
        lazy = frame.lazy()
        names = frame.columns
        for group, read in batches:
            if _earlier(group[0]):
                frame = collected(lazy)
                for spec, made in zip(
                    group, self._siblings(part, frame, group, read, rows), strict=True
                ):
                    frame = frame.hstack(_overridden(frame, made, spec))
                lazy, names = frame.lazy(), frame.columns
            else:
                made_ = self._definition(group[0], names)
                lazy = lazy.with_columns_seq(made_)
                names = [*names, *(item.meta.output_name() for item in made_)]
        return collected(lazy)

    def _siblings(
        self,
        part: int,
        frame: pl.DataFrame,
        specs: Sequence[FactSpec],
        read: Wanted,
        rows: Rows | None,
    ) -> list[list[pl.Series]]:
        """Statistics over earlier siblings. Where only some rows are assembled, the others of the
        same owners are fetched for them."""
        full, asked = frame, None
        if rows is not None:
            table = specs[0].table
            owners = self.columns(table, part, [OWNER]).to_series()
            held = self.snapshot.tables[self.vocabulary.tables[table].owner][part]
            asking = Rows(frame.get_column(OWNER), held)
            beside = Rows.where(asking.chosen.gather(owners))
            full, asked = self.part(table, part, read, beside), beside.at.search_sorted(rows.at)
        made = earlier_columns(self.compiler(full.columns), full, specs, asked)
        return [[series for series in made if _belongs(series.name, spec)] for spec in specs]

    def columns(
        self, table: str, part: int, names: Iterable[str], rows: Rows | None = None
    ) -> pl.DataFrame:
        """Stored columns of one part as far as it has them; of some of its rows, if given."""
        present = self.snapshot.names(table, part)
        wanted = [name for name in dict.fromkeys(names) if name in present]
        at = (table, part)
        held = self._held.get(at)
        key = self.vocabulary.tables[table].key
        if rows is not None and key in wanted and (held is None or key not in held.columns):
            keys = self._keys(table, part, rows)
            if keys is not None:
                rest = self.columns(table, part, [name for name in wanted if name != key], rows)
                return rest.hstack([keys]).select(wanted)
        lacking = [name for name in wanted if held is None or name not in held.columns]
        if lacking:
            read = collected(self.snapshot.scan(table, part, lacking))
            held = read if held is None else held.hstack(read)
            if self._holding == part:
                self._held[at] = held
        if held is None or not wanted:  # a frame without columns still has its height
            height = len(rows) if rows is not None else self.snapshot.tables[table][part]
            return pl.DataFrame(height=height)
        found = pl.DataFrame([held.get_column(name) for name in wanted])
        return found if rows is None else rows.of(found)

    def _keys(self, table: str, part: int, rows: Rows) -> pl.Series | None:
        """The keys of few rows, read without holding all others; None where many are asked."""
        if rows.height < 100_000 or len(rows) * 5 > rows.height or not rows.rising:
            return None
        key = self.vocabulary.tables[table].key
        read = self.snapshot.scan(table, part, [key]).filter(rows.chosen)
        return read.collect(engine="streaming").get_column(key)

    def hold(self, table: str, part: int, facts: Iterable[Fact], book: Iterable[str] = ()) -> None:
        """Keep what is read of the parts of this number until :meth:`drop`; read at once the stored
        columns of a table that are needed again and again, and ``book``, its keys and links."""
        own = {fact.name for fact in self.closure(table, facts) if not fact.path}
        self._holding = part
        self.columns(table, part, [*book, *sorted(own)])

    def drop(self, table: str = "") -> None:
        """Forget the columns held, of one table or of all."""
        if table and self._holding is not None:
            self._held.pop((table, self._holding), None)
        elif not table:
            self._holding = None
            self._held.clear()

    def _everything(
        self, table: str, wanted: Wanted, through: frozenset[tuple[str, ...]]
    ) -> pl.DataFrame:
        """All parts of a linked table with the wanted facts, kept for the run."""
        key = (table, wanted, through)
        if key not in self._whole:
            parts = [
                self.part(table, part, wanted, None, False, through)
                for part in range(self.snapshot.parts(table))
                if self.snapshot.tables[table][part]
            ]
            self._whole[key] = pl.concat(parts, how="diagonal") if parts else pl.DataFrame()
        return self._whole[key]

    # ------------------------------------------------------------ derived facts

    def _definition(self, spec: FactSpec, columns: list[str]) -> list[pl.Expr]:
        at = (spec.table, spec.name, frozenset(columns))
        if at not in self._made:
            self._made[at] = self._expressions(spec, columns)
        return self._made[at]

    def _expressions(self, spec: FactSpec, columns: list[str]) -> list[pl.Expr]:
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

    def _over_events(
        self, part: int, frame: pl.DataFrame, specs: Sequence[FactSpec], rows: Rows | None
    ) -> pl.DataFrame:
        by_event: dict[str, list[FactSpec]] = defaultdict(list)
        for spec in specs:
            assert isinstance(spec.definition, Statistic)
            by_event[spec.definition.event].append(spec)
        rising = rows is None or rows.rising
        for event, group in by_event.items():
            counting = self._counting(event, group)
            counted = self._counted(event, part, counting, rows)
            if counted is None:
                counted = counting.nobody.with_columns(pl.lit(0, pl.UInt32).alias(OWNER)).clear()
            place = counted.get_column(OWNER)
            if rows is not None and rising:
                place = rows.numbers.gather(place)
            elif rows is not None:
                numbers = pl.int_range(counted.height, dtype=pl.UInt32, eager=True)
                last = pl.repeat(counted.height, rows.height, dtype=pl.UInt32, eager=True)
                place = last.scatter(place, numbers).gather(rows.at)
            spread = _spread if rising else _gathered
            for spec in group:
                mine = [
                    spread(counted.get_column(empty.name), empty, place, frame.height)
                    for empty in counting.nobody.get_columns()
                    if _belongs(empty.name, spec)
                ]
                frame = frame.hstack(_overridden(frame, mine, spec))
        return frame

    def _counting(self, event: str, specs: list[FactSpec]) -> Counting:
        """Statistics over one event table in expressions."""
        at = (event, tuple(spec.name for spec in specs), specs[0].table)
        table, rows = self.vocabulary.tables[event], self.snapshot.rows(event)
        return self._countings.of(at, lambda: Counting(self.codes, table, specs, rows))

    def _counted(
        self, event: str, part: int, counting: Counting, owners: Rows | None
    ) -> pl.DataFrame | None:
        """One row per owner that has events, with all statistics over one event table; None where
        the part has no events."""
        rows = self.snapshot.tables.get(event, ())
        if part >= len(rows) or not rows[part]:
            return None
        stored = {fact.name for fact in counting.read if not fact.path}
        self.columns(event, part, [OWNER, *sorted(stored)])  # all at once, where columns are held
        chosen = None
        if owners is not None:
            whose = self.columns(event, part, [OWNER]).to_series()
            chosen = Rows.where(owners.chosen.gather(whose))
        events = self.part(event, part, counting.read, chosen, key=counting.ordered)
        if OWNER not in events.columns:
            events = events.hstack(self.columns(event, part, [OWNER], chosen))
        return counting.counted(self.compiler(events.columns), events)


def _spread(made: pl.Series, empty: pl.Series, place: pl.Series, height: int) -> pl.Series:
    """The values of few owners at their places, everywhere else that of those without events."""
    return empty.cast(made.dtype).new_from_index(0, height).scatter(place, made)


def _gathered(made: pl.Series, empty: pl.Series, place: pl.Series, height: int) -> pl.Series:
    """The values of owners at any places; the one after the last is of those without events."""
    return pl.concat([made, empty.cast(made.dtype)]).gather(place)


def _belongs(column: str, spec: FactSpec) -> bool:
    """Whether a column holds what was computed of a fact."""
    return column in {spec.name + suffix for suffix in (LOW, HIGH, TRUTH, MASK, CODE)}


def _batches(specs: Sequence[FactSpec]) -> tuple[_Batch, ...]:
    """Facts in their order; statistics over earlier siblings together where none reads another."""
    out: list[tuple[list[FactSpec], set[Fact]]] = []
    for spec in specs:
        read = set(spec.reads)
        names = {fact.name for fact in read if not fact.path}
        last, before = out[-1] if out else ([], set())
        if last and _earlier(spec) and _earlier(last[0]) and not names & {one.name for one in last}:
            last.append(spec)
            before |= read
        else:
            out.append(([spec], read))
    return tuple((tuple(group), frozenset(read)) for group, read in out)


def _earlier(spec: FactSpec) -> bool:
    """Whether a fact is a statistic over the earlier events beside an event."""
    return isinstance(spec.definition, Statistic) and spec.definition.method in EARLIER


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


def _beside(other: pl.DataFrame, link: str, index: pl.Series | None = None) -> list[pl.Series]:
    """The linked rows' columns beside the rows that link to them, already in their order or at the
    positions ``index``; unknown links give unknowns."""
    out = []
    for series in other.get_columns():
        if series.name not in (ID, OWNER):
            placed = series if index is None else series.gather(index)
            out.append(placed.alias(f"{link}.{series.name}"))
    return out
