"""Django for the commands that need the portal: set up once, migrated, in a chosen home."""

import os
from pathlib import Path

from huiqi.cli.screen import Screen


def start(home: Path | None = None) -> None:
    """Sets up Django; ``home`` becomes HUIQI_HOME. Before this no module of the portal may be imported."""
    if home is not None:
        os.environ["HUIQI_HOME"] = str(home.resolve())
        # What the person's environment says of a database is not meant for a home of its own.
        os.environ["DATABASE_URL"] = ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huiqi.portal.settings")
    import django

    django.setup()


def migrate(screen: Screen) -> None:
    """Brings the database to the present shape."""
    from django.core.management import call_command

    with screen.progress("准备数据库"):
        call_command("migrate", verbosity=0, interactive=False)


def close() -> None:
    """Closes the database, so that its files may be moved."""
    from django.db import connections

    connections.close_all()
