"""Whole pages at size, from the request to the last byte: every list with its filters and orders, an
enterprise's own pages, the public pages, the lists of the API. The lists that do not grow with the
enterprises are filled first as years of use would.

`portal_matching.py` runs it as one of its steps. Alone, over a home that has a run:
`HUIQI_HOME=… .venv/bin/python benchmarks/portal_pages.py --only enterprises --rounds 5`
"""

import argparse
import os
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from portal import VENDORS, Found, analyse, machine, portal, settings_words, table

LIST_MS, ANSWER_MS = 100, 150
SINCE = date(2020, 1, 1)
ENTRIES, CLAIMS, JOBS, BATCHES, NOTICES, CORRECTIONS = 200_000, 5_000, 20_000, 2_000, 20_000, 5_000
"""Rows of the lists that do not grow with the enterprises."""
REGIONS = {"the whole": "", "a city": "140500", "a county": "140581"}


@dataclass(frozen=True, slots=True)
class Page:
    """One address as one person asks for it, under the name by which the results are gathered."""

    group: str
    name: str
    who: str
    address: str
    limit: int = LIST_MS


def measure(only: str = "", rounds: int = 3) -> Iterator[Found]:
    """Median and slowest milliseconds of each page, and its queries."""
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    fill()
    analyse()
    people = _people()
    wanted = re.compile(only)
    asked = [page for page in pages() if wanted.search(f"{page.group}: {page.name}: {page.who}")]
    for page in asked:
        yield _taken(page, people[page.who], rounds)


def _taken(page: Page, client: Any, rounds: int) -> dict[str, Any]:
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        response = client.get(page.address)
        size = len(response.content)
    queries = len(asked)
    if response.status_code != 200:
        raise SystemExit(f"{page.who} {page.address}: {response.status_code}")
    times, computing = [], []
    for _ in range(rounds):
        cache.clear()  # nobody is asked to wait for asking too often
        begun, used = time.perf_counter(), time.process_time()
        client.get(page.address)
        times.append(1000 * (time.perf_counter() - begun))
        computing.append(1000 * (time.process_time() - used))
    return {
        "group": page.group, "name": page.name, "who": page.who, "limit": page.limit,
        "median": round(statistics.median(times), 1), "slowest": round(max(times), 1),
        "own": round(statistics.median(computing), 1),
        "queries": queries, "kb": size // 1024,
    }  # fmt: skip


# -------------------------------------------------------------------- who asks


def _people() -> dict[str, Any]:
    """Signed-in clients by who they are."""
    from django.test import Client

    from huiqi.portal.base.enums import ENTERPRISE_ROLES, STAFF_ROLES, Role, UnitKind
    from huiqi.portal.base.models import Membership, Unit, User

    def member(name: str, role: Role, unit: Unit) -> User:
        user, _ = User.objects.get_or_create(username=name, defaults={"name": "示例人员"})
        Membership.objects.get_or_create(user=user, unit=unit, role=role, since=SINCE)
        return user

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    people: dict[str, Any] = {"a visitor": Client()}
    for scope, region in REGIONS.items():
        unit, _ = Unit.objects.get_or_create(
            kind=UnitKind.DEPARTMENT, name=f"示例部门{region}",
            defaults={"region": region, "sources": ["统计部门"]},
        )  # fmt: skip
        for role in sorted(STAFF_ROLES):
            user = member(f"{role}-{region or 'all'}", Role(role), unit)
            people[f"{role} of {scope}"] = signed_in(user)
            people[f"key of {role} of {scope}"] = _key(user)
    owners = User.objects.filter(username__startswith="u", memberships__role__in=ENTERPRISE_ROLES)
    listed = list(owners.order_by("pk"))
    for number, user in enumerate(listed[:: max(1, len(listed) // 40)][:40]):
        people[f"enterprise {number}"] = signed_in(user)
    for number, (code, name) in enumerate(_fullest()):
        unit, _ = Unit.objects.get_or_create(
            kind=UnitKind.ENTERPRISE, credit_code=code, defaults={"name": name}
        )
        user = member(f"full{number}", Role.ENTERPRISE_ADMIN, unit)
        people[f"full enterprise {number}"] = signed_in(user)
        if not number:
            people["key of an enterprise"] = _key(user)
    return people


def _key(user: Any) -> Any:
    """A client that asks the API by a key of this person."""
    from django.test import Client
    from django.utils import timezone

    from huiqi.portal.base import tokens
    from huiqi.portal.base.access import Actor

    user.tokens.all().delete()
    held = user.memberships.select_related("unit").get()
    actor, at = Actor(user, held), timezone.now()
    scopes = [str(scope) for scope in tokens.scopes_of(actor)]
    if not scopes:
        return None
    _, secret = tokens.make("测量", scopes, 30, by=actor, at=at)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def _fullest(most: int = 10) -> list[tuple[str, str]]:
    """The enterprises with most events."""
    from django.db.models import Count

    from huiqi.portal.registry.models import Record

    found = (
        Record.objects.filter(owner__table="企业").values("owner__key", "owner__name")
        .annotate(many=Count("pk")).order_by("-many", "owner__key")[:most]
    )  # fmt: skip
    return [(one["owner__key"], one["owner__name"]) for one in found]


# -------------------------------------------------------------------- what is asked


def pages() -> Iterator[Page]:
    """Every address that is measured."""
    yield from _registry()
    yield from _matching()
    yield from _desks()
    yield from _own()
    yield from _public()
    yield from _api()


def _with(address: str, **asked: Any) -> str:
    return f"{address}?{urlencode(asked)}" if asked else address


def _registry_filters() -> dict[str, dict[str, str]]:
    from huiqi.portal.registry.models import Enterprise

    middle = Enterprise.objects.order_by("credit_code")[Enterprise.objects.count() // 2]
    return {
        "everything": {},
        "a city": {"region": "140500"},
        "a county": {"region": "140581"},
        "a section of industry": {"industry": "C"},
        "a division of industry": {"industry": "C35"},
        "a frequent size": {"size": "微型"},
        "a rare size": {"size": "大型"},
        "size not certain": {"size": "none"},
        "a title": {"title": "高新技术企业"},
        "a title in a county": {"title": "高新技术企业", "region": "140581"},
        "a frequent word": {"words": "公司"},
        "a rare word": {"words": middle.name[2:9]},
        "a word that nothing has": {"words": "龘龘"},
        "a frequent word in a county": {"words": "公司", "region": "140581"},
        "a credit code": {"words": middle.credit_code},
        "the beginning of a code": {"words": middle.credit_code[:15]},
        "county, industry and size": {"region": "140581", "industry": "C", "size": "中型"},
        "city, industry, size and title": {
            "region": "140500", "industry": "C", "size": "小型", "title": "高新技术企业",
        },
    }  # fmt: skip


def _registry() -> Iterator[Page]:
    from django.urls import reverse

    from huiqi.portal.registry.queries import SORTS

    address, group = reverse("web:enterprises"), "registry list"
    every = ("", *(f"{sign}{one}" for one in SORTS for sign in ("", "-")))
    for name, filters in _registry_filters().items():
        for scope, region in REGIONS.items():
            for sort in ("", "-revenue") if region else every:
                given = filters | ({"sort": sort} if sort else {})
                yield Page(group, name, f"officer of {scope}", _with(address, **given))
            last = _with(address, **filters, page=334)
            yield Page(group, f"{name}, last page", f"officer of {scope}", last)
    for number, (code, _) in enumerate(_fullest()):
        one = reverse("web:enterprise", args=[code])
        yield Page("one enterprise for officers", f"fullest {number}", "officer of the whole", one)
        told = reverse("web:fact_history", args=[code, "从业人员"])
        yield Page("one enterprise for officers", "history", "officer of the whole", told)
        answers = reverse("web:officer_answers", args=[code])
        yield Page(
            "answers of an enterprise for officers", f"fullest {number}", "officer of the whole",
            answers, ANSWER_MS,
        )  # fmt: skip


def _matching() -> Iterator[Page]:
    from django.db.models import Count
    from django.urls import reverse

    from huiqi.portal.matching import queries

    run = queries.current()
    assert run is not None
    rows = queries.visible(run)
    for scope in REGIONS:
        who = f"officer of {scope}"
        for name in ("matching", "matching_gaps", "matching_near", "matching_places"):
            yield Page("what the run found", name, who, reverse(f"web:{name}"))
        for by in ("行业", "规模"):
            yield Page(
                "what the run found", f"by {by}", who, _with(reverse("web:matching_places"), by=by)
            )
        near = _with(reverse("web:matching_near"), page=99)
        yield Page("what the run found", "matching_near, last page", who, near)
        county = _with(reverse("web:matching"), region="140581", sort="-money")
        yield Page("what the run found", "a county of the list", who, county)
    filters: dict[str, dict[str, Any]] = {
        "": {}, "by region": {"sort": "region"}, "smallest first": {"sort": "money"},
        "last page": {"page": 334}, "a county": {"region": "140581"}, "industry": {"industry": "C"},
        "size": {"size": "小型"}, "county and size": {"region": "140581", "size": "中型"},
        "a frequent word": {"words": "公司"}, "a rare word": {"words": "龘龘"},
        "a rare word in a county": {"words": "龘龘", "region": "140581"},
    }  # fmt: skip
    for answer in ("yes", "judge", "missing", "near"):
        widest = (
            rows.filter(answer=answer).values("support__key").annotate(rows=Count("pk"))
            .order_by("-rows", "support__key")[:2]
        )  # fmt: skip
        for found in widest:
            key = found["support__key"]
            address = reverse("web:matching_who", args=[*key.split("/"), answer])
            for words, given in filters.items():
                for scope in REGIONS:
                    yield Page(
                        f"who: {answer}, {found['rows']:,} rows", words or "as it opens",
                        f"officer of {scope}", _with(address, **given),
                    )  # fmt: skip
            near = queries.near_misses(_whole(), run=run, support=key) if answer == "near" else ()
            for one in list(near)[:2]:
                lacking = [*key.split("/"), answer, one["condition"]]
                yield Page(
                    f"who: {answer}, {found['rows']:,} rows", "fail one condition",
                    "officer of the whole", reverse("web:matching_lacking", args=lacking),
                )  # fmt: skip
    for scope in REGIONS:
        for name in ("overview", "targets", "money"):
            yield Page("leader", name, f"leader of {scope}", reverse(f"web:{name}"))
        yield Page("leader", "targets", f"officer of {scope}", reverse("web:targets"))


def _whole() -> Any:
    """Somebody who sees the whole."""
    from huiqi.portal.base.access import Actor
    from huiqi.portal.base.models import User

    user = User.objects.get(username="officer-all")
    return Actor(user, user.memberships.select_related("unit").get())


def _desks() -> Iterator[Page]:
    from django.urls import reverse

    from huiqi.portal.registry.models import Batch

    lists: dict[str, tuple[str, list[dict[str, Any]]]] = {
        "imports": ("registrar", [{}, {"page": 60}]),
        "corrections": ("registrar", [
            {}, {"state": ""}, {"state": "refused"}, {"words": "公司"}, {"words": "龘"},
            {"sort": "fact"},
        ]),
        "claims": ("officer", [
            {}, {"state": "confirmed"}, {"q": "公司"}, {"q": "龘"}, {"sort": "name"}
        ]),
        "audit": ("auditor", [
            {}, {"page": 200}, {"act": "registry.read"}, {"act": "registry"}, {"subject": "企业"},
            {"actor": "示例人员"}, {"actor": "没有这个人"},
            {"since": "2026-01-01", "until": "2026-01-31"}, {"sort": "number"},
            {"act": "registry.read", "actor": "没有这个人"},
        ]),
        "jobs": ("operator", [{}, {"state": "failed"}, {"q": "导入"}, {"q": "龘"}, {"sort": "number"}]),
        "accounts": ("operator", [
            {}, {"q": "用户"}, {"q": "公司"}, {"q": "龘"}, {"role": "enterprise_admin"},
            {"role": "operator"}, {"open": "0"}, {"page": 100},
        ]),
        "units": ("operator", [
            {}, {"q": "公司"}, {"q": "龘"}, {"kind": "enterprise"}, {"kind": "department"},
            {"region": "140500"}, {"page": 100},
        ]),
        "calendar": ("operator", [{}]),
        "workbench": ("author", [{}]), "releases": ("author", [{}]), "simulations": ("author", [{}]),
        "link_pairs": ("author", [{}]), "policy_imports": ("author", [{}]),
    }  # fmt: skip
    for name, (role, several) in lists.items():
        for asked in several:
            address = _with(reverse(f"web:{name}"), **asked)
            words = ", ".join(f"{what} {value}" for what, value in asked.items())
            yield Page("desks", f"{name} {words}".strip(), f"{role} of the whole", address)
            if role in ("registrar", "officer"):
                yield Page("desks", f"{name} {words}".strip(), f"{role} of a county", address)
    batch = Batch.objects.filter(bad_rows__isnull=False).order_by("pk").first()
    assert batch is not None
    one = reverse("web:import", args=[batch.pk])
    yield Page("desks", "one import with 10,000 bad rows", "registrar of the whole", one)
    last = _with(one, page=200)
    yield Page("desks", "one import, last page", "registrar of the whole", last)
    for role in ("officer", "registrar", "leader", "author", "signer", "auditor", "operator"):
        yield Page("home", role, f"{role} of the whole", reverse("web:home"))
        yield Page("home", role, f"{role} of a county", reverse("web:home"))


def _own() -> Iterator[Page]:
    from django.urls import reverse

    for number in range(40):
        who = f"enterprise {number}"
        yield Page("/my/", "any enterprise", who, reverse("web:my_answers"), ANSWER_MS)
    for number in range(10):
        who = f"full enterprise {number}"
        yield Page("/my/", "fullest enterprises", who, reverse("web:my_answers"), ANSWER_MS)
        yield Page("own pages", "my_enterprise", who, reverse("web:my_enterprise"), ANSWER_MS)
        yield Page("own pages", "notices", who, reverse("web:notices"))
        yield Page("own pages", "notices, last page", who, _with(reverse("web:notices"), page=99))
        yield Page("own pages", "home", who, reverse("web:home"), ANSWER_MS)
        yield Page("own pages", "colleagues", who, reverse("web:colleagues"))


def _public() -> Iterator[Page]:
    from django.urls import reverse

    from huiqi.portal.policies import queries

    who = "a visitor"
    for name in ("home", "documents", "supports", "lineages", "calculator", "feed_all"):
        yield Page("public", name, who, reverse(f"web:{name}"))
    for words in ("高新技术企业 奖励", "企业", "龘龘"):
        yield Page("public", f"search {words}", who, _with(reverse("web:search"), q=words))
    for given in ({"q": "企业"}, {"region": "140581"}, {"sort": "region"}):
        yield Page("public", f"supports {given}", who, _with(reverse("web:supports"), **given))
    for slug in queries.documents().values_list("slug", flat=True):
        yield Page("public", "one document", who, reverse("web:document", args=[slug]))
    for support in queries.supports().order_by("key").values_list("key", flat=True):
        address = reverse("web:support", args=support.split("/"))
        yield Page("public", "one support", who, address)


def _api() -> Iterator[Page]:
    group = "API"
    for name, filters in _registry_filters().items():
        given = filters | ({"size": ""} if filters.get("size") == "none" else {})
        for scope in REGIONS:
            key = f"key of officer of {scope}"
            address = _with("/api/v1/enterprises", **given)
            yield Page(group, f"enterprises, {name}", key, address)
            yield Page(
                group, f"enterprises, {name}, at 9,970", key, _with(address)
                + ("&" if given else "?") + "offset=9970",
            )  # fmt: skip
    for scope in REGIONS:
        key = f"key of officer of {scope}"
        lists: dict[str, list[dict[str, Any]]] = {
            "matching/run": [{}], "matching/supports": [{}, {"region": "140581"}],
            "matching/groups/regions": [{}], "matching/groups/sizes": [{}], "matching/gaps": [{}],
            "matching/near": [{}, {"offset": 100}], "matching/targets": [{}],
            "matching/entitlements": [
                {}, {"offset": 9970}, {"answer": "near"}, {"region": "140581"}, {"industry": "C"},
                {"size": "中型"}, {"words": "龘龘"}, {"words": "公司"},
                {"region": "140581", "size": "中型", "answer": "missing"},
                *({"support": support, "answer": answer} | more
                  for support, answer in _widest()
                  for more in ({}, {"region": "140581"}, {"size": "中型"}, {"words": "龘龘"},
                               {"offset": 9970})),
                *({"policy": policy} for policy in _policies()),
            ],
            "corrections": [{}, {"state": "waiting"}], "imports": [{}],
        }  # fmt: skip
        for name, several in lists.items():
            for asked in several:
                words = ", ".join(f"{what} {value}" for what, value in asked.items())
                yield Page(group, f"{name} {words}".strip(), key, _with(f"/api/v1/{name}", **asked))
    for asked in ({}, {"act": "registry.read"}, {"subject": "企业"}, {"offset": 9970}):
        yield Page(
            group, f"audit {asked}", "key of auditor of the whole", _with("/api/v1/audit", **asked)
        )
    for name in ("documents", "supports", "clauses?words=企业", "vocabulary"):
        yield Page(group, name, "a visitor", f"/api/v1/{name}")
    for number, (code, _) in enumerate(_fullest()):
        key = "key of officer of the whole"
        for part in ("", "/facts", "/answers"):
            address = f"/api/v1/enterprises/{code}{part}"
            yield Page("API, one enterprise", f"{part} fullest {number}", key, address, ANSWER_MS)
    for part in ("own", "own/answers", "own/notices"):
        address = f"/api/v1/{part}"
        yield Page("API, one enterprise", part, "key of an enterprise", address, ANSWER_MS)


def _widest() -> list[tuple[str, str]]:
    from django.db.models import Count

    from huiqi.portal.matching import queries

    run = queries.current()
    assert run is not None
    out = []
    for answer in ("yes", "missing", "near"):
        rows = queries.visible(run).filter(answer=answer).values("support__key")
        found = rows.annotate(rows=Count("pk")).order_by("-rows", "support__key").first()
        if found is not None:
            out.append((found["support__key"], answer))
    return out


def _policies() -> list[str]:
    from huiqi.portal.matching.models import MatchedSupport

    return sorted(set(MatchedSupport.objects.values_list("policy", flat=True)))


# -------------------------------------------------------------------- lists of long use


def fill() -> None:
    """What years of use leave behind in the lists that do not grow with the enterprises; once."""
    from django.db import transaction

    from huiqi.portal.base.models import Job

    if Job.objects.filter(kind="benchmark").exists():
        return
    with transaction.atomic():
        _fill()


def _fill() -> None:
    from django.utils import timezone

    from huiqi.portal.base.audit import START
    from huiqi.portal.base.enums import ClaimState, JobState, UnitKind
    from huiqi.portal.base.models import AuditEntry, Claim, Job, StoredFile, Unit, User
    from huiqi.portal.matching.enums import NoticeKind
    from huiqi.portal.matching.models import Notice
    from huiqi.portal.registry.enums import BatchState, CorrectionState
    from huiqi.portal.registry.models import BadRow, Batch, Correction, Enterprise, Record

    at = timezone.now()
    _people()
    user, unit = User.objects.get(username="officer-all"), Unit.objects.get(name="示例部门")
    firms = list(
        Enterprise.objects.order_by("pk").values_list("pk", "credit_code", "name", "region")[
            :20_000
        ]
    )
    last = AuditEntry.objects.order_by("-number").values_list("number", flat=True).first() or 0
    acts = ("registry.read", "registry.read", "registry.export", "login", "matching.export")
    AuditEntry.objects.bulk_create(
        (
            AuditEntry(
                number=last + n, at=at - timedelta(minutes=ENTRIES - n), actor=user,
                actor_name=user.name, unit=unit, act=acts[n % len(acts)],
                subject=f"企业 {firms[n % len(firms)][1]}", detail={"on": "2026-01-01"},
                previous=START, digest=f"{n:064d}",
            )
            for n in range(1, ENTRIES + 1)
        ),
        batch_size=2000,
    )  # fmt: skip
    Job.objects.bulk_create(
        (
            Job(
                kind="benchmark", title=f"导入企业：{n}.csv", asked_by=user, asked_at=at,
                ended_at=at, state=JobState.FAILED if n % 50 == 0 else JobState.DONE,
            )
            for n in range(JOBS)
        ),
        batch_size=2000,
    )  # fmt: skip
    states = (ClaimState.WAITING, ClaimState.CONFIRMED, ClaimState.REFUSED)
    Claim.objects.bulk_create(
        (
            Claim(
                user_id=User.objects.get(username="u0").pk if not n else user.pk, credit_code=code,
                enterprise_name=name, region=region or "140581", post="经办人", made_at=at,
                state=states[n % 3], decided_by=user if n % 3 else None,
                decided_at=at if n % 3 else None,
            )
            for n, (_, code, name, region) in enumerate(firms[:CLAIMS])
        ),
        batch_size=2000,
    )  # fmt: skip
    file = StoredFile.objects.create(
        digest="0" * 64, name="示例.csv", size=1, media_type="text/csv", uploaded_by=user,
        uploaded_at=at,
    )  # fmt: skip
    batches = Batch.objects.bulk_create(
        Batch(
            table="企业", file=file, unit=unit, source="统计部门", as_of=at.date(), made_by=user,
            made_at=at, state=BatchState.DONE, rows=100_000,
        )
        for _ in range(BATCHES)
    )  # fmt: skip
    BadRow.objects.bulk_create(
        (
            BadRow(batch=one, place=f"第{n}行“行业”", row=n, column="行业", value="某业", problem="没有这个代码")
            for one in batches[:10] for n in range(10_000)
        ),
        batch_size=5000,
    )  # fmt: skip
    asked = (CorrectionState.WAITING, CorrectionState.ACCEPTED, CorrectionState.REFUSED)
    Correction.objects.bulk_create(
        (
            Correction(
                record_id=pk, fact="从业人员", present=1, proposed=2, reason="示例", source="统计部门",
                holder=unit if n % 2 else None, asked_by=user, asked_at=at + timedelta(seconds=n),
                state=asked[n % 3], decided_by=user if n % 3 else None,
                decided_at=at if n % 3 else None,
            )
            for n, (pk, *_) in enumerate(firms[:CORRECTIONS])
        ),
        batch_size=2000,
    )  # fmt: skip
    full = Unit.objects.filter(
        kind=UnitKind.ENTERPRISE, credit_code__in=[code for code, _ in _fullest()]
    )
    records = dict(
        Record.objects.filter(table="企业", key__in=full.values("credit_code")).values_list(
            "key", "pk"
        )
    )
    each = NOTICES // max(1, len(records))
    Notice.objects.bulk_create(
        (
            Notice(
                unit=one, record_id=records[one.credit_code], kind=NoticeKind.ENTITLED,
                about=f"benchmark:{n}", title="可享受：示例", body="示例", made_at=at,
            )
            for one in full for n in range(each)
        ),
        batch_size=2000,
    )  # fmt: skip


# -------------------------------------------------------------------- the report


def report(results: dict[str, dict[str, Found]], enterprises: int) -> str:
    """The pages as Markdown: by group how many addresses, the usual and the slowest median, queries;
    and every address that takes longer than it may."""
    every = {name: found["pages"]["pages"] for name, found in results.items() if "pages" in found}
    vendors = [name for name in VENDORS if name in every]
    lines = [
        "# Whole pages at size",
        "",
        f"From the request to the last byte, templates included, with {enterprises:,} enterprises: every list "
        "with its filters and orders, the first and the last page, as people of the whole, a city and a county ask "
        "for them. Lists that do not grow with the enterprises hold what years of use leave: "
        f"{ENTRIES:,} entries of the audit, {NOTICES:,} notices, {JOBS:,} jobs, {CLAIMS:,} claims, {CORRECTIONS:,} "
        f"corrections, {BATCHES:,} imports. Written by `benchmarks/portal_matching.py` "
        f"(`portal_pages.py` holds the addresses). {machine(results, 'pages')}{settings_words(results)}",
        "",
        "Of each address the median of some rounds, ms; of each group of addresses the middle and the slowest of "
        "these medians, of the slowest its own computing (without the database server's), and the slowest single "
        "answer. Queries are those of one request; where a group has several "
        "numbers, they are those of different pages, filters and roles.",
    ]  # fmt: skip
    for vendor in vendors:
        lines += ["", f"## {vendor}", "", *_groups(every[vendor])]
        late = [one for one in every[vendor] if one["median"] >= one["limit"]]
        if not late:
            lines += ["", f"All {len(every[vendor]):,} addresses stay below what they may take."]
            continue
        lines += ["", f"Longer than they may, {len(late)} of {len(every[vendor]):,} addresses:", ""]
        lines += [
            f"- {one['group']}: {one['name']} ({one['who']}): {one['median']} ms, computing {one['own']}"
            for one in sorted(late, key=lambda one: -float(one["median"]))
        ]
    return "\n".join(lines) + "\n"


def _groups(found: list[Found]) -> list[str]:
    groups: dict[str, list[Found]] = {}
    for one in found:
        groups.setdefault(one["group"].partition(", ")[0], []).append(one)
    rows: list[list[object]] = []
    for group, pages in groups.items():
        worst = max(pages, key=lambda one: float(one["median"]))
        counts = sorted({int(one["queries"]) for one in pages})
        rows.append(
            [
                group, len(pages), "/".join(str(n) for n in sorted({one["limit"] for one in pages})),
                round(statistics.median(one["median"] for one in pages), 1), worst["median"],
                worst["own"],
                max(one["slowest"] for one in pages),
                str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}",
                f"{worst['name']} ({worst['who']})",
            ]
        )  # fmt: skip
    head = ("pages", "addresses", "allowed", "middle", "slowest", "its computing", "slowest answer", "queries",
            "the slowest")  # fmt: skip
    return table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="pattern of `group: name: who`")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huiqi.portal.settings")
    portal()
    for one in measure(asked.only, asked.rounds):
        print(
            f"{one['median']:8.1f} {one['own']:8.1f} {one['queries']:4d} q {one['kb']:5d} kB  "
            f"{one['group']}: {one['name']}: {one['who']}",
            flush=True,
        )


if __name__ == "__main__":
    main()
