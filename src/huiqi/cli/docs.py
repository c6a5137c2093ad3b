"""`huiqi docs`: handbooks printed from the rules."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli.options import Folder, FolderArgument, Json, folder, open_library
from huiqi.cli.outfolder import refuse_standing
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.handbook import NotOurs, write_handbook
from huiqi.rulebook.problems import errors
from huiqi.rulebook.reference.cases import read_cases

HELP = """把规则印成手册：每项支持一页，每份文件一个索引，另有事实词典和分单位的目标职责。

Markdown 和网页各一份，网页不用联网、不含脚本。"""


def docs(
    policies: FolderArgument = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="目录", help="写到哪里；默认 var/docs")
    ] = Path("var/docs"),
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Write the handbook."""
    screen = Screen(as_json)
    root = folder(option, policies)
    library = open_library(root, screen)
    refuse_standing(out)
    cases, problems = read_cases(library)
    if errors(problems):
        raise Refusal(
            "用例文件有错误，先改正", "huiqi check 列出每一处", problems, Code.FOUND, root
        )
    try:
        with screen.progress("印手册") as step:
            made = write_handbook(library, cases, out, step.done)
    except NotOurs:
        raise Refusal(f"“{out}”里有别的内容，没有动它", "换一个 --out，或先清空那个目录") from None
    if screen.as_json:
        screen.json(
            {
                "ok": True,
                "folder": str(made.folder),
                "documents": made.documents,
                "supports": made.supports,
                "files": made.files,
            }
        )
    screen.print(
        Text(f"{made.documents} 份文件、{made.supports} 项支持，共 {made.files} 个文件"),
        Text(f"从 {made.folder / 'index.html'} 看起", "quiet"),
    )
    return Code.FINE


def register(app: typer.Typer) -> None:
    app.command("docs", cls=Command, help=HELP)(docs)
