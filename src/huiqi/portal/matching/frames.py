"""Many rows between the database and Polars, the short way: COPY on PostgreSQL, plain rows on SQLite.

For derived tables only, whose rows no Python code looks at one by one. Writing is done in pieces, each
its own transaction unless the caller holds one, so that nobody waits long for the database.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.db.models import Model

from huiqi.portal.registry import storing

PIECE = 50_000
BLOCK = 8 * 1024 * 1024
"""Bytes of a COPY that are read at a time."""
Step = Callable[[int], None]
"""Told how many rows are done."""
Each = Callable[[pl.DataFrame], pl.DataFrame]


def itself(piece: pl.DataFrame) -> pl.DataFrame:
    """A piece as it is."""
    return piece


def read(
    sql: str,
    parameters: Sequence[Any],
    schema: dict[str, pl.DataType],
    each: Each = itself,
) -> pl.DataFrame:
    """The rows of a SELECT as columns of these names and types, in its order.

    ``each`` narrows one piece after another, so that not all columns of all rows are held at once.
    Texts hold no line breaks.
    """
    copied = connection.vendor == "postgresql"
    pieces = _copied(sql, parameters, schema) if copied else _fetched(sql, parameters, schema)
    parts = [each(piece) for piece in pieces]
    return pl.concat(parts) if parts else each(pl.DataFrame(schema=schema))


def _fetched(
    sql: str, parameters: Sequence[Any], schema: dict[str, pl.DataType]
) -> Iterator[pl.DataFrame]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(PIECE):
            yield pl.DataFrame(rows, schema=schema, orient="row")


def _copied(
    sql: str, parameters: Sequence[Any], schema: dict[str, pl.DataType]
) -> Iterator[pl.DataFrame]:
    # An empty text is quoted, NULL is not: they stay apart.
    held = bytearray()
    statement = f"COPY ({sql}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        for block in copy:
            held += block
            if len(held) > BLOCK:
                cut = held.rfind(b"\n") + 1
                yield pl.read_csv(bytes(held[:cut]), has_header=False, schema=schema)
                del held[:cut]
    if held:
        yield pl.read_csv(bytes(held), has_header=False, schema=schema)


def insert(
    model: type[Model], rows: pl.DataFrame, step: Step | None = None, each: Each = itself
) -> None:
    """Adds rows; ``each`` gives every piece the database columns of the model."""
    for start in range(0, rows.height, PIECE):
        with transaction.atomic():
            storing.insert(model, each(rows.slice(start, PIECE)))
        if step is not None:
            step(min(start + PIECE, rows.height))


def update(model: type[Model], keys: Iterable[int], **values: int) -> None:
    """Sets whole numbers in the rows with these primary keys."""
    table = connection.ops.quote_name(model._meta.db_table)
    sets = ", ".join(
        f"{connection.ops.quote_name(name)} = {int(to)}" for name, to in values.items()
    )
    _each(keys, f"UPDATE {table} SET {sets}")


def delete(model: type[Model], keys: Iterable[int]) -> None:
    """Removes the rows with these primary keys; what points to them is not looked for."""
    _each(keys, f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


def _each(keys: Iterable[int], statement: str) -> None:
    wanted = list(keys)
    for start in range(0, len(wanted), PIECE):
        piece = wanted[start : start + PIECE]
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"{statement} WHERE id = ANY(%s)", [piece])
            else:
                cursor.executemany(f"{statement} WHERE id = %s", [(key,) for key in piece])
