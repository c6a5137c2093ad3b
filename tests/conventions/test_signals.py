"""What follows from what is called by name: no signals of models in the portal."""

import ast

import pytest

from tests.conventions.repository import ROOT, files_under

FORBIDDEN = {"django.db.models.signals", "django.dispatch"}


def signals(source: str) -> list[int]:
    """Lines that import signals or what connects to them."""
    found: list[int] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        else:
            continue
        if any(name == bad or name.startswith(f"{bad}.") for name in names for bad in FORBIDDEN):
            found.append(node.lineno)
    return found


def test_the_portal_has_no_model_signals() -> None:
    offences = [
        f"{path.relative_to(ROOT).as_posix()}:{line}"
        for path in files_under("src/huiqi/portal", suffix=".py")
        for line in signals(path.read_text(encoding="utf-8"))
    ]
    assert offences == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from django.db.models.signals import post_save", [1]),
        ("from django.db.models import signals", [1]),
        ("import django.db.models.signals", [1]),
        ("import json\nfrom django.dispatch import receiver", [2]),
        ("from django.dispatch.dispatcher import Signal", [1]),
        ("from django.db import models, transaction\nfrom signal import SIGTERM", []),
    ],
)
def test_the_search_finds_signals(source: str, expected: list[int]) -> None:
    assert signals(source) == expected
