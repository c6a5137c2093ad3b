"""The state of any day as known at any moment, held to a model that asks day by day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiqi.portal.registry import actions, history
from huiqi.portal.registry.history import Spoken
from tests.portal.people import NOW
from tests.portal.registry.firms import firm, keeper

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 20).map(lambda number: FIRST + timedelta(days=number))
MOMENTS = st.integers(0, 6).map(lambda number: datetime(2026, 3, 1 + number, 4, tzinfo=UTC))
VALUES = st.dictionaries(st.sampled_from("甲乙"), st.none() | st.integers(0, 3), min_size=1)


@st.composite
def statements(draw: st.DrawFn) -> list[Spoken]:
    """Statements of one record in the order they were written."""
    out = []
    for number in range(draw(st.integers(0, 8))):
        begin, end = draw(st.none() | DAYS), draw(st.none() | DAYS)
        if begin and end and end < begin:
            begin, end = end, begin
        out.append(Spoken(1, draw(VALUES), f"来源{number}", begin, end, draw(MOMENTS), number))
    return out


def told(items: list[Spoken], name: str, day: date, moment: datetime) -> Spoken | None:
    """The model: every statement that counts is looked at, the better one of two is kept."""
    best = None
    for item in items:
        if name not in item.values or item.known_at > moment:
            continue
        if item.valid_from is not None and day < item.valid_from:
            continue
        if item.valid_until is not None and day > item.valid_until:
            continue
        if best is None or better(item, best):
            best = item
    return best


def better(one: Spoken, other: Spoken) -> bool:
    """Valid from a later day; else known later; else written later."""
    if one.valid_from != other.valid_from:
        if one.valid_from is None or other.valid_from is None:
            return other.valid_from is None
        return one.valid_from > other.valid_from
    if one.known_at != other.known_at:
        return one.known_at > other.known_at
    return one.number > other.number


@pytest.mark.once
@given(statements(), DAYS, MOMENTS)
def test_the_fold_says_what_the_model_says(
    items: list[Spoken], day: date, moment: datetime
) -> None:
    known = [item for item in items if item.known_at <= moment]
    state = history.fold(known, day)
    expected = {name: told(items, name, day, moment) for name in "甲乙"}
    assert {name: (said.value, said.source) for name, said in state.items()} == {
        name: (item.values[name], item.source) for name, item in expected.items() if item
    }


@pytest.mark.once
@given(statements(), DAYS)
def test_between_two_turns_nothing_changes(items: list[Spoken], day: date) -> None:
    turn = history.next_turn(items, day)
    last = (turn or FIRST + timedelta(days=40)) - timedelta(days=1)
    states = set()
    at = day
    while at <= last:
        state = history.fold(items, at)
        states.add(tuple(sorted((name, said.statement) for name, said in state.items())))
        at += timedelta(days=1)
    assert len(states) == 1


@pytest.mark.once
@given(statements(), DAYS, MOMENTS, st.data())
def test_what_becomes_known_later_does_not_change_what_was_known(
    items: list[Spoken], day: date, moment: datetime, data: st.DataObject
) -> None:
    def state(some: list[Spoken]) -> dict[str, history.Said]:
        return history.fold([item for item in some if item.known_at <= moment], day)

    later = [item for item in data.draw(statements()) if item.known_at > moment]
    assert state([*items, *later]) == state(items)


@pytest.mark.django_db
def test_as_of_reads_the_past_and_the_past_of_the_past() -> None:
    record = firm(1, 从业人员=30)
    june, july = datetime(2026, 6, 10, tzinfo=UTC), datetime(2026, 7, 10, tzinfo=UTC)
    march = date(2026, 3, 31)
    actions.state(record, {"从业人员": 40}, by=keeper(), at=NOW, valid_from=march)
    said = history.as_of(record, date(2026, 11, 1))
    assert (said["从业人员"].value, said["从业人员"].origin) == (40, "统计部门 2026-03-31")
    assert history.as_of(record, date(2026, 3, 30))["从业人员"].value == 30
    assert history.as_of(record, date(2024, 12, 31)) == {}
    assert history.as_of(record, march, known_at=june) == {}
    assert june < july < NOW
