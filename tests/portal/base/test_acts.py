"""Every act that the code records has a name that the auditor can read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import huiqi.portal
from huiqi.portal.web.operator.acts import ACTS, GROUPS

ROOT = Path(huiqi.portal.__file__).parent


def recorded() -> Iterator[tuple[str, str]]:
    """Acts written as texts in calls of ``record``, and as ``act=`` of exports."""
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = [word.value for word in node.keywords if word.arg == "act"]
            if name == "record" and node.args:
                given.append(node.args[0])
            for one in given:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value, file.name


def test_every_act_has_a_name() -> None:
    assert sorted({f"{act} ({file})" for act, file in recorded() if act not in ACTS}) == []


def test_every_act_is_in_a_group_of_the_filter() -> None:
    assert [act for act in ACTS if not act.startswith(tuple(GROUPS))] == []
