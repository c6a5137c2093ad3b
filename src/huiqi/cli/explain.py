"""`huiqi explain`: one subject against every support, condition by condition."""

from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from huiqi.cli.options import Day, Folder, Json, day, folder, open_library
from huiqi.cli.problems import count_words, show_problems
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Column, Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import to_date
from huiqi.rulebook.library.factsfile import read_facts_file
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.library.rows import FactsFile
from huiqi.rulebook.problems import errors, suggest
from huiqi.rulebook.reference.assess import Assessment
from huiqi.rulebook.reference.dossier import Dossier, Question, dossier
from huiqi.rulebook.reference.explaining import (
    ORDER,
    Explanation,
    FactWords,
    LineWords,
    dossier_dict,
    explain,
    fact_words,
    near_words,
    not_assessed,
    rule_words,
    subject_words,
    totals,
)  # fmt: skip
from huiqi.rulebook.reference.stakes import stake_words

HELP = """对照全部支持说明一个主体：该享什么、差什么、下一步问什么。

事实文件是 YAML 或 JSON，写成“表: {事实: 值}”，值可带来源：
  企业:
    注册地: 高平市
    从业人员: {值: 35人, 来源: 市统计局, 日期: 2026-06-30}
  认定:
    - {名称: 高新技术企业, 级别: 国家级, 发证日期: 2023-10-16, 时注册地: 高平市}
没有写的事实算未知，不算没有。事实文件有错误时退出码为 1。"""

SIGNS = {Answer.YES: "✓", Answer.NO: "✗", Answer.MISSING: "?", Answer.JUDGE: "◇"}
STYLES = {
    Answer.YES: "good", Answer.NO: "bad", Answer.MISSING: "open", Answer.JUDGE: "judge",
}  # fmt: skip
SHOWN = 10
"""How many questions and near misses are printed without ``--all``."""


def show_explanation(
    facts: Annotated[
        Path, typer.Option("--facts", metavar="文件", help="事实文件（.yaml 或 .json）")
    ],
    support: Annotated[
        str, typer.Option("--support", metavar="支持", help="只说明一项，如 高企首次取得")
    ] = "",
    on: Day = "",
    everything: Annotated[bool, typer.Option("--all", help="不享的也逐条说明")] = False,
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Explain one subject; 1 if the facts file has errors."""
    screen = Screen(as_json)
    today = day(on)
    library = open_library(folder(option), screen)
    chosen = [_support(library, support)] if support else None
    file = _facts(facts, library, screen)
    made = dossier(library, file, today, chosen)
    if screen.as_json:
        screen.json({"ok": True, **dossier_dict(made)})
        return Code.FINE
    print_dossier(screen, made, file, everything or chosen is not None, single=chosen is not None)
    return Code.FINE


def _facts(path: Path, library: Library, screen: Screen) -> FactsFile:
    if path.suffix.lower() in (".xlsx", ".xls", ".csv", ".parquet"):
        raise Refusal(f"“{path}”是表格", "事实文件写成 .yaml 或 .json；表格用 huiqi match")
    if path.is_dir():
        raise Refusal(f"“{path}”是目录", "写一个事实文件；整个地区用 huiqi match")
    file, problems = read_facts_file(path, library.vocabulary)
    if errors(problems):
        unread = {"file-unreadable", "file-empty", "file-encoding", "file-too-large",
                  "yaml-syntax", "json-syntax"}  # fmt: skip
        code = Code.USAGE if unread & {problem.code for problem in problems} else Code.FOUND
        raise Refusal(f"事实文件有{count_words(problems)}", "改正后再试", problems, code)
    if problems and not screen.as_json:
        show_problems(screen.err, problems)
    return file


def _support(library: Library, word: str) -> Support:
    found = library.find(word)
    if found is None:
        same = [item.key for item in library.supports if item.id == word]
        if same:
            raise Refusal(f"有 {len(same)} 项支持叫“{word}”", f"写全：{'、'.join(same)}")
        names = [item.id for item in library.supports] + list(library.by_key)
        raise Refusal(f"没有支持“{word}”", suggest(word, names) or "huiqi coverage 列出所有支持")
    return found


# -------------------------------------------------------------------- printing


def print_dossier(
    screen: Screen, made: Dossier, file: FactsFile, everything: bool, single: bool = False
) -> None:
    """A whole dossier for people."""
    vocabulary = made.library.vocabulary
    names = [subject_words(row, vocabulary) for row in file.subjects.values()]
    screen.title("、".join(names) or "事实文件", f"评定日 {to_date(made.reference.today)}")
    _counts(screen, made)
    if not single:
        _totals(screen, made)
    for answer in ORDER:
        items = made.of(answer)
        if not items or (answer is Answer.NO and not everything):
            continue
        screen.section(f"{answer.chinese}（{len(items)}）")
        for item in items:
            print_explanation(screen, explain(made, item))
    if not everything:
        _near_misses(screen, made)
    _questions(screen, made.questions(), made, everything)
    _unasked(screen, made, everything, single)
    screen.print("", Text("✓ 满足   ✗ 不满足   ? 缺事实   ◇ 须由人认定", "quiet"))


def _counts(screen: Screen, made: Dossier) -> None:
    line = Text()
    for answer in ORDER:
        line.append(f"{SIGNS[answer]} {answer.chinese} ", STYLES[answer])
        line.append(f"{len(made.of(answer))} 项    ")
    screen.print(line)


def _totals(screen: Screen, made: Dossier) -> None:
    found = [total for total in totals(made.assessments) if total.possible or not total.bounded]
    if not found:
        return
    screen.section("可得合计（各种形式不相加）")
    rows = [[str(total.form), total.certain_words, total.words] for total in found]
    columns = [Column("形式"), Column("确定", "right"), Column("补齐事实后最多", "right")]
    screen.table(columns, rows, indent=2)


def print_explanation(screen: Screen, made: Explanation) -> None:
    """One support: answer and amount, clause, then each condition with what it read."""
    head = Table.grid(padding=(0, 1), expand=True)
    head.add_column(width=1, style=STYLES[made.answer])
    head.add_column(ratio=1, overflow="fold")
    head.add_column(justify="right", overflow="fold", max_width=36)
    money = made.support.amount is not None
    right = Text(made.amount if money else "", "money")
    if money and made.answer is not Answer.NO:
        right.append(f"  {made.support.form}", "quiet")
    head.add_row(SIGNS[made.answer], Text(made.support.name, "head"), right)
    screen.print("", head)
    below = Text(made.source, "quiet")
    below.append(f"\n{made.row}")
    if made.made.reason:
        below.append(f"    {made.made.reason}", "bad")
    if made.support.benefit and made.answer is not Answer.NO:
        below.append(f"\n{made.support.benefit}")
    elif made.support.amount_text and not made.made.certain:
        below.append(f"\n计算：{rule_words(made.support)}", "quiet")
    screen.print(Padding(below, (0, 0, 0, 2)))
    _conditions(screen, made.lines)
    for words, found in (("缺", made.missing), ("认定", made.judgements)):
        if found:
            told = "；".join(_asked(fact) for fact in found)
            screen.print(Padding(Text(f"{words}：{told}", STYLES[made.answer]), (0, 0, 0, 2)))


def _conditions(screen: Screen, lines: tuple[LineWords, ...]) -> None:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    for line in lines:
        body = Text(line.label or line.text)
        if line.label and line.number:
            body.append(f"  {line.text}", "quiet")
        elif line.number == 0:
            body = Text(line.text)
        if line.facts:
            body.append("\n" + "；".join(_used(fact) for fact in line.facts), "quiet")
        if line.note:
            body.append(f"\n{line.note}", "quiet")
        grid.add_row(Text(SIGNS[line.answer], STYLES[line.answer]), body)
    screen.print(Padding(grid, (0, 0, 0, 4)))


def _used(fact: FactWords) -> str:
    from_ = "算得" if fact.derived and fact.known else fact.origin
    return f"{fact.name} = {fact.value}{f'（{from_}）' if from_ else ''}"


def _asked(fact: FactWords) -> str:
    return f"{fact.name}（问{fact.holder}）" if fact.holder else fact.name


def _near_misses(screen: Screen, made: Dossier) -> None:
    near = made.near_misses()
    if near:
        screen.section("差一步")
        rows = [_near(made, item) for item in near[:SHOWN]]
        screen.table([Column("支持"), Column("还差"), Column("金额", "right")], rows, indent=2)
    more = len(near) - SHOWN
    if more > 0:
        screen.print(Text(f"  ……还有 {more} 项，加 --all 看全部", "quiet"))


def _near(made: Dossier, item: Assessment) -> list[str | Text]:
    words = explain(made, item)
    lacking = "；".join(line.label or line.text for line in words.lines if line.answer is Answer.NO)
    return [f"{item.support.name}\n{words.source}", lacking, near_words(made, item)]


def _questions(screen: Screen, found: list[Question], made: Dossier, everything: bool) -> None:
    if not found:
        return
    screen.section("下一步问什么（能定下最多的在前）")
    rows: list[list[str | Text]] = []
    shown = found if everything else found[:SHOWN]
    for question in shown:
        fact = fact_words(question.fact, made.library.vocabulary)
        asked = Text(fact.question)
        asked.append(f"\n{fact.name}", "quiet")
        rows.append(
            [asked, fact.holder, f"{len(question.supports)} 项", stake_words(question.stakes)]
        )
    columns = [
        Column("问题"), Column("可向谁查"), Column("影响", "right", wrap=False),
        Column("涉及金额", "right", wrap=False),
    ]  # fmt: skip
    screen.table(columns, rows, indent=2)
    if len(found) > len(shown):
        screen.print(Text(f"  ……还有 {len(found) - len(shown)} 问，加 --all 看全部", "quiet"))


def _unasked(screen: Screen, made: Dossier, everything: bool, single: bool) -> None:
    """Supports of tables that the file says nothing about: neither yes nor no."""
    keys = [] if single else not_assessed(made)
    if not keys:
        if single and not made.assessments:
            screen.print("", Text("事实文件里没有这项支持要看的表", "open"))
        return
    tables: dict[str, list[Support]] = {}
    for key in keys:
        item = made.library.by_key[key]
        tables.setdefault(item.table, []).append(item)
    if not everything:
        words = f"另有 {len(keys)} 项支持看的是别的对象，或没有登记的事项，没有评；加 --all 列出"
        screen.print("", Text(words, "quiet"))
        return
    screen.section("没有评的支持，按要看的表")
    rows = [[table, "、".join(item.name for item in items)] for table, items in tables.items()]
    screen.table([Column("表", wrap=False), Column("支持")], rows, indent=2)


def register(app: typer.Typer) -> None:
    app.command("explain", cls=Command, help=HELP)(show_explanation)
