"""The registry for staff: a list to search, one page per enterprise, the history of each fact."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor, actor_of, allow
from huiqi.portal.base.enums import STAFF_ROLES
from huiqi.portal.base.rules import library
from huiqi.portal.registry import history, queries
from huiqi.portal.registry.columns import CERTIFICATE, SIZE
from huiqi.portal.registry.enums import CorrectionState, SizeClass
from huiqi.portal.registry.models import Correction, Enterprise, Grant, Record
from huiqi.portal.web import facts
from huiqi.portal.web.exporting import Column, Export
from huiqi.portal.web.fact_fields import branches
from huiqi.portal.web.listing import Filters, listing
from huiqi.portal.web.menu import address
from huiqi.portal.web.templatetags.huiqi import industry, region
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.reference.evaluator import Reference

TITLES = "认定名称"
UNSURE = "none"
MOST_EVENTS = 500


class EnterpriseFilters(Filters):
    """By name or code, region, industry, size, title held."""

    words = forms.CharField(
        label="名称或信用代码", max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )
    region = forms.ChoiceField(label="地区")
    industry = forms.ChoiceField(label="行业")
    size = forms.ChoiceField(
        label="规模", choices=[("", "全部"), *SizeClass.choices, (UNSURE, "尚不能确定")]
    )
    title = forms.ChoiceField(label="有效认定")

    def __init__(self, *args: Any, actor: Actor, vocabulary: Vocabulary, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", "全部")]
        # Where the unit has no region of its own, the cities and counties of all.
        self._choose("region", [*everything, *branches(vocabulary.regions, actor.region)])
        self._choose("industry", [*everything, *branches(vocabulary.industries)])
        named = vocabulary.choices.get(TITLES, ())
        self._choose("title", [*everything, *((name, name) for name in named)])

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        size = values["size"] or None
        return queries.narrowed(
            rows,
            on=timezone.localdate(),
            words=values["words"] or "",
            region=values["region"] or "",
            industry=values["industry"] or "",
            size="" if size == UNSURE else size,
            title=values["title"] or "",
        )


EXPORT = Export(
    "企业名录",
    (
        Column("统一社会信用代码", lambda one: one.credit_code, width=22),
        Column("名称", lambda one: one.name, width=40),
        Column("主体类型", lambda one: one.kind),
        Column("注册地", lambda one: region(one.region)),
        Column("行业", lambda one: industry(one.industry), width=24),
        Column("规模", lambda one: one.size),
        Column("成立日期", lambda one: one.founded_on, "date"),
        Column("从业人员（人）", lambda one: one.employees, "number"),
        Column("上年营业收入（元）", lambda one: one.revenue, "fen", 20),
        Column("资产总额（元）", lambda one: one.assets, "fen", 20),
        Column("有效认定", lambda one: one.titles.strip("、"), width=40),
    ),
    act="registry.export",
)


@allow(*STAFF_ROLES)
def enterprises(request: HttpRequest) -> HttpResponseBase:
    """All enterprises that the actor may see."""
    actor = actor_of(request)
    found = listing(
        request,
        queries.enterprises(actor),
        EnterpriseFilters,
        sorts=queries.SORTS,
        default_sort="code",
        export=EXPORT,
        form_options={"actor": actor, "vocabulary": library().vocabulary},
    )
    if found.download:
        return found.download
    return render(
        request,
        "web/officer/enterprises.html",
        {"listing": found, "imports": address("web:imports"), "region": actor.region},
    )


class MomentForm(forms.Form):
    """The state of which day, as it was known at the end of which day."""

    use_required_attribute = False
    on = forms.DateField(
        label="哪一天的情况", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    known = forms.DateField(
        label="截至哪一天已掌握的", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


def _moment(request: HttpRequest) -> tuple[MomentForm, date, datetime | None]:
    """The form, the day (today if none is given), the moment up to which things count as known."""
    form = MomentForm(request.GET or None)
    asked = form.cleaned_data if form.is_valid() else {}
    known = asked.get("known")
    end = (
        timezone.make_aware(datetime.combine(known + timedelta(days=1), time())) if known else None
    )
    return form, asked.get("on") or timezone.localdate(), end


@allow(*STAFF_ROLES)
def enterprise(request: HttpRequest, code: str) -> HttpResponse:
    """Everything the registry holds of one enterprise, today or on an earlier day."""
    actor = actor_of(request)
    found = _visible(actor, code)
    form, on, known_at = _moment(request)
    audit.record(
        "registry.read", at=timezone.now(), actor=actor, subject=f"企业 {code}", on=on,
        known_at=known_at,
    )  # fmt: skip
    vocabulary = library().vocabulary
    record = found.record
    table = vocabulary.tables[record.table]
    derived = _derived(record, vocabulary, on, known_at)
    corrections = list(
        Correction.objects.filter(record=record, state=CorrectionState.WAITING).select_related(
            "holder"
        )
    )
    return render(
        request,
        "web/officer/enterprise.html",
        {
            "enterprise": found,
            "form": form,
            "on": on,
            "is_now": not request.GET.get("on") and known_at is None,
            "groups": facts.groups(
                table,
                history.as_of(record, on, known_at),
                vocabulary,
                asked=[one.fact for one in corrections],
            ),
            "derived": facts.derived_group(table, derived, vocabulary),
            "size": facts.shown(derived[SIZE], table.facts[SIZE], vocabulary),
            "corrections": corrections,
            "answers": address("web:officer_answers", code),
            **_belongings(record, vocabulary),
        },
    )


def _visible(actor: Actor, code: str) -> Enterprise:
    found = queries.enterprises(actor).select_related("record").filter(credit_code=code).first()
    if found is None:
        raise Http404("登记库里没有这家企业，或不在您单位的辖区")
    return found


def _derived(
    record: Record, vocabulary: Vocabulary, on: date, known_at: datetime | None
) -> dict[str, Any]:
    """What follows from the facts by the vocabulary, as the rules see it on the day."""
    file = queries.facts_file(record, on=on, known_at=known_at)
    row = file.subjects[record.table]
    return facts.computed(vocabulary.tables[record.table], row, Reference(vocabulary, on))


def _belongings(record: Record, vocabulary: Vocabulary) -> dict[str, Any]:
    """Certificates, other events and what was granted, each in one query."""
    events = list(record.events.order_by("-pk")[: MOST_EVENTS + 1])
    shown = [one for one in events[:MOST_EVENTS] if not one.values.get("_gone")]
    counts = Counter(one.table for one in shown)
    names = {support.key: support.name for support in library().supports}
    grants = list(Grant.objects.filter(record=record).order_by("-on", "-pk"))
    tables = facts.event_tables(shown, counts, vocabulary)
    return {
        "certificates": [
            one.certificate
            for one in record.events.filter(table=CERTIFICATE)
            .select_related("certificate")
            .exclude(certificate=None)
            .order_by("-certificate__won_on")
        ],
        "events": [one for one in tables if one.name != CERTIFICATE],
        "events_cut": len(events) > MOST_EVENTS,
        "grants": [(one, names.get(one.support, one.support)) for one in grants],
        "granted": sum(one.amount for one in grants),
    }


@allow(*STAFF_ROLES)
def fact_history(request: HttpRequest, code: str, fact: str) -> HttpResponse:
    """Everything that was ever said of one fact of an enterprise, the latest known first."""
    actor = actor_of(request)
    found = _visible(actor, code)
    vocabulary = library().vocabulary
    spec = vocabulary.tables[found.record.table].facts.get(fact)
    if spec is None:
        raise Http404("词汇表里没有这项事实")
    audit.record(
        "registry.read_history", at=timezone.now(), actor=actor, subject=f"企业 {code}", fact=fact
    )
    told = queries.told(found.record, fact)
    lines = [(one, facts.shown(one.values[fact], spec, vocabulary)) for one in told]
    return render(
        request,
        "web/officer/fact_history.html",
        {"enterprise": found, "fact": spec, "lines": lines},
    )


urlpatterns = [
    path("office/enterprises/", enterprises, name="enterprises"),
    path("office/enterprises/<str:code>/", enterprise, name="enterprise"),
    path("office/enterprises/<str:code>/facts/<str:fact>/", fact_history, name="fact_history"),
]
