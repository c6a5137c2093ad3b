"""What is said while facts are missing stays true whatever the missing facts turn out to be."""

from random import Random

from hypothesis import given

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.reference.assess import Assessment, Paid, assess
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.settle import settle, total
from tests.generative.region import Region, beneficiary, known_value, pools_of, region
from tests.generative.rules import Example, examples


def _completed(example: Example) -> Region:
    """The same rows with a value for every stored fact that was unknown."""
    made = region(example)
    random = Random(example.seed + 1)
    pools = pools_of(example.library)
    for table, rows in made.rows.items():
        for spec in example.library.vocabulary.tables[table].stored:
            for row in rows:
                if spec.name not in row.values and random.random() < 0.9:
                    value = known_value(spec, pools, random)
                    if value is not None:
                        row.values[spec.name] = value
    return made


def _assessed(example: Example, rows: Region) -> dict[tuple[str, str], Assessment]:
    reference = Reference(example.library.vocabulary, example.on)
    return {
        (support.key, row.key): assess(reference, support, row)
        for support in example.library.supports
        for row in rows.rows[support.table]
    }


def _within(inner: tuple[int | None, int | None], outer: tuple[int | None, int | None]) -> bool:
    low, high = outer
    return (low is None or (inner[0] is not None and inner[0] >= low)) and (
        high is None or (inner[1] is not None and inner[1] <= high)
    )


@given(examples())
def test_answers_and_amounts_hold_when_facts_come_in(example: Example) -> None:
    before, after = _assessed(example, region(example)), _assessed(example, _completed(example))
    for key, item in before.items():
        later = after[key]
        shown = (key, item.answer, item.low, item.high, later.answer, later.low, later.high)
        if item.answer in (Answer.YES, Answer.NO):
            settled = later.answer if later.reason or item.reason else item.answer
            assert later.answer is settled, shown
        if item.low is not None:
            assert _within((later.low, later.high), (item.low, item.high)), shown


@given(examples())
def test_totals_hold_when_facts_come_in(example: Example) -> None:
    """After limits, whoever receives it: what is certain stays certain, what is possible is the most.

    Not asked where a yes has no known moment: its place in the order is open then. Real supports
    have none, because their first condition is that the moment lies in the period.
    """
    first, second = region(example), _completed(example)
    before = _dossiers(_assessed(example, first))
    after = _dossiers(_assessed(example, second))
    for key, items in before.items():
        if any(item.answer is Answer.YES and item.moment is None for item in items):
            continue
        outer = _total(example.library, items, first.paid.get(key, []))
        inner = _total(example.library, after[key], second.paid.get(key, []))
        assert _overlap(inner, outer), (key, outer, inner)
        if inner[0] == inner[1]:
            assert _within(inner, outer), (key, outer, inner)


def _overlap(one: tuple[int, int | None], two: tuple[int, int | None]) -> bool:
    """Both hold the truth, so they have something in common; neither need be the tighter one."""
    return (one[1] is None or two[0] <= one[1]) and (two[1] is None or one[0] <= two[1])


def _dossiers(made: dict[tuple[str, str], Assessment]) -> dict[str, list[Assessment]]:
    groups: dict[str, list[Assessment]] = {}
    for item in made.values():
        who = beneficiary(item.support.beneficiary, item.row)
        groups.setdefault(who.key if who else "行" + item.row.key, []).append(item)
    return groups


def _total(library: Library, items: list[Assessment], paid: list[Paid]) -> tuple[int, int | None]:
    return total(settle(items, paid, library.supports))
