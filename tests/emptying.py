"""Empties tables between tests although the database itself forbids it.

What the law wants kept, triggers keep: rows of the audit are neither changed nor removed, by nobody.
A test with real transactions leaves such rows behind; only here, between two tests, are the triggers
set aside.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def without_refusals(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Within, no trigger refuses anything. On SQLite those that keep an index in step go on firing."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            try:
                yield
            finally:
                cursor.execute("SET session_replication_role = DEFAULT")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = [(name, sql) for name, sql in cursor.fetchall() if "RAISE(" in sql.upper()]
        for name, _ in found:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _, definition in found:
                cursor.execute(definition)


def flush_without_refusals(connection: BaseDatabaseWrapper) -> Callable[[list[str]], None]:
    """What Django calls to empty a database, with refusals set aside."""
    flush: Callable[..., Any] = connection.ops.execute_sql_flush

    def flushed(statements: list[str]) -> None:
        with without_refusals(connection):
            flush(statements)

    return flushed
