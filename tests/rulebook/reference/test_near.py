"""差一步: one condition in the way that can still be met, all others certain; never a place or the past."""

from dataclasses import replace
from datetime import date

import pytest

from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import (
    MONEY,
    All,
    Any,
    Compare,
    Condition,
    Constant,
    Fact,
    Inside,
    Not,
    OneOf,
    Op,
    Truth,
)
from huiqi.rulebook.library.policy import Stacking, Times
from huiqi.rulebook.reference.assess import Paid
from huiqi.rulebook.reference.dossier import Dossier, dossier
from huiqi.rulebook.reference.explaining import near_words
from huiqi.rulebook.reference.near import can_be_met, changes
from tests.rulebook.packaged import library
from tests.rulebook.reference.test_explain import TODAY, facts


def fact(name: str, table: str = "企业") -> Fact:
    return library().vocabulary.tables[table].facts[name].fact()


def most(name: str, value: int, table: str = "企业") -> Compare:
    found = fact(name, table)
    return Compare(Op.AT_LEAST, found, Constant(value, found.type))


PLACE = Inside(fact("注册地"), frozenset({"140581"}))
STAFF = most("从业人员", 50)
LISTED = Truth(fact("在链主名单"))
GRADE = OneOf(fact("级别", "认定"), frozenset({"国家级"}))
EARLIER = most("此前同地同类数", 1, "认定")
ISSUED = most("发证日期", 1, "认定")


@pytest.mark.parametrize(
    ("table", "node", "can"),
    [
        ("企业", STAFF, True),
        ("企业", LISTED, True),
        ("企业", Not(LISTED), True),
        ("企业", PLACE, False),
        ("企业", Not(PLACE), False),
        ("企业", All((PLACE, STAFF)), False),
        ("企业", All((LISTED, STAFF)), True),
        ("企业", Any((PLACE, STAFF)), True),
        ("企业", Any((PLACE, GRADE)), False),
        ("载体", OneOf(fact("类型", "载体"), frozenset({"众创空间"})), False),
        ("认定", GRADE, False),
        ("认定", EARLIER, False),
        ("认定", ISSUED, False),
    ],
)
def test_what_growing_or_doing_can_meet(table: str, node: Condition, can: bool) -> None:
    assert can_be_met(library().vocabulary, table, 1, node) is can
    assert can_be_met(library().vocabulary, table, 0, node) is False


def assessed(text: str, *ids: str) -> Dossier:
    chosen = [one for one in library().ready if one.id in ids]
    return dossier(library(), facts(text), TODAY, chosen)


FIRM = "企业: {{注册地: {place}, 有效小巨人数: 0项, 有效省级专精特新数: 0项{more}}}\n"


@pytest.mark.parametrize(
    ("place", "more", "near"),
    [
        ("吕梁市", ", 申报军民融合: 是", {"免费挂牌": 2, "军民融合通道": 2}),
        ("吕梁市", "", {"免费挂牌": 2}),  # whether it has applied is not known
        ("吕梁市", ", 申报军民融合: 否", {"免费挂牌": 2}),  # two are in the way
        ("高平市", ", 申报军民融合: 是", {}),
    ],
)
def test_one_condition_and_all_others_certain(place: str, more: str, near: dict[str, int]) -> None:
    made = assessed(FIRM.format(place=place, more=more), "免费挂牌", "军民融合通道")
    assert {one.support.id: made.near_miss(one) for one in made.near_misses()} == near


def test_what_another_row_has_is_no_near_miss() -> None:
    firm = "企业: {注册地: 高平市}\n年度经营:\n"
    close = "  - {年末日: 2024-12-31, 属链主企业: 是, 本地配套率增幅: 4%, 配套增幅对应采购额: 100万元}\n"
    had = close.replace("4%", "5%").replace("2024", "2025")
    [near] = assessed(firm + close, "链主本地配套补助").near_misses()
    assert (near.failing, near_words(assessed(firm + close), near)) == ([3], "1万元")
    both = assessed(firm + close + had, "链主本地配套补助")
    assert sorted(one.answer.chinese for one in both.assessments) == ["不享", "应享"]
    assert both.near_misses() == []


@pytest.mark.parametrize(("turnover", "words"), [("6亿元", ["20万元"]), ("1亿元", [])])
def test_what_would_bring_nothing_is_no_near_miss(turnover: str, words: list[str]) -> None:
    years = f"""企业: {{注册地: 高平市, 成立日期: 2024-01-05}}
年度经营:
  - {{年末日: 2024-12-31, 属链主企业: 否, 营业收入: 5000万元}}
  - {{年末日: 2025-12-31, 属链主企业: 否, 营业收入: {turnover}, 此前最高营业收入: 5000万元}}
"""
    made = assessed(years, "链主营收进档")
    assert [near_words(made, one) for one in made.near_misses()] == words


YEARS = """企业: {{注册地: 高平市, 行业: {trade}}}
年度经营:
  - {{年末日: 2023-12-31, 研发费用: 100万元, 属科技型中小企业: 否}}
  - {{年末日: 2024-12-31, 研发费用: 30万元, 属科技型中小企业: 否}}
"""
DEDUCTIONS = ("制造业研发加计扣除", "科技型中小企业研发加计扣除")


def deducted(trade: str, *paid: Paid) -> Dossier:
    chosen = [one for one in library().ready if one.id in DEDUCTIONS]
    return dossier(library(), facts(YEARS.format(trade=trade)), TODAY, chosen, paid)


def test_what_the_group_brings_without_it_is_no_near_miss() -> None:
    other = deducted("批发业")
    assert [(one.support.id, near_words(other, one)) for one in other.near_misses()] == [
        ("科技型中小企业研发加计扣除", "100万元")
    ]
    assert deducted("制造业").near_misses() == []


def test_what_was_chosen_in_a_group_leaves_nothing_of_its_year() -> None:
    key = "gaoping-2022-43/制造业研发加计扣除"
    made = deducted("批发业", Paid(key, "", 100, days(date(2023, 12, 31))))
    assert [(one.row.values["年末日"], near_words(made, one)) for one in made.near_misses()] == [
        (days(date(2024, 12, 31)), "30万元")
    ]


def grouped(way: Stacking, had: int, more: int, *paid: Paid) -> list[tuple[str, str]]:
    """Near misses with what they add where one support of a group brings ``had`` fen and the other, one
    of whose conditions is not met, ``more``."""
    found = {one.id: one for one in library().ready}
    held, near = (
        replace(found[name], stacking=way, stacking_yearly=False, amount=Constant(fen, MONEY))
        for name, fen in zip(DEDUCTIONS, (had, more), strict=True)
    )
    text = YEARS.format(trade="制造业").rsplit("  -", 1)[0]
    made = dossier(library(), facts(text), TODAY, [held, near], paid)
    return [(one.support.id, near_words(made, one)) for one in made.near_misses()]


@pytest.mark.parametrize("way", [Stacking.HIGHEST, Stacking.DIFFERENCE])
def test_a_higher_support_of_a_group_would_bring_the_difference(way: Stacking) -> None:
    assert grouped(way, 20_000_000, 30_000_000) == [(DEDUCTIONS[1], "10万元")]
    assert grouped(way, 30_000_000, 30_000_000) == []
    earlier = Paid(f"gaoping-2022-43/{DEDUCTIONS[0]}", "别的", 25_000_000, 0)
    assert grouped(way, 20_000_000, 30_000_000, earlier) == [(DEDUCTIONS[1], "5万元")]


@pytest.mark.parametrize(
    ("times", "item", "day", "near"),
    [
        (Times.ONCE, "别的", "2020-01-01", False),
        (Times.YEARLY, "别的", "2024-06-01", False),
        (Times.YEARLY, "别的", "2025-06-01", True),
        (Times.EACH, "甲", "2020-01-01", False),
        (Times.EACH, "别的", "2024-06-01", True),
    ],
)
def test_what_was_paid_already_is_no_near_miss(
    times: Times, item: str, day: str, near: bool
) -> None:
    [support] = [one for one in library().ready if one.id == "链主本地配套补助"]
    text = (
        "企业: {注册地: 高平市}\n年度经营:\n"
        "  - {年末日: 2024-12-31, 属链主企业: 是, 本地配套率增幅: 4%, 配套增幅对应采购额: 100万元}\n"
    )
    file = facts(text)
    [year] = file.rows("年度经营")
    year.key = "甲"
    chosen = replace(support, times=times)

    def told(*paid: Paid) -> int:
        return len(dossier(library(), file, TODAY, [chosen], paid).near_misses())

    payment = Paid(chosen.key, item, 100, days(date.fromisoformat(day)))
    assert (told(), told(payment)) == (1, near)
    assert told(replace(payment, support="test-2026-1/别的")) == 1


def test_a_step_that_decides_how_much_is_told_without_an_amount() -> None:
    node = most("营业收入", 1, "年度经营")
    [chain] = [one for one in library().ready if one.id == "链主营收进档"]
    assert changes(library().vocabulary, node, chain)
    assert not changes(library().vocabulary, Truth(fact("属链主企业", "年度经营")), chain)
