"""What a run over a snapshot finds, as rows of the database: positions become records, codes become words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from huiqi.portal.matching.enums import AnswerKind
from huiqi.portal.registry.snapshot import records
from huiqi.rulebook.bulk.engine import GROUPS
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.policy import Support
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.reference.limits import (
    LOWER,
    OPEN_LINES,
    PART,
    ROW,
    STATE,
    SUBJECT,
    UPPER,
)

KINDS = {
    Answer.YES: AnswerKind.YES,
    Answer.MISSING: AnswerKind.MISSING,
    Answer.JUDGE: AnswerKind.JUDGE,
}
NEAR = len(Answer)
"""The number that stands for one condition away beside those of the four answers."""
COLUMNS: dict[str, pl.DataType] = {
    "record_id": pl.Int64(),
    "item_id": pl.Int64(),
    "support_id": pl.Int64(),
    "answer": pl.String(),
    "conditions": pl.Int64(),
    "low": pl.Int64(),
    "high": pl.Int64(),
    "region": pl.String(),
    "industry": pl.String(),
    "size": pl.String(),
}
"""The columns of an entitlement that a run decides."""
NARROW: dict[str, pl.DataType] = {
    "record_id": pl.Int64(), "item_id": pl.Int64(), "support_id": pl.Int32(), "answer": pl.UInt8(),
    "conditions": pl.UInt32(), "low": pl.Int64(), "high": pl.Int64(),
    "region": pl.UInt16(), "industry": pl.UInt16(), "size": pl.UInt16(),
}  # fmt: skip
KEYS = ("record_id", "item_id", "support_id")
REST = "rest"
"""64 bits that stand for the other columns of a row. They are compared among the rows of one record,
item and support only."""
LABELS = dict(zip(GROUPS, ("region", "industry", "size"), strict=True))


def content(worded: pl.DataFrame) -> pl.Series:
    """What tells the contents of rows apart, the same for the same words in every frame."""
    return worded.select(pl.struct(list(COLUMNS)[len(KEYS) :]).hash()).to_series()


def whose(vocabulary: Vocabulary, support: Support) -> str:
    """The table of a support's beneficiaries."""
    at = support.table
    for link in support.beneficiary:
        at = vocabulary.tables[at].links[link]
    return at


def place(vocabulary: Vocabulary, label: str, code: str) -> str:
    """What is kept of a place or an industry: its county, its section; of a size class the name."""
    if label == "规模" or not code:
        return code
    kind, level = (Kind.REGION, "县级") if label == "地区" else (Kind.INDUSTRY, "门类")
    tree = vocabulary.trees[kind]
    if tree.get(code) is None:
        return ""
    return (tree.ancestor(code, level) or tree.succeeded(code)).code


@dataclass
class Collector:
    """Takes the rows of a run (:class:`huiqi.rulebook.bulk.matching.Sink`), narrow until :meth:`frame`."""

    vocabulary: Vocabulary
    snapshot: Snapshot
    numbers: dict[str, int]
    """`政策/支持` -> primary key of the matched support."""
    found: list[pl.DataFrame] = field(default_factory=list)
    ids: dict[str, pl.Series] = field(default_factory=dict)
    starts: dict[str, list[int]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    def rows(self, support: Support, rows: pl.DataFrame) -> None:
        self._take(support, rows, pl.col(STATE), pl.col(OPEN_LINES), (pl.col(LOWER), pl.col(UPPER)))

    def near(self, support: Support, condition: int, rows: pl.DataFrame) -> None:
        nothing = pl.lit(None, dtype=pl.Int64)
        self._take(support, rows, pl.lit(NEAR), pl.lit(1 << condition), (nothing, nothing))

    def _take(
        self,
        support: Support,
        rows: pl.DataFrame,
        state: pl.Expr,
        lines: pl.Expr,
        amounts: tuple[pl.Expr, pl.Expr],
    ) -> None:
        assessed = self._assessed(support.table, rows)
        if support.beneficiary:
            record = self._records(whose(self.vocabulary, support), rows.get_column(SUBJECT))
            item = assessed
        else:
            record, item = (
                assessed,
                pl.Series([None], dtype=pl.Int64).new_from_index(0, rows.height),
            )
        self.found.append(
            rows.select(
                record.alias("record_id"),
                item.alias("item_id"),
                pl.lit(self.numbers[support.key], dtype=pl.Int32).alias("support_id"),
                state.cast(pl.UInt8).alias("answer"),
                lines.cast(pl.UInt32).alias("conditions"),
                amounts[0].alias("low"),
                amounts[1].alias("high"),
                *(pl.col(label).cast(pl.UInt16).alias(name) for label, name in LABELS.items()),
            )
        )

    def _assessed(self, table: str, rows: pl.DataFrame) -> pl.Series:
        """The records of the assessed rows, by part and row."""
        ids, starts = self._ids(table), self.starts[table]
        at = rows.select(
            pl.col(PART).replace_strict(
                list(range(len(starts))), starts, return_dtype=pl.Int64
            ).alias("at") + pl.col(ROW).cast(pl.Int64)
        ).get_column("at")  # fmt: skip
        return ids.gather(at)

    def _records(self, table: str, numbers: pl.Series) -> pl.Series:
        """The records of subjects by `_id`; null where the subject is unknown."""
        ids = self._ids(table)
        at = numbers.cast(pl.Int64)
        return pl.select(pl.lit(ids).gather(pl.lit(at))).to_series() if len(at) else at

    def _ids(self, table: str) -> pl.Series:
        """The records of a table in the order of the snapshot."""
        if table not in self.ids:
            found, starts, at = [pl.Series([], dtype=pl.Int64)], [], 0
            for part, count in enumerate(self.snapshot.tables.get(table, ())):
                starts.append(at)
                at += count
                if count:
                    found.append(records(self.snapshot, table, part).cast(pl.Int64))
            self.ids[table], self.starts[table] = pl.concat(found), starts
        return self.ids[table]

    def by_support(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """The rows found, support by support, each given out once: narrow, with what tells their
        contents apart (:data:`REST`)."""
        pieces: dict[int, list[pl.DataFrame]] = {}
        for piece in filter(len, self.found):
            pieces.setdefault(piece.item(0, "support_id"), []).append(piece)
        self.found.clear()
        self.ids.clear()
        for number in sorted(pieces):
            yield (
                number,
                pl.concat(
                    piece.with_columns(content(self.worded(piece)).alias(REST))
                    for piece in pieces.pop(number)
                ),
            )

    def near_counts(self, rows: pl.DataFrame) -> list[tuple[int, int, str, int]]:
        """How many of some rows are one condition away: support, condition, county, number."""
        near = rows.filter(pl.col("answer") == NEAR)
        counted = self.worded(near).group_by("support_id", "conditions", "region").len()
        listed = counted.sort("support_id", "conditions", "region").iter_rows()
        return [(support, bits.bit_length() - 1, place, n) for support, bits, place, n in listed]

    def worded(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Narrow rows as the database keeps them (:data:`COLUMNS`)."""
        answers = {int(answer): str(kind) for answer, kind in KINDS.items()} | {
            NEAR: str(AnswerKind.NEAR)
        }
        return rows.select(
            "record_id", "item_id", pl.col("support_id").cast(pl.Int64),
            pl.col("answer").replace_strict(answers, return_dtype=pl.String),
            pl.col("conditions").cast(pl.Int64), "low", "high",
            *(
                pl.col(name).replace_strict(
                    self._codes(label), self._words(label), default="", return_dtype=pl.String
                )
                for label, name in LABELS.items()
            ),
        )  # fmt: skip

    def _codes(self, label: str) -> list[int]:
        return list(range(len(self._words(label))))

    def _words(self, label: str) -> Sequence[str]:
        """What is kept for each code of a group."""
        if label not in self.words:
            self.words[label] = self._looked_up(label)
        return self.words[label]

    def _looked_up(self, label: str) -> list[str]:
        if label == "规模":
            specs = [
                table.facts[table.groups[label]]
                for table in self.vocabulary.tables.values()
                if label in table.groups
            ]
            codes = self.snapshot.lists.get(specs[0].type.choices, ()) if specs else ()
        else:
            kind = Kind.REGION if label == "地区" else Kind.INDUSTRY
            codes = self.snapshot.trees[str(kind)]
        return [place(self.vocabulary, label, code) for code in codes]
