"""Which files of a folder hold which table."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from huiqi.rulebook.problems import Problem, Severity, suggest

DELIMITED = frozenset({".csv", ".tsv", ".txt"})
WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".et"})
PARQUET = frozenset({".parquet"})
KINDS = DELIMITED | WORKBOOKS | PARQUET
_NUMBER = re.compile(r"(?:[\s_\-]*[(\[]?(?:part)?[\s_\-]*\d+[)\]]?)+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A file and the table its name says; empty for a workbook whose sheets say it."""

    path: Path
    file: str
    table: str


def table_named(text: str, names: Mapping[str, str]) -> str:
    """The table a file or sheet is called after, ``企业-2``, ``enterprise (1)``; empty if none."""
    key = "".join(unicodedata.normalize("NFKC", text).split()).lower()
    return names.get(key) or names.get(_NUMBER.sub("", key), "")


def files_of(source: Path, names: Mapping[str, str]) -> tuple[list[Found], list[Problem]]:
    """Files of a folder, or of its folders called after tables, in natural order.

    ``names`` are the names of tables and their identifiers in lower case. ``source`` may be one file.
    """
    if source.is_file():
        return [Found(source, source.name, table_named(source.stem, names))], []
    found: list[Found] = []
    problems: list[Problem] = []
    for path in sorted(source.iterdir(), key=lambda item: _natural(item.name)):
        if path.name.startswith((".", "~$")) or path.name.lower() == "thumbs.db":
            continue
        table = table_named(path.stem if path.is_file() else path.name, names)
        if path.is_dir():
            inside = sorted(path.iterdir(), key=lambda item: _natural(item.name)) if table else ()
            for inner in inside:
                if inner.suffix.lower() in KINDS and not inner.name.startswith((".", "~$")):
                    found.append(Found(inner, f"{path.name}/{inner.name}", table))
            continue
        kind = path.suffix.lower()
        if kind in KINDS and (table or kind in WORKBOOKS):
            found.append(Found(path, path.name, table))
            continue
        if kind in KINDS:
            remedy = suggest(path.stem, list(dict.fromkeys(names.values())))
            message = "文件名不是任何一张表的名称，没有读入"
        else:
            remedy = "表格存成 .csv、.xlsx 或 .parquet"
            message = "这种文件不能当作表格，没有读入"
        problems.append(
            Problem("unknown-file", message, remedy, path.name, severity=Severity.WARNING)
        )
    return found, problems


def _natural(name: str) -> list[tuple[int, int | str]]:
    return [
        (0, int(part)) if part.isascii() and part.isdigit() else (1, part)
        for part in re.split(r"([0-9]+)", name) if part
    ]  # fmt: skip
