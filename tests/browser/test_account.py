"""Accounts in a browser: from signing up to acting for an enterprise, and the operator's pages."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from huiqi.portal.base import accounts, audit, calendar, claims, jobs, tokens
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import Claim, Membership
from tests.browser import rig
from tests.browser.rig import expect
from tests.portal import people
from tests.portal.pdfs import pdf
from tests.portal.people import credit_code

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ["desktop", "phone"]
CODE = credit_code(700)
PDF = pdf()
GOOD = "yi-ge-hao-mima"


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


def fill(page: Page, **fields: str) -> None:
    for label, value in fields.items():
        page.get_by_label(re.compile(f"^{label}")).fill(value)


def inspect(page: Page) -> None:
    rig.audit_page(page)
    rig.no_overflow(page)


@pytest.mark.parametrize("size", SIZES)
def test_from_signing_up_to_acting_for_an_enterprise(
    size: str, open_page: Any, request: Any, keep_picture: Any, live_server: Any
) -> None:
    page: Page = open_page("/account/signup/", page=request.getfixturevalue(size))
    inspect(page)
    fill(page, 用户名="cehuaren", 姓名="测试策划人", 联系电话="0356-0000000")
    page.get_by_label("密码", exact=True).fill(GOOD)
    page.get_by_label("再输一遍").fill(GOOD)
    page.get_by_role("button", name="注册").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("认领企业")
    inspect(page)
    fill(
        page,
        统一社会信用代码="9.14E+17",
        企业名称="示例科技有限公司（虚构）",
        本人职务="法定代表人",
    )
    page.get_by_label(re.compile("^所在地区")).select_option("140581")
    page.get_by_role("button", name="提交认领").click()
    expect(page.locator(".field-error")).to_contain_text("表格软件把代码当成数字")
    inspect(page)
    fill(page, 统一社会信用代码=CODE)
    page.get_by_label(re.compile("^证明材料")).set_input_files(
        {"name": "营业执照.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_role("button", name="提交认领").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("我的企业认领")
    expect(page.locator("table")).to_contain_text("待确认")
    inspect(page)
    keep_picture(page, f"account-claims-{size}")

    officer = people.officer("140500")
    claims.confirm(Claim.objects.get(), by=officer.actor, at=timezone.now())
    page.goto(f"{live_server.url}/account/")
    expect(page.locator("main")).to_contain_text("企业管理员")
    inspect(page)
    keep_picture(page, f"account-{size}", whole=True)
    page.goto(f"{live_server.url}/my/colleagues/")
    fill(page, 同事姓名="测试同事")
    page.get_by_role("button", name="生成邀请链接").click()
    expect(page.locator("code.secret")).to_contain_text("/account/invitations/")
    inspect(page)
    keep_picture(page, f"account-colleagues-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_an_officer_confirms_a_claim(
    size: str, open_page: Any, request: Any, keep_picture: Any
) -> None:
    person, officer = people.newcomer(), people.officer("140500")
    claims.make(
        CODE, "示例科技有限公司（虚构）", "140581", "财务负责人", "受法定代表人委托",
        by=person.actor, at=timezone.now(),
    )  # fmt: skip
    page: Page = open_page(
        "/office/claims/", login=officer.user, page=request.getfixturevalue(size)
    )
    inspect(page)
    page.get_by_role("link", name="示例科技有限公司（虚构）").click()
    inspect(page)
    keep_picture(page, f"officer-claim-{size}", whole=True)
    page.get_by_role("button", name="退回").click()
    expect(page.locator(".field-error")).to_have_count(1)
    page.get_by_role("button", name="确认认领").click()
    expect(page.locator(".messages")).to_contain_text("已确认")
    assert Membership.objects.get(user=person.user).role == Role.ENTERPRISE_ADMIN


@pytest.mark.parametrize("size", SIZES)
def test_logging_in_by_keyboard_and_switching_the_role(
    size: str, open_page: Any, request: Any
) -> None:
    officer = people.officer()
    Membership.objects.create(
        user=officer.user, unit=officer.unit, role=Role.REGISTRAR, since=people.SINCE
    )
    page: Page = open_page("/login/", page=request.getfixturevalue(size))
    inspect(page)
    page.keyboard.type(officer.user.username)
    page.keyboard.press("Tab")
    page.keyboard.type("not-it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("用户名或密码不对，请检查后重新输入。")
    inspect(page)
    page.get_by_label("密码").fill(people.PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".site-account summary").click()
    expect(page.locator(".who-line")).to_contain_text("工作人员")
    page.get_by_role("button", name=re.compile("数据管理员")).click()
    expect(page.locator(".messages")).to_contain_text("已切换为")
    page.locator(".site-account summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()


PAGES = (
    ("/admin/accounts/", "账户与单位", "operator-accounts"),
    ("/admin/accounts/new/", "添加账户", ""),
    ("/admin/accounts/units/", "账户与单位", "operator-units"),
    ("/admin/accounts/units/new/", "添加单位", ""),
    ("/admin/accounts/jobs/", "账户与单位", "operator-jobs"),
    ("/admin/audit/", "审计", "operator-audit"),
    ("/admin/calendar/", "工作日历", "operator-calendar"),
    ("/admin/calendar/2026/", "2026年", ""),
    ("/account/", "账户设置", ""),
    ("/account/password/", "修改密码", ""),
    ("/account/tokens/", "接口密钥", "account-tokens"),
    ("/account/delegation/", "委托给同事", ""),
    ("/account/second-factor/", "第二道验证", ""),
    ("/account/claims/", "我的企业认领", ""),
)


@pytest.mark.parametrize("size", SIZES)
def test_the_operators_pages_are_calm_on_every_screen(
    size: str, open_page: Any, request: Any, keep_picture: Any
) -> None:
    operator, at = people.operator(), timezone.now()
    office = people.department("示例市中小企业局（虚构）", "140500", sources=["税务部门"])
    officer = people.officer(unit=office)
    accounts.set_active(people.user("测试离任"), False, by=operator.actor, at=at)
    calendar.take_over(by=operator.actor, at=at)
    tokens.make("示例系统", ["audit:read"], 90, by=operator.actor, at=at)
    jobs.enqueue("tests.none", "导入企业名录", {}, by=officer.actor, at=at)
    audit.record("registry.read", at=at, actor=officer.actor, subject=CODE, address="192.0.2.1")
    window = request.getfixturevalue(size)
    user = f"/admin/accounts/{officer.user.pk}/"
    unit = f"/admin/accounts/units/{office.pk}/"
    for path, heading, picture in (*PAGES, (user, officer.user.name, ""), (unit, office.name, "")):
        page: Page = open_page(path, login=operator.user, page=window)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        inspect(page)
        if picture:
            keep_picture(page, f"{picture}-{size}")
