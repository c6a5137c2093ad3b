"""A large sheet, read piece by piece, says what it says when it is read at once."""

import random
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from huiqi.rulebook.tables import pieces
from huiqi.rulebook.tables.sheets import LINE, SheetError
from huiqi.rulebook.tables.workbook import open_workbook
from tests.rulebook.tables.test_workbook import rewritten

SHEET = "xl/worksheets/sheet1.xml"
ROWS = 700


def book(path: Path) -> Path:
    """Title, merged headings, gaps, dates, rates, formulas, errors, a merged column, blank first column."""
    made = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "nan_inf_to_errors": True})
    sheet = made.add_worksheet("企业")
    rate, day = made.add_format({"num_format": "0.0%"}), made.add_format({"num_format": "yyyy/m/d"})
    sheet.merge_range(0, 1, 0, 6, "虚拟示范区企业情况表")
    sheet.merge_range(1, 1, 2, 1, "名称")
    sheet.merge_range(1, 2, 1, 6, "统计部门提供")
    chance = random.Random(7)
    for row in range(3, ROWS):
        if row % 97 in (5, 6):
            continue  # rows that the file does not even name
        sheet.write(row, 1, f"测试企业{row}“（虚构）” & <甲>\n乙")
        sheet.write(row, 2, chance.random(), rate)
        sheet.write_datetime(row, 3, date(2026, 3, 1 + row % 28), day)
        sheet.write(row, 4, "同一文字")
        if row % 50 == 3:
            sheet.write_formula(row, 5, "=1+1", value="")
            sheet.write(row, 6, float("nan"))
    sheet.merge_range(300, 5, 340, 5, "合并")
    sheet.merge_range(600, 4, 600, 6, "横着")
    made.close()
    return path


def read(path: Path) -> tuple[Any, ...]:
    (name, sheet), *others = open_workbook(path, "企业.xlsx")
    assert others == []
    told: list[Any] = []
    batches = list(sheet.body(3, 8, told.append))
    frame = pl.concat([batch.frame for batch in batches])
    rows = frame.select(LINE, *(str(place) for place in range(8))).rows()
    return name, sheet.head, sheet.merged, sheet.base_1904, told, rows


def counted(monkeypatch: pytest.MonkeyPatch, size: int) -> list[int]:
    """How many bytes each piece that was opened had, with pieces of ``size``."""
    seen: list[int] = []
    real = pieces.Pieces.opened

    def opened(self: pieces.Pieces, rows: bytes, *, whole: bool = False) -> Any:
        seen.append(len(rows))
        return real(self, rows, whole=whole)

    monkeypatch.setattr(pieces, "PIECE", size)
    monkeypatch.setattr(pieces, "BLOCK", size // 3)
    monkeypatch.setattr(pieces.Pieces, "opened", opened)
    return seen


@pytest.mark.parametrize("size", [900, 10_000, 60_000])
def test_it_says_the_same(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "a.xlsx")
    at_once = read(path)
    assert len(at_once[-1]) == ROWS - 3
    seen = counted(monkeypatch, size)
    assert read(path) == at_once
    assert len([one for one in seen if one]) > 100_000 // size
    assert max(seen) < 2 * size + 2000


def test_a_stray_cell_far_away_is_told_also_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = rewritten(
        book(tmp_path / "a.xlsx"),
        SHEET,
        lambda xml: xml.replace(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
    )
    counted(monkeypatch, 10_000)
    with pytest.raises(SheetError) as caught:
        read(path)
    assert caught.value.problem.code == "sheet-far"


def test_a_sheet_that_numbers_no_rows_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = rewritten(
        book(tmp_path / "a.xlsx"), SHEET, lambda xml: re.sub(rb'<row r="\d+"', b"<row", xml)
    )
    seen = counted(monkeypatch, 10_000)
    assert len(read(path)[-1]) > 0
    assert seen == []


def test_texts_named_in_an_odd_way_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book(tmp_path / "a.xlsx")
    at_once = read(path)
    odd = rewritten(path, SHEET, lambda xml: xml.replace(b't="s"', b"t='s'", 40))
    counted(monkeypatch, 10_000)
    assert read(odd) == at_once


def test_a_text_that_is_not_there_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book(tmp_path / "a.xlsx")
    lost = rewritten(path, SHEET, lambda xml: xml.replace(b"<v>600</v>", b"<v>99999</v>"))
    counted(monkeypatch, 10_000)
    with pytest.raises(SheetError) as error:
        read(lost)
    assert error.value.problem.code == "workbook-broken"


def test_one_that_breaks_off_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted(monkeypatch, 10_000)
    path = book(tmp_path / "a.xlsx")
    broken = rewritten(path, SHEET, lambda xml: xml[: len(xml) // 2] + b"<" + xml[-200:])
    with pytest.raises(SheetError) as error:
        read(broken)
    assert error.value.problem.code == "workbook-broken"
    with zipfile.ZipFile(broken) as package:
        assert package.testzip() is None
