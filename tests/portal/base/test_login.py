"""Log in, log out, sessions, sign-up and headers, through the pages as a browser calls them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from axes.utils import reset
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from huiqi.portal.base.access import SESSION_KEY
from huiqi.portal.base.enums import Role
from huiqi.portal.base.middleware import POLICY
from huiqi.portal.base.models import AuditEntry, Login, Membership, User
from tests.portal import people
from tests.portal.people import PASSWORD

pytestmark = pytest.mark.django_db
GOOD = "yi-ge-hao-mima"


@pytest.fixture(autouse=True)
def nobody_is_locked_out(db: None) -> None:
    reset()


def enter(client: Client, user: User, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"username": user.username, "password": password, **more})


def key(client: Client) -> str:
    return client.cookies["sessionid"].value


def test_logging_in_gives_a_new_session_and_is_noted() -> None:
    user, client = people.user(), Client(headers={"user-agent": "测试浏览器"})
    before = client.session  # a session of somebody who is not logged in
    before["kept"] = 1
    before.save()
    client.cookies["sessionid"] = before.session_key or ""
    response = enter(client, user)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert key(client) != before.session_key
    login = Login.objects.get()
    assert (login.user, login.session_key, login.address) == (user, key(client), "127.0.0.1")
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.actor, entry.address) == ("login", user, "127.0.0.1")
    assert client.get("/account/").status_code == 200
    assert client.get("/login/").status_code == 302
    assert client.cookies["sessionid"]["httponly"] is True
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def test_logging_out_is_a_post_and_ends_the_session() -> None:
    user, client = people.user(), Client()
    enter(client, user)
    session = key(client)
    assert client.get("/logout/").status_code == 405
    assert client.get("/account/").status_code == 200
    assert client.post("/logout/").status_code == 302
    assert client.get("/account/").status_code == 302
    assert not Session.objects.filter(session_key=session).exists()
    assert Login.objects.count() == 0
    assert list(AuditEntry.objects.order_by("number").values_list("act", flat=True)) == [
        "login",
        "logout",
    ]


def test_forms_without_their_token_are_refused() -> None:
    user, client = people.user(), Client(enforce_csrf_checks=True)
    response = enter(client, user)
    assert response.status_code == 403
    assert "安全校验已过期" in response.content.decode()


@pytest.mark.parametrize("wrong", ["unknown", "password", "closed"])
def test_a_failed_login_says_the_same_whatever_was_wrong(wrong: str) -> None:
    user = people.user(is_active=wrong != "closed")
    if wrong == "unknown":
        user.username = "nobody-here"
    response = enter(Client(), user, PASSWORD if wrong != "password" else "not-it")
    assert response.status_code == 200
    errors = response.context["form"].non_field_errors()
    assert errors == ["用户名或密码不对，请检查后重新输入。"]


def test_five_wrong_passwords_lock_this_address_and_nobody_else() -> None:
    user = people.user()
    for _ in range(4):
        assert enter(Client(), user, "not-it").status_code == 200
    locked = enter(Client(), user, "not-it")
    assert locked.status_code == 429
    assert "请15分钟后再试" in locked.content.decode()
    assert enter(Client(), user).status_code == 429
    told = AuditEntry.objects.filter(act="login.locked").values_list("subject", "address", "actor")
    assert list(told) == [(user.username, "127.0.0.1", None)]
    assert enter(Client(REMOTE_ADDR="192.0.2.9"), user).status_code == 302
    assert enter(Client(), people.user()).status_code == 302


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ("/account/tokens/", "/account/tokens/"),
        ("https://evil.test/", "/"),
        ("//evil.test/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.test", "/"),
    ],
)
def test_after_the_login_one_stays_on_this_site(wanted: str, sent: str) -> None:
    assert enter(Client(), people.user(), next=wanted)["Location"] == sent
    joined = Client().post(f"/account/signup/?next={wanted}", signup("joining"))
    assert joined["Location"] == (sent if sent != "/" else "/account/claims/new/")
    switching = people.officer()
    found = switching.client.post(
        "/account/act-as/",
        {"membership": switching.membership.pk, "next": wanted},  # type: ignore[union-attr]
    )
    assert found["Location"] == sent


def signup(name_: str, **changed: str) -> dict[str, str]:
    return {
        "username": name_,
        "name": "测试甲",
        "phone": "0356-0000000",
        "password": GOOD,
        "again": GOOD,
    } | changed


def test_signing_up_logs_in() -> None:
    client = Client()
    response = client.post("/account/signup/", signup("joining"))
    assert (response.status_code, response["Location"]) == (302, "/account/claims/new/")
    assert client.get("/account/").context["actor"].user.username == "joining"
    assert Login.objects.get().user.username == "joining"


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"again": "another-one"}, "again", "两次输入的密码不一样"),
        ({"phone": "abc"}, "phone", "电话号码只用数字，可以有空格和短横线"),
        (
            {"username": "ab"},
            "username",
            "用户名应为4至32位，以字母开头，只用字母、数字和 . _ -。请换一个用户名",
        ),
        (
            {"password": "1", "again": "1"},
            "password",
            "密码至少要10位，这个密码太常见，密码不能全是数字。请换一个密码",
        ),
        ({"email": "x"}, "email", "电子邮箱写得不对，例如 zhangsan@example.cn"),
    ],
)
def test_signing_up_says_what_is_wrong_beside_the_field(
    changed: dict[str, str], field: str, said: str
) -> None:
    response = Client().post("/account/signup/", signup("joining", **changed))
    assert response.context["form"].errors == {field: [said]}
    assert User.objects.count() == 0


def test_a_one_time_password_leads_to_a_new_one_first() -> None:
    operator, user = people.operator(), people.user()
    shown = operator.client.post(f"/admin/accounts/{user.pk}/reset/")
    assert shown.status_code == 200
    assert "no-store" in shown["Cache-Control"]
    password = re.findall(r'<code class="secret">(.*?)</code>', shown.content.decode())[0]
    client = Client()
    enter(client, user, password)
    for path in ("/", "/account/", "/documents/"):
        assert client.get(path)["Location"] == "/account/password/"
    assert client.get("/account/password/").status_code == 200
    new = {"old": password, "password": GOOD, "again": GOOD}
    assert client.post("/account/password/", new)["Location"] == "/account/"
    assert client.get("/account/").status_code == 200


def test_a_new_password_ends_the_other_logins_and_keeps_this_one() -> None:
    user, here, elsewhere = people.user(), Client(), Client()
    enter(here, user)
    enter(elsewhere, user)
    before = key(here)
    here.post("/account/password/", {"old": PASSWORD, "password": GOOD, "again": GOOD})
    assert here.get("/account/").status_code == 200
    assert key(here) != before
    assert elsewhere.get("/account/").status_code == 302
    assert [one.session_key for one in Login.objects.all()] == [key(here)]


def test_one_sees_and_ends_ones_own_logins_only() -> None:
    user, other = people.user(), people.user()
    here, elsewhere, stranger = Client(), Client(), Client()
    enter(here, user)
    enter(elsewhere, user)
    enter(stranger, other)
    assert len(here.get("/account/").context["logins"]) == 2
    theirs = Login.objects.get(user=other)
    assert here.post(f"/account/logins/{theirs.pk}/end/").status_code == 404
    own = Login.objects.get(session_key=key(elsewhere))
    here.post(f"/account/logins/{own.pk}/end/")
    assert elsewhere.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    enter(elsewhere, user)
    here.post("/account/logins/end-others/")
    assert elsewhere.get("/account/").status_code == 302
    assert stranger.get("/account/").status_code == 200


def test_switching_the_role_gives_a_new_session_and_only_own_roles() -> None:
    officer, other = people.officer(), people.leader()
    second = Membership.objects.create(
        user=officer.user, unit=officer.unit, role=Role.REGISTRAR, since=people.SINCE
    )
    client = Client()
    enter(client, officer.user)
    before = key(client)
    assert client.get("/account/").context["actor"].role == Role.OFFICER
    assert client.get("/account/act-as/").status_code == 405
    client.post("/account/act-as/", {"membership": second.pk})
    assert key(client) != before
    assert not Session.objects.filter(session_key=before).exists()
    assert client.get("/account/").context["actor"].role == Role.REGISTRAR
    assert Login.objects.get().session_key == key(client)
    foreign = client.post("/account/act-as/", {"membership": other.membership.pk})  # type: ignore[union-attr]
    assert foreign.status_code == 404
    assert client.session[SESSION_KEY] == second.pk


def test_the_last_use_of_a_login_is_noted_now_and_then() -> None:
    user, client = people.user(), Client()
    enter(client, user)
    long_ago = timezone.now() - timedelta(hours=1)
    Login.objects.update(seen_at=long_ago)
    client.get("/account/")
    assert Login.objects.get().seen_at == long_ago  # fresh by the session's own note
    session = client.session
    session["seen"] -= 3600
    session.save()
    client.get("/account/")
    assert Login.objects.get().seen_at > long_ago


@pytest.mark.parametrize(
    "path", ["/", "/login/", "/nothing-here/", "/account/", "/api/v1/vocabulary"]
)
def test_every_answer_carries_the_headers(path: str) -> None:
    response = people.officer().client.get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY


def test_a_wrong_host_is_refused() -> None:
    response = Client(headers={"host": "evil.test"}).get("/login/")
    assert response.status_code == 400


def test_nobody_who_was_closed_goes_on() -> None:
    user, client = people.user(), Client()
    enter(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "10.9.9.9, 198.51.100.1", "198.51.100.1"),
        (2, "10.9.9.9, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (1, "", None),
        (1, "nonsense", None),
    ],
)
def test_the_address_is_what_the_last_trusted_proxy_saw(
    proxies: int, told: str, address: str | None, settings: Any
) -> None:
    settings.PROXIES = proxies
    enter(Client(headers={"x-forwarded-for": told}), people.user())
    assert Login.objects.get().address == address


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page() -> None:
    client, form = Client(), "http://testserver/account/claims/new/?a=1"
    sent = client.post("/account/claims/new/", {"post": "x"}, headers={"referer": form})
    assert sent["Location"] == "/login/?next=/account/claims/new/%3Fa%3D1"
    page = client.get(sent["Location"]).content.decode()
    assert "登录已过期，刚才填写的内容没有提交" in page
    for told in ("", "https://evil.test/a/"):
        sent = Client().post("/my/notices/read/", headers={"referer": told})
        assert sent["Location"] == "/login/?next=/"


def test_a_part_of_a_page_is_not_exchanged_for_the_login_page() -> None:
    told = {"hx-request": "true", "hx-current-url": "http://testserver/office/imports/3/"}
    sent = Client().get("/jobs/3/", headers=told)
    assert (sent.status_code, sent.content) == (200, b"")
    assert sent["HX-Redirect"] == "/login/?next=/office/imports/3/"


def test_what_is_not_there_is_said_in_chinese() -> None:
    answer = people.operator().client.get("/admin/accounts/99999/")
    assert answer.status_code == 404
    assert "地址可能写错了，或内容已被移走。" in answer.content.decode()


def test_an_address_that_only_takes_forms_says_so() -> None:
    answer = Client().get("/calculator/begin/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "这个地址只接收页面上的提交" in answer.content.decode()
