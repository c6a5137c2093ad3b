"""`huiqi`: every command in one table, and the last line of defence against tracebacks.

A command is one module with a function ``register(app)``, plus one line in :data:`COMMANDS`.
"""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from io import StringIO, TextIOWrapper
from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli import (
    accounts,
    audit,
    cases,
    check,
    coverage,
    demo,
    demo_data,
    docs,
    explain,
    lineage,
    match,
    read,
    review,
    serve,
    simulate,
    targets,
    work,
)
from huiqi.cli.problems import show_problems
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Group, translated

COMMANDS = (
    check,
    cases,
    explain,
    match,
    simulate,
    targets,
    coverage,
    read,
    review,
    lineage,
    docs,
    demo_data,
    demo,
    serve,
    work,
    accounts,
    audit,
)
DEBUG = "HUIQI_DEBUG"
REASONS = {
    errno.ENOENT: "没有这个文件或目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.ENOSPC: "磁盘满了",
    errno.EISDIR: "这是目录",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EROFS: "磁盘只读",
    errno.ENAMETOOLONG: "名字太长",
}

app = typer.Typer(
    cls=Group,
    help="惠企：让政策跑起来。政策写成规则，逐条检验，逐户匹配，改前先算账。",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="显示版本")] = False,
) -> None:
    """What `huiqi` does before a command, or without one."""
    if show_version:
        try:
            number = version("huiqi")
        except PackageNotFoundError:
            number = "（未安装）"
        Screen().print(f"huiqi {number}")
        raise typer.Exit(Code.FINE)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(Code.USAGE)


for command in COMMANDS:
    command.register(app)


def run(args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises for what a user can cause."""
    words = list(sys.argv[1:] if args is None else args)
    screen = Screen(as_json="--json" in words)
    try:
        code = typer.main.get_command(app).main(
            args=words, prog_name="huiqi", standalone_mode=False
        )
        sys.stdout.flush()
        if code == Code.INTERRUPTED:
            raise KeyboardInterrupt
        return int(code) if isinstance(code, int) else Code.FINE
    except Refusal as refusal:
        return _refused(screen, refusal)
    except (KeyboardInterrupt, typer.Abort):
        return _refused(screen, Refusal("已中断", "再运行一次就行", code=Code.INTERRUPTED))
    except BrokenPipeError:
        # The reader went away (`| head`); nothing is left to say, and nothing to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Code.FINE
    except Exception as error:
        usage = translated(error)
        if usage is not None:
            return _refused(screen, usage)
        if _debugging():
            traceback.print_exc()
            return Code.BUG
        if (failed := _failed(error)) is not None:
            return _refused(screen, failed)
        if isinstance(error, OSError):
            name = f"“{error.filename}”：" if error.filename else ""
            reason = REASONS.get(error.errno or 0) or error.strerror or str(error)
            return _refused(
                screen, Refusal(f"读写文件失败：{name}{reason}", "检查路径、权限和磁盘空间")
            )
        return _refused(
            screen,
            Refusal(
                f"程序出错：{type(error).__name__}：{error}",
                f"这是程序的缺陷。请设 {DEBUG}=1 再运行一次，把详情报给维护者",
                code=Code.BUG,
            ),
        )


def _debugging() -> bool:
    return os.environ.get(DEBUG, "") not in ("", "0")


def _failed(error: Exception) -> Refusal | None:
    """A database that does not answer, for the commands that need one."""
    if "django.db" not in sys.modules:
        return None
    from huiqi.portal.base.trouble import FULL, trouble

    found = trouble(error)
    if found is None or found is FULL:
        return None
    said = str(error).strip().splitlines()
    return Refusal(
        f"{found.what}：{said[0] if said else type(error).__name__}",
        "检查 DATABASE_URL，确认数据库已启动、能连上，再运行一次",
    )


def _refused(screen: Screen, refusal: Refusal) -> int:
    """Say why, on stderr and, with ``--json``, as the one document on stdout."""
    if screen.as_json:
        with suppress(OSError):  # a full disk, or a reader that went away, takes no reason either
            screen.json(
                {
                    "ok": False,
                    "exit_code": int(refusal.code),
                    "message": refusal.message,
                    "remedy": refusal.remedy,
                    "problems": [problem.as_dict() for problem in refusal.problems],
                }
            )
            sys.stdout.flush()
    elif refusal.problems:
        show_problems(screen.err, refusal.problems, refusal.root, limit=20)
    line = Text(refusal.message, "bad")
    if refusal.remedy:
        line.append(f"。{refusal.remedy}", "default")
    with suppress(OSError):
        screen.err.print(line)
    return refusal.code


def app_main() -> None:
    """The entry point of the installed command."""
    sys.stdout, sys.stderr = (stream or StringIO() for stream in (sys.stdout, sys.stderr))
    # Whoever ends a command politely finds nothing half-written; what serves sets its own.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✓ still gets its answer
    sys.exit(run())
