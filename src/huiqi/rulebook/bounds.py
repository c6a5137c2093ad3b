"""Static bounds of quantities: what no data can exceed, so that 64-bit integers can't overflow.

Known values outside a fact's bounds are refused when tables are read, hence every intermediate
result of a rule lies within these bounds. A rule that could leave ±2^62 is a problem when loaded.
"""

from collections.abc import Iterable

from huiqi.rulebook.nodes import (
    MILLION,
    Choose,
    Constant,
    Fact,
    Kind,
    Least,
    Minus,
    Most,
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
)

LIMIT = 2**62
# Largest magnitudes a known value may have: ten trillion yuan, a trillion pieces, 1,000 times.
HARD = {Kind.MONEY: 10**15, Kind.COUNT: 10**12, Kind.RATE: 1000 * MILLION}
FIRST_DAY, LAST_DAY = -70_000, 120_000  # years 1778 to 2298

Bounds = tuple[int, int]


def hard_bounds(type_: Type) -> Bounds:
    """The bounds every known value of a type must keep."""
    if type_.kind is Kind.DATE:
        return FIRST_DAY, LAST_DAY
    high = HARD[type_.kind]
    return -high, high


def fact_bounds(fact: Fact) -> Bounds:
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
            days = abs(node.amount) * 366
            return low - days, high + days
        case Choose():
            parts = [value for _, value in node.branches] + [node.otherwise]
            both = [bounds(part) for part in parts]  # type: ignore[arg-type]  # quantities only
            return min(low for low, _ in both), max(high for _, high in both)


def overflows(limits: Iterable[int]) -> bool:
    """Whether any of the numbers leaves what 64 bits hold with a margin."""
    return any(abs(limit) > LIMIT for limit in limits)


def _corners(left: Bounds, right: Bounds) -> Bounds:
    products = [a * b for a in left for b in right]
    return min(products), max(products)

