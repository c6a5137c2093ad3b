"""Limits across rows in columns: the rules of :mod:`huiqi.rulebook.reference.settle` over kept rows.

A frame of kept rows has one row per assessed row and support that is not a plain no; see the names
below. Rows are ordered by moment (unknown last), support and key, as in the reference.
"""

from collections.abc import Iterable, Sequence

import polars as pl

from huiqi.rulebook.library.policy import Stacking, Support, Times
from huiqi.rulebook.reference.assess import REASONS, Reason

NUMBER, PART, ROW, SUBJECT, ITEM = "支持", "分片", "行", "主体", "事项"
STATE, LOWER, UPPER, WHEN, REASON = "答", "下限", "上限", "时点", "原因"
OPEN_LINES = "未定条件"
OWN_LOW, OWN_HIGH, WHO, YEAR, RANK = "自身下限", "自身上限", "受益", "年度", "次序"
MOST = "可享上限"
"""What a row that fails one condition would bring at most were it met; null: without bound."""
LEAST = "应享下限"
"""What a row would bring at least were all its conditions met."""
YEAR_ROOM, SUBJECT_ROOM, GROUP_PAID, PAYMENTS = "年余额", "总余额", "组已付", "组已付笔数"
GROUP_YEAR = "组年"
"""The year within which a stacking group counts; 0 where it counts for ever."""
GROUP = "叠加组"
"""The stacking group of the support that was paid."""
WHOSE = "主体表"
"""Number of the beneficiary's table: `_id`s of different tables are different beneficiaries."""
TABLE_STEP, PART_STEP = 2**40, 2**34
NO, YES = 0, 1
_YEAR_OF = pl.from_epoch(pl.col(WHEN), time_unit="d").dt.year().cast(pl.Int64)
ORDER = [pl.col(WHEN).is_null(), pl.col(WHEN), pl.col(RANK), pl.col(ITEM)]


def apply_limits(
    supports: Sequence[Support], frames: Iterable[pl.DataFrame], paid: pl.DataFrame | None
) -> pl.DataFrame | None:
    """All kept rows after limits; None where there are none."""
    ranks = {key: rank for rank, key in enumerate(sorted(item.key for item in supports))}
    by_number: dict[int, list[pl.DataFrame]] = {}
    for frame in frames:
        for piece in frame.partition_by(NUMBER) if _mixed(frame) else [frame]:
            if piece.height:
                by_number.setdefault(int(piece.get_column(NUMBER)[0]), []).append(piece)
    done: dict[int, pl.DataFrame] = {}
    for number, pieces in by_number.items():
        support = supports[number]
        rows = pl.concat(pieces, how="diagonal").with_columns(
            _who(supports, support),
            # a year that is unknown is nobody else's
            _YEAR_OF.fill_null(
                -1 - number - len(supports) * pl.int_range(pl.len(), dtype=pl.Int64)
            ).alias(YEAR),
            pl.lit(ranks[support.key], dtype=pl.Int64).alias(RANK),
        )
        several = rows.get_column(WHO).is_duplicated()  # most have one row and need no order
        done[number] = pl.concat(
            _one_support(support, part if alone else part.sort(ORDER), paid, alone)
            for alone, part in ((True, rows.filter(~several)), (False, rows.filter(several)))
        )
    if not done:
        return None
    groups: dict[str, list[int]] = {}
    for number, support in enumerate(supports):
        if support.stacking is not Stacking.FREE:
            groups.setdefault(support.group, []).append(number)
    for index, name in enumerate(sorted(groups)):
        members = groups[name]
        inside = [_in_group(supports[n], done.pop(n), index) for n in members if n in done]
        if inside:
            rows = pl.concat(inside, how="diagonal")
            done[members[0]] = _stacked(supports[members[0]], rows, paid)
    return pl.concat(done.values(), how="diagonal")


def was_paid(support: Support, rows: pl.DataFrame, paid: pl.DataFrame) -> pl.Series:
    """Per row of one support, whether it would bring nothing more as it is paid already; what is not
    certain counts as not paid."""
    spent = paid.filter(pl.col("支持") == support.key)
    whose = beneficiary(pl.col(WHOSE), pl.col(SUBJECT)).alias(WHO)
    rows = rows.with_columns(whose, _YEAR_OF.alias(YEAR))
    return rows.select(_already(support, rows, spent).alias(STATE)).to_series()


def best_of_group(settled: pl.DataFrame) -> pl.DataFrame:
    """What each beneficiary is certain of from the rows of one stacking group after limits."""
    return settled.group_by(STACK).agg(pl.col(OWN_LOW).max().alias("best"))


def adds_to_group(
    supports: Sequence[Support],
    number: int,
    rows: pl.DataFrame,
    best: pl.DataFrame | None,
    paid: pl.DataFrame | None,
) -> pl.Series:
    """Per row of one support of a stacking group, whether it would bring more (``MOST``) than the group
    brings without it: by the rows after limits (:func:`best_of_group`), and by what was paid."""
    support = supports[number]
    year = _YEAR_OF if support.stacking_yearly else pl.lit(0, dtype=pl.Int64)
    rows = _with_paid(
        support, rows.with_columns(_who(supports, support), year.alias(GROUP_YEAR)), paid
    )
    held = pl.col(GROUP_PAID)
    if best is not None:
        rows = rows.join(best, on=STACK, how="left", maintain_order="left")
        held = pl.max_horizontal(held, "best")
    more = (pl.col(MOST) > held).fill_null(True)
    if support.stacking is Stacking.EITHER:
        more = more & (pl.col(PAYMENTS) == 0)
    return rows.select(more.alias(MOST)).to_series()


def _who(supports: Sequence[Support], support: Support) -> pl.Expr:
    """Whose a row is; one whose beneficiary is unknown stands for itself."""
    tables = sorted({one.table for one in supports})
    unknown = (
        tables.index(support.table) * TABLE_STEP * 2**10
        + pl.col(PART).cast(pl.Int64) * PART_STEP
        + pl.col(ROW).cast(pl.Int64)
    )
    known = beneficiary(pl.col(WHOSE), pl.col(SUBJECT))
    return pl.when(pl.col(SUBJECT).is_null()).then(-1 - unknown).otherwise(known).alias(WHO)


def _mixed(rows: pl.DataFrame) -> bool:
    """Whether rows of several supports stand together."""
    numbers = rows.get_column(NUMBER)
    return bool(rows.height) and numbers.min() != numbers.max()


def beneficiary(table: pl.Expr, number: pl.Expr) -> pl.Expr:
    """One number for a subject among all tables, from its table's number and its `_id`."""
    return table.cast(pl.Int64) * TABLE_STEP + number.cast(pl.Int64)


def _refuse(rows: pl.DataFrame, hit: pl.Expr, reason: Reason) -> pl.DataFrame:
    rows = rows.with_columns((hit.fill_null(False) & (pl.col(STATE) != NO)).alias("refused"))
    hit = pl.col("refused")
    amount = pl.col(UPPER).is_not_null() | pl.col(LOWER).is_not_null()
    return rows.with_columns(
        pl.when(hit).then(NO).otherwise(pl.col(STATE)).cast(pl.UInt8).alias(STATE),
        pl.when(hit & amount).then(0).otherwise(pl.col(LOWER)).alias(LOWER),
        pl.when(hit & amount).then(0).otherwise(pl.col(UPPER)).alias(UPPER),
        pl.when(hit)
        .then(REASONS.index(reason))
        .otherwise(pl.col(REASON))
        .cast(pl.UInt8)
        .alias(REASON),
    ).drop("refused")


def _one_support(
    support: Support, rows: pl.DataFrame, paid: pl.DataFrame | None, alone: bool
) -> pl.DataFrame:
    """Limits of one support. ``alone``: no beneficiary has two of these rows."""
    spent = paid.filter(pl.col("支持") == support.key) if paid is not None else None
    if spent is not None and spent.height:
        rows = _refuse(rows, _already(support, rows, spent), Reason.PAID)
    rows = rows.with_columns(pl.col(LOWER).alias(OWN_LOW), pl.col(UPPER).alias(OWN_HIGH))
    if support.times is not Times.EACH and not alone:
        slot = [WHO, YEAR] if support.times is Times.YEARLY else [WHO]
        sure = (pl.col(STATE) == YES).cast(pl.Int64)
        before = sure.cum_sum().over(slot) - sure
        settled = (pl.col(STATE) == YES) | pl.col(WHEN).is_not_null()
        rows = _refuse(rows, (before > 0) & settled, Reason.REPEATED)
        rows = rows if support.amount is None else _rivalled(rows, slot)
    if support.amount is None:
        return rows  # a stated benefit takes nothing from a cap
    if support.year_cap is not None:
        rows = _cap(rows, support.year_cap, [WHO, YEAR], spent, YEAR_ROOM, alone)
    if support.subject_cap is not None:
        rows = _cap(rows, support.subject_cap, [WHO], spent, SUBJECT_ROOM, alone)
    return rows


def _rivalled(rows: pl.DataFrame, slot: list[str]) -> pl.DataFrame:
    """Open rows that may take a turn before the certain one leave only the lesser of both certain."""
    open_ = ~pl.col(STATE).is_in([NO, YES])
    least = pl.min_horizontal(
        pl.when(open_).then(pl.col(LEAST)).min().over(slot),
        pl.when(open_ & pl.col(WHEN).is_null()).then(pl.col(LEAST)).min().over(WHO),
    )
    lower = pl.when(pl.col(STATE) == YES).then(pl.min_horizontal(LOWER, least)).otherwise(LOWER)
    return rows.with_columns(lower.alias(LOWER)).with_columns(
        pl.when(pl.col(STATE) == YES).then(LOWER).otherwise(OWN_LOW).alias(OWN_LOW)
    )


def _already(support: Support, rows: pl.DataFrame, spent: pl.DataFrame) -> pl.Expr:
    """Whether a row was paid: its item, its year or its beneficiary."""
    if support.times is Times.EACH:
        keys, on = [WHO, "事项"], [WHO, ITEM]
        spent = spent.select(WHO, "事项")
    elif support.times is Times.YEARLY:
        keys, on = [WHO, "年"], [WHO, YEAR]
        spent = spent.select(WHO, pl.col("日期").dt.year().cast(pl.Int64).alias("年"))
    else:
        keys, on = [WHO], [WHO]
        spent = spent.select(WHO)
    hit = rows.select(on).join(
        spent.unique().with_columns(pl.lit(True).alias("hit")), left_on=on, right_on=keys,
        how="left", maintain_order="left",
    )  # fmt: skip
    return pl.lit(hit.get_column("hit").fill_null(False))


def _cap(
    rows: pl.DataFrame,
    cap: int,
    group: list[str],
    spent: pl.DataFrame | None,
    room: str,
    alone: bool,
) -> pl.DataFrame:
    """Rows in order share what is left of a cap."""
    rows = rows.with_columns(pl.lit(cap, dtype=pl.Int64).alias(room))
    if spent is not None and spent.height:
        used = spent.select(
            WHO,
            pl.col("日期").dt.year().cast(pl.Int64).alias(YEAR),
            pl.col("金额").cast(pl.Int128).alias("used"),
        )
        used = used.group_by(group).agg(pl.col("used").sum())
        rows = (
            rows.join(used, on=group, how="left", maintain_order="left")
            .with_columns(
                (pl.col(room) - pl.col("used").fill_null(0))
                .clip(lower_bound=0)
                .cast(pl.Int64)
                .alias(room)
            )
            .drop("used")
        )
    live = pl.col(STATE) != NO
    low = pl.when(live).then(pl.col(LOWER).fill_null(0)).otherwise(0)
    high = pl.when(live).then(pl.col(UPPER).fill_null(0)).otherwise(0)
    endless = (live & pl.col(UPPER).is_null()).cast(pl.Int64)
    before_low = before_high = before_endless = pl.lit(0)
    if not alone:
        before_low = low.cast(pl.Int128).cum_sum().over(group) - low
        before_high = high.cast(pl.Int128).cum_sum().over(group) - high
        before_endless = endless.cum_sum().over(group) - endless
    if not alone:  # rows of unknown moment may come before all others
        late = pl.col(WHEN).is_null()
        first = pl.when(late).then(high).otherwise(0).cast(pl.Int128).sum().over(WHO)
        endless_first = pl.when(late).then(endless).otherwise(0).sum().over(WHO)
        before_high = before_high + pl.when(late).then(0).otherwise(first)
        before_endless = before_endless + pl.when(late).then(0).otherwise(endless_first)
    room_high = (pl.col(room) - before_low).clip(lower_bound=0)
    room_low = (
        pl.when(before_endless > 0)
        .then(0)
        .otherwise((pl.col(room) - before_high).clip(lower_bound=0))
    )
    rows = rows.with_columns(
        pl.when(live).then(pl.min_horizontal(low, room_low)).otherwise(pl.col(LOWER))
        .cast(pl.Int64).alias("new_low"),
        pl.when(live).then(pl.min_horizontal(pl.col(UPPER), room_high)).otherwise(pl.col(UPPER))
        .cast(pl.Int64).alias("new_high"),
    )  # fmt: skip
    rows = rows.with_columns(pl.col("new_low").alias(LOWER), pl.col("new_high").alias(UPPER))
    return _refuse(rows.drop("new_low", "new_high"), pl.col(UPPER) == 0, Reason.CAPPED)


def _in_group(support: Support, rows: pl.DataFrame, group: int) -> pl.DataFrame:
    """The rows of a stacking group's support, with the group and what they bring before it."""
    live = pl.col(STATE) != NO
    return rows.with_columns(
        pl.lit(group, dtype=pl.Int64).alias("组"),
        (pl.col(YEAR) if support.stacking_yearly else pl.lit(0, dtype=pl.Int64)).alias(GROUP_YEAR),
        pl.when(live).then(pl.col(LOWER).fill_null(0)).alias(OWN_LOW),
        pl.when(live).then(pl.col(UPPER)).alias(OWN_HIGH),
    )


STACK = [WHO, GROUP_YEAR]


def _stacked(support: Support, rows: pl.DataFrame, paid: pl.DataFrame | None) -> pl.DataFrame:
    """Rows of the supports of one group, of which ``support`` is one: the highest, the one that was
    chosen, or the difference."""
    rows = _with_paid(support, rows, paid)
    if support.stacking is Stacking.DIFFERENCE:
        return _difference(rows.sort(ORDER))
    if support.stacking is Stacking.EITHER:
        chosen = pl.col(PAYMENTS) > 0
        rows = _refuse(rows, chosen, Reason.TAKEN).with_columns(
            pl.when(~chosen).then(OWN_LOW).alias(OWN_LOW),
            pl.when(~chosen).then(OWN_HIGH).alias(OWN_HIGH),
        )
    several = rows.get_column(WHO).is_duplicated()
    rows = pl.concat([rows.filter(~several), _highest(rows.filter(several).sort(ORDER))])
    return rows if support.stacking is Stacking.EITHER else _less(rows)


def _with_paid(support: Support, rows: pl.DataFrame, paid: pl.DataFrame | None) -> pl.DataFrame:
    """What the group was paid before, in how many payments, of each beneficiary and, where it stacks
    by the year, year."""
    nothing = pl.lit(0, dtype=pl.Int64)
    if paid is None:
        return rows.with_columns(nothing.alias(GROUP_PAID), nothing.alias(PAYMENTS))
    year = pl.col("日期").dt.year() if support.stacking_yearly else pl.lit(0)
    had = (
        paid.filter(pl.col(GROUP) == support.group)
        .select(WHO, year.cast(pl.Int64).alias(GROUP_YEAR), "金额")
        .group_by(STACK)
        .agg(pl.col("金额").sum().alias(GROUP_PAID), pl.len().cast(pl.Int64).alias(PAYMENTS))
    )
    return rows.join(had, on=STACK, how="left", maintain_order="left").with_columns(
        pl.col(GROUP_PAID, PAYMENTS).fill_null(0)
    )


def _difference(rows: pl.DataFrame) -> pl.DataFrame:
    """A later, higher row brings only the difference to the best before it."""
    live = pl.col(STATE) != NO
    low = pl.when(live).then(pl.col(LOWER).fill_null(0)).otherwise(0)
    high = pl.when(live).then(pl.col(UPPER).fill_null(0)).otherwise(0)
    endless = (live & pl.col(UPPER).is_null()).cast(pl.Int64)
    prior_low = pl.max_horizontal(low.cum_max().shift(1).over(STACK).fill_null(0), GROUP_PAID)
    prior_high = pl.max_horizontal(high.cum_max().shift(1).over(STACK).fill_null(0), GROUP_PAID)
    prior_endless = endless.cum_sum().over(STACK) - endless
    rows = rows.with_columns(
        pl.when(live)
        .then(pl.when(prior_endless > 0).then(0).otherwise((low - prior_high).clip(lower_bound=0)))
        .otherwise(pl.col(LOWER)).alias("new_low"),
        pl.when(live).then((pl.col(UPPER) - prior_low).clip(lower_bound=0))
        .otherwise(pl.col(UPPER)).alias("new_high"),
    )  # fmt: skip
    rows = rows.with_columns(pl.col("new_low").alias(LOWER), pl.col("new_high").alias(UPPER))
    rows = rows.drop("new_low", "new_high")
    return _refuse(rows, pl.col(UPPER) == 0, Reason.LOWER)


def _less(rows: pl.DataFrame) -> pl.DataFrame:
    """What was paid before counts towards the highest: only what exceeds it is left."""
    money = (pl.col(STATE) != NO) & (pl.col(GROUP_PAID) > 0) & pl.col(LOWER).is_not_null()
    left = [
        pl.when(money)
        .then((pl.col(end) - pl.col(GROUP_PAID)).clip(lower_bound=0))
        .otherwise(pl.col(end))
        .alias(end)
        for end in (LOWER, UPPER)
    ]
    return _refuse(rows.with_columns(left), money & (pl.col(UPPER) == 0), Reason.TAKEN)


def _highest(rows: pl.DataFrame) -> pl.DataFrame:
    """Pairwise within a beneficiary: who certainly beats whom."""
    rows = rows.with_row_index("n")
    live = rows.filter(pl.col(STATE) != NO).select(
        "n", *STACK, pl.col(LOWER).fill_null(0).alias("lo"), pl.col(UPPER).alias("hi")
    )
    pairs = live.join(live, on=STACK, suffix="2").filter(pl.col("n") != pl.col("n2"))
    first = pl.col("n") < pl.col("n2")
    wins = (pl.col("lo") > pl.col("hi2")) | ((pl.col("lo") == pl.col("hi2")) & first)
    loses = (pl.col("lo2") > pl.col("hi")) | ((pl.col("lo2") == pl.col("hi")) & ~first)
    found = pairs.group_by("n").agg(
        wins.fill_null(False).all().alias("wins"), loses.fill_null(False).any().alias("loses")
    )
    rows = rows.join(found, on="n", how="left", maintain_order="left")
    unsure = ~pl.col("wins").fill_null(True) & ~pl.col("loses").fill_null(False)
    rows = rows.with_columns(pl.when(unsure).then(0).otherwise(pl.col(LOWER)).alias(LOWER))
    rows = _refuse(rows, pl.col("loses"), Reason.LOWER)
    return rows.drop("n", "wins", "loses")


def total_of(support: Support, rows: pl.DataFrame) -> tuple[int, int, int]:
    """Certain and possible sum of one support's kept rows, and how many rows have no upper bound.

    As :func:`huiqi.rulebook.reference.settle.total`: years share a year's room, all years the whole room.
    """
    live = rows.filter(pl.col(STATE) != NO)
    if support.amount is None or not live.height:
        return 0, 0, 0
    capped = support.year_cap is not None or support.subject_cap is not None
    alone = support.times is Times.EACH and not capped
    capped = capped and support.stacking is Stacking.FREE  # stacked rows show what is left of them
    shared = pl.repeat(False, live.height, eager=True) if alone else live[WHO].is_duplicated()
    first = _total_alone(support, live.filter(~shared), OWN_LOW if capped else LOWER)
    live = live.filter(shared)
    if not live.height:
        return first
    sure = pl.col(OWN_LOW if capped else LOWER).filter(pl.col(STATE) == YES).fill_null(0)
    wide = pl.Int128
    upper = pl.col(UPPER).cast(wide)
    top = upper.max() if support.times is Times.YEARLY else upper.sum()
    by_year = live.group_by([WHO, YEAR]).agg(
        sure.cast(wide).sum().alias("low"),
        top.alias("high"),
        upper.max().alias("once"),
        pl.col(UPPER).is_null().sum().alias("endless"),
        *(pl.col(name).first() for name in (YEAR_ROOM, SUBJECT_ROOM) if name in live.columns),
    )
    if support.year_cap is not None:
        by_year = by_year.with_columns(
            pl.min_horizontal("low", YEAR_ROOM).alias("low"),
            pl.min_horizontal("high", YEAR_ROOM).alias("high"),
        )
    by_who = by_year.group_by(WHO).agg(
        pl.col("low").sum(), pl.col("high").sum(), pl.col("once").max(), pl.col("endless").sum(),
        *(pl.col(SUBJECT_ROOM).first() for _ in range(1) if SUBJECT_ROOM in by_year.columns),
    )  # fmt: skip
    if support.times is Times.ONCE:
        by_who = by_who.with_columns(pl.col("once").alias("high"))
    if support.subject_cap is not None:
        by_who = by_who.with_columns(
            pl.min_horizontal("low", SUBJECT_ROOM).alias("low"),
            pl.min_horizontal("high", SUBJECT_ROOM).alias("high"),
        )
    low, high, endless = by_who.select(
        pl.col("low").sum(), pl.col("high").sum(), pl.col("endless").sum()
    ).row(0)
    return first[0] + int(low or 0), first[1] + int(high or 0), first[2] + int(endless or 0)


def _total_alone(support: Support, rows: pl.DataFrame, sure: str) -> tuple[int, int, int]:
    """The sums of rows that no other row of their beneficiary shares anything with."""
    low = pl.when(pl.col(STATE) == YES).then(pl.col(sure).fill_null(0)).otherwise(0)
    high = pl.col(UPPER).fill_null(0)
    for cap, room in ((support.year_cap, YEAR_ROOM), (support.subject_cap, SUBJECT_ROOM)):
        if cap is not None:
            low, high = pl.min_horizontal(low, room), pl.min_horizontal(high, room)
    found = rows.select(
        low.cast(pl.Int128).sum().alias("low"),
        high.cast(pl.Int128).sum().alias("high"),
        pl.col(UPPER).is_null().sum().alias("endless"),
    ).row(0)
    return int(found[0] or 0), int(found[1] or 0), int(found[2] or 0)


def group_total(rows: pl.DataFrame) -> tuple[int, int, int]:
    """Certain and possible sum of the kept rows of stacking groups: the highest of each group."""
    used = pl.col(GROUP_PAID).max().fill_null(0) if GROUP_PAID in rows.columns else pl.lit(0)
    sure, top = (pl.col(end).max().fill_null(0).cast(pl.Int128) for end in (OWN_LOW, OWN_HIGH))
    by_group = rows.group_by(["组", *STACK]).agg(
        (sure - used).clip(lower_bound=0).alias("low"),
        (top - used).clip(lower_bound=0).alias("high"),
        (pl.col(OWN_LOW).is_not_null() & pl.col(OWN_HIGH).is_null()).sum().alias("endless"),
    )
    low, high, endless = by_group.select(
        pl.col("low").sum(), pl.col("high").sum(), pl.col("endless").sum()
    ).row(0)
    return int(low or 0), int(high or 0), int(endless or 0)
