"""The nightly run end to end: snapshot, every support, entitlements stored, notices queued.

Run: `.venv/bin/python benchmarks/portal_matching.py` from the checkout; `--enterprises 500000`,
`--database sqlite|postgresql`, `--accounts 5000`, `--write` to put the table into
docs/benchmarks/portal-matching.md. Every step is a process of its own, so that its peak of memory is its
own; on PostgreSQL the server's memory is not counted. The region is made and loaded first, and that
is not measured.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "benchmarks" / "portal-matching.md"
TODAY = date(2026, 11, 22)
LOAD = os.getloadavg()[0]
STEPS = {
    "first": "first night: snapshot from nothing, every row new",
    "same": "a night on which nothing changed",
    "changed": "a night after 1% of the enterprises changed",
    "policy": "a night that withdraws the newest documents: many rows go",
    "refresh": "between nights: 200 changed enterprises, one by one",
}
PAGES = "pages"
"""Asked for once the first nights are over: whole answers to requests, templates included."""
ROUNDS = 15


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--enterprises", type=int, default=500_000)
    parser.add_argument("--accounts", type=int, default=5_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--folder", type=Path)
    parser.add_argument(
        "--region", type=Path, help="a snapshot made before, of so many enterprises"
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--step", choices=("load", *STEPS, PAGES))
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(STEP[asked.step](asked)))
        return
    with tempfile.TemporaryDirectory(prefix="huiqi-bench-") as folder:
        _all(asked, Path(asked.folder or folder))


def _all(asked: argparse.Namespace, folder: Path) -> None:
    environment = {**os.environ, "HUIQI_HOME": str(folder), "HUIQI_SECRET_KEY": "benchmark",
                   "DJANGO_SETTINGS_MODULE": "huiqi.portal.settings", "DATABASE_URL": "",
                   "PYTHONPATH": str(ROOT)}  # fmt: skip
    if asked.database == "postgresql":
        sys.path.insert(0, str(ROOT))
        from tests.postgresql import start

        environment["DATABASE_URL"] = start()
    rows, pages_of = [], {}
    nights = list(STEPS)
    for step in ("load", *nights[:3], PAGES, *nights[3:]):
        made = subprocess.run(
            [sys.executable, __file__, "--step", step, "--enterprises", str(asked.enterprises),
             "--accounts", str(asked.accounts),
             *(["--region", str(asked.region)] if asked.region else [])],
            env=environment, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        found = json.loads(made.stdout.strip().splitlines()[-1])
        print(step, found, flush=True)
        if step == PAGES:
            pages_of = found
        elif step != "load":
            rows.append((step, found))
    report = _report(asked, rows) + _pages_report(pages_of)
    print(report)
    if asked.write:
        _keep(asked, report)


# ---------------------------------------------------------------- steps


def _django() -> None:
    import django

    django.setup()


def load(asked: argparse.Namespace) -> dict[str, Any]:
    """The region, the policies, and accounts for some enterprises."""
    _django()
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    from huiqi.portal.base.access import NOBODY
    from huiqi.portal.base.enums import Role, UnitKind
    from huiqi.portal.base.models import Membership, Unit, User
    from huiqi.portal.policies.actions import seed
    from huiqi.portal.registry.loading import load_region
    from huiqi.portal.registry.models import Enterprise
    from huiqi.rulebook.demo import make_region
    from huiqi.rulebook.library.home import policies_folder
    from huiqi.rulebook.library.loader import load as read

    library, _ = read(policies_folder())
    region = asked.region or Path(settings.HOME) / "region"
    if not asked.region:
        make_region(
            library.vocabulary, region, enterprises=asked.enterprises, today=TODAY,
            supports=library.supports, part_rows=50_000,
        )  # fmt: skip
    call_command("migrate", verbosity=0)
    at = timezone.now()
    seed(policies_folder(), at=at, by=NOBODY)
    rows = load_region(region, at=at)
    step = max(asked.enterprises // max(asked.accounts, 1), 1)
    firms = list(Enterprise.objects.order_by("pk").values_list("credit_code", "name"))[::step]
    units = Unit.objects.bulk_create(
        [Unit(kind=UnitKind.ENTERPRISE, name=name, credit_code=code) for code, name in firms]
    )
    users = User.objects.bulk_create(
        [
            User(username=f"u{n}", name=f"用户{n}", email=f"u{n}@example.invalid")
            for n in range(len(units))
        ]
    )
    Membership.objects.bulk_create(
        Membership(user=user, unit=unit, role=Role.ENTERPRISE_ADMIN, since=date(2020, 1, 1))
        for user, unit in zip(users, units, strict=True)
    )
    return {"records": sum(rows.values()), "accounts": len(units)}


def _night(on: date = TODAY) -> dict[str, Any]:
    """What the nightly job does, with the seconds of its parts."""
    from django.utils import timezone

    from huiqi.portal.matching import notices, runs
    from huiqi.portal.registry import snapshot

    at, start = timezone.now(), time.perf_counter()
    parts: dict[str, float] = {}

    def source(tell: Any) -> Any:
        begun = time.perf_counter()
        made = snapshot.write(None, tell)
        parts["snapshot"] = time.perf_counter() - begun
        return made

    marks: list[tuple[str, float]] = []

    def tell(done: int, total: int, message: str) -> None:
        marks.append((message, time.perf_counter()))

    made = runs.execute(source, on=on, at=at, tell=tell)
    stored = time.perf_counter()
    told = notices.tell_entitled(made, at=at)
    compared = next(when for message, when in marks if message == "与上次结果比较")
    return {
        "seconds": time.perf_counter() - start,
        "snapshot": parts["snapshot"],
        "evaluate": compared - start - parts["snapshot"],
        "store": stored - compared,
        "notify": time.perf_counter() - stored,
        "rows": made.entitlements,
        "notices": told,
        **made.changes,
    }


def first(asked: argparse.Namespace) -> dict[str, Any]:
    _django()
    return _night() | _peak()


def changed(asked: argparse.Namespace) -> dict[str, Any]:
    """One enterprise in a hundred has ten more employees, said by its register."""
    _django()
    from django.db import transaction
    from django.utils import timezone

    from huiqi.portal.base.access import Actor
    from huiqi.portal.base.enums import Role, UnitKind
    from huiqi.portal.base.models import Membership, Unit, User
    from huiqi.portal.registry import actions
    from huiqi.portal.registry.models import Record

    unit = Unit.objects.create(kind=UnitKind.DEPARTMENT, name="示例统计部门", sources=["统计部门"])
    user = User.objects.create(username="registrar", name="示例登记员")
    role = Membership.objects.create(user=user, unit=unit, role=Role.REGISTRAR, since=TODAY)
    firms = Record.objects.filter(table="企业").order_by("pk")
    with transaction.atomic():
        for record in firms[::100]:
            actions.state(
                record, {"从业人员": int(record.values.get("从业人员") or 0) + 10},
                source="统计部门", by=Actor(user, role), at=timezone.now(),
            )  # fmt: skip
    return _night() | _peak()


def policy(asked: argparse.Namespace) -> dict[str, Any]:
    """A day of assessment before the newest documents were in force."""
    _django()
    return _night(date(2018, 1, 1)) | _peak()


def refresh(asked: argparse.Namespace) -> dict[str, Any]:
    _django()
    from django.utils import timezone

    from huiqi.portal.matching import refreshing
    from huiqi.portal.registry.models import Record

    now = timezone.now()
    wanted = list(
        Record.objects.filter(table="企业").order_by("pk").values_list("pk", flat=True)[:200]
    )
    Record.objects.filter(pk__in=wanted).update(known_at=now)
    start = time.perf_counter()
    subjects = refreshing.refresh(at=now)
    return {"seconds": time.perf_counter() - start, "subjects": subjects} | _peak()


def pages(asked: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds of pages by the clock, medians of some rounds; of several enterprises the median and
    the slowest."""
    _django()
    from django.conf import settings
    from django.db import connection
    from django.db.models import Count
    from django.test import Client
    from django.urls import reverse

    from huiqi.portal.base.enums import Role, UnitKind
    from huiqi.portal.base.models import Membership, Unit, User
    from huiqi.portal.matching import queries

    settings.ALLOWED_HOSTS = ["testserver"]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def person(name: str, role: Role, region: str) -> Client:
        unit, _ = Unit.objects.get_or_create(
            kind=UnitKind.DEPARTMENT, name=f"示例部门{region}", defaults={"region": region}
        )
        user = User.objects.create(username=name, name="示例人员")
        Membership.objects.create(user=user, unit=unit, role=role, since=TODAY)
        return signed_in(user)

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def taken(client: Client, address: str) -> float:
        walls = []
        for _ in range(ROUNDS + 1):
            begun = time.perf_counter()
            response = client.get(address)
            walls.append(time.perf_counter() - begun)
            if response.status_code != 200:
                raise SystemExit(f"{address}: {response.status_code}")
        return round(1000 * statistics.median(walls[1:]), 1)

    run = queries.current()
    assert run is not None
    widest = {
        answer: queries.visible(run).filter(answer=answer).values("support__key")
        .annotate(rows=Count("pk")).order_by("-rows").first()
        for answer in ("yes", "missing", "near")
    }  # fmt: skip
    out: dict[str, Any] = {}
    who = {
        "the whole": person("whole", Role.OFFICER, ""), "a city": person("city", Role.OFFICER, "140500"),
        "a county": person("county", Role.OFFICER, "140581"),
    }  # fmt: skip
    for scope, client in who.items():
        for name in (
            "matching",
            "matching_places",
            "matching_gaps",
            "matching_near",
            "enterprises",
        ):
            out[f"officer of {scope}: {name}"] = taken(client, reverse(f"web:{name}"))
        for answer, found in widest.items():
            assert found is not None
            address = reverse("web:matching_who", args=[*found["support__key"].split("/"), answer])
            out[f"officer of {scope}: who, {answer}, {found['rows']:,} rows in all"] = taken(
                client, address
            )
    leader = person("leader", Role.LEADER, "140000")
    for name in ("overview", "targets", "money"):
        out[f"leader: {name}"] = taken(leader, reverse(f"web:{name}"))
    owners = User.objects.filter(username__startswith="u").order_by("pk")
    owners = list(owners[:: max(1, owners.count() // 40)])
    each = sorted(taken(signed_in(one), reverse("web:my_answers")) for one in owners)
    out[f"enterprise: all answers, median of {len(each)}"] = statistics.median(each)
    out[f"enterprise: all answers, slowest of {len(each)}"] = each[-1]
    return out


STEP = {"load": load, "first": first, "same": first, "changed": changed, "policy": policy,
        "refresh": refresh, PAGES: pages}  # fmt: skip


def _peak() -> dict[str, float]:
    return {"gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000}


# ---------------------------------------------------------------- the report


def _report(asked: argparse.Namespace, rows: list[tuple[str, dict[str, Any]]]) -> str:
    def number(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    head = ("what", "seconds", "snapshot", "evaluate", "store", "notify", "rows that stand",
            "rows added", "rows gone", "notices", "GB at the peak")  # fmt: skip
    lines = [" | ".join(head), "|".join(["---"] + ["---:"] * (len(head) - 1))]
    for step, found in rows:
        cells = [STEPS[step]]
        cells += [
            number(found.get(name), ".1f")
            for name in ("seconds", "snapshot", "evaluate", "store", "notify")
        ]
        cells += [number(found.get(name), ",") for name in ("rows", "added", "gone", "notices")]
        cells.append(number(found.get("gigabytes"), ".2f"))
        lines.append(" | ".join(cells))
    body = "\n".join(f"| {line} |" for line in lines)
    shown = (
        "SQLite" if asked.database == "sqlite" else "PostgreSQL (memory of the server not counted)"
    )
    return (
        f"## {asked.enterprises:,} enterprises, {shown}\n\n"
        f"{asked.accounts:,} enterprises have an account with a mail address. {os.cpu_count()} cores; "
        f"shared with other work meanwhile: {LOAD:.0f} processes ready to run on average at the start.\n\n{body}\n"
    )


def _pages_report(found: dict[str, float]) -> str:
    rows = "\n".join(f"| {name} | {shown} |" for name, shown in found.items())
    return (
        f"\nPages, from the request to the last byte, medians of {ROUNDS}.\n\n"
        f"| page | ms |\n|---|---:|\n{rows}\n"
    )


def _keep(asked: argparse.Namespace, report: str) -> None:
    """Replaces this size and database in the report, and keeps the others."""
    head = (
        "# The nightly run of matching\n\n"
        "Snapshot of the registry, all supports in force, entitlements and near misses stored, notices queued.\n"
        "Printed by `benchmarks/portal_matching.py --write`; the seconds are those of one run each.\n\n"
    )
    title = report.splitlines()[0]
    old = REPORT.read_text("utf-8") if REPORT.is_file() else head
    kept = [f"## {part}".rstrip() + "\n" for part in old.split("\n## ")[1:]]
    kept = [part for part in kept if part.splitlines()[0] != title] + [report]
    REPORT.write_text(head + "\n".join(sorted(kept)), "utf-8")


if __name__ == "__main__":
    main()
