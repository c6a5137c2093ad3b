"""Every act that the code records has a name that the auditor can read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import huiqi.portal
from huiqi.portal.base import jobs
from huiqi.portal.web.operator.acts import ACTS, DETAILS, GROUPS

pytestmark = pytest.mark.once

ROOT = Path(huiqi.portal.__file__).parent
CODE = re.compile(
    rf"login(\.[a-z_]+)?|({'|'.join(group[:-1] for group in GROUPS if group.endswith('.'))})\.[a-z_]+"
)


OTHER = {"policies.clause", "policies.document", "policies.support", "registry.json"}
"""Kinds of searched texts and a file's name, which look the same."""


def written() -> Iterator[tuple[str, str]]:
    """Every text in the code that looks like the code of an act."""
    for file in sorted(ROOT.rglob("*.py")):
        if file.name in ("acts.py", "apps.py") or file.parent.name == "migrations":
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and CODE.fullmatch(text):
                yield text, file.name


def test_every_act_has_a_name() -> None:
    jobs.discover()
    others = {*OTHER, *jobs.KINDS, *jobs.ROUTINES}
    found = {f"{act} ({file})" for act, file in written() if act not in {*ACTS, *others}}
    assert sorted(found) == []


WRITERS = ("record", "_record", "_noted")
PLAIN = {"at", "by", "actor", "subject", "address"}


def told() -> set[str]:
    """Every detail that the code writes beside an act."""
    return {
        keyword.arg
        for file in sorted(ROOT.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in WRITERS
        for keyword in node.keywords
        if keyword.arg is not None
    } - PLAIN


def test_every_detail_has_a_name() -> None:
    assert sorted(told() - set(DETAILS)) == []
    assert sorted(set(DETAILS) - told() - {"way"}) == []


def test_every_name_is_of_an_act_in_a_group_of_the_filter() -> None:
    said = {act for act, _ in written()} | {"logout"}
    assert [act for act in ACTS if act not in said] == []
    assert [act for act in ACTS if not act.startswith(tuple(GROUPS))] == []
