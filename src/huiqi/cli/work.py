"""`huiqi work`: the worker, which does long work one job after another."""

import os
import signal
import threading
from typing import Annotated, Any

import typer

from huiqi.cli import portal
from huiqi.cli.options import whole
from huiqi.cli.refusal import Code
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command

HELP = """作业进程：做导入、匹配、试算等长时间的作业，一件接一件；到点的例行工作也由它做。

可以同时开几个，同一件作业只会由一个做。进程中断，能续做的作业由下一个进程接着做。按 Ctrl+C 停止。"""
PAUSE = 1.0
TROUBLE = 5.0
"""Seconds to wait for work, and for a database that does not answer."""


def work(
    once: Annotated[
        bool, typer.Option("--once", help="做完排队的作业就结束，供定时任务调用")
    ] = False,
    beside: Annotated[
        str, typer.Option("--beside", metavar="进程号", hidden=True, help="这个进程结束时也结束")
    ] = "",
) -> int:
    """Do jobs until told to stop."""
    screen = Screen()
    parent = whole(beside, "--beside", 1) if beside else None
    portal.start()
    from django.db import DatabaseError, close_old_connections
    from django.utils import timezone

    from huiqi.portal.base import jobs

    if once:
        portal.migrate(screen)
    # Whoever stops the worker stops it politely: the job in hand is put back.
    signal.signal(signal.SIGTERM, _stop)
    wait = threading.Event()
    while parent is None or os.getppid() == parent:
        try:
            found = jobs.work_once(timezone.now())
        except DatabaseError as error:
            if once:
                raise
            screen.note(f"数据库暂时不能用，{TROUBLE:.0f}秒后再试：{error}", "open")
            close_old_connections()
            wait.wait(TROUBLE)
            continue
        close_old_connections()
        if not found:
            if once:
                break
            wait.wait(PAUSE)
    return Code.FINE


def _stop(*_: Any) -> None:
    raise SystemExit(0)


def register(app: typer.Typer) -> None:
    app.command("work", cls=Command, help=HELP)(work)
