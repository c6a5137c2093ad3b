"""Lists of enterprises: words, places and industries with all inside, size, titles."""

from datetime import date, timedelta

import pytest
from django.db import connection

from huiqi.portal.registry import queries
from huiqi.portal.registry.models import Enterprise, Record
from huiqi.portal.web import listing
from tests.portal import people
from tests.portal.registry.firms import GAOPING, SHUOCHENG, ZEZHOU, firm, title

pytestmark = pytest.mark.django_db
TODAY = people.NOW.date()


@pytest.fixture(autouse=True)
def shops() -> None:
    title(firm(1, 名称="测试精密铸造（虚构）", 行业="33", 从业人员=15), name="高新技术企业")
    firm(2, 名称="测试精工科技（虚构）", 注册地=ZEZHOU, 行业="34", 从业人员=500)
    firm(3, 名称="测试农业合作社（虚构）", 注册地=SHUOCHENG, 行业="01", 主体类型="农民专业合作社")


def found(on: date = TODAY, **asked: str | None) -> list[str]:
    rows = queries.narrowed(Enterprise.objects.all(), on=on, **asked)  # type: ignore[arg-type]  # by name
    return [shop.credit_code[-3:] for shop in rows.order_by("credit_code")]


CODES = [people.credit_code(number) for number in (1, 2, 3)]
ONE, TWO, THREE = (code[-3:] for code in CODES)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [ONE, TWO, THREE]),
        ({"words": "精"}, [ONE, TWO]),
        ({"words": "精密"}, [ONE]),
        ({"words": "科技 精工"}, [TWO]),
        ({"words": "没有这个"}, []),
        ({"words": CODES[1]}, [TWO]),
        ({"words": CODES[1].lower()}, [TWO]),
        ({"words": CODES[1][:14]}, [ONE, TWO, THREE]),
        ({"region": "140500"}, [ONE, TWO]),
        ({"region": GAOPING}, [ONE]),
        ({"region": "140000"}, [ONE, TWO, THREE]),
        ({"region": "没有"}, []),
        ({"industry": "C"}, [ONE, TWO]),
        ({"industry": "01"}, [THREE]),
        ({"size": "微型"}, [ONE]),
        ({"size": ""}, [TWO, THREE]),
        ({"kind": "农民专业合作社"}, [THREE]),
        ({"title": "高新技术企业"}, [ONE]),
        ({"title": "科技型中小企业"}, []),
        ({"words": "测试", "region": "140500", "industry": "34"}, [TWO]),
    ],
)
def test_filters(asked: dict[str, str], expected: list[str]) -> None:
    if asked == {"size": "微型"}:
        # Fifteen people make a firm of industry micro or small; its turnover decides.
        Enterprise.objects.filter(credit_code=CODES[0]).update(size="微型")
    assert found(**asked) == expected


def test_a_title_is_held_up_to_its_last_day() -> None:
    title(Record.objects.get(key=CODES[1]), 2, name="创新型中小企业", until=TODAY)
    assert found(title="创新型中小企业") == [TWO]
    assert found(TODAY + timedelta(days=1), title="创新型中小企业") == []


def test_a_place_with_very_many_rows_is_found_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queries, "FREQUENT", 1)
    assert found(region=GAOPING) == [ONE]
    assert found(region=GAOPING, industry="33", size="") == []
    assert found(industry="01", size="") == [THREE]


def test_records_of_a_table_are_seen_with_their_owner() -> None:
    def names(person: people.Person, table: str) -> list[str]:
        return [record.key for record in queries.records(person.actor, table)]

    assert len(names(people.officer(GAOPING), "认定")) == 1
    assert names(people.officer(ZEZHOU), "认定") == []
    assert names(people.enterprise_user(CODES[0]), "企业") == [CODES[0]]
    assert len(names(people.enterprise_user(CODES[0]), "认定")) == 1
    assert names(people.enterprise_user(CODES[1]), "认定") == []
    assert names(people.enterprise_user(CODES[1]), "人员") == []
    assert names(people.newcomer(), "企业") == []


def test_the_largest_come_first_and_the_unknown_last() -> None:
    rows = Enterprise.objects.filter(credit_code__in=CODES)
    by_staff = listing._ordered(rows, "-employees", queries.SORTS)
    assert list(by_staff.values_list("employees", flat=True)) == [500, 15, None]
    turned = listing._ordered(rows, "employees", queries.SORTS)
    assert list(turned) == list(by_staff)[::-1]


@pytest.mark.parametrize("order", ["code", "name", "-revenue", "revenue", "-employees", "-founded"])
def test_every_order_has_an_index(order: str) -> None:
    rows = listing._ordered(Enterprise.objects.all(), order, queries.SORTS)[:30]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    plan = rows.explain()
    assert "index" in plan.lower()
    assert "USE TEMP B-TREE" not in plan
    assert "Sort  (" not in plan.replace("Incremental Sort  (", "")
