"""The registry for staff: enterprises, what is known of one and was known when, what it may enjoy."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema

from huiqi.portal.api.auth import Key, Scope, caller
from huiqi.portal.api.errors import Error, not_found
from huiqi.portal.api.evaluate import Answers
from huiqi.portal.api.moments import Moment
from huiqi.portal.api.paging import Page, Sliced, page
from huiqi.portal.base import audit
from huiqi.portal.base.rules import library
from huiqi.portal.matching.answers import dossier_of
from huiqi.portal.registry import history, queries
from huiqi.portal.registry.encoding import GONE
from huiqi.portal.registry.history import Said
from huiqi.portal.registry.models import Batch, Correction, Enterprise, Record
from huiqi.rulebook.library.values import show_known
from huiqi.rulebook.reference.explaining import dossier_dict

router = Router(tags=["登记库"], auth=Key(Scope.REGISTRY))


class EnterpriseItem(Schema):
    """An enterprise as lists show it. Money in fen; null: not known."""

    credit_code: str
    name: str
    kind: str
    region: str
    industry: str
    size: str
    founded_on: date | None
    employees: int | None
    revenue: int | None
    assets: int | None
    is_private: bool | None
    titles: list[str]


class EnterpriseFilter(Schema):
    """Which enterprises are wanted; a city covers its counties, a section its divisions."""

    words: str = ""
    region: str = ""
    industry: str = ""
    size: str | None = None
    title: str = ""
    kind: str = ""


class KnownFact(Schema):
    """One fact: in base units (fen, whole units, days since 1970, codes) and in words, who said so."""

    fact: str
    value: bool | int | str | None
    words: str
    source: str
    since: date
    known_at: datetime


class RecordItem(Schema):
    """One row of the registry with its facts, as known at a moment, for a day."""

    table: str
    key: str
    facts: list[KnownFact]


class Known(Schema):
    """An enterprise and its events on a day, as was known at a moment."""

    on: date
    known_at: datetime
    subject: RecordItem
    events: list[RecordItem]


class CorrectionItem(Schema):
    """What an enterprise says is wrong, and what was decided. Values in base units."""

    id: int
    table: str
    key: str
    fact: str
    present: bool | int | str | None
    proposed: bool | int | str | None
    reason: str
    source: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    opinion: str


class BatchItem(Schema):
    """One import of one file, and how many of its rows were new, changed, the same or refused."""

    id: int
    table: str
    file: str
    source: str
    as_of: date
    state: str
    made_at: datetime
    rows: int
    added: int
    changed: int
    same: int
    refused: int


@router.get("/enterprises", response={200: Page[EnterpriseItem], 422: Error}, summary="企业列表")
def enterprises(
    request: HttpRequest, wanted: Sliced, only: Query[EnterpriseFilter]
) -> dict[str, Any]:
    """The enterprises of the caller's region, by credit code."""
    seen, today = queries.enterprises(caller(request)), timezone.localdate()
    rows = queries.narrowed(seen, on=today, **only.model_dump())
    return page(rows.order_by("credit_code"), wanted, enterprise_item)


@router.get("/enterprises/{code}", response={200: EnterpriseItem, 404: Error}, summary="一户企业")
def enterprise(request: HttpRequest, code: str) -> dict[str, Any]:
    """One enterprise; the reading is noted in the audit."""
    found = _one(request, code)
    return enterprise_item(found)


@router.get(
    "/enterprises/{code}/facts", response={200: Known, 404: Error}, summary="某日某时所知的事实"
)
def facts(
    request: HttpRequest, code: str, on: date | None = None, known_at: Moment | None = None
) -> dict[str, Any]:
    """Every fact with source and date: of a day, as it was known at a moment (default: now)."""
    found = _one(request, code)
    day, moment = on or timezone.localdate(), known_at or timezone.now()
    events = list(Record.objects.filter(owner=found.pk).order_by("table", "key"))
    known = [found.record.pk, *(event.pk for event in events)]
    states = history.fold_all(history.spoken(known, moment), day)
    return {
        "on": day,
        "known_at": moment,
        "subject": _record(found.record, states.get(found.pk, {})),
        "events": [
            _record(event, states[event.pk])
            for event in events
            if event.pk in states
            and not (GONE in states[event.pk] and states[event.pk][GONE].value)
        ],
    }


@router.get(
    "/enterprises/{code}/answers", response={200: Answers, 404: Error}, summary="一户企业能享受什么"
)
def answers(request: HttpRequest, code: str, on: date | None = None) -> dict[str, Any]:
    """All supports in force for one enterprise, with conditions, facts and clauses."""
    found = _one(request, code)
    return dossier_dict(dossier_of(found.record, on=on or timezone.localdate()))


@router.get("/corrections", response={200: Page[CorrectionItem], 422: Error}, summary="更正申请")
def corrections(request: HttpRequest, wanted: Sliced, state: str = "") -> dict[str, Any]:
    """The requests that the key's unit decides, the latest first."""
    rows = queries.corrections(caller(request)).order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    return page(rows, wanted, _correction)


@router.get("/imports", response={200: Page[BatchItem], 422: Error}, summary="导入批次")
def imports(request: HttpRequest, wanted: Sliced) -> dict[str, Any]:
    """The imports of the key's unit, the latest first."""
    rows = queries.batches(caller(request)).select_related("file", "job").order_by("-pk")
    return page(rows, wanted, _batch)


def _one(request: HttpRequest, code: str) -> Enterprise:
    actor = caller(request)
    found = queries.enterprises(actor).filter(credit_code=code).select_related("record").first()
    if found is None:
        raise not_found("这户企业")
    audit.record("registry.read", at=timezone.now(), actor=actor, subject=code, by="api")
    return found


def enterprise_item(row: Enterprise) -> dict[str, Any]:
    return {
        "credit_code": row.credit_code,
        "name": row.name,
        "kind": row.kind,
        "region": row.region,
        "industry": row.industry,
        "size": row.size,
        "founded_on": row.founded_on,
        "employees": row.employees,
        "revenue": row.revenue,
        "assets": row.assets,
        "is_private": row.is_private,
        "titles": [name for name in row.titles.split("、") if name],
    }


def _record(record: Record, state: dict[str, Said]) -> dict[str, Any]:
    vocabulary = library().vocabulary
    table = vocabulary.tables[record.table]
    items = []
    for name, said in state.items():
        spec = table.facts.get(name)
        if name == GONE:
            continue
        words = "未知" if said.value is None else str(said.value)
        if spec is not None and said.value is not None:
            words = show_known(said.value, spec, vocabulary)
        items.append(
            {
                "fact": name,
                "value": said.value,
                "words": words,
                "source": said.source,
                "since": said.day,
                "known_at": said.known_at,
            }
        )
    return {"table": record.table, "key": record.key, "facts": items}


def _correction(row: Correction) -> dict[str, Any]:
    return {
        "id": row.pk,
        "table": row.record.table,
        "key": row.record.key,
        "fact": row.fact,
        "present": row.present,
        "proposed": row.proposed,
        "reason": row.reason,
        "source": row.source,
        "state": row.state,
        "asked_at": row.asked_at,
        "decided_at": row.decided_at,
        "opinion": row.opinion,
    }


def _batch(row: Batch) -> dict[str, Any]:
    counts = ("rows", "added", "changed", "same", "refused")
    return {
        "id": row.pk,
        "table": row.table,
        "file": row.file.name,
        "source": row.source,
        "as_of": row.as_of,
        "state": row.standing,
        "made_at": row.made_at,
        **{name: getattr(row, name) for name in counts},
    }
