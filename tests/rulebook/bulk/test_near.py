"""Near misses of stacking groups: both evaluators on the same few rows."""

from dataclasses import replace
from pathlib import Path

from huiqi.rulebook.bulk.bridge import write_region
from huiqi.rulebook.bulk.matching import match
from huiqi.rulebook.language.nodes import MONEY, Constant
from huiqi.rulebook.library.policy import Stacking, Support, Times
from huiqi.rulebook.reference.dossier import dossier
from tests.rulebook.packaged import library
from tests.rulebook.reference.test_explain import TODAY, facts


def found(folder: Path, text: str, *supports: Support) -> tuple[list[str], list[str]]:
    """The supports of the near misses, by the reference and in bulk."""
    file = facts(text)
    made = dossier(library(), file, TODAY, supports)
    region = write_region([file], library().vocabulary, folder / "region", 10)
    result = match(library(), region, TODAY, supports=supports)
    bulk = [item.support for item in result.near for _ in range(item.rows)]
    return [item.support.key for item in made.near_misses()], bulk


def support(name: str, fen: int, line: str = "", **changed: object) -> Support:
    """A support of the project with its first condition, one more if asked, and another amount."""
    whole = next(one for one in library().ready if one.id == name)
    lines = (whole.lines[0], *(one for one in whole.lines[1:] if line and line in one.text))
    return replace(whole, lines=lines, amount=Constant(fen, MONEY), **changed)  # type: ignore[arg-type]


def test_a_support_named_with_a_group_but_free_of_it_takes_nothing_from_it(tmp_path: Path) -> None:
    free = support("制造业研发加计扣除", 30, stacking=Stacking.FREE, times=Times.ONCE)
    other = support(
        "科技型中小企业研发加计扣除", 20, "科技型", stacking=Stacking.HIGHEST, stacking_yearly=False
    )
    text = "企业: {注册地: 高平市}\n年度经营:\n  - {年末日: 2023-12-31, 属科技型中小企业: 否}\n"
    assert found(tmp_path, text, free, other) == ([other.key], [other.key])


def test_a_row_whose_beneficiary_is_unknown_has_a_group_of_its_own(tmp_path: Path) -> None:
    stacked = {"group": "组", "stacking": Stacking.HIGHEST}
    held = support("技术创新中心建设经费", 30, id="甲", **stacked)
    lower = support("技术创新中心建设经费", 20, "独立法人", id="乙", **stacked)
    higher = replace(lower, id="丙", amount=Constant(40, MONEY))
    text = "创新平台: {独立法人: 否}\n平台认定:\n  - {认定日期: 2024-01-01}\n"
    assert found(tmp_path / "lower", text, held, lower) == ([], [])
    assert found(tmp_path / "higher", text, held, higher) == ([higher.key], [higher.key])
