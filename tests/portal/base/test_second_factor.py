"""The second step at the login: codes as every app computes them, each once, few tries."""

import re
from base64 import b32encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axes.utils import reset
from django.test import Client
from django.utils import timezone

from huiqi.portal.base import jobs, secondfactor
from huiqi.portal.base.models import AuditEntry, Login, SecondFactor
from huiqi.portal.base.refusal import Refused
from tests.portal import people
from tests.portal.people import NOW, PASSWORD, Person

SECRET = b32encode(b"12345678901234567890").decode()
STEP = int(NOW.timestamp()) // secondfactor.STEP


def code(offset: int = 0, at: datetime = NOW) -> str:
    return secondfactor.code(SECRET, int(at.timestamp()) // secondfactor.STEP + offset)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, shown: str) -> None:
    """The table of RFC 6238, appendix B, its last six digits."""
    assert secondfactor.code(SECRET, seconds // 30) == shown
    at = datetime.fromtimestamp(seconds, UTC)
    assert secondfactor.step_of(SECRET, f" {shown[:3]} {shown[3:]}", at=at) == seconds // 30


def turned_on() -> tuple[Person, list[str]]:
    person = people.officer()
    return person, secondfactor.turn_on(SECRET, code(-1), by=person.actor, at=NOW)


@pytest.mark.django_db
def test_a_code_counts_once_and_within_a_minute() -> None:
    person, _ = turned_on()
    assert not secondfactor.passes(person.user, code(-1), at=NOW)  # used to turn it on
    assert not secondfactor.passes(person.user, code(2), at=NOW)
    assert secondfactor.passes(person.user, code(1), at=NOW)
    assert not secondfactor.passes(person.user, code(1), at=NOW)
    assert not secondfactor.passes(person.user, code(0), at=NOW)  # an earlier one
    assert secondfactor.passes(people.user(), "anything", at=NOW)  # nothing was turned on


@pytest.mark.django_db
def test_five_wrong_codes_close_the_way_for_a_quarter_of_an_hour() -> None:
    person, _ = turned_on()
    for _ in range(secondfactor.FAILURES):
        assert not secondfactor.passes(person.user, "000000", at=NOW)
    with pytest.raises(Refused, match="暂停验证15分钟"):
        secondfactor.passes(person.user, code(), at=NOW)
    later = NOW + secondfactor.LOCKED
    assert secondfactor.passes(person.user, code(at=later), at=later)


@pytest.mark.django_db
def test_a_recovery_code_counts_once_and_is_told() -> None:
    person, codes = turned_on()
    assert len(set(codes)) == secondfactor.RECOVERY_CODES
    assert codes[0] not in str(SecondFactor.objects.values().get())
    assert secondfactor.passes(person.user, f" {codes[0].upper()} ", at=NOW)
    assert not secondfactor.passes(person.user, codes[0], at=NOW)
    entry = AuditEntry.objects.get(act="factor.recovery")
    assert (entry.actor, entry.detail) == (person.user, {"left": 7})


@pytest.mark.django_db
def test_it_is_turned_on_with_a_code_and_off_with_another() -> None:
    person, other = people.officer(), people.operator()
    with pytest.raises(Refused, match="验证码不对"):
        secondfactor.turn_on(SECRET, "000000", by=person.actor, at=NOW)
    secondfactor.turn_on(SECRET, code(), by=person.actor, at=NOW)
    with pytest.raises(Refused, match="已经开启"):
        secondfactor.turn_on(SECRET, code(1), by=person.actor, at=NOW)
    with pytest.raises(Refused, match="验证码不对"):
        secondfactor.turn_off("000000", by=person.actor, at=NOW)
    assert SecondFactor.objects.get().failures == 1
    secondfactor.turn_off(code(1), by=person.actor, at=NOW)
    with pytest.raises(Refused, match="没有开启"):
        secondfactor.reset(person.user, by=other.actor, at=NOW)
    acts = AuditEntry.objects.order_by("number").values_list("act", flat=True)
    assert list(acts) == ["factor.on", "factor.off"]


def enter(client: Client, person: Person) -> Any:
    reset()
    form = {"username": person.user.username, "password": PASSWORD, "next": "/account/tokens/"}
    return client.post("/login/", form)


@pytest.mark.django_db
def test_the_login_asks_for_the_code_and_lets_nobody_in_before() -> None:
    person = people.officer()
    at = timezone.now()
    secondfactor.turn_on(SECRET, code(-1, at), by=person.actor, at=at)
    client = Client()
    assert enter(client, person)["Location"] == "/login/code/"
    assert client.get("/account/").status_code == 302
    wrong = client.post("/login/code/", {"code": "000000"})
    assert list(wrong.context["form"].errors) == ["code"]
    assert Login.objects.count() == 0
    right = client.post("/login/code/", {"code": code(1, at)})
    assert right["Location"] == "/account/tokens/"
    assert client.get("/account/").status_code == 200
    assert Login.objects.get().user == person.user
    assert client.get("/login/code/")["Location"] == "/login/"


@pytest.mark.django_db
def test_without_the_password_no_code_helps_and_the_password_waits_ten_minutes() -> None:
    person = people.officer()
    at = timezone.now()
    secondfactor.turn_on(SECRET, code(-1, at), by=person.actor, at=at)
    assert Client().post("/login/code/", {"code": code(1, at)})["Location"] == "/login/"
    client = Client()
    enter(client, person)
    session = client.session
    session["second_step"] = session["second_step"] | {"at": int(at.timestamp()) - 601}
    session.save()
    assert client.post("/login/code/", {"code": code(1, at)})["Location"] == "/login/"
    assert client.get("/account/").status_code == 302


@pytest.mark.django_db
def test_the_page_turns_it_on_and_the_operator_takes_it_off() -> None:
    person, operator = people.officer(), people.operator()
    shown = person.client.get("/account/second-factor/")
    secret = shown.context["secret"].replace(" ", "")
    assert f"secret={secret}" in shown.context["address"]
    now = int(timezone.now().timestamp()) // secondfactor.STEP
    done = person.client.post("/account/second-factor/", {"code": secondfactor.code(secret, now)})
    assert len(re.findall(r'<code class="secret">', done.content.decode())) == 8
    assert SecondFactor.objects.get().user == person.user
    path = f"/admin/accounts/{person.user.pk}/"
    assert "取消第二道验证" in operator.client.get(path).content.decode()
    operator.client.post(f"{path}factor/")
    assert SecondFactor.objects.count() == 0
    assert "取消第二道验证" not in operator.client.get(path).content.decode()


@pytest.mark.django_db
def test_what_is_over_is_tidied_away() -> None:
    kept, over = people.officer(), people.officer()
    reset()
    clients = [Client(), Client()]
    for client, person in zip(clients, (kept, over), strict=True):
        client.post("/login/", {"username": person.user.username, "password": PASSWORD})
    session = clients[1].session
    session.set_expiry(-1)
    session.save()
    jobs.tidy(timezone.now() + timedelta(seconds=5))
    assert [one.user for one in Login.objects.all()] == [kept.user]
