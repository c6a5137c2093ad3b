"""What the portal's measurements share: a folder with a database, steps in processes of their own (so that
each one's peak of memory is its own), and results that stay, so that a page can be written from runs on
SQLite and on PostgreSQL and a step can be repeated alone.
"""

import argparse
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DOCS = ROOT / "docs" / "benchmarks"
VENDORS = ("SQLite", "PostgreSQL")
SETTINGS = ("shared_buffers", "effective_cache_size", "work_mem", "random_page_cost",
            "max_wal_size", "fsync", "synchronous_commit")  # fmt: skip
"""Of PostgreSQL, those that the figures depend on."""
BUSY = " **The machine was busy with other programs**: what is told by the clock took that much longer."
Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """One database in a folder, and what was measured on it."""

    script: str
    folder: Path
    database: str

    @property
    def vendor(self) -> str:
        return VENDORS[1] if self.database else VENDORS[0]

    @property
    def home(self) -> Path:
        return self.folder / f"home-{self.vendor.lower()}"

    def step(self, name: str, *arguments: str) -> Found:
        """Runs one step in a fresh process and keeps what it printed last."""
        paths = os.pathsep.join([str(ROOT / "src"), str(HERE), str(ROOT)])
        environment = {
            **os.environ, "HUIQI_HOME": str(self.home), "DATABASE_URL": self.database,
            "PYTHONPATH": paths, "HUIQI_SECRET_KEY": "benchmark",
            "DJANGO_SETTINGS_MODULE": "huiqi.portal.settings",
        }  # fmt: skip
        self.home.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, self.script, "--step", name, *arguments], env=environment,
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        made: Found = json.loads(done.stdout.splitlines()[-1])
        made["load"] = round(os.getloadavg()[0], 1)
        made["date"] = datetime.now(UTC).date().isoformat()
        kept = self.results()
        kept.setdefault(self.vendor, {})[name] = made
        self._file.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
        print(name, json.dumps(made, ensure_ascii=False)[:300], flush=True)
        return made

    def results(self) -> dict[str, dict[str, Found]]:
        """Vendor -> step -> what it found, of all runs in this folder."""
        return json.loads(self._file.read_text("utf-8")) if self._file.is_file() else {}

    @property
    def _file(self) -> Path:
        return self.folder / f"results-{Path(self.script).stem}.json"


def arguments(about: str, folder: str) -> argparse.ArgumentParser:
    """The options of every measurement."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--enterprises", type=int, default=500_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / folder)
    parser.add_argument(
        "--database", default="", help="a PostgreSQL that may be emptied, as DATABASE_URL"
    )
    parser.add_argument("--steps", nargs="+", help="these only; the others stay as measured before")
    parser.add_argument("--write", action="store_true", help="write the page of docs/benchmarks")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    return parser


def portal() -> None:
    """Django, with the database of this step."""
    import django

    django.setup()


def empty() -> Found:
    """The tables of the portal, without rows."""
    portal()
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            connection.close()
    call_command("migrate", verbosity=0)
    return {}


def analyse() -> None:
    """What PostgreSQL does by itself soon after many changes, done at once."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def peak() -> int:
    """Megabytes that this process has had at most, pages of the database's file that it reads in place
    among them."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def machine(results: dict[str, dict[str, Found]], only: str = "") -> str:
    """When, where and how quietly it was measured; of one step, where ``only`` names it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    steps = [
        step
        for found in results.values()
        for name, step in found.items()
        if "date" in step and only in ("", name)
    ]
    days = sorted({str(step["date"]) for step in steps})
    load = max((float(step["load"]) for step in steps), default=0)
    return (
        f"Measured on {' and '.join(days)}: {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, {_versions(results)}. Each step in a "
        f"fresh process; the load of the machine after a step was at most {load:.1f}."
        + (BUSY if load > 2 * (os.cpu_count() or 1) else "")
    )


def _versions(results: dict[str, dict[str, Found]]) -> str:
    out = [f"SQLite {sqlite3.sqlite_version}"] if VENDORS[0] in results else []
    told = results.get(VENDORS[1], {}).get("server", {}).get("version")
    return ", ".join([*out, *([f"PostgreSQL {told}"] if told else [])])


def server() -> Found:
    """Which PostgreSQL it is, and how it is set."""
    portal()
    from django.db import connection

    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        found = {}
        for name in ("server_version", *SETTINGS):
            cursor.execute(f"SHOW {name}")
            found[name] = cursor.fetchone()[0]
    return {"version": found["server_version"].split()[0], **found}


def settings_words(results: dict[str, dict[str, Found]]) -> str:
    """How the PostgreSQL was set that was measured, as a sentence."""
    told = results.get(VENDORS[1], {}).get("server", {})
    shown = ", ".join(f"{name} {told[name]}" for name in SETTINGS if name in told)
    return (
        f" PostgreSQL on the same machine, with its memory not counted: {shown}." if shown else ""
    )


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A table of Markdown, the first column of words, the others of figures."""
    return [
        f"| {' | '.join(head)} |",
        f"|{'|'.join(['---'] + ['---:'] * (len(head) - 1))}|",
        *(f"| {' | '.join('' if cell is None else str(cell) for cell in row)} |" for row in rows),
    ]


def run_step(steps: dict[str, Callable[..., Any]], asked: Sequence[str]) -> None:
    """What the child process does."""
    name, *given = asked
    print(json.dumps(steps[name](*given), ensure_ascii=False))
