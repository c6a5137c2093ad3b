"""A policy as frozen values: clauses with duties, targets with measures, supports with rules.

These values carry no behaviour beyond small look-ups; :mod:`huiqi.rulebook.library.loader` makes them from a
folder, the evaluators read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from huiqi.rulebook.language.calendar import Calendar
from huiqi.rulebook.language.nodes import (
    Condition,
    Constant,
    Fact,
    Kind,
    Quantity,
    Rounding,
    Scale,
    facts,
    walk,
)  # fmt: skip
from huiqi.rulebook.language.source import Mark
from huiqi.rulebook.library.measures import Measure
from huiqi.rulebook.library.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How an open question in a text was decided, on what ground, by whom and when."""

    question: str
    answer: str
    ground: str = ""
    decided_by: str = ""
    decided_on: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: where it stands, who is responsible, what they must do (in our words)."""

    id: str
    number: str
    section: tuple[str, ...]
    heading: str
    units: tuple[str, ...]
    lead: str
    joint_leads: tuple[str, ...]
    duties: tuple[str, ...]
    interpretations: tuple[Interpretation, ...]
    mark: Mark
    # 待定 of a draft: what a person must still decide.
    open_points: tuple[str, ...] = ()


class Comparator(StrEnum):
    """How a target's value is meant; 左右 has no stated tolerance, 相对 no number."""

    AT_LEAST = "达到"
    MORE = "超过"
    AT_MOST = "不超过"
    LESS = "不满"
    EQUAL = "等于"
    RANGE = "介于"
    GROWTH = "增长"
    FIRST = "首次"
    ABOUT = "左右"
    RELATIVE = "相对"


@dataclass(frozen=True, slots=True)
class Target:
    """One figure a document wants reached. ``values`` are exact; empty for relative targets."""

    id: str
    clause: str
    indicator: str
    comparator: Comparator
    values: tuple[Decimal, ...]
    relative_to: str
    unit: str
    deadline: str
    due: date | None
    period: str
    baseline: str
    measure: Measure | None
    measure_text: str
    note: str
    interpretations: tuple[Interpretation, ...]
    mark: Mark
    open_points: tuple[str, ...] = ()


class Form(StrEnum):
    """In what form a support reaches the beneficiary; budgets never add one form to another."""

    PAYMENT = "拨付"
    RELIEF = "减免"
    DEDUCTION = "加计扣除"
    CREDIT = "额度"
    VOUCHER = "券"
    SHARE = "份额"
    FAVOUR = "便利"


DEFAULT_FORMS = {
    "奖励": Form.PAYMENT, "补助": Form.PAYMENT, "风险补偿": Form.PAYMENT, "贷款额度": Form.CREDIT,
    "创新券": Form.VOUCHER, "税收优惠": Form.RELIEF, "费用减免": Form.RELIEF,
    "采购优惠": Form.FAVOUR, "资金份额": Form.SHARE, "便利": Form.FAVOUR,
}  # fmt: skip


class Times(StrEnum):
    """How often one beneficiary may have a support."""

    EACH = "每项一次"
    ONCE = "每主体一次"
    YEARLY = "每主体每年一次"


class Stacking(StrEnum):
    """What happens when several supports of a group meet in one beneficiary."""

    FREE = "可叠加"
    HIGHEST = "就高"
    EITHER = "择一"
    DIFFERENCE = "补差"


@dataclass(frozen=True, slots=True)
class Line:
    """One condition as written, with its node and a short label for people."""

    text: str
    node: Condition
    note: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Support:
    """One executable support.

    ``lines[0]`` is the period: the moment lies within the days in force. ``amount`` is None for a
    stated benefit. Where ``discretion`` is set a person fixes the amount between ``lowest`` and
    ``amount``. Amounts are fen.
    """

    id: str
    policy: str
    name: str
    clause: str
    kind: str
    form: Form
    table: str
    beneficiary: tuple[str, ...]
    moment: Quantity
    start: date
    end: date | None
    lines: tuple[Line, ...]
    amount: Quantity | None
    amount_text: str
    discretion: bool
    lowest: Quantity | None
    benefit: str
    rounding: Rounding
    times: Times
    subject_cap: int | None
    year_cap: int | None
    group: str
    stacking: Stacking
    stacking_yearly: bool
    stacking_note: str
    fund: str
    papers: tuple[str, ...]
    units: tuple[str, ...]
    printed_rates: tuple[str, ...]
    parameters: Mapping[str, Quantity]
    interpretations: tuple[Interpretation, ...]
    file: str
    mark: Mark
    open_points: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`policy/support`, unique in a library."""
        return f"{self.policy}/{self.id}"

    @property
    def limited(self) -> bool:
        """Whether limits across rows decide what is paid."""
        return (
            self.times is not Times.EACH
            or self.subject_cap is not None
            or self.year_cap is not None
            or self.stacking is not Stacking.FREE
        )

    def facts(self) -> tuple[Fact, ...]:
        """The distinct facts of conditions, moment and amount, in reading order."""
        nodes = [line.node for line in self.lines]
        extra = [node for node in (self.moment, self.amount, self.lowest) if node is not None]
        return tuple(dict.fromkeys(fact for node in (*nodes, *extra) for fact in facts(node)))

    def figures(self) -> tuple[set[int], set[Decimal]]:
        """Amounts in fen and rates in per cent that the rule pays by (not its conditions)."""
        money: set[int] = {cap for cap in (self.subject_cap, self.year_cap) if cap is not None}
        rates = {Decimal(text.rstrip("%")) for text in self.printed_rates}
        for root in (self.amount, self.lowest):
            for node in walk(root) if root is not None else ():
                if isinstance(node, Constant) and node.type.kind is Kind.MONEY:
                    money.add(node.value)
                if isinstance(node, Constant) and node.type.kind is Kind.RATE:
                    rates.add(Decimal(node.value) / 10_000)
                if isinstance(node, Scale):
                    percent = node.rate * 100
                    rates.add(Decimal(percent.numerator) / Decimal(percent.denominator))
        return money, rates


@dataclass(frozen=True)
class Policy:
    """One document as rules."""

    id: str
    number: str
    title: str
    issuers: tuple[str, ...]
    issued: date | None
    start: date
    end: date | None
    region: str
    based_on: tuple[tuple[str, str], ...]
    clauses: tuple[Clause, ...]
    targets: tuple[Target, ...]
    supports: tuple[Support, ...]
    interpretations: tuple[Interpretation, ...]
    open_points: tuple[str, ...] = ()

    @cached_property
    def by_clause(self) -> Mapping[str, Clause]:
        return {clause.id: clause for clause in self.clauses}

    @property
    def short(self) -> str:
        """What people call it: its number, else its title."""
        return self.number or self.title


@dataclass(frozen=True)
class Library:
    """The vocabulary with all policies of a folder."""

    vocabulary: Vocabulary
    policies: tuple[Policy, ...]
    folder: str = ""
    overrides: tuple[str, ...] = field(default=())

    @cached_property
    def by_id(self) -> Mapping[str, Policy]:
        return {policy.id: policy for policy in self.policies}

    @cached_property
    def supports(self) -> tuple[Support, ...]:
        return tuple(support for policy in self.policies for support in policy.supports)

    @cached_property
    def ready(self) -> tuple[Support, ...]:
        """The supports that may be applied: nothing about them or their policy is still open (待定).

        A condition that a draft could not build is no condition; applying such a support would pay
        too many.
        """
        return tuple(
            support
            for policy in self.policies
            if not policy.open_points
            for support in policy.supports
            if not support.open_points
        )

    @cached_property
    def by_key(self) -> Mapping[str, Support]:
        return {support.key: support for support in self.supports}

    def with_calendar(self, calendar: Calendar) -> "Library":
        """The same rules, counting working days by another calendar than their folder's."""
        return replace(self, vocabulary=replace(self.vocabulary, calendar=calendar))

    def find(self, word: str) -> Support | None:
        """A support by `policy/support`, or by its id where only one policy has it."""
        if word in self.by_key:
            return self.by_key[word]
        found = [support for support in self.supports if support.id == word]
        return found[0] if len(found) == 1 else None

    def clause_of(self, support: Support) -> Clause:
        return self.by_id[support.policy].by_clause[support.clause]

    def for_table(self, table: str) -> tuple[Support, ...]:
        """The supports assessed on one table, in library order."""
        return tuple(support for support in self.supports if support.table == table)
