"""`huiqi demo`: the main job in one go, on a region that does not exist."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from huiqi.cli.explain import print_dossier
from huiqi.cli.options import Day, Folder, Json, day, folder, open_library, whole
from huiqi.cli.outfolder import fresh_folder
from huiqi.cli.refusal import Code
from huiqi.cli.screen import Screen
from huiqi.cli.usage import Command
from huiqi.rulebook.reference.dossier import dossier
from huiqi.rulebook.reference.explaining import dossier_dict

if TYPE_CHECKING:
    from huiqi.portal.demonstration import Account
    from huiqi.rulebook.bulk.snapshot import Snapshot
    from huiqi.rulebook.library.vocabulary import Vocabulary

HELP = """演示：造一个虚拟地区，匹配全部支持，打印预算，再逐条说明其中一家企业；然后在本机打开平台，每种角色备好一个账户。

写在 var/demo：data 是造的数据，match 是匹配结果，portal 是平台的数据库和文件。按 Ctrl+C 停止平台；再次运行会重新造数据。"""

SUBJECT = "企业"


def demo(
    enterprises: Annotated[
        str, typer.Option("--enterprises", metavar="户数", help="造多少户企业，默认 20000")
    ] = "20000",
    out: Annotated[
        Path, typer.Option("--out", metavar="目录", help="写到哪里；默认 var/demo")
    ] = Path("var/demo"),
    seed: Annotated[str, typer.Option("--seed", metavar="数", help="随机种子，默认 1")] = "1",
    portal: Annotated[
        bool, typer.Option("--portal/--no-portal", help="是否建立平台；默认建立")
    ] = True,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="建好后是否打开平台；默认打开")
    ] = True,
    port: Annotated[str, typer.Option("--port", metavar="端口", help="默认 8000")] = "8000",
    on: Day = "",
    option: Folder = None,
    as_json: Json = False,
) -> int:
    """Make a region, match it, print the results and one explanation, and open the portal on it."""
    from huiqi.cli.portal_demo import prepare, run, show
    from huiqi.cli.region import row_counts
    from huiqi.cli.results import print_match
    from huiqi.cli.serve import must_be_free
    from huiqi.rulebook.bulk.bridge import read_paid, read_subject
    from huiqi.rulebook.bulk.matching import match
    from huiqi.rulebook.bulk.snapshot import open_snapshot
    from huiqi.rulebook.demo import make_region

    screen = Screen(as_json)
    at = whole(port, "--port", 1)
    if portal and serve and not as_json:
        must_be_free("127.0.0.1", at)  # before minutes of work
    many, start, today = whole(enterprises, "--enterprises", 1), whole(seed, "--seed"), day(on)
    library = open_library(folder(option), screen)
    with fresh_folder(out) as target:
        with screen.progress("造数据", many) as step:
            make_region(
                library.vocabulary, target / "data", enterprises=many, seed=start, today=today,
                on_progress=step.done, supports=library.supports,
            )  # fmt: skip
        snapshot, _ = open_snapshot(target / "data", library.vocabulary)
        assert snapshot is not None  # written above
        with screen.progress("匹配") as step:
            result = match(library, snapshot, today, target / "match", step.told)
        number = telling(target / "match", snapshot, library.vocabulary)
        made = None
        if number is not None:
            file = read_subject(snapshot, library.vocabulary, SUBJECT, number)
            paid = read_paid(snapshot, SUBJECT, number)
            made = dossier(library, file, today, paid=paid)
            shown = file.subjects[SUBJECT].key
        accounts: list[Account] = []
        if portal and made is not None:
            accounts = prepare(screen, folder(option), target, shown, today)
    if screen.as_json:
        plain = {**result.as_json(), "folder": str(out / "match")}
        example = dossier_dict(made) if made is not None else None
        ready = [{"username": item.username, "role": item.role} for item in accounts]
        screen.json({"ok": True, **plain, "example": example, "accounts": ready})
        return Code.FINE
    screen.title(f"演示地区：{many:,} 户虚构的企业", f"评定日 {today}")
    row_counts(screen, result.rows)
    print_match(screen, library, result)
    if made is not None:
        screen.print("", "")
        screen.print(Text("说明一家企业", "head"))
        print_dossier(screen, made, file, everything=False)
    screen.print(
        "",
        Text(f"数据在 {out / 'data'}，结果在 {out / 'match'}", "quiet"),
        Text(f"接着试：huiqi targets {out / 'data'}", "quiet"),
    )
    if accounts:
        show(screen, accounts)
        if serve:
            return run(out / "portal", at)
    return Code.FINE


def telling(results: Path, snapshot: "Snapshot", vocabulary: "Vocabulary") -> int | None:
    """The `_id` of the enterprise whose answers show most: several kinds of answer, many supports.

    Only what is told of the enterprise itself counts: what its carriers, projects or people get is
    among its results but not among its own answers.
    """
    import polars as pl

    key = vocabulary.tables[SUBJECT].key
    own = [name for name, table in vocabulary.tables.items() if SUBJECT in (name, table.owner)]
    files = sorted((results / "entitlements").glob("*.parquet"))
    if not files:
        return None
    rows = (
        pl.concat([pl.scan_parquet(file) for file in files], how="vertical_relaxed")
        .filter(
            pl.col("主体表").cast(pl.String) == SUBJECT, pl.col("对象").cast(pl.String).is_in(own)
        )
        .with_columns(
            pl.col("答").cast(pl.String),
            (pl.col("对象").cast(pl.String) != SUBJECT).alias("event"),
        )
    )
    best = (
        rows.group_by("主体")
        .agg(
            pl.col("答").n_unique().alias("kinds"),
            (pl.col("event") & (pl.col("答") == "应享")).sum().alias("yes"),
            pl.len().alias("all"),
        )
        .filter(pl.col("主体").is_not_null(), pl.col("yes") > 0)
        # Enough to learn from, few enough to read.
        .with_columns((pl.col("all") - 12).abs().alias("off"))
        .sort(["kinds", "yes", "off", "主体"], descending=[True, True, False, False])
        .limit(1)
        .collect()
    )
    if not best.height:
        return None
    wanted, at = best.item(0, "主体"), 0
    for part in range(snapshot.parts(SUBJECT)):
        keys = pl.read_parquet(snapshot.path(SUBJECT, part), columns=[key]).get_column(key)
        found = (keys == wanted).arg_max()
        if found is not None and keys[found] == wanted:
            return at + int(found)
        at += len(keys)
    return None


def register(app: typer.Typer) -> None:
    app.command("demo", cls=Command, help=HELP)(demo)
