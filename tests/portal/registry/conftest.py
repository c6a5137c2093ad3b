"""A generated region for tests, made once a run; enterprises are recognisably invented."""

from pathlib import Path

import pytest

from huiqi.portal.base import rules
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.demo import make_region
from tests.portal.people import NOW


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """300 enterprises with their events, people, carriers and what was paid."""
    library = rules.library()
    return make_region(
        library.vocabulary,
        tmp_path_factory.mktemp("region") / "snapshot",
        enterprises=300,
        seed=7,
        today=NOW.date(),
        supports=library.supports,
    )


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """A folder for the snapshots of one test."""
    return tmp_path / "snapshots"
