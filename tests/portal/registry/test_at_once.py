"""Two at once, on real connections: nothing is lost, nothing is half done, the second is told."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from huiqi.portal.base import audit
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import actions, history
from huiqi.portal.registry.enums import CorrectionState
from huiqi.portal.registry.models import Correction, Record, Statement
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.registry.firms import GAOPING, firm, keeper

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Runs the acts in threads that start together; what each ended with."""
    gate = threading.Barrier(len(acts))
    ends = [""] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            gate.wait()
            act()
            ends[place] = "done"
        except Refused as refused:
            ends[place] = refused.what
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


def test_of_two_who_correct_one_fact_one_is_told() -> None:
    record = firm(1, 从业人员=30)
    one, two = keeper(), keeper()
    ends = at_once(
        *(
            lambda by=by, staff=staff: actions.state(  # type: ignore[misc]  # bound now
                record, {"从业人员": staff}, by=by, at=NOW, seen={"从业人员": 30}
            )
            for by, staff in ((one, 31), (two, 32))
        )
    )
    record.refresh_from_db()
    staff = record.values["从业人员"]
    assert staff in (31, 32)
    assert ends == [f"“从业人员”刚刚被别人改成了{staff}人", "done"] or ends == [
        "done", f"“从业人员”刚刚被别人改成了{staff}人",
    ]  # fmt: skip
    assert Statement.objects.count() == 2
    assert audit.verify()[1] is None


def test_two_who_change_different_facts_both_get_through() -> None:
    record = firm(1)
    ends = at_once(
        lambda: actions.state(
            record, {"从业人员": 31}, by=keeper(), at=NOW, seen={"从业人员": None}
        ),
        lambda: actions.state(record, {"民营企业": True}, by=keeper(), at=NOW),
    )
    assert ends == ["done", "done"]
    record.refresh_from_db()
    assert (record.values["从业人员"], record.values["民营企业"]) == (31, True)
    assert history.values_of(history.as_of(record, NOW.date())) == record.values


def test_of_two_who_decide_a_correction_one_is_told() -> None:
    record = firm(1, 从业人员=30)
    boss = people.enterprise_user(record.key).actor
    made = actions.ask_correction(
        record, "从业人员", proposed=35, reason="见花名册", by=boss, at=NOW
    )
    one, two = people.registrar(GAOPING), people.registrar(GAOPING)
    ends = at_once(
        lambda: actions.decide_correction(made, accept=True, by=one.actor, at=NOW),
        lambda: actions.decide_correction(made, accept=True, by=two.actor, at=NOW),
    )
    made = Correction.objects.get()
    assert made.state == CorrectionState.ACCEPTED
    assert made.decided_by is not None
    assert sorted(ends) == sorted(["done", f"这项申请已由{made.decided_by.name}办结（已更正）"])
    assert Statement.objects.count() == 2


def test_of_two_who_add_one_enterprise_one_is_told() -> None:
    ends = at_once(lambda: firm(1, by=keeper()), lambda: firm(1, by=keeper()))
    code = people.credit_code(1)
    assert sorted(ends) == sorted(["done", f"“{code}”已经登记过"])
    assert Record.objects.count() == 1
