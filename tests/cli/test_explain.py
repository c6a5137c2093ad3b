"""`huiqi explain`: answers, amounts, questions; wrong facts files with their places."""

from pathlib import Path

import pytest

from tests.cli.running import Huiqi

FIRM = """\
企业:
  名称: 示范科技有限公司
  注册地: 高平市
  行业: 制造业
  从业人员: {值: 35人, 来源: 市统计局, 日期: 2026-06-30}
认定:
  - {名称: 高新技术企业, 级别: 国家级, 认定方式: 首次认定, 发证日期: 2023-10-16, 时注册地: 高平市}
年度经营:
  - {年末日: 2025-12-31, 营业收入: 3.2亿元, 属链主企业: 是, 研发费用: 260万元}
质押融资:
  - {放款日期: 2024-03-01, 已办质押登记: 是, 贷款金额: 300万元, 利息: 15万元, 担保费: 2万元}
"""


@pytest.fixture
def firm(tmp_path: Path) -> Path:
    file = tmp_path / "facts.yaml"
    file.write_text(FIRM, "utf-8")
    return file


def explained(huiqi: Huiqi, file: Path, *words: str) -> dict[str, object]:
    ran = huiqi("explain", "--facts", file, "--on", "2026-11-22", "--json", *words)
    assert (ran.code, ran.err) == (0, "")
    return dict(ran.json)


def test_answers_and_amounts(huiqi: Huiqi, firm: Path) -> None:
    made = explained(huiqi, firm)
    found = {item["support"]: item for item in made["supports"]}  # type: ignore[attr-defined]
    first = found["gaoping-2022-43/高企首次取得"]
    assert (first["answer"], first["low_fen"], first["high_fen"]) == (
        "应享",
        20_000_000,
        20_000_000,
    )
    assert first["source"] == "高发改发〔2022〕43号 第14条 实施高新技术企业倍增计划"
    pledge = found["gaoping-2022-43/质押贷款费用资助"]
    assert (pledge["answer"], pledge["amount"]) == ("应享", "8.5万元—20万元")
    assert [fact["fact"] for fact in pledge["missing"]] == ["质押融资.保险费", "质押融资.评估费"]
    grade = found["gaoping-2022-43/链主营收进档"]
    assert (grade["answer"], grade["amount"]) == ("缺事实", "最多 10万元")


def test_forms_are_never_added_together(huiqi: Huiqi, firm: Path) -> None:
    totals = explained(huiqi, firm)["totals"]
    assert totals == [
        {"form": "拨付", "certain_fen": 28_500_000, "possible_fen": 250_000_000, "bounded": True},
        {
            "form": "加计扣除",
            "certain_fen": 260_000_000,
            "possible_fen": 260_000_000,
            "bounded": True,
        },
    ]


def test_questions_come_with_what_they_would_settle(huiqi: Huiqi, firm: Path) -> None:
    questions = explained(huiqi, firm)["questions"]
    first = questions[0]  # type: ignore[index]
    assert first["fact"] == "年度经营.本地配套率增幅"
    assert first["holder"] == "工信部门"
    assert first["stakes"] == [{"form": "拨付", "fen": 200_000_000, "unbounded": 0}]
    assert first["supports"] == ["gaoping-2022-43/链主本地配套补助"]
    paid = [
        next((one["fen"] for one in item["stakes"] if one["form"] == "拨付"), 0)
        for item in questions  # type: ignore[attr-defined]
    ]
    assert paid == sorted(paid, reverse=True)


def test_what_people_read(huiqi: Huiqi, firm: Path) -> None:
    ran = huiqi("explain", "--facts", firm, "--on", "2026-11-22")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["示范科技有限公司（企业）", "评定日", "2026-11-22"]
    assert "✓ 应享 3 项" in lines[2]
    assert "    ✓ 贷款300万元以上  质押融资.贷款金额 达到 300万元" in lines
    assert "  缺：质押融资.保险费（问金融管理部门）；质押融资.评估费（问金融管理部门）" in lines
    assert all(line == line.rstrip() for line in lines)


def test_one_support_shows_every_condition(huiqi: Huiqi, firm: Path) -> None:
    ran = huiqi("explain", "--facts", firm, "--on", "2022-08-01", "--support", "高企首次取得")
    assert ran.code == 0
    assert "✓ 应享 1 项" in ran.out
    ran = huiqi("explain", "--facts", firm, "--support", "高企迁入", "--on", "2026-11-22")
    assert "事实文件里没有这项支持要看的表" in ran.out


def test_all_shows_what_is_not_had(huiqi: Huiqi, firm: Path) -> None:
    close = FIRM.replace("研发费用: 260万元", "研发费用: 260万元, 本地配套率增幅: 4%")
    firm.write_text(close, "utf-8")
    short = huiqi("explain", "--facts", firm, "--on", "2026-11-22").out
    whole = huiqi("explain", "--facts", firm, "--on", "2026-11-22", "--all").out
    assert "差一步" in short
    assert "不享（" not in short
    assert "不享（" in whole


def test_where_a_fact_comes_from_is_told(huiqi: Huiqi, tmp_path: Path) -> None:
    file = tmp_path / "facts.yaml"
    file.write_text(
        "企业:\n  注册地: {值: 高平市, 来源: 市市场监管局, 日期: 2026-01-05}\n"
        "质押融资: {放款日期: 2024-03-01, 已办质押登记: 是, 贷款金额: 1元}\n",
        "utf-8",
    )
    made = explained(huiqi, file, "--support", "质押贷款费用资助")
    line = made["supports"][0]["conditions"][1]  # type: ignore[index]
    fact = line["facts"][0]
    assert (fact["value"], fact["origin"]) == ("高平市", "市市场监管局 2026-01-05")


WRONG = {
    "unknown fact": ("企业: {注册地点: 高平市}\n", 1, "1:6", "“注册地”"),
    "part of a fen": ("企业:\n  上年营业收入: 0.001元\n", 1, "2:11", "0.001元"),
    "no unit": ("企业:\n  上年营业收入: 20\n", 1, "2:11", "没有写单位"),
    "wrong unit": ("企业:\n  从业人员: 20万元\n", 1, "2:9", "人"),
    "no such date": ("企业:\n  成立日期: 2026-02-30\n", 1, "2:9", "2026-02-30"),
    "duplicate key": ("企业: {注册地: 高平市, 注册地: 朔州市}\n", 1, "1:16", "只保留一处"),
    "unknown table": ("企页: {注册地: 高平市}\n", 1, "1:1", "“企业”"),
    "two subjects": ("企业: [{注册地: 高平市}, {注册地: 朔州市}]\n", 1, "1:1", "分成几个文件"),
    "no mapping": ("hello\n", 1, "1:1", "表: {事实: 值}"),
    "empty": ("", 2, "", "文件是空的"),
    "broken yaml": ("企业: {\n", 2, "2:1", "缩进"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_facts_file_is_refused_with_its_place(
    huiqi: Huiqi, tmp_path: Path, name: str
) -> None:
    text, code, place, words = WRONG[name]
    file = tmp_path / "facts.yaml"
    file.write_text(text, "utf-8")
    ran = huiqi("explain", "--facts", file)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.splitlines()[0] == str(file)
    assert place in ran.err
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_all_wrong_values_are_told_at_once(huiqi: Huiqi, tmp_path: Path) -> None:
    file = tmp_path / "facts.yaml"
    file.write_text("企业:\n  注册点: 高平市\n  成立日期: 昨天\n企页: {a: b}\n", "utf-8")
    made = huiqi("explain", "--facts", file, "--json").json
    assert [problem["line"] for problem in made["problems"]] == [2, 3, 4]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bytes(range(128, 256)) * 4, "UTF-8"),
        (b'{"\xe4\xbc\x81\xe4\xb8\x9a": {"a": 1,}}', "双引号"),
    ],
)
def test_what_is_no_text_or_no_json_is_refused(
    huiqi: Huiqi, tmp_path: Path, data: bytes, words: str
) -> None:
    file = tmp_path / "facts.json"
    file.write_bytes(data)
    ran = huiqi("explain", "--facts", file)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_a_missing_file_and_a_folder_are_refused(huiqi: Huiqi, tmp_path: Path) -> None:
    missing = huiqi("explain", "--facts", tmp_path / "none.yaml")
    assert (missing.code, missing.out) == (2, "")
    assert "没有这个文件" in missing.err
    folder = huiqi("explain", "--facts", tmp_path)
    assert (folder.code, folder.out) == (2, "")
    assert "是目录" in folder.err


def test_json_facts_mean_the_same_as_yaml(huiqi: Huiqi, tmp_path: Path) -> None:
    yaml, json = tmp_path / "facts.yaml", tmp_path / "facts.json"
    yaml.write_text("企业: {注册地: 高平市, 民营企业: 是, 上年营业收入: 3200.5万元}\n", "utf-8")
    json.write_text(
        '{\n\t"企业": {"\\u6ce8册地": "高平市", "民营企业": true,\n\t"上年营业收入": "3200.5万元"}}',
        "utf-8",
    )
    assert explained(huiqi, json) == explained(huiqi, yaml)
