"""Every row of the manual's example tables, on both evaluators."""

import pytest

from scripts.print_language import ROOT, printed
from tests.spec.running import (
    by_bulk,
    by_reference,
    limits_by_bulk,
    limits_by_reference,
    refused,
)  # fmt: skip
from tests.spec.tables import CHAPTERS, LIMITS, REFUSALS, Chapter, Limit, Refusal


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[chapter.title for chapter in CHAPTERS])
def test_rows_on_the_reference(chapter: Chapter) -> None:
    found = [(row.text, row.facts, by_reference(row)) for row in chapter.rows]
    assert found == [(row.text, row.facts, row.result) for row in chapter.rows]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[chapter.title for chapter in CHAPTERS])
def test_rows_on_the_bulk_engine(chapter: Chapter) -> None:
    found = zip(chapter.rows, by_bulk(chapter.rows), strict=True)
    assert [(row.text, row.facts, result) for row, result in found] == [
        (row.text, row.facts, row.result) for row in chapter.rows
    ]


@pytest.mark.parametrize("limit", LIMITS, ids=[limit.title for limit in LIMITS])
def test_limits(limit: Limit) -> None:
    expected = ([left for _, _, left in limit.rows], limit.total)
    assert limits_by_reference(limit) == expected
    assert limits_by_bulk(limit) == expected


@pytest.mark.parametrize("refusal", REFUSALS, ids=[item.text or "空" for item in REFUSALS])
def test_refusals(refusal: Refusal) -> None:
    problems = refused(refusal.text)
    assert [(problem.code, problem.column) for problem in problems] == [
        (refusal.code, refusal.column)
    ]
    assert problems[0].message
    assert problems[0].remedy


def test_the_manual_shows_these_tables() -> None:
    """docs/handbook/language.md is printed from the tables; run scripts/print_language.py."""
    assert (ROOT / "docs/handbook/language.md").read_text("utf-8") == printed()
