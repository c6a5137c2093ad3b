"""Answers of single rows: the columnar engine beside the reference evaluator and beside peers."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl
from common import ON, SUBJECT

from huiqi.rulebook.bulk.bridge import read_paid, read_subject
from huiqi.rulebook.bulk.engine import Engine
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.nodes import MONEY, Constant, Minus
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.reference.dossier import dossier
from huiqi.rulebook.reference.limits import ITEM, LOWER, NUMBER, STATE, UPPER, apply_limits
from huiqi.rulebook.reference.limits import SUBJECT as WHOSE

Cells = dict[tuple[str, str], tuple[int, int | None, int | None]]
"""Support and key of a row -> answer, certain fen, possible fen; a no is left out."""


def spread(data: Snapshot, sample: int) -> pl.Series:
    """Numbers of enterprises, evenly spread."""
    rows = data.rows(SUBJECT)
    step = max(rows // sample, 1)
    return pl.int_range(0, rows, step, eager=True, dtype=pl.UInt32).head(sample)


def own(rules: Library) -> tuple[Support, ...]:
    """The supports assessed on enterprises or their events that enterprises get."""
    return tuple(
        support
        for support in rules.ready
        if (support.table == SUBJECT and not support.beneficiary)
        or (
            rules.vocabulary.tables[support.table].owner == SUBJECT
            and support.beneficiary == (SUBJECT,)
        )
    )


def kept(engine: Engine) -> Iterable[pl.DataFrame]:
    return (rows for plan in engine.plans(False) for rows in engine.rows_of(plan, groups=False))


def by_engine(
    rules: Library, data: Snapshot, supports: Sequence[Support], taken: pl.Series
) -> Cells:
    """The engine over the whole region, limits and payments included; only the rows taken."""
    engine = Engine(rules, data, ON, supports)
    found = apply_limits(engine.supports, kept(engine), engine.paid)
    if found is None:
        return {}
    mine = found.filter(pl.col(WHOSE).is_in(taken.implode()) & (pl.col(STATE) != Answer.NO))
    return {
        (engine.supports[number].key, key): (state, low, high)
        for number, key, state, low, high in mine.select(
            NUMBER, ITEM, STATE, LOWER, UPPER
        ).iter_rows()
    }


def by_reference(
    rules: Library, data: Snapshot, supports: Sequence[Support], taken: pl.Series
) -> Cells:
    """The reference, one enterprise after another."""
    out: Cells = {}
    for number in taken:
        file = read_subject(data, rules.vocabulary, SUBJECT, number)
        paid = read_paid(data, SUBJECT, number)
        for item in dossier(rules, file, ON, supports, paid).assessments:
            if item.answer is not Answer.NO:
                out[item.support.key, item.row.key] = (item.answer, item.low, item.high)
    return out


def differing(one: Cells, two: Cells) -> int:
    return sum(one.get(at) != two.get(at) for at in one.keys() | two.keys())


def one_fen_less(support: Support) -> Support:
    """The negative control: a rule that pays another amount."""
    if support.amount is None:
        return support
    return replace(support, amount=Minus(support.amount, Constant(1, MONEY), MONEY))


def answers_of(
    rules: Library, data: Snapshot, supports: Sequence[Support], taken: pl.Series
) -> dict[str, list[Answer]]:
    """The engine's answers of enterprises for their own supports, before limits across rows."""
    engine = Engine(rules, data, ON, supports)
    places = {number: place for place, number in enumerate(taken)}
    out = {support.key: [Answer.NO] * len(taken) for support in supports}
    for rows in kept(engine):
        mine = rows.filter(pl.col(WHOSE).is_in(taken.implode()))
        for number, who, state in mine.select(NUMBER, WHOSE, STATE).iter_rows():
            out[engine.supports[number].key][places[who]] = Answer(state)
    return out
