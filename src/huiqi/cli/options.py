"""Options that several commands share, and what they are turned into."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from huiqi.cli.problems import count_words, show_problems
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.rulebook.language.literals import LiteralError, read_date
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.library.loader import Overrides, load
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.problems import errors

Json = Annotated[bool, typer.Option("--json", help="只输出一份 JSON")]
Folder = Annotated[
    Path | None, typer.Option("--policies", metavar="目录", help="政策目录；默认用随软件附带的政策")
]
FolderArgument = Annotated[
    Path | None, typer.Argument(metavar="政策目录", help="默认用随软件附带的政策")
]
Day = Annotated[
    str, typer.Option("--on", metavar="日期", help="评定日，写成如 2026-03-05；默认今天")
]


def folder(option: Path | None, argument: Path | None = None) -> Path:
    """The policies folder that was named, else the packaged one."""
    if option is not None and argument is not None and option != argument:
        raise Refusal("政策目录写了两次", "只用参数或 --policies 之一")
    return option or argument or policies_folder()


def day(text: str) -> date:
    """The day of assessment; today where none is named. Only the command line asks for today."""
    if not text:
        return date.today()  # noqa: DTZ011 - the official's local day is meant
    try:
        return read_date(text.strip())
    except LiteralError as error:
        raise Refusal(f"--on 写得不对：{error}", "写成如 2026-03-05") from None


def whole(text: str, option: str, least: int = 0) -> int:
    """A whole number from an option."""
    plain = text.replace(",", "").replace("_", "").strip()
    if not plain.isascii() or not plain.isdecimal() or int(plain) < least:
        raise Refusal(f"{option} 写得不对：“{text}”", f"写一个不小于 {least} 的整数")
    return int(plain)


def open_library(path: Path, screen: Screen, overrides: Overrides | None = None) -> Library:
    """The library of a folder; a refusal where its files have errors. Warnings go to stderr."""
    refuse_missing(path)
    library, problems = load(path, overrides)
    if errors(problems):
        raise Refusal(
            f"政策文件有{count_words(problems)}，先改正",
            "huiqi check 列出每一处",
            problems,
            Code.FOUND,
            path,
        )
    if problems and not screen.as_json:
        show_problems(screen.err, problems, path)
    if not library.policies:
        raise Refusal(f"“{path}”下没有政策", "每份文件一个目录，里面有 policy.yaml")
    return library


def refuse_missing(path: Path) -> None:
    """Refuse a policies folder that is not there."""
    if not path.is_dir():
        what = "不是目录" if path.exists() else "不存在"
        raise Refusal(f"政策目录“{path}”{what}", "检查路径，或不写 --policies 用附带的政策")
    if (path / "policy.yaml").is_file():
        raise Refusal(f"“{path}”是一件政策的目录", f"写它的上一级：{path.absolute().parent}")
