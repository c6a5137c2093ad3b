"""What changes if numbers or conditions change: today's rules against changed ones.

A change is written `政策/支持.项=值` and stands in for the text of the file, so it is checked like any
rule. Only the supports that differ are run, on exactly the columns they read.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from huiqi.rulebook.bulk.budgets import Budget
from huiqi.rulebook.bulk.engine import GROUPS, Engine, Plan, Progress
from huiqi.rulebook.bulk.matching import Slice, group_names
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library, Stacking, Support
from huiqi.rulebook.problems import Problem, errors
from huiqi.rulebook.reference.limits import (
    ITEM,
    LOWER,
    NUMBER,
    STATE,
    SUBJECT,
    UPPER,
    WHO,
    apply_limits,
)


@dataclass(frozen=True)
class Change:
    """One support before and after. Gainers and losers are beneficiaries, by what is certain."""

    support: str
    before: Budget
    after: Budget
    gainers: int
    losers: int
    gained: int
    lost: int


@dataclass(frozen=True)
class Simulation:
    """A private what-if; ``by`` holds the difference of certain and possible money per group."""

    changes: tuple[str, ...]
    on: date
    supports: tuple[Change, ...]
    by: tuple[Slice, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; money in fen."""
        out = asdict(self)
        out["on"] = self.on.isoformat()
        return out


def parse_changes(texts: list[str]) -> tuple[dict[str, str], list[Problem]]:
    """`政策/支持.项=值` texts as overrides."""
    out: dict[str, str] = {}
    problems = []
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or "/" not in name or "." not in name or not value.strip():
            problems.append(
                Problem(
                    "change",
                    f"“{text}”不是一项改动",
                    "写成 政策/支持.项=值，如 甲政策/乙奖励.金额=…",
                    found=text,
                )
            )
        elif name.strip() in out:
            problems.append(Problem("change", f"“{name}”改了两次", "只写一次", found=text))
        else:
            out[name.strip()] = value.strip()
    return out, problems


def simulate(
    library: Library,
    snapshot: Snapshot,
    changes: dict[str, str],
    on: date,
    on_progress: Progress | None = None,
) -> tuple[Simulation | None, list[Problem]]:
    """Run the supports that a set of changes touches, before and after."""
    changed, problems = load(library.folder, changes)
    if errors(problems):
        return None, problems
    changed = changed.with_calendar(library.vocabulary.calendar)
    before, after = touched(library, changed)
    old_rows, old = _rows(library, snapshot, on, before, on_progress)
    new_rows, new = _rows(changed, snapshot, on, after, on_progress)
    out, slices = [], []
    for number, support in enumerate(after):
        one = _by_beneficiary(old_rows, number, support)
        two = _by_beneficiary(new_rows, number, support)
        joined = one.join(two, on=WHO, how="full", suffix="2", coalesce=True)
        moved = joined.select(
            (pl.col("low2").fill_null(0) - pl.col("low").fill_null(0)).alias("d")
        ).get_column("d")
        up, down = moved.filter(moved > 0), moved.filter(moved < 0)
        out.append(
            Change(
                support.key, old[number], new[number], len(up), len(down),
                int(up.sum() or 0), int(-(down.sum() or 0)),
            )
        )  # fmt: skip
        slices += _difference(
            Engine(changed, snapshot, on, after), support, number, old_rows, new_rows
        )
    shown = tuple(f"{name}={text}" for name, text in changes.items())
    return Simulation(shown, on, tuple(out), tuple(slices)), problems


def touched(library: Library, changed: Library) -> tuple[list[Support], list[Support]]:
    """The supports that differ, with all members of their stacking groups, before and after."""
    differing = {
        support.key
        for support in changed.supports
        if (other := library.by_key.get(support.key)) is None or _rule(other) != _rule(support)
    }
    groups = {
        support.group
        for support in changed.supports
        if support.key in differing and support.stacking is not Stacking.FREE
    }
    keys = [
        support.key
        for support in changed.supports
        if support.key in differing or (support.group in groups and support.group)
    ]
    return (
        [library.by_key[key] for key in keys if key in library.by_key],
        [changed.by_key[key] for key in keys],
    )


def _rule(support: Support) -> tuple[object, ...]:
    """What decides answers and amounts, without places in files."""
    return (
        support.table, support.beneficiary, support.moment, support.start, support.end,
        tuple(line.node for line in support.lines), support.amount, support.lowest,
        support.discretion, support.times, support.subject_cap, support.year_cap, support.group,
        support.stacking, support.stacking_yearly,
    )  # fmt: skip


def _rows(
    library: Library,
    snapshot: Snapshot,
    on: date,
    supports: list[Support],
    on_progress: Progress | None,
) -> tuple[pl.DataFrame | None, list[Budget]]:
    engine = Engine(library, snapshot, on, supports, on_progress)
    frames = []
    plans: list[Plan] = engine.plans(groups=True)
    for done, plan in enumerate(plans):
        engine.tell("模拟", done, len(plans))
        frames += list(engine.rows_of(plan, groups=True))
    kept = apply_limits(engine.supports, frames, engine.paid)
    budgets = [engine.budget_of(number, support, kept) for number, support in enumerate(supports)]
    return kept, budgets


EMPTY = pl.DataFrame(schema={WHO: pl.Int64, "low": pl.Int128})


def _by_beneficiary(rows: pl.DataFrame | None, number: int, support: Support) -> pl.DataFrame:
    """What is certain per beneficiary of one support; a stated benefit counts as one fen a row."""
    if rows is None:
        return EMPTY
    mine = rows.filter((pl.col(NUMBER) == number) & (pl.col(STATE) == Answer.YES))
    value = pl.col(LOWER) if support.amount is not None else pl.lit(1, dtype=pl.Int64)
    who = pl.when(pl.col(SUBJECT).is_null()).then(
        -1 - pl.col(ITEM).hash().cast(pl.Int64, strict=False).fill_null(0).abs() // 2
    ).otherwise(pl.col(SUBJECT).cast(pl.Int64))  # fmt: skip
    return mine.group_by(who.alias(WHO)).agg(value.cast(pl.Int128).sum().alias("low"))


def _difference(
    engine: Engine,
    support: Support,
    number: int,
    old: pl.DataFrame | None,
    new: pl.DataFrame | None,
) -> list[Slice]:
    out = []
    for by in GROUPS:
        names = group_names(engine, by)
        sums: dict[str, list[int]] = {}
        for rows, sign in ((old, -1), (new, 1)):
            if rows is None:
                continue
            grouped = (
                rows.filter((pl.col(NUMBER) == number) & (pl.col(STATE) != Answer.NO))
                .with_columns(
                    pl.col(by)
                    .replace_strict(names, default="未知", return_dtype=pl.String)
                    .alias("n")
                )
                .group_by("n")
                .agg(
                    *(
                        (pl.col(STATE) == state).sum().cast(pl.Int64).alias(str(state))
                        for state in (1, 2, 3)
                    ),
                    pl.col(LOWER).cast(pl.Int128).sum().alias("low"),
                    pl.col(UPPER).cast(pl.Int128).sum().alias("high"),
                )
            )
            for name, *values in grouped.iter_rows():
                at = sums.setdefault(name, [0] * 5)
                for index, value in enumerate(values):
                    at[index] += sign * int(value or 0)
        for name in sorted(sums):
            if any(sums[name]):
                yes, missing, judge, low, high = sums[name]
                out.append(Slice(support.key, by, name, yes, missing, judge, low, high))
    return out


def save(simulation: Simulation, out: Path) -> Path:
    """Write a simulation as one JSON file that can be compared later; the file's path."""
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(out.name + ".part")
    temporary.write_text(json.dumps(simulation.as_json(), ensure_ascii=False, indent=1), "utf-8")
    temporary.replace(out)
    return out
