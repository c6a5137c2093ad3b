"""One support on one row: the answer, the amount, and what each condition found.

Works on the reference evaluator and keeps what it did, so that every answer can be explained line by
line. Amounts are fen; an interval where facts are missing; None as upper bound: no limit is known.
"""

from dataclasses import dataclass
from enum import StrEnum

from huiqi.rulebook.language.answers import Answer, conjunction
from huiqi.rulebook.language.nodes import (
    DISCRETE,
    EARLIER,
    QUANTITIES,
    All,
    Any,
    Choose,
    Condition,
    Fact,
    Inside,
    Kind,
    Method,
    Node,
    Not,
    OneOf,
    Quantity,
    Statistic,
    Truth,
    Value,
    children,
    facts,
)
from huiqi.rulebook.library.policy import Line, Support
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.library.vocabulary import Definition
from huiqi.rulebook.reference.evaluator import Reference, Span, lowest


class Reason(StrEnum):
    """Why an answer is no although every condition holds."""

    NONE = ""
    ZERO = "按规则算得零元"
    PAID = "已经拨付"
    REPEATED = "已享受一次，不再重复"
    CAPPED = "已达上限"
    LOWER = "同组就高，取了更高的一项"
    TAKEN = "同组已经拨付过"


REASONS = tuple(Reason)


@dataclass(frozen=True, slots=True)
class FactUse:
    """A fact as a condition read it."""

    fact: Fact
    value: Known | None
    span: Span | None
    origin: str
    derived: bool


@dataclass(slots=True)
class LineResult:
    """One condition with its answer."""

    number: int
    line: Line
    answer: Answer


@dataclass(slots=True)
class Assessment:
    """One support on one row.

    ``low``/``high`` are what would be paid (both None for a stated benefit); they are changed by
    limits across rows, ``reason`` then says why.
    """

    support: Support
    row: Row
    answer: Answer
    low: int | None
    high: int | None
    lines: list[LineResult]
    moment: int | None = None
    reason: Reason = Reason.NONE
    bounded: bool = True
    before: tuple[int, int | None] | None = None
    """The range before caps and stacking took part of it (None: answer no before that)."""
    year_room: int | None = None
    subject_room: int | None = None
    least: int = 0
    """The least the row would bring were all its conditions met, before limits."""
    group_paid: int = 0
    """What was paid before to the stacking group, within the time over which it stacks."""

    @property
    def failing(self) -> list[int]:
        """Numbers of the conditions that do not hold (0 is the period)."""
        return [item.number for item in self.lines if item.answer is Answer.NO]

    @property
    def certain(self) -> bool:
        """Whether the amount is known."""
        return self.low == self.high


def assess(reference: Reference, support: Support, row: Row) -> Assessment:
    """Evaluate one support on one row, without limits across rows."""
    lines = [
        LineResult(number, line, reference.answer(line.node, row))
        for number, line in enumerate(support.lines)
    ]
    answer = conjunction([item.answer for item in lines])
    low_moment, high_moment = reference.span(support.moment, row)
    moment = low_moment if low_moment == high_moment else None
    made = Assessment(support, row, answer, None, None, lines, moment)
    if support.amount is None:
        return made
    if answer is Answer.NO:
        made.low = made.high = 0
        return made
    low, high = payable(reference, support, row)
    made.low = low if answer is Answer.YES else 0
    made.high, made.bounded, made.least = high, high is not None, low
    if high == 0:
        made.answer, made.reason, made.low = Answer.NO, Reason.ZERO, 0
    return made


def payable(reference: Reference, support: Support, row: Row) -> tuple[int, int | None]:
    """The interval of the amount were all conditions met; never below zero."""
    assert support.amount is not None
    low, high = reference.span(support.amount, row)
    if support.discretion and support.lowest is not None:
        # a lowest amount above the highest gives way to it
        low = lowest([low, reference.span(support.lowest, row)[0]])
    return max(low or 0, 0), None if high is None else max(high, 0)


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment already made: of which support, for which event (key or ""), how much, when (day)."""

    support: str
    item: str
    amount: int
    day: int


# -------------------------------------------------------------------- what is missing


def missing(reference: Reference, node: Node, row: Row, wanted: Answer) -> list[Fact]:
    """The unknown facts (``wanted`` MISSING) or judgements (JUDGE) that keep a condition open."""
    out: list[Fact] = []
    _open(reference, node, row, wanted, out)
    return list(dict.fromkeys(out))


def _open(reference: Reference, node: Node, row: Row, wanted: Answer, out: list[Fact]) -> None:
    match node:
        case All() | Any() | Not():
            for child in children(node):
                if reference.answer(child, row) is wanted:  # type: ignore[arg-type]
                    _open(reference, child, row, wanted, out)
        case Truth() | OneOf() | Inside():
            for leaf in _leaves(node):
                _fact_open(reference, leaf, row, wanted, out)
        case Fact():
            _fact_open(reference, node, row, wanted, out)
        case _:
            for child in children(node):
                _open(reference, child, row, wanted, out)


def _leaves(node: Truth | OneOf | Inside) -> list[Fact]:
    item = node.fact if isinstance(node, Truth) else node.item
    if isinstance(item, Fact):
        return [item]
    return [child for child in children(item) if isinstance(child, Fact)]


def _fact_open(reference: Reference, fact: Fact, row: Row, wanted: Answer, out: list[Fact]) -> None:
    if (wanted is Answer.JUDGE) is not fact.judged or not is_open(reference, fact, row):
        return
    spec = reference.vocabulary.spec(fact)
    home = reference.home(fact, row)
    if spec.definition is None or home is None:
        out.append(fact)
        return
    inner: list[Fact] = []
    if isinstance(spec.definition, Statistic):
        # what an event lacks is named in the event's own table: 认定.有效期止, not the count over it
        out += _events_open(reference, spec.definition, home) or [fact]
        return
    _definition_open(reference, spec.definition, home, inner)
    out += [
        Fact((*fact.path, *item.path), item.table, item.name, item.type, item.low, item.high)
        for item in inner
    ] or [fact]


def _events_open(reference: Reference, made: Statistic, home: Row) -> list[Fact]:
    """The facts whose absence leaves it open whether single events count, or with what value."""
    rows = home.events.get(made.event, [])
    if made.method in EARLIER:
        owner = home.links.get(reference.vocabulary.tables[made.event].owner)
        rows = owner.events.get(made.event, []) if owner is not None else []
    out: list[Fact] = []
    parts: list[Value] = [made.value] if made.value is not None else []
    if made.order is not None and made.method in (*EARLIER, Method.LATEST):
        parts.append(made.order)
    for row in rows:
        found = reference.answer(made.where, row)
        if found is Answer.MISSING:
            _open(reference, made.where, row, Answer.MISSING, out)
        if found is Answer.NO:
            continue
        for part in parts:
            _open(reference, part, row, Answer.MISSING, out)
        for fact in made.same:
            _fact_open(reference, fact, row, Answer.MISSING, out)
    return list(dict.fromkeys(out))


def _definition_open(
    reference: Reference, definition: Definition, home: Row, out: list[Fact]
) -> None:
    """What keeps a derived fact open: its own inputs."""
    if isinstance(definition, Choose):
        for condition, value in definition.branches:
            found = reference.answer(condition, home)
            if found is Answer.MISSING:
                _open(reference, condition, home, Answer.MISSING, out)
            if found is not Answer.NO:
                _value_open(reference, value, home, out)
            if found is Answer.YES:
                return
        _value_open(reference, definition.otherwise, home, out)
        return
    if isinstance(definition, Statistic):
        return
    _open(reference, definition, home, Answer.MISSING, out)


def _value_open(reference: Reference, value: Value, home: Row, out: list[Fact]) -> None:
    if isinstance(value, Choose):
        _definition_open(reference, value, home, out)
    elif isinstance(value, Fact):
        _fact_open(reference, value, home, Answer.MISSING, out)


def is_open(reference: Reference, fact: Fact, row: Row) -> bool:
    """Whether a fact is not fully known for a row."""
    if fact.type.kind is Kind.BOOL:
        found = reference.answer(Truth(fact), row)
        return found in (Answer.MISSING, Answer.JUDGE)
    if fact.type.kind in QUANTITIES:
        low, high = reference.span(fact, row)
        return low is None or low != high
    if fact.type.kind in DISCRETE:
        return reference.known(fact, row) is None
    return False


def missing_facts(reference: Reference, made: Assessment) -> list[Fact]:
    """Facts whose absence leaves the answer or, where it is yes, the amount open."""
    out: list[Fact] = []
    if made.answer is Answer.MISSING:
        for item in made.lines:
            if item.answer is Answer.MISSING:
                out += missing(reference, item.line.node, made.row, Answer.MISSING)
    elif made.answer is Answer.YES and not made.certain and not made.support.discretion:
        out += _amount_open(reference, made.support.amount, made.row)
    return list(dict.fromkeys(out))


def _amount_open(reference: Reference, amount: Quantity | None, row: Row) -> list[Fact]:
    out: list[Fact] = []
    if amount is not None:
        _open(reference, amount, row, Answer.MISSING, out)
    return out


def judgements(reference: Reference, made: Assessment) -> list[Fact]:
    """The judgements a person has still to make."""
    out: list[Fact] = []
    for item in made.lines:
        if item.answer is Answer.JUDGE:
            out += missing(reference, item.line.node, made.row, Answer.JUDGE)
    return list(dict.fromkeys(out))


def uses(reference: Reference, node: Condition, row: Row) -> list[FactUse]:
    """The facts a condition reads, with value, source and date as known for a row."""
    out = []
    for fact in facts(node):
        home = reference.home(fact, row)
        value = home.values.get(fact.name) if home is not None else None
        origin = home.origins.get(fact.name, "") if home is not None else ""
        derived = value is None and reference.vocabulary.spec(fact).definition is not None
        span = None
        if fact.type.kind in QUANTITIES:
            span = reference.span(fact, row)
            if value is None and span[0] is not None and span[0] == span[1]:
                value = span[0]
        elif value is None and fact.type.kind is Kind.BOOL:
            found = reference.answer(Truth(fact), row)
            value = {Answer.YES: True, Answer.NO: False}.get(found)
        elif value is None and fact.type.kind in DISCRETE:
            value = reference.known(fact, row)
        out.append(FactUse(fact, value, span, origin, derived))
    return out
