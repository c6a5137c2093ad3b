"""Templates: what they hold, and that what is filled in comes back."""

import io
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from huiqi.rulebook.tables import prepare, template
from tests.rulebook.tables.region import credit_code, vocabulary

TABLES = sorted(vocabulary().tables)


def opened(table: str) -> Any:
    words = vocabulary()
    return openpyxl.load_workbook(io.BytesIO(template(words.tables[table], words)))


def test_headings_formats_and_lists() -> None:
    book = opened("企业")
    sheet = book["企业"]
    assert [cell.value for cell in sheet[1]] == [
        "统一社会信用代码", "名称", "主体类型", "注册地", "行业", "成立日期", "从业人员（人）", "上年营业收入（元）",
        "利润总额（元）", "民营企业", "研发强度（%）",
    ]  # fmt: skip
    assert sheet.column_dimensions["A"].width == pytest.approx(24, abs=1)
    lists = {str(item.sqref): item.formula1 for item in sheet.data_validations.dataValidation}
    assert lists == {"C2:C1001": '"企业,个体工商户,农民专业合作社"', "J2:J1001": '"是,否"'}
    assert book.sheetnames == ["企业", "填表说明", "选项"]
    assert book["选项"].sheet_state == "hidden"


def test_key_columns_are_text() -> None:
    words = vocabulary()
    with zipfile.ZipFile(io.BytesIO(template(words.tables["认定"], words))) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
        styles = package.read("xl/styles.xml").decode()
    first = sheet[sheet.index("<cols>") :].split("/>")[0]
    style = int(first.split('style="')[1].split('"')[0])
    formats = styles[styles.index("<cellXfs") :].split("<xf ")[1:]
    assert 'numFmtId="49"' in formats[style]  # the built-in text format


def test_every_column_is_explained() -> None:
    notes = opened("认定")["填表说明"]
    rows = [[cell.value for cell in row] for row in notes.iter_rows(max_row=6)]
    assert rows[0] == ["列名", "类型", "示例", "填什么", "来源"]
    assert [row[0] for row in rows[1:]] == ["认定编号", "企业", "名称", "级别", "发证日期"]
    assert rows[3] == ["名称", "类别：应填：高新技术企业、科技型中小企业、专精特新中小企业", "高新技术企业",
                       "哪种资质？", "科技部门"]  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_template_is_read_without_complaint(tmp_path: Path, table: str) -> None:
    words = vocabulary()
    for name in {table, words.tables[table].owner, *words.tables[table].links.values()} - {""}:
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.xlsx").write_bytes(template(words.tables[name], words))
    for name in list(words.tables):  # owners of owners
        if words.tables[name].is_event or (tmp_path / "in" / f"{name}.xlsx").exists():
            continue
        (tmp_path / "in" / f"{name}.xlsx").write_bytes(template(words.tables[name], words))
    result = prepare(tmp_path / "in", tmp_path / "out", words)
    assert {item.code for item in result.problems} == {"table-without-rows"}
    assert result.snapshot is not None


def test_what_is_filled_in_comes_back(tmp_path: Path) -> None:
    book = opened("企业")
    moment = datetime.combine(date(2020, 2, 29), time())
    row = [
        credit_code(1),
        "=示例企业",
        "企业",
        "高平市",
        "制造业",
        moment,
        30,
        1234567.89,
        "-20万元",
        "是",
        5,
    ]
    book["企业"].append(row)
    cell = book["企业"]["B2"]
    cell.data_type = "s"
    (tmp_path / "in").mkdir()
    book.save(tmp_path / "in" / "企业.xlsx")
    result = prepare(tmp_path / "in", tmp_path / "out", vocabulary())
    assert result.problems == ()
    assert result.snapshot is not None
    found = pl.read_parquet(result.snapshot.path("企业", 0))
    names = ("名称", "成立日期", "从业人员", "上年营业收入", "利润总额", "民营企业", "研发强度")
    assert found.select(names).rows() == [
        ("=示例企业", date(2020, 2, 29), 30, 123456789, -20_000_000, True, 50_000)
    ]
