"""Fixtures that all tests of the portal share. People who act stand in tests/portal/people.py."""

from collections.abc import Iterator

import pytest

from tests.portal import provider as providers


@pytest.fixture(scope="session")
def provider_process() -> Iterator[providers.Provider]:
    with providers.running() as started:
        yield started
