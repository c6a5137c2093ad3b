"""Saved simulations: private to their author until shared, compared side by side, exported, taken to a release."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huiqi.portal.base import audit, rules
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import actions, queries, simulations
from huiqi.portal.matching.models import Simulation
from huiqi.portal.web.author import workbench
from huiqi.portal.web.author.effects import Effect, effect_of
from huiqi.portal.web.exporting import Column, Export, download, write
from huiqi.portal.web.listing import listing
from huiqi.portal.web.numbers import whole

DESK = (Role.AUTHOR, Role.SIGNER)
READERS = (*DESK, Role.LEADER, Role.OFFICER)
"""A simulation can be shared with a unit whose members only look at it."""
MOST = 4
"""How many are compared side by side."""


@allow(*READERS)
def saved(request: HttpRequest) -> HttpResponse:
    """The actor's simulations and those shared with the actor's unit."""
    listed = listing(
        request,
        queries.simulations(actor_of(request)),
        sorts={"made": ("made_at",), "name": ("name",)},
        default_sort="-made",
    )
    names = queries.support_names()
    names |= {support.key: support.name for support in rules.library().supports}
    return render(request, "web/author/simulations.html", {"listing": listed, "names": names})


@allow(*READERS)
def simulation(request: HttpRequest, pk: int) -> HttpResponse:
    """One simulation: the changes and what they do."""
    return _page(request, _simulation(request, pk))


def _page(request: HttpRequest, made: Simulation, error: str = "") -> HttpResponse:
    actor = actor_of(request)
    mine = made.author == actor.user
    library = rules.library()
    rule = library.by_key.get(made.support)
    others = queries.simulations(actor).exclude(pk=made.pk).filter(state="done")[:20]
    return render(
        request,
        "web/author/simulation.html",
        {
            "simulation": made,
            "mine": mine,
            "rule": rule,
            "changes": _changes(made),
            "effect": effect_of(made.result) if made.result else None,
            "known_at": made.run_known_at,
            "others": others,
            "units": queries.sharing_units(actor) if mine else (),
            "shared": set(made.shared_with.values_list("pk", flat=True)),
            "wrong": sorted(name for name, word in made.verdicts.items() if word == "wrong"),
            "may_draft": actor.has(Role.AUTHOR) and mine,
            "may_edit": actor.has(*DESK) and mine and rule is not None,
            "is_outdated": simulations.is_outdated(made),
            "error": error,
        },
        status=422 if error else 200,
    )


def _changes(made: Simulation) -> list[tuple[str, str, str]]:
    """Label, what the rule said when it was computed (else what it says now), what was tried."""
    library = rules.library()
    rule = library.by_key.get(made.support)
    fields = simulations.fields_of(library, rule) if rule is not None else []
    known = {field.path: field for field in fields}
    before = made.result.get("before", {})
    return [
        (
            known[path].label if path in known else path,
            before.get(path, known[path].text if path in known else ""),
            text,
        )
        for path, text in made.changes.items()
    ]


def _numbers(texts: list[str]) -> list[int]:
    return [number for text in texts if (number := whole(text)) is not None]


@allow(*READERS)
def compare(request: HttpRequest) -> HttpResponse:
    """Two to four simulations side by side."""
    wanted = _numbers(request.GET.getlist("s"))[:MOST]
    found = queries.simulations(actor_of(request)).filter(pk__in=wanted, state="done")
    by_number = {one.pk: one for one in found}
    chosen = [by_number[number] for number in dict.fromkeys(wanted) if number in by_number]
    if len(chosen) < 2:
        messages.warning(request, "请至少选两次算好的测算再比较")
        return redirect("web:simulations")
    effects = [(one, effect_of(one.result, f"s{one.pk}"), _changes(one)) for one in chosen]
    return render(
        request, "web/author/compare.html", {"effects": effects, "rows": _compared(effects)}
    )


Compared = tuple[Simulation, Effect, list[tuple[str, str, str]]]


def _compared(effects: Iterable[Compared]) -> list[dict[str, Any]]:
    """For each support the figures of all simulations, None where one does not touch it."""
    listed = list(effects)
    names: dict[str, str] = {}
    for _, effect, _ in listed:
        names |= {line.key: line.name for line in effect.lines}
    return [
        {
            "name": name,
            "lines": [
                next((line for line in effect.lines if line.key == key), None)
                for _, effect, _ in listed
            ],
        }
        for key, name in names.items()
    ]


@allow(*READERS)
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A simulation as a workbook of one sheet: totals, then every county, industry and size."""
    made = _simulation(request, pk)
    if not made.result:
        raise Http404("还没有算好")
    audit.record(
        "simulation.export", at=timezone.now(), actor=actor_of(request), subject=f"测算{made.pk}"
    )
    return download(
        f"测算-{made.name}.xlsx", lambda stream: write(stream, EXPORT, _rows(made)) and None
    )


def _rows(made: Simulation) -> list[dict[str, Any]]:
    effect = effect_of(made.result)
    names = {line.key: line.name for line in effect.lines}
    out: list[dict[str, Any]] = []
    for line in effect.lines:
        for word, side in (("改前", line.before), ("改后", line.after)):
            out.append(
                {"support": line.name, "by": "合计", "name": word, "yes": side.yes,
                 "missing": side.missing, "judge": side.judge, "low": side.low, "high": side.high}
            )  # fmt: skip
        out.append(
            {"support": line.name, "by": "合计", "name": "差", "yes": line.yes,
             "missing": line.missing, "judge": line.judge, "low": line.low, "high": line.high}
        )  # fmt: skip
    for item in made.result["by"]:
        out.append({**item, "support": names.get(item["support"], item["support"]),
                    "by": f"按{item['by']}的差"})  # fmt: skip
    return out


EXPORT = Export(
    "测算",
    (
        Column("支持", lambda row: row["support"], width=36),
        Column("范围", lambda row: row["by"]),
        Column("名称", lambda row: row["name"], width=24),
        Column("应享", lambda row: row["yes"], "number"),
        Column("缺事实", lambda row: row["missing"], "number"),
        Column("需认定", lambda row: row["judge"], "number"),
        Column("确定（元）", lambda row: row["low"], "fen", 20),
        Column("最多（元）", lambda row: row["high"], "fen", 20),
    ),
    act="simulation.export",
)


# ---------------------------------------------------------------- acts


@allow(*DESK)
@require_POST
def compute(request: HttpRequest, pk: int) -> HttpResponse:
    """Computes it anew on the present data."""
    made = _own(request, pk)
    workbench.compute(made, by=actor_of(request), at=timezone.now())
    return redirect("web:simulation", pk)


@allow(*DESK)
@require_POST
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows it to the chosen units, and to no others."""
    made = _own(request, pk)
    units = _numbers(request.POST.getlist("units"))
    try:
        actions.share_simulation(made, units=units, by=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, made, str(refused))
    messages.success(request, f"已共享给{len(units)}个单位" if units else "不再共享")
    return redirect("web:simulation", pk)


@allow(*DESK)
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Removes one of the actor's own."""
    made = _own(request, pk)
    actions.remove_simulation(made, by=actor_of(request), at=timezone.now())
    messages.success(request, f"已删除测算“{made.name}”")
    return redirect("web:simulations")


@allow(Role.AUTHOR)
@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the changes to the release desk as a draft; releasing is a signed act of its own."""
    made = _own(request, pk)
    try:
        release = simulations.draft(made, by=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, made, str(refused))
    messages.success(request, "已按这次改动起草新版本，审核签字后才会施行")
    return redirect("web:release", release.pk)


def _simulation(request: HttpRequest, pk: int) -> Simulation:
    found = queries.simulations(actor_of(request)).filter(pk=pk).select_related("job").first()
    if found is None:
        raise Http404("没有这次测算，或没有共享给您的单位")
    return found


def _own(request: HttpRequest, pk: int) -> Simulation:
    made = _simulation(request, pk)
    if made.author != actor_of(request).user:
        raise PermissionDenied("这是别人的测算，只能看")
    return made


urlpatterns = [
    path("author/simulations/", saved, name="simulations"),
    path("author/simulations/compare/", compare, name="simulations_compare"),
    path("author/simulations/<int:pk>/", simulation, name="simulation"),
    path("author/simulations/<int:pk>/file/", file, name="simulation_file"),
    path("author/simulations/<int:pk>/compute/", compute, name="simulation_compute"),
    path("author/simulations/<int:pk>/share/", share, name="simulation_share"),
    path("author/simulations/<int:pk>/remove/", remove, name="simulation_remove"),
    path("author/simulations/<int:pk>/draft/", draft, name="simulation_draft"),
]
