"""Boundary cases on the bulk engine: many cases in one small snapshot, one run per day."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from huiqi.rulebook.bulk.bridge import write_region
from huiqi.rulebook.bulk.engine import Engine
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.reference.cases import Case, Failure, shown_range
from huiqi.rulebook.reference.limits import (
    ITEM,
    LOWER,
    NUMBER,
    STATE,
    UPPER,
    apply_limits,
    group_total,
    total_of,
)


def run_bulk(
    library: Library, cases: Sequence[Case], on_case: Callable[[], None] = lambda: None
) -> list[Failure]:
    """What the cases find wrong with the bulk engine's answers and amounts.

    Keys are replaced by numbers so that the rows of all cases can stand in one region. ``on_case`` is
    called once for each case that is done.
    """
    by_day: dict[object, list[Case]] = defaultdict(list)
    for case in cases:
        by_day[case.on].append(case)
    out: list[Failure] = []
    for group in by_day.values():
        with TemporaryDirectory() as folder:
            out += _run(library, group, Path(folder), on_case)
    return out


def _run(
    library: Library, cases: list[Case], folder: Path, on_case: Callable[[], None]
) -> list[Failure]:
    originals: dict[int, tuple[Row, str]] = {}
    number = 0
    for case in cases:  # keys keep their order within a case, which ties of moments rely on
        for row in _rows(case):
            if id(row) not in originals:
                originals[id(row)] = (row, row.key)
                row.key = f"{number:08d}"
                number += 1
    keys = {identity: row.key for identity, (row, _) in originals.items()}
    try:
        snapshot = write_region(
            [case.facts for case in cases], library.vocabulary, folder / "cases"
        )
    finally:
        for row, key in originals.values():
            row.key = key
    engine = Engine(library, snapshot, cases[0].on, library.supports)
    frames = [
        frame for plan in engine.plans(groups=False) for frame in engine.rows_of(plan, groups=False)
    ]
    numbers = {support.key: index for index, support in enumerate(library.supports)}
    by_supports: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for case in cases:
        by_supports[tuple(support.key for support in case.supports)].append(case)
    out: list[Failure] = []
    for names, group in by_supports.items():
        wanted = [numbers[name] for name in names]
        chosen = [frame.filter(pl.col(NUMBER).is_in(wanted)) for frame in frames]
        kept = apply_limits(engine.supports, chosen, None)
        for case in group:
            mine = {keys[id(row)] for row in _rows(case)}
            rows = kept.filter(pl.col(ITEM).is_in(mine)) if kept is not None else pl.DataFrame()
            out += _differences(case, rows, keys, numbers)
            on_case()
    return out


def _differences(
    case: Case, kept: pl.DataFrame, keys: dict[int, str], numbers: dict[str, int]
) -> list[Failure]:
    out: list[Failure] = []
    if case.total != (None, None):
        low, high, endless = _total(case, kept, numbers)
        if (low, -1 if endless else high) != case.total:
            wanted = shown_range(case.total[0], None if case.total[1] == -1 else case.total[1])
            found = shown_range(low, None if endless else high)
            out.append(Failure(case, "整体测算的合计", wanted, found))
    rows = case.facts.rows(case.supports[0].table)
    if (case.answer is None and case.low is None and case.high is None) or len(rows) < case.index:
        return out
    support = case.supports[0]
    none = 0 if support.amount is not None else None
    state, low_, high_ = 0, none, none
    if kept.height:
        item = kept.filter(pl.col(ITEM) == keys[id(rows[case.index - 1])])
        for record in item.select(STATE, LOWER, UPPER).iter_rows():
            state, low_, high_ = record
    answer = Answer(state)
    if case.answer is not None and answer is not case.answer:
        out.append(Failure(case, "整体测算的答", case.answer.chinese, answer.chinese))
    asked = (case.low, None if case.high == -1 else case.high)
    if (case.low is not None or case.high is not None) and (low_, high_) != asked:
        out.append(Failure(case, "整体测算的金额", shown_range(*asked), shown_range(low_, high_)))
    return out


def _total(case: Case, kept: pl.DataFrame, numbers: dict[str, int]) -> tuple[int, int, int]:
    if not kept.height:
        return 0, 0, 0
    grouped = "组" in kept.columns
    stacked = kept.filter(pl.col("组").is_not_null()) if grouped else kept.clear()
    low, high, endless = group_total(stacked) if stacked.height else (0, 0, 0)
    loose = kept.filter(pl.col("组").is_null()) if grouped else kept
    for support in case.supports:
        parts = total_of(support, loose.filter(pl.col(NUMBER) == numbers[support.key]))
        low, high, endless = low + parts[0], high + parts[1], endless + parts[2]
    return low, high, endless


def _rows(case: Case) -> list[Row]:
    out: list[Row] = []
    seen: set[int] = set()
    stack = [
        *case.facts.subjects.values(),
        *(r for rows in case.facts.events.values() for r in rows),
    ]
    while stack:
        row = stack.pop()
        if id(row) not in seen:
            seen.add(id(row))
            out.append(row)
            stack += [*row.links.values(), *(item for rows in row.events.values() for item in rows)]
    return sorted(out, key=lambda row: row.key)
