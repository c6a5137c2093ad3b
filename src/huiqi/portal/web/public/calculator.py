"""政策计算器: an interview without an account that asks only what can still change an answer."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from huiqi.portal.base.access import Actor, actor_of, allow, anyone
from huiqi.portal.base.enums import Role
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.rules import library
from huiqi.portal.matching import calculator, own_answers
from huiqi.portal.matching.answers import QuestionShown, changes
from huiqi.portal.matching.calculator import Interview
from huiqi.portal.matching.models import Calculation
from huiqi.portal.registry.queries import own_enterprise
from huiqi.portal.web.asking import Control, Unreadable, control, read
from huiqi.portal.web.numbers import whole

FIRST = 2
"""So many kinds of subject are shown at once; the others are folded."""


@anyone
def start(request: HttpRequest) -> HttpResponse:
    """For whom to calculate."""
    found = calculator.subjects(library())
    context = {"first": found[:FIRST], "others": found[FIRST:], "days": calculator.KEPT_DAYS}
    return render(request, "web/public/calculator.html", context)


@anyone
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """A new interview."""
    subject = request.POST.get("subject", "")
    if subject not in {one.table for one in calculator.subjects(library())}:
        raise Http404("没有这一类对象")
    now = timezone.now()
    calculator.forget_old(at=now)
    made = calculator.begin(subject, on=timezone.localdate(), at=now)
    return redirect("web:calculation", made.token)


def _found(token: str) -> tuple[Calculation, Interview]:
    made = calculator.find(token, at=timezone.now())
    if made is None:
        raise Http404(f"没有这份测算，可能已经超过{calculator.KEPT_DAYS}天被清除。请重新算一次。")
    return made, calculator.interview(made, library())


@anyone
@never_cache
def calculation(request: HttpRequest, token: str) -> HttpResponse:
    """The next question, or an earlier one to change; the results where nothing is left to ask."""
    made, talk = _found(token)
    question = _asked(talk, request.GET.get("ask", "")) or talk.next
    if question is None:
        return redirect("web:calculation_result", made.token)
    return render(request, "web/public/interview.html", _page(made, talk, question))


def _asked(talk: Interview, wanted: str) -> QuestionShown | None:
    """The question `table:row:fact` of the address; None where there is none such."""
    parts = wanted.split(":")
    number = whole(parts[1]) if len(parts) == 3 else None
    return talk.question(parts[0], number, parts[2]) if number is not None else None


def _page(
    made: Calculation, talk: Interview, question: QuestionShown, put: Control | None = None
) -> dict[str, Any]:
    vocabulary = library().vocabulary
    place = talk.place_of(question)
    value = talk.answer_of(*place)
    left = len(talk.pending)
    done = len(talk.told)
    return {
        "made": made,
        "talk": talk,
        "question": question,
        "control": put or control(question, vocabulary, value=value),
        "is_change": talk.asked(*place),
        "told": talk.shown_answers()[::-1],
        "left": left,
        "done": done,
        "share": done * 100 // (done + left) if done + left else 100,
        "counts": [(group.title, len(group.supports)) for group in talk.result.groups
                   if group.supports and group.code != "no"],
        "waiting": _waiting(talk),
    }  # fmt: skip


def _waiting(talk: Interview) -> list[Any]:
    return [item for item in talk.result.totals if item.low or item.high or item.high is None]


@anyone
@require_POST
def tell(request: HttpRequest, token: str) -> HttpResponse:
    """Takes one answer; a wrong one is shown again with what to do."""
    made, talk = _found(token)
    sent = {name: str(value) for name, value in request.POST.items()}
    row = sent.get("key", "").rpartition("-")[2]
    question = _asked(talk, f"{sent.get('table', '')}:{row}:{sent.get('fact', '')}")
    if question is None:
        messages.info(request, "这一问已经不需要回答，请看下一问。")
        return redirect("web:calculation", made.token)
    try:
        value = read(question, library().vocabulary, sent)
    except Unreadable as wrong:
        put = control(question, library().vocabulary, sent=sent, error=str(wrong))
        return render(request, "web/public/interview.html", _page(made, talk, question, put))
    after = talk.tell(*talk.place_of(question), value)
    calculator.keep(made, after)
    change = changes(talk.result, after.result)
    if change.better:
        messages.success(request, change.words[0])
    return redirect("web:calculation", made.token)


@anyone
@require_POST
def back(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the last answer back."""
    made, talk = _found(token)
    calculator.keep(made, talk.take_back())
    return redirect("web:calculation", made.token)


@anyone
@never_cache
def result(request: HttpRequest, token: str) -> HttpResponse:
    """What the answers come to so far, grouped, to read and to print."""
    made, talk = _found(token)
    actor = actor_of(request)
    context = {
        "made": made,
        "talk": talk,
        "view": talk.result,
        "groups": [group for group in talk.result.groups if group.supports],
        "waiting": _waiting(talk),
        "told": talk.shown_answers(),
        "left": len(talk.pending),
        "days": calculator.KEPT_DAYS,
        "can_take": _can_take(actor, talk),
    }
    return render(request, "web/public/calculation.html", context)


def _can_take(actor: Actor, talk: Interview) -> bool:
    enterprise = own_enterprise(actor)
    return enterprise is not None and enterprise.record.table == talk.subject


@allow(Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_STAFF)
def take(request: HttpRequest, token: str) -> HttpResponse:
    """Takes a calculation into the enterprise's own answers; reached by GET only after logging in."""
    made, talk = _found(token)
    if request.method != "POST":
        return redirect("web:calculation_result", made.token)
    actor = actor_of(request)
    enterprise = own_enterprise(actor)
    if enterprise is None:
        messages.error(request, "登记库里还没有贵单位的信息，暂时不能带入。")
        return redirect("web:calculation_result", made.token)
    try:
        count = own_answers.take_over(made, talk, enterprise.record, by=actor, at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("web:calculation_result", made.token)
    messages.success(request, f"已带入{count}项填报。证书等事项以部门登记为准，没有带入。")
    return redirect("web:my_answers")


urlpatterns = [
    path("calculator/", start, name="calculator"),
    path("calculator/begin/", begin, name="calculator_begin"),
    path("calculator/<str:token>/", calculation, name="calculation"),
    path("calculator/<str:token>/tell/", tell, name="calculation_tell"),
    path("calculator/<str:token>/back/", back, name="calculation_back"),
    path("calculator/<str:token>/result/", result, name="calculation_result"),
    path("calculator/<str:token>/take/", take, name="calculation_take"),
]
