"""Enterprises and events for tests, added through the actions of the registry."""

from datetime import date, datetime
from typing import Any

from huiqi.portal.base.access import Actor
from huiqi.portal.registry import actions
from huiqi.portal.registry.models import Record
from huiqi.rulebook.language.literals import days
from tests.portal import people

GAOPING, ZEZHOU, SHUOCHENG = "140581", "140525", "140602"


def keeper(region: str = "") -> Actor:
    """A registrar, who may state everything of a region."""
    return people.registrar(region=region).actor


def firm(
    number: int = 1, *, at: datetime = people.NOW, by: Actor | None = None, **facts: Any
) -> Record:
    """The number-th enterprise: a shop in Gaoping unless facts say otherwise."""
    values = {"名称": f"测试企业{number:03}（虚构）", "注册地": GAOPING, **facts}
    return actions.add(
        "企业", people.credit_code(number), values, source="测试登记",
        by=by or keeper(), at=at, valid_from=date(2025, 1, 1),
    )  # fmt: skip


def title(
    owner: Record, number: int = 1, *, name: str = "高新技术企业", until: date | None = None,
    at: datetime = people.NOW, **facts: Any,
) -> Record:  # fmt: skip
    """A title that an enterprise won in March 2024."""
    values = {"名称": name, "级别": "国家级", "发证日期": days(date(2024, 3, 5)), **facts}
    if until is not None:
        values["有效期止"] = days(until)
    return actions.add(
        "认定", f"测试认定{owner.key[-6:]}-{number}", values, owner=owner, source="测试登记",
        by=keeper(), at=at,
    )  # fmt: skip
