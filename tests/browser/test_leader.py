"""The leader's pages in a real browser: how far, who is late, what is owed where."""

from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.matching import runs
from huiqi.portal.registry.loading import load_region
from huiqi.portal.registry.snapshot import write
from tests.browser.rig import expect
from tests.portal import people
from tests.portal.matching.conftest import AT, ON, region_folder

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["region_folder"]


@pytest.fixture(params=["desktop", "phone"])
def window(request: pytest.FixtureRequest) -> Any:
    """The page on a desk, then on a phone."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def matched(transactional_db: None, region_folder: Path, tmp_path: Path) -> None:
    load_region(region_folder, at=AT)
    runs.execute(lambda tell: write(tmp_path / "snapshots", tell), on=ON, at=AT)


def test_overview_targets_and_money(
    matched: None,
    window: Any,
    open_page: Any,
    audit_page: Any,
    no_overflow: Any,
    keep_picture: Any,
) -> None:
    def checked(page: Any) -> None:
        audit_page(page)
        no_overflow(page)

    page = open_page("/lead/", login=people.leader(region="140000").user, page=window)
    expect(page.get_by_role("heading", name="到期未达到的目标")).to_be_visible()
    expect(page.locator(".tile").first).to_be_visible()
    checked(page)
    keep_picture(page, f"leader-{'phone' if page.viewport_size['width'] < 700 else 'desk'}", True)

    page.get_by_role("link", name="全部目标").click()
    checked(page)
    page.get_by_text("怎么算").first.click()
    page.goto(page.url + "?standing=已达到")
    expect(page.get_by_role("heading", level=1)).to_have_text("全部目标")
    checked(page)

    page.get_by_role("link", name="目标总览").last.click()
    page.get_by_role("link", name="资金明细").click()
    expect(page.locator("[data-chart] svg").first).to_be_visible()
    checked(page)
    page.get_by_label("兑现形式", exact=True).select_option("减免")
    expect(page.get_by_label("兑现形式", exact=True)).to_have_value("减免")
    checked(page)


def test_before_the_first_run_the_page_says_what_to_do(
    transactional_db: None, window: Any, open_page: Any, audit_page: Any
) -> None:
    page = open_page("/lead/", login=people.leader().user, page=window)
    expect(page.get_by_text("还没有匹配结果")).to_be_visible()
    audit_page(page)
