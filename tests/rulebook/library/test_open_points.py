"""A draft that still says 待定 is loaded and shown, but never applied."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from huiqi.rulebook.language.source import parse_yaml
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.rows import read_facts
from huiqi.rulebook.problems import errors
from huiqi.rulebook.reference.dossier import dossier
from tests.conventions.repository import ROOT

FACTS = """
企业: {注册地: 高平市}
认定: {名称: 高新技术企业, 级别: 国家级, 发证日期: 2023-10-16, 时注册地: 高平市}
"""
SUPPORT = "gaoping-2022-43/高企首次取得"


def library_with(tmp_path: Path, extra: str) -> Library:
    folder = tmp_path / "policies"
    for part in ("vocabulary", "reference", "gaoping-2022-43"):
        shutil.copytree(ROOT / "policies" / part, folder / part)
    file = folder / "gaoping-2022-43" / "supports" / "高企首次取得.yaml"
    file.write_text(file.read_text("utf-8") + extra, "utf-8")
    library, problems = load(folder)
    assert errors(problems) == []
    return library


@pytest.mark.parametrize(("extra", "assessed"), [("", 1), ("\n待定: [级别怎样算]\n", 0)])
def test_an_open_point_keeps_a_support_from_being_applied(
    tmp_path: Path, extra: str, assessed: int
) -> None:
    library = library_with(tmp_path, extra)
    node, _ = parse_yaml(FACTS, "facts.yaml")
    made = dossier(library, read_facts(node, library.vocabulary, []), date(2026, 11, 22))
    found = [item for item in made.assessments if item.support.key == SUPPORT]
    assert len(found) == assessed
    assert len(library.supports) - len(library.ready) == 1 - assessed
