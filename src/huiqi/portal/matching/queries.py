"""What officers, leaders and authors read of the current run: lists, counts, gaps, near misses.

Every list is a query set, so that pages filter, sort and page it in the database. What a member of a
unit sees lies in the unit's region; a region that is empty is the whole.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from huiqi.portal.base import places, rules
from huiqi.portal.base.access import Actor
from huiqi.portal.base.models import Unit
from huiqi.portal.matching.enums import AnswerKind
from huiqi.portal.matching.models import (
    Entitlement,
    Gap,
    MatchedSupport,
    NearMiss,
    Notice,
    Run,
    Simulation,
    Slice,
    SupportResult,
    TargetResult,
)
from huiqi.portal.registry import queries as registry
from huiqi.portal.registry.columns import ENTERPRISE
from huiqi.portal.registry.models import Enterprise, Record
from huiqi.rulebook.bulk.targets import Standing
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.policy import Form, Support
from huiqi.rulebook.problems import Problem

REGION, INDUSTRY, SIZE = "地区", "行业", "规模"
BY = (REGION, INDUSTRY, SIZE)
FOUND = (AnswerKind.YES, AnswerKind.JUDGE, AnswerKind.MISSING)
"""The answers of a list; near misses have a list of their own."""


def current() -> Run | None:
    """The run that readers see; None before the first one."""
    return Run.objects.filter(is_current=True).first()


def latest() -> Run | None:
    """The run begun last, whatever became of it."""
    return Run.objects.select_related("job", "asked_by").first()


def visible(run: Run) -> QuerySet[Entitlement]:
    """The entitlements of a run that is current (or was: until its rows are cleared away)."""
    return Entitlement.objects.filter(since__lte=run.pk, until__gt=run.pk)


# ---------------------------------------------------------------- places


def scope(actor: Actor) -> str:
    """The region that bounds what an actor sees; empty where it is the whole."""
    return places.reach(actor.region)


# ---------------------------------------------------------------- entitlements


def in_region(rows: QuerySet[Entitlement], region: str) -> QuerySet[Entitlement]:
    """Entitlements of a region (empty: all). Their counties are codes of the tree, or not known."""
    if not region:
        return rows
    stretch = places.stretch(region)
    return rows.filter(Q(region__range=stretch) if stretch else places.within(region, "region"))


def entitlements(
    actor: Actor,
    *,
    run: Run,
    support: str = "",
    answer: str = "",
    region: str = "",
    industry: str = "",
    size: str = "",
    policy: str = "",
    words: str = "",
) -> QuerySet[Entitlement]:
    """Who is entitled and has not come (or waits for a fact or a judgement), in the actor's region.

    What was paid already is no entitlement any more. ``answer`` defaults to 应享; ``support`` is
    `政策/支持`, ``region`` and ``industry`` are codes (county or above; section), ``words`` a part of
    the name or the whole key of the beneficiary.
    """
    found = visible(run).filter(answer=answer or AnswerKind.YES)
    for code in (scope(actor), region):
        found = in_region(found, code)
    if support:
        # By its number, so that the database knows how many rows it has and reads the better index.
        chosen = MatchedSupport.objects.filter(key=support).values_list("pk", flat=True).first()
        found = found.filter(support=chosen)
    elif policy:
        several = MatchedSupport.objects.filter(policy=policy).values_list("pk", flat=True)
        found = found.filter(support__in=list(several))
    if industry:
        found = found.filter(industry=industry)
    if size:
        found = found.filter(size=size)
    if words:
        found = named(found, words, support=support)
    # Facts of the beneficiary are long, and no list shows them.
    return found.select_related("record", "item", "support").defer("record__values")


def in_order(rows: QuerySet[Entitlement], *, of_one: bool) -> QuerySet[Entitlement]:
    """One order that an index has: of one support the largest amounts first, of several by county."""
    if not of_one:
        return rows.order_by("region", "support_id", "pk")
    return rows.order_by(F("low").desc(nulls_last=True), F("high").desc(nulls_last=True), "pk")


def named(rows: QuerySet[Entitlement], words: str, *, support: str = "") -> QuerySet[Entitlement]:
    """Entitlements of whom these words name, or of the one whose whole key they are; of one support
    where ``support`` says which."""
    found = registry.numbers(words.strip()) or registry.found_by(words)
    if isinstance(found, list):
        # Few: looked for by their numbers, where SQLite would go through all rows of the list.
        few = Entitlement.objects.filter(record__in=found).values_list("pk", flat=True)
        return rows.filter(pk__in=list(few))
    if found is not None:
        return rows.filter(record__in=found)
    # Nearly every enterprise has them: row by row. Others are fewer, and may not have them at all.
    whose = MatchedSupport.objects.filter(key=support).values_list("whose", flat=True).first()
    if whose and whose != ENTERPRISE:
        holders = registry.holding(Record.objects.filter(table=whose), "name", words)
        return rows.filter(record__in=holders.values("pk"))
    if whose and connection.vendor == "postgresql":
        # It knows how many enterprises have the words, and of all records only how few.
        theirs = registry.holding(Enterprise.objects.filter(pk=OuterRef("record")), "name", words)
        return rows.filter(Exists(theirs))
    return registry.holding(rows, "record__name", words)


def near_rows(
    actor: Actor,
    *,
    run: Run,
    support: str,
    condition: int | None = None,
    region: str = "",
    industry: str = "",
    size: str = "",
    words: str = "",
) -> QuerySet[Entitlement]:
    """Who fails one condition only of a support, in the actor's region."""
    found = entitlements(
        actor, run=run, support=support, answer=AnswerKind.NEAR, region=region,
        industry=industry, size=size, words=words,
    )  # fmt: skip
    return found if condition is None else found.filter(conditions=1 << condition)


# ---------------------------------------------------------------- supports


@dataclass(frozen=True, slots=True)
class SupportLine:
    """One support in the actor's region; amounts in fen. ``support`` is None where it is no longer
    in the rules in force."""

    key: str
    name: str
    policy: str
    policy_name: str
    form: str
    is_counted: bool
    yes: int
    missing: int
    judge: int
    near: int
    low: int
    high: int
    unbounded: int

    @property
    def id(self) -> str:
        """The name within its policy."""
        return self.key.partition("/")[2]


def support_lines(actor: Actor, *, run: Run, region: str = "") -> list[SupportLine]:
    """All supports that somebody is entitled to, waits for or is near to; most entitled first.

    In a region smaller than the whole, counts and amounts are those of its counties; how many amounts
    have no upper bound is known for the whole only and then left out.
    """
    named = {item.key: item for item in MatchedSupport.objects.all()}
    titles = {policy.id: policy.short for policy in rules.library().policies}
    whole = {item.support: item for item in SupportResult.objects.filter(run=run)}
    local = _local(run, tuple(filter(None, (scope(actor), region))))
    one_step = _near_by_support(actor, run, region)
    out = []
    for key, result in whole.items():
        if key not in named:
            continue
        yes, missing, judge, low, high = (
            (result.yes, result.missing, result.judge, result.low, result.high)
            if local is None
            else local.get(key, (0, 0, 0, 0, 0))
        )
        near = one_step.get(key, 0)
        if yes or missing or judge or near:
            item = named[key]
            out.append(
                SupportLine(
                    key, item.name, item.policy, titles.get(item.policy, item.policy), item.form,
                    item.is_counted, yes, missing, judge, near, low, high,
                    result.unbounded if local is None else 0,
                )
            )  # fmt: skip
    return sorted(out, key=lambda line: (-line.yes, -line.judge, -line.missing, line.key))


Figures = tuple[int, int, int, int, int]


def _local(run: Run, regions: tuple[str, ...]) -> dict[str, Figures] | None:
    """Figures by support within regions; None for the whole."""
    if not regions:
        return None
    found = Slice.objects.filter(run=run, by=REGION)
    for code in regions:
        found = found.filter(places.within(code, "code"))
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    for support, *values in found.values_list("support", "yes", "missing", "judge", "low", "high"):
        at = sums[support]
        for index, value in enumerate(values):
            at[index] += value
    return {key: (at[0], at[1], at[2], at[3], at[4]) for key, at in sums.items()}


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One county, industry or size class; amounts in fen, of supports that are paid out."""

    name: str
    code: str
    yes: int
    missing: int
    judge: int
    low: int
    high: int


def group_lines(
    actor: Actor, *, run: Run, by: str = REGION, support: str = "", form: str = Form.PAYMENT
) -> list[GroupLine]:
    """Counts and amounts by 地区, 行业 or 规模: of one support, else of all of one form.

    Supports of a stacking group each count in full here: the total of a form stands in ``Run.totals``.
    By county only those of the actor's region; by industry and size the whole.
    """
    found = Slice.objects.filter(run=run, by=by)
    if by == REGION:
        found = found.filter(places.within(scope(actor), "code"))
    if support:
        found = found.filter(support=support)
    else:
        keys = MatchedSupport.objects.filter(form=form).values_list("key", flat=True)
        found = found.filter(support__in=list(keys))
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 5)
    for name, code, *values in found.values_list(
        "name", "code", "yes", "missing", "judge", "low", "high"
    ):
        at = sums[name, code]
        for index, value in enumerate(values):
            at[index] += value
    lines = [GroupLine(name, code, *at) for (name, code), at in sums.items()]
    return sorted(lines, key=lambda line: (-line.low, -line.yes, -line.high, line.name))


# ---------------------------------------------------------------- gaps and near misses


@dataclass(frozen=True, slots=True)
class Holder:
    """A register that could close gaps: the facts it holds, the one that settles most first."""

    name: str
    gaps: tuple[Gap, ...]

    @property
    def stakes(self) -> list[dict[str, Any]]:
        """What its first fact decides; facts overlap, so they are not added."""
        return self.gaps[0].stakes if self.gaps else []


def gaps(run: Run) -> QuerySet[Gap]:
    """Missing facts, the one that most money waits for first. They are of the whole region."""
    return Gap.objects.filter(run=run).order_by("place", "pk")


def holders(run: Run) -> list[Holder]:
    """The registers that could close gaps, the one that most money waits for first."""
    by_holder: dict[str, list[Gap]] = defaultdict(list)
    for gap in gaps(run):
        by_holder[gap.holder or "企业自己填报"].append(gap)
    return [Holder(name, tuple(found)) for name, found in by_holder.items()]


def near_misses(
    actor: Actor, *, run: Run, support: str = "", region: str = ""
) -> QuerySet[Any, Any]:
    """Conditions that alone stand in the way in the actor's region, the most frequent first.

    Each with `support`, `condition`, `text` and how many `rows` fail it.
    """
    found = NearMiss.objects.filter(
        places.within(scope(actor), "region"), places.within(region, "region"), run=run
    )
    if support:
        found = found.filter(support=support)
    told = found.values("support", "condition", "text").annotate(rows=Sum("rows"))
    return told.order_by("-rows", "support", "condition")


def _near_by_support(actor: Actor, run: Run, region: str) -> dict[str, int]:
    listed = near_misses(actor, run=run, region=region).order_by().values_list("support", "rows")
    out: dict[str, int] = defaultdict(int)
    for support, rows in listed:
        out[support] += rows
    return out


def support_names() -> dict[str, str]:
    """`政策/支持` -> name, of all supports that runs have met."""
    return dict(MatchedSupport.objects.values_list("key", "name"))


def choices(actor: Actor, run: Run) -> dict[str, list[tuple[str, str]]]:
    """What a list can be filtered by: supports, counties of the actor's region, sections, sizes."""
    vocabulary = rules.library().vocabulary
    here = scope(actor)
    seen = {here, *places.codes(here)}
    groups: dict[str, dict[str, str]] = {by: {} for by in BY}
    found = Slice.objects.filter(run=run).values_list("by", "code", "name").distinct()
    for by, code, name in found:
        if code and (by != REGION or not here or code in seen):
            groups[by][code] = name
    order = {
        REGION: vocabulary.trees[Kind.REGION].positions(),
        INDUSTRY: vocabulary.trees[Kind.INDUSTRY].positions(),
    }
    out = {
        by: sorted(groups[by].items(), key=lambda pair, by=by: order[by].get(pair[0], 0))  # type: ignore[misc]
        for by in (REGION, INDUSTRY)
    }
    sizes = [
        name for names in vocabulary.choices.values() for name in names if name in groups[SIZE]
    ]
    out[SIZE] = [(name, name) for name in dict.fromkeys(sizes)]
    listed = MatchedSupport.objects.order_by("policy", "key").values_list("key", "name")
    out["支持"] = list(listed)
    return out


# ---------------------------------------------------------------- targets


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A measured target and whether it is late on a day."""

    result: TargetResult
    policy: str
    is_late: bool
    may_be_late: bool


def target_lines(run: Run, on: date, region: str = "") -> list[TargetLine]:
    """The targets of documents that concern a region (empty: all), in the order of the documents.

    Late: the day has passed and the target is not reached.
    """
    library = rules.library()
    titles = {policy.id: policy.short for policy in library.policies}
    regions = {policy.id: _code(policy.region) for policy in library.policies}
    out = []
    for item in TargetResult.objects.filter(run=run):
        place = regions.get(item.policy, "")
        if not (places.covers(place, region) or places.covers(region, place)):
            continue
        passed = item.due is not None and item.due < on
        out.append(
            TargetLine(
                item,
                titles.get(item.policy, item.policy),
                passed and item.standing == Standing.SHORT,
                passed and item.standing in (Standing.OPEN, Standing.UNMEASURED),
            )
        )
    return out


def _code(region: str) -> str:
    """The code of a region that a policy names."""
    found = rules.library().vocabulary.trees[Kind.REGION].find(region)
    return "" if isinstance(found, Problem) else found.code


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit that leads clauses, with its targets that are late or may be."""

    name: str
    late: tuple[TargetLine, ...]
    may_be_late: tuple[TargetLine, ...]

    @property
    def is_named(self) -> bool:
        return self.name != NO_LEAD


NO_LEAD = "条款没有写明牵头单位"


def late_units(lines: Iterable[TargetLine]) -> list[UnitLine]:
    """Who is late, the unit with most late targets first."""
    by_unit: dict[str, list[TargetLine]] = defaultdict(list)
    for line in lines:
        if line.is_late or line.may_be_late:
            units = [line.result.lead] if line.result.lead else line.result.units[:1]
            by_unit[(units or [NO_LEAD])[0]].append(line)
    listed = [
        UnitLine(
            name,
            tuple(line for line in found if line.is_late),
            tuple(line for line in found if line.may_be_late),
        )
        for name, found in by_unit.items()
    ]
    return sorted(listed, key=lambda one: (-len(one.late), -len(one.may_be_late), one.name))


def standings(lines: Iterable[TargetLine]) -> list[tuple[str, int]]:
    """How many targets stand how."""
    listed = [line.result.standing for line in lines]
    return [(str(word), listed.count(word)) for word in Standing]


# ---------------------------------------------------------------- notices


def notices(actor: Actor) -> QuerySet[Notice]:
    """The notices of a person, and of the enterprise acted for; the latest first."""
    if actor.user is None:
        return Notice.objects.none()
    mine = Q(user=actor.user)
    if actor.is_enterprise:
        mine |= Q(unit=actor.unit)
    return Notice.objects.filter(mine).order_by("-pk")


# ---------------------------------------------------------------- simulations


def simulations(actor: Actor) -> QuerySet[Simulation]:
    """The actor's own simulations, and those shared with the actor's unit."""
    if actor.user is None:
        return Simulation.objects.none()
    mine = Q(author=actor.user)
    if actor.unit is not None:
        mine |= Q(shared_with=actor.unit)
    found = Simulation.objects.filter(mine, is_scratch=False)
    return found.distinct().select_related("author")


def sharing_units(actor: Actor) -> QuerySet[Unit]:
    """With whom a simulation can be shared: other units that are no enterprises."""
    found = Unit.objects.filter(is_active=True).exclude(kind="enterprise")
    return found.exclude(pk=actor.unit.pk) if actor.unit is not None else found


def rule_of(key: str) -> Support | None:
    """A support of the rules in force."""
    return rules.library().by_key.get(key)
