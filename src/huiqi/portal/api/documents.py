"""Documents, clauses and supports in force, as the public reads them."""

from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from huiqi.portal.api.errors import Error, not_found
from huiqi.portal.api.paging import Page, Sliced, page
from huiqi.portal.base import search
from huiqi.portal.base.rules import library
from huiqi.portal.policies import indexing, queries
from huiqi.portal.policies.lineage import between
from huiqi.portal.policies.models import Clause, SupportEntry
from huiqi.rulebook.reference.explaining import rule_words, with_numbers

router = Router(tags=["政策库"], auth=None)
Words = Annotated[str, Field(min_length=1, max_length=search.LONGEST, description="检索词")]
OptionalWords = Annotated[str, Field(max_length=search.LONGEST, description="检索词")]


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


class ClauseFound(Schema):
    """A clause in which words were found."""

    document: str
    name: str
    heading: str
    section: str


class ReleaseItem(Schema):
    """A version of a policy's rules that is or was in force; ``digest`` is over its files."""

    slug: str
    version: int
    number: str
    title: str
    digest: str
    state: str
    starts_on: date | None
    ends_on: date | None
    released_at: datetime | None


class Carried(Schema):
    """An upper clause and the lower clause that carries it out, or may."""

    status: str
    upper_clause: str
    clause: str
    score: int
    evidence: list[str]


class Uncarried(Schema):
    """An upper clause that asks something and that no lower clause certainly carries."""

    clause: str
    heading: str


class LineageItem(Schema):
    """How one policy carries out another."""

    upper: str
    lower: str
    links: list[Carried]
    uncarried: list[Uncarried]


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
    words: str = Field("", max_length=search.LONGEST)


@router.get("/documents", response={200: Page[DocumentItem], 422: Error}, summary="文件列表")
def documents(
    request: HttpRequest, wanted: Sliced, region: str = "", words: OptionalWords = ""
) -> dict[str, Any]:
    """The documents of the library, the newest first."""
    rows = _documents().order_by("-issued_on", "slug")
    if region:
        rows = rows.filter(region=region)
    if words:
        rows = rows.filter(pk__in=search.matching(indexing.DOCUMENT, words))
    return page(rows, wanted, _document)


@router.get("/clauses", response={200: Page[ClauseFound], 422: Error}, summary="检索条款")
def clauses(request: HttpRequest, wanted: Sliced, words: Words) -> dict[str, Any]:
    """The clauses in which the words stand, of all documents of the library."""
    rows = queries.clauses().filter(pk__in=search.matching(indexing.CLAUSE, words))
    rows = rows.select_related("document").defer("document__text", "document__reading")
    return page(rows.order_by("-document__issued_on", "document", "order"), wanted, _found)


@router.get("/documents/{slug}", response={200: DocumentDetail, 404: Error}, summary="一份文件")
def document(request: HttpRequest, slug: str) -> dict[str, Any]:
    """A document with its clauses; the words of a clause stand on the clause's own address."""
    found = _documents().filter(slug=slug).first()
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
    found = queries.clauses().filter(document__slug=slug, name=name).first()
    if found is None:
        raise not_found("这个条款")
    return _clause(found, _by_clause(slug), words=True)


@router.get(
    "/documents/{slug}/releases",
    response={200: Page[ReleaseItem], 422: Error},
    summary="一项政策的发布版本",
)
def releases(request: HttpRequest, slug: str, wanted: Sliced) -> dict[str, Any]:
    """The versions that are or were in force, the newest first."""
    return page(queries.released(slug), wanted, lambda row: row)


@router.get(
    "/lineage/{upper}/{lower}", response={200: LineageItem, 404: Error}, summary="上下级文件的承接"
)
def lineage(request: HttpRequest, upper: str, lower: str) -> dict[str, Any]:
    """Which clause of the lower policy carries out which of the upper, and what nobody carries."""
    found = between(upper, lower)
    if found is None:
        raise not_found("这两份文件的承接关系")
    plain = found.as_dict()
    return {"upper": upper, "lower": lower, **{key: plain[key] for key in ("links", "uncarried")}}


@router.get("/supports", response={200: Page[SupportItem], 422: Error}, summary="惠企支持列表")
def supports(request: HttpRequest, wanted: Sliced, only: Query[SupportFilter]) -> dict[str, Any]:
    """The supports in force, filtered."""
    rows = queries.supports().order_by("key")
    for name in ("region", "kind", "form", "beneficiary"):
        value = getattr(only, name)
        if value:
            rows = rows.filter(**{name: value})
    if only.on:
        rows = queries.valid_on(rows, only.on)
    if only.words:
        rows = rows.filter(pk__in=search.matching(indexing.SUPPORT, only.words))
    return page(rows, wanted, _support)


@router.get(
    "/supports/{slug}/{name}", response={200: SupportDetail, 404: Error}, summary="一项支持"
)
def support(request: HttpRequest, slug: str, name: str) -> dict[str, Any]:
    """Who, on what event, under which conditions, how much, how often."""
    key = f"{slug}/{name}"
    found = queries.supports().filter(key=key).first()
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


def _documents() -> QuerySet[Any]:
    shown = queries.documents().defer("text", "reading")
    return shown.annotate(count=Count("clauses"))


def _found(row: Clause) -> dict[str, Any]:
    return {
        "document": row.document.slug,
        "name": row.name,
        "heading": row.heading,
        "section": row.section,
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
    rows = queries.supports().filter(release__slug=slug).order_by("key")
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
