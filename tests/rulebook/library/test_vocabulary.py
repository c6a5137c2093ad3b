"""What a vocabulary can get wrong, and what its facts mean to rules."""

from pathlib import Path

import pytest

from huiqi.rulebook.language.nodes import Kind, Method, Statistic, Type
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.vocabulary import derivation_order
from huiqi.rulebook.reference.cases import read_cases
from tests.rulebook.small import FIRM, LISTS, TITLE, Broken, assert_refused, change, copy, found
from tests.spec.running import library

LISTED = "在名单: {标识: listed, 类型: 是否, 问: 在名单里吗？, 来源: 工信局}"
YOUNG = "是新设: {标识: young, 类型: 是否, 算法: 自 企业.成立日期 至 评定日 不满 3年}"
COUNTED = "证书数: {标识: certificates, 类型: 数量, 单位: 项, 统计: {方式: 计数, 事件: 认定}}"
BROKEN = (
    Broken(LISTS, "规模: {值: [微型, 小型,", "规模: {值: [微型, 小型, ⌖微型,", "duplicate-value"),
    Broken(FIRM, LISTED, LISTED.replace("标识: listed", "标识: revenue").replace("在名单", "⌖在名单", 1), "duplicate-identifier"),
    Broken(FIRM, LISTED, LISTED.replace("类型: 是否", "类型: ⌖是非"), "not-a-choice"),
    Broken(FIRM, "收入: {标识: revenue, 类型: 金额", "收入: {标识: revenue, 认定: ⌖是, 类型: 金额", "judged-type"),
    Broken(FIRM, "单位: 家, 上限: 100家", "单位: ⌖店, 上限: 100", "unknown-unit"),
    Broken(FIRM, "上限: 100家", "上限: ⌖100元", "type"),
    Broken(FIRM, "上限: 100家", "上限: ⌖一百", "bad-number"),
    Broken(FIRM, "上限: 100家", "上限: ⌖100000亿家", "bounds"),
    Broken(FIRM, "上限: 100家", "下限: ⌖200家, 上限: 100家", "bounds"),
    Broken(FIRM, "类别: 级别, 问: 信用哪一级", "类别: ⌖级, 问: 信用哪一级", "unknown-list"),
    Broken(FIRM, "规模: 划型}", "规模: 划型, ⌖行业: 行业}", "duplicate-key"),
    Broken(FIRM, "{地区: 注册地, 行业: 行业, 规模: 划型}", "⌖{地区: 收入}", "group"),
    Broken(FIRM, YOUNG, YOUNG.replace("企业.成立日期", "⌖企业.成立"), "unknown-word"),
    Broken(FIRM, YOUNG, YOUNG.replace("算法: 自 企业.成立日期 至 评定日 不满 3年", "算法: ⌖企业.收入"), "not-a-condition"),
    Broken(FIRM, YOUNG, "是新设: ⌖{标识: young, 类型: 是否, 算法: 企业.专家认可}", "judged-in-derived"),
    Broken(FIRM, YOUNG, "是新设: ⌖{标识: young, 类型: 是否, 认定: 是, 算法: 企业.在名单}", "judged-in-derived"),
    Broken(FIRM, YOUNG, "⌖是新设: {标识: young, 类型: 是否, 算法: 非 企业.是新设}", "circle"),
    Broken(FIRM, COUNTED, COUNTED.replace("{方式: 计数, 事件: 认定}", "⌖{方式: 计数, 事件: 企业}"), "statistic"),
    Broken(FIRM, COUNTED, COUNTED.replace("{方式: 计数, 事件: 认定}", "⌖{方式: 此前计数, 事件: 认定}"), "statistic"),
    Broken(FIRM, COUNTED, COUNTED.replace("方式: 计数", "方式: ⌖计算"), "not-a-choice"),
    Broken(FIRM, COUNTED, COUNTED.replace("事件: 认定}", "事件: 认定, 其中: ⌖认定.奖金}"), "not-a-condition"),
    Broken(FIRM, "事实:\n", "又名: {⌖名字: [单位名称]}\n事实:\n", "unknown-fact"),
    Broken(FIRM, "事实:\n", "又名: {收入: [⌖名称]}\n事实:\n", "duplicate-alias"),
    Broken(FIRM, "事实:\n", "又名: {收入: [营收], 名称: [⌖营收]}\n事实:\n", "duplicate-alias"),
    Broken(TITLE, "时点: 发证日期", "时点: ⌖奖金", "moment"),
    Broken(TITLE, "时点: 发证日期", "时点: ⌖发证日", "moment"),
    Broken(TITLE, "登记完整: 是", "登记完整: ⌖对", "not-a-choice"),
    Broken(TITLE, "登记完整: 是", "登记完整: 是\n⌖登記: 是", "unknown-key"),
)  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=[item.name for item in BROKEN])
def test_refused(tmp_path: Path, broken: Broken) -> None:
    assert_refused(tmp_path, broken)


def test_a_table_is_a_subject_or_an_event(tmp_path: Path) -> None:
    root = copy(tmp_path)
    change(root, TITLE, "事件: 认定", "主体: 认定\n事件: 认定")
    assert ("table-kind", TITLE, 1, 1) in found(root)


def test_an_owner_that_is_no_subject(tmp_path: Path) -> None:
    root = copy(tmp_path)
    change(root, TITLE, "所属: 企业", "所属: 企叶")
    problems = load(root)[1]
    assert ("unknown-subject", TITLE, 1) in {(item.code, item.file, item.line) for item in problems}
    assert all(item.remedy for item in problems)


def test_two_tables_of_one_name(tmp_path: Path) -> None:
    root = copy(tmp_path)
    (root / "vocabulary" / "又企业.yaml").write_text((root / FIRM).read_text("utf-8"), "utf-8")
    assert [code for code, *_ in found(root)] == ["duplicate-table"]


def test_no_vocabulary_at_all(tmp_path: Path) -> None:
    assert "no-vocabulary" in [item.code for item in load(tmp_path)[1]]


SIZES = "reference/sme_2011.yaml"
SIZED = "大型: {从业人员: 1000人, 营业收入: 40000万元}"
BROKEN_SIZES = (
    Broken(SIZES, SIZED, SIZED.replace("1000人", "⌖1000家"), "bad-value"),
    Broken(SIZES, SIZED, SIZED.replace("营业收入", "⌖营业额"), "unknown-key"),
    Broken(SIZES, SIZED, SIZED.replace("大型", "⌖大形"), "unknown-size"),
)


@pytest.mark.parametrize("broken", BROKEN_SIZES, ids=[item.name for item in BROKEN_SIZES])
def test_size_classes_refused(tmp_path: Path, broken: Broken) -> None:
    assert_refused(tmp_path, broken)


def test_a_table_that_cannot_be_read_leaves_the_rest_to_be_checked(tmp_path: Path) -> None:
    root = copy(tmp_path)
    (root / FIRM).write_text("主体: [企业\n", "utf-8")
    library, problems = load(root)
    assert (problems[0].code, problems[0].file) == ("yaml-syntax", FIRM)
    assert [item for item in read_cases(library)[1] if not item.remedy] == []


def test_reference_data_are_named_as_they_stand_in_the_folder(tmp_path: Path) -> None:
    root = copy(tmp_path)
    with (root / "reference" / "regions.csv").open("wb") as file:
        file.truncate(2 * 1024**3)
    first = load(root)[1][0]
    assert (first.code, first.file) == ("csv-too-large", "reference/regions.csv")


def test_a_list_too_long_for_the_bits_of_a_number(tmp_path: Path) -> None:
    root = copy(tmp_path)
    values = "、".join("") or ", ".join(f"值{n}" for n in range(63))
    change(
        root,
        LISTS,
        "级别: {值: [县级, 市级, 省级, 国家级]",
        f"级别: {{值: [县级, 市级, 省级, 国家级, {values}]",
    )
    assert [code for code, *_ in found(root)] == ["list-too-long"]


def test_a_circle_over_two_facts_names_both(tmp_path: Path) -> None:
    root = copy(tmp_path)
    change(
        root,
        FIRM,
        YOUNG,
        "甲: {标识: a, 类型: 是否, 算法: 企业.乙}\n  乙: {标识: b, 类型: 是否, 算法: 非 企业.甲}",
    )
    (problem,) = load(root)[1]
    assert problem.code == "circle"
    assert "企业.甲 → 企业.乙 → 企业.甲" in problem.message


def test_facts_carry_type_bounds_and_who_judges() -> None:
    facts = library().vocabulary.tables["企业"].facts
    shown = {
        name: (str(facts[name].type), facts[name].low, facts[name].high, facts[name].judged)
        for name in ("收入", "利润", "户数", "补助比例", "成立日期", "专家认可", "信用级别")
    }
    assert shown == {
        "收入": ("金额", 0, None, False),
        "利润": ("金额", None, None, False),
        "户数": ("数量（家）", 0, 100, False),
        "补助比例": ("比例", 0, 1_000_000, False),
        "成立日期": ("日期", None, None, False),
        "专家认可": ("是否", None, None, True),
        "信用级别": ("类别（级别）", None, None, False),
    }


def test_statistics_take_the_defaults_of_their_table() -> None:
    facts = library().vocabulary.tables["企业"].facts
    counted, best = facts["证书数"].definition, facts["最高奖金"].definition
    assert isinstance(counted, Statistic)
    assert isinstance(best, Statistic)
    assert (counted.method, counted.empty_is_zero, counted.more) == (Method.COUNT, True, False)
    assert (best.method, best.empty_is_zero) == (Method.MAX, False)
    earlier = library().vocabulary.tables["认定"].facts["此前同类数"].definition
    assert isinstance(earlier, Statistic)
    assert earlier.order == library().vocabulary.tables["认定"].facts["发证日期"].fact()
    assert [fact.name for fact in earlier.same] == ["名称"]


def test_units_that_count_as_one() -> None:
    units = library().vocabulary.units
    assert {units["户"], units["家"], units["个"]} == {"家"}


def test_paths_reach_owners_and_their_links() -> None:
    assert library().vocabulary.paths("认定") == {"认定": ((), "认定"), "企业": (("企业",), "企业")}


def test_order_of_derivation_puts_inputs_first(tmp_path: Path) -> None:
    root = copy(tmp_path)
    change(
        root,
        FIRM,
        YOUNG,
        "丙: {标识: c, 类型: 是否, 算法: 企业.丁}\n  丁: {标识: d, 类型: 是否, 算法: 企业.在名单}",
    )
    made, problems = load(root)
    assert problems == []
    order = [spec.name for spec in derivation_order(made.vocabulary, "企业")]
    assert order.index("丁") < order.index("丙")


def test_the_type_of_a_count_shows_its_unit() -> None:
    assert str(Type(Kind.COUNT)) == "数量"
    assert str(Type(Kind.COUNT, "项")) == "数量（项）"
