"""Whole frames into tables of the database, many times faster than row by row through models.

Columns of a frame are the columns of the table. SQLite takes prepared rows, PostgreSQL a COPY. Call all
of it within a transaction.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any

import polars as pl
from django.db import connection, models, transaction
from django.db.models.expressions import RawSQL

BATCH = 10_000


def moment(at: datetime) -> pl.Expr:
    """A constant moment as the database keeps it."""
    return pl.lit(str(connection.ops.adapt_datetimefield_value(at)))


def reserve(model: type[models.Model], count: int) -> pl.Series:
    """So many new primary keys, in rising order; nobody else gets them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return pl.Series("id", [row[0] for row in cursor.fetchall()], dtype=pl.Int64)
        # A writing transaction of SQLite is alone from its start, so that numbers need no lock.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        first = (found[0] if found else 0) + 1
        if found:
            cursor.execute(
                "UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table]
            )
        else:
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count]
            )
    return pl.int_range(first, first + count, eager=True).alias("id")


def change_number() -> int:
    """A number for the changes of this transaction, by which a later snapshot finds them.

    Whoever reads ``change >= mark``, with the mark that :func:`mark` gave in an earlier reading
    transaction, sees every change that was not visible then.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        else:
            # Writing transactions follow one another, so that the next number is free.
            cursor.execute("SELECT coalesce(max(change), 0) + 1 FROM registry_record")
        return int(cursor.fetchone()[0])


def mark() -> int:
    """Changes from this number on may not be visible to the present transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        else:
            cursor.execute("SELECT coalesce(max(change), 0) + 1 FROM registry_record")
        return int(cursor.fetchone()[0])


def view() -> str:
    """What the present transaction sees of the changes, for :func:`unseen`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_current_snapshot()::text")
        else:
            cursor.execute("SELECT coalesce(max(change), 0) FROM registry_record")
        return str(cursor.fetchone()[0])


def unseen(seen: str) -> models.Q:
    """Records whose last change a view did not see, however early it was begun; none for no view."""
    if not seen:
        return models.Q(pk__in=[])
    if connection.vendor != "postgresql":
        return models.Q(change__gt=int(seen))
    visible = RawSQL(
        "pg_visible_in_snapshot(registry_record.change::text::xid8, %s::pg_snapshot)",
        [seen],
        output_field=models.BooleanField(),
    )
    return models.Q(change__gte=int(seen.split(":")[0])) & ~models.Q(visible)


def read(words: str, parameters: Sequence[Any], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The rows of a SELECT as columns of these names and types, JSON as text, in its order."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            kept = BytesIO()
            with cursor.copy(f"COPY ({words}) TO STDOUT (FORMAT csv)", parameters) as copy:
                for block in copy:
                    kept.write(block)
            if not kept.tell():
                return pl.DataFrame(schema=schema)
            kept.seek(0)
            # An empty text is quoted, NULL is not: they stay apart.
            return pl.read_csv(kept, has_header=False, schema=schema)
        cursor.execute(words, parameters)
        parts = []
        while rows := cursor.fetchmany(BATCH):
            parts.append(pl.DataFrame(rows, schema=schema, orient="row"))
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def lookup(
    table: str, keys: pl.Series, shown: str, schema: dict[str, pl.DataType], lock: bool = False
) -> pl.DataFrame:
    """Columns of the records with these keys; ``lock`` keeps others from changing them meanwhile."""
    words = f'SELECT {shown} FROM registry_record WHERE "table" = %s AND key '
    listed = keys.drop_nulls().to_list()
    if connection.vendor == "postgresql":
        # A COPY cannot lock, so that a locking look-up is a plain one.
        if lock:
            with connection.cursor() as cursor:
                cursor.execute(f"{words} = ANY(%s) ORDER BY id FOR UPDATE", [table, listed])
                return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")
        return read(f"{words} = ANY(%s)", [table, listed], schema)
    text = json.dumps(listed, ensure_ascii=False)
    return read(f"{words} IN (SELECT value FROM json_each(%s))", [table, text], schema)


def select(
    words: str, parameters: Sequence[Any], numbers: pl.Series, schema: dict[str, pl.DataType]
) -> pl.DataFrame:
    """The rows of ``words``, which ends with a column, for which that column is one of ``numbers``."""
    listed = numbers.drop_nulls().to_list()
    if connection.vendor == "postgresql":
        return read(f"{words} = ANY(%s)", [*parameters, listed], schema)
    # SQLite takes a list as one text, however long.
    return read(f"{words} IN (SELECT value FROM json_each(%s))", [*parameters, str(listed)], schema)


@contextmanager
def steady() -> Iterator[None]:
    """One view of the data for several reads, without keeping writers waiting.

    Inside a caller's transaction it is that transaction.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        # Django's own transactions on SQLite begin as writers, which would lock the others out.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("COMMIT")


@contextmanager
def held_together() -> Iterator[None]:
    """What a transaction changes stays in memory up to its end; for transactions of bounded size.

    SQLite otherwise writes changed pages out when its cache is full and reads them again soon after:
    half the time of a large import, whose rows go to all places of every index.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_spill=OFF")
        try:
            yield
        finally:
            cursor.execute("PRAGMA cache_spill=ON")


@contextmanager
def indexed_after(*filled: type[models.Model]) -> Iterator[None]:
    """Fills tables that are empty: their indices are made once the rows are there, sorted in one go.

    Row by row SQLite reads and writes again pages at all places of every index, the longer the larger
    they are. PostgreSQL fills its indices as it copies, and keeps larger ones in memory.
    """
    if connection.vendor != "sqlite":
        yield
        return
    found: list[tuple[str, str]] = []
    with connection.cursor() as cursor:
        for model in filled:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master "
                "WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
                [model._meta.db_table],
            )
            found += cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
        yield
        for _, words in found:
            cursor.execute(words)


def insert(model: type[models.Model], frame: pl.DataFrame) -> None:
    """Adds the rows of a frame, whose columns are named as those of the table."""
    if not frame.height:
        return
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in frame.columns)
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copy = f"COPY {table} ({names}) FROM STDIN WITH (FORMAT csv, NULL '\\N')"
            with cursor.copy(copy) as stream:
                for part in frame.iter_slices(BATCH):
                    stream.write(_csv(part))
            return
        marks = ", ".join(["%s"] * frame.width)
        for part in _plain(frame).iter_slices(BATCH):
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", part.rows())


def update(model: type[models.Model], frame: pl.DataFrame, key: str = "id") -> None:
    """Sets the other columns of the rows that the column ``key`` names."""
    if not frame.height:
        return
    quote = connection.ops.quote_name
    others = [name for name in frame.columns if name != key]
    changes = ", ".join(f"{quote(name)} = %s" for name in others)
    words = f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE {quote(key)} = %s"
    with connection.cursor() as cursor:
        for part in _plain(frame.select(*others, key)).iter_slices(BATCH):
            cursor.executemany(words, part.rows())


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Days as text, as both databases take them."""
    return frame.with_columns(pl.col(pl.Date).dt.to_string())


def _csv(frame: pl.DataFrame) -> bytes:
    stream = BytesIO()
    frame.write_csv(stream, include_header=False, quote_style="non_numeric", null_value="\\N")
    return stream.getvalue()
