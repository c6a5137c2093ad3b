"""Moments that requests name, as every database can compare them."""

from datetime import UTC, datetime
from typing import Annotated

from django.utils import timezone
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def _in_utc(value: datetime) -> datetime:
    """The same moment in UTC: PostgreSQL reads no offset of sixteen hours and more, which RFC 3339 allows.

    A moment without an offset is one of this place.
    """
    try:
        aware = timezone.make_aware(value) if timezone.is_naive(value) else value
        return aware.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("moment_range", "no such moment in UTC") from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A parameter's moment."""
