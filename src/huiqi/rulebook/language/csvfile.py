"""Tables that officials edit by hand: CSV in UTF-8, first row the headings, in Chinese.

Every fault of the file is a Problem with its line. What could be read is returned beside the
problems.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from huiqi.rulebook.language.source import MAX_BYTES, reason_of
from huiqi.rulebook.problems import Problem, suggest


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on (from 1) and its cells by heading, stripped."""

    line: int
    cells: Mapping[str, str]


def read_table(
    path: Path, required: Sequence[str], optional: Sequence[str] = ()
) -> tuple[list[Row], list[Problem]]:
    """Rows of a CSV file and what is wrong with it.

    Every row has a cell for each required and optional heading; an optional column that the file
    lacks gives empty text. Other columns are kept as they are. Blank rows are skipped. When the
    file cannot be read, or a required column is missing, there are no rows.
    """
    file = str(path)
    text, problems = _text(path)
    if problems:
        return [], problems
    lines, problems = _split(text, file)
    if not lines:
        problems.append(
            Problem(
                "csv-empty", "文件是空的", f"第一行写列名：{'、'.join(required)}", file=file, line=1
            )
        )
        return [], problems
    head_line, headings = lines[0]
    problems.extend(_check_headings(headings, required, file, head_line))
    if any(problem.code.startswith("csv-column") for problem in problems):
        return [], problems
    absent = {name: "" for name in optional if name not in headings}
    rows: list[Row] = []
    for line, cells in lines[1:]:
        if len(cells) != len(headings):
            problems.append(
                Problem(
                    "csv-row-width",
                    f"这一行有{len(cells)}格，列名有{len(headings)}个",
                    "核对逗号；格子里本来就有逗号的，用英文双引号括起来",
                    file=file,
                    line=line,
                )
            )
            continue
        rows.append(Row(line, dict(zip(headings, cells, strict=True)) | absent))
    if len(lines) == 1:
        problems.append(
            Problem("csv-empty", "只有列名，没有内容", "从第二行起填写", file=file, line=head_line)
        )
    return rows, problems


def _text(path: Path) -> tuple[str, list[Problem]]:
    file = str(path)
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            message = f"文件有 {size:,} 字节，参考数据不应超过 {MAX_BYTES:,} 字节"
            return "", [Problem("csv-too-large", message, "核对是不是放错了文件", file=file)]
        data = path.read_bytes()
    except FileNotFoundError:
        return "", [Problem("csv-missing", "找不到这个文件", "核对文件夹和文件名", file=file)]
    except OSError as error:
        message = f"文件打不开：{reason_of(error)}"
        return "", [Problem("csv-unreadable", message, "核对文件和权限", file=file)]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return "", [
            Problem(
                "csv-encoding",
                "文件不是 UTF-8 编码",
                "在表格软件里另存为“CSV UTF-8”",
                file=file,
                line=line,
            )
        ]


def _split(text: str, file: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Rows that are not blank, each with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return rows, []
        except csv.Error:
            return rows, [
                Problem(
                    "csv-broken",
                    "从这一行起读不下去，多半是双引号没有成对",
                    "核对双引号",
                    file=file,
                    line=line,
                )
            ]
        if any(cells):
            rows.append((line, cells))


def _check_headings(
    headings: Sequence[str], required: Sequence[str], file: str, line: int
) -> list[Problem]:
    problems: list[Problem] = []
    for name in sorted({name for name in headings if name and headings.count(name) > 1}):
        problems.append(
            Problem(
                "csv-column-repeated",
                f"列名“{name}”出现了{headings.count(name)}次",
                "每个列名只留一列",
                file=file,
                line=line,
                field=name,
            )
        )
    others = [name for name in headings if name and name not in required]
    for name in required:
        if name not in headings:
            problems.append(
                Problem(
                    "csv-column-missing",
                    f"缺少“{name}”列",
                    _heading_remedy(name, others),
                    file=file,
                    line=line,
                    field=name,
                )
            )
    return problems


def _heading_remedy(name: str, present: Sequence[str]) -> str:
    """What to do about a missing heading, pointing at one that looks like it."""
    hint = suggest(name, present)
    return f"补上这一列；{hint}" if hint else "补上这一列"
