"""A calendar of working days as one text, by which it is kept, told apart and had again."""

import hashlib
import json
from datetime import date
from functools import lru_cache

from huiqi.rulebook.language.calendar import (
    Calendar,
    DayException,
    DayKind,
    YearStatus,
    build_calendar,
)


def to_text(calendar: Calendar) -> str:
    """What counts of a calendar, the same text for the same calendar."""
    content = {
        "years": [[year, str(status)] for year, status in calendar.statuses],
        "days": [
            [item.day.isoformat(), str(item.kind), item.festival, item.basis]
            for item in calendar.exceptions
        ],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Calendar:
    """The calendar of :func:`to_text`."""
    content = json.loads(text)
    statuses = {year: YearStatus(status) for year, status in content["years"]}
    found = [
        (date.fromisoformat(day), DayKind(kind), festival, basis)
        for day, kind, festival, basis in content["days"]
    ]
    return build_calendar([DayException(*item, statuses[item[0].year]) for item in found], statuses)


@lru_cache(maxsize=8)
def digest(calendar: Calendar) -> str:
    """The name of a calendar: the SHA-256 of its text."""
    return hashlib.sha256(to_text(calendar).encode()).hexdigest()
