"""Whatever rules and rows Hypothesis draws, both evaluators give the same cells."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.generative.census import Census
from tests.generative.comparing import differences, shown
from tests.generative.region import region
from tests.generative.rules import Example, examples, full_examples

ALL = settings.default.max_examples if settings.default is not None else 0
FULL = max(3, ALL // 20)


def _run(drawn: st.SearchStrategy[Example], count: int, census: Census) -> Callable[[], None]:
    # Saying everything takes many draws; the smallest such example is large on purpose.
    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(drawn)
    def agree(example: Example) -> None:
        census.add(example)
        rows = region(example)
        found = differences(example, rows, census=census)
        assert not found, shown(found, rows)

    return agree


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_both_evaluators_agree_on_everything_that_can_be_said() -> None:
    """Random rules and, by turns, every way of saying something; at the end nothing is left out."""
    census = Census()
    _run(full_examples(), FULL, census)()
    _run(examples(), ALL - FULL, census)()
    assert census.missing() == []
