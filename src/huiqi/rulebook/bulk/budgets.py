"""What the supports of a region come to: counts by answer and sums of money, and how they are taken.

Sums that could leave 64 bits are taken in 128.
"""

from collections import Counter
from dataclasses import dataclass

import polars as pl

from huiqi.rulebook.bulk.compile import Held, Range, wide
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.policy import Support

Totals = dict[int, Counter[str]]
"""Of each support, by its number: counts of answers and sums in fen."""


@dataclass(frozen=True)
class Budget:
    """One support over a region.

    ``low`` is what is certain, ``high`` what is possible (fen) among the rows whose upper bound is
    known; ``unbounded`` counts the rows where it is not. ``answers`` counts rows by answer.
    """

    support: str
    answers: tuple[int, int, int, int]
    low: int
    high: int
    unbounded: int

    def count(self, answer: Answer) -> int:
        return self.answers[answer]


def floored(term: pl.Expr) -> pl.Expr:
    return term.clip(lower_bound=0)


def sums(
    number: int, support: Support, held: Held, amount: Range | None, rows: int
) -> list[pl.Expr]:
    """Counts by answer and sums of one support."""
    truth = held.truth
    out = [
        truth.sum().alias(f"{number}:yes"),
        truth.is_null().sum().alias(f"{number}:open"),
    ]
    if held.waits is not None:
        judge = truth.is_null() & ~held.waits
        out.append(judge.sum().alias(f"{number}:judge"))
    if amount is None:
        return out
    yes, maybe = truth.fill_null(False), truth.fill_null(True)
    big = support.amount is not None and wide(support.amount, rows)
    if isinstance(amount.low, int):
        out.append((yes.sum().cast(pl.Int128) * max(amount.low, 0)).alias(f"{number}:low"))
    elif amount.low is not None:
        out.append(_total(pl.when(yes).then(floored(amount.low)), big).alias(f"{number}:low"))
    if isinstance(amount.high, int):
        out.append((maybe.sum().cast(pl.Int128) * max(amount.high, 0)).alias(f"{number}:high"))
    elif amount.high is not None:
        high = pl.when(maybe).then(floored(amount.high))
        out.append(_total(high, big).alias(f"{number}:high"))
        out.append((maybe & amount.high.is_null()).sum().alias(f"{number}:unbounded"))
    else:
        out.append(maybe.sum().alias(f"{number}:unbounded"))
    return out


def _total(values: pl.Expr, big: bool) -> pl.Expr:
    """An exact sum; in two halves of 32 bits where 64 could overflow."""
    if not big:
        return values.sum()
    high = (values // 2**32).sum().cast(pl.Int128) * 2**32
    return high + (values % 2**32).sum().cast(pl.Int128)


def budget_from(support: Support, found: Counter[str]) -> Budget:
    yes, open_, judge = found["yes"], found["open"], found["judge"]
    counts = (found["rows"] - yes - open_, yes, open_ - judge, judge)
    return Budget(support.key, counts, found["low"], found["high"], found["unbounded"])


def counted(made: Budget) -> Counter[str]:
    """A budget of the rows that limits decided, as sums to add to others."""
    yes, missing, judge = made.answers[1:]
    return Counter(
        yes=yes, open=missing + judge, judge=judge, low=made.low, high=made.high,
        unbounded=made.unbounded,
    )  # fmt: skip


__all__ = ["Budget", "Totals", "budget_from", "counted", "floored", "sums"]
