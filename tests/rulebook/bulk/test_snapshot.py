"""Opening a snapshot: what is damaged, of another version or unknown is told, never raised."""

import json
from pathlib import Path

import polars as pl
import pytest

from huiqi.rulebook.bulk.snapshot import Snapshot, SnapshotWriter, in_spans, open_snapshot
from huiqi.rulebook.library.policy import Library
from tests.rulebook.small import copy, loaded


@pytest.fixture
def rules(tmp_path: Path) -> Library:
    return loaded(copy(tmp_path))[0]


def written(rules: Library, folder: Path) -> Path:
    """Two parts of two enterprises, with one title in each."""
    writer = SnapshotWriter(folder, rules.vocabulary)
    for part in range(2):
        firms = pl.DataFrame({"_id": [part * 2, part * 2 + 1], "收入": [100, 200]})
        writer.write("企业", part, firms.with_columns(pl.lit("x").alias("统一社会信用代码")))
        writer.write("认定", part, pl.DataFrame({"_owner": [1], "认定编号": [f"e{part}"]}))
    writer.close("说明")
    return folder


def codes(rules: Library, folder: Path) -> list[tuple[str, str]]:
    return [(item.code, item.message) for item in open_snapshot(folder, rules.vocabulary)[1]]


def edited(folder: Path, **changes: object) -> None:
    file = folder / "snapshot.json"
    about = json.loads(file.read_text("utf-8")) | changes
    file.write_text(json.dumps({name: item for name, item in about.items() if item is not None}))


def opened(rules: Library, folder: Path) -> Snapshot:
    made, problems = open_snapshot(folder, rules.vocabulary)
    assert problems == []
    assert made is not None
    return made


def test_what_was_written_is_read(rules: Library, tmp_path: Path) -> None:
    made = opened(rules, written(rules, tmp_path / "s"))
    assert (made.note, dict(made.tables)) == ("说明", {"企业": [2, 2], "认定": [1, 1]})
    assert made.names("企业", 1) == {"_id", "收入", "统一社会信用代码"}
    assert made.scan("企业", 1, ["_id", "收入"]).collect().rows() == [(2, 100), (3, 200)]


def test_columns_are_found_where_the_snapshot_does_not_name_them(
    rules: Library, tmp_path: Path
) -> None:
    folder = written(rules, tmp_path / "s")
    edited(folder, columns=None)
    assert opened(rules, folder).names("认定", 0) == {"_owner", "认定编号"}


def test_neighbouring_parts_are_taken_together(rules: Library, tmp_path: Path) -> None:
    made = opened(rules, written(rules, tmp_path / "s"))
    both = in_spans(made, {"企业": 4, "认定": 2})
    assert dict(both.tables) == {"企业": [4], "认定": [2]}
    assert both.scan("认定", 0, ["_owner", "认定编号"]).collect().rows() == [(1, "e0"), (3, "e1")]
    assert in_spans(made, {"企业": 3, "认定": 2}) is made
    assert in_spans(made, {"企业": 4, "认定": 1}) is made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "快照是别的版本写的"),
        ('{"format": 0}', "快照是别的版本写的"),
        ('{"format": "1"}', "快照是别的版本写的"),
    ],
)
def test_another_version(rules: Library, tmp_path: Path, text: str, message: str) -> None:
    folder = written(rules, tmp_path / "s")
    (folder / "snapshot.json").write_text(text)
    assert codes(rules, folder) == [("snapshot", message)]


def test_half_a_description(rules: Library, tmp_path: Path) -> None:
    folder = written(rules, tmp_path / "s")
    edited(folder, lists=None, tables=None)
    assert codes(rules, folder) == [("snapshot", "快照里没有 lists、tables")]


@pytest.mark.parametrize("text", ["{", ""])
def test_no_json(rules: Library, tmp_path: Path, text: str) -> None:
    folder = written(rules, tmp_path / "s")
    (folder / "snapshot.json").write_text(text)
    made, problems = open_snapshot(folder, rules.vocabulary)
    assert (made, [item.code for item in problems]) == (None, ["snapshot"])
    assert problems[0].message.startswith("快照读不出来：")


def test_no_file(rules: Library, tmp_path: Path) -> None:
    made, problems = open_snapshot(tmp_path, rules.vocabulary)
    assert (made, [item.code for item in problems]) == (None, ["snapshot"])


def test_a_part_that_is_not_there(rules: Library, tmp_path: Path) -> None:
    folder = written(rules, tmp_path / "s")
    (folder / "title" / "part-00001.parquet").unlink()
    made, problems = open_snapshot(folder, rules.vocabulary)
    assert made is None
    assert [(item.code, item.message) for item in problems] == [
        ("snapshot", "缺少 part-00001.parquet")
    ]


def test_a_table_nobody_knows_is_left_out_and_told(rules: Library, tmp_path: Path) -> None:
    folder = written(rules, tmp_path / "s")
    edited(folder, tables={"企业": [2, 2], "别的": [1]})
    made, problems = open_snapshot(folder, rules.vocabulary)
    assert made is not None
    assert dict(made.tables) == {"企业": [2, 2]}
    assert [(item.code, bool(item.remedy)) for item in problems] == [("unknown-table", True)]


def test_a_snapshot_that_is_not_finished_is_none(rules: Library, tmp_path: Path) -> None:
    writer = SnapshotWriter(written(rules, tmp_path / "s"), rules.vocabulary)
    assert not (writer.folder / "snapshot.json").exists()
    assert open_snapshot(writer.folder, rules.vocabulary)[0] is None
