"""政策找企业: the last run, who is entitled and has not come, gaps and near misses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor, actor_of, allow
from huiqi.portal.base.enums import JobState, Role
from huiqi.portal.base.models import Job
from huiqi.portal.base.rules import library
from huiqi.portal.matching import actions, queries
from huiqi.portal.matching.enums import AnswerKind
from huiqi.portal.matching.models import Run
from huiqi.portal.matching.queries import INDUSTRY, REGION, SIZE, GroupLine, SupportLine
from huiqi.portal.registry.models import Record
from huiqi.portal.web import charts, exporting
from huiqi.portal.web.acting import pressed
from huiqi.portal.web.exporting import Column, Export
from huiqi.portal.web.listing import Filters, listing
from huiqi.portal.web.templatetags.huiqi import industry, region, tidy
from huiqi.rulebook.language.literals import show_money
from huiqi.rulebook.library.policy import Form
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.reference.explaining import row_words

READERS = (Role.OFFICER, Role.LEADER, Role.AUTHOR)
MOST_BARS = 20


# -------------------------------------------------------------------- all supports


@dataclass(frozen=True, slots=True)
class Head:
    """A column of the table of supports that it can be sorted by."""

    name: str
    title: str
    value: Callable[[SupportLine], Any]


HEADS = (
    Head("yes", "应享未办", lambda line: line.yes),
    Head("judge", "需认定", lambda line: line.judge),
    Head("missing", "缺事实", lambda line: line.missing),
    Head("near", "差一步", lambda line: line.near),
    Head("money", "金额", lambda line: (line.low, line.high)),
)
LINES = Export(
    "政策找企业",
    (
        Column("政策", lambda one: one.policy_name, width=28),
        Column("支持", lambda one: one.name, width=40),
        Column("形式", lambda one: one.form),
        Column("应享未办（户项）", lambda one: one.yes, "number"),
        Column("需认定（户项）", lambda one: one.judge, "number"),
        Column("缺事实（户项）", lambda one: one.missing, "number"),
        Column("差一步（户项）", lambda one: one.near, "number"),
        Column("确定金额（元）", lambda one: one.low if one.is_counted else None, "fen", 20),
        Column("可能金额（元）", lambda one: one.high if one.is_counted else None, "fen", 20),
        Column("上限未知（户项）", lambda one: one.unbounded, "number"),
    ),
    act="matching.export",
)


class LineFilters(forms.Form):
    """By county, document and form."""

    use_required_attribute = False
    words = forms.CharField(
        label="支持名称", required=False, max_length=60,
        widget=forms.TextInput(attrs={"type": "search"}),
    )  # fmt: skip
    region = forms.ChoiceField(label="县（市、区）", required=False)
    policy = forms.ChoiceField(label="政策", required=False)
    form = forms.ChoiceField(
        label="形式",
        required=False,
        choices=[("", "全部"), *((str(one), str(one)) for one in Form)],
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = [(one.id, one.short) for one in library().policies]
        for name, choices in (("region", places), ("policy", policies)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "全部"), *choices]


@allow(*READERS)
def matching(request: HttpRequest) -> HttpResponseBase:
    """The last run and every support somebody is entitled to, waits for or is near to."""
    actor = actor_of(request)
    run, last = queries.current(), queries.latest()
    context: dict[str, Any] = {"run": run, "last": last, "job": _job(last), "tab": "supports"}
    if run is None:
        return render(request, "web/officer/matching.html", context)
    form = LineFilters(request.GET, places=queries.choices(actor, run)[REGION])
    values = form.cleaned_data if form.is_valid() else {}
    lines = _filtered(
        queries.support_lines(actor, run=run, region=values.get("region", "")), values
    )
    if request.GET.get("format") == "xlsx":
        return _lines_file(request, lines)
    sort = _sort(request.GET.get("sort", ""))
    head = next(one for one in HEADS if one.name == sort.removeprefix("-"))
    lines.sort(key=head.value, reverse=sort.startswith("-"))
    context |= {
        "listing": _Lines(form, sort, any(values.values()), bool(lines), "sort" in request.GET),
        "lines": [(line, *line.key.partition("/")[::2], money_words(line)) for line in lines],
        "heads": HEADS,
        "totals": _totals(run) if not queries.scope(actor) and not values.get("region") else [],
        "is_whole": not queries.scope(actor) and not values.get("region"),
        "place": values.get("region") or actor.region,
    }
    return render(request, "web/officer/matching.html", context)


@dataclass(frozen=True, slots=True)
class _Lines:
    """What `parts/filters.html` and `sort_head` read of a list that is short and needs no pages."""

    form: LineFilters
    sort: str
    is_filtered: bool
    can_export: bool
    sort_given: bool


def money_words(line: SupportLine, exact: bool = False) -> str:
    """From what is certain to what is possible, in short; rows without an upper bound make it 以上.

    Within a region it is not known how many those are: then certain may exceed what is counted as
    possible.
    """
    say = show_money if exact else charts.brief_money
    if line.high <= line.low:
        words = say(line.low) if line.low else "数额未知" if line.unbounded else "—"
        return f"{words}以上" if line.low and (line.high < line.low or line.unbounded) else words
    if line.low:
        return f"{say(line.low)}至{say(line.high)}{'以上' if line.unbounded else ''}"
    return f"至多{say(line.high)}{'，另有数额未知的' if line.unbounded else ''}"


def _sort(asked: str) -> str:
    return asked if asked.removeprefix("-") in {one.name for one in HEADS} else "-yes"


def _filtered(lines: list[SupportLine], values: Mapping[str, str]) -> list[SupportLine]:
    words, policy, form = (values.get(name, "") for name in ("words", "policy", "form"))
    return [
        line
        for line in lines
        if words in line.name and policy in ("", line.policy) and form in ("", line.form)
    ]


def _job(last: Run | None) -> Any:
    """The job of a run that is under way, waits, or failed; none once there is its result."""
    waiting = Job.objects.filter(kind=actions.RUN, state__in=actions.OPEN).first()
    job = waiting or (last.job if last else None)
    return job if job is not None and job.state != JobState.DONE else None


def _totals(run: Run) -> list[dict[str, Any]]:
    return [one for one in run.totals if one.get("low") or one.get("high") or one.get("unbounded")]


def _lines_file(request: HttpRequest, lines: list[SupportLine]) -> HttpResponseBase:
    now = timezone.now()
    name = f"{LINES.name}-{timezone.localtime(now):%Y%m%d}.xlsx"
    response = exporting.download(name, lambda file: exporting.write(file, LINES, lines))
    audit.record(
        LINES.act, at=now, actor=actor_of(request), subject=LINES.name, rows=len(lines),
        filters={name: request.GET.getlist(name) for name in request.GET if name != "format"},
    )  # fmt: skip
    return response


@allow(*actions.MAY_RUN)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Asks for a run now."""
    by, at = actor_of(request), timezone.now()
    pressed(request, lambda: actions.ask_run(by=by, at=at), "已开始匹配，完成后本页显示新结果。")
    return redirect("web:matching")


# -------------------------------------------------------------------- one support


TABS = (
    (AnswerKind.YES, "应享未办"),
    (AnswerKind.JUDGE, "需认定"),
    (AnswerKind.MISSING, "缺事实"),
    (AnswerKind.NEAR, "差一步"),
)


class WhoFilters(Filters):
    """By name or code, county, industry, size; of near misses by the condition that fails."""

    words = forms.CharField(
        label="名称或信用代码", max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    region = forms.ChoiceField(label="县（市、区）")
    industry = forms.ChoiceField(label="行业")
    size = forms.ChoiceField(label="规模")

    def __init__(
        self, *args: Any, choices: Mapping[str, list[Any]], support: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.support = support
        for name, by in (("region", REGION), ("industry", INDUSTRY), ("size", SIZE)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "全部"), *choices[by]]

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        rows = queries.in_region(rows, values["region"] or "")
        if values["industry"]:
            rows = rows.filter(industry=values["industry"])
        if values["size"]:
            rows = rows.filter(size=values["size"])
        if not values["words"]:
            return rows
        return queries.named(rows, values["words"], support=self.support)


def item_words(item: Record) -> str:
    """An event told apart from its siblings: `认定：高新技术企业、国家级，2023-10-16`."""
    vocabulary = library().vocabulary
    table = vocabulary.tables.get(item.table)
    if table is None:
        return str(item)
    known = {name: value for name, value in item.values.items() if name in table.facts}
    values = {name: value for name, value in known.items() if value is not None}
    return row_words(Row(item.table, item.key, values=values), vocabulary)


WHO = (
    Column("主体", lambda one: one.record.name if one.record else "", width=40),
    Column("标识", lambda one: one.record.key if one.record else "", width=22),
    Column("县（市、区）", lambda one: region(one.region)),
    Column("行业", lambda one: industry(one.industry), width=24),
    Column("规模", lambda one: one.size),
    Column("结论", lambda one: one.get_answer_display()),
    Column("对应事项", lambda one: tidy(item_words(one.item)) if one.item else "", width=32),
    Column("确定金额（元）", lambda one: one.low, "fen", 20),
    Column("可能金额（元）", lambda one: one.high, "fen", 20),
)
SORTS = {"money": ("low", "high"), "region": ("region",)}


@allow(*READERS)
def matching_support(
    request: HttpRequest,
    policy: str,
    support: str,
    answer: str = AnswerKind.YES.value,
    condition: int | None = None,
) -> HttpResponseBase:
    """Who is entitled to one support and has not come; or waits, or is one step away."""
    actor, run, key = actor_of(request), queries.current(), f"{policy}/{support}"
    names = queries.support_names()
    if run is None or key not in names or answer not in AnswerKind.values:
        raise Http404("最近一次匹配里没有这项支持")
    rule = queries.rule_of(key)
    conditions = (
        list(queries.near_misses(actor, run=run, support=key)) if answer == AnswerKind.NEAR else []
    )
    rows = (
        queries.near_rows(actor, run=run, support=key, condition=condition)
        if answer == AnswerKind.NEAR
        else queries.entitlements(actor, run=run, support=key, answer=answer)
    )
    listed = listing(
        request, rows, WhoFilters, sorts=SORTS, default_sort="-money",
        form_options={"choices": queries.choices(actor, run), "support": key},
        export=Export(f"{names[key]}-{dict(TABS)[AnswerKind(answer)]}", WHO, act="matching.export"),
    )  # fmt: skip
    if listed.download:
        return listed.download
    line = next((one for one in queries.support_lines(actor, run=run) if one.key == key), None)
    context = {
        "run": run, "listing": listed, "answer": answer, "support": rule, "key": key,
        "policy": policy, "support_id": support, "name": names[key], "line": line,
        "money": money_words(line, exact=True) if line else "",
        "tabs": [(code.value, words, _count(line, code)) for code, words in TABS],
        "conditions": conditions, "condition": condition,
        "waits": _open_conditions(rule, listed.rows),
        "items": {one.pk: item_words(one.item) for one in listed.rows if one.item},
        "places": _places(actor, run, key),
        "gaps": [one for one in queries.gaps(run) if key in one.supports]
        if answer == AnswerKind.MISSING else [],
        "clause": library().clause_of(rule) if rule else None,
        "document": library().by_id[rule.policy] if rule else None,
    }  # fmt: skip
    return render(request, "web/officer/matching_support.html", context)


def _count(line: SupportLine | None, code: AnswerKind) -> int | None:
    return getattr(line, code.value) if line is not None else 0


def _open_conditions(rule: Any, rows: Any) -> dict[int, str]:
    """Row -> the labels of the conditions that are open, or (near) fail."""
    if rule is None:
        return {}
    out = {}
    for row in rows:
        lines = [line for bit, line in enumerate(rule.lines) if row.conditions >> bit & 1]
        out[row.pk] = "；".join(line.note or line.text for line in lines)
    return out


def _places(actor: Actor, run: Run, key: str) -> Any:
    """By county: how many are entitled, as bars."""
    lines = queries.group_lines(actor, run=run, by=REGION, support=key)
    lines = sorted((one for one in lines if one.yes), key=lambda one: (-one.yes, one.code))
    if len(lines) < 2:
        return None
    return charts.bars(
        "by-county", "应享未办，按县（市、区）", [one.name for one in lines[:MOST_BARS]],
        {"应享未办": [one.yes for one in lines[:MOST_BARS]]}, unit="户项",
    )  # fmt: skip


# -------------------------------------------------------------------- places, gaps, near misses


@allow(*READERS)
def matching_places(request: HttpRequest) -> HttpResponse:
    """Counts and amounts by county, industry or size, of one form."""
    actor, run = actor_of(request), queries.current()
    by = request.GET.get("by", REGION)
    by = by if by in queries.BY else REGION
    form = request.GET.get("form", str(Form.PAYMENT))
    form = form if form in {str(one) for one in Form} else str(Form.PAYMENT)
    lines: list[GroupLine] = []
    if run is not None:
        lines = queries.group_lines(actor, run=run, by=by, form=form)
    context = {
        "run": run, "by": by, "all_by": queries.BY, "form": form, "forms": [str(one) for one in Form],
        "lines": lines, "tab": "places", "is_part": bool(queries.scope(actor)) and by != REGION,
    }  # fmt: skip
    return render(request, "web/officer/matching_places.html", context)


@allow(*READERS)
def matching_gaps(request: HttpRequest) -> HttpResponse:
    """Missing facts by the register that would close them, priced."""
    run = queries.current()
    context = {
        "run": run,
        "holders": queries.holders(run) if run else [],
        "names": queries.support_names(),
        "tab": "gaps",
    }
    return render(request, "web/officer/matching_gaps.html", context)


@allow(*READERS)
def matching_near(request: HttpRequest) -> HttpResponse:
    """Conditions that alone stand in the way, the most frequent first; and who fails them."""
    actor, run = actor_of(request), queries.current()
    names = queries.support_names()
    found = listing(request, queries.near_misses(actor, run=run), per_page=40) if run else None
    rows = [
        (one, names.get(one["support"], one["support"]), *one["support"].partition("/")[::2])
        for one in (found.rows if found else ())
    ]
    context = {
        "run": run, "listing": found, "rows": rows, "tab": "near", "place": queries.scope(actor),
    }  # fmt: skip
    return render(request, "web/officer/matching_near.html", context)


SUPPORT = "office/matching/supports/<str:policy>/<str:support>"
urlpatterns = [
    path("office/matching/", matching, name="matching"),
    path("office/matching/run/", start, name="matching_run"),
    path("office/matching/places/", matching_places, name="matching_places"),
    path("office/matching/gaps/", matching_gaps, name="matching_gaps"),
    path("office/matching/near/", matching_near, name="matching_near"),
    path(f"{SUPPORT}/", matching_support, name="matching_support"),
    path(f"{SUPPORT}/<str:answer>/", matching_support, name="matching_who"),
    path(f"{SUPPORT}/<str:answer>/<int:condition>/", matching_support, name="matching_lacking"),
]
