"""Import of sheets into the registry: upload, match the headings, watch it run, put right what was refused."""

import re
from collections.abc import Mapping as SheetHeadings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor, actor_of, allow
from huiqi.portal.base.contents import SHEETS, accept
from huiqi.portal.base.enums import Role
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.registry import importing, queries
from huiqi.portal.registry.columns import ENTERPRISE
from huiqi.portal.registry.enums import BatchState
from huiqi.portal.registry.models import BadRow, Batch, Mapping
from huiqi.portal.web import exporting
from huiqi.portal.web.acting import done
from huiqi.portal.web.listing import listing
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import Table
from huiqi.rulebook.problems import nearest
from huiqi.rulebook.tables.single import Heading

WRITERS = (Role.OFFICER, Role.REGISTRAR)
MONEY_UNITS = ("元", "万元", "亿元")
BRACKETS = re.compile(r"[（(]([^（()）]*)[)）]")
Told = SheetHeadings[str, str]
COLUMN = "column:"
"""Before a heading in the names of the form's controls."""


class UploadForm(forms.Form):
    """A file, what it holds, who says so, up to which day."""

    table = forms.ChoiceField(label="导入到哪张表")
    source = forms.ChoiceField(label="数据来源", help_text="掌握这些数据的登记部门")
    as_of = forms.DateField(
        label="数据截至",
        widget=forms.DateInput(attrs={"type": "date", "class": "is-short"}),
        help_text="表里是哪一天的情况",
    )
    file = forms.FileField(
        label="文件",
        help_text="XLSX、XLS 或 CSV，第一行是表头",
        widget=forms.ClearableFileInput(attrs={"accept": accept(SHEETS)}),
    )

    def __init__(self, *args: Any, actor: Actor, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vocabulary = library().vocabulary
        sources = importing.sources(actor, vocabulary)
        own = [name for name in (actor.unit.sources if actor.unit else []) if name in sources]
        table, source = self.fields["table"], self.fields["source"]
        assert isinstance(table, forms.ChoiceField)
        assert isinstance(source, forms.ChoiceField)
        table.choices = [(name, name) for name in importing.importable(vocabulary)]
        source.choices = [(name, name) for name in sources]
        source.initial = own[0] if own else None
        table.initial, self.fields["as_of"].initial = ENTERPRISE, on


@allow(*WRITERS)
def imports(request: HttpRequest) -> HttpResponseBase:
    """The imports of the actor's unit, and the form for a new one."""
    actor, now = actor_of(request), timezone.now()
    form = UploadForm(
        request.POST or None, request.FILES or None, actor=actor, on=timezone.localdate(now)
    )
    made: list[Batch] = []

    def keep(given: SheetHeadings[str, Any]) -> None:
        made.append(
            importing.upload(
                given["file"], given["table"], source=given["source"], as_of=given["as_of"],
                by=actor, at=now,
            )
        )  # fmt: skip

    if request.method == "POST" and done(form, keep, at="file"):
        return redirect("web:import", made[0].pk)
    found = listing(
        request, queries.batches(actor).select_related("file", "made_by", "job").order_by("-pk")
    )
    return render(
        request,
        "web/officer/imports.html",
        {"form": form, "listing": found, "tables": importing.importable(library().vocabulary)},
    )


@allow(*WRITERS)
def import_template(request: HttpRequest, table: str) -> HttpResponseBase:
    """The workbook to fill in."""
    try:
        content = importing.empty_workbook(table)
    except Refused as refused:
        raise Http404(str(refused)) from None
    return exporting.download(f"{table}-模板.xlsx", lambda file: file.write(content))


@allow(*WRITERS)
def import_batch(request: HttpRequest, number: int) -> HttpResponseBase:
    """One import: its headings before it begins, its progress while it runs, what came of it after."""
    batch = _batch(request, number)
    if batch.state == BatchState.UPLOADED:
        return _headings(request, batch)
    bad = listing(request, BadRow.objects.filter(batch=batch).order_by("pk"), per_page=50)
    return render(
        request,
        "web/officer/import_result.html",
        {
            "batch": batch,
            "listing": bad,
            "has_file": importing.problems_file(batch) is not None,
            "can_retry": batch.standing == BatchState.FAILED,
        },
    )


@allow(*WRITERS)
def import_again(request: HttpRequest, number: int) -> HttpResponseBase:
    """The headings of an import that failed, to begin it anew."""
    batch = _batch(request, number)
    if batch.standing not in (BatchState.UPLOADED, BatchState.FAILED):
        return redirect("web:import", number)
    return _headings(request, batch)


def _headings(request: HttpRequest, batch: Batch) -> HttpResponseBase:
    actor = actor_of(request)
    saved = list(importing.mappings(actor, batch.table)[:20])
    refused: Refused | None = None
    if request.method == "POST":
        chosen = {
            name.removeprefix(COLUMN): str(value)
            for name, value in request.POST.items()
            if name.startswith(COLUMN)
        }
        try:
            importing.start(
                batch, chosen, by=actor, at=timezone.now(),
                save_as=request.POST.get("save_as", "").strip(),
            )  # fmt: skip
        except Refused as found:
            refused = found
            batch.columns = chosen
        else:
            return redirect("web:import", batch.pk)
    mapping = _mapping(request, saved)
    proposal = importing.propose(batch, mapping)
    table = importing.declared(batch.table, library().vocabulary)
    options = choices(table)
    told = batch.columns or (mapping.columns if mapping else {})
    return render(
        request,
        "web/officer/import_headings.html",
        {
            "batch": batch,
            # A heading that means nothing is said in its own row.
            "problems": [
                one
                for one in proposal.problems
                if one.code != "unknown-column" and (refused is None or one.message != refused.what)
            ],
            "rows": [_row(one, table, options, told) for one in proposal.headings],
            "options": options,
            "saved": saved,
            "refused": refused,
            "earlier": importing.earlier(batch),
        },
    )


@dataclass(frozen=True, slots=True)
class HeadingRow:
    """A heading, the choice it is taken for, and whether that is a guess to be checked."""

    heading: Heading
    value: str
    is_guess: bool


def _row(
    heading: Heading, table: Table, options: Sequence[tuple[str, str]], told: Told
) -> HeadingRow:
    chosen = told.get(heading.text)
    if chosen is not None and chosen in {"", *(name for name, _ in options)}:
        # What a person chose stays, also where it was refused and so means nothing.
        return HeadingRow(heading, chosen, False)
    value = value_of(heading, table)
    if value:
        return HeadingRow(heading, value, False)
    guess = guessed(heading.text, [name for name, _ in options])
    return HeadingRow(heading, guess, bool(guess))


def guessed(heading: str, names: Sequence[str]) -> str:
    """The name that a heading nearly is, with its unit where it bears one: a name it contains or is
    contained in, else one that is spelled alike. Empty where none is near."""
    bare, unit = BRACKETS.sub("", heading).strip(), "".join(BRACKETS.findall(heading)[:1])
    plain = [name for name in names if not BRACKETS.search(name)]
    inside = [name for name in plain if len(bare) > 1 and (bare in name or name in bare)]
    alike = nearest(bare, plain, 1)
    found = max(inside, key=len) if inside else (alike[0] if alike else "")
    with_unit = f"{found}（{unit}）"
    return with_unit if with_unit in names else found


def _mapping(request: HttpRequest, saved: list[Mapping]) -> Mapping | None:
    asked = request.GET.get("mapping", "")
    return next((one for one in saved if str(one.pk) == asked), None)


def choices(table: Table) -> list[tuple[str, str]]:
    """What a heading may mean: the key, links, facts; amounts once for each unit they may be in."""
    names = [table.key, *(link for link in table.links if link != table.owner)]
    if table.owner:
        names.insert(0, table.owner)
    out = [(name, name) for name in dict.fromkeys(names) if name]
    for spec in table.facts.values():
        if spec.definition is not None and not spec.question:
            continue
        out.append((spec.name, spec.name))
        if spec.type.kind is Kind.MONEY:
            out[-1] = (spec.name, f"{spec.name}（内容里写明单位）")
            out.extend((f"{spec.name}（{unit}）", f"{spec.name}（{unit}）") for unit in MONEY_UNITS)
        elif spec.type.kind is Kind.RATE:
            out.append((f"{spec.name}（%）", f"{spec.name}（%）"))
    return out


def value_of(heading: Heading, table: Table) -> str:
    """The choice that a heading is taken for."""
    spec = table.facts.get(heading.meaning)
    has_unit = spec is not None and spec.type.kind in (Kind.MONEY, Kind.RATE) and heading.unit
    return f"{heading.meaning}（{heading.unit}）" if has_unit else heading.meaning


@allow(*WRITERS)
@require_POST
def import_discard(request: HttpRequest, number: int) -> HttpResponse:
    """An upload that is not wanted."""
    batch = _batch(request, number)
    try:
        importing.discard(batch, by=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("web:import", number)
    messages.success(request, "已删除这次上传，登记库没有变化。")
    return redirect("web:imports")


@allow(*WRITERS)
def import_problems(request: HttpRequest, number: int) -> HttpResponseBase:
    """Every refused place of a file, as a file."""
    batch = _batch(request, number)
    found = importing.problems_file(batch)
    if found is None:
        raise Http404("这次导入没有问题清单")
    audit.record(
        "registry.problems", at=timezone.now(), actor=actor_of(request), subject=f"导入{batch.pk}"
    )
    response = FileResponse(
        found.open("rb"), as_attachment=True, filename=f"导入{batch.pk}-问题清单.csv"
    )
    response["Content-Type"] = "text/csv; charset=utf-8"
    return response


def _batch(request: HttpRequest, number: int) -> Batch:
    found = (
        queries.batches(actor_of(request))
        .select_related("file", "job", "made_by", "unit")
        .filter(pk=number)
        .first()
    )
    if found is None:
        raise Http404("没有这次导入，或它属于别的单位")
    return found


urlpatterns = [
    path("office/imports/", imports, name="imports"),
    path("office/imports/template/<str:table>/", import_template, name="import_template"),
    path("office/imports/<int:number>/", import_batch, name="import"),
    path("office/imports/<int:number>/again/", import_again, name="import_again"),
    path("office/imports/<int:number>/discard/", import_discard, name="import_discard"),
    path("office/imports/<int:number>/problems.csv", import_problems, name="import_problems"),
]
