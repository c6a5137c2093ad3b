"""What the registry holds of one's own enterprise: sources, requests to correct, what came of them."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import files
from huiqi.portal.base.access import Actor, actor_of, allow
from huiqi.portal.base.contents import EVIDENCE, accept
from huiqi.portal.base.enums import ENTERPRISE_ROLES
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.registry import actions, history, queries
from huiqi.portal.registry.columns import ENTERPRISE
from huiqi.portal.registry.encoding import GONE
from huiqi.portal.registry.enums import CorrectionState
from huiqi.portal.registry.models import Correction, Grant, Record
from huiqi.portal.web import facts
from huiqi.portal.web.acting import done, pressed
from huiqi.portal.web.fact_fields import FactField
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary

MOST_EVENTS = 500
MOST_REQUESTS = 50


@allow(*ENTERPRISE_ROLES)
def my_enterprise(request: HttpRequest) -> HttpResponse:
    """The enterprise's own facts and records, and the state of its requests."""
    actor, on = actor_of(request), timezone.localdate()
    record = own_record(actor)
    if record is None:
        return render(request, "web/enterprise/profile_none.html", {"unit": actor.unit})
    vocabulary = library().vocabulary
    asked = [
        (one, *_both(one, vocabulary))
        for one in queries.corrections(actor).order_by("-pk")[:MOST_REQUESTS]
    ]
    waiting = [one for one, _, _ in asked if one.state == CorrectionState.WAITING]
    events = [one for one in record.events.order_by("-pk")[:MOST_EVENTS] if GONE not in one.values]
    totals = Counter(one.table for one in events)
    names = {support.key: support.name for support in library().supports}
    grants = list(Grant.objects.filter(record=record).order_by("-on", "-pk"))
    return render(
        request,
        "web/enterprise/profile.html",
        {
            "record": record,
            "groups": facts.groups(
                vocabulary.tables[ENTERPRISE],
                history.as_of(record, on),
                vocabulary,
                asked=[one.fact for one in waiting if one.record.pk == record.pk],
            ),
            "events": facts.event_tables(events, totals, vocabulary),
            "asked": asked,
            "grants": [(one, names.get(one.support, one.support)) for one in grants],
            "granted": sum(one.amount for one in grants),
        },
    )


def own_record(actor: Actor) -> Record | None:
    """The record of the enterprise acted for; None where the registry has none yet."""
    code = actor.unit.credit_code if actor.unit else ""
    return Record.objects.filter(table=ENTERPRISE, key=code).first()


def _both(one: Correction, vocabulary: Vocabulary) -> tuple[str, str]:
    table = vocabulary.tables.get(one.record.table)
    spec = table.facts.get(one.fact) if table else None
    return facts.shown(one.present, spec, vocabulary), facts.shown(one.proposed, spec, vocabulary)


class CorrectionForm(forms.Form):
    """The right value of one fact, why, and the paper that shows it."""

    def __init__(
        self, *args: Any, spec: FactSpec, vocabulary: Vocabulary, is_event: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proposed"] = FactField(spec, vocabulary, label="应改为")
        if spec.type.kind is not Kind.TEXT and not is_event:
            self.fields["valid_from"] = forms.DateField(
                label="从哪一天起",
                required=False,
                widget=forms.DateInput(attrs={"type": "date", "class": "is-short"}),
                help_text="登记一直有误的不用填",
            )
        self.fields["reason"] = forms.CharField(
            label="理由",
            max_length=400,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text="写明哪里不对、依据是什么",
        )
        self.fields["evidence"] = forms.FileField(
            label="佐证材料",
            required=False,
            help_text="PDF 或图片，例如营业执照、年度报告、证书",
            widget=forms.ClearableFileInput(attrs={"accept": accept(EVIDENCE)}),
        )


@allow(*ENTERPRISE_ROLES)
def ask_correction(request: HttpRequest, number: int, fact: str) -> HttpResponse:
    """Asks the unit that holds a fact to put it right."""
    actor, now = actor_of(request), timezone.now()
    record, spec = _own_fact(actor, number, fact)
    vocabulary = library().vocabulary
    table = vocabulary.tables[record.table]
    form = CorrectionForm(
        request.POST or None, request.FILES or None, spec=spec, vocabulary=vocabulary,
        is_event=table.is_event,
    )  # fmt: skip
    made: list[Correction] = []
    if request.method == "POST" and done(
        form, lambda given: made.append(_ask(record, fact, given, actor))
    ):
        holder = made[0].holder.name if made[0].holder else "数据管理员"
        messages.success(request, f"已提交，由{holder}核实，结果在本页查看。")
        return redirect("web:my_enterprise")
    said = history.as_of(record, timezone.localdate(now)).get(fact)
    return render(
        request,
        "web/enterprise/correction.html",
        {
            "record": record,
            "spec": spec,
            "said": said,
            "present": facts.shown(said.value if said else None, spec, vocabulary),
            "form": form,
        },
    )


@transaction.atomic
def _ask(record: Record, fact: str, given: Mapping[str, Any], actor: Actor) -> Correction:
    """The paper is kept only if the request is."""
    now = timezone.now()
    upload = given["evidence"]
    try:
        kept = files.keep(upload, by=actor, at=now, kinds=EVIDENCE) if upload else None
    except Refused as refused:
        raise Refused(refused.what, refused.remedy, "evidence") from None
    since: date | None = given.get("valid_from")
    return actions.ask_correction(
        record, fact, proposed=given["proposed"], reason=given["reason"], valid_from=since,
        evidence=kept, by=actor, at=now,
    )  # fmt: skip


def _own_fact(actor: Actor, number: int, fact: str) -> tuple[Record, FactSpec]:
    record = Record.objects.select_related("owner").filter(pk=number).first()
    if record is None or not actions.is_own(record, actor):
        raise Http404("没有这条登记，或它不属于本企业")
    spec = library().vocabulary.tables[record.table].facts.get(fact)
    if spec is None or (spec.definition is not None and not spec.question):
        raise Http404("没有这项事实，或它由系统算出")
    return record, spec


@allow(*ENTERPRISE_ROLES)
@require_POST
def withdraw_correction(request: HttpRequest, number: int) -> HttpResponse:
    """The enterprise no longer asks for it."""
    one = _own_request(request, number)
    pressed(
        request,
        lambda: actions.withdraw_correction(one, by=actor_of(request), at=timezone.now()),
        "已撤回，登记没有变化。",
    )
    return redirect("web:my_enterprise")


@allow(*ENTERPRISE_ROLES)
def own_evidence(request: HttpRequest, number: int) -> HttpResponseBase:
    """The paper handed in with a request, as a download."""
    one = _own_request(request, number)
    if one.evidence is None:
        raise Http404("这项申请没有附材料")
    return files.download(one.evidence)


def _own_request(request: HttpRequest, number: int) -> Correction:
    found = queries.corrections(actor_of(request)).select_related("evidence").filter(pk=number)
    one = found.first()
    if one is None:
        raise Http404("没有这项申请，或它属于别的企业")
    return one


urlpatterns = [
    path("my/enterprise/", my_enterprise, name="my_enterprise"),
    path("my/enterprise/<int:number>/<str:fact>/", ask_correction, name="ask_correction"),
    path(
        "my/enterprise/corrections/<int:number>/withdraw/",
        withdraw_correction,
        name="withdraw_correction",
    ),
    path("my/enterprise/corrections/<int:number>/evidence/", own_evidence, name="own_evidence"),
]
