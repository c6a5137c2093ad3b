"""Lists are read from an index in their order, however many rows a support has."""

import pytest
from django.db import connection
from django.db.models import F

from huiqi.portal.matching import queries
from huiqi.portal.matching.models import Run
from tests.portal import people
from tests.portal.matching.conftest import LATER

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("region", ["", "140000", "140500"])
def test_the_largest_amounts_come_without_sorting(db: None, region: str) -> None:
    run = Run.objects.create(on=LATER.date(), started_at=LATER)
    found = queries.entitlements(people.leader(region=region).actor, run=run, support="甲/乙")
    ordered = found.order_by(F("low").desc(nulls_last=True), F("high").desc(nulls_last=True), "pk")
    if connection.vendor == "sqlite":
        plan = ordered[:30].explain()
        assert "matching_entitlement_owed" in plan
        assert "ORDER BY" not in plan
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        assert "matching_entitlement_owed" in ordered[:30].explain()
