"""One damaged cell, anywhere, in any format: exactly one problem, at its place, with its value."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from huiqi.rulebook.tables import prepare, template
from tests.rulebook.tables.region import credit_code, vocabulary

HEADINGS = (
    "统一社会信用代码", "名称", "主体类型", "注册地", "行业", "成立日期", "从业人员", "上年营业收入（万元）",
    "利润总额", "民营企业", "研发强度（%）",
)  # fmt: skip
GOOD = ("", "示例", "企业", "高平市", "制造业", "2020.2.29", "30", "1,234.5", "-20万", "是", "5")
ROWS = 9
numbers = st.sampled_from(
    [
        "三十",
        "1.2.3",
        "12,34",
        "1e5",
        "--5",
        "20 美元",
        "#DIV/0!",
        "=A1",
        "约20",
        "20~30",
        "5万亿亿元",
    ]
)
damage: dict[str, st.SearchStrategy[str]] = {
    "统一社会信用代码": st.one_of(
        st.just(""), st.just("9.14E+17"), st.text("0123456789ABC", min_size=1, max_size=17),
        st.integers(10, 40).map(lambda n: credit_code(n)[:17] + "OIZSV"[n % 5]),
    ),
    "主体类型": st.sampled_from(["公司", "企業", "1", "企业、个体工商户"]),
    "注册地": st.sampled_from(["高屏市", "城区", "999999", "火星"]),
    "行业": st.sampled_from(["炼丹业", "ZZ", "00"]),
    "成立日期": st.sampled_from(
        ["2021-02-29", "2020年13月1日", "20.2.29", "2020-2", "2月29日", "123456", "1700-01-01", "去年"]
    ),
    "从业人员": st.one_of(numbers, st.sampled_from(["-1", "3.5", "20家", "20元", "9999999999999"])),
    "上年营业收入（万元）": st.one_of(numbers, st.sampled_from(["-1", "0.00000001", "5人", "99999999999"])),
    "利润总额": st.one_of(numbers, st.sampled_from(["20", "-3.5", "0.001元", "10亿人"])),
    "民营企业": st.sampled_from(["国有", "2", "是的", "部分"]),
    "研发强度（%）": st.one_of(numbers, st.sampled_from(["101", "-1%", "0.00001%", "5元", "2倍"])),
}  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> tuple[int, str, str]:
    """Row from 0, heading and text."""
    heading = draw(st.sampled_from(sorted(damage)))
    return draw(st.integers(0, ROWS - 1)), heading, draw(damage[heading])


def sheet_of(row: int, heading: str, text: str) -> list[list[str]]:
    rows = [[credit_code(number), *GOOD[1:]] for number in range(ROWS)]
    rows[row][HEADINGS.index(heading)] = text
    return rows


def write_csv(folder: Path, rows: list[list[str]]) -> tuple[str, int]:
    quoted = [",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows]
    (folder / "企业.csv").write_text("\n".join([",".join(HEADINGS), *quoted]), "utf-8")
    return "企业.csv", 2


def write_workbook(folder: Path, rows: list[list[str]]) -> tuple[str, int]:
    book = xlsxwriter.Workbook(str(folder / "企业.xlsx"), {"strings_to_formulas": False})
    sheet: Any = book.add_worksheet()
    sheet.write_string(0, 0, "标题")
    for place, heading in enumerate(HEADINGS):
        sheet.write_string(2, place, heading)
    for number, row in enumerate(rows, start=3):
        for place, cell in enumerate(row):
            sheet.write_string(number, place, cell)
    book.close()
    return "企业.xlsx", 4


def write_parquet(folder: Path, rows: list[list[str]]) -> tuple[str, int]:
    pl.DataFrame(rows, schema=list(HEADINGS), orient="row").write_parquet(folder / "企业.parquet")
    return "企业.parquet", 1


@pytest.mark.parametrize("write", [write_csv, write_workbook, write_parquet])
@given(place=damaged())
def test_one_damaged_cell_is_one_problem(
    tmp_path_factory: pytest.TempPathFactory, write: Any, place: tuple[int, str, str]
) -> None:
    row, heading, text = place
    folder = tmp_path_factory.mktemp("damage")
    (folder / "in").mkdir()
    file, first = write(folder / "in", sheet_of(row, heading, text))
    result = prepare(folder / "in", folder / "out", vocabulary())
    found = [
        (item.file, item.line, item.column, item.field, item.found) for item in result.problems
    ]
    column = HEADINGS.index(heading) + 1
    assert found == [(file, row + first, column, heading, text)]
    assert result.problems[0].message != ""
    assert result.problems[0].remedy != ""
    assert result.snapshot is not None
    kept = pl.read_parquet(result.snapshot.path("企业", 0))["统一社会信用代码"].to_list()
    assert kept == [credit_code(number) for number in range(ROWS) if number != row]


NAMES = ["企业.csv", "企业.xlsx", "企业.xls", "企业.parquet", "认定.txt"]


@given(name=st.sampled_from(NAMES), data=st.binary(max_size=300), mark=st.sampled_from(
    [b"", b"PK\x03\x04", b"PAR1", b"\xef\xbb\xbf", b"\xff\xfe", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
     "统一社会信用代码,名称\n".encode()]
))  # fmt: skip
def test_no_file_raises(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes, mark: bytes
) -> None:
    folder = tmp_path_factory.mktemp("noise")
    (folder / "in").mkdir()
    (folder / "in" / name).write_bytes(mark + data)
    result = prepare(folder / "in", folder / "out", vocabulary())
    assert len(result.problems) > 0
    assert (folder / "out").exists() == (result.snapshot is not None)


@given(place=st.integers(0, 9000), value=st.integers(0, 255), length=st.integers(1, 40))
def test_no_damaged_workbook_raises(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, length: int
) -> None:
    words = vocabulary()
    data = bytearray(template(words.tables["企业"], words))
    place %= len(data)
    data[place : place + length] = bytes([value]) * length
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "in").mkdir()
    (folder / "in" / "企业.xlsx").write_bytes(bytes(data))
    result = prepare(folder / "in", folder / "out", vocabulary())
    assert (folder / "out").exists() == (result.snapshot is not None)
