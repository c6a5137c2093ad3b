"""Keys: check digits of columns and of single keys agree, and look-ups never take one for another."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from huiqi.rulebook.library.keytexts import (
    RESIDENT_CHECKS,
    RESIDENT_WEIGHTS,
    plain_key,
    why_not,
)
from huiqi.rulebook.tables.keys import KeyIndex, check_keys, hashes, repeated
from tests.rulebook.tables.region import ALPHABET, credit_code

CREDIT, RESIDENT = "信用代码", "身份证"
codes = st.builds(
    lambda head, tail: head + tail + uscc.calc_check_digit(head + tail),
    st.text("0123456789", min_size=8, max_size=8),
    st.text(ALPHABET, min_size=9, max_size=9),
)


def resident_id(head: str, day: str, order: str) -> str:
    body = head + day + order
    total = sum(int(digit) * weight for digit, weight in zip(body, RESIDENT_WEIGHTS, strict=True))
    return body + RESIDENT_CHECKS[total % 11]


residents = st.builds(
    resident_id,
    st.text("0123456789", min_size=6, max_size=6),
    st.dates(date(1800, 1, 1), date(2099, 12, 31)).map(lambda day: f"{day:%Y%m%d}"),
    st.text("0123456789", min_size=3, max_size=3),
)


def wrong(keys: list[str | None], form: str) -> list[bool]:
    return check_keys(pl.Series(keys, dtype=pl.String), form)[1].to_list()


@given(st.lists(codes, min_size=1, max_size=5))
def test_right_credit_codes(keys: list[str]) -> None:
    found, bad, reasons = check_keys(pl.Series(keys), CREDIT)
    assert (found.to_list(), bad.any(), reasons) == (keys, False, {})


@given(st.one_of(codes, st.text(ALPHABET + "IOSVZ", min_size=16, max_size=19)), st.data())
def test_columns_and_single_codes_agree(key: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(key) - 1))
    other = key[:place] + data.draw(st.sampled_from(ALPHABET + "OIab")) + key[place + 1 :]
    for text in (key, other):
        assert wrong([text], CREDIT) == [not uscc.is_valid(text)]
        assert (why_not(plain_key(text, CREDIT), CREDIT) == "") == uscc.is_valid(text)


@given(residents, st.data())
def test_columns_and_single_ids_agree(key: str, data: st.DataObject) -> None:
    assert wrong([key, key.lower(), None], RESIDENT) == [False, False, False]
    place = data.draw(st.integers(0, 17))
    other = key[:place] + data.draw(st.sampled_from("0123456789X")) + key[place + 1 :]
    assert wrong([other], RESIDENT) == [why_not(other, RESIDENT) != ""]
    # The check character finds every single wrong character.
    assert wrong([other], RESIDENT) == [other != key]


def test_keys_are_compared_without_blanks_and_in_capitals() -> None:
    key = credit_code(7)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in key)
    texts = [
        key.lower(),
        f"{key[:8]} {key[8:]}",
        wide,
        f"'{key}",
        f'="{key}"',
        f"\u200b{key}\ufeff",
    ]
    found, bad, _ = check_keys(pl.Series(texts), CREDIT)
    assert (found.to_list(), bad.any()) == ([key] * 6, False)


def test_what_a_spreadsheet_left_is_no_key() -> None:
    texts = ["#N/A", "=A1", "#号"]
    found, bad, reasons = check_keys(pl.Series(texts), "编号")
    assert (found.to_list(), bad.to_list()) == (texts, [True, True, False])
    assert reasons == {
        "#N/A": "是公式出的错", "=A1": "是没有算出结果的公式；在表格软件里打开，保存一次再交",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "form", "reason"),
    [
        ("9114", CREDIT, "有4位，统一社会信用代码应是18位"),
        ("9.14E+17", CREDIT, "是按数字存的，末几位已经丢失；把这一列设为“文本”格式，再重新填写"),
        ("9.14E+17", "编号", "是按数字存的，末几位已经丢失；把这一列设为“文本”格式，再重新填写"),
        ("91149999000000O006", CREDIT, "有代码里不用的字符“O”（数字0和1不写作字母O和I）"),
        ("A11499990000000006", CREDIT, "前8位应是数字"),
        ("911499990000000007", CREDIT, "校验位不对，多半抄错了一位"),
        ("11010519490230002X", RESIDENT, "没有“19490230”这个出生日期"),
        ("110105491231002", RESIDENT, "有15位，居民身份证号码应是18位"),
        ("1101051949123100X2", RESIDENT, "应是17位数字和1位数字或X"),
        ("110105194912310021", RESIDENT, "校验位不对，多半抄错了一位"),
        ("11010519491231002X", RESIDENT, ""),
        ("任意编号", "编号", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_key(key: str, form: str, reason: str) -> None:
    assert why_not(key, form) == reason


@given(st.lists(st.text(max_size=6), unique=True), st.lists(st.text(max_size=6)), st.booleans())
def test_look_ups(keys: list[str], wanted: list[str], weak: bool) -> None:
    """Also with hashes so weak that different keys share the first one."""

    def weak_hashes(series: pl.Series) -> tuple[pl.Series, pl.Series]:
        return series.str.len_bytes().cast(pl.UInt64), hashes(series)[1]

    by = weak_hashes if weak else hashes
    series = pl.Series(keys, dtype=pl.String)
    index = KeyIndex(*by(series), pl.int_range(len(keys), dtype=pl.UInt32, eager=True), by)
    places = {key: place for place, key in enumerate(keys)}
    asked = [*wanted, *keys, None]
    found = index.find(pl.Series(asked, dtype=pl.String)).to_list()
    assert found == [None if key is None else places.get(key) for key in asked]


@given(st.lists(st.sampled_from("abcdef"), max_size=12))
def test_later_rows_of_a_key_are_found(keys: list[str]) -> None:
    one, two = hashes(pl.Series(keys, dtype=pl.String))
    heads = pl.DataFrame(
        {"first": one, "second": two, "file": pl.Series([0] * len(keys), dtype=pl.UInt16),
         "line": pl.Series(range(2, len(keys) + 2), dtype=pl.UInt32)}
    )  # fmt: skip
    expected = [
        (place + 2, keys.index(key) + 2)
        for place, key in enumerate(keys)
        if keys.index(key) < place
    ]
    assert repeated(heads).select("line", "at_line").rows() == expected
