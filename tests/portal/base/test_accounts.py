"""Accounts and roles: what is done, what is refused, and that a refusal leaves nothing behind."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from huiqi.portal.base import accounts, audit
from huiqi.portal.base.access import NOBODY, memberships_of
from huiqi.portal.base.enums import Role, UnitKind
from huiqi.portal.base.models import AuditEntry, Invitation, Membership, Unit, User
from huiqi.portal.base.refusal import Refused
from tests.portal import people
from tests.portal.people import NOW, PASSWORD

TODAY = date(2026, 11, 22)
GOOD = "yi-ge-hao-mima"
pytestmark = pytest.mark.django_db


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("number").values_list("act", flat=True))


def refused(act: Callable[[], Any]) -> tuple[str, str]:
    """Words and field of a refusal."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.what, caught.value.field


# ---------------------------------------------------------------- people


def test_joining_makes_an_account_without_any_role() -> None:
    user = accounts.join("Zhang.San", " 测试甲 ", GOOD, at=NOW, phone="13900000000")
    assert (user.username, user.name, user.phone) == ("Zhang.San", "测试甲", "13900000000")
    assert user.check_password(GOOD)
    assert list(memberships_of(user, TODAY)) == []
    assert acts() == ["account.join"]


@pytest.mark.parametrize(
    ("username", "password", "said", "field"),
    [
        ("abc", GOOD, "用户名应为4至32位", "username"),
        ("1abc", GOOD, "用户名应为4至32位", "username"),
        ("测试人员", GOOD, "用户名应为4至32位", "username"),
        ("TAKEN1", GOOD, "这个用户名不能使用", "username"),
        ("newname", "short", "密码至少要10位", "password"),
        ("newname", "83946519374651", "密码不能全是数字", "password"),
        ("newname", "newname-12", "密码与用户名、姓名或邮箱太相近", "password"),
        ("newname", "password1234", "这个密码太常见", "password"),
    ],
)
def test_joining_is_refused_and_leaves_nothing(
    username: str, password: str, said: str, field: str
) -> None:
    User.objects.create_user("taken1", GOOD, name="测试")
    what, where = refused(lambda: accounts.join(username, "测试", password, at=NOW))
    assert said in what
    assert where == field
    assert User.objects.count() == 1
    assert acts() == []


def test_one_address_joins_ten_times_an_hour() -> None:
    for number in range(accounts.JOINS_AN_HOUR):
        accounts.join(f"user{number}", "测试", GOOD, at=NOW, address="192.0.2.7")
    with pytest.raises(Refused, match="一小时内注册太多"):
        accounts.join("user-x", "测试", GOOD, at=NOW, address="192.0.2.7")
    accounts.join("user-y", "测试", GOOD, at=NOW, address="192.0.2.8")
    later = NOW + timedelta(hours=1, seconds=1)
    assert accounts.join("user-z", "测试", GOOD, at=later, address="192.0.2.7").username == "user-z"


def test_a_password_is_changed_by_who_knows_the_old_one() -> None:
    user = people.user()
    say = lambda old, new: refused(lambda: accounts.change_password(user, old, new, at=NOW))  # noqa: E731
    assert say("wrong", GOOD) == ("现在的密码不对", "old")
    assert say(PASSWORD, PASSWORD)[1] == "password"
    assert say(PASSWORD, "1234567890")[1] == "password"
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    accounts.change_password(user, PASSWORD, GOOD, at=NOW)
    assert User.objects.get(pk=user.pk).check_password(GOOD)
    assert acts() == ["account.password"]


def test_a_reset_password_works_once() -> None:
    user, by = people.user(), people.operator().actor
    password = accounts.reset_password(user, by=by, at=NOW)
    user.refresh_from_db()
    assert user.check_password(password)
    assert user.must_change_password
    assert len(set(password) - set(accounts.READABLE)) == 1  # the sign between groups
    accounts.change_password(user, password, GOOD, at=NOW)
    user.refresh_from_db()
    assert not user.must_change_password


def test_an_operator_closes_accounts_but_not_the_last_operators() -> None:
    first, second = people.operator(), people.operator()
    officer = people.officer()
    accounts.set_active(officer.user, False, by=first.actor, at=NOW)
    assert not User.objects.get(pk=officer.user.pk).is_active
    assert refused(lambda: accounts.set_active(first.user, False, by=first.actor, at=NOW))[0] == (
        "不能停用自己的账户"
    )
    accounts.set_active(second.user, False, by=first.actor, at=NOW)
    assert refused(lambda: accounts.set_active(first.user, False, by=officer.actor, at=NOW))[0] == (
        "这是最后一位系统管理员"
    )
    assert refused(lambda: accounts.end(first.membership, by=first.actor, at=NOW))[0] == (  # type: ignore[arg-type]
        "这是最后一位系统管理员"
    )
    assert acts() == ["account.close", "account.close"]


# ---------------------------------------------------------------- units and roles


def test_a_unit_is_made_and_checked_by_the_databases_rules() -> None:
    by = people.operator().actor
    made = accounts.save_unit(
        Unit(kind=UnitKind.DEPARTMENT, name="示例局（虚构）", region="140581"), by=by, at=NOW
    )
    twin = Unit(kind=UnitKind.PARK, name="示例局（虚构）", region="140581")
    assert refused(lambda: accounts.save_unit(twin, by=by, at=NOW))[0] == "同一地区已有同名单位"
    nowhere = Unit(kind=UnitKind.PARK, name="别处（虚构）", region="999999")
    assert refused(lambda: accounts.save_unit(nowhere, by=by, at=NOW)) == ("没有这个地区", "region")
    below = accounts.save_unit(
        Unit(kind=UnitKind.PARK, name="示例园区（虚构）", parent=made), by=by, at=NOW
    )
    made.parent = below
    assert refused(lambda: accounts.save_unit(made, by=by, at=NOW))[1] == "parent"
    assert acts() == ["unit.create", "unit.create"]


def test_a_role_fits_its_unit_and_its_days() -> None:
    by, user = people.operator().actor, people.user()
    office, firm = people.department(), people.enterprise_unit()

    def grant(unit: Unit, role: Role, since: date, until: date | None = None) -> Membership:
        return accounts.grant(user, unit, role, since=since, until=until, by=by, at=NOW)

    first = grant(office, Role.OFFICER, TODAY, TODAY + timedelta(days=9))
    assert [one.pk for one in memberships_of(user, TODAY)] == [first.pk]
    assert list(memberships_of(user, TODAY + timedelta(days=10))) == []
    assert refused(lambda: grant(firm, Role.OFFICER, TODAY))[0] == "企业没有“工作人员”"
    assert refused(lambda: grant(office, Role.ENTERPRISE_ADMIN, TODAY))[1] == "role"
    assert refused(lambda: grant(office, Role.LEADER, TODAY, date(2026, 1, 1)))[1] == "until"
    assert "这段时间已是" in refused(lambda: grant(office, Role.OFFICER, TODAY))[0]
    assert grant(office, Role.OFFICER, TODAY + timedelta(days=10)).until is None
    office.is_active = False
    assert "已停用" in refused(lambda: grant(office, Role.LEADER, TODAY))[0]
    assert acts() == ["role.grant", "role.grant"]


def test_a_role_taken_back_ends_at_once_with_what_was_delegated_from_it() -> None:
    by, officer = people.operator().actor, people.officer()
    colleague = people.leader()
    given = accounts.delegate(
        officer.membership,  # type: ignore[arg-type]
        colleague.user,
        since=TODAY,
        until=TODAY + timedelta(days=3),
        by=officer.actor,
        at=NOW,
    )
    assert [one.pk for one in memberships_of(colleague.user, TODAY)] == [
        colleague.membership.pk,  # type: ignore[union-attr]
        given.pk,
    ]
    accounts.end(officer.membership, by=by, at=NOW)  # type: ignore[arg-type]
    assert list(memberships_of(officer.user, TODAY)) == []
    assert [one.role for one in memberships_of(colleague.user, TODAY)] == [Role.LEADER]
    assert acts() == ["role.delegate", "role.end", "role.end"]
    assert refused(lambda: accounts.end(given, by=by, at=NOW))[0] == "这项任职已经收回"


def test_delegation_is_to_colleagues_for_some_days_and_not_onward() -> None:
    officer, colleague = people.officer(), people.leader()
    stranger = people.officer("140500")

    def give(
        to: User, since: date = TODAY, days: int = 3, by: people.Person = officer
    ) -> Membership:
        until = since + timedelta(days=days)
        return accounts.delegate(
            officer.membership,  # type: ignore[arg-type]
            to,
            since=since,
            until=until,
            by=by.actor,
            at=NOW,
        )

    assert refused(lambda: give(officer.user))[0] == "不能委托给自己"
    assert refused(lambda: give(stranger.user))[0] == "只能委托给本单位的同事"
    assert refused(lambda: give(colleague.user, by=colleague))[0] == "您没有这个角色，不能委托"
    assert refused(lambda: give(colleague.user, TODAY - timedelta(days=1)))[1] == "until"
    assert refused(lambda: give(colleague.user, days=-1))[1] == "until"
    assert refused(lambda: give(colleague.user, days=92))[0] == "一次最多委托92天"
    given = give(colleague.user, days=91)
    assert "已有这个角色" in refused(lambda: give(colleague.user))[0]
    third = people.author()
    assert (
        refused(
            lambda: accounts.delegate(
                given,
                third.user,
                since=TODAY,
                until=TODAY,
                by=people.Person(colleague.user, given).actor,
                at=NOW,
            )
        )[0]
        == "受委托的角色不能再委托"
    )
    assert acts() == ["role.delegate"]


# ---------------------------------------------------------------- colleagues of an enterprise


def test_an_invitation_makes_a_member_once() -> None:
    admin, guest = people.enterprise_user(), people.newcomer()
    made, secret = accounts.invite("测试同事", Role.ENTERPRISE_STAFF, by=admin.actor, at=NOW)
    assert secret not in str(Invitation.objects.values().get())
    member = accounts.accept(secret, by=guest.actor, at=NOW)
    assert (member.unit, member.role, member.granted_by) == (
        admin.unit,
        Role.ENTERPRISE_STAFF,
        admin.user,
    )
    another = people.newcomer()
    assert refused(lambda: accounts.accept(secret, by=another.actor, at=NOW))[0] == "这个邀请已失效"
    assert acts() == ["invitation.make", "invitation.accept"]
    made.refresh_from_db()
    assert (made.used_by, made.used_at) == (guest.user, NOW)


def test_an_invitation_ends_by_time_and_by_being_taken_back() -> None:
    admin, guest = people.enterprise_user(), people.newcomer()
    made, secret = accounts.invite("测试同事", Role.ENTERPRISE_STAFF, by=admin.actor, at=NOW)
    late = NOW + accounts.INVITED
    assert refused(lambda: accounts.accept(secret, by=guest.actor, at=late))[0] == "这个邀请已失效"
    accounts.revoke_invitation(made, by=admin.actor, at=NOW)
    assert refused(lambda: accounts.accept(secret, by=guest.actor, at=NOW))[0] == "这个邀请已失效"
    assert Membership.objects.filter(user=guest.user).count() == 0


@pytest.mark.parametrize("role", [Role.OFFICER, Role.OPERATOR])
def test_an_enterprise_gives_only_its_own_roles(role: Role) -> None:
    admin = people.enterprise_user()
    assert refused(lambda: accounts.invite("测试", role, by=admin.actor, at=NOW))[1] == "role"


def test_only_an_administrator_invites() -> None:
    for person in (people.enterprise_user(role=Role.ENTERPRISE_STAFF), people.officer()):
        say = refused(
            lambda by=person.actor: accounts.invite("测试", Role.ENTERPRISE_STAFF, by=by, at=NOW)  # type: ignore[misc]
        )
        assert say[0] == "只有企业管理员可以邀请同事"


def test_an_enterprise_keeps_an_administrator() -> None:
    admin = people.enterprise_user()
    say = refused(lambda: accounts.end(admin.membership, by=admin.actor, at=NOW))  # type: ignore[arg-type]
    assert say[0] == "企业至少要有一位管理员"
    second = people.enterprise_user()
    accounts.end(admin.membership, by=second.actor, at=NOW)  # type: ignore[arg-type]
    assert acts() == ["role.end"]


# ---------------------------------------------------------------- the whole


def test_the_first_operator_is_made_once() -> None:
    user, password = accounts.first_operator(
        "operator", "测试管理员", "示例运行单位（虚构）", at=NOW
    )
    assert user.check_password(password)
    assert [one.role for one in memberships_of(user, TODAY)] == [Role.OPERATOR]
    say = refused(lambda: accounts.first_operator("another", "测试", "示例", at=NOW))
    assert say[0] == "已有系统管理员"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda by, person: accounts.join("newname", "测试", GOOD, at=NOW),
        lambda by, person: accounts.create_user("newname", "测试", by=by, at=NOW),
        lambda by, person: accounts.change_profile(
            person.user, name="别名", phone="", email="", by=by, at=NOW
        ),
        lambda by, person: accounts.change_password(person.user, PASSWORD, GOOD, at=NOW),
        lambda by, person: accounts.reset_password(person.user, by=by, at=NOW),
        lambda by, person: accounts.set_active(person.user, False, by=by, at=NOW),
        lambda by, person: accounts.save_unit(
            Unit(kind=UnitKind.PARK, name="示例园区（虚构）"), by=by, at=NOW
        ),
        lambda by, person: accounts.grant(
            person.user, person.unit, Role.LEADER, since=TODAY, until=None, by=by, at=NOW
        ),
        lambda by, person: accounts.end(person.membership, by=by, at=NOW),
    ],
)
def test_where_the_audit_cannot_be_written_nothing_is_saved(
    act: Callable[[Any, people.Person], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    by, person = people.operator().actor, people.officer()
    before = everything()

    def broken(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("磁盘满了")

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(DatabaseError):
        act(by, person)
    assert everything() == before


def everything() -> list[Any]:
    rows = [User.objects, Unit.objects, Membership.objects, Invitation.objects]
    return [list(one.order_by("pk").values()) for one in rows]


def test_nobody_is_an_actor_of_the_system_itself() -> None:
    entry = audit.record("tests.act", at=NOW, actor=NOBODY)
    assert (entry.actor, entry.unit, entry.actor_name) == (None, None, "")
