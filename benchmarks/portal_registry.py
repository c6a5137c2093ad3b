"""The registry at size: import, lists, one enterprise, snapshots.

    .venv/bin/python benchmarks/portal_registry.py --enterprises 500000 --write

The data are made once and kept in the folder; the database is new at every run. With ``--database`` (a
PostgreSQL that may be emptied, as DATABASE_URL) the same is measured there; the page shows both.
"""

import json
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import portal as bench
from portal import VENDORS, Bench, Found, analyse, peak, portal, table

PAGE = bench.DOCS / "portal-registry.md"
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
EVENTS = ("认定", "年度经营", "知识产权", "入企服务", "开办")
ROUNDS = 15


# -------------------------------------------------------------------- steps, each its own process


def make(folder: Path, enterprises: int) -> dict[str, Any]:
    """The region as CSV files."""
    import common

    from huiqi.rulebook.demo import export_tables, make_region

    rules = common.library()
    made = make_region(
        rules.vocabulary, folder / "region", enterprises=enterprises, seed=1, today=NOW.date(),
        supports=rules.supports,
    )  # fmt: skip
    export_tables(made, rules.vocabulary, folder / "csv", style="csv")
    return {"rows": {name: made.rows(name) for name in made.tables}}


def registrar() -> Any:
    from huiqi.portal.base.access import Actor
    from huiqi.portal.base.models import Membership, Unit, User

    user, _ = User.objects.get_or_create(username="bench", defaults={"name": "测试人员"})
    unit, _ = Unit.objects.get_or_create(name="测试数据局", kind="department", region="")
    held, _ = Membership.objects.get_or_create(
        user=user, unit=unit, role="registrar", since=date(2020, 1, 1)
    )
    return Actor(user, held, (held,))


def take_over(file: Path, table: str) -> dict[str, Any]:
    """One import from the upload to the last row."""
    portal()
    from django.core.files import File

    from huiqi.portal.base import jobs
    from huiqi.portal.registry import importing

    by = registrar()
    began = time.perf_counter()
    with file.open("rb") as stream:
        batch = importing.upload(
            File(stream, name=file.name), table, source="统计部门", as_of=date(2026, 6, 30), by=by,
            at=NOW,
        )  # fmt: skip
    started = importing.start(batch, {}, by=by, at=NOW)
    assert started.job is not None
    job = jobs.run_job(started.job)
    if job.state != "done":
        raise SystemExit(job.message)
    return {**job.result, "s": time.perf_counter() - began, "mb": peak()}


def median(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Milliseconds by the clock, the median of some rounds after a first one."""
    walls = []
    work()
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        walls.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(walls), 2)


def lists() -> dict[str, Any]:
    """Count and page as a list page asks for them: the first and a late page, by filter and order."""
    portal()
    from huiqi.portal.base.counting import MOST, part
    from huiqi.portal.registry import queries
    from huiqi.portal.registry.models import Enterprise
    from huiqi.portal.web.listing import _ordered

    analyse()
    by = registrar()
    middle = Enterprise.objects.order_by("credit_code")[Enterprise.objects.count() // 2]
    asked: dict[str, tuple[dict[str, Any], str]] = {
        "everything, by code": ({}, "code"),
        "everything, by name": ({}, "name"),
        "everything, by turnover, largest first": ({}, "-revenue"),
        "one city, by code": ({"region": "140500"}, "code"),
        "one county, by turnover, largest first": ({"region": "140581"}, "-revenue"),
        "one section of industry, by code": ({"industry": "C"}, "code"),
        "one county, one industry, one size": (
            {"region": "140581", "industry": "C", "size": "中型"}, "code",
        ),
        "size not certain": ({"size": ""}, "code"),
        "a title": ({"title": "高新技术企业"}, "code"),
        "a title in a county": ({"title": "高新技术企业", "region": "140581"}, "code"),
        "a frequent word of the name": ({"words": "公司"}, "code"),
        "a rare word of the name": ({"words": middle.name[2:9]}, "code"),
        "a frequent word in a county": ({"words": "公司", "region": "140581"}, "code"),
        "a credit code": ({"words": middle.credit_code}, "code"),
        "the beginning of a credit code": ({"words": middle.credit_code[:15]}, "code"),
    }  # fmt: skip
    out: dict[str, Any] = {}
    for name, (filters, order) in asked.items():

        def page(first: int, filters: Any = filters, order: str = order) -> int:
            rows = queries.narrowed(queries.enterprises(by), on=NOW.date(), **filters)
            count = rows.order_by()[: MOST + 1].count()
            part(_ordered(rows, order, queries.SORTS), first, first + 30)
            return count

        found = page(0)
        last = max(0, min(found, MOST) - 30)
        first = median(lambda page=page: page(0))  # type: ignore[misc]  # bound now
        late = median(lambda page=page, last=last: page(last))  # type: ignore[misc]  # bound now
        out[name] = {"rows": found, "first_ms": first, "last_ms": late}
    return out


def enterprise() -> dict[str, Any]:
    """Everything the rules read of one enterprise, the fullest ones among them."""
    portal()
    from django.db.models import Count

    from huiqi.portal.registry import queries
    from huiqi.portal.registry.models import Record

    shops = list(Record.objects.filter(table="企业").order_by("pk")[:2000])
    fullest = list(
        Record.objects.filter(pk__in=[shop.pk for shop in shops])
        .annotate(many=Count("events"))
        .order_by("-many")[:20]
    )
    times = {}
    for name, some in (("any", shops[::40]), ("fullest", fullest)):
        each = [median(lambda one=one: queries.facts_file(one, on=NOW.date()), 3) for one in some]  # type: ignore[misc]  # bound now
        times[name] = round(statistics.median(each), 2)
    return times


def snapshots(folder: Path) -> dict[str, Any]:
    """A full snapshot, one after nothing changed, one after a hundred changes."""
    portal()
    from huiqi.portal.registry import actions, snapshot
    from huiqi.portal.registry.models import Record

    shutil.rmtree(folder, ignore_errors=True)
    out: dict[str, Any] = {}

    def timed(name: str) -> None:
        began = time.perf_counter()
        made, _ = snapshot.write(folder)
        out[name] = round(time.perf_counter() - began, 2)
        out["rows"] = {table: made.rows(table) for table in made.tables}

    timed("full_s")
    timed("nothing_s")
    by = registrar()
    shops = Record.objects.filter(table="企业").order_by("pk")
    for number, shop in enumerate(shops[:100]):
        actions.state(shop, {"从业人员": 1000 + number}, by=by, at=NOW + timedelta(days=1))
    timed("hundred_s")
    out["mb"] = peak()
    return out


def shapes(folder: Path, rows: int = 50_000) -> dict[str, Any]:
    """The same facts of enterprises as statements with typed JSON, and as one row a fact."""
    portal()
    import common
    import polars as pl

    from huiqi.portal.registry import encoding
    from huiqi.portal.registry.loading import _decoded, _Load  # the same conversion as loading

    vocabulary = common.library().vocabulary
    opened = common.snapshot(common.library(), folder / "region")
    table = vocabulary.tables["企业"]
    raw = pl.read_parquet(opened.path("企业", 0)).head(rows)
    facts = _decoded(_Load(opened, vocabulary, NOW, None, {}), table, raw)
    texts = encoding.texts(facts, facts.columns).to_list()
    out: dict[str, Any] = {"records": len(texts)}

    def measure(
        name: str, script: str, words: str, values: list[tuple[Any, ...]], ask: str
    ) -> None:
        file = folder / f"shape-{name}.sqlite3"
        file.unlink(missing_ok=True)
        base = sqlite3.connect(file)
        base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + script)
        began = time.perf_counter()
        with base:
            base.executemany(words, values)
        taken = time.perf_counter() - began
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        read = median(lambda: [base.execute(ask, [one]).fetchall() for one in range(1, 2000, 20)])
        out[name] = {
            "rows": len(values), "s": round(taken, 2), "bytes": file.stat().st_size,
            "read_ms": round(read / 100, 3),
        }  # fmt: skip
        base.close()
        file.unlink()

    moment = "2026-11-22 02:00:00"
    measure(
        "statements",
        "CREATE TABLE s (id INTEGER PRIMARY KEY, record INT, said TEXT, source TEXT, unit INT, "
        "since TEXT, until TEXT, known TEXT, batch INT); CREATE INDEX s_record ON s (record);",
        "INSERT INTO s (record, said, source, unit, since, known, batch) VALUES (?,?,?,?,?,?,?)",
        [(at, text, "统计部门", 1, "2026-06-30", moment, 1) for at, text in enumerate(texts, 1)],
        "SELECT * FROM s WHERE record = ?",
    )
    measure(
        "facts",
        "CREATE TABLE f (id INTEGER PRIMARY KEY, record INT, fact TEXT, truth INT, whole INT, "
        "words TEXT, source TEXT, unit INT, since TEXT, until TEXT, known TEXT, batch INT); "
        "CREATE INDEX f_record ON f (record, fact);",
        "INSERT INTO f (record, fact, truth, whole, words, source, unit, since, known, batch) "
        "VALUES (?,?,?,?,?,?,?,?,?,?)",
        [
            (
                at, name,
                value if isinstance(value, bool) else None,
                value if isinstance(value, int) and not isinstance(value, bool) else None,
                value if isinstance(value, str) else None,
                "统计部门", 1, "2026-06-30", moment, 1,
            )
            for at, text in enumerate(texts, 1)
            for name, value in json.loads(text).items()
        ],
        "SELECT * FROM f WHERE record = ?",
    )  # fmt: skip
    return out


def events(folder: Path) -> Found:
    """The files of the largest tables of events, one after another in this process."""
    return {name: take_over(folder / "csv" / f"{name}.csv", name) for name in EVENTS}


FILE = Path("csv") / "企业.csv"
STEPS: dict[str, Callable[..., Found]] = {
    "make": lambda folder, size: make(Path(folder), int(size)),
    "server": lambda *_: bench.server(),
    "empty": lambda *_: bench.empty(),
    "import": lambda folder, _: take_over(Path(folder) / FILE, "企业"),
    "again": lambda folder, _: take_over(Path(folder) / FILE, "企业"),
    "events": lambda folder, _: events(Path(folder)),
    "lists": lambda *_: lists(),
    "enterprise": lambda *_: enterprise(),
    "snapshots": lambda folder, _: snapshots(Path(folder) / "snapshots"),
    "shapes": lambda folder, _: shapes(Path(folder)),
}


# -------------------------------------------------------------------- the page


def page(results: dict[str, dict[str, Found]], size: int, csv: int) -> str:
    """The results as Markdown; steps that were not run are left out."""
    vendors = [name for name in VENDORS if "import" in results.get(name, {})]
    lines = [
        "# The registry at size",
        "",
        f"Written by `benchmarks/portal_registry.py` for {size:,} enterprises. {bench.machine(results)}"
        f"{bench.settings_words(results)}",
        "",
        *table(("figure", "target", *vendors), _figures(results, vendors, size)),
        *_imports(results, vendors, csv),
        *_lists(results, vendors),
        *_snapshots(results, vendors),
        *_shapes(results.get(VENDORS[0], {}).get("shapes")),
    ]
    return "\n".join(lines) + "\n"


def _figures(
    results: dict[str, dict[str, Found]], vendors: list[str], size: int
) -> list[list[object]]:
    def slowest(found: dict[str, Found]) -> float | None:
        lists = [one for one in found.get("lists", {}).values() if isinstance(one, dict)]
        return max((max(one["first_ms"], one["last_ms"]) for one in lists), default=None)

    figures: dict[str, tuple[int, Callable[[dict[str, Found]], float | None]]] = {
        f"import of {size:,} enterprises, s": (180, lambda found: found["import"]["s"]),
        "peak of the importing process, MB": (1024, lambda found: found["import"]["mb"]),
        "slowest list (count and page), median ms": (100, slowest),
        "facts of a full enterprise (a part of its answer page), median ms": (
            150, lambda found: found.get("enterprise", {}).get("fullest"),
        ),
    }  # fmt: skip
    return [
        [name, f"< {target}", *(_against(figure(results[one]), target) for one in vendors)]
        for name, (target, figure) in figures.items()
    ]


def _against(value: float | None, target: int) -> str:
    return "" if value is None else f"{value:,.1f}" if value < target else f"**{value:,.1f}**"


def _imports(results: dict[str, dict[str, Found]], vendors: list[str], csv: int) -> list[str]:
    def files(vendor: str) -> dict[str, Found]:
        found = results[vendor]
        named = {"企业": found["import"], "企业, the same file again": found.get("again")}
        named |= {name: found.get("events", {}).get(name) for name in EVENTS}
        return {name: one for name, one in named.items() if one}

    every = {vendor: files(vendor) for vendor in vendors}
    rows = []
    for name, one in every[vendors[0]].items():
        each = [every[vendor].get(name) for vendor in vendors]
        rows.append(
            [name, *(f"{one[what]:,}" for what in ("rows", "added", "changed", "same")),
             *(cell for made in each
               for cell in ((f"{made['s']:.1f}", made["mb"]) if made else (None, None)))]
        )  # fmt: skip
    heads = [f"{vendor} {what}" for vendor in vendors for what in ("s", "peak MB")]
    return [
        "",
        "## Import",
        "",
        f"The CSV of the enterprises has {csv / 2**20:,.0f} MB and 28 columns; the time runs from the "
        "upload to the last row with its search text. The events are imported one file after another by "
        "one process.",
        "",
        *table(("file", "rows", "added", "changed", "same", *heads), rows),
    ]


def _lists(results: dict[str, dict[str, Found]], vendors: list[str]) -> list[str]:
    every = {vendor: results[vendor].get("lists", {}) for vendor in vendors}
    named = [name for name, one in every[vendors[0]].items() if isinstance(one, dict)]
    if not named:
        return []
    rows = [
        [name, "more than 10,000" if one["rows"] > 10_000 else format(one["rows"], ","),
         *(every[vendor].get(name, {}).get(what) for vendor in vendors
           for what in ("first_ms", "last_ms"))]
        for name in named for one in [every[vendors[0]][name]]
    ]  # fmt: skip
    heads = [f"{vendor} {what}" for vendor in vendors for what in ("first page", "last page")]
    return [
        "",
        "## Lists",
        "",
        f"Count (no further than to 10,001) and page of 30, medians of {ROUNDS}, ms. Whole pages: "
        "[portal-pages.md](portal-pages.md).",
        "",
        *table(("list", "rows", *heads), rows),
    ]


def _snapshots(results: dict[str, dict[str, Found]], vendors: list[str]) -> list[str]:
    every = {
        vendor: results[vendor]["snapshots"] for vendor in vendors if "snapshots" in results[vendor]
    }
    if not every:
        return []
    rows = sum(next(iter(every.values()))["rows"].values())
    named = {
        "full_s": f"full, {rows:,} rows, s",
        "nothing_s": "nothing changed, s",
        "hundred_s": "a hundred enterprises of one part changed, s",
        "mb": "peak MB",
    }
    return [
        "",
        "## Snapshot for the bulk engine",
        "",
        *table(
            ("", *every),
            [[words, *(one[name] for one in every.values())] for name, words in named.items()],
        ),
    ]


def _shapes(shape: Found | None) -> list[str]:
    if not shape:
        return []
    named = {"statements": "a statement with typed JSON", "facts": "one row a fact"}
    return [
        "",
        "## Statements or one row a fact",
        "",
        f"The facts of {shape['records']:,} enterprises in SQLite, with the index each shape needs "
        "(see decision 0005).",
        "",
        *table(
            ("shape", "rows", "insert s", "MB", "all of one enterprise ms"),
            [
                [words, f"{shape[name]['rows']:,}", shape[name]["s"],
                 f"{shape[name]['bytes'] / 2**20:,.0f}", shape[name]["read_ms"]]
                for name, words in named.items()
            ],
        ),
    ]  # fmt: skip


def main() -> None:
    asked = bench.arguments(__doc__ or "", "bench-registry").parse_args()
    if asked.step:
        bench.run_step(STEPS, asked.step)
        return
    here = Bench(__file__, asked.folder, asked.database)
    for name in asked.steps or STEPS:
        if name == "make" and (asked.folder / FILE).is_file():
            continue
        if name == "shapes" and asked.database:
            continue
        if name == "empty":
            shutil.rmtree(here.home, ignore_errors=True)
        here.step(name, str(asked.folder), str(asked.enterprises))
    made = page(here.results(), asked.enterprises, (asked.folder / FILE).stat().st_size)
    print(made)
    if asked.write:
        PAGE.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
