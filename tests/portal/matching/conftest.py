"""A small region in the registry, and a source of its snapshot that needs no writing."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.base import rules
from huiqi.portal.matching import runs
from huiqi.portal.matching.models import Run
from huiqi.portal.registry import storing
from huiqi.portal.registry.loading import load_region
from huiqi.portal.registry.snapshot import current, write
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.demo import make_region
from tests.portal.keeping import Kept, making

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


@dataclass
class Made:
    """The region as loaded, and with a run over it; its snapshot lies in ``folder``."""

    loaded: Kept
    matched: Kept
    folder: Path
    run: int


@pytest.fixture(scope="session")
def made(
    django_db_setup: None,
    django_db_blocker: Any,
    region_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    """What tests of this folder begin with, made once."""
    folder = tmp_path_factory.mktemp("made") / "snapshots"
    with making(django_db_blocker) as keep:
        load_region(region_folder, at=AT)
        snapshot, known_at = write(folder)
        assert known_at == AT
        loaded = keep()
        run = run_over(snapshot)
        return Made(loaded, keep(), folder, run.pk)


@pytest.fixture
def region(made: Made, db: None, request: pytest.FixtureRequest, tmp_path: Path) -> Snapshot:
    """The region in the registry, and the registry's snapshot."""
    (made.matched if "matched" in request.fixturenames else made.loaded).put_back()
    shutil.copytree(made.folder, tmp_path / "snapshots")
    found = current(tmp_path / "snapshots")
    assert found is not None
    return found[0]


@pytest.fixture
def matched(made: Made, region: Snapshot) -> Run:
    """The region with a current run."""
    # It has seen the rows, though they were put back by another transaction than its own.
    Run.objects.update(seen=storing.view())
    return Run.objects.get(pk=made.run)


def run_over(region: Snapshot, at: datetime = AT, on: date = ON) -> Run:
    return runs.execute(lambda tell: (region, at), on=on, at=at)
