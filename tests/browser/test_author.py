"""The author's way in a real browser: change a number, see who gains, tick a case, save, compare, draft."""

from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.matching.models import Simulation
from huiqi.portal.policies import actions as policies
from huiqi.portal.registry.loading import load_region
from huiqi.portal.registry.snapshot import write
from huiqi.rulebook.library.home import policies_folder
from tests.browser.rig import expect
from tests.portal import people
from tests.portal.matching.conftest import AT, region_folder

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["region_folder"]
BENCH = "/author/bench/gaoping-2022-43/高企首次取得/"


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


@pytest.fixture
def region(transactional_db: None, region_folder: Path, settings: Any, tmp_path: Path) -> None:
    """A small region with its snapshot, and the policies released."""
    settings.SNAPSHOTS = tmp_path / "snapshots"
    policies.seed(policies_folder(), at=AT, by=people.operator().actor)
    load_region(region_folder, at=AT)
    write()


@pytest.mark.slow
def test_from_a_number_to_a_draft(
    region: None, window: Any, open_page: Any, checked: Any, keep_picture: Any
) -> None:
    page = open_page("/author/", login=people.author().user, page=window)
    checked(page)
    page.get_by_role("link", name="市域内首次取得高新技术企业证书奖励").click()
    expect(page.get_by_text("还没有改动")).to_be_visible()
    checked(page)

    page.get_by_label("奖励", exact=True).fill("30万元")
    expect(page.get_by_role("heading", name="按县（市、区）的差别")).to_have_count(0)
    expect(page.get_by_text("多得的企业")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("与原来的结论不同")).to_be_visible()
    expect(page.locator("[data-chart] svg").first).to_be_visible()
    checked(page)
    keep_picture(
        page, f"author-bench-{'phone' if page.viewport_size['width'] < 700 else 'desk'}", True
    )

    page.get_by_role("radio", name="对", exact=True).first.check()
    page.get_by_label("名称").fill("奖励提到三十万")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("奖励提到三十万")
    expect(page.get_by_text("多得的企业")).to_be_visible()
    checked(page)
    saved = Simulation.objects.get(is_scratch=False)
    assert (saved.changes, len(saved.verdicts)) == ({"奖励": "30万元"}, 1)

    page.get_by_role("button", name="按这次改动起草").click()
    expect(page.get_by_text("已按这次改动起草新版本")).to_be_visible()


def test_a_mistake_is_shown_at_its_place_while_typing(
    region: None, window: Any, open_page: Any, checked: Any
) -> None:
    page = open_page(BENCH, login=people.author().user, page=window)
    field = page.get_by_label("奖励", exact=True)
    field.fill("三十万块")
    expect(page.locator(".field-error").first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("改动没有通过检查")).to_be_visible()
    expect(field).to_be_focused()
    checked(page)
    field.fill("20万元")
    expect(page.locator(".field-error")).to_have_count(0, timeout=20_000)


def test_two_simulations_side_by_side(
    region: None, window: Any, open_page: Any, checked: Any
) -> None:
    author = people.author().user
    for amount in ("30万元", "40万元"):
        page = open_page(BENCH, login=author, page=window)
        page.get_by_label("奖励", exact=True).fill(amount)
        page.get_by_label("名称").fill(f"奖励{amount}")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"奖励{amount}")
    open_page("/author/simulations/", page=window)
    checked(page)
    for amount in ("30万元", "40万元"):
        page.get_by_label(f"比较奖励{amount}").check()
    page.get_by_role("button", name="并排比较").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("比较2次测算")
    expect(page.locator("[data-chart] svg").first).to_be_visible()
    checked(page)
