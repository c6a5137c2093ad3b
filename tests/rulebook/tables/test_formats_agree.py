"""One region as CSV, as officials' workbooks and as Parquet gives the same snapshot, byte for byte."""

import polars as pl
import pytest

from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.problems import Severity
from huiqi.rulebook.tables import Counted, Prepared, prepare
from tests.rulebook.tables.region import (
    Region,
    region,
    vocabulary,
    write_csv,
    write_parquet,
    write_workbook,
)  # fmt: skip

COUNT = 400
WRITERS = {"csv": write_csv, "workbook": write_workbook, "parquet": write_parquet}


@pytest.fixture(scope="module")
def made() -> Region:
    return region(COUNT)


@pytest.fixture(scope="module")
def prepared(made: Region, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Prepared]:
    """The snapshot of every format, cut into parts of 150 enterprises."""
    out = {}
    for name, write in WRITERS.items():
        folder = tmp_path_factory.mktemp(name)
        write(made, folder / "source")
        out[name] = prepare(folder / "source", folder / "out", vocabulary(), part_rows=150)
    return out


def parts(result: Prepared) -> dict[str, pl.DataFrame]:
    assert result.snapshot is not None
    folder = result.snapshot.folder
    return {
        path.relative_to(folder).as_posix(): pl.read_parquet(path)
        for path in sorted(folder.rglob("*.parquet"))
    }


@pytest.mark.parametrize("name", WRITERS)
def test_no_row_is_refused(prepared: dict[str, Prepared], name: str) -> None:
    problems = [str(item) for item in prepared[name].problems if item.severity is Severity.ERROR]
    assert problems == []
    assert dict(prepared[name].tables) == {
        "企业": Counted(COUNT, COUNT), "认定": Counted(COUNT, COUNT), "载体": Counted(12, 12),
        "毕业": Counted(40, 40), "拨付": Counted(15, 15),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["workbook", "parquet"])
def test_the_tables_are_equal(prepared: dict[str, Prepared], name: str) -> None:
    expected, found = parts(prepared["csv"]), parts(prepared[name])
    assert list(found) == list(expected)
    for path in expected:
        assert found[path].schema == expected[path].schema, path
        assert found[path].equals(expected[path]), path
    one, two = prepared["csv"].snapshot, prepared[name].snapshot
    assert one is not None
    assert two is not None
    for path in expected:
        assert (one.folder / path).read_bytes() == (two.folder / path).read_bytes(), path


def test_the_values_are_those_of_the_region(made: Region, prepared: dict[str, Prepared]) -> None:
    tables = parts(prepared["csv"])
    shown: Vocabulary = vocabulary()
    enterprises = pl.concat([tables[f"enterprise/part-0000{part}.parquet"] for part in range(3)])
    assert enterprises["_id"].to_list() == list(range(COUNT))
    exact = ("统一社会信用代码", "名称", "成立日期", "从业人员", "上年营业收入", "利润总额", "民营企业",
             "研发强度")  # fmt: skip
    for name in exact:
        assert enterprises[name].to_list() == [row[name] for row in made.enterprises], name
    kinds = shown.choices["主体类型"]
    assert [None if code is None else kinds[code] for code in enterprises["主体类型"]] == [
        row["主体类型"] for row in made.enterprises
    ]
    nodes = shown.regions.nodes
    assert [nodes[code].name for code in enterprises["注册地"]] == [
        row["注册地"] for row in made.enterprises
    ]


def test_events_lie_with_their_owner(made: Region, prepared: dict[str, Prepared]) -> None:
    tables = parts(prepared["workbook"])
    owner_of = {}
    for part in range(3):
        keys = tables[f"enterprise/part-0000{part}.parquet"]["统一社会信用代码"]
        for number, owner in (
            tables[f"title/part-0000{part}.parquet"].select("认定编号", "_owner").iter_rows()
        ):
            owner_of[number] = keys[owner]
    assert owner_of == {row["认定编号"]: row["企业"] for row in made.titles}


def test_links_hold_numbers_over_all_parts(made: Region, prepared: dict[str, Prepared]) -> None:
    tables = parts(prepared["workbook"])
    numbers = {row["统一社会信用代码"]: place for place, row in enumerate(made.enterprises)}
    carriers = tables["carrier/part-00000.parquet"]
    assert carriers["_to.运营单位"].to_list() == [
        numbers.get(row["运营单位"]) for row in made.carriers
    ]
    assert tables["paid.parquet"]["主体"].to_list() == [
        numbers[row["主体"]] for row in made.payments
    ]
    assert tables["paid.parquet"]["金额"].to_list() == [row["金额"] for row in made.payments]


def test_what_the_workbook_leaves_out_is_said(prepared: dict[str, Prepared]) -> None:
    codes = [(item.code, item.found) for item in prepared["workbook"].problems]
    totals = [found for code, found in codes if code == "skipped-total"]
    assert totals == [
        "高平市小计",
        "泽州县小计",
        "沁水县小计",
        "阳城县小计",
        "陵川县小计",
        "合　　计",
    ]
    assert [found for code, found in codes if code == "skipped-footnote"] == [
        "填表人：某某", "注：从业人员为上年末数。",
    ]  # fmt: skip
    assert [code for code, _ in codes if code == "skipped-blank"] == ["skipped-blank"]
    assert {code for code, _ in codes} == {"skipped-total", "skipped-footnote", "skipped-blank"}
