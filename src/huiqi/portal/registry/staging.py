"""First half of an import: the file's rows checked, the good ones on disk, the problems kept.

What stands in the folder is complete once `staged.json` is there, so that an import that was
interrupted later goes on from it without reading the file again.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from django.db import transaction
from django.utils import timezone

from huiqi.portal.base import files, rules
from huiqi.portal.base.access import memberships_of
from huiqi.portal.base.enums import Role
from huiqi.portal.registry import storing
from huiqi.portal.registry.models import BadRow, Batch
from huiqi.rulebook.bulk.snapshot import lists_of, trees_of
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import Table, Vocabulary
from huiqi.rulebook.problems import Problem, Severity
from huiqi.rulebook.tables.headings import Matcher, Meaning
from huiqi.rulebook.tables.ledger import Ledger
from huiqi.rulebook.tables.prepare import PAYMENTS, payments_table
from huiqi.rulebook.tables.sheets import LINE
from huiqi.rulebook.tables.single import matcher_of, stage
from huiqi.rulebook.tables.stage import FILE, GOOD, KEY, Staged

SHEET = "_sheet"
PROBLEMS, STATE = "problems.csv", "staged.json"
SHOWN = 10_000
"""Problems of one file that stand in the database; all of them stand in the file."""
PIECE = 20_000
"""Rows of one transaction: short enough that nobody waits long for the database."""
REQUIRED_PAYMENT = ("主体", "支持", "金额", "日期")


@dataclass
class Prepared:
    """What lies in a folder. ``fatal`` says why nothing could be read."""

    folder: Path
    rows: int
    chunks: list[int]
    sheets: list[str]
    fatal: str = ""

    def pieces(self, reached: int) -> Iterator[pl.DataFrame]:
        """The good rows after the first ``reached``, in pieces, in the order of the file. Each has what
        its sheet is called, where a file has several (:data:`SHEET`)."""
        named = pl.Series(
            [name[name.rfind("［") :] if name[-1:] == "］" else "" for name in self.sheets]
        )
        start = 0
        for number, count in enumerate(self.chunks):
            if start + count > reached:
                rows = pl.read_parquet(_chunk(self.folder, number))
                rows = rows.with_columns(pl.lit(named).gather(pl.col(FILE)).alias(SHEET))
                yield from rows.slice(max(0, reached - start)).iter_slices(PIECE)
            start += count


def matcher(batch: Batch, given: Mapping[str, str]) -> Matcher:
    """Knows the headings of a batch's table. Columns that the unit may not state are left out."""
    vocabulary = rules.library().vocabulary
    if batch.table == PAYMENTS:
        return matcher_of(payments_table(), vocabulary, given, REQUIRED_PAYMENT)
    table = vocabulary.tables[batch.table]
    made = matcher_of(table, vocabulary, given)
    for name in foreign(batch, table):
        for text, meaning in list(made.names.items()):
            if meaning.role == "fact" and meaning.name == name:
                made.names[text] = Meaning("skip", "")
        for text, (meaning, _) in list(made.chosen.items()):
            if meaning.role == "fact" and meaning.name == name:
                made.chosen[text] = (Meaning("skip", ""), "")
    return made


def foreign(batch: Batch, table: Table) -> set[str]:
    """The facts that other registers hold: only who was a registrar at the upload, and was not
    dismissed since, imports them as well."""
    if batch.unit is None or batch.made_by is None:
        return set()
    on = timezone.localdate(batch.made_at)
    held = memberships_of(batch.made_by, on).filter(unit=batch.unit, role=Role.REGISTRAR)
    if held.exists():
        return set()
    own = set(batch.unit.sources)
    return {spec.name for spec in table.facts.values() if spec.source and spec.source not in own}


def is_complete(folder: Path) -> bool:
    return (folder / STATE).is_file()


def load(folder: Path) -> Prepared:
    """What an earlier run has staged."""
    about = json.loads((folder / STATE).read_text("utf-8"))
    return Prepared(folder=folder, **about)


def tidy(folder: Path) -> None:
    """Removes the rows once they are taken over; the problems stay."""
    for path in folder.glob("rows-*.parquet"):
        path.unlink()


def prepare(batch: Batch, folder: Path, tell: Callable[[float], None]) -> Prepared:
    """Reads and checks the file; keeps its problems with the batch."""
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / "staging"
    work.mkdir(parents=True)
    vocabulary = rules.library().vocabulary
    reader = matcher(batch, batch.columns)
    path, name = files.path(batch.file), batch.file.name
    with Ledger(folder / PROBLEMS, SHOWN) as ledger:
        if batch.table != PAYMENTS:
            ledger.add(*_left_out(batch, vocabulary, name))
        staged = stage(path, name, reader, work, ledger, tell)
    fatal = next(
        (item.message for item in ledger.kept if ledger.fatal and item.severity is Severity.ERROR),
        "",
    )
    made = Prepared(folder, 0, [], [file for file, _ in staged.sheets], fatal)
    if not fatal:
        for number, chunk in enumerate(staged.chunks):
            rows = _plain(staged, chunk, vocabulary)
            rows.write_parquet(_chunk(folder, number), compression="lz4", statistics=False)
            chunk.unlink()
            made.chunks.append(rows.height)
    made.rows = sum(made.chunks)
    shutil.rmtree(work)
    with transaction.atomic():
        batch.bad_rows.all().delete()
        storing.insert(BadRow, _shown(batch, folder / PROBLEMS, name))
        batch.rows, batch.refused = staged.read, staged.read - made.rows
        batch.added = batch.changed = batch.same = batch.reached = 0
        batch.save(update_fields=["rows", "refused", "added", "changed", "same", "reached"])
    about = asdict(made)
    del about["folder"]
    # Whole or not at all: a killed worker leaves no half a note behind.
    coming = folder / f"{STATE}.coming"
    coming.write_text(json.dumps(about, ensure_ascii=False), "utf-8")
    coming.replace(folder / STATE)
    return made


def _left_out(batch: Batch, vocabulary: Vocabulary, file: str) -> list[Problem]:
    names = sorted(foreign(batch, vocabulary.tables[batch.table]))
    if not names:
        return []
    listed = "、".join(names[:8]) + ("等" if len(names) > 8 else "")
    return [
        Problem(
            "foreign-columns", f"{listed}由别的单位掌握，这些列没有读入", "请由掌握数据的单位或数据管理员导入",
            file, severity=Severity.WARNING,
        )
    ]  # fmt: skip


def _chunk(folder: Path, number: int) -> Path:
    return folder / f"rows-{number:06d}.parquet"


def _plain(staged: Staged, chunk: Path, vocabulary: Vocabulary) -> pl.DataFrame:
    """The good rows of a chunk as values: words and codes for positions, days for dates."""
    rows = staged.rows(chunk) if staged.matcher.table.key else pl.read_parquet(chunk).filter(GOOD)
    lists, trees = lists_of(vocabulary), trees_of(vocabulary)
    out = []
    for name in rows.columns:
        spec = staged.matcher.table.facts.get(name)
        if name == GOOD:
            continue
        column = pl.col(name)
        if spec is not None and spec.type.kind is Kind.CHOICE:
            words = pl.Series(lists[spec.type.choices], dtype=pl.String)
            column = pl.lit(words).gather(column)
        elif spec is not None and spec.type.kind in (Kind.REGION, Kind.INDUSTRY):
            codes = pl.Series(trees[str(spec.type.kind)], dtype=pl.String)
            column = pl.lit(codes).gather(column)
        elif spec is not None and spec.type.kind is Kind.DATE:
            column = column.cast(pl.Int32)
        out.append(column.alias(name.removeprefix(KEY)))
    return rows.select(out)


def _shown(batch: Batch, path: Path, file: str) -> pl.DataFrame:
    """The first problems as rows of the database."""
    found = pl.read_csv(path, n_rows=SHOWN, infer_schema=False)
    line, field = pl.col("行").cast(pl.Int64), pl.col("字段").fill_null("")
    sheet = pl.col("文件").str.strip_prefix(file).fill_null("")
    where = pl.when(line > 0).then(pl.format("第{}行", line)).otherwise(pl.lit("整个文件"))
    what = pl.when(field != "").then(pl.format("“{}”", field)).otherwise(pl.lit(""))
    told = (
        pl.when(pl.col("级别") == str(Severity.ERROR)).then(pl.lit("")).otherwise(pl.lit("提醒："))
    )
    return found.select(
        pl.lit(batch.pk).alias("batch_id"),
        pl.concat_str(sheet, where, what).str.slice(0, 80).alias("place"),
        pl.when(line > 0).then(line).alias("row"),
        field.str.slice(0, 80).alias("column"),
        pl.col("内容")
        .fill_null("")
        # The mark that keeps spreadsheet programs from running it is for the file alone.
        .str.replace(r"^'([=+\-@])", "$1")
        .str.replace_all("\0", "␀", literal=True)
        .str.slice(0, 200)
        .alias("value"),
        pl.concat_str(told, pl.col("问题").fill_null("").str.replace_all("\0", "␀", literal=True))
        .str.slice(0, 300)
        .alias("problem"),
        pl.col("处理").fill_null("").str.slice(0, 300).alias("remedy"),
    )


__all__ = ["FILE", "LINE", "PAYMENTS", "SHEET", "Prepared", "load", "matcher", "prepare"]
