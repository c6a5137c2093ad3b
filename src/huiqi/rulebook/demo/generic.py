"""What holds for every fact of every table: a plausible default, boundaries, lost facts.

Inside the demonstration every number is an Int64 of base units, a day since 1970 or a position; only
:func:`store` casts to the types of a snapshot.
"""

from typing import Any

import polars as pl

from huiqi.rulebook.bulk.snapshot import ID, LINK, OWNER, schema_of
from huiqi.rulebook.demo.chance import Chance, salt
from huiqi.rulebook.demo.keys import plain_keys
from huiqi.rulebook.demo.showcase import SHOWN, fitted
from huiqi.rulebook.demo.world import ANCHOR, FIRST, SLOT, Part, World
from huiqi.rulebook.language.bounds import hard_bounds
from huiqi.rulebook.language.nodes import QUANTITIES, Kind
from huiqi.rulebook.library.vocabulary import FactSpec, Table

REGION, INDUSTRY, FOUNDED, MOMENT = "_region", "_industry", "_founded", "_moment"
YEAR_END = "年末日"
VALID_UNTIL = "有效期止"
FEN = 100
STEPS = {
    Kind.MONEY: {0: 4, 1: 1, -1: 2, 100: 1, -100: 2},
    Kind.RATE: {0: 4, 1: 1, -1: 1, 100: 1, -100: 1},
    Kind.DATE: {0: 3, 1: 1, -1: 1},
    Kind.COUNT: {0: 3, 1: 1, -1: 1},
}


def complete(
    part: Part, table: Table, frame: pl.DataFrame, exact: frozenset[str] = frozenset()
) -> pl.DataFrame:
    """The frame with every stored fact, some on boundaries; facts in ``exact`` stay as they are."""
    chance = Chance(table.name)
    known = set(frame.columns)
    missing = [spec for spec in table.stored if spec.name not in known]
    # The moment comes first: other dates of an event follow it.
    missing.sort(key=lambda spec: spec.name != table.moment)
    for spec in missing:
        frame = frame.with_columns(_default(part, table, spec, chance, frame).alias(spec.name))
    frame = fitted(part.world, table, frame, exact)
    frame = frame.with_columns(
        _on_edges(part.world, spec, chance).alias(spec.name)
        for spec in table.stored
        if spec.name not in exact and (table.name, spec.name) in part.world.edges.values
    )
    facts = table.facts
    for owner, left, right in part.world.edges.ties:
        if owner == table.name and left not in exact and facts[left].type.kind in QUANTITIES:
            frame = frame.with_columns(_tied(part.world, facts[left], right, chance).alias(left))
    return frame


def lose(part: Part, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with some facts and links unknown, each fact in a share of its own."""
    chance, profile = Chance(table.name), part.world.profile
    out = []
    for spec in table.stored:
        share = profile.unknown(table, spec)
        if not spec.judged and spec.name != table.moment:
            share *= 3 / 4 + (salt("share", spec.shown) % 512) / 1024
        hidden = chance.happens(f"unknown/{spec.name}", share)
        # Of rows that are to be shown more is known.
        kept = pl.col(SHOWN) & chance.happens(
            f"shown/{spec.name}", profile.number("showcase", "known")
        )
        known = ~hidden | kept
        out.append(pl.when(known).then(pl.col(spec.name)).alias(spec.name))
    share = profile.number("unknown", "link")
    for link in table.links:
        if link != table.owner:
            hidden = chance.happens(f"unknown/{link}", share)
            out.append(pl.when(~hidden).then(pl.col(LINK + link)).alias(LINK + link))
    return frame.with_columns(out)


def store(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in the columns and types of a snapshot; derived facts only where they are given."""
    return frame.select(
        pl.col(name).cast(pl.Int32).cast(type_) if type_ == pl.Date() else pl.col(name).cast(type_)
        for name, type_ in schema_of(table, derived=True).items()
        if name in frame.columns
    )


def keyed(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the key of tables that are numbered."""
    if table.key in frame.columns:
        return frame
    number = pl.col("_number") if table.is_event else pl.col(ID)
    slot = pl.col(SLOT) if table.is_event else None
    return frame.with_columns(plain_keys(table.name, number, slot).alias(table.key))


# ------------------------------------------------------------------------------ defaults by type


def _default(
    part: Part, table: Table, spec: FactSpec, chance: Chance, frame: pl.DataFrame
) -> pl.Expr:
    profile, name = part.world.profile, spec.name
    match spec.type.kind:
        case Kind.BOOL:
            return chance.happens(name, float(profile.of("chances", spec)))
        case Kind.CHOICE:
            weights = profile.choices(spec)
            return chance.pick(name, weights) if weights else pl.lit(None, dtype=pl.Int64)
        case Kind.MONEY:
            return bounded(amount(profile.of("amounts", spec), name, chance), spec)
        case Kind.COUNT:
            shape = profile.of("counts", spec)
            drawn = chance.around(name, shape["median"], shape["spread"])
            return bounded(drawn.floor().cast(pl.Int64), spec)
        case Kind.RATE:
            low, high = profile.of("rates", spec)
            steps = round((high - low) * 2000)
            return bounded(chance.whole(name, 0, steps) * 500 + round(low * 10**6), spec)
        case Kind.DATE:
            return bounded(_date(part, table, spec, chance, frame), spec)
        case Kind.REGION:
            drawn = chance.pick(name, profile.places)
            if REGION in frame.columns:
                near = chance.whole(f"{name}/near", 0, 5) > 0
                return pl.when(near).then(pl.col(REGION)).otherwise(drawn)
            return drawn
        case Kind.INDUSTRY:
            weights = {item.position: item.weight for item in profile.industries}
            return chance.pick(name, weights)
        case _:
            number = pl.col("_number") if table.is_event else pl.col(ID)
            slot = pl.col(SLOT) if table.is_event else None
            label = table.name if name in ("名称", "姓名") else name
            return pl.concat_str(plain_keys(label, number, slot), pl.lit("（虚拟）"))


def amount(shape: dict[str, Any], name: str, chance: Chance) -> pl.Expr:
    """Fen, log-normal by median, sigma and step in yuan; some are zero."""
    step = int(shape["step"])
    drawn = (chance.around(name, shape["median"], shape["spread"]) / step).round().cast(pl.Int64)
    return (
        pl.when(chance.happens(f"{name}/zero", shape["zero"])).then(0).otherwise(drawn * step * FEN)
    )


def bounded(value: pl.Expr, spec: FactSpec) -> pl.Expr:
    """The value within the fact's bounds."""
    low, high = hard_bounds(spec.type)
    return value.clip(
        low if spec.low is None else spec.low, high if spec.high is None else spec.high
    )


def _date(part: Part, table: Table, spec: FactSpec, chance: Chance, frame: pl.DataFrame) -> pl.Expr:
    world, dates = part.world, part.world.profile.data["dates"]
    span = int(dates["years"]) * 365
    if spec.name == table.moment and MOMENT in frame.columns:
        return pl.col(MOMENT)
    if table.moment and table.moment in frame.columns and spec.name != table.moment:
        moment = pl.col(table.moment)
        if VALID_UNTIL in spec.name:
            return months_later(moment, int(dates["validity_months"]))
        return moment - chance.whole(spec.name, 0, int(dates["apart_days"]))
    if FOUNDED in frame.columns:
        earliest = pl.max_horizontal(pl.col(FOUNDED), pl.lit(world.today - span))
        room = world.today - earliest
        return (earliest + (chance.uniform(spec.name) * (room + 1)).floor()).cast(pl.Int64)
    return world.today - chance.whole(spec.name, 0, span)


def months_later(day: pl.Expr, months: int | pl.Expr) -> pl.Expr:
    """Days since 1970 moved by months, month ends clipped as the rules do."""
    by = f"{months}mo" if isinstance(months, int) else months.cast(pl.String) + pl.lit("mo")
    return day.cast(pl.Int32).cast(pl.Date).dt.offset_by(by).cast(pl.Int32).cast(pl.Int64)


# ------------------------------------------------------------------------------ boundaries


def _on_edges(world: World, spec: FactSpec, chance: Chance) -> pl.Expr:
    """The fact with near values, and a few others, on, just below or just above a boundary."""
    edges, profile, name = world.edges.values[(spec.table, spec.name)], world.profile, spec.name
    value = pl.col(name)
    places = pl.lit(pl.Series(edges, dtype=pl.Int64))
    nearest: pl.Expr
    if len(edges) == 1:
        nearest = pl.lit(edges[0], dtype=pl.Int64)
    else:
        between = [
            (a + b) // 2 if spec.type.kind is Kind.DATE or a <= 0 else int((a * b) ** (1 / 2))
            for a, b in zip(edges, edges[1:], strict=False)
        ]
        index = pl.lit(pl.Series(between, dtype=pl.Int64)).search_sorted(value.fill_null(0))
        nearest = places.gather(index.cast(pl.UInt32))
    if spec.type.kind is Kind.DATE:
        close = (value - nearest).abs() <= profile.whole("edges", "days")
    else:
        factor = profile.number("edges", "factor")
        close = (value * factor >= nearest) & (value <= nearest * factor)
    other = places.gather((chance.bits(f"edge/{name}") % len(edges)).cast(pl.UInt32))
    step = chance.pick(f"edge/{name}/step", STEPS[spec.type.kind])
    return (
        pl.when(close & chance.happens(f"edge/{name}/near", profile.edge("near", spec.table)))
        .then(bounded(nearest + step, spec))
        .when(value.is_not_null() & chance.happens(f"edge/{name}/any", profile.edge("any", spec.table)))
        .then(bounded(other + step, spec))
        .otherwise(value)
    )  # fmt: skip


def _tied(world: World, spec: FactSpec, right: str, chance: Chance) -> pl.Expr:
    """The fact equal to the row's other fact, or a step off, for some rows."""
    name = f"tie/{spec.name}/{right}"
    step = chance.pick(f"{name}/step", STEPS[spec.type.kind])
    tied = chance.happens(name, world.profile.number("edges", "tie")) & pl.col(right).is_not_null()
    value = pl.col(spec.name)
    return (
        pl.when(tied & value.is_not_null())
        .then(bounded(pl.col(right) + step, spec))
        .otherwise(value)
    )


__all__ = [
    "ANCHOR", "FEN", "FIRST", "FOUNDED", "INDUSTRY", "MOMENT", "OWNER", "REGION", "YEAR_END",
    "amount", "bounded", "complete", "keyed", "lose", "months_later", "store",
]  # fmt: skip
