"""Figures of the leader's page: never told better than they are."""

from decimal import Decimal

import pytest

from huiqi.portal.matching.models import TargetResult
from huiqi.portal.web.leader.overview import figure_words
from huiqi.rulebook.bulk.targets import Standing


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        ("12345", "12345", "12,345户"),
        ("2489.5", "2489.5", "2,489.5户"),
        ("2489.123", "2489.123", "约2,489.12户"),
        ("0.5199", None, "至少0.51户"),
        ("0", None, "未知"),
        (None, None, "未知"),
        ("0", "5.001", "最多5.01户"),
        (None, "100", "最多100户"),
        ("16.009", "20.001", "16至20.01户"),
        ("0", "0", "0户"),
    ],
)
def test_a_figure(low: str | None, high: str | None, told: str) -> None:
    least, most = (None if one is None else Decimal(one) for one in (low, high))
    made = TargetResult(low=least, high=most, unit="户", standing=Standing.OPEN)
    assert figure_words(made) == told


def test_what_is_not_measured_has_no_figure() -> None:
    assert figure_words(TargetResult(unit="户", standing=Standing.UNMEASURED)) == ""
