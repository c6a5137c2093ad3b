"""Single sign-on in a browser, strict policy and all: from a first try to signing off at the provider."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axes.utils import reset
from playwright.sync_api import Page

from huiqi.portal.base import oidc
from huiqi.portal.base.models import Identity
from huiqi.portal.environment import SignOn
from tests.browser import rig
from tests.browser.rig import expect
from tests.portal import people
from tests.portal.provider import CLIENT, SECRET, Provider, running

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ["desktop", "phone"]
NAME = "示例统一身份认证"
SUBJECT = "0f4c" * 30
"""As long as some providers make them: no page may break by it."""


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with running() as started:
        yield started


@pytest.fixture
def provider(process: Provider, settings: Any, live_server: Any) -> Iterator[Provider]:
    process.plan(asks=True, claims={"sub": SUBJECT})
    oidc.forget()
    reset()
    settings.SITE_URL = live_server.url
    settings.SIGN_ON = SignOn(process.issuer, CLIENT, SECRET, name=NAME)
    yield process
    oidc.forget()


def inspect(page: Page) -> None:
    rig.audit_page(page)
    rig.no_overflow(page)


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def prove(page: Page) -> None:
    """What a person does at the provider."""
    heading(page, NAME)
    page.get_by_role("button", name="登录").click()


def sign_on(page: Page) -> None:
    page.get_by_role("link", name=f"用{NAME}登录").click()
    prove(page)


def log_out(page: Page) -> None:
    page.locator(".site-account summary").click()
    page.get_by_role("button", name="退出登录").click()


@pytest.mark.parametrize("size", SIZES)
def test_from_a_first_try_to_signing_off(
    size: str, provider: Provider, open_page: Any, request: Any, keep_picture: Any, live_server: Any
) -> None:
    officer = people.officer()
    page: Page = open_page("/login/?next=/account/tokens/", page=request.getfixturevalue(size))
    inspect(page)
    keep_picture(page, f"sso-login-{size}")

    sign_on(page)
    heading(page, "还没有绑定账户")
    expect(page.locator("code.secret")).to_have_text(SUBJECT)
    inspect(page)
    keep_picture(page, f"sso-unlinked-{size}")

    page.get_by_role("link", name="用密码登录").click()
    page.get_by_label("用户名").fill(officer.user.username)
    page.get_by_label("密码").fill(people.PASSWORD)
    page.get_by_role("button", name="登录").click()
    heading(page, "账户设置")
    inspect(page)
    page.get_by_role("link", name=f"绑定{NAME}").click()
    inspect(page)
    keep_picture(page, f"sso-password-{size}")
    page.get_by_label("本平台的密码").fill("not-it")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator(".field-error")).to_have_text("密码不对。请重新输入")
    page.get_by_label("本平台的密码").fill(people.PASSWORD)
    page.get_by_role("button", name="下一步").click()
    inspect(page)
    keep_picture(page, f"sso-continue-{size}")
    page.get_by_role("link", name=f"前往{NAME}").click()
    prove(page)
    heading(page, "账户设置")
    expect(page.locator(".messages")).to_contain_text(f"已绑定，下次可以用{NAME}登录")
    inspect(page)
    keep_picture(page, f"sso-account-{size}", whole=True)
    assert Identity.objects.get().user == officer.user

    log_out(page)
    page.goto(f"{live_server.url}/login/?next=/account/tokens/")
    sign_on(page)
    heading(page, "接口密钥")
    log_out(page)
    heading(page, "已退出登录")
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()
    inspect(page)
    keep_picture(page, f"sso-signed-off-{size}")
    page.get_by_role("link", name=f"退出{NAME}").click()
    heading(page, "已退出")
    asked = [one["authorize"].get("prompt") for one in provider.seen() if "authorize" in one]
    assert asked == [None, "login", None]


@pytest.mark.parametrize("size", SIZES)
def test_what_goes_wrong_is_said_calmly(
    size: str, provider: Provider, open_page: Any, request: Any, keep_picture: Any
) -> None:
    provider.plan(asks=True, claims={"nonce": "another"})
    page: Page = open_page("/login/", page=request.getfixturevalue(size))
    sign_on(page)
    heading(page, "登录没有完成")
    inspect(page)
    keep_picture(page, f"sso-refused-{size}")
    page.get_by_role("link", name="重新登录").click()
    provider.plan(asks=True, error="access_denied")
    sign_on(page)
    expect(page.locator("main")).to_contain_text(f"您没有在{NAME}完成登录")


@pytest.mark.parametrize("size", SIZES)
def test_the_operator_links_and_unlinks(
    size: str, provider: Provider, open_page: Any, request: Any, keep_picture: Any
) -> None:
    operator, officer = people.operator(), people.officer()
    page: Page = open_page(
        f"/admin/accounts/{officer.user.pk}/",
        login=operator.user,
        page=request.getfixturevalue(size),
    )
    inspect(page)
    keep_picture(page, f"sso-operator-before-{size}", whole=True)
    page.get_by_label("标识").fill(SUBJECT)
    page.get_by_role("button", name=f"绑定{NAME}").click()
    expect(page.locator(".messages")).to_contain_text("已绑定")
    expect(page.locator("main")).to_contain_text(
        re.compile(f"标识 {SUBJECT}，.*由{operator.user.name}绑定")
    )
    inspect(page)
    keep_picture(page, f"sso-operator-{size}", whole=True)
    page.get_by_role("button", name="解除绑定").click()
    expect(page.locator(".messages")).to_contain_text("已解除绑定")
    assert Identity.objects.count() == 0
