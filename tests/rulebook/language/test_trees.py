"""Trees: intervals, history, names, and every fault of a file reported with its line."""

import pickle
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiqi.rulebook.language.trees import Tree, TreeError, TreeNode, build_tree, load_tree
from huiqi.rulebook.problems import Problem

REFERENCE = Path(__file__).resolve().parents[3] / "policies" / "reference"
HEADINGS = "代码,名称,全称,上级代码,层级,别名,启用日期,停用日期,继任代码,备注"


@pytest.fixture(scope="module")
def regions() -> Tree:
    tree, problems = load_tree(REFERENCE / "regions.csv", "行政区划")
    assert problems == []
    return tree


@pytest.fixture(scope="module")
def industries() -> Tree:
    tree, problems = load_tree(REFERENCE / "industries.csv", "国民经济行业")
    assert problems == []
    return tree


def found(tree: Tree, text: str) -> str:
    """The code found, or the problem's code."""
    answer = tree.find(text)
    return answer.code


def written(folder: Path, *rows: str, headings: str = HEADINGS) -> Path:
    path = folder / "tree.csv"
    path.write_text("\n".join((headings, *rows)) + "\n", encoding="utf-8")
    return path


def faults(path: Path) -> list[tuple[str, int]]:
    _, problems = load_tree(path, "行政区划")
    assert {problem.file for problem in problems} <= {str(path)}
    return [(problem.code, problem.line) for problem in problems]


# --- places and intervals ---------------------------------------------------------------------------


def test_inside_is_an_interval_of_positions(regions: Tree) -> None:
    first, end = regions.interval("140400")
    inside = {node.code for node in regions.nodes[first:end]}
    assert inside == {
        "140400", "140402", "140403", "140404", "140405", "140406", "140411", "140421", "140423",
        "140424", "140425", "140426", "140427", "140428", "140429", "140430", "140431", "140481",
    }  # fmt: skip
    assert regions.position("140400") == first
    assert regions.positions()["140400"] == first


def test_contains_is_of_itself_upwards_and_not_across(regions: Tree) -> None:
    assert regions.contains("140000", "140581") is True
    assert regions.contains("140500", "140581") is True
    assert regions.contains("140581", "140581") is True
    assert regions.contains("140581", "140500") is False
    assert regions.contains("140400", "140581") is False
    assert regions.contains("100000", "410000") is True


def test_an_old_code_belongs_to_its_successor(regions: Tree) -> None:
    assert regions.contains("140404", "140421") is True
    assert regions.contains("140403", "140411") is True
    assert regions.contains("140400", "140421") is True
    assert regions.contains("140421", "140404") is False
    assert regions.contains("140403", "140421") is False


def test_ancestor_gives_the_division_that_holds_it_now(regions: Tree) -> None:
    def code(of: str, level: str) -> str | None:
        node = regions.ancestor(of, level)
        return node.code if node else None

    assert code("140581", "地级") == "140500"
    assert code("140581", "县级") == "140581"
    assert code("140421", "县级") == "140404"
    assert code("140421", "地级") == "140400"
    assert code("140421", "国家") == "100000"
    assert code("140400", "县级") is None
    assert code("410000", "地级") is None


def test_ancestor_of_what_belonged_to_an_abolished_city() -> None:
    tree = build_tree(
        "行政区划",
        [
            TreeNode("1", "省", "省", "省级"),
            TreeNode("11", "新市", "新市", "地级", parent="1"),
            TreeNode("10", "旧地区", "旧地区", "地级", "1", "11", valid_to=date(2003, 1, 1)),
            TreeNode("101", "县", "县", "县级", parent="10"),
        ],
    )
    city = tree.ancestor("101", "地级")
    assert city is not None
    assert city.code == "11"
    assert tree.contains("11", "101") is True


def test_successors_are_followed_to_the_last() -> None:
    gone = date(2010, 1, 1)
    tree = build_tree(
        "行政区划",
        [
            TreeNode("1", "甲县", "甲县", "县级", successor="2", valid_to=gone),
            TreeNode("2", "甲市", "甲市", "县级", successor="3", valid_to=date(2015, 1, 1)),
            TreeNode("3", "甲区", "甲区", "县级"),
            TreeNode("4", "乙县", "乙县", "县级", valid_to=gone),
        ],
    )
    assert [tree.succeeded(code).code for code in "1234"] == ["3", "3", "3", "4"]
    assert tree.interval("3") == (0, 3)


def test_unknown_codes_are_a_domain_error_with_a_message(regions: Tree) -> None:
    with pytest.raises(TreeError) as caught:
        regions.position("149999")
    assert caught.value.problem.code == "tree-unknown"
    assert caught.value.problem.found == "149999"
    for ask in (regions.interval, regions.succeeded):
        with pytest.raises(TreeError):
            ask("149999")
    with pytest.raises(TreeError):
        regions.contains("140000", "149999")
    assert regions.get("149999") is None


def test_a_tree_can_be_sent_to_another_process(regions: Tree) -> None:
    again = pickle.loads(pickle.dumps(regions))
    assert again == regions
    assert again.interval("140400") == regions.interval("140400")
    assert len(again) == 174


# --- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("140581", "140581"),
        ("１４０５８１", "140581"),
        ("高平市", "140581"),
        ("高平", "140581"),
        ("山西省晋城市高平市", "140581"),
        ("晋城市高平市", "140581"),
        ("山西省高平市", "140581"),
        (" 山西省 高平市 ", "140581"),
        ("长治市城区", "140402"),
        ("山西省长治市城区", "140402"),
        ("晋城市城区", "140502"),
        ("大同市矿区", "140203"),
        ("阳泉市矿区", "140303"),
        ("太谷县", "140726"),
        ("太谷", "140703"),
        ("长治县", "140421"),
        ("长治", "140400"),
        ("全国", "100000"),
        ("内蒙古", "150000"),
        ("新疆维吾尔自治区", "650000"),
    ],
)
def test_names_of_divisions(regions: Tree, text: str, code: str) -> None:
    assert found(regions, text) == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("城区", {"140202", "140302", "140402", "140502"}),
        ("郊区", {"140311", "140411"}),
        ("矿区", {"140203", "140303"}),
        ("山西省郊区", {"140311", "140411"}),
    ],
)
def test_a_name_of_several_lists_them(regions: Tree, text: str, codes: set[str]) -> None:
    answer = regions.find(text)
    assert isinstance(answer, Problem)
    assert answer.code == "tree-ambiguous"
    assert answer.found == text
    assert {node.code for node in regions.nodes if node.code in answer.message} == codes
    assert text not in regions.names()


def test_the_example_among_several_is_one_that_still_exists(regions: Tree) -> None:
    answer = regions.find("城区")
    assert isinstance(answer, Problem)
    assert answer.remedy == "写明是哪一个，例如“山西省阳泉市城区”或代码"


def test_an_unknown_name_suggests_what_is_near(regions: Tree) -> None:
    answer = regions.find("高平县")
    assert isinstance(answer, Problem)
    assert answer.code == "tree-unknown"
    assert "“高平市”" in answer.remedy
    nothing = regions.find("Springfield")
    assert isinstance(nothing, Problem)
    assert "行政区划" in nothing.remedy
    assert isinstance(regions.find(""), Problem)


def test_every_name_for_the_lexer_is_found_and_longest_come_first(
    regions: Tree, industries: Tree
) -> None:
    for tree in (regions, industries):
        names = tree.names()
        assert len(names) == len(set(names))
        assert [len(name) for name in names] == sorted((len(name) for name in names), reverse=True)
        assert [name for name in names if not isinstance(tree.find(name), TreeNode)] == []
    assert "长治市城区" in regions.names()
    assert "140581" not in regions.names()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("C", "C"),
        ("c", "C"),
        ("制造业", "C"),
        ("39", "39"),
        ("C39", "39"),
        ("K702", "702"),
        ("物业管理", "702"),
        ("农林牧渔业", "A"),
        ("教育", "P"),
        ("83", "83"),
        ("房地产业", "K"),
        ("国际组织", "T"),
        ("卫生", "84"),
    ],
)
def test_names_of_industries(industries: Tree, text: str, code: str) -> None:
    assert found(industries, text) == code


def test_a_rule_cannot_be_widened_by_a_finer_code(industries: Tree, regions: Tree) -> None:
    assert found(industries, "3912") == "tree-unknown"
    assert found(industries, "D39") == "tree-unknown"
    assert found(regions, "410105") == "tree-unknown"


@pytest.mark.parametrize(
    ("code", "home"),
    [
        ("3912", "39"),
        ("C3912", "39"),
        ("c3912", "39"),
        ("D3912", "tree-unknown"),
        ("39", "39"),
        ("C39", "39"),
        ("D39", "tree-unknown"),
        ("7020", "702"),
        ("K7020", "702"),
        ("70", "70"),
        ("7050", "tree-unknown"),
        ("5910", "591"),
        ("C", "C"),
        ("9", "tree-unknown"),
        ("98", "tree-unknown"),
        ("软件", "tree-unknown"),
    ],
)
def test_finer_industry_codes_have_a_home(industries: Tree, code: str, home: str) -> None:
    assert industries.locate(code).code == home


@pytest.mark.parametrize(
    ("code", "home"),
    [
        ("410105", "410000"),
        ("140581", "140581"),
        ("140581001", "140581"),
        ("140581000000", "140581"),
        ("140421101", "140421"),
        ("140403001", "140403"),
        ("140199", "tree-unknown"),
        ("142301", "tree-unknown"),
        ("999999", "tree-unknown"),
        ("", "tree-unknown"),
    ],
)
def test_finer_region_codes_have_a_home(regions: Tree, code: str, home: str) -> None:
    assert regions.locate(code).code == home


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("高平市河西镇", "140581"), ("晋城市高平市 南城街道办事处", "140581"), ("襄垣县古韩镇", "140423"),
        ("长治县韩店镇", "140421"), ("河南省郑州市金水区", "410000"), ("河南省郑州市", "410000"),
        # 长治市 and 山西省 are listed in full; 城区 is in several cities; a street is no division.
        ("长治市某某镇", None), ("山西省某某市", None), ("城区东街街道", None), ("高平市新建路12号", None),
        ("高平市开发区", None), ("河西镇", None), ("某某镇", None),
    ],
)  # fmt: skip
def test_finer_names_belong_to_what_they_begin_with(
    regions: Tree, text: str, home: str | None
) -> None:
    found = regions.host(text)
    assert (found and found.code) == home


# --- faults of the file -----------------------------------------------------------------------------


def test_a_missing_file_an_empty_one_and_a_wrong_encoding(tmp_path: Path) -> None:
    tree, problems = load_tree(tmp_path / "none.csv", "行政区划")
    assert [problem.code for problem in problems] == ["csv-missing"]
    assert len(tree) == 0
    assert tree.names() == ()
    path = tmp_path / "tree.csv"
    path.write_bytes(b"")
    assert faults(path) == [("csv-empty", 1)]
    path.write_text(HEADINGS + "\n", encoding="utf-8")
    assert faults(path) == [("csv-empty", 1)]
    path.write_bytes("code,名称\n1,甲\n".encode("gb18030"))
    assert faults(path) == [("csv-encoding", 1)]
    path.write_bytes(b"a,b\n1,2\n" + "甲".encode("gb18030"))
    assert faults(path) == [("csv-encoding", 3)]
    assert faults(tmp_path) == [("csv-unreadable", 0)]


def test_a_byte_order_mark_and_blank_rows_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "tree.csv"
    path.write_text("代码,名称,上级代码,层级\r\n\r\n1,甲,,省级\r\n,,,\r\n", encoding="utf-8-sig")
    tree, problems = load_tree(path, "行政区划")
    assert problems == []
    assert [node.full_name for node in tree.nodes] == ["甲"]


def test_missing_and_repeated_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "1,甲,省级", headings="代码,名字,层级")
    assert faults(path) == [("csv-column-missing", 1), ("csv-column-missing", 1)]
    path = written(tmp_path, "1,甲,,省级,乙", headings="代码,名称,上级代码,层级,名称")
    assert faults(path) == [("csv-column-repeated", 1)]


def test_rows_too_short_and_open_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, "1,甲", "2,乙,,,省级,,,,,", '3,"丙,,,省级,,,,,', "4,丁,,,省级,,,,,")
    assert faults(path) == [("csv-broken", 4), ("csv-row-width", 2)]
    tree, _ = load_tree(path, "行政区划")
    assert [node.code for node in tree.nodes] == ["2"]


def test_line_numbers_count_lines_inside_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, '1,甲,,,省级,,,,,"一\n二"', "1,乙,,,省级,,,,,")
    assert faults(path) == [("tree-duplicate", 4)]


def test_all_faults_of_the_rows_are_reported_together(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "1,甲,,,省级,,,,,",
        "1,乙,,,省级,,,,,",
        ",丙,,,省级,,,,,",
        "2,,,,省级,,,,,",
        "3,丁,,9,地级,,,,,",
        "4,戊,,1,地级,,2018-13-01,2018/6/19,,",
        "5,己,,1,地级,,2018-06-19,2018-06-19,,",
        "6,庚,,1,地级,,,2018-06-19,99,",
        "7,辛,,1,地级,,,,5,",
        "8,壬,,1,,,,,,",
    )
    assert sorted(faults(path), key=lambda fault: fault[1]) == [
        ("tree-duplicate", 3),
        ("tree-blank", 4),
        ("tree-blank", 5),
        ("tree-parent-unknown", 6),
        ("tree-date", 7),
        ("tree-date", 7),
        ("tree-date-order", 8),
        ("tree-successor-unknown", 9),
        ("tree-successor-without-end", 10),
        ("tree-blank", 11),
    ]
    tree, _ = load_tree(path, "行政区划")
    assert [node.code for node in tree.nodes] == ["1", "4", "5", "6", "7", "8", "3"]


def test_circles_are_reported_once_and_cut(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "1,甲,,2,省级,,,,,",
        "2,乙,,1,省级,,,,,",
        "3,丙,,3,省级,,,,,",
        "4,丁,,1,地级,,,2018-06-19,5,",
        "5,戊,,1,地级,,,2018-06-19,4,",
        "6,己,,1,地级,,,2018-06-19,7,",
        "7,庚,,6,县级,,,,,",
    )
    assert faults(path) == [
        ("tree-circle", 2),
        ("tree-circle", 4),
        ("tree-circle", 5),
        ("tree-circle", 7),
    ]
    tree, _ = load_tree(path, "行政区划")
    assert [node.code for node in tree.nodes] == ["1", "4", "5", "6", "7", "2", "3"]


def test_nodes_that_make_no_tree_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        build_tree("树", [TreeNode("1", "甲", "甲", "省级", parent="1")])
    with pytest.raises(ValueError, match="missing"):
        build_tree("树", [TreeNode("1", "甲", "甲", "省级", parent="2")])


@given(st.lists(st.integers(-1, 30), min_size=1, max_size=31))
def test_contains_agrees_with_walking_up(wanted: list[int]) -> None:
    parents = [min(above, place - 1) for place, above in enumerate(wanted)]
    tree = build_tree(
        "树",
        [
            TreeNode(str(place), f"名{place}", f"名{place}", "级", None if up < 0 else str(up))
            for place, up in enumerate(parents)
        ],
    )

    def above(place: int) -> set[int]:
        home = {place}
        while parents[place] >= 0:
            place = parents[place]
            home.add(place)
        return home

    for inner in range(len(parents)):
        walked = above(inner)
        for outer in range(len(parents)):
            assert tree.contains(str(outer), str(inner)) is (outer in walked)
