"""The reference evaluator: one subject, a plain walk of the nodes that a person can follow.

Three functions, one per family: :meth:`Reference.answer` for conditions, :meth:`Reference.span` for
quantities (an interval where facts are missing, None for no bound) and :meth:`Reference.possible` for
lists and trees (the values that are possible). The columnar engine is held equal to this file by generated
tests; where the two differ, this one is right.
"""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any as Whatever

from huiqi.rulebook.language.answers import Answer, conjunction, disjunction, negate
from huiqi.rulebook.language.bounds import bounds, fact_bounds
from huiqi.rulebook.language.calendar import YearStatus
from huiqi.rulebook.language.dates import shift, year_of
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import (
    MILLION,
    QUANTITIES,
    All,
    Always,
    Any,
    Choose,
    Compare,
    CompareRatio,
    Condition,
    Constant,
    Discrete,
    Fact,
    Inside,
    Kind,
    Label,
    Least,
    Method,
    Minus,
    Most,
    Not,
    OneOf,
    Op,
    Plus,
    Portion,
    Quantity,
    Quotient,
    Round,
    Rounding,
    Scale,
    Shift,
    Statistic,
    Times,
    Today,
    Truth,
    Type,
    Unit,
    walk,
)  # fmt: skip
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary

Span = tuple[int | None, int | None]
"""Least and greatest possible value; None: no bound is known. Equal ends: the value is known."""

Values = frozenset[str] | None
"""The values a list or tree fact can have; None: any."""

UNKNOWN: Span = (None, None)


class Reference:
    """Evaluates nodes on rows for one day of assessment (days since 1970-01-01)."""

    def __init__(self, vocabulary: Vocabulary, today: date) -> None:
        self.vocabulary = vocabulary
        self.today = days(today)

    # ------------------------------------------------------------ entry points

    def answer(self, node: Condition, row: Row) -> Answer:
        """One of the four answers of a condition."""
        return _ANSWERS[type(node)](self, node, row)

    def span(self, node: Quantity, row: Row) -> Span:
        """The interval of a quantity."""
        return _SPANS[type(node)](self, node, row)

    def possible(self, node: Discrete, row: Row) -> Values:
        """The values a list or tree fact can have: one while known, None for any."""
        match node:
            case Label():
                return frozenset((node.value,))
            case Fact():
                return self._discrete(node, row)
            case Choose():
                return self._chosen(node, row)

    def known(self, node: Discrete, row: Row) -> str | None:
        """The one value of a list or tree fact, None while unknown."""
        found = self.possible(node, row)
        return next(iter(found)) if found is not None and len(found) == 1 else None

    # ------------------------------------------------------------ facts

    def home(self, fact: Fact, row: Row) -> Row | None:
        """The row that holds a fact, following its links; None where a link is unknown."""
        at: Row | None = row
        for link in fact.path:
            at = at.links.get(link) if at is not None else None
        return at

    def _fact_answer(self, fact: Fact, row: Row) -> Answer:
        home = self.home(fact, row)
        if home is not None:
            value = home.values.get(fact.name)
            if value is not None:
                return Answer.YES if value is True else Answer.NO
            spec = self.vocabulary.tables[fact.table].facts[fact.name]
            if spec.definition is not None:
                return self._derived(spec, home)  # type: ignore[no-any-return]
        return Answer.JUDGE if fact.judged else Answer.MISSING

    def _fact_span(self, fact: Fact, row: Row) -> Span:
        home = self.home(fact, row)
        if home is not None:
            value = home.values.get(fact.name)
            if value is not None:
                return value, value  # type: ignore[return-value]  # quantities are ints
            spec = self.vocabulary.tables[fact.table].facts[fact.name]
            if spec.definition is not None:
                low, high = self._derived(spec, home)
                return clip(low, fact), clip(high, fact, upper=True)
        return fact.low, fact.high

    def _discrete(self, fact: Fact, row: Row) -> Values:
        home = self.home(fact, row)
        if home is None:
            return None
        value = home.values.get(fact.name)
        if value is not None:
            return frozenset((value,))  # type: ignore[arg-type]  # lists and trees are codes
        spec = self.vocabulary.tables[fact.table].facts[fact.name]
        if spec.definition is not None:
            return self._derived(spec, home)  # type: ignore[no-any-return]
        return None

    def _derived(self, spec: FactSpec, row: Row) -> Whatever:
        """Answer, span or code of a derived fact, computed once per row."""
        cache = row.derived
        if spec.name not in cache:
            cache[spec.name] = self._compute(spec, row)
        return cache[spec.name]

    def _compute(self, spec: FactSpec, row: Row) -> Whatever:
        definition = spec.definition
        if isinstance(definition, Statistic):
            return _statistic(self, definition, spec, row)
        if spec.type.kind is Kind.BOOL:
            return self.answer(definition, row)  # type: ignore[arg-type]  # checked when loaded
        if spec.type.kind in QUANTITIES:
            return self.span(definition, row)  # type: ignore[arg-type]  # checked when loaded
        return self.possible(definition, row)  # type: ignore[arg-type]  # checked when loaded

    def _chosen(self, node: Choose, row: Row) -> Values:
        """The values of all branches that may be taken; an open one may give any of its list."""
        values: set[str] = set()
        parts: list[Values] = []
        for condition, value in node.branches:
            found = self.answer(condition, row)
            if found is not Answer.NO:
                parts.append(self.possible(value, row))  # type: ignore[arg-type]  # discrete
            if found is Answer.YES:
                break
        else:
            parts.append(self.possible(node.otherwise, row))  # type: ignore[arg-type]  # discrete
        everything = self.vocabulary.choices.get(node.type.choices)
        for part in parts:
            if part is None and everything is None:
                return None
            values |= everything_or(part, everything)
        return frozenset(values)


def everything_or(part: Values, everything: tuple[str, ...] | None) -> frozenset[str]:
    """The values of a part; all of its list where it is open."""
    return frozenset(everything or ()) if part is None else part


def clip(end: int | None, fact: Fact | FactSpec, upper: bool = False) -> int | None:
    """One end of a derived interval within the bounds of its fact.

    An end beyond the far bound becomes that bound, so that intervals never turn around. An end beyond
    the near bound becomes the declared bound, or no bound where none is declared: a value that large
    is refused in tables, and every rule relies on it for its sums to stay within 64 bits.
    """
    least, most = fact_bounds(fact)
    declared = fact.high if upper else fact.low
    if end is None or (end > most if upper else end < least):
        return declared
    return max(end, least) if upper else min(end, most)


# -------------------------------------------------------------------- conditions


def _always(self: Reference, node: Always, row: Row) -> Answer:
    return Answer.YES if node.value else Answer.NO


def _truth(self: Reference, node: Truth, row: Row) -> Answer:
    return self._fact_answer(node.fact, row)


def _unknown(item: Discrete) -> Answer:
    return Answer.JUDGE if isinstance(item, Fact) and item.judged else Answer.MISSING


def _membership(item: Discrete, found: Values, wanted: Callable[[str], bool]) -> Answer:
    if found is None:
        return _unknown(item)
    hits = sum(1 for value in found if wanted(value))
    if hits == len(found):
        return Answer.YES
    return Answer.MISSING if hits else Answer.NO


def _one_of(self: Reference, node: OneOf, row: Row) -> Answer:
    return _membership(node.item, self.possible(node.item, row), node.values.__contains__)


def _inside(self: Reference, node: Inside, row: Row) -> Answer:
    tree = self.vocabulary.trees[node.item.type.kind]
    return _membership(
        node.item,
        self.possible(node.item, row),
        lambda value: any(tree.contains(code, value) for code in node.codes),
    )


def compare(op: Op, left: Span, right: Span) -> Answer:
    """Whether every, or no, pair of values in two intervals meets a comparison."""
    (a, b), (c, d) = left, right
    if op is Op.AT_MOST or op is Op.LESS:
        (a, b), (c, d) = (c, d), (a, b)
        op = Op.AT_LEAST if op is Op.AT_MOST else Op.MORE
    if op is Op.AT_LEAST:
        if a is not None and d is not None and a >= d:
            return Answer.YES
        return Answer.NO if b is not None and c is not None and b < c else Answer.MISSING
    if op is Op.MORE:
        if a is not None and d is not None and a > d:
            return Answer.YES
        return Answer.NO if b is not None and c is not None and b <= c else Answer.MISSING
    if a is not None and a == b == c == d:
        return Answer.YES
    apart = (b is not None and c is not None and b < c) or (
        a is not None and d is not None and a > d
    )
    return Answer.NO if apart else Answer.MISSING


def _compare(self: Reference, node: Compare, row: Row) -> Answer:
    return compare(node.op, self.span(node.left, row), self.span(node.right, row))


def _compare_ratio(self: Reference, node: CompareRatio, row: Row) -> Answer:
    (a, b), (c, d) = self.span(node.left, row), self.span(node.right, row)
    if c is None or c <= 0:
        return Answer.MISSING  # the divisor is zero or may be: no ratio can be told
    up, down = node.rate.numerator, node.rate.denominator
    left = (a * down if a is not None else None, b * down if b is not None else None)
    return compare(node.op, left, (c * up, d * up if d is not None else None))


def _not(self: Reference, node: Not, row: Row) -> Answer:
    return negate(self.answer(node.item, row))


def _all(self: Reference, node: All, row: Row) -> Answer:
    return conjunction(self.answer(item, row) for item in node.items)


def _any(self: Reference, node: Any, row: Row) -> Answer:
    return disjunction(self.answer(item, row) for item in node.items)


# -------------------------------------------------------------------- quantities


def _constant(self: Reference, node: Constant, row: Row) -> Span:
    return node.value, node.value


def _today(self: Reference, node: Today, row: Row) -> Span:
    return self.today, self.today


def _fact(self: Reference, node: Fact, row: Row) -> Span:
    return self._fact_span(node, row)


def _plus(self: Reference, node: Plus, row: Row) -> Span:
    (a, b), (c, d) = self.span(node.left, row), self.span(node.right, row)
    return (
        a + c if a is not None and c is not None else None,
        b + d if b is not None and d is not None else None,
    )


def _minus(self: Reference, node: Minus, row: Row) -> Span:
    (a, b), (c, d) = self.span(node.left, row), self.span(node.right, row)
    return (
        a - d if a is not None and d is not None else None,
        b - c if b is not None and c is not None else None,
    )


def _times(self: Reference, node: Times, row: Row) -> Span:
    (a, b), (c, d) = self.span(node.left, row), self.span(node.right, row)
    return (
        a * c if a is not None and c is not None else None,
        b * d if b is not None and d is not None else None,
    )


def rounded(value: Fraction, rounding: Rounding) -> int:
    """A whole number, symmetrical about zero: 舍去 toward it, 进位 away, 四舍五入 half away."""
    size = abs(value)
    match rounding:
        case Rounding.DOWN:
            whole = size.numerator // size.denominator
        case Rounding.UP:
            whole = -(-size.numerator // size.denominator)
        case Rounding.HALF_UP:
            whole = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    return whole if value >= 0 else -whole


def _scale(self: Reference, node: Scale, row: Row) -> Span:
    low, high = self.span(node.item, row)
    return (
        None if low is None else rounded(low * node.rate, node.rounding),
        None if high is None else rounded(high * node.rate, node.rounding),
    )


def _portion(self: Reference, node: Portion, row: Row) -> Span:
    (a, b), (c, d) = self.span(node.item, row), self.span(node.rate, row)
    return (
        rounded(Fraction(a * c, MILLION), node.rounding)
        if a is not None and c is not None
        else None,
        rounded(Fraction(b * d, MILLION), node.rounding)
        if b is not None and d is not None
        else None,
    )


def _quotient(self: Reference, node: Quotient, row: Row) -> Span:
    low, high = self.span(node.item, row)
    return (
        None if low is None else rounded(Fraction(low, node.divisor), Rounding.DOWN),
        None if high is None else rounded(Fraction(high, node.divisor), Rounding.DOWN),
    )


def _round(self: Reference, node: Round, row: Row) -> Span:
    low, high = self.span(node.item, row)
    return (
        None if low is None else rounded(Fraction(low, node.step), node.rounding) * node.step,
        None if high is None else rounded(Fraction(high, node.step), node.rounding) * node.step,
    )


def _least(self: Reference, node: Least, row: Row) -> Span:
    spans = [self.span(item, row) for item in node.items]
    return lowest([low for low, _ in spans]), _smallest([high for _, high in spans])


def _most(self: Reference, node: Most, row: Row) -> Span:
    spans = [self.span(item, row) for item in node.items]
    return _largest([low for low, _ in spans]), highest([high for _, high in spans])


def lowest(bounds: list[int | None]) -> int | None:
    """The least lower bound; no bound if any has none."""
    return None if None in bounds else min(bounds)  # type: ignore[type-var]  # no None left


def highest(bounds: list[int | None]) -> int | None:
    """The greatest upper bound; no bound if any has none."""
    return None if None in bounds else max(bounds)  # type: ignore[type-var]  # no None left


def _smallest(bounds: list[int | None]) -> int | None:
    """The least of those bounds that are known."""
    return min((bound for bound in bounds if bound is not None), default=None)


def _largest(bounds: list[int | None]) -> int | None:
    """The greatest of those bounds that are known."""
    return max((bound for bound in bounds if bound is not None), default=None)


def _shift(self: Reference, node: Shift, row: Row) -> Span:
    calendar = self.vocabulary.calendar
    low, high = self.span(node.item, row)
    return (
        None if low is None else shift(low, node.amount, node.unit, calendar),
        None if high is None else shift(high, node.amount, node.unit, calendar),
    )


def provisional_years(reference: Reference, node: Condition, row: Row) -> tuple[int, ...]:
    """The years whose working days a condition counted and whose holidays are not yet announced."""
    calendar = reference.vocabulary.calendar
    counted: set[int] = set()
    for item in walk(node):
        if isinstance(item, Shift) and item.unit is Unit.WORKDAY:
            for start, end in zip(
                reference.span(item.item, row), reference.span(item, row), strict=True
            ):
                if start is not None and end is not None:
                    first, last = sorted((year_of(start), year_of(end)))
                    counted.update(range(first, last + 1))
    return tuple(one for one in sorted(counted) if calendar.status(one) is YearStatus.PROVISIONAL)


def _choose(self: Reference, node: Choose, row: Row) -> Span:
    spans = []
    for condition, value in node.branches:
        found = self.answer(condition, row)
        if found is not Answer.NO:
            spans.append(self.span(value, row))  # type: ignore[arg-type]  # a quantity by type
        if found is Answer.YES:
            break
    else:
        spans.append(self.span(node.otherwise, row))  # type: ignore[arg-type]  # a quantity
    return lowest([low for low, _ in spans]), highest([high for _, high in spans])


_ANSWERS: dict[type, Callable[[Reference, Whatever, Row], Answer]] = {
    Always: _always, Truth: _truth, OneOf: _one_of, Inside: _inside, Compare: _compare,
    CompareRatio: _compare_ratio, Not: _not, All: _all, Any: _any,
}  # fmt: skip
_SPANS: dict[type, Callable[[Reference, Whatever, Row], Span]] = {
    Constant: _constant, Today: _today, Fact: _fact, Plus: _plus, Minus: _minus, Times: _times,
    Scale: _scale, Portion: _portion, Quotient: _quotient, Round: _round, Least: _least,
    Most: _most, Shift: _shift, Choose: _choose,
}  # fmt: skip


# -------------------------------------------------------------------- statistics over events


def _statistic(self: Reference, made: Statistic, spec: FactSpec, row: Row) -> Whatever:
    """A fact over a subject's events, or over the earlier siblings of an event."""
    earlier = made.method in (Method.EARLIER_COUNT, Method.EARLIER_SUM, Method.EARLIER_MAX)
    rows: list[Row]
    if earlier:
        owner = row.links.get(self.vocabulary.tables[made.event].owner)
        rows = [
            item for item in (owner.events.get(made.event, []) if owner else []) if item is not row
        ]
        found = [(item, _matches_earlier(self, made, item, row)) for item in rows]
    else:
        rows = row.events.get(made.event, [])
        found = [(item, self.answer(made.where, item)) for item in rows]
    certain = [item for item, answer in found if answer is Answer.YES]
    possible = [item for item, answer in found if answer is not Answer.NO]
    match made.method:
        case Method.EXISTS:
            if certain:
                return Answer.YES
            closed = made.empty_is_zero and not made.more
            return Answer.MISSING if possible or not closed else Answer.NO
        case Method.COUNT | Method.EARLIER_COUNT:
            empty: Span = (0, 0) if made.empty_is_zero else (spec.low, spec.high)
            if not possible:
                return empty[0], None if made.more else empty[1]
            least: int | None = len(certain)
            most: int | None = len(possible)
            if not certain:  # perhaps none of them matches, and then nothing is known
                least, most = lowest([least, empty[0]]), highest([most, empty[1]])
            return least, None if made.more else most
        case Method.LATEST:
            return _latest(self, made, spec, certain, possible)
    low, high = _over_values(self, made, spec, certain, possible)
    if not made.more:
        return low, high
    # Events nobody recorded may lie beyond the outermost known one, and there may be one.
    if made.method in (Method.SUM, Method.EARLIER_SUM):
        return (None if bounds(made.value)[0] < 0 else low), None  # type: ignore[arg-type]
    if not certain:
        return spec.low, spec.high
    return (None, high) if made.method in (Method.MIN, Method.FIRST) else (low, None)


def _over_values(
    self: Reference, made: Statistic, spec: FactSpec, certain: list[Row], possible: list[Row]
) -> Span:
    """Sum, greatest or least of a value over the events that match or may match."""
    assert made.value is not None
    empty: Span = (0, 0)
    if not made.empty_is_zero or spec.type.kind is Kind.DATE:
        empty = (spec.low, spec.high)
    sure = [self.span(made.value, item) for item in certain]  # type: ignore[arg-type]
    maybe = [self.span(made.value, item) for item in possible]  # type: ignore[arg-type]
    if made.method in (Method.SUM, Method.EARLIER_SUM):
        return _sum(self, made, certain, possible, empty)
    if not maybe:
        return empty
    if not sure:
        return (
            lowest([empty[0], *(low for low, _ in maybe)]),
            highest([empty[1], *(high for _, high in maybe)]),
        )
    if made.method in (Method.MIN, Method.FIRST):
        return lowest([low for low, _ in maybe]), _smallest([high for _, high in sure])
    return _largest([low for low, _ in sure]), highest([high for _, high in maybe])


def _matches_earlier(self: Reference, made: Statistic, item: Row, row: Row) -> Answer:
    """Whether a sibling happened before the row, has the same marks and meets the condition."""
    assert made.order is not None
    answers = [self.answer(made.where, item)]
    (a, b), (c, d) = self.span(made.order, item), self.span(made.order, row)
    if a is None or c is None or a != b or c != d:
        answers.append(Answer.MISSING)
    else:
        before = (a, item.key) < (c, row.key)
        answers.append(Answer.YES if before else Answer.NO)
    for fact in made.same:
        answers.append(_equal(self, fact, item, row))
    return conjunction(answers)


def _equal(self: Reference, fact: Fact, item: Row, row: Row) -> Answer:
    if fact.type.kind is Kind.BOOL:
        one, two = self._fact_answer(fact, item), self._fact_answer(fact, row)
        if one not in (Answer.YES, Answer.NO) or two not in (Answer.YES, Answer.NO):
            return Answer.MISSING
        return Answer.YES if one is two else Answer.NO
    if fact.type.kind in QUANTITIES:
        return compare(Op.EQUAL, self.span(fact, item), self.span(fact, row))
    first, second = self.known(fact, item), self.known(fact, row)
    if first is None or second is None:
        return Answer.MISSING
    return Answer.YES if first == second else Answer.NO


def _sum(
    self: Reference, made: Statistic, certain: list[Row], possible: list[Row], empty: Span
) -> Span:
    """Rows that may count add only what they could take off below, or put on above."""
    if not possible:
        return empty
    low: int | None = 0
    high: int | None = 0
    for item in possible:
        a, b = self.span(made.value, item)  # type: ignore[arg-type]  # a quantity by type
        if item not in certain:
            a = None if a is None else min(a, 0)
            b = None if b is None else max(b, 0)
        low = None if low is None or a is None else low + a
        high = None if high is None or b is None else high + b
    if not certain:  # perhaps none of them matches
        return lowest([low, empty[0]]), highest([high, empty[1]])
    return low, high


def _latest(
    self: Reference, made: Statistic, spec: FactSpec, certain: list[Row], possible: list[Row]
) -> Whatever:
    """The value of the latest matching event; unknown while it is open which one that is."""
    assert made.order is not None
    assert made.value is not None
    orders = [(self.span(made.order, item), item) for item in certain]
    open_ = len(possible) > len(certain) or any(a is None or a != b for (a, b), _ in orders)
    if open_ or made.more or not orders:
        if spec.type.kind is Kind.BOOL:
            return Answer.MISSING
        return (spec.low, spec.high) if spec.type.kind in QUANTITIES else None
    last = max(orders, key=lambda pair: (pair[0][0] or 0, pair[1].key))[1]
    if spec.type.kind is Kind.BOOL:
        return self._fact_answer(made.value, last)  # type: ignore[arg-type]  # a fact by type
    if spec.type.kind in QUANTITIES:
        return self.span(made.value, last)  # type: ignore[arg-type]  # a quantity by type
    return self.possible(made.value, last)  # type: ignore[arg-type]  # discrete by type


__all__ = [
    "Reference", "Span", "Type", "UNKNOWN", "clip", "compare", "highest", "lowest", "rounded",
]  # fmt: skip
