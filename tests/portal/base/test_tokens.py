"""Keys to the API: bound to a membership, shown once, ended by time, by hand and with the role."""

from datetime import timedelta

import pytest

from huiqi.portal.base import accounts, tokens
from huiqi.portal.base.enums import Role, Scope
from huiqi.portal.base.models import Token
from huiqi.portal.base.refusal import Refused
from tests.portal import people
from tests.portal.people import NOW

pytestmark = pytest.mark.django_db


def test_a_key_acts_in_its_membership_and_its_secret_is_not_kept() -> None:
    owner = people.enterprise_user()
    token, secret = tokens.make("财务系统", [Scope.OWN], 30, by=owner.actor, at=NOW)
    assert secret not in str(Token.objects.values().get())
    found = tokens.find(secret, at=NOW + timedelta(days=29))
    assert found is not None
    key, actor = found
    assert (key, actor.user, actor.membership) == (token, owner.user, owner.membership)
    assert Token.objects.get().last_used_at == NOW + timedelta(days=29)
    assert tokens.find(secret, at=NOW + timedelta(days=30)) is None
    assert tokens.find("hq_other", at=NOW) is None


@pytest.mark.parametrize(
    ("role", "scopes", "days", "said"),
    [
        (Role.ENTERPRISE_STAFF, [], 30, "没有选择权限范围"),
        (Role.ENTERPRISE_STAFF, [Scope.REGISTRY], 30, "所选权限超出了您的角色"),
        (Role.OFFICER, [Scope.OWN], 30, "所选权限超出了您的角色"),
        (Role.OFFICER, [Scope.AUDIT], 30, "所选权限超出了您的角色"),
        (Role.OFFICER, ["everything"], 30, "所选权限超出了您的角色"),
        (Role.OFFICER, [Scope.REGISTRY], 0, "有效期应为1至366天"),
        (Role.OFFICER, [Scope.REGISTRY], 367, "有效期应为1至366天"),
        (None, [Scope.OWN], 30, "您还没有单位和角色"),
    ],
)
def test_a_key_is_never_more_than_its_person(
    role: Role | None, scopes: list[str], days: int, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        tokens.make("测试", scopes, days, by=people.of_role(role).actor, at=NOW)
    assert Token.objects.count() == 0


def test_a_key_ends_by_hand_with_the_account_and_with_the_role() -> None:
    by = people.operator().actor
    for how in ("revoke", "close", "end"):
        officer = people.officer()
        token, secret = tokens.make("测试", [Scope.REGISTRY], 30, by=officer.actor, at=NOW)
        if how == "revoke":
            tokens.revoke(token, by=officer.actor, at=NOW)
            with pytest.raises(Refused, match="已经停用"):
                tokens.revoke(token, by=officer.actor, at=NOW)
        elif how == "close":
            accounts.set_active(officer.user, False, by=by, at=NOW)
        else:
            assert officer.membership is not None
            accounts.end(officer.membership, by=by, at=NOW)
        found = tokens.find(secret, at=NOW)
        assert (found[1].membership if found else None) is None, how


def test_twenty_keys_are_enough() -> None:
    officer = people.officer()
    for _ in range(tokens.MOST):
        tokens.make("测试", [Scope.REGISTRY], 30, by=officer.actor, at=NOW)
    with pytest.raises(Refused, match="有效的密钥已有20个"):
        tokens.make("测试", [Scope.REGISTRY], 30, by=officer.actor, at=NOW)
    assert tokens.make("测试", [Scope.REGISTRY], 30, by=officer.actor, at=NOW + timedelta(days=31))
