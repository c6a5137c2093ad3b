"""People and units for tests: each call makes what is missing and says who acts.

``officer(region="140581").client`` is a browser in which that officer is logged in, ``.actor`` the same
person for calls of actions and queries.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from itertools import count

import polars as pl
from django.test import Client

from huiqi.portal.base.access import SESSION_KEY, Actor
from huiqi.portal.base.enums import Role, UnitKind
from huiqi.portal.base.models import Membership, Unit, User
from huiqi.rulebook.demo.keys import credit_codes

SINCE = date(2020, 1, 1)
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""A moment for actions: ten in the morning in Shanxi."""
PASSWORD = "ceshi-mima-2026"
_numbers = count(1)


@dataclass
class Person:
    """Somebody with an account, in one role (None: not yet in any)."""

    user: User
    membership: Membership | None
    _client: Client | None = field(default=None, repr=False)

    @property
    def actor(self) -> Actor:
        return Actor(self.user, self.membership, (self.membership,) if self.membership else ())

    @property
    def unit(self) -> Unit:
        assert self.membership is not None
        return self.membership.unit

    @property
    def client(self) -> Client:
        """A browser in which this person is logged in, the same at every call."""
        if self._client is None:
            self._client = Client()
            self._client.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")
            if self.membership is not None:
                session = self._client.session
                session[SESSION_KEY] = self.membership.pk
                session.save()
        return self._client


def credit_code(number: int = 1) -> str:
    """The number-th credit code with a right check digit that no real enterprise can have."""
    return _thousand(number // 1000)[number % 1000]


@cache
def _thousand(block: int) -> list[str]:
    """The credit codes of a thousand numbers, which take hardly longer than one."""
    numbers = pl.int_range(block * 1000, (block + 1) * 1000)
    return pl.select(credit_codes(numbers)).to_series().to_list()


def user(name: str = "", **extra: object) -> User:
    """An account that can log in with :data:`PASSWORD`."""
    number = next(_numbers)
    return User.objects.create_user(
        username=f"ceshi{number}", password=PASSWORD, name=name or f"测试人员{number}", **extra
    )


def visitor() -> Client:
    """A browser in which nobody is logged in."""
    return Client()


def newcomer() -> Person:
    """Somebody with an account and no role yet."""
    return Person(user(), None)


def member(role: Role, unit: Unit, on: date = SINCE) -> Person:
    """A new person in a role for a unit."""
    someone = user()
    return Person(someone, Membership.objects.create(user=someone, unit=unit, role=role, since=on))


def department(name: str = "", region: str = "140581", **extra: object) -> Unit:
    """A department of a region; the same name and region give the same unit."""
    found, _ = Unit.objects.get_or_create(
        name=name or f"测试部门{region}",
        region=region,
        defaults={"kind": UnitKind.DEPARTMENT, **extra},
    )
    return found


def enterprise_unit(code: str = "", name: str = "", region: str = "140581") -> Unit:
    """The members of an enterprise, by its credit code."""
    code = code or credit_code()
    found, _ = Unit.objects.get_or_create(
        kind=UnitKind.ENTERPRISE,
        credit_code=code,
        defaults={"name": name or f"测试企业{code[-6:]}（虚构）", "region": region},
    )
    return found


def enterprise_user(code: str = "", *, role: Role = Role.ENTERPRISE_ADMIN) -> Person:
    """The administrator (or with ``role`` another member) of an enterprise."""
    return member(role, enterprise_unit(code))


def of_role(role: Role | None, region: str = "140581") -> Person:
    """A person in any role, in a unit that fits it."""
    if role is None:
        return newcomer()
    if role in (Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_STAFF):
        return enterprise_user(role=role)
    return member(role, department(region=region))


def officer(region: str = "140581", unit: Unit | None = None) -> Person:
    return member(Role.OFFICER, unit or department(region=region))


def registrar(region: str = "140581", unit: Unit | None = None) -> Person:
    return member(Role.REGISTRAR, unit or department(region=region))


def leader(region: str = "140581") -> Person:
    return member(Role.LEADER, department(region=region))


def author(region: str = "140581") -> Person:
    return member(Role.AUTHOR, department(region=region))


def signer(region: str = "140581") -> Person:
    return member(Role.SIGNER, department(region=region))


def auditor(region: str = "") -> Person:
    return member(Role.AUDITOR, department(region=region))


def operator() -> Person:
    """The operator of the whole system, whose unit has no region."""
    return member(Role.OPERATOR, department("测试运维中心", region=""))
