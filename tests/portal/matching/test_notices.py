"""Enterprises with an account are told what they are certainly owed, and never twice."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from huiqi.portal.base import accounts, rules
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import Membership, User
from huiqi.portal.matching import notices, outbox, queries
from huiqi.portal.matching.models import (
    Entitlement,
    MatchedSupport,
    Notice,
    Outgoing,
    Run,
    Told,
)
from huiqi.portal.policies import actions as policies
from huiqi.portal.policies.models import Release, Subscription
from huiqi.portal.registry import queries as registry
from huiqi.portal.registry.models import Enterprise
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.reference.dossier import dossier
from tests.portal import people
from tests.portal.matching.conftest import LATER, ON

pytestmark = pytest.mark.django_db


def owed(run: Run) -> Enterprise:
    """An enterprise that is certainly owed money, for itself or its own events."""
    own = [one.key for one in rules.library().ready if one.beneficiary in ((), ("企业",))]
    other = queries.visible(run).filter(answer="yes", record__isnull=False)
    other = other.exclude(support__key__in=own)
    found = queries.visible(run).filter(answer="yes", low__gt=0, support__key__in=own)
    row = found.filter(support__whose="企业").exclude(record__in=other.values("record")).first()
    assert row is not None
    return Enterprise.objects.get(pk=row.record_id)


def with_account(enterprise: Enterprise, email: str = "") -> people.Person:
    person = people.enterprise_user(enterprise.credit_code)
    User.objects.filter(pk=person.user.pk).update(email=email)
    return person


def expected(enterprise: Enterprise) -> dict[str, set[str]]:
    """Support -> items that the reference evaluator finds owed with money."""
    file = registry.facts_file(enterprise.record, on=ON)
    made = dossier(rules.library(), file, ON, paid=registry.paid(enterprise.record))
    out: dict[str, set[str]] = {}
    for item in made.assessments:
        if item.answer is Answer.YES and item.low and item.support.beneficiary in ((), ("企业",)):
            out.setdefault(item.support.key, set()).add(item.row.key)
    return out


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["甲证", "甲证"], "涉及2项认定：甲证；"),
        (["甲证", "乙证", "丙证", "丁证"], "涉及4项认定：甲证、乙证、丙证等；"),
        (["", ""], "涉及2项认定；"),
    ],
)
def test_what_bears_one_name_is_named_once(names: list[str], words: str) -> None:
    support = MatchedSupport(key="gaoping-2022-43/高企首次取得", form="拨付", table="认定")
    items = [notices.Owed(number, name, 100, 100) for number, name in enumerate(names, start=1)]
    assert words in notices._words(rules.library(), support, items)


def test_without_an_account_nobody_is_told(matched: Run) -> None:
    assert notices.tell_entitled(matched, at=LATER) == 0
    assert Notice.objects.count() == 0


def test_one_notice_for_each_support_with_all_its_items(matched: Run) -> None:
    enterprise = owed(matched)
    person = with_account(enterprise)
    wanted = expected(enterprise)
    assert notices.tell_entitled(matched, at=LATER) == len(wanted)
    made = {notice.about.split(":")[1]: notice for notice in Notice.objects.all()}
    assert set(made) == set(wanted)
    assert {notice.unit for notice in made.values()} == {person.unit}
    assert {notice.kind for notice in made.values()} == {"entitled"}
    for key, items in wanted.items():
        assert Told.objects.filter(notice=made[key]).count() == len(items)
        assert made[key].title == f"可享受：{rules.library().by_key[key].name}"
        assert "依据" in made[key].body


def test_nobody_is_told_twice(matched: Run) -> None:
    with_account(owed(matched))
    first = notices.tell_entitled(matched, at=LATER)
    assert first > 0
    assert notices.tell_entitled(matched, at=LATER) == 0
    assert Notice.objects.count() == first


def test_what_goes_and_comes_back_is_not_told_again(matched: Run) -> None:
    enterprise = owed(matched)
    with_account(enterprise)
    first = notices.tell_entitled(matched, at=LATER)
    rows = list(Entitlement.objects.filter(record=enterprise.pk))
    Entitlement.objects.filter(record=enterprise.pk).delete()
    assert notices.tell_entitled(matched, at=LATER) == 0
    Entitlement.objects.bulk_create(rows)
    assert notices.tell_entitled(matched, at=LATER) == 0
    assert Notice.objects.count() == first


def test_a_new_item_is_told_alone(matched: Run) -> None:
    enterprise = owed(matched)
    with_account(enterprise)
    first = notices.tell_entitled(matched, at=LATER)
    told = Told.objects.first()
    assert told is not None
    told.delete()
    Notice.objects.filter(pk=told.notice_id).delete()
    assert notices.tell_entitled(matched, at=LATER) == 1
    assert Notice.objects.count() == first


def test_a_new_release_is_told_anew(matched: Run) -> None:
    with_account(owed(matched))
    first = notices.tell_entitled(matched, at=LATER)
    slugs = {key.split("/")[0] for key in Told.objects.values_list("support__key", flat=True)}
    matched.releases = {slug: {"version": 7, "digest": ""} for slug in slugs}
    assert notices.tell_entitled(matched, at=LATER) == first
    assert notices.tell_entitled(matched, at=LATER) == 0


def test_foreign_units_hear_nothing(matched: Run) -> None:
    enterprise = owed(matched)
    with_account(enterprise)
    other = Enterprise.objects.exclude(pk=enterprise.pk).first()
    assert other is not None
    stranger = with_account(other)
    notices.tell_entitled(matched, at=LATER)
    records = Notice.objects.filter(unit=stranger.unit).values_list("record", flat=True)
    assert set(records) <= {other.pk}


# ---------------------------------------------------------------- questions


def test_one_question_a_week_and_none_twice(matched: Run) -> None:
    rows = queries.visible(matched).filter(answer="missing", support__whose="企业", item=None)
    row = rows.select_related("record").first()
    assert row is not None
    with_account(Enterprise.objects.get(pk=row.record_id))
    assert notices.ask_questions(matched, at=LATER) == 1
    assert notices.ask_questions(matched, at=LATER + timedelta(days=6)) == 0
    later = notices.ask_questions(matched, at=LATER + timedelta(days=8))
    asked = list(Notice.objects.filter(kind="question").values_list("about", flat=True))
    assert len(asked) == 1 + later
    assert len(set(asked)) == len(asked)
    bodies = Notice.objects.filter(kind="question").values_list("body", flat=True)
    assert [
        body for body in bodies if not re.search("可确定[0-9]+项政策(，涉及金额.+)?。$", body)
    ] == []


# ---------------------------------------------------------------- releases


def test_subscribers_are_told_of_a_release_once(db: None) -> None:
    policies.seed(policies_folder(), at=LATER, by=people.operator().actor)
    release = Release.objects.filter(state="in_force", slug="gaoping-2022-43").get()
    before, after = release.released_at - timedelta(days=1), release.released_at + timedelta(days=1)
    wanted = {people.user().pk for _ in range(3)}
    one, two, three = sorted(wanted)
    Subscription.objects.create(user_id=one, slug=release.slug, made_at=before)
    Subscription.objects.create(user_id=two, region=release.region, made_at=before)
    Subscription.objects.create(user_id=three, made_at=before)
    Subscription.objects.create(user=people.user(), slug="lvliang-2022-22", made_at=before)
    Subscription.objects.create(user=people.user(), slug=release.slug, made_at=after)
    notices.tell_releases(at=LATER)
    about = f"policy:{release.slug}:{release.version}"
    assert set(Notice.objects.filter(about=about).values_list("user", flat=True)) == wanted
    count = Notice.objects.count()
    assert notices.tell_releases(at=LATER) == 0
    assert Notice.objects.count() == count


# ---------------------------------------------------------------- the outbox


def a_mail(address: str = "zhang@example.com", person: people.Person | None = None) -> Outgoing:
    person = person or people.enterprise_user()
    notice = Notice.objects.create(
        unit=person.unit, kind="account", about="测试", title="测试通知", body="内容", made_at=LATER
    )
    User.objects.filter(pk=person.user.pk).update(email=address)
    assert outbox.queue([notice], at=LATER) == 1
    return Outgoing.objects.get()


def test_mails_go_to_members_with_an_address(matched: Run) -> None:
    enterprise = owed(matched)
    with_account(enterprise, "li@example.com")
    with_account(enterprise, "")
    made = notices.tell_entitled(matched, at=LATER)
    addresses = list(Outgoing.objects.values_list("address", flat=True))
    assert addresses == ["li@example.com"] * made
    assert outbox.send_mail(LATER) == (made, 0)
    assert {sent.to[0] for sent in mail.outbox} == {"li@example.com"}
    assert {sent.subject for sent in mail.outbox} == set(
        Notice.objects.values_list("title", flat=True)
    )
    assert outbox.send_mail(LATER) == (0, 0)
    assert len(mail.outbox) == made


def after_leaving(person: people.Person, way: str) -> None:
    """A second member of the unit whose role is over in one of the ways there are."""
    colleague = people.member(Role.ENTERPRISE_STAFF, person.unit)
    assert colleague.membership is not None
    if way == "delegation ended":
        giver = people.member(Role.ENTERPRISE_STAFF, person.unit).membership
        assert giver is not None
        Membership.objects.filter(pk=colleague.membership.pk).update(delegated_from=giver)
        Membership.objects.filter(pk=giver.pk).update(ended_at=LATER, ended_by=person.user)
    elif way == "ended":
        accounts.end(colleague.membership, by=person.actor, at=LATER)
    else:
        yesterday = ON - timedelta(days=1)
        Membership.objects.filter(pk=colleague.membership.pk).update(until=yesterday)
    User.objects.filter(pk=colleague.user.pk).update(email="former@example.com")


@pytest.mark.parametrize("way", ["ended", "delegation ended", "expired"])
def test_former_members_get_no_mail(db: None, way: str) -> None:
    person = people.enterprise_user()
    after_leaving(person, way)
    a_mail("zhang@example.com", person)
    assert list(Outgoing.objects.values_list("address", flat=True)) == ["zhang@example.com"]


@pytest.mark.parametrize("way", ["ended", "delegation ended", "expired"])
def test_an_enterprise_without_members_is_not_told(matched: Run, way: str) -> None:
    enterprise = owed(matched)
    person = with_account(enterprise)
    assert notices.accounts(ON) == {enterprise.pk: person.unit.pk}
    after_leaving(person, way)
    Membership.objects.filter(pk=person.membership.pk).update(  # type: ignore[union-attr]
        ended_at=LATER, ended_by=person.user
    )
    assert notices.accounts(ON) == {}
    assert notices.tell_entitled(matched, at=LATER) == 0


def test_the_day_of_the_night_run_is_the_day_here(matched: Run) -> None:
    """At one in the morning it is still yesterday in Greenwich."""
    night = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    today = date(2026, 11, 23)
    enterprise = owed(matched)
    begins, ends = (
        with_account(enterprise, "new@example.com"),
        with_account(enterprise, "old@example.com"),
    )
    Membership.objects.filter(pk=ends.membership.pk).update(until=ON)  # type: ignore[union-attr]
    Membership.objects.filter(pk=begins.membership.pk).update(since=today)  # type: ignore[union-attr]
    made = notices.tell_entitled(matched, at=night)
    assert made > 0
    assert set(Outgoing.objects.values_list("address", flat=True)) == {"new@example.com"}


def body_of(kind: str, link: str) -> str:
    row = a_mail()
    Notice.objects.update(kind=kind, link=link)
    assert outbox.send_mail(row.due_at) == (1, 0)
    return str(mail.outbox[-1].body)


def test_a_mail_says_where_to_read_on(db: None, settings: Any) -> None:
    settings.SITE_URL = "https://huiqi.test"
    assert body_of("account", "/my/supports/a/b/").split("\n\n") == [
        "内容",
        "https://huiqi.test/my/supports/a/b/",
        outbox.FOOT,
    ]


def test_a_mail_about_a_policy_says_where_to_stop_it(db: None, settings: Any) -> None:
    settings.SITE_URL = "https://huiqi.test"
    end = "不想再收到，可在这里退订：https://huiqi.test/account/subscriptions/"
    assert body_of("policy", "/documents/a/").split("\n\n") == [
        "内容",
        "https://huiqi.test/documents/a/",
        outbox.FOOT + end,
    ]


@pytest.mark.parametrize(("site", "link"), [("", "/documents/a/"), ("https://huiqi.test", "")])
def test_a_mail_has_no_half_address(db: None, settings: Any, site: str, link: str) -> None:
    settings.SITE_URL = site
    assert body_of("policy", link) == f"内容\n\n{outbox.FOOT}"


def test_queueing_again_adds_nothing(db: None) -> None:
    row = a_mail()
    outbox.queue([row.notice], at=LATER)
    assert Outgoing.objects.count() == 1


def test_a_mail_that_fails_is_tried_later_and_given_up_in_the_end(
    db: None, settings: object
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]
    a_mail()
    at, waits = LATER, []
    for _ in range(outbox.TRIES):
        assert outbox.send_mail(at) == (0, 1)
        row = Outgoing.objects.get()
        assert row.error.startswith("ConnectionRefusedError")
        assert outbox.send_mail(at) == (0, 0)
        waits.append(row.due_at - at)
        at = row.due_at
    assert waits == [timedelta(minutes=5 * 4**n) for n in range(outbox.TRIES)]
    row = Outgoing.objects.get()
    assert (row.state, row.tries) == ("failed", outbox.TRIES)
    assert outbox.send_mail(at + timedelta(days=30)) == (0, 0)


def test_a_row_is_claimed_once(db: None) -> None:
    row = a_mail()
    same = Outgoing.objects.get()
    assert outbox.claim(row, LATER)
    assert not outbox.claim(same, LATER)
    assert list(outbox.due("email", LATER)) == []
    outbox.sent(row, LATER)
    assert Outgoing.objects.get().state == "sent"


def test_other_channels_read_their_own_rows(db: None) -> None:
    row = a_mail()
    other = Outgoing.objects.create(
        notice=row.notice, channel="sms", address="13800000000", due_at=LATER
    )
    assert list(outbox.due("sms", LATER)) == [other]
    assert outbox.send_mail(LATER) == (1, 0)
    other.refresh_from_db()
    assert other.state == "due"
