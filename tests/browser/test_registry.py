"""The registry's pages in a real browser: search, an enterprise, an import, a correction decided."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.base import jobs
from huiqi.portal.registry.models import Batch, Grant, Record
from tests.browser.rig import expect
from tests.portal import people
from tests.portal.pdfs import pdf
from tests.portal.people import credit_code
from tests.portal.registry.firms import firm, title

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["desktop", "phone"])
def window(request: pytest.FixtureRequest) -> Any:
    """The page on a desk, then on a phone."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def checked(audit_page: Any, no_overflow: Any) -> Any:
    """Both audits at once."""

    def check(page: Any) -> None:
        audit_page(page)
        no_overflow(page)

    return check


def test_an_officer_finds_an_enterprise(window: Any, open_page: Any, checked: Any) -> None:
    for number in range(1, 4):
        record = firm(number, 从业人员=35, 上年营业收入=123_456_789)
    title(record, until=date(2027, 3, 5))
    Grant.objects.create(
        record=record, support="测试/支持", item="测试事项", amount=12_345_600,
        on=date(2026, 3, 5), source="测试财政",
    )  # fmt: skip
    page = open_page("/office/enterprises/", login=people.officer().user, page=window)
    checked(page)
    page.get_by_label("名称或信用代码").fill("企业003")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="测试企业003（虚构）").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("测试企业003（虚构）")
    checked(page)
    page.get_by_role("link", name="从业人员的历史").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("从业人员的历史")
    checked(page)


def test_the_list_is_sorted_by_its_heads(window: Any, open_page: Any) -> None:
    for number in range(1, 4):
        firm(number)
    page = open_page("/office/enterprises/", login=people.officer().user, page=window)
    page.get_by_role("link", name="名称", exact=True).click()
    page.get_by_role("link", name="名称", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("测试企业003")
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")


def test_a_sheet_is_imported(window: Any, open_page: Any, checked: Any, tmp_path: Path) -> None:
    sheet = tmp_path / "测试名录.csv"
    sheet.write_text(
        "统一社会信用代码,企业名称,注册地,从业人数\n"
        f"{credit_code(1)},测试企业001（虚构）,高平市,35\n"
        "91990000000000XXXX,测试企业002（虚构）,高平市,20\n",
        encoding="utf-8",
    )
    page = open_page("/office/imports/", login=people.registrar("").user, page=window)
    checked(page)
    page.get_by_label("导入到哪张表").select_option("企业")
    page.locator("input[type=file]").set_input_files(str(sheet))
    page.get_by_role("button", name="上传并核对表头").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("核对表头")
    checked(page)
    expect(page.get_by_label("“从业人数”对应为")).to_have_value("从业人员")
    page.get_by_role("button", name="开始导入").click()
    expect(page.locator(".job")).to_contain_text("排队中")
    checked(page)
    jobs.discover()
    jobs.run_job(Batch.objects.get().job)
    # The part that shows the job asks anew by itself, and the page follows.
    expect(page.get_by_role("heading", name="有误的地方")).to_be_visible()
    expect(page.locator(".figures")).to_contain_text("有误未导入")
    checked(page)
    assert Record.objects.get(table="企业").values["从业人员"] == 35


def test_an_enterprise_asks_and_the_holder_decides(
    window: Any, open_page: Any, checked: Any, tmp_path: Path
) -> None:
    paper = tmp_path / "年报.pdf"
    paper.write_bytes(pdf())
    holder = people.officer(unit=people.department("测试统计局", sources=["统计部门"]))
    record = firm(1, 从业人员=3)
    title(record)
    owner = people.enterprise_user(record.key)
    page = open_page("/my/enterprise/", login=owner.user, page=window)
    checked(page)
    page.get_by_role("link", name="申请更正从业人员").click()
    checked(page)
    page.get_by_label("应改为").fill("三十五")
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator(".field-error").first).to_contain_text("三十五")
    checked(page)
    page.get_by_label("应改为").fill("35")
    page.get_by_label("理由").fill("年报填写的是35人")
    page.locator("input[type=file]").set_input_files(str(paper))
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator(".messages")).to_contain_text("由测试统计局核实")
    checked(page)
    page.context.clear_cookies()
    page = open_page("/office/corrections/", login=holder.user, page=window)
    checked(page)
    page.get_by_role("link", name="测试企业001（虚构）").click()
    checked(page)
    page.get_by_label("予以更正，登记随即改变").check()
    page.get_by_role("button", name="提交办理结果").click()
    expect(page.locator(".messages")).to_contain_text("已更正")
    checked(page)
    record.refresh_from_db()
    assert record.values["从业人员"] == 35
