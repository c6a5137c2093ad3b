"""`huiqi coverage`: what carries each clause of each document."""

from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli.options import Folder, FolderArgument, Json, folder, open_library
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Column, Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.library.coverage import (
    ClauseCoverage,
    DocumentCoverage,
    coverage,
    interpretations,
)
from huiqi.rulebook.problems import suggest
from huiqi.rulebook.reference.explaining import number_words

HELP = """逐条列出每份文件的条款由什么承接：支持、目标、职责。

有条款没有任何承接时退出码为 1。"""


def show_coverage(
    policies: FolderArgument = None,
    option: Folder = None,
    document: Annotated[
        str, typer.Option("--document", metavar="编号", help="只看一份文件，如 gaoping-2022-43")
    ] = "",
    as_json: Json = False,
) -> int:
    """Print what carries each clause; 1 if nothing carries one."""
    screen = Screen(as_json)
    library = open_library(folder(option, policies), screen)
    chosen = [policy for policy in library.policies if document in ("", policy.id, policy.number)]
    if not chosen:
        names = [word for policy in library.policies for word in (policy.id, policy.number) if word]
        remedy = suggest(document, names) or f"可写：{'、'.join(library.by_id)}"
        raise Refusal(f"没有文件“{document}”", remedy)
    made = [coverage(policy) for policy in chosen]
    bare = sum(len(item.bare) for item in made)
    if screen.as_json:
        screen.json({"ok": not bare, "documents": [item.as_dict() for item in made]})
    else:
        for item in made:
            _document(screen, item)
        _summary(screen, made)
    return Code.FOUND if bare else Code.FINE


def _document(screen: Screen, made: DocumentCoverage) -> None:
    screen.print()
    screen.title(made.policy.title, made.policy.number)
    columns = [Column("条款", wrap=False), Column("标题"), Column("由什么承接")]
    screen.table(columns, [_row(item) for item in made.clauses])


def _row(item: ClauseCoverage) -> list[str | Text]:
    carried = Text()
    for support in item.supports:
        carried.append("支持  ", "good").append(f"{support.name}\n")
    for target in item.targets:
        style = "default" if target.measure is not None else "quiet"
        carried.append("目标  ", "judge").append(f"{target.indicator}\n", style)
    if item.clause.duties:
        carried.append("职责  ", "quiet").append(f"{len(item.clause.duties)} 项", "quiet")
    elif not item.bare:
        carried.rstrip()
    if item.bare:
        carried.append("没有承接", "bad")
    return [number_words(item.clause.number), item.clause.heading, carried]


def _summary(screen: Screen, made: list[DocumentCoverage]) -> None:
    screen.section("合计")
    rows: list[list[str | Text]] = [
        [
            item.policy.short,
            str(len(item.clauses)),
            str(len(item.policy.supports)),
            str(len(item.policy.targets)),
            str(len(item.measured)),
            str(sum(len(part.clause.duties) for part in item.clauses)),
            str(interpretations(item.policy)),
            Text(str(len(item.bare)), "bad" if item.bare else "good"),
        ]
        for item in made
    ]
    names = ("条款", "支持", "目标", "可计量", "职责", "解释", "无承接")
    screen.table([Column("文件"), *(Column(name, "right", wrap=False) for name in names)], rows)


def register(app: typer.Typer) -> None:
    app.command("coverage", cls=Command, help=HELP)(show_coverage)
