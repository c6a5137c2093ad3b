"""A run stores what the reference evaluator finds, and readers see one result or the other whole."""

from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from huiqi.portal.base import rules
from huiqi.portal.base.models import AuditEntry, Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import frames, queries, runs
from huiqi.portal.matching.collecting import KINDS
from huiqi.portal.matching.models import Entitlement, Run, Slice, SupportResult, TargetResult
from huiqi.portal.registry.models import Record
from huiqi.rulebook.bulk.bridge import read_region
from huiqi.rulebook.bulk.matching import match
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.bulk.targets import measure_targets
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.library.policy import Times
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.reference.assess import Assessment, Paid, assess
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.explaining import stake_dict
from huiqi.rulebook.reference.near import near_miss
from huiqi.rulebook.reference.settle import held_by_group, settle
from tests.portal import people
from tests.portal.matching.conftest import AT, LATER, ON, run_over

pytestmark = pytest.mark.django_db

OTHER = date(2018, 1, 1)
"""A day on which only the older documents are in force."""
Place = tuple[str, str]
Cells = dict[tuple[str, Place], tuple[Any, ...]]
"""Support and assessed row -> beneficiary, answer, conditions, certain and possible fen."""


def place(row: Row) -> Place:
    return (row.table, row.key)


def beneficiary(made: Assessment) -> Row | None:
    at: Row | None = made.row
    for link in made.support.beneficiary:
        at = at.links.get(link) if at is not None else None
    return at


def by_reference(region: Snapshot) -> Cells:
    library = rules.library()
    reference = Reference(library.vocabulary, ON)
    rows = read_region(region, library.vocabulary)
    groups: dict[int, list[Assessment]] = defaultdict(list)
    for support in library.ready:
        for row in rows.get(support.table, []):
            made = assess(reference, support, row)
            groups[id(beneficiary(made) or row)].append(made)
    paid: dict[int, list[Paid]] = defaultdict(list)
    for record in pl.read_parquet(region.folder / "paid.parquet").iter_rows(named=True):
        who = rows[record["主体表"]][record["主体"]]
        paid[id(who)].append(
            Paid(record["支持"], record["事项"], record["金额"], days(record["日期"]))
        )
    out: Cells = {}
    for name, items in groups.items():
        settled = settle(items, paid[name], library.supports)
        for made in settled:
            whose = beneficiary(made)
            at = (made.support.key, place(made.row))
            who = place(whose) if whose is not None else None
            if made.answer is not Answer.NO:
                open_ = (Answer.MISSING, Answer.JUDGE)
                bits = sum(1 << line.number for line in made.lines if line.answer in open_)
                out[at] = (who, str(KINDS[made.answer]), bits, made.low, made.high)
                continue
            held = held_by_group(made, settled, paid[name], library.supports)
            if (short := near_miss(reference, made, paid[name], held)) is not None:
                out[at] = (who, "near", 1 << short, None, None)
    return out


def stored(run: Run) -> Cells:
    out: Cells = {}
    for row in queries.visible(run).select_related("record", "item", "support"):
        whose = (row.record.table, row.record.key) if row.record else None
        assessed = (row.item.table, row.item.key) if row.item else whose
        assert assessed is not None
        out[row.support.key, assessed] = (whose, row.answer, row.conditions, row.low, row.high)
    return out


def test_entitlements_equal_the_reference_evaluator(region: Snapshot, matched: Run) -> None:
    expected = by_reference(region)
    assert {cell[1] for cell in expected.values()} == {"yes", "missing", "judge", "near"}
    assert stored(matched) == expected


def test_what_was_paid_already_is_no_near_miss(region: Snapshot) -> None:
    library = rules.library()
    near = [at for at, cell in stored(run_over(region)).items() if cell[1] == "near"]
    by_times = {library.by_key[key].times: (key, at) for key, at in near if at[0] == "企业"}
    by_times |= {library.by_key[key].times: (key, at) for key, at in near if at[0] == "认定"}
    rows = read_region(region, library.vocabulary)
    extra = []
    for key, at in by_times.values():
        row = next(row for row in rows[at[0]] if place(row) == at)
        whose = row if row.table == "企业" else row.links["企业"]
        number = next(n for n, one in enumerate(rows["企业"]) if one is whose)
        extra.append(
            {
                "主体表": "企业",
                "主体": number,
                "支持": key,
                "事项": row.key,
                "金额": 100,
                "日期": ON,
            }
        )
    file = region.folder / "paid.parquet"
    paid = pl.read_parquet(file)
    pl.concat([paid, pl.DataFrame(extra, schema=paid.schema)]).write_parquet(file)
    after = stored(run_over(region, at=LATER))
    assert after == by_reference(region)
    gone = [times for times, at in by_times.items() if at not in after]
    assert set(gone) >= {Times.ONCE} & set(by_times)
    assert gone


def test_small_tables_equal_the_result_of_the_rulebook(region: Snapshot, matched: Run) -> None:
    library = rules.library()
    result = match(library, region, ON)
    budgets = {
        item.support: (item.yes, item.missing, item.judge, item.low, item.high, item.unbounded)
        for item in SupportResult.objects.filter(run=matched)
    }
    assert budgets == {
        item.support: (*item.answers[1:], item.low, item.high, item.unbounded)
        for item in result.budgets
    }
    slices = set(
        Slice.objects.filter(run=matched).values_list("support", "by", "name", "yes", "low")
    )
    assert slices == {(one.support, one.by, one.name, one.yes, one.low) for one in result.slices}
    gaps = [(gap.fact, gap.rows, gap.stakes, tuple(gap.supports)) for gap in queries.gaps(matched)]
    assert gaps == [
        (gap.fact, gap.rows, [stake_dict(one) for one in gap.stakes], gap.supports)
        for gap in result.gaps
    ]
    assert len({stake["form"] for _, _, stakes, _ in gaps for stake in stakes}) > 1
    everyone = people.officer(region="").actor
    near = queries.near_misses(everyone, run=matched).values_list("support", "condition", "rows")
    assert list(near) == [(one.support, one.condition, one.rows) for one in result.near]
    assert matched.rows == result.rows
    assert matched.entitlements == result.entitlements + sum(one.rows for one in result.near)


@pytest.mark.parametrize("seen", ["", "140000", "140500", "140581", "140403", "140402"])
def test_near_rows_are_as_many_as_counted(matched: Run, seen: str) -> None:
    """In the overview, by condition and in the lists; of the whole, a city and a county."""
    actor = people.officer(region=seen).actor
    by_support: Counter[str] = Counter()
    for one in queries.near_misses(actor, run=matched):
        rows = queries.near_rows(
            actor, run=matched, support=one["support"], condition=one["condition"]
        )
        assert rows.count() == one["rows"]
        by_support[one["support"]] += one["rows"]
    lines = queries.support_lines(actor, run=matched)
    assert {line.key: line.near for line in lines if line.near} == by_support
    in_region = queries.entitlements(actor, run=matched, answer="near").count()
    assert in_region == sum(by_support.values()) > 0


def test_a_region_is_asked_of_within_the_actors_own(matched: Run) -> None:
    whole, city = (people.officer(region=code).actor for code in ("", "140500"))
    asked = list(queries.near_misses(whole, run=matched, region="140500"))
    assert asked == list(queries.near_misses(city, run=matched))
    assert not queries.near_misses(city, run=matched, region="140400").exists()


def test_counties_have_codes_that_rows_carry(matched: Run) -> None:
    for item in Slice.objects.filter(run=matched, by="地区").exclude(name="未知"):
        rows = queries.visible(matched).filter(
            support__key=item.support, answer="yes", region=item.code
        )
        assert (item.code != "", rows.count()) == (True, item.yes), item.name


def test_targets_are_stored_as_measured(region: Snapshot, matched: Run) -> None:
    measured = measure_targets(rules.library(), region, ON)
    found = TargetResult.objects.filter(run=matched).values_list("policy", "target", "standing")
    assert list(found) == [(one.policy, one.target.id, str(one.standing)) for one in measured]
    exact = {
        (one.policy, one.target): one.low
        for one in TargetResult.objects.filter(run=matched)
        if one.low is not None
    }
    for one in measured:
        if one.low is not None:
            off = Fraction(exact[one.policy, one.target.id]) - one.low
            assert abs(off) <= Fraction(1, 2_000_000)


# ---------------------------------------------------------------- one run after another


def test_the_same_again_changes_no_row(region: Snapshot, matched: Run) -> None:
    before = list(Entitlement.objects.order_by("pk").values())
    second = run_over(region, LATER)
    assert second.changes == {"added": 0, "gone": 0}
    assert list(Entitlement.objects.order_by("pk").values()) == before
    assert queries.current() == second
    assert stored(second) == by_reference(region)


def test_another_day_changes_only_the_rows_that_differ(region: Snapshot, matched: Run) -> None:
    before = stored(matched)
    kept = set(Entitlement.objects.values_list("pk", flat=True))
    second = run_over(region, LATER, OTHER)
    still = set(Entitlement.objects.values_list("pk", flat=True))
    assert second.changes == {"added": len(still - kept), "gone": len(kept - still)}
    assert 0 < second.changes["gone"] < len(kept)
    assert not Slice.objects.filter(run=matched).exists()
    assert SupportResult.objects.filter(run=matched).exists()
    third = run_over(region, LATER)
    assert third.changes == {"added": second.changes["gone"], "gone": second.changes["added"]}
    assert stored(third) == before


def test_an_interrupted_run_leaves_the_old_result(
    region: Snapshot, matched: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(matched)
    whole = runs._summaries  # the last step before the result is put in place

    def breaks(*rest: Any) -> None:
        whole(*rest)
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "_summaries", breaks)
    with pytest.raises(KeyboardInterrupt):
        run_over(region, LATER, OTHER)
    assert queries.current() == matched
    assert stored(matched) == before
    assert Entitlement.objects.count() == len(before)
    assert [run.state for run in Run.objects.all()] == ["failed", "done"]
    assert AuditEntry.objects.filter(act="matching.run").count() == 1


def test_what_a_dead_worker_left_is_never_seen_and_goes_away(
    region: Snapshot, matched: Run
) -> None:
    before = stored(matched)
    dead = runs.begin(on=ON, at=LATER)
    some = list(Entitlement.objects.order_by("pk").values_list("pk", flat=True)[:50])
    frames.update(Entitlement, some, until=dead.pk)
    copies = list(Entitlement.objects.filter(pk__in=some))
    for copy in copies:
        copy.pk, copy.since, copy.until, copy.answer = None, dead.pk, 2_147_483_647, "judge"
    Entitlement.objects.bulk_create(copies)
    assert stored(matched) == before
    after = run_over(region, LATER)
    assert stored(after) == before
    assert Entitlement.objects.count() == len(before)
    dead.refresh_from_db()
    assert dead.state == "failed"


def test_two_runs_at_once_are_refused(region: Snapshot) -> None:
    job = Job.objects.create(kind="matching.run", title="匹配", state="running", asked_at=AT)
    runs.begin(on=ON, at=AT, job=job)
    with pytest.raises(Refused, match="正在匹配"):
        run_over(region)
    assert Run.objects.count() == 1


def test_a_run_knows_its_day(region: Snapshot) -> None:
    run = run_over(region, on=date(2020, 1, 1))
    assert (run.on, run.known_at, run.state) == (date(2020, 1, 1), AT, "done")


def test_rows_name_the_right_people(matched: Run) -> None:
    tables = set(queries.visible(matched).values_list("support__whose", "record__table"))
    assert {pair for pair in tables if pair[1] is not None and pair[0] != pair[1]} == set()
    assert Record.objects.filter(entitlements__support__whose="人员").exists()
