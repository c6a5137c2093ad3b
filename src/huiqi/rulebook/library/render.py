"""Nodes -> the author's language: what a rule says, written so that it can be read back.

Reading the text gives the same nodes again (tests hold this), as far as the language can say them:
rounding, tiers and constants are said by a support's own keys, so :func:`render` writes them in
words that people understand and a loader refuses.
"""

from fractions import Fraction

from huiqi.rulebook.language.literals import show_value
from huiqi.rulebook.language.nodes import (
    MILLION,
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
    Label,
    Least,
    Minus,
    Most,
    Node,
    Not,
    OneOf,
    Op,
    Plus,
    Portion,
    Quotient,
    Round,
    Rounding,
    Scale,
    Shift,
    Times,
    Today,
    Truth,
    Type,
)  # fmt: skip
from huiqi.rulebook.library.vocabulary import Vocabulary

WORDS = {
    Op.AT_LEAST: "达到",
    Op.MORE: "超过",
    Op.AT_MOST: "不超过",
    Op.LESS: "不满",
    Op.EQUAL: "等于",
}
DATE_WORDS = {
    Op.AT_LEAST: "不早于",
    Op.MORE: "晚于",
    Op.AT_MOST: "不晚于",
    Op.LESS: "早于",
    Op.EQUAL: "等于",
}
ROUNDED = {Rounding.DOWN: "舍去到", Rounding.HALF_UP: "四舍五入到", Rounding.UP: "进位到"}
SUMS, PRODUCTS = (Plus, Minus, Shift), (Times, Scale, Portion)


def render(node: Node, vocabulary: Vocabulary) -> str:
    """One expression or condition in Chinese, with a space between words."""
    return _Renderer(vocabulary).text(node)


class _Renderer:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def text(self, node: Node) -> str:
        match node:
            case Fact():
                return node.shown
            case Constant():
                return show_value(node.value, node.type)
            case Today():
                return "评定日"
            case Label():
                return node.value
            case Plus():
                return f"{self.text(node.left)} + {self.factor(node.right)}"
            case Minus():
                return f"{self.text(node.left)} − {self.factor(node.right)}"
            case Times():
                return f"{self.factor(node.left)} × {self.operand(node.right)}"
            case Scale():
                return self.scaled(node)
            case Portion():
                return f"{self.factor(node.item)} × {self.operand(node.rate)}"
            case Quotient():
                divisor = show_value(node.divisor, node.item.type)
                return f"取整({self.factor(node.item)} ÷ {divisor})"
            case Round():
                step = show_value(node.step, node.item.type)
                return f"{self.operand(node.item)} {ROUNDED[node.rounding]}{step}"
            case Least() | Most():
                name = "取小" if isinstance(node, Least) else "取大"
                return f"{name}({', '.join(self.text(item) for item in node.items)})"
            case Shift():
                sign = "+" if node.amount >= 0 else "−"
                return f"{self.text(node.item)} {sign} {abs(node.amount)}{node.unit}"
            case Choose():
                tiers = [
                    f"{self.text(when)} 时 {self.text(value)}" for when, value in node.branches
                ]
                return "；".join([*tiers, f"否则 {self.text(node.otherwise)}"])
            case _:
                return self.condition(node)

    def condition(self, node: Condition) -> str:
        match node:
            case Always():
                return "总是" if node.value else "从不"
            case Truth():
                return node.fact.shown
            case OneOf():
                return f"{self.operand(node.item)} 是 {self.listed(node.values, node.item.type)}"
            case Inside():
                return f"{self.operand(node.item)} 属于 {self.places(node)}"
            case Compare():
                words = DATE_WORDS if node.left.type.kind is Kind.DATE else WORDS
                return f"{self.text(node.left)} {words[node.op]} {self.text(node.right)}"
            case CompareRatio():
                rate = show_value(int(node.rate * MILLION), Type(Kind.RATE))
                ratio = f"{self.factor(node.left)} ÷ {self.operand(node.right)}"
                return f"{ratio} {WORDS[node.op]} {rate}"
            case Not(item=OneOf() as item):
                return f"{self.operand(item.item)} 不是 {self.listed(item.values, item.item.type)}"
            case Not(item=Inside() as item):
                return f"{self.operand(item.item)} 不属于 {self.places(item)}"
            case Not():
                return f"非 {self.clause(node.item)}"
            case All():
                return " 且 ".join(self.clause(item) for item in node.items) or "总是"
            case Any():
                return " 或 ".join(self.clause(item) for item in node.items) or "从不"

    def scaled(self, node: Scale) -> str:
        """By a rate where millionths can say it, else divided by a whole number."""
        millionths = node.rate * MILLION
        if millionths.denominator == 1:
            return f"{self.factor(node.item)} × {show_value(int(millionths), Type(Kind.RATE))}"
        divided = f"{self.factor(node.item)} ÷ {node.rate.denominator}"
        up = Fraction(node.rate.numerator)
        return (
            divided
            if up == 1
            else f"({divided}) × {show_value(int(up * MILLION), Type(Kind.RATE))}"
        )

    def factor(self, node: Node) -> str:
        """In brackets where × or ÷ would bind tighter, or where + − would be read from the left."""
        return f"({self.text(node)})" if isinstance(node, (*SUMS, Round)) else self.text(node)

    def operand(self, node: Node) -> str:
        """In brackets wherever it is more than one word."""
        bare = not isinstance(node, (*SUMS, *PRODUCTS, Round, Choose))
        return self.text(node) if bare else f"({self.text(node)})"

    def clause(self, node: Condition) -> str:
        """In brackets where 且 and 或 are mixed."""
        return f"({self.text(node)})" if isinstance(node, All | Any) else self.text(node)

    def listed(self, values: frozenset[str], type_: Type) -> str:
        order = self.vocabulary.choices.get(type_.choices, ())
        return "、".join(sorted(values, key=lambda value: order.index(value))) or "（无）"

    def places(self, node: Inside) -> str:
        tree = self.vocabulary.trees[node.item.type.kind]
        nodes = sorted((tree.nodes[tree.position(code)] for code in node.codes), key=_position)
        return "、".join(item.full_name for item in nodes) or "（无）"


def _position(node: object) -> int:
    return getattr(node, "position", 0)
