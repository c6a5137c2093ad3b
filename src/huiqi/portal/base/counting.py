"""Long lists: how many rows there are, counted no further than a person or a program goes through them,
and any part of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

MOST = 10_000
"""How far a list can be paged; further on, filters are quicker than leafing."""
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Counted(Generic[Row]):
    """A list in its order, of which at most :data:`MOST` rows are counted."""

    ordered: QuerySet[Row]
    keys: Sequence[Any] | None
    """The keys of the first rows; None where rows have none of their own."""
    count: int
    is_cut: bool

    def part(self, first: int, last: int) -> list[Row]:
        """Some rows of the list."""
        if self.keys is None:
            return list(self.ordered[first:last])
        wanted = self.keys[first:last]
        # Without the filters of the list: they have been applied, and cost time again.
        few = self.ordered.model._default_manager.filter(pk__in=wanted).order_by()
        few.query.select_related = self.ordered.query.select_related
        few.query.deferred_loading = self.ordered.query.deferred_loading
        few._prefetch_related_lookups = self.ordered._prefetch_related_lookups  # type: ignore[attr-defined]  # Django names no other way
        rows = {row.pk: row for row in few}
        return [rows[key] for key in wanted if key in rows]


def counted(ordered: QuerySet[Row], last: int = 0) -> Counted[Row]:
    """A list whose rows up to ``last`` can be read; one query, and one for each part of it.

    The keys of all rows that count are read at once, in order: counting the rows and looking for those
    of the last page would each go through the same rows, and the database would have to guess which of
    them are few. Keys may stand in an index alone.
    """
    asked = ordered.query
    if asked.annotations or asked.distinct or asked.combinator or asked.extra:
        found = ordered.order_by()[: MOST + 1].count()
        return Counted(ordered, None, min(found, MOST), found > MOST)
    keys = list(ordered.values_list("pk", flat=True)[: max(MOST + 1, last)])
    return Counted(ordered, keys, min(len(keys), MOST), len(keys) > MOST)


def exceeds(rows: QuerySet[Row], most: int) -> bool:
    """Whether there are more rows than ``most``."""
    return rows.order_by()[: most + 1].count() > most
