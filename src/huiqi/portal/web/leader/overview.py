"""目标总览: how far the targets of the documents are, who is late, what is owed where."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone

from huiqi.portal.base import audit, rules
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import Role
from huiqi.portal.matching import queries
from huiqi.portal.matching.models import Run, TargetResult
from huiqi.portal.matching.queries import INDUSTRY, REGION, SIZE, TargetLine
from huiqi.portal.web import charts
from huiqi.portal.web.charts import TileMap
from huiqi.portal.web.exporting import Column, Export, download, write
from huiqi.portal.web.templatetags.huiqi import tidy
from huiqi.rulebook.bulk.targets import Standing
from huiqi.rulebook.library.policy import Form

LOOKS = {
    Standing.REACHED: ("good", "circle-check"), Standing.SHORT: ("bad", "alert-triangle"),
    Standing.OPEN: ("wait", "help"), Standing.UNMEASURED: ("plain", "pencil"),
}  # fmt: skip
MAP = "counties.geojson"
"""The operator's own map, in the home folder; without it counties are tiles."""
MOST = 12
READERS = (Role.LEADER, Role.OFFICER, Role.AUTHOR)


@dataclass(frozen=True, slots=True)
class Shown:
    """A target as a page shows it."""

    line: TargetLine
    figure: str
    look: str
    sign: str

    @property
    def result(self) -> TargetResult:
        return self.line.result

    @property
    def who(self) -> str:
        """Who leads, else the first unit that is named."""
        return self.result.lead or next(iter(self.result.units), "")


# ---------------------------------------------------------------- figures in words


def number(value: Decimal, rounding: str = "") -> str:
    """A figure with at most two decimals; more are shown as about, or rounded down or up."""
    rounded = value.quantize(Decimal(1).scaleb(-2), rounding or ROUND_HALF_EVEN)
    words = f"{rounded:,f}".rstrip("0").rstrip(".")
    return words if rounded == value or rounding else f"约{words}"


def figure_words(result: TargetResult) -> str:
    """What was measured in the target's unit: exact, or from–to where facts are missing."""
    low, high, unit = result.low, result.high, result.unit
    if result.standing == Standing.UNMEASURED:
        return ""
    if low is None and high is None:
        return "未知"
    if low is not None and low == high:
        return f"{number(low)}{unit}"
    # A least figure is never told higher than it is, a greatest never lower.
    least, most = (
        number(low or Decimal(0), ROUND_FLOOR),
        number(high, ROUND_CEILING) if high is not None else "",
    )
    if not most:
        return f"至少{least}{unit}" if low else "未知"
    return f"{least}至{most}{unit}" if low else f"最多{most}{unit}"


def _shown(line: TargetLine) -> Shown:
    look, sign = LOOKS[Standing(line.result.standing)]
    return Shown(line, figure_words(line.result), look, sign)


# ---------------------------------------------------------------- pages


@allow(Role.LEADER)
def overview(request: HttpRequest) -> HttpResponse:
    """The state of everything on one page."""
    actor, today = actor_of(request), timezone.localdate()
    run = queries.current()
    if run is None:
        return render(request, "web/leader/none.html")
    lines = queries.target_lines(run, today, actor.region)
    supports = queries.support_lines(actor, run=run)
    paying = [one for one in supports if one.form == Form.PAYMENT and one.is_counted]
    is_whole = not queries.scope(actor)
    owed = sorted(paying, key=lambda one: (-one.low, -one.high, one.key))
    late = [line for line in lines if line.is_late]
    return render(
        request,
        "web/leader/overview.html",
        {
            "run": run,
            "standings": [
                (word, count, *LOOKS[Standing(word)]) for word, count in queries.standings(lines)
            ],
            "targets": len(lines),
            "late": [_shown(line) for line in late[:MOST]],
            "more_late": max(len(late) - MOST, 0),
            "units": queries.late_units(lines),
            "yes": sum(one.yes for one in supports),
            "low": _total(run, is_whole, "low", paying),
            "high": _total(run, is_whole, "high", paying),
            "unbounded": sum(one.unbounded for one in paying),
            "owed": owed[:MOST],
            "more": max(len(owed) - MOST, 0),
            "map": _map(run, request),
            "geojson": _geojson(),
        },
    )


def _total(run: Run, is_whole: bool, end: str, paying: Sequence[Any]) -> int:
    """What payments come to: for the whole counted once where supports exclude each other."""
    if is_whole:
        return next((int(one[end]) for one in run.totals if one["form"] == Form.PAYMENT), 0)
    return sum(getattr(one, end) for one in paying)


def _map(run: Run, request: HttpRequest) -> TileMap:
    lines = queries.group_lines(actor_of(request), run=run, by=REGION)
    values: Mapping[str, int | None] = {line.code: line.low for line in lines if line.code}
    target = reverse("web:matching")
    return charts.tiles(
        "counties",
        "各县（市、区）应兑付金额",
        values,
        rules.library().vocabulary.regions,
        unit=charts.FEN,
        note="按已登记的事实可以确定、尚未兑付的拨付类金额",
        link=lambda code: f"{target}?region={code}",
    )


class TargetFilters(forms.Form):
    """By document, standing and unit."""

    use_required_attribute = False
    policy = forms.ChoiceField(label="文件", required=False)
    standing = forms.ChoiceField(label="进展", required=False)
    unit = forms.CharField(label="责任单位", required=False, max_length=40)
    late = forms.BooleanField(label="只看到期未达到的", required=False)

    def __init__(self, *args: Any, lines: Sequence[TargetLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = {line.result.policy: line.policy for line in lines}
        self.fields["policy"].choices = [("", "全部文件"), *policies.items()]  # type: ignore[attr-defined]
        self.fields["standing"].choices = [  # type: ignore[attr-defined]
            ("", "全部"), *((str(word), str(word)) for word in Standing)
        ]  # fmt: skip

    def narrow(self, lines: Sequence[TargetLine]) -> list[TargetLine]:
        """The lines that match; a field that cannot be read is left out."""
        self.is_valid()
        asked = self.cleaned_data
        return [
            line for line in lines
            if asked.get("policy", "") in ("", line.result.policy)
            and asked.get("standing", "") in ("", line.result.standing)
            and (not asked.get("unit") or any(
                asked["unit"] in unit for unit in [line.result.lead, *line.result.units]))
            and (not asked.get("late") or line.is_late)
        ]  # fmt: skip


@allow(*READERS)
def targets(request: HttpRequest) -> HttpResponseBase:
    """Every target with its figure, how it is measured and who is responsible."""
    actor, today = actor_of(request), timezone.localdate()
    run = queries.current()
    if run is None:
        return render(request, "web/leader/none.html")
    lines = queries.target_lines(run, today, actor.region)
    form = TargetFilters(request.GET or None, lines=lines)
    chosen = form.narrow(lines) if request.GET else lines
    if request.GET.get("format") == "xlsx":
        audit.record(TARGETS.act, at=timezone.now(), actor=actor, rows=len(chosen))
        return download(
            f"目标-{today}.xlsx", lambda stream: write(stream, TARGETS, chosen) and None
        )
    groups: dict[str, list[Shown]] = {}
    for line in chosen:
        groups.setdefault(line.policy, []).append(_shown(line))
    return render(
        request,
        "web/leader/targets.html",
        {
            "run": run,
            "groups": list(groups.items()),
            "form": form,
            "count": len(chosen),
            "is_filtered": len(chosen) != len(lines),
            "export": _with_format(request),
        },
    )


def _with_format(request: HttpRequest) -> str:
    asked = request.GET.copy()
    asked["format"] = "xlsx"
    return f"?{asked.urlencode()}"


TARGETS = Export(
    "目标",
    (
        Column("文件", lambda line: line.policy, width=28),
        Column("条款", lambda line: line.result.clause),
        Column("指标", lambda line: line.result.indicator, width=36),
        Column("目标", lambda line: line.result.wanted),
        Column("期限", lambda line: tidy(line.result.deadline)),
        Column("现值", lambda line: figure_words(line.result), width=24),
        Column("进展", lambda line: line.result.standing),
        Column("到期未达到", lambda line: "是" if line.is_late else ""),
        Column("牵头单位", lambda line: line.result.lead, width=24),
        Column("责任单位", lambda line: "、".join(line.result.units), width=40),
        Column("量法", lambda line: line.result.measure, width=60),
    ),
    act="target.export",
)


@allow(Role.LEADER)
def money(request: HttpRequest) -> HttpResponse:
    """Budgets: by support, county, industry and size."""
    actor = actor_of(request)
    run = queries.current()
    if run is None:
        return render(request, "web/leader/none.html")
    form = request.GET.get("form", "")
    chosen = form if form in {str(item) for item in Form} else str(Form.PAYMENT)
    supports = [
        one
        for one in queries.support_lines(actor, run=run)
        if one.form == chosen and one.is_counted
    ]
    supports.sort(key=lambda one: (-one.low, -one.high, one.key))
    is_whole = not queries.scope(actor)
    drawn = [
        _bars(run, request, by, name, title, chosen)
        for by, name, title in (
            (REGION, "by-county", "按县（市、区）"),
            (INDUSTRY, "by-industry", "按行业门类"),
            (SIZE, "by-size", "按规模"),
        )
        if by == REGION or is_whole
    ]
    return render(
        request,
        "web/leader/money.html",
        {
            "run": run,
            "form": chosen,
            "forms": [str(item) for item in Form],
            "supports": supports,
            "total": next((one for one in run.totals if one["form"] == chosen), None),
            "is_whole": is_whole,
            "charts": [one for one in drawn if one is not None],
        },
    )


def _bars(
    run: Run, request: HttpRequest, by: str, name: str, title: str, form: str
) -> charts.Chart | None:
    lines = queries.group_lines(actor_of(request), run=run, by=by, form=form)
    shown = [line for line in lines if line.low or line.high][:MOST]
    if not shown:
        return None
    more = len([line for line in lines if line.low or line.high]) - len(shown)
    return charts.bars(
        name,
        f"{title}的金额",
        [line.name for line in shown],
        {"确定": [line.low for line in shown], "补齐信息后最多": [line.high for line in shown]},
        unit=charts.FEN,
        lying=True,
        note=f"金额最大的{len(shown)}个，还有{more}个没有画出" if more else "",
        look="is-high" if len(shown) > 6 else "",
    )


# ---------------------------------------------------------------- the operator's map


def _map_file() -> Path:
    return Path(settings.HOME) / MAP


def _geojson() -> str:
    return reverse("web:county_map") if _map_file().is_file() else ""


@allow(*READERS)
def county_map(request: HttpRequest) -> HttpResponse:
    """The operator's own shapes of counties, where supplied."""
    try:
        shapes = json.loads(_map_file().read_text("utf-8"))
    except (OSError, ValueError):
        raise Http404("没有配置地图") from None
    return JsonResponse(shapes, safe=False)


urlpatterns = [
    path("lead/", overview, name="overview"),
    path("lead/targets/", targets, name="targets"),
    path("lead/money/", money, name="money"),
    path("lead/map.geojson", county_map, name="county_map"),
]
