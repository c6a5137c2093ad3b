"""Whatever rules and rows Hypothesis draws, both evaluators give the same cells."""

from hypothesis import given

from tests.generative.comparing import differences, shown
from tests.generative.region import region
from tests.generative.rules import Example, examples


@given(examples())
def test_both_evaluators_agree(example: Example) -> None:
    rows = region(example)
    found = differences(example, rows)
    assert not found, shown(found, rows)
