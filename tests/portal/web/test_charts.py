"""Charts and the map of counties as values: what is drawn is what the table says."""

import pytest
from django.template.loader import render_to_string

from huiqi.portal.base.rules import library
from huiqi.portal.web import charts

GAOPING, ZEZHOU, SHUOCHENG = "140581", "140525", "140602"


@pytest.mark.parametrize(
    ("fen", "expected"),
    [
        (0, "0元"),
        (2_000_000_000, "2,000万元"),
        (12_345_678, "约12.3万元"),
        (123_456_789_000, "约12.3亿元"),
        (99_950_001, "约100万元"),
        (12_345, "123.45元"),
        (-12_345_678, "约-12.3万元"),
    ],
)
def test_brief_money_says_when_it_is_near_only(fen: int, expected: str) -> None:
    assert charts.brief_money(fen) == expected


def test_the_table_of_a_chart_holds_what_is_drawn() -> None:
    chart = charts.bars(
        "c",
        "测试图",
        ["甲县", "乙县"],
        {"应享": [2_000_000_000, None], "差一步": [0, 5]},
        unit="fen",
    )
    assert chart.option["series"][0]["data"] == [2_000_000_000, None]
    assert chart.head == ["", "应享", "差一步"]
    assert chart.rows == [["甲县", "2,000万元", "0元"], ["乙县", "不详", "0.05元"]]
    assert chart.description == "测试图，共2项，数据见下方表格"


def test_bars_may_lie_and_be_stacked() -> None:
    chart = charts.bars("c", "测试图", ["甲"], {"家": [1]}, unit="家", lying=True, stacked=True)
    assert (chart.option["yAxis"]["type"], chart.option["series"][0]["stack"]) == (
        "category",
        "all",
    )
    assert "legend" not in chart.option


def test_a_line_leaves_a_gap_where_nothing_is_known() -> None:
    chart = charts.lines("c", "测试图", ["2024", "2025"], {"家": [None, 3]}, unit="家")
    assert (chart.option["series"][0]["data"], chart.rows[0]) == ([None, 3], ["2024", "不详"])


def test_counties_stand_under_their_cities_by_depth() -> None:
    values = {GAOPING: 10, ZEZHOU: 0, SHUOCHENG: None, "999999": 3}
    made = charts.tiles("m", "测试", values, library().vocabulary.regions, unit="家")
    shown = [
        (city, [(tile.name, tile.text, tile.depth) for tile in tiles])
        for city, tiles in made.cities
    ]
    assert shown == [
        ("晋城市", [("泽州县", "0家", 0), ("高平市", "10家", 2)]),
        ("朔州市", [("朔城区", "不详", 0)]),
        ("其他", [("999999", "3家", 1)]),
    ]
    assert made.steps == [(1, "3家"), (2, "10家")]
    assert made.data["bounds"] == [3, 10]
    assert made.data["values"][0] == {"code": GAOPING, "name": "高平市", "value": 10}


def test_depths_split_counties_evenly_by_rank() -> None:
    codes = [node.code for node in library().vocabulary.regions.nodes if node.level == "县级"][:10]
    values = {code: (place + 1) ** 3 for place, code in enumerate(codes)}
    made = charts.tiles("m", "测试", values, library().vocabulary.regions)
    depths = sorted(tile.depth for _, tiles in made.cities for tile in tiles)
    assert depths == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_chart_is_drawn_without_inline_script() -> None:
    chart = charts.bars("c", "</script><b>", ["甲"], {"家": [1]}, unit="家")
    page = render_to_string("web/parts/chart.html", {"chart": chart})
    assert 'data-chart="c"' in page
    assert "</script><b>" not in page
    assert page.count("<script") == page.count('type="application/json"') == 1
