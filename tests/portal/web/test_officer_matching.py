"""政策找企业 over HTTP: what officers see of a run, in their region only; exports and readings audited."""

from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from huiqi.portal.base import search
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import AuditEntry, Job
from huiqi.portal.matching import queries
from huiqi.portal.matching.enums import AnswerKind
from huiqi.portal.matching.models import Entitlement, MatchedSupport, Run, Slice, SupportResult
from huiqi.portal.matching.queries import SupportLine
from huiqi.portal.registry.columns import SEARCH
from huiqi.portal.registry.models import Record
from huiqi.portal.web.officer.matching import money_words
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.registry.firms import GAOPING, SHUOCHENG, firm, title

pytestmark = pytest.mark.django_db
FIRST = "gaoping-2022-43/高企首次取得"
PRIVATE = "lvliang-2022-22/小微用电优惠"


def page(response: Any) -> HTMLParser:
    assert response.status_code == 200
    return HTMLParser(response.content.decode())


def texts(tree: HTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in tree.css(selector)]


def run() -> Run:
    made, _ = Run.objects.get_or_create(
        is_current=True,
        defaults={"on": NOW.date(), "known_at": NOW, "started_at": NOW, "ended_at": NOW,
                  "state": "done"},
    )  # fmt: skip
    return made


def entitled(
    record: Record, key: str = FIRST, answer: str = AnswerKind.YES, low: int | None = 100,
    high: int | None = 100, **extra: Any,
) -> Entitlement:  # fmt: skip
    """A row of the current run, and its support's count."""
    support, _ = MatchedSupport.objects.get_or_create(
        key=key,
        defaults={"policy": key.split("/")[0], "name": f"测试{key.split('/')[1]}", "form": "拨付",
                  "table": "认定", "whose": "企业"},
    )  # fmt: skip
    county = record.values.get("注册地", "")
    result, _ = SupportResult.objects.get_or_create(run=run(), support=key, form="拨付")
    if answer == AnswerKind.NEAR:
        miss, _ = run().near.get_or_create(
            support=key,
            condition=extra["conditions"].bit_length() - 1,
            text="测试条件",
            region=county,
        )
        miss.rows += 1
        miss.save()
    else:
        setattr(result, answer, getattr(result, answer) + 1)
    result.low += low or 0
    result.high += high or 0
    result.save()
    Slice.objects.get_or_create(run=run(), support=key, by=queries.REGION, name=county, code=county)
    return Entitlement.objects.create(
        record=record, support=support, answer=answer, low=low, high=high,
        region=county, since=run().pk, **extra,
    )  # fmt: skip


def everywhere() -> people.Person:
    """An officer whose unit has no region: of the whole."""
    return people.officer(region="")


# ---------------------------------------------------------------- the overview


def test_before_the_first_run_the_page_says_what_to_do() -> None:
    tree = page(everywhere().client.get("/office/matching/"))
    assert texts(tree, ".empty-title") == ["还没有匹配结果"]
    assert texts(tree, ".page-actions button") == ["开始匹配"]


def test_a_run_is_asked_for_once_and_its_progress_shown() -> None:
    officer = everywhere()
    assert officer.client.post("/office/matching/run/")["Location"] == "/office/matching/"
    assert list(Job.objects.values_list("kind", "asked_by")) == [("matching.run", officer.user.pk)]
    tree = page(officer.client.get("/office/matching/"))
    assert len(tree.css(".job")) == 1
    assert tree.css(".page-actions button") == []
    again = officer.client.post("/office/matching/run/", follow=True)
    assert "已有一次匹配在排队或进行" in again.content.decode()
    assert Job.objects.count() == 1
    assert people.enterprise_user().client.post("/office/matching/run/").status_code == 403


def test_supports_are_counted_sorted_and_filtered() -> None:
    for number in (1, 2, 3):
        entitled(firm(number), FIRST, low=20, high=20)
    entitled(firm(4), PRIVATE, low=None, high=None)
    entitled(firm(5), PRIVATE, AnswerKind.MISSING, low=None, high=None)
    client = everywhere().client
    tree = page(client.get("/office/matching/"))
    assert texts(tree, "tbody tr td:first-child a") == ["测试高企首次取得", "测试小微用电优惠"]
    assert texts(tree, "tbody tr td[data-label=应享未办]") == ["3", "1"]
    up = page(client.get("/office/matching/?sort=yes"))
    assert texts(up, "tbody tr td[data-label=应享未办]") == ["1", "3"]
    some = page(client.get("/office/matching/?policy=lvliang-2022-22"))
    assert texts(some, "tbody tr td:first-child a") == ["测试小微用电优惠"]
    none = page(client.get("/office/matching/?words=没有这项"))
    assert texts(none, ".empty-title") == ["没有符合条件的支持"]


def test_the_overview_is_exported_and_that_is_audited() -> None:
    entitled(firm(1), FIRST, low=2_000_000, high=3_000_000)
    officer = everywhere()
    response = officer.client.get("/office/matching/?format=xlsx&form=拨付")
    rows = sheet(response)
    assert [row[1] for row in rows] == ["支持", "测试高企首次取得"]
    assert rows[1][7:9] == [20000.0, 30000.0]
    entry = AuditEntry.objects.get(act="matching.export")
    assert (entry.actor, entry.detail["rows"], entry.detail["filters"]) == (
        officer.user, 1, {"form": ["拨付"]},
    )  # fmt: skip


def sheet(response: Any) -> list[list[Any]]:
    assert response.status_code == 200
    content = b"".join(response.streaming_content)
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize(
    ("low", "high", "unbounded", "counted", "words"),
    [
        (0, 0, 0, True, "—"),
        (0, 0, 2, True, "数额未知"),
        (2_000_000, 2_000_000, 0, True, "2万元"),
        (2_000_000, 3_000_000, 0, True, "2万元至3万元"),
        (0, 3_000_000, 0, True, "至多3万元"),
        (0, 3_000_000, 1, True, "至多3万元，另有数额未知的"),
        (2_000_000, 1_000_000, 0, True, "2万元以上"),
    ],
)
def test_money_of_a_line(low: int, high: int, unbounded: int, counted: bool, words: str) -> None:
    line = SupportLine("a/b", "", "a", "", "拨付", counted, 1, 0, 0, 0, low, high, unbounded)
    assert money_words(line) == words


# ---------------------------------------------------------------- who


def test_who_is_entitled_is_listed_by_answer() -> None:
    one, two = firm(1), firm(2)
    entitled(one)
    entitled(two, answer=AnswerKind.NEAR, conditions=1 << 2)
    client = everywhere().client
    tree = page(client.get(f"/office/matching/supports/{FIRST}/"))
    assert texts(tree, "tbody td:first-child a") == ["测试企业001（虚构）"]
    near = page(client.get(f"/office/matching/supports/{FIRST}/near/"))
    assert texts(near, "tbody td:first-child a") == ["测试企业002（虚构）"]
    label = queries.rule_of(FIRST).lines[2].note  # type: ignore[union-attr]
    assert texts(near, "tbody td[data-label=差在]") == [label]
    assert client.get(f"/office/matching/supports/{FIRST}/no/").status_code == 404
    assert client.get("/office/matching/supports/gaoping-2022-43/没有/").status_code == 404


def test_an_officer_sees_the_own_region_only() -> None:
    entitled(firm(1, 注册地=GAOPING))
    entitled(firm(2, 注册地=SHUOCHENG))
    client = people.officer(region=GAOPING).client
    tree = page(client.get(f"/office/matching/supports/{FIRST}/"))
    assert texts(tree, "tbody td:first-child a") == ["测试企业001（虚构）"]
    rows = sheet(client.get(f"/office/matching/supports/{FIRST}/?format=xlsx"))
    assert [row[0] for row in rows] == ["主体", "测试企业001（虚构）"]
    assert AuditEntry.objects.filter(act="matching.export").count() == 1


def test_near_misses_are_counted_in_the_own_region() -> None:
    for number, place in enumerate((GAOPING, SHUOCHENG, SHUOCHENG), start=1):
        entitled(firm(number, 注册地=place), answer=AnswerKind.NEAR, conditions=1 << 2)
    for region, count in ((GAOPING, "1"), (SHUOCHENG, "2"), ("", "3")):
        client = people.officer(region=region).client
        overview = page(client.get("/office/matching/"))
        assert texts(overview, "tbody td[data-label=差一步]") == [count]
        near = page(client.get("/office/matching/near/"))
        assert texts(near, "tbody td[data-label=户项]") == [count]
        listed = page(client.get(near.css_first("tbody a").attributes["href"]))
        assert len(listed.css("tbody td:first-child a")) == int(count)
        assert texts(listed, ".tabs [aria-current]") == [f"差一步 {count}"]
        exported = sheet(client.get("/office/matching/?format=xlsx"))
        assert dict(zip(exported[0], exported[1], strict=True))["差一步（户项）"] == int(count)


def test_the_list_can_be_narrowed() -> None:
    entitled(firm(1, 注册地=GAOPING), size="小型", low=10, high=10)
    entitled(firm(2, 注册地=SHUOCHENG), size="大型", low=20, high=20)
    client = everywhere().client
    address = f"/office/matching/supports/{FIRST}/"
    names = ["测试企业002（虚构）", "测试企业001（虚构）"]
    assert texts(page(client.get(address)), "tbody td:first-child a") == names
    up = page(client.get(f"{address}?sort=money"))
    assert texts(up, "tbody td:first-child a") == names[::-1]
    for words, found in (
        ("企业001", names[1:]), ("测试 002", names[:1]), (people.credit_code(1), names[1:]),
        ("没有这家", []),
    ):  # fmt: skip
        some = page(client.get(address, {"words": words}))
        assert texts(some, "tbody td:first-child a") == found


def test_words_that_very_many_have_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries.registry, "FREQUENT", 1)
    entitled(firm(1, 注册地=GAOPING))
    for number in (1, 2):
        person = Record.objects.create(
            table="人员", key=f"示例{number}", name=f"测试人员{number}", known_at=NOW, digest=""
        )
        entitled(person, PRIVATE)
        search.put(SEARCH, [(person.pk, person.name)])
    MatchedSupport.objects.filter(key=PRIVATE).update(whose="人员")

    def names(key: str, words: str) -> list[str]:
        found = queries.entitlements(everywhere().actor, run=run(), support=key, words=words)
        return sorted(one.record.name for one in found if one.record)

    everyone = ["测试人员1", "测试人员2"]
    assert names(FIRST, "测试") == ["测试企业001（虚构）"]
    assert names(FIRST, "人员") == []
    assert names(PRIVATE, "测试") == everyone
    assert names(PRIVATE, "企业") == []
    assert names("", "测试") == [*everyone, "测试企业001（虚构）"]


@pytest.mark.parametrize("region", ["", GAOPING])
def test_the_number_of_queries_does_not_grow(region: str) -> None:
    client = people.officer(region=region).client
    addresses = (
        "/office/matching/", f"/office/matching/supports/{FIRST}/", "/office/matching/places/",
        "/office/matching/gaps/", "/office/matching/near/",
    )  # fmt: skip
    found = []
    for number in (1, 2, 3):
        record = firm(number)
        entitled(record, item=title(record, number))
        entitled(record, PRIVATE, AnswerKind.NEAR, conditions=1)
        found.append([queries_of(client, address) for address in addresses])
    assert found[0] == found[2]
    assert max(found[2]) < 20


def queries_of(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as context:
        assert client.get(address).status_code == 200
    return len(context)


def test_gaps_and_near_misses_stand_by_register_and_condition() -> None:
    entitled(firm(1))
    made = run()
    made.gaps.create(
        fact="企业.行业",
        holder="统计部门",
        rows=7,
        supports=[FIRST],
        stakes=[
            {"form": "拨付", "fen": 300, "unbounded": 0},
            {"form": "额度", "fen": 0, "unbounded": 2},
        ],
    )
    made.near.create(support=FIRST, condition=2, text="测试条件", rows=5)
    client = everywhere().client
    gaps = page(client.get("/office/matching/gaps/"))
    assert texts(gaps, "summary strong") == ["统计部门"]
    assert texts(gaps, "tbody td") == [
        "企业·行业",
        "7",
        "拨付 3元额度 2户项上限未知",
        "测试高企首次取得",
    ]
    support = page(client.get(f"/office/matching/supports/{FIRST}/missing/"))
    assert texts(support, "[aria-labelledby=gaps] tbody td") == [
        "企业·行业",
        "统计部门",
        "7",
        "拨付 3元额度 2户项上限未知",
    ]
    near = page(client.get("/office/matching/near/"))
    assert texts(near, "tbody td") == ["测试条件", "测试高企首次取得", "5"]
    link = near.css_first("tbody a").attributes["href"]
    assert client.get(link).status_code == 200


# ---------------------------------------------------------------- one enterprise


def test_reading_an_enterprises_answers_is_audited() -> None:
    record = firm(1)
    officer = people.officer(region=GAOPING)
    tree = page(officer.client.get(f"/office/enterprises/{record.key}/answers/"))
    assert texts(tree, "h1") == ["测试企业001（虚构）"]
    entry = AuditEntry.objects.get(act="answers.read")
    assert (entry.actor, entry.subject) == (officer.user, f"企业 {record.key}")


def test_an_enterprise_of_another_region_is_not_found() -> None:
    record = firm(1, 注册地=SHUOCHENG)
    client = people.officer(region=GAOPING).client
    assert client.get(f"/office/enterprises/{record.key}/answers/").status_code == 404
    assert AuditEntry.objects.filter(act="answers.read").count() == 0


def test_enterprises_and_visitors_do_not_see_lists() -> None:
    entitled(firm(1))
    for address in ("", "places/", "gaps/", "near/", f"supports/{FIRST}/"):
        assert people.enterprise_user().client.get(f"/office/matching/{address}").status_code == 403
        assert people.visitor().get(f"/office/matching/{address}").status_code == 302
    assert people.of_role(Role.LEADER).client.get("/office/matching/").status_code == 200
