"""Fields of a rule and its changed file: what the rulebook would read with the same changes."""

from pathlib import Path

import pytest

from huiqi.portal.base import rules
from huiqi.portal.matching import simulations
from huiqi.portal.matching.editing import edited, fields, joined, pieces, replaced, written
from huiqi.rulebook import load
from huiqi.rulebook.language.source import parse_yaml
from huiqi.rulebook.library.loader import _replace
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.problems import errors

pytestmark = pytest.mark.once

SUPPORTS = rules.library().supports
FILE = """编号: 例
名称: 例子
参数: {奖励: 20万元}
条件:
  - {条件: "企业.从业人员 达到 50人 且 企业.上年营业收入 超过 3亿元", 说明: 规模够大}
  - 企业.注册地 属于 高平市
金额: 奖励  # 一次性
"""


@pytest.mark.parametrize("support", SUPPORTS, ids=lambda support: support.key)
def test_every_field_is_where_overrides_find_it(support: Support) -> None:
    text = simulations.file_text(rules.library(), support)
    found = fields(text)
    assert len({field.path for field in found}) == len(found)
    node, _ = parse_yaml(text, "例.yaml")
    assert node is not None
    for field in found:
        assert "".join(piece.text for piece in field.pieces) == field.text
        assert _replace(node, field.path.split("."), "甲") is not None, field.path
        if field.text:
            assert parse_yaml(edited(text, {field.path: field.text}), "例.yaml")[0] is not None
            again = {one.path: one.text for one in fields(edited(text, {field.path: "甲 乙"}))}
            assert again == {one.path: one.text for one in found} | {field.path: "甲 乙"}
    conditions = [field for field in found if field.path.startswith("条件.")]
    assert len(conditions) == len(support.lines) - 1


def test_fields_of_a_file() -> None:
    found = {field.path: (field.label, field.text) for field in fields(FILE)}
    assert found == {
        "奖励": ("奖励", "20万元"),
        "条件.1": ("规模够大", "企业.从业人员 达到 50人 且 企业.上年营业收入 超过 3亿元"),
        "条件.2": ("条件2", "企业.注册地 属于 高平市"),
        "金额": ("金额", "奖励"),
        "上限": ("每项上限", ""),
        "保底": ("每项保底", ""),
        "主体上限": ("每个主体累计上限", ""),
        "年度上限": ("每个主体每年上限", ""),
        "次数": ("次数", ""),
    }


def test_numbers_of_a_condition_change_one_by_one() -> None:
    field = next(field for field in fields(FILE) if field.path == "条件.1")
    assert [piece.text for piece in field.pieces if piece.is_number] == ["50人", "3亿元"]
    assert joined(field, ["80人", "5亿元"]) == (
        "企业.从业人员 达到 80人 且 企业.上年营业收入 超过 5亿元"
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("自 企业.成立日期 至 评定日 不满 3年", ["3年"]),
        ("认定.发证日期 不早于 2022-08-17", ["2022-08-17"]),
        ("企业.近3年研发 达到 12.5%", ["12.5%"]),
        ("(企业.利润 + 1,000元) × 5%", ["1,000元", "5%"]),
        ("企业.是中小企业", []),
    ],
)
def test_which_numbers_a_text_has(text: str, numbers: list[str]) -> None:
    assert [piece.text for piece in pieces(text) if piece.is_number] == numbers


def test_a_changed_file_keeps_what_its_author_wrote() -> None:
    assert edited(
        FILE, {"奖励": "30万元", "条件.2": "企业.注册地 属于 长治市", "年度上限": "90万元"}
    ) == (FILE.replace("20万元", "30万元").replace("高平市", "长治市") + "年度上限: 90万元\n")
    with pytest.raises(KeyError, match="没有"):
        edited(FILE, {"没有": "1元"})


@pytest.mark.parametrize(
    "text", ["20万元", "5%", "a: b", "- 甲", "“乙”", "{", "# 丙", "true", "1e3", " 丁"]
)
def test_texts_are_written_so_that_they_are_read_again(text: str) -> None:
    node, problems = parse_yaml(f"键: {written(text)}\n", "例.yaml")
    assert problems == []
    assert node.entries["键"].text == text  # type: ignore[union-attr]


def test_a_limit_can_be_added_to_a_rule_that_has_none() -> None:
    library = rules.library()
    support = next(one for one in library.supports if one.amount and one.subject_cap is None)
    changed, problems = load(library.folder, {f"{support.key}.主体上限": "1元"})
    assert errors(problems) == []
    assert changed.by_key[support.key].subject_cap == 100
    assert library.by_key[support.key].subject_cap is None


def test_what_cannot_be_added_is_a_problem(tmp_path: Path) -> None:
    library = rules.library()
    support = library.supports[0]
    _, problems = load(library.folder, {f"{support.key}.别的": "1元"})
    assert [one.code for one in errors(problems)] == ["unknown-override"]


def test_what_is_not_in_the_file_is_not_told_as_replaced() -> None:
    text = "- 名: 甲\n  金额: 20万元\n- 名: 乙\n  答: 不享\n"
    changes = {("甲", "金额"): "30万元", ("乙", "金额"): "30万元", ("丙", "金额"): "30万元"}
    assert replaced(text, changes) == (text.replace("20万元", "30万元"), [("甲", "金额")])
