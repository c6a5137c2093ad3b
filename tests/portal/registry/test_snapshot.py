"""The registry as a snapshot: equal to what was loaded, and rewritten only where something changed."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from django.db import connection

from huiqi.portal.base import rules
from huiqi.portal.registry import actions, snapshot
from huiqi.portal.registry.models import Record
from huiqi.rulebook.bulk.matching import match
from huiqi.rulebook.bulk.snapshot import Snapshot
from tests.portal.people import NOW
from tests.portal.registry.firms import firm, keeper, title

# Where changes of one transaction must be told from those of another, the mark says so.
pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def parts_of(made: Snapshot) -> dict[tuple[str, int], int]:
    """Which file holds each part: the same number, the same file."""
    return {
        (table, part): made.path(table, part).stat().st_ino
        for table, counts in made.tables.items()
        for part, count in enumerate(counts)
        if count
    }


def frames_of(made: Snapshot) -> dict[tuple[str, int], dict[str, list[object]]]:
    return {
        place: pl.read_parquet(made.path(*place)).to_dict(as_series=False)
        for place in parts_of(made)
    }


def in_small_parts(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(snapshot, "PART", rows)


def test_the_match_is_the_same_to_the_fen(
    loaded: Snapshot, snapshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = rules.library()
    expected = match(library, loaded, TODAY)
    for rows in (1000, 64):
        in_small_parts(monkeypatch, rows)
        made, known_at = snapshot.write(snapshots)
        assert known_at == NOW
        assert [sum(made.tables[name]) for name in made.tables] == [
            loaded.rows(name) for name in made.tables
        ]
        found = match(library, made, TODAY)
        assert found.budgets == expected.budgets
        assert found.totals == expected.totals
        assert found.rows == {name: rows for name, rows in expected.rows.items() if rows}
    assert sum(item.low for item in expected.budgets) > 0


def test_records_stand_beside_the_rows(loaded: Snapshot, snapshots: Path) -> None:
    made, _ = snapshot.write(snapshots)
    for table in ("企业", "认定"):
        key = rules.library().vocabulary.tables[table].key
        keys = pl.read_parquet(made.path(table, 0))[key].to_list()
        numbers = snapshot.records(made, table, 0).to_list()
        assert [Record.objects.get(pk=number).key for number in numbers[::29]] == keys[::29]


@pytest.mark.django_db(transaction=True)
def test_nothing_new_gives_the_same_snapshot(loaded: Snapshot, snapshots: Path) -> None:
    first, _ = snapshot.write(snapshots)
    again, known_at = snapshot.write(snapshots)
    assert (again.tables, known_at) == (first.tables, NOW)
    # On PostgreSQL it is written once more while another test has a transaction open (see `written`).
    assert again.folder == first.folder or connection.vendor == "postgresql"
    held = snapshot.current(snapshots)
    assert held is not None
    assert (held[0].folder, held[1]) == (again.folder, NOW)


def written(found: set[tuple[str, int]], expected: set[tuple[str, int]]) -> bool:
    """On PostgreSQL a part may be written once more while anybody else on the server has a transaction
    open, as other tests do: what has changed is there, and nothing is missing."""
    return found == expected if connection.vendor == "sqlite" else found >= expected


@pytest.mark.django_db(transaction=True)
def test_only_parts_that_changed_are_written_again(
    loaded: Snapshot, snapshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_parts(monkeypatch, 50)
    first, _ = snapshot.write(snapshots)
    before = parts_of(first)
    shop = Record.objects.filter(table="企业").order_by("pk")[120]
    later = NOW + timedelta(hours=1)
    actions.state(shop, {"从业人员": 987}, by=keeper(), at=later)
    second, known_at = snapshot.write(snapshots)
    after = parts_of(second)
    assert known_at == later
    assert written({place for place in after if after[place] != before.get(place)}, {("企业", 2)})
    values = pl.read_parquet(second.path("企业", 2)).row(20, named=True)
    assert (values["统一社会信用代码"], values["从业人员"]) == (shop.key, 987)
    # The earlier one is as it was.
    assert pl.read_parquet(first.path("企业", 2)).row(20, named=True)["从业人员"] != 987

    won = title(shop, 99, at=later)
    third, _ = snapshot.write(snapshots)
    changed = {place for place, file in parts_of(third).items() if after.get(place) != file}
    assert written(changed, {("认定", 2)})
    owners = pl.read_parquet(third.path("认定", 2)).filter(认定编号=won.key)["_owner"].to_list()
    assert owners == [20]


@pytest.mark.django_db(transaction=True)
def test_an_incremental_snapshot_is_equal_to_a_full_one(
    loaded: Snapshot, snapshots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_parts(monkeypatch, 40)
    snapshot.write(snapshots)
    by = keeper()
    shops = list(Record.objects.filter(table="企业").order_by("pk"))
    actions.state(shops[0], {"资产总额": 1_00}, by=by, at=NOW)
    new = [firm(900 + number) for number in range(50)]
    title(new[-1])
    waiting = actions.add(
        "载体", "测试载体901", {"名称": "测试载体"}, source="测试登记", by=by, at=NOW
    )
    actions.state(waiting, {"运营单位": new[3].key}, by=by, at=NOW, source="测试登记")
    event = shops[5].events.filter(table="认定").first() or title(shops[5])
    actions.take_back(event, reason="测试", by=by, at=NOW)
    incremental, _ = snapshot.write(snapshots)
    full, _ = snapshot.write(tmp_path / "full")
    assert frames_of(incremental) == frames_of(full)
    assert incremental.tables == full.tables

    # A subject in the middle that is taken back moves all behind it.
    alone = next(shop for shop in shops[10:] if not shop.events.exists())
    actions.take_back(alone, reason="测试", by=by, at=NOW)
    shifted, _ = snapshot.write(snapshots)
    anew, _ = snapshot.write(tmp_path / "anew")
    assert frames_of(shifted) == frames_of(anew)
    assert shifted.rows("企业") == full.rows("企业") - 1


def test_a_link_is_made_once_its_subject_is_there(snapshots: Path) -> None:
    by = keeper()
    base = firm(1)
    carrier = actions.add(
        "载体", "测试载体1", {"运营单位": base.key}, source="测试登记", by=by, at=NOW
    )
    actions.take_back(base, reason="测试", by=by, at=NOW)
    first, _ = snapshot.write(snapshots)
    assert pl.read_parquet(first.path("载体", 0))["_to.运营单位"].to_list() == [None]
    actions.bring_back(base, reason="测试", by=by, at=NOW)
    second, _ = snapshot.write(snapshots)
    assert pl.read_parquet(second.path("载体", 0))["_to.运营单位"].to_list() == [0]
    assert carrier.table == "载体"


def test_a_damaged_or_foreign_snapshot_is_not_built_upon(loaded: Snapshot, snapshots: Path) -> None:
    first, _ = snapshot.write(snapshots)
    first.path("企业", 0).unlink()
    second, _ = snapshot.write(snapshots)
    assert second.folder != first.folder
    assert second.rows("企业") == 300
    (second.folder / "registry.json").write_text("{", "utf-8")
    assert snapshot.current(snapshots) is None
    third, _ = snapshot.write(snapshots)
    assert third.rows("企业") == 300


def test_old_snapshots_are_removed(snapshots: Path) -> None:
    shop = firm(1)
    for number in range(6):
        actions.state(shop, {"从业人员": number}, by=keeper(), at=NOW)
        snapshot.write(snapshots)
    folders = [path for path in snapshots.iterdir() if path.is_dir()]
    assert len(folders) == snapshot.KEPT
