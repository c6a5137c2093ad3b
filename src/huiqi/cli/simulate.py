"""`huiqi simulate`: today's rules against changed ones, before anything is issued."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from huiqi.cli.options import Day, Folder, Json, day, folder, open_library
from huiqi.cli.outfolder import fresh_folder, settled
from huiqi.cli.refusal import Code, Refusal
from huiqi.cli.screen import Column, Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.problems import Problem, suggest

if TYPE_CHECKING:
    from huiqi.rulebook.bulk.simulation import Simulation

HELP = """改数字或条件，算清谁多得、谁少得、多花多少，不改政策文件。

一项改动写成 --set '政策/支持.项=值'，可以写几项。项是支持文件里的键、参数名，
或 条件.1（第 1 个条件）、分档.国家级（那一档的金额）。
例如 --set 'gaoping-2022-43/高企首次取得.金额=30万元'
改动和政策文件一样要过检查。--out 保存结果，--against 与以前保存的结果比较。"""

FILE = "simulation.json"
ITEMS = ("金额", "上限", "保底", "比例", "主体上限", "年度上限", "次数", "期间.起", "期间.止")
"""Items that most supports have, for a hint."""


def simulate_region(
    source: Annotated[
        Path, typer.Argument(metavar="数据", help="快照目录，或每表一个 CSV、XLSX、Parquet 的目录")
    ],
    changes: Annotated[
        list[str], typer.Option("--set", metavar="改动", help="政策/支持.项=值，可写几项")
    ],
    out: Annotated[Path | None, typer.Option("--out", metavar="目录", help="保存结果")] = None,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="目录", help="与以前保存的一次测算比较")
    ] = None,
    on: Day = "",
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Simulate changes over a region; 1 if rows could not be read."""
    from huiqi.cli.region import open_region
    from huiqi.rulebook.bulk.simulation import parse_changes, simulate

    screen = Screen(as_json)
    today = day(on)
    wanted, problems = parse_changes(changes)
    if problems:
        raise Refusal("改动写得不对", "写成 政策/支持.项=值", problems)
    library = open_library(folder(option), screen)
    earlier = _earlier(against) if against is not None else None
    if out is not None:
        settled(out, source)
    with (
        open_region(source, library, screen) as region,
        screen.progress("测算") as step,
    ):
        made, problems = simulate(library, region.snapshot, wanted, today, step.told)
    if made is None:
        raise Refusal("改动没有通过检查", "改正后再试", [_better(one, library) for one in problems])
    if out is not None:
        _save(made, out, source)
    if screen.as_json:
        screen.json({"ok": not region.flawed, **made.as_json(), "against": earlier,
                     "input": region.as_dict()})  # fmt: skip
    else:
        _show(screen, library, made)
        if earlier is not None:
            _compare(screen, library, made, earlier)
        if out is not None:
            screen.print("", Text(f"写在 {out}", "quiet"))
    return Code.FOUND if region.flawed else Code.FINE


def _better(problem: Problem, library: Library) -> Problem:
    """An unknown change with what could have been meant."""
    if problem.code != "unknown-override":
        return problem
    found = problem.message.split("“", 1)[-1].split("”", 1)[0]
    key, _, item = found.partition(".")
    support = library.by_key.get(key)
    if support is None:
        remedy = suggest(key, list(library.by_key)) or "huiqi coverage 列出所有支持"
    else:
        named = "、".join(support.parameters)
        remedy = suggest(item, [*support.parameters, *ITEMS]) or (
            f"这项支持可改：{named}、条件.1……" if named else "对照这项支持的文件写项名"
        )
    return Problem(problem.code, f"没有“{found}”这一项可改", remedy, found=found)


# -------------------------------------------------------------------- printing


def _show(screen: Screen, library: Library, made: "Simulation") -> None:
    from huiqi.cli.results import count, signed, ten_thousands
    from huiqi.rulebook.language.answers import Answer

    screen.title("测算", f"评定日 {made.on}")
    for change in made.changes:
        screen.print(Text(f"  {change}"))
    if not made.supports:
        screen.print("", Text("改动与现行规则相同，没有差别", "open"))
        return
    screen.section("改前改后（万元）")
    columns = [
        Column("支持"), Column(""), Column("应享", "right", wrap=False),
        Column("缺事实", "right", wrap=False), Column("确定", "right", wrap=False),
        Column("可能", "right", wrap=False),
    ]  # fmt: skip
    rows: list[list[str | Text]] = []
    for item in made.supports:
        name = library.by_key[item.support].name
        for word, budget in (("改前", item.before), ("改后", item.after)):
            rows.append(
                [
                    name if word == "改前" else "",
                    word,
                    count(budget.count(Answer.YES)),
                    count(budget.count(Answer.MISSING)),
                    ten_thousands(budget.low),
                    ten_thousands(budget.high, budget.unbounded),
                ]
            )
        rows.append(
            ["", Text("差", "head"), "", "", Text(signed(item.after.low - item.before.low), "money"),
             Text(signed(item.after.high - item.before.high), "money")]
        )  # fmt: skip
    screen.table(columns, rows)
    screen.section("谁多得、谁少得（按确定的金额，万元）")
    rows = [
        [library.by_key[item.support].name, count(item.gainers), signed(item.gained),
         count(item.losers), signed(-item.lost)]
        for item in made.supports
    ]  # fmt: skip
    columns = [
        Column("支持"), Column("多得的", "right", wrap=False), Column("共多得", "right", wrap=False),
        Column("少得的", "right", wrap=False), Column("共少得", "right", wrap=False),
    ]  # fmt: skip
    screen.table(columns, rows)
    for by in ("地区", "行业", "规模"):
        _by(screen, library, made, by)


def _by(screen: Screen, library: Library, made: "Simulation", by: str) -> None:
    from huiqi.cli.results import TOP, of_all, signed

    found = [item for item in made.by if item.by == by and (item.low or item.high or item.yes)]
    if not found:
        return
    found.sort(key=lambda item: (-abs(item.low), -abs(item.high), item.name))
    screen.section(f"按{by}的差别（万元{of_all(len(found))}）")
    several = len({item.support for item in found}) > 1
    rows = [
        [item.name, *([library.by_key[item.support].name] if several else []),
         f"{item.yes:+,}" if item.yes else "—", signed(item.low), signed(item.high)]
        for item in found[:TOP]
    ]  # fmt: skip
    columns = [Column(by), *([Column("支持")] if several else [])]
    columns += [Column(word, "right", wrap=False) for word in ("应享", "确定", "可能")]
    screen.table(columns, rows, indent=2)


def _compare(screen: Screen, library: Library, made: "Simulation", earlier: dict[str, Any]) -> None:
    from huiqi.cli.results import signed, ten_thousands

    screen.section("与以前的测算比（改后，万元）")
    screen.print(Text(f"  以前：{'；'.join(earlier['changes'])}，评定日 {earlier['on']}", "quiet"))
    before = {item["support"]: item["after"] for item in earlier["supports"]}
    after = {item.support: item.after for item in made.supports}
    rows = []
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        rows.append(
            [
                library.by_key[key].name if key in library.by_key else key,
                ten_thousands(old["low"]) if old else "未改",
                ten_thousands(new.low) if new else "未改",
                signed(new.low - old["low"]) if old and new else "",
            ]
        )
    columns = [Column("支持"), *(Column(word, "right") for word in ("以前确定", "这次确定", "差"))]
    screen.table(columns, rows, indent=2)


# -------------------------------------------------------------------- files


def _earlier(folder_: Path) -> dict[str, Any]:
    file = folder_ / FILE if folder_.is_dir() else folder_
    wrong = Refusal(f"“{folder_}”不是保存的测算", f"写 --out 用过的目录，里面有 {FILE}")
    try:
        made = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        raise wrong from None
    if not isinstance(made, dict) or not {"changes", "on", "supports"} <= set(made):
        raise wrong
    return made


def _save(made: "Simulation", out: Path, source: Path) -> None:
    from huiqi.rulebook.bulk.simulation import save

    with fresh_folder(out, source) as target:
        save(made, target / FILE)
        # A byte order mark, without which spreadsheets read Chinese wrongly.
        with (target / "分组.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(
                ["支持", "按", "名称", "应享", "缺事实", "需认定", "确定（分）", "可能（分）"]
            )
            for item in made.by:
                writer.writerow(
                    [item.support, item.by, item.name, item.yes, item.missing, item.judge,
                     item.low, item.high]
                )  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command("simulate", cls=Command, help=HELP)(simulate_region)
