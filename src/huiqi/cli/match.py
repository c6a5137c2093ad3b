"""`huiqi match`: a whole region against every support."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from huiqi.cli.options import Day, Folder, Json, day, folder, open_library
from huiqi.cli.outfolder import mark, settled
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command

HELP = """用全部支持匹配一个地区：预算、应享名单、缺的事实、只差一个条件的。

数据是快照，或每表一个文件的目录：CSV、XLSX（标题行、两行表头、合并格、合计行都认）、Parquet。
读不懂的行逐处报告并略过，其余照算，退出码为 1。写出：
  match.json        全部结果，金额单位是分
  预算.csv 分组.csv 缺口.csv 差一步.csv
  entitlements/     每项应享、缺事实、需认定一行（Parquet）
  snapshot/         由表格整理成的快照，下次可直接用"""

MatchSource = Annotated[
    Path, typer.Argument(metavar="数据", help="快照目录，或每表一个 CSV、XLSX、Parquet 的目录")
]


def match_region(
    source: MatchSource,
    out: Annotated[Path, typer.Option("--out", metavar="目录", help="写到哪里")],
    on: Day = "",
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Match a region; 1 if rows could not be read."""
    from huiqi.cli.region import PROBLEMS, open_region, preparation, row_counts
    from huiqi.cli.results import print_match
    from huiqi.rulebook.bulk.matching import match

    screen = Screen(as_json)
    today = day(on)
    library = open_library(folder(option), screen)
    place = settled(out, source)
    kept = place.with_name(f".{place.name}.snapshot")
    with (
        open_region(source, library, screen, keep=kept) as region,
        screen.progress("匹配") as step,
    ):
        try:
            result = match(library, region.snapshot, today, place, step.told)
        except FileExistsError:
            raise Refusal(f"“{out}”里是别的命令写的，没有动它", "换一个 --out") from None
    if kept.is_dir():
        kept.replace(place / "snapshot")
        if (place / "snapshot" / PROBLEMS).is_file():
            (place / "snapshot" / PROBLEMS).replace(place / PROBLEMS)
    mark(place)
    if screen.as_json:
        screen.json({"ok": not region.flawed, **result.as_json(), "input": region.as_dict()})
        return Code.FOUND if region.flawed else Code.FINE
    screen.title(f"匹配 {source}", f"评定日 {today}")
    row_counts(screen, result.rows)
    print_match(screen, library, result)
    preparation(screen, region)
    if result.left_out:
        listed = "、".join(result.left_out)
        screen.print("", Text(f"还有“待定”、没有拿来匹配的支持：{listed}", "quiet"))
    screen.print(
        "", Text(f"{result.entitlements:,} 行应享、缺事实或需认定，连同表格写在 {out}", "quiet")
    )
    return Code.FOUND if region.flawed else Code.FINE


def register(app: typer.Typer) -> None:
    app.command("match", cls=Command, help=HELP)(match_region)
