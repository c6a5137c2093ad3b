"""Rules as pairs of plain two-valued expressions, for engines that have no unknown of their own.

Each condition becomes *surely* and *maybe* (what a careful author writes by hand), and a third
expression, *waits*, where judged facts take part. The engine supplies its words for and, or, not and
its way to read a fact; the rules that an enterprise's own supports use are covered.
"""

from collections.abc import Sequence
from typing import Protocol

from common import ON

from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import (
    All,
    Always,
    Any,
    Choose,
    Compare,
    Condition,
    Constant,
    Discrete,
    Fact,
    Inside,
    Label,
    Not,
    OneOf,
    Op,
    Statistic,
    Today,
    Truth,
)
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.reference.evaluator import compare

Rails = tuple[str, str, str | None]
"""Surely, maybe, and whether an open row waits for facts (None: it does)."""


class Words(Protocol):
    """How an engine writes things. Facts are given by name."""

    true: str
    false: str

    def both(self, parts: Sequence[str]) -> str: ...
    def either(self, parts: Sequence[str]) -> str: ...
    def no(self, part: str) -> str: ...
    def known(self, name: str) -> str: ...
    def truth(self, name: str) -> str: ...
    def compared(self, name: str, op: Op, value: int) -> str:
        """A known value against a constant; whatever, where it is unknown."""
        ...

    def among(self, name: str, runs: Sequence[tuple[int, int]]) -> str: ...
    def counted(self, name: str, end: str, op: Op, value: int) -> str:
        """One end (`low`, `high`) of a count; a missing upper end is above everything."""
        ...

    def member(self, rails: "Compiler", item: Fact, codes: Sequence[int]) -> tuple[str, str] | None:
        """A derived list fact in the engine's own way, or None for the common one."""
        ...


class Compiler:
    """Compiles conditions with an engine's words."""

    def __init__(self, rules: Library, data: Snapshot, words: Words) -> None:
        self.rules, self.data, self.words = rules, data, words
        self.read: dict[str, Fact] = {}
        self.counts: dict[str, Fact] = {}

    def definition(self, fact: Fact):  # type: ignore[no-untyped-def]  # a node or None
        return self.rules.vocabulary.tables[fact.table].facts[fact.name].definition

    def use(self, fact: Fact) -> str:
        self.read[fact.name] = fact
        return fact.name

    def support(self, support: Support) -> Rails:
        """The whole condition of a support."""
        return self.joined([line.node for line in support.lines], both=True)

    def condition(self, node: Condition) -> Rails:
        words = self.words
        match node:
            case Always():
                made = words.true if node.value else words.false
                return made, made, None
            case Truth():
                definition = self.definition(node.fact)
                if definition is not None:
                    return self.condition(definition)
                name = self.use(node.fact)
                sure = words.both([words.known(name), words.truth(name)])
                maybe = words.either([words.no(words.known(name)), words.truth(name)])
                return sure, maybe, words.false if node.fact.judged else None
            case Not():
                sure, maybe, waits = self.condition(node.item)
                return words.no(maybe), words.no(sure), waits
            case All():
                return self.joined(node.items, both=True)
            case Any():
                return self.joined(node.items, both=False)
            case OneOf() | Inside():
                return self.member(node)
            case Compare():
                return (*self.compared(node), None)
        raise ValueError(f"not covered: {type(node).__name__}")

    def joined(self, items: Sequence[Condition], both: bool) -> Rails:
        words = self.words
        rails = [self.condition(item) for item in items]
        join = words.both if both else words.either
        sure, maybe = join([one[0] for one in rails]), join([one[1] for one in rails])
        if all(one[2] is None for one in rails):
            return sure, maybe, None
        waiting = [
            words.both([words.no(one[0]), one[1]])
            if one[2] is None
            else words.both([one[2], words.no(one[0]), one[1]])
            for one in rails
            if one[2] != words.false
        ]
        return sure, maybe, words.either(waiting)

    def codes(self, node: OneOf | Inside) -> list[int]:
        if isinstance(node, OneOf):
            listed = self.data.lists[node.item.type.choices]
            return [index for index, value in enumerate(listed) if value in node.values]
        tree = self.rules.vocabulary.trees[node.item.type.kind]
        return [
            index
            for index, code in enumerate(self.data.trees[str(node.item.type.kind)])
            if any(tree.contains(outer, code) for outer in node.codes)
        ]

    def member(self, node: OneOf | Inside) -> Rails:
        codes = self.codes(node)
        words, item = self.words, node.item
        if isinstance(item, Fact) and self.definition(item) is None:
            name = self.use(item)
            inside = words.among(name, runs(codes))
            sure = words.both([words.known(name), inside])
            maybe = words.either([words.no(words.known(name)), inside])
            return sure, maybe, words.false if item.judged else None
        if isinstance(item, Fact):
            own = words.member(self, item, codes)
            if own is not None:
                return (*own, None)
        outside = set(range(len(self.data.lists[item.type.choices]))) - set(codes)
        return words.no(self.may(item, outside)), self.may(item, set(codes)), None

    def may(self, item: Discrete, wanted: set[int]) -> str:
        """Whether a list fact may have one of these values."""
        words = self.words
        listed = self.data.lists[item.type.choices]
        if isinstance(item, Label):
            return words.true if listed.index(item.value) in wanted else words.false
        if isinstance(item, Fact):
            definition = self.definition(item)
            if definition is not None:
                return self.may(definition, wanted)
            name = self.use(item)
            inside = words.among(name, runs(sorted(wanted)))
            return words.either([words.no(words.known(name)), inside])
        return words.either(
            [
                words.both([possible, self.may(value, wanted)])  # type: ignore[arg-type]  # discrete
                for possible, value in self.branches(item)
            ]
        )

    def branches(self, item: Choose) -> list[tuple[str, object]]:
        """Each value with whether its branch may be the one taken."""
        out: list[tuple[str, object]] = []
        before: list[str] = []
        for condition, value in item.branches:
            sure, maybe, _ = self.condition(condition)
            out.append((self.words.both([maybe, *before]), value))
            before.append(self.words.no(sure))
        out.append((self.words.both(before), item.otherwise))
        return out

    def compared(self, node: Compare) -> tuple[str, str]:
        words = self.words
        left, right, op = node.left, node.right, node.op
        if isinstance(left, Today) and isinstance(right, Constant):
            found = compare(op, (days(ON), days(ON)), (right.value, right.value)) is Answer.YES
            made = words.true if found else words.false
            return made, made
        if not isinstance(left, Fact) or not isinstance(right, Constant | Today):
            raise ValueError("not covered: a comparison of two facts")
        value = days(ON) if isinstance(right, Today) else right.value
        if isinstance(self.definition(left), Statistic):
            self.counts[left.name] = left
            return self.count(left.name, op, value)
        name = self.use(left)
        made = words.compared(name, op, value)
        open_ = compare(op, (left.low, left.high), (value, value))
        known = words.both([words.known(name), made])
        loose = words.either([words.no(words.known(name)), made])
        return (loose if open_ is Answer.YES else known), (known if open_ is Answer.NO else loose)

    def count(self, name: str, op: Op, value: int) -> tuple[str, str]:
        words = self.words
        if op is Op.EQUAL:
            return (
                words.both([words.counted(name, end, op, value) for end in ("low", "high")]),
                words.both(
                    [
                        words.counted(name, "low", Op.AT_MOST, value),
                        words.counted(name, "high", Op.AT_LEAST, value),
                    ]
                ),
            )
        ends = ("low", "high") if op in (Op.AT_LEAST, Op.MORE) else ("high", "low")
        return words.counted(name, ends[0], op, value), words.counted(name, ends[1], op, value)


def runs(codes: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring codes as intervals."""
    out: list[tuple[int, int]] = []
    for code in codes:
        if out and out[-1][1] == code - 1:
            out[-1] = (out[-1][0], code)
        else:
            out.append((code, code))
    return out
