"""Documents, clauses and supports in force, as the public reads them."""

from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from ninja import Query, Router, Schema

from huiqi.portal.api.errors import Error, not_found
from huiqi.portal.api.paging import Page, Sliced, page
from huiqi.portal.base.rules import library
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.models import Clause, Document, SupportEntry
from huiqi.rulebook.explaining import rule_words, with_numbers

router = Router(tags=["政策库"], auth=None)


class DocumentItem(Schema):
    """An official document in the library."""

    slug: str
    number: str
    title: str
    issuers: list[str]
    region: str
    issued_on: date | None
    clauses: int


class ClauseItem(Schema):
    """One clause: where it stands, who is responsible. ``text`` is empty until the document is imported."""

    name: str
    heading: str
    section: str
    text: str
    units: list[str]
    lead: str
    supports: list[str]


class DocumentDetail(DocumentItem):
    """A document with the table of its clauses."""

    contents: list[ClauseItem]


class SupportItem(Schema):
    """A support in force, as lists show it."""

    key: str
    name: str
    document: str
    clause: str
    kind: str
    form: str
    assessed_on: str
    beneficiary: str
    region: str
    amount: str
    units: list[str]
    starts_on: date | None
    ends_on: date | None
    ready: bool


class Interpretation(Schema):
    """How an open question of the text was decided."""

    question: str
    answer: str
    ground: str
    decided_by: str
    decided_on: str


class SupportDetail(SupportItem):
    """A support printed from its rule."""

    conditions: list[str]
    rule: str
    benefit: str
    times: str
    stacking: str
    fund: str
    papers: list[str]
    interpretations: list[Interpretation]


class SupportFilter(Schema):
    """Which supports are wanted."""

    region: str = ""
    kind: str = ""
    form: str = ""
    beneficiary: str = ""
    on: date | None = None


@router.get("/documents", response={200: Page[DocumentItem], 422: Error}, summary="文件列表")
def documents(request: HttpRequest, wanted: Sliced, region: str = "") -> dict[str, Any]:
    """The documents of the library, the newest first."""
    rows = Document.objects.annotate(count=Count("clauses")).order_by("-issued_on", "slug")
    if region:
        rows = rows.filter(region=region)
    return page(rows, wanted, _document)


@router.get("/documents/{slug}", response={200: DocumentDetail, 404: Error}, summary="一份文件")
def document(request: HttpRequest, slug: str) -> dict[str, Any]:
    """A document with its clauses; the words of a clause stand on the clause's own address."""
    found = Document.objects.annotate(count=Count("clauses")).filter(slug=slug).first()
    if found is None:
        raise not_found("这份文件")
    keys = _by_clause(slug)
    contents = [_clause(row, keys, words=False) for row in found.clauses.order_by("order")]
    return {**_document(found), "contents": contents}


@router.get(
    "/documents/{slug}/clauses/{name}", response={200: ClauseItem, 404: Error}, summary="一个条款"
)
def clause(request: HttpRequest, slug: str, name: str) -> dict[str, Any]:
    """A clause with its words, when the document was imported, and the supports that carry it."""
    found = Clause.objects.filter(document__slug=slug, name=name).first()
    if found is None:
        raise not_found("这个条款")
    return _clause(found, _by_clause(slug), words=True)


@router.get("/supports", response={200: Page[SupportItem], 422: Error}, summary="惠企支持列表")
def supports(request: HttpRequest, wanted: Sliced, only: Query[SupportFilter]) -> dict[str, Any]:
    """The supports in force, filtered."""
    rows = SupportEntry.objects.filter(release__state=ReleaseState.IN_FORCE).order_by("key")
    for name in ("region", "kind", "form", "beneficiary"):
        value = getattr(only, name)
        if value:
            rows = rows.filter(**{name: value})
    if only.on:
        rows = rows.filter(
            Q(starts_on__isnull=True) | Q(starts_on__lte=only.on),
            Q(ends_on__isnull=True) | Q(ends_on__gte=only.on),
        )
    return page(rows, wanted, _support)


@router.get(
    "/supports/{slug}/{name}", response={200: SupportDetail, 404: Error}, summary="一项支持"
)
def support(request: HttpRequest, slug: str, name: str) -> dict[str, Any]:
    """Who, on what event, under which conditions, how much, how often."""
    key = f"{slug}/{name}"
    found = SupportEntry.objects.filter(key=key, release__state=ReleaseState.IN_FORCE).first()
    rule = library().by_key.get(key)
    if found is None or rule is None:
        raise not_found("这项支持")
    return {
        **_support(found),
        "conditions": [with_numbers(line.text, rule) for line in rule.lines],
        "rule": rule_words(rule),
        "benefit": rule.benefit,
        "times": str(rule.times),
        "stacking": rule.stacking_note or str(rule.stacking),
        "fund": rule.fund,
        "papers": list(rule.papers),
        "interpretations": [
            {
                "question": item.question,
                "answer": item.answer,
                "ground": item.ground,
                "decided_by": item.decided_by,
                "decided_on": item.decided_on,
            }
            for item in rule.interpretations
        ],
    }


def _document(row: Any) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "number": row.number,
        "title": row.title,
        "issuers": row.issuers,
        "region": row.region,
        "issued_on": row.issued_on,
        "clauses": row.count,
    }


def _by_clause(slug: str) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    rows = SupportEntry.objects.filter(
        release__slug=slug, release__state=ReleaseState.IN_FORCE
    ).order_by("key")
    for key, name in rows.values_list("key", "clause"):
        out.setdefault(name, []).append(key)
    return out


def _clause(row: Clause, keys: dict[str, list[str]], *, words: bool) -> dict[str, Any]:
    return {
        "name": row.name,
        "heading": row.heading,
        "section": row.section,
        "text": row.text if words else "",
        "units": row.units,
        "lead": row.lead,
        "supports": keys.get(row.name, []),
    }


def _support(row: SupportEntry) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "document": row.key.split("/", 1)[0],
        "clause": row.clause,
        "kind": row.kind,
        "form": row.form,
        "assessed_on": row.table,
        "beneficiary": row.beneficiary,
        "region": row.region,
        "amount": row.amount_text,
        "units": row.units,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "ready": row.is_ready,
    }
