"""A region through both evaluators, all packaged supports, limits included: not one cell differs.

The reference walks every row of the region, the engine reads the same region's files. A number that
is one fen off on one side is a difference, so the comparison is not blind.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from huiqi.rulebook.bulk.bridge import read_region
from huiqi.rulebook.bulk.engine import Engine
from huiqi.rulebook.bulk.matching import match
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.demo import make_region
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import MONEY, Constant, Minus
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.reference.assess import Assessment, Paid, assess
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.limits import ITEM, LOWER, NUMBER, STATE, UPPER, apply_limits
from huiqi.rulebook.reference.settle import settle
from tests.rulebook.packaged import library

ON = date(2026, 11, 22)
ENTERPRISES = 2_000

Cells = dict[tuple[str, str], tuple[int, int | None, int | None]]
"""Support and key of a row -> answer, certain fen, possible fen; a plain no is left out."""


def by_reference(rules: Library, region: Snapshot, supports: tuple[Support, ...]) -> Cells:
    reference = Reference(rules.vocabulary, ON)
    rows = read_region(region, rules.vocabulary)
    groups: dict[int, list[Assessment]] = defaultdict(list)
    for support in supports:
        for row in rows.get(support.table, []):
            who: Row | None = row
            for link in support.beneficiary:
                who = who.links.get(link) if who is not None else None
            groups[id(who or row)].append(assess(reference, support, row))
    paid: dict[int, list[Paid]] = defaultdict(list)
    for record in pl.read_parquet(region.folder / "paid.parquet").iter_rows(named=True):
        who = rows[record["主体表"]][record["主体"]]
        made = Paid(record["支持"], record["事项"], record["金额"], days(record["日期"]))
        paid[id(who)].append(made)
    out: Cells = {}
    for name, items in groups.items():
        plain = [item.answer is Answer.NO for item in items]
        for item, no in zip(settle(items, paid[name], rules.supports), plain, strict=True):
            if not no:
                out[item.support.key, item.row.key] = (item.answer, item.low, item.high)
    return out


def by_engine(rules: Library, region: Snapshot, supports: tuple[Support, ...]) -> Cells:
    engine = Engine(rules, region, ON, supports)
    frames = [rows for plan in engine.plans(False) for rows in engine.rows_of(plan, groups=False)]
    kept = apply_limits(engine.supports, frames, engine.paid)
    assert kept is not None
    return {
        (engine.supports[number].key, key): (state, low, high)
        for number, key, state, low, high in kept.select(
            NUMBER, ITEM, STATE, LOWER, UPPER
        ).iter_rows()
    }


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    rules = library()
    return make_region(
        rules.vocabulary, tmp_path_factory.mktemp("region"), enterprises=ENTERPRISES, seed=7, today=ON,
        supports=rules.supports,
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected(region: Snapshot) -> Cells:
    rules = library()
    return by_reference(rules, region, rules.ready)


def test_no_cell_differs(region: Snapshot, expected: Cells) -> None:
    rules = library()
    assert by_engine(rules, region, rules.ready) == expected


def test_the_region_holds_every_answer(expected: Cells) -> None:
    assert {answer for answer, _, _ in expected.values()} == set(Answer)


def test_budgets_count_the_same_cells(region: Snapshot, expected: Cells) -> None:
    rules = library()
    for budget in Engine(rules, region, ON).budget():
        answers = [cell[0] for (key, _), cell in expected.items() if key == budget.support]
        counts = [answers.count(answer) for answer in (Answer.YES, Answer.MISSING, Answer.JUDGE)]
        assert list(budget.answers[1:]) == counts, budget.support


def test_budgets_and_the_run_that_writes_entitlements_agree(region: Snapshot) -> None:
    rules = library()
    assert match(rules, region, ON).budgets == tuple(Engine(rules, region, ON).budget())


def test_budgets_do_not_depend_on_how_a_region_is_cut(tmp_path: Path) -> None:
    rules = library()
    cut, whole = (
        make_region(
            rules.vocabulary, tmp_path / name, enterprises=12_000, today=ON,
            supports=rules.supports, part_rows=rows,
        )
        for name, rows in (("cut", 5_000), ("whole", 15_000))
    )  # fmt: skip
    assert (cut.parts("企业"), whole.parts("企业")) == (3, 1)
    budgets = [_budgets(rules, cut, rows) for rows in (1, 10_000, 1_000_000)]
    assert budgets[0] == budgets[1] == budgets[2]


def _budgets(rules: Library, region: Snapshot, span: int) -> list[object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huiqi.rulebook.bulk.engine.SPAN_ROWS", span)
        return [*Engine(rules, region, ON).budget()]


def test_one_fen_is_seen(region: Snapshot, expected: Cells) -> None:
    """Every support that pays anything here pays another amount once its rule is one fen lower."""
    rules = library()
    paying = {key for (key, _), (_, low, high) in expected.items() if low or high}
    off = tuple(_one_fen_less(item) for item in rules.ready if item.key in paying)
    found = by_engine(rules, region, off)
    differing = {
        key for (key, row), cell in expected.items() if found.get((key, row), cell) != cell
    }
    assert len(paying) > 20
    assert differing == paying


def _one_fen_less(support: Support) -> Support:
    assert support.amount is not None
    lower = Minus(support.amount, Constant(1, MONEY), MONEY)
    return replace(support, amount=lower)
