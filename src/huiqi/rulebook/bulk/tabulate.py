"""Large choices as one look-up: a derived list fact that only compares stored facts with constants.

A size class has 64 branches over an industry and three figures. Between two neighbouring limits the
figure itself no longer matters, so the whole choice is a finite table. The table is filled by the
plain expression, once, over one row per combination, which makes it equal by construction; unknown
is a value of its own. What can't be tabulated stays as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import polars as pl

from huiqi.rulebook.bulk.frames import collected
from huiqi.rulebook.language.nodes import (
    QUANTITIES,
    All,
    Always,
    Any,
    Choose,
    Compare,
    Constant,
    Fact,
    Inside,
    Kind,
    Label,
    Not,
    OneOf,
    Op,
    Today,
    Truth,
    walk,
)  # fmt: skip

ENTRIES = 200_000
"""The largest table worth filling."""
BRANCHES = 6
"""Choices with fewer branches are quicker as they are."""

_PLAIN = (All, Always, Any, Choose, Constant, Inside, Label, Not, OneOf, Today, Truth)


@dataclass(frozen=True)
class Axis:
    """One fact of a table: its column, one value for each class of it (the last is unknown), and
    the number of the class for every row: how many ``cuts`` a quantity has reached, the entry of
    ``classes`` for a code."""

    column: str
    values: pl.Series
    number: pl.Expr
    cuts: tuple[int, ...] = ()
    classes: tuple[int, ...] = ()


def tabulated(
    node: Choose,
    today: int,
    members: Callable[[Inside | OneOf], frozenset[int]],
    size: Callable[[Fact], int],
    plain: Callable[[Choose], pl.Expr],
) -> pl.Expr | None:
    """The mask of a choice as a look-up; None where it can't be one or isn't worth it.

    All its facts must be stored columns; ``plain`` gives the expression to tabulate.
    """
    axes = axes_of(node, today, members, size)
    if axes is None:
        return None
    frame = axes[0].values.to_frame()
    for axis in axes[1:]:
        frame = frame.join(axis.values.to_frame(), how="cross", maintain_order="left_right")
    table = collected(frame.lazy().select(plain(node).alias("table"))).to_series()
    place = axes[0].number.cast(pl.UInt32)
    for axis in axes[1:]:
        place = place * len(axis.values) + axis.number
    return pl.lit(table).gather(place)


def axes_of(
    node: Choose,
    today: int,
    members: Callable[[Inside | OneOf], frozenset[int]],
    size: Callable[[Fact], int],
) -> list[Axis] | None:
    """The axes of a choice's table; None where it can't be tabulated or isn't worth it.

    ``members`` gives the codes a condition on a list or tree names, ``size`` how many there are.
    """
    nodes = list(dict.fromkeys(walk(node)))
    if sum(len(item.branches) for item in nodes if isinstance(item, Choose)) < BRANCHES:
        return None
    facts = [item for item in nodes if isinstance(item, Fact)]
    if not facts or any(fact.type.kind is Kind.TEXT for fact in facts):
        return None
    cuts: dict[Fact, set[int]] = {fact: set() for fact in facts}
    sets: dict[Fact, list[frozenset[int]]] = {fact: [] for fact in facts}
    for item in nodes:
        if isinstance(item, Compare):
            found = _cut(item, today)
            if found is None:
                return None
            cuts[found[0]] |= found[1]
        elif isinstance(item, Inside | OneOf):
            if not isinstance(item.item, Fact):
                return None
            sets[item.item].append(members(item))
        elif not isinstance(item, Fact) and not isinstance(item, _PLAIN):
            return None
    axes = [_axis(fact, sorted(cuts[fact]), sets[fact], size) for fact in facts]
    entries = reduce(lambda product, axis: product * len(axis.values), axes, 1)
    if entries > ENTRIES or any(len(axis.values) > 250 for axis in axes):
        return None
    return axes


def _cut(node: Compare, today: int) -> tuple[Fact, set[int]] | None:
    """Where a comparison changes: the least values of its upper sides."""
    left, right, op = node.left, node.right, node.op
    if isinstance(right, Fact):
        left, right = right, left
        op = {Op.AT_LEAST: Op.AT_MOST, Op.AT_MOST: Op.AT_LEAST, Op.MORE: Op.LESS,
              Op.LESS: Op.MORE, Op.EQUAL: Op.EQUAL}[op]  # fmt: skip
    if not isinstance(left, Fact) or not isinstance(right, Constant | Today):
        return None
    limit = today if isinstance(right, Today) else right.value
    if op is Op.EQUAL:
        return left, {limit, limit + 1}
    return left, {limit if op in (Op.AT_LEAST, Op.LESS) else limit + 1}


def _axis(
    fact: Fact, cuts: Sequence[int], sets: list[frozenset[int]], size: Callable[[Fact], int]
) -> Axis:
    column = pl.col(fact.column)
    if fact.type.kind is Kind.BOOL:
        values = pl.Series(fact.column, [False, True, None], dtype=pl.Boolean)
        return Axis(fact.column, values, column.cast(pl.UInt32).fill_null(2))
    if fact.type.kind in QUANTITIES:
        dtype = pl.Date if fact.type.kind is Kind.DATE else pl.Int64
        representatives = [cuts[0] - 1, *cuts] if cuts else [0]
        values = pl.Series(fact.column, [*representatives, None], dtype=pl.Int64).cast(dtype)
        if fact.type.kind is Kind.DATE:
            values = pl.Series(fact.column, [*representatives, None], dtype=pl.Int32).cast(pl.Date)
            column = column.to_physical().cast(pl.Int64)
        unknown = len(representatives)
        if not cuts:
            return Axis(fact.column, values, column.is_null().cast(pl.UInt32))
        reached = pl.lit(pl.Series(cuts, dtype=pl.Int64)).search_sorted(column, side="right")
        number = pl.when(column.is_null()).then(unknown).otherwise(reached).cast(pl.UInt32)
        return Axis(fact.column, values, number, cuts=tuple(cuts))
    classes: dict[tuple[bool, ...], int] = {}
    numbers, first = [], []
    for code in range(size(fact)):
        marks = tuple(code in inside for inside in sets)
        if marks not in classes:
            classes[marks] = len(classes)
            first.append(code)
        numbers.append(classes[marks])
    values = pl.Series(fact.column, [*first, None], dtype=pl.UInt16)
    table = pl.lit(pl.Series(numbers, dtype=pl.UInt8))
    number = table.gather(column).fill_null(len(first)).cast(pl.UInt32)
    return Axis(fact.column, values, number, classes=tuple(numbers))
