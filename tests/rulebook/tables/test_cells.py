"""Columns of cells are read as single values are, in every notation, and say what is wrong."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiqi.rulebook.bulk.snapshot import code_of
from huiqi.rulebook.language.literals import LiteralError, to_date
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.values import read_value
from huiqi.rulebook.library.vocabulary import FactSpec
from huiqi.rulebook.tables.cells import (
    MOST_WRONG,
    CellReader,
    date_text,
    expected,
    number_text,
    number_texts,
    readable,
)  # fmt: skip
from tests.rulebook.tables.region import decimal, vocabulary

FACTS = vocabulary().tables["企业"].facts
MONEY, COUNT, RATE = FACTS["利润总额"], FACTS["从业人员"], FACTS["研发强度"]
UNITS = {Kind.MONEY: ["", "元", "万元", "亿元", "分"], Kind.COUNT: ["", "人", "万人"],
         Kind.RATE: ["", "%", "‰", "倍"]}  # fmt: skip
# Places behind the point that a number in a unit has when it counts base units.
PLACES = {
    "分": 0,
    "角": 1,
    "元": 2,
    "千元": 5,
    "万元": 6,
    "百万元": 8,
    "亿元": 10,
    "万": 6,
    "亿": 10,
}
RATE_PLACES = {"%": 4, "％": 4, "‰": 3, "倍": 6, "个百分点": 4}


def read(spec: FactSpec, texts: list[str | None], unit: str = "") -> tuple[list[Any], list[str]]:
    """Values and, for the wrong cells, reasons."""
    reader = CellReader(spec, vocabulary(), unit)
    decoded = reader.read(pl.Series(texts, dtype=pl.String))
    wrong = decoded.texts.filter(decoded.wrong)
    reasons = reader.reason(wrong)
    return decoded.values.to_list(), [reasons[text] for text in wrong]


def grouped(text: str) -> str:
    return f"{Decimal(text):,f}"


amounts = st.one_of(
    st.integers(-(10**15), 10**15), st.integers(-1000, 1000), st.sampled_from([0, 1, -1, 10**15])
)


@st.composite
def money_texts(draw: st.DrawFn) -> tuple[int, str]:
    """Fen, and the same as somebody writes it."""
    fen = draw(amounts)
    unit = draw(st.sampled_from(sorted(PLACES)))
    text = decimal(fen, PLACES[unit])
    text = draw(st.sampled_from([text, grouped(text)]))
    if fen >= 0:
        text = draw(st.sampled_from(["", "￥", "¥"])) + text
    else:
        text = draw(st.sampled_from([text, text.replace("-", "−")]))
    space = draw(st.sampled_from(["", " "]))
    around = draw(st.sampled_from(["", " ", "\u3000", "\t"]))
    return fen, f"{around}{text}{space}{unit}{around}"


@given(st.lists(money_texts(), min_size=1, max_size=8))
def test_money_in_every_notation(drawn: list[tuple[int, str]]) -> None:
    assert read(MONEY, [text for _, text in drawn]) == ([fen for fen, _ in drawn], [])


@given(
    amounts, st.sampled_from(["分", "角", "元", "千元", "万元", "百万元", "亿元"]), st.booleans()
)
def test_bare_money_counts_in_the_unit_of_the_heading(fen: int, unit: str, commas: bool) -> None:
    text = decimal(fen, PLACES[unit])
    assert read(MONEY, [grouped(text) if commas else text], unit) == ([fen], [])


@given(st.integers(0, 10**12), st.sampled_from(["", "人", "名", " 人"]), st.booleans())
def test_counts_in_every_notation(count: int, unit: str, commas: bool) -> None:
    text = f"{count:,}" if commas else str(count)
    assert read(COUNT, [f"{text}{unit}", f"{text}.0{unit}"], "人") == ([count, count], [])


@given(st.integers(0, 10**6), st.sampled_from(sorted(RATE_PLACES)))
def test_rates_in_every_notation(millionths: int, unit: str) -> None:
    text = decimal(millionths, RATE_PLACES[unit])
    assert read(RATE, [f"{text}{unit}"]) == ([millionths], [])
    assert read(RATE, [text], unit) == ([millionths], [])


days = st.dates(date(1780, 1, 1), date(2297, 12, 31))


@given(days)
def test_dates_in_every_notation(day: date) -> None:
    year, month, number = day.year, day.month, day.day
    texts: list[str | None] = [
        day.isoformat(), f"{year}-{month}-{number}", f"{year}.{month}.{number}",
        f"{year}.{month:02}.{number:02}", f"{year}/{month}/{number}", f"{year}年{month}月{number}日",
        f"{year}{month:02}{number:02}", f"{day.isoformat()} 00:00:00", f"{day.isoformat()}T08:30",
        f"\u3000{year}.{month}.{number} ",
    ]  # fmt: skip
    assert read(FACTS["成立日期"], texts) == ([day] * len(texts), [])


@given(st.dates(date(1927, 5, 18), date(2118, 12, 31)))
def test_day_counts_of_spreadsheets(day: date) -> None:
    count = (day - date(1899, 12, 30)).days
    assert read(FACTS["成立日期"], [str(count), f"{count}.354"]) == ([day, day], [])
    reader = CellReader(FACTS["成立日期"], vocabulary(), base_1904=True)
    found = reader.read(pl.Series([str(count)])).values.to_list()
    assert found == [day + timedelta(days=1462)]


def test_which_digits_are_a_date() -> None:
    assert date_text("46086") == "2026-03-05"
    assert date_text("20260305") == "2026-03-05"
    for text in ("9999", "80000", "123456", "2026", "18991230123", "16991231"):
        assert date_text(text) == text


@given(st.sampled_from(["主体类型", "注册地", "行业", "民营企业"]), st.data())
def test_closed_values(name: str, data: st.DataObject) -> None:
    spec = FACTS[name]
    if spec.type.kind is Kind.CHOICE:
        value = data.draw(st.sampled_from(vocabulary().choices["主体类型"]))
        texts, wanted = [value, f"“{value}”"], code_of(spec, value, vocabulary())
    elif spec.type.kind is Kind.BOOL:
        yes = data.draw(st.booleans())
        texts = ["是", "有", "√", "TRUE", "1", "Y"] if yes else ["否", "无", "×", "FALSE", "0", "N"]
        assert read(spec, list(texts)) == ([yes] * 6, [])
        return
    else:
        tree = vocabulary().trees[spec.type.kind]
        node = data.draw(st.sampled_from(tree.nodes))
        texts, wanted = [node.code, f" {node.code} "], code_of(spec, node.code, vocabulary())
        if tree.find(node.full_name) == node:
            texts.append(node.full_name)
    assert read(spec, list(texts)) == ([wanted] * len(texts), [])


@given(st.text(st.characters(exclude_characters="\0"), max_size=20))
def test_texts_are_stripped_and_unknown_words_are_unknown(text: str) -> None:
    expected_value = read_value(text, FACTS["名称"], vocabulary())
    assert read(FACTS["名称"], [text]) == ([expected_value], [])


@pytest.mark.parametrize("name", sorted(FACTS))
def test_unknown_words_are_unknown_in_every_column(name: str) -> None:
    words: list[str | None] = [None, "", "  ", "未知", "不详", "—", "-", "/", "N/A", "\u3000暂无 "]
    assert read(FACTS[name], words, "万元" if FACTS[name] is MONEY else "") == ([None] * 10, [])


@pytest.mark.parametrize(
    ("name", "unit", "text", "value"),
    [
        ("利润总额", "万元", "１２３．５", 123_500_000), ("利润总额", "万元", "－３００", -300_000_000),
        ("利润总额", "万元", "(1,234.5)", -1_234_500_000), ("利润总额", "", "（20万）", -20_000_000),
        ("利润总额", "", "20\xa0万元\u200b", 20_000_000), ("利润总额", "万元", "+3", 3_000_000),
        ("利润总额", "万元", "￥20", 20_000_000), ("利润总额", "", "0", 0), ("利润总额", "", "0.00", 0),
        ("利润总额", "万元", "——", None), ("利润总额", "万元", "待定\u200b", None), ("成立日期", "", "Ｎ／Ａ", None), ("利润总额", "万元", "／", None),
        ("研发强度", "", "０", 0), ("研发强度", "", "５％", 50_000), ("从业人员", "人", "暂缺", None),
        ("民营企业", "", "１", True), ("民营企业", "", "✔", True), ("民营企业", "", "No", False),
        ("成立日期", "", "2026 年 3 月 5 日", date(2026, 3, 5)), ("成立日期", "", "２０２６０３０５", date(2026, 3, 5)),
        ("利润总额", "", "200.50元整", 20_050), ("利润总额", "", "人民币20万元整", 20_000_000),
        ("成立日期", "", "2026-03-04T16:00:00Z", date(2026, 3, 5)), ("成立日期", "", "2026-03-05 00:00:00+08:00", date(2026, 3, 5)),
        ("成立日期", "", "2026．3．5", date(2026, 3, 5)), ("成立日期", "", "2026-03-05 00:00:00.0", date(2026, 3, 5)),
        ("主体类型", "", "企业\u200b", 0),
    ],
)  # fmt: skip
def test_what_offices_write(name: str, unit: str, text: str, value: Any) -> None:
    assert read(FACTS[name], [text], unit) == ([value], [])


@pytest.mark.parametrize(
    ("name", "unit", "text", "reason"),
    [
        # Two numbers or one, two days or one: nobody knows.
        ("从业人员", "人", "12 5", "“12 5”中间有空格，分不清是一个数还是两个"),
        ("利润总额", "万元", "1 234万元", "“1 234万元”中间有空格，分不清是一个数还是两个"),
        ("成立日期", "", "2026-3-5 至 2029-3-4", "“2026-3-5 至 2029-3-4”不是日期，请写成 2026-03-05"),
        ("成立日期", "", "2026-3-5 补办", "“2026-3-5 补办”不是日期，请写成 2026-03-05"),
        ("成立日期", "", "2026-3-1 5", "“2026-3-1 5”不是日期，请写成 2026-03-05"),
        ("成立日期", "", "2026年 3月", "“2026年 3月”不是日期，请写成 2026-03-05"),
        ("利润总额", "万元", "20²", "“20²”里的单位不认识"), ("利润总额", "万元", "无", "“无”不是金额"),
        ("利润总额", "万元", "1.23E+8", "“1.23E+8”是科学计数法，末几位可能已经丢失，写出全部数字"),
        ("利润总额", "万元", "#N/A", "“#N/A”是公式出的错，不是内容"),
        ("利润总额", "万元", "12.3（缩小显示）", "“12.3(缩小显示)”的单元格格式显示的是另一个数；改成“常规”格式，照看到的填写"),
        ("从业人员", "人", "2019-03-05", "“2019-03-05”是日期，不是数量（人）"),
        ("行业", "", "6", "行业里没有“6”。是不是想写“06”？"), ("民营企业", "", "x", "“x”不是“是”或“否”"),
    ],
)  # fmt: skip
def test_what_nobody_can_be_sure_of_is_told(name: str, unit: str, text: str, reason: str) -> None:
    assert read(FACTS[name], [text], unit) == ([None], [reason])


def test_an_error_of_a_formula_is_no_name() -> None:
    assert read(FACTS["名称"], ["#REF!", "#一号"]) == (
        ["#REF!", "#一号"],
        ["“#REF!”是公式出的错，不是内容"],
    )


odd_texts = st.text("0123456789.,，-−+万亿千百元角分%‰倍人名家年月日/个 ￥x。", max_size=12)


@given(st.sampled_from([MONEY, COUNT, RATE, FACTS["成立日期"]]), st.lists(odd_texts), st.data())
def test_columns_read_as_single_values_do(
    spec: FactSpec, texts: list[str], data: st.DataObject
) -> None:
    unit = data.draw(st.sampled_from(UNITS.get(spec.type.kind, [""])))
    wanted, reasons = [], []
    for text in texts:
        plain = text.strip()
        given_text = date_text(plain) if spec.type.kind is Kind.DATE else plain
        try:
            value = read_value(given_text, spec, vocabulary(), unit)
        except LiteralError as error:
            wanted.append(None)
            reasons.append(str(error))
            continue
        whole = isinstance(value, int) and spec.type.kind is Kind.DATE
        wanted.append(to_date(value) if whole and isinstance(value, int) else value)
    assert read(spec, list(texts), unit) == (wanted, reasons)


def test_a_column_of_nonsense_is_explained_only_so_often() -> None:
    texts: list[str | None] = [f"胡写{number}" for number in range(MOST_WRONG + 5)]
    values, reasons = read(FACTS["成立日期"], texts)
    assert values == [None] * len(texts)
    told = [reason for reason in reasons if "不同的错值超过" in reason]
    assert len(told) == 5


# -------------------------------------------------------------------- numbers of sheets


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1 + 0.2, "0.3"), (12.340000000000002, "12.34"), (12.0, "12"), (-0.0, "0"), (0.05, "0.05"),
        (1e-7, "0.0000001"), (123456789012345.0, "123456789012345"), (9.14e17, "9.14E+17"),
        (914_000_000_000_000_123, "9.14E+17"), (1e15, "1E+15"), (20, "20"), (1234567.891, "1234567.891"),
        (-1.5, "-1.5"), (float("nan"), "NaN"), (100.0, "100"), (1200000.0, "1200000"),
    ],
)  # fmt: skip
def test_numbers_count_as_a_sheet_shows_them(number: float, text: str) -> None:
    assert number_text(number) == text
    assert number_texts(pl.Series([float(number), None])).to_list() == [text, None]


@given(st.integers(-(10**14), 10**14), st.integers(0, 6))
def test_what_people_type_into_a_sheet_comes_back(value: int, places: int) -> None:
    typed = decimal(value, places)
    assert number_text(float(typed)) == typed
    assert number_texts(pl.Series([float(typed)])).to_list() == [typed]


@given(st.integers(-(10**13), 10**13))
def test_typed_money_is_exact_or_a_problem(fen: int) -> None:
    spec, words = MONEY, vocabulary()
    columns = {
        "分": pl.Series([fen]),
        "元": pl.Series([Decimal(fen).scaleb(-2)], dtype=pl.Decimal(38, 2)),
        "万元": pl.Series([fen / 10**6]),
    }
    for unit, cells in columns.items():
        decoded = CellReader(spec, words, unit).read(cells)
        assert (decoded.values.to_list(), decoded.wrong.to_list()) == ([fen], [False]), unit
    decoded = CellReader(spec, words, "元").read(pl.Series([1.234, 0.1 + 0.2, 5.0]))
    assert decoded.values.to_list() == [None, 30, 500]
    assert decoded.wrong.to_list() == [True, False, False]


def test_typed_columns_outside_bounds() -> None:
    top = 2**64 - 1
    decoded = CellReader(COUNT, vocabulary(), "人").read(pl.Series([1, top], dtype=pl.UInt64))
    assert decoded.values.to_list() == [1, None]
    assert decoded.texts.to_list() == ["1", str(top)]
    early = pl.Series([date(1500, 1, 1), date(2020, 2, 29), None])
    decoded = CellReader(FACTS["成立日期"], vocabulary()).read(early)
    assert decoded.values.to_list() == [None, date(2020, 2, 29), None]
    assert decoded.wrong.to_list() == [True, False, False]


def test_typed_columns_need_a_unit_for_money() -> None:
    money = FACTS["上年营业收入"]
    wanted = "这一列是数字，列名里没有写单位，请在列名后写明，如 上年营业收入（元）或（万元）"
    assert readable(pl.Int64(), money, "") == wanted
    assert readable(pl.Int64(), money, "分") == ""
    assert readable(pl.String(), money, "") == ""
    assert readable(pl.Int64(), COUNT, "") == ""
    assert readable(pl.List(pl.String), COUNT, "") == "这种列类型不能读，应是文字、数字、日期或是否"


def test_what_was_expected() -> None:
    words = vocabulary()
    assert expected(MONEY, words, "万元") == "应填金额（列名里的单位是万元）"
    assert expected(MONEY, words) == "应填带单位的金额，如 20万元"
    assert expected(COUNT, words) == "应填整数，单位是人"
    assert expected(FACTS["主体类型"], words) == "应填：企业、个体工商户、农民专业合作社"
    assert expected(FACTS["成立日期"], words) == "应填日期，如 2026-03-05"
