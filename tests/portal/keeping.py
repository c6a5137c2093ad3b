"""What stands in the database, kept and put back: what is slow to make is made once in a process.

``with making(django_db_blocker) as keep:`` is a transaction that leaves nothing; ``keep()`` gives what stands so
far, and each test then has it by ``put_back()``. Tables with rows of the migrations are left out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from tests.emptying import without_refusals


@dataclass
class Kept:
    """Rows by table: values on SQLite, what COPY writes on PostgreSQL."""

    tables: dict[str, Any] = field(default_factory=dict)

    def put_back(self) -> None:
        """Into a database that holds nothing but what the migrations made."""
        with transaction.atomic():
            if connection.vendor == "postgresql":
                self._copy()
                return
            for table, rows in self.tables.items():
                places = ", ".join("?" * len(rows[0]))
                connection.connection.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)

    def _copy(self) -> None:
        # What refers to what was looked at when it was kept; for each row again, it takes seconds.
        with without_refusals(connection), connection.cursor() as cursor:
            for table, rows in self.tables.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)


@contextmanager
def making(blocker: Any) -> Iterator[Callable[[], Kept]]:
    """For fixtures that live longer than a test: what is made within is gone at the end."""
    with blocker.unblock(), transaction.atomic():
        before = _counts()
        yield lambda: _keep(before)
        transaction.set_rollback(True)


def _keep(before: dict[str, int]) -> Kept:
    """Everything in tables that had no rows before; fails where a row refers to none."""
    connection.check_constraints()
    kept = Kept()
    for table, count in _counts().items():
        if before[table]:
            assert count == before[table], f"{table} had rows before, and has others now"
        elif count:
            kept.tables[table] = _read(table)
    return kept


def _counts() -> dict[str, int]:
    """How many rows each table has."""
    with connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True)
        found = {}
        for table in sorted(tables):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
        return found


def _read(table: str) -> Any:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                return b"".join(bytes(block) for block in copy)
        columns = connection.introspection.get_table_description(cursor, table)
        # A sign before it, so that nothing but the stored value comes out.
        names = ", ".join(f'+"{column.name}"' for column in columns)
        return connection.connection.execute(f'SELECT {names} FROM "{table}"').fetchall()
