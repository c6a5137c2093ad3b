"""Runs: all supports over the registry, stored so that readers see the old result or the new one whole.

The rows of a run are compared with those that stand; only what differs is written, in pieces, under the
number of the run, and becomes visible in the one moment when the run becomes current. A run that fails
leaves nothing behind, and one whose worker died is cleared away by the next.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import polars as pl
from django.db import transaction
from django.utils import timezone

from huiqi.portal.base import audit, calendar, locks, rules
from huiqi.portal.base.access import NOBODY, Actor
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.jobs import Tell, silent
from huiqi.portal.base.models import Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import frames
from huiqi.portal.matching.collecting import (
    COLUMNS,
    KEYS,
    NARROW,
    REST,
    Collector,
    content,
    place,
    whose,
)
from huiqi.portal.matching.enums import RunState
from huiqi.portal.matching.models import (
    NEVER,
    Entitlement,
    Gap,
    MatchedSupport,
    NearMiss,
    Run,
    Slice,
    SupportResult,
    TargetResult,
)
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.models import Release
from huiqi.portal.registry.snapshot import view
from huiqi.rulebook.bulk.engine import GROUPS
from huiqi.rulebook.bulk.matching import MatchResult, match
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.bulk.targets import Measured, measure_targets
from huiqi.rulebook.handbook.pages import deadline_words, target_words
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.reference.explaining import stake_dict

Source = Callable[[Tell], tuple[Snapshot, datetime]]
"""Writes the snapshot where it is not up to date; with the moment up to which it knows."""
LOCK = 0x48_75_69_4D
"""Its own number: who changes entitlements need not wait for a release of rules, nor a release for
a run over the whole region."""
STEPS = 100
KEPT = timedelta(days=400)
"""Runs are kept so long with their budgets and targets, for comparison over a year."""
MICRO = Decimal("0.000001")


def lock() -> None:
    """Waits for others that change entitlements, until the end of the transaction."""
    locks.alone(LOCK)


def execute(
    source: Source,
    *,
    on: date,
    at: datetime,
    by: Actor = NOBODY,
    job: Job | None = None,
    tell: Tell = silent,
    library: Library | None = None,
) -> Run:
    """Evaluates every support on the registry's snapshot and puts the result in place.

    Refuses while another run is under way. Whatever goes wrong, the result of before stands.
    """
    run = begin(on=on, at=at, by=by, job=job)
    try:
        sweep(run)
        tell(0, STEPS, "准备数据")
        snapshot, known_at = source(_part(tell, 0, 35))
        run.seen = view(snapshot)
        _fill(run, library or rules.library(), snapshot, known_at, tell)
        publish(run, known_at=known_at, by=by, at=at)
    except BaseException:
        _fail(run)
        raise
    clear(run)
    tell(STEPS, STEPS, "完成")
    return run


@transaction.atomic
def begin(*, on: date, at: datetime, by: Actor = NOBODY, job: Job | None = None) -> Run:
    """A run that has begun; one whose worker died is marked as failed."""
    lock()
    for other in Run.objects.filter(state=RunState.RUNNING).select_related("job"):
        alive = other.job is not None and other.job != job and other.job.state == JobState.RUNNING
        if alive:
            raise Refused("正在匹配，不能同时再做一次", "等这一次完成后再看结果")
        Run.objects.filter(pk=other.pk).update(state=RunState.FAILED, ended_at=at)
    return Run.objects.create(on=on, started_at=at, asked_by=by.user, job=job)


def sweep(run: Run) -> None:
    """Clears away what runs that never became current left behind, this one's included."""
    present = Run.objects.filter(is_current=True).values_list("pk", flat=True).first() or 0
    _remove("since > %s", [present])
    ended = frames.read(
        "SELECT id FROM matching_entitlement WHERE until > %s AND until < %s",
        [present, NEVER],
        {"id": pl.Int64()},
    )
    frames.update(Entitlement, ended.get_column("id"), until=NEVER)


def _fail(run: Run) -> None:
    """Marks a run as failed; its rows are nobody's and go away."""
    sweep(run)
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, ended_at=timezone.now())


def _fill(run: Run, library: Library, snapshot: Snapshot, known_at: datetime, tell: Tell) -> None:
    vocabulary = library.vocabulary
    run.calendar = calendar.freeze(vocabulary.calendar, at=run.started_at)
    numbers = _named(library)
    collector = Collector(vocabulary, snapshot, numbers)
    result = match(library, snapshot, run.on, on_progress=_named_part(tell, 35, 55), sink=collector)
    measured = measure_targets(library, snapshot, run.on, _named_part(tell, 55, 60))
    tell(60, STEPS, "与上次结果比较")
    made = changes(collector)
    added, gone = made.added, made.gone
    run.entitlements = made.found
    run.changes = {"added": added.height, "gone": len(gone)}
    frames.update(Entitlement, gone, until=run.pk)
    frames.insert(
        Entitlement,
        added,
        lambda done: tell(
            65 + 30 * done // max(added.height, 1), STEPS, f"写入结果 {done:,}/{added.height:,} 行"
        ),
        lambda piece: collector.worded(piece).with_columns(
            since=pl.lit(run.pk), until=pl.lit(NEVER)
        ),
    )
    tell(95, STEPS, "写入汇总")
    _summaries(run, library, result, measured)
    _near(run, result, numbers, made.near)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a run found, against what stands: rows to add, numbers of rows that are no longer found."""

    found: int
    added: pl.DataFrame
    gone: pl.Series
    near: list[tuple[int, int, str, int]]


def changes(collector: Collector) -> Changes:
    """Compares what was found with what stands, support by support: a region's rows at once would
    take several times the memory."""
    standing = frames.read(
        f"SELECT id, {', '.join(COLUMNS)} FROM matching_entitlement WHERE until = %s",
        [NEVER],
        {"id": pl.Int64(), **COLUMNS},
        lambda rows: rows.select(
            "id", *KEYS, content(rows.select(list(COLUMNS))).alias(REST)
        ).with_columns(pl.col("support_id").cast(pl.Int32)),
    )
    same = [*KEYS, REST]
    count, seen, near = 0, [], []
    added, gone = [pl.DataFrame(schema=NARROW)], [pl.Series("id", [], pl.Int64)]
    for number, found in collector.by_support():
        stands = standing.filter(pl.col("support_id") == number)
        new = found.join(stands, on=same, how="anti", nulls_equal=True)
        over = stands.join(found.select(same), on=same, how="anti", nulls_equal=True)
        added.append(new.drop(REST).sort("answer", "low"))
        gone.append(over.get_column("id"))
        near += collector.near_counts(found)
        count += found.height
        seen.append(number)
    left = standing.filter(~pl.col("support_id").is_in(seen))
    return Changes(count, pl.concat(added), pl.concat([*gone, left.get_column("id")]), near)


def _named(library: Library) -> dict[str, int]:
    """The short numbers of supports; their words are renewed."""
    vocabulary = library.vocabulary
    made = [
        MatchedSupport(
            key=support.key,
            policy=support.policy,
            name=support.name[:120],
            form=str(support.form),
            table=support.table,
            whose=whose(vocabulary, support),
            is_counted=support.amount is not None,
        )
        for support in library.supports
    ]
    MatchedSupport.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["policy", "name", "form", "table", "whose", "is_counted"],
    )
    return dict(MatchedSupport.objects.values_list("key", "pk"))


# ---------------------------------------------------------------- small tables


def _summaries(run: Run, library: Library, result: MatchResult, measured: list[Measured]) -> None:
    SupportResult.objects.bulk_create(
        SupportResult(
            run=run,
            support=budget.support,
            form=str(library.by_key[budget.support].form),
            yes=budget.count(Answer.YES),
            missing=budget.count(Answer.MISSING),
            judge=budget.count(Answer.JUDGE),
            low=budget.low,
            high=budget.high,
            unbounded=budget.unbounded,
        )
        for budget in result.budgets
    )
    codes = {by: codes_of(library.vocabulary, by) for by in GROUPS}
    Slice.objects.bulk_create(
        (
            Slice(
                run=run, support=item.support, by=item.by, name=item.name[:60],
                code=codes[item.by].get(item.name, ""), yes=item.yes, missing=item.missing,
                judge=item.judge, low=item.low, high=item.high,
            )
            for item in result.slices
        ),
        batch_size=2000,
    )  # fmt: skip
    Gap.objects.bulk_create(
        Gap(
            run=run, fact=gap.fact[:120], holder=gap.holder[:60], rows=gap.rows,
            supports=list(gap.supports), stakes=[stake_dict(one) for one in gap.stakes], place=place,
        )
        for place, gap in enumerate(result.gaps)
    )  # fmt: skip
    TargetResult.objects.bulk_create(
        _target(run, library, number, item) for number, item in enumerate(measured)
    )
    run.rows = result.rows
    run.totals = [
        {"form": item.form, "low": item.low, "high": item.high, "unbounded": item.unbounded}
        for item in result.totals
    ]
    run.releases = releases()
    run.save()


def codes_of(vocabulary: Vocabulary, by: str) -> dict[str, str]:
    """Name of a county, section or size class in slices -> its code."""
    if by == "规模":
        return {name: name for names in vocabulary.choices.values() for name in names}
    kind = Kind.REGION if by == "地区" else Kind.INDUSTRY
    out: dict[str, str] = {}
    for node in vocabulary.trees[kind].nodes:
        code = place(vocabulary, by, node.code)
        held = vocabulary.trees[kind].get(code)
        if held is not None:
            name = held.full_name.removeprefix("中国").removeprefix("山西省") or held.name
            out.setdefault(name, code)
    return out


def _near(
    run: Run, result: MatchResult, numbers: dict[str, int], counts: list[tuple[int, int, str, int]]
) -> None:
    """Near misses by condition and county."""
    texts = {(numbers[item.support], item.condition): item for item in result.near}
    NearMiss.objects.bulk_create(
        (
            NearMiss(
                run=run, support=texts[support, condition].support, condition=condition,
                text=texts[support, condition].text[:400], region=region, rows=rows,
            )
            for support, condition, region, rows in counts
        ),
        batch_size=2000,
    )  # fmt: skip


def _target(run: Run, library: Library, number: int, item: Measured) -> TargetResult:
    clause = library.by_id[item.policy].by_clause.get(item.target.clause)
    return TargetResult(
        run=run,
        policy=item.policy,
        target=item.target.id,
        order=number,
        clause=item.target.clause,
        indicator=item.target.indicator[:120],
        wanted=target_words(item.target)[:120],
        unit=item.target.unit,
        deadline=deadline_words(item.target)[:60],
        due=item.target.due,
        low=_decimal(item.low),
        high=_decimal(item.high),
        standing=str(item.standing),
        measure=item.target.measure_text[:400],
        units=list(clause.units) if clause else [],
        lead=clause.lead if clause else "",
    )


def _decimal(value: Fraction | None) -> Decimal | None:
    if value is None:
        return None
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(MICRO, ROUND_HALF_UP)


def releases() -> dict[str, Any]:
    """The releases in force: slug -> version and digest."""
    found = Release.objects.filter(state=ReleaseState.IN_FORCE)
    return {
        slug: {"version": version, "digest": digest}
        for slug, version, digest in found.values_list("slug", "version", "digest")
    }


# ---------------------------------------------------------------- in place


@transaction.atomic
def publish(run: Run, *, known_at: datetime, by: Actor = NOBODY, at: datetime) -> None:
    """Makes a run the one that readers see."""
    lock()
    Run.objects.filter(is_current=True).update(is_current=False)
    run.state, run.is_current = RunState.DONE, True
    run.known_at = run.refreshed_at = known_at
    run.ended_at = timezone.now()
    run.save()
    audit.record(
        "matching.run", at=at, actor=by, subject=f"匹配{run.pk}", on=run.on,
        entitlements=run.entitlements, calendar=run.calendar, **run.changes,
    )  # fmt: skip


def clear(run: Run) -> None:
    """Removes what no reader sees any more, in pieces."""
    _remove("until <= %s", [run.pk])
    for model in (Slice, Gap, NearMiss):
        model._default_manager.exclude(run=run).filter(run__lt=run.pk).delete()
    Run.objects.filter(pk__lt=run.pk, started_at__lt=run.started_at - KEPT).delete()


def _remove(condition: str, parameters: list[Any]) -> None:
    gone = frames.read(
        f"SELECT id FROM matching_entitlement WHERE {condition}", parameters, {"id": pl.Int64()}
    )
    frames.delete(Entitlement, gone.get_column("id"))


# ---------------------------------------------------------------- progress


def _part(tell: Tell, first: int, last: int) -> Tell:
    """Progress of one step as a stretch of the whole."""

    def told(done: int, total: int, message: str) -> None:
        tell(first + (last - first) * min(done, total) // max(total, 1), STEPS, message)

    return told


def _named_part(tell: Tell, first: int, last: int) -> Callable[[str, int, int], None]:
    part = _part(tell, first, last)
    return lambda what, done, of: part(done, of, what)
