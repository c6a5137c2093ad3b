"""After a change of the registry the lists say what a whole run would say, for the changed records."""

from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction

from huiqi.portal.base import rules
from huiqi.portal.matching import queries, refreshing, runs
from huiqi.portal.matching.models import Entitlement, Run
from huiqi.portal.registry import storing
from huiqi.portal.registry.models import Record
from huiqi.rulebook.bulk.snapshot import Snapshot
from tests.portal.matching.conftest import AT, LATER

# Committed one after another: on PostgreSQL a transaction does not see what itself changes as past.
pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = (
    "record",
    "item",
    "support",
    "answer",
    "conditions",
    "low",
    "high",
    "region",
    "industry",
    "size",
)


def rows(run: Run) -> set[tuple[Any, ...]]:
    return set(queries.visible(run).values_list(*COLUMNS))


def test_evaluating_anew_changes_nothing_where_nothing_changed(matched: Run) -> None:
    library = rules.library()
    before = rows(matched)
    tables = [name for name, table in library.vocabulary.tables.items() if not table.is_event]
    seen = 0
    for table in tables:
        some = Record.objects.filter(table=table).exclude(entitlements=None).distinct()[:12]
        for record in some:
            refreshing.renew(matched, record, library)
            seen += 1
    assert seen > 30
    assert rows(matched) == before


def test_nothing_changed_nothing_done(matched: Run) -> None:
    assert refreshing.refresh(at=LATER) == 0


def test_a_change_is_taken_up_once(matched: Run) -> None:
    found = queries.visible(matched).filter(answer="yes", record__table="企业", item=None)
    row = found.select_related("record").filter(support__policy="lvliang-2022-22").first()
    assert row is not None
    assert row.record is not None
    before = rows(matched)
    Record.objects.filter(pk=row.record.pk).update(known_at=LATER)
    mine = {one for one in before if one[0] == row.record.pk}
    Entitlement.objects.filter(record=row.record, item=None).delete()
    assert rows(matched) < before
    assert refreshing.refresh(at=LATER) == 1
    assert rows(matched) == before
    assert mine <= rows(matched)
    assert refreshing.refresh(at=LATER) == 0


def test_a_change_that_was_begun_before_and_committed_after_is_taken_up(matched: Run) -> None:
    record = Record.objects.filter(table="企业").first()
    assert record is not None
    before = rows(matched)
    with transaction.atomic():
        Record.objects.filter(pk=record.pk).update(
            known_at=AT - timedelta(minutes=5), change=storing.change_number()
        )
    Entitlement.objects.filter(record=record, item=None).delete()
    assert list(refreshing.changed(matched)) == [record]
    assert refreshing.refresh(at=LATER) == 1
    assert rows(matched) == before
    run = Run.objects.get(pk=matched.pk)
    assert run.refreshed_at == matched.refreshed_at
    assert refreshing.changed(run).count() == 0
    assert refreshing.refresh(at=LATER) == 0


def test_what_another_is_about_to_commit_is_not_seen(region: Snapshot) -> None:
    first, second = Record.objects.filter(table="企业")[:2]
    begun, looked = Event(), Event()

    def change() -> None:
        try:
            with transaction.atomic():
                Record.objects.filter(pk=first.pk).update(change=storing.change_number())
                begun.set()
                looked.wait(30)
        finally:
            connections.close_all()

    other = Thread(target=change)
    other.start()
    begun.wait(30)
    if connection.vendor == "postgresql":  # SQLite lets only one write at a time
        with transaction.atomic():
            Record.objects.filter(pk=second.pk).update(change=storing.change_number())
    seen = storing.view()
    looked.set()
    other.join()
    assert list(Record.objects.filter(storing.unseen(seen))) == [first]


def test_while_a_run_is_under_way_it_waits(matched: Run) -> None:
    record = Record.objects.filter(table="企业").first()
    assert record is not None
    Record.objects.filter(pk=record.pk).update(known_at=LATER)
    runs.begin(on=matched.on, at=LATER)
    assert refreshing.refresh(at=LATER) == 0
    assert refreshing.changed(matched).count() == 1
