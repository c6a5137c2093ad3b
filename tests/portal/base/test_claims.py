"""Claims of enterprises and credit codes as people type them."""

import threading
from typing import Any

import pytest
from django.db import connection

from huiqi.portal.base import claims
from huiqi.portal.base.access import memberships_of
from huiqi.portal.base.creditcode import checked
from huiqi.portal.base.enums import ClaimState, Role, UnitKind
from huiqi.portal.base.models import AuditEntry, Claim, Membership, Unit
from huiqi.portal.base.refusal import Refused
from tests.portal import people
from tests.portal.people import NOW, credit_code

CODE = credit_code(700)


def make(person: people.Person, code: str = CODE, region: str = "140581") -> Claim:
    return claims.make(
        code, "示例科技有限公司（虚构）", region, "财务负责人", "", by=person.actor, at=NOW
    )


@pytest.mark.django_db
def test_a_confirmed_claim_makes_unit_and_administrator() -> None:
    person, officer = people.newcomer(), people.officer("140500")
    claim = make(person)
    member = claims.confirm(claim, by=officer.actor, at=NOW)
    unit = Unit.objects.get(kind=UnitKind.ENTERPRISE)
    assert (unit.credit_code, unit.name, unit.region) == (
        CODE,
        "示例科技有限公司（虚构）",
        "140581",
    )
    assert [one.pk for one in memberships_of(person.user, NOW.date())] == [member.pk]
    assert (member.role, member.granted_by) == (Role.ENTERPRISE_ADMIN, officer.user)
    claim.refresh_from_db()
    assert (claim.state, claim.decided_by, claim.decided_at) == (
        ClaimState.CONFIRMED,
        officer.user,
        NOW,
    )
    acts = AuditEntry.objects.order_by("number").values_list("act", "subject")
    assert list(acts) == [("claim.make", CODE), ("claim.confirm", CODE)]


@pytest.mark.django_db
def test_a_second_person_joins_the_same_unit() -> None:
    first, second, officer = people.newcomer(), people.newcomer(), people.officer()
    for person in (first, second):
        claims.confirm(make(person), by=officer.actor, at=NOW)
    assert Unit.objects.filter(kind=UnitKind.ENTERPRISE).count() == 1
    assert Membership.objects.filter(role=Role.ENTERPRISE_ADMIN).count() == 2
    with pytest.raises(Refused, match="您已是这家企业的管理员"):
        make(first)


@pytest.mark.django_db
def test_a_claim_is_seen_by_officers_of_its_region_and_operators() -> None:
    person = people.newcomer()
    claim = make(person)
    seeing = [people.officer("140581"), people.officer("140500"), people.officer("140000")]
    seeing += [people.officer(""), people.operator()]
    blind = [
        people.officer("140400"),
        people.leader(),
        people.registrar(),
        people.enterprise_user(),
    ]
    assert [list(claims.visible_to(one.actor)) for one in seeing] == [[claim]] * len(seeing)
    assert [list(claims.visible_to(one.actor)) for one in blind] == [[]] * len(blind)
    for one in blind:
        with pytest.raises(Refused, match="不由您办理"):
            claims.confirm(claim, by=one.actor, at=NOW)
    assert Claim.objects.get().state == ClaimState.WAITING


@pytest.mark.django_db
def test_nobody_decides_an_own_claim() -> None:
    officer = people.officer()
    claim = make(officer)
    with pytest.raises(Refused, match="不由您办理"):
        claims.confirm(claim, by=officer.actor, at=NOW)


@pytest.mark.django_db
def test_a_claim_is_sent_back_with_a_reason_and_may_come_again() -> None:
    person, officer = people.newcomer(), people.officer()
    claim = make(person)
    with pytest.raises(Refused, match="没有填写退回的理由"):
        claims.refuse(claim, " ", by=officer.actor, at=NOW)
    with pytest.raises(Refused, match="您已提交过这家企业的认领"):
        make(person)
    claims.refuse(claim, "请附授权书", by=officer.actor, at=NOW)
    claim.refresh_from_db()
    assert (claim.state, claim.reason) == (ClaimState.REFUSED, "请附授权书")
    with pytest.raises(Refused, match="已经由别人办结"):
        claims.confirm(claim, by=officer.actor, at=NOW)
    again = make(person)
    claims.withdraw(again, by=person.actor, at=NOW)
    with pytest.raises(Refused, match="不能撤回"):
        claims.withdraw(again, by=person.actor, at=NOW)
    assert Membership.objects.filter(user=person.user).count() == 0


@pytest.mark.django_db
def test_a_person_waits_for_five_at_most() -> None:
    person = people.newcomer()
    for number in range(claims.MOST_WAITING):
        make(person, credit_code(number + 1))
    with pytest.raises(Refused, match="等待确认"):
        make(person)


@pytest.mark.django_db
@pytest.mark.parametrize("region", ["", "999999", "140402"])
def test_a_claim_needs_a_region_that_exists_today(region: str) -> None:
    with pytest.raises(Refused, match="所在地区"):
        make(people.newcomer(), region=region)
    assert Claim.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_once_one_decides() -> None:
    claim = make(people.newcomer())
    officers = [people.officer(), people.officer()]
    told: list[str] = []

    def decide(person: people.Person) -> None:
        try:
            claims.confirm(claim, by=person.actor, at=NOW)
            told.append("confirmed")
        except Refused as refused:
            told.append(refused.what)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(one,)) for one in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["confirmed", "这项认领已经由别人办结或撤回"]
    assert Membership.objects.filter(role=Role.ENTERPRISE_ADMIN).count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        f" {CODE[:8]} {CODE[8:]} ",
        CODE.translate({48 + n: 0xFF10 + n for n in range(10)}),
    ],
)
def test_a_code_is_read_as_people_write_it(typed: str) -> None:
    assert checked(typed) == CODE


@pytest.mark.parametrize(
    ("typed", "said", "remedy"),
    [
        ("", "没有填写统一社会信用代码", "共18位"),
        ("9.14E+17", "“9.14E+17”是表格软件把代码当成数字后的样子，后几位已经丢失", "改为文本"),
        ("9.14105e17", "“9.14105e17”是表格软件把代码当成数字后的样子", "改为文本"),
        (CODE[:-1], "统一社会信用代码应为18位，现在是17位", "漏写或多写"),
        (CODE + "1", "统一社会信用代码应为18位，现在是19位", "漏写或多写"),
        (CODE[:-1] + "0", "最后一位校验码对不上", "逐位核对"),
        ("9199000000000O700XH"[:18], "代码里不会有字母O", "数字0"),
        ("测" * 18, "代码里有“测”", "只能有数字"),
        ("91AB000000000700XH", "这不是统一社会信用代码", "对照营业执照"),
    ],
)
def test_a_wrong_code_is_explained(typed: str, said: str, remedy: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(typed)
    caught: Any = refused.value
    assert caught.what.startswith(said)
    assert remedy in caught.remedy
    assert caught.field == "credit_code"
