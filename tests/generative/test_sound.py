"""What is said while facts are missing stays true whatever the missing facts turn out to be."""

from random import Random

from hypothesis import given

from huiqi.rulebook.answers import Answer
from huiqi.rulebook.assess import Assessment, assess
from huiqi.rulebook.evaluate import Reference
from huiqi.rulebook.policy import Library
from huiqi.rulebook.settle import settle, total
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
    """After limits, whoever receives it: what is certain stays certain, what is possible is the most."""
    first, second = region(example), _completed(example)
    before = _totals(example.library, first, _assessed(example, first))
    after = _totals(example.library, second, _assessed(example, second))
    for key, outer in before.items():
        assert _within(after[key], outer), (key, outer, after[key])


def _totals(
    library: Library, rows: Region, made: dict[tuple[str, str], Assessment]
) -> dict[str, tuple[int, int | None]]:
    groups: dict[str, list[Assessment]] = {}
    for item in made.values():
        who = beneficiary(item.support.beneficiary, item.row)
        groups.setdefault(who.key if who else "行" + item.row.key, []).append(item)
    for key, items in groups.items():
        settle(items, rows.paid.get(key, []), library.supports)
    return {key: total(items) for key, items in groups.items()}
