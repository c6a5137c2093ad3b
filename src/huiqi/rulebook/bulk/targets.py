"""Targets measured over a region: how far a figure is, as an interval where facts are missing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import polars as pl

from huiqi.rulebook.bulk.assemble import Assembler
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import Fact, Kind, facts
from huiqi.rulebook.library.measures import Aggregate, Combine, Measure, Number, base_units
from huiqi.rulebook.library.policy import Comparator, Library, Target

Bounds = tuple[Fraction | None, Fraction | None]
"""Least and greatest possible figure in base units; None: no bound is known."""


class Standing(StrEnum):
    """How a measured target stands."""

    REACHED = "已达到"
    SHORT = "未达到"
    OPEN = "事实不全，尚不能定"
    UNMEASURED = "需填报"


@dataclass(frozen=True)
class Measured:
    """One target with its figure, in the target's own unit."""

    policy: str
    target: Target
    low: Fraction | None
    high: Fraction | None
    standing: Standing


def measure_targets(
    library: Library,
    snapshot: Snapshot,
    on: date,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> list[Measured]:
    """Every target of the library over a snapshot, in library order."""
    assembler = Assembler(library.vocabulary, snapshot, days(on))
    cache: dict[Aggregate, Bounds] = {}
    out = []
    listed = [(policy.id, target) for policy in library.policies for target in policy.targets]
    for done, (policy, target) in enumerate(listed):
        if on_progress is not None:
            on_progress("量测目标", done, len(listed))
        if target.measure is None:
            out.append(Measured(policy, target, None, None, Standing.UNMEASURED))
            continue
        low, high = figure(assembler, target.measure, cache)
        scale = base_units(target.unit, target.measure.type, library.vocabulary)
        assert scale is not None, "the loader refuses a unit that does not fit"
        low = None if low is None else low / scale
        high = None if high is None else high / scale
        out.append(Measured(policy, target, low, high, _standing(target, low, high)))
    return out


def figure(assembler: Assembler, item: Measure, cache: dict[Aggregate, Bounds]) -> Bounds:
    """The interval of a measure; sums of money in fen, rates as plain fractions."""
    match item:
        case Number():
            return item.value, item.value
        case Aggregate():
            if item not in cache:
                cache[item] = _aggregate(assembler, item)
            return cache[item]
        case Combine():
            left = figure(assembler, item.left, cache)
            right = figure(assembler, item.right, cache)
            return _combine(item.sign, left, right)


def _combine(sign: str, left: Bounds, right: Bounds) -> Bounds:
    (a, b), (c, d) = left, right
    match sign:
        case "+":
            return _both(a, c, lambda x, y: x + y), _both(b, d, lambda x, y: x + y)
        case "-":
            return _both(a, d, lambda x, y: x - y), _both(b, c, lambda x, y: x - y)
        case "×":
            if a is None or c is None or a < 0 or c < 0:
                return None, None
            return a * c, _both(b, d, lambda x, y: x * y)
    if c is None or c <= 0 or a is None or a < 0:  # the divisor is zero or may be
        return None, None
    return (Fraction(0) if d is None else a / d), (None if b is None else b / c)


def _both(
    one: Fraction | None, two: Fraction | None, join: Callable[[Fraction, Fraction], Fraction]
) -> Fraction | None:
    return None if one is None or two is None else join(one, two)


def _aggregate(assembler: Assembler, item: Aggregate) -> Bounds:
    snapshot, vocabulary = assembler.snapshot, assembler.vocabulary
    if not snapshot.rows(item.table):
        complete = vocabulary.tables[item.table].complete
        return (Fraction(0), Fraction(0)) if complete else (Fraction(0), None)
    wanted: set[Fact] = set(facts(item.where))
    if item.value is not None:
        wanted |= set(facts(item.value))
    sums: list[dict[str, int | None]] = []
    for part in range(snapshot.parts(item.table)):
        if snapshot.tables[item.table][part]:
            frame = assembler.part(item.table, part, wanted)
            sums.append(_of_part(assembler, item, frame))
    if item.method == "计数":
        return _sum(sums, "sure"), _sum(sums, "maybe")
    scale = 1_000_000 if item.type.kind is Kind.RATE else 1
    if item.method == "合计":
        endless = any(part["endless"] for part in sums)
        return _sum(sums, "low") / scale, None if endless else _sum(sums, "high") / scale
    tops = [part["high"] for part in sums if part["high"] is not None]
    lows = [part["low"] for part in sums if part["low"] is not None]
    endless = any(part["endless"] for part in sums)
    return (
        Fraction(max(lows), scale) if lows else Fraction(0),
        None if endless or not tops else Fraction(max(tops), scale),
    )


def _sum(parts: list[dict[str, int | None]], name: str) -> Fraction:
    return Fraction(sum(int(part[name] or 0) for part in parts))


def _of_part(assembler: Assembler, item: Aggregate, frame: pl.DataFrame) -> dict[str, int | None]:
    compiler = assembler.compiler(frame.columns)
    held = compiler.condition(item.where).truth
    sure, maybe = pl.col("k").fill_null(False), pl.col("k").fill_null(True)
    columns = [held.alias("k")]
    made = [sure.sum().alias("sure"), maybe.sum().alias("maybe")]
    if item.value is not None:
        span = compiler.range(item.value)
        for name, term in (("l", span.low), ("h", span.high)):
            literal = term if isinstance(term, pl.Expr) else pl.lit(term, dtype=pl.Int64)
            columns.append(literal.alias(name))
        low, high = pl.col("l").cast(pl.Int128), pl.col("h").cast(pl.Int128)
        made.append((maybe & pl.col("h").is_null()).sum().alias("endless"))
        if item.method == "合计":
            made.append(
                (
                    pl.when(sure)
                    .then(low.fill_null(0))
                    .when(maybe)
                    .then(low.fill_null(0).clip(None, 0))
                )
                .sum()
                .alias("low")
            )
            made.append(
                pl.when(sure).then(high).when(maybe).then(high.clip(0, None)).sum().alias("high")
            )
        else:
            made.append(low.filter(sure).max().alias("low"))
            made.append(high.filter(maybe).max().alias("high"))
    height = pl.int_range(0, pl.len()).alias("_n")
    return frame.lazy().select(height, *columns).select(made).collect().row(0, named=True)


def _standing(target: Target, low: Fraction | None, high: Fraction | None) -> Standing:
    values = [_exact(value) for value in target.values]
    if not values:
        return Standing.UNMEASURED
    first, last = values[0], values[-1]
    match target.comparator:
        case Comparator.MORE:
            return _judged(low is not None and low > first, high is not None and high <= first)
        case Comparator.AT_MOST:
            return _judged(high is not None and high <= first, low is not None and low > first)
        case Comparator.LESS:
            return _judged(high is not None and high < first, low is not None and low >= first)
        case Comparator.RELATIVE:
            return Standing.UNMEASURED
        case _:  # 达到, 等于, 介于, 左右, 首次, 增长: what is wanted is at least the figure
            return _judged(
                low is not None and low >= first, high is not None and high < min(first, last)
            )


def _judged(yes: bool, no: bool) -> Standing:
    return Standing.REACHED if yes else Standing.SHORT if no else Standing.OPEN


def _exact(value: Decimal) -> Fraction:
    return Fraction(value)
