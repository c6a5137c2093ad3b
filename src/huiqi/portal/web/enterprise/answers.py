"""我的政策: what an enterprise is owed, why, what is short, and the question that settles most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.matching import own_answers
from huiqi.portal.matching.answers import (
    OWN,
    Change,
    QuestionShown,
    Shown,
    changes,
    dossier_of,
    question_of,
    shown,
)
from huiqi.portal.matching.models import OwnAnswer
from huiqi.portal.registry.models import Enterprise, Record
from huiqi.portal.registry.queries import own_enterprise
from huiqi.portal.web.asking import Control, Unreadable, control, read
from huiqi.rulebook.library.values import show_known

MORE = 6
"""How many further questions the page lists."""


@dataclass(frozen=True, slots=True)
class Said:
    """An own answer as the page lists it; ``is_used`` is false where a register says it now."""

    table: str
    key: str
    fact: str
    about: str
    words: str
    value: str
    at: Any
    by: str
    is_used: bool


@allow(Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_STAFF)
def my_answers(request: HttpRequest) -> HttpResponse:
    """The total that waits, the question that settles most, and every support by its answer."""
    enterprise = own_enterprise(actor_of(request))
    if enterprise is None:
        return render(request, "web/enterprise/unknown.html")
    wanted = request.GET.get("ask", "")
    context = answers_page(enterprise, timezone.localdate(), wanted=wanted)
    return render(request, "web/enterprise/answers.html", context)


def answers_page(
    enterprise: Enterprise,
    on: date,
    *,
    wanted: str = "",
    view: Shown | None = None,
    asked: tuple[QuestionShown, Control] | None = None,
    change: Change | None = None,
) -> dict[str, Any]:
    """What the page shows; ``asked`` is a question whose answer could not be read."""
    record = enterprise.record
    seen = view or shown(dossier_of(record, on=on))
    said = own_answers.given(record)
    open_ones = _open(seen.questions, said)
    question = asked[0] if asked else _wanted(seen, record, wanted) or next(iter(open_ones), None)
    vocabulary = library().vocabulary
    return {
        "enterprise": enterprise,
        "view": seen,
        "groups": [group for group in seen.groups if group.supports],
        "waiting": [item for item in seen.totals if item.low or item.high or item.high is None],
        "question": question,
        "control": asked[1] if asked else _control(question, said),
        "others": [one for one in open_ones if question is None or one.id != question.id][:MORE],
        "elsewhere": [one for one in seen.questions if not one.own][:MORE],
        "said": _said(seen, said, vocabulary),
        "change": change,
        "own": OWN,
    }


def _open(questions: Sequence[QuestionShown], said: Sequence[OwnAnswer]) -> list[QuestionShown]:
    """The questions the enterprise can answer and has not answered 不清楚."""
    done = {(one.record.table, one.record.key, one.fact) for one in said}
    return [one for one in questions if one.own and (one.table, one.row_key, one.fact) not in done]


def _wanted(seen: Shown, record: Record, wanted: str) -> QuestionShown | None:
    """The question that the address asks for: an open one, or one answered before."""
    table, _, rest = wanted.partition(":")
    key, _, fact = rest.rpartition(":")
    if not fact:
        return None
    found = next((one for one in seen.questions if one.id == wanted and one.own), None)
    if found is not None:
        return found
    about = own_answers.place(record, table, key)
    return question_of(library(), about, fact) if about is not None else None


def _control(question: QuestionShown | None, said: Sequence[OwnAnswer]) -> Control | None:
    if question is None:
        return None
    place = (question.table, question.row_key, question.fact)
    have = next(
        (one.value for one in said if (one.record.table, one.record.key, one.fact) == place), None
    )
    return control(question, library().vocabulary, value=have)


def _said(seen: Shown, said: Sequence[OwnAnswer], vocabulary: Any) -> list[Said]:
    out = []
    for one in said:
        table = vocabulary.tables.get(one.record.table)
        spec = table.facts.get(one.fact) if table else None
        if spec is None:
            continue
        value = "不清楚" if one.value is None else show_known(one.value, spec, vocabulary)
        about = "" if one.record.owner_id is None else str(one.record)
        used = one.value is None or (one.record.table, one.record.key, one.fact) in seen.own_used
        out.append(
            Said(
                one.record.table, one.record.key, one.fact, about, spec.question or one.fact,
                value, one.at, one.by.name, used,
            )
        )  # fmt: skip
    return out


@allow(Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_STAFF)
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Takes one answer and shows at once what it changed."""
    actor, now = actor_of(request), timezone.now()
    on = timezone.localdate()
    enterprise = own_enterprise(actor)
    if enterprise is None:
        raise Http404("登记库里没有贵单位")
    sent = {name: str(value) for name, value in request.POST.items()}
    table, key, fact = (sent.get(name, "") for name in ("table", "key", "fact"))
    about = own_answers.place(enterprise.record, table, key)
    question = question_of(library(), about, fact) if about is not None else None
    if about is None or question is None:
        raise Http404("没有这一问")
    before = shown(dossier_of(enterprise.record, on=on))
    try:
        value = read(question, library().vocabulary, sent)
        own_answers.say(about, fact, value, by=actor, at=now)
    except (Unreadable, Refused) as refused:
        asked = control(question, library().vocabulary, sent=sent, error=str(refused))
        context = answers_page(enterprise, on, view=before, asked=(question, asked))
        return _answered(request, context)
    after = shown(dossier_of(enterprise.record, on=on))
    change = changes(before, after)
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
        return _answered(request, answers_page(enterprise, on, view=after, change=change))
    messages.success(request, "；".join(change.words))
    return redirect("web:my_answers")


def _answered(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The changed part for htmx, else the page."""
    part = request.htmx  # type: ignore[attr-defined]  # set by django-htmx
    name = "web/enterprise/answers_body.html" if part else "web/enterprise/answers.html"
    return render(request, name, context)


@allow(Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_STAFF)
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Removes an own answer."""
    actor = actor_of(request)
    enterprise = own_enterprise(actor)
    sent = request.POST
    about = (
        own_answers.place(enterprise.record, sent.get("table", ""), sent.get("key", ""))
        if enterprise is not None
        else None
    )
    if about is None:
        raise Http404("没有这条填报")
    try:
        own_answers.take_back(about, sent.get("fact", ""), by=actor, at=timezone.now())
        messages.success(request, "已撤回这条填报，结果按登记信息重新计算。")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("web:my_answers")


@allow(Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_STAFF)
def my_support(request: HttpRequest, policy: str, support: str) -> HttpResponse:
    """One support for one enterprise: every condition with the fact used, its source and date."""
    enterprise = own_enterprise(actor_of(request))
    if enterprise is None:
        return render(request, "web/enterprise/unknown.html")
    seen = shown(dossier_of(enterprise.record, on=timezone.localdate()))
    found = [
        one for group in seen.groups for one in group.supports if one.key == f"{policy}/{support}"
    ]
    if not found:
        raise Http404("没有这项支持，或它不看企业本身和企业的事项")
    context = {
        "enterprise": enterprise,
        "view": seen,
        "supports": found,
        "support": found[0],
        "questions": [one for one in seen.questions if found[0].key in one.supports],
    }
    return render(request, "web/enterprise/support.html", context)


urlpatterns = [
    path("my/", my_answers, name="my_answers"),
    path("my/answer/", answer, name="my_answer"),
    path("my/answer/take-back/", take_back, name="my_answer_take_back"),
    path("my/supports/<str:policy>/<str:support>/", my_support, name="my_support"),
]
