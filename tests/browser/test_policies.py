"""Policies in a real browser: the public reads and follows, an author imports, a signer releases."""

from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.base import jobs
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.models import Job
from huiqi.portal.policies import actions, importing
from huiqi.portal.policies.models import Document, Release
from huiqi.rulebook.library.home import policies_folder
from tests.browser.rig import expect
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.policies import samples
from tests.portal.policies.test_pages import two_levels

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["desktop", "phone"])
def window(request: pytest.FixtureRequest) -> Any:
    """The page on a desk, then on a phone."""
    return request.getfixturevalue(request.param)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    """Rules and files of this test alone."""
    settings.HOME = tmp_path / "home"
    settings.MEDIA_ROOT = settings.HOME / "files"
    settings.HOME.mkdir()


@pytest.fixture
def checked(audit_page: Any, no_overflow: Any) -> Any:
    """Both audits at once."""

    def check(page: Any) -> None:
        audit_page(page)
        no_overflow(page)

    return check


def seed(tmp_path: Path, *policies: dict[str, str]) -> None:
    folder = samples.root(tmp_path / "root", *(policies or (samples.files(),)))
    actions.seed(folder, at=NOW, by=NOBODY)


def import_text() -> Document:
    by = people.author().actor
    document = importing.import_document(samples.upload(), by=by, at=NOW)
    return importing.confirm_document(document, version=1, by=by, at=NOW)


def size(page: Any) -> str:
    return "wide" if page.viewport_size["width"] > 1000 else "phone"


def heading(page: Any) -> Any:
    return page.get_by_role("heading", level=1)


def test_a_visitor_reads_a_policy(
    window: Any, open_page: Any, checked: Any, tmp_path: Path
) -> None:
    seed(tmp_path)
    import_text()
    page = open_page("/documents/", page=window)
    checked(page)
    page.get_by_role("link", name=samples.TITLE).click()
    expect(heading(page)).to_have_text(samples.TITLE)
    checked(page)
    page.get_by_role("link", name="第二条 支持企业成长").click()
    expect(page.get_by_text("给予10万元一次性奖励")).to_be_visible()
    checked(page)
    page.get_by_role("link", name="示例企业奖励1").click()
    expect(heading(page)).to_have_text("示例企业奖励1")
    page.get_by_text("举例（2个边界情形）").click()
    expect(page.get_by_text("注册在阳城县").first).to_be_visible()
    checked(page)


REAL = {
    "library": "/documents/",
    "document": "/documents/gaoping-2022-43/",
    "clause": "/documents/gaoping-2022-43/clauses/14/",
    "supports": "/supports/",
    "support": "/supports/gaoping-2022-43/链主营收进档/",
    "search": "/search/?q=高新技术企业",
    "lineages": "/lineage/",
    "lineage": "/lineage/shanxi-2017-51/changzhi-2017-29/",
    "releases": "/author/releases/",
}


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_policies_of_the_project(
    size: str, request: Any, open_page: Any, checked: Any, keep_picture: Any
) -> None:
    """Every page with as much on it as in real life."""
    actions.seed(policies_folder(), at=NOW, by=NOBODY)
    # The first look at new rules reads them; on a busy machine that outlasts the window's patience.
    assert people.visitor().get("/documents/").status_code == 200
    page = request.getfixturevalue("desktop" if size == "wide" else "phone")
    for name, url in REAL.items():
        login = people.author().user if url.startswith("/author/") else None
        open_page(url, login=login, page=page)
        checked(page)
        keep_picture(page, f"portal-{name}-{size}")


def test_a_visitor_filters_and_searches(
    window: Any, open_page: Any, checked: Any, tmp_path: Path
) -> None:
    seed(tmp_path, samples.files(supports=3))
    page = open_page("/supports/", page=window)
    checked(page)
    page.get_by_label("名称、条件或部门").fill("奖励2")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    checked(page)
    page = open_page("/search/", page=window)
    page.get_by_label("搜索政策").fill("示例企业 国家级证书")
    page.get_by_role("button", name="搜索").click()
    expect(page.locator("mark.found-hit").first).to_have_text("示例企业")
    expect(page.get_by_role("link", name="支持 3")).to_have_attribute("aria-current", "page")
    checked(page)


def test_lineage_is_a_picture_and_a_table(
    window: Any, open_page: Any, checked: Any, tmp_path: Path
) -> None:
    seed(tmp_path, *two_levels())
    page = open_page("/lineage/", page=window)
    checked(page)
    page.get_by_role("link", name="逐条看").click()
    expect(page.locator("svg .lineage-box")).to_have_count(4)
    expect(page.locator("svg .lineage-box.is-left")).to_have_count(1)
    checked(page)


def test_a_member_follows_a_policy(
    window: Any, open_page: Any, checked: Any, tmp_path: Path
) -> None:
    seed(tmp_path)
    someone = people.newcomer()
    page = open_page("/documents/test-2026-1/", login=someone.user, page=window)
    page.get_by_role("button", name="订阅").click()
    expect(page.get_by_role("button", name="取消订阅")).to_be_visible()
    page = open_page("/account/subscriptions/", page=window)
    expect(page.get_by_role("link", name=samples.TITLE)).to_be_visible()
    checked(page)


def test_an_author_imports_corrects_and_confirms(
    window: Any, open_page: Any, checked: Any, keep_picture: Any, tmp_path: Path
) -> None:
    seed(tmp_path)
    page = open_page("/author/imports/", login=people.author().user, page=window)
    checked(page)
    file = {"name": "示例.txt", "mimeType": "text/plain", "buffer": samples.TEXT.encode()}
    page.get_by_label("文件", exact=True).set_input_files(files=[file])
    page.get_by_role("button", name="读入").click()
    expect(heading(page)).to_have_text(samples.TITLE)
    checked(page)
    target = page.locator("#targets-0")
    target.get_by_role("link", name="更正").click()
    target.get_by_label("数值").fill("60")
    checked(page)
    target.get_by_role("button", name="保存").click()
    expect(target).to_contain_text("达到 60家")
    target.get_by_role("link", name="看原文").click()
    assert page.evaluate("location.hash") == "#t-targets-0"
    keep_picture(page, f"portal-review-{size(window)}")
    page.get_by_role("button", name="确认进入政策库").click()
    expect(page.get_by_text("已进入政策库")).to_be_visible()
    held = Document.objects.get()
    assert (held.slug, held.reading["targets"][0]["value"]) == (samples.SLUG, "60")


def test_two_people_at_one_place(desktop: Any, open_page: Any, tmp_path: Path) -> None:
    by = people.author()
    document = importing.import_document(samples.upload(), by=by.actor, at=NOW)
    page = open_page(f"/author/imports/{document.pk}/", login=by.user, page=desktop)
    clause = page.locator("#clauses-0")
    clause.get_by_role("link", name="更正").click()
    seen = clause.locator("input[name=seen]").input_value()
    importing.correct(
        document, "clauses", 0, {"heading": "第一个人"}, seen=seen, by=people.author().actor, at=NOW
    )
    clause.get_by_label("标题").fill("第二个人")
    clause.get_by_role("button", name="保存").click()
    expect(clause.get_by_role("alert")).to_contain_text("刚刚被别人改过，您的修改没有保存")
    expect(clause.get_by_label("标题")).to_have_value("第一个人")


def test_the_two_sides_move_together(desktop: Any, open_page: Any) -> None:
    by = people.author()
    long = "\n".join(f"（{n}）培育示例企业{n}。" + "示例内容。" * 60 for n in "三四五六七八")
    text = samples.TEXT.replace("高平市示例办公室\n2026", f"{long}\n\n高平市示例办公室\n2026")
    document = importing.import_document(samples.upload(text), by=by.actor, at=NOW)
    page = open_page(f"/author/imports/{document.pk}/", login=by.user, page=desktop)
    assert document.reading["clauses"][7]["heading"].startswith("培育示例企业八")
    place = page.locator("#text-7")
    expect(place).not_to_be_in_viewport()
    page.locator("#clauses-7").get_by_role("link", name="更正").click()
    expect(place).to_be_in_viewport()
    expect(place).to_have_class("is-here")


@pytest.mark.slow
def test_from_draft_to_in_force(
    window: Any, open_page: Any, checked: Any, keep_picture: Any, tmp_path: Path
) -> None:
    seed(tmp_path)
    author, signer = people.author(), people.signer()
    page = open_page("/author/releases/", login=author.user, page=window)
    checked(page)
    page.get_by_role("table").get_by_role("link", name=samples.NUMBER).click()
    page.get_by_role("button", name="在这一版上起草").click()
    expect(heading(page)).to_have_text(f"{samples.NUMBER} 第2版")
    page.get_by_role("link", name="奖励1").first.click()
    text = page.get_by_label("内容")
    checked(page)
    text.fill(samples.files(amount="20万元")["supports/奖励1.yaml"].replace("高平市,", "高乎市,"))
    page.get_by_role("button", name="保存并检查").click()
    expect(page.get_by_role("heading", name="问题")).to_be_visible()
    checked(page)
    held = Release.objects.get(state="draft")
    actions.edit_draft(
        held, samples.files(amount="20万元"), seen=held.digest, by=author.actor, at=NOW
    )
    page = open_page(f"/author/releases/{held.pk}/findings/", page=window)
    page.get_by_role("button", name="开始审查").click()
    article = page.get_by_role("article").first
    article.get_by_text("处理", exact=True).click()
    article.get_by_label("怎么处理").select_option("符合例外规定并说明")
    article.get_by_label("理由").fill("促进科学技术进步")
    checked(page)
    article.get_by_role("button", name="记下决定").click()
    expect(page.get_by_role("article").first).to_contain_text("促进科学技术进步")
    page = open_page(f"/author/releases/{held.pk}/", page=window)
    page.get_by_role("button", name="检查全部用例并送签").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    checked(page)
    jobs.run_job(Job.objects.order_by("-pk")[0])
    expect(page.get_by_text("送签（现在）")).to_be_visible()

    page = open_page(f"/author/releases/{held.pk}/", login=signer.user, page=window)
    checked(page)
    keep_picture(page, f"portal-release-{size(window)}")
    for what in ("边界用例", "解释口径"):
        page.get_by_role("link", name="看过再签").first.click()
        expect(heading(page)).to_have_text(f"签{what}")
        checked(page)
        page.get_by_role("button", name="我已看过，签字").click()
    page.get_by_role("button", name="发布这一版").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    jobs.run_job(Job.objects.order_by("-pk")[0])
    expect(page.get_by_text("施行（现在）")).to_be_visible()
    page.get_by_role("link", name="逐行对照").click()
    checked(page)
    page = open_page("/supports/test-2026-1/奖励1/", page=window)
    expect(page.get_by_text("20万元").first).to_be_visible()


def test_an_author_judges_links_side_by_side(
    window: Any, open_page: Any, checked: Any, tmp_path: Path
) -> None:
    seed(tmp_path, *two_levels())
    page = open_page("/author/lineage/", login=people.author().user, page=window)
    checked(page)
    page.get_by_role("link", name="示发〔2026〕9号").click()
    page.get_by_role("link", name="系统认为确定").click()
    card = page.get_by_role("article").first
    card.get_by_text("判断", exact=True).first.click()
    card.get_by_role("radio", name="承接", exact=True).check()
    card.get_by_label("理由").fill("两条职责相同")
    checked(page)
    card.get_by_role("button", name="记下判断").click()
    expect(page.get_by_text("已记下：承接")).to_be_visible()
    page.get_by_role("link", name="公开页面").click()
    expect(page.get_by_text("其中人工确认1对")).to_be_visible()
    checked(page)
