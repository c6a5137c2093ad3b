"""差一步: one condition alone stands in the way of a support, and it can still be met.

All other conditions hold for certain, and it would not bring nothing: neither by its amount, nor because
it is paid already, nor because its stacking group brings as much without it. Both evaluators, every page
and the API mean this by it.
"""

from collections.abc import Iterable

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.nodes import (
    DISCRETE,
    EARLIER,
    TREES,
    All,
    Any,
    Compare,
    CompareRatio,
    Condition,
    Fact,
    Kind,
    Node,
    Not,
    Statistic,
    Truth,
    facts,
)
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.library.vocabulary import Vocabulary, expanded
from huiqi.rulebook.reference.assess import Assessment, Paid, payable
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.settle import was_paid


def near_miss(
    reference: Reference, made: Assessment, paid: Iterable[Paid], held: int | None = 0
) -> int | None:
    """The number of the one condition in the way; None where the row is no near miss.

    ``paid`` is what its beneficiary has received, ``held`` what its stacking group brings without it
    (:func:`~huiqi.rulebook.reference.settle.held_by_group`).
    """
    failing = made.failing
    if len(failing) != 1 or was_paid(made, paid):
        return None
    number = failing[0]
    if any(line.answer is not Answer.YES for line in made.lines if line.number != number):
        return None
    support, vocabulary = made.support, reference.vocabulary
    node = support.lines[number].node
    if not can_be_met(vocabulary, support.table, number, node):
        return None
    if held is None:
        return None
    if support.amount is not None and not changes(vocabulary, node, support):
        return None if would_bring(reference, made, held)[1] == 0 else number
    return number


def would_bring(reference: Reference, made: Assessment, held: int) -> tuple[int, int | None]:
    """What a row adds were all its conditions met, as an interval (fen); its support has an amount.

    ``held`` is what its stacking group brings without it.
    """
    low, high = payable(reference, made.support, made.row)
    return max(low - held, 0), None if high is None else max(high - held, 0)


def changes(vocabulary: Vocabulary, node: Condition, support: Support) -> bool:
    """Whether what meets a condition may change the amount as well: both read the same fact."""

    def read(item: Node) -> set[Fact]:
        return {inner for fact in facts(item) for inner in expanded(vocabulary, fact)}

    return support.amount is not None and not read(node).isdisjoint(read(support.amount))


def can_be_met(vocabulary: Vocabulary, table: str, number: int, node: Condition) -> bool:
    """Whether growing or doing can meet a condition of a support that assesses a table.

    Where one is, in which trade, which kind one is of, and what a past event was, stays; so does the
    period of a policy, which is condition 0.
    """
    return number > 0 and _can_change(vocabulary, table, node)


def _can_change(vocabulary: Vocabulary, table: str, node: Condition) -> bool:
    match node:
        case All(items):
            return all(_can_change(vocabulary, table, item) for item in items)
        case Any(items):
            return any(_can_change(vocabulary, table, item) for item in items)
        case Not(item):
            return _can_change(vocabulary, table, item)
        case Compare() | CompareRatio() | Truth():
            return not all(_is_given(vocabulary, table, fact) for fact in facts(node))
    return False


def _is_given(vocabulary: Vocabulary, table: str, fact: Fact) -> bool:
    """Whether a fact stays as it is: a place, a trade, what came before, what an event itself was."""
    if fact.type.kind in TREES:
        return True
    definition = vocabulary.spec(fact).definition
    if isinstance(definition, Statistic) and definition.method in EARLIER:
        return True
    is_own = vocabulary.tables[table].is_event and not fact.path
    return is_own and fact.type.kind in (*DISCRETE, Kind.DATE)
