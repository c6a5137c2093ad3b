"""Statistics over events in columns; the same rules as `reference._statistic`, grouped by owner."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial

import polars as pl

from huiqi.rulebook.bulk.compile import CODE, HIGH, LOW, MASK, TRUTH, Codes, Compiler, single, wide
from huiqi.rulebook.bulk.frames import collected
from huiqi.rulebook.bulk.once import Once
from huiqi.rulebook.bulk.snapshot import OWNER
from huiqi.rulebook.language.bounds import bounds, fact_bounds
from huiqi.rulebook.language.nodes import EARLIER, QUANTITIES, Fact, Kind, Method, Op, Statistic
from huiqi.rulebook.library.vocabulary import FactSpec, Table

ROW = "_row"
LEAST = {Method.MIN, Method.FIRST}


class Counting:
    """Statistics over one event table, made into expressions once for all parts.

    ``read`` are the facts of its events that they need; where ``ordered``, also the events' keys.
    ``nobody`` holds what subjects without events have, one row.
    """

    def __init__(self, codes: Codes, table: Table, specs: Sequence[FactSpec], rows: int) -> None:
        self.codes, self.key, self.specs, self.rows = codes, table.key, tuple(specs), rows
        self.read = frozenset(fact for spec in specs for fact in spec.reads)
        self.ordered = any(_of(spec).method is Method.LATEST for spec in specs)
        self.nobody = pl.select(
            expression for spec in specs for expression in finished(codes, (), spec)
        )
        self._queries: Once[tuple[str, ...], tuple[list[pl.Expr], ...]] = Once()

    def counted(self, compiler: Compiler, events: pl.DataFrame) -> pl.DataFrame:
        """One row per `_owner` of some events, with the columns of each statistic."""
        columns = tuple(events.columns)
        prepared, made, done = self._queries.of(columns, partial(self._query, compiler))
        frame = events.lazy().with_columns_seq(prepared).group_by(OWNER).agg(made)
        return collected(frame.select_seq(OWNER, *done))

    def _query(self, compiler: Compiler) -> tuple[list[pl.Expr], ...]:
        """What is computed of each event, of each owner's events, and of these sums in the end."""
        prepared: list[pl.Expr] = []
        made: list[pl.Expr] = []
        for number, spec in enumerate(self.specs):
            tag = f"{number}:"
            prepared += _prepared(compiler, _of(spec), tag, spec)
            made += _aggregated(_of(spec), spec, self.key, tag, spec.name, self.rows)
        columns = {item.meta.output_name() for item in made}
        done = [item for spec in self.specs for item in finished(self.codes, columns, spec)]
        return prepared, made, done


def _of(spec: FactSpec) -> Statistic:
    assert isinstance(spec.definition, Statistic)
    return spec.definition


def _prepared(compiler: Compiler, statistic: Statistic, tag: str, spec: FactSpec) -> list[pl.Expr]:
    """Per event: does it match (null: open), its order, its value."""
    out = [compiler.condition(statistic.where).truth.alias(tag + "k")]
    ordered = statistic.method is Method.LATEST or statistic.method in EARLIER
    if statistic.order is not None and ordered:
        order = compiler.range(statistic.order)
        out += [_as(order.low, tag + "ol"), _as(order.high, tag + "oh")]
    if statistic.value is not None:
        out += _valued(compiler, statistic, tag, spec)
    return out


def _as(term: pl.Expr | int | None, name: str) -> pl.Expr:
    made = term if isinstance(term, pl.Expr) else pl.lit(term, dtype=pl.Int64)
    return made.alias(name)


def _valued(compiler: Compiler, statistic: Statistic, tag: str, spec: FactSpec) -> list[pl.Expr]:
    value = statistic.value
    if spec.type.kind in QUANTITIES:
        made = compiler.range(value)  # type: ignore[arg-type]  # a quantity by type
        return [_as(made.low, tag + "l"), _as(made.high, tag + "h")]
    if spec.type.kind is Kind.BOOL:
        held = compiler._truth(value)  # type: ignore[arg-type]  # noqa: SLF001 - a boolean fact
        return [held.truth.alias(tag + "v")]
    if spec.type.kind is Kind.CHOICE:
        return [compiler.mask(value).alias(tag + "v")]  # type: ignore[arg-type]  # by type
    return [compiler.code(value).alias(tag + "v")]  # type: ignore[arg-type]  # by type


def _aggregated(
    statistic: Statistic, spec: FactSpec, key: str, tag: str, name: str, rows: int
) -> list[pl.Expr]:
    k = pl.col(tag + "k")
    sure, maybe = k.fill_null(False), k.fill_null(True)
    out = [
        sure.sum().cast(pl.Int64).alias(name + "#sure"),
        maybe.sum().cast(pl.Int64).alias(name + "#maybe"),
    ]
    method = statistic.method
    if method in (Method.COUNT, Method.EXISTS, Method.EARLIER_COUNT):
        return out
    if method is Method.LATEST:
        ol, oh = pl.col(tag + "ol"), pl.col(tag + "oh")
        hazy = (sure & (ol.is_null() | oh.is_null() | (ol != oh)).fill_null(True)).any()
        ends = ["l", "h"] if spec.type.kind in QUANTITIES else ["v"]
        out.append(hazy.alias(name + "#hazy"))
        for end in ends:
            last = pl.col(tag + end).filter(sure).sort_by(ol.filter(sure), pl.col(key).filter(sure))
            out.append(last.last().alias(name + "#" + end))
        return out
    low, high = pl.col(tag + "l"), pl.col(tag + "h")
    if method in (Method.SUM, Method.EARLIER_SUM):
        a = pl.when(sure).then(low).otherwise(low.clip(upper_bound=0))
        b = pl.when(sure).then(high).otherwise(high.clip(lower_bound=0))
        big = wide(statistic.value, rows)  # type: ignore[arg-type]  # a quantity by type
        return [*out, _sum(a, maybe, name + "#l", big), _sum(b, maybe, name + "#h", big)]
    out += [
        pl.when(sure).then(low).max().alias(name + "#sure_low"),
        pl.when(sure).then(high).min().alias(name + "#sure_high"),
        _extreme(low, maybe, least=True).alias(name + "#low"),
        _extreme(high, maybe, least=False).alias(name + "#high"),
    ]
    return out


def _sum(value: pl.Expr, maybe: pl.Expr, name: str, big: bool) -> pl.Expr:
    """A sum that has no bound as soon as one possible row has none; in 128 bits where 64 may end."""
    inside = pl.when(maybe).then(value.cast(pl.Int128) if big else value)
    return pl.when(_endless(value, maybe)).then(None).otherwise(inside.sum()).alias(name)


def _extreme(value: pl.Expr, maybe: pl.Expr, least: bool) -> pl.Expr:
    inside = pl.when(maybe).then(value)
    found = inside.min() if least else inside.max()
    return pl.when(_endless(value, maybe)).then(None).otherwise(found)


def _endless(value: pl.Expr, maybe: pl.Expr) -> pl.Expr:
    """Whether a row that may count has no bound."""
    return (maybe & value.is_null()).any()


def bounded(
    spec: FactSpec, low: pl.Expr, high: pl.Expr, given: pl.Expr | None, fits: bool = False
) -> list[pl.Expr]:
    """The two columns of a derived quantity within the bounds of its fact, as `reference.clip`.

    ``fits``: the computation itself can't leave these bounds.
    """
    least, most = fact_bounds(spec)
    if not fits:
        low = pl.when(low >= least).then(low.clip(upper_bound=most)).cast(pl.Int64)
        high = pl.when(high <= most).then(high.clip(lower_bound=least)).cast(pl.Int64)
    low = low if spec.low is None else low.fill_null(spec.low)
    high = high if spec.high is None else high.fill_null(spec.high)
    if given is not None:
        stored = given.to_physical().cast(pl.Int64) if spec.type.kind is Kind.DATE else given
        low, high = stored.fill_null(low), stored.fill_null(high)
    return [low.alias(spec.name + LOW), high.alias(spec.name + HIGH)]


def finished(codes: Codes, columns: Collection[str], spec: FactSpec) -> list[pl.Expr]:
    """The statistic's columns, one row per owner (owners without events included).

    ``columns`` are those that the aggregation left; none where there are no events at all.
    """
    statistic, name = _of(spec), spec.name
    present = name + "#sure" in columns
    sure = pl.col(name + "#sure").fill_null(0) if present else pl.lit(0, dtype=pl.Int64)
    maybe = pl.col(name + "#maybe").fill_null(0) if present else pl.lit(0, dtype=pl.Int64)
    low_empty, high_empty = (0, 0)
    if not statistic.empty_is_zero or spec.type.kind is Kind.DATE:
        low_empty, high_empty = spec.low, spec.high  # type: ignore[assignment]  # None: no bound
    method = statistic.method
    if method is Method.EXISTS:
        never = pl.lit(False) if statistic.empty_is_zero else pl.lit(None, dtype=pl.Boolean)
        if statistic.more:
            never = pl.lit(None, dtype=pl.Boolean)
        made = pl.when(sure > 0).then(True).when(maybe > 0).then(None).otherwise(never)
        return [made.alias(name + TRUTH)]
    if method is Method.LATEST:
        return _latest(codes, columns, spec, sure, maybe)
    empty_low = pl.lit(low_empty, dtype=pl.Int64)
    empty_high = pl.lit(high_empty, dtype=pl.Int64)
    if method in (Method.COUNT, Method.EARLIER_COUNT):
        low, high = sure, maybe
        if not statistic.empty_is_zero:  # perhaps none of them matches, and then nothing is known
            low = pl.when(maybe > 0).then(_hull(sure, low_empty, least=True)).otherwise(empty_low)
            high = pl.when(maybe > 0).then(_hull(maybe, high_empty, least=False))
            low = pl.when(sure > 0).then(sure).otherwise(low)
            high = pl.when(sure > 0).then(maybe).otherwise(high.otherwise(empty_high))
    elif not present:
        low, high = empty_low, empty_high
    elif method in (Method.SUM, Method.EARLIER_SUM):
        low, high = pl.col(name + "#l"), pl.col(name + "#h")
        hull_low, hull_high = (
            _hull(low, low_empty, least=True),
            _hull(high, high_empty, least=False),
        )
        low = pl.when(sure > 0).then(low).when(maybe > 0).then(hull_low).otherwise(empty_low)
        high = pl.when(sure > 0).then(high).when(maybe > 0).then(hull_high).otherwise(empty_high)
    else:
        hull_low = _hull(pl.col(name + "#low"), low_empty, least=True)
        hull_high = _hull(pl.col(name + "#high"), high_empty, least=False)
        if method in LEAST:
            sure_low, sure_high = pl.col(name + "#low"), pl.col(name + "#sure_high")
        else:
            sure_low, sure_high = pl.col(name + "#sure_low"), pl.col(name + "#high")
        low = pl.when(sure > 0).then(sure_low).when(maybe > 0).then(hull_low).otherwise(empty_low)
        high = (
            pl.when(sure > 0).then(sure_high).when(maybe > 0).then(hull_high).otherwise(empty_high)
        )
    if statistic.more:
        low, high = _with_more(statistic, spec, sure, low, high)
    return bounded(spec, low, high, None)


def _with_more(
    statistic: Statistic, spec: FactSpec, sure: pl.Expr, low: pl.Expr, high: pl.Expr
) -> tuple[pl.Expr, pl.Expr]:
    """What stays certain when the register may lack events."""
    endless = pl.lit(None, dtype=pl.Int64)
    if statistic.method in (Method.COUNT, Method.EARLIER_COUNT):
        return low, endless
    if statistic.method in (Method.SUM, Method.EARLIER_SUM):
        signed = bounds(statistic.value)[0] < 0  # type: ignore[arg-type]  # a quantity by type
        return (endless if signed else low), endless
    if statistic.method in LEAST:
        top = pl.lit(spec.high, dtype=pl.Int64)
        return endless, pl.when(sure > 0).then(high).otherwise(top)
    return pl.when(sure > 0).then(low).otherwise(pl.lit(spec.low, dtype=pl.Int64)), endless


def selected(frame: pl.DataFrame, made: Iterable[pl.Expr]) -> list[pl.Series]:
    """Columns of full height, also where an expression is a constant."""
    height = pl.int_range(0, pl.len()).alias("_height")
    return collected(frame.lazy().select_seq(height, *made)).get_columns()[1:]


def _hull(value: pl.Expr, empty: int | None, least: bool) -> pl.Expr:
    if empty is None:
        return pl.lit(None, dtype=pl.Int64)
    other = pl.lit(empty, dtype=pl.Int64)
    first = value <= other if least else value >= other
    return pl.when(first).then(value).when(~first).then(other).otherwise(None)


def _latest(
    codes: Codes, columns: Collection[str], spec: FactSpec, sure: pl.Expr, maybe: pl.Expr
) -> list[pl.Expr]:
    name = spec.name
    present = name + "#hazy" in columns
    hazy = pl.col(name + "#hazy").fill_null(False) if present else pl.lit(False)
    clear = (sure > 0) & (maybe == sure) & ~hazy & pl.lit(not _of(spec).more)

    def taken(end: str, otherwise: pl.Expr) -> pl.Expr:
        if not present:
            return otherwise
        return pl.when(clear).then(pl.col(f"{name}#{end}")).otherwise(otherwise)

    if spec.type.kind in QUANTITIES:
        low = taken("l", pl.lit(spec.low, dtype=pl.Int64))
        high = taken("h", pl.lit(spec.high, dtype=pl.Int64))
        return bounded(spec, low, high, None)
    if spec.type.kind is Kind.BOOL:
        return [taken("v", pl.lit(None, dtype=pl.Boolean)).alias(name + TRUTH)]
    if spec.type.kind is Kind.CHOICE:
        return [taken("v", pl.lit(None, dtype=pl.Int64)).alias(name + MASK)]
    return [taken("v", pl.lit(None, dtype=pl.UInt16)).alias(name + CODE)]


# -------------------------------------------------------------------- earlier siblings


def earlier_columns(
    compiler: Compiler,
    frame: pl.DataFrame,
    specs: Sequence[FactSpec],
    asked: pl.Series | None = None,
) -> list[pl.Series]:
    """Statistics over the earlier events of the same owner, for every event or for those at the
    positions ``asked``. All belong to one event table."""
    key = compiler.vocabulary.tables[_of(specs[0]).event].key
    prepared: list[pl.Expr] = []
    marks: list[pl.Expr] = []
    for number, spec in enumerate(specs):
        prepared += _prepared(compiler, _of(spec), f"{number}:", spec)
        for index, fact in enumerate(_of(spec).same):
            marks += _mark(compiler, fact, f"{number}s{index}")
    names = [expr.meta.output_name() for expr in prepared]
    wanted = pl.int_range(0, frame.height, dtype=pl.UInt32, eager=True) if asked is None else asked
    wanted = wanted.cast(pl.UInt32).alias(ROW)
    ends = {f"{number}:{end}" for number in range(len(specs)) for end in ("ol", "oh")}
    side = (
        frame.with_columns_seq(prepared)
        .select_seq(
            pl.int_range(0, pl.len(), dtype=pl.UInt32).alias(ROW),
            pl.col(OWNER),
            pl.col(key).alias("key"),
            *(pl.col(name) for name in names),
            *marks,
        )
        .filter(pl.col(OWNER).is_duplicated())
        .with_columns_seq(_moment(number) for number in range(len(specs)))
        .drop(ends)
    )
    mine = side if asked is None else side.join(wanted.to_frame(), on=ROW, how="semi")
    pairs = mine.lazy().join(side.lazy(), on=OWNER, suffix="·2")
    pairs = pairs.filter(pl.col(ROW) != pl.col(ROW + "·2"))
    made: list[pl.Expr] = []
    matches: list[pl.Expr] = []
    for number, spec in enumerate(specs):
        statistic, tag = _of(spec), f"{number}:"
        pairs = pairs.with_columns(_earlier_match(statistic, number).alias("m" + tag + "k"))
        pairs = pairs.with_columns(
            pl.col(name + "·2").alias("m" + name)
            for name in (tag + "l", tag + "h", tag + "v")
            if name in names
        )
        matches.append(pl.col("m" + tag + "k").fill_null(True))
        made += _aggregated(statistic, spec, "", "m" + tag, spec.name, frame.height)
    pairs = pairs.filter(pl.any_horizontal(matches))  # half of them at least are later events
    grouped = collected(pairs.group_by(ROW).agg(made))
    joined = wanted.to_frame().join(grouped, on=ROW, how="left", maintain_order="left")
    columns = frozenset(grouped.columns)
    return selected(
        joined, [expr for spec in specs for expr in finished(compiler.codes, columns, spec)]
    )


def _moment(number: int) -> pl.Expr:
    """When each event was for one statistic; null where that is not known exactly."""
    low, high = pl.col(f"{number}:ol"), pl.col(f"{number}:oh")
    return pl.when(low == high).then(low).alias(f"{number}t")


def _earlier_match(statistic: Statistic, number: int) -> pl.Expr:
    """Whether the second event of a pair counts for the first: before it, alike, as asked."""
    first, second = pl.col(f"{number}t"), pl.col(f"{number}t·2")
    before = (second < first) | ((second == first) & (pl.col("key·2") < pl.col("key")))
    matches = pl.col(f"{number}:k·2") & before
    for index, fact in enumerate(statistic.same):
        matches = matches & _same(fact, f"{number}s{index}")
    return matches


def _mark(compiler: Compiler, fact: Fact, name: str) -> list[pl.Expr]:
    """What must be equal beside the assessed event: one column, or two for a quantity."""
    if fact.type.kind in QUANTITIES:
        made = compiler.range(fact)
        return [_as(made.low, name + "l"), _as(made.high, name + "h")]
    if fact.type.kind is Kind.BOOL:
        return [compiler._truth(fact).truth.alias(name)]  # noqa: SLF001 - a boolean fact
    if fact.type.kind is Kind.CHOICE:
        return [compiler.mask(fact).alias(name)]
    return [compiler.code(fact).alias(name)]


def _same(fact: Fact, name: str) -> pl.Expr:
    if fact.type.kind in QUANTITIES:
        from huiqi.rulebook.bulk.compile import Range, _interval

        one = Range(pl.col(name + "l·2"), pl.col(name + "h·2"))
        two = Range(pl.col(name + "l"), pl.col(name + "h"))
        return _interval(Op.EQUAL, one, two)
    one_, two_ = pl.col(name + "·2"), pl.col(name)
    if fact.type.kind is Kind.CHOICE:
        return pl.when(single(one_) & single(two_)).then(one_ == two_).otherwise(None)
    return one_ == two_
