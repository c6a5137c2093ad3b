"""Django for the commands that need the portal: set up once, migrated, in a chosen home."""

import os
from pathlib import Path

from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen


def start(home: Path | None = None) -> None:
    """Sets up Django; ``home`` becomes HUIQI_HOME. Before this no module of the portal may be imported."""
    if home is not None:
        os.environ["HUIQI_HOME"] = str(home.resolve())
        # What the person's environment says of a database is not meant for a home of its own.
        os.environ["DATABASE_URL"] = ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huiqi.portal.settings")
    import django

    from huiqi.portal.environment import Misset

    try:
        django.setup()
    except Misset as wrong:
        raise Refusal(str(wrong), "改正环境变量后再运行") from None


def migrate(screen: Screen) -> None:
    """Brings the database to the present shape."""
    from django.core.management import call_command

    with screen.progress("准备数据库"):
        call_command("migrate", verbosity=0, interactive=False)


def release(screen: Screen) -> None:
    """Lays out the rules in force; releases the installed policies where nothing is released yet."""
    from django.utils import timezone

    from huiqi.portal.policies import actions

    try:
        with screen.progress("准备政策"):
            actions.install(at=timezone.now())
    except actions.Broken as refused:
        remedy = "先用 huiqi check 看清并改正，再启动"
        raise Refusal("政策目录有问题，没有启动", remedy, refused.problems, Code.FOUND) from None


def close() -> None:
    """Closes the database, so that its files may be moved."""
    from django.db import connections

    connections.close_all()
