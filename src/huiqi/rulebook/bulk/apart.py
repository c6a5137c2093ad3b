"""Rows that stand apart: whose beneficiary has no other row and no payment that limits could weigh.

Most beneficiaries have one row of a support and were never paid. Limits leave such a row alone, but
for a cap on it; it goes straight into the sums, and only the others are put in order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import polars as pl

from huiqi.rulebook.bulk.budgets import Totals
from huiqi.rulebook.bulk.frames import collected
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.policy import Stacking, Support, Times
from huiqi.rulebook.reference.limits import (
    ITEM,
    LOWER,
    NUMBER,
    PART,
    PART_STEP,
    ROW,
    STATE,
    SUBJECT,
    TABLE_STEP,
    UPPER,
    WHEN,
    WHO,
)  # fmt: skip

ASSESSED = pl.col(PART).cast(pl.Int64) * PART_STEP + pl.col(ROW).cast(pl.Int64)
"""One number for each assessed row of a table."""


@dataclass(frozen=True)
class Limited:
    """Supports that limit each other, and whether a row of them does not stand apart: its
    beneficiary has another row, or a payment, that weighs on it."""

    members: tuple[int, ...]
    touched: pl.Expr
    aligned: bool
    """See :func:`_aligned`."""


def rivals(supports: Sequence[Support], local: Mapping[int, int]) -> list[tuple[int, ...]]:
    """Supports that limit each other: each for itself, or a stacking group.

    ``local`` gives the family of those whose beneficiary's rows all lie in one part; a group with
    another member, or with members of two families, is left out.
    """
    out: list[tuple[int, ...]] = [(n,) for n in local if supports[n].stacking is Stacking.FREE]
    groups: dict[str, list[int]] = {}
    for number, support in enumerate(supports):
        if support.stacking is not Stacking.FREE:
            groups.setdefault(support.group, []).append(number)
    for members in groups.values():
        if None not in (found := {local.get(number) for number in members}) and len(found) == 1:
            out.append(tuple(members))
    return out


AT_ONCE = 2**16
"""From so many rows on they are looked at together: each look has a beginning of its own."""


class Loose:
    """Rows of which it is not known yet whether they stand apart; several workers may add to them.

    ``totals`` has the sums of those that were found to.
    """

    def __init__(self, supports: Sequence[Support], sets: Sequence[Limited]) -> None:
        self.supports, self.sets = supports, sets
        self.totals: Totals = defaultdict(Counter)
        self._new: list[pl.DataFrame] = []
        self._rest: list[pl.DataFrame] = []
        self._changing = Lock()

    def add(self, frames: Iterable[pl.DataFrame]) -> None:
        """Take rows, each frame those of one support; all rows of a beneficiary at once."""
        with self._changing:
            self._new += [frame for frame in frames if frame.height]
            if sum(frame.height for frame in self._new) < AT_ONCE:
                return
            taken, self._new = self._new, []
        self._part(taken)

    def rest(self) -> list[pl.DataFrame]:
        """The rows that others or payments may touch, when all have been added."""
        taken, self._new = self._new, []
        self._part(taken)
        return self._rest

    def _part(self, frames: Sequence[pl.DataFrame]) -> None:
        rest: list[pl.DataFrame] = []
        totals: Totals = defaultdict(Counter)
        by_number = _by_number(frames)
        for one in self.sets:
            mine = [by_number.pop(number) for number in one.members if number in by_number]
            apart: list[pl.DataFrame] = []
            for frame, here in _split(mine, one.touched):
                if here.any():
                    rest.append(frame.filter(here))
                    frame = frame.filter(~here)
                if frame.height:
                    apart.append(frame)
            if one.aligned:
                apart = _side_by_side(self.supports, apart, totals)
            for frame in apart:
                number = int(frame.get_column(NUMBER)[0])
                _add(self.supports[number], frame, totals[number])
        with self._changing:
            self._rest += [*rest, *by_number.values()]
            for number, counts in totals.items():
                self.totals[number].update(counts)


def _by_number(frames: Iterable[pl.DataFrame]) -> dict[int, pl.DataFrame]:
    held: dict[int, list[pl.DataFrame]] = {}
    for frame in frames:
        held.setdefault(int(frame.get_column(NUMBER)[0]), []).append(frame)
    return {number: pl.concat(mine) for number, mine in held.items()}


def _touched(members: Sequence[Support], had: pl.Expr | None) -> pl.Expr:
    """Whether a row's beneficiary has another row, or a payment (``had``), that weighs on it. Rows of
    the same assessed row do not where only the highest of them counts."""
    who, scope = pl.col(SUBJECT), _scope(members)
    within, open_ = who.cast(pl.Int64), pl.lit(False)
    if scope is Times.YEARLY:
        year = pl.col(WHEN).cast(pl.Int32).cast(pl.Date).dt.year().fill_null(0)
        within = within * 100_000 + year
        # A row without a year may fall into any year of its beneficiary.
        open_ = who.is_in(who.filter(pl.col(WHEN).is_null()).unique().implode())
    if scope is Times.EACH or (_aligned(members) and not members[0].beneficiary):
        others = pl.repeat(False, pl.len(), dtype=pl.Boolean())
    elif _aligned(members):
        others = (pl.col(ROW).min().over(within) != pl.col(ROW).max().over(within)) | open_
    else:
        others = within.is_duplicated() | open_
    return others if had is None else others | had


def _scope(members: Sequence[Support]) -> Times:
    """Within what rows of one beneficiary weigh on each other: none, those of a year, all."""
    if any(item.times is Times.ONCE or item.subject_cap is not None for item in members):
        return Times.ONCE
    if members[0].stacking is not Stacking.FREE:
        return Times.YEARLY if all(item.stacking_yearly for item in members) else Times.ONCE
    if members[0].times is Times.YEARLY or members[0].year_cap is not None:
        return Times.YEARLY
    return Times.EACH


def _aligned(members: Sequence[Support]) -> bool:
    """Whether a group's rows are those of one table, at one moment, and only the highest of a row
    counts: then nothing has to be sorted or joined."""
    first = members[0]
    return first.stacking in (Stacking.HIGHEST, Stacking.EITHER) and all(
        item.table == first.table
        and item.moment == first.moment
        and item.stacking is first.stacking
        and item.stacking_yearly == first.stacking_yearly
        and item.year_cap is None
        and item.subject_cap is None
        for item in members
    )


def _side_by_side(
    supports: Sequence[Support], frames: Sequence[pl.DataFrame], totals: Mapping[int, Counter[str]]
) -> list[pl.DataFrame]:
    """Add the highest of each assessed row to ``totals``, its supports as columns beside each other;
    the rows that have one of the supports as they are. The rules of
    :func:`huiqi.rulebook.reference.limits._highest`."""
    single: list[pl.DataFrame] = []
    several: list[pl.DataFrame] = []
    for frame, here in _split(frames, ASSESSED.is_duplicated()):
        single.append(frame.filter(~here))
        several.append(frame.filter(here))
    single = [frame for frame in single if frame.height]
    frames = [frame for frame in several if frame.height]
    if not frames:
        return single
    frames = sorted(frames, key=lambda frame: supports[int(frame.get_column(NUMBER)[0])].key)
    places = [frame.select(ASSESSED).to_series() for frame in frames]
    assessed = pl.concat(places).unique().sort()
    columns: list[pl.Series] = []
    for index, frame in enumerate(frames):
        at = assessed.search_sorted(places[index])
        for name, empty in ((STATE, Answer.NO), (LOWER, 0), (UPPER, None)):
            value = frame.get_column(name)
            blank = pl.repeat(empty, len(assessed), dtype=value.dtype, eager=True)
            columns.append(blank.scatter(at, value).alias(f"{name}{index}"))
    wanted: list[pl.Expr] = []
    for index, frame in enumerate(frames):
        number = int(frame.get_column(NUMBER)[0])
        state, high = pl.col(f"{STATE}{index}"), pl.col(f"{UPPER}{index}")
        low = pl.col(f"{LOWER}{index}").fill_null(0)
        loses, wins = pl.lit(False), pl.lit(True)
        for other in range(len(frames)):
            if other == index:
                continue
            there = pl.col(f"{STATE}{other}") != Answer.NO
            low2, high2 = pl.col(f"{LOWER}{other}").fill_null(0), pl.col(f"{UPPER}{other}")
            first = pl.lit(index < other)
            loses = loses | (there & ((low2 > high) | ((low2 == high) & ~first)).fill_null(False))
            wins = wins & (~there | ((low > high2) | ((low == high2) & first)).fill_null(False))
        kept = (state != Answer.NO) & ~loses
        wanted += [
            (kept & (state == Answer.YES)).sum().alias(f"{number}:yes"),
            (kept & (state != Answer.YES)).sum().alias(f"{number}:open"),
            (kept & (state == Answer.JUDGE)).sum().alias(f"{number}:judge"),
        ]
        if supports[number].amount is not None:
            sure = kept & wins & (state == Answer.YES)
            wanted += [
                pl.when(sure).then(low).cast(pl.Int128).sum().alias(f"{number}:low"),
                pl.when(kept).then(high).cast(pl.Int128).sum().alias(f"{number}:high"),
                (kept & high.is_null()).sum().alias(f"{number}:unbounded"),
            ]
    found = collected(pl.LazyFrame(columns).select_seq(wanted)).row(0, named=True)
    for name, value in found.items():
        number_, what = name.split(":")
        totals[int(number_)][what] += int(value or 0)
    return single


def _split(
    frames: Sequence[pl.DataFrame], test: pl.Expr
) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
    """Frames with what a test over the rows of all says of theirs."""
    if not frames:
        return
    every = pl.concat([frame.select(SUBJECT, WHEN, ITEM, PART, ROW) for frame in frames])
    found = collected(every.lazy().select_seq(test)).to_series()
    start = 0
    for frame in frames:
        yield frame, found.slice(start, frame.height)
        start += frame.height


def _add(support: Support, rows: pl.DataFrame, totals: Counter[str]) -> None:
    state = pl.col(STATE)
    wanted = [
        (state == Answer.YES).sum().alias("yes"),
        (state != Answer.YES).sum().alias("open"),
        (state == Answer.JUDGE).sum().alias("judge"),
    ]
    if support.amount is not None:
        caps = [cap for cap in (support.year_cap, support.subject_cap) if cap is not None]
        low, high = pl.col(LOWER), pl.col(UPPER)
        endless = high.is_null().sum() if not caps else pl.lit(0)
        if caps:
            low, high = low.clip(upper_bound=min(caps)), high.fill_null(min(caps))
            high = high.clip(upper_bound=min(caps))
        wanted += [
            pl.when(state == Answer.YES).then(low).cast(pl.Int128).sum().alias("low"),
            high.cast(pl.Int128).sum().alias("high"),
            endless.alias("unbounded"),
        ]
    for name, value in collected(rows.lazy().select_seq(wanted)).row(0, named=True).items():
        totals[name] += int(value or 0)


def limited(
    supports: Sequence[Support],
    sets: Iterable[tuple[int, ...]],
    everything: Iterable[Support],
    paid: pl.DataFrame | None,
) -> list[Limited]:
    """The sets of :func:`rivals` with what touches their rows. A payment of any of ``everything``
    counts that is in their stacking group, also of a support that is not assessed now."""
    groups: dict[str, set[str]] = {}
    for item in everything:
        groups.setdefault(item.group, set()).add(item.key)
    out = []
    for numbers in sets:
        members = [supports[number] for number in numbers]
        names = {item.key for item in members}
        if members[0].stacking is not Stacking.FREE:
            names |= groups.get(members[0].group, set())
        touched = _touched(members, None if paid is None else _had(members, names, paid))
        out.append(Limited(numbers, touched, _aligned(members)))
    return out


def _had(members: Sequence[Support], names: Iterable[str], paid: pl.DataFrame) -> pl.Expr | None:
    """Whether a row's beneficiary was paid one of the supports ``names``; None where nobody was."""
    mine = paid.filter(pl.col("支持").is_in([*names]))
    if not mine.height:
        return None
    number = (mine.get_column(WHO) % TABLE_STEP).cast(pl.UInt32)
    had = pl.col(SUBJECT).is_in(number.unique().implode())
    if _scope(members) is Times.EACH:  # each item for itself
        had = had & pl.col(ITEM).is_in(mine.get_column("事项").unique().implode())
    return had
