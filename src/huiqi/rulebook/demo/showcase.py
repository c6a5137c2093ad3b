"""Rows that fit a support: without them a rare support would have nobody to show.

For a few rows of a table (and events of the same owner) the facts that a support's conditions read
directly are set so that the conditions hold. Facts counted over events are left as they fall.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from huiqi.rulebook.demo.chance import Chance
from huiqi.rulebook.demo.world import World
from huiqi.rulebook.language.nodes import (
    All,
    Any,
    Compare,
    Condition,
    Constant,
    Fact,
    Inside,
    Kind,
    Not,
    OneOf,
    Op,
    Truth,
)
from huiqi.rulebook.library.vocabulary import Table, Vocabulary

SHOWN = "_shown"  # whether the row was made to fit a support
OWNERS = "_owners"  # the identity of an event's owner
FLIPPED = {Op.AT_LEAST: Op.AT_MOST, Op.MORE: Op.LESS, Op.AT_MOST: Op.AT_LEAST, Op.LESS: Op.MORE}


@dataclass(frozen=True)
class Wish:
    """One thing a condition wants of a stored fact: one of ``values``, or a comparison."""

    fact: str
    values: tuple[int, ...] = ()
    op: Op | None = None
    bound: int = 0
    truth: bool | None = None


def wishes(world: World, table: Table) -> Mapping[str, list[Wish]]:
    """Support -> what it wants of a table's own stored facts."""
    out: dict[str, list[Wish]] = {}
    for support in world.supports:
        found = [
            wish
            for line in support.lines
            for fact, wish in _wanted(line.node, world.vocabulary)
            if fact.table == table.name and len(fact.path) <= 1
        ]
        if found:
            out[support.key] = found
    return out


def _wanted(node: Condition, vocabulary: Vocabulary) -> Iterator[tuple[Fact, Wish]]:
    match node:
        case All(items):
            for item in items:
                yield from _wanted(item, vocabulary)
        case Any(items):
            yield from next(
                (found for item in items if (found := list(_wanted(item, vocabulary)))), []
            )
        case Truth(fact) if _stored(fact, vocabulary):
            yield fact, Wish(fact.name, truth=True)
        case Not(Truth(fact)) if _stored(fact, vocabulary):
            yield fact, Wish(fact.name, truth=False)
        case OneOf(Fact() as fact, values) if _stored(fact, vocabulary):
            listed = vocabulary.choices.get(fact.type.choices, ())
            codes = tuple(place for place, value in enumerate(listed) if value in values)
            if codes:
                yield fact, Wish(fact.name, codes)
        case Inside(Fact() as fact, codes) if _stored(fact, vocabulary):
            tree = vocabulary.trees[fact.type.kind]
            spans = [range(*tree.interval(code)) for code in sorted(codes)]
            inner = [place for span in spans for place in span if tree.nodes[place].current]
            yield fact, Wish(fact.name, tuple(inner[-1:] + inner[len(inner) // 2 :]))
        case Compare(op, Fact() as fact, Constant(value)) if _stored(fact, vocabulary):
            yield fact, Wish(fact.name, op=op, bound=value)
        case Compare(op, Constant(value), Fact() as fact) if _stored(fact, vocabulary):
            yield fact, Wish(fact.name, op=FLIPPED.get(op, op), bound=value)


def _stored(fact: Fact, vocabulary: Vocabulary) -> bool:
    spec = vocabulary.tables[fact.table].facts.get(fact.name)
    return spec is not None and spec.definition is None and spec.type.kind is not Kind.TEXT


def fitted(world: World, table: Table, frame: pl.DataFrame, exact: frozenset[str]) -> pl.DataFrame:
    """The frame with some rows made to fit supports; facts in ``exact`` stay as they are."""
    chance = Chance(table.name)
    share = world.profile.showcase(table.name)
    any_row = pl.lit(False)
    for key, found in wishes(world, table).items():
        chosen = chance.happens(f"show/{key}", share)
        if table.is_event and OWNERS in frame.columns:
            of_owner = Chance(table.owner, OWNERS)
            follows = of_owner.happens(f"show/{key}", world.profile.showcase(table.owner))
            chosen = chosen | follows
        made = [wish for wish in found if wish.fact not in exact]
        by_fact: dict[str, pl.Expr] = {}
        for index, wish in enumerate(made):
            value = by_fact.get(wish.fact, pl.col(wish.fact))
            by_fact[wish.fact] = _granted(wish, value, chance, f"show/{key}/{index}", world)
        frame = frame.with_columns(chosen.alias("_chosen")).with_columns(
            pl.when(pl.col("_chosen")).then(value).otherwise(pl.col(name)).alias(name)
            for name, value in by_fact.items()
        )
        any_row = any_row | chosen
    return frame.with_columns(any_row.alias(SHOWN))


def _granted(wish: Wish, value: pl.Expr, chance: Chance, name: str, world: World) -> pl.Expr:
    if wish.truth is not None:
        return pl.lit(wish.truth)
    if wish.values:
        wanted = pl.Series(wish.values, dtype=pl.Int64)
        drawn = pl.lit(wanted).gather((chance.bits(name) % len(wanted)).cast(pl.UInt32))
        return pl.when(value.is_in(wish.values)).then(value).otherwise(drawn)
    match wish.op:
        case Op.AT_LEAST | Op.MORE:
            least = wish.bound + (wish.op is Op.MORE)
            return pl.max_horizontal(value, pl.lit(least, dtype=pl.Int64))
        case Op.AT_MOST | Op.LESS:
            return pl.min_horizontal(
                value, pl.lit(wish.bound - (wish.op is Op.LESS), dtype=pl.Int64)
            )
        case _:
            return pl.lit(wish.bound, dtype=pl.Int64)


__all__ = ["OWNERS", "SHOWN", "fitted"]
