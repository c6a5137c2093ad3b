"""Help and usage errors in Chinese, in place of the English that typer prints."""

import re
from collections.abc import Callable
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from huiqi.cli.refusal import Refusal
from huiqi.cli.screen import Screen
from huiqi.rulebook.problems import suggest

EXIT_CODES = (
    ("0", "一切正常"),
    ("1", "发现问题：文件有错误、用例不符、条款没有承接"),
    ("2", "用法不对，或输入读不出来"),
    ("3", "程序本身出错（设 HUIQI_DEBUG=1 再运行可看详情）"),
    ("130", "被中断"),
)


class Command(TyperCommand):
    """A command whose help is Chinese."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(_caught(self.print_help, ctx))

    def print_help(self, screen: Screen, ctx: Any) -> None:
        """The help text, on a screen."""
        words = " ".join(_argument_words(param) for param in self.params if _is_argument(param))
        options = any(not _is_argument(param) for param in self.params)
        usage = f"{ctx.command_path}{f' {words}' if words else ''}{' [选项]' if options else ''}"
        screen.print(Text(f"用法：{usage}", "head"), "", Text(self.help or ""), "")
        arguments = [param for param in self.params if _is_argument(param)]
        listed = [param for param in self.params if not _is_argument(param)]
        for heading, found in (("参数", arguments), ("选项", listed)):
            rows = [(_names(param), _help(param)) for param in found if not _hidden(param)]
            if heading == "选项":
                rows.append(("--help", "显示这份说明"))
            _listing(screen, heading, rows)


class Group(TyperGroup):
    """The command with its subcommands; unknown names are answered with what is near."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(_caught(self.print_help, ctx))

    def print_help(self, screen: Screen, ctx: Any) -> None:
        """The help text, on a screen."""
        screen.print(Text(f"用法：{ctx.command_path} 命令 [选项]", "head"), "")
        screen.print(Text(self.help or ""), "")
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None:
                rows.append((name, (command.help or "").split("\n")[0]))
        _listing(screen, "命令", rows)
        _listing(screen, "选项", [("--version", "显示版本"), ("--help", "显示这份说明")])
        _listing(screen, "退出码", EXIT_CODES)
        screen.print(Text("huiqi 命令 --help 看一个命令的说明", "quiet"))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0] if args else ""
        if not name.startswith("-") and name not in self.commands:
            remedy = suggest(name, list(self.commands)) or "huiqi --help 列出所有命令"
            raise Refusal(f"没有命令“{name}”", remedy)
        return super().resolve_command(ctx, args)


def translated(error: Exception) -> Refusal | None:
    """A usage error of typer as a refusal in Chinese; None for anything else.

    Told by class name: typer brings its own copy of click, older versions use click itself.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if not kinds & {"ClickException", "UsageError"}:
        return None
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "") or "huiqi"
    remedy = f"{path} --help 看说明"
    message = str(getattr(error, "message", "") or error)
    name = getattr(error, "option_name", "")
    if "NoSuchOption" in kinds:
        near = getattr(error, "possibilities", None) or ()
        return Refusal(f"没有选项“{name}”", f"是不是想写 {'、'.join(near)}？" if near else remedy)
    if "MissingParameter" in kinds:
        param = getattr(error, "param", None)
        what = _names(param) if param is not None else ""
        kind = "参数" if param is not None and _is_argument(param) else "选项"
        return Refusal(f"缺少{kind} {what}", remedy)
    if "BadOptionUsage" in kinds:
        if "not take a value" in message:
            return Refusal(f"选项 {name} 后面不写值", remedy)
        return Refusal(f"选项 {name} 后面要写值", remedy)
    if extra := re.search(r"unexpected extra argument\S* \((.*)\)", message):
        return Refusal(f"多了参数：{extra.group(1)}", remedy)
    if unreadable := re.search(r"'(.*)' is not readable", message):
        return Refusal(f"“{unreadable.group(1)}”没有读取权限", "换一个文件，或请有权限的人打开")
    return Refusal(f"用法不对：{message}", remedy)


def _caught(write: Callable[[Screen, Any], None], ctx: Any) -> str:
    """What a function prints, as text with the styles of the terminal."""
    screen = Screen()
    with screen.out.capture() as caught:
        write(screen, ctx)
    return caught.get().rstrip("\n")


def _listing(screen: Screen, heading: str, rows: Any) -> None:
    if not rows:
        return
    grid = Table.grid(padding=(0, 3, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for left, right in rows:
        grid.add_row(Text(left), Text(right))
    screen.print(Text(heading, "quiet"), Padding(grid, (0, 0, 1, 2)))


def _is_argument(param: Any) -> bool:
    return getattr(param, "param_type_name", "") == "argument"


def _hidden(param: Any) -> bool:
    return bool(getattr(param, "hidden", False)) or param.name == "help"


def _argument_words(param: Any) -> str:
    word = param.metavar or param.name
    return str(word) if param.required else f"[{word}]"


def _names(param: Any) -> str:
    if _is_argument(param):
        return str(param.metavar or param.name)
    names = "，".join(sorted(param.opts, key=len))
    return f"{names} {param.metavar}" if param.metavar and not param.is_flag else names


def _help(param: Any) -> str:
    text = str(getattr(param, "help", "") or "")
    return f"{text}（必填）" if param.required and not _is_argument(param) else text
