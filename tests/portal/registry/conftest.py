"""A generated region for tests, made once a run; enterprises are recognisably invented."""

from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.base import rules
from huiqi.portal.registry.loading import load_region
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.demo import make_region
from tests.portal.keeping import Kept, making
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


@pytest.fixture(scope="session")
def kept(django_db_setup: None, django_db_blocker: Any, region: Snapshot) -> Kept:
    with making(django_db_blocker) as keep:
        load_region(region.folder, at=NOW)
        return keep()


@pytest.fixture
def loaded(kept: Kept, db: None, region: Snapshot) -> Snapshot:
    """The region, which the registry holds as it knew it at NOW."""
    kept.put_back()
    return region


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """A folder for the snapshots of one test."""
    return tmp_path / "snapshots"
