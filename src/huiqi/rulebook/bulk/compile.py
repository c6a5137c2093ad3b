"""Nodes -> Polars expressions over one assembled table. One function per node, as in the reference.

How answers and intervals look in columns:

* a condition is a nullable Boolean (null: open). Where judged facts take part, a second Boolean says
  whether an open row waits for facts (true) or only for judgement (false);
* a quantity is a pair of Int64 expressions, lower and upper bound, null for no bound; a plain Python
  int where the value is constant, so that constants fold;
* a stored list or tree fact is its code, null for unknown; a derived list fact is a bit mask of the
  values still possible.

Columns of an assembled table are named by :attr:`Fact.column`; derived facts have the suffixes below.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache, reduce
from operator import and_, or_

import polars as pl

from huiqi.rulebook.bulk.once import Once
from huiqi.rulebook.bulk.tabulate import tabulated
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.bounds import LIMIT, bounds
from huiqi.rulebook.language.calendar import Calendar
from huiqi.rulebook.language.dates import shift
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
    Times,
    Today,
    Truth,
    Unit,
    facts,
)
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.reference.evaluator import compare, rounded

LOW, HIGH, TRUTH, MASK, CODE = "\u00b7下", "\u00b7上", "\u00b7答", "\u00b7集", "\u00b7码"
"""Suffixes of derived columns: lower and upper bound, answer, possible values, tree code."""

Term = pl.Expr | int | None
"""One end of an interval; None: no bound for any row."""


@dataclass(frozen=True)
class Codes:
    """What the numbers in a snapshot's code columns mean."""

    lists: Mapping[str, Sequence[str]]
    trees: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Range:
    """A quantity in columns. ``exact``: both ends are the same expression."""

    low: Term
    high: Term

    @property
    def exact(self) -> bool:
        return self.low is self.high


@dataclass(frozen=True)
class Held:
    """A condition in columns: ``truth`` nullable; ``waits`` only where judged facts take part."""

    truth: pl.Expr
    waits: pl.Expr | None = None


Tables = Once[Choose, pl.Expr | None]
"""Large choices as look-ups; None where one can't be one."""


class Compiler:
    """Makes expressions for one assembled table.

    ``present`` are the columns that table has; a fact whose column is missing is unknown everywhere.
    ``today`` is the day of assessment in days since 1970-01-01. ``tables`` is shared by the compilers
    of a run; without it no choice is tabulated.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        codes: Codes,
        today: int,
        present: frozenset[str],
        tables: Tables | None = None,
    ) -> None:
        self.vocabulary, self.codes, self.today, self.present = vocabulary, codes, today, present
        self.tables = tables
        self.conditions: dict[Condition, Held] = {}

    # ------------------------------------------------------------ conditions

    def condition(self, node: Condition) -> Held:
        """The condition in columns."""
        if node in self.conditions:
            return self.conditions[node]
        made = self._condition(node)
        self.conditions[node] = made
        return made

    def _condition(self, node: Condition) -> Held:
        match node:
            case Always():
                return Held(pl.lit(node.value))
            case Truth():
                return self._truth(node.fact)
            case OneOf():
                return self._one_of(node.item, node.values)
            case Inside():
                return self._inside(node.item, node.codes)
            case Compare():
                return Held(self._compare(node))
            case CompareRatio():
                return Held(self._ratio(node))
            case Not():
                inner = self.condition(node.item)
                return Held(~inner.truth, inner.waits)
            case All():
                return self._join(node.items, and_)
            case Any():
                return self._join(node.items, or_)

    def _join(
        self, items: Sequence[Condition], operator: Callable[[pl.Expr, pl.Expr], pl.Expr]
    ) -> Held:
        """Kleene's and/or is Polars' own; an open result waits if any open part waits."""
        if not items:
            return Held(pl.lit(operator is and_))
        held = [self.condition(item) for item in items]
        truth = reduce(operator, [part.truth for part in held])
        if all(part.waits is None for part in held):
            return Held(truth)
        waiting = [
            part.truth.is_null() if part.waits is None else part.waits & part.truth.is_null()
            for part in held
        ]
        return Held(truth, truth.is_null() & reduce(or_, waiting))

    def _truth(self, fact: Fact) -> Held:
        if fact.column + TRUTH in self.present:
            return Held(pl.col(fact.column + TRUTH))
        column = self._column(fact, pl.Boolean())
        return Held(column, pl.lit(False)) if fact.judged else Held(column)

    def _column(self, fact: Fact, dtype: pl.DataType) -> pl.Expr:
        if fact.column in self.present:
            return pl.col(fact.column)
        return pl.lit(None, dtype=dtype)

    # ------------------------------------------------------------ lists and trees

    def _one_of(self, item: Discrete, values: frozenset[str]) -> Held:
        listed = self.codes.lists.get(item.type.choices, ())
        wanted = [index for index, value in enumerate(listed) if value in values]
        if isinstance(item, Fact) and item.column + MASK not in self.present:
            truth = _is_one_of(self._column(item, pl.UInt16()), wanted)
            return Held(truth, pl.lit(False)) if item.judged else Held(truth)
        mask = self.mask(item)
        inside = sum(1 << index for index in wanted)
        return Held(
            pl.when((mask & ~inside) == 0)
            .then(True)
            .when((mask & inside) == 0)
            .then(False)
            .otherwise(None)
        )

    def mask(self, item: Discrete) -> pl.Expr:
        """The values a list fact may have, as bits of its list; null while it may be any.

        Null and all bits differ: a choice between branches that leaves every value possible is known
        to be one of them, a fact that nobody stated is not known at all.
        """
        listed = self.codes.lists.get(item.type.choices, ())
        match item:
            case Label():
                return pl.lit(1 << listed.index(item.value), dtype=pl.Int64)
            case Fact():
                if item.column + MASK in self.present:
                    return pl.col(item.column + MASK)
                return bit(self._column(item, pl.UInt16()))
            case Choose():
                return self._tabulated(item)

    def _tabulated(self, item: Choose) -> pl.Expr:
        """A large choice as a look-up, filled once for a run and set of columns."""
        if self.tables is None:
            return self._masked(item)
        if not all(self._is_stored(fact) for fact in facts(item)):
            return self._masked(item)
        made = self.tables.of(
            item,
            lambda: tabulated(
                item,
                self.today,
                lambda node: frozenset(self._members(node)),
                lambda fact: len(self._listed(fact)),
                Compiler(self.vocabulary, self.codes, self.today, self.present)._masked,
            ),
        )
        return self._masked(item) if made is None else made

    def _is_stored(self, fact: Fact) -> bool:
        computed = (fact.column + suffix for suffix in (LOW, TRUTH, MASK, CODE))
        return fact.column in self.present and not any(name in self.present for name in computed)

    def _masked(self, item: Choose) -> pl.Expr:
        """The values of all branches that may be the one taken."""
        parts = [value for _, value in item.branches] + [item.otherwise]
        everything = (1 << len(self._listed(item))) - 1
        masks = [
            pl.when(possible)
            .then(self.mask(part).fill_null(everything))  # type: ignore[arg-type]
            .otherwise(0)
            for part, possible in zip(parts, self._possible(item), strict=True)
        ]
        return reduce(or_, masks)

    def _listed(self, item: Discrete) -> Sequence[str]:
        """What the codes of a list or tree mean."""
        if item.type.kind is Kind.CHOICE:
            return self.codes.lists.get(item.type.choices, ())
        return self.codes.trees[str(item.type.kind)]

    def _members(self, node: Inside | OneOf) -> list[int]:
        """The codes a condition on a list or tree names."""
        listed = self._listed(node.item)
        if isinstance(node, OneOf):
            return [index for index, value in enumerate(listed) if value in node.values]
        tree = self.vocabulary.trees[node.item.type.kind]
        spans = [tree.interval(outer) for outer in node.codes]
        places = tree.positions()
        return [
            index
            for index, code in enumerate(listed)
            if (place := places.get(code)) is not None
            and any(low <= place < high for low, high in spans)
        ]

    def _possible(self, item: Choose) -> list[pl.Expr]:
        """Per branch, and for the rest: may it be the one taken? Never null.

        Written flat, branch by branch: nesting each branch in the next would double the expression
        every time.
        """
        out: list[pl.Expr] = []
        before: pl.Expr | None = None  # an earlier branch holds for certain
        for condition, _ in item.branches:
            held = self.condition(condition).truth
            free = held.fill_null(True)
            out.append(free if before is None else free & ~before)
            sure = held.fill_null(False)
            before = sure if before is None else before | sure
        out.append(pl.lit(True) if before is None else ~before)
        return out

    def code(self, item: Discrete) -> pl.Expr:
        """The code of a tree value, null while unknown."""
        if isinstance(item, Fact):
            if item.column + CODE in self.present:
                return pl.col(item.column + CODE)
            return self._column(item, pl.UInt16())
        raise TypeError(f"not a tree fact: {item}")  # refused when the vocabulary is loaded

    def _inside(self, item: Discrete, codes: frozenset[str]) -> Held:
        truth = _is_one_of(self.code(item), self._members(Inside(item, codes)))
        judged = isinstance(item, Fact) and item.judged
        return Held(truth, pl.lit(False)) if judged else Held(truth)

    # ------------------------------------------------------------ comparisons

    def _compare(self, node: Compare) -> pl.Expr:
        left, right = self.range(node.left), self.range(node.right)
        plain = self._plain(node)
        if plain is not None:
            return plain
        if left.exact and right.exact:
            return _exact(node.op, left.low, right.low)
        return _interval(node.op, left, right)

    def _plain(self, node: Compare) -> pl.Expr | None:
        """A stored fact against a constant: one comparison, the unknown decided once."""
        left, right, op = node.left, node.right, node.op
        if not isinstance(left, Fact):
            left, right, op = right, left, _MIRROR[op]
        if not isinstance(left, Fact) or isinstance(right, Fact):
            return None
        if left.column + LOW in self.present or left.column not in self.present:
            return None
        other = self.range(right)  # a constant or the day of assessment
        if not (other.exact and isinstance(other.low, int)):
            return None
        open_ = compare(op, (left.low, left.high), (other.low, other.low))
        made = _exact(op, self._stored(left), other.low)
        return made if open_ is Answer.MISSING else made.fill_null(open_ is Answer.YES)

    def _ratio(self, node: CompareRatio) -> pl.Expr:
        """Cross-multiplied, in 128 bits where 64 may not do; where the divisor may be zero nothing is
        decided."""
        left, right = self.range(node.left), self.range(node.right)
        up, down = node.rate.numerator, node.rate.denominator
        ends = [*bounds(node.left), *bounds(node.right)]
        long = max(abs(end) for end in ends) * max(up, down) > LIMIT
        scaled = Range(_scaled_up(left.low, down, long), _scaled_up(left.high, down, long))
        other = Range(_scaled_up(right.low, up, long), _scaled_up(right.high, up, long))
        if left.exact:
            scaled = Range(scaled.low, scaled.low)
        if right.exact:
            other = Range(other.low, other.low)
        made = _interval(node.op, scaled, other)
        if isinstance(right.low, int):
            return made if right.low > 0 else pl.lit(None, dtype=pl.Boolean())
        return pl.when(_expr(right.low) > 0).then(made).otherwise(None)

    # ------------------------------------------------------------ quantities

    def _stored(self, fact: Fact) -> pl.Expr:
        column = self._column(fact, pl.Int64())
        if fact.type.kind is Kind.DATE:
            return column.to_physical().cast(pl.Int64)
        return column

    def range(self, node: Quantity) -> Range:
        """The interval of a quantity in columns."""
        match node:
            case Constant():
                return _constant(node.value)
            case Today():
                return _constant(self.today)
            case Fact():
                return self._fact(node)
            case Plus():
                a, b = self.range(node.left), self.range(node.right)
                return _pair(a, b, _add(a.low, b.low), lambda: _add(a.high, b.high))
            case Minus():
                a, b = self.range(node.left), self.range(node.right)
                return _pair(a, b, _subtract(a.low, b.high), lambda: _subtract(a.high, b.low))
            case Times():
                a, b = self.range(node.left), self.range(node.right)
                return _pair(a, b, _multiply(a.low, b.low), lambda: _multiply(a.high, b.high))
            case Scale():
                up, down = node.rate.numerator, node.rate.denominator
                return self._each(node.item, lambda term: _scaled(term, up, down, node.rounding))
            case Portion():
                a, b = self.range(node.item), self.range(node.rate)
                return _pair(
                    a,
                    b,
                    _portion(a.low, b.low, node.rounding),
                    lambda: _portion(a.high, b.high, node.rounding),
                )
            case Quotient():
                return self._each(
                    node.item, lambda term: _scaled(term, 1, node.divisor, Rounding.DOWN)
                )
            case Round():
                return self._each(
                    node.item,
                    lambda term: _times(_scaled(term, 1, node.step, node.rounding), node.step),
                )
            case Least():
                return self._fold(node.items, least=True)
            case Most():
                return self._fold(node.items, least=False)
            case Shift():
                return self._each(node.item, lambda term: self._shift(term, node))
            case Choose():
                return self._choose(node)

    def _each(self, item: Quantity, change: object) -> Range:
        inner = self.range(item)
        low = change(inner.low)  # type: ignore[operator]  # a function of one term
        return Range(low, low if inner.exact else change(inner.high))  # type: ignore[operator]

    def _fact(self, fact: Fact) -> Range:
        if fact.column + LOW in self.present:
            low, high = pl.col(fact.column + LOW), pl.col(fact.column + HIGH)
            if fact.path:  # where the link is unknown, only the declared bounds are known
                low = low if fact.low is None else low.fill_null(fact.low)
                high = high if fact.high is None else high.fill_null(fact.high)
            return Range(low, high)
        if fact.column not in self.present:
            return Range(fact.low, fact.high)
        column = self._stored(fact)
        if fact.low is None and fact.high is None:
            return Range(column, column)
        return Range(
            column if fact.low is None else column.fill_null(fact.low),
            column if fact.high is None else column.fill_null(fact.high),
        )

    def _fold(self, items: Sequence[Quantity], least: bool) -> Range:
        parts = [self.range(item) for item in items]
        near = outermost if least else _known_bounds
        far = _known_bounds if least else outermost
        low = near([part.low for part in parts], least)
        if all(part.exact for part in parts) and len(parts) == 1:
            return Range(low, low)
        return Range(low, far([part.high for part in parts], least))

    def _choose(self, node: Choose) -> Range:
        """The hull of all branches that may be taken."""
        parts = [value for _, value in node.branches] + [node.otherwise]
        ranges = [self.range(part) for part in parts]  # type: ignore[arg-type]  # quantities
        possible = self._possible(node)
        return Range(
            _hull(possible, [part.low for part in ranges], least=True),
            _hull(possible, [part.high for part in ranges], least=False),
        )

    def _shift(self, term: Term, node: Shift) -> Term:
        if term is None:
            return None
        if isinstance(term, int):
            return shift(term, node.amount, node.unit, self.vocabulary.calendar)
        if node.unit is Unit.DAY:
            return term + node.amount
        if node.unit is Unit.WORKDAY:
            return self._workdays(term, node.amount)
        months = node.amount * (12 if node.unit is Unit.YEAR else 1)
        moved = term.cast(pl.Int32).cast(pl.Date).dt.offset_by(f"{months}mo")
        return moved.to_physical().cast(pl.Int64)

    def _workdays(self, term: pl.Expr, amount: int) -> pl.Expr:
        """Working days through a table of every day the calendar covers; null outside it."""
        table = workday_table(self.vocabulary.calendar, amount)
        return term.replace_strict(table[0], table[1], default=None, return_dtype=pl.Int64)


# -------------------------------------------------------------------- pieces


_MIRROR = {Op.AT_LEAST: Op.AT_MOST, Op.AT_MOST: Op.AT_LEAST, Op.MORE: Op.LESS, Op.LESS: Op.MORE,
           Op.EQUAL: Op.EQUAL}  # fmt: skip


@cache
def workday_table(calendar: Calendar, amount: int) -> tuple[list[int], list[int]]:
    """Each covered day and that day moved by ``amount`` working days."""
    covered, moved = [], []
    years = calendar.years()
    if not years:
        return [0], [0]
    for day in range(days(date(years[0], 1, 1)), days(date(years[-1], 12, 31)) + 1):
        found = shift(day, amount, Unit.WORKDAY, calendar)
        if found is not None:
            covered.append(day)
            moved.append(found)
    return covered, moved


def _constant(value: int) -> Range:
    return Range(value, value)


def bit(code: pl.Expr) -> pl.Expr:
    """The mask that holds only this code; exact, as 64-bit powers of two are."""
    return pl.lit(2, dtype=pl.Int64).pow(code.cast(pl.Int64)).cast(pl.Int64)


def single(mask: pl.Expr) -> pl.Expr:
    """Whether a mask leaves one value; null where nothing is known."""
    return (mask & (mask - 1)) == 0


def only(mask: pl.Expr, size: int) -> pl.Expr:
    """The code of a mask that leaves one value of a list of ``size``, else null."""
    codes = list(range(size))
    bits = [1 << code for code in codes]
    return mask.replace_strict(bits, codes, default=None, return_dtype=pl.UInt16)


def _expr(term: Term) -> pl.Expr:
    if term is None:
        return pl.lit(None, dtype=pl.Int64)
    return pl.lit(term, dtype=pl.Int64) if isinstance(term, int) else term


def _is_one_of(column: pl.Expr, wanted: list[int]) -> pl.Expr:
    """Membership of a code; null stays null. Neighbouring codes become one interval."""
    runs: list[list[int]] = []
    for index in wanted:
        if runs and runs[-1][1] == index - 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    if not runs:
        return pl.when(column.is_null()).then(None).otherwise(False)
    if len(runs) > 4:
        return column.is_in(wanted)
    parts = [
        column == first
        if first == last
        else column <= last
        if first == 0
        else (column >= first) & (column <= last)
        for first, last in runs
    ]
    return reduce(or_, parts)


def _exact(op: Op, left: Term, right: Term) -> pl.Expr:
    a, b = _expr(left), _expr(right)
    if isinstance(left, int) and isinstance(right, int):
        return pl.lit(compare(op, (left, left), (right, right)) is Answer.YES)
    match op:
        case Op.AT_LEAST:
            return a >= b
        case Op.MORE:
            return a > b
        case Op.AT_MOST:
            return a <= b
        case Op.LESS:
            return a < b
        case Op.EQUAL:
            return a == b


def _interval(op: Op, left: Range, right: Range) -> pl.Expr:
    """Decided where the whole of both intervals decides it."""
    if left.exact and right.exact:
        return _exact(op, left.low, right.low)
    if op in (Op.AT_MOST, Op.LESS):
        left, right, op = right, left, _MIRROR[op]
    a, b = _expr(left.low), _expr(left.high)
    c, d = _expr(right.low), _expr(right.high)
    if op is Op.EQUAL:
        yes, no = (
            (a == b) & (c == d) & (a == c),
            (b < c).fill_null(False) | (a > d).fill_null(False),
        )
    elif op is Op.AT_LEAST:
        yes, no = a >= d, b < c
    else:
        yes, no = a > d, b <= c
    return pl.when(yes).then(True).when(no).then(False).otherwise(None)


def _pair(a: Range, b: Range, low: Term, high: object) -> Range:
    """A result of two ranges; computed once where both are exact."""
    if a.exact and b.exact:
        return Range(low, low)
    return Range(low, high())  # type: ignore[operator]  # a function without arguments


def _add(a: Term, b: Term) -> Term:
    return None if a is None or b is None else a + b


def _subtract(a: Term, b: Term) -> Term:
    return None if a is None or b is None else a - b


def _multiply(a: Term, b: Term) -> Term:
    return None if a is None or b is None else a * b


def _times(term: Term, factor: int) -> Term:
    return None if term is None else term * factor if factor != 1 else term


def _scaled_up(term: Term, factor: int, long: bool) -> Term:
    """A term times a whole number, in 128 bits where ``long``."""
    if not long or term is None:
        return _times(term, factor)
    wider = pl.lit(term, dtype=pl.Int128) if isinstance(term, int) else term.cast(pl.Int128)
    return wider * pl.lit(factor, dtype=pl.Int128)


def _scaled(term: Term, up: int, down: int, rounding: Rounding) -> Term:
    """term × up ÷ down, rounded symmetrically about zero, without overflow on the way."""
    if term is None:
        return None
    if isinstance(term, int):
        return rounded(Fraction(term * up, down), rounding)
    if down == 1:
        return term * up
    size, sign = term.abs(), term.sign()
    whole = (size // down) * up
    rest = (size % down) * up
    return (whole + _rounded_up(rest, down, rounding)) * sign


def _portion(a: Term, b: Term, rounding: Rounding) -> Term:
    """a × b millionths; both are never negative."""
    if a is None or b is None:
        return None
    if isinstance(b, int):
        return _scaled(a, b, MILLION, rounding)
    size = _expr(a)
    return (size // MILLION) * b + _rounded_up((size % MILLION) * b, MILLION, rounding)


def _rounded_up(value: pl.Expr, down: int, rounding: Rounding) -> pl.Expr:
    """A non-negative value ÷ down, rounded."""
    match rounding:
        case Rounding.DOWN:
            return value // down
        case Rounding.UP:
            return (value + (down - 1)) // down
        case Rounding.HALF_UP:
            return (value * 2 + down) // (2 * down)


def outermost(terms: list[Term], least: bool) -> Term:
    """Least or greatest of the ends; no bound where any has none."""
    if any(term is None for term in terms):
        return None
    if all(isinstance(term, int) for term in terms):
        return min(terms) if least else max(terms)  # type: ignore[type-var]  # ints only
    parts = [_expr(term) for term in terms]
    found = pl.min_horizontal(parts) if least else pl.max_horizontal(parts)
    unknown = [term.is_null() for term in terms if isinstance(term, pl.Expr)]
    return pl.when(reduce(or_, unknown)).then(None).otherwise(found)


def _known_bounds(terms: list[Term], least: bool) -> Term:
    """Least or greatest of those ends that are known."""
    known = [term for term in terms if term is not None]
    if not known:
        return None
    if all(isinstance(term, int) for term in known):
        return min(known) if least else max(known)
    parts = [_expr(term) for term in known]
    return pl.min_horizontal(parts) if least else pl.max_horizontal(parts)


def _hull(possible: list[pl.Expr], terms: list[Term], least: bool) -> Term:
    """The outermost end among possible branches; no bound where one of them has none."""
    first = terms[0]
    if isinstance(first, int) and all(isinstance(term, int) and term == first for term in terms):
        return first
    inside = [
        pl.when(may).then(_expr(term)) for may, term in zip(possible, terms, strict=True)
        if term is not None
    ]  # fmt: skip
    endless = [
        may if term is None else may & term.is_null()
        for may, term in zip(possible, terms, strict=True)
        if not isinstance(term, int)
    ]
    found = (
        pl.lit(None, dtype=pl.Int64)
        if not inside
        else pl.min_horizontal(inside)
        if least
        else pl.max_horizontal(inside)
    )
    if not endless:
        return found
    return pl.when(reduce(or_, endless)).then(None).otherwise(found)


def wide(node: Quantity, rows: int) -> bool:
    """Whether a sum of this quantity over ``rows`` rows could leave 64 bits."""
    low, high = bounds(node)
    return max(abs(low), abs(high)) * max(rows, 1) > LIMIT


__all__ = [
    "Codes", "Compiler", "Held", "QUANTITIES", "Range", "bit", "only", "outermost", "single", "wide",
]  # fmt: skip
