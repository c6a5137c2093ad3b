"""The columns of a snapshot as people write them, exactly.

Every text reads back to the value it was made of (:func:`huiqi.rulebook.library.values.read_value`).
"""

import polars as pl

from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.language.trees import Tree
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary
from huiqi.rulebook.problems import Problem

YUAN, WAN = 100, 10**6  # fen


def decimal(value: pl.Expr, places: int) -> pl.Expr:
    """A whole number of 10^-places as a plain decimal without trailing zeros."""
    size = int(10**places)
    whole = (value.abs() // size).cast(pl.String)
    part = (value.abs() % size).cast(pl.String).str.zfill(places).str.strip_chars_end("0")
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    point = pl.when(part == "").then(pl.lit("")).otherwise(pl.lit("."))
    return pl.concat_str(sign, whole, point, part)


def money_with_unit(value: pl.Expr, wan: str = "万元", yuan: str = "元") -> pl.Expr:
    """20万元 where the amount is at least one and has at most four decimals of it, else 12.34元."""
    round_enough = (value.abs() >= WAN) & (value % YUAN == 0)
    return (
        pl.when(round_enough)
        .then(decimal(value, 6) + pl.lit(wan))
        .otherwise(decimal(value, 2) + pl.lit(yuan))
    )


def per_cent(value: pl.Expr) -> pl.Expr:
    """5% for 50,000 millionths."""
    return decimal(value, 4) + pl.lit("%")


def dotted(value: pl.Expr) -> pl.Expr:
    """2026.3.5, as offices write dates."""
    return pl.concat_str(
        value.dt.year().cast(pl.String), pl.lit("."), value.dt.month().cast(pl.String),
        pl.lit("."), value.dt.day().cast(pl.String),
    )  # fmt: skip


def yes_no(value: pl.Expr) -> pl.Expr:
    """是 or 否."""
    return pl.when(value).then(pl.lit("是")).when(~value).then(pl.lit("否"))


def named(value: pl.Expr, spec: FactSpec, snapshot: Snapshot, vocabulary: Vocabulary) -> pl.Expr:
    """Names of a closed list, or names of places and industries that mean one node only."""
    if spec.type.kind is Kind.CHOICE:
        words = list(snapshot.lists[spec.type.choices])
    else:
        tree = vocabulary.trees[spec.type.kind]
        words = [name_of(tree, code) for code in snapshot.trees[str(spec.type.kind)]]
    return pl.lit(pl.Series(words, dtype=pl.String)).gather(value.cast(pl.UInt32))


def name_of(tree: Tree, code: str) -> str:
    """The shortest of name, full name and code that finds the node."""
    node = tree.get(code)
    for text in (node.name, node.full_name) if node is not None else ():
        found = tree.find(text)
        if not isinstance(found, Problem) and found.code == code:
            return text
    return code


__all__ = ["dotted", "money_with_unit", "decimal", "name_of", "named", "per_cent", "yes_no"]
