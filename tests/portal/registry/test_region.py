"""A generated region in the registry: the same facts, the same answers, the same budgets to the fen."""

from datetime import date

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiqi.portal.base import rules
from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import encoding, history, queries
from huiqi.portal.registry.encoding import digest_of, text_of
from huiqi.portal.registry.loading import load_region
from huiqi.portal.registry.models import Certificate, Enterprise, Grant, Record, Statement
from huiqi.rulebook.bulk import bridge
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.library.rows import Row
from tests.portal import people
from tests.portal.people import NOW

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def flat(row: Row) -> dict[str, object]:
    """What a row holds, its links by key."""
    return {
        "key": row.key,
        "values": dict(sorted(row.values.items())),
        "links": {name: other.key for name, other in sorted(row.links.items())},
    }


def test_every_subject_reads_as_in_its_own_snapshot(loaded: Snapshot) -> None:
    vocabulary = rules.library().vocabulary
    for table in ("企业", "人员", "载体", "项目", "团队", "机构"):
        keys = pl.read_parquet(loaded.path(table, 0))[vocabulary.tables[table].key].to_list()
        for number in range(0, len(keys), 1 + len(keys) // 40):
            expected = bridge.read_subject(loaded, vocabulary, table, number)
            record = Record.objects.get(table=table, key=keys[number])
            found = queries.facts_file(record, on=TODAY)
            assert flat(found.subjects[table]) == flat(expected.subjects[table])
            assert {name: [flat(row) for row in rows] for name, rows in found.events.items()} == {
                name: [flat(row) for row in rows] for name, rows in expected.events.items()
            }
            assert queries.paid(record) == bridge.read_paid(loaded, table, number)


def indices() -> dict[str, set[str]]:
    filled = (Record, Statement, Enterprise, Certificate, Grant)
    with connection.cursor() as cursor:
        return {
            model.__name__: set(
                connection.introspection.get_constraints(cursor, model._meta.db_table)
            )
            for model in filled
        }


def test_what_is_loaded_is_whole(region: Snapshot) -> None:
    before = indices()
    bureau = people.department("测试统计局", sources=["统计部门"])
    told: list[tuple[int, int]] = []
    rows = load_region(
        region.folder, at=NOW, valid_from=date(2026, 6, 30), source_units={"统计部门": bureau},
        tell=lambda done, total, what: told.append((done, total)),
    )  # fmt: skip
    assert rows == {name: region.rows(name) for name in region.tables}
    assert Record.objects.count() == sum(rows.values()) == told[-1][0] == told[-1][1]
    assert Enterprise.objects.count() == rows["企业"]
    assert Certificate.objects.count() == rows["认定"]
    assert Grant.objects.count() == pl.read_parquet(region.folder / "paid.parquet").height
    assert indices() == before
    for subject in ("企业", "人员", "载体"):
        one = Record.objects.filter(table=subject).order_by("pk")[1]
        assert queries.found_by(one.name) == [one.pk]
        assert queries.numbers(one.key) == [one.pk]
    record = next(one for one in Record.objects.filter(table="企业") if "从业人员" in one.values)
    said = history.as_of(record, TODAY)["从业人员"]
    assert said.origin == "统计部门 2026-06-30"
    assert Statement.objects.get(pk=said.statement).unit == bureau
    assert AuditEntry.objects.filter(act="registry.load").count() == 1
    with pytest.raises(Refused, match="登记库里已有数据"):
        load_region(region.folder, at=NOW)


def test_the_current_values_are_the_fold_and_their_digest_is_of_their_text(
    loaded: Snapshot,
) -> None:
    for record in Record.objects.order_by("pk")[::37]:
        assert history.values_of(history.as_of(record, TODAY)) == record.values
        assert record.digest == digest_of(text_of(record.values))


def test_a_subject_takes_the_same_few_queries_however_many_events(loaded: Snapshot) -> None:
    counts = {}
    for pk, events in (
        (row.pk, row.events.count()) for row in Record.objects.filter(table="企业").order_by("pk")
    ):
        record = Record.objects.get(pk=pk)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            queries.facts_file(record, on=TODAY)
        counts[events] = len(asked)
    assert set(counts.values()) == {2}
    assert max(counts) > 3


def test_what_the_subject_said_itself_counts_where_no_register_speaks(loaded: Snapshot) -> None:
    shops = Record.objects.filter(table="企业")
    record = next(one for one in shops if "从业人员" not in one.values and "名称" in one.values)
    extra = {record.pk: {"从业人员": 77, "名称": "别的名称"}}
    row = queries.facts_file(record, on=TODAY, extra=extra).subjects["企业"]
    assert (row.values["从业人员"], row.origins["从业人员"]) == (77, "本单位自述")
    assert row.values["名称"] == record.values["名称"]


def test_before_it_was_known_there_is_nothing(loaded: Snapshot) -> None:
    record = Record.objects.filter(table="企业").order_by("pk")[0]
    earlier = NOW.replace(year=2020)
    found = queries.facts_file(record, on=TODAY, known_at=earlier)
    assert (found.subjects["企业"].values, found.events) == ({}, {})


def test_texts_of_frames_are_those_of_single_values() -> None:
    table = rules.library().vocabulary.tables["企业"]
    odd = 'a"b\\c\n\t\x1f：null,"x":null é 😀'
    values = [
        {"名称": odd, "从业人员": 3, "民营企业": False},
        {"名称": "", "资产总额": -1},
        {},
    ]
    frame = encoding.columns(values, table)
    names = [name for name in frame.columns if name != encoding.GONE]
    assert encoding.texts(frame, names).to_list() == [text_of(one) for one in values]
    assert encoding.columns(encoding.texts(frame, names), table).equals(frame)
