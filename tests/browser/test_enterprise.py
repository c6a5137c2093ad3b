"""An owner walks from what is owed to why, answers the question that settles most, sees it change."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from huiqi.portal.base.rules import library
from huiqi.portal.matching.models import Notice
from huiqi.portal.registry.models import Record
from tests.browser import rig
from tests.browser.conftest import sign_in
from tests.browser.rig import expect
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.registry.firms import firm, title

POWER = "lvliang-2022-22/小微用电优惠"
SIZES = ["desktop", "phone"]


def small_firm() -> Record:
    """A small private firm of Lüliang with a certificate, of which some lists were not told."""
    record = firm(
        1, 主体类型="企业", 注册地="141102", 行业="39", 从业人员=12, 上年营业收入=500_000_000,
        资产总额=300_000_000,
    )  # fmt: skip
    title(record, 1, 时注册地="141102")
    return record


@pytest.fixture
def owner(live_server: Any) -> people.Person:
    return people.enterprise_user(small_firm().key)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_owed_and_why(
    size: str, owner: people.Person, open_page: Any, request: Any, keep_picture: Any
) -> None:
    page: Page = open_page("/my/", login=owner.user, page=request.getfixturevalue(size))
    expect(page.get_by_role("heading", level=1)).to_have_text("我的政策")
    first = page.locator("#group-yes .support-fold").first
    page.emulate_media(media="print")
    expect(first.get_by_text("依据")).to_be_visible()
    page.emulate_media(media="screen")
    expect(first.get_by_text("依据")).to_be_hidden()
    first.locator("summary").click()
    expect(first.locator(".condition").first).to_be_visible()
    expect(first.get_by_text("依据")).to_be_visible()
    rig.audit_page(page)
    rig.no_overflow(page)
    keep_picture(page, f"my-answers-{size}")
    first.get_by_role("link", name="完整说明").click()
    expect(page.get_by_role("link", name="我的政策").last).to_be_visible()
    expect(page.locator(".support-verdict").first).to_contain_text("应享")
    rig.audit_page(page)
    rig.no_overflow(page)


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_changes_the_page_at_once(
    size: str, owner: people.Person, open_page: Any, request: Any
) -> None:
    page: Page = open_page(
        f"/my/?ask=企业:{owner.unit.credit_code}:处于用电优惠期",
        login=owner.user,
        page=request.getfixturevalue(size),
    )
    name = library().by_key[POWER].name
    page.get_by_role("button", name="是", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(f"新增1项应享：{name}")
    expect(page.locator("#answers-told")).to_be_focused()
    expect(page.locator("#answers-told")).to_be_in_viewport()
    expect(page.locator("#group-yes")).to_contain_text(name)
    expect(page.locator(".said")).to_contain_text("企业自报（待核实）")
    rig.audit_page(page)
    rig.no_overflow(page)
    page.get_by_role("button", name="撤回").click()
    expect(page.locator(".messages")).to_contain_text("已撤回这条填报")
    expect(page.locator("#group-missing")).to_contain_text(name)


def test_a_wrong_answer_is_said_beside_the_field(owner: people.Person, open_page: Any) -> None:
    page: Page = open_page(f"/my/?ask=企业:{owner.unit.credit_code}:上年营业收入", login=owner.user)
    page.get_by_label("上年度营业收入是多少").fill("二十")
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_role("alert")).to_contain_text("请写数字并选单位")
    expect(page.get_by_label("上年度营业收入是多少")).to_have_value("二十")
    expect(page.get_by_label("上年度营业收入是多少")).to_be_focused()
    rig.audit_page(page)


def test_it_works_without_the_script(
    chromium: Browser, owner: people.Person, live_server: Any
) -> None:
    shape = {**rig.PHONE, "java_script_enabled": False}
    with rig.window(chromium, shape) as page:
        sign_in(page, owner.user, live_server.url)
        page.goto(f"{live_server.url}/my/?ask=企业:{owner.unit.credit_code}:处于用电优惠期")
        page.get_by_role("button", name="是", exact=True).click()
        expect(page.locator(".messages")).to_contain_text("新增1项应享")
        fold = page.locator("#group-yes .support-fold").first
        fold.locator("summary").click()
        expect(fold.locator(".condition").first).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_notices_are_read(size: str, owner: people.Person, open_page: Any, request: Any) -> None:
    Notice.objects.create(
        unit=owner.unit, kind="entitled", about="测试", title="测试通知", link="/my/", made_at=NOW
    )
    page: Page = open_page("/my/notices/", login=owner.user, page=request.getfixturevalue(size))
    expect(page.locator(".site-account .count")).to_contain_text("1")
    rig.audit_page(page)
    rig.no_overflow(page)
    page.get_by_role("button", name="查看详情").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("我的政策")
    expect(page.locator(".site-account .count")).to_have_count(0)
