"""Import of official documents: upload, review on two sides, correct in place, confirm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import files
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import importing, queries
from huiqi.portal.policies.importing import Changed, Unreadable
from huiqi.portal.policies.marking import blocks, spans_of
from huiqi.portal.policies.models import Document
from huiqi.portal.policies.structure import COMPARATORS, Item, blank, get_item, seal
from huiqi.portal.web.acting import DayInput, done
from huiqi.portal.web.listing import listing
from huiqi.portal.web.numbers import whole
from huiqi.portal.web.public.choices import RegionField

ACCEPT = ".txt,.docx,.pdf,.html,.htm"
MANY = forms.Textarea(attrs={"rows": 2})


class UploadForm(forms.Form):
    """One document."""

    file = forms.FileField(
        label="文件",
        help_text="TXT、DOCX、PDF 或 HTML。旧版 .doc 请先另存为 .docx，扫描件请先识别成文字。",
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
    )


class DocumentForm(forms.Form):
    """What the paper says of itself."""

    title = forms.CharField(label="标题", max_length=200)
    number = forms.CharField(label="文号", max_length=60, required=False)
    issuers = forms.CharField(label="发文机关", help_text="几个机关用、隔开", required=False)
    region = RegionField(label="适用地区", required=False, empty="（不详）")
    issued_on = forms.CharField(label="成文日期", required=False, widget=DayInput)
    until = forms.CharField(
        label="失效日期", required=False, widget=DayInput, help_text="没有写就空着"
    )
    field_order = ("title", "number", "issuers", "region", "issued_on", "from", "until")


# A word of Python cannot name it in the class.
DocumentForm.base_fields["from"] = forms.CharField(
    label="施行日期", required=False, widget=DayInput, help_text="没有写就空着"
)


class ClauseForm(forms.Form):
    """One clause."""

    heading = forms.CharField(label="标题", max_length=200, required=False)
    units = forms.CharField(
        label="责任单位", widget=MANY, required=False, help_text="几个单位用、隔开"
    )
    lead = forms.CharField(label="牵头单位", max_length=120, required=False)


class PlacedForm(forms.Form):
    """What stands in a clause, and may be taken off the list."""

    clause = forms.ChoiceField(label="条款", required=False)
    dropped = forms.BooleanField(label="读错了，不要这一项", required=False)

    def __init__(self, *args: Any, clauses: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clause"].choices = [("", "（不属于哪一条）"), *clauses]  # type: ignore[attr-defined]


class TargetForm(PlacedForm):
    """One target."""

    indicator = forms.CharField(label="指标", max_length=200, widget=MANY)
    comparator = forms.ChoiceField(
        label="比较", choices=[(word, word) for word in COMPARATORS.values()]
    )
    value = forms.CharField(label="数值", max_length=60)
    unit = forms.CharField(label="单位", max_length=20, required=False)
    deadline = forms.CharField(label="期限", max_length=60, required=False)
    field_order = ("indicator", "comparator", "value", "unit", "deadline", "clause", "dropped")


class SupportForm(PlacedForm):
    """One support."""

    beneficiary = forms.CharField(label="给谁", max_length=200, widget=MANY)
    event = forms.CharField(label="因为什么", max_length=200, required=False)
    amount = forms.CharField(label="给多少", max_length=400, widget=MANY, required=False)
    payer = forms.CharField(label="谁出钱", max_length=200, required=False)
    period = forms.CharField(label="期间", max_length=200, required=False)
    field_order = ("beneficiary", "event", "amount", "payer", "period", "clause", "dropped")


FORMS: dict[str, type[forms.Form]] = {
    "document": DocumentForm,
    "clauses": ClauseForm,
    "targets": TargetForm,
    "supports": SupportForm,
}
NAMES = {"document": "文件信息", "clauses": "条款", "targets": "目标", "supports": "支持"}


@dataclass(frozen=True)
class Shown:
    """One item as the page shows it: its words, or a form in their place."""

    pk: int
    part: str
    index: int
    item: Item
    form: forms.Form | None = None
    refused: str = ""
    is_new: bool = False

    @property
    def anchor(self) -> str:
        return f"{self.part}-{self.index}"

    @property
    def seal(self) -> str:
        return "" if self.is_new else seal(self.item)

    @property
    def url(self) -> str:
        return reverse("web:policy_import_item", args=[self.pk, self.part, self.index])

    @property
    def name(self) -> str:
        return NAMES[self.part]

    @property
    def in_text(self) -> bool:
        return int(self.item.get("start", -1)) >= 0


@allow(Role.AUTHOR)
def imports(request: HttpRequest) -> HttpResponse:
    """Documents that wait for review; a form to upload another."""
    form = UploadForm()
    problems: list[Any] = []
    made: list[Document] = []

    def keep(given: Mapping[str, Any]) -> None:
        try:
            upload = given["file"]
            made.append(importing.import_document(upload, by=actor_of(request), at=timezone.now()))
        except Unreadable as refused:
            problems.extend(refused.problems)

    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if done(form, keep, at="file") and made:
            return redirect("web:policy_import", made[0].pk)
    waiting = queries.imports().select_related("imported_by").defer("text")
    listed = listing(
        request,
        waiting,
        sorts={"at": ("imported_at",), "title": ("title",)},
        default_sort="-at",
    )
    return render(
        request,
        "web/author/imports.html",
        {"form": form, "problems": problems, "listing": listed},
        status=422 if problems or form.errors else 200,
    )


@allow(Role.AUTHOR)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """The document left, what was read of it right."""
    return _page(request, _waiting(pk))


@allow(Role.AUTHOR)
def item(request: HttpRequest, pk: int, part: str, index: int) -> HttpResponse:
    """One item: its form (GET), its words (GET ?show=1), or the correction (POST)."""
    document = _waiting(pk)
    if part not in FORMS:
        raise Http404
    if request.method == "POST":
        return _correct(request, document, part, index)
    found, is_new = _item(document, part, index, request.GET.get("clause", ""))
    wants_form = request.GET.get("show") != "1"
    form = _form(document, part, index, initial=_initial(found)) if wants_form else None
    shown = Shown(document.pk, part, index, found, form, is_new=is_new)
    if _is_htmx(request):
        return render(request, "web/author/parts/read_item.html", {"shown": shown})
    return _page(request, document, shown)


def _correct(request: HttpRequest, document: Document, part: str, index: int) -> HttpResponse:
    values = {name: request.POST[name] for name in FORMS[part].base_fields if name in request.POST}
    if "dropped" in FORMS[part].base_fields:
        values["dropped"] = "1" if request.POST.get("dropped") else "0"
    seen = request.POST.get("seen", "")
    found, is_new = _item(document, part, index, request.POST.get("clause", ""))
    try:
        document, saved = importing.correct(
            document, part, index, values, seen=seen, by=actor_of(request), at=timezone.now()
        )
    except Changed as refused:
        present = refused.present or found
        form = _form(document, part, index, initial=_initial(present))
        shown = Shown(document.pk, part, index, present, form, str(refused))
        return _answer(request, document, shown, 409)
    except Refused as refused:
        form = _form(document, part, index, data=request.POST)
        form.is_valid()
        if refused.field in form.fields:
            form.add_error(refused.field, str(refused))
            shown = Shown(document.pk, part, index, found, form, is_new=is_new)
        else:
            shown = Shown(document.pk, part, index, found, form, str(refused), is_new)
        return _answer(request, document, shown, 422)
    if is_new and _is_htmx(request):
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    return _answer(request, document, Shown(document.pk, part, index, saved), 200)


def _answer(request: HttpRequest, document: Document, shown: Shown, status: int) -> HttpResponse:
    """Only the item for htmx, which swaps good answers only; else the page, or the way back to it."""
    if _is_htmx(request):
        context = {"shown": shown, "document": document, "renews": True}
        return render(request, "web/author/parts/read_item.html", context)
    if status == 200:
        back = reverse("web:policy_import", args=[document.pk])
        return redirect(f"{back}#{shown.anchor}")
    return _page(request, document, shown, status)


@allow(Role.AUTHOR)
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Puts the document into the library."""
    document = _waiting(pk)
    try:
        made = importing.confirm_document(
            document,
            version=whole(request.POST.get("version", "")) or 0,
            by=actor_of(request),
            at=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("web:policy_import", pk)
    messages.success(request, f"《{made.title}》已进入政策库")
    return redirect("web:document", made.slug)


@allow(Role.AUTHOR)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throws the reading away."""
    document = _waiting(pk)
    try:
        importing.discard(document, by=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"已撤销《{document.title}》的导入")
    return redirect("web:policy_imports")


@allow(Role.AUTHOR)
def original(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The uploaded file, as a download."""
    document = _waiting(pk)
    if document.file is None:
        raise Http404
    return files.download(document.file)


# -------------------------------------------------------------------- the page


def _waiting(pk: int) -> Document:
    return get_object_or_404(queries.imports().select_related("file"), pk=pk)


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _item(document: Document, part: str, index: int, clause: str) -> tuple[Item, bool]:
    """The item, or a blank one where the index is one past the end."""
    found = get_item(document.reading, part, index)
    if found is not None:
        return found, False
    if part in ("targets", "supports") and index == len(document.reading[part]):
        return blank(part, clause), True
    raise Http404


def _initial(item: Item) -> dict[str, Any]:
    return {
        name: "、".join(value) if isinstance(value, list) else value for name, value in item.items()
    }


def _form(document: Document, part: str, index: int, **options: Any) -> forms.Form:
    options["auto_id"] = f"{part}-{index}-%s"
    if part in ("targets", "supports"):
        options["clauses"] = [
            (item["name"], f"{item['number']} {item['heading']}"[:40])
            for item in document.reading["clauses"]
        ]
    return FORMS[part](**options)


def _page(
    request: HttpRequest, document: Document, edited: Shown | None = None, status: int = 200
) -> HttpResponse:
    made = document.reading
    shown = {
        part: [
            edited
            if edited and (edited.part, edited.index) == (part, index)
            else Shown(document.pk, part, index, item)
            for index, item in enumerate(made[part])
        ]
        for part in ("clauses", "targets", "supports")
    }
    known = {item["name"] for item in made["clauses"]}
    by_clause = {
        name: {
            part: [one for one in shown[part] if one.item["clause"] == name]
            for part in ("targets", "supports")
        }
        for name in known
    }
    head = (
        edited
        if edited and edited.part == "document"
        else Shown(document.pk, "document", 0, made["document"])
    )
    return render(
        request,
        "web/author/import.html",
        {
            "document": document,
            "head": head,
            "blocks": _blocks(document),
            "clauses": [(one, by_clause[one.item["name"]]) for one in shown["clauses"]],
            "loose": [
                one
                for part in ("targets", "supports")
                for one in shown[part]
                if one.item["clause"] not in known
            ],
            "added": edited if edited and edited.is_new else None,
            "next_target": len(made["targets"]),
            "next_support": len(made["supports"]),
            "left": [
                (" ".join(document.text[start:end].split()), why)
                for start, end, why in made["left"]
            ],
            "share": made["share"],
            "joins": importing.home_of(document),
        },
        status=status,
    )


def _blocks(document: Document) -> list[tuple[int | None, Any]]:
    """The text by clause, with the place of the clause on the other side."""
    places = {item["name"]: index for index, item in enumerate(document.reading["clauses"])}
    made = blocks(document.text, document.reading["clauses"], spans_of(document.reading))
    return [(places.get(block.name) if block.name else None, block) for block in made]


urlpatterns = [
    path("author/imports/", imports, name="policy_imports"),
    path("author/imports/<int:pk>/", review, name="policy_import"),
    path("author/imports/<int:pk>/<str:part>/<int:index>/", item, name="policy_import_item"),
    path("author/imports/<int:pk>/confirm/", confirm, name="policy_import_confirm"),
    path("author/imports/<int:pk>/discard/", discard, name="policy_import_discard"),
    path("author/imports/<int:pk>/file/", original, name="policy_import_file"),
]
