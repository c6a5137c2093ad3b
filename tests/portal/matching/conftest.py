"""A small region in the registry, and a source of its snapshot that needs no writing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from huiqi.portal.base import rules
from huiqi.portal.matching import runs
from huiqi.portal.matching.models import Run
from huiqi.portal.registry.loading import load_region
from huiqi.portal.registry.snapshot import write
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.demo import make_region

ON = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def region_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = rules.library()
    folder = tmp_path_factory.mktemp("region")
    make_region(
        library.vocabulary, folder, enterprises=400, seed=7, today=ON, supports=library.supports
    )
    return folder


@pytest.fixture
def region(db: None, region_folder: Path, tmp_path: Path) -> Snapshot:
    """The region loaded into the registry, and the registry's snapshot."""
    load_region(region_folder, at=AT)
    snapshot, known_at = write(tmp_path / "snapshots")
    assert known_at == AT
    return snapshot


@pytest.fixture
def matched(region: Snapshot) -> Run:
    """The region with a current run."""
    return run_over(region)


def run_over(region: Snapshot, at: datetime = AT, on: date = ON) -> Run:
    return runs.execute(lambda tell: (region, at), on=on, at=at)
