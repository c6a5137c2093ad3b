"""Pages of a list: bounded, counted up to a bound, ordered so that pages do not overlap."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from ninja import Query, Schema
from pydantic import Field

from huiqi.portal.base.counting import counted

Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)


class Slice(Schema):
    """Which part of a list is wanted."""

    limit: Annotated[int, Field(ge=1, le=100, description="每页条数，1—100")] = 30
    offset: Annotated[int, Field(ge=0, le=100_000, description="跳过条数，0—100000")] = 0


class Page(Schema, Generic[Item]):
    """A part of a list. ``count`` stops at 10,000; ``more`` says that there are more than counted."""

    items: list[Item]
    count: int
    more: bool = False


Sliced = Query[Slice]


def page(rows: QuerySet[Row], wanted: Slice, shown: Callable[[Row], Any]) -> dict[str, Any]:
    """One page of a query, in two statements."""
    first, last = wanted.offset, wanted.offset + wanted.limit
    found = counted(rows, last)
    return {
        "items": [shown(row) for row in found.part(first, last)],
        "count": found.count,
        "more": found.is_cut,
    }
