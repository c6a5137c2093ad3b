"""The registry at size: import, lists, one enterprise, snapshots. One command, one page of results.

    .venv/bin/python benchmarks/portal_registry.py --enterprises 500000

Each step runs in a process of its own, so that its peak memory is its own. The data are made once and
kept in the folder; the database is new at every run. With ``--database`` (a PostgreSQL that may be
emptied, as DATABASE_URL) the same is measured there.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks" / "portal-registry.md"
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
TARGETS = {
    "import_s": 180, "import_mb": 1024, "list_ms": 100, "enterprise_ms": 150,
}  # fmt: skip
EVENTS = ("认定", "年度经营", "知识产权", "入企服务", "开办")
ROUNDS = 15


# -------------------------------------------------------------------- steps, each its own process


def portal() -> None:
    """Django, with the database of this run."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "huiqi.portal.settings"
    import django

    django.setup()


def peak() -> int:
    """Megabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


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


def migrate() -> dict[str, Any]:
    portal()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return {}


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
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        **job.result, "s": time.perf_counter() - began, "cpu_s": used.ru_utime + used.ru_stime,
        "mb": peak(),
    }  # fmt: skip


def medians(work: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Milliseconds by the clock and of this process's own computing, medians of some rounds."""
    walls, computing = [], []
    work()
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - began)
        computing.append(time.process_time() - used)
    return round(1000 * statistics.median(walls), 1), round(1000 * statistics.median(computing), 1)


def lists() -> dict[str, Any]:
    """Count and page as a list page asks for them: the first and a late page, by filter and order."""
    portal()
    from django.db import connection

    from huiqi.portal.registry import queries
    from huiqi.portal.registry.models import Enterprise
    from huiqi.portal.web.listing import MOST, _ordered, _page

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
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
            _page(_ordered(rows, order, queries.SORTS), first, first + 30)
            return count

        found = page(0)
        last = max(0, min(found, MOST) - 30)
        first, first_cpu = medians(lambda page=page: page(0))  # type: ignore[misc]  # bound now
        late, late_cpu = medians(lambda page=page, last=last: page(last))  # type: ignore[misc]  # bound now
        out[name] = {
            "rows": found, "first_ms": first, "last_ms": late, "first_cpu": first_cpu,
            "last_cpu": late_cpu,
        }  # fmt: skip
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
        each = [medians(lambda one=one: queries.facts_file(one, on=NOW.date()), 3) for one in some]  # type: ignore[misc]  # bound now
        times[name] = round(statistics.median(wall for wall, _ in each), 2)
        times[f"{name}_cpu"] = round(statistics.median(cpu for _, cpu in each), 2)
    return times


def snapshots(folder: Path) -> dict[str, Any]:
    """A full snapshot, one after nothing changed, one after a hundred changes."""
    portal()
    from huiqi.portal.registry import actions, snapshot
    from huiqi.portal.registry.models import Record

    shutil.rmtree(folder, ignore_errors=True)
    out: dict[str, Any] = {}

    def timed(name: str) -> None:
        began, used = time.perf_counter(), time.process_time()
        made, _ = snapshot.write(folder)
        out[name] = round(time.perf_counter() - began, 2)
        out[f"{name}_cpu"] = round(time.process_time() - used, 2)
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
        read, _ = medians(
            lambda: [base.execute(ask, [one]).fetchall() for one in range(1, 2000, 20)]
        )
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


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "make": lambda folder, size: make(Path(folder), int(size)),
    "migrate": migrate,
    "import": lambda file, table: take_over(Path(file), table),
    "lists": lists,
    "enterprise": enterprise,
    "snapshots": lambda folder: snapshots(Path(folder)),
    "shapes": lambda folder: shapes(Path(folder)),
}


# -------------------------------------------------------------------- the run and its page


def child(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    """One step in a process of its own; what it printed last."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--step", *arguments],
        cwd=HERE, env={**os.environ, **environment}, capture_output=True, text=True, timeout=7200,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr.strip()[-2000:]}")
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(arguments[0], *arguments[2:], json.dumps(made, ensure_ascii=False)[:200], flush=True)
    return made


def run(folder: Path, enterprises: int, database: str) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    environment = {"HUIQI_HOME": str(folder / "home"), "DATABASE_URL": database}
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE.parent / "src"), str(HERE)])
    if not (folder / "csv" / "企业.csv").is_file():
        child(environment, "make", str(folder), str(enterprises))
    shutil.rmtree(folder / "home", ignore_errors=True)
    child(environment, "migrate")
    found: dict[str, Any] = {
        "enterprises": enterprises,
        "vendor": "PostgreSQL" if database else "SQLite",
    }
    file = folder / "csv" / "企业.csv"
    found["csv"] = file.stat().st_size
    found["import"] = child(environment, "import", str(file), "企业")
    found["again"] = child(environment, "import", str(file), "企业")
    found["events"] = {
        name: child(environment, "import", str(folder / "csv" / f"{name}.csv"), name)
        for name in EVENTS
    }
    found["lists"] = child(environment, "lists")
    found["enterprise"] = child(environment, "enterprise")
    found["snapshots"] = child(environment, "snapshots", str(folder / "snapshots"))
    found["shapes"] = child(environment, "shapes", str(folder))
    return found


def page(found: dict[str, Any]) -> str:
    """The results as Markdown; steps that were not run are left out."""
    size, made = found["enterprises"], found["import"]
    listed, one = found["lists"], found["enterprise"]
    reached = {
        "import_s": (made["s"], made["cpu_s"]),
        "import_mb": (made["mb"], None),
        "list_ms": (
            max(max(item["first_ms"], item["last_ms"]) for item in listed.values()),
            max(max(item["first_cpu"], item["last_cpu"]) for item in listed.values()),
        ),
        "enterprise_ms": (one["fullest"], one["fullest_cpu"]),
    }
    shown = {
        "import_s": f"import of {size:,} enterprises, s",
        "import_mb": "peak of the importing process, MB",
        "list_ms": "slowest list (count and page), median ms",
        "enterprise_ms": "facts of a full enterprise (a part of its answer page), median ms",
    }
    lines = [
        "# The registry at size",
        "",
        f"Written by `benchmarks/portal_registry.py` on {NOW.date().isoformat()}: {os.cpu_count()} "
        f"cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{found['vendor']}, {size:,} enterprises. Each step in a fresh process. The clock counts what "
        "else the machine does, computing time is the process's own. Load of the machine at the end (1, 5, "
        f"15 minutes): {found['load']}.{found.get('note', '')}",
        "",
        "| figure | target | by the clock | computing | reached |",
        "|---|---:|---:|---:|---|",
        *(
            f"| {shown[name]} | ≤ {target} | {clock:,.1f} | {'' if own is None else f'{own:,.1f}'} | "
            f"{_reached(target, clock, own)} |"
            for name, target in TARGETS.items()
            for clock, own in [reached[name]]
        ),
        *_imports(found),
        "",
        "## Lists",
        "",
        f"Count (no further than to 10,001) and page of 30, medians of {ROUNDS}, ms by the clock and of "
        "computing.",
        "",
        "| list | rows | first page | computing | last page | computing |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {name} | {'more than 10,000' if item['rows'] > 10_000 else format(item['rows'], ',')} | "
            f"{item['first_ms']} | {item['first_cpu']} | {item['last_ms']} | {item['last_cpu']} |"
            for name, item in listed.items()
        ),
        *_snapshots(found.get("snapshots")),
        *_shapes(found.get("shapes")),
    ]
    return "\n".join(lines) + "\n"


def _reached(target: int, clock: float, own: float | None) -> str:
    if clock <= target:
        return "yes"
    return "by computing time" if own is not None and own <= target else "**no**"


def _imports(found: dict[str, Any]) -> list[str]:
    files = {"企业": found["import"], "企业, the same file again": found.get("again")}
    files |= found.get("events", {})
    return [
        "",
        "## Import",
        "",
        f"The CSV of the enterprises has {found['csv'] / 2**20:,.0f} MB and 28 columns; the time runs "
        "from the upload to the last row with its search text. Computing counts the whole process with its "
        "start and all threads.",
        "",
        "| file | rows | added | changed | same | s | computing s | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {name} | {one['rows']:,} | {one['added']:,} | {one['changed']:,} | {one['same']:,} | "
            f"{one['s']:.1f} | {one['cpu_s']:.1f} | {one['mb']} |"
            for name, one in files.items()
            if one
        ),
    ]


def _snapshots(shots: dict[str, Any] | None) -> list[str]:
    if not shots:
        return []
    named = {
        "full_s": f"full, {sum(shots['rows'].values()):,} rows",
        "nothing_s": "nothing changed",
        "hundred_s": "a hundred enterprises of one part changed",
    }
    return [
        "",
        "## Snapshot for the bulk engine",
        "",
        "| | s | computing s |",
        "|---|---:|---:|",
        *(f"| {words} | {shots[name]} | {shots[f'{name}_cpu']} |" for name, words in named.items()),
        "",
        f"Peak {shots['mb']} MB.",
    ]


def _shapes(shape: dict[str, Any] | None) -> list[str]:
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
        "| shape | rows | insert s | MB | all of one enterprise ms |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {words} | {shape[name]['rows']:,} | {shape[name]['s']} | "
            f"{shape[name]['bytes'] / 2**20:,.0f} | {shape[name]['read_ms']} |"
            for name, words in named.items()
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=500_000)
    parser.add_argument("--folder", type=Path, default=HERE.parent / "var" / "bench-registry")
    parser.add_argument("--database", default="", help="DATABASE_URL; default SQLite in the folder")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the results are written")
    parser.add_argument("--step", nargs="+", help="one step alone, as the run calls it")
    asked = parser.parse_args()
    if asked.step:
        name, *arguments = asked.step
        print(json.dumps(STEPS[name](*arguments), ensure_ascii=False))
        return
    found = run(asked.folder, asked.enterprises, asked.database)
    found["load"] = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    (asked.folder / "results.json").write_text(json.dumps(found, ensure_ascii=False, indent=1))
    asked.page.write_text(page(found), "utf-8")
    print(f"written: {asked.page}")


if __name__ == "__main__":
    main()
