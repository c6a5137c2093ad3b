"""The author's workbench: one support as clause, conditions with their numbers, boundary cases, and what
a change would do in the region, seen while it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import rules
from huiqi.portal.base.access import Actor, actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import actions, queries, simulations
from huiqi.portal.matching.editing import Field, joined
from huiqi.portal.matching.models import Simulation
from huiqi.portal.policies.models import Clause
from huiqi.portal.web.author.effects import Effect, effect_of
from huiqi.portal.web.numbers import whole
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.problems import Problem

DESK = (Role.AUTHOR, Role.SIGNER)
GRADES = ("分档.", "进档.")
VERDICTS = {"right": "算得对", "wrong": "算得不对"}


@dataclass(frozen=True, slots=True)
class Control:
    """A number or a text of the rule as the form shows it."""

    name: str
    label: str
    value: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a condition: words, or a number with its control."""

    words: str
    control: Control | None


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the rule with its controls and what is wrong with it."""

    number: int
    field: Field
    whole: Control
    parts: tuple[Part, ...]
    problems: tuple[Problem, ...]

    @property
    def is_changed(self) -> bool:
        return self.whole.is_changed

    @property
    def text(self) -> str:
        """What the form says of the field, changed or not."""
        return self.whole.value

    @property
    def error_id(self) -> str:
        return f"error-{self.number}"


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything the page of one support shows."""

    support: Support
    library: Library
    on: date
    rows: tuple[Row, ...]
    changes: Mapping[str, str]
    verdicts: Mapping[str, str]
    others: tuple[Problem, ...]
    cases: tuple[simulations.CaseResult, ...]
    is_fine: bool

    @property
    def conditions(self) -> list[Row]:
        return [row for row in self.rows if row.field.path.startswith("条件.")]

    @property
    def grades(self) -> list[Row]:
        return [row for row in self.rows if row.field.path.startswith(GRADES)]

    @property
    def amounts(self) -> list[Row]:
        return [row for row in self.rows if not row.field.path.startswith(("条件.", *GRADES))]

    @property
    def is_split(self) -> bool:
        return any(case.is_split for case in self.cases)

    @property
    def missed(self) -> int:
        return sum(not case.is_met for case in self.cases)

    @property
    def ticks(self) -> list[tuple[int, simulations.CaseResult, str]]:
        return [
            (number, case, self.verdicts.get(case.name, ""))
            for number, case in enumerate(self.cases)
        ]


# ---------------------------------------------------------------- pages


@allow(*DESK)
def workbench(request: HttpRequest) -> HttpResponse:
    """The supports that can be worked on, by policy, and the author's latest simulations."""
    library = rules.library()
    words = request.GET.get("q", "").strip()
    found = [
        support for support in library.supports
        if not words or words in support.name or words in library.by_id[support.policy].title
    ]  # fmt: skip
    groups = [
        (library.by_id[policy], list(supports))
        for policy, supports in groupby(found, key=lambda support: support.policy)
    ]
    mine = queries.simulations(actor_of(request))[:6]
    return render(
        request,
        "web/author/workbench.html",
        {"groups": groups, "words": words, "simulations": mine, "has_any": library.supports != ()},
    )


@allow(*DESK)
def bench(request: HttpRequest, policy: str, support: str) -> HttpResponse:
    """One support: its rule as a form. Sent without a script it answers with the whole page."""
    actor, at = actor_of(request), timezone.now()
    library = rules.library()
    rule = _support(library, policy, support)
    simulation = _simulation(request)
    error = field = ""
    if request.method == "POST":
        if request.POST.get("do") == "save":
            asked = _asked(simulations.fields_of(library, rule), request.POST)
            try:
                saved = actions.save_simulation(
                    support=rule.key, name=request.POST.get("name", ""), changes=asked.changes,
                    verdicts=asked.verdicts, on=asked.on, note=request.POST.get("note", ""),
                    simulation=simulation, by=actor, at=at,
                )  # fmt: skip
            except Refused as refused:
                error, field = str(refused), refused.field
            else:
                compute(saved, by=actor, at=at)
                messages.success(request, f"已保存测算“{saved.name}”")
                return redirect("web:simulation", saved.pk)
        made = _bench(library, rule, request.POST)
    else:
        made = _bench(library, rule, _start(simulation))
    return render(
        request,
        "web/author/bench.html",
        {
            "bench": made,
            "policy": library.by_id[rule.policy],
            "clause": library.clause_of(rule),
            "words": Clause.objects.filter(document__slug=policy, name=rule.clause).first(),
            "simulation": simulation,
            "error": error,
            "error_field": field,
            "name": request.POST.get("name", simulation.name if simulation else ""),
            "note": request.POST.get("note", simulation.note if simulation else ""),
            **_effect(request, made),
        },
        status=422 if error else 200,
    )


def compute(simulation: Simulation, *, by: Actor, at: datetime) -> None:
    """Computes a saved simulation: at once over a small region, by a worker over a large one."""
    region = simulations.region()
    if region is not None and simulations.is_live(region[0]):
        simulations.work(simulation.pk, at=at, tell=lambda done, of, what: None)
    else:
        actions.compute_simulation(simulation, by=by, at=at)


@allow(*DESK)
@require_POST
def live(request: HttpRequest, policy: str, support: str) -> HttpResponse:
    """What the form as it stands means: problems at their fields, boundary cases, the region."""
    library = rules.library()
    made = _bench(library, _support(library, policy, support), request.POST)
    return render(
        request, "web/author/live.html", {"bench": made, "is_live": True, **_effect(request, made)}
    )


@allow(*DESK)
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the computing of what an author tries out is; in the end what it found."""
    found = Simulation.objects.filter(pk=pk, author=actor_of(request).user, is_scratch=True)
    simulation = found.select_related("job").first()
    if simulation is None:
        raise Http404("没有这次试算")
    return render(request, "web/author/trial.html", _trial(simulation))


# ---------------------------------------------------------------- from the form to the rule


def _support(library: Library, policy: str, support: str) -> Support:
    found = library.by_key.get(f"{policy}/{support}")
    if found is None:
        raise Http404("现行规则里没有这项支持，它可能已被新版本替代")
    return found


def _simulation(request: HttpRequest) -> Simulation | None:
    """The saved simulation that is worked on, where the address names one of the actor's."""
    number = whole(request.GET.get("simulation", ""))
    if number is None:
        return None
    found = queries.simulations(actor_of(request)).filter(pk=number).first()
    if found is None:
        raise Http404("没有这次测算")
    return found


def _start(simulation: Simulation | None) -> QueryDict:
    """A form as a saved simulation left it."""
    made = QueryDict(mutable=True)
    if simulation is not None:
        made["on"] = simulation.on.isoformat()
        for name, text in simulation.changes.items():
            made[f"x:{name}"] = text
        for name, verdict in simulation.verdicts.items():
            made[f"v:{name}"] = verdict
    return made


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a form says: the texts that differ from the rule, the judgements of cases, the day."""

    changes: dict[str, str]
    verdicts: dict[str, str]
    on: date


def _asked(found: list[Field], posted: QueryDict) -> _Asked:
    texts = {field.path: _text(field, posted) for field in found}
    changes = {
        field.path: texts[field.path] for field in found
        if texts[field.path] and texts[field.path] != field.text
    }  # fmt: skip
    verdicts = {
        name[2:]: str(value) for name, value in posted.items()
        if name.startswith("v:") and value in VERDICTS
    }  # fmt: skip
    return _Asked(changes, verdicts, _day(posted.get("on", "")))


def _bench(library: Library, support: Support, posted: QueryDict) -> Bench:
    found = simulations.fields_of(library, support)
    asked = _asked(found, posted)
    changes = asked.changes
    checked = simulations.check(library, support.key, changes)
    rows = tuple(
        _row(number, field, changes, checked.problems.get(field.path, ()))
        for number, field in enumerate(found)
    )
    cases: tuple[simulations.CaseResult, ...] = ()
    if checked.is_fine:
        cases = tuple(simulations.run_cases(checked.library, checked.library.by_key[support.key]))
    return Bench(
        support,
        library,
        asked.on,
        rows,
        changes,
        asked.verdicts,
        checked.others,
        cases,
        checked.is_fine,
    )


def _text(field: Field, posted: Mapping[str, Any]) -> str:
    """What the form says of a field: the whole text where that was changed, else the numbers in it."""
    whole = str(posted.get(f"x:{field.path}", field.text)).strip()
    if whole != field.text:
        return whole
    numbers = [piece.text for piece in field.pieces if piece.is_number]
    said = [
        str(posted.get(f"n:{field.path}:{index}", number)).strip() or number
        for index, number in enumerate(numbers)
    ]
    return joined(field, said)


def _row(
    number: int, field: Field, changes: Mapping[str, str], problems: tuple[Problem, ...]
) -> Row:
    text = changes.get(field.path, field.text)
    changed = Field(field.path, field.label, text, field.choices)
    numbers = [piece.text for piece in field.pieces if piece.is_number]
    same_shape = joined(field, _numbers(changed)) == text and len(_numbers(changed)) == len(numbers)
    values = iter(_numbers(changed) if same_shape else numbers)
    old = iter(numbers)
    parts, index = [], 0
    for piece in field.pieces:
        if piece.is_number:
            value, was = next(values), next(old)
            name = f"n:{field.path}:{index}"
            label = f"{field.label}，第{index + 1}个数，现为{was}"
            parts.append(Part("", Control(name, label, value, value != was)))
            index += 1
        else:
            parts.append(Part(piece.text, None))
    # Where only numbers of a condition differ, they carry the change: two controls never compete.
    whole = field.text if same_shape and index and field.path.startswith("条件.") else text
    control = Control(f"x:{field.path}", field.label, whole, field.path in changes)
    return Row(number, field, control, tuple(parts), problems)


def _numbers(field: Field) -> list[str]:
    return [piece.text for piece in field.pieces if piece.is_number]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()


# ---------------------------------------------------------------- what it does in the region


def _effect(request: HttpRequest, made: Bench) -> dict[str, Any]:
    """Computed at once for a small region, by a worker for a large one; nothing without a change."""
    if not made.is_fine or not made.changes:
        return {}
    region = simulations.region()
    if region is None:
        return {"no_region": True}
    snapshot, known_at = region
    actor = actor_of(request)
    if not simulations.is_live(snapshot):
        simulation = actions.try_changes(
            support=made.support.key, changes=made.changes, on=made.on, by=actor, at=timezone.now()
        )
        return _trial(simulation)
    result = simulations.effect(made.library, snapshot, made.support.key, made.changes, made.on)
    return {"effect": effect_of(result), "known_at": known_at}


def _trial(simulation: Simulation) -> dict[str, Any]:
    if not simulation.result:
        return {"trial": simulation}
    effect: Effect = effect_of(simulation.result)
    return {"trial": simulation, "effect": effect, "known_at": simulation.run_known_at}


urlpatterns = [
    path("author/", workbench, name="workbench"),
    path("author/bench/<str:policy>/<str:support>/", bench, name="bench"),
    path("author/bench/<str:policy>/<str:support>/live/", live, name="bench_live"),
    path("author/trials/<int:pk>/", trial, name="trial"),
]
