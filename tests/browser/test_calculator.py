"""A visitor calculates on a phone and a desktop, changes an answer, prints; also without the script."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from huiqi.portal.base.rules import library
from tests.browser import rig
from tests.browser.rig import expect

FIRST_CERTIFICATE = "gaoping-2022-43/高企首次取得"
GIVEN = {
    "贵单位登记注册在哪个县": "140581", "取得的是哪种资质": "高新技术企业", "由哪一级认定": "国家级",
    "发证当天注册在哪个县": "140581", "证书或公告的日期": "2024-03-05", "证书有效期到": "2027-03-05",
    "这次是首次认定": "首次认定",
}  # fmt: skip
HAVE = "有没有以下情况：企业取得的资质"


def walk(page: Page) -> None:
    """Answers to the end: a first certificate in Gaoping; nothing else happened, the rest is not clear."""
    for _ in range(60):
        if page.url.endswith("/result/"):
            return
        words = page.locator(".ask-words").inner_text()
        given = next((value for start, value in GIVEN.items() if words.startswith(start)), None)
        if given is None:
            answer_button(page, words)
        elif page.locator("select#ask-answer").count():
            page.locator("#ask-answer").select_option(given)
            page.get_by_role("button", name="确定").click()
        elif page.locator("#ask-answer").count():
            page.locator("#ask-answer").fill(given)
            page.get_by_role("button", name="确定").click()
        else:
            page.get_by_role("button", name=given, exact=True).click()
        page.wait_for_load_state()
    raise AssertionError("the interview has no end")


def answer_button(page: Page, words: str) -> None:
    if words.startswith(HAVE):
        name = "有"
    elif words.startswith(("有没有以下情况", "还有没有别的")):
        name = "没有"
    else:
        name = "不清楚"
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_visitor_finds_what_a_first_certificate_brings(
    size: str, open_page: Any, request: Any, keep_picture: Any
) -> None:
    page: Page = open_page("/calculator/", page=request.getfixturevalue(size))
    rig.audit_page(page)
    rig.no_overflow(page)
    page.get_by_role("button", name="企业", exact=False).first.click()
    expect(page.locator("#progress-words")).to_contain_text("已答0问，还剩约")
    rig.audit_page(page)
    rig.no_overflow(page)
    keep_picture(page, f"calculator-{size}")
    walk(page)
    name = library().by_key[FIRST_CERTIFICATE].name
    expect(page.locator("#group-yes")).to_contain_text(name)
    expect(page.get_by_role("button", name="打印")).to_be_visible()
    rig.audit_page(page)
    rig.no_overflow(page)
    page.locator("aside summary").click()
    page.locator("aside li", has_text="登记注册在哪个县").get_by_role("link", name="修改").click()
    expect(page.locator("#progress-words")).to_have_text("修改这一问的回答")
    page.locator("#ask-answer").select_option("140525")
    page.get_by_role("button", name="确定").click()
    page.wait_for_load_state()
    walk(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("测算结果")


def test_it_works_without_the_script(chromium: Browser, live_server: Any) -> None:
    with rig.window(chromium, {**rig.PHONE, "java_script_enabled": False}) as page:
        page.goto(f"{live_server.url}/calculator/")
        page.get_by_role("button", name="企业", exact=False).first.click()
        walk(page)
        name = library().by_key[FIRST_CERTIFICATE].name
        expect(page.locator("#group-yes")).to_contain_text(name)


def test_a_wrong_answer_is_said_beside_the_field(open_page: Any) -> None:
    page: Page = open_page("/calculator/")
    page.get_by_role("button", name="企业", exact=False).first.click()
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_role("alert")).to_contain_text("还没有填写")
    rig.audit_page(page)
