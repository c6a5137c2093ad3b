"""Single sign-on against a provider that runs: the right way, every wrong one, linking, unlinking."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axes.utils import reset
from django.test import Client
from django.utils import timezone

from huiqi.portal.base import accounts, identities, oidc, secondfactor
from huiqi.portal.base.access import SESSION_KEY
from huiqi.portal.base.models import AuditEntry, Identity, Login, Membership, User
from huiqi.portal.base.refusal import Refused
from huiqi.portal.environment import SignOn
from tests.portal import people
from tests.portal.people import NOW, PASSWORD, Person
from tests.portal.provider import CLIENT, SECRET, Provider

pytestmark = pytest.mark.django_db
SITE = "https://huiqi.test"
BACK = f"{SITE}/login/sso/return/"
SUBJECT = "zhang-3"


@pytest.fixture
def provider(provider_process: Provider, settings: Any) -> Iterator[Provider]:
    provider_process.plan()
    oidc.forget()
    reset()
    settings.SITE_URL = SITE
    settings.SIGN_ON = SignOn(provider_process.issuer, CLIENT, SECRET, name="示例统一身份认证")
    yield provider_process
    oidc.forget()


def linked(provider: Provider, subject: str = SUBJECT) -> Person:
    person = people.officer()
    identities.link(person.user, provider.issuer, subject, by=person.actor, at=NOW)
    return person


def way_out(client: Client, path: str = "/login/sso/") -> str:
    answer = client.get(path)
    assert answer.status_code == 302
    return str(answer["Location"])


def way_back(provider: Provider, client: Client, path: str = "/login/sso/") -> str:
    """From the site to the provider; the path with which it sends the person back."""
    returned = urlsplit(provider.visit(way_out(client, path)))
    assert f"{returned.scheme}://{returned.netloc}{returned.path}" == BACK
    return f"{returned.path}?{returned.query}"


def sign_on(provider: Provider, client: Client, path: str = "/login/sso/") -> Any:
    return client.get(way_back(provider, client, path))


def is_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def last_refusal() -> dict[str, Any]:
    return dict(AuditEntry.objects.filter(act="login.refused").latest("number").detail)


# ---------------------------------------------------------------- the right way


def test_a_linked_identity_signs_on_and_changes_no_right(provider: Provider) -> None:
    person, client = linked(provider), Client()
    before = list(Membership.objects.values())
    page = client.get("/login/?next=/account/tokens/")
    assert "用示例统一身份认证登录" in page.content.decode()
    assert 'href="/login/sso/?next=%2Faccount%2Ftokens%2F"' in page.content.decode()
    back = way_back(provider, client, "/login/sso/?next=/account/tokens/")
    key = client.cookies["sessionid"].value
    answer = client.get(back)
    assert (answer.status_code, answer["Location"]) == (302, "/account/tokens/")
    assert client.cookies["sessionid"].value != key
    assert client.get("/account/").context["actor"].role == person.actor.role
    login = Login.objects.get()
    assert (login.user, login.session_key) == (person.user, client.cookies["sessionid"].value)
    entry = AuditEntry.objects.latest("number")
    assert (entry.act, entry.actor, entry.subject, entry.detail, entry.address) == (
        "login", person.user, person.user.username, {"way": "sso"}, "127.0.0.1",
    )  # fmt: skip
    assert list(Membership.objects.values()) == before
    asked, exchanged = provider.seen()
    assert exchanged == {"token": "basic"}
    assert asked["authorize"].keys() == {
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce",
        "code_challenge", "code_challenge_method",
    }  # fmt: skip
    assert client.get("/login/sso/")["Location"] == "/"  # is in already


@pytest.mark.parametrize(
    "wanted", ["https://evil.test/", "//evil.test/", "javascript:alert(1)", "/\\evil.test", ""]
)
def test_after_signing_on_one_stays_on_this_site(provider: Provider, wanted: str) -> None:
    linked(provider)
    assert sign_on(provider, Client(), f"/login/sso/?next={wanted}")["Location"] == "/"


def test_a_client_that_posts_its_secret(provider: Provider) -> None:
    linked(provider)
    ways = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider.plan(metadata=ways)
    assert sign_on(provider, Client()).status_code == 302
    assert provider.seen()[1] == {"token": "post"}


def test_a_new_key_of_the_provider_is_asked_for(provider: Provider, monkeypatch: Any) -> None:
    linked(provider)
    assert sign_on(provider, Client()).status_code == 302
    provider.plan(new_key=True)
    assert sign_on(provider, Client()).status_code == 403  # asked a moment ago
    monkeypatch.setattr(oidc, "RESTED", 0)
    assert sign_on(provider, Client()).status_code == 302


@pytest.mark.parametrize("iss", ["right", "wrong", "missing"])
def test_the_answer_names_its_issuer(provider: Provider, iss: str) -> None:
    linked(provider)
    said = {"authorization_response_iss_parameter_supported": True}
    named = {"right": {"iss": provider.issuer}, "wrong": {"iss": "https://evil.test"}}
    provider.plan(metadata=said, **named.get(iss, {}))
    assert sign_on(provider, Client()).status_code == (302 if iss == "right" else 403)
    assert len(provider.seen()) == (2 if iss == "right" else 1)  # no code was given away


def test_a_password_that_was_to_be_changed_does_not_stop_who_signs_on(provider: Provider) -> None:
    person, client = linked(provider), Client()
    accounts.reset_password(person.user, by=people.operator().actor, at=NOW)
    assert sign_on(provider, client)["Location"] == "/"
    assert is_in(client)


# ---------------------------------------------------------------- wrong ways


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nonce": ({"claims": {"nonce": "another"}}, "令牌不是为这次登录签发的"),
    "no nonce": ({"claims": {"nonce": None}}, "MissingRequiredClaimError"),
    "audience": ({"claims": {"aud": "another"}}, "InvalidAudienceError"),
    "no audience": ({"claims": {"aud": None}}, "MissingRequiredClaimError"),
    "another's too": ({"claims": {"aud": [CLIENT, "another"]}}, "令牌是签发给另一个系统的"),
    "party": ({"claims": {"azp": "another"}}, "令牌是签发给另一个系统的"),
    "issuer": ({"claims": {"iss": "https://evil.test"}}, "InvalidIssuerError"),
    "expired": ({"claims": {"exp": 1_700_000_000}}, "ExpiredSignatureError"),
    "no end": ({"claims": {"exp": None}}, "MissingRequiredClaimError"),
    "not yet": ({"claims": {"iat": 4_000_000_000}}, "ImmatureSignatureError"),
    "no subject": ({"claims": {"sub": ""}}, "令牌没有可用的标识"),
    "other key": ({"sign": "other"}, "InvalidSignatureError"),
    "unknown key": ({"header": {"kid": "key-9"}}, "令牌不是用身份提供方公布的密钥签的"),
    "not signed": ({"sign": "none"}, "令牌的签名方式不被接受"),
    "by the secret": ({"sign": "secret"}, "令牌的签名方式不被接受"),
    "by the public key": ({"sign": "public"}, "令牌的签名方式不被接受"),
    "another way": ({"header": {"alg": "RS512"}}, "InvalidSignatureError"),
    "of a kind": ({"header": {"alg": "ES256"}}, "InvalidKeyError"),
    "must know": ({"header": {"crit": ["x"], "x": 1}}, "InvalidTokenError"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_that_is_not_proved_opens_nothing(provider: Provider, wrong: str) -> None:
    linked(provider)
    plan, reason = WRONG[wrong]
    provider.plan(**plan)
    client = Client()
    answer = sign_on(provider, client)
    assert answer.status_code == 403
    assert "没有通过核对" in answer.content.decode()
    assert reason in last_refusal()["reason"]
    assert Login.objects.count() == 0
    assert not is_in(client)


@pytest.mark.parametrize("wrong", ["state", "no state", "late", "early", "other browser", "code"])
def test_an_answer_that_was_not_asked_for_opens_nothing(provider: Provider, wrong: str) -> None:
    linked(provider)
    client = Client()
    back = way_back(provider, client)
    if wrong == "state":
        back = re.sub("state=[^&]+", "state=another", back)
    elif wrong == "no state":
        back = re.sub("state=[^&]+&?", "", back)
    elif wrong == "code":
        back = re.sub("code=[^&]+", "code=another", back)
    elif wrong in ("late", "early"):
        session = client.session
        session["sign_on"] = session["sign_on"] | {
            "at": session["sign_on"]["at"] + (-601 if wrong == "late" else 601)
        }
        session.save()
    else:
        client = Client()
        way_out(client)
    answer = client.get(back)
    assert answer.status_code == (403 if wrong == "code" else 400)
    assert not is_in(client)
    assert Login.objects.count() == 0
    expected = (
        "身份提供方没有兑换授权码（invalid_grant）" if wrong == "code" else "不是本次登录的回应"
    )
    assert last_refusal() == {"reason": expected}


def test_an_answer_counts_once(provider: Provider) -> None:
    linked(provider)
    client = Client()
    back = way_back(provider, client)
    assert client.get(back).status_code == 302
    client.post("/logout/")
    assert client.get(back).status_code == 400
    assert not is_in(client)


def test_an_answer_that_opened_nothing_is_over_too(provider: Provider) -> None:
    client = Client()
    back = way_back(provider, client)
    assert [client.get(back).status_code for _ in range(2)] == [403, 400]
    assert [one for one in provider.seen() if "token" in one] == [{"token": "basic"}]


def test_refusals_without_an_identity_are_kept_once_a_while(provider: Provider) -> None:
    for _ in range(5):
        assert Client().get("/login/sso/return/?code=a&state=b").status_code == 400
    assert AuditEntry.objects.count() == 1
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    assert elsewhere.get("/login/sso/return/").status_code == 400
    assert AuditEntry.objects.count() == 2


def test_who_turns_back_at_the_provider_is_told_so(provider: Provider) -> None:
    provider.plan(error="access_denied")
    answer = sign_on(provider, Client())
    assert answer.status_code == 403
    assert "您没有在示例统一身份认证完成登录" in answer.content.decode()
    assert last_refusal() == {"reason": "身份提供方的回答：access_denied"}
    provider.plan(error="<b>无效")
    assert "<b>" not in sign_on(provider, Client(REMOTE_ADDR="192.0.2.9")).content.decode()
    assert last_refusal() == {"reason": "身份提供方的回答：error"}


# ---------------------------------------------------------------- the provider fails


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.test"},
        {"authorization_endpoint": "http://example.test/authorize"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_contradicts_itself_is_not_used(
    provider: Provider, metadata: dict[str, Any]
) -> None:
    provider.plan(metadata=metadata)
    answer = Client().get("/login/sso/?next=/account/")
    assert answer.status_code == 503
    assert "暂时连不上示例统一身份认证" in answer.content.decode()


def test_a_provider_that_leads_elsewhere_is_not_followed(provider: Provider) -> None:
    linked(provider)
    provider.plan(moved=True)
    assert sign_on(provider, Client()).status_code == 503
    assert Login.objects.count() == 0


def test_a_provider_that_is_down_says_so_and_is_left_alone(
    provider: Provider, settings: Any
) -> None:
    settings.SIGN_ON = SignOn("http://127.0.0.1:9", CLIENT, SECRET)
    assert Client().get("/login/sso/").status_code == 503
    with pytest.raises(oidc.Unreachable, match="failed 0 s ago"):
        oidc.address(settings.SIGN_ON, oidc.ask(at=NOW), back=BACK)
    assert Client().get("/login/").status_code == 200


def test_without_the_setting_there_is_no_button_and_no_page(settings: Any) -> None:
    settings.SIGN_ON = None
    person = people.officer()
    assert "/login/sso/" not in Client().get("/login/").content.decode()
    assert "单点登录" not in person.client.get("/account/").content.decode()
    for path in ("/login/sso/", "/login/sso/return/", "/account/sso/"):
        assert person.client.get(path).status_code == 404
    operator = people.operator()
    link = f"/admin/accounts/{person.user.pk}/identity/"
    assert operator.client.post(link, {"subject": "a"}).status_code == 404


# ---------------------------------------------------------------- nobody, closed, locked


def test_an_identity_nobody_linked_opens_nothing_and_says_what_to_do(provider: Provider) -> None:
    users = User.objects.count()
    client = Client()
    answer = sign_on(provider, client)
    said = answer.content.decode()
    assert answer.status_code == 403
    assert "还没有绑定账户" in said
    assert f'<code class="secret">{SUBJECT}</code>' in said
    assert not is_in(client)
    assert (User.objects.count(), Login.objects.count()) == (users, 0)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.actor, entry.detail) == (
        "login.refused",
        None,
        {"reason": "身份没有绑定账户", "issuer": provider.issuer, "identity": SUBJECT},
    )


def test_the_same_subject_of_another_provider_is_somebody_else(provider: Provider) -> None:
    person = people.officer()
    identities.link(person.user, "https://other.test", SUBJECT, by=person.actor, at=NOW)
    assert sign_on(provider, Client()).status_code == 403


def test_a_closed_account_stays_closed(provider: Provider) -> None:
    person, client = linked(provider), Client()
    accounts.set_active(person.user, False, by=people.operator().actor, at=NOW)
    answer = sign_on(provider, client)
    assert (answer.status_code, Login.objects.count()) == (403, 0)
    assert "账户已停用" in answer.content.decode()
    assert not is_in(client)
    entry = AuditEntry.objects.latest("number")
    assert (entry.act, entry.actor, entry.subject) == (
        "login.refused", person.user, person.user.username,
    )  # fmt: skip


def test_wrong_passwords_of_somebody_do_not_keep_the_person_out(provider: Provider) -> None:
    person = linked(provider)
    form = {"username": person.user.username, "password": "not-it"}
    assert [Client().post("/login/", form).status_code for _ in range(5)][-1] == 429
    client = Client()
    assert sign_on(provider, client).status_code == 302
    assert is_in(client)


# ---------------------------------------------------------------- the second step


def with_code(person: Person) -> str:
    """Turns the second step on; a code for the next moment."""
    at, secret = timezone.now(), secondfactor.new_secret()
    step = int(at.timestamp()) // secondfactor.STEP
    secondfactor.turn_on(secret, secondfactor.code(secret, step - 1), by=person.actor, at=at)
    return secondfactor.code(secret, step)


def test_our_second_step_is_asked_for(provider: Provider) -> None:
    person, client = linked(provider), Client()
    code = with_code(person)
    provider.plan(claims={"amr": ["pwd", "mfa"], "acr": "high"})  # no setting trusts them
    answer = sign_on(provider, client, "/login/sso/?next=/account/tokens/")
    assert answer["Location"] == "/login/code/"
    assert not is_in(client)
    assert "身份已核对" in client.get("/login/code/").content.decode()
    assert client.post("/login/code/", {"code": "000000"}).status_code == 200
    assert not is_in(client)
    assert client.post("/login/code/", {"code": code})["Location"] == "/account/tokens/"
    assert is_in(client)
    assert AuditEntry.objects.latest("number").detail == {"way": "sso"}
    assert "退出示例统一身份认证" in client.post("/logout/").content.decode()


def test_five_wrong_codes_close_this_way_too(provider: Provider) -> None:
    person, client = linked(provider), Client()
    code = with_code(person)
    sign_on(provider, client)
    for _ in range(secondfactor.FAILURES):
        client.post("/login/code/", {"code": "000000"})
    assert "暂停验证15分钟" in client.post("/login/code/", {"code": code}).content.decode()
    assert not is_in(client)


@pytest.mark.parametrize(
    ("claims", "is_trusted"),
    [
        ({"amr": ["pwd", "otp"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": "otp"}, False),
        ({"acr": "level-2"}, True),
        ({"acr": "level-1"}, False),
        ({"acr": ["level-2"]}, False),
        ({}, False),
    ],
)
def test_the_provider_may_have_done_the_second_step(
    provider: Provider, settings: Any, claims: dict[str, Any], is_trusted: bool
) -> None:
    settings.SIGN_ON = SignOn(
        provider.issuer,
        CLIENT,
        SECRET,
        second_by_amr=frozenset({"otp", "hwk"}),
        second_by_acr=("level-2", "level-3"),
    )
    person, client = linked(provider), Client()
    with_code(person)
    provider.plan(claims=claims)
    answer = sign_on(provider, client)
    assert answer["Location"] == ("/" if is_trusted else "/login/code/")
    assert is_in(client) is is_trusted
    assert provider.seen()[0]["authorize"]["acr_values"] == "level-2 level-3"


# ---------------------------------------------------------------- linking


def link_way(person: Person, password: str = PASSWORD) -> str:
    """The address that the page for linking shows after the password; empty where it shows none."""
    page = person.client.post("/account/sso/", {"password": password})
    assert page.status_code == 200
    return str(page.context["way"])


def test_a_person_links_and_unlinks_an_identity(provider: Provider) -> None:
    person = people.officer()
    assert "绑定示例统一身份认证" in person.client.get("/account/").content.decode()
    assert person.client.get("/account/sso/").context["way"] == ""
    assert link_way(person, "not-it") == ""
    way = link_way(person)
    sent = parse_qs(urlsplit(way).query)
    assert (sent["prompt"], sent["max_age"]) == (["login"], ["0"])
    back = urlsplit(provider.visit(way))
    answer = person.client.get(f"{back.path}?{back.query}")
    assert answer["Location"] == "/account/"
    found = Identity.objects.get()
    assert (found.user, found.issuer, found.subject, found.linked_by) == (
        person.user, provider.issuer, SUBJECT, person.user,
    )  # fmt: skip
    assert person.client.get("/account/sso/")["Location"] == "/account/"  # one is enough
    page = person.client.get("/account/").content.decode()
    assert SUBJECT in page
    assert "解除绑定" in page
    stranger = people.officer()
    unlink = f"/account/sso/{found.pk}/unlink/"
    assert stranger.client.post(unlink).status_code == 404
    assert person.client.get(unlink).status_code == 405
    assert sign_on(provider, Client()).status_code == 302
    assert person.client.post(unlink)["Location"] == "/account/"
    assert Identity.objects.count() == 0
    assert sign_on(provider, Client()).status_code == 403
    acts = AuditEntry.objects.order_by("number").values_list("act", flat=True)
    assert list(acts) == ["identity.link", "login", "identity.unlink", "login.refused"]
    detail = AuditEntry.objects.get(act="identity.link").detail
    assert detail == {"issuer": provider.issuer, "identity": SUBJECT}


@pytest.mark.parametrize("auth_time", [None, 1_700_000_000, "4000000000", True, 4e9])
def test_who_was_signed_on_there_before_is_not_linked(provider: Provider, auth_time: Any) -> None:
    person = people.officer()
    provider.plan(claims={"auth_time": auth_time})
    back = urlsplit(provider.visit(link_way(person)))
    assert person.client.get(f"{back.path}?{back.query}").status_code == 403
    assert Identity.objects.count() == 0
    assert last_refusal() == {"reason": "身份提供方没有证明刚刚重新登录过"}


def test_the_clock_of_the_provider_may_be_a_little_behind(provider: Provider) -> None:
    person = people.officer()
    way = link_way(person)
    asked = person.client.session["sign_on"]["at"]
    for behind, linked_then in ((61, 0), (60, 1)):
        provider.plan(claims={"auth_time": asked - behind})
        back = urlsplit(provider.visit(way))
        person.client.get(f"{back.path}?{back.query}")
        assert Identity.objects.count() == linked_then
        if not linked_then:
            way = link_way(person)
            asked = person.client.session["sign_on"]["at"]


def test_linking_wants_a_form_of_this_site(provider: Provider) -> None:
    person = people.officer()
    client = Client(enforce_csrf_checks=True)
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/account/sso/", {"password": PASSWORD}).status_code == 403
    # A link to the login leads a person who is in nowhere near the provider.
    assert client.get("/login/sso/")["Location"] == "/"


def test_wrong_passwords_at_linking_count_as_at_the_login(provider: Provider) -> None:
    person = people.officer()
    for _ in range(4):
        assert link_way(person, "not-it") == ""
    locked = person.client.post("/account/sso/", {"password": "not-it"})
    assert locked.status_code == 429
    right = person.client.post("/account/sso/", {"password": PASSWORD})
    assert right.status_code == 429


@pytest.mark.parametrize("who", ["nobody", "another"])
def test_only_who_asked_for_the_link_gets_it(provider: Provider, who: str) -> None:
    person, other = people.officer(), people.officer()
    back = urlsplit(provider.visit(link_way(person)))
    pending = person.client.session["sign_on"]
    client = Client() if who == "nobody" else other.client
    session = client.session
    session["sign_on"] = pending
    session.save()
    if who == "nobody":
        client.cookies["sessionid"] = session.session_key or ""
    assert client.get(f"{back.path}?{back.query}").status_code == 400
    assert (Identity.objects.count(), Login.objects.count()) == (0, 0)
    assert last_refusal() == {"reason": "登录的人已经变了"}


def test_an_identity_belongs_to_one_account(provider: Provider) -> None:
    first, second = linked(provider), people.officer()
    back = urlsplit(provider.visit(link_way(second)))
    answer = second.client.get(f"{back.path}?{back.query}", follow=True)
    assert "这个身份已绑定另一个账户" in answer.content.decode()
    assert Identity.objects.get().user == first.user
    with pytest.raises(Refused, match="这个账户已绑定身份"):
        identities.link(first.user, provider.issuer, "li-4", by=first.actor, at=NOW)
    assert AuditEntry.objects.filter(act="identity.link").count() == 1


def test_an_operator_links_and_unlinks(provider: Provider) -> None:
    operator, person = people.operator(), people.officer()
    path = f"/admin/accounts/{person.user.pk}/"
    assert "绑定示例统一身份认证" in operator.client.get(path).content.decode()
    wrong = operator.client.post(f"{path}identity/", {"subject": ""})
    assert list(wrong.context["identity"].errors) == ["subject"]
    assert person.client.post(f"{path}identity/", {"subject": SUBJECT}).status_code == 403
    operator.client.post(f"{path}identity/", {"subject": f" {SUBJECT} "})
    found = Identity.objects.get()
    assert (found.user, found.subject, found.linked_by) == (person.user, SUBJECT, operator.user)
    client = Client()
    assert sign_on(provider, client).status_code == 302
    assert client.get("/account/").context["actor"].user == person.user
    assert person.client.post(f"/admin/identities/{found.pk}/end/").status_code == 403
    operator.client.post(f"/admin/identities/{found.pk}/end/")
    assert Identity.objects.count() == 0
    assert operator.client.post(f"/admin/identities/{found.pk}/end/").status_code == 404


def test_another_provider_can_be_linked_beside_a_former_one(provider: Provider) -> None:
    person, operator = people.officer(), people.operator()
    pages = (
        (person, "/account/"),
        (operator, f"/admin/accounts/{person.user.pk}/"),
    )
    identities.link(person.user, "https://former.test", "a", by=person.actor, at=NOW)
    for who, path in pages:
        page = who.client.get(path)
        assert "https://former.test" in page.content.decode()
        assert page.context["can_link"] is True
    identities.link(person.user, provider.issuer, "b", by=person.actor, at=NOW)
    assert [who.client.get(path).context["can_link"] for who, path in pages] == [False, False]


def test_a_role_chosen_before_counts_no_more(provider: Provider) -> None:
    person, client = linked(provider), Client()
    session = client.session
    session[SESSION_KEY] = people.leader().membership.pk  # type: ignore[union-attr]
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    sign_on(provider, client)
    assert client.get("/account/").context["actor"].membership == person.membership


# ---------------------------------------------------------------- logging out


def test_logging_out_ends_ours_and_shows_the_way_to_end_theirs(provider: Provider) -> None:
    linked(provider)
    client = Client()
    sign_on(provider, client)
    page = client.post("/logout/")
    assert page.status_code == 200
    way = urlsplit(page.context["way"])
    assert f"{way.scheme}://{way.netloc}{way.path}" == f"{provider.issuer}/end"
    assert parse_qs(way.query) == {
        "client_id": [CLIENT],
        "post_logout_redirect_uri": [f"{SITE}/"],
    }
    assert "还没有任何身份" not in page.content.decode()
    assert not is_in(client)
    assert Login.objects.count() == 0
    assert AuditEntry.objects.latest("number").act == "logout"


def test_logging_out_of_a_provider_without_such_a_page(provider: Provider) -> None:
    person, client = linked(provider), Client()
    provider.plan(metadata={"end_session_endpoint": None})
    sign_on(provider, client)
    assert client.post("/logout/")["Location"] == "/"
    form = {"username": person.user.username, "password": PASSWORD}
    client.post("/login/", form)
    assert client.post("/logout/")["Location"] == "/"


def test_a_password_login_knows_nothing_of_the_provider(provider: Provider) -> None:
    person, client = linked(provider), Client()
    client.post("/login/", {"username": person.user.username, "password": PASSWORD})
    assert client.post("/logout/")["Location"] == "/"
    assert AuditEntry.objects.filter(act="login").latest("number").detail == {}


def test_closing_an_account_ends_logins_by_the_provider(provider: Provider) -> None:
    person, client = linked(provider), Client()
    sign_on(provider, client)
    accounts.set_active(person.user, False, by=people.operator().actor, at=timezone.now())
    assert not is_in(client)
    assert Login.objects.count() == 0
