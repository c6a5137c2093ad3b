"""`huiqi lineage`: which clause carries out which clause of the document above, and what nobody does."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli.options import Day, Folder, Json, day, folder, refuse_missing
from huiqi.cli.papers import Named, named
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Column, Screen
from huiqi.cli.usage import Command
from huiqi.reading.lineage import (
    Confirmation,
    Fit,
    Lineage,
    Link,
    Paper,
    Part,
    Status,
    confirm,
    lineage,
    paper,
    read_confirmations,
)
from huiqi.rulebook.problems import suggest
from huiqi.rulebook.reference.explaining import number_words

HELP = """对照上级文件和下级文件：哪一条承接哪一条，上级的哪些要求没有条款承接，哪些目标是上级目标的份额。

文件写政策编号、目录或者文本文件；“编号=文本”把政策目录和它的文本合起来看，依据更足：
  huiqi lineage shanxi-2017-51 changzhi-2017-29
  huiqi lineage shanxi-2017-51=上.txt changzhi-2017-29=下.txt --json
  huiqi lineage shanxi-2017-51 changzhi-2017-29 --confirm 十二=10 --by 张三 --reason 都讲推广经验
判断记在下级政策目录的 lineage.yaml 里。"""

STYLES = {
    Status.CONFIRMED: "good", Status.CERTAIN: "good", Status.PERSON: "judge",
    Status.REJECTED: "quiet",
}  # fmt: skip


def show_lineage(
    upper: Annotated[
        str, typer.Argument(metavar="上级文件", help="编号、目录、文本，或者 编号=文本")
    ],
    lowers: Annotated[list[str], typer.Argument(metavar="下级文件…", help="一个或者几个")],
    confirmed: Annotated[
        list[str] | None,
        typer.Option("--confirm", metavar="上级条款=条款", help="确认承接，可写多次"),
    ] = None,
    rejected: Annotated[
        list[str] | None,
        typer.Option("--reject", metavar="上级条款=条款", help="否定承接，可写多次"),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="理由", help="为什么")] = "",
    by: Annotated[str, typer.Option("--by", metavar="姓名", help="谁判断的")] = "",
    everything: Annotated[bool, typer.Option("--all", help="未见承接的内容也逐句列出")] = False,
    on: Day = "",
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Print links, what is left to carry out, and shares of targets."""
    screen = Screen(as_json)
    root = folder(option)
    refuse_missing(root)
    top = named(upper, root, screen)
    below = [named(word, root, screen) for word in lowers]
    above = paper(top.policy, top.reading)
    papers = [paper(item.policy, item.reading) for item in below]
    ids = [above.id, *(item.id for item in papers)]
    if len(set(ids)) != len(ids):
        raise Refusal("同一份文件写了两次", "上级和下级写不同的文件")
    words = [(word, True) for word in confirmed or ()] + [(word, False) for word in rejected or ()]
    if words:
        if len(below) != 1:
            raise Refusal("一次只能对一份下级文件作判断", "只写一份下级文件")
        if not by.strip():
            raise Refusal("没有写是谁判断的", "用 --by 写明姓名")
        for word, carries in words:
            one, other = _pair(word, above, papers[0])
            _keep(below[0], above, one, other, carries, reason, by, on, root)
    kept = _kept(below, root)
    made = lineage(above, papers, kept)
    if screen.as_json:
        screen.json({"ok": True, **made.as_dict()})
    else:
        _print(screen, made, everything)
    return Code.FINE


def _pair(word: str, above: Paper, below: Paper) -> tuple[str, str]:
    one, sign, other = word.partition("=")
    if not sign:
        raise Refusal(f"“{word}”写得不对", "写成 上级条款=条款，如 十二=10")
    for id_, document in ((one, above), (other, below)):
        known = [part.id for part in document.parts]
        if id_ not in known:
            hint = suggest(id_, known) or f"可写：{'、'.join(known[:12])}…"
            raise Refusal(f"“{document.short}”没有条款“{id_}”", hint)
    return one, other


def _keep(
    item: Named,
    above: Paper,
    one: str,
    other: str,
    carries: bool,
    reason: str,
    by: str,
    on: str,
    root: Path,
) -> None:
    if item.folder is None:
        raise Refusal("下级只有文本，没有地方记判断", "先用 huiqi read --draft 写成政策目录")
    problems = confirm(item.folder, above.id, one, other, carries, reason, by, day(on))
    if problems:
        raise Refusal("判断没有写成", "先改正 lineage.yaml", problems, Code.FOUND, root)


def _kept(below: list[Named], root: Path) -> list[Confirmation]:
    out: list[Confirmation] = []
    for item in below:
        if item.folder is None:
            continue
        found, problems = read_confirmations(item.folder)
        if problems:
            raise Refusal("lineage.yaml 有错误，先改正", "", problems, Code.FOUND, root)
        out += found
    return out


def _print(screen: Screen, made: Lineage, everything: bool) -> None:
    screen.title(made.upper.title, made.upper.number)
    for item, (_, ground) in zip(made.lowers, made.grounds, strict=True):
        says = f"写明依据{ground}" if ground else "没有写明以它为依据，很像的才算确定，其余交人判断"
        screen.print(Text(f"{item.short}：{says}", "default" if ground else "open"))
    several = len(made.lowers) > 1
    screen.section("承接")
    columns = [Column("上级条款"), Column("由什么承接"), Column("判断", wrap=False), Column("依据")]
    parts = {item.id: {part.id: part for part in item.parts} for item in made.lowers}
    names = {item.id: item.short for item in made.lowers}
    rows: list[list[str | Text]] = []
    for part in made.upper.parts:
        for index, link in enumerate(made.of(part)):
            below = parts[link.paper][link.below]
            document = f"{names[link.paper]} " if several else ""
            rows.append(
                [
                    _name(part) if not index else "",
                    f"{document}{_name(below)}",
                    Text(str(link.status), STYLES[link.status]),
                    Text(_why(link), "quiet"),
                ]
            )
    screen.table(columns, rows)
    screen.section("没有条款承接")
    for part in made.uncarried:
        asked = made.of(part)
        hint = f"  待判断：{'、'.join(link.below for link in asked)}" if asked else ""
        screen.print(Text(f"  {_name(part)}").append(hint, "judge"))
    if not made.uncarried:
        screen.print(Text("  没有", "good"))
    _shares(screen, made, names)
    if everything and made.gaps:
        screen.section("已承接的条款里未见承接的内容")
        for gap in made.gaps:
            screen.print(Text(f"  {gap.above}  {gap.sentence.words}"))
    counts = {status: sum(link.status is status for link in made.links) for status in Status}
    line = "，".join(f"{status} {count} 对" for status, count in counts.items() if count)
    screen.print(
        "", Text(f"{line or '没有可比的条款'}；没有承接 {len(made.uncarried)} 条", "quiet")
    )
    if made.gaps and not everything:
        screen.print(Text(f"已承接的条款里还有 {len(made.gaps)} 句未见承接，--all 列出", "quiet"))


def _shares(screen: Screen, made: Lineage, names: dict[str, str]) -> None:
    if not made.shares:
        return
    screen.section("目标分解")
    columns = [
        Column("上级目标"), Column("数值", "right"), Column("下级目标"), Column("数值", "right"),
        Column("占比", "right", wrap=False), Column("判断", wrap=False), Column("说明"),
    ]  # fmt: skip
    rows: list[list[str | Text]] = [
        [
            share.upper.indicator,
            share.upper.shown,
            f"{names[share.paper]} {share.lower.indicator}"
            if len(names) > 1
            else share.lower.indicator,
            share.lower.shown,
            "" if share.part is None else f"{share.part.normalize():f}%",
            Text(str(share.fit), "good" if share.fit is Fit.CERTAIN else "judge"),
            Text("；".join(share.why), "quiet"),
        ]
        for share in made.shares
    ]
    screen.table(columns, rows)


def _name(part: Part) -> str:
    return f"{number_words(part.id)} {part.heading}".strip()


def _why(link: Link) -> str:
    if link.confirmation is not None:
        kept = link.confirmation
        return f"{kept.by} {kept.on} {kept.reason}".strip()
    return "；".join(link.evidence())


def register(app: typer.Typer) -> None:
    app.command("lineage", cls=Command, help=HELP)(show_lineage)
