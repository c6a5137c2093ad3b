"""What is short of a condition, and by how much, in words: `从业人员现为 35人，需达到 50人，还差 15人`.

Reads the nodes of a condition that does not hold with the values it found. Where a part cannot be told
apart further, the rule's own words stand.
"""

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import show_rate, show_value
from huiqi.rulebook.language.nodes import (
    MILLION,
    All,
    Any,
    Compare,
    CompareRatio,
    Condition,
    Constant,
    Fact,
    Inside,
    Kind,
    Not,
    OneOf,
    Op,
    Quantity,
    Shift,
    Statistic,
    Today,
    Truth,
)
from huiqi.rulebook.library.render import DATE_WORDS, WORDS, render
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.values import show_known
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.reference.evaluator import Reference

NONE_YET = "目前没有"
"""Of a thing of which one is enough: the condition's label says what it is."""
UPWARD = (Op.AT_LEAST, Op.MORE)


def steps(reference: Reference, node: Condition, row: Row) -> tuple[str, ...]:
    """What stands in the way of a condition that does not hold; empty where it holds or is open."""
    if reference.answer(node, row) is not Answer.NO:
        return ()
    match node:
        case All(items):
            return tuple(words for item in items for words in steps(reference, item, row))
        case Any(items):
            ways = dict.fromkeys("、".join(steps(reference, item, row)) for item in items)
            return ("；或者".join(way for way in ways if way),)
    return (_step(reference, node, row),)


def _step(reference: Reference, node: Condition, row: Row) -> str:
    vocabulary = reference.vocabulary
    match node:
        case Truth(fact):
            return f"{short_name(fact, row)}现为“否”，需为“是”"
        case Not(Truth(fact)):
            return f"{short_name(fact, row)}现为“是”，需为“否”"
        case OneOf(Fact() as fact) | Inside(Fact() as fact):
            return f"{short_name(fact, row)}{_now(reference, fact, row)}，需为 {_wanted(node, vocabulary)}"
        case Not(OneOf(Fact() as fact) | Inside(Fact() as fact)):
            barred = _wanted(node.item, vocabulary)
            return f"{short_name(fact, row)}{_now(reference, fact, row)}，不能是 {barred}"
        case Compare():
            return _compared(reference, node, row)
        case CompareRatio():
            return _ratio(reference, node, row)
    return f"需满足：{render(node, vocabulary)}"


def short_name(fact: Fact, row: Row) -> str:
    """A fact's name; with its table where it is neither the assessed row's nor its owner's."""
    return fact.name if fact.path in ((), (fact.table,)) else fact.shown


def _wanted(node: Condition, vocabulary: Vocabulary) -> str:
    """The values a membership wants: the words after the verb as the rule would print them."""
    return render(node, vocabulary).split(" ", 2)[-1]


def _now(reference: Reference, fact: Fact, row: Row) -> str:
    value = reference.known(fact, row)
    if value is None:
        return ""
    spec = reference.vocabulary.spec(fact)
    return f"现为 {show_known(value, spec, reference.vocabulary)}"


def _compared(reference: Reference, node: Compare, row: Row) -> str:
    left, right = reference.span(node.left, row), reference.span(node.right, row)
    if node.left.type.kind is Kind.DATE:
        return _dates(reference, node, row)
    names = render(node.left, reference.vocabulary)
    if isinstance(node.left, Fact):
        names = short_name(node.left, row)
        if left == (0, 0) and right == (1, 1) and _is_count(reference.vocabulary, node.left):
            return NONE_YET
    wanted = f"{WORDS[node.op]} {_bound(reference, node.right, row)}"
    upward = node.op in UPWARD
    have, want = (left[1], right[0]) if upward else (left[0], right[1])
    exact = left[0] == left[1] and left[0] is not None
    now = f"现为 {show_value(left[0], node.left.type)}" if exact and left[0] is not None else ""
    short = ""
    if have is not None and want is not None and node.op is not Op.EQUAL:
        gap = abs(want - have)
        if gap:
            words = show_value(gap, node.left.type)
            least = "" if exact and right[0] == right[1] else "至少"
            short = f"，{least}还差 {words}" if upward else f"，{least}超出 {words}"
    return f"{names}{now}，需{wanted}{short}" if now else f"{names}需{wanted}{short}"


def _is_count(vocabulary: Vocabulary, fact: Fact) -> bool:
    return isinstance(vocabulary.spec(fact).definition, Statistic)


def _bound(reference: Reference, node: Quantity, row: Row) -> str:
    """A bound with its value: a constant itself, of anything else the words and the value."""
    if isinstance(node, Constant):
        return show_value(node.value, node.type)
    low, high = reference.span(node, row)
    words = render(node, reference.vocabulary)
    if low is not None and low == high:
        return f"{words}（{show_value(low, node.type)}）"
    return words


def _dates(reference: Reference, node: Compare, row: Row) -> str:
    """Dates: from which day on it holds where time alone brings it, else what is wrong with the day."""
    (low, high), (first, last) = reference.span(node.left, row), reference.span(node.right, row)
    waits = node.op in (Op.AT_MOST, Op.LESS) and isinstance(node.right, Today)
    if waits and low is not None and low == high:
        since = low + (1 if node.op is Op.LESS else 0)
        words = f"{show_value(since, node.left.type)}起满足，还有 {since - reference.today} 天"
        return f"时间未到：{_date_name(node.left, row, reference)}，{words}"
    told = _date_name(node.left, row, reference)
    now = f"为 {show_value(low, node.left.type)}" if low is not None and low == high else ""
    bound = _date_name(node.right, row, reference)
    if first is not None and first == last and not isinstance(node.right, Constant):
        bound = f"{bound}（{show_value(first, node.right.type)}）"
    return f"{told}{now}，需{DATE_WORDS[node.op]} {bound}"


def _date_name(node: Quantity, row: Row, reference: Reference) -> str:
    match node:
        case Fact():
            return short_name(node, row)
        case Shift(Fact() as fact) if node.amount > 0:
            return f"{short_name(fact, row)}起满 {node.amount}{node.unit}"
        case Shift(Fact() as fact):
            return f"{short_name(fact, row)}前 {-node.amount}{node.unit}"
        case Today():
            return "今天"
    return render(node, reference.vocabulary)


def _ratio(reference: Reference, node: CompareRatio, row: Row) -> str:
    vocabulary = reference.vocabulary
    names = f"{render(node.left, vocabulary)} ÷ {render(node.right, vocabulary)}"
    wanted = f"{WORDS[node.op]} {show_rate(int(node.rate * MILLION))}"
    (low, high), (under, over) = reference.span(node.left, row), reference.span(node.right, row)
    if low is None or low != high or not under or under != over:
        return f"{names}需{wanted}"
    now = show_rate(low * 10_000 // under * 100)
    gap = node.rate * under - low
    short = ""
    if gap > 0 and node.op in UPWARD:
        short = (
            f"，{render(node.left, vocabulary)}还差 {show_value(-int(-gap // 1), node.left.type)}"
        )
    return f"{names}约为 {now}，需{wanted}{short}"
