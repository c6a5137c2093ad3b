"""Commands over a whole region: demo-data, match, simulate, targets, docs, demo."""

import json
from pathlib import Path

import polars as pl
import pytest

from huiqi.cli.main import run
from tests.cli.running import Huiqi

DAY = "2026-11-22"
FIRST = "gaoping-2022-43/高企首次取得"


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small region in all four styles, made once."""
    folder = tmp_path_factory.mktemp("region")
    for style in ("snapshot", "csv", "xlsx"):
        words = ["--enterprises", "400", "--out", str(folder / style), "--style", style]
        assert run(["demo-data", *words, "--on", DAY, "--json"]) == 0
    return folder


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot with enough enterprises for rare awards."""
    out = tmp_path_factory.mktemp("larger") / "region"
    assert (
        run(["demo-data", "--enterprises", "4000", "--out", str(out), "--on", DAY, "--json"]) == 0
    )
    return out


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# -------------------------------------------------------------------- demo-data


def test_the_same_arguments_make_the_same_data(huiqi: Huiqi, region: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    ran = huiqi("demo-data", "--enterprises", "400", "--out", out, "--on", DAY)
    assert ran.code == 0
    assert files(out) == files(region / "snapshot")


def test_an_empty_place_or_an_earlier_output_is_replaced(huiqi: Huiqi, tmp_path: Path) -> None:
    out = tmp_path / "region"
    for seed in ("1", "2"):
        ran = huiqi("demo-data", "--enterprises", "50", "--out", out, "--seed", seed, "--json")
        assert (ran.code, ran.json["rows"]["企业"]) == (0, 50)
    assert [path.name for path in tmp_path.iterdir()] == ["region"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--enterprises", "-5"], "--enterprises 写得不对：“-5”"),
        (["--enterprises", "1.5"], "--enterprises 写得不对：“1.5”"),
        (["--enterprises", "99,000,000"], "一次最多造 10,000,000 户"),
        (["--enterprises", "5", "--style", "csvv"], "没有样式“csvv”。是不是想写“csv”？"),
        (["--enterprises", "5", "--seed", "x"], "--seed 写得不对：“x”"),
    ],
)
def test_wrong_sizes_and_styles_are_refused(
    huiqi: Huiqi, tmp_path: Path, words: list[str], message: str
) -> None:
    ran = huiqi("demo-data", "--out", tmp_path / "out", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["demo-data", "match", "docs", "demo"])
def test_what_a_person_keeps_in_a_folder_is_left_alone(
    huiqi: Huiqi, region: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    words: dict[str, list[str | Path]] = {
        "demo-data": ["--enterprises", "5"],
        "match": [region / "snapshot"],
        "docs": [],
        "demo": ["--enterprises", "5", "--no-portal"],
    }
    ran = huiqi(command, *words[command], "--out", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "没有动它" in ran.err
    assert files(tmp_path) == {"thesis.txt": b"mine"}


# -------------------------------------------------------------------- match


def matched(huiqi: Huiqi, source: Path, out: Path) -> dict[str, object]:
    ran = huiqi("match", source, "--out", out, "--on", DAY, "--json")
    assert (ran.code, ran.err) == (0, "")
    return dict(ran.json)


def test_tables_give_the_same_budgets_as_the_snapshot(
    huiqi: Huiqi, region: Path, tmp_path: Path
) -> None:
    made = {
        style: matched(huiqi, region / style, tmp_path / style)
        for style in ("snapshot", "csv", "xlsx")
    }
    assert sum(budget["answers"]["应享"] for budget in made["snapshot"]["budgets"]) > 100  # type: ignore[attr-defined]
    for style in ("csv", "xlsx"):
        assert made[style]["budgets"] == made["snapshot"]["budgets"]
        assert (tmp_path / style / "snapshot" / "snapshot.json").is_file()


def test_the_output_folder_holds_everything(huiqi: Huiqi, region: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = matched(huiqi, region / "snapshot", out)
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == sorted(
        ["entitlements", "match.json", "预算.csv", "分组.csv", "缺口.csv", "差一步.csv"]
    )
    saved = json.loads((out / "match.json").read_text("utf-8"))
    assert saved["budgets"] == made["budgets"]
    rows = pl.concat(
        [pl.read_parquet(file) for file in (out / "entitlements").glob("*.parquet")],
        how="vertical_relaxed",
    )
    assert rows.height == made["entitlements"]
    # A second run replaces the first, and leaves nothing beside it.
    matched(huiqi, region / "snapshot", out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_people_read_of_a_run(huiqi: Huiqi, region: Path, tmp_path: Path) -> None:
    ran = huiqi("match", region / "snapshot", "--out", tmp_path / "out", "--on", DAY)
    assert (ran.code, ran.err) == (0, "")
    for words in ("各项支持（万元", "合计（万元；各种形式不相加", "缺的事实", "只差一个条件"):
        assert words in ran.out
    assert all(line == line.rstrip() for line in ran.out.splitlines())


def test_rows_that_cannot_be_read_are_told_and_the_rest_goes_on(
    huiqi: Huiqi, region: Path, tmp_path: Path
) -> None:
    source = tmp_path / "tables"
    source.mkdir()
    for file in (region / "csv").glob("*.csv"):
        (source / file.name).write_bytes(file.read_bytes())
    table = source / "质押融资.csv"
    lines = table.read_text("utf-8-sig").splitlines()
    assert len(lines) > 1
    column = lines[0].split(",").index("放款日期")
    cells = lines[1].split(",")
    cells[column] = "2026-02-30"
    lines[1] = ",".join(cells)
    table.write_text("\n".join(lines) + "\n", "utf-8")
    ran = huiqi("match", source, "--out", tmp_path / "out", "--on", DAY)
    assert ran.code == 1
    assert "质押融资.csv" in ran.err
    assert "2026-02-30" in ran.err
    assert "1 行没有读入" in ran.err
    assert "其中 1 行在“登记完整”的表里" in ran.out
    assert (tmp_path / "out" / "match.json").is_file()
    assert "2026-02-30" in (tmp_path / "out" / "problems.csv").read_text("utf-8-sig")
    made = huiqi("match", source, "--out", tmp_path / "out", "--on", DAY, "--json")
    assert (made.code, made.err, made.json["ok"]) == (1, "", False)
    assert made.json["input"]["tables"]["质押融资"]["refused"] == 1
    assert made.json["input"]["refused_of_complete"] == 1


def test_a_column_that_cannot_be_read_is_an_error_of_the_run(huiqi: Huiqi, tmp_path: Path) -> None:
    source = tmp_path / "tables"
    source.mkdir()
    code = "911401000000000101"
    (source / "企业.csv").write_text(f"统一社会信用代码,从业人员（万元）\n{code},3\n", "utf-8")
    ran = huiqi("match", source, "--out", tmp_path / "out", "--on", DAY)
    assert ran.code == 1
    # The place of a cell is that of a sheet: nothing is marked in the line at a character.
    assert "第1行第2列（从业人员（万元））  错误" in ran.err
    assert "^" not in ran.err


def empty(folder: Path) -> None:
    folder.mkdir()


def no_key(folder: Path) -> None:
    folder.mkdir()
    (folder / "企业.csv").write_text("名称,注册地\n示例,高平市\n", "utf-8")


def binary(folder: Path) -> None:
    folder.mkdir()
    (folder / "企业.xlsx").write_bytes(bytes(range(256)) * 8)


def broken_snapshot(folder: Path) -> None:
    folder.mkdir()
    (folder / "snapshot.json").write_text("{", "utf-8")


def nowhere(folder: Path) -> None:
    return None


@pytest.mark.parametrize("make", [empty, no_key, binary, broken_snapshot, nowhere])
@pytest.mark.parametrize("command", ["match", "targets", "simulate"])
def test_what_cannot_be_read_at_all_is_refused(
    huiqi: Huiqi, tmp_path: Path, make: object, command: str
) -> None:
    source = tmp_path / "source"
    make(source)  # type: ignore[operator]
    before = sorted(path.name for path in tmp_path.iterdir())
    words: dict[str, list[str | Path]] = {
        "match": ["--out", tmp_path / "out"],
        "targets": [],
        "simulate": ["--set", f"{FIRST}.金额=30万元"],
    }
    ran = huiqi(command, source, *words[command])
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


# -------------------------------------------------------------------- simulate


def test_a_changed_amount_is_priced(huiqi: Huiqi, larger: Path, tmp_path: Path) -> None:
    words = ["simulate", larger, "--set", f"{FIRST}.金额=30万元", "--on", DAY]
    ran = huiqi(*words, "--out", tmp_path / "out", "--json")
    assert (ran.code, ran.err) == (0, "")
    [change] = ran.json["supports"]
    assert change["support"] == FIRST
    before, after = change["before"], change["after"]
    assert before["low"] > 0
    assert (after["low"], after["high"]) == (before["low"] * 3 // 2, before["high"] * 3 // 2)
    assert (change["losers"], change["gained"]) == (0, after["low"] - before["low"])
    saved = json.loads((tmp_path / "out" / "simulation.json").read_text("utf-8"))
    assert saved["supports"] == ran.json["supports"]
    by_place = sum(item["low"] for item in ran.json["by"] if item["by"] == "地区")
    assert by_place == change["gained"]


def test_several_changes_and_an_earlier_run(huiqi: Huiqi, larger: Path, tmp_path: Path) -> None:
    source = larger
    first = ["--set", f"{FIRST}.金额=30万元", "--on", DAY, "--out", tmp_path / "out"]
    assert huiqi("simulate", source, *first).code == 0
    ran = huiqi(
        "simulate", source, "--set", f"{FIRST}.金额=25万元",
        "--set", "gaoping-2022-43/质押贷款费用资助.封顶=25万元",
        "--on", DAY, "--against", tmp_path / "out",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert "改前改后（万元）" in ran.out
    assert "知识产权质押贷款费用资助" in ran.out
    assert "与以前的测算比" in ran.out
    wrong = huiqi("simulate", source, *first[:2], "--against", source)
    assert (wrong.code, wrong.out) == (2, "")
    assert "不是保存的测算" in wrong.err


def test_the_same_number_changes_nothing(huiqi: Huiqi, region: Path) -> None:
    ran = huiqi("simulate", region / "snapshot", "--set", f"{FIRST}.奖励=20万元", "--on", DAY)
    assert ran.code == 0
    assert "没有差别" in ran.out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("abc", "不是一项改动"),
        (f"{FIRST}.金颔=3万元", "“金额”"),
        ("gaoping-2022-43/高企首次.金额=3万元", f"“{FIRST}”"),
        (f"{FIRST}.金额=0.001元", "0.001元"),
        (f"{FIRST}.金额=3家", "应是金额"),
        (f"{FIRST}.条件.1=企业.注册点 属于 高平市", "企业.注册点"),
    ],
)
def test_a_wrong_change_is_refused(huiqi: Huiqi, region: Path, change: str, words: str) -> None:
    ran = huiqi("simulate", region / "snapshot", "--set", change)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


# -------------------------------------------------------------------- targets, docs, demo


def test_targets_are_measured(huiqi: Huiqi, region: Path) -> None:
    made = huiqi("targets", region / "snapshot", "--on", DAY, "--json").json
    assert len(made["targets"]) == 68
    found = {(item["policy"], item["target"]): item for item in made["targets"]}
    firms = found[("gaoping-2022-43", "高企数")]
    assert (firms["comparator"], firms["values"], firms["unit"]) == ("超过", ["20"], "家")
    assert int(firms["low"]) <= int(firms["high"])
    assert {item["standing"] for item in made["targets"]} <= {
        "已达到", "未达到", "事实不全，尚不能定", "需填报",
    }  # fmt: skip
    ran = huiqi("targets", region / "snapshot", "--on", DAY)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1].startswith("已达到 ")


def test_docs_are_written(huiqi: Huiqi, policies: Path, tmp_path: Path) -> None:
    ran = huiqi("docs", policies, "--out", tmp_path / "docs", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["documents"], ran.json["supports"]) == (1, 22)
    assert sum(path.suffix != "" for path in (tmp_path / "docs").rglob("*.*")) == ran.json["files"]


def test_the_demonstration_does_the_main_job(huiqi: Huiqi, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    ran = huiqi("demo", "--enterprises", "1500", "--no-portal", "--out", out, "--on", DAY)
    assert (ran.code, ran.err) == (0, "")
    for words in (
        "各项支持（万元",
        "合计（万元",
        "缺的事实",
        "只差一个条件",
        "说明一家企业",
        "应享（",
    ):
        assert words in ran.out
    assert (out / "data" / "snapshot.json").is_file()
    assert (out / "match" / "预算.csv").is_file()
    made = huiqi(
        "demo", "--enterprises", "1500", "--no-portal", "--out", out, "--on", DAY, "--json"
    ).json
    assert made["folder"] == str(out / "match")
    example = made["example"]
    assert example["counts"]["应享"] > 0
    assert made["rows"]["企业"] == 1500


def test_the_example_is_answered_as_in_the_run(huiqi: Huiqi, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    example = huiqi(
        "demo", "--enterprises", "1500", "--no-portal", "--out", out, "--on", DAY, "--json"
    ).json["example"]  # fmt: skip
    rows = pl.concat(
        [pl.read_parquet(file) for file in (out / "match" / "entitlements").glob("*.parquet")],
        how="vertical_relaxed",
    ).select(pl.col("支持", "主体", "事项", "答").cast(pl.String), "下限（分）", "上限（分）")
    live = [item for item in example["supports"] if item["answer"] != "不享"]
    assert live
    for item in live:
        mine = rows.filter(pl.col("支持") == item["support"], pl.col("事项") == item["row_key"])
        assert mine.select("答", "下限（分）", "上限（分）").rows() == [
            (item["answer"], item["low_fen"], item["high_fen"])
        ]
