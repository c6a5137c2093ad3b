"""Fixtures of the command line's tests."""

from pathlib import Path

import pytest

from tests.cli.running import Huiqi, copied

GAOPING = "gaoping-2022-43"


@pytest.fixture
def huiqi(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Huiqi:
    """The command, with no settings of the person who runs the tests."""
    monkeypatch.delenv("HUIQI_DEBUG", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    return Huiqi(capsys)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A copy of the Gaoping document with vocabulary and reference data, to be changed."""
    return copied(tmp_path / "policies", GAOPING)
