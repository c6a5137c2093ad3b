"""`huiqi review`: what a reviewer must look at before a policy is issued, and what was decided."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli.options import Day, Folder, Json, day, folder, refuse_missing
from huiqi.cli.papers import Named, named
from huiqi.cli.problems import show_problems
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command
from huiqi.reading.review import (
    EXEMPTION_TEST,
    Decision,
    Finding,
    Refused,
    Source,
    decide,
    load_documents,
    read_decisions,
    review,
    undecided,
    vanished,
)
from huiqi.rulebook.problems import Severity, errors

HELP = """审查一件政策或者草稿：规则与文本是否一致，哪些没写明，是否合公平竞争审查的要求。

政策写编号、文号或者目录；只有文本时直接写文本文件。决定记在政策目录的 review.yaml 里：
  huiqi review gaoping-2022-43 --text 方案.docx
  huiqi review gaoping-2022-43 --decide 迁入奖励-14=修改 --reason 改为不分来源 --by 张三
有未决定的错误时退出码为 1。"""

WORDS = 90
"""How many characters of a passage are printed."""
SHOWN = 4
"""How many passages of a finding are printed without ``--all``."""


def show_review(
    policy: Annotated[
        str, typer.Argument(metavar="政策", help="编号、文号、政策目录，或者一个文本文件")
    ],
    text: Annotated[
        Path | None,
        typer.Option("--text", metavar="文件", help="印发的文本（TXT、DOCX、PDF、HTML）"),
    ] = None,
    decisions: Annotated[
        list[str] | None,
        typer.Option("--decide", metavar="发现=决定", help="记下一个决定，可写多次"),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="理由", help="为什么这样决定")] = "",
    by: Annotated[str, typer.Option("--by", metavar="姓名", help="谁决定的")] = "",
    everything: Annotated[bool, typer.Option("--all", help="已决定的发现和全部原文也列出")] = False,
    on: Day = "",
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Print every finding; 1 if an error is left undecided."""
    screen = Screen(as_json)
    root = folder(option)
    refuse_missing(root)
    today = day(on)
    paper = named(policy, root, screen, text)
    documents, problems = load_documents(root)
    kept: tuple[Decision, ...] = ()
    if paper.folder is not None:
        kept, found = read_decisions(paper.folder)
        problems = [*problems, *found]
    if errors(problems):
        raise Refusal("审查意见或者参考文件有错误，先改正", "", problems, Code.FOUND, root)

    def made(decided: Sequence[Decision]) -> tuple[Finding, ...]:
        return review(
            paper.policy,
            paper.reading,
            decided,
            documents=documents,
            vocabulary=paper.library.vocabulary if paper.library is not None else None,
            on=today,
        )

    findings = made(kept)
    if decisions:
        if paper.folder is None:
            raise Refusal("只有文本，没有地方记决定", "先用 huiqi read --draft 写成政策目录")
        for word in decisions:
            id_, sign, chosen = word.rpartition("=")
            if not sign:
                raise Refusal(f"“{word}”写得不对", "写成 发现=决定，如 迁入奖励-14=修改")
            answer = decide(paper.folder, findings, id_, chosen, reason, by, today)
            if isinstance(answer, Refused):
                raise Refusal(answer.message, answer.remedy)
            if isinstance(answer, list):
                raise Refusal("决定没有写成", "先改正 review.yaml", answer, Code.FOUND, root)
        kept, _ = read_decisions(paper.folder)
        findings = made(kept)
    gone = vanished(findings, kept, paper.policy is not None, paper.reading is not None)
    wrong = undecided(findings)
    if screen.as_json:
        screen.json(_document(paper, findings, gone, bool(wrong)))
        return Code.FOUND if wrong else Code.FINE
    if problems:
        show_problems(screen.err, problems, root)
    _print(screen, paper, findings, gone, everything)
    return Code.FOUND if wrong else Code.FINE


def _document(
    paper: Named, findings: Sequence[Finding], gone: Sequence[Decision], wrong: bool
) -> dict[str, object]:
    return {
        "ok": not wrong,
        "policy": paper.policy.id if paper.policy is not None else None,
        "text": paper.reading.name if paper.reading is not None else None,
        "open": [item.id for item in findings if item.open],
        "findings": [item.as_dict() for item in findings],
        "vanished": [item.as_dict() for item in gone],
    }


def _print(
    screen: Screen,
    paper: Named,
    findings: Sequence[Finding],
    gone: Sequence[Decision],
    everything: bool,
) -> None:
    title = paper.policy.title if paper.policy is not None else paper.short
    screen.title(title, paper.policy.number if paper.policy is not None else "")
    fair = [item for item in findings if item.fair]
    other = [item for item in findings if not item.fair]
    for name, group in (("公平竞争审查", fair), ("规则与文本", other)):
        shown = [item for item in group if everything or item.open]
        if not shown:
            continue
        screen.section(name)
        for item in shown:
            _finding(screen, item, everything)
        if group is fair:
            screen.print(Text(f"  {EXEMPTION_TEST}", "quiet"))
    settled = [item for item in findings if not item.open]
    if settled:
        screen.section("已决定")
        for item in settled:
            kept = item.decision
            assert kept is not None
            screen.print(Text(f"  {item.id}  {kept.decision}  {kept.by} {kept.on}：{kept.reason}"))
    if gone:
        screen.section("决定还在、发现没有了")
        for one in gone:
            screen.print(
                Text(f"  {one.finding}  {one.decision}  {one.by} {one.on}：{one.reason}", "open")
            )
    errors_, warnings = _counts(findings)
    line = f"未决定：错误 {errors_} 个，提醒 {warnings} 个；已决定 {len(settled)} 个"
    screen.print("", Text(line, "bad" if errors_ else "open" if warnings else "good"))
    if paper.reading is None:
        screen.print(Text("没有给文本，只审查了规则；加 --text 对照文本", "quiet"))


def _counts(findings: Sequence[Finding]) -> tuple[int, int]:
    left = [item for item in findings if item.open]
    wrong = sum(item.severity is Severity.ERROR for item in left)
    return wrong, len(left) - wrong


def _finding(screen: Screen, item: Finding, everything: bool) -> None:
    style = "bad" if item.severity is Severity.ERROR else "open"
    head = Text(f"{item.severity} ", style).append(item.id, "head")
    head.append(f"  {item.message}", "default")
    screen.print(head)
    if item.stale and item.decision is not None:
        old = item.decision
        screen.print(
            Text(f"    {old.by} {old.on} 决定“{old.decision}”之后文字变了，请重新决定", "open")
        )
    listed = item.evidence if everything else item.evidence[:SHOWN]
    for proof in listed:
        words = "".join(proof.words.split("\n"))
        words = words if len(words) <= WORDS or everything else f"{words[:WORDS]}…"
        where = (
            f"（{proof.start}–{proof.end}）"
            if proof.source is Source.TEXT
            else f"（{proof.place}）"
        )
        where = where if proof.start >= 0 or proof.place else ""
        screen.print(Text(f"    {proof.source}：{words}{where}", "quiet"))
    if len(item.evidence) > len(listed):
        screen.print(
            Text(f"    还有 {len(item.evidence) - len(listed)} 处，--all 全部列出", "quiet")
        )
    if item.standards:
        screen.print(Text(f"    对照：{'；'.join(str(one) for one in item.standards)}"))
    screen.print(Text(f"    建议：{item.remedy}"))
    screen.print(Text(f"    可决定：{'、'.join(item.options)}", "quiet"))


def register(app: typer.Typer) -> None:
    app.command("review", cls=Command, help=HELP)(show_review)
