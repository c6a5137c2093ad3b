"""How many rows a list has, counted no further than a person or a program goes through them."""

from typing import TypeVar

from django.db.models import Model, QuerySet

MOST = 10_000
"""How far a list can be paged; further on, filters are quicker than leafing."""
Row = TypeVar("Row", bound=Model)


def counted(rows: QuerySet[Row], most: int = MOST) -> tuple[int, bool]:
    """How many rows there are, at most ``most``; and whether there are more. One query."""
    found = rows.order_by()[: most + 1].count()
    return min(found, most), found > most


def part(ordered: QuerySet[Row], first: int, last: int) -> list[Row]:
    """Some rows of a long list: the database sorts their keys, which may stand in an index alone, and
    then reads these few rows."""
    asked = ordered.query
    if asked.annotations or asked.distinct or asked.combinator or asked.extra:
        return list(ordered[first:last])
    keys = ordered.select_related(None).values("pk")[first:last]
    few = ordered.model._default_manager.filter(pk__in=keys).order_by(*asked.order_by)
    few.query.select_related = asked.select_related
    few.query.deferred_loading = asked.deferred_loading
    few._prefetch_related_lookups = ordered._prefetch_related_lookups  # type: ignore[attr-defined]  # Django names no other way
    return list(few)
