"""`huiqi test`: the boundary cases on both evaluators."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli.options import Folder, FolderArgument, Json, folder, open_library
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Column, Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.problems import errors, suggest
from huiqi.rulebook.reference.cases import Case, Failure, read_cases, run_reference

HELP = """用两个求值器检验全部边界用例：给定事实，答案和金额应与用例一致。

有用例不符时退出码为 1。"""

REFERENCE, BULK = "逐户求值", "批量求值"


def run_cases(
    policies: FolderArgument = None,
    option: Folder = None,
    support: Annotated[
        str, typer.Option("--support", metavar="支持", help="只检验一项支持，如 高企首次取得")
    ] = "",
    as_json: Json = False,
) -> int:
    """Run the boundary cases; 1 if any is not met."""
    screen = Screen(as_json)
    library = open_library(folder(option, policies), screen)
    cases, problems = read_cases(library)
    if errors(problems):
        raise Refusal(
            "用例文件有错误，先改正", "huiqi check 列出每一处", problems, Code.FOUND,
            folder(option, policies),
        )  # fmt: skip
    if support:
        cases = _only(library, cases, support)
    found = {REFERENCE: [failure for case in cases for failure in run_reference(library, case)]}
    from huiqi.rulebook.bulk.cases import run_bulk

    with screen.progress(BULK):
        found[BULK] = run_bulk(library, cases)
    failing = sum(len(failures) for failures in found.values())
    if screen.as_json:
        screen.json(_document(cases, found))
    else:
        _show(screen, library, cases, found)
    return Code.FOUND if failing else Code.FINE


def _only(library: Library, cases: list[Case], word: str) -> list[Case]:
    support = library.find(word)
    if support is None:
        names = [item.id for item in library.supports] + list(library.by_key)
        raise Refusal(f"没有支持“{word}”", suggest(word, names) or "huiqi coverage 列出所有支持")
    return [case for case in cases if any(item.key == support.key for item in case.supports)]


def _show(
    screen: Screen, library: Library, cases: Sequence[Case], found: dict[str, list[Failure]]
) -> None:
    rows = []
    for policy in library.policies:
        mine = [case for case in cases if case.supports[0].policy == policy.id]
        cells: list[str | Text] = [policy.short, f"{len(mine)}"]
        for failures in found.values():
            wrong = {
                id(item.case) for item in failures if item.case.supports[0].policy == policy.id
            }
            cells.append(Text(f"{len(wrong)} 个不符", "bad") if wrong else Text("全部符合", "good"))
        rows.append(cells)
    columns = [Column("政策"), Column("用例", "right"), *(Column(name) for name in found)]
    screen.table(columns, rows)
    for name, failures in found.items():
        if failures:
            screen.section(f"{name}不符的用例")
            for failure in failures:
                _failure(screen, failure)
    any_wrong = any(found.values())
    screen.print(
        "", Text("有用例不符", "bad") if any_wrong else Text(f"{len(cases)} 个用例全部符合", "good")
    )


def _failure(screen: Screen, failure: Failure) -> None:
    mark = failure.case.mark
    screen.print(
        Text.assemble(
            (f"  {mark.file}:{mark.line}  ", "quiet"),
            f"{failure.case.name}\n    {failure.what}：应为 ",
            (failure.expected, "good"),
            "，算得 ",
            (failure.found, "bad"),
        )
    )


def _document(cases: Sequence[Case], found: dict[str, list[Failure]]) -> dict[str, object]:
    return {
        "ok": not any(found.values()),
        "cases": len(cases),
        "failures": [
            {
                "evaluator": {REFERENCE: "reference", BULK: "bulk"}[name],
                "file": item.case.mark.file,
                "line": item.case.mark.line,
                "case": item.case.name,
                "what": item.what,
                "expected": item.expected,
                "found": item.found,
            }
            for name, failures in found.items()
            for item in failures
        ],
    }


def register(app: typer.Typer) -> None:
    app.command("test", cls=Command, help=HELP)(run_cases)
