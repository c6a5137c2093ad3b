"""What the current run found: supports, counties, who is entitled, gaps, near misses, targets."""

import io
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import polars as pl
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema

from huiqi.portal.api.auth import Key, Scope, caller
from huiqi.portal.api.errors import Error, Refusal
from huiqi.portal.api.evaluate import StakeItem
from huiqi.portal.api.paging import Page, Slice, Sliced, page
from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.matching import queries
from huiqi.portal.matching.enums import AnswerKind
from huiqi.portal.matching.models import Entitlement, Gap, Run

router = Router(tags=["匹配结果"], auth=Key(Scope.MATCHING))
PARQUET = "application/vnd.apache.parquet"
CHUNK = 20_000
COLUMNS = {
    "support": "support__key",
    "name": "support__name",
    "table": "record__table",
    "key": "record__key",
    "subject": "record__name",
    "item": "item__key",
    "answer": "answer",
    "low": "low",
    "high": "high",
    "region": "region",
    "industry": "industry",
}


class RunItem(Schema):
    """The run whose results are read: the day assessed, up to when data was known, and the digest of the
    working days that counted."""

    id: int
    on: date
    known_at: datetime | None
    started_at: datetime
    ended_at: datetime | None
    releases: dict[str, Any]
    calendar: str
    rows: dict[str, int]
    totals: list[dict[str, Any]]
    entitlements: int


class SupportLine(Schema):
    """One support in the caller's region; amounts in fen."""

    key: str
    name: str
    policy: str
    form: str
    yes: int
    missing: int
    judge: int
    near: int
    low: int
    high: int
    unbounded: int


class GroupLine(Schema):
    """One county, industry or size class; amounts in fen."""

    name: str
    code: str
    yes: int
    missing: int
    judge: int
    low: int
    high: int


class GapItem(Schema):
    """A missing fact, which register would close it, and what waits for it, by form of support."""

    fact: str
    holder: str
    rows: int
    supports: list[str]
    stakes: list[StakeItem]


class NearItem(Schema):
    """A condition that alone stands in the way of a support, and could still be met."""

    support: str
    condition: int
    text: str
    rows: int


class EntitlementItem(Schema):
    """Who is entitled (or waits for a fact, or a judgement). ``item`` is the event assessed."""

    support: str
    name: str
    table: str
    key: str
    subject: str
    item: str
    answer: str
    low: int | None
    high: int | None
    region: str
    industry: str


class EntitlementFilter(Schema):
    """Which entitlements are wanted; regions are codes of GB/T 2260, cities cover their counties."""

    support: str = ""
    policy: str = ""
    answer: AnswerKind = AnswerKind.YES
    region: str = ""
    industry: str = ""
    size: str = ""
    words: str = ""


class TargetItem(Schema):
    """A target of a document as the run measured it."""

    policy: str
    target: str
    clause: str
    indicator: str
    wanted: str
    unit: str
    low: str | None
    high: str | None
    due: date | None
    standing: str
    is_late: bool
    units: list[str]


def _read(request: HttpRequest) -> tuple[Actor, Run]:
    actor = caller(request)
    run = queries.current()
    if run is None:
        raise Refusal(404, "no_run", "还没有匹配结果，请先在平台上运行一次匹配")
    return actor, run


@router.get("/matching/run", response={200: RunItem, 404: Error}, summary="当前匹配")
def current(request: HttpRequest) -> Run:
    """The run that all other answers of this part come from."""
    return _read(request)[1]


@router.get(
    "/matching/supports",
    response={200: list[SupportLine], 404: Error},
    summary="各项支持的户数与金额",
)
def supports(request: HttpRequest, region: str = "") -> list[queries.SupportLine]:
    """Every support that somebody is entitled to, waits for or is near to."""
    actor, run = _read(request)
    return queries.support_lines(actor, run=run, region=region)


@router.get(
    "/matching/groups/{by}",
    response={200: list[GroupLine], 404: Error},
    summary="按地区、行业或规模",
)
def groups(request: HttpRequest, by: str, support: str = "") -> list[queries.GroupLine]:
    """``by`` is `regions`, `industries` or `sizes`."""
    actor, run = _read(request)
    names = {"regions": queries.REGION, "industries": queries.INDUSTRY, "sizes": queries.SIZE}
    if by not in names:
        raise Refusal(404, "not_found", "可按 regions、industries、sizes 查看")
    return queries.group_lines(actor, run=run, by=names[by], support=support)


@router.get(
    "/matching/entitlements", response={200: Page[EntitlementItem], 404: Error}, summary="应享名单"
)
def entitlements(
    request: HttpRequest, wanted: Sliced, only: Query[EntitlementFilter]
) -> dict[str, Any]:
    """Who is entitled and has not come, in the caller's region."""
    return page(_entitlements(request, only), wanted, _entitlement)


@router.get(
    "/matching/entitlements.parquet",
    response={200: bytes, 404: Error},
    summary="应享名单，Parquet 文件",
    openapi_extra={
        "responses": {
            200: {"content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}}}
        }
    },
)
def entitlements_file(request: HttpRequest, only: Query[EntitlementFilter]) -> HttpResponse:
    """The same list whole, for programs: one row each, amounts in fen (Int64)."""
    rows = _entitlements(request, only).values_list(*COLUMNS.values())
    schema = dict.fromkeys(COLUMNS, pl.String) | {"low": pl.Int64, "high": pl.Int64}
    parts = [pl.DataFrame(schema=schema)]
    found = rows.iterator(chunk_size=CHUNK)
    while some := list(islice(found, CHUNK)):
        parts.append(pl.DataFrame(some, schema=schema, orient="row"))
    table = pl.concat(parts)
    file = io.BytesIO()
    table.write_parquet(file)
    audit.record(
        "matching.export", at=timezone.now(), actor=caller(request), rows=table.height,
        only=only.model_dump(),
    )  # fmt: skip
    return HttpResponse(
        file.getvalue(),
        content_type=PARQUET,
        headers={"Content-Disposition": 'attachment; filename="entitlements.parquet"'},
    )


@router.get("/matching/gaps", response={200: Page[GapItem], 404: Error}, summary="缺口标价")
def gaps(request: HttpRequest, wanted: Sliced) -> dict[str, Any]:
    """Missing facts of the whole region, the one that most money waits for first."""
    return _whole(queries.gaps(_read(request)[1]), wanted)


@router.get("/matching/near", response={200: Page[NearItem], 404: Error}, summary="差一步")
def near(request: HttpRequest, wanted: Sliced, support: str = "") -> dict[str, Any]:
    """Conditions that alone stand in the way in the caller's region, the most frequent first."""
    actor, run = _read(request)
    return _whole(queries.near_misses(actor, run=run, support=support), wanted)


@router.get("/matching/targets", response={200: list[TargetItem], 404: Error}, summary="目标进度")
def targets(request: HttpRequest) -> list[dict[str, Any]]:
    """Every target of the documents, and whether its day has passed unreached."""
    _, run = _read(request)
    return [
        {
            "policy": line.result.policy,
            "target": line.result.target,
            "clause": line.result.clause,
            "indicator": line.result.indicator,
            "wanted": line.result.wanted,
            "unit": line.result.unit,
            "low": _figure(line.result.low),
            "high": _figure(line.result.high),
            "due": line.result.due,
            "standing": line.result.standing,
            "is_late": line.is_late,
            "units": line.result.units,
        }
        for line in queries.target_lines(run, timezone.localdate())
    ]


def _entitlements(request: HttpRequest, only: EntitlementFilter) -> QuerySet[Entitlement]:
    actor, run = _read(request)
    rows = queries.entitlements(actor, run=run, **only.model_dump())
    return queries.in_order(rows, of_one=bool(only.support))


def _entitlement(row: Entitlement) -> dict[str, Any]:
    whose = row.record
    return {
        "support": row.support.key,
        "name": row.support.name,
        "table": whose.table if whose else "",
        "key": whose.key if whose else "",
        "subject": whose.name if whose else "",
        "item": row.item.key if row.item else "",
        "answer": row.answer,
        "low": row.low,
        "high": row.high,
        "region": row.region,
        "industry": row.industry,
    }


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")


def _whole(rows: QuerySet[Gap] | QuerySet[Any, Any], wanted: Slice) -> dict[str, Any]:
    return page(rows, wanted, lambda row: row)
