"""Payments already made: some of the rows that look entitled.

"Look": the conditions that read closed lists, places, booleans and constants of the row or its owner
are tried, all others are taken as met. The engines alone decide what anyone is entitled to.
"""

import polars as pl

from huiqi.rulebook.demo.chance import Chance
from huiqi.rulebook.demo.generic import OWNER
from huiqi.rulebook.demo.world import Part
from huiqi.rulebook.nodes import (
    All, Any, Choose, Compare, Condition, Constant, Fact, Inside, Kind, Not, OneOf, Op, Truth,
)  # fmt: skip
from huiqi.rulebook.policy import Form, Support
from huiqi.rulebook.snapshot import ID, PAID
from huiqi.rulebook.vocabulary import Table


def payments(part: Part, table: Table, frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Payments of the supports assessed on a table, from its true rows in the part."""
    out = []
    for support in part.world.supports:
        owned = support.beneficiary == ((table.owner,) if table.is_event else ())
        if support.table == table.name and support.form is Form.PAYMENT and owned:
            amount = _amount(part, support, frame)
            if amount is not None:
                out.append(_paid(part, table, support, frame, amount))
    return out


def _paid(
    part: Part, table: Table, support: Support, frame: pl.DataFrame, amount: pl.Expr
) -> pl.DataFrame:
    chance = Chance(f"paid/{support.key}")
    wanted = chance.happens("paid", part.world.profile.number("paid", "share"))
    for line in support.lines:
        looked = _looks(part, frame, line.node)
        if looked is not None:
            wanted = wanted & looked
    moment = pl.col(table.moment) if table.moment else pl.lit(part.world.today - 400)
    day = pl.min_horizontal(moment + chance.whole("day", 60, 300), pl.lit(part.world.today))
    owner = table.owner or table.name
    subject = pl.col(OWNER).cast(pl.Int64) + part.first(owner) if table.is_event else pl.col(ID)
    return frame.filter(wanted.fill_null(False)).select(
        pl.lit(owner).alias("主体表"),
        subject.cast(PAID["主体"]).alias("主体"),
        pl.lit(support.key).alias("支持"),
        (pl.col(table.key) if table.is_event else pl.lit("")).alias("事项"),
        amount.cast(PAID["金额"]).alias("金额"),
        day.cast(pl.Int32).cast(pl.Date).alias("日期"),
    )


def _amount(part: Part, support: Support, frame: pl.DataFrame) -> pl.Expr | None:
    """A fixed amount, or the first grade of the row's own facts; None for everything else."""
    match support.amount:
        case Constant(value):
            return pl.lit(value, dtype=pl.Int64)
        case Choose(branches, Constant(otherwise)):
            out: pl.Expr = pl.lit(otherwise, dtype=pl.Int64)
            for condition, value in reversed(branches):
                looked = _looks(part, frame, condition)
                if looked is None or not isinstance(value, Constant):
                    return None
                out = pl.when(looked).then(value.value).otherwise(out)
            return out
    return None


def _looks(part: Part, frame: pl.DataFrame, node: Condition) -> pl.Expr | None:
    """The condition over columns at hand; None where it needs more."""
    vocabulary = part.world.vocabulary
    match node:
        case All(items):
            parts = [looked for item in items if (looked := _looks(part, frame, item)) is not None]
            return pl.all_horizontal(parts) if parts else None
        case Any(items):
            tried = [_looks(part, frame, item) for item in items]
            known = [looked for looked in tried if looked is not None]
            return pl.any_horizontal(known) if len(known) == len(tried) and known else None
        case Not(item):
            looked = _looks(part, frame, item)
            return None if looked is None else ~looked
        case Truth(fact):
            return _column(part, frame, fact)
        case OneOf(Fact() as fact, values):
            column = _column(part, frame, fact)
            listed = vocabulary.choices.get(fact.type.choices, ())
            codes = [listed.index(value) for value in values if value in listed]
            return None if column is None else column.is_in(codes)
        case Inside(Fact() as fact, codes):
            column = _column(part, frame, fact)
            if column is None:
                return None
            spans = [vocabulary.trees[fact.type.kind].interval(code) for code in codes]
            return pl.any_horizontal([(column >= low) & (column < high) for low, high in spans])
        case Compare(op, Fact() as fact, Constant(value)):
            column = _column(part, frame, fact)
            return None if column is None else _compared(op, column, value)
    return None


def _compared(op: Op, column: pl.Expr, value: int) -> pl.Expr:
    match op:
        case Op.AT_LEAST:
            return column >= value
        case Op.MORE:
            return column > value
        case Op.AT_MOST:
            return column <= value
        case Op.LESS:
            return column < value
        case Op.EQUAL:
            return column == value


def _column(part: Part, frame: pl.DataFrame, fact: Fact) -> pl.Expr | None:
    """The fact's column in the row or in its owner's true row; derived and judged facts have none."""
    spec = part.world.vocabulary.spec(fact)
    if spec.definition is not None or spec.judged or spec.type.kind is Kind.TEXT:
        return None
    if not fact.path:
        return pl.col(fact.name) if fact.name in frame.columns else None
    if fact.path == (fact.table,) and OWNER in frame.columns and fact.table in part.frames:
        return pl.lit(part.frames[fact.table][fact.name]).gather(pl.col(OWNER))
    return None


__all__ = ["payments"]
