"""Syntax tree -> typed nodes. Every type, unit, name and bound is checked here, once, at load.

What a rule means is decided in this file; the evaluators only compute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lark import Token, Tree

from huiqi.rulebook.language.bounds import bounds, hard_bounds, unsafe_here
from huiqi.rulebook.language.literals import (
    Literal,
    LiteralError,
    days,
    make,
    read_date,
    units_longest_first,
)
from huiqi.rulebook.language.nodes import (
    DATE,
    DISCRETE,
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
    Fact,
    Inside,
    Kind,
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
    Type,
    Unit,
    Value,
)  # fmt: skip
from huiqi.rulebook.language.source import Mark, Scalar
from huiqi.rulebook.language.syntax import COMPARISONS, SyntaxProblem, Words, parse, place
from huiqi.rulebook.language.trees import Tree as PlaceTree
from huiqi.rulebook.language.trees import TreeNode
from huiqi.rulebook.problems import Problem, suggest


@dataclass(frozen=True, eq=False)
class Names:
    """What words mean to the rules assessed on one table."""

    table: str
    facts: Mapping[str, Fact]
    choices: Mapping[str, tuple[str, ...]]
    ordered: frozenset[str]
    units: Mapping[str, str]  # unit -> the unit it counts as
    trees: Mapping[Kind, PlaceTree]
    words: Words
    everywhere: frozenset[str]  # names that are facts of some table
    values: Mapping[str, "Value"] = field(default_factory=dict)  # a support's named numbers

    def with_values(self, values: Mapping[str, "Value"]) -> "Names":
        """The same with named numbers of a support."""
        return Names(
            self.table, self.facts, self.choices, self.ordered, self.units, self.trees,
            self.words.plus(frozenset(values)), self.everywhere, values,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Span:
    """A literal span; only meaningful next to a date."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class _Ratio:
    """a ÷ b; only meaningful in a comparison with a rate, or inside 取整."""

    left: Quantity
    right: Quantity


@dataclass(frozen=True, slots=True)
class _Name:
    """A word that is no fact: a value of a list or tree, known by what it stands beside."""

    text: str
    token: Token


_Part = Value | _Span | _Ratio | _Name | Condition


class Wrong(ValueError):
    """One problem inside an expression, at a character offset."""

    def __init__(self, code: str, message: str, remedy: str = "", at: int = 0, found: str = ""):
        super().__init__(message)
        self.code, self.message, self.remedy, self.at, self.found = code, message, remedy, at, found


def condition(
    scalar: Scalar, names: Names, problems: list[Problem], rounding: Rounding = Rounding.DOWN
) -> Condition:
    """A condition from its text; on a problem it is reported and `Always(False)` stands in."""
    tree = _tree(scalar, names, problems)
    if tree is None:
        return Always(False)
    return _Resolver(names, problems, scalar.mark, rounding).condition(tree)


def quantity(
    scalar: Scalar,
    names: Names,
    problems: list[Problem],
    wanted: Type | None = None,
    rounding: Rounding = Rounding.DOWN,
) -> Quantity | None:
    """A quantity from its text, of the wanted type; None when it has a problem."""
    tree = _tree(scalar, names, problems)
    if tree is None:
        return None
    resolver = _Resolver(names, problems, scalar.mark, rounding)
    try:
        found = resolver.quantity(tree, wanted)
        if wanted is not None and not resolver.same(found.type, wanted):
            bare = wanted.kind is Kind.MONEY and found.type == Type(Kind.COUNT)
            remedy = "数的后面写“元”，如 5000元、20万元" if bare else "改用同类的数"
            raise Wrong("type", f"这里应是{wanted}，写的是{found.type}", remedy)
        return found
    except Wrong as wrong:
        resolver.report(wrong)
        return None


def value(scalar: Scalar, names: Names, problems: list[Problem], wanted: Type) -> Value | None:
    """A quantity or a fact of a list or tree, of the wanted type; None when it has a problem."""
    if wanted.kind in QUANTITIES:
        return quantity(scalar, names, problems, wanted)
    tree = _tree(scalar, names, problems)
    if tree is None:
        return None
    resolver = _Resolver(names, problems, scalar.mark, Rounding.DOWN)
    try:
        found = resolver.part(tree)
        if not isinstance(found, Fact) or found.type != wanted:
            raise Wrong("type", f"这里应是{wanted}的事实", "写一个事实的名称")
        return found
    except Wrong as wrong:
        resolver.report(wrong)
        return None


def condition_below(
    tree: Tree[Token], names: Names, problems: list[Problem], mark: Mark
) -> Condition:
    """A condition from a part of a larger expression whose text begins at ``mark``."""
    return _Resolver(names, problems, mark, Rounding.DOWN).condition(tree)


def _tree(scalar: Scalar, names: Names, problems: list[Problem]) -> Tree[Token] | None:
    try:
        return parse(scalar.text, names.words)
    except SyntaxProblem as wrong:
        mark = _inside(scalar.mark, scalar, wrong.offset)
        problems.append(mark.problem(wrong.code, wrong.message, wrong.remedy, wrong.found))
        return None


def _inside(mark: Mark, scalar: Scalar, offset: int) -> Mark:
    return place(mark, offset + (0 if scalar.plain else 1))


class _Resolver:
    """One expression; holds what its parts need and where problems go."""

    def __init__(self, names: Names, problems: list[Problem], mark: Mark, rounding: Rounding):
        self.names, self.problems, self.mark, self.rounding = names, problems, mark, rounding

    def report(self, wrong: Wrong) -> None:
        mark = place(self.mark, wrong.at)
        self.problems.append(mark.problem(wrong.code, wrong.message, wrong.remedy, wrong.found))

    # ------------------------------------------------------------ conditions

    def condition(self, tree: Tree[Token]) -> Condition:
        """A condition; each side of 且/或 reports its own problem."""
        match tree.data:
            case "both" | "either":
                items = tuple(
                    self.condition(child) for child in tree.children if isinstance(child, Tree)
                )
                return All(items) if tree.data == "both" else Any(items)
            case "negation":
                return Not(self.condition(_sub(tree, 1)))
            case "group":
                return self.condition(_sub(tree, 1))
        try:
            return self.clause(tree)
        except Wrong as wrong:
            if not wrong.at:
                wrong.at = _start(tree)
            self.report(wrong)
            return Always(False)

    def clause(self, tree: Tree[Token]) -> Condition:
        match tree.data:
            case "compare":
                left, cmp, right = tree.children
                return self.compare(_as_tree(left), str(cmp), _as_tree(right), _start(tree))
            case "is_" | "within":
                return self.member(tree)
            case "is_not" | "not_within":
                return Not(self.member(tree))
            case "between":
                item, low, high = (_as_tree(part) for part in tree.children[::2])
                return All((self.compare(item, ">=", low, _start(tree)),
                            self.compare(item, "<=", high, _start(tree))))  # fmt: skip
            case "since":
                return self.since(tree)
        part = self.part(tree)
        if isinstance(part, Fact) and part.type.kind is Kind.BOOL:
            return Truth(part)
        if isinstance(part, Fact):
            raise Wrong(
                "not-a-condition", f"“{part.shown}”是{part.type}，不能单独作条件",
                "写成比较，如“… 达到 …”或“… 是 …”", _start(tree), part.shown,
            )  # fmt: skip
        raise Wrong("not-a-condition", "这里应是一个条件", "写成比较或是否类事实", _start(tree))

    def compare(self, left: Tree[Token], word: str, right: Tree[Token], at: int) -> Condition:
        sign = COMPARISONS[word]
        if sign == "!=":
            return Not(self.compare(left, "=", right, at))
        one, two = self.part(left), self.part(right)
        if isinstance(one, _Ratio) or isinstance(two, _Ratio):
            return self.ratio(one, Op(sign), two, at)
        if isinstance(one, Fact) and one.type.kind in DISCRETE:
            return self.ordered(one, sign, two, word)
        one_, two_ = self.number(one, left), self.number(two, right)
        one_, two_ = self.unify(one_, two_, right)
        return Compare(Op(sign), one_, two_)

    def ordered(self, item: Fact, sign: str, other: _Part, word: str) -> Condition:
        """Comparison in an ordered list becomes membership; nothing else can be compared so."""
        if not isinstance(other, _Name):
            raise Wrong("type", f"“{item.shown}”只能和{item.type}的值比较", "写值的名称")
        if item.type.kind is not Kind.CHOICE or item.type.choices not in self.names.ordered:
            if sign == "=":
                return self.membership(item, [other.token])
            raise Wrong("not-ordered", f"“{item.shown}”没有高低之分，不能用“{word}”", "改用“是”")
        label = self.choice(item, other.token)
        values = self.names.choices[item.type.choices]
        rank = values.index(label)
        chosen = {
            ">=": values[rank:], ">": values[rank + 1 :], "<=": values[: rank + 1],
            "<": values[:rank], "=": (label,),
        }[sign]  # fmt: skip
        return OneOf(item, frozenset(chosen))

    def member(self, tree: Tree[Token]) -> Condition:
        item = self.part(_as_tree(tree.children[0]))
        words = _sub(tree, 2)
        tokens = [child for child in words.children[::2] if isinstance(child, Token)]
        if not isinstance(item, Fact) or item.type.kind not in DISCRETE:
            shown = item.shown if isinstance(item, Fact) else "这一项"
            raise Wrong(
                "type", f"“{shown}”不是类别、地区或行业，不能用“{tree.children[1]}”",
                "数用“达到”“超过”“等于”比较", _start(tree), shown,
            )  # fmt: skip
        return self.membership(item, tokens)

    def membership(self, item: Fact, tokens: list[Token]) -> Condition:
        if item.type.kind in TREES:
            return Inside(item, frozenset(self.node(item, token).code for token in tokens))
        return OneOf(item, frozenset(self.choice(item, token) for token in tokens))

    def choice(self, item: Fact, token: Token) -> str:
        allowed = self.names.choices.get(item.type.choices, ())
        if token not in allowed:
            remedy = suggest(str(token), allowed) or f"可写：{'、'.join(allowed)}"
            raise Wrong(
                "unknown-value", f"“{item.shown}”没有“{token}”这个值", remedy,
                token.start_pos or 0, str(token),
            )  # fmt: skip
        return str(token)

    def node(self, item: Fact, token: Token) -> TreeNode:
        found = self.names.trees[item.type.kind].find(str(token))
        if isinstance(found, Problem):
            raise Wrong(found.code, found.message, found.remedy, token.start_pos or 0, str(token))
        return found

    def ratio(self, one: _Part, op: Op, two: _Part, at: int) -> Condition:
        if not isinstance(one, _Ratio) or not isinstance(two, Constant) or two.type != RATE:
            raise Wrong("ratio", "÷ 得到的比例只能放在左边，和一个固定的比例比较",
                        "如“甲 ÷ 乙 达到 3%”", at)  # fmt: skip
        rate = Fraction(two.value, RATE_SCALE)
        if bounds(one.right)[0] < 0:
            raise Wrong("ratio", "÷ 的除数可能为负", "给除数的事实写“下限: 0”", at)
        return CompareRatio(op, one.left, one.right, rate)

    def since(self, tree: Tree[Token]) -> Condition:
        start, end, word, span = tree.children[1], tree.children[3], tree.children[4], None
        span = self.part(_as_tree(tree.children[5]))
        one, two = self.date(_as_tree(start)), self.date(_as_tree(end))
        if not isinstance(span, _Span):
            raise Wrong("span", "“自…至…”后面应是一段时间", "如“满 2年”“不超过 6个月”")
        sign = COMPARISONS[str(word)]
        if sign in ("=", "!="):
            raise Wrong("span", "时长不能用“等于”比较", "改用“满”“不满”“超过”“不超过”")
        op = {">=": Op.AT_MOST, ">": Op.LESS, "<=": Op.AT_LEAST, "<": Op.MORE}[sign]
        moved = self.number(Shift(one, span.amount, span.unit), _as_tree(tree.children[5]))
        return Compare(op, moved, two)

    def date(self, tree: Tree[Token]) -> Quantity:
        found = self.part(tree)
        if isinstance(found, QuantityTypes) and found.type.kind is Kind.DATE:
            return found
        raise Wrong("type", "这里应是日期", "写日期事实、评定日或 2022-08-17", _start(tree))

    # ------------------------------------------------------------ quantities

    def quantity(self, tree: Tree[Token], wanted: Type | None = None) -> Quantity:
        return self.number(self.part(tree), tree, wanted)

    def number(self, part: _Part, tree: Tree[Token], wanted: Type | None = None) -> Quantity:
        """The part as a quantity; a bare span counts as a number of its unit where one is wanted."""
        at = _start(tree)
        if isinstance(part, _Name):
            remedy = suggest(part.text, sorted(self.names.facts)) or "写事实的名称或数字"
            raise Wrong("unknown-fact", f"“{part.text}”不是可以读取的事实", remedy, at, part.text)
        if isinstance(part, _Span):
            kind = wanted.unit if wanted is not None and wanted.kind is Kind.COUNT else part.unit
            return Constant(part.amount, Type(Kind.COUNT, self.unit(str(kind))))
        if isinstance(part, _Ratio):
            raise Wrong("ratio", "÷ 只能用在与比例的比较里，或写成 取整(甲 ÷ 乙)", "改写", at)
        if not isinstance(part, QuantityTypes):
            raise Wrong("type", "这里应是一个数", "条件不能当作数", at)
        if part.type.kind not in QUANTITIES:
            shown = part.shown if isinstance(part, Fact) else str(part.type)
            raise Wrong("type", f"“{shown}”是{part.type}，不能当作数", "改用数值事实", at, shown)
        if unsafe_here(part):
            if part.type.kind is Kind.DATE:
                raise Wrong("overflow", "推算的日期超出历法范围", "减少年数", at)
            raise Wrong("overflow", "结果可能超出计算范围", "给涉及的事实写上限", at)
        return part

    def unify(self, one: Quantity, two: Quantity, right: Tree[Token]) -> tuple[Quantity, Quantity]:
        if not self.same(one.type, two.type):
            raise Wrong(
                "unit", f"{one.type}不能和{two.type}比较", "两边用同类、同单位的数", _start(right)
            )
        return one, two

    def same(self, one: Type, two: Type) -> bool:
        """Equal kinds; counts need the same unit unless one carries none."""
        if one.kind is not two.kind:
            return False
        if one.kind is not Kind.COUNT or not one.unit or not two.unit:
            return True
        return self.unit(one.unit) == self.unit(two.unit)

    def unit(self, unit: str) -> str:
        return self.names.units.get(unit, unit)

    def part(self, tree: Tree[Token]) -> _Part:
        """Any part of an expression with its type."""
        at = _start(tree)
        match tree.data:
            case "group":
                inner = _sub(tree, 1)
                if inner.data in CONDITION_RULES:
                    return self.condition(inner)
                return self.part(inner)
            case "word":
                return self.word(_token(tree, 0))
            case "number":
                return self.literal(_token(tree, 0))
            case "date":
                try:
                    day = days(read_date(str(tree.children[0])))
                except LiteralError as error:
                    raise Wrong("bad-date", str(error), "改成存在的日期", at) from None
                first, last = hard_bounds(DATE)
                if not first <= day <= last:
                    raise Wrong("bad-date", f"“{tree.children[0]}”超出可计算的年份", "核对年份", at)
                return Constant(day, DATE)
            case "today":
                return Today()
            case "plus" | "minus":
                return self.sum(tree)
            case "times":
                return self.product(tree)
            case "over":
                return self.division(tree)
            case "least" | "most":
                return self.extreme(tree)
            case "whole":
                return self.whole(tree)
            case "count" | "sum" | "max":
                raise Wrong("measure-only", f"“{tree.children[0]}”只能写在目标的量法里",
                            "在词汇表中定义为统计事实", at)  # fmt: skip
        raise Wrong("type", "这里应是一个数或事实，不是条件", "加括号或改写", at)

    def word(self, token: Token) -> _Part:
        text = str(token)
        if text in self.names.values:
            return self.names.values[text]
        if text in self.names.facts:
            fact = self.names.facts[text]
            if fact.type.kind is Kind.TEXT:
                raise Wrong("text-fact", f"“{text}”是给人看的文字，规则不能读取", "改用其他事实",
                            token.start_pos or 0, text)  # fmt: skip
            return fact
        if text in self.names.everywhere:
            reachable = suggest(text, sorted(self.names.facts))
            raise Wrong("out-of-reach", f"评定“{self.names.table}”时读不到“{text}”",
                        reachable or "改用这张表、其所属主体或关联主体的事实",
                        token.start_pos or 0, text)  # fmt: skip
        return _Name(text, token)

    def literal(self, token: Token) -> _Part:
        text = str(token)
        cut = next(
            (len(text) - len(unit) for unit in units_longest_first(frozenset(self.names.units))
             if unit and text.endswith(unit)), len(text),
        )  # fmt: skip
        try:
            made: Literal = make(text[:cut].strip(), text[cut:], set(self.names.units))
        except LiteralError as error:
            raise Wrong(
                "bad-number", str(error), "检查数字和单位", token.start_pos or 0, text
            ) from None
        if made.kind is Kind.SPAN:
            return _Span(made.value, Unit(made.unit))
        return Constant(made.value, Type(made.kind, self.unit(made.unit)))

    def sum(self, tree: Tree[Token]) -> _Part:
        left, right = _as_tree(tree.children[0]), _as_tree(tree.children[2])
        one, two = self.part(left), self.part(right)
        if isinstance(two, _Span) and isinstance(one, QuantityTypes) and one.type == DATE:
            amount = two.amount if tree.data == "plus" else -two.amount
            return Shift(one, amount, two.unit)
        first, second = self.number(one, left), self.number(two, right)
        first, second = self.unify(first, second, right)
        if first.type.kind is Kind.DATE:
            raise Wrong("type", "两个日期不能相加减", "写成“自 甲 至 乙 满 2年”", _start(tree))
        kind = first.type if first.type.unit or first.type.kind is not Kind.COUNT else second.type
        return (Plus if tree.data == "plus" else Minus)(first, second, kind)

    def product(self, tree: Tree[Token]) -> Quantity:
        left, right = _as_tree(tree.children[0]), _as_tree(tree.children[2])
        one = self.number(self.part(left), left)
        two = self.number(self.part(right), right)
        at = _start(tree)
        if one.type.kind is Kind.RATE and two.type.kind is not Kind.RATE:
            one, two = two, one
        if two.type.kind is Kind.RATE:
            if one.type.kind is Kind.DATE:
                raise Wrong("type", "日期不能乘以比例", "改写", at)
            if isinstance(two, Constant):
                return Scale(one, Fraction(two.value, RATE_SCALE), self.rounding, one.type)
            self.positive(one, two, at)
            return Portion(one, two, self.rounding, one.type)
        if one.type.kind is Kind.COUNT and two.type.kind is Kind.MONEY:
            one, two = two, one
        if two.type.kind is not Kind.COUNT or one.type.kind is Kind.DATE:
            raise Wrong("type", f"{one.type}不能乘以{two.type}", "金额可乘比例或数量", at)
        if one.type.kind is Kind.COUNT and one.type.unit and two.type.unit:
            remedy = "两个带单位的数量不能相乘；先乘金额，如 10元 × 面积 × 月数"
            raise Wrong("unit", f"{one.type}不能乘以{two.type}", remedy, at)
        self.positive(one, two, at)
        kind = one.type if one.type.unit or one.type.kind is not Kind.COUNT else two.type
        return Times(one, two, kind)

    def positive(self, one: Quantity, two: Quantity, at: int) -> None:
        if bounds(one)[0] < 0 or bounds(two)[0] < 0:
            raise Wrong("sign", "相乘的两边都不能为负", "给事实写“下限: 0”", at)

    def division(self, tree: Tree[Token]) -> _Part:
        left, right = _as_tree(tree.children[0]), _as_tree(tree.children[2])
        one = self.number(self.part(left), left)
        two = self.number(self.part(right), right)
        plain = isinstance(two, Constant) and two.type == Type(Kind.COUNT)
        if plain and isinstance(two, Constant):
            if two.value <= 0:
                raise Wrong("zero-divisor", "除数必须大于零", "改正除数", _start(right))
            return Scale(one, Fraction(1, two.value), self.rounding, one.type)
        if not self.same(one.type, two.type):
            raise Wrong(
                "unit", f"{one.type}不能除以{two.type}", "同类的数才能求比例", _start(right)
            )
        return _Ratio(one, two)

    def extreme(self, tree: Tree[Token]) -> Quantity:
        parts = [part for part in tree.children[2::2] if isinstance(part, Tree)]
        items = [self.number(self.part(part), part) for part in parts]
        for item, part in zip(items[1:], parts[1:], strict=True):
            self.unify(items[0], item, part)
        return (Least if tree.data == "least" else Most)(tuple(items), items[0].type)

    def whole(self, tree: Tree[Token]) -> Quantity:
        inner = _sub(tree, 2)
        ratio = self.part(inner)
        if not isinstance(ratio, _Ratio) or not isinstance(ratio.right, Constant):
            raise Wrong(
                "whole", "取整里应是“甲 ÷ 固定的数”", "如 取整(甲 ÷ 5个百分点)", _start(inner)
            )
        if ratio.right.value <= 0:
            raise Wrong("zero-divisor", "除数必须大于零", "改正除数", _start(inner))
        return Quotient(ratio.left, ratio.right.value, Type(Kind.COUNT))


RATE_SCALE = 1_000_000
QuantityTypes = (
    Fact, Constant, Today, Plus, Minus, Times, Scale, Portion, Quotient, Round, Least, Most, Shift,
    Choose,
)  # fmt: skip
CONDITION_RULES = frozenset(
    {"both", "either", "negation", "compare", "is_", "is_not", "within", "not_within", "between",
     "since"}
)  # fmt: skip


def _as_tree(item: Tree[Token] | Token) -> Tree[Token]:
    return item if isinstance(item, Tree) else Tree("word", [item])


def _sub(tree: Tree[Token], index: int) -> Tree[Token]:
    return _as_tree(tree.children[index])


def _token(tree: Tree[Token], index: int) -> Token:
    item = tree.children[index]
    assert isinstance(item, Token)
    return item


def _start(tree: Tree[Token]) -> int:
    """Character offset at which a subtree begins."""
    for item in tree.children:
        if isinstance(item, Token):
            return item.start_pos or 0
        if item is not None and item.children:
            return _start(item)
    return 0
