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
    found: list[Found] = []
    problems: list[Problem] = []
    entries = [source] if source.is_file() else _sorted(source)
    for path in entries:
        if _hidden(path):
            continue
        table = table_named(path.name if path.is_dir() else path.stem, names)
        kind = path.suffix.lower()
        if path.is_dir():
            if table:
                for inner in _sorted(path):
                    if inner.suffix.lower() in KINDS and inner.is_file() and not _hidden(inner):
                        found.append(Found(inner, f"{path.name}/{inner.name}", table))
                continue
            message = "文件夹名不是任何一张表的名称，里面的文件没有读入"
        elif path.exists() and not path.is_file():  # a pipe or a device would be waited for
            message = "不是普通文件，没有读入"
        elif kind in KINDS and (table or kind in WORKBOOKS):
            found.append(Found(path, path.name, table))
            continue
        elif kind in KINDS:
            message = "文件名不是任何一张表的名称，没有读入"
        else:
            message = "这种文件不能当作表格，没有读入"
        remedy = suggest(path.stem, list(dict.fromkeys(names.values())))
        if not path.is_dir() and (kind not in KINDS or not path.is_file()):
            remedy = "表格存成 .csv、.xlsx 或 .parquet"
        problems.append(
            Problem("unknown-file", message, remedy, path.name, severity=Severity.WARNING)
        )
    return found, problems


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda item: _natural(item.name))


def _hidden(path: Path) -> bool:
    """Files that other programs leave behind."""
    return path.name.startswith((".", "~$")) or path.name.lower() in ("thumbs.db", "problems.csv")


def _natural(name: str) -> list[tuple[int, int | str]]:
    return [
        (0, int(part)) if part.isascii() and part.isdigit() else (1, part)
        for part in re.split(r"([0-9]+)", name) if part
    ]  # fmt: skip
