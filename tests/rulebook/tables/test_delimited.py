"""Delimited text: every cell arrives with its line, whatever the encoding, separator and quotes."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiqi.rulebook.problems import Problem
from huiqi.rulebook.tables import delimited
from huiqi.rulebook.tables.delimited import delimited_sheet
from huiqi.rulebook.tables.headings import Matcher
from huiqi.rulebook.tables.sheets import LINE, SheetError
from tests.rulebook.tables.region import vocabulary

MATCHER = Matcher(vocabulary().tables["企业"], vocabulary())
HEAD = "统一社会信用代码,名称,从业人员"


def rows(
    path: Path, data: bytes | str, width: int = 3
) -> tuple[list[tuple[str, ...]], list[Problem]]:
    """Line and cells of every row after the first, blank for null, and the problems."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    sheet = delimited_sheet(path, "企业.csv", MATCHER)
    problems = list(sheet.notes)
    out = []
    for batch in sheet.body(1, width, problems.append):
        frame = batch.frame.select(LINE, *(str(place) for place in range(width)))
        out += [tuple(cell or "" for cell in row) for row in frame.iter_rows()]
    return out, problems


@pytest.mark.parametrize(
    ("encoding", "codes"),
    [("utf-8", []), ("utf-8-sig", []), ("gb18030", ["csv-encoding"]), ("utf-16", [])],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, codes: list[str], end: str) -> None:
    text = f"{HEAD}{end}甲,示例一,1{end}乙,示例二,2{end}"
    found, problems = rows(tmp_path / "t.csv", text.encode(encoding))
    assert found == [(2, "甲", "示例一", "1"), (3, "乙", "示例二", "2")]
    assert [item.code for item in problems] == codes


@pytest.mark.parametrize("separator", ["\t", "；", "，", ";", "|"])
def test_other_separators_are_found_and_said(tmp_path: Path, separator: str) -> None:
    text = f"{HEAD}\n甲,示例一,1\n乙,示例二,2".replace(",", separator)
    found, problems = rows(tmp_path / "t.csv", text)
    assert found == [(2, "甲", "示例一", "1"), (3, "乙", "示例二", "2")]
    assert [item.code for item in problems] == ["csv-separator"]


@pytest.mark.parametrize("quoted", [False, True])
def test_ragged_rows_are_reported_and_the_rest_goes_on(tmp_path: Path, quoted: bool) -> None:
    mark = '"' if quoted else ""
    text = f"{HEAD}\n甲,{mark}一{mark},1\n乙,二\n丙,三,3,多\n丁,四,4,,\n\n戊,五,5\n填表人：某某\n"
    found, problems = rows(tmp_path / "t.csv", text)
    assert [row for row in found if any(row[1:])] == [
        (2, "甲", "一", "1"), (5, "丁", "四", "4"), (7, "戊", "五", "5"), (8, "填表人：某某", "", ""),
    ]  # fmt: skip
    assert [(item.code, item.line, item.found) for item in problems] == [
        ("row-width", 3, "乙,二"), ("row-width", 4, "丙,三,3,多"),
    ]  # fmt: skip


cells = st.text("ab 1中\"',;\n.", max_size=5)
tables = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6)


@given(table=tables, quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_the_csv_module_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, ...]], quoting: int
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]
    lines = []
    out.write(HEAD + "\n")
    for row in table:
        lines.append(out.getvalue().count("\n") + 1)
        writer.writerow(row)
    found, problems = rows(tmp_path_factory.mktemp("csv") / "t.csv", out.getvalue())
    assert found == [(line, *row) for line, row in zip(lines, table, strict=True)]
    assert problems == []


@pytest.mark.parametrize("block", [7, 64, 1000])
def test_blocks_fall_anywhere(tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK", block)
    lines = [f"键{number},示例{number},{number}" for number in range(200)]
    lines[120] = '键120,"两\n行",120'
    found, problems = rows(tmp_path / "t.csv", "\r\n".join([HEAD, *lines]))
    assert [row[1] for row in found] == [f"键{number}" for number in range(200)]
    assert [row[0] for row in found] == [*range(2, 123), *range(124, 203)]
    assert (found[120][2], problems) == ("两\n行", [])


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "table-empty", 0),
        (b"\xef\xbb\xbf \r\n,,\r\n", "table-empty", 0),
        (b"PK\x03\x04" + bytes(100), "csv-workbook", 0),
        (HEAD.encode() + b"\n\xff\xff\xff,1,2\n", "csv-encoding", 2),
        ((HEAD + '\n甲,"没有收尾,1\n' + "乙,二,2\n" * 200_000).encode(), "csv-broken", 2),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, data: bytes, code: str, line: int) -> None:
    with pytest.raises(SheetError) as caught:
        rows(tmp_path / "t.csv", data)
    assert (caught.value.problem.code, caught.value.problem.line) == (code, line)


def test_a_line_without_end_is_seen_before_the_rest_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCK", 1000)
    monkeypatch.setattr(delimited, "LONGEST", 5000)
    path = tmp_path / "t.csv"
    path.write_bytes(f"{HEAD}\n甲,一,1\n".encode())
    with path.open("ab") as stream:
        stream.truncate(2 * 2**30)  # a hole, of which nothing is on the disk
    with pytest.raises(SheetError) as caught:
        delimited_sheet(path, "企业.csv", MATCHER)
    assert (caught.value.problem.code, caught.value.problem.line) == ("csv-broken", 3)


def test_a_single_column(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("统一社会信用代码\n甲\n\n乙\n", "utf-8")
    sheet = delimited_sheet(path, "企业.csv", MATCHER)
    frame = pl.concat([batch.frame for batch in sheet.body(1, 1, print)])
    assert frame.select(LINE, "0").filter(pl.col("0").fill_null("") != "").rows() == [
        (2, "甲"), (4, "乙"),
    ]  # fmt: skip
