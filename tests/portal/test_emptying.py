"""Between tests with real transactions everything goes, what triggers protect included."""

import os
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from huiqi.portal.base import audit
from huiqi.portal.base.models import AuditEntry

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for() -> None:
    assert connection.vendor == os.environ.get("HUIQI_TEST_DATABASE", "sqlite")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchall() == [("wal",)]
        else:
            cursor.execute("SHOW fsync")
            assert cursor.fetchall() == [("off",)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_starts_empty_and_the_triggers_still_refuse(round_: int) -> None:
    assert AuditEntry.objects.count() == 0
    audit.record("tests.planted", at=NOON, subject=f"第{round_}次")
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.all().delete()
    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE base_auditentry SET act = 'changed'")
    assert list(AuditEntry.objects.values_list("number", "act")) == [(1, "tests.planted")]
