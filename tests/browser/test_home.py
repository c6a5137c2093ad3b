"""The first page and the frame of the site, in a real browser on a desk and on a phone."""

from typing import Any

import pytest

from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import Membership
from tests.browser.rig import expect
from tests.portal import people

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ("desktop", "phone")


@pytest.fixture(params=SIZES)
def window(request: pytest.FixtureRequest) -> Any:
    """The page on a desk, then on a phone."""
    return request.getfixturevalue(request.param)


def test_a_visitor_sees_the_ways_in(
    window: Any, open_page: Any, audit_page: Any, no_overflow: Any
) -> None:
    page = open_page("/", page=window)
    expect(page.get_by_role("heading", level=1)).to_have_text("能享受哪些政策，一算就清楚")
    for words in ("算一算", "查政策"):
        expect(page.get_by_role("link", name=words)).to_be_visible()
    audit_page(page)
    no_overflow(page)


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_has_a_calm_first_page(
    role: Role | None, phone: Any, open_page: Any, audit_page: Any, no_overflow: Any
) -> None:
    someone = people.of_role(role)
    page = open_page("/", login=someone.user, page=phone)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{someone.user.name}，您好")
    audit_page(page)
    no_overflow(page)


def test_the_keyboard_reaches_the_text_first(desktop: Any, open_page: Any) -> None:
    page = open_page("/", page=desktop)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_the_menu_of_a_phone_opens_and_closes(
    phone: Any, open_page: Any, audit_page: Any, no_overflow: Any
) -> None:
    page = open_page("/", login=people.officer().user, page=phone)
    entry = page.get_by_role("link", name="登记库", exact=True)
    expect(entry).to_be_hidden()
    page.get_by_text("菜单", exact=False).first.click()
    expect(entry).to_be_visible()
    audit_page(page)
    no_overflow(page)
    entry.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登记库")


def test_one_post_is_changed_for_another(desktop: Any, open_page: Any, audit_page: Any) -> None:
    someone = people.officer()
    Membership.objects.create(
        user=someone.user, unit=people.department("测试另一部门"), role=Role.LEADER,
        since=people.SINCE,
    )  # fmt: skip
    page = open_page("/", login=someone.user, page=desktop)
    page.locator(".site-account summary").click()
    audit_page(page)
    page.get_by_role("button", name="领导 · 测试另一部门").click()
    expect(page.locator(".lead-line")).to_have_text("测试另一部门 · 领导")


def test_the_account_menu_closes_with_escape(desktop: Any, open_page: Any) -> None:
    page = open_page("/", login=people.officer().user, page=desktop)
    page.locator(".site-account summary").click()
    leave = page.get_by_role("button", name="退出登录")
    expect(leave).to_be_visible()
    page.keyboard.press("Escape")
    expect(leave).to_be_hidden()


def test_going_back_after_logging_out_shows_nothing(desktop: Any, open_page: Any) -> None:
    page = open_page("/", login=people.officer().user, page=desktop)
    # As the browser brings back a page that it kept: it stays while nobody has logged out.
    back = "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    page.evaluate(back)
    expect(page.locator(".site-account summary")).to_be_visible()
    page.evaluate("window.kept = true")
    page.locator(".site-account summary").click()
    page.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
    page.get_by_role("button", name="退出登录").click()
    with page.expect_navigation():
        page.evaluate(f"setTimeout(() => {back}, 50)")
    assert page.evaluate("window.kept === undefined") is True


def test_what_is_not_there_stays_in_the_frame(
    window: Any, open_page: Any, audit_page: Any, no_overflow: Any
) -> None:
    page = open_page("/nothing-here/", page=window, status=404)
    expect(page.get_by_role("heading", level=1)).to_have_text("没有这一页")
    audit_page(page)
    no_overflow(page)


def test_without_scripts_the_menus_still_open(
    open_page: Any, chromium: Any, live_server: Any
) -> None:
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(live_server.url)
    page.locator(".site-menu-phone summary").click()
    expect(page.locator(".site-menu-phone").get_by_role("link", name="首页")).to_be_visible()
    context.close()
