"""The public pages: what stands on them, what is filtered, how many queries they cost."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from huiqi.portal.policies import actions, importing
from huiqi.portal.policies.models import Document, Release, SupportEntry
from huiqi.portal.policies.structure import seal
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.policies import samples

pytestmark = pytest.mark.django_db
SUPPORT = "/supports/test-2026-1/奖励1/"
CLAUSE = "/documents/test-2026-1/clauses/二/"
Count = Callable[..., Any]


def text(client: Client, url: str, status: int = 200) -> str:
    """The words of a page, tags and blanks taken out."""
    response = client.get(url)
    assert (url, response.status_code) == (url, status)
    body = re.sub(r"(?s)^.*<main[^>]*>|</main>.*$", "", response.content.decode())
    return "".join(re.sub(r"<[^>]+>", " ", body).split())


@contextmanager
def time_machine(day: date) -> Iterator[None]:
    """The pages' today is another day."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "localdate", lambda *_: day)
        yield


def with_words() -> Document:
    by = people.author().actor
    document = importing.import_document(samples.upload(), by=by, at=NOW)
    return importing.confirm_document(document, version=1, by=by, at=NOW)


def policies(many: int) -> list[dict[str, str]]:
    return [
        samples.files(
            f"test-2026-{n}", number=f"示发〔2026〕{n}号", supports=n, title=f"示例文件{n}"
        )
        for n in range(1, many + 1)
    ]


# -------------------------------------------------------------------- what stands on them


def test_the_list_of_documents(seeded: Any, client: Client) -> None:
    seeded()
    said = text(client, "/documents/")
    assert (
        f"{samples.TITLE}高平市示例办公室{samples.NUMBER}晋城市高平市2026年1月5日1项未导入" in said
    )
    with_words()
    assert "1项已导入" in text(client, "/documents/")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("q=示例企业", 1),
        ("q=不会有的词", 0),
        ("region=140581", 1),
        ("region=140000", 0),
        ("region=140400", 0),
        ("year=2026", 1),
        ("issuer=高平市示例办公室", 1),
        ("year=2025", 1),  # no such choice: the filter says so and leaves it out
    ],
)
def test_filters_of_documents(seeded: Any, client: Client, asked: str, count: int) -> None:
    seeded()
    response = client.get(f"/documents/?{asked}")
    assert response.context["listing"].count == count


def test_a_support_of_a_region_applies_below_it(seeded: Any, client: Client) -> None:
    made = samples.files()
    made["policy.yaml"] = made["policy.yaml"].replace("适用地区: 高平市", "适用地区: 晋城市")
    seeded(made)
    for code, count in (("140581", 1), ("140500", 1), ("140000", 0), ("140400", 0)):
        assert client.get(f"/supports/?region={code}").context["listing"].count == count


def test_a_document(seeded: Any, client: Client) -> None:
    seeded()
    said = text(client, "/documents/test-2026-1/")
    assert "一、主要目标第一条培育示例企业1个目标牵头：市示例局；市示例局、市财政局" in said
    assert "二、支持措施第二条支持企业成长1项支持市财政局" in said
    assert "示例企业数量达到50家2027年第一条" in said
    assert "示例企业奖励1奖励10万元给企业：有国家级证书；发证时注册在高平" in said


def test_a_clause_shows_its_words_when_they_were_imported(seeded: Any, client: Client) -> None:
    seeded()
    said = text(client, CLAUSE)
    assert "正文还没有导入" in said
    assert "兑现示例奖励" in said
    assert "示例证书丢了怎么办？" in said
    with_words()
    said = text(client, f"{CLAUSE}?q=奖励")
    assert "给予10万元一次性奖励，最高不超过30万元" in said
    assert (
        '<mark class="found found-hit">奖励</mark>'
        in client.get(f"{CLAUSE}?q=奖励").content.decode()
    )


def test_a_document_without_rules_shows_what_was_confirmed_of_its_text(
    db: None, client: Client
) -> None:
    by = people.author().actor
    document = importing.import_document(samples.upload(), by=by, at=NOW)
    document, _ = importing.correct(
        document,
        "supports",
        0,
        {"amount": "10万元", "dropped": "0"},
        seen=seal(document.reading["supports"][0]),
        by=by,
        at=NOW,
    )
    made = importing.confirm_document(document, version=2, by=by, at=NOW)
    said = text(client, f"/documents/{made.slug}/")
    assert "1项支持1个目标，还没有规则" in said
    assert "目标全市示例企业：达到50家（2027年）第一条" in said
    assert "支持首次取得示例证书的企业：10万元第二条" in said
    said = text(client, f"/documents/{made.slug}/clauses/一/")
    assert "目标全市示例企业" in said
    assert "首次取得示例证书" not in said


def test_what_has_ended_is_marked(seeded: Any, client: Client) -> None:
    made = samples.files()
    made["policy.yaml"] = made["policy.yaml"].replace(
        "{起: 2026-01-05}", "{起: 2026-01-05, 止: 2026-02-28}"
    )
    made["cases/奖励1.yaml"] = "[]\n"
    seeded(made)
    with time_machine(date(2026, 3, 1)):
        assert "至2026年2月28日已期满" in text(client, "/supports/")
        assert "这项支持已过施行期" in text(client, SUPPORT)
    with time_machine(date(2026, 2, 28)):
        assert "已期满" not in text(client, "/supports/")
    with time_machine(date(2026, 1, 4)):
        assert "未开始" in text(client, "/supports/")
        assert "还没有开始施行" in text(client, SUPPORT)


def test_a_support_is_printed_from_its_rule(seeded: Any, client: Client) -> None:
    seeded()
    said = text(client, SUPPORT)
    for words in (
        "给多少10万元每项给一次可与其他支持叠加",
        "有国家级证书规则：认定.名称是高新技术企业且认定.级别是国家级",
        "找谁办市财政局资金：高平市财政",
        "材料示例证书",
        "问：发证当天算不算？答：算。依据：第二条。测试组，2026年1月6日",
        "注册在阳城县",
        "第二条支持企业成长",
    ):
        assert words in said
    assert "条款原文" not in said
    with_words()
    assert "条款原文第二条（二）支持企业成长。" in text(client, SUPPORT)


def test_tiers_are_a_table(seeded: Any, client: Client) -> None:
    made = samples.files()
    path = "supports/奖励1.yaml"
    tiers = (
        "分档:\n"
        "  - {名: 国家级, 当: 认定.级别 是 国家级, 金额: 奖励}\n"
        "  - {名: 省级, 当: 认定.级别 是 省级, 金额: 5万元}"
    )
    made[path] = made[path].replace("金额: 奖励", tiers)
    seeded(made)
    assert "情形标准国家级10万元省级5万元" in text(client, SUPPORT)


def test_what_is_not_there_says_so(seeded: Any, client: Client) -> None:
    seeded()
    assert "政策库里没有这份文件" in text(client, "/documents/nothing/", 404)
    assert "没有这项支持" in text(client, "/supports/test-2026-1/nothing/", 404)
    text(client, "/documents/test-2026-1/clauses/99/", 404)


def test_what_was_withdrawn_is_not_shown(seeded: Any, client: Client, committed: Any) -> None:
    seeded()
    with committed():
        held = Release.objects.get(slug=samples.SLUG)
        actions.withdraw(held, reason="废止", by=people.signer().actor, at=NOW)
    text(client, SUPPORT, 404)
    assert client.get("/supports/").context["listing"].count == 0
    assert "没有正在施行的支持" in text(client, "/documents/test-2026-1/")


def test_an_import_that_waits_is_not_public(db: None, client: Client) -> None:
    made = importing.import_document(samples.upload(), by=people.author().actor, at=NOW)
    assert "还没有文件" in text(client, "/documents/")
    text(client, f"/documents/{made.slug}/", 404)
    assert "没有找到" in text(client, "/search/?q=一次性奖励")


def test_filters_of_supports(seeded: Any, client: Client) -> None:
    seeded(*policies(3))
    for asked, count in (
        ("", 6),
        ("q=奖励3", 1),
        ("audience=企业", 6),
        ("audience=认定", 6),
        ("kind=奖励", 6),
        ("kind=补助", 0),
        ("form=拨付", 6),
        ("form=券", 0),
        ("amount=10万", 6),
        ("amount=20万", 0),
        ("on=2026-01-05", 6),
        ("on=2026-01-04", 0),
    ):
        assert (asked, client.get(f"/supports/?{asked}").context["listing"].count) == (asked, count)


def test_supports_are_sorted_and_exported(seeded: Any, client: Client) -> None:
    seeded(*policies(2))
    rows = client.get("/supports/?sort=-name").context["listing"].rows
    assert [row.name for row in rows][0] == "示例企业奖励2"
    response = client.get("/supports/?format=xlsx")
    assert response["Content-Disposition"].startswith("attachment")
    assert b"".join(response.streaming_content)[:2] == b"PK"


# -------------------------------------------------------------------- search


def test_search_finds_and_marks(seeded: Any, client: Client) -> None:
    seeded()
    with_words()
    response = client.get("/search/?q=示例企业 奖励")
    assert response.context["tabs"] == [
        ("supports", "支持", 1),
        ("clauses", "条款", 0),
        ("documents", "文件", 1),
    ]
    assert '<mark class="found found-hit">示例企业</mark>' in response.content.decode()
    said = client.get("/search/?q=一次性奖励&in=clauses").content.decode()
    assert '给予10万元<mark class="found found-hit">一次性奖励</mark>' in said
    assert "clauses/%E4%BA%8C/?q=" in said


def test_search_takes_anything(seeded: Any, client: Client) -> None:
    seeded()
    for words in ("", "   ", '"', "' OR 1=1 --", "《》", "a" * 500, "%_"):
        assert client.get("/search/", {"q": words}).status_code == 200
    assert client.get("/search/", {"q": "奖励\x00"}).status_code == 400
    assert "没有找到" in text(client, "/search/?q=不会有的词")


# -------------------------------------------------------------------- lineage, feeds, subscriptions


def two_levels() -> list[dict[str, str]]:
    upper = samples.files("test-2026-8", number="示发〔2026〕8号", title="上级示例文件")
    upper["policy.yaml"] = upper["policy.yaml"].replace("适用地区: 高平市", "适用地区: 晋城市")
    lower = samples.files("test-2026-9", number="示发〔2026〕9号", title="下级示例文件")
    ground = "依据:\n  - {名称: 上级示例文件, 文号: 示发〔2026〕8号}\n条款:"
    lower["policy.yaml"] = lower["policy.yaml"].replace("条款:", ground, 1)
    lower["policy.yaml"] = lower["policy.yaml"].replace("标题: 支持企业成长", "标题: 办好年度展会")
    lower["policy.yaml"] = lower["policy.yaml"].replace("兑现示例奖励", "每年办一次展会")
    return [upper, lower]


def test_lineage_as_a_picture_and_as_a_table(seeded: Any, client: Client) -> None:
    seeded(*two_levels())
    said = text(client, "/lineage/")
    assert "示发〔2026〕8号示发〔2026〕9号写明逐条看" in said
    page = client.get("/lineage/test-2026-8/test-2026-9/")
    assert page.content.decode().count('class="lineage-box') == 4
    said = text(client, "/lineage/test-2026-8/test-2026-9/")
    assert "第一条培育示例企业确定第一条培育示例企业" in said
    assert "没有条款承接上级条款责任单位待判断第二条支持企业成长市财政局" in said
    assert "上级示发〔2026〕8号逐条对照" in text(client, "/documents/test-2026-9/")
    text(client, "/lineage/test-2026-8/nothing/", 404)


def test_no_page_has_inline_style_or_script(seeded: Any, client: Client) -> None:
    seeded(*two_levels())
    for url in (
        "/documents/",
        "/documents/test-2026-8/",
        "/documents/test-2026-8/clauses/二/",
        "/supports/",
        "/supports/test-2026-8/奖励1/",
        "/search/?q=示例",
        "/lineage/",
        "/lineage/test-2026-8/test-2026-9/",
    ):
        body = client.get(url).content.decode()
        assert not re.search(r"\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", body), url


def test_feeds_name_the_sites_public_address(seeded: Any, client: Client, settings: Any) -> None:
    seeded()
    for site, start in (("", "http://testserver"), ("https://huiqi.test", "https://huiqi.test")):
        settings.SITE_URL = site
        said = client.get("/feeds/all.atom?a=b").content.decode()
        found = set(re.findall(r'href="([^"]*)"', said))
        assert {f"{start}/documents/", f"{start}/feeds/all.atom"} < found
        assert all(one.startswith(f"{start}/") for one in found)


def test_feeds(seeded: Any, client: Client) -> None:
    seeded(*two_levels())
    space = "{http://www.w3.org/2005/Atom}"
    for url, titles in (
        ("/feeds/all.atom", {"示发〔2026〕8号 上级示例文件", "示发〔2026〕9号 下级示例文件"}),
        ("/feeds/regions/140500.atom", {"示发〔2026〕8号 上级示例文件"}),
        ("/feeds/policies/test-2026-9.atom", {"示发〔2026〕9号 下级示例文件"}),
    ):
        response = client.get(url)
        assert response["Content-Type"].startswith("application/atom+xml")
        found = ElementTree.fromstring(response.content)  # noqa: S314 - made by us
        assert {item.findtext(f"{space}title") for item in found.iter(f"{space}entry")} == titles
    for url in ("/feeds/regions/999999.atom", "/feeds/policies/vocabulary.atom"):
        assert client.get(url).status_code == 404


def test_subscriptions(seeded: Any, client: Client) -> None:
    seeded()
    assert client.get("/account/subscriptions/").status_code == 302
    someone = people.newcomer()
    page = someone.client.post(
        "/account/subscriptions/follow/",
        {"slug": samples.SLUG, "next": "/documents/test-2026-1/"},
        follow=True,
    )
    assert page.redirect_chain == [("/documents/test-2026-1/", 302)]
    assert "取消订阅" in page.content.decode()
    someone.client.post("/account/subscriptions/follow/", {"region": "140581"})
    said = text(someone.client, "/account/subscriptions/")
    assert samples.TITLE in said
    assert "晋城市高平市适用的政策" in said
    someone.client.post("/account/subscriptions/follow/", {"slug": samples.SLUG, "stop": "1"})
    assert samples.TITLE not in text(someone.client, "/account/subscriptions/")


def test_nobody_is_sent_to_another_site(seeded: Any) -> None:
    seeded()
    someone = people.newcomer()
    form = {"region": "", "next": "https://example.invalid/"}
    response = someone.client.post("/account/subscriptions/follow/", form)
    assert response["Location"] == "/account/subscriptions/"


# -------------------------------------------------------------------- queries


@pytest.mark.parametrize(
    "url",
    [
        "/documents/",
        "/documents/test-2026-1/",
        CLAUSE,
        "/supports/",
        SUPPORT,
        "/search/?q=示例",
        "/lineage/",
        "/feeds/all.atom",
    ],
)
def test_queries_do_not_grow(
    seeded: Any, client: Client, django_assert_num_queries: Count, url: str
) -> None:
    seeded(*policies(1))
    counted = Queries()
    counted.of(client, url)
    one = counted.of(client, url)
    seeded(*policies(3))
    counted.of(client, url)
    with django_assert_num_queries(one):
        assert client.get(url).status_code == 200


class Queries:
    """How many queries a page costs; the first look fills what is kept between pages."""

    def of(self, client: Client, url: str) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)


def test_addresses(seeded: Any) -> None:
    seeded()
    entry = SupportEntry.objects.get()
    assert reverse("web:support", args=[samples.SLUG, entry.local_name]) == (
        "/supports/test-2026-1/%E5%A5%96%E5%8A%B11/"
    )
