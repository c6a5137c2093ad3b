"""Statements are append-only in the database itself, and what lists read follows from them."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import actions, history, queries
from huiqi.portal.registry.models import Certificate, Enterprise, Record, Statement
from huiqi.rulebook.language.literals import days
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.registry.firms import GAOPING, SHUOCHENG, ZEZHOU, firm, keeper, title

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE registry_statement SET source = '改'",
        "DELETE FROM registry_statement",
    ],
)
def test_the_database_refuses_to_change_a_statement(words: str) -> None:
    firm()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(words)
    assert list(Statement.objects.values_list("source", flat=True)) == ["测试登记"]


def test_a_statement_changes_the_columns_that_lists_read() -> None:
    record = firm(1, 从业人员=50, 行业="13")
    shop = Enterprise.objects.get()
    assert (shop.name, shop.region, shop.employees, shop.size) == (
        "测试企业001（虚构）", GAOPING, 50, "",
    )  # fmt: skip
    actions.state(record, {"上年营业收入": 200_000_00}, by=keeper(), at=NOW)
    shop.refresh_from_db()
    assert (shop.revenue, shop.size) == (200_000_00, "微型")
    actions.state(record, {"从业人员": None}, by=keeper(), at=NOW)
    record.refresh_from_db()
    shop.refresh_from_db()
    assert "从业人员" not in record.values
    # With so little revenue it is micro whatever its staff is.
    assert (shop.employees, shop.size) == (None, "微型")


def test_an_open_size_class_stays_empty() -> None:
    firm(1, 从业人员=500, 行业="13")
    assert Enterprise.objects.get().size == ""


def test_titles_follow_certificates_and_expire() -> None:
    record = firm()
    title(record, 1, until=date(2026, 12, 31))
    title(record, 2, name="科技型中小企业", until=date(2026, 11, 1))
    shop = Enterprise.objects.get()
    assert shop.titles == "、高新技术企业、"
    assert list(Certificate.objects.values_list("name", "won_on", "ends_on").order_by("name")) == [
        ("科技型中小企业", date(2024, 3, 5), date(2026, 11, 1)),
        ("高新技术企业", date(2024, 3, 5), date(2026, 12, 31)),
    ]
    later = NOW + timedelta(days=60)
    assert actions.turn(on=later.date(), at=later) == 1
    shop.refresh_from_db()
    assert shop.titles == ""
    assert actions.turn(on=later.date(), at=later) == 0


def test_a_statement_for_tomorrow_counts_from_tomorrow() -> None:
    record = firm(1, 从业人员=30)
    tomorrow = NOW.date() + timedelta(days=1)
    actions.state(record, {"从业人员": 31}, by=keeper(), at=NOW, valid_from=tomorrow)
    record.refresh_from_db()
    assert (record.values["从业人员"], record.turns_on) == (30, tomorrow)
    assert actions.turn(on=NOW.date(), at=NOW) == 0
    assert actions.turn(on=tomorrow, at=NOW + timedelta(days=1)) == 1
    record.refresh_from_db()
    assert (record.values["从业人员"], record.turns_on) == (31, None)
    assert Enterprise.objects.get().employees == 31


def test_a_fact_of_last_year_that_arrives_late_leaves_the_present_alone() -> None:
    record = firm(1, 从业人员=30)
    actions.state(record, {"从业人员": 40}, by=keeper(), at=NOW, valid_from=date(2026, 1, 1))
    actions.state(record, {"从业人员": 35}, by=keeper(), at=NOW, valid_from=date(2025, 6, 30))
    record.refresh_from_db()
    assert record.values["从业人员"] == 40
    assert history.as_of(record, date(2025, 12, 31))["从业人员"].value == 35


@pytest.mark.parametrize(
    ("values", "what", "remedy"),
    [
        ({"从业人数": 3}, "“企业”没有事实“从业人数”", "是不是想写“从业人员”"),
        ({"从业人员": -1}, "从业人员：“-1人”超出范围", "应填整数"),
        ({"从业人员": "三"}, "从业人员：“三”应是", "应填整数"),
        ({"民营企业": 1}, "民营企业：“1”不是“是”或“否”", "应填“是”或“否”"),
        ({"主体类型": "公司"}, "主体类型：没有“公司”这个值", "应填："),
        ({"注册地": "999999"}, "注册地：没有代码“999999”", "应填行政区划"),
        ({"划型": "微型"}, "“划型”由系统算出，不能填写", "请改它所依据的事实"),
        ({}, "没有要登记的事实", "请至少填写一项"),
    ],
)
def test_wrong_values_are_refused_and_nothing_is_saved(
    values: dict[str, object], what: str, remedy: str
) -> None:
    record = firm()
    before = (Statement.objects.count(), AuditEntry.objects.count())
    with pytest.raises(Refused) as refused:
        actions.state(record, values, by=keeper(), at=NOW)  # type: ignore[arg-type]  # on purpose
    assert refused.value.what.startswith(what)
    assert refused.value.remedy.startswith(remedy)
    assert (Statement.objects.count(), AuditEntry.objects.count()) == before


def test_the_same_again_is_refused() -> None:
    record = firm(1, 从业人员=30)
    with pytest.raises(Refused, match="没有变化"):
        actions.state(record, {"从业人员": 30}, by=keeper(), at=NOW)


def test_of_two_people_who_correct_one_fact_the_second_is_told() -> None:
    record = firm(1, 从业人员=30)
    seen = {"从业人员": 30}
    actions.state(record, {"从业人员": 31}, by=keeper(), at=NOW, seen=seen)
    with pytest.raises(Refused) as refused:
        actions.state(record, {"从业人员": 32}, by=keeper(), at=NOW, seen=seen)
    assert str(refused.value) == "“从业人员”刚刚被别人改成了31人。请刷新页面，核对后再决定改不改"
    record.refresh_from_db()
    assert record.values["从业人员"] == 31


@pytest.mark.parametrize("code", ["91990000000000005", "919900000000000050", "9.14E+17"])
def test_a_wrong_credit_code_is_not_added(code: str) -> None:
    with pytest.raises(Refused):
        actions.add("企业", code, {"名称": "测试"}, source="测试登记", by=keeper(), at=NOW)
    assert Record.objects.count() == 0


def test_an_event_needs_its_owner_and_a_link_its_target() -> None:
    by = keeper()
    with pytest.raises(Refused, match="没有指明所属的企业"):
        actions.add("认定", "测试-1", {"名称": "高新技术企业"}, source="测试登记", by=by, at=NOW)
    with pytest.raises(Refused, match="企业里没有"):
        actions.add("载体", "测试载体1", {"运营单位": people.credit_code(9)}, source="测试登记",
                    by=by, at=NOW)  # fmt: skip
    assert Record.objects.count() == 0


def test_a_record_that_was_taken_back_counts_nowhere_until_it_is_brought_back() -> None:
    record = firm()
    won = title(record, until=date(2027, 1, 1))
    by = keeper()
    with pytest.raises(Refused, match="名下还有1条登记"):
        actions.take_back(record, reason="录错了", by=by, at=NOW)
    actions.take_back(won, reason="录错了", by=by, at=NOW)
    assert Enterprise.objects.get().titles == ""
    assert queries.facts_file(record, on=NOW.date()).events == {}
    with pytest.raises(Refused, match="已经撤销"):
        actions.state(won, {"级别": "省级"}, by=by, at=NOW)
    actions.bring_back(won, reason="没有录错", by=by, at=NOW)
    assert Enterprise.objects.get().titles == "、高新技术企业、"
    assert len(queries.facts_file(record, on=NOW.date()).events["认定"]) == 1


def test_a_unit_states_what_it_holds_in_its_region() -> None:
    record = firm()
    bureau = people.department("测试统计局", region="140500", sources=["统计部门"])
    officer = people.officer(unit=bureau).actor
    actions.state(record, {"从业人员": 8}, by=officer, at=NOW)
    assert Statement.objects.latest("pk").unit == bureau
    with pytest.raises(Refused, match="不掌握这项数据"):
        actions.state(record, {"名称": "测试改名"}, by=officer, at=NOW)
    with pytest.raises(Refused, match="不在您单位的辖区"):
        actions.state(record, {"从业人员": 9}, by=keeper(ZEZHOU), at=NOW)
    with pytest.raises(Refused, match="不能登记事实"):
        actions.state(record, {"从业人员": 9}, by=people.enterprise_user(record.key).actor, at=NOW)


def test_actors_see_their_own() -> None:
    mine, _, _ = firm(1), firm(2, 注册地=ZEZHOU), firm(3, 注册地=SHUOCHENG)

    def seen(person: people.Person) -> list[str]:
        found = queries.enterprises(person.actor).order_by("credit_code")
        return [name[4:7] for name in found.values_list("name", flat=True)]

    assert seen(people.officer(GAOPING)) == ["001"]
    assert seen(people.officer("140500")) == ["001", "002"]
    assert seen(people.officer("")) == ["001", "002", "003"]
    assert seen(people.enterprise_user(mine.key)) == ["001"]
    assert seen(people.newcomer()) == []
    bank = people.Unit.objects.create(kind="bank", name="测试银行", region="140500")
    assert seen(people.officer(unit=bank)) == []


def test_acts_stand_in_the_audit() -> None:
    record = firm(1, 从业人员=30)
    actions.state(record, {"从业人员": 31}, by=keeper(), at=NOW)
    last = AuditEntry.objects.order_by("number").last()
    assert last is not None
    assert (last.act, last.subject) == ("registry.state", f"企业 {record.key}")
    assert last.detail["values"] == {"从业人员": 31}


def test_a_day_of_an_event_is_kept_as_the_rulebook_counts_days() -> None:
    won = title(firm())
    assert won.values == {} or won.values["发证日期"] == days(date(2024, 3, 5))
    assert Certificate.objects.get().won_on == date(2024, 3, 5)
