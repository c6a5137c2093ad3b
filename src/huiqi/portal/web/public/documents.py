"""The library: documents as issued, their clauses, and what carries each clause out."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from huiqi.portal.base import rules, search
from huiqi.portal.base.access import actor_of, anyone
from huiqi.portal.base.enums import Role
from huiqi.portal.policies import indexing, lineage, queries
from huiqi.portal.policies.finding import marked
from huiqi.portal.policies.models import Clause, Document
from huiqi.portal.policies.printed import carried
from huiqi.portal.policies.structure import Item, kept
from huiqi.portal.web.listing import Filters, listing
from huiqi.portal.web.public.choices import RegionField

PER_PAGE = 20


class DocumentFilters(Filters):
    """By words, the region it applies in, the year and the issuer."""

    q = forms.CharField(label="标题、文号或正文", max_length=60)
    region = RegionField(label="适用于")
    year = forms.TypedChoiceField(label="成文年份", coerce=int, empty_value=None)
    issuer = forms.ChoiceField(label="发文机关")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = queries.documents().dates("issued_on", "year", order="DESC")
        self.fields["year"].choices = [("", "全部年份")] + [  # type: ignore[attr-defined]
            (str(day.year), f"{day.year}年") for day in years
        ]
        self.fields["issuer"].choices = [("", "全部机关")] + [  # type: ignore[attr-defined]
            (name, name) for name in queries.issuers()
        ]

    def narrow(self, rows: QuerySet[Document], values: Mapping[str, Any]) -> QuerySet[Document]:
        if values["q"]:
            found = Q(pk__in=search.matching(indexing.DOCUMENT, values["q"]))
            rows = rows.filter(found | Q(number__contains=values["q"].strip()))
        if values["region"]:
            codes = queries.applies_in(values["region"], rules.library())
            rows = rows.filter(region__in=codes)
        if values["year"]:
            rows = rows.filter(issued_on__year=values["year"])
        if values["issuer"]:
            rows = rows.filter(issued_by__contains=f"、{values['issuer']}、")
        return rows


@anyone
def documents(request: HttpRequest) -> HttpResponse:
    """All documents, newest first."""
    listed = listing(
        request,
        queries.documents().defer("text", "reading"),
        DocumentFilters,
        sorts={"issued": ("issued_on", "-slug"), "number": ("number",), "title": ("title",)},
        default_sort="-issued",
        per_page=PER_PAGE,
    )
    chosen = listed.form.cleaned_data.get("region") if listed.form else ""
    supports = queries.counts_of_supports([row.slug for row in listed.rows])
    return render(
        request,
        "web/public/documents.html",
        {
            "listing": listed,
            "rows": [(row, supports.get(row.slug, 0)) for row in listed.rows],
            "region": chosen,
        },
    )


@anyone
def document(request: HttpRequest, slug: str) -> HttpResponse:
    """One document: contents, clauses with what carries them out, targets, supports, relatives."""
    row = _document(slug)
    library = rules.library()
    policy = library.by_id.get(slug)
    carries = carried(policy)
    clauses = [(clause, carries.get(clause.name)) for clause in row.clauses.all()]
    return render(
        request,
        "web/public/document.html",
        {
            "document": row,
            "policy": policy,
            "sections": _sections(clauses),
            "targets": [
                (clause, line) for clause, held in clauses if held for line in held.targets
            ],
            "supports": queries.supports().filter(release__slug=slug).order_by("id"),
            "read": _read(row) if policy is None else None,
            "may_draft": policy is None and row.has_text and actor_of(request).has(Role.AUTHOR),
            "relatives": _relatives(slug),
            "release": queries.in_force().filter(slug=slug).defer("files").first(),
            "follows": queries.follows(actor_of(request).user, slug=slug),
        },
    )


@anyone
def clause(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One clause: its words where they were imported, its units, what carries it out."""
    row = _document(slug)
    found = get_object_or_404(Clause, document=row, name=name)
    policy = rules.library().by_id.get(slug)
    held = carried(policy).get(name)
    keys = [support.key for support in held.supports] if held else []
    near = list(row.clauses.filter(order__in=[found.order - 1, found.order + 1]))
    return render(
        request,
        "web/public/clause.html",
        {
            "document": row,
            "clause": found,
            "words": [
                marked(line, request.GET.get("q", ""))
                for line in found.text.splitlines()
                if line.strip()
            ],
            "held": held,
            "supports": queries.supports().filter(key__in=keys).order_by("id"),
            "read": _read(row, name) if policy is None else None,
            "before": next((item for item in near if item.order < found.order), None),
            "after": next((item for item in near if item.order > found.order), None),
            "above": _above(slug, name),
        },
    )


def _read(row: Document, clause: str | None = None) -> dict[str, list[Item]]:
    """What a person confirmed of the text of a document that no rules were made of yet."""
    return {part: kept(row.reading, part, clause) for part in ("targets", "supports")}


def _document(slug: str) -> Document:
    found = queries.documents().filter(slug=slug).first()
    if found is None:
        raise Http404("政策库里没有这份文件")
    return found


def _sections(clauses: list[tuple[Clause, Any]]) -> list[tuple[str, list[tuple[Clause, Any]]]]:
    """Clauses under the headings they stand below, in order."""
    out: list[tuple[str, list[tuple[Clause, Any]]]] = []
    for clause, held in clauses:
        if not out or out[-1][0] != clause.section:
            out.append((clause.section, []))
        out[-1][1].append((clause, held))
    return out


def _relatives(slug: str) -> dict[str, list[tuple[Any, bool]]]:
    """Documents above and below it among those in force; whether the ground is written."""
    library = rules.library()
    pairs = lineage.edges(library)
    return {
        "above": [(library.by_id[e.upper], e.named) for e in pairs if e.lower == slug],
        "below": [(library.by_id[e.lower], e.named) for e in pairs if e.upper == slug],
    }


def _above(slug: str, name: str) -> list[tuple[str, Any, Any]]:
    """Clauses of documents that name each other which this one carries out, or which carry it out."""
    library = rules.library()
    out = []
    for edge in lineage.edges(library):
        if not edge.named or slug not in (edge.upper, edge.lower):
            continue
        made = lineage.between(edge.upper, edge.lower)
        for link in made.links if made else ():
            if link.carries and slug == edge.lower and link.below == name:
                out.append(("承接", library.by_id[edge.upper], link.above))
            if link.carries and slug == edge.upper and link.above == name:
                out.append(("由它承接", library.by_id[edge.lower], link.below))
    return [(word, policy, policy.by_clause.get(id_)) for word, policy, id_ in out]


urlpatterns = [
    path("documents/", documents, name="documents"),
    path("documents/<slug:slug>/", document, name="document"),
    path("documents/<slug:slug>/clauses/<str:name>/", clause, name="clause"),
]
