"""Lists that are filtered, sorted, paged and exported in the database.

    class EnterpriseFilters(Filters):
        words = forms.CharField(label="名称或代码", required=False)

        def narrow(self, rows, values):
            return rows.filter(name__contains=values["words"]) if values["words"] else rows

    @allow(*STAFF_ROLES)
    def enterprises(request):
        listed = listing(request, queries.enterprises(actor), EnterpriseFilters,
                         sorts={"name": ("name",), "founded": ("founded_on",)}, default_sort="name",
                         export=Export("企业", COLUMNS, act="registry.export"))
        if listed.download:
            return listed.download
        return render(request, "…", {"listing": listed})

A list costs two queries: the keys of all rows that can be paged, in order, and the rows of the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.db.models import F, Model, OrderBy, QuerySet
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from huiqi.portal.base import audit
from huiqi.portal.base.access import actor_of
from huiqi.portal.base.counting import MOST, counted, exceeds
from huiqi.portal.web import exporting
from huiqi.portal.web.exporting import Export
from huiqi.portal.web.numbers import whole

Row = TypeVar("Row", bound=Model)
Shown = TypeVar("Shown")


class Filters(forms.Form):
    """The filter form of a list. A field that cannot be read is left out, with its error beside it."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        """The rows that match. ``values`` has every field; None or empty where nothing is asked."""
        return rows


@dataclass(frozen=True, slots=True)
class Listing(Generic[Shown]):
    """One page of a list, as `parts/pager.html`, `parts/filters.html` and `sort_head` show it."""

    rows: Sequence[Shown]
    form: Filters | None
    sort: str
    sort_given: bool
    number: int
    pages: int
    count: int
    is_cut: bool
    is_filtered: bool
    can_export: bool
    most: int = MOST
    download: HttpResponseBase | None = None

    @property
    def count_text(self) -> str:
        return f"超过{self.most:,}条" if self.is_cut else f"共{self.count:,}条"

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None

    @property
    def near_pages(self) -> list[int | None]:
        """The first, the last and those around the present one; None where some are left out."""
        shown = {1, self.pages, *range(self.number - 1, self.number + 2)}
        out: list[int | None] = []
        for number in sorted(number for number in shown if 1 <= number <= self.pages):
            if out and out[-1] is not None and number > out[-1] + 1:
                out.append(None)
            out.append(number)
        return out


def listing(
    request: HttpRequest,
    rows: QuerySet[Row],
    form_class: type[Filters] | None = None,
    *,
    sorts: Mapping[str, Sequence[str]] | None = None,
    default_sort: str = "",
    per_page: int = 30,
    export: Export | None = None,
    form_options: Mapping[str, Any] | None = None,
) -> Listing[Row]:
    """The page of ``rows`` that the address asks for.

    ``sorts`` maps a name in the address to the fields it orders by; ``-name`` is the other way round.
    With ``?format=xlsx`` and an ``export`` the answer stands in ``download``: the whole filtered list,
    written to the audit, or a way back with advice where it is too long.
    """
    form, narrowed, is_filtered = _filtered(request.GET, rows, form_class, form_options or {})
    sort = _sort(request.GET.get("sort", ""), sorts or {}, default_sort)
    ordered = _ordered(narrowed, sort, sorts or {})
    asked_file = export is not None and request.GET.get("format") == "xlsx"
    found = counted(ordered)
    pages = max(1, -(-found.count // per_page))
    number = min(max(1, whole(request.GET.get("page", "")) or 1), pages)
    first = (number - 1) * per_page
    return Listing(
        rows=[] if asked_file else found.part(first, min(first + per_page, MOST)),
        form=form,
        sort=sort,
        sort_given="sort" in request.GET and sort != default_sort,
        number=number,
        pages=pages,
        count=found.count,
        is_cut=found.is_cut,
        is_filtered=is_filtered,
        can_export=export is not None and found.count > 0,
        download=_file(request, ordered, export) if export and asked_file else None,
    )


def _filtered(
    asked: QueryDict,
    rows: QuerySet[Row],
    form_class: type[Filters] | None,
    options: Mapping[str, Any],
) -> tuple[Filters | None, QuerySet[Row], bool]:
    if form_class is None:
        return None, rows, False
    named = form_class.base_fields.keys()
    given = {name for name in named if any(asked.getlist(name))}
    data = asked.copy()
    if not any(name in asked for name in named):
        # Nothing was asked yet: what a form begins with counts.
        for name, field in form_class.base_fields.items():
            if field.initial is not None:
                data[name] = field.initial
    form = form_class(data, **options)
    form.is_valid()
    values = {name: form.cleaned_data.get(name) for name in form.fields}
    return form, form.narrow(rows, values), bool(given)


def _sort(asked: str, sorts: Mapping[str, Sequence[str]], default: str) -> str:
    return asked if asked.removeprefix("-") in sorts else default


def _ordered(rows: QuerySet[Row], sort: str, sorts: Mapping[str, Sequence[str]]) -> QuerySet[Row]:
    fields = sorts.get(sort.removeprefix("-"))
    if not fields:
        return rows if rows.ordered else rows.order_by("pk")
    turned = [_turned(field) for field in fields] if sort.startswith("-") else list(fields)
    placed = [_unknown_below(rows, field) for field in turned]
    if any(getattr(_column(rows, field), "unique", False) for field in turned):
        return rows.order_by(*placed)
    # Rows that are equal keep one order, or some would stand on two pages and others on none. It is that
    # of the index, or from its end where it holds the largest first and the smallest are asked for.
    first = placed[0]
    from_end = first.startswith("-") if isinstance(first, str) else not first.descending
    return rows.order_by(*placed, "-pk" if from_end else "pk")


def _unknown_below(rows: QuerySet[Row], field: str) -> str | OrderBy:
    """What is unknown stands below everything, in PostgreSQL too: largest first means known first."""
    if not getattr(_column(rows, field), "null", False):
        return field
    name = field.removeprefix("-")
    return F(name).asc(nulls_first=True) if name == field else F(name).desc(nulls_last=True)


def _column(rows: QuerySet[Row], field: str) -> Any:
    """The column of the model; None for those of other tables and for what the query made."""
    name = field.removeprefix("-")
    if "__" in name or name in rows.query.annotations:
        return None
    return rows.model._meta.get_field(name)


def _turned(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _file(request: HttpRequest, rows: QuerySet[Row], export: Export) -> HttpResponseBase:
    if exceeds(rows, export.most):
        messages.error(request, f"超过{export.most:,}行，一次导不出来。请加筛选条件后再导出。")
        back = request.GET.copy()
        back.pop("format")
        return redirect(f"{request.path}?{back.urlencode()}")
    now = timezone.now()
    written: list[int] = []
    response = exporting.download(
        f"{export.name}-{timezone.localtime(now):%Y%m%d}.xlsx",
        lambda file: written.append(exporting.write(file, export, rows.iterator(chunk_size=2000))),
    )
    audit.record(
        export.act,
        at=now,
        actor=actor_of(request),
        subject=export.name,
        rows=written[0],
        filters={name: values for name, values in request.GET.lists() if name != "format"},
    )
    return response
