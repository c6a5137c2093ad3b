"""Everything that a policy folder can get wrong: found, placed, explained, and never only the first."""

from pathlib import Path

import pytest

from huiqi.rulebook.library.loader import load
from tests.rulebook.small import (
    POLICY,
    SUPPORT,
    TARGETS,
    Broken,
    assert_refused,
    change,
    copy,
    found,
)  # fmt: skip

AMOUNT = "金额: 20万元"
BROKEN = (
    Broken(POLICY, "编号: example", "编号: ⌖exmaple", "id"),
    Broken(POLICY, "适用地区: 高平市", "适用地区: ⌖高坪市", "tree-unknown"),
    Broken(POLICY, "{起: 2023-01-01}", "{起: ⌖2023-02-30}", "bad-date"),
    Broken(POLICY, "{起: 2023-01-01}", "⌖{起: 2023-01-01, 止: 2022-12-31}", "period"),
    Broken(POLICY, "牵头: 科技局", "牵头: 教育局", "lead"),
    Broken(POLICY, "名称: 示例文件", "名称: 示例文件\n⌖名稱: 示例", "unknown-key"),
    Broken(POLICY, "职责: [受理申请]}", '职责: [受理申请]}\n  - ⌖{编号: "1", 标题: 又一条, 职责: [办理]}', "duplicate-id"),
    Broken(TARGETS, '条款: "1"', '条款: ⌖"2"', "unknown-clause"),
    Broken(TARGETS, "值: 20", "值: ⌖2o", "bad-number"),
    Broken(TARGETS, "比较: 达到", "比较: ⌖到达", "not-a-choice"),
    Broken(TARGETS, "计数(企业 其中 企业.证书数 达到 1项)", "计数(⌖企叶)", "unknown-word"),
    Broken(TARGETS, "计数(企业 其中 企业.证书数 达到 1项)", "⌖企业.证书数", "measure"),
    Broken(TARGETS, "单位: 家", "单位: ⌖万元", "measure-unit"),
    Broken(TARGETS, "单位: 家", '单位: ⌖"%"', "measure-unit"),
    Broken(SUPPORT, "编号: 首次认定", "编号: ⌖首次", "id"),
    Broken(SUPPORT, '条款: "1"', '条款: ⌖"7"', "unknown-clause"),
    Broken(SUPPORT, "对象: 认定", "对象: ⌖任定", "unknown-table"),
    Broken(SUPPORT, "类型: 奖励", "类型: ⌖奖厉", "not-a-choice"),
    Broken(SUPPORT, "{门槛: 300万元}", "{门槛: 300万元, ⌖档: [1元]}", "not-a-text"),
    Broken(SUPPORT, "{门槛: 300万元}", "{门槛: 300万⌖圆}", "unknown-word"),
    Broken(SUPPORT, "达到 门槛", "达到 ⌖门坎", "unknown-word"),
    Broken(SUPPORT, AMOUNT, f"{AMOUNT}\n受益: ⌖认定", "out-of-reach"),
    Broken(SUPPORT, AMOUNT, f"{AMOUNT}\n受益: ⌖运营单位", "out-of-reach"),
    Broken(SUPPORT, AMOUNT, f"{AMOUNT}\n核定: ⌖{{上限: 5万元}}", "two-amounts"),
    Broken(SUPPORT, AMOUNT, "分档:\n  - {当: 认定.级别 是 省级, 金额: ⌖5人}", "type"),
    Broken(SUPPORT, AMOUNT, f"{AMOUNT}\n主体上限: ⌖企业.收入", "not-constant"),
    Broken(SUPPORT, AMOUNT, "进档: {量: 企业.收入, 此前: 企业.奖金合计, 档: [⌖[3亿元]]}", "grade"),
    Broken(SUPPORT, AMOUNT, "进档: ⌖{量: 企业.收入, 此前: 企业.奖金合计, 档: [[5亿元, 2万元], [3亿元, 1万元]]}", "grade"),
    Broken(SUPPORT, AMOUNT, f"{AMOUNT}\n叠加: {{组: 甲, 方式: ⌖就低}}", "not-a-choice"),
    Broken(SUPPORT, AMOUNT, f"{AMOUNT}\n叠加: ⌖{{方式: 就高}}", "key-missing"),
    Broken(SUPPORT, AMOUNT, f"{AMOUNT}\n⌖次數: 每项一次", "unknown-key"),
    Broken(SUPPORT, AMOUNT, f"{AMOUNT}\n期间: {{起: ⌖2024-13-01}}", "bad-date"),
    Broken(SUPPORT, AMOUNT, "金额: ⌖0.5人", "bad-number"),
    Broken(SUPPORT, AMOUNT, "金额: ⌖企业.收入 × 企业.人数", "overflow"),
)  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=[item.name for item in BROKEN])
def test_refused(tmp_path: Path, broken: Broken) -> None:
    if broken.code == "lead":  # stands at its clause, which begins after the dash
        broken = Broken(POLICY, '- {编号: "1", 标题: 奖励首次认定, 单位: [科技局, 财政局], 牵头: 科技局',
                        '- ⌖{编号: "1", 标题: 奖励首次认定, 单位: [科技局, 财政局], 牵头: 教育局', "lead")  # fmt: skip
    assert_refused(tmp_path, broken)


def test_the_folder_itself_has_no_problem(tmp_path: Path) -> None:
    assert found(copy(tmp_path)) == []


def test_a_missing_folder_is_one_problem(tmp_path: Path) -> None:
    problems = load(tmp_path / "nichts")[1]
    assert [item.code for item in problems] == ["no-folder"]


def test_without_an_amount_or_a_benefit(tmp_path: Path) -> None:
    root = copy(tmp_path)
    change(root, SUPPORT, AMOUNT, "")
    assert found(root) == [("no-amount", SUPPORT, 1, 1)]


def test_more_conditions_than_the_tables_have_bits(tmp_path: Path) -> None:
    root = copy(tmp_path)
    many = "条件:\n" + "  - 企业.在名单\n" * 30
    change(root, SUPPORT, "条件:\n", many)
    assert found(root) == [("too-many-conditions", SUPPORT, 39, 5)]


def test_a_group_that_stacks_in_two_ways(tmp_path: Path) -> None:
    root = copy(tmp_path)
    other = "example/supports/另一项.yaml"
    text = (root / SUPPORT).read_text("utf-8")
    (root / SUPPORT).write_text(text + "叠加: {组: 甲, 方式: 就高}\n", "utf-8")
    text = text.replace("编号: 首次认定", "编号: 另一项") + "叠加: {组: 甲, 方式: 补差}\n"
    (root / other).write_text(text, "utf-8")
    codes = [code for code, *_ in found(root)]
    assert codes == ["stacking-mixed"]


def test_what_nobody_reads_is_said(tmp_path: Path) -> None:
    """A rule in a file of another ending, a folder of another name, a number without use."""
    root = copy(tmp_path)
    change(root, SUPPORT, "{门槛: 300万元}", "{门槛: 300万元, 封顶: 5万元, 槛: 1元}")
    for name in ("example/supports/另一项.yml", "vocabulary/又一张.yml", "example/targets.yml"):
        (root / name).write_text("编号: 另一项", "utf-8")
    (root / "example" / "support").mkdir()
    (root / "example" / "README.md").write_text("说明", "utf-8")
    told = [
        (item.severity.value, item.code, item.file, item.message, item.remedy)
        for item in load(root)[1]
    ]
    assert told == [
        ("提醒", "unread-file", "vocabulary/又一张.yml", "这个文件没有读入", "要读入就改名为 又一张.yaml"),
        ("提醒", "unread-file", "example/support", "这个文件夹不读", "是不是想写“supports”？"),
        ("提醒", "unread-file", "example/supports/另一项.yml", "这个文件没有读入", "要读入就改名为 另一项.yaml"),
        ("提醒", "unread-file", "example/targets.yml", "这个文件没有读入", "要读入就改名为 targets.yaml"),
        ("提醒", "unused-parameter", SUPPORT, "参数“封顶”没有用到", "用上，或删去"),
        ("提醒", "unused-parameter", SUPPORT, "参数“槛”没有用到", "用上，或删去"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "message", "remedy"),
    [
        ("20万", "这里应是金额，写的是数量", "数的后面写“元”，如 5000元、20万元"),
        ("3#", "不认识“#”", "数的后面写单位；单位在 单位.yaml 里登记"),
        ("3公家", "不认识“公家”", "是不是想写“家”、“百家”、“千家”？"),
    ],
)
def test_numbers_without_their_unit(tmp_path: Path, amount: str, message: str, remedy: str) -> None:
    root = copy(tmp_path)
    change(root, SUPPORT, AMOUNT, f"金额: {amount}")
    assert [(item.message, item.remedy) for item in load(root)[1]] == [(message, remedy)]


def test_an_override_that_names_nothing(tmp_path: Path) -> None:
    root = copy(tmp_path)
    problems = load(root, {"example/首次认定.门槛": "1万元", "example/首次认定.无此项": "1万元"})[1]
    assert [(item.code, item.severity.value) for item in problems] == [("unknown-override", "错误")]


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    root = copy(tmp_path)
    change(root, POLICY, "适用地区: 高平市", "适用地区: 高坪市")
    change(root, SUPPORT, "达到 门槛", "达到 门坎")
    change(root, SUPPORT, AMOUNT, "金额: 20万圆")
    change(root, TARGETS, "值: 20", "值: 2o")
    assert sorted((code, file) for code, file, _, _ in found(root)) == [
        ("bad-number", TARGETS),
        ("tree-unknown", POLICY),
        ("unknown-word", SUPPORT),
        ("unknown-word", SUPPORT),
    ]


def test_both_sides_of_one_condition_are_told(tmp_path: Path) -> None:
    root = copy(tmp_path)
    change(root, SUPPORT, "企业.收入 达到 门槛", "企业.收 达到 1元 且 企业.人数 达到 1家")
    assert [code for code, *_ in found(root)] == ["unknown-word"]
    change(root, SUPPORT, "企业.收 达到", "企业.收入 达到 1人 且 企业.收入 达到")
    assert [code for code, *_ in found(root)] == ["unit", "unit"]
