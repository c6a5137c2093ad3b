"""An enterprise says a fact is wrong; the unit that holds the fact decides."""

from datetime import date

import pytest

from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import actions, history, queries
from huiqi.portal.registry.enums import CorrectionState
from huiqi.portal.registry.models import Correction, Enterprise, Record, Statement
from tests.portal import people
from tests.portal.people import NOW, Person
from tests.portal.registry.firms import GAOPING, SHUOCHENG, firm, keeper, title

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau() -> Person:
    """An officer of the statistics bureau of the city around Gaoping."""
    unit = people.department("测试市统计局", region="140500", sources=["统计部门"])
    return people.officer(unit=unit)


def asked(record: Record, proposed: int = 35) -> Correction:
    boss = people.enterprise_user((record.owner or record).key).actor
    return actions.ask_correction(
        record, "从业人员", proposed=proposed, reason="年末实有35人，见花名册", by=boss, at=NOW
    )


def test_it_goes_to_the_nearest_unit_that_holds_the_fact(bureau: Person) -> None:
    people.department("测试省统计局", region="", sources=["统计部门"])
    people.department("测试朔州统计局", region="140600", sources=["统计部门"])
    people.department("测试市税务局", region="140500", sources=["税务部门"])
    record = firm(1, 从业人员=30)
    made = asked(record)
    assert (made.holder, made.source, made.present) == (bureau.unit, "统计部门", 30)
    assert list(queries.waiting_corrections(bureau.actor)) == [made]
    assert list(queries.waiting_corrections(people.officer(GAOPING).actor)) == []
    assert list(queries.corrections(people.enterprise_user(record.key).actor)) == [made]
    assert list(queries.corrections(people.enterprise_user(people.credit_code(2)).actor)) == []


def test_accepted_it_changes_the_fact_from_the_day_of_the_wrong_value(bureau: Person) -> None:
    record = firm(1, 从业人员=30)
    actions.state(record, {"从业人员": 40}, by=keeper(), at=NOW, valid_from=date(2026, 6, 30))
    made = actions.decide_correction(
        asked(record), accept=True, opinion="属实", by=bureau.actor, at=NOW
    )
    assert (made.state, made.decided_by, made.opinion) == (
        CorrectionState.ACCEPTED, bureau.user, "属实",
    )  # fmt: skip
    said = history.as_of(record, NOW.date())["从业人员"]
    assert (said.value, said.origin) == (35, "统计部门 2026-06-30")
    assert history.as_of(record, date(2026, 6, 29))["从业人员"].value == 30
    assert Enterprise.objects.get().employees == 35
    acts = list(AuditEntry.objects.order_by("number").values_list("act", flat=True))
    assert acts[-2:] == ["registry.ask_correction", "registry.decide_correction"]


def test_refused_it_changes_nothing_and_says_why(bureau: Person) -> None:
    record = firm(1, 从业人员=30)
    made = asked(record)
    with pytest.raises(Refused, match="没有写意见"):
        actions.decide_correction(made, accept=False, by=bureau.actor, at=NOW)
    before = Statement.objects.count()
    made = actions.decide_correction(
        made, accept=False, opinion="花名册不是年末的", by=bureau.actor, at=NOW
    )
    assert made.state == CorrectionState.REFUSED
    assert Statement.objects.count() == before


def test_others_cannot_decide(bureau: Person) -> None:
    made = asked(firm(1, 从业人员=30))
    for other in (
        people.officer(GAOPING),
        people.registrar(GAOPING),
        people.enterprise_user(made.record.key),
    ):
        with pytest.raises(Refused, match="由测试市统计局核实"):
            actions.decide_correction(made, accept=True, by=other.actor, at=NOW)
    made.refresh_from_db()
    assert made.state == CorrectionState.WAITING


def test_where_no_unit_holds_the_fact_the_registrar_of_the_region_decides() -> None:
    made = asked(firm(1, 从业人员=30))
    assert made.holder is None
    here, there = people.registrar(GAOPING), people.registrar(SHUOCHENG)
    assert list(queries.waiting_corrections(here.actor)) == [made]
    assert list(queries.waiting_corrections(there.actor)) == []
    with pytest.raises(Refused, match="由数据管理员核实"):
        actions.decide_correction(made, accept=True, by=there.actor, at=NOW)
    actions.decide_correction(made, accept=True, by=here.actor, at=NOW)
    assert Enterprise.objects.get().employees == 35


def test_two_who_decide_at_once_the_second_is_told(bureau: Person) -> None:
    made = asked(firm(1, 从业人员=30))
    stale = Correction.objects.get(pk=made.pk)
    actions.decide_correction(made, accept=True, by=bureau.actor, at=NOW)
    with pytest.raises(Refused, match=f"已由{bureau.user.name}办结（已更正）"):
        actions.decide_correction(stale, accept=False, opinion="不实", by=bureau.actor, at=NOW)


def test_a_value_that_changed_meanwhile_is_not_overwritten(bureau: Person) -> None:
    record = firm(1, 从业人员=30)
    made = asked(record)
    actions.state(record, {"从业人员": 33}, by=keeper(), at=NOW)
    with pytest.raises(Refused, match="刚刚被别人改成了33人"):
        actions.decide_correction(made, accept=True, by=bureau.actor, at=NOW)
    made.refresh_from_db()
    assert made.state == CorrectionState.WAITING
    assert Enterprise.objects.get().employees == 33


def test_one_request_for_a_fact_at_a_time_and_it_can_be_withdrawn(bureau: Person) -> None:
    record = firm(1, 从业人员=30)
    made = asked(record)
    with pytest.raises(Refused, match="已有更正申请在核实"):
        asked(record, 36)
    boss = people.enterprise_user(record.key).actor
    with pytest.raises(Refused, match="只能撤回本企业的申请"):
        actions.withdraw_correction(
            made, by=people.enterprise_user(people.credit_code(2)).actor, at=NOW
        )
    actions.withdraw_correction(made, by=boss, at=NOW)
    with pytest.raises(Refused, match="申请已经撤回"):
        actions.decide_correction(made, accept=True, by=bureau.actor, at=NOW)
    assert asked(record, 36).proposed == 36


@pytest.mark.parametrize(
    ("fact", "proposed", "what"),
    [
        ("从业人员", 30, "与登记的一样"),
        ("从业人员", -3, "从业人员：“-3人”超出范围"),
        ("划型", "微型", "“划型”由系统算出"),
        ("员工", 3, "“企业”没有事实“员工”"),
    ],
)
def test_what_cannot_be_asked(fact: str, proposed: object, what: str) -> None:
    record = firm(1, 从业人员=30)
    boss = people.enterprise_user(record.key).actor
    with pytest.raises(Refused, match=what):
        actions.ask_correction(record, fact, proposed=proposed, reason="有误", by=boss, at=NOW)  # type: ignore[arg-type]  # on purpose
    assert Correction.objects.count() == 0


def test_events_of_the_enterprise_are_its_own_too() -> None:
    record = firm(1)
    won = title(record)
    boss, other = people.enterprise_user(record.key), people.enterprise_user(people.credit_code(2))
    with pytest.raises(Refused, match="只能申请更正本企业的登记"):
        actions.ask_correction(won, "级别", proposed="省级", reason="有误", by=other.actor, at=NOW)
    made = actions.ask_correction(
        won, "级别", proposed="省级", reason="有误", by=boss.actor, at=NOW
    )
    assert list(queries.corrections(boss.actor)) == [made]
    actions.decide_correction(made, accept=True, by=people.registrar(GAOPING).actor, at=NOW)
    won.refresh_from_db()
    assert won.certificate.level == "省级"
