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
