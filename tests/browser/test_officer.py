"""An officer finds who is owed and has not come, exports the list, reads one enterprise's answers."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from python_calamine import CalamineWorkbook

from huiqi.portal.base.models import AuditEntry, Job
from huiqi.portal.matching import runs
from huiqi.portal.registry.snapshot import write
from tests.browser import rig
from tests.browser.rig import expect
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.registry.firms import GAOPING, SHUOCHENG, firm, title

SIZES = ["desktop", "phone"]
CERTIFICATE = "市域内首次取得高新技术企业证书奖励"


@pytest.fixture
def officer(live_server: Any, tmp_path: Path) -> people.Person:
    """An officer of Gaoping, after a run over a registry of a few firms there and elsewhere."""
    for number in (1, 2, 3):
        place = SHUOCHENG if number == 3 else GAOPING
        record = firm(number, 主体类型="企业", 注册地=place, 行业="39")
        title(record, number, 时注册地=place)
    snapshot, known_at = write(tmp_path / "snapshots")
    runs.execute(lambda tell: (snapshot, known_at), on=NOW.date(), at=NOW)
    return people.officer(region=GAOPING)


@pytest.mark.parametrize("size", SIZES)
def test_who_is_owed_and_has_not_come(
    size: str, officer: people.Person, open_page: Any, request: Any, keep_picture: Any
) -> None:
    page: Page = open_page("/office/matching/", officer.user, request.getfixturevalue(size))
    expect(page.get_by_role("heading", level=1)).to_have_text("政策找企业")
    rig.audit_page(page)
    rig.no_overflow(page)
    keep_picture(page, f"matching-{size}")
    page.get_by_role("link", name=CERTIFICATE).click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    rig.audit_page(page)
    rig.no_overflow(page)
    page.get_by_role("link", name="测试企业001").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("测试企业001（虚构）")
    rig.audit_page(page)
    rig.no_overflow(page)
    assert AuditEntry.objects.filter(act="answers.read").count() == 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("part", ["places", "gaps", "near"])
def test_other_views_of_the_run(
    part: str, size: str, officer: people.Person, open_page: Any, request: Any
) -> None:
    page: Page = open_page(f"/office/matching/{part}/", officer.user, request.getfixturevalue(size))
    rig.audit_page(page)
    rig.no_overflow(page)


def test_the_list_is_exported(officer: people.Person, open_page: Any, tmp_path: Path) -> None:
    page: Page = open_page("/office/matching/", officer.user)
    page.get_by_role("link", name=CERTIFICATE).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="导出表格").click()
    target = tmp_path / "list.xlsx"
    waiting.value.save_as(target)
    rows = CalamineWorkbook.from_path(str(target)).get_sheet_by_index(0).to_python()
    assert sorted(str(row[0]) for row in rows[1:]) == ["测试企业001（虚构）", "测试企业002（虚构）"]


def test_a_run_is_asked_for(officer: people.Person, open_page: Any) -> None:
    page: Page = open_page("/office/matching/", officer.user)
    page.get_by_role("button", name="重新匹配").click()
    expect(page.locator(".job")).to_contain_text("政策匹配")
    assert Job.objects.filter(kind="matching.run").count() == 1
    rig.audit_page(page)
