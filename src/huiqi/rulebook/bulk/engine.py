"""A whole region against all supports: budgets, entitlements, breakdowns, priced gaps, near misses.

The engine assembles one part of one table at a time, computes every distinct condition once as a
column, and keeps only the rows that are not a plain no. Money is Int64 fen; sums that could leave
64 bits are taken in 128.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial, reduce
from itertools import chain
from operator import and_

import polars as pl

from huiqi.rulebook.bulk.apart import Loose, limited, rivals
from huiqi.rulebook.bulk.assemble import Assembler
from huiqi.rulebook.bulk.budgets import Budget, Totals, budget_from, counted, floored, sums
from huiqi.rulebook.bulk.compile import CODE, MASK, Compiler, Held, Range, only, outermost
from huiqi.rulebook.bulk.frames import beside, collected, own_text
from huiqi.rulebook.bulk.once import Once
from huiqi.rulebook.bulk.rows import Rows
from huiqi.rulebook.bulk.snapshot import LINK, OWNER, WIDTHS, Snapshot, in_spans
from huiqi.rulebook.bulk.stages import POSITION, SMALL, Stages, level_of
from huiqi.rulebook.language.bounds import bounds
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import Condition, Fact, facts
from huiqi.rulebook.library.policy import Library, Stacking, Support, Times
from huiqi.rulebook.library.vocabulary import Table, Vocabulary
from huiqi.rulebook.reference.limits import (
    GROUP,
    ITEM,
    LEAST,
    LOWER,
    NUMBER,
    OPEN_LINES,
    PART,
    REASON,
    ROW,
    STATE,
    SUBJECT,
    UPPER,
    WHEN,
    WHO,
    WHOSE,
    apply_limits,
    beneficiary,
    total_of,
)  # fmt: skip

GROUPS = ("地区", "行业", "规模")

Progress = Callable[[str, int, int], None]
"""What is being done, how much is done, of how much."""


@dataclass(frozen=True)
class Plan:
    """The supports assessed on one table, with the facts to assemble for them."""

    table: str
    supports: tuple[tuple[int, Support], ...]
    facts: frozenset[Fact]


@dataclass(frozen=True, eq=False)
class Ready:
    """An assembled frame with a column per distinct condition, and what reads it."""

    frame: pl.LazyFrame
    compiler: Compiler
    names: dict[Condition, str]
    held: dict[int, Held]
    amounts: dict[int, Range | None]
    ends: tuple[pl.Expr, ...] = ()
    """Columns still to be added: the ends of amounts, read several times and computed once."""
    kept: Once[int, list[pl.Expr]] = field(default_factory=Once)
    """By support: what is kept of its rows."""

    def line(self, support: Support, index: int) -> pl.Expr:
        """The column of one condition of a support."""
        return pl.col(self.names[support.lines[index].node])


class Piece:
    """Supports of one plan whose conditions cost alike, with what is made once for all its parts.

    ``read`` are the facts needed of rows that are not a plain no; where rows are not ``keyed``, nothing
    tells them apart. ``free``: its supports are limited by none of another piece.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        plan: Plan,
        read: Iterable[Fact],
        keyed: bool = True,
        free: bool = True,
    ) -> None:
        read = frozenset(read)
        self.plan, self.keyed, self.free = plan, keyed, free
        supports = [support for _, support in plan.supports]
        self.stages = Stages(vocabulary, plan.table, supports, read)
        self.fresh = read - self.stages.kept
        self.through = {item.beneficiary[:-1] for item in supports} if keyed else set()
        self.ready: Once[tuple[str, ...], Ready] = Once()
        self.sums: Once[Ready, list[pl.Expr]] = Once()


@dataclass(frozen=True)
class Family:
    """Tables assessed span by span together, because they read the same facts of one subject; with
    the assembler whose parts are the spans."""

    root: str
    plans: tuple[Plan, ...]
    spans: Assembler


SPAN_ROWS = 300_000
"""Parts are taken together up to so many rows where only what may be paid is kept of them."""
HELD_BYTES = 32 * 2**20
"""The columns of a subject that is not assessed itself are held up to this size."""
LIGHT, RARE = 4, 5
"""Events that read no more bytes of their subject than this, and of which there is less than one for
so many subjects, need not be cut as finely as others."""
HANDS = 3
"""Jobs that are worked on side by side: one more than two cores, for a job often waits for another."""
HELD_SPANS = 2
"""Into how many spans a subject is cut that need but be held: more of them only cost their beginning."""
AT_PART, OFFSET = "_part", "_offset"
"""Of every assessed row: the number of its part, and the `_id` of the first subject there."""
_Work = Sequence[tuple[Plan, Sequence[str], Sequence[Piece]]]
_Job = tuple[Family, int, _Work]
_Staged = tuple[Piece, Ready, pl.DataFrame]


class Engine:
    """Runs a library over a snapshot for one day of assessment."""

    def __init__(
        self,
        library: Library,
        snapshot: Snapshot,
        on: date,
        supports: Sequence[Support] | None = None,
        on_progress: Progress | None = None,
    ) -> None:
        self.library, self.snapshot, self.on = library, snapshot, on
        self.supports = tuple(library.ready if supports is None else supports)
        self.assembler = Assembler(library.vocabulary, snapshot, days(on))
        self.tell = on_progress or (lambda what, done, of: None)
        self._wide: dict[tuple[str, ...], Assembler] = {}
        """For totals and kept rows, which need little room for each row: of tables of one subject."""

    @cached_property
    def paid(self) -> pl.DataFrame | None:
        """Payments already made with the number of their beneficiary and their group, None where there
        are none; those to tables nobody knows are left out."""
        file = self.snapshot.folder / "paid.parquet"
        if not file.is_file():
            return None
        tables = {name: number for number, name in enumerate(self.library.vocabulary.tables)}
        whose = pl.col("主体表").replace_strict(tables, default=None, return_dtype=pl.Int64)
        groups = {item.key: item.group for item in self.library.supports}
        group = pl.col("支持").replace_strict(groups, default="", return_dtype=pl.String)
        rows = pl.read_parquet(file).with_columns(
            beneficiary(whose, pl.col("主体")).alias(WHO), group.alias(GROUP)
        )
        return rows.filter(pl.col(WHO).is_not_null())

    # ------------------------------------------------------------ plans

    def plans(self, groups: bool) -> list[Plan]:
        """One plan per assessed table that the snapshot holds."""
        out = []
        for table in self.library.vocabulary.tables:
            mine = tuple(
                (number, support)
                for number, support in enumerate(self.supports)
                if support.table == table
            )
            if mine and self.snapshot.rows(table):
                facts = {fact for _, support in mine for fact in support.facts()}
                if groups:
                    for _, support in mine:
                        facts |= set(self.groups(support).values())
                out.append(Plan(table, mine, frozenset(facts)))
        return out

    def groups(self, support: Support) -> dict[str, Fact]:
        """How rows of a support are broken down (:func:`groups_of`)."""
        return groups_of(self.library.vocabulary, support)

    # ------------------------------------------------------------ one table

    def held(
        self,
        compiler: Compiler,
        support: Support,
        named: Callable[[Range], Range] = lambda amount: amount,
    ) -> tuple[Held, Range | None]:
        """The whole condition of a support (a zero amount is a no) and its amount.

        ``named`` may give the amount as columns, by which it is then read.
        """
        parts = [compiler.condition(line.node) for line in support.lines]
        truth = reduce(and_, [part.truth for part in parts])
        waits = None
        if any(part.waits is not None for part in parts):
            flags = [
                part.truth.is_null() if part.waits is None else part.waits & part.truth.is_null()
                for part in parts
            ]
            waits = pl.any_horizontal(flags)
        if support.amount is None:
            return Held(truth, waits), None
        made = compiler.range(support.amount)
        if support.lowest is not None:  # a lowest amount above the highest gives way to it
            low = outermost([made.low, compiler.range(support.lowest).low], least=True)
            made = Range(low, made.high)
        made = named(made)
        if bounds(support.amount)[0] <= 0 and not isinstance(made.high, int):
            if made.high is not None:
                truth = truth & (floored(made.high) != 0).fill_null(True)
        elif isinstance(made.high, int) and made.high <= 0:
            truth = truth & pl.lit(False)
        return Held(truth, waits), made

    def prepared(self, frame: pl.LazyFrame, plan: Plan) -> Ready:
        """One column per distinct condition; conditions are shared between supports."""
        compiler = self.assembler.compiler(frame.collect_schema().names())
        names: dict[Condition, str] = {}
        columns: list[pl.Expr] = []
        stored: dict[Condition, Held] = {}
        for _, support in plan.supports:
            for line in support.lines:
                if line.node in names:
                    continue
                held = compiler.condition(line.node)
                name = f"c{len(names)}"
                names[line.node] = name
                columns.append(held.truth.alias(name))
                waits = None
                if held.waits is not None:
                    columns.append(held.waits.alias(name + "w"))
                    waits = pl.col(name + "w")
                stored[line.node] = Held(pl.col(name), waits)
        compiler.conditions |= stored
        made = {number: self.held(compiler, support) for number, support in plan.supports}
        return Ready(
            frame.with_columns(columns),
            compiler,
            names,
            {number: pair[0] for number, pair in made.items()},
            {number: pair[1] for number, pair in made.items()},
        )

    # ------------------------------------------------------------ totals only

    def budget(self) -> list[Budget]:
        """Totals per support; supports with limits across rows are settled exactly.

        Tables of one subject are taken part by part together, because they read the same facts of it.
        """
        totals: Totals = {
            number: Counter(rows=self.snapshot.rows(support.table))
            for number, support in enumerate(self.supports)
        }

        def take(found: Totals) -> None:
            for number, counts in found.items():
                totals[number].update(counts)

        sets = rivals(self.supports, self._local())
        loose = Loose(self.supports, limited(self.supports, sets, self.library.supports, self.paid))
        jobs: list[_Job] = []
        for family in self._families:
            work = [(plan, self._book(plan), self._pieces(plan, sets)) for plan in family.plans]
            spans = family.spans.snapshot.parts(family.root)
            jobs += [(family, span, work) for span in range(spans)]
        few: dict[Ready, list[_Staged]] = defaultdict(list)
        with ThreadPoolExecutor(HANDS) as pool:
            families = pool.map(lambda job: self._family(loose, *job), jobs)
            for done, (found, staged) in enumerate(families):
                self.tell("测算", done, len(jobs))
                take(found)
                for item in staged:
                    few[item[1]].append(item)
            for found in pool.map(lambda items: self._gathered(items, loose), few.values()):
                take(found)
            few.clear()
            for found in pool.map(self._settled, self.together(loose.rest())):
                take(found)
        take(loose.totals)
        self.tell("测算", len(jobs), len(jobs))
        return [
            budget_from(support, totals[number]) for number, support in enumerate(self.supports)
        ]

    def together(self, kept: Iterable[pl.DataFrame]) -> list[dict[int, list[pl.DataFrame]]]:
        """Rows of one support each, apart where the limits of one do not touch the other; the most
        rows first."""
        sets: dict[str, dict[int, list[pl.DataFrame]]] = defaultdict(lambda: defaultdict(list))
        for frame in kept:
            number = int(frame.get_column(NUMBER)[0])
            support = self.supports[number]
            name = str(number) if support.stacking is Stacking.FREE else f"组{support.group}"
            sets[name][number].append(frame)
        return sorted(sets.values(), key=_most_first)

    def _settled(self, rows: dict[int, list[pl.DataFrame]]) -> Totals:
        """What limits leave of the rows of supports that touch each other."""
        kept = apply_limits(self.supports, chain.from_iterable(rows.values()), self.paid)
        return {
            number: counted(self.budget_of(number, self.supports[number], kept)) for number in rows
        }

    def _pieces(self, plan: Plan, sets: Iterable[tuple[int, ...]]) -> list[Piece]:
        """A plan in pieces, for totals: only limits need to know rows apart and when they were.

        ``sets`` are supports that limit each other.
        """
        out = []
        for part in self._by_level(plan):
            inside = {number for number, _ in part.supports}
            free = all(inside.issuperset(members) or inside.isdisjoint(members) for members in sets)
            bound = [self.crosses(item) for _, item in part.supports]
            read = {
                fact
                for (_, item), keyed in zip(part.supports, bound, strict=True)
                for fact in _read(item, moment=keyed)
            }
            out.append(Piece(self.library.vocabulary, part, read, any(bound), free))
        return out

    def _family(
        self, loose: Loose, family: Family, span: int, work: _Work
    ) -> tuple[Totals, list[_Staged]]:
        """The sums of the tables of one subject in one span, and of pieces with few rows left, these
        rows; those that limits decide on are ``loose``."""
        totals: Totals = defaultdict(Counter)
        rows: list[pl.DataFrame] = []
        few: list[_Staged] = []
        root, spans = family.root, family.spans.another()
        spans.hold(root, span, self._read_of(root, family.plans))
        for plan, book, pieces in work:
            counts = spans.snapshot.tables[plan.table]
            if span < len(counts) and counts[span]:
                spans.hold(plan.table, span, plan.facts, book)
                for piece in pieces:
                    staged = self._staged(piece, spans, span)
                    if staged is None:
                        continue
                    ready, frame = staged
                    if piece.free and frame.height < SMALL:
                        few.append((piece, ready, own_text(frame)))
                    else:
                        self._add(piece, ready, frame, totals, rows)
            if plan.table != root:
                spans.drop(plan.table)
        loose.add(own_text(frame) for frame in rows)
        return totals, few

    def _gathered(self, items: Sequence[_Staged], loose: Loose) -> Totals:
        """The same of the few rows that each part has left of one piece, put together."""
        totals: Totals = defaultdict(Counter)
        rows: list[pl.DataFrame] = []
        piece, ready, _ = items[0]
        self._add(piece, ready, pl.concat([frame for _, _, frame in items]), totals, rows)
        loose.add(own_text(frame) for frame in rows)
        return totals

    def _local(self) -> dict[int, int]:
        """Supports that limits decide on whose beneficiary is the assessed subject, or the owner of
        the assessed event: all its rows lie in one part. With the number of their family."""
        families: dict[str, int] = {}
        for at, family in enumerate(self._families):
            families |= dict.fromkeys((plan.table for plan in family.plans), at)
            families.setdefault(family.root, at)
        out = {}
        for number, support in enumerate(self.supports):
            owner = self.library.vocabulary.tables[support.table].owner
            if 0 in (support.year_cap, support.subject_cap):
                continue  # nothing is left for anybody
            if self.crosses(support) and support.beneficiary == ((owner,) if owner else ()):
                root = families.get(owner or support.table, -1)  # for a table without rows
                out[number] = families.get(support.table, root)
        return out

    @cached_property
    def _families(self) -> tuple[Family, ...]:
        """What is assessed, by the subject whose parts it follows; apart what reads next to nothing of
        it, where that saves spans."""
        out: list[Family] = []
        for root, plans in self._by_root.items():
            light = [plan for plan in plans if self._is_light(root, plan)]
            heavy = [plan for plan in plans if plan not in light]
            spans = self._spans(root, heavy) if heavy and light else None
            if spans is None or spans.snapshot.parts(root) <= HELD_SPANS:
                light, heavy = [], plans
            for some in filter(None, (heavy, light)):
                out.append(Family(root, tuple(some), self._spans(root, some)))
        return tuple(out)

    @cached_property
    def _by_root(self) -> dict[str, list[Plan]]:
        """What is assessed, by the subject that it is or belongs to."""
        out: dict[str, list[Plan]] = {}
        for plan in self.plans(groups=False):
            owner = self.library.vocabulary.tables[plan.table].owner
            out.setdefault(owner or plan.table, []).append(plan)
        return out

    def _is_light(self, root: str, plan: Plan) -> bool:
        rare = self.snapshot.rows(plan.table) * RARE < self.snapshot.rows(root)
        return plan.table != root and rare and self._width(root, [plan]) <= LIGHT

    def _width(self, root: str, plans: Iterable[Plan]) -> int:
        """How many bytes of each subject some tables read."""
        table = self.library.vocabulary.tables[root]
        read = self.assembler.closure(root, self._read_of(root, plans))
        own = [fact for fact in read if not fact.path]
        stored = [fact for fact in own if table.facts[fact.name].definition is None]
        return sum(WIDTHS[fact.type.kind] for fact in stored)

    def _spans(self, root: str, plans: Iterable[Plan]) -> Assembler:
        """The assembler whose parts are as large as some tables of a subject allow."""
        plans = tuple(plans)
        key = (root, *(plan.table for plan in plans))
        if key not in self._wide:
            limits = {plan.table: SPAN_ROWS for plan in plans}
            if root not in limits:  # only its events are assessed: it need but be held
                share = max(-(-self.snapshot.rows(root) // HELD_SPANS), SMALL)
                limits[root] = min(share, HELD_BYTES // max(self._width(root, plans), 1))
            taken = in_spans(self.snapshot, limits)
            self._wide[key] = Assembler(
                self.library.vocabulary, taken, days(self.on), self.assembler.tables
            )
        return self._wide[key]

    def _book(self, plan: Plan) -> list[str]:
        """The owner of a table's events, and their keys where rows must be told apart."""
        table = self.library.vocabulary.tables[plan.table]
        if not table.owner:
            return []
        earlier = any(
            level_of(self.library.vocabulary, fact) == 3 and not fact.path for fact in plan.facts
        )
        keyed = earlier or any(self.crosses(support) for _, support in plan.supports)
        return [OWNER, table.key] if keyed else [OWNER]

    def _by_level(self, plan: Plan) -> list[Plan]:
        """Supports apart by the dearest fact they read, so that none waits for another's."""
        if self.snapshot.rows(plan.table) < SMALL:
            return [plan]
        levels: dict[int, list[tuple[int, Support]]] = {}
        for item in plan.supports:
            nodes = [fact for line in item[1].lines for fact in facts(line.node)]
            level = max((level_of(self.library.vocabulary, fact) for fact in nodes), default=0)
            levels.setdefault(max(level, 1), []).append(item)
        return [replace(plan, supports=tuple(items)) for _, items in sorted(levels.items())]

    def _read_of(self, root: str, plans: Iterable[Plan]) -> set[Fact]:
        """The facts of a subject that its own plan and those of its events read."""
        out: set[Fact] = set()
        for plan in plans:
            for fact in self.assembler.closure(plan.table, plan.facts):
                if plan.table == root:
                    out.add(fact)
                elif fact.path[:1] == (root,):
                    out.add(replace(fact, path=fact.path[1:]))
        return {fact for fact in out if not fact.path}

    def _add(
        self,
        piece: Piece,
        ready: Ready,
        frame: pl.DataFrame,
        totals: Totals,
        kept: list[pl.DataFrame],
    ) -> None:
        """Rows of one piece into the sums, or into the rows that limits decide on."""
        wanted = piece.sums.of(ready, partial(self._sums, piece.plan, ready))
        if wanted:
            found = collected(frame.lazy().select_seq(wanted)).row(0, named=True)
            for name, value in found.items():
                number, what = name.split(":")
                totals[int(number)][what] += int(value or 0)
        bound = [item for item in piece.plan.supports if self.crosses(item[1])]
        if bound:
            kept += self._kept(piece.plan, bound, ready, frame, groups=False)

    def _sums(self, plan: Plan, ready: Ready) -> list[pl.Expr]:
        """The sums of the supports of a plan that no limits decide on."""
        rows = self.snapshot.rows(plan.table)
        return [
            expression
            for number, support in plan.supports
            if not self.crosses(support)
            for expression in sums(number, support, ready.held[number], ready.amounts[number], rows)
        ]

    def _staged(
        self, piece: Piece, spans: Assembler, part: int
    ) -> tuple[Ready, pl.DataFrame] | None:
        """The rows of one part that are not a plain no throughout, with their conditions and the
        facts read of them, and what tells them apart; None where there are none."""
        known = piece.stages.rows(spans, part)
        if not known.height:
            return None
        table = piece.plan.table
        rows = Rows(known.get_column(POSITION), spans.snapshot.tables[table][part])
        frame = spans.part(table, part, piece.fresh, rows, piece.keyed, piece.through)
        frame = beside(frame, known).hstack([rows.at.alias(ROW)])
        frame = frame.with_columns_seq(self.place(table, part, spans.snapshot))
        names = tuple(frame.columns)
        ready = piece.ready.of(names, partial(self._decided, piece, spans, frame))
        if ready.ends:
            frame = collected(frame.lazy().with_columns_seq(ready.ends))
        return ready, frame

    def _decided(self, piece: Piece, spans: Assembler, frame: pl.DataFrame) -> Ready:
        """What reads the rows of a piece, their conditions being columns."""
        compiler = spans.compiler(frame.columns)
        for node, name in piece.stages.names.items():
            waits = pl.col(name + "w") if name + "w" in frame.columns else None
            compiler.conditions[node] = Held(pl.col(name), waits)
        ends: list[pl.Expr] = []
        made = {
            number: self.held(compiler, support, partial(_named, number, ends))
            for number, support in piece.plan.supports
        }
        return Ready(
            frame.clear().lazy(),
            compiler,
            piece.stages.names,
            {number: pair[0] for number, pair in made.items()},
            {number: pair[1] for number, pair in made.items()},
            tuple(ends),
        )

    def crosses(self, support: Support) -> bool:
        """Whether other rows can change what a row gets."""
        if support.key in self.paid_supports:
            return True
        alone = not support.beneficiary and not self.library.vocabulary.tables[support.table].owner
        if support.stacking is not Stacking.FREE or not alone:
            return support.limited
        return support.year_cap is not None or support.subject_cap is not None

    def budget_of(self, number: int, support: Support, kept: pl.DataFrame | None) -> Budget:
        """The budget of one support from its kept rows."""
        rows = self.snapshot.rows(support.table)
        if kept is None or not kept.height:
            return Budget(support.key, (rows, 0, 0, 0), 0, 0, 0)
        mine = kept.filter(pl.col(NUMBER) == number)
        counts = dict(mine.group_by(STATE).len().iter_rows())
        yes, miss, judge = (counts.get(state, 0) for state in (1, 2, 3))
        low, high, unbounded = total_of(support, mine)
        return Budget(
            support.key, (rows - yes - miss - judge, yes, miss, judge), low, high, unbounded
        )

    # ------------------------------------------------------------ the rows that are not a plain no

    def rows_of(self, plan: Plan, groups: bool) -> Iterable[pl.DataFrame]:
        """Per part and support, the rows that may get it."""
        root = self.library.vocabulary.tables[plan.table].owner or plan.table
        assembler = self._spans(root, self._by_root.get(root, ()))
        spans = assembler.snapshot
        pieces = []
        for part in self._by_level(plan):
            read = {fact for _, item in part.supports for fact in _read(item, moment=True)}
            if groups:
                read |= {fact for _, item in part.supports for fact in self.groups(item).values()}
            pieces.append(Piece(self.library.vocabulary, part, read))
        for span in range(spans.parts(plan.table)):
            if not spans.tables[plan.table][span]:
                continue
            for piece in pieces:
                staged = self._staged(piece, assembler, span)
                if staged is not None:
                    kept = self._kept(piece.plan, piece.plan.supports, *staged, groups)
                    yield from map(own_text, kept)

    def place(self, table: str, part: int, snapshot: Snapshot | None = None) -> list[pl.Expr]:
        """Where the rows of one part stand: columns that :meth:`row_columns` reads."""
        declared = self.library.vocabulary.tables[table]
        first = _offsets(self.snapshot if snapshot is None else snapshot, declared)[part]
        return [
            pl.lit(part, dtype=pl.UInt16).alias(AT_PART),
            pl.lit(first, dtype=pl.UInt32).alias(OFFSET),
        ]

    def _kept(
        self,
        plan: Plan,
        supports: Iterable[tuple[int, Support]],
        ready: Ready,
        frame: pl.DataFrame,
        groups: bool,
    ) -> Iterable[pl.DataFrame]:
        """For each support the rows whose answer is not a plain no."""
        chosen = tuple(supports)
        states = [ready.held[number].truth.alias(f"t{number}") for number, _ in chosen]
        full = frame.with_columns_seq(states)
        for number, support in chosen:
            state = full.get_column(f"t{number}").fill_null(True)
            if not state.any():
                continue
            made = partial(self.row_columns, ready, plan, number, support)
            columns = ready.kept.of(number, made)
            if groups:
                columns = columns + self.group_columns(support, frame.columns)
            yield collected(full.lazy().filter(state).select_seq(columns))

    def row_columns(self, ready: Ready, plan: Plan, number: int, support: Support) -> list[pl.Expr]:
        """What is kept of the rows of a support, over a frame that has their :meth:`place`."""
        truth, held = pl.col(f"t{number}"), ready.held[number]
        open_ = pl.lit(2) if held.waits is None else pl.when(held.waits).then(2).otherwise(3)
        moment = ready.compiler.range(support.moment)
        low, high = _amounts(truth, ready.amounts[number])
        lines = [
            pl.when(ready.line(support, index).is_null()).then(1 << index).otherwise(0)
            for index in range(len(support.lines))
        ]
        declared = self.library.vocabulary.tables[plan.table]
        when = _expression(moment.low)
        if not moment.exact:
            when = pl.when(when == _expression(moment.high)).then(when).otherwise(None)
        made = ready.amounts[number]
        extra = []
        if made is not None and support.times is not Times.EACH:
            extra = [floored(_expression(made.low).fill_null(0)).cast(pl.Int64).alias(LEAST)]
        return [
            *extra,
            pl.lit(number, dtype=pl.UInt16).alias(NUMBER),
            pl.col(AT_PART).alias(PART),
            pl.col(ROW),
            _subject(declared, support).cast(pl.UInt32).alias(SUBJECT),
            pl.lit(self._beneficiary_table(support), dtype=pl.UInt8).alias(WHOSE),
            pl.col(declared.key).alias(ITEM),
            pl.when(truth).then(1).otherwise(open_).cast(pl.UInt8).alias(STATE),
            low.alias(LOWER),
            high.alias(UPPER),
            when.alias(WHEN),
            pl.lit(0, dtype=pl.UInt8).alias(REASON),
            pl.sum_horizontal(lines).cast(pl.UInt32).alias(OPEN_LINES),
        ]

    def _beneficiary_table(self, support: Support) -> int:
        """Number of the table that the beneficiary path ends in."""
        tables, at = self.library.vocabulary.tables, support.table
        for link in support.beneficiary:
            at = tables[at].links[link]
        return list(tables).index(at)

    def group_columns(self, support: Support, columns: Sequence[str]) -> list[pl.Expr]:
        facts = self.groups(support)
        out = []
        for label in GROUPS:
            fact = facts.get(label)
            code = pl.lit(None, dtype=pl.UInt16)
            if fact is not None and fact.column + MASK in columns:
                mask = pl.col(fact.column + MASK)
                code = only(mask, len(self.snapshot.lists.get(fact.type.choices, ())))
            elif fact is not None and fact.column + CODE in columns:
                code = pl.col(fact.column + CODE)
            elif fact is not None and fact.column in columns:
                code = pl.col(fact.column)
            out.append(code.alias(label))
        return out

    @cached_property
    def paid_supports(self) -> frozenset[str]:
        """The supports some of which have been paid."""
        return frozenset(() if self.paid is None else self.paid.get_column("支持").unique())


def groups_of(vocabulary: Vocabulary, support: Support) -> dict[str, Fact]:
    """地区, 行业 and 规模 of a support's rows: the facts of the nearest subject with groups."""
    known = dict(vocabulary.paths(support.table).values())
    order = [support.beneficiary]
    order += sorted(known, key=lambda path: (path[: len(support.beneficiary)]
                                             != support.beneficiary, len(path)))  # fmt: skip
    for path in order:
        table = vocabulary.tables[known[path]]
        if table.groups:
            return {label: table.facts[name].fact(path) for label, name in table.groups.items()}
    return {}


def _offsets(snapshot: Snapshot, table: Table) -> list[int]:
    rows = snapshot.tables.get(table.owner or table.name, ())
    out, at = [], 0
    for count in rows:
        out.append(at)
        at += count
    return out + [at] * (snapshot.parts(table.name) - len(out) + 1)


def _most_first(rows: Mapping[int, Sequence[pl.DataFrame]]) -> int:
    return -sum(frame.height for frames in rows.values() for frame in frames)


def _read(support: Support, moment: bool) -> tuple[Fact, ...]:
    """The facts that a support's amount and moment read."""
    nodes = [support.amount, support.lowest, support.moment if moment else None]
    return tuple(fact for node in nodes if node is not None for fact in facts(node))


def _named(number: int, ends: list[pl.Expr], amount: Range) -> Range:
    """The amount of a support as columns, which are added to ``ends``."""

    def column(term: pl.Expr | int | None, name: str) -> pl.Expr | int | None:
        if not isinstance(term, pl.Expr):
            return term
        ends.append(term.alias(name))
        return pl.col(name)

    low = column(amount.low, f"{LOWER}{number}")
    return Range(low, low if amount.exact else column(amount.high, f"{UPPER}{number}"))


def _amounts(truth: pl.Expr, amount: Range | None) -> tuple[pl.Expr, pl.Expr]:
    """What is certain and what is possible in each kept row; null for a stated benefit."""
    if amount is None:
        nothing = pl.lit(None, dtype=pl.Int64)
        return nothing, nothing
    low = amount.low if isinstance(amount.low, pl.Expr) else pl.lit(amount.low, dtype=pl.Int64)
    high = amount.high if isinstance(amount.high, pl.Expr) else pl.lit(amount.high, dtype=pl.Int64)
    return (
        pl.when(truth.fill_null(False)).then(floored(low.fill_null(0))).otherwise(0).cast(pl.Int64),
        floored(high).cast(pl.Int64),
    )


def _expression(term: pl.Expr | int | None) -> pl.Expr:
    return term if isinstance(term, pl.Expr) else pl.lit(term, dtype=pl.Int64)


def _subject(table: Table, support: Support) -> pl.Expr:
    """The `_id` of the beneficiary (null while its link is unknown)."""
    path = support.beneficiary
    if not path:
        return pl.col(ROW) + pl.col(OFFSET)
    if path == (table.owner,):
        return pl.col(OWNER) + pl.col(OFFSET)
    return pl.col(".".join((*path[:-1], LINK + path[-1])))
