"""Statistics over events in columns; the same rules as `evaluate._statistic`, grouped by owner."""

import polars as pl

from huiqi.rulebook.bounds import bounds, fact_bounds
from huiqi.rulebook.compile import CODE, HIGH, LOW, MASK, TRUTH, Codes, Compiler, single, wide
from huiqi.rulebook.nodes import EARLIER, QUANTITIES, Fact, Kind, Method, Op, Statistic
from huiqi.rulebook.snapshot import OWNER
from huiqi.rulebook.vocabulary import FactSpec

ROW = "_row"
LEAST = {Method.MIN, Method.FIRST}


def grouped_columns(
    compiler: Compiler, events: pl.DataFrame, key: str, specs: list[FactSpec]
) -> pl.DataFrame:
    """One row per `_owner`: what :func:`finished` needs for each statistic."""
    prepared: list[pl.Expr] = []
    made: list[pl.Expr] = []
    for number, spec in enumerate(specs):
        statistic = _of(spec)
        tag = f"{number}:"
        prepared += _prepared(compiler, statistic, tag, spec)
        made += _aggregated(statistic, spec, key, tag, spec.name, events.height)
    frame = events.lazy().with_columns(prepared)
    return frame.group_by(OWNER).agg(made).collect()


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
        low.filter(sure).max().alias(name + "#sure_low"),
        high.filter(sure).min().alias(name + "#sure_high"),
        _extreme(low, maybe, least=True).alias(name + "#low"),
        _extreme(high, maybe, least=False).alias(name + "#high"),
    ]
    return out


def _sum(value: pl.Expr, maybe: pl.Expr, name: str, big: bool) -> pl.Expr:
    """A sum that has no bound as soon as one possible row has none; in 128 bits where 64 may end."""
    inside = value.filter(maybe)
    inside = inside.cast(pl.Int128) if big else inside
    return pl.when(inside.is_null().any()).then(None).otherwise(inside.sum()).alias(name)


def _extreme(value: pl.Expr, maybe: pl.Expr, least: bool) -> pl.Expr:
    inside = value.filter(maybe)
    found = inside.min() if least else inside.max()
    return pl.when(inside.is_null().any()).then(None).otherwise(found)


def bounded(
    spec: FactSpec, low: pl.Expr, high: pl.Expr, given: pl.Expr | None, fits: bool = False
) -> list[pl.Expr]:
    """The two columns of a derived quantity within the bounds of its fact, as `evaluate.clip`.

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


def finished(codes: Codes, joined: pl.DataFrame, spec: FactSpec) -> list[pl.Series]:
    """The statistic's columns, one row per owner (owners without events included)."""
    statistic, name = _of(spec), spec.name
    present = name + "#sure" in joined.columns
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
        return _select(joined, [made.alias(name + TRUTH)])
    if method is Method.LATEST:
        return _select(joined, _latest(codes, joined, spec, sure, maybe))
    empty_low = pl.lit(low_empty, dtype=pl.Int64)
    empty_high = pl.lit(high_empty, dtype=pl.Int64)
    if method in (Method.COUNT, Method.EARLIER_COUNT):
        if not statistic.empty_is_zero:
            low = pl.when(maybe > 0).then(sure).otherwise(empty_low)
            high = pl.when(maybe > 0).then(maybe).otherwise(empty_high)
        else:
            low, high = sure, maybe
    elif not present:
        low, high = empty_low, empty_high
    elif method in (Method.SUM, Method.EARLIER_SUM):
        low = pl.when(maybe > 0).then(pl.col(name + "#l")).otherwise(empty_low)
        high = pl.when(maybe > 0).then(pl.col(name + "#h")).otherwise(empty_high)
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
    return _select(joined, bounded(spec, low, high, None))


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


def _select(frame: pl.DataFrame, made: list[pl.Expr]) -> list[pl.Series]:
    height = pl.int_range(0, pl.len()).alias("_height")
    return frame.lazy().select(height, *made).drop("_height").collect().get_columns()


def _hull(value: pl.Expr, empty: int | None, least: bool) -> pl.Expr:
    if empty is None:
        return pl.lit(None, dtype=pl.Int64)
    other = pl.lit(empty, dtype=pl.Int64)
    first = value <= other if least else value >= other
    return pl.when(first).then(value).when(~first).then(other).otherwise(None)


def _latest(
    codes: Codes, joined: pl.DataFrame, spec: FactSpec, sure: pl.Expr, maybe: pl.Expr
) -> list[pl.Expr]:
    name = spec.name
    present = name + "#hazy" in joined.columns
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


def earlier_columns(compiler: Compiler, frame: pl.DataFrame, spec: FactSpec) -> list[pl.Series]:
    """A statistic over the earlier events of the same owner, for every event."""
    statistic = _of(spec)
    key = compiler.vocabulary.tables[statistic.event].key
    prepared = _prepared(compiler, statistic, "", spec)
    marks = [_mark(compiler, fact, index) for index, fact in enumerate(statistic.same)]
    side = (
        frame.lazy()
        .with_columns(prepared)
        .select(
            pl.int_range(0, pl.len(), dtype=pl.UInt32).alias(ROW),
            pl.col(OWNER),
            pl.col(key).alias("key"),
            *(pl.col(expr.meta.output_name()) for expr in prepared),
            *(mark for pair in marks for mark in pair),
        )
    )
    several = pl.len().over(OWNER) > 1
    side = side.filter(several)
    pairs = side.join(side, on=OWNER, suffix="·2").filter(pl.col(ROW) != pl.col(ROW + "·2"))
    known = (pl.col("ol") == pl.col("oh")) & (pl.col("ol·2") == pl.col("oh·2"))
    before = (pl.col("ol·2") < pl.col("ol")) | (
        (pl.col("ol·2") == pl.col("ol")) & (pl.col("key·2") < pl.col("key"))
    )
    matches = pl.col("k·2") & pl.when(known).then(before).otherwise(None)
    for index, fact in enumerate(statistic.same):
        matches = matches & _same(fact, index)
    pairs = pairs.with_columns(matches.alias("m:k"))
    values = [
        pl.col(name + "·2").alias("m:" + name)
        for name in ("l", "h", "v")
        if statistic.value is not None and name in [expr.meta.output_name() for expr in prepared]
    ]
    grouped = (
        pairs.with_columns(values)
        .group_by(ROW)
        .agg(_aggregated(statistic, spec, "key", "m:", spec.name, frame.height))
        .collect()
    )
    rows = pl.int_range(0, frame.height, dtype=pl.UInt32, eager=True).alias(ROW)
    joined = pl.DataFrame([rows]).join(grouped, on=ROW, how="left", maintain_order="left")
    return finished(compiler.codes, joined, spec)


def _mark(compiler: Compiler, fact: Fact, index: int) -> list[pl.Expr]:
    """What must be equal beside the assessed event: one column, or two for a quantity."""
    if fact.type.kind in QUANTITIES:
        made = compiler.range(fact)
        return [_as(made.low, f"s{index}l"), _as(made.high, f"s{index}h")]
    if fact.type.kind is Kind.BOOL:
        return [compiler._truth(fact).truth.alias(f"s{index}")]  # noqa: SLF001 - a boolean fact
    if fact.type.kind is Kind.CHOICE:
        return [compiler.mask(fact).alias(f"s{index}")]
    return [compiler.code(fact).alias(f"s{index}")]


def _same(fact: Fact, index: int) -> pl.Expr:
    if fact.type.kind in QUANTITIES:
        from huiqi.rulebook.compile import Range, _interval

        one = Range(pl.col(f"s{index}l·2"), pl.col(f"s{index}h·2"))
        two = Range(pl.col(f"s{index}l"), pl.col(f"s{index}h"))
        return _interval(Op.EQUAL, one, two)
    one_, two_ = pl.col(f"s{index}·2"), pl.col(f"s{index}")
    if fact.type.kind is Kind.CHOICE:
        return pl.when(single(one_) & single(two_)).then(one_ == two_).otherwise(None)
    return one_ == two_
