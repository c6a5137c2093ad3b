"""Responsible units in every bracket style."""

import pytest

from huiqi.reading.units import likely_name
from tests.reading.papers import HEAD, read_text

# how the units are printed, names, lead, joint leads
UNITS = [
    ("（市科技局）", "市科技局", None, ""),
    ("(市科技局、市财政局)", "市科技局 市财政局", None, ""),
    ("〔责任单位：市科技局、市财政局〕", "市科技局 市财政局", None, ""),
    ("【责任单位:市科技局、各县（市、区）人民政府】", "市科技局 各县（市、区）人民政府", None, ""),
    ("[责任单位：市教育局（科技局）、市财政局]", "市教育局（科技局） 市财政局", None, ""),
    ("（市科技局牵头，市财政局、市税务局配合）", "市科技局 市财政局 市税务局", "市科技局", ""),
    ("（市科技局牵头负责）", "市科技局", "市科技局", ""),
    ("（市科技局、市财政局牵头负责）", "市科技局 市财政局", None, "市科技局 市财政局"),
    ("（市科技局负责）", "市科技局", None, ""),
    ("（市科技局、市财政局等按职责分工负责）", "市科技局 市财政局", None, ""),
    ("（市科技局、市财政局等部门按职责分工负责）", "市科技局 市财政局", None, ""),
    ("（牵头单位：市科技局；配合单位：市财政局、市税务局）", "市科技局 市财政局 市税务局", "市科技局", ""),
    ("（牵头单位：市科技局，配合单位：市财政局）", "市科技局 市财政局", "市科技局", ""),
    ("（市科技局、市财政局及各县（市、区）人民政府按职责分工负责）", "市科技局 市财政局 各县（市、区）人民政府", None, ""),
    ("（市发展和改革委员会、市工业和信息化局）", "市发展和改革委员会 市工业和信息化局", None, ""),
    ("（市科技局会同市财政局负责）", "市科技局 市财政局", None, ""),
    ("（人行云岭中心支行、云岭银保监分局、团市委、市妇联）", "人行云岭中心支行 云岭银保监分局 团市委 市妇联", None, ""),
    ("（市科技局牵，市财政局配合）", "市科技局 市财政局", "市科技局", ""),
    ("（市科技局、市财政局，各县区政府）", "市科技局 市财政局 各县区政府", None, ""),
    ("\n责任单位：市科技局、市财政局", "市科技局 市财政局", None, ""),
    ("\n牵头单位：市科技局\n配合单位：市财政局", "市科技局 市财政局", "市科技局", ""),
    ("（责任单位：市科技局、市财政局；完成时限：2024年6月底）", "市科技局 市财政局", None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "names", "lead", "joint"), UNITS, ids=[u[0] for u in UNITS])
def test_units(printed: str, names: str, lead: str | None, joint: str) -> None:
    body = f"{HEAD}一、任务\n（一）强化服务。支持企业发展，完善服务体系。{printed}\n（二）加强宣传。开展政策宣传活动。\n"
    reading = read_text(body)
    clause = reading.clauses[0]
    assert list(clause.responsible) == names.split()
    assert (clause.lead, list(clause.joint_leads)) == (lead, joint.split())
    for unit in clause.units:
        assert reading.text[unit.start : unit.end] == unit.name
    assert reading.clauses[1].responsible == ()


def test_due_date_beside_the_units() -> None:
    body = f"{HEAD}一、任务\n（一）强化服务。支持企业发展。（责任单位：市科技局；完成时限：2024年6月底）\n"
    assert read_text(body).clauses[0].due == "2024年6月底"


def test_first_unit_leads_from_the_clause_that_says_so() -> None:
    body = (
        f"{HEAD}一、任务\n（一）强化服务。支持企业发展，完善服务体系。（市科技局、市财政局负责。列第一位者为牵头单位，下同）\n"
        "（二）加强宣传。开展政策宣传活动，营造氛围。（市教育局、市人社局）\n"
    )
    assert [c.lead for c in read_text(body).clauses] == ["市科技局", "市教育局"]


def test_a_name_broken_by_a_page_end() -> None:
    body = f"{HEAD}一、任务\n（一）强化服务。支持企业发展，完善服务体系。（市科技局、市人力\n\n— 5 —\n\n资源和社会保障局等按职责分工负责）\n"
    assert read_text(body).clauses[0].responsible == ("市科技局", "市人力资源和社会保障局")


NO_UNITS = [
    "（以下简称孵化器）",
    "（园区）",
    "（含港澳台）",
    "（2021—2025年）",
    "（试行）",
    "（R&D）",
    "（小发明、小创造、小革新）",
]


@pytest.mark.parametrize("printed", NO_UNITS)
def test_a_bracket_that_names_no_unit(printed: str) -> None:
    body = f"{HEAD}一、任务\n（一）强化服务。支持企业发展，完善服务体系{printed}。\n"
    assert read_text(body).clauses[0].responsible == ()


LIKELY = [
    ("市国姿委", "市国资委"),
    ("市工业和信息化局（市国姿委）", "市工业和信息化局（市国资委）"),
    ("市国资委", None),
    ("市财政局", None),
    ("市民政局", None),
    ("市人力资源和社会保障局", None),
]


@pytest.mark.parametrize(("printed", "likely"), LIKELY)
def test_likely_name_beside_the_printed_one(printed: str, likely: str | None) -> None:
    assert likely_name(printed) == likely
