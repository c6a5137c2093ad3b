"""`huiqi targets`: how far the targets of the documents are in a region."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from huiqi.cli.options import Day, Folder, Json, day, folder, open_library
from huiqi.cli.refusal import Code
from huiqi.cli.screen import Column, Screen
from huiqi.cli.usage import Command

if TYPE_CHECKING:
    from huiqi.rulebook.bulk.targets import Measured
    from huiqi.rulebook.library.policy import Library

HELP = """用一个地区的数据量测各文件的目标：已达到、未达到、事实不全、需填报。

缺事实时给出区间。写明年度或没有量法的目标要靠填报。"""


def show_targets(
    source: Annotated[
        Path, typer.Argument(metavar="数据", help="快照目录，或每表一个 CSV、XLSX、Parquet 的目录")
    ],
    on: Day = "",
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Measure every target over a region; 1 if rows could not be read."""
    from huiqi.cli.region import open_region
    from huiqi.rulebook.bulk.targets import measure_targets

    screen = Screen(as_json)
    today = day(on)
    library = open_library(folder(option), screen)
    with (
        open_region(source, library, screen) as region,
        screen.progress("量测目标") as step,
    ):
        found = measure_targets(library, region.snapshot, today, step.told)
    if screen.as_json:
        targets = [_plain(item) for item in found]
        screen.json(
            {"ok": not region.flawed, "on": today.isoformat(), "targets": targets,
             "input": region.as_dict()}
        )  # fmt: skip
    else:
        screen.title(f"目标 {source}", f"评定日 {today}")
        _show(screen, library, found)
    return Code.FOUND if region.flawed else Code.FINE


def _show(screen: Screen, library: "Library", found: "list[Measured]") -> None:
    from huiqi.rulebook.bulk.targets import Standing
    from huiqi.rulebook.handbook.pages import target_words

    styles = {Standing.REACHED: "good", Standing.SHORT: "bad", Standing.OPEN: "open"}
    columns = [
        Column("指标"), Column("目标"), Column("期限"), Column("现值", "right"),
        Column("进展", wrap=False),
    ]  # fmt: skip
    for policy in library.policies:
        mine = [item for item in found if item.policy == policy.id]
        if not mine:
            continue
        screen.section(policy.short)
        rows: list[list[str | Text]] = [
            [
                item.target.indicator,
                target_words(item.target),
                item.target.deadline or item.target.period,
                figure_words(item),
                Text(str(item.standing), styles.get(item.standing, "quiet")),
            ]
            for item in mine
        ]
        screen.table(columns, rows)
    told = [f"{word} {sum(item.standing is word for item in found)}" for word in Standing]
    screen.print("", Text("，".join(told)))


def figure_words(item: "Measured") -> str:
    """The figure in the target's unit; an interval where facts are missing."""
    from huiqi.cli.results import number

    if item.target.measure is None:
        return ""
    unit, low, high = item.target.unit, item.low, item.high
    if low is None and high is None:
        return "未知"
    if low is not None and low == high:
        return f"{number(low)}{unit}"
    if high is None:
        return f"至少 {number(low or Fraction(0))}{unit}"
    return f"{number(low)}—{number(high)}{unit}" if low else f"最多 {number(high)}{unit}"


def _plain(item: "Measured") -> dict[str, object]:
    target = item.target
    return {
        "policy": item.policy,
        "target": target.id,
        "clause": target.clause,
        "indicator": target.indicator,
        "comparator": str(target.comparator),
        "values": [f"{value:f}" for value in target.values],
        "relative_to": target.relative_to,
        "unit": target.unit,
        "deadline": target.deadline or target.period,
        "due": target.due.isoformat() if target.due is not None else None,
        "low": str(item.low) if item.low is not None else None,
        "high": str(item.high) if item.high is not None else None,
        "standing": str(item.standing),
    }


def register(app: typer.Typer) -> None:
    app.command("targets", cls=Command, help=HELP)(show_targets)
