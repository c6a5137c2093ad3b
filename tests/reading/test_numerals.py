"""Numbers and amounts: every notation of one value reads back as that value."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiqi.reading.figures import COUNT, MONEY, PERCENT, Figure, find_figures
from huiqi.reading.folding import fold
from huiqi.reading.numerals import chinese_number, number, ordinal

_DIGITS = "零一二三四五六七八九"
_WIDE = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


def spelled(value: int) -> str:
    """A whole number in Chinese characters as officials write it: 10 十, 105 一百零五, 12000 一万二千."""
    if value == 0:
        return "零"

    def below_ten_thousand(part: int) -> str:
        out, gap = "", False
        for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit = part // unit
            part %= unit
            if digit:
                out += ("零" if gap and out else "") + _DIGITS[digit] + name
                gap = False
            elif out:
                gap = True
        return out

    out = ""
    for unit, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part = value // unit
        value %= unit
        if part:
            if out and part < 1000:
                out += "零"
            out += below_ten_thousand(part) + name
    return out.removeprefix("一") if out.startswith("一十") else out


def one(text: str) -> Figure:
    """The only figure of a text."""
    [figure] = find_figures(fold(text))
    return figure


@given(st.integers(0, 10**9))
def test_whole_numbers_in_chinese(value: int) -> None:
    assert chinese_number(spelled(value)) == value


@given(st.integers(0, 10**9))
def test_whole_numbers_in_digits(value: int) -> None:
    assert number(str(value)) == value
    assert number(f"{value:,}") == value
    assert number(str(value).translate(_WIDE)) == value
    assert number(" ".join(str(value))) == value


@given(st.integers(1, 999_999))
def test_sums_in_every_notation(ten_thousands: int) -> None:
    yuan = Decimal(ten_thousands) * 10_000
    notations = [
        f"{ten_thousands}万元",
        f"{ten_thousands:,}万元",
        f"{ten_thousands}万元".translate(_WIDE),
        f"{ten_thousands * 10_000}元",
        f"{ten_thousands * 10_000:,}元",
        f"{Decimal(ten_thousands) / 10_000}亿元",
        f"{spelled(ten_thousands * 10_000)}元",
    ]
    for notation in notations:
        figure = one(f"给予{notation}奖励")
        assert (figure.kind, figure.yuan) == (MONEY, (yuan,)), notation


@given(st.integers(1, 9999))
def test_sums_in_chinese_ten_thousands(value: int) -> None:
    figure = one(f"给予{spelled(value)}万元奖励")
    assert (figure.kind, figure.yuan) == (MONEY, (Decimal(value) * 10_000,))


@given(st.integers(1, 100))
def test_shares_in_every_notation(value: int) -> None:
    for notation in (f"{value}%", f"{value}％", f"百分之{spelled(value)}", f"百分之{value}"):
        figure = one(f"按{notation}给予补助")
        assert (figure.kind, figure.percent) == (PERCENT, (Decimal(value),)), notation


@given(st.integers(2, 90), st.integers(1, 9))
def test_ranges_in_every_notation(low: int, more: int) -> None:
    high = low + more
    for mark in ("-", "—", "–", "～", "~", "至", "到"):
        figure = one(f"培育{low}{mark}{high}家企业")
        assert (figure.kind, figure.values) == (COUNT, (Decimal(low), Decimal(high))), mark


@given(st.integers(1, 99), st.sampled_from("、.．"))
def test_labels(value: int, mark: str) -> None:
    for label in (
        f"（{spelled(value)}）",
        f"第{spelled(value)}条",
        f"{value}{mark}",
        f"（{value}）",
        f"第 {value} 条",
    ):
        assert ordinal(label) == value


KNOWN = [
    ("2 0", "20"),
    ("１，０００", "1000"),
    ("二十万", "200000"),
    ("一万二", "12000"),
    ("一百二", "120"),
    ("两千", "2000"),
    ("一点五", "1.5"),
    ("3.5亿", "350000000"),
    ("二〇二五", "2025"),
]


@pytest.mark.parametrize(("text", "value"), KNOWN)
def test_known_numbers(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


NO_NUMBERS = ["", "百姓", "万众", "千方百计", "1.2.3", "abc", "9" * 500, "一" * 500]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_no_number(text: str) -> None:
    assert number(text) is None


# text, kind, values in the printed unit, unit
FIGURES = [
    ("3000万以下", "money", "3000", "万"),
    ("1.1倍", "multiple", "1.1", "倍"),
    ("增长一倍", "multiple", "1", "倍"),
    ("翻一番", "fold", "100", "%"),
    ("翻两番", "fold", "300", "%"),
    ("半天内", "time", "0.5", "天"),
    ("5个百分点", "point", "5", "个百分点"),
    ("十个工作日", "time", "10", "工作日"),
    ("实现0的突破", "first", "1", ""),
    ("1.3万件左右", "count", "1.3", "万件"),
    ("100余家", "count", "100", "家"),
    ("四分之一", "percent", "25", "%"),
    ("2‰", "percent", "2", "‰"),
]


@pytest.mark.parametrize(("text", "kind", "value", "unit"), FIGURES)
def test_figures(text: str, kind: str, value: str, unit: str) -> None:
    figure = one(text)
    assert (figure.kind, figure.values, figure.unit) == (kind, (Decimal(value),), unit)


NO_FIGURES = [
    "2021年3月5日",
    "云政发〔2021〕12号",
    "第三届",
    "世界500强",
    "5G",
    "一件事一次办",
    "“1331工程”",
    "《2022年工作要点》",
    "一批",
    "一体化",
    "万众创新",
    "第十条",
    "2021—2025年",
    "12345热线",
]


@pytest.mark.parametrize("text", NO_FIGURES)
def test_no_figures(text: str) -> None:
    assert find_figures(fold(text)) == []
