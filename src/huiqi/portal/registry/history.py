"""What statements come to: the state of a record on any day, as it was known at any moment.

The rule, for each fact on its own: of the statements that were known and hold on the day, the one
counts that is valid from the latest day (one without a day is the earliest of all); of several from the
same day the one known last, then the one written last. A statement about an earlier year that arrives
late therefore corrects that year and leaves the present alone. A null says: known to be unknown again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from huiqi.portal.registry.models import Record, Statement
from huiqi.rulebook.library.values import Known


class Spoken(NamedTuple):
    """A statement as the fold needs it."""

    record: int
    values: Mapping[str, Any]
    source: str
    valid_from: date | None
    valid_until: date | None
    known_at: datetime
    number: int


SPOKEN = ("record_id", "values", "source", "valid_from", "valid_until", "known_at", "pk")
"""The columns of :class:`Spoken`, for ``values_list``."""


@dataclass(frozen=True, slots=True)
class Said:
    """The value of one fact (None: known to be unknown), who said so, from which day, and when known."""

    value: Known | None
    source: str
    valid_from: date | None
    known_at: datetime
    statement: int

    @property
    def day(self) -> date:
        """The day to show: from when it is valid, else when it became known."""
        return self.valid_from or timezone.localdate(self.known_at)

    @property
    def origin(self) -> str:
        """`来源 日期` as explanations print it."""
        return f"{self.source} {self.day.isoformat()}"


def spoken(records: Iterable[int], known_at: datetime | None = None) -> list[Spoken]:
    """The statements of some records that were known at a moment (None: all), in one query."""
    found: QuerySet[Statement] = Statement.objects.filter(record__in=list(records)).order_by()
    if known_at is not None:
        found = found.filter(known_at__lte=known_at)
    return [Spoken(*row) for row in found.values_list(*SPOKEN)]


def fold(statements: Iterable[Spoken], day: date) -> dict[str, Said]:
    """The state of one record on a day, from all its statements that count as known."""
    out: dict[str, Said] = {}
    for item in sorted(statements, key=_rank):
        if _holds(item, day):
            for name, value in item.values.items():
                out[name] = Said(value, item.source, item.valid_from, item.known_at, item.number)
    return out


def fold_all(statements: Iterable[Spoken], day: date) -> dict[int, dict[str, Said]]:
    """The state of each record on a day."""
    apart: dict[int, list[Spoken]] = {}
    for item in statements:
        apart.setdefault(item.record, []).append(item)
    return {record: fold(items, day) for record, items in apart.items()}


def as_of(record: Record, day: date, known_at: datetime | None = None) -> dict[str, Said]:
    """What was known at a moment (None: all that is known) of a record's state on a day.

    Fact -> value with its source. A fact that nobody spoke of is not there; one that a source took back
    is there with the value None.
    """
    return fold(spoken([record.pk], known_at), day)


def values_of(state: Mapping[str, Said]) -> dict[str, Known]:
    """The known values of a state."""
    return {name: said.value for name, said in state.items() if said.value is not None}


def next_turn(statements: Iterable[Spoken], day: date) -> date | None:
    """The first day after ``day`` on which a statement begins or no longer holds."""
    one = timedelta(days=1)
    days = [item.valid_from for item in statements if item.valid_from]
    days += [item.valid_until + one for item in statements if item.valid_until]
    return min((turn for turn in days if turn > day), default=None)


def since(statements: Iterable[Spoken]) -> date | None:
    """The latest day that a statement is valid from."""
    return max((item.valid_from for item in statements if item.valid_from), default=None)


def _rank(item: Spoken) -> tuple[date, datetime, int]:
    return item.valid_from or date.min, item.known_at, item.number


def _holds(item: Spoken, day: date) -> bool:
    begun = item.valid_from is None or item.valid_from <= day
    return begun and (item.valid_until is None or item.valid_until >= day)
