"""Static bounds of quantities: what no data can exceed, so that 64-bit integers can't overflow.

Known values outside a fact's bounds are refused when tables are read, hence every intermediate
result of a rule lies within these bounds. A rule that could leave ±2^62 is a problem when loaded.
"""

from collections.abc import Iterable
from typing import Protocol

from huiqi.rulebook.language.nodes import (
    MILLION,
    QUANTITIES,
    Choose,
    Constant,
    Fact,
    Kind,
    Least,
    Minus,
    Most,
    Node,
    Plus,
    Portion,
    Quantity,
    Quotient,
    Round,
    Scale,
    Shift,
    Times,
    Today,
    Type,
    Unit,
    walk,
)

LIMIT = 2**62
# Largest magnitudes a known value may have: ten trillion yuan, a trillion pieces, 1,000 times.
HARD = {Kind.MONEY: 10**15, Kind.COUNT: 10**12, Kind.RATE: 1000 * MILLION}
FIRST_DAY, LAST_DAY = -70_000, 120_000  # years 1778 to 2298

# What one unit of a span can be in days; between two working days lie at most eleven others.
DAYS_AT_MOST = {Unit.DAY: 1, Unit.MONTH: 31, Unit.YEAR: 366, Unit.WORKDAY: 12}
LAST_SHIFT = 700_000  # days from 1970 that a moved date may reach; the calendar's years 1 to 9999

Bounds = tuple[int, int]


def hard_bounds(type_: Type) -> Bounds:
    """The bounds every known value of a type must keep."""
    if type_.kind is Kind.DATE:
        return FIRST_DAY, LAST_DAY
    high = HARD[type_.kind]
    return -high, high


class Bounded(Protocol):
    """A fact or its declaration: a type with declared bounds."""

    @property
    def type(self) -> Type: ...
    @property
    def low(self) -> int | None: ...
    @property
    def high(self) -> int | None: ...


def fact_bounds(fact: Bounded) -> Bounds:
    """Declared bounds where there are any, else the hard ones."""
    low, high = hard_bounds(fact.type)
    return (
        low if fact.low is None else fact.low,
        high if fact.high is None else fact.high,
    )


def bounds(node: Quantity) -> Bounds:
    """The least and greatest value a quantity can take; may exceed LIMIT, which callers check."""
    match node:
        case Constant():
            return node.value, node.value
        case Today():
            return FIRST_DAY, LAST_DAY
        case Fact():
            return fact_bounds(node)
        case Plus():
            (a, b), (c, d) = bounds(node.left), bounds(node.right)
            return a + c, b + d
        case Minus():
            (a, b), (c, d) = bounds(node.left), bounds(node.right)
            return a - d, b - c
        case Times():
            return _corners(bounds(node.left), bounds(node.right))
        case Portion():
            low, high = _corners(bounds(node.item), bounds(node.rate))
            return low // MILLION - 1, high // MILLION + 1
        case Scale():
            low, high = bounds(node.item)
            return int(low * node.rate) - 1, int(high * node.rate) + 1
        case Quotient():
            low, high = bounds(node.item)
            return -(-low // node.divisor) if low < 0 else 0, max(high // node.divisor, 0)
        case Round():
            low, high = bounds(node.item)
            return low - node.step, high + node.step
        case Least():
            both = [bounds(item) for item in node.items]
            return min(low for low, _ in both), min(high for _, high in both)
        case Most():
            both = [bounds(item) for item in node.items]
            return max(low for low, _ in both), max(high for _, high in both)
        case Shift():
            low, high = bounds(node.item)
            days = abs(node.amount) * DAYS_AT_MOST[node.unit]
            return low - days, high + days
        case Choose():
            parts = [value for _, value in node.branches] + [node.otherwise]
            both = [bounds(part) for part in parts]  # type: ignore[arg-type]  # quantities only
            return min(low for low, _ in both), max(high for _, high in both)


def overflows(limits: Iterable[int]) -> bool:
    """Whether any of the numbers leaves what 64 bits hold with a margin."""
    return any(abs(limit) > LIMIT for limit in limits)


def unsafe(node: Node) -> bool:
    """Whether computing a node could leave 64 bits or the calendar, in its result or on the way."""
    return any(unsafe_here(part) for part in walk(node))


def unsafe_here(node: Node) -> bool:
    """The same for the node itself; its parts have been checked."""
    if not isinstance(node, NUMERIC) or node.type.kind not in QUANTITIES:
        return False
    limits = bounds(node)
    if node.type.kind is Kind.DATE:
        return any(abs(limit) > LAST_SHIFT for limit in limits)
    if isinstance(node, Scale):  # the part below one divisor is scaled by itself, doubled to round
        return overflows((*limits, 2 * (node.rate.numerator + 1) * node.rate.denominator))
    if isinstance(node, Portion):
        return overflows((*limits, 2 * MILLION * (bounds(node.rate)[1] + 1)))
    return overflows(limits)


NUMERIC = (
    Fact, Constant, Today, Plus, Minus, Times, Scale, Portion, Quotient, Round, Least, Most, Shift,
    Choose,
)  # fmt: skip


def _corners(left: Bounds, right: Bounds) -> Bounds:
    products = [a * b for a in left for b in right]
    return min(products), max(products)
