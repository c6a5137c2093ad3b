"""Limits across rows: once only, caps per beneficiary and year, stacking, what is already paid.

Single answers come first; then, for each beneficiary, the rows of a limited support are taken in the
order of their moment (unknown last) and key. Ranges stay sound: ``low`` is what is certain even if
every open row turns out yes, ``high`` what is possible if the open rows turn out no. Where everything
is known the result is exact. The same rules are written in columns in :mod:`huiqi.rulebook.limits`.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from huiqi.rulebook.answers import Answer
from huiqi.rulebook.assess import Assessment, Paid, Reason
from huiqi.rulebook.dates import year_of
from huiqi.rulebook.evaluate import Reference
from huiqi.rulebook.policy import Stacking, Times
from huiqi.rulebook.rows import Row


def settle(
    reference: Reference, made: Sequence[Assessment], paid: Sequence[Paid] = ()
) -> list[Assessment]:
    """The assessments after limits, in the order given. Assessments are changed in place."""
    for key, items in _grouped(made, lambda item: item.support.key):
        support = items[0].support
        spent = [payment for payment in paid if payment.support == key]
        for _, rows in _grouped(items, lambda item: _beneficiary(item)):
            rows.sort(key=_order)
            _already(rows, spent)
            if support.times is not Times.EACH:
                _once(rows, yearly=support.times is Times.YEARLY)
            if support.year_cap is not None:
                for year, inside in _grouped(rows, _year):
                    used = sum(item.amount for item in spent if year_of(item.day) == year)
                    _cap(inside, support.year_cap - used)
            if support.subject_cap is not None:
                _cap(rows, support.subject_cap - sum(item.amount for item in spent))
    stacked = [item for item in made if item.support.stacking is not Stacking.FREE]
    for group, items in _grouped(stacked, lambda item: item.support.group):
        for _, rows in _grouped(items, lambda item: _beneficiary(item)):
            rows.sort(key=_order)
            keys = {item.support.key for item in stacked if item.support.group == group}
            used = max((item.amount for item in paid if item.support in keys), default=0)
            if items[0].support.stacking is Stacking.DIFFERENCE:
                _difference(rows, used)
            else:
                _highest(rows)
    return list(made)


def _beneficiary(made: Assessment) -> tuple[str, int]:
    """Who receives: the row at the end of the beneficiary path, else the assessed row itself."""
    row: Row | None = made.row
    for link in made.support.beneficiary:
        row = row.links.get(link) if row is not None else None
    return ("", id(row)) if row is not None else ("row", id(made.row))


def _order(made: Assessment) -> tuple[bool, int, str, str]:
    return (made.moment is None, made.moment or 0, made.support.key, made.row.key)


def _year(made: Assessment) -> int:
    return year_of(made.moment) if made.moment is not None else 0


def _refuse(made: Assessment, reason: Reason) -> None:
    made.answer, made.reason = Answer.NO, reason
    if made.low is not None:
        made.low = made.high = 0


def _live(rows: Iterable[Assessment]) -> list[Assessment]:
    return [item for item in rows if item.answer is not Answer.NO]


def _already(rows: list[Assessment], spent: list[Paid]) -> None:
    """Nothing is paid twice: per item, per year or per beneficiary, as the support says."""
    for item in _live(rows):
        times = item.support.times
        if times is Times.EACH:
            hit = any(payment.item == item.row.key for payment in spent)
        elif times is Times.YEARLY:
            hit = any(year_of(payment.day) == _year(item) for payment in spent)
        else:
            hit = bool(spent)
        if hit:
            _refuse(item, Reason.PAID)


def _once(rows: list[Assessment], yearly: bool) -> None:
    """The first certain row takes it; rows after it have nothing left."""
    taken: set[int] = set()
    for item in _live(rows):
        slot = _year(item) if yearly else 0
        if slot in taken:
            _refuse(item, Reason.REPEATED)
        elif item.answer is Answer.YES:
            taken.add(slot)


def _cap(rows: list[Assessment], cap: int) -> None:
    """Rows in order share what is left of a cap."""
    before_low, before_high, open_ended = 0, 0, False
    for item in _live(rows):
        low, high = item.low or 0, item.high
        room_high = max(cap - before_low, 0)
        room_low = 0 if open_ended else max(cap - before_high, 0)
        item.low = min(low, room_low)
        item.high = room_high if high is None else min(high, room_high)
        item.bounded = True
        before_low += low
        before_high += high or 0
        open_ended = open_ended or high is None
        if item.high == 0:
            _refuse(item, Reason.CAPPED)


def _difference(rows: list[Assessment], used: int) -> None:
    """A later, higher row pays only the difference to the best before it."""
    best_low, best_high = used, used
    open_ended = False
    for item in _live(rows):
        low, high = item.low or 0, item.high
        item.low = 0 if open_ended else max(low - best_high, 0)
        item.high = None if high is None else max(high - best_low, 0)
        best_low = max(best_low, low)
        best_high = max(best_high, high or 0)
        open_ended = open_ended or high is None
        if item.high == 0:
            _refuse(item, Reason.LOWER)


def _highest(rows: list[Assessment]) -> None:
    """Only the highest row counts; of equal ones the first."""
    live = _live(rows)
    lows = [item.low or 0 for item in live]
    highs = [item.high for item in live]
    for index, item in enumerate(live):
        others = [other for other in range(len(live)) if other != index]
        wins = all(_beats(lows[index], index, highs[other], other) for other in others)
        loses = any(_beats(lows[other], other, highs[index], index) for other in others)
        if loses:
            _refuse(item, Reason.LOWER)
        elif not wins:
            item.low = 0


def _beats(low: int, index: int, high: int | None, other: int) -> bool:
    """Whether an amount of at least ``low`` is certainly chosen over one of at most ``high``."""
    if high is None:
        return False
    return low > high or (low == high and index < other)


def _grouped(items, key):  # type: ignore[no-untyped-def]  # generic glue around groupby
    ordered = sorted(items, key=key)
    return [(name, list(group)) for name, group in groupby(ordered, key=key)]
