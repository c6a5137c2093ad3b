"""Policies find enterprises: a run over a region with everything an office needs afterwards.

Writes sparse entitlements (one row per assessed row and support that is not a plain no), budgets by
support and by county, industry and size, priced gaps and near misses. The output folder appears only
when the run is complete.
"""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import reduce
from itertools import chain
from operator import and_, or_
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from huiqi.rulebook.bulk.budgets import Budget
from huiqi.rulebook.bulk.compile import CODE, HIGH, LOW, MASK, TRUTH, Range, single
from huiqi.rulebook.bulk.engine import GROUPS, Engine, Plan, Progress, Ready
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.nodes import Fact, Kind, facts
from huiqi.rulebook.library.policy import Form, Library, Stacking, Support
from huiqi.rulebook.library.vocabulary import Vocabulary, expanded
from huiqi.rulebook.reference.assess import REASONS
from huiqi.rulebook.reference.limits import (
    ITEM,
    LOWER,
    MOST,
    NUMBER,
    OPEN_LINES,
    PART,
    REASON,
    ROW,
    STATE,
    SUBJECT,
    UPPER,
    WHEN,
    WHOSE,
    adds_to_group,
    apply_limits,
    best_of_group,
    group_total,
    was_paid,
)
from huiqi.rulebook.reference.near import can_be_met, changes
from huiqi.rulebook.reference.stakes import Stake, by_form, in_order, weight

RESULT = "match.json"
WORDS = [Answer(state).chinese for state in range(4)]


@dataclass(frozen=True)
class Slice:
    """One support in one county, industry section or size class."""

    support: str
    by: str
    name: str
    yes: int
    missing: int
    judge: int
    low: int
    high: int


@dataclass(frozen=True)
class Gap:
    """A missing fact: who holds it, how many rows wait for it, what it could decide, by form."""

    fact: str
    holder: str
    rows: int
    supports: tuple[str, ...]
    stakes: tuple[Stake, ...]


@dataclass(frozen=True)
class NearMiss:
    """Rows that fail one condition only, and can still meet it (`huiqi.rulebook.reference.near`)."""

    support: str
    condition: int
    text: str
    rows: int


@dataclass(frozen=True)
class FormTotal:
    """What all supports of one form come to, stacking groups counted once."""

    form: str
    low: int
    high: int
    unbounded: int


@dataclass(frozen=True)
class MatchResult:
    """The outcome of a run over a region."""

    on: date
    rows: dict[str, int]
    budgets: tuple[Budget, ...]
    totals: tuple[FormTotal, ...]
    slices: tuple[Slice, ...]
    gaps: tuple[Gap, ...]
    near: tuple[NearMiss, ...]
    entitlements: int
    folder: Path | None = None
    changed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Supports that are not applied because something about them is still open (待定)."""

    def as_json(self) -> dict[str, Any]:
        """Plain values; money in fen."""
        out = asdict(self)
        out["on"] = self.on.isoformat()
        out["folder"] = str(self.folder) if self.folder else None
        for budget, row in zip(self.budgets, out["budgets"], strict=True):
            row["answers"] = dict(zip(WORDS, budget.answers, strict=True))
        return out


class Sink(Protocol):
    """Takes what a run finds as narrow frames, for callers that keep it elsewhere than in files.

    Frames hold 分片 and 行 (where the assessed row stands), 主体 (the beneficiary's `_id`, null: unknown)
    and the codes of 地区, 行业, 规模; rows that are not a plain no also 答, 下限, 上限, 未定条件.
    """

    def rows(self, support: Support, rows: pl.DataFrame) -> None:
        """Rows of one support that are not a plain no, after limits."""

    def near(self, support: Support, condition: int, rows: pl.DataFrame) -> None:
        """Rows of one support that fail this condition only."""


@dataclass
class _Gathered:
    limited: list[pl.DataFrame] = field(default_factory=list)
    counts: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    sums: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    slices: list[pl.DataFrame] = field(default_factory=list)
    waiting: Counter[Fact] = field(default_factory=Counter)
    stakes: dict[Fact, Counter[Form]] = field(default_factory=lambda: defaultdict(Counter))
    endless: dict[Fact, Counter[Form]] = field(default_factory=lambda: defaultdict(Counter))
    keys: dict[Fact, set[str]] = field(default_factory=lambda: defaultdict(set))
    near: Counter[tuple[int, int]] = field(default_factory=Counter)
    beside: dict[str, list[tuple[int, int, pl.DataFrame]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Rows of each stacking group that fail one condition: support, condition, rows. Whether they
    would bring more is known after limits."""
    groups: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """What each stacking group comes to (:func:`huiqi.rulebook.reference.limits.group_total`)."""
    written: int = 0


def match(
    library: Library,
    snapshot: Snapshot,
    on: date,
    out: Path | None = None,
    on_progress: Progress | None = None,
    supports: Sequence[Support] | None = None,
    sink: Sink | None = None,
) -> MatchResult:
    """Match every row of a snapshot; write the results to ``out`` where it is given.

    ``sink`` is handed the rows as they are found.
    ``out`` is replaced when it holds an earlier result; FileExistsError when it holds anything else.
    """
    if out is not None and out.exists() and not (out / RESULT).is_file() and any(out.iterdir()):
        raise FileExistsError(f"“{out}”里有别的文件，不能当作结果目录")
    engine = Engine(library, snapshot, on, supports, on_progress)
    target = None
    if out is not None:
        target = out.with_name(f".{out.name}.part")
        shutil.rmtree(target, ignore_errors=True)
        (target / "entitlements").mkdir(parents=True)
    try:
        result = _run(engine, target, sink)
        if target is not None and out is not None:
            result = _written(result, target, out)
        return result
    finally:
        if target is not None:
            shutil.rmtree(target, ignore_errors=True)


def _run(engine: Engine, target: Path | None, sink: Sink | None) -> MatchResult:
    gathered = _Gathered()
    writer = _Writer(engine, target, gathered, sink)
    plans = [_widened(engine, plan) for plan in engine.plans(groups=True)]
    steps = [(plan, part) for plan in plans for part in range(engine.snapshot.parts(plan.table))]
    for done, (plan, part) in enumerate(steps):
        engine.tell(f"匹配 {plan.table}", done, len(steps))
        if engine.snapshot.tables[plan.table][part]:
            _part(engine, plan, part, gathered, writer)
    engine.tell("应用限额和叠加", len(steps), len(steps))
    budgets = _settle(engine, gathered, writer)
    return MatchResult(
        on=engine.on,
        rows={name: engine.snapshot.rows(name) for name in engine.snapshot.tables},
        budgets=budgets,
        totals=_totals(engine, budgets, gathered.groups),
        slices=_slices(engine, gathered),
        gaps=_gaps(engine, gathered),
        near=_near_misses(engine, gathered),
        entitlements=gathered.written,
        changed=engine.library.overrides,
        left_out=tuple(
            support.key
            for support in engine.library.supports
            if support not in engine.library.ready
        ),
    )


def _settle(engine: Engine, gathered: _Gathered, writer: "_Writer") -> tuple[Budget, ...]:
    """All budgets. Supports that touch each other have their limits applied together, the most rows
    last; what is left of them is told and forgotten."""
    settled = {
        number: engine.budget_of(number, support, None)
        if engine.crosses(support)
        else _counted(engine, number, support, gathered)
        for number, support in enumerate(engine.supports)
    }
    sets = engine.together(gathered.limited)
    gathered.limited.clear()
    while sets:
        rows = apply_limits(engine.supports, chain(*sets.pop().values()), engine.paid)
        if rows is None:
            continue
        for number in rows.get_column(NUMBER).unique().sort():
            mine = rows.filter(pl.col(NUMBER) == number)
            _take(number, mine, gathered)
            writer.write(mine)
            settled[number] = engine.budget_of(number, engine.supports[number], mine)
        if engine.supports[number].stacking is not Stacking.FREE:
            group = engine.supports[number].group
            priced = [at for at, one in enumerate(engine.supports) if one.amount is not None]
            gathered.groups[group] = group_total(rows.filter(pl.col(NUMBER).is_in(priced)))
            _take_beside(engine, group, best_of_group(rows), gathered, writer.sink)
    for group in list(gathered.beside):
        _take_beside(engine, group, None, gathered, writer.sink)
    return tuple(settled[number] for number in range(len(engine.supports)))


def _take_beside(
    engine: Engine,
    group: str,
    best: pl.DataFrame | None,
    gathered: _Gathered,
    sink: Sink | None,
) -> None:
    """The near misses of a stacking group that would bring more than it does."""
    for number, index, rows in gathered.beside.pop(group, ()):
        more = adds_to_group(engine.supports, number, rows, best, engine.paid)
        _tell_near(engine, number, index, rows.filter(more), gathered, sink)


def _widened(engine: Engine, plan: Plan) -> Plan:
    """The plan with the inputs of derived facts, so that gaps can name what is really missing."""
    wanted = {
        inner
        for _, support in plan.supports
        for line in support.lines
        for fact in facts(line.node)
        for inner in expanded(engine.library.vocabulary, fact)
    }
    return Plan(plan.table, plan.supports, plan.facts | wanted)


# -------------------------------------------------------------------- one part


def _part(engine: Engine, plan: Plan, part: int, gathered: _Gathered, writer: "_Writer") -> None:
    frame = engine.assembler.part(plan.table, part, plan.facts)
    placed = frame.lazy().with_row_index(ROW).with_columns(engine.place(plan.table, part))
    ready = engine.prepared(placed, plan)
    states = [ready.held[number].truth.alias(f"t{number}") for number, _ in plan.supports]
    full = ready.frame.with_columns(states).collect()
    names = frozenset(full.columns)
    _take_near(engine, full, ready, plan, frame.columns, gathered, writer.sink)
    _count_waiting(engine, full, ready, plan, names, gathered)
    for number, support in plan.supports:
        state = full.get_column(f"t{number}").fill_null(True)
        if not state.any():
            continue
        chosen = full.filter(state)
        _count_stakes(engine, chosen, ready, number, support, names, gathered)
        rows = chosen.select(
            engine.row_columns(ready, plan, number, support)
            + engine.group_columns(support, frame.columns)
        )
        if engine.crosses(support):
            gathered.limited.append(rows)
        else:
            _take(number, rows, gathered)
            writer.write(rows)


def _take(number: int, rows: pl.DataFrame, gathered: _Gathered) -> None:
    """Add kept rows to the counts, sums and slices of their support."""
    wide = pl.Int128
    grouped = rows.group_by([NUMBER, STATE, *GROUPS]).agg(
        pl.len().alias("rows"),
        pl.col(LOWER).cast(wide).sum().alias("low"),
        pl.col(UPPER).cast(wide).sum().alias("high"),
        pl.col(UPPER).is_null().sum().alias("unbounded"),
    )
    gathered.slices.append(grouped)
    for state, count, low, high, unbounded in grouped.select(
        STATE, "rows", "low", "high", "unbounded"
    ).iter_rows():
        gathered.counts[number][state] += count
        gathered.sums[number]["low"] += int(low or 0)
        gathered.sums[number]["high"] += int(high or 0)
        gathered.sums[number]["unbounded"] += unbounded


def _counted(engine: Engine, number: int, support: Support, gathered: _Gathered) -> Budget:
    counts, sums = gathered.counts[number], gathered.sums[number]
    yes, missing, judge = (counts[state] for state in (1, 2, 3))
    no = engine.snapshot.rows(support.table) - yes - missing - judge
    unbounded = sums["unbounded"] if support.amount is not None else 0
    return Budget(support.key, (no, yes, missing, judge), sums["low"], sums["high"], unbounded)


def _take_near(
    engine: Engine,
    full: pl.DataFrame,
    ready: Ready,
    plan: Plan,
    columns: Sequence[str],
    gathered: _Gathered,
    sink: Sink | None,
) -> None:
    """Counts the rows that fail one condition only, and hands them to whoever keeps them."""
    tests = {
        (number, index): rows
        for number, support in plan.supports
        for index, rows in _near_rows(engine, number, support, ready)
    }
    if not tests:
        return
    sums = [rows.sum().alias(f"{number}:{index}") for (number, index), rows in tests.items()]
    counts = full.select(sums).row(0)
    for ((number, index), rows), count in zip(tests.items(), counts, strict=True):
        support = engine.supports[number]
        is_paid = support.key in engine.paid_supports
        stacks = support.stacking is not Stacking.FREE
        if not count or (sink is None and not is_paid and not stacks):
            gathered.near[number, index] += int(count or 0)
            continue
        made = engine.row_columns(ready, plan, number, support)
        made += engine.group_columns(support, columns)
        if stacks:
            made.append(_most(engine, ready, number, index).alias(MOST))
        found = full.filter(rows).select(made)
        if is_paid and engine.paid is not None:
            found = found.filter(~was_paid(support, found, engine.paid))
        if stacks:
            kept = found.select(NUMBER, PART, ROW, SUBJECT, WHOSE, WHEN, MOST, *GROUPS)
            gathered.beside[support.group].append((number, index, kept))
        else:
            _tell_near(engine, number, index, found, gathered, sink)


def _tell_near(
    engine: Engine,
    number: int,
    index: int,
    rows: pl.DataFrame,
    gathered: _Gathered,
    sink: Sink | None,
) -> None:
    gathered.near[number, index] += rows.height
    if sink is not None and rows.height:
        told = rows.select(NUMBER, PART, ROW, SUBJECT, *GROUPS)
        sink.near(engine.supports[number], index, told)


def _most(engine: Engine, ready: Ready, number: int, index: int) -> pl.Expr:
    """What a row would bring at most were one condition met; null where that is not bounded, or where
    meeting it decides how much."""
    support, amount = engine.supports[number], ready.amounts[number]
    vocabulary, node = engine.library.vocabulary, support.lines[index].node
    if amount is None or amount.high is None or changes(vocabulary, node, support):
        return pl.lit(None, dtype=pl.Int64)
    high = amount.high if isinstance(amount.high, pl.Expr) else pl.lit(amount.high)
    return high.cast(pl.Int64)


def _near_rows(
    engine: Engine, number: int, support: Support, ready: Ready
) -> Iterator[tuple[int, pl.Expr]]:
    """Per condition that can still be met: which rows fail it alone (`huiqi.rulebook.reference.near`)."""
    vocabulary = engine.library.vocabulary
    lines = [ready.line(support, index) for index in range(len(support.lines))]
    amount = ready.amounts[number]
    for index, line in enumerate(support.lines):
        if can_be_met(vocabulary, support.table, index, line.node):
            others = [column for other, column in enumerate(lines) if other != index]
            only = reduce(and_, [column.fill_null(False) for column in others])
            if amount is not None and not changes(vocabulary, line.node, support):
                only = only & _may_pay(amount)
            yield index, (only & ~lines[index]).fill_null(False)


def _may_pay(amount: Range) -> pl.Expr:
    """Where an amount is not certainly zero."""
    if isinstance(amount.high, pl.Expr):
        return (amount.high > 0).fill_null(True)
    return pl.lit(amount.high is None or amount.high > 0)


def _waits(
    engine: Engine, ready: Ready, number: int, support: Support, names: frozenset[str]
) -> Iterator[tuple[Fact, pl.Expr]]:
    """For each fact a support may wait for: the rows whose open conditions lack it."""
    held = ready.held[number]
    open_ = pl.col(f"t{number}").is_null()
    if held.waits is not None:
        open_ = open_ & held.waits
    by_fact: dict[Fact, list[pl.Expr]] = defaultdict(list)
    for index, line in enumerate(support.lines):
        for fact in facts(line.node):
            if fact.judged:
                continue
            for inner in expanded(engine.library.vocabulary, fact):
                lacking = _lacking(inner, names)
                if lacking is not None:
                    by_fact[inner].append(ready.line(support, index).is_null() & lacking)
    for fact, parts in by_fact.items():
        yield fact, open_ & reduce(or_, parts)


def _lacking(fact: Fact, names: frozenset[str]) -> pl.Expr | None:
    """Whether a fact is open in a row; None where the frame can't tell."""
    name = fact.column
    if name + TRUTH in names:
        return pl.col(name + TRUTH).is_null()
    if name + LOW in names:
        return pl.col(name + LOW).ne_missing(pl.col(name + HIGH)) | pl.col(name + LOW).is_null()
    if name + MASK in names:
        return ~single(pl.col(name + MASK)).fill_null(False)
    if name + CODE in names:
        return pl.col(name + CODE).is_null()
    return pl.col(name).is_null() if name in names else pl.lit(True)


def _count_waiting(
    engine: Engine,
    full: pl.DataFrame,
    ready: Ready,
    plan: Plan,
    names: frozenset[str],
    gathered: _Gathered,
) -> None:
    by_fact: dict[Fact, list[pl.Expr]] = defaultdict(list)
    for number, support in plan.supports:
        for fact, waiting in _waits(engine, ready, number, support, names):
            by_fact[fact].append(waiting)
    if not by_fact:
        return
    listed = list(by_fact)
    sums = [reduce(or_, by_fact[fact]).sum().alias(str(index)) for index, fact in enumerate(listed)]
    for fact, count in zip(listed, full.select(sums).row(0), strict=True):
        gathered.waiting[_rooted(engine, plan, fact)] += int(count or 0)


def _count_stakes(
    engine: Engine,
    chosen: pl.DataFrame,
    ready: Ready,
    number: int,
    support: Support,
    names: frozenset[str],
    gathered: _Gathered,
) -> None:
    plan = Plan(support.table, ((number, support),), frozenset())
    waiting = list(_waits(engine, ready, number, support, names))
    if not waiting or not chosen.get_column(f"t{number}").has_nulls():
        return
    amount = ready.amounts[number]
    high = None if amount is None else amount.high
    term = high if isinstance(high, pl.Expr) else pl.lit(high, dtype=pl.Int64)
    made = []
    for index, (_, rows) in enumerate(waiting):
        made.append(
            pl.when(rows).then(term.clip(lower_bound=0)).cast(pl.Int128).sum().alias(f"{index}:m")
        )
        made.append(rows.sum().alias(f"{index}:n"))
        made.append((rows & term.is_null()).sum().alias(f"{index}:u"))
    found = chosen.select(made).row(0, named=True)
    for index, (fact, _) in enumerate(waiting):
        if not found[f"{index}:n"]:
            continue
        root = _rooted(engine, plan, fact)
        gathered.stakes[root][support.form] += int(found[f"{index}:m"] or 0)
        if support.amount is not None:
            gathered.endless[root][support.form] += int(found[f"{index}:u"] or 0)
        gathered.keys[root].add(support.key)


def _rooted(engine: Engine, plan: Plan, fact: Fact) -> Fact:
    """The same fact as read in its own table, so that gaps of all tables add up."""
    return engine.library.vocabulary.tables[fact.table].facts[fact.name].fact()


# -------------------------------------------------------------------- results


def _totals(
    engine: Engine, budgets: tuple[Budget, ...], groups: Mapping[str, tuple[int, int, int]]
) -> tuple[FormTotal, ...]:
    sums: dict[str, Counter[str]] = {str(form): Counter() for form in Form}
    grouped: dict[str, Form] = {}
    for support, budget in zip(engine.supports, budgets, strict=True):
        if support.amount is None:
            continue
        if support.stacking is not Stacking.FREE:
            grouped.setdefault(support.group, support.form)
            continue
        sums[support.form]["low"] += budget.low
        sums[support.form]["high"] += budget.high
        sums[support.form]["unbounded"] += budget.unbounded
    for group, named in grouped.items():
        form = sums[named]
        low, high, endless = groups.get(group, (0, 0, 0))
        form["low"] += low
        form["high"] += high
        form["unbounded"] += endless
    return tuple(
        FormTotal(form, found["low"], found["high"], found["unbounded"])
        for form, found in sums.items()
        if any(
            str(support.form) == form and support.amount is not None for support in engine.supports
        )
    )


def _slices(engine: Engine, gathered: _Gathered) -> tuple[Slice, ...]:
    if not gathered.slices:
        return ()
    rows = pl.concat(gathered.slices, how="diagonal").filter(pl.col(STATE) != Answer.NO)
    out: list[Slice] = []
    for by in GROUPS:
        names = group_names(engine, by)
        summed = (
            rows.with_columns(
                pl.col(by)
                .replace_strict(names, default="未知", return_dtype=pl.String)
                .alias("name")
            )
            .group_by([NUMBER, "name"])
            .agg(
                *(
                    pl.col("rows").filter(pl.col(STATE) == state).sum().alias(f"s{state}")
                    for state in (1, 2, 3)
                ),
                pl.col("low").sum(),
                pl.col("high").sum(),
            )
            .sort([NUMBER, "name"])
        )
        for number, name, yes, missing, judge, low, high in summed.iter_rows():
            out.append(
                Slice(
                    engine.supports[number].key, by, name, yes, missing, judge,
                    int(low or 0), int(high or 0),
                )
            )  # fmt: skip
    return tuple(out)


def group_names(engine: Engine, by: str) -> dict[int, str]:
    """Code -> name: counties with their city, industry sections, sizes."""
    vocabulary = engine.library.vocabulary
    if by == "规模":
        specs = [
            table.facts[table.groups[by]]
            for table in vocabulary.tables.values()
            if by in table.groups
        ]
        listed = engine.snapshot.lists.get(specs[0].type.choices, ()) if specs else ()
        return dict(enumerate(listed))
    kind = Kind.REGION if by == "地区" else Kind.INDUSTRY
    tree = vocabulary.trees[kind]
    names = {}
    for index, code in enumerate(engine.snapshot.trees[str(kind)]):
        if tree.get(code) is None:
            continue
        level = "县级" if kind is Kind.REGION else "门类"
        node = tree.ancestor(code, level) or tree.succeeded(code)
        names[index] = node.full_name.removeprefix("中国").removeprefix("山西省") or node.name
    return names


def _gaps(engine: Engine, gathered: _Gathered) -> tuple[Gap, ...]:
    out = []
    for fact, rows in gathered.waiting.items():
        if rows:
            spec = engine.library.vocabulary.spec(fact)
            sums, endless = gathered.stakes[fact], gathered.endless[fact]
            stakes = (Stake(form, sums[form], endless[form]) for form in sums)
            told = in_order(one for one in stakes if one.fen or one.unbounded)
            keys = tuple(sorted(gathered.keys[fact]))
            out.append(Gap(fact.shown, spec.source, rows, keys, told))
    return tuple(sorted(out, key=lambda gap: (weight(gap.stakes), -gap.rows, gap.fact)))


def _near_misses(engine: Engine, gathered: _Gathered) -> tuple[NearMiss, ...]:
    out = []
    for (number, index), rows in gathered.near.items():
        if rows:
            support = engine.supports[number]
            line = support.lines[index]
            out.append(NearMiss(support.key, index, line.note or line.text, rows))
    return tuple(sorted(out, key=lambda item: (-item.rows, item.support, item.condition)))


# -------------------------------------------------------------------- files


class _Writer:
    """Writes kept rows with the keys and names people need, a file per batch of rows."""

    BATCH = 500_000

    def __init__(
        self, engine: Engine, target: Path | None, gathered: _Gathered, sink: Sink | None
    ) -> None:
        self.engine, self.target, self.gathered, self.sink = engine, target, gathered, sink
        self.files = 0
        self._read: tuple[tuple[str, int], pl.Series] | None = None
        """The keys read last, and of which part of which table."""

    def write(self, rows: pl.DataFrame) -> None:
        live = rows.filter(pl.col(STATE) != Answer.NO)
        self.gathered.written += live.height
        if self.sink is not None and live.height:
            self.sink.rows(self.engine.supports[int(live.get_column(NUMBER)[0])], live)
        if self.target is None or not live.height:
            return
        for start in range(0, live.height, self.BATCH):
            file = self.target / "entitlements" / f"part-{self.files:05d}.parquet"
            self._named(live.slice(start, self.BATCH)).write_parquet(
                file, compression="zstd", compression_level=1
            )
            self.files += 1

    def _named(self, rows: pl.DataFrame) -> pl.DataFrame:
        engine = self.engine
        number = int(rows.get_column(NUMBER)[0])
        support = engine.supports[number]
        table = _beneficiary_table(engine.library.vocabulary, support)
        keys = self._keys(table, rows.get_column(SUBJECT))
        words = pl.Enum(WORDS)
        return rows.select(
            pl.lit(support.key).cast(pl.Categorical).alias("支持"),
            pl.lit(table).cast(pl.Categorical).alias("主体表"),
            keys.alias("主体"),
            pl.lit(support.table).cast(pl.Categorical).alias("对象"),
            pl.col(ITEM).alias("事项"),
            pl.col(STATE).replace_strict(dict(enumerate(WORDS)), return_dtype=words).alias("答"),
            pl.col(LOWER).alias("下限（分）"),
            pl.col(UPPER).alias("上限（分）"),
            pl.col(WHEN).cast(pl.Int32).cast(pl.Date).alias("时点"),
            pl.col(REASON).replace_strict(
                dict(enumerate(map(str, REASONS))), return_dtype=pl.String
            ).alias("原因"),
            pl.col(OPEN_LINES).alias("未定条件"),
            *(
                pl.col(by).replace_strict(
                    group_names(engine, by), default=None, return_dtype=pl.String
                ).cast(pl.Categorical)
                for by in GROUPS
            ),
        )  # fmt: skip

    def _keys(self, table: str, numbers: pl.Series) -> pl.Series:
        """The keys of subjects by `_id`, read from the parts that hold them; the last part read is
        kept, for one part is asked of again and again."""
        made = pl.Series([None], dtype=pl.String).new_from_index(0, len(numbers))
        if numbers.null_count() == len(numbers):
            return made
        least, most, start = numbers.min(), numbers.max(), 0
        for part, count in enumerate(self.engine.snapshot.tables.get(table, ())):
            if count and start <= most and start + count > least:  # type: ignore[operator]  # not null
                number = pl.lit(numbers.cast(pl.Int64)) - start
                place = pl.select(
                    pl.when((number >= 0) & (number < count)).then(number)
                ).to_series()
                found = self._keys_of(table, part).gather(place)
                made = pl.select(pl.coalesce(made, found)).to_series()
            start += count
        return made

    def _keys_of(self, table: str, part: int) -> pl.Series:
        if self._read is None or self._read[0] != (table, part):
            key = self.engine.library.vocabulary.tables[table].key
            path = self.engine.snapshot.path(table, part)
            self._read = (table, part), pl.read_parquet(path, columns=[key]).to_series()
        return self._read[1]


def _beneficiary_table(vocabulary: Vocabulary, support: Support) -> str:
    return next(
        (table for path, table in vocabulary.paths(support.table).values()
         if path == support.beneficiary), support.table,
    )  # fmt: skip


def _written(result: MatchResult, target: Path, out: Path) -> MatchResult:
    """Write the small tables and put the folder in place."""
    result = replace(result, folder=out)
    (target / RESULT).write_text(
        json.dumps(result.as_json(), ensure_ascii=False, indent=1), "utf-8"
    )
    for name, rows in result_tables(result).items():
        rows.write_csv(target / f"{name}.csv", include_bom=True)
    if out.exists():
        shutil.rmtree(out)
    target.replace(out)
    return result


def result_tables(result: MatchResult) -> dict[str, pl.DataFrame]:
    """The result as tables with Chinese headings; money in yuan as exact decimals."""

    def yuan(fen: int) -> str:
        return f"{fen // 100}.{fen % 100:02d}"

    def frame(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
        return pl.DataFrame(list(rows), infer_schema_length=None)

    return {
        "预算": frame(
            {"支持": item.support, **dict(zip(WORDS, item.answers, strict=True)),
             "确定（元）": yuan(item.low), "可能（元）": yuan(item.high), "上限不明": item.unbounded}
            for item in result.budgets
        ),
        "分组": frame(
            {"支持": item.support, "按": item.by, "名称": item.name, "应享": item.yes,
             "缺事实": item.missing, "需认定": item.judge, "确定（元）": yuan(item.low),
             "可能（元）": yuan(item.high)}
            for item in result.slices
        ),
        "缺口": frame(
            {"事实": item.fact, "来源": item.holder, "涉及": item.rows,
             "支持": "、".join(item.supports),
             **{f"{form}（元）": yuan(fen) for form, fen in by_form(item.stakes).items()},
             "上限不明": sum(one.unbounded for one in item.stakes)}
            for item in result.gaps
        ),
        "差一步": frame(
            {"支持": item.support, "条件": item.condition, "内容": item.text, "数量": item.rows}
            for item in result.near
        ),
    }  # fmt: skip
