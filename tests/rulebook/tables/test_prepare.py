"""Preparing snapshots: what is refused, what is said, what remains on disk."""

import csv
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from huiqi.rulebook.bulk.snapshot import SnapshotWriter
from huiqi.rulebook.problems import Problem, Severity
from huiqi.rulebook.tables import Counted, Prepared, prepare, write_problems
from tests.rulebook.tables.region import credit_code, region, vocabulary, write_csv
from tests.rulebook.tables.test_keys import resident_id

KEY = "统一社会信用代码"
ONE, TWO, THREE, FOUR = (credit_code(number) for number in range(1, 5))
RESIDENT = resident_id("140581", "19900101", "123")


def run(folder: Path, files: dict[str, str | bytes], **options: Any) -> Prepared:
    source = folder / "in"
    source.mkdir(exist_ok=True)
    for name, data in files.items():
        path = source / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return prepare(source, folder / "out", vocabulary(), **options)


def shown(result: Prepared) -> list[tuple[str, str, int, str]]:
    return [(item.code, item.file, item.line, item.found) for item in result.problems]


def frame(result: Prepared, table: str, part: int = 0) -> pl.DataFrame:
    assert result.snapshot is not None
    return pl.read_parquet(result.snapshot.path(table, part))


def test_bad_rows_are_refused_and_good_rows_go_on(tmp_path: Path) -> None:
    bad = ONE[:17] + ("0" if ONE[17] != "0" else "1")
    result = run(
        tmp_path,
        {
            "企业.csv": f"{KEY},名称,从业人员\n{ONE},甲,3\n{TWO},乙,三\n{bad},丙,3\n,丁,3\n{ONE},戊,3\n"
                      f"{THREE},己,-1\n{FOUR},庚,4\n",
            "认定.csv": f"认定编号,企业,发证日期\nA,{ONE},2024-1-1\nB,{TWO},2024-1-1\n"
                      f"C,{credit_code(99)},2024-1-1\nD,,2024-1-1\nA,{FOUR},2024-1-1\n"
                      f"E,{FOUR},2024-2-30\nF,{FOUR},2024-1-1\n",
        },
    )  # fmt: skip
    assert shown(result) == [
        ("bad-cell", "企业.csv", 3, "三"),
        ("bad-key", "企业.csv", 4, bad),
        ("blank-key", "企业.csv", 5, ""),
        ("bad-cell", "企业.csv", 7, "-1"),
        ("blank-key", "认定.csv", 5, ""),
        ("bad-cell", "认定.csv", 7, "2024-2-30"),
        ("duplicate-key", "企业.csv", 6, ONE),
        ("duplicate-key", "认定.csv", 6, "A"),
        ("owner-missing", "认定.csv", 3, TWO),
        ("owner-missing", "认定.csv", 4, credit_code(99)),
    ]
    assert dict(result.tables) == {"企业": Counted(7, 2), "认定": Counted(7, 2)}
    assert frame(result, "企业").select("_id", KEY).rows() == [(0, ONE), (1, FOUR)]
    assert frame(result, "认定").select("_owner", "认定编号").rows() == [(0, "A"), (1, "F")]
    messages = [item.message for item in result.problems]
    assert messages[6] == f"“{ONE}”在 企业.csv 第2行已经有了，这一行没有读入"
    assert messages[8] == f"“{TWO}”在 企业.csv 第3行没有读入，这一行也没有读入"
    assert messages[9] == f"“企业”里没有“{credit_code(99)}”，这一行没有读入"
    columns = [(item.column, item.field) for item in result.problems]
    assert columns[0] == (3, "从业人员")
    assert columns[8] == (2, "企业")


def test_every_problem_stands_in_the_file(tmp_path: Path) -> None:
    lines = "".join(f"{credit_code(number)},=1+{number}\n" for number in range(50))
    result = run(tmp_path, {"企业.csv": f"{KEY},从业人员\n{lines}"}, limit=7)
    assert len(result.problems) == 7
    assert result.total(Severity.ERROR) == 50
    assert result.counts == {("错误", "bad-cell", "企业.csv", "从业人员"): 50}
    path = tmp_path / "out" / "problems.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["行"], row["内容"]) for row in rows] == [
        (str(number + 2), f"'=1+{number}") for number in range(50)
    ]
    assert rows[0] == {
        "级别": "错误", "文件": "企业.csv", "行": "2", "列": "2", "字段": "从业人员", "内容": "'=1+0",
        "问题": "“=1+0”是没有算出结果的公式；在表格软件里打开，保存一次再交", "处理": "应填整数，单位是人", "代码": "bad-cell",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "cell"),
    [("-5", "-5"), ("-1,200.5万元", "-1,200.5万元"), ("-2+3", "'-2+3"), ("=A1", "'=A1"), ("+1", "'+1"),
     ("-", "-"), ("甲=乙", "甲=乙")],
)  # fmt: skip
def test_no_cell_of_the_report_is_a_formula(tmp_path: Path, found: str, cell: str) -> None:
    write_problems([Problem("a", "", found=found)], tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert next(csv.DictReader(stream))["内容"] == cell


def test_problems_are_written_as_a_table(tmp_path: Path) -> None:
    problems = [
        Problem("a", "甲\n乙", "丙", "表.csv", 3, 2, "列", "@x"),
        Problem("b", "丁", found="-5"),
    ]
    assert write_problems(problems, tmp_path / "p.csv") == 2
    with (tmp_path / "p.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[1:] == [
        ["错误", "表.csv", "3", "2", "列", "'@x", "甲\n乙", "丙", "a"],
        ["错误", "", "0", "0", "", "-5", "丁", "", "b"],
    ]


# -------------------------------------------------------------------- parts and links


def test_several_files_of_a_table_and_parts(tmp_path: Path) -> None:
    keys = [credit_code(number) for number in range(25)]
    files: dict[str, str | bytes] = {
        f"企业-{part}.csv": "\n".join([KEY, *keys[10 * (part - 1) : 10 * part]]) for part in (1, 2)
    }
    files["企业/其余.csv"] = "\n".join([f"{KEY},从业人员", *(f"{key},7" for key in keys[20:])])
    files["认定.csv"] = "\n".join(
        ["认定编号,企业", *(f"T{place},{key}" for place, key in enumerate(reversed(keys)))]
    )
    result = run(tmp_path, files, part_rows=10)
    assert result.problems == ()
    assert result.snapshot is not None
    assert dict(result.snapshot.tables) == {"企业": [10, 10, 5], "认定": [10, 10, 5]}
    found = []
    for part in range(3):
        subjects, events = frame(result, "企业", part), frame(result, "认定", part)
        assert subjects["_id"].to_list() == list(range(10 * part, 10 * part + subjects.height))
        assert events["_owner"].to_list() == list(range(events.height))
        found += subjects[KEY].gather(events["_owner"]).to_list()
    # 其余.csv stands first: a folder called 企业 sorts before 企业-1.csv.
    assert found == keys[20:] + keys[:20]


def test_a_part_without_events_is_there(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        {"企业.csv": f"{KEY}\n{ONE}\n{TWO}\n{THREE}\n", "认定.csv": f"认定编号,企业\nA,{THREE}\n"},
        part_rows=1,
    )
    assert result.snapshot is not None
    assert list(result.snapshot.tables["认定"]) == [0, 0, 1]
    assert frame(result, "认定", 0).columns == ["_owner", "认定编号"]


def test_links(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        {
            "企业.csv": f"{KEY}\n{ONE}\n{TWO}\n",
            "载体.csv": f"载体编号,运营单位\nZ1,{TWO}\nZ2,\nZ3,{THREE}\nZ4,123\n",
            "人员.csv": f"居民身份证号码,创办企业\n{RESIDENT.lower()},{ONE}\n",
        },
    )  # fmt: skip
    assert shown(result) == [
        ("bad-key", "载体.csv", 5, "123"), ("link-missing", "载体.csv", 4, THREE),
    ]  # fmt: skip
    assert [str(item.severity) for item in result.problems] == ["错误", "提醒"]
    assert frame(result, "载体")["_to.运营单位"].to_list() == [1, None, None]
    assert frame(result, "人员").select("_to.创办企业", "居民身份证号码").rows() == [(0, RESIDENT)]


def test_a_link_to_a_table_that_is_not_there(tmp_path: Path) -> None:
    result = run(tmp_path, {"载体.csv": f"载体编号,运营单位\nZ1,{TWO}\n"})
    assert shown(result) == [("link-table-missing", "载体.csv", 1, "")]
    assert frame(result, "载体")["_to.运营单位"].to_list() == [None]


def test_payments(tmp_path: Path) -> None:
    same = "机构.csv"
    result = run(
        tmp_path,
        {
            "企业.csv": f"{KEY}\n{ONE}\n{TWO}\n", same: f"{KEY}\n{TWO}\n{THREE}\n",
            "拨付.csv": "主体,主体表,支持,金额,日期\n"
                      f"{ONE},,p/a,20万元,2024-1-1\n{TWO},,p/a,1元,2024-1-1\n"
                      f"{TWO},机构,p/a,2元,2024-1-1\n{THREE},,p/a,3元,2024-1-1\n"
                      f"{FOUR},,p/a,4元,2024-1-1\n{ONE},公司,p/a,5元,2024-1-1\n"
                      f"{ONE},企业,pa,6元,2024-1-1\n{ONE},,p/a,,2024-1-1\n{ONE},,p/a,7,2024-1-1\n",
        },
    )  # fmt: skip
    assert result.snapshot is not None
    paid = pl.read_parquet(result.snapshot.folder / "paid.parquet")
    assert paid.select("主体表", "主体", "支持", "事项", "金额").rows() == [
        ("企业", 0, "p/a", "", 20_000_000), ("机构", 0, "p/a", "", 200), ("机构", 1, "p/a", "", 300),
    ]  # fmt: skip
    assert sorted((item.line, item.code, item.field) for item in result.problems) == [
        (3, "bad-payment", "主体"), (6, "bad-payment", "主体"), (7, "bad-payment", "主体表"),
        (8, "bad-payment", "支持"), (9, "bad-cell", "金额"), (10, "bad-cell", "金额"),
    ]  # fmt: skip
    assert result.tables["拨付"] == Counted(9, 3)


def test_payments_of_supports_that_are_not_there(tmp_path: Path) -> None:
    """A slip would be paid again; of a policy that isn't there any more nothing can be paid."""
    rows = [f"{KEY},某-1/首次奖励,1元", f"{KEY},某-1/首次奖厉,2元", f"{KEY},old/首次奖励,3元"]
    text = "主体,支持,金额,日期\n" + "".join(f"{row},2024-1-1\n" for row in rows)
    files: dict[str, str | bytes] = {
        "企业.csv": f"{KEY}\n{ONE}\n", "拨付.csv": text.replace(KEY, ONE),
    }  # fmt: skip
    result = run(tmp_path, files, supports={"某-1/首次奖励": "", "某-1/再次奖励": ""})
    assert result.snapshot is not None
    paid = pl.read_parquet(result.snapshot.folder / "paid.parquet")
    assert paid.select("支持", "金额").rows() == [("某-1/首次奖励", 100), ("old/首次奖励", 300)]
    assert [
        (item.severity, item.line, item.column, item.message, item.remedy)
        for item in result.problems
    ] == [
        (Severity.ERROR, 3, 2, "“某-1”里没有“首次奖厉”这项支持", "是不是想写“首次奖励”、“再次奖励”？"),
        (Severity.WARNING, 4, 2, "没有“old”这份政策，这笔不影响测算", "已停用的政策不用管；否则核对政策编号"),
    ]  # fmt: skip
    assert result.tables["拨付"] == Counted(3, 2)


def test_payments_of_an_item_that_is_not_there_are_said(tmp_path: Path) -> None:
    """They count towards caps, but do not keep the same item from being paid again."""
    paid = "".join(f"{ONE},某-1/{name},{item},1元,2024-1-1\n" for name, item in (
        ("每证奖励", "A"), ("每证奖励", "Z"), ("每证奖励", ""), ("每年奖励", ""), ("每年奖励", "Z"),
    ))  # fmt: skip
    files: dict[str, str | bytes] = {
        "企业.csv": f"{KEY}\n{ONE}\n", "认定.csv": f"认定编号,企业\nA,{ONE}\n",
        "拨付.csv": f"主体,支持,事项,金额,日期\n{paid}",
    }  # fmt: skip
    result = run(tmp_path, files, supports={"某-1/每证奖励": "认定", "某-1/每年奖励": ""})
    assert [
        (item.severity, item.line, item.field, item.found, item.message) for item in result.problems
    ] == [
        (Severity.WARNING, 4, "支持", "某-1/每证奖励", "没写事项：“认定”每项只给一次，不写就挡不住同一项再给"),
        (Severity.WARNING, 3, "事项", "Z", "“认定”里没有“Z”，这笔挡不住同一项再给"),
    ]  # fmt: skip
    assert result.tables["拨付"] == Counted(5, 5)


def test_titles_between_rows_are_said_and_firms_without_a_code_refused(tmp_path: Path) -> None:
    text = f"序号,乡镇,{KEY},名称\n一,米山镇,,\n1,,{ONE},甲\n2,,,乙\n3,新公司,,\n小计,1,,\n"
    result = run(tmp_path, {"企业.csv": text})
    assert sorted((item.line, item.code, item.severity) for item in result.problems) == [
        (1, "unknown-column", Severity.WARNING), (2, "skipped-title", Severity.WARNING),
        (4, "blank-key", Severity.ERROR), (5, "blank-key", Severity.ERROR),
        (6, "skipped-total", Severity.WARNING),
    ]  # fmt: skip
    assert result.tables["企业"] == Counted(3, 1)


def test_headings_that_come_again_must_be_the_same(tmp_path: Path) -> None:
    text = f"{KEY},名称,从业人员\n{ONE},甲,1\n{KEY},,从业人员\n{TWO},乙,2\n"
    result = run(tmp_path, {"企业.csv": text})
    assert [item.code for item in result.problems] == ["skipped-heading"]
    assert frame(result, "企业")["从业人员"].to_list() == [1, 2]
    other = f"{text}{KEY},从业人员,名称\n{THREE},3,丙\n"
    result = run(tmp_path, {"企业.csv": other})
    assert result.snapshot is None
    assert shown(result)[-1] == ("second-table", "企业.csv", 5, "从业人员")


def test_derived_facts_may_be_given(tmp_path: Path) -> None:
    result = run(tmp_path, {"enterprise.csv": f"{KEY},成立满三年\n{ONE},是\n"})
    assert frame(result, "企业")["成立满三年"].to_list() == [True]


def test_a_table_with_headings_only(tmp_path: Path) -> None:
    result = run(tmp_path, {"企业.csv": f"{KEY},名称\n", "认定.csv": "认定编号,企业\n"})
    assert [item.code for item in result.problems] == ["table-without-rows"] * 2
    assert result.snapshot is not None
    assert dict(result.snapshot.tables) == {"企业": [0], "认定": [0]}


# -------------------------------------------------------------------- Parquet


def test_parquet_columns_that_cannot_be_read(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    pl.DataFrame(
        {KEY: [ONE, TWO], "上年营业收入": [1, 2], "利润总额（元）": [1.25, 1.234], "从业人员": [[1], [2]],
         "成立日期": ["2024-1-1", None]}
    ).write_parquet(source / "企业.parquet")  # fmt: skip
    result = prepare(source, tmp_path / "out", vocabulary())
    assert [(item.code, item.line, item.field) for item in result.problems] == [
        ("column-type", 0, "上年营业收入"), ("column-type", 0, "从业人员"),
        ("bad-cell", 2, "利润总额（元）"),
    ]  # fmt: skip
    assert frame(result, "企业").select(KEY, "利润总额").rows() == [(ONE, 125)]
    pl.DataFrame({KEY: [9.14e17]}).write_parquet(source / "企业.parquet")
    again = prepare(source, tmp_path / "out", vocabulary())
    assert [item.code for item in again.problems] == ["column-type"]
    assert again.snapshot is None


def test_rates_that_look_like_fractions_are_said(tmp_path: Path) -> None:
    result = run(tmp_path, {"企业.csv": f"{KEY},研发强度（%）\n{ONE},0.05\n{TWO},0.1\n"})
    assert [item.code for item in result.problems] == ["rate-fractions"]
    assert frame(result, "企业")["研发强度"].to_list() == [500, 1000]


# -------------------------------------------------------------------- nothing half-written


FATAL: dict[str, tuple[dict[str, str | bytes], str]] = {
    "no file": ({}, "no-tables"),
    "other files": ({"说明.docx": "x", "别的.csv": "a,b"}, "no-tables"),
    "empty": ({"企业.csv": ""}, "table-empty"),
    "no key": ({"企业.csv": "名称,从业人员\n甲,1\n"}, "table-without-key"),
    "key twice": ({"企业.csv": f"{KEY},名称,{KEY}\n{ONE},甲,{ONE}\n"}, "column-twice"),
    "no owner": ({"认定.csv": f"认定编号,企业\nA,{ONE}\n"}, "owner-table-missing"),
    "broken": ({"企业.parquet": b"PAR1xxxx"}, "parquet-broken"),
    "quotes": ({"企业.csv": f'{KEY},名称\n{ONE},"甲\n' + "乙,丙\n" * 300_000}, "csv-broken"),
    "one of two": ({"企业.csv": f"{KEY}\n{ONE}\n", "机构.csv": ""}, "table-empty"),
}


@pytest.mark.parametrize("name", FATAL)
def test_after_a_fatal_problem_nothing_remains(tmp_path: Path, name: str) -> None:
    files, code = FATAL[name]
    result = run(tmp_path, files)
    assert result.snapshot is None
    assert code in [item.code for item in result.problems if item.severity is Severity.ERROR]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_all_files_are_looked_at_after_a_fatal_problem(tmp_path: Path) -> None:
    result = run(
        tmp_path, {"企业.csv": "名称\n甲\n", "机构.csv": "", "载体.csv": "载体编号,面积\nZ,很多\n"}
    )
    assert [item.code for item in result.problems if item.severity is Severity.ERROR] == [
        "table-without-key", "table-empty", "bad-cell",
    ]  # fmt: skip


def test_which_files_are_read(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        {"企业 (1).csv": f"{KEY}\n{ONE}\n", "Enterprise_2.csv": f"{KEY}\n{TWO}\n",
         "企业（3）.txt": f"{KEY}\n{THREE}\n", "~$企业.xlsx": b"", ".hidden": b"", "企叶.csv": "a",
         "说明.docx": b"", "旧/企业.csv": f"{KEY}\n{FOUR}\n"},
    )  # fmt: skip
    assert frame(result, "企业")[KEY].to_list() == [TWO, ONE, THREE]
    assert [(item.code, item.file) for item in result.problems] == [
        ("unknown-file", "企叶.csv"), ("unknown-file", "旧"), ("unknown-file", "说明.docx"),
    ]  # fmt: skip
    assert result.problems[0].remedy == "是不是想写“企业”？"
    single = prepare(tmp_path / "in" / "企叶.csv", tmp_path / "other", vocabulary())
    assert [item.code for item in single.problems] == ["unknown-file", "no-tables"]


def test_a_source_that_is_missing_or_a_place_that_is_taken(tmp_path: Path) -> None:
    words = vocabulary()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "企业.csv").write_text(f"{KEY}\n{ONE}\n", "utf-8")
    missing = prepare(tmp_path / "none", tmp_path / "out", words)
    assert [item.code for item in missing.problems] == ["source-missing"]
    inside = prepare(tmp_path / "in", tmp_path / "in" / "out", words)
    assert [item.code for item in inside.problems] == ["out-inside-source"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep", "utf-8")
    taken = prepare(tmp_path / "in", tmp_path / "out", words)
    assert [item.code for item in taken.problems] == ["out-exists"]
    assert (tmp_path / "out" / "mine.txt").read_text("utf-8") == "keep"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "企业.csv").write_text(f"{KEY}\n{ONE}\n", "utf-8")
    (tmp_path / "closed").mkdir(mode=0o500)
    result = prepare(tmp_path / "in", tmp_path / "closed" / "out", vocabulary())
    assert [item.code for item in result.problems] == ["io"]


def test_a_snapshot_is_replaced_whole(tmp_path: Path) -> None:
    first = run(tmp_path, {"企业.csv": f"{KEY}\n{ONE}\n", "机构.csv": f"{KEY}\n{TWO}\n"})
    assert first.snapshot is not None
    (tmp_path / "in" / "机构.csv").unlink()
    kept = run(tmp_path, {"企业.csv": "名称\n甲\n"})
    assert kept.snapshot is None
    assert frame(first, "机构").height == 1  # the old one stays as long as there is no new one
    second = run(tmp_path, {"企业.csv": f"{KEY}\n{THREE}\n"})
    assert frame(second, "企业")[KEY].to_list() == [THREE]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "enterprise", "problems.csv", "snapshot.json",
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_a_snapshot_is_opened_where_it_is(tmp_path: Path) -> None:
    writer = SnapshotWriter(tmp_path / "ready", vocabulary())
    writer.write("企业", 0, pl.DataFrame({"_id": [0], KEY: [ONE]}))
    writer.close()
    result = prepare(tmp_path / "ready", tmp_path / "out", vocabulary())
    assert result.snapshot is not None
    assert result.snapshot.folder == tmp_path / "ready"
    assert dict(result.tables) == {"企业": Counted(1, 1)}
    assert not (tmp_path / "out").exists()


def test_progress_only_grows_and_ends(tmp_path: Path) -> None:
    write_csv(region(50), tmp_path / "in")
    told: list[tuple[str, float]] = []
    prepare(tmp_path / "in", tmp_path / "out", vocabulary(),
            on_progress=lambda what, share: told.append((what, share)))  # fmt: skip
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[0] == ("读入 企业.csv", 0.0)
    assert told[-1] == ("完成", 1.0)


def test_an_instant_is_the_day_it_was_in_china(tmp_path: Path) -> None:
    instant = pl.Series("成立日期", [datetime(2026, 3, 4, 16, tzinfo=UTC)])
    frame = pl.DataFrame([pl.Series("统一社会信用代码", [credit_code(1)]), instant])
    frame.write_parquet(tmp_path / "企业.parquet")
    result = prepare(tmp_path / "企业.parquet", tmp_path / "out", vocabulary())
    assert result.snapshot is not None
    read = pl.read_parquet(result.snapshot.path("企业", 0))
    assert read["成立日期"].to_list() == [date(2026, 3, 5)]
