"""`huiqi check`: every problem of the policy files, with place and remedy."""

from pathlib import Path

import typer
from rich.text import Text

from huiqi.cli.options import Folder, FolderArgument, Json, folder, refuse_missing
from huiqi.cli.problems import count_words, show_problems
from huiqi.cli.refusal import Code
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.problems import Problem, errors
from huiqi.rulebook.reference.cases import read_cases

HELP = """检查政策目录里的全部文件：词汇表、参考数据、条款、目标、支持、用例。

每处问题给出文件、行、列和改法。有错误时退出码为 1。"""


def check(policies: FolderArgument = None, option: Folder = None, as_json: Json = False) -> int:
    """Load everything, print every problem; 1 if any is an error."""
    screen = Screen(as_json)
    root = folder(option, policies)
    refuse_missing(root)
    library, problems = load(root)
    cases, found = read_cases(library)
    problems = [*problems, *_own(found, problems, root)]
    wrong = bool(errors(problems))
    if screen.as_json:
        screen.json(_document(root, library, len(cases), problems))
        return Code.FOUND if wrong else Code.FINE
    show_problems(screen.out, problems, root)
    if problems:
        files = len({problem.file for problem in problems})
        screen.print(Text(f"{files} 个文件有{count_words(problems)}", "bad" if wrong else "open"))
    base = {problem.file.startswith(BASE) for problem in errors(problems)}
    if base == {True, False}:
        screen.print(Text("先改词汇表和参考数据：别的文件里的问题，有些只是由它们引起的", "open"))
    screen.print(Text(_counts(library, len(cases)), "quiet"))
    if not problems:
        screen.print(Text("没有问题", "good"))
    return Code.FOUND if wrong else Code.FINE


BASE = ("vocabulary", "reference")
"""Where what all policies stand on is kept."""
FOLLOWING = frozenset({"unknown-table", "unknown-fact", "bad-value"})
"""What case files seem to do wrong where the vocabulary itself could not be read."""


def _own(found: list[Problem], before: list[Problem], root: Path) -> list[Problem]:
    """The problems of case files, without those that only follow from other files' problems."""
    broken = errors(before)
    vocabulary = any(problem.file.startswith((*BASE, str(root))) for problem in broken)
    missing = {Path(problem.file).parts[0] for problem in broken if "/" in problem.file}
    out = []
    for problem in found:
        policy = Path(problem.file).parts[0] if problem.file else ""
        follows = problem.code == "unknown-support" and (vocabulary or policy in missing)
        follows = follows or (vocabulary and problem.code in FOLLOWING)
        if not follows:
            out.append(problem)
    return out


def _counts(library: Library, cases: int) -> str:
    clauses = sum(len(policy.clauses) for policy in library.policies)
    targets = sum(len(policy.targets) for policy in library.policies)
    facts = sum(len(table.facts) for table in library.vocabulary.tables.values())
    return (
        f"政策 {len(library.policies)} 件：条款 {clauses} 条，目标 {targets} 个，"
        f"支持 {len(library.supports)} 项，用例 {cases} 个；词汇表 {facts} 个事实"
    )


def _document(
    root: Path, library: Library, cases: int, problems: list[Problem]
) -> dict[str, object]:
    return {
        "ok": not errors(problems),
        "folder": str(root),
        "policies": [policy.id for policy in library.policies],
        "clauses": sum(len(policy.clauses) for policy in library.policies),
        "targets": sum(len(policy.targets) for policy in library.policies),
        "supports": len(library.supports),
        "cases": cases,
        "problems": [problem.as_dict() for problem in problems],
    }


def register(app: typer.Typer) -> None:
    app.command("check", cls=Command, help=HELP)(check)
