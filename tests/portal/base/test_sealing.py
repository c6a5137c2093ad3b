"""Secrets lie sealed in the database, and stay readable while the site's secret is changed."""

from base64 import b32encode
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from huiqi.portal.base import jobs, sealing, secondfactor
from huiqi.portal.base.models import SecondFactor
from huiqi.portal.base.refusal import Refused
from tests.portal import people
from tests.portal.people import NOW, Person

SECRET = b32encode(b"12345678901234567890").decode()
STEP = int(NOW.timestamp()) // secondfactor.STEP
OLD, NEW = "for tests only", "the next one"


def code(offset: int) -> str:
    return secondfactor.code(SECRET, STEP + offset)


def turned_on() -> tuple[Person, list[str]]:
    person = people.officer()
    return person, secondfactor.turn_on(SECRET, code(-1), by=person.actor, at=NOW)


def test_what_is_sealed_is_opened_by_the_secret_only(settings: Any) -> None:
    sealed = sealing.seal("密钥")
    assert "密钥" not in sealed
    assert sealing.seal("密钥") != sealed
    assert sealing.unseal(sealed) == "密钥"
    assert sealing.renewed(sealed) is None
    settings.SECRET_KEY = NEW
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(sealed)
    assert sealing.renewed(sealed) is None
    settings.SECRET_KEY_FALLBACKS = ["a third", OLD]
    assert sealing.unseal(sealed) == "密钥"
    fresh = sealing.renewed(sealed)
    assert fresh is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert sealing.unseal(fresh) == "密钥"


@pytest.mark.parametrize("wrong", ["", "nothing sealed", "gAAAAA", "密"])
def test_what_was_changed_is_not_opened(wrong: str) -> None:
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(wrong)


def test_one_changed_sign_spoils_it() -> None:
    sealed = sealing.seal("密钥")
    place = len(sealed) // 2
    other = "A" if sealed[place] != "A" else "B"
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(sealed[:place] + other + sealed[place + 1 :])


@pytest.mark.django_db
def test_the_database_does_not_hold_the_secret() -> None:
    person, _ = turned_on()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM base_secondfactor")
        row = [str(value) for value in cursor.fetchone()]
    assert [value for value in row if SECRET in value] == []
    assert sealing.unseal(SecondFactor.objects.get().sealed) == SECRET
    assert secondfactor.passes(person.user, code(1), at=NOW)


@pytest.mark.django_db
def test_a_session_does_not_hold_the_secret_that_is_offered() -> None:
    person = people.officer()
    shown = person.client.get("/account/second-factor/").context["secret"].replace(" ", "")
    assert shown not in str(Session.objects.get().get_decoded())
    again = person.client.get("/account/second-factor/").context["secret"].replace(" ", "")
    assert again == shown
    step = int(timezone.now().timestamp()) // secondfactor.STEP
    typed = {"code": secondfactor.code(shown, step)}
    assert "恢复码" in person.client.post("/account/second-factor/", typed).content.decode()
    assert sealing.unseal(SecondFactor.objects.get().sealed) == shown


@pytest.mark.django_db
def test_a_new_secret_of_the_site_keeps_codes_good(settings: Any) -> None:
    person, _ = turned_on()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert secondfactor.passes(person.user, code(0), at=NOW)
    before = SecondFactor.objects.get().sealed
    jobs.tidy(NOW)
    after = SecondFactor.objects.get().sealed
    assert after != before
    jobs.tidy(NOW)
    assert SecondFactor.objects.get().sealed == after
    settings.SECRET_KEY_FALLBACKS = []  # from now on the old one is not needed
    assert secondfactor.passes(person.user, code(1), at=NOW)


@pytest.mark.django_db
def test_a_secret_lost_too_early_leaves_recovery_codes_and_the_operator(settings: Any) -> None:
    person, codes = turned_on()
    settings.SECRET_KEY = NEW
    jobs.tidy(NOW)  # what cannot be read is left as it is
    with pytest.raises(Refused, match="平台换过密钥"):
        secondfactor.passes(person.user, code(1), at=NOW)
    assert SecondFactor.objects.get().failures == 1
    assert secondfactor.passes(person.user, codes[0], at=NOW)
    for _ in range(secondfactor.FAILURES):
        with pytest.raises(Refused, match="平台换过密钥"):
            secondfactor.passes(person.user, "000000", at=NOW)
    with pytest.raises(Refused, match="暂停验证15分钟"):
        secondfactor.passes(person.user, codes[1], at=NOW)
    later = NOW + timedelta(hours=1)
    secondfactor.turn_off(codes[1], by=person.actor, at=later)
    assert SecondFactor.objects.count() == 0


@pytest.mark.django_db
def test_the_login_says_that_the_code_cannot_be_checked(settings: Any) -> None:
    person, _ = turned_on()
    client = Client()
    form = {"username": person.user.username, "password": people.PASSWORD}
    assert client.post("/login/", form)["Location"] == "/login/code/"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert client.get("/login/code/").status_code == 200  # the session goes on
    settings.SECRET_KEY_FALLBACKS = []
    client.cookies.clear()
    client.post("/login/", form)
    shown = client.post("/login/code/", {"code": "000000"}).content.decode()
    assert "请用一个恢复码" in shown
