"""The rule language as frozen nodes: what can be said, and nothing else.

Two families. *Conditions* have four answers (see :mod:`huiqi.rulebook.language.answers`). *Quantities* (money in
fen, counts, rates in millionths, dates as days) are intervals where facts are missing. Discrete
quantities (lists, places, industries) are known or not known.

Nodes carry no positions, so equal conditions of different supports are equal nodes and are computed
once. Every node has one function in the reference evaluator and one in the columnar compiler.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

MILLION = 1_000_000


class Kind(StrEnum):
    """Types of facts and expressions; the value is the word policy authors write."""

    BOOL = "是否"
    MONEY = "金额"
    COUNT = "数量"
    RATE = "比例"
    DATE = "日期"
    SPAN = "时长"
    CHOICE = "类别"
    REGION = "地区"
    INDUSTRY = "行业"
    TEXT = "文字"


QUANTITIES = frozenset({Kind.MONEY, Kind.COUNT, Kind.RATE, Kind.DATE})
TREES = frozenset({Kind.REGION, Kind.INDUSTRY})
DISCRETE = frozenset({Kind.CHOICE, Kind.REGION, Kind.INDUSTRY})


@dataclass(frozen=True, slots=True)
class Type:
    """A kind with its unit (counts) or the name of its closed list (choices)."""

    kind: Kind
    unit: str = ""
    choices: str = ""

    def __str__(self) -> str:
        if self.kind is Kind.COUNT:
            return f"数量（{self.unit}）" if self.unit else "数量"
        return f"类别（{self.choices}）" if self.kind is Kind.CHOICE else str(self.kind)


BOOL = Type(Kind.BOOL)
MONEY = Type(Kind.MONEY)
RATE = Type(Kind.RATE)
DATE = Type(Kind.DATE)


class Unit(StrEnum):
    """Units of a span of time."""

    DAY = "日"
    MONTH = "个月"
    YEAR = "年"
    WORKDAY = "个工作日"


class Rounding(StrEnum):
    """How a product with a rate becomes whole units; symmetrical about zero."""

    DOWN = "舍去"
    HALF_UP = "四舍五入"
    UP = "进位"


class Op(StrEnum):
    """Exact comparisons."""

    AT_LEAST = ">="
    MORE = ">"
    AT_MOST = "<="
    LESS = "<"
    EQUAL = "="


# ---------------------------------------------------------------- leaves


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the assessed row or of a subject reached through many-to-one links.

    ``path`` holds link names from the assessed table; ``table`` is where the fact lives. ``low`` and
    ``high`` bound the value while it is unknown (None: no bound). ``judged`` facts are decided by a
    person and appear only in conditions on booleans and choices.
    """

    path: tuple[str, ...]
    table: str
    name: str
    type: Type
    low: int | None = None
    high: int | None = None
    judged: bool = False

    @property
    def shown(self) -> str:
        """The name as authors write it: the last link (or the table) and the fact."""
        return f"{self.path[-1] if self.path else self.table}.{self.name}"

    @property
    def column(self) -> str:
        """A unique column name within a query over the assessed table."""
        return ".".join((*self.path, self.name))


@dataclass(frozen=True, slots=True)
class Constant:
    """A number in base units: fen, pieces, millionths, days since 1970-01-01."""

    value: int
    type: Type


@dataclass(frozen=True, slots=True)
class Label:
    """A known member of a closed list or tree (its code)."""

    value: str
    type: Type


@dataclass(frozen=True, slots=True)
class Today:
    """The day of assessment; an argument, never the clock."""

    type: Type = DATE


# ---------------------------------------------------------------- quantities


@dataclass(frozen=True, slots=True)
class Plus:
    left: "Quantity"
    right: "Quantity"
    type: Type


@dataclass(frozen=True, slots=True)
class Minus:
    left: "Quantity"
    right: "Quantity"
    type: Type


@dataclass(frozen=True, slots=True)
class Times:
    """A product of two quantities that can't be negative, one of them a plain count."""

    left: "Quantity"
    right: "Quantity"
    type: Type


@dataclass(frozen=True, slots=True)
class Scale:
    """A quantity times a constant exact rate ≥ 0, rounded to whole units."""

    item: "Quantity"
    rate: Fraction
    rounding: Rounding
    type: Type


@dataclass(frozen=True, slots=True)
class Portion:
    """A quantity ≥ 0 times a rate ≥ 0 that is itself a fact, rounded to whole units."""

    item: "Quantity"
    rate: "Quantity"
    rounding: Rounding
    type: Type


@dataclass(frozen=True, slots=True)
class Quotient:
    """How many whole times a constant > 0 goes into a quantity, toward zero."""

    item: "Quantity"
    divisor: int
    type: Type


@dataclass(frozen=True, slots=True)
class Round:
    """A quantity rounded to a whole multiple of ``step`` (yuan instead of fen)."""

    item: "Quantity"
    step: int
    rounding: Rounding
    type: Type


@dataclass(frozen=True, slots=True)
class Least:
    items: "tuple[Quantity, ...]"
    type: Type


@dataclass(frozen=True, slots=True)
class Most:
    items: "tuple[Quantity, ...]"
    type: Type


@dataclass(frozen=True, slots=True)
class Shift:
    """A date moved by a span; a day that the month lacks becomes the month's last."""

    item: "Quantity"
    amount: int
    unit: Unit
    type: Type = DATE


@dataclass(frozen=True, slots=True)
class Choose:
    """The first branch whose condition holds, else ``otherwise``; for quantities and choices."""

    branches: "tuple[tuple[Condition, Value], ...]"
    otherwise: "Value"
    type: Type


# ---------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class Always:
    """A condition that needs no fact."""

    value: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """A boolean fact."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice is one of the named values."""

    item: "Discrete"
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Inside:
    """A place or industry lies at or below one of the named nodes of its tree."""

    item: "Discrete"
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Compare:
    op: Op
    left: "Quantity"
    right: "Quantity"


@dataclass(frozen=True, slots=True)
class CompareRatio:
    """``left ÷ right`` against an exact rate, by cross-multiplication; a zero divisor is unknown."""

    op: Op
    left: "Quantity"
    right: "Quantity"
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Not:
    item: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    items: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    items: "tuple[Condition, ...]"


Quantity = (
    Fact
    | Constant
    | Today
    | Plus
    | Minus
    | Times
    | Scale
    | Portion
    | Quotient
    | Round
    | Least
    | Most
    | Shift
    | Choose
)
Discrete = Fact | Label | Choose
Value = Quantity | Discrete
Condition = Always | Truth | OneOf | Inside | Compare | CompareRatio | Not | All | Any
Node = Value | Condition

NODE_TYPES: tuple[type, ...] = (
    Fact, Constant, Label, Today, Plus, Minus, Times, Scale, Portion, Quotient, Round, Least, Most,
    Shift, Choose, Always, Truth, OneOf, Inside, Compare, CompareRatio, Not, All, Any,
)  # fmt: skip


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node, in reading order."""
    match node:
        case Plus() | Minus() | Times() | Compare() | CompareRatio():
            return (node.left, node.right)
        case Scale() | Quotient() | Round() | Shift() | Not() | OneOf() | Inside():
            return (node.item,)
        case Portion():
            return (node.item, node.rate)
        case Least() | Most() | All() | Any():
            return node.items
        case Truth():
            return (node.fact,)
        case Choose():
            return (*(part for branch in node.branches for part in branch), node.otherwise)
        case _:
            return ()


def walk(node: Node) -> "list[Node]":
    """The node and everything below it, in reading order."""
    out = [node]
    for child in children(node):
        out.extend(walk(child))
    return out


def facts(node: Node) -> tuple[Fact, ...]:
    """The distinct facts a node reads, in reading order."""
    return tuple(dict.fromkeys(item for item in walk(node) if isinstance(item, Fact)))


# ---------------------------------------------------------------- facts computed over events


class Method(StrEnum):
    """How a fact is computed from events."""

    COUNT = "计数"
    SUM = "合计"
    MAX = "最大"
    MIN = "最小"
    FIRST = "最早"
    LAST = "最近"
    EXISTS = "有无"
    LATEST = "最近值"
    EARLIER_COUNT = "此前计数"
    EARLIER_SUM = "此前合计"
    EARLIER_MAX = "此前最大"


EARLIER = frozenset({Method.EARLIER_COUNT, Method.EARLIER_SUM, Method.EARLIER_MAX})


@dataclass(frozen=True, slots=True)
class Statistic:
    """A fact computed over the events of a subject, or over the earlier events beside an event.

    ``where``, ``value`` and ``order`` are read from the scope of the event table. ``same`` are facts
    of the event that must be equal to those of the assessed event. ``empty_is_zero`` says what no
    matching event means: nothing happened, or nothing is known. ``more`` says that the register may
    lack events even where it holds some, so that counts and maxima have no upper bound.
    """

    method: Method
    event: str
    where: Condition = field(default_factory=lambda: Always(True))
    value: Value | None = None
    order: Quantity | None = None
    same: tuple[Fact, ...] = ()
    empty_is_zero: bool = True
    more: bool = False
