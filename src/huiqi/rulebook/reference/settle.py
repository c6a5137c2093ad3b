"""Limits across rows: once only, caps per beneficiary and year, stacking, what is already paid.

Single answers come first; then, for each beneficiary, the rows of a limited support are taken in the
order of their moment (unknown last) and key. Ranges stay sound: ``low`` is what is certain even if
every open row turns out yes, ``high`` what is possible if the open rows turn out no. Where everything
is known the result is exact. The same rules are written in columns in :mod:`huiqi.rulebook.reference.limits`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.dates import year_of
from huiqi.rulebook.library.policy import Stacking, Support, Times
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.reference.assess import Assessment, Paid, Reason

K = TypeVar("K")


def settle(
    made: Sequence[Assessment], paid: Sequence[Paid] = (), supports: Sequence[Support] = ()
) -> list[Assessment]:
    """The assessments after limits, in the order given. Assessments are changed in place.

    ``paid`` is what the beneficiary has received, also of supports that are not assessed now; of which
    groups those are members is told by ``supports``.
    """
    live = [item for item in made if item.answer is not Answer.NO]
    for key, items in _grouped(live, lambda item: item.support.key):
        support = items[0].support
        spent = [payment for payment in paid if payment.support == key]
        for _, rows in _grouped(items, lambda item: _beneficiary(item)):
            rows.sort(key=_order)
            _already(rows, spent)
            for item in _live(rows):
                item.before = (item.low or 0, item.high)
            if support.times is not Times.EACH:
                _once(rows, yearly=support.times is Times.YEARLY)
            if support.amount is None:
                continue  # a stated benefit takes nothing from a cap
            if support.year_cap is not None:
                late = _late(rows)
                for year, inside in _grouped(rows, _year):
                    used = sum(item.amount for item in spent if year_of(item.day) == year)
                    room = max(support.year_cap - used, 0)
                    for item in inside:
                        item.year_room = room
                    _cap(inside, room, late)
            if support.subject_cap is not None:
                room = max(support.subject_cap - sum(item.amount for item in spent), 0)
                for item in rows:
                    item.subject_room = room
                _cap(rows, room, _late(rows))
    stacked = [item for item in live if item.support.stacking is not Stacking.FREE]
    for item in stacked:
        item.before = None if item.answer is Answer.NO else (item.low or 0, item.high)
    for group, items in _grouped(stacked, lambda item: item.support.group):
        known = (*supports, *(item.support for item in made)) if paid else ()
        members = {support.key for support in known if support.group == group}
        spent = [payment for payment in paid if payment.support in members]
        for (_, _, year), rows in _grouped(items, stack):
            rows.sort(key=_order)
            yearly = rows[0].support.stacking_yearly
            had = [one.amount for one in spent if not yearly or year_of(one.day) == year]
            for item in rows:
                item.group_paid = sum(had)
            match rows[0].support.stacking:
                case Stacking.DIFFERENCE:
                    _difference(rows, sum(had))
                case Stacking.EITHER if had:
                    _chosen(rows)
                case _:
                    _highest(rows)
                    _less(rows, sum(had))
    return list(made)


def held_by_group(
    made: Assessment,
    settled: Iterable[Assessment],
    paid: Iterable[Paid] = (),
    supports: Iterable[Support] = (),
) -> int | None:
    """What a row's stacking group brings for certain without the row; None: nothing can be added to it.

    ``settled`` are the subject's rows after limits, ``paid`` and ``supports`` as in :func:`settle`.
    """
    support = made.support
    if support.stacking is Stacking.FREE:
        return 0
    mine = stack(made)
    members = {one.key for one in supports if one.group == support.group} | {support.key}
    had = [
        one.amount
        for one in paid
        if one.support in members
        and (not support.stacking_yearly or year_of(one.day) == _year(made))
    ]
    if had and support.stacking is Stacking.EITHER:
        return None
    sure = (
        item.before[0]
        for item in settled
        if item.before is not None
        and item.support.group == support.group
        and item.support.stacking is not Stacking.FREE
        and stack(item) == mine
    )
    return max(max(sure, default=0), sum(had))


def total(made: Sequence[Assessment]) -> tuple[int, int | None]:
    """What the beneficiaries get altogether: tighter than the sum of the rows' ranges.

    Rows share a cap, and of a stacking group only the highest counts, whichever row it turns out
    to be.
    """
    low, high = 0, 0
    bounded = True
    loose = [item for item in made if item.support.stacking is Stacking.FREE]
    for _, rows in _grouped(loose, lambda item: (item.support.key, *_beneficiary(item))):
        one, two = _capped_total(rows)
        low, high, bounded = low + one, high + (two or 0), bounded and two is not None
    stacked = [item for item in made if item.support.stacking is not Stacking.FREE]
    for _, rows in _grouped(stacked, lambda item: (item.support.group, *stack(item))):
        ranges = [item.before for item in rows if item.before is not None]
        used = max((item.group_paid for item in rows), default=0)
        low += max(max((least for least, _ in ranges), default=0) - used, 0)
        tops = [most for _, most in ranges]
        bounded = bounded and None not in tops
        high += max(max((top for top in tops if top is not None), default=0) - used, 0)
    return low, high if bounded else None


def _capped_total(rows: list[Assessment]) -> tuple[int, int | None]:
    """One support and one beneficiary: years share a year's room, all share the whole room."""
    live = _live(rows)
    if not live:
        return 0, 0
    low, high, bounded = 0, 0, True
    for _, inside in _grouped(live, _year):
        sure = sum(item.low or 0 for item in inside)
        tops = [item.high for item in inside]
        top = _top(tops) if rows[0].support.times is Times.YEARLY else _all(tops)
        room = inside[0].year_room
        if room is not None or inside[0].subject_room is not None:
            sure = sum(
                item.before[0] for item in inside if item.before and item.answer is Answer.YES
            )
        if room is not None:
            sure, top = min(sure, room), room if top is None else min(top, room)
        low, high, bounded = low + sure, high + (top or 0), bounded and top is not None
    if rows[0].support.times is Times.ONCE:
        top = _top([item.high for item in live])
        high, bounded = top or 0, top is not None
    room = live[0].subject_room
    if room is not None:
        return min(low, room), min(high, room) if bounded else room
    return low, high if bounded else None


def _all(values: list[int | None]) -> int | None:
    return None if None in values else sum(value or 0 for value in values)


def _top(values: list[int | None]) -> int | None:
    return None if None in values else max((value or 0 for value in values), default=0)


def stack(made: Assessment) -> tuple[str, int, int]:
    """Whose group it is, and of which year where it starts anew each year."""
    return (*_beneficiary(made), _year(made) if made.support.stacking_yearly else 0)


def _beneficiary(made: Assessment) -> tuple[str, int]:
    """Who receives: the row at the end of the beneficiary path, else the assessed row itself."""
    row: Row | None = made.row
    for link in made.support.beneficiary:
        row = row.links.get(link) if row is not None else None
    return ("", id(row)) if row is not None else ("row", id(made.row))


def _order(made: Assessment) -> tuple[bool, int, str, str]:
    return (made.moment is None, made.moment or 0, made.support.key, made.row.key)


def _year(made: Assessment) -> int:
    """The calendar year; an unknown one is nobody else's, so that no two rows share a year's room
    that may not."""
    return year_of(made.moment) if made.moment is not None else -1 - id(made)


def _refuse(made: Assessment, reason: Reason) -> None:
    made.answer, made.reason = Answer.NO, reason
    if made.low is not None:
        made.low = made.high = 0


def _live(rows: Iterable[Assessment]) -> list[Assessment]:
    return [item for item in rows if item.answer is not Answer.NO]


def _already(rows: list[Assessment], spent: list[Paid]) -> None:
    """Nothing is paid twice: per item, per year or per beneficiary, as the support says."""
    for item in _live(rows):
        if was_paid(item, spent):
            _refuse(item, Reason.PAID)


def was_paid(made: Assessment, paid: Iterable[Paid]) -> bool:
    """Whether a row would bring nothing more, as the beneficiary was paid its item, year or support."""
    spent = (payment for payment in paid if payment.support == made.support.key)
    match made.support.times:
        case Times.EACH:
            return any(payment.item == made.row.key for payment in spent)
        case Times.YEARLY:
            return any(year_of(payment.day) == _year(made) for payment in spent)
        case Times.ONCE:
            return any(True for _ in spent)


def _once(rows: list[Assessment], yearly: bool) -> None:
    """The first certain row takes it; rows after it have nothing left.

    An open row before it, or of unknown moment, may turn out to be the one that takes it: then only
    the lesser of the two is certain.
    """
    taken: set[int] = set()
    for item in _live(rows):
        slot = _year(item) if yearly else 0
        if slot not in taken:
            if item.answer is Answer.YES:
                taken.add(slot)
        elif item.answer is Answer.YES or item.moment is not None:
            _refuse(item, Reason.REPEATED)
    live = _live(rows)
    for item in live:
        if item.answer is not Answer.YES or item.low is None:
            continue
        rivals = [
            other.least
            for other in live
            if other.answer is not Answer.YES
            and (not yearly or other.moment is None or _year(other) == _year(item))
        ]
        item.low = min([item.low, *rivals])
        item.before = (item.low, item.high)


def _late(rows: list[Assessment]) -> int | None:
    """What rows of unknown moment may take before all others; None: without bound."""
    return _all([item.high for item in _live(rows) if item.moment is None])


def _cap(rows: list[Assessment], cap: int, late: int | None) -> None:
    """Rows in order share what is left of a cap; those of unknown moment may come first."""
    before_low, before_high, open_ended = 0, 0, False
    for item in _live(rows):
        low, high = item.low or 0, item.high
        room_high = max(cap - before_low, 0)
        first = 0 if item.moment is None else late
        room_low = 0 if open_ended or first is None else max(cap - before_high - first, 0)
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


def _less(rows: list[Assessment], used: int) -> None:
    """What was paid before counts towards the highest: only what exceeds it is left."""
    for item in _live(rows):
        if not used or item.support.amount is None:
            continue
        item.low = max((item.low or 0) - used, 0)
        item.high = None if item.high is None else max(item.high - used, 0)
        if item.high == 0:
            _refuse(item, Reason.TAKEN)


def _chosen(rows: list[Assessment]) -> None:
    """Of several one was to be chosen, and was: nothing is left."""
    for item in _live(rows):
        _refuse(item, Reason.TAKEN)
        item.before = None


def _beats(low: int, index: int, high: int | None, other: int) -> bool:
    """Whether an amount of at least ``low`` is certainly chosen over one of at most ``high``."""
    if high is None:
        return False
    return low > high or (low == high and index < other)


def _grouped(
    items: Iterable[Assessment], key: Callable[[Assessment], K]
) -> list[tuple[K, list[Assessment]]]:
    """Items by key, keys in order; within a group the order is kept."""
    groups: dict[K, list[Assessment]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.items())
