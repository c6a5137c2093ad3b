"""Nodes back to Chinese, in the words of the rule language.

For what has no author's text of its own: how a derived fact is computed. Conditions and amounts of
supports are printed as their authors wrote them.
"""

from fractions import Fraction

from huiqi.rulebook.language.literals import show_rate, show_value
from huiqi.rulebook.language.nodes import (
    MILLION,
    All,
    Always,
    Any,
    Choose,
    Compare,
    CompareRatio,
    Constant,
    Fact,
    Inside,
    Kind,
    Label,
    Least,
    Method,
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
    Scale,
    Shift,
    Statistic,
    Times,
    Today,
    Truth,
    facts,
    walk,
)
from huiqi.rulebook.library.vocabulary import Definition, Vocabulary

NUMBERS = {
    Op.AT_LEAST: "达到", Op.MORE: "超过", Op.AT_MOST: "不超过", Op.LESS: "不满", Op.EQUAL: "等于",
}  # fmt: skip
DATES = {
    Op.AT_LEAST: "不早于", Op.MORE: "晚于", Op.AT_MOST: "不晚于", Op.LESS: "早于", Op.EQUAL: "等于",
}  # fmt: skip
LONG = 60
"""A definition of more nodes than this is named by its inputs; nobody reads it in one line."""


def say_definition(definition: Definition, vocabulary: Vocabulary) -> str:
    """How a derived fact is computed."""
    if isinstance(definition, Statistic):
        return _statistic(definition, vocabulary)
    if len(walk(definition)) > LONG:
        inputs = "、".join(fact.shown for fact in facts(definition))
        return f"按 {inputs} 逐档判断得出"
    return say(definition, vocabulary)


def say(node: Node, vocabulary: Vocabulary) -> str:
    """A condition or quantity in the words of the language."""
    match node:
        case Always():
            return "总是成立" if node.value else "总不成立"
        case Fact():
            return node.shown
        case Constant():
            return show_value(node.value, node.type)
        case Label():
            return _value(node.value, node.type.kind, vocabulary)
        case Today():
            return "评定日"
        case Truth():
            return node.fact.shown
        case Not():
            inner = say(node.item, vocabulary)
            return f"非 {inner}" if isinstance(node.item, Truth) else f"非 ({inner})"
        case All() | Any():
            word = " 且 " if isinstance(node, All) else " 或 "
            return word.join(_inner(item, vocabulary) for item in node.items)
        case OneOf():
            order = vocabulary.choices.get(node.item.type.choices, ())
            told = [value for value in order if value in node.values]
            return f"{say(node.item, vocabulary)} 是 {'、'.join(told or sorted(node.values))}"
        case Inside():
            kind = node.item.type.kind
            names = (_value(code, kind, vocabulary) for code in sorted(node.codes))
            return f"{say(node.item, vocabulary)} 属于 {'、'.join(names)}"
        case Compare():
            words = DATES if _is_date(node) else NUMBERS
            left, right = say(node.left, vocabulary), say(node.right, vocabulary)
            return f"{left} {words[node.op]} {right}"
        case CompareRatio():
            rate = _percent(node.rate)
            left, right = _part(node.left, vocabulary), _part(node.right, vocabulary)
            return f"{left} ÷ {right} {NUMBERS[node.op]} {rate}"
        case Plus() | Minus():
            sums = isinstance(node.left, Plus | Minus)  # read from the left, so no brackets
            left = say(node.left, vocabulary) if sums else _part(node.left, vocabulary)
            sign = "+" if isinstance(node, Plus) else "-"
            return f"{left} {sign} {_part(node.right, vocabulary)}"
        case Times():
            return f"{_part(node.left, vocabulary)} × {_part(node.right, vocabulary)}"
        case Scale():
            return f"{_part(node.item, vocabulary)} × {_percent(node.rate)}"
        case Portion():
            return f"{_part(node.item, vocabulary)} × {_part(node.rate, vocabulary)}"
        case Quotient():
            divisor = show_value(node.divisor, node.item.type)
            return f"取整({say(node.item, vocabulary)} ÷ {divisor})"
        case Round():
            step = "元" if node.step > 1 else "分"
            return f"{_part(node.item, vocabulary)}（{node.rounding}到{step}）"
        case Least() | Most():
            word = "取小" if isinstance(node, Least) else "取大"
            return f"{word}({', '.join(say(item, vocabulary) for item in node.items)})"
        case Shift():
            return f"{_part(node.item, vocabulary)} + {node.amount}{node.unit}"
        case Choose():
            parts = [
                f"{say(condition, vocabulary)} 时为 {say(value, vocabulary)}"
                for condition, value in node.branches
            ]
            return "；".join([*parts, f"其余为 {say(node.otherwise, vocabulary)}"])


def _statistic(made: Statistic, vocabulary: Vocabulary) -> str:
    what = say(made.value, vocabulary) if made.value is not None else made.event
    words = {
        Method.COUNT: f"“{made.event}”有几条",
        Method.EXISTS: f"有没有“{made.event}”",
        Method.SUM: f"各条“{what}”合计",
        Method.MAX: f"各条“{what}”中最大的",
        Method.MIN: f"各条“{what}”中最小的",
        Method.FIRST: f"最早的“{what}”",
        Method.LAST: f"最近的“{what}”",
        Method.LATEST: f"最近一条的“{what}”",
        Method.EARLIER_COUNT: f"在这之前的“{made.event}”有几条",
        Method.EARLIER_SUM: f"在这之前各条“{what}”合计",
        Method.EARLIER_MAX: f"在这之前各条“{what}”中最大的",
    }
    parts = [words[made.method]]
    if not isinstance(made.where, Always):
        parts.append(f"其中 {say(made.where, vocabulary)}")
    if made.same:
        parts.append(f"且 {'、'.join(fact.shown for fact in made.same)} 相同")
    if not made.empty_is_zero:
        parts.append("没有记录时为未知")
    return "，".join(parts)


def _inner(node: Node, vocabulary: Vocabulary) -> str:
    """A part of 且/或, in brackets where it is one itself."""
    text = say(node, vocabulary)
    return f"({text})" if isinstance(node, All | Any) else text


def _part(node: Node, vocabulary: Vocabulary) -> str:
    """A part of arithmetic, in brackets where it is a sum itself."""
    text = say(node, vocabulary)
    return f"({text})" if isinstance(node, Plus | Minus | Choose) else text


def _value(code: str, kind: Kind, vocabulary: Vocabulary) -> str:
    if kind not in vocabulary.trees:
        return code
    node = vocabulary.trees[kind].get(code)
    return node.name if node is not None else code


def _is_date(node: Compare) -> bool:
    return any(
        getattr(side, "type", None) and side.type.kind is Kind.DATE
        for side in (node.left, node.right)
    )


def _percent(rate: Fraction) -> str:
    """Per cent where millionths hold it exactly, else a fraction."""
    exact = rate * MILLION
    return show_rate(exact.numerator) if exact.denominator == 1 else str(rate)
