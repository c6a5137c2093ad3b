"""Strategies for well-typed nodes, derived facts, statistics and supports that a loader would take.

Everything is drawn through Hypothesis, so that failing examples shrink. A quantity that could leave
64 bits is replaced by a leaf, as a loader would refuse it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any as Any_
from typing import TypeVar

from hypothesis import strategies as st

from huiqi.rulebook.language.bounds import bounds, hard_bounds, unsafe
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import (
    BOOL,
    DATE,
    EARLIER,
    MILLION,
    MONEY,
    QUANTITIES,
    RATE,
    TREES,
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
    Value,
)  # fmt: skip
from huiqi.rulebook.language.source import Mark
from huiqi.rulebook.library.policy import Form, Library, Line, Policy, Stacking, Support
from huiqi.rulebook.library.policy import Times as HowOften
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary
from tests.generative.world import (
    CHOICES,
    INDUSTRIES,
    LEVEL,
    ONLY,
    PEOPLE,
    PLAIN,
    REGIONS,
    STORED,
    TABLES,
    TITLE,
    World,
    plain_world,
    with_bounds,
)  # fmt: skip

Draw = Callable[[st.SearchStrategy], object]
T = TypeVar("T")
MARK = Mark("generated", 1, 1)
DAYS = tuple(
    days(date(*day))
    for day in (
        (2024, 2, 29), (2024, 1, 31), (2023, 2, 28), (2024, 3, 31), (2024, 6, 30), (2023, 12, 31),
        (2024, 1, 1), (2024, 4, 28), (2024, 5, 1), (2024, 12, 30), (2023, 1, 1), (2020, 2, 29),
        (2025, 3, 1), (1999, 12, 31),
    )
)  # fmt: skip
TODAYS = (date(2024, 2, 29), date(2024, 6, 30), date(2023, 12, 31), date(2024, 5, 3))
AMOUNTS = (0, 1, 2, 99, 100, 150, 12_345, 3_000_001, 20_000_000, 10**11)
COUNTS = (0, 1, 2, 3, 10, 300, 10**6)
RATES = (0, 1, 30_000, 333_333, 500_000, MILLION, 1_100_000)
FRACTIONS = (
    Fraction(1, 2), Fraction(1, 3), Fraction(3, 100), Fraction(0), Fraction(1), Fraction(11, 10),
    Fraction(333_333, MILLION), Fraction(2), Fraction(1, 7),
)  # fmt: skip
RATIOS = (
    Fraction(3, 100), Fraction(0), Fraction(1), Fraction(1, 2), Fraction(7, 200), Fraction(2),
    Fraction(617, 5000), Fraction(123_457, 1_000_000),
)  # fmt: skip
NUMERIC_TYPES = (MONEY, PEOPLE, PLAIN, RATE, DATE)


@dataclass(frozen=True)
class Scope:
    """What a rule over one table may read, and how to draw from it."""

    draw: Draw
    readable: tuple[Fact, ...]

    def pick(self, items: Sequence[T]) -> T:
        return items[self.number(len(items) - 1)]

    def number(self, most: int) -> int:
        return self.draw(st.integers(0, most)) if most else 0  # type: ignore[return-value]

    def chance(self, one_in: int) -> bool:
        return self.number(one_in - 1) == one_in - 1

    def of(self, type_: Type) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.readable if fact.type == type_)

    def fact(self, type_: Type) -> Fact:
        """A fact of a type; derived ones, of which there are few, as often as stored ones."""
        found = self.of(type_)
        made = tuple(fact for fact in found if fact.name.startswith("派"))
        return self.pick(made if made and self.chance(2) else found)

    # ------------------------------------------------------------ quantities

    def quantity(self, type_: Type, depth: int) -> Quantity:
        """A quantity of a type; a leaf where the drawn one might overflow."""
        if depth <= 0 or self.chance(5):
            return self.leaf(type_)
        made = self.inner(type_, depth - 1)
        return self.leaf(type_) if unsafe(made) else made

    def leaf(self, type_: Type) -> Quantity:
        if type_ == DATE and self.chance(5):
            return Today()
        found = self.of(type_)
        return self.constant(type_) if not found or self.chance(4) else self.fact(type_)

    def constant(self, type_: Type) -> Constant:
        low, high = hard_bounds(type_)
        pool = {Kind.MONEY: AMOUNTS, Kind.COUNT: COUNTS, Kind.RATE: RATES, Kind.DATE: DAYS}
        if self.chance(12):
            return Constant(self.pick((high, high - 1)), type_)
        return Constant(max(low, min(high, self.pick(pool[type_.kind]))), type_)

    def inner(self, type_: Type, depth: int) -> Quantity:
        if type_ == DATE:
            kinds: tuple[str, ...] = ("shift", "shift", "extreme", "choose")
        else:
            kinds = ("plus", "minus", "times", "scale", "portion", "round", "extreme", "choose")
            kinds += ("quotient",) * 6 if type_ == PLAIN else ()
        return getattr(self, "_" + self.pick(kinds))(type_, depth)  # type: ignore[no-any-return]

    def _plus(self, type_: Type, depth: int) -> Quantity:
        return Plus(self.quantity(type_, depth), self.quantity(type_, depth), type_)

    def _minus(self, type_: Type, depth: int) -> Quantity:
        return Minus(self.quantity(type_, depth), self.quantity(type_, depth), type_)

    def _times(self, type_: Type, depth: int) -> Quantity:
        if type_.kind is Kind.RATE:
            return self._plus(type_, depth)
        other = self.pick((PEOPLE, PLAIN)) if type_.kind is Kind.MONEY else PLAIN
        return Times(self.natural(type_, depth), self.natural(other, 0), type_)

    def natural(self, type_: Type, depth: int) -> Quantity:
        """A quantity that can't be negative."""
        made = self.quantity(type_, depth)
        return made if bounds(made)[0] >= 0 else Most((made, Constant(0, type_)), type_)

    def _scale(self, type_: Type, depth: int) -> Quantity:
        rounding = self.pick(tuple(Rounding))
        return Scale(self.quantity(type_, depth), self.pick(FRACTIONS), rounding, type_)

    def _portion(self, type_: Type, depth: int) -> Quantity:
        rounding = self.pick(tuple(Rounding))
        return Portion(self.natural(type_, depth), self.natural(RATE, 0), rounding, type_)

    def _quotient(self, type_: Type, depth: int) -> Quantity:
        inner = self.pick((MONEY, PEOPLE, RATE))
        return Quotient(self.quantity(inner, depth), self.pick((1, 3, 100, 50_000)), type_)

    def _round(self, type_: Type, depth: int) -> Quantity:
        rounding = self.pick(tuple(Rounding))
        return Round(self.quantity(type_, depth), self.pick((100, 1, 10_000)), rounding, type_)

    def _extreme(self, type_: Type, depth: int) -> Quantity:
        items = tuple(self.quantity(type_, depth) for _ in range(self.pick((2, 1, 3))))
        return self.pick((Least, Most))(items, type_)

    def _shift(self, type_: Type, depth: int) -> Quantity:
        amount = self.pick((1, -1, 0, 3, 12, 24, -6, 250))
        return Shift(self.quantity(DATE, depth), amount, self.pick(tuple(Unit)))

    def _choose(self, type_: Type, depth: int) -> Quantity:
        branches = tuple(
            (self.condition(depth), self.quantity(type_, depth))
            for _ in range(self.pick((1, 2, 0)))
        )
        return Choose(branches, self.quantity(type_, depth), type_)

    # ------------------------------------------------------------ lists and trees

    def discrete(self, type_: Type, depth: int) -> Discrete:
        """A fact, a label or a choice of them; trees can only be facts."""
        found = self.of(type_)
        if type_.kind in TREES or depth <= 0 or self.chance(2):
            label = type_.kind is Kind.CHOICE and (not found or self.chance(5))
            return self.label(type_) if label else self.fact(type_)
        branches: tuple[tuple[Condition, Value], ...] = tuple(
            (self.condition(depth - 1), self.discrete(type_, depth - 1))
            for _ in range(self.pick((1, 2, 3)))
        )
        return Choose(branches, self.discrete(type_, depth - 1), type_)

    def label(self, type_: Type) -> Label:
        return Label(self.pick(CHOICES[type_.choices]), type_)

    def some(self, items: Sequence[str]) -> frozenset[str]:
        """A part of a list: one, several, and now and then all or none."""
        if self.chance(8):
            return frozenset(items) if self.chance(2) else frozenset()
        return frozenset(self.pick(items) for _ in range(self.pick((1, 2, 3))))

    # ------------------------------------------------------------ conditions

    def about(self, fact: Fact) -> Condition:
        """A condition that reads just this fact (and a constant)."""
        if fact.type == BOOL:
            return Truth(fact)
        if fact.type.kind in QUANTITIES:
            return Compare(self.pick(tuple(Op)), fact, self.constant(fact.type))
        if fact.type.kind in TREES:
            tree = REGIONS if fact.type.kind is Kind.REGION else INDUSTRIES
            return Inside(fact, frozenset({self.pick(tree.nodes).code}))
        return OneOf(fact, self.some(CHOICES[fact.type.choices]))

    def condition(self, depth: int) -> Condition:
        kinds: tuple[str, ...] = ("compare", "compare", "truth", "one_of", "inside", "ratio")
        if depth > 0:
            kinds += ("all", "any", "not", "all", "any")
        if self.chance(25):
            return Always(self.chance(2))
        return getattr(self, "_" + self.pick(kinds))(depth - 1)  # type: ignore[no-any-return]

    def _compare(self, depth: int) -> Condition:
        type_ = self.pick(NUMERIC_TYPES)
        left = self.quantity(type_, min(depth, 1))
        plain = self.chance(2)
        right = self.constant(type_) if plain else self.quantity(type_, min(depth, 1))
        if self.chance(4):
            left, right = right, left
        return Compare(self.pick(tuple(Op)), left, right)

    def _ratio(self, depth: int) -> Condition:
        type_ = self.pick((MONEY, PEOPLE))
        left, right = self.quantity(type_, min(depth, 1)), self.natural(type_, min(depth, 1))
        made = CompareRatio(self.pick(tuple(Op)), left, right, self.pick(RATIOS))
        return self._truth(depth) if unsafe(made) else made

    def _truth(self, depth: int) -> Condition:
        return Truth(self.fact(BOOL))

    def _one_of(self, depth: int) -> Condition:
        type_ = self.pick((LEVEL, TITLE, ONLY))
        return OneOf(self.discrete(type_, min(depth, 1)), self.some(CHOICES[type_.choices]))

    def _inside(self, depth: int) -> Condition:
        kind = self.pick((Kind.REGION, Kind.INDUSTRY))
        tree = REGIONS if kind is Kind.REGION else INDUSTRIES
        codes = frozenset(self.pick(tree.nodes).code for _ in range(self.pick((1, 2, 3))))
        return Inside(self.fact(Type(kind)), codes)

    def _all(self, depth: int) -> Condition:
        return All(tuple(self.condition(depth) for _ in range(self.pick((2, 1, 3, 0)))))

    def _any(self, depth: int) -> Condition:
        return Any(tuple(self.condition(depth) for _ in range(self.pick((2, 1, 3, 0)))))

    def _not(self, depth: int) -> Condition:
        return Not(self.condition(depth))


def scope_of(draw: Draw, world: World, table: str, judged: bool) -> Scope:
    """What is readable from a table so far; derived facts may not read judged ones."""
    vocabulary = world.vocabulary()
    readable = tuple(
        spec.fact(path)
        for path, target in vocabulary.paths(table).values()
        for spec in world.facts[target].values()
        if spec.type.kind is not Kind.TEXT and (judged or not spec.judged)
    )
    return Scope(draw, readable)


# -------------------------------------------------------------------- derived facts

DERIVED_TYPES = (
    BOOL,
    MONEY,
    PEOPLE,
    PLAIN,
    RATE,
    DATE,
    LEVEL,
    TITLE,
    Type(Kind.REGION),
    Type(Kind.INDUSTRY),
    ONLY,
)
METHODS = tuple(Method)


def derived(draw: Draw, world: World, number: int) -> FactSpec:
    """One more derived fact, by an expression or a statistic."""
    first = Scope(draw, ())
    table = first.pick(("企业", "认定", "年度", "人", "贷款", "集团"))
    name = f"派{number:02d}"
    scope = scope_of(draw, world, table, judged=False)
    low, high = declared(first)
    if first.chance(2):
        method = first.pick(METHODS)
        if first.chance(3):
            method = first.pick(tuple(sorted(EARLIER)))
        if method in EARLIER:
            table = event = first.pick(("认定", "年度", "贷款"))
        else:
            event = first.pick(("认定", "年度", "贷款"))
            table = TABLES[event][0]
        return statistic(draw, world, table, name, method, event, low, high)
    type_ = first.pick(DERIVED_TYPES)
    if type_ == BOOL:
        definition: object = scope.condition(2)
    elif type_.kind in QUANTITIES:
        definition = scope.quantity(type_, 2)
    else:
        definition = scope.discrete(type_, 2)
        if isinstance(definition, Label):
            definition = scope.fact(type_)
    return _spec(table, name, type_, low, high, definition)


def _spec(
    table: str, name: str, type_: Type, low: int | None, high: int | None, definition: object
) -> FactSpec:
    if type_.kind not in QUANTITIES or type_ == DATE:
        low = high = None
    made = FactSpec(table, name, f"derived_{name}", type_, low, high)
    return replace(made, definition=definition)  # type: ignore[arg-type]  # as drawn


def declared(scope: Scope) -> tuple[int | None, int | None]:
    """Bounds as authors write them: mostly from zero, now and then narrow or open."""
    return scope.pick(((0, None), (None, None), (0, 1000), (-100, 100), (None, 0), (3, None)))


def statistic(
    draw: Draw, world: World, table: str, name: str, method: Method, event: str,
    low: int | None, high: int | None,
) -> FactSpec:  # fmt: skip
    """A fact over events, or over earlier siblings of an event."""
    inside = scope_of(draw, world, event, judged=False)
    where = Always(True) if inside.chance(3) else inside.condition(1)
    order: Quantity | None = inside.quantity(inside.pick((DATE, DATE, DATE, PEOPLE)), 1)
    value: Value | None = None
    if method in (Method.COUNT, Method.EARLIER_COUNT):
        type_ = PEOPLE
    elif method is Method.EXISTS:
        type_ = BOOL
    elif method in (Method.FIRST, Method.LAST):
        type_, order = DATE, inside.quantity(DATE, 1)
        value = order
    elif method is Method.LATEST:
        type_ = inside.pick(DERIVED_TYPES)
        value = inside.quantity(type_, 1) if type_.kind in QUANTITIES else inside.fact(type_)
    else:
        summed = method in (Method.SUM, Method.EARLIER_SUM)
        type_ = inside.pick((MONEY, PEOPLE, RATE) if summed else (MONEY, PEOPLE, RATE, DATE))
        value = inside.quantity(type_, 1)
    same: tuple[Fact, ...] = ()
    if method in EARLIER:
        kinds = tuple({fact.type: None for fact in inside.readable})
        same = tuple(inside.fact(inside.pick(kinds)) for _ in range(inside.pick((1, 2, 0, 1))))
    if inside.chance(3) and method not in (*EARLIER, Method.LATEST):
        order = None
    made = Statistic(
        method, event, where, value, order, same, not inside.chance(3), inside.chance(4)
    )
    return _spec(table, name, type_, low, high, made)


# -------------------------------------------------------------------- supports


def support(draw: Draw, world: World, number: int, group: tuple[str, Stacking, bool]) -> Support:
    """One support over any table, with conditions, amount and limits."""
    first = Scope(draw, ())
    table = first.pick(("认定", "企业", "年度", "贷款", "人", "认定", "集团"))
    scope = scope_of(draw, world, table, judged=True)
    owner = TABLES[table][0]
    paths = tuple(
        path for path, target in world.vocabulary().paths(table).values() if not TABLES[target][0]
    )
    beneficiary = (owner,) if owner and first.chance(2) else first.pick(paths)
    moment: Quantity = Today()
    if owner or first.chance(2):
        moment = scope.quantity(DATE, 1) if first.chance(4) else first.pick(scope.of(DATE))
    start, end = date(2023, 1, 1), first.pick((None, date(2024, 6, 30)))
    period: list[Condition] = [Compare(Op.AT_LEAST, moment, Constant(days(start), DATE))]
    if end is not None:
        period.append(Compare(Op.AT_MOST, moment, Constant(days(end), DATE)))
    if first.chance(3):
        period = [Always(True)]
    lines = [Line("期间", All(tuple(period)), "", MARK)]
    for _ in range(first.pick((1, 0, 2, 3))):
        lines.append(Line("条件", scope.condition(2), "", MARK))
    amount: Quantity | None = None if first.chance(10) else scope.quantity(MONEY, 3)
    lowest: Quantity | None = None
    discretion = amount is not None and first.chance(8)
    if discretion:
        lowest = Constant(0, MONEY) if first.chance(2) else scope.quantity(MONEY, 1)
    if first.chance(4):
        judged = tuple(fact for fact in scope.readable if fact.judged and fact.type == BOOL)
        lines.append(Line("条件", Truth(first.pick(judged)), "", MARK))
    name, way, yearly = ("", Stacking.FREE, False) if first.chance(4) else group
    if name and first.chance(2):  # certain amounts, so that one of the group certainly wins
        beneficiary = (owner,) if owner else ()
        lines, amount, discretion, lowest = lines[:1], scope.constant(MONEY), False, None
    caps = (None, None, None, 0, 150, 20_000_000)
    return replace(
        bare(number, table, tuple(lines), amount),
        beneficiary=beneficiary, moment=moment, end=end, discretion=discretion, lowest=lowest,
        times=first.pick(tuple(HowOften)), subject_cap=first.pick(caps), year_cap=first.pick(caps),
        group=name, stacking=way, stacking_yearly=yearly,
    )  # fmt: skip


def bare(number: int, table: str, lines: tuple[Line, ...], amount: Quantity | None) -> Support:
    """A support without limits, for the row's owner or the row itself."""
    owner = TABLES[table][0]
    return Support(
        id=f"支持{number}", policy="策", name=f"支持{number}", clause="1", kind="奖励",
        form=Form.PAYMENT, table=table, beneficiary=(owner,) if owner else (), moment=Today(),
        start=date(2023, 1, 1), end=None, lines=lines, amount=amount, amount_text="",
        discretion=False, lowest=None, benefit="" if amount is not None else "优惠",
        rounding=Rounding.DOWN, times=HowOften.EACH, subject_cap=None, year_cap=None, group="",
        stacking=Stacking.FREE, stacking_yearly=False, stacking_note="", fund="", papers=(),
        units=(), printed_rates=(), parameters={}, interpretations=(), file="", mark=MARK,
    )  # fmt: skip


def library_of(vocabulary: Vocabulary, supports: Sequence[Support]) -> Library:
    """A library of one policy that holds these supports."""
    policy = Policy(
        id="策", number="", title="策", issuers=(), issued=None, start=date(2023, 1, 1), end=None,
        region="某省", based_on=(), clauses=(), targets=(), supports=tuple(supports),
        interpretations=(),
    )  # fmt: skip
    return Library(vocabulary, (policy,))


@dataclass(frozen=True)
class Example:
    """A rule set with what its rows are drawn from."""

    library: Library
    on: date
    seed: int
    part_rows: int
    small: int = 20_000
    """Tables below this many rows take all conditions at once."""
    span_rows: int = 1_500_000
    """Neighbouring parts are taken together up to this many rows."""

    def __repr__(self) -> str:
        specs = [
            f"{spec.shown}: {spec.type} [{spec.low}, {spec.high}] = {spec.definition}"
            for table in self.library.vocabulary.tables.values()
            for spec in table.facts.values()
            if spec.definition is not None
        ]
        supports = [
            f"{item.id} on {item.table} to {item.beneficiary}, moment {item.moment}, {item.times}, caps"
            f" {item.year_cap} {item.subject_cap}, {item.group} {item.stacking}"
            f" {item.stacking_yearly}\n    lines {[line.node for line in item.lines]}\n"
            f"    amount {item.amount} lowest {item.lowest}"
            for item in self.library.supports
        ]
        return "\n  ".join(
            [
                f"Example on {self.on}, seed {self.seed}, parts {self.part_rows} {self.small} {self.span_rows}",
                *specs,
                *supports,
            ]
        )

    def _repr_pretty_(self, printer: Any_, cycle: bool) -> None:
        printer.text(repr(self))


@st.composite
def examples(draw: Draw, most_derived: int = 10, most_supports: int = 5) -> Example:
    """A vocabulary with derived facts, supports over it, a day and a seed for rows."""
    world = plain_world()
    first = Scope(draw, ())
    for _ in range(first.number(3)):
        low, high = declared(first)
        name = first.pick(("额", "差", "人数", "净数", "次数"))
        if name in ("额", "人数", "次数") and (low is None or low < 0):
            low = 0
            high = None if high is not None and high < 0 else high
        with_bounds(world, first.pick(tuple(TABLES)), name, low, high)
    for number in range(most_derived - first.number(most_derived - 2)):
        world.add(derived(draw, world, number))
    way = first.pick(tuple(Stacking))
    group = ("组", way, way is not Stacking.FREE and first.chance(2))
    supports = [
        support(draw, world, n, group)
        for n in range(most_supports - first.number(most_supports - 1))
    ]
    return Example(
        library_of(world.vocabulary(), supports), first.pick(TODAYS), first.number(10**6),
        first.pick((7, 25, 1000)), first.pick((0, 20_000)), first.pick((1, 20, 1_500_000)),
    )  # fmt: skip


# -------------------------------------------------------------------- everything at once

QUANTITY_WAYS = (
    "plus", "minus", "times", "scale", "portion", "quotient", "round", "extreme", "choose",
)  # fmt: skip
DATE_WAYS = ("shift", "extreme", "choose")
CONDITION_WAYS = ("truth", "one_of", "inside", "compare", "ratio", "not", "all", "any")


@st.composite
def full_examples(draw: Draw) -> Example:
    """Every way of writing a quantity, condition, list and statistic, each in a support of its own."""
    world = plain_world()
    first = Scope(draw, ())
    number = 0

    def add(table: str, type_: Type, definition: object) -> None:
        nonlocal number
        low, high = declared(first)
        world.add(_spec(table, f"派{number:02d}", type_, low, high, definition))
        number += 1

    def somewhere() -> tuple[str, Scope]:
        table = first.pick(tuple(TABLES))
        return table, scope_of(draw, world, table, judged=False)

    for way in QUANTITY_WAYS:
        table, scope = somewhere()
        type_ = PLAIN if way == "quotient" else first.pick((MONEY, PEOPLE, RATE))
        type_ = MONEY if way == "times" else type_
        made = getattr(scope, "_" + way)(type_, 0)
        if isinstance(made, Times) and unsafe(made):  # no file of rules could say it
            made = Times(made.left, most_of(made.right), made.type)
        add(table, type_, made)
    for way in DATE_WAYS:
        table, scope = somewhere()
        add(table, DATE, getattr(scope, "_" + way)(DATE, 0))
    for way in CONDITION_WAYS:
        table, scope = somewhere()
        add(table, BOOL, getattr(scope, "_" + way)(1))
    for type_ in (LEVEL, TITLE, ONLY):
        table, scope = somewhere()
        branch = (scope.condition(1), scope.label(type_))
        add(table, type_, Choose((branch,), scope.fact(type_), type_))
    for kind in (Kind.REGION, Kind.INDUSTRY, Kind.CHOICE):
        table, scope = somewhere()
        type_ = LEVEL if kind is Kind.CHOICE else Type(kind)
        add(table, type_, scope.fact(type_))
    for method in Method:
        for zero in (True, False):
            for more in (True, False):
                event = first.pick(("认定", "年度", "贷款"))
                table = event if method in EARLIER else TABLES[event][0]
                low, high = declared(first)
                name = f"派{number:02d}"
                made = statistic(draw, world, table, name, method, event, low, high)
                assert isinstance(made.definition, Statistic)
                definition = replace(made.definition, empty_is_zero=zero, more=more)
                world.add(replace(made, definition=definition))
                number += 1
    return Example(
        library_of(world.vocabulary(), _one_by_one(draw, world)), first.pick(TODAYS),
        first.number(10**6), first.pick((40, 1000)), first.pick((0, 20_000)),
    )  # fmt: skip


def _one_by_one(draw: Draw, world: World) -> list[Support]:
    """A support for every derived fact, near and through a link, and for every way of writing."""
    first = Scope(draw, ())
    out: list[Support] = []

    def add(table: str, line: Condition, amount: Quantity | None = None) -> None:
        lines = (Line("期间", Always(True), "", MARK), Line("条件", line, "", MARK))
        out.append(bare(len(out), table, lines, amount or Constant(100, MONEY)))

    for table in TABLES:
        scope = scope_of(draw, world, table, judged=True)
        for fact in scope.readable:
            if fact.name not in STORED and (not fact.path or first.chance(3)):
                amount = fact if fact.type == MONEY else None
                add(table, Always(True) if amount is not None else scope.about(fact), amount)
    for way in QUANTITY_WAYS:
        scope = scope_of(draw, world, "认定", judged=True)
        inner = PLAIN if way == "quotient" else MONEY
        made = getattr(scope, "_" + way)(inner, 1)
        add("认定", Compare(first.pick(tuple(Op)), made, scope.quantity(inner, 0)),
            made if inner == MONEY else Times(scope.natural(MONEY, 0), most_of(made), MONEY))  # fmt: skip
    for way in CONDITION_WAYS:
        scope = scope_of(draw, world, "认定", judged=True)
        line = getattr(scope, "_" + way)(2)
        add("认定", line, Choose(((line, scope.quantity(MONEY, 0)),), scope.leaf(MONEY), MONEY))
    moved = Shift(world.facts["认定"]["日"].fact(), 1, Unit.YEAR)
    dated: Condition = Compare(Op.LESS, Today(), moved)
    labelled: Condition = OneOf(Label("甲", TITLE), frozenset({"甲"}))
    add("认定", labelled, Choose(((dated, Constant(7, MONEY)),), Constant(3, MONEY), MONEY))
    add("认定", dated, Choose(((labelled, Constant(7, MONEY)),), Constant(3, MONEY), MONEY))
    return [item for item in out if not unsafe(item.amount)]  # type: ignore[arg-type]  # set above


def most_of(node: Quantity) -> Quantity:
    """The same within 0 and 1,000."""
    low = Most((node, Constant(0, node.type)), node.type)
    return Least((low, Constant(1000, node.type)), node.type)
