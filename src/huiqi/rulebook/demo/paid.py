"""Payments already made: some of the rows that look entitled.

"Look": the conditions that read closed lists, places, booleans and constants of the row or its owner
are tried, all others are taken as met. The engines alone decide what anyone is entitled to.
"""

import polars as pl

from huiqi.rulebook.bulk.snapshot import ID, PAID
from huiqi.rulebook.demo.chance import Chance
from huiqi.rulebook.demo.generic import OWNER
from huiqi.rulebook.demo.world import Part
from huiqi.rulebook.language.nodes import (
    All,
    Any,
    Choose,
    Compare,
    Condition,
    Constant,
    Fact,
    Inside,
    Kind,
    Least,
    Node,
    Not,
    OneOf,
    Op,
    Plus,
    Scale,
    Truth,
    facts,
)  # fmt: skip
from huiqi.rulebook.library.policy import Form, Support, Times
from huiqi.rulebook.library.vocabulary import Table


def payments(part: Part, table: Table, frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Payments of the supports assessed on a table, from its true rows in the part."""
    out = []
    for support in part.world.supports:
        owned = support.beneficiary == ((table.owner,) if table.is_event else ())
        if (
            support.table == table.name
            and support.form is Form.PAYMENT
            and owned
            and _plain(part, support)
        ):
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
    chosen = frame.filter(wanted.fill_null(False))
    if support.times is Times.ONCE and table.is_event:
        chosen = chosen.unique(OWNER, keep="first", maintain_order=True)
    return chosen.select(
        pl.lit(owner).alias("主体表"),
        subject.cast(PAID["主体"]).alias("主体"),
        pl.lit(support.key).alias("支持"),
        (pl.col(table.key) if table.is_event else pl.lit("")).alias("事项"),
        amount.cast(PAID["金额"]).alias("金额"),
        day.cast(pl.Int32).cast(pl.Date).alias("日期"),
    )


def _plain(part: Part, support: Support) -> bool:
    """Whether its conditions need no figures over a subject's events."""
    specs = [
        part.world.vocabulary.spec(fact) for line in support.lines for fact in facts(line.node)
    ]
    tables = part.world.vocabulary.tables
    return not any(
        spec.definition is not None and not tables[spec.table].is_event for spec in specs
    )


def _amount(part: Part, support: Support, frame: pl.DataFrame) -> pl.Expr | None:
    """What the row is paid, from facts of its own; None where it takes more than that."""
    if support.amount is None or support.discretion:
        return None
    made = _money(part, frame, support.amount)
    return None if made is None else made.clip(0)


def _money(part: Part, frame: pl.DataFrame, node: Node) -> pl.Expr | None:
    match node:
        case Constant(value):
            return pl.lit(value, dtype=pl.Int64)
        case Fact():
            return _column(part, frame, node)
        case Plus(left, right):
            one, two = _money(part, frame, left), _money(part, frame, right)
            return None if one is None or two is None else one + two
        case Scale(item, rate, _):
            scaled = _money(part, frame, item)
            return None if scaled is None else scaled * rate.numerator // rate.denominator
        case Least(items):
            made = [_money(part, frame, item) for item in items]
            known = [item for item in made if item is not None]
            return pl.min_horizontal(known) if len(known) == len(made) else None
        case Choose(branches, otherwise):
            out = _money(part, frame, otherwise)
            for condition, then in reversed(branches):
                looked, paid = _looks(part, frame, condition), _money(part, frame, then)
                if looked is None or paid is None or out is None:
                    return None
                out = pl.when(looked).then(paid).otherwise(out)
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
