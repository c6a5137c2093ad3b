"""The working days that the operator keeps count wherever rules are evaluated, and can be had again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from huiqi.portal.base import calendar, rules, workdays
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.enums import YearState
from huiqi.portal.base.models import AuditEntry, CalendarState, CalendarYear, Job
from huiqi.portal.matching import calculator, jobs, queries, refreshing, runs
from huiqi.portal.matching.answers import dossier_of, shown
from huiqi.portal.matching.models import Run
from huiqi.portal.policies import actions as policies
from huiqi.portal.registry import snapshot
from huiqi.portal.registry.models import Record
from huiqi.rulebook.language.literals import days
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.policies import samples
from tests.portal.registry.firms import firm

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 22)  # a Sunday
FOUNDED = date(2026, 11, 16)  # the Monday before: five working days later comes the Monday after
SATURDAY = date(2026, 11, 21)
LATER = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
KEY = f"{samples.SLUG}/开业满五日"
SUPPORT = """\
编号: 开业满五日
名称: 示例开业补助
条款: 二
类型: 补助
对象: 企业
条件:
  - {条件: 企业.成立日期 + 5个工作日 不晚于 评定日, 说明: 开业满5个工作日}
金额: 1万元
"""
Committed = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def committed(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> Committed:
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def shop(settings: Any, tmp_path: Path, committed: Committed) -> Record:
    """A shop that opened on a Monday, and a rule that waits five working days."""
    settings.HOME = tmp_path / "home"
    settings.SNAPSHOTS = settings.HOME / "snapshots"
    settings.HOME.mkdir()
    files = {**samples.files(), "supports/开业满五日.yaml": SUPPORT}
    with committed():
        policies.seed(samples.root(tmp_path / "root", files), at=NOW, by=NOBODY)
        calendar.take_over(by=people.operator().actor, at=NOW)
    return firm(1, 成立日期=days(FOUNDED))


def works(day: date, committed: Committed, *, name: str = "测试调休") -> None:
    with committed():
        calendar.set_day(day, name != "", name, by=people.operator().actor, at=NOW)


def matched(**more: Any) -> Run:
    return runs.execute(lambda tell: snapshot.write(tell=tell), on=ON, at=LATER, **more)


def everywhere(shop: Record) -> dict[str, str]:
    """What is said of the shop by the run, its own page, the API and the calculator."""
    run = matched()
    stored = queries.visible(run).get(record=shop, support__key=KEY).answer
    group = next(
        g.code
        for g in shown(dossier_of(shop, on=ON)).groups
        for one in g.supports
        if one.key == KEY
    )
    asked = {"facts": {"企业": {"注册地": "高平市", "成立日期": "2026-11-16"}}, "on": "2026-11-22"}
    told = Client().post("/api/v1/evaluate", asked, content_type="application/json").json()
    api = next(one["answer"] for one in told["supports"] if one["support"] == KEY)
    talk = calculator.Interview(
        rules.library(), ON, "企业",
        (calculator.Told("企业", 1, "注册地", "140581"), calculator.Told("企业", 1, "成立日期", days(FOUNDED))),
    )  # fmt: skip
    found = next(one for one in talk.dossier.assessments if one.support.key == KEY)
    return {"run": stored, "page": group, "api": api, "calculator": found.answer.chinese}


NO = {"run": "near", "page": "near", "api": "不享", "calculator": "不享"}
"""Time alone is in the way: one step."""
YES = {"run": "yes", "page": "yes", "api": "应享", "calculator": "应享"}


def test_a_day_that_the_operator_sets_counts_everywhere(shop: Record, committed: Committed) -> None:
    assert everywhere(shop) == NO
    works(SATURDAY, committed)
    assert everywhere(shop) == YES
    works(SATURDAY, committed, name="")
    assert everywhere(shop) == NO


def test_a_change_that_is_taken_back_does_not_count(shop: Record) -> None:
    before = workdays.digest(rules.library().vocabulary.calendar)
    calendar.set_day(SATURDAY, True, "测试调休", by=people.operator().actor, at=NOW)
    # Never committed: the test's transaction is open.
    assert workdays.digest(rules.library().vocabulary.calendar) == before
    assert workdays.digest(calendar.current()) != before


def test_a_run_names_its_working_days_and_is_had_again_by_them(
    shop: Record, committed: Committed
) -> None:
    first = matched()
    works(SATURDAY, committed)
    second = matched()
    assert second.calendar == workdays.digest(calendar.current()) != first.calendar
    assert AuditEntry.objects.filter(act="matching.run").latest("pk").detail["calendar"] == (
        second.calendar
    )
    again = matched(library=rules.as_released().with_calendar(calendar.frozen(first.calendar)))
    assert again.calendar == first.calendar
    answers = [one.answer for one in queries.visible(again).filter(support__key=KEY)]
    assert (again.changes, answers) == ({"added": 1, "gone": 1}, ["near"])
    edited = AuditEntry.objects.filter(act="calendar.set_day").latest("pk")
    assert edited.detail["digest"] == second.calendar
    assert CalendarState.objects.filter(pk__in=[first.calendar, second.calendar]).count() == 2


# With transactions of its own: what a run saw is judged by transactions.
@pytest.mark.django_db(transaction=True)
def test_other_working_days_ask_for_a_run_over_all(shop: Record, committed: Committed) -> None:
    made = matched()
    jobs.changes(LATER)
    assert not Job.objects.exists()
    works(SATURDAY, committed)
    firm(2, at=LATER)
    assert refreshing.refresh(at=LATER) == 0
    jobs.changes(LATER)
    jobs.changes(LATER)
    assert list(Job.objects.values_list("kind", flat=True)) == [jobs.RUN]
    assert Run.objects.get(pk=made.pk).refreshed_at == made.known_at


def test_what_rests_on_a_provisional_year_says_so(shop: Record, committed: Committed) -> None:
    def notes() -> list[str]:
        view = shown(dossier_of(shop, on=ON)).support(KEY)
        assert view is not None
        return [line.note for line in view.item.lines]

    assert notes() == ["", ""]
    with committed():
        calendar.set_year(
            CalendarYear.objects.get(pk=2026), YearState.PROVISIONAL, "",
            by=people.operator().actor, at=NOW,
        )  # fmt: skip
    assert notes() == ["", "2026年放假安排尚未公布，工作日按暂定计算"]


def test_a_machine_that_starts_lays_out_the_working_days(
    shop: Record, committed: Committed, settings: Any, tmp_path: Path
) -> None:
    works(SATURDAY, committed)
    wanted = workdays.digest(calendar.current())
    settings.HOME = tmp_path / "other"
    settings.HOME.mkdir()
    assert workdays.digest(rules.library().vocabulary.calendar) != wanted
    with committed():
        policies.install(at=LATER)
    assert workdays.digest(rules.library().vocabulary.calendar) == wanted
