"""One region of 20,000 enterprises for all tests of the demonstration data."""

from datetime import date

import pytest

from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.demo import make_region
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library
from tests.conventions.repository import ROOT

TODAY = date(2026, 11, 22)
ENTERPRISES = 20_000


@pytest.fixture(scope="package")
def library() -> Library:
    found, _ = load(ROOT / "policies")
    return found


@pytest.fixture(scope="package")
def region(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_region(
        library.vocabulary, tmp_path_factory.mktemp("region"), enterprises=ENTERPRISES, today=TODAY,
        supports=library.supports,
    )  # fmt: skip


@pytest.fixture(scope="package")
def small(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A region that cells can be read from one by one."""
    return make_region(
        library.vocabulary, tmp_path_factory.mktemp("small"), enterprises=2_000, seed=3, today=TODAY,
        supports=library.supports,
    )  # fmt: skip
