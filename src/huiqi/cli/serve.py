"""`huiqi serve`: the portal on this machine, with a worker for long work beside it."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from huiqi.cli import portal
from huiqi.cli.options import whole
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command

HELP = """打开平台：先把数据库更新到当前版本，再提供网页和接口，旁边另开一个进程做导入、匹配等长时间的作业。

数据放在环境变量 HUIQI_HOME 指定的目录（默认 var/portal），或 DATABASE_URL 指定的数据库。按 Ctrl+C 停止。"""
PATIENCE = 10
"""Seconds that a worker has to put down what it does."""


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="地址", help="在哪个地址上提供服务，默认只供本机")
    ] = "127.0.0.1",
    port: Annotated[str, typer.Option("--port", metavar="端口", help="默认 8000")] = "8000",
    processes: Annotated[
        str, typer.Option("--processes", metavar="数", help="网页进程数，默认 2")
    ] = "2",
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="是否同时开作业进程；默认开")
    ] = True,
) -> int:
    """Migrate, start a worker, and serve until stopped."""
    screen = Screen()
    number, many = whole(port, "--port", 1), whole(processes, "--processes", 1)
    if number > 65535:
        raise Refusal(f"没有 {number} 这个端口", "写 1024 到 65535 之间的数，例如 --port 8080")
    must_be_free(host, number)
    portal.start()
    must_be_styled()
    portal.migrate(screen)
    portal.release(screen)
    from django.conf import settings

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    portal.close()
    beside = start_worker() if worker else None
    try:
        say(screen, host, number, settings.ALLOWED_HOSTS, settings.SITE_URL)
        answer(host, number, many)
    except KeyboardInterrupt:
        pass
    finally:
        if beside is not None:
            stop(beside)
    return Code.FINE


def must_be_free(host: str, port: int) -> None:
    """Refuses an address that cannot be listened on, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise Refusal(
                f"不能在 {host}:{port} 上提供服务：{why}",
                "端口可能已被占用，换一个，例如 --port 8080",
            ) from None


def must_be_styled() -> None:
    """Refuses to open a portal whose pages would have no styles."""
    from django.conf import settings

    if not (settings.VENDOR / "tabler.min.css").is_file():
        raise Refusal(
            f"缺少前端组件（{settings.VENDOR}），网页会没有样式",
            "在源码目录中运行 make demo，或先运行 scripts/front-end",
        )


def say(screen: Screen, host: str, port: int, names: list[str], site: str) -> None:
    """The address to open; for a server open to others, which names it answers to."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else (f"[{host}]" if ":" in host else host)
    screen.print(Text(f"平台地址 http://{shown}:{port}/", "head"), Text("按 Ctrl+C 停止", "quiet"))
    if host not in ("127.0.0.1", "localhost", "::1"):
        told = "、".join(names)
        screen.note(f"只回应这些主机名：{told}。要用别的名字访问，请设 HUIQI_HOSTS")
        if not site:
            screen.note(
                "邮件里不带链接。平台的网址请用 HUIQI_SITE_URL 设，例如 https://hq.example.cn"
            )
    sys.stdout.flush()


def start_worker() -> "subprocess.Popen[bytes]":
    """A worker that ends by itself when this process is gone."""
    command = [sys.executable, "-m", "huiqi.cli", "work", "--beside", str(os.getpid())]
    # A group of its own: Ctrl+C reaches it through stop(), once.
    return subprocess.Popen(command, start_new_session=True)


def stop(beside: "subprocess.Popen[bytes]") -> None:
    """Asks the worker to end; ends it when it does not."""
    beside.terminate()
    try:
        beside.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        beside.kill()
        beside.wait()


def answer(host: str, port: int, processes: int) -> None:
    """Answers requests until stopped: by gunicorn, where there is none by Django's own server."""
    try:
        from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
    except ImportError:  # no fcntl on this machine
        from django.core.servers.basehttp import WSGIServer, run

        from huiqi.portal.wsgi import application

        run(host, port, application, ipv6=":" in host, threading=True, server_cls=WSGIServer)
        return

    class Portal(BaseApplication):  # type: ignore[misc]
        """The portal under gunicorn, set here and by nothing else."""

        def load_config(self) -> None:
            settings: dict[str, Any] = {
                "bind": [f"[{host}]:{port}" if ":" in host else f"{host}:{port}"],
                "workers": processes,
                "worker_class": "gthread",
                "threads": 4,
                "timeout": 120,
                "graceful_timeout": PATIENCE,
                "loglevel": "warning",
                "proc_name": "huiqi",
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from huiqi.portal.wsgi import application

            return application

    with suppress(SystemExit):
        Portal().run()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def register(app: typer.Typer) -> None:
    app.command("serve", cls=Command, help=HELP)(serve)
