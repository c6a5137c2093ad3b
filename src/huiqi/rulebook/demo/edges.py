"""The boundaries of the rules: which constants each stored fact is compared with.

Read from the conditions and amounts of supports and from the definitions of derived facts, so that a
changed policy moves the values of the demonstration with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from huiqi.rulebook.language.calendar import Calendar
from huiqi.rulebook.language.dates import shift
from huiqi.rulebook.language.nodes import (
    Compare,
    CompareRatio,
    Constant,
    Fact,
    Kind,
    Least,
    Node,
    Op,
    Scale,
    Shift,
    Statistic,
    Today,
    walk,
)  # fmt: skip
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.library.vocabulary import Vocabulary

Name = tuple[str, str]


@dataclass(frozen=True)
class Edges:
    """``values``: fact -> boundaries in base units, sorted.

    ``ties``: (table, fact, other fact of the same row) that some rule compares.
    """

    values: Mapping[Name, tuple[int, ...]]
    ties: tuple[tuple[str, str, str], ...] = ()


def edges_of(vocabulary: Vocabulary, supports: Iterable[Support], today: int) -> Edges:
    """Every boundary that stored facts meet on the day ``today`` (days since 1970)."""
    values: dict[Name, set[int]] = {}
    ties: dict[tuple[str, str, str], None] = {}
    for node in _nodes(vocabulary, supports):
        for fact, value in _boundaries(node, today, vocabulary.calendar):
            spec = vocabulary.tables[fact.table].facts.get(fact.name)
            if spec is not None and spec.definition is None:
                values.setdefault((fact.table, fact.name), set()).add(value)
        if (
            isinstance(node, Compare)
            and isinstance(node.left, Fact)
            and isinstance(node.right, Fact)
        ):
            left, right = node.left, node.right
            same = left.table == right.table and left.path == right.path
            facts = vocabulary.tables[left.table].facts
            if same and not any(facts[one.name].definition for one in (left, right)):
                ties[(left.table, left.name, right.name)] = None
    return Edges({name: tuple(sorted(found)) for name, found in values.items()}, tuple(ties))


def _nodes(vocabulary: Vocabulary, supports: Iterable[Support]) -> Iterator[Node]:
    roots: list[Node] = []
    for support in supports:
        roots += [line.node for line in support.lines]
        roots += [root for root in (support.amount, support.lowest) if root is not None]
    for table in vocabulary.tables.values():
        for spec in table.derived:
            if isinstance(spec.definition, Statistic):
                roots.append(spec.definition.where)
            elif spec.definition is not None:
                roots.append(spec.definition)
    for root in roots:
        yield from walk(root)


def _boundaries(node: Node, today: int, calendar: Calendar) -> Iterator[tuple[Fact, int]]:
    match node:
        case Compare(_, Fact() as fact, Constant(value)) | Compare(
            _, Constant(value), Fact() as fact
        ):
            yield fact, value
        case Compare(Op.AT_MOST, Fact(), Today()) | Compare(Op.AT_LEAST, Today(), Fact()):
            return  # what has begun by that day: no register holds what is still to come
        case Compare(_, Fact() as fact, Today()) | Compare(_, Today(), Fact() as fact):
            yield fact, today
        case Compare(_, Shift(Fact() as fact, amount, unit), Today()) | Compare(
            _, Today(), Shift(Fact() as fact, amount, unit)
        ):
            moved = shift(today, -amount, unit, calendar)
            if moved is not None:
                yield fact, moved
        case CompareRatio(_, Fact() as fact, Constant(value), rate):
            yield fact, int(rate * value)
        case Least(items):
            caps = [item.value for item in items if isinstance(item, Constant)]
            for item in items:
                for fact, rate in _scaled(item):
                    for cap in caps:
                        yield fact, int(Fraction(cap) / rate)


def _scaled(node: Node) -> Iterator[tuple[Fact, Fraction]]:
    """Facts times a rate, so that a cap on the product is a boundary of the fact."""
    if isinstance(node, Scale) and node.rate > 0 and isinstance(node.item, Fact):
        yield node.item, node.rate
    elif isinstance(node, Fact) and node.type.kind is Kind.MONEY:
        yield node, Fraction(1)


__all__ = ["Edges", "edges_of"]
