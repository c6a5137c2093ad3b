"""Workbooks: what a sheet shows is what is read, and files that can't be read say why."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from huiqi.rulebook.tables import prepare
from huiqi.rulebook.tables.formats import manner
from huiqi.rulebook.tables.sheets import LINE, SheetError
from huiqi.rulebook.tables.workbook import cell_text, open_workbook
from tests.rulebook.tables.region import FILES, credit_code, vocabulary

KEY = "统一社会信用代码"


def workbook(path: Path, write: Callable[[Any, Any], None], options: Any = None) -> Path:
    book = xlsxwriter.Workbook(str(path), options or {})
    write(book, book.add_worksheet("企业"))
    book.close()
    return path


def cells(path: Path, last: int = 0, width: int = 4) -> list[tuple[Any, ...]]:
    """Line and cells of the first sheet."""
    (_, sheet), *_ = open_workbook(path, "企业.xlsx")
    frames = [batch.frame for batch in sheet.body(last, width, lambda _: None)]
    return pl.concat(frames).select(LINE, *(str(place) for place in range(width))).rows()


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The same workbook with one part changed."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, change(data) if name == part else data)
    return path


@pytest.mark.parametrize(
    ("cell", "code", "text"),
    [
        ("", "", None), ("  ", "", None), (" 甲 ", "", " 甲 "), (True, "", "TRUE"),
        (False, "", "FALSE"), (12.0, "", "12"), (0.3, "", "0.3"), (0.05, "0%", "5%"),
        (0.0525, "0.00%", "5.25%"), (1.0, "0%", "100%"), (0.07, "[Red]0%", "7%"), (0.0, "0%", "0%"),
        (-0.5, "0%;-0%", "-50%"), (date(2026, 3, 5), "", "2026-03-05"),
        (datetime.combine(date(2026, 3, 5), time()), "", "2026-03-05"),
        (datetime.combine(date(2026, 3, 5), time(8, 30)), "", "2026-03-05 08:30:00"),
        (time(8, 30), "", "08:30:00"), (timedelta(hours=25, minutes=3), "", "25:03:00"),
        # A unit that the format shows belongs to the number.
        (20.0, '0.00"万元"', "20万元"), (20.5, '#,##0.0\\亿\\元_ ', "20.5亿元"), (3.0, 'General"元"', "3元"),
        (3.0, '0"人"', "3"), (3.0, '"第"0"号"', "3"), (3.0, '"￥"#,##0.00_);("￥"#,##0.00)', "3"),
        # 123456 shown as 12.3: which of the two is meant?
        (123456.0, '0!.0,"万"', "123456（缩小显示）"), (1e6, "#,##0.00,,", "1000000（缩小显示）"),
        # Who types 2026年3月 gets a first of March that nobody said.
        (date(2026, 3, 1), '[$-804]yyyy"年"m"月"', "2026年3月"), (date(2026, 3, 5), "yyyy年m月", "2026-03-05"),
        (date(2026, 1, 1), "yyyy", "2026年"), (date(2026, 3, 1), 'yyyy"年"m"月"d"日";@', "2026-03-01"),
        (date(2026, 3, 1), "[h]:mm", "2026-03-01"), (date(2026, 3, 1), 'm"月"d"日"', "2026-03-01"),
    ],
)  # fmt: skip
def test_a_cell_as_the_sheet_shows_it(cell: Any, code: str, text: str | None) -> None:
    assert cell_text(cell, manner(code)) == text


def test_cells_stand_where_they_stand(tmp_path: Path) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.write(2, 1, "甲")
        sheet.write(4, 3, 7)

    assert cells(workbook(tmp_path / "a.xlsx", write)) == [
        (1, None, None, None, None), (2, None, None, None, None), (3, None, "甲", None, None),
        (4, None, None, None, None), (5, None, None, None, "7"),
    ]  # fmt: skip


def test_errors_formulas_and_per_cent(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        share = book.add_format({"num_format": "0.0%"})
        sheet.write_formula(0, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(0, 1, '=A1+1&"<"', None, "")
        sheet.write_formula(0, 2, "=1+1", None, 2)
        sheet.write_number(0, 3, 0.125, share)
        month = book.add_format({"num_format": 57})
        sheet.write_number(1, 0, 46082, month)
        sheet.write_number(1, 1, 20, book.add_format({"num_format": '0.0"万元"'}))

    path = workbook(tmp_path / "a.xlsx", write)
    assert cells(path) == [
        (1, "#DIV/0!", '=A1+1&"<"', "2", "12.5%"), (2, "2026年3月", "20万元", None, None),
    ]  # fmt: skip
    part = "xl/worksheets/sheet1.xml"
    # Other programs write the same sheet with a prefix before every name.
    rewritten(path, part, lambda data: data.replace(b"<c ", b"<x:c ").replace(b"</c>", b"</x:c>")
              .replace(b"<f>", b"<x:f>").replace(b"</f>", b"</x:f>")
              .replace(b"<worksheet ", b'<worksheet xmlns:x="http://schemas.openxmlformats.org/'
                       b'spreadsheetml/2006/main" '))  # fmt: skip
    assert cells(path)[0][1:3] == ("#DIV/0!", '=A1+1&"<"')


def test_merged_cells_repeat_down_but_not_across(tmp_path: Path) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 2, 0, "高平市")
        sheet.write(2, 1, "乙")
        sheet.merge_range(3, 0, 3, 1, "横着")
        sheet.write(4, 1, "丙")

    path = workbook(tmp_path / "a.xlsx", write)
    (_, sheet), *_ = open_workbook(path, "企业.xlsx")
    told = []
    frame = pl.concat([batch.frame for batch in sheet.body(0, 2, told.append)])
    assert frame.select("0", "1").rows() == [
        ("高平市", None), ("高平市", None), ("高平市", "乙"), ("横着", None), (None, "丙"),
    ]  # fmt: skip
    assert [(item.code, item.line, item.column) for item in told] == [("merged-across", 4, 1)]


def test_old_workbooks(tmp_path: Path) -> None:
    result = prepare(FILES / "old.xls", tmp_path / "out", vocabulary())
    assert result.snapshot is not None
    frame = pl.read_parquet(result.snapshot.path("企业", 0))
    places = vocabulary().regions.positions()
    assert frame.select("名称", "注册地", "成立日期", "上年营业收入").rows() == [
        ("示例甲", places["140581"], date(2026, 3, 5), 12_340_000),
        ("示例乙", places["140581"], date(2026, 3, 6), 20_000_000),
    ]  # fmt: skip
    assert [(item.code, item.line) for item in result.problems] == [("skipped-total", 5)]


def test_dates_of_workbooks_that_count_from_1904(tmp_path: Path) -> None:
    def write(book: Any, sheet: Any) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, [KEY, "成立日期"])
        for row, number in enumerate((1, 2), start=1):
            sheet.write(row, 0, credit_code(number))
        sheet.write_datetime(1, 1, datetime.combine(date(2026, 3, 5), time()), day)
        sheet.write_number(2, 1, (date(2026, 3, 5) - date(1904, 1, 1)).days)

    path = tmp_path / "企业.xlsx"
    workbook(path, write, {"date_1904": True})
    result = prepare(path, tmp_path / "out", vocabulary())
    assert result.snapshot is not None
    frame = pl.read_parquet(result.snapshot.path("企业", 0))
    assert frame["成立日期"].to_list() == [date(2026, 3, 5)] * 2


@pytest.mark.parametrize("before", ["企业", "填表说明"])
def test_hidden_sheets_and_macros_are_said(tmp_path: Path, before: str) -> None:
    """Also where the first sheet is one that is never read."""

    def write(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, KEY)
        if before != "企业":
            sheet.name = before
            book.add_worksheet("企业").write(0, 0, KEY)
        book.add_worksheet("认定").hide()

    path = workbook(tmp_path / "企业.xlsx", write)
    path = path.rename(tmp_path / "企业.xlsm")
    result = prepare(path, tmp_path / "out", vocabulary())
    assert [item.code for item in result.problems] == [
        "workbook-macros", "sheet-hidden", "table-without-rows",
    ]  # fmt: skip
    assert result.snapshot is not None


def refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(SheetError) as caught:
        open_workbook(path, path.name)
    return caught.value.problem.code, caught.value.problem.file


def test_workbooks_that_cannot_be_read(tmp_path: Path) -> None:
    assert refusal(FILES / "locked.xlsx") == ("workbook-encrypted", "locked.xlsx")
    good = workbook(tmp_path / "好.xlsx", lambda _, sheet: sheet.write(0, 0, KEY)).read_bytes()
    files = {
        "空.xlsx": (b"", "table-empty"),
        "断.xlsx": (good[: len(good) // 2], "workbook-broken"),
        "网页.xls": (b"<html><table><tr><td>1</td></tr></table>", "workbook-broken"),
        "文本.xlsx": ("统一社会信用代码,名称".encode(), "workbook-broken"),
        "坏.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "workbook-broken"),
    }
    for name, (data, code) in files.items():
        (tmp_path / name).write_bytes(data)
        assert refusal(tmp_path / name) == (code, name), name
    blank = workbook(tmp_path / "白.xlsx", lambda *_: None)
    assert refusal(blank) == ("table-empty", "白.xlsx")


def test_damaged_parts(tmp_path: Path) -> None:
    def write(_: Any, sheet: Any) -> None:
        sheet.write(0, 0, KEY)

    path = workbook(tmp_path / "坏.xlsx", write)
    rewritten(path, "xl/workbook.xml", lambda data: b"<!DOCTYPE x>" + data)
    assert refusal(path)[0] == "workbook-broken"
    path = workbook(tmp_path / "坏.xlsx", write)
    rewritten(path, "xl/styles.xml", lambda data: data[:100])
    assert refusal(path)[0] == "workbook-broken"
    path = workbook(tmp_path / "坏.xlsx", write)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as book:
        begin = book.getinfo("xl/sharedStrings.xml").header_offset
    data[begin + 60] ^= 0xFF
    path.write_bytes(bytes(data))
    assert refusal(path)[0] == "workbook-broken"


def test_a_stray_cell_far_away_is_told_with_its_place(tmp_path: Path) -> None:
    """Room for every cell up to it is more than any machine has."""

    def write(_: Any, sheet: Any) -> None:
        sheet.write(0, 0, KEY)
        sheet.write(1_048_575, 16_383, "x")

    with pytest.raises(SheetError, match="XFD1048576") as caught:
        open_workbook(workbook(tmp_path / "远.xlsx", write), "远.xlsx")
    assert caught.value.problem.code == "sheet-far"


def test_hidden_rows_and_columns_are_read_and_said(tmp_path: Path) -> None:
    def write(_: Any, sheet: Any) -> None:
        for row, text in enumerate((KEY, "甲", "乙", "丙")):
            sheet.write(row, 0, text)
        for row in (1, 3):
            sheet.set_row(row, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})

    path = workbook(tmp_path / "藏.xlsx", write)
    (_, sheet), *_ = open_workbook(path, "企业.xlsx")
    told: list[Any] = []
    frame = pl.concat([batch.frame for batch in sheet.body(1, 1, told.append)])
    assert frame["0"].to_list() == ["甲", "乙", "丙"]
    assert [(item.code, item.message) for item in told] == [
        ("sheet-hidden-rows", "有隐藏的行或列（2 行、1 列），照样读入")
    ]


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = workbook(tmp_path / "弹.xlsx", lambda _, sheet: sheet.write(0, 0, KEY))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/big.bin", io.BytesIO(b"\0" * (80 * 2**20)).getvalue())
    assert refusal(path)[0] == "workbook-bomb"
