"""The reference files themselves: counts, history, size classes and where the numbers come from."""

import csv
import json
import runpy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from huiqi.rulebook.language.calendar import load_calendar
from huiqi.rulebook.language.trees import Tree, load_tree

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "policies" / "reference"
SHARED = ROOT.parent / "shared" / "data"

REGIONS, REGION_PROBLEMS = load_tree(REFERENCE / "regions.csv", "行政区划")
INDUSTRIES, INDUSTRY_PROBLEMS = load_tree(REFERENCE / "industries.csv", "国民经济行业")


def shared(name: str) -> str:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the checkout")
    return path.read_text(encoding="utf-8-sig")


def size_classes() -> dict[str, Any]:
    return yaml.safe_load((REFERENCE / "sme_2011.yaml").read_text(encoding="utf-8"))


def codes(tree: Tree, level: str, *, inside: str = "", current: bool = True) -> set[str]:
    return {
        node.code
        for node in tree.nodes
        if node.level == level
        and node.current is current
        and (not inside or tree.contains(inside, node.code))
    }


# --- regions ----------------------------------------------------------------------------------------


def test_the_tables_have_no_problems() -> None:
    assert REGION_PROBLEMS == []
    assert INDUSTRY_PROBLEMS == []


def test_shanxi_has_11_cities_and_117_counties() -> None:
    assert len(codes(REGIONS, "地级", inside="140000")) == 11
    assert len(codes(REGIONS, "县级", inside="140000")) == 117
    assert len(codes(REGIONS, "省级")) == 34
    counties = {city: len(codes(REGIONS, "县级", inside=city)) for city in codes(REGIONS, "地级")}
    assert counties == {
        "140100": 10, "140200": 10, "140300": 5, "140400": 12, "140500": 6, "140600": 6,
        "140700": 11, "140800": 13, "140900": 14, "141000": 17, "141100": 13,
    }  # fmt: skip


def test_shanxi_agrees_with_the_source() -> None:
    source: dict[str, str] = json.loads(shared("shanxi_gbt2260.json"))
    ours = {
        node.code: node.name
        for node in REGIONS.nodes
        if node.current and REGIONS.contains("140000", node.code)
    }
    assert ours == source


def test_full_names_are_the_names_from_the_province_down() -> None:
    for node in REGIONS.nodes:
        names, above = [node.name], node.parent
        while above is not None and above != "100000":
            upper = REGIONS.nodes[REGIONS.position(above)]
            names.append(upper.name)
            above = upper.parent
        assert node.full_name == "".join(reversed(names))


def test_codes_follow_the_division_they_belong_to() -> None:
    for node in REGIONS.nodes:
        if node.level == "县级":
            assert node.parent == node.code[:4] + "00"
        elif node.level == "地级":
            assert node.parent == node.code[:2] + "0000"


def test_history_since_2010() -> None:
    history = {
        node.code: (node.full_name, node.valid_to.year, node.successor)
        for node in REGIONS.nodes
        if node.valid_to is not None
    }
    assert history == {
        "140202": ("山西省大同市城区", 2018, "140213"),
        "140203": ("山西省大同市矿区", 2018, "140214"),
        "140211": ("山西省大同市南郊区", 2018, "140214"),
        "140227": ("山西省大同市大同县", 2018, "140215"),
        "140402": ("山西省长治市城区", 2018, "140403"),
        "140411": ("山西省长治市郊区", 2018, "140403"),
        "140421": ("山西省长治市长治县", 2018, "140404"),
        "140424": ("山西省长治市屯留县", 2018, "140405"),
        "140481": ("山西省长治市潞城市", 2018, "140406"),
        "140624": ("山西省朔州市怀仁县", 2018, "140681"),
        "140726": ("山西省晋中市太谷县", 2019, "140703"),
    }


def test_successors_begin_when_their_predecessors_end() -> None:
    for node in REGIONS.nodes:
        if node.successor is not None:
            heir = REGIONS.succeeded(node.code)
            assert heir.valid_from == node.valid_to
            assert heir.parent == node.parent
            assert node.valid_to is not None
            assert node.valid_on(node.valid_to - timedelta(days=1)) is True
            assert node.valid_on(node.valid_to) is False
            assert heir.valid_on(node.valid_to) is True
            assert node.note != ""


def test_units_that_the_documents_of_2017_name_are_found() -> None:
    day = date(2017, 12, 1)
    for name in ("长治市城区", "长治市郊区", "长治县", "屯留县", "潞城市", "太谷县", "怀仁县"):
        node = REGIONS.find(name)
        assert node.code in REGIONS.positions(), name
        assert REGIONS.nodes[REGIONS.position(node.code)].valid_on(day) is True


def test_aliases_are_unambiguous() -> None:
    for tree in (REGIONS, INDUSTRIES):
        for node in tree.nodes:
            for alias in node.aliases:
                assert tree.find(alias) is node


# --- industries -------------------------------------------------------------------------------------


def test_20_sections_97_divisions_and_the_groups_needed() -> None:
    assert "".join(sorted(codes(INDUSTRIES, "门类"))) == "ABCDEFGHIJKLMNOPQRST"
    assert codes(INDUSTRIES, "大类") == {f"{number:02}" for number in range(1, 98)}
    assert codes(INDUSTRIES, "中类") == {
        "591", "592", "593", "594", "595", "596", "599", "701", "702", "703", "704", "709",
    }  # fmt: skip


def test_industries_agree_with_the_source() -> None:
    rows = list(csv.DictReader(shared("gbt4754_2017_divisions.csv").splitlines()))
    divisions = {row["大类"]: (row["大类名称"], row["门类"]) for row in rows}
    sections = {row["门类"]: row["门类名称"] for row in rows}
    nodes = INDUSTRIES.nodes
    assert {n.code: (n.name, n.parent) for n in nodes if n.level == "大类"} == divisions
    assert {n.code: n.name for n in nodes if n.level == "门类"} == sections


def test_sections_are_unbroken_runs_of_divisions() -> None:
    runs = {
        node.code: [inner.code for inner in INDUSTRIES.nodes if inner.parent == node.code]
        for node in INDUSTRIES.nodes
        if node.level == "门类"
    }
    assert [code for section in sorted(runs) for code in runs[section]] == [
        f"{number:02}" for number in range(1, 98)
    ]
    assert {section: (run[0], run[-1]) for section, run in runs.items()} == {
        "A": ("01", "05"), "B": ("06", "12"), "C": ("13", "43"), "D": ("44", "46"),
        "E": ("47", "50"), "F": ("51", "52"), "G": ("53", "60"), "H": ("61", "62"),
        "I": ("63", "65"), "J": ("66", "69"), "K": ("70", "70"), "L": ("71", "72"),
        "M": ("73", "75"), "N": ("76", "79"), "O": ("80", "82"), "P": ("83", "83"),
        "Q": ("84", "85"), "R": ("86", "90"), "S": ("91", "96"), "T": ("97", "97"),
    }  # fmt: skip


# --- size classes -----------------------------------------------------------------------------------


def test_every_industry_is_in_one_row_or_not_applicable() -> None:
    data = size_classes()
    holders: dict[str, list[str]] = {}
    for row in data["行业"] + data["不适用"]:
        for code in row["行业代码"]:
            first, end = INDUSTRIES.interval(code)
            for node in INDUSTRIES.nodes[first:end]:
                holders.setdefault(node.code, []).append(row["名称"])
    assert {code: names for code, names in holders.items() if len(names) > 1} == {}
    parents = {node.parent for node in INDUSTRIES.nodes}
    leaves = {node.code for node in INDUSTRIES.nodes if node.code not in parents}
    assert leaves - set(holders) == set()


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("01", "农、林、牧、渔业"),
        ("06", "工业"),
        ("39", "工业"),
        ("46", "工业"),
        ("50", "建筑业"),
        ("51", "批发业"),
        ("52", "零售业"),
        ("53", "铁路运输业"),
        ("54", "交通运输业"),
        ("58", "交通运输业"),
        ("591", "交通运输业"),
        ("592", "仓储业"),
        ("599", "仓储业"),
        ("60", "邮政业"),
        ("63", "信息传输业"),
        ("64", "信息传输业"),
        ("65", "软件和信息技术服务业"),
        ("66", "金融业"),
        ("701", "房地产开发经营"),
        ("702", "物业管理"),
        ("703", "其他未列明行业"),
        ("704", "其他未列明行业"),
        ("72", "租赁和商务服务业"),
        ("75", "其他未列明行业"),
        ("79", "其他未列明行业"),
        ("82", "其他未列明行业"),
        ("83", "其他未列明行业"),
        ("84", "其他未列明行业"),
        ("85", "其他未列明行业"),
        ("90", "其他未列明行业"),
        ("92", "公共管理、社会保障和社会组织"),
    ],
)
def test_the_row_of_an_industry(code: str, row: str) -> None:
    data = size_classes()
    assert [
        item["名称"]
        for item in data["行业"] + data["不适用"]
        if any(INDUSTRIES.contains(outer, code) for outer in item["行业代码"])
    ] == [row]


def test_bounds_agree_with_the_source() -> None:
    units = {"从业人员": "人", "营业收入": "万元", "资产总额": "万元"}
    source = {
        name: {
            size: {measure: f"{bound}{units[measure]}" for measure, bound in bounds.items()}
            for size, bounds in classes.items()
        }
        for name, classes in yaml.safe_load(shared("sme_2011.yaml")).items()
    }
    ours = {row["名称"].replace("、", ""): row["下限"] for row in size_classes()["行业"]}
    assert ours == source


def test_bounds_are_text_with_a_unit_and_fall_from_class_to_class() -> None:
    data = size_classes()
    assert len(data["行业"]) == 16
    for row in data["行业"]:
        large, medium, small = (row["下限"][size] for size in ("大型", "中型", "小型"))
        assert list(row["下限"]) == ["大型", "中型", "小型"]
        assert set(large) == set(medium) == set(small) <= set(data["指标"])
        for measure in large:
            unit = "人" if measure == "从业人员" else "万元"
            texts = [bounds[measure] for bounds in (large, medium, small)]
            assert all(isinstance(text, str) and text.endswith(unit) for text in texts)
            numbers = [int(text.removesuffix(unit)) for text in texts]
            assert numbers == sorted(set(numbers), reverse=True)
    assert all(
        isinstance(code, str) for row in data["行业"] + data["不适用"] for code in row["行业代码"]
    )


# --- working days -----------------------------------------------------------------------------------


def test_published_days_agree_with_the_library() -> None:
    library = pytest.importorskip("chinese_calendar")
    calendar, problems = load_calendar(REFERENCE / "working_days.csv")
    assert problems == []
    day, differing = date(2004, 1, 1), []
    while day.year < 2027:
        if calendar.is_working_day(day) is not library.is_workday(day):
            differing.append(day)
        day += timedelta(days=1)
    assert differing == []


def test_the_script_writes_the_file_again(tmp_path: Path) -> None:
    pytest.importorskip("chinese_calendar")
    script = runpy.run_path(str(ROOT / "scripts" / "make_working_days.py"))
    path = tmp_path / "working_days.csv"
    script["main"](path)
    assert path.read_bytes() == (REFERENCE / "working_days.csv").read_bytes()


def test_the_script_keeps_a_year_entered_by_hand(tmp_path: Path) -> None:
    pytest.importorskip("chinese_calendar")
    script = runpy.run_path(str(ROOT / "scripts" / "make_working_days.py"))
    path = tmp_path / "working_days.csv"
    by_hand = "2027-02-06,放假,春节,国办发明电〔2026〕1号,已公布\n"
    path.write_text("日期,类型,节日,依据,状态\n" + by_hand, encoding="utf-8")
    script["main"](path)
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:4] == "2027"]
    assert rows == [by_hand.strip()]
    assert "2028-10-02,放假,国庆节" in path.read_text(encoding="utf-8")
