"""Which column holds what, and where the headings of a sheet stand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from huiqi.rulebook.problems import Severity
from huiqi.rulebook.tables.headings import Line, Matcher, Plan, plan_sheet
from tests.rulebook.tables.region import vocabulary

KEY = "统一社会信用代码"


def plan(*rows: Sequence[str], table: str = "企业") -> Plan:
    head = [Line(number, tuple(cells)) for number, cells in enumerate(rows, start=1)]
    return plan_sheet(head, head, Matcher(vocabulary().tables[table], vocabulary()), "表.csv")


def columns(found: Plan) -> list[tuple[int, str, str]]:
    return [(item.place, item.name, item.unit) for item in found.columns]


def codes(found: Plan) -> list[tuple[str, int]]:
    return [(item.code, item.column) for item in found.problems]


@pytest.mark.parametrize(
    ("heading", "name", "unit"),
    [
        ("上年营业收入", "上年营业收入", ""), ("last_year_revenue", "上年营业收入", ""),
        ("上年营业收入（万元）", "上年营业收入", "万元"), ("上年营业收入(亿元)", "上年营业收入", "亿元"),
        ("上年营业收入（万）", "上年营业收入", "万元"), (" 上年 营业收入\n（单位：万元） ", "上年营业收入", "万元"),
        ("上年营业收入（万元，不含税）", "上年营业收入", "万元"), ("企业.上年营业收入【千元】", "上年营业收入", "千元"), ("从业人员(人)", "从业人员", "人"),
        ("从业人员（名）", "从业人员", "名"), ("从业人员（万人）", "从业人员", "万人"),
        ("研发强度（％）", "研发强度", "%"), ("＊成立日期：", "成立日期", ""), ("名称（全称）", "名称", ""),
        ("EMPLOYEES", "从业人员", ""), ("成立满三年", "成立满三年", ""),
        ("上年营业收入 万元", "上年营业收入", "万元"), ("上年营业收入/亿元", "上年营业收入", "亿元"), ("研发强度%", "研发强度", "%"),
    ],
)  # fmt: skip
def test_one_heading(heading: str, name: str, unit: str) -> None:
    assert columns(plan([KEY, heading])) == [(0, KEY, ""), (1, name, unit)]
    assert codes(plan([KEY, heading])) == []


def test_title_rows_stand_above() -> None:
    found = plan(
        ["企业情况表", "", ""], ["", "", "单位：万元"], ["", "", ""], ["序号", KEY, "上年营业收入"]
    )
    assert columns(found) == [(1, KEY, ""), (2, "上年营业收入", "万元")]
    assert (found.last_heading, found.problems) == (4, ())


def test_a_unit_line_must_name_one_unit_of_money() -> None:
    for line in ("填报单位：某局", "单位：人", "单位：元、万元"):
        assert columns(plan([line, ""], [KEY, "上年营业收入"]))[1][2] == ""
    assert columns(plan(["单位：人、亿元", ""], [KEY, "上年营业收入"]))[1][2] == "亿元"
    assert columns(plan(["金额单位：人民币万元"], [KEY, "上年营业收入"]))[1][2] == "万元"


def test_two_tables_in_one_sheet_are_not_read() -> None:
    """The one above would be lost: below it, headings that say more begin again."""
    other = [KEY, "名称", "从业人员"]
    found = plan([KEY, "名称"], ["911499990000000006", "示例"], [""], other)
    assert (codes(found), found.fatal) == ([("second-table", 0)], True)
    assert found.problems[0].message == "第1行和第4行都是列名，这里有两块表"
    for rows in (
        [["填报单位", KEY], ["某局", "911499990000000006"], other],  # a form's own head
        [[KEY, "名称", "人数"], other],  # headings in two ways, nothing between them
    ):
        assert not plan(*rows).fatal


def test_a_row_that_is_too_long_does_not_make_the_headings_longer() -> None:
    found = plan(["标题", "", "", ""], [KEY, "名称"], ["911499990000000006", "示例", "", "多"])
    assert (found.width, columns(found)) == (2, [(0, KEY, ""), (1, "名称", "")])


def test_two_rows_are_joined() -> None:
    found = plan(
        [KEY, "名称", "经营情况（万元）", "", "", "上年"],
        ["", "", "利润总额", "从业人员（人）", "研发强度(%)", "营业收入（亿元）"],
        ["911499990000000006", "示例", "1", "2", "3", "4"],
    )
    assert columns(found) == [
        (0, KEY, ""), (1, "名称", ""), (2, "利润总额", "万元"), (3, "从业人员", "人"),
        (4, "研发强度", "%"), (5, "上年营业收入", "亿元"),
    ]  # fmt: skip
    assert found.last_heading == 2
    assert [item.heading for item in found.columns][2:4] == [
        "经营情况（万元） / 利润总额", "经营情况（万元） / 从业人员（人）",
    ]  # fmt: skip


def test_a_row_of_units_belongs_to_the_headings() -> None:
    found = plan(
        [KEY, "上年营业收入", "从业人员"], ["", "万元", "人"], ["911499990000000006", "1", "2"]
    )
    assert columns(found) == [(0, KEY, ""), (1, "上年营业收入", "万元"), (2, "从业人员", "人")]
    assert found.last_heading == 2


def test_data_are_never_taken_for_headings() -> None:
    found = plan([KEY, "备注", "名称"], ["911499990000000006", "从业人员", "成立日期"])
    assert (columns(found), found.last_heading) == ([(0, KEY, ""), (2, "名称", "")], 1)


def test_keys_and_links() -> None:
    for heading in (
        "企业",
        KEY,
        "企业统一社会信用代码",
        "企业（统一社会信用代码）",
        "企业的统一社会信用代码",
        "所属企业",
        "所属企业统一社会信用代码",
    ):
        assert columns(plan(["认定编号", heading], table="认定")) == [
            (0, "认定编号", ""), (1, "企业", ""),
        ], heading  # fmt: skip
    found = plan(["毕业编号", "载体编号", "毕业企业统一社会信用代码"], table="毕业")
    assert [(item.role, item.name) for item in found.columns] == [
        ("key", "毕业编号"), ("link", "载体"), ("link", "毕业企业"),
    ]  # fmt: skip


def test_unknown_columns_are_reported_once_with_what_is_near() -> None:
    found = plan([KEY, "从业人数", "序号", "备注"])
    assert codes(found) == [("unknown-column", 2), ("unknown-column", 4)]
    assert found.problems[0].remedy == "是不是想写“从业人员”？"
    assert {item.severity for item in found.problems} == {Severity.WARNING}
    assert not found.fatal


def test_a_thousand_columns() -> None:
    found = plan([*[f"某项指标{number}" for number in range(999)], KEY])
    assert columns(found) == [(999, KEY, "")]
    assert len(found.problems) == 51
    assert found.problems[-1].message == "还有949列不认识，没有读入"


def test_a_column_given_twice_is_not_read() -> None:
    found = plan([KEY, "上年营业收入（万元）", "名称", "上年营业收入（元）"])
    assert columns(found) == [(0, KEY, ""), (2, "名称", "")]
    assert codes(found) == [("column-twice", 4)]
    assert not found.fatal
    assert plan([KEY, "名称", KEY]).fatal


def test_other_names_of_headings_give_way_to_the_name_itself() -> None:
    words = vocabulary()
    firm = replace(
        words.tables["企业"], aliases={"信用代码": KEY, "单位名称": "名称", "营收": "上年营业收入"}
    )
    words = replace(words, tables={**words.tables, "企业": firm})

    def read(table: str, *heads: str) -> Plan:
        line = [Line(1, heads)]
        return plan_sheet(line, line, Matcher(words.tables[table], words), "表.csv")

    found = read("企业", "信用代码", "单位名称", "营收（万元）")
    assert columns(found) == [(0, KEY, ""), (1, "名称", ""), (2, "上年营业收入", "万元")]
    assert codes(found) == []
    assert columns(read("认定", "认定编号", "信用代码")) == [(0, "认定编号", ""), (1, "企业", "")]
    both = read("企业", KEY, "单位名称", "名称")
    assert columns(both) == [(0, KEY, ""), (2, "名称", "")]
    assert [(item.code, item.column, item.severity) for item in both.problems] == [
        ("column-twice", 2, Severity.WARNING)
    ]
    assert not both.fatal


def test_a_missing_key_column_is_fatal() -> None:
    found = plan(["信用代码", "名称"])
    assert found.fatal
    problem = next(item for item in found.problems if item.severity is Severity.ERROR)
    assert (problem.code, problem.file, problem.line, problem.field) == (
        "table-without-key", "表.csv", 1, KEY,
    )  # fmt: skip
    assert problem.remedy == "加上“统一社会信用代码”列；是不是这一列：“信用代码”？"
    lost = plan(["认定编号", "名称"], table="认定")
    assert [item.message for item in lost.problems] == [
        "缺少“企业”列（填所属企业的统一社会信用代码）"
    ]


def test_a_unit_that_does_not_fit() -> None:
    found = plan([KEY, "从业人员（万元）", "上年营业收入（人）", "研发强度（元）"])
    assert columns(found) == [(0, KEY, "")]
    assert codes(found) == [("heading-unit", 2), ("heading-unit", 3), ("heading-unit", 4)]
    remark = plan([KEY, "上年营业收入（不含税）"])
    assert columns(remark)[1] == (1, "上年营业收入", "")
    assert codes(remark) == [("heading-remark", 2)]


def test_a_sheet_without_anything() -> None:
    assert [item.code for item in plan(["", ""]).problems] == ["table-empty"]
