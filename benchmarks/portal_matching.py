"""The nightly run end to end: snapshot, every support, entitlements stored, notices queued; then whole pages.

    .venv/bin/python benchmarks/portal_matching.py --enterprises 500000 --write

`--accounts 5000`, `--region FOLDER` (a snapshot made before, of so many enterprises), `--steps first
same` (these only, on what the folder holds). With ``--database`` (a PostgreSQL that may be emptied, as
DATABASE_URL) the same is measured there; the pages in docs/benchmarks show both.
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import portal as bench
import portal_pages
from portal import VENDORS, Bench, Found, analyse, portal, table

PAGE, PAGES_PAGE = bench.DOCS / "portal-matching.md", bench.DOCS / "portal-pages.md"
TODAY = date(2026, 11, 22)
NIGHTS = {
    "first": "first night: snapshot from nothing, every row new",
    "same": "a night on which nothing changed",
    "changed": "a night after 1 % of the enterprises changed",
    "policy": "a night that withdraws the newest documents: many rows go",
    "refresh": "between nights: 200 changed enterprises, one by one",
}
SECONDS, MEGABYTES = 120, 1024
"""What a night may take."""


# ---------------------------------------------------------------- steps


def load(region: str, enterprises: int, accounts: int) -> Found:
    """The region, the policies, and accounts for some enterprises."""
    portal()
    from django.conf import settings
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
    folder = Path(region) if region else Path(settings.HOME) / "region"
    if not folder.is_dir():
        make_region(
            library.vocabulary, folder, enterprises=enterprises, today=TODAY,
            supports=library.supports, part_rows=50_000,
        )  # fmt: skip
    at, begun = timezone.now(), time.perf_counter()
    seed(policies_folder(), at=at, by=NOBODY)
    rows = load_region(folder, at=at)
    taken = time.perf_counter() - begun
    step = max(enterprises // max(accounts, 1), 1)
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
    return {"records": sum(rows.values()), "accounts": len(units), "seconds": taken} | _peak()


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


def first() -> Found:
    portal()
    analyse()
    return _night() | _peak()


def change() -> Found:
    """One enterprise in a hundred has ten more employees, said by its register."""
    portal()
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
    firms = Record.objects.filter(table="企业").order_by("pk").values_list("pk", flat=True)
    chosen, begun = list(firms)[::100], time.perf_counter()
    with transaction.atomic():
        for record in Record.objects.filter(pk__in=chosen).iterator():
            actions.state(
                record, {"从业人员": int(record.values.get("从业人员") or 0) + 10},
                source="统计部门", by=Actor(user, role), at=timezone.now(),
            )  # fmt: skip
    return {"seconds": time.perf_counter() - begun, "changed": len(chosen)}


def policy() -> Found:
    """A day of assessment before the newest documents were in force."""
    portal()
    return _night(date(2018, 1, 1)) | _peak()


def refresh() -> Found:
    portal()
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


def pages() -> Found:
    portal()
    return {"pages": list(portal_pages.measure())}


def _peak() -> Found:
    return {"megabytes": bench.peak()}


Step = Callable[[argparse.Namespace], Found]
STEPS: dict[str, Step] = {
    "server": lambda _: bench.server(),
    "empty": lambda _: bench.empty(),
    "load": lambda asked: load(asked.region, asked.enterprises, asked.accounts),
    "first": lambda _: first(),
    "same": lambda _: first(),
    "change": lambda _: change(),
    "changed": lambda _: first(),
    "pages": lambda _: pages(),
    "policy": lambda _: policy(),
    "refresh": lambda _: refresh(),
}


# ---------------------------------------------------------------- the pages


def page(results: dict[str, dict[str, Found]], enterprises: int, accounts: int) -> str:
    """The nights as Markdown."""
    lines = [
        "# The nightly run of matching",
        "",
        "Snapshot of the registry, all supports in force, entitlements and near misses stored, notices queued: "
        f"{enterprises:,} enterprises, of which {accounts:,} have an account with a mail address. A night may take "
        f"{SECONDS} s and {MEGABYTES:,} MB. Written by `benchmarks/portal_matching.py`; the seconds are those of "
        f"one run each. {bench.machine(results)}{bench.settings_words(results)} The peak counts the pages of the "
        "database's file that SQLite reads in place (up to 256 MB, which the system takes back when it needs them).",
    ]  # fmt: skip
    parts = ("seconds", "snapshot", "evaluate", "store", "notify")
    figures = ("rows", "added", "gone", "notices")
    head = ("what", "seconds", "snapshot", "evaluate", "store", "notify", "rows that stand",
            "rows added", "rows gone", "notices", "MB at the peak")  # fmt: skip
    for vendor in VENDORS:
        found = results.get(vendor, {})
        nights = {name: found[name] for name in NIGHTS if name in found}
        if not nights:
            continue
        rows = [
            [NIGHTS[name], *(_figure(one.get(part), ".1f") for part in parts),
             *(_figure(one.get(part), ",") for part in figures), one.get("megabytes")]
            for name, one in nights.items()
        ]  # fmt: skip
        lines += ["", f"## {vendor}", "", *table(head, rows)]
        if "load" in found:
            made = found["load"]
            lines += [
                "",
                f"Before it the region of {made['records']:,} records was loaded in "
                f"{made['seconds']:.0f} s with {made['megabytes']:,} MB at the peak.",
            ]
    return "\n".join(lines) + "\n"


def _figure(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def main() -> None:
    parser = bench.arguments(__doc__ or "", "bench-matching")
    parser.add_argument("--accounts", type=int, default=5_000)
    parser.add_argument("--region", default="")
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(STEPS[asked.step[0]](asked), ensure_ascii=False))
        return
    here = Bench(__file__, asked.folder, asked.database)
    given = [f"--enterprises={asked.enterprises}", f"--accounts={asked.accounts}",
             f"--region={asked.region}"]  # fmt: skip
    for name in asked.steps or STEPS:
        here.step(name, *given)
    results = here.results()
    written = {
        PAGE: page(results, asked.enterprises, asked.accounts),
        PAGES_PAGE: portal_pages.report(results, asked.enterprises),
    }
    for file, made in written.items():
        print(made)
        if asked.write:
            file.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
