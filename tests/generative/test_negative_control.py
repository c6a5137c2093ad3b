"""The comparison is not blind: one small fault on the columnar side is one difference at least."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from huiqi.rulebook.language.nodes import (
    DATE,
    MONEY,
    All,
    Always,
    Any,
    Compare,
    Condition,
    Constant,
    Fact,
    Method,
    Minus,
    Not,
    Op,
    Quotient,
    Rounding,
    Scale,
    Shift,
    Statistic,
    Truth,
    Unit,
)  # fmt: skip
from huiqi.rulebook.library.policy import Library, Line, Stacking, Support, Times
from huiqi.rulebook.library.vocabulary import FactSpec
from tests.generative.comparing import differences, shown
from tests.generative.region import region
from tests.generative.rules import MARK, Example, bare, library_of
from tests.generative.world import PEOPLE, plain_world

THRESHOLD, CAP = 12_345, 4_115
SEEDS = (7, 8, 9)
LEAP_DAY = 19_782  # 2024-02-29


def _example() -> Example:
    world = plain_world()
    titles = Statistic(Method.EARLIER_COUNT, "认定", order=world.facts["认定"]["日"].fact())
    world.add(FactSpec("认定", "派", "derived", PEOPLE, 0, None, definition=titles))
    own = {name: spec.fact() for name, spec in world.facts["认定"].items()}
    conditions: list[Condition] = [
        Compare(Op.MORE, own["差"], Constant(THRESHOLD, MONEY)),
        All((Truth(own["是"]), Truth(own["判"]))),
        Compare(Op.LESS, own["派"], Constant(2, PEOPLE)),
        Compare(Op.AT_LEAST, Shift(own["日"], 12, Unit.MONTH), Constant(LEAP_DAY + 365, DATE)),
        Always(True),
    ]
    amount = Scale(own["差"], Fraction(1, 3), Rounding.DOWN, MONEY)
    supports = [
        replace(bare(n, "认定", (Line("条件", node, "", MARK),), amount), moment=own["日"])
        for n, node in enumerate(conditions)
    ]
    supports.append(replace(supports[4], id="限", subject_cap=CAP))
    return Example(library_of(world.vocabulary(), supports), date(2024, 6, 30), SEEDS[0], 30)


EXAMPLE = _example()
Change = Callable[[Support], Support]
BOUNDARY, BOTH, EARLIER, DAY, AMOUNT, CAPPED = range(6)


def _rule(change: Callable[[Condition], Condition]) -> Change:
    def made(support: Support) -> Support:
        (line,) = support.lines
        return replace(support, lines=(replace(line, node=change(line.node)),))

    return made


def _never_above(node: Condition) -> Condition:
    """The fact declared never to pass the threshold: its unknown then counts as a no."""
    assert isinstance(node, Compare)
    assert isinstance(node.left, Fact)
    return replace(node, left=replace(node.left, high=THRESHOLD))


def _changed(node: Condition, **changes: object) -> Condition:
    return replace(node, **changes)  # type: ignore[arg-type]  # fields of the node at hand


def _paid(**changes: object) -> Change:
    return lambda support: replace(support, amount=replace(support.amount, **changes))  # type: ignore[type-var,arg-type]


FAULTS: dict[str, tuple[int, Change]] = {
    "off by one fen": (BOUNDARY, _rule(lambda n: _changed(n, right=Constant(THRESHOLD + 1, MONEY)))),
    "at least instead of more": (BOUNDARY, _rule(lambda n: _changed(n, op=Op.AT_LEAST))),
    "less instead of more": (BOUNDARY, _rule(lambda n: _changed(n, op=Op.LESS))),
    "equal instead of more": (BOUNDARY, _rule(lambda n: _changed(n, op=Op.EQUAL))),
    "unknown counts as false": (BOUNDARY, _rule(_never_above)),
    "turned round": (BOUNDARY, _rule(Not)),
    "an or for an and": (BOTH, _rule(lambda n: Any(n.items))),  # type: ignore[union-attr]
    "a condition forgotten": (BOTH, _rule(lambda n: n.items[0])),  # type: ignore[union-attr]
    "a person's judgement counts as a fact": (
        BOTH, _rule(lambda n: All((n.items[0], Truth(replace(n.items[1].fact, judged=False))))),  # type: ignore[union-attr]
    ),
    "one event more before": (EARLIER, _rule(lambda n: _changed(n, right=Constant(3, PEOPLE)))),
    "at most instead of less": (EARLIER, _rule(lambda n: _changed(n, op=Op.AT_MOST))),
    "a month more": (DAY, _rule(lambda n: _changed(n, left=replace(n.left, amount=13)))),  # type: ignore[union-attr]
    "months of thirty days": (
        DAY, _rule(lambda n: _changed(n, left=replace(n.left, amount=360, unit=Unit.DAY)))  # type: ignore[union-attr]
    ),
    "a day later": (DAY, _rule(lambda n: _changed(n, right=Constant(LEAP_DAY + 366, DATE)))),
    "rounding up": (AMOUNT, _paid(rounding=Rounding.UP)),
    "rounding half up": (AMOUNT, _paid(rounding=Rounding.HALF_UP)),
    "a millionth more": (AMOUNT, _paid(rate=Fraction(333_334, 1_000_000))),
    "a fen less": (AMOUNT, lambda s: replace(s, amount=Minus(s.amount, Constant(1, MONEY), MONEY))),  # type: ignore[arg-type]
    "a quotient": (AMOUNT, lambda s: replace(s, amount=Quotient(s.amount.item, 4, MONEY))),  # type: ignore[union-attr]
    "cap off by one fen": (CAPPED, lambda s: replace(s, subject_cap=CAP + 1)),
    "cap forgotten": (CAPPED, lambda s: replace(s, subject_cap=None)),
    "cap by year": (CAPPED, lambda s: replace(s, subject_cap=None, year_cap=CAP)),
    "once only": (AMOUNT, lambda s: replace(s, times=Times.ONCE)),
    "once a year": (AMOUNT, lambda s: replace(s, times=Times.YEARLY)),
    "the higher only": (AMOUNT, lambda s: replace(s, group="组", stacking=Stacking.HIGHEST)),
    "the difference only": (AMOUNT, lambda s: replace(s, group="组", stacking=Stacking.DIFFERENCE)),
    "another beneficiary": (CAPPED, lambda s: replace(s, beneficiary=("运营单位",))),
    "another moment": (AMOUNT, lambda s: replace(s, moment=replace(s.moment, name="止"))),  # type: ignore[type-var]
}  # fmt: skip


def _mutated(number: int, change: Change) -> Library:
    supports = list(EXAMPLE.library.supports)
    supports[number] = change(supports[number])
    return library_of(EXAMPLE.library.vocabulary, supports)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rules_themselves_agree(seed: int) -> None:
    example = replace(EXAMPLE, seed=seed)
    rows = region(example)
    found = differences(example, rows)
    assert not found, shown(found, rows)


@pytest.mark.parametrize("fault", FAULTS, ids=list(FAULTS))
def test_a_fault_on_one_side_is_found(fault: str) -> None:
    number, change = FAULTS[fault]
    wrong = _mutated(number, change)
    examples = [replace(EXAMPLE, seed=seed) for seed in SEEDS]
    found = next((f for e in examples if (f := differences(e, region(e), wrong))), [])
    names = {item.support for item in found}
    assert names == {EXAMPLE.library.supports[number].key}
