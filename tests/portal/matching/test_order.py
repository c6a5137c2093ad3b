"""Lists are read from an index in their order, however many rows a support has."""

import pytest
from django.db import connection
from django.db.models import F

from huiqi.portal.matching import queries
from huiqi.portal.matching.models import MatchedSupport, Run
from tests.portal import people
from tests.portal.matching.conftest import LATER

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("region", ["", "140000", "140500"])
def test_the_largest_amounts_come_without_sorting(db: None, region: str) -> None:
    run = Run.objects.create(on=LATER.date(), started_at=LATER)
    MatchedSupport.objects.create(key="甲/乙", policy="甲", name="乙")
    found = queries.entitlements(people.leader(region=region).actor, run=run, support="甲/乙")
    ordered = found.order_by(F("low").desc(nulls_last=True), F("high").desc(nulls_last=True), "pk")
    keys = ordered.values_list("pk", flat=True)[:30]
    if connection.vendor == "sqlite":
        plan = keys.explain()
        assert "COVERING INDEX matching_entitlement_owed" in plan
        assert "ORDER BY" not in plan
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        assert "Index Only Scan using matching_entitlement_owed" in keys.explain()


@pytest.mark.parametrize("region", ["", "140000", "140500"])
def test_counties_come_without_sorting(db: None, region: str) -> None:
    run = Run.objects.create(on=LATER.date(), started_at=LATER)
    MatchedSupport.objects.create(key="甲/乙", policy="甲", name="乙")
    found = queries.entitlements(people.leader(region=region).actor, run=run, support="甲/乙")
    keys = found.order_by("region", "pk").values_list("pk", flat=True)[:30]
    if connection.vendor == "sqlite":
        plan = keys.explain()
        assert "COVERING INDEX entitlement_by_region" in plan
        assert "ORDER BY" not in plan
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        assert "Index Only Scan using entitlement_by_region" in keys.explain()
