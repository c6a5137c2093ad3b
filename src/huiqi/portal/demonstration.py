"""The portal with a region that does not exist: releases, registry, one account per role, a first run.

Called by `huiqi demo`. The accounts and their password are printed and are for a machine of one's own
only; the units carry 演示 in their names and the enterprises are generated.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from huiqi.portal.base import audit
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.enums import Role, UnitKind
from huiqi.portal.base.models import Membership, Unit, User
from huiqi.portal.base.rules import library
from huiqi.portal.matching import runs
from huiqi.portal.policies import actions as policies
from huiqi.portal.registry import loading, snapshot
from huiqi.portal.registry.authority import WRITERS
from huiqi.portal.registry.models import Record
from huiqi.rulebook.library.vocabulary import Vocabulary

PASSWORD = "huiqi-demo-2026"
CITY = "地级"
LOCAL = "中小企业主管部门"
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Account:
    """A ready account: how to log in, in which role, for which unit.

    ``source`` is the register whose facts its unit holds, of accounts that are there for it.
    """

    username: str
    role: Role
    unit: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Post:
    username: str
    name: str
    role: Role
    unit: str


POSTS = (
    _Post("officer", "演示工作人员", Role.OFFICER, LOCAL),
    _Post("registrar", "演示数据管理员", Role.REGISTRAR, "市场监管部门"),
    _Post("leader", "演示领导", Role.LEADER, "政府办公部门"),
    _Post("author", "演示编制员", Role.AUTHOR, "发展改革部门"),
    _Post("signer", "演示签发人", Role.SIGNER, "发展改革部门"),
    _Post("auditor", "演示审计员", Role.AUDITOR, "审计部门"),
    _Post("operator", "演示管理员", Role.OPERATOR, "平台运行单位"),
)


def make(
    policies_root: Path, region: Path, shown: str, *, on: date, at: datetime, tell: Tell
) -> list[Account]:
    """Fills an empty, migrated database. ``region`` is a snapshot folder; ``shown`` the credit code of
    the enterprise whose account is made."""
    tell("发布政策", 0, 0)
    policies.seed(policies_root, at=at, by=NOBODY)
    vocabulary = library().vocabulary
    units = _units(vocabulary)

    def say(done: int, of: int, words: str = "") -> None:
        tell(words, done, of)

    loading.load_region(region, at=at, source_units=units, tell=say)
    accounts = _accounts(units, vocabulary, shown, on, at)
    runs.execute(lambda told: snapshot.write(tell=told), on=on, at=at, tell=say)
    return accounts


@transaction.atomic
def _units(vocabulary: Vocabulary) -> dict[str, Unit]:
    """One department for each source of facts, and those the accounts belong to."""
    sources = sorted(
        {
            spec.source
            for table in vocabulary.tables.values()
            for spec in table.stored
            if spec.source
        }
    )
    names = [*sources, *(post.unit for post in POSTS if post.unit not in sources)]
    out = {}
    for name in dict.fromkeys(names):
        out[name] = Unit.objects.create(
            kind=UnitKind.DEPARTMENT,
            name=f"演示{name}",
            sources=[name] if name in sources else [],
        )
    return out


@transaction.atomic
def _accounts(
    units: dict[str, Unit], vocabulary: Vocabulary, code: str, on: date, at: datetime
) -> list[Account]:
    record = Record.objects.get(table="企业", key=code)
    enterprise = Unit.objects.create(
        kind=UnitKind.ENTERPRISE,
        name=record.name,
        credit_code=code,
        region=record.values.get("注册地", ""),
    )
    city = vocabulary.regions.ancestor(str(record.values.get("注册地", "")), CITY)
    if city is not None:
        # An officer sees one city; the other units see the province.
        local = Unit.objects.create(
            kind=UnitKind.DEPARTMENT,
            name=f"演示{city.name}{LOCAL}",
            region=city.code,
            sources=units[LOCAL].sources,
        )
        units = {**units, LOCAL: local}
    secret = make_password(PASSWORD)
    made = [
        _account(
            _Post("owner", "演示企业负责人", Role.ENTERPRISE_ADMIN, ""), enterprise, on, secret
        ),
        _account(
            _Post("staff", "演示企业经办人", Role.ENTERPRISE_STAFF, ""), enterprise, on, secret
        ),
        *(_account(post, units[post.unit], on, secret) for post in POSTS),
        *_holders(on, secret),
    ]
    audit.record("demo.accounts", at=at, accounts=[item.username for item in made])
    return made


def _holders(on: date, secret: str) -> list[Account]:
    """For each register that nobody yet speaks for in the whole region, somebody who does."""
    spoken_for = Membership.objects.filter(role__in=WRITERS).values("unit")
    silent = Unit.objects.exclude(pk__in=spoken_for).exclude(sources=[]).filter(region="")
    return [
        replace(
            _account(
                _Post(f"holder{number}", f"演示经办人（{source}）", Role.OFFICER, ""),
                unit,
                on,
                secret,
            ),
            source=source,
        )
        for number, unit in enumerate(silent.order_by("pk"), start=1)
        for source in unit.sources
    ]


def _account(post: _Post, unit: Unit, on: date, secret: str) -> Account:
    user = User.objects.create(username=post.username, password=secret, name=post.name)
    Membership.objects.create(user=user, unit=unit, role=post.role, since=on)
    return Account(post.username, post.role, unit.name)
