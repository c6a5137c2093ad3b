"""Fixtures of the review's tests."""

from pathlib import Path

import pytest

from tests.reading.review.folders import Draft, draft


@pytest.fixture
def paper(tmp_path: Path) -> Draft:
    """A policy of our own with its text."""
    return draft(tmp_path)
