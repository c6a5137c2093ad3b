"""The first page, the frame around every page, and the pages for what went wrong."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huiqi.portal.base import claims
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import Job, Membership
from huiqi.portal.matching.models import Notice
from huiqi.portal.policies.enums import DocumentState
from huiqi.portal.policies.models import Document
from huiqi.portal.registry import actions
from huiqi.portal.web.menu import menu_for
from huiqi.portal.web.waiting import waiting
from tests.portal import people
from tests.portal.registry.firms import firm

pytestmark = pytest.mark.django_db


def document(number: int, **extra: Any) -> Document:
    told = {
        "state": DocumentState.CONFIRMED,
        "confirmed_at": people.NOW,
        "confirmed_by": people.user(),
        **extra,
    }
    return Document.objects.create(
        slug=f"ceshi-{number}",
        title=f"测试文件{number}（虚构）",
        number=f"测发〔2026〕{number}号",
        issued_on=date(2026, 1, number),
        imported_at=people.NOW,
        **told,
    )


def text(client: Client, url: str = "/", status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def test_a_visitor_finds_three_ways_in_and_the_latest_documents() -> None:
    for number in range(1, 8):
        document(number)
    shown = text(people.visitor())
    assert [words in shown for words in ("算一算", "查政策", "登录")] == [True, True, True]
    assert [f"测试文件{number}（虚构）" in shown for number in range(1, 8)] == [
        False, False, True, True, True, True, True,
    ]  # fmt: skip
    assert "2026年1月7日" in shown


def test_an_unconfirmed_document_is_not_shown() -> None:
    document(1, state=DocumentState.READ, confirmed_at=None, confirmed_by=None)
    assert "还没有发布政策" in text(people.visitor())


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_a_visitor_costs_one_query(count: int, django_assert_num_queries: Any) -> None:
    for number in range(1, count + 1):
        document(number)
    client = people.visitor()
    with django_assert_num_queries(1):
        text(client)


@pytest.mark.parametrize("role", [None, *Role])
def test_every_role_has_a_first_page_with_its_menu(role: Role | None) -> None:
    someone = people.of_role(role)
    shown = text(someone.client)
    assert f"{someone.user.name}，您好" in shown
    for entry in menu_for(someone.actor, "/"):
        assert f'href="{entry.url}"' in shown


def test_the_menu_marks_where_one_is() -> None:
    actor = people.officer().actor
    here = [entry.title for entry in menu_for(actor, "/office/enterprises/x/") if entry.is_here]
    assert here == ["登记库"]
    assert [entry.title for entry in menu_for(actor, "/") if entry.is_here] == ["首页"]


def test_somebody_without_a_role_is_led_to_the_claim() -> None:
    person = people.newcomer()
    assert 'href="/account/claims/new/"' in text(person.client)
    assert 'href="/account/claims/new/"' in text(person.client, "/my/", 403)
    claims.make(
        people.credit_code(), "示例科技有限公司（虚构）", "140581", "财务负责人", "", by=person.actor, at=people.NOW
    )  # fmt: skip
    shown = text(person.client)
    assert "认领正在等待确认" in shown
    assert "示例科技有限公司（虚构）" in shown


def test_what_waits_for_an_officer_is_counted() -> None:
    unit = people.department("测试统计局", sources=["统计部门"])
    officer = people.officer(unit=unit)
    record = firm(1, 从业人员=3)
    owner = people.enterprise_user(record.key)
    actions.ask_correction(
        record, "从业人员", proposed=35, reason="漏写一位", by=owner.actor, at=people.NOW
    )
    assert {line.title: line.count for line in waiting(officer.actor)}["更正申请"] == 1
    assert {line.title: line.count for line in waiting(owner.actor)}["更正申请"] == 1
    other = people.officer(unit=people.department("测试税务局", sources=["税务部门"]))
    assert {line.title: line.count for line in waiting(other.actor)}["更正申请"] == 0


def test_unread_notices_are_counted_up_to_99() -> None:
    someone = people.officer()
    Notice.objects.bulk_create(
        Notice(
            user=someone.user,
            kind="policy",
            about=f"测试{number}",
            title="测试",
            made_at=people.NOW,
        )
        for number in range(3)
    )
    assert '<span class="visually-hidden">未读</span>3</span>' in text(someone.client)
    Notice.objects.bulk_create(
        Notice(
            user=someone.user, kind="policy", about=f"再{number}", title="测试", made_at=people.NOW
        )
        for number in range(100)
    )
    assert '<span class="visually-hidden">未读</span>99+</span>' in text(someone.client)


def test_a_person_with_several_posts_can_change_between_them() -> None:
    someone = people.officer()
    other = people.department("测试另一部门")
    Membership.objects.create(user=someone.user, unit=other, role=Role.LEADER, since=people.SINCE)
    shown = text(someone.client)
    assert "切换身份" in shown
    assert "领导 · 测试另一部门" in shown
    assert "切换身份" not in text(people.officer().client)


def test_what_is_not_there_says_so_in_the_frame_of_the_site() -> None:
    shown = text(people.visitor(), "/nothing-here/", 404)
    assert "没有这一页" in shown
    assert 'id="main"' in shown


def test_a_page_of_another_role_is_refused_with_a_way_out() -> None:
    assert "没有权限" in text(people.enterprise_user().client, reverse("web:enterprises"), 403)


def test_nothing_stands_inline() -> None:
    shown = text(people.visitor())
    assert [mark in shown for mark in ("<style", " style=", "onclick=", "javascript:")] == [
        False, False, False, False,
    ]  # fmt: skip


def test_a_job_is_seen_by_who_asked_and_by_staff_only() -> None:
    owner, stranger = people.enterprise_user(), people.enterprise_user(people.credit_code(2))
    job = Job.objects.create(
        kind="test", title="测试作业", asked_by=owner.user, asked_at=people.NOW, done=3, total=10
    )
    url = reverse("web:job", args=[job.pk])
    assert "3／10（30%）" in text(owner.client, url)
    assert "hx-trigger" in text(people.officer().client, url)
    text(stranger.client, url, 404)


def test_days_of_a_form_are_written_for_the_browsers_calendar() -> None:
    shown = text(people.registrar().client, reverse("web:imports"))
    assert f'value="{timezone.localdate().isoformat()}"' in shown
