"""One at a time across processes, for as long as a transaction lasts."""

from django.db import connection


def alone(number: int) -> None:
    """Waits for whoever holds the lock of this number, until the end of the caller's transaction.

    What was asked of the database before this counts no more; what is asked after it does. SQLite lets
    only one write at a time as it is.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
