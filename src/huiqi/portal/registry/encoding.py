"""Values of records as JSON text and as typed columns, in both directions and without loops.

A value is what the rulebook knows (bool, whole base units, text); the text of one record's values is
canonical: names in the order of their code points, no blanks, unknown facts left out. One text, one digest.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import polars as pl

from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.library.vocabulary import Table

GONE = "_gone"
"""Reserved name in values: true while the record is taken back, so that it counts nowhere."""

DECODED = 10_000
"""Texts read at a time: while they are, they take many times their size."""

_TYPES: dict[Kind, pl.DataType] = {
    Kind.BOOL: pl.Boolean(), Kind.MONEY: pl.Int64(), Kind.COUNT: pl.Int64(), Kind.RATE: pl.Int64(),
    Kind.DATE: pl.Int32(), Kind.CHOICE: pl.String(), Kind.REGION: pl.String(),
    Kind.INDUSTRY: pl.String(), Kind.TEXT: pl.String(),
}  # fmt: skip


def names_of(table: Table) -> list[str]:
    """What values of a table's records may name: links other than the owner, then facts."""
    return [*(link for link in table.links if link != table.owner), *table.facts]


def schema(table: Table) -> dict[str, pl.DataType]:
    """Name -> type of the column that holds it: dates as days, lists and trees by name and code."""
    links = {link: pl.String() for link in table.links if link != table.owner}
    return links | {spec.name: _TYPES[spec.type.kind] for spec in table.facts.values()}


def text_of(values: Mapping[str, Known | None]) -> str:
    """The canonical JSON text of values."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """32 hexadecimal digits that stand for a canonical text."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def digests(texts: Iterable[str]) -> pl.Series:
    """The digest of each text."""
    return pl.Series([digest_of(text) for text in texts], dtype=pl.String)


def texts(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """The canonical JSON text of each row of columns typed as :func:`schema` says."""
    parts = [_member(frame, name) for name in sorted(names)]
    if not parts:
        return pl.Series(["{}"], dtype=pl.String).new_from_index(0, frame.height)
    joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return frame.select(pl.format("{{{}}}", joined))[:, 0]


def _member(frame: pl.DataFrame, name: str) -> pl.Expr:
    """`"name":value`, null where the value is."""
    quoted = json.dumps(name, ensure_ascii=False) + ":"
    column, kind = pl.col(name), frame.schema[name]
    shown: pl.Expr
    if kind == pl.String:
        whole = pl.struct(column.alias("x")).struct.json_encode()
        shown = pl.when(column.is_not_null()).then(whole.str.slice(5).str.strip_suffix("}"))
    elif kind == pl.Boolean:
        shown = (
            pl.when(column).then(pl.lit("true")).when(~column).then(pl.lit("false")).otherwise(None)
        )
    else:
        shown = column.cast(pl.String)
    return pl.concat_str([pl.lit(quoted), shown], ignore_nulls=False)


def columns(values: Iterable[str | Mapping[str, Any]], table: Table) -> pl.DataFrame:
    """Typed columns (and ``_gone``) of JSON texts, as :func:`schema` says; unknown is null."""
    wanted = schema(table) | {GONE: pl.Boolean()}
    given = pl.Series(
        [item if isinstance(item, str) else text_of(item) for item in values], dtype=pl.String
    )
    parts = [
        piece.str.json_decode(pl.Struct(wanted)).struct.unnest()
        for start in range(0, given.len(), DECODED)
        for piece in [given.slice(start, DECODED)]
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=wanted)
