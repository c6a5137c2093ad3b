"""我的政策 and notices, over HTTP, with and without the script."""

from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.rules import library
from huiqi.portal.matching import queries
from huiqi.portal.matching.models import Notice, OwnAnswer
from huiqi.portal.registry.models import Record
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.registry.firms import firm, title

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
FIRST_CERTIFICATE = "gaoping-2022-43/高企首次取得"


def page(response: HttpResponse) -> HTMLParser:
    assert response.status_code == 200
    return HTMLParser(response.content.decode())


def texts(tree: HTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in tree.css(selector)]


def owner(record: Record, role: Role = Role.ENTERPRISE_ADMIN) -> people.Person:
    return people.enterprise_user(record.key, role=role)


def holder(number: int = 1, **facts: Any) -> tuple[Record, Record]:
    """An enterprise with a certificate whose manner nobody has told."""
    record = firm(number, 主体类型="企业", **facts)
    return record, title(record, 1, 时注册地="140581")


def small_firm(number: int = 1) -> Record:
    """A small private firm of Lüliang, of which several lists have not been told."""
    return firm(
        number, 主体类型="企业", 注册地="141102", 行业="39", 从业人员=12,
        上年营业收入=500_000_000, 资产总额=300_000_000,
    )  # fmt: skip


def send(client: Client, record: Record, fact: str, answer: str = "", **more: str) -> Any:
    data = {"table": record.table, "key": record.key, "fact": fact, **more}
    if answer:
        data["answer"] = answer
    headers = HTMX if data.pop("htmx", "") else {}
    return client.post("/my/answer/", data, headers=headers)


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("role", [Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_STAFF])
def test_an_owner_sees_groups_reasons_sources_and_clauses(role: Role) -> None:
    record, _ = holder()
    tree = page(owner(record, role).client.get("/my/"))
    assert texts(tree, "h1") == ["我的政策"]
    assert "测试企业001（虚构）" in texts(tree, ".lead-line")[0]
    groups = [node.id for node in tree.css("section.answer-group")]
    assert groups[0] == "group-yes"
    assert groups[-1] == "group-no"
    won = tree.css_first("#group-yes .support-fold")
    assert won is not None
    assert {"✓"} == set(texts(won, ".condition-sign [aria-hidden]"))
    assert "测试登记" in won.text()
    assert "第14条" in " ".join(texts(won, ".reasons-foot dd"))
    # Without a script every reason is in the page; the browser opens it by itself.
    assert {node.tag for node in tree.css(".support-fold")} == {"details"}


@pytest.mark.parametrize("answered", [False, True])
def test_the_first_page_counts_what_the_page_of_policies_lists(answered: bool) -> None:
    """Before any run, and with what the enterprise told itself."""
    record = small_firm()
    client = owner(record).client
    if answered:
        send(client, record, "从业人员", "12")
        send(client, record, "小升规重点培育", "否")
        send(client, record, "知识产权服务机构", "否")
    home, tree = page(client.get("/")), page(client.get("/my/"))
    listed = {
        node.attributes["href"]: node.css_first("strong").text()
        for node in tree.css(".group-links a")
    }
    told = {
        node.attributes["href"].removeprefix("/my/"): node.css_first("strong")
        .text()
        .removesuffix("项")
        for node in home.css("a.way[href^='/my/#']")
    }
    assert set(told) == {"#group-yes", "#group-near", "#group-missing"}
    assert told == {link: listed.get(link, "0") for link in told}
    assert set(listed) > {"#group-missing"}


def test_an_enterprise_that_the_registry_does_not_know_is_told_what_to_do() -> None:
    tree = page(people.enterprise_user(people.credit_code(9)).client.get("/my/"))
    assert texts(tree, ".empty-title") == ["登记库里还没有贵单位的信息"]
    assert tree.css_first(".empty-state a").attributes["href"] == "/calculator/"


def test_the_number_of_queries_does_not_grow() -> None:
    one, many = holder(1)[0], holder(2)[0]
    for number in (2, 3):
        title(many, number, 时注册地="140581")
    first, second = owner(one), owner(many)
    for fact in ("民营企业", "环保排放达标", "能耗低于省内平均"):
        send(second.client, many, fact, "是")
    send(first.client, one, "民营企业", "是")
    for client in (first.client, second.client):
        client.get("/my/")  # messages of the answers are read here
    assert queries_of(first.client, "/my/") == queries_of(second.client, "/my/")


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as context:
        assert client.get(address).status_code == 200
    return len(context)


def test_a_support_has_a_page_of_its_own_to_print() -> None:
    record, _ = holder()
    tree = page(owner(record).client.get(f"/my/supports/{FIRST_CERTIFICATE}/"))
    assert len(tree.css("button[data-prints]")) == 1
    assert texts(tree, ".support-verdict .tag") == ["应享"]
    assert owner(record).client.get("/my/supports/gaoping-2022-43/没有/").status_code == 404


# ---------------------------------------------------------------- answering


def asked(tree: HTMLParser) -> tuple[str, str, str]:
    form = tree.css_first("form.ask")
    assert form is not None
    found = [form.css_first(f"input[name={name}]") for name in ("table", "key", "fact")]
    table, key, fact = (str(node.attributes["value"]) for node in found if node is not None)
    return table, key, fact


def test_an_answer_changes_the_result_at_once_and_says_what() -> None:
    record = small_firm()
    person = owner(record)
    table, key, fact = asked(page(person.client.get("/my/")))
    assert (table, key) == ("企业", record.key)
    response = send(person.client, record, "处于用电优惠期", "是", htmx="1")
    assert response.content.decode().startswith('<div id="answers"')
    tree = page(response)
    name = library().by_key["lvliang-2022-22/小微用电优惠"].name
    assert texts(tree, "[role=status] p") == [f"新增1项应享：{name}"]
    assert name in texts(tree, "#group-yes .support-name")
    assert "企业自报（待核实）" in " ".join(texts(tree, ".said"))
    again = send(person.client, record, "处于用电优惠期", "否", htmx="1")
    assert name not in texts(page(again), "#group-yes .support-name")


def test_the_same_works_as_a_plain_form() -> None:
    record, _ = holder()
    person = owner(record)
    response = send(person.client, record, "从业人员", "35")
    assert (response.status_code, response["Location"]) == (302, "/my/")
    tree = page(person.client.get("/my/"))
    assert len(texts(tree, ".messages .note")) == 1
    assert OwnAnswer.objects.get().value == 35


def test_not_clear_is_not_asked_again() -> None:
    record = small_firm()
    person = owner(record)
    table, key, fact = asked(page(person.client.get("/my/")))
    tree = page(send(person.client, record, fact, unclear="1", htmx="1"))
    assert OwnAnswer.objects.get().value is None
    assert asked(tree)[2] != fact
    assert "不清楚" in " ".join(texts(tree, ".said strong"))


@pytest.mark.parametrize(
    ("fact", "answer", "unit", "words"),
    [
        ("上年营业收入", "二十", "万元", "不是金额"),
        ("上年营业收入", "20.0000001", "元", "不能正好化为分"),
        ("从业人员", "三人", "", "请写整数"),
        ("成立日期", "2026-02-30", "", "2026-03-05"),
        ("注册地", "没有这里", "", "请从列出的选项里选"),
        ("民营企业", "也许", "", "不是“是”或“否”"),
        ("从业人员", "", "", "不清楚"),
    ],
)
def test_an_answer_that_cannot_be_read_says_what_to_write(
    fact: str, answer: str, unit: str, words: str
) -> None:
    record, _ = holder()
    person = owner(record)
    for mode in ("", "1"):
        tree = page(send(person.client, record, fact, answer, unit=unit, htmx=mode))
        error = tree.css_first("#ask-error")
        assert error is not None
        assert words in error.text()
        control = tree.css_first("#ask-answer, form.ask fieldset")
        assert control is not None
        assert control.attributes["aria-describedby"] == "ask-error" or "ask-error" in str(
            control.attributes["aria-describedby"]
        )
        assert asked(tree)[2] == fact
    assert OwnAnswer.objects.count() == 0


@pytest.mark.parametrize(
    ("answer", "unit", "fen"),
    [("20", "万元", 20_000_000), ("1.5", "亿元", 15_000_000_000), ("12.34", "元", 1234),
     ("20万元", "元", 20_000_000)],
)  # fmt: skip
def test_money_is_read_exactly_in_its_unit(answer: str, unit: str, fen: int) -> None:
    record, _ = holder()
    send(owner(record).client, record, "上年营业收入", answer, unit=unit)
    assert OwnAnswer.objects.get().value == fen


def test_an_answer_given_can_be_changed_and_taken_back() -> None:
    record, event = holder()
    person = owner(record)
    send(person.client, record, "上年营业收入", "20", unit="万元")
    tree = page(person.client.get(f"/my/?ask=企业:{record.key}:上年营业收入"))
    shown = [node.attributes["value"] for node in tree.css("#ask-answer")]
    assert (asked(tree)[2], shown, texts(tree, "#ask-unit option")[0]) == (
        "上年营业收入", ["20"], "万元",
    )  # fmt: skip
    place = {"table": "企业", "key": record.key, "fact": "上年营业收入"}
    assert person.client.post("/my/answer/take-back/", place).status_code == 302
    assert OwnAnswer.objects.count() == 0
    again = person.client.post("/my/answer/take-back/", place, follow=True)
    assert "可能已经撤回" in again.content.decode()
    send(person.client, event, "认定方式", "首次认定")
    assert OwnAnswer.objects.get().record == event


def test_a_registers_fact_wins_and_the_page_says_so() -> None:
    record, _ = holder(从业人员=8)
    person = owner(record)
    send(person.client, record, "从业人员", "900")
    tree = page(person.client.get("/my/"))
    assert "已有登记信息，以登记为准" in " ".join(texts(tree, ".said"))
    assert "900人" not in " ".join(texts(tree, ".used-value"))


# ---------------------------------------------------------------- whose it is


def test_nobody_answers_for_another_enterprise() -> None:
    record, _ = holder(1)
    other, foreign = holder(2)
    client = owner(record).client
    before = AuditEntry.objects.count()
    for about in (other, foreign):
        assert send(client, about, "从业人员", "1").status_code == 404
        place = {"table": about.table, "key": about.key, "fact": "从业人员"}
        assert client.post("/my/answer/take-back/", place).status_code == 404
    assert send(client, record, "没有的事实", "1").status_code == 404
    assert send(client, record, "受困影响严重", "是").status_code == 404
    assert (OwnAnswer.objects.count(), AuditEntry.objects.count()) == (0, before)
    wanted = client.get(f"/my/?ask=认定:{foreign.key}:认定方式")
    assert foreign.key not in wanted.content.decode()


def test_staff_and_visitors_have_no_answers_of_their_own() -> None:
    assert people.officer().client.get("/my/").status_code == 403
    assert people.visitor().get("/my/")["Location"] == "/login/?next=/my/"


# ---------------------------------------------------------------- notices


def notice(person: people.Person, number: int, **extra: Any) -> Notice:
    return Notice.objects.create(
        unit=person.unit, kind="entitled", about=f"测试{number}", title=f"测试通知{number}",
        made_at=NOW, **extra,
    )  # fmt: skip


def test_notices_are_counted_in_the_header_and_read() -> None:
    record, _ = holder()
    person = owner(record)
    first, _second = notice(person, 1, link="/my/"), notice(person, 2)
    tree = page(person.client.get("/my/notices/"))
    assert texts(tree, ".site-account .count") == ["未读2"]
    assert texts(tree, ".notices strong") == ["测试通知2", "测试通知1"]
    response = person.client.post(f"/my/notices/{first.pk}/")
    assert (response.status_code, response["Location"]) == (302, "/my/")
    assert texts(page(person.client.get("/my/notices/")), ".site-account .count") == ["未读1"]
    person.client.post("/my/notices/read/")
    assert Notice.objects.filter(read_at=None).count() == 0
    assert texts(page(person.client.get("/my/notices/")), ".site-account .count") == []


def test_a_notice_leads_nowhere_outside() -> None:
    person = owner(holder()[0])
    for number, link in enumerate(
        ("https://example.invalid/", "//example.invalid/", "javascript:1")
    ):
        made = notice(person, number, link=link)
        assert person.client.post(f"/my/notices/{made.pk}/")["Location"] == "/my/notices/"


def test_notices_are_those_of_the_person_and_the_enterprise_acted_for() -> None:
    record, _ = holder()
    one, two, officer = owner(record), owner(record), people.officer()
    ours = notice(one, 1)
    own = Notice.objects.create(user=one.user, kind="policy", about="自己", title="甲", made_at=NOW)
    notice(owner(holder(2)[0]), 2)
    assert list(queries.notices(one.actor)) == [own, ours]
    assert list(queries.notices(two.actor)) == [ours]
    assert not queries.notices(officer.actor).exists()
    assert not queries.notices(NOBODY).exists()


def test_another_enterprises_notice_is_not_found() -> None:
    mine, other = owner(holder(1)[0]), owner(holder(2)[0])
    made = notice(other, 1)
    assert mine.client.post(f"/my/notices/{made.pk}/").status_code == 404
    mine.client.post("/my/notices/read/")
    made.refresh_from_db()
    assert made.read_at is None
    tree = page(mine.client.get("/my/notices/"))
    assert texts(tree, ".empty-title") == ["还没有通知"]


def test_the_list_of_notices_costs_the_same_however_long() -> None:
    one, many = owner(holder(1)[0]), owner(holder(2)[0])
    notice(one, 1)
    for number in range(2, 5):
        notice(many, number)
    assert queries_of(one.client, "/my/notices/") == queries_of(many.client, "/my/notices/")
