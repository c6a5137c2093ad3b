"""A small vocabulary, and a made-up region written as CSV, as officials' workbooks and as Parquet.

Enterprises are numbered and named so that they cannot be mistaken for real ones. Values are drawn
once; each writer renders them in its own notations, and the workbook adds all the noise that
officials' sheets have: titles, headings of two rows, merged cells, totals, notes, blank rows.
"""

import random
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from stdnum.cn import uscc

from huiqi.rulebook.library.vocabulary import Vocabulary, load_vocabulary
from tests.conventions.repository import ROOT

FILES = Path(__file__).parent / "files"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
COUNTIES = ("高平市", "泽州县", "沁水县", "阳城县", "陵川县")
Row = dict[str, Any]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary of these tests, with the project's regions and industries."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(FILES / "vocabulary", root / "vocabulary")
        shutil.copytree(ROOT / "policies" / "reference", root / "reference")
        made, problems = load_vocabulary(root)
    assert [str(item) for item in problems] == []
    return made


def credit_code(number: int, head: str = "91149999") -> str:
    """A valid credit code of a county that does not exist."""
    digits = ""
    for _ in range(9):
        number, rest = divmod(number, 31)
        digits = ALPHABET[rest] + digits
    return head + digits + uscc.calc_check_digit(head + digits)


@dataclass(frozen=True)
class Region:
    """Rows with values as Python knows them: fen, pieces, millionths, dates, names."""

    enterprises: list[Row]
    titles: list[Row]
    carriers: list[Row]
    graduations: list[Row]
    payments: list[Row]


def region(count: int, seed: int = 1) -> Region:
    """``count`` enterprises in the order of their counties, with events and unknowns."""
    rng = random.Random(seed)

    def maybe(value: Any) -> Any:
        return None if rng.random() < 0.1 else value

    def day() -> date:
        return date(1995, 1, 1) + timedelta(days=rng.randrange(11_000))

    enterprises = [
        {
            "统一社会信用代码": credit_code(number),
            "名称": f"示例企业第{number:06d}号",
            "主体类型": maybe(rng.choice(["企业", "个体工商户", "农民专业合作社"])),
            "注册地": COUNTIES[number * len(COUNTIES) // count],
            "行业": maybe(rng.choice(["制造业", "39", "C"])),
            "成立日期": maybe(day()),
            "从业人员": maybe(rng.randrange(0, 3000)),
            "上年营业收入": maybe(rng.choice([0, 1, 10**6, rng.randrange(10**12)])),
            "利润总额": maybe(rng.randrange(-(10**10), 10**10)),
            "民营企业": maybe(rng.random() < 0.7),
            "研发强度": maybe(rng.randrange(0, 300_000)),
        }
        for number in range(count)
    ]
    keys = [row["统一社会信用代码"] for row in enterprises]
    titles = [
        {
            "认定编号": f"RD-{number:05d}",
            "企业": rng.choice(keys),
            "名称": rng.choice(["高新技术企业", "科技型中小企业"]),
            "级别": maybe(rng.choice(["市级", "省级", "国家级"])),
            "发证日期": maybe(day()),
        }
        for number in range(count)
    ]
    titles.sort(key=lambda row: row["企业"])
    carriers = [
        {
            "载体编号": f"ZT-{n}",
            "名称": f"示例载体{n}",
            "运营单位": maybe(rng.choice(keys)),
            "面积": n,
        }
        for n in range(12)
    ]
    graduations = [
        {"毕业编号": f"BY-{n}", "载体": f"ZT-{rng.randrange(12)}", "毕业企业": maybe(rng.choice(keys)),
         "毕业日期": day()}
        for n in range(40)
    ]  # fmt: skip
    payments = [
        {"主体": rng.choice(keys), "支持": "示例政策/示例支持", "事项": f"RD-{n:05d}",
         "金额": rng.randrange(1, 10**8), "日期": day()}
        for n in range(15)
    ]  # fmt: skip
    return Region(enterprises, titles, carriers, graduations, payments)


def decimal(value: int, scale: int) -> str:
    """``value / 10**scale`` exactly, without needless zeros."""
    text = f"{Decimal(value).scaleb(-scale):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# -------------------------------------------------------------------- CSV


def _csv_cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if name in ("上年营业收入", "利润总额"):
        return decimal(value, 6)
    if name == "金额":
        return f"{decimal(value, 2)}元"
    if name == "研发强度":
        return f"{decimal(value, 4)}%"
    return str(value)


CSV_HEADINGS = {"上年营业收入": "上年营业收入（万元）", "利润总额": "利润总额(万元)"}
NAMES = {
    "企业": "enterprises", "认定": "titles", "载体": "carriers", "毕业": "graduations",
    "拨付": "payments",
}  # fmt: skip


def write_csv(made: Region, folder: Path) -> None:
    """Plain CSV in UTF-8, one file a table."""
    folder.mkdir()
    for table, attribute in NAMES.items():
        rows = getattr(made, attribute)
        names = list(rows[0])
        lines = [",".join(CSV_HEADINGS.get(name, name) for name in names)]
        lines += [",".join(_csv_cell(name, row[name]) for name in names) for row in rows]
        (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


# -------------------------------------------------------------------- Parquet


def write_parquet(made: Region, folder: Path) -> None:
    """Typed columns: fen, yuan as decimals, truths, dates; two files for the enterprises."""
    folder.mkdir()
    rows = made.enterprises
    yuan = pl.Series([row["利润总额"] for row in rows], dtype=pl.Int64).cast(pl.Decimal(38, 2))
    frame = pl.DataFrame(
        {
            "enterprise.name": [row["名称"] for row in rows],
            "统一社会信用代码": [row["统一社会信用代码"] for row in rows],
            "主体类型": pl.Series([row["主体类型"] for row in rows], dtype=pl.Categorical),
            "注册地": [row["注册地"] for row in rows],
            "industry": [row["行业"] for row in rows],
            "成立日期": [row["成立日期"] for row in rows],
            "从业人员": pl.Series([row["从业人员"] for row in rows], dtype=pl.Int32),
            "上年营业收入（分）": [row["上年营业收入"] for row in rows],
            "利润总额（元）": yuan / 100,
            "民营企业": [row["民营企业"] for row in rows],
            "研发强度（%）": [
                None if row["研发强度"] is None else row["研发强度"] / 10_000 for row in rows
            ],
        }
    )
    half = len(rows) // 2
    frame.head(half).write_parquet(folder / "企业-1.parquet")
    frame.slice(half).write_parquet(folder / "企业-2.parquet")
    pl.DataFrame(made.titles).write_parquet(folder / "title.parquet")
    pl.DataFrame(made.carriers).write_parquet(folder / "载体.parquet")
    days = pl.col("毕业日期").cast(pl.Datetime)
    pl.DataFrame(made.graduations).with_columns(days).write_parquet(folder / "毕业.parquet")
    paid = pl.DataFrame(made.payments).rename({"金额": "金额（分）"})
    paid.with_columns(pl.lit("企业").alias("主体表")).write_parquet(folder / "拨付.parquet")


# -------------------------------------------------------------------- workbooks


def _date_cell(sheet: Any, row: int, column: int, value: date, style: Any) -> None:
    moment = datetime.combine(value, time())
    match (row + column) % 6:
        case 0:
            sheet.write_datetime(row, column, moment, style)
        case 1:
            sheet.write_string(row, column, f"{value.year}.{value.month}.{value.day}")
        case 2:
            sheet.write_string(row, column, f"{value.year}年{value.month}月{value.day}日")
        case 3:
            sheet.write_string(row, column, f"{value.year}/{value.month}/{value.day}")
        case 4:
            sheet.write_number(row, column, (value - date(1899, 12, 30)).days)
        case _:
            sheet.write_string(row, column, f" {value.isoformat()} ")


def _money_cell(sheet: Any, row: int, column: int, fen: int) -> None:
    """Under a heading in 万元: bare numbers, with separators, with a unit of their own."""
    match row % 4:
        case 0:
            sheet.write_number(row, column, fen / 10**6)  # what people type is the shortest decimal
        case 1:
            sheet.write_string(row, column, f"{decimal(fen, 2)}元")
        case 2:
            sheet.write_string(row, column, f"{Decimal(decimal(fen, 6)):,f}")
        case _:
            sheet.write_string(row, column, f"{decimal(fen, 6)}万")


def write_workbook(made: Region, folder: Path) -> None:
    """As officials keep them: the enterprises in one file, the rest as sheets of another."""
    folder.mkdir()
    _enterprises(made, folder / "企业.xlsx")
    book = xlsxwriter.Workbook(str(folder / "其他.xlsx"))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    _titles(made, book, day)
    for table in ("载体", "毕业", "拨付"):
        sheet = book.add_worksheet(table)
        rows = getattr(made, NAMES[table])
        for column, name in enumerate(rows[0]):
            sheet.write_string(2, column + 1, f" {name} ")
            for place, row in enumerate(rows, start=3):
                value = row[name]
                if isinstance(value, date):
                    _date_cell(sheet, place, column + 1, value, day)
                elif name == "金额":
                    sheet.write_string(place, column + 1, f"{decimal(value, 6)}万元")
                elif value is not None:
                    sheet.write(place, column + 1, value)
    book.close()


def _titles(made: Region, book: Any, day: Any) -> None:
    """Titles with the enterprise's code merged over its rows."""
    sheet = book.add_worksheet("认定")
    for column, name in enumerate(("统一社会信用代码", "认定编号", "名称", "级别", "发证日期")):
        sheet.write_string(0, column, name)
    row = 1
    for key, group in groupby(made.titles, key=lambda item: item["企业"]):
        rows = list(group)
        if len(rows) > 1:
            sheet.merge_range(row, 0, row + len(rows) - 1, 0, key)
        else:
            sheet.write_string(row, 0, key)
        for item in rows:
            sheet.write_string(row, 1, item["认定编号"])
            sheet.write_string(row, 2, item["名称"])
            if item["级别"] is not None:
                sheet.write_string(row, 3, item["级别"])
            if item["发证日期"] is not None:
                _date_cell(sheet, row, 4, item["发证日期"], day)
            row += 1


def _enterprises(made: Region, path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Sheet1")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    share = book.add_format({"num_format": "0.00%"})
    sheet.merge_range(0, 0, 0, 11, "示例市企业基本情况表")
    sheet.write_string(1, 10, "单位：万元")
    single = ["注册地", "序号", "统一社会信用代码", "名称", "主体类型", "行业", "成立日期"]
    for column, name in enumerate(single):
        sheet.merge_range(2, column, 3, column, name)
    sheet.merge_range(2, 7, 2, 10, "经营情况")
    for column, name in enumerate(
        ["上年营业收入（万元）", "利润总额", "从业人员\n（人）", "研发强度"]
    ):
        sheet.write_string(3, column + 7, name)
    sheet.merge_range(2, 11, 3, 11, "民营企业")
    row = 4
    for county in COUNTIES:
        rows = [item for item in made.enterprises if item["注册地"] == county]
        if not rows:
            continue
        first = row
        for item in rows:
            _enterprise(sheet, row, item, day, share)
            row += 1
        if len(rows) > 1:
            sheet.merge_range(first, 0, row - 1, 0, county)
        else:
            sheet.write_string(first, 0, county)
        sheet.merge_range(row, 0, row, 3, f"{county}小计")
        sheet.write_number(row, 9, sum(item["从业人员"] or 0 for item in rows))
        row += 2  # and a blank row
    sheet.merge_range(row, 0, row, 3, "合　　计")
    sheet.write_number(row, 9, 12345)
    sheet.write_string(row + 1, 0, "填表人：某某")
    sheet.write_string(row + 1, 6, "填表日期：2026.3.5")
    sheet.write_string(row + 2, 0, "注：从业人员为上年末数。")
    book.close()


def _enterprise(sheet: Any, row: int, item: Row, day: Any, share: Any) -> None:
    sheet.write_number(row, 1, row - 3)
    key = item["统一社会信用代码"]
    sheet.write_string(row, 2, key.lower() if row % 5 == 0 else key)
    sheet.write_string(row, 3, item["名称"])
    for column, name in ((4, "主体类型"), (5, "行业")):
        if item[name] is not None:
            sheet.write(row, column, int(item[name]) if item[name].isdigit() else item[name])
    if item["成立日期"] is not None:
        _date_cell(sheet, row, 6, item["成立日期"], day)
    for column, name in ((7, "上年营业收入"), (8, "利润总额")):
        if item[name] is not None:
            _money_cell(sheet, row, column, item[name])
        elif row % 2:
            sheet.write_string(row, column, "不详")
    if item["从业人员"] is not None:
        if row % 3:
            sheet.write_number(row, 9, item["从业人员"])
        else:
            sheet.write_string(row, 9, f"{item['从业人员']}人")
    if item["研发强度"] is not None:
        if row % 2:
            sheet.write_number(row, 10, item["研发强度"] / 10**6, share)
        else:
            sheet.write_string(row, 10, f"{decimal(item['研发强度'], 4)}％")
    if item["民营企业"] is not None:
        yes = item["民营企业"]
        match row % 3:
            case 0:
                sheet.write_boolean(row, 11, yes)
            case 1:
                sheet.write_string(row, 11, "√" if yes else "×")
            case _:
                sheet.write_number(row, 11, int(yes))
