"""Every test of policies has a home of its own, so that released rules reach no other test."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.base.access import NOBODY
from huiqi.portal.policies import actions
from tests.portal.people import NOW
from tests.portal.policies import samples

Seed = Callable[..., None]


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path / "home"
    settings.MEDIA_ROOT = settings.HOME / "files"
    settings.POLICIES = ""
    settings.HOME.mkdir()
    return Path(settings.HOME)


@pytest.fixture
def committed(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> Callable[[], AbstractContextManager[Any]]:
    """Inside it, what waits for the commit is done at its end: the rules are switched."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def seeded(db: None, tmp_path: Path, committed: Callable[[], AbstractContextManager[Any]]) -> Seed:
    """``seeded(files, …)`` puts these policies in force, the sample where none is given."""

    def seed(*policies: dict[str, str]) -> None:
        folder = samples.root(tmp_path / "root", *(policies or (samples.files(),)))
        with committed():
            actions.seed(folder, at=NOW, by=NOBODY)

    return seed
