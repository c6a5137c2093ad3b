"""`huiqi demo-data`: a synthetic region of any size."""

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli.options import Folder, Json, day, folder, open_library, whole
from huiqi.cli.outfolder import fresh_folder
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.problems import suggest

STYLES = ("snapshot", "csv", "xlsx", "parquet")
MOST = 10_000_000
"""Enterprises in one region; more are made as several regions with different seeds."""

HELP = """造一个虚拟地区：企业、人员、载体、平台和它们的事项，都不是真实主体。

同样的参数造出同样的数据。样式 snapshot 供 huiqi match 直接读，其余像单位交来的表格：
csv 每表一个文件；xlsx 有标题行、两行表头、合计行；parquet 是别的系统导出的样子。"""


def demo_data(
    enterprises: Annotated[str, typer.Option("--enterprises", metavar="户数", help="造多少户企业")],
    out: Annotated[Path, typer.Option("--out", metavar="目录", help="写到哪里")],
    seed: Annotated[str, typer.Option("--seed", metavar="数", help="随机种子，默认 1")] = "1",
    style: Annotated[
        str, typer.Option("--style", metavar="样式", help="snapshot（默认）、csv、xlsx 或 parquet")
    ] = "snapshot",
    on: Annotated[
        str,
        typer.Option("--on", metavar="日期", help="数据截至哪一天，写成如 2026-03-05；默认今天"),
    ] = "",
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Make a region and write it in one style."""
    from huiqi.rulebook.demo import export_tables, make_region

    screen = Screen(as_json)
    count, start = whole(enterprises, "--enterprises", 1), whole(seed, "--seed")
    if count > MOST:
        raise Refusal(f"一次最多造 {MOST:,} 户", "分几个地区造，种子各不相同")
    if style not in STYLES:
        raise Refusal(f"没有样式“{style}”", suggest(style, STYLES) or f"可写：{'、'.join(STYLES)}")
    today = day(on)
    library = open_library(folder(option), screen)
    with fresh_folder(out) as target:
        made = target if style == "snapshot" else target / ".snapshot"
        with screen.progress("造数据", count) as step:
            snapshot = make_region(
                library.vocabulary,
                made,
                enterprises=count,
                seed=start,
                today=today,
                on_progress=step.done,
                supports=library.supports,
            )
        if style != "snapshot":
            with screen.progress("写表格"):
                export_tables(snapshot, library.vocabulary, target, style=style)  # type: ignore[arg-type]  # checked above
            shutil.rmtree(made)
        rows = {name: snapshot.rows(name) for name in library.vocabulary.tables}
    if screen.as_json:
        screen.json({"ok": True, "folder": str(out), "style": style, "seed": start, "rows": rows})
    total = sum(rows.values())
    screen.print(
        Text(f"{count:,} 户企业，{len([one for one in rows.values() if one])} 张表共 {total:,} 行"),
        Text(f"在 {out}，都是虚构的", "quiet"),
    )
    return Code.FINE


def register(app: typer.Typer) -> None:
    app.command("demo-data", cls=Command, help=HELP)(demo_data)
