"""How a target is measured over a region: counts, sums and ratios of tables.

`计数(企业 其中 …)`, `合计(质押融资.登记金额 其中 …)`, and `+ − ÷ ×` of these. A result is an interval: rows
whose facts are missing may or may not count.
"""

from dataclasses import dataclass
from fractions import Fraction

from lark import Token, Tree

from huiqi.rulebook.language import resolve
from huiqi.rulebook.language.literals import LiteralError, make, units_longest_first
from huiqi.rulebook.language.nodes import Always, Condition, Fact, Kind, Quantity, Type
from huiqi.rulebook.language.source import Scalar
from huiqi.rulebook.language.syntax import SyntaxProblem, parse, place
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.problems import Problem, suggest


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`计数`, `合计` or `最大` over the rows of a table that meet a condition."""

    method: str
    table: str
    where: Condition
    value: Quantity | None
    type: Type


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction
    type: Type


@dataclass(frozen=True, slots=True)
class Combine:
    """Two measures joined by + − × ÷; a zero divisor is unknown."""

    sign: str
    left: "Measure"
    right: "Measure"
    type: Type


Measure = Aggregate | Number | Combine
SIGNS = {"plus": "+", "minus": "-", "times": "×", "over": "÷"}


def measure(scalar: Scalar, vocabulary: Vocabulary, problems: list[Problem]) -> Measure | None:
    """A measure from its text; None when it has a problem, which is reported."""
    try:
        return _measure(parse(scalar.text, vocabulary.words), scalar, vocabulary, problems)
    except SyntaxProblem as wrong:
        mark = place(scalar.mark, wrong.offset)
        problems.append(mark.problem(wrong.code, wrong.message, wrong.remedy, wrong.found))
    except resolve.Wrong as wrong:
        mark = place(scalar.mark, wrong.at)
        problems.append(mark.problem(wrong.code, wrong.message, wrong.remedy, wrong.found))
    return None


def _measure(
    tree: Tree[Token], scalar: Scalar, vocabulary: Vocabulary, problems: list[Problem]
) -> Measure:
    match tree.data:
        case "group":
            return _measure(_tree(tree.children[1]), scalar, vocabulary, problems)
        case "count" | "sum" | "max":
            return _aggregate(tree, scalar, vocabulary, problems)
        case "plus" | "minus" | "times" | "over":
            left = _measure(_tree(tree.children[0]), scalar, vocabulary, problems)
            right = _measure(_tree(tree.children[2]), scalar, vocabulary, problems)
            return Combine(SIGNS[tree.data], left, right, _type(tree.data, left, right))
        case "number":
            return _number(str(tree.children[0]), vocabulary)
    raise resolve.Wrong(
        "measure", "量法只能由计数、合计、最大和数字组成", "如 计数(企业 其中 …) ÷ 计数(企业)",
        0,
    )  # fmt: skip


def _aggregate(
    tree: Tree[Token], scalar: Scalar, vocabulary: Vocabulary, problems: list[Problem]
) -> Aggregate:
    word = str(tree.children[2])
    inner = tree.children[4]
    at = getattr(tree.children[2], "start_pos", 0) or 0
    if tree.data == "count":
        if word not in vocabulary.tables:
            remedy = suggest(word, list(vocabulary.tables)) or "写表的名称"
            raise resolve.Wrong("unknown-table", f"没有“{word}”这张表", remedy, at, word)
        table, value, type_ = word, None, Type(Kind.COUNT)
    else:
        table = word.split(".", 1)[0]
        names = vocabulary.names(table).facts if table in vocabulary.tables else {}
        value = names.get(word)
        if not isinstance(value, Fact):
            remedy = suggest(word, sorted(names)) or "写成 表.事实"
            raise resolve.Wrong("unknown-fact", f"没有事实“{word}”", remedy, at, word)
        type_ = value.type
    where: Condition = Always(True)
    if isinstance(inner, Tree):
        names_ = vocabulary.names(table)
        where = resolve.condition_below(inner, names_, problems, scalar.mark)
    return Aggregate(str(tree.children[0]), table, where, value, type_)


def _number(text: str, vocabulary: Vocabulary) -> Number:
    units = frozenset(vocabulary.units)
    cut = next(
        (
            len(text) - len(unit)
            for unit in units_longest_first(units)
            if unit and text.endswith(unit)
        ),
        len(text),
    )
    try:
        made = make(text[:cut].strip(), text[cut:], units)
    except LiteralError as error:
        raise resolve.Wrong("bad-number", str(error), "检查数字和单位", 0, text) from None
    exact = made.exact if made.kind is Kind.RATE else Fraction(made.value)
    kind = Kind.COUNT if made.kind is Kind.SPAN else made.kind
    return Number(exact, Type(kind, made.unit if kind is Kind.COUNT else ""))


def _type(data: str, left: Measure, right: Measure) -> Type:
    one, two = left.type, right.type
    if data in ("plus", "minus"):
        if one.kind is not two.kind:
            raise resolve.Wrong("unit", f"{one}不能和{two}相加减", "用同类的数", 0)
        return one
    if data == "over" and one.kind is two.kind:
        return Type(Kind.RATE)
    return one if one.kind is not Kind.COUNT else two if data == "times" else one


def base_units(unit: str, of: Type, vocabulary: Vocabulary) -> Fraction | None:
    """How many base units of a measure of type ``of`` make one of a target's ``unit`` (`万元`, `家`, `天`,
    `%/年`); None where they do not go together. A ratio without a unit is taken as it is."""
    unit = unit.split("/")[0]
    if of.kind is Kind.RATE:
        return {"%": Fraction(1, 100), "": Fraction(1)}.get(unit)
    counts = frozenset(vocabulary.units)
    if unit not in units_longest_first(counts):
        return None
    try:
        made = make("1", unit, counts)
    except LiteralError:
        return None
    fits = {of.kind, Kind.SPAN} if of.kind is Kind.COUNT else {of.kind}
    return Fraction(made.value) if made.kind in fits else None


def _tree(item: Tree[Token] | Token) -> Tree[Token]:
    return item if isinstance(item, Tree) else Tree("word", [item])


def aggregates(item: Measure) -> tuple[Aggregate, ...]:
    """The aggregates of a measure, in reading order."""
    match item:
        case Aggregate():
            return (item,)
        case Combine():
            return (*aggregates(item.left), *aggregates(item.right))
        case _:
            return ()
