"""Search over the full text of documents, clauses and supports, with the hits marked."""

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from huiqi.portal.base import search as index
from huiqi.portal.base.access import anyone
from huiqi.portal.policies import indexing, queries
from huiqi.portal.policies.finding import excerpt, marked
from huiqi.portal.policies.models import Clause, Document, SupportEntry
from huiqi.portal.web.listing import listing

PER_PAGE = 20
KINDS = {"supports": "支持", "clauses": "条款", "documents": "文件"}


class SearchForm(forms.Form):
    """The words asked for."""

    q = forms.CharField(
        label="搜索政策",
        max_length=index.LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "如：高新技术企业 奖励"}),
    )


@anyone
def search(request: HttpRequest) -> HttpResponse:
    """What was found, one kind at a time: the first kind with a hit unless another is asked for."""
    words = request.GET.get("q", "").strip()[: index.LONGEST]
    found = {name: _found(name, words) for name in KINDS}
    counts = {name: rows.order_by().count() if words else 0 for name, rows in found.items()}
    asked = request.GET.get("in", "")
    kind = asked if asked in KINDS else next((n for n, many in counts.items() if many), "supports")
    listed = listing(request, found[kind], per_page=PER_PAGE) if words else None
    return render(
        request,
        "web/public/search.html",
        {
            "form": SearchForm({"q": words}),
            "words": words,
            "kind": kind,
            "total": sum(counts.values()),
            "tabs": [(name, title, counts[name]) for name, title in KINDS.items()],
            "listing": listed,
            "lines": [_line(row, words) for row in listed.rows] if listed else [],
        },
    )


def _found(kind: str, words: str) -> QuerySet[Model]:
    rows: QuerySet[Model]
    if kind == "documents":
        name, rows = indexing.DOCUMENT, queries.documents().defer("reading")
        order = ["-issued_on", "pk"]
    elif kind == "clauses":
        name, rows = (
            indexing.CLAUSE,
            queries.clauses()
            .select_related("document")
            .defer("document__text", "document__reading"),
        )
        order = ["-document__issued_on", "document_id", "order"]
    else:
        name, rows = (
            indexing.SUPPORT,
            queries.supports().select_related("release").defer("release__files"),
        )
        order = ["region", "name"]
    return rows.filter(pk__in=index.matching(name, words)).order_by(*order)


def _line(row: Model, words: str) -> dict[str, object]:
    """A hit as the page shows it: its row, its title and a stretch of its words."""
    title, text = "", ""
    if isinstance(row, Document):
        title, text = row.title, row.text
    elif isinstance(row, Clause):
        title, text = row.heading or row.name, row.text or "、".join(row.units)
    elif isinstance(row, SupportEntry):
        parts = (row.amount_text, row.summary, "、".join(row.units))
        title, text = row.name, "　".join(part for part in parts if part)
    return {"row": row, "title": marked(title, words), "words": excerpt(text, words)}


urlpatterns = [path("search/", search, name="search")]
