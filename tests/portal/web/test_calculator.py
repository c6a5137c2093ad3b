"""The public calculator over HTTP: begun, answered, changed, printed, taken into an account."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from huiqi.portal.base.rules import library
from huiqi.portal.matching.models import Calculation, OwnAnswer
from tests.portal import people
from tests.portal.registry.firms import firm

pytestmark = pytest.mark.django_db
FIRST_CERTIFICATE = "gaoping-2022-43/高企首次取得"


def page(response: Any) -> HTMLParser:
    assert response.status_code == 200
    return HTMLParser(response.content.decode())


def texts(tree: HTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in tree.css(selector)]


def begun(client: Client, subject: str = "企业") -> str:
    """The address of a new interview."""
    response = client.post("/calculator/begin/", {"subject": subject})
    assert response.status_code == 302
    address: str = response["Location"]
    assert re.fullmatch(r"/calculator/[\w-]{43}/", address)
    return address


def hidden(tree: HTMLParser) -> dict[str, str]:
    form = tree.css_first("form.ask")
    assert form is not None
    nodes = [form.css_first(f"input[name={name}]") for name in ("table", "key", "fact")]
    return {str(one.attributes["name"]): str(one.attributes["value"] or "") for one in nodes if one}


def tell(
    client: Client, address: str, fact: str, answer: str, table: str = "企业", **more: str
) -> Any:
    data = {"table": table, "key": f"{table}-1", "fact": fact, "answer": answer, **more}
    return client.post(f"{address}tell/", data)


def test_anyone_may_calculate_for_every_kind_of_subject() -> None:
    client = people.visitor()
    tree = page(client.get("/calculator/"))
    kinds = [str(node.attributes["value"]) for node in tree.css("button[name=subject]")]
    assert kinds[:3] == ["企业", "载体", "人员"]
    assert len(kinds) == len(set(kinds))
    for kind in kinds:
        address = begun(client, kind)
        assert hidden(page(client.get(address)))["table"]
    assert client.post("/calculator/begin/", {"subject": "没有"}).status_code == 404
    assert Calculation.objects.count() == len(kinds)


def test_the_interview_begins_with_the_place_and_tells_how_far_it_is() -> None:
    client = people.visitor()
    address = begun(client)
    tree = page(client.get(address))
    assert hidden(tree) == {"table": "企业", "key": "企业-1", "fact": "注册地"}
    assert re.fullmatch(r"已答0问，还剩约\d+问", texts(tree, "#progress-words")[0])
    groups = [str(node.attributes["label"]) for node in tree.css("#ask-answer optgroup")]
    assert {"晋城市", "吕梁市"} <= set(groups)
    assert tell(client, address, "注册地", "140581")["Location"] == address
    assert texts(page(client.get(address)), "#progress-words")[0].startswith("已答1问")


def test_an_answer_that_cannot_be_read_is_shown_with_what_to_write() -> None:
    client = people.visitor()
    address = begun(client)
    tree = page(tell(client, address, "注册地", "没有这里"))
    assert "请从列出的选项里选" in texts(tree, "#ask-error")[0]
    assert Calculation.objects.get().facts["told"] == []


def test_back_change_and_not_clear() -> None:
    client = people.visitor()
    address = begun(client)
    tell(client, address, "注册地", "140581")
    second = hidden(page(client.get(address)))
    client.post(f"{address}tell/", {**second, "unclear": "1"})
    told = Calculation.objects.get().facts["told"]
    assert [(one["fact"], one["value"]) for one in told] == [
        ("注册地", "140581"), (second["fact"], None),
    ]  # fmt: skip
    tree = page(client.get(f"{address}?ask=企业:1:注册地"))
    assert [node.attributes["value"] for node in tree.css("#ask-answer option[selected]")] == [
        "140581"
    ]
    tell(client, address, "注册地", "140525")
    client.post(f"{address}back/")
    told = Calculation.objects.get().facts["told"]
    assert [(one["fact"], one["value"]) for one in told] == [("注册地", "140525")]


def walked(client: Client, address: str, given: dict[str, str]) -> int:
    """Answers to the end: what is given, else 没有 for events and 不清楚 for facts."""
    for number in range(100):
        response = client.get(address)
        if response.status_code == 302:
            assert response["Location"] == f"{address}result/"
            return number
        asked = hidden(page(response))
        key = asked["fact"] or asked["table"]
        if asked["key"].endswith("-1") and key in given:
            sent = {**asked, "answer": given[key]}
        else:
            sent = {**asked, "unclear": "1"} if asked["fact"] else {**asked, "answer": "否"}
        assert client.post(f"{address}tell/", sent).status_code == 302, asked
    raise AssertionError("the interview has no end")


def test_a_first_certificate_is_found_without_an_account() -> None:
    client = people.visitor()
    address = begun(client)
    count = walked(client, address, {
        "注册地": "140581", "认定": "是", "名称": "高新技术企业", "级别": "国家级",
        "认定方式": "首次认定", "发证日期": "2024-03-05", "有效期止": "2027-03-05",
        "时注册地": "140581",
    })  # fmt: skip
    assert 8 < count < 40
    tree = page(client.get(f"{address}result/"))
    name = library().by_key[FIRST_CERTIFICATE].name
    assert name in texts(tree, "#group-yes .support-name")
    assert len(tree.css("button[data-prints]")) == 1
    assert "未经核实" in texts(tree, ".lead-line")[0]
    assert "登录后带入" in " ".join(texts(tree, "aside a.btn"))
    assert tree.css_first("meta[name=robots]") is not None


def test_a_result_may_be_read_before_the_end() -> None:
    client = people.visitor()
    address = begun(client)
    tell(client, address, "注册地", "140581")
    tree = page(client.get(f"{address}result/"))
    assert texts(tree, "#group-yes .support-name") == []
    assert "继续回答" in " ".join(texts(tree, ".page-actions a"))


def test_a_question_that_is_no_longer_open_leads_on() -> None:
    client = people.visitor()
    address = begun(client)
    for sent in (
        {"table": "企业", "key": "企业-1", "fact": "没有这一项", "answer": "1"},
        {"table": "企业", "key": "企业-x", "fact": "注册地", "answer": "140581"},
        {"answer": "1"},
    ):
        assert client.post(f"{address}tell/", sent)["Location"] == address
    assert Calculation.objects.get().facts["told"] == []


def test_a_token_that_nobody_has_or_that_expired_is_not_found() -> None:
    client = people.visitor()
    address = begun(client)
    wrong = address.replace(address[12:20], "AAAAAAAA")
    for rest in ("", "result/"):
        assert client.get(wrong + rest).status_code == 404
    made = Calculation.objects.get()
    Calculation.objects.update(made_at=timezone.now() - timedelta(days=31))
    response = client.get(address)
    assert response.status_code == 404
    assert "重新算一次" in response.content.decode()
    begun(client)
    assert not Calculation.objects.filter(pk=made.pk).exists()


def test_an_enterprise_takes_its_calculation_along() -> None:
    record = firm(1)
    visitor = people.visitor()
    address = begun(visitor)
    tell(visitor, address, "注册地", "140581")
    told = hidden(page(visitor.get(address)))
    assert told["fact"]
    tell(visitor, address, "民营企业", "是")
    talk = Calculation.objects.get()
    talk.facts["told"].append({"table": "企业", "row": 1, "fact": "民营企业", "value": True})
    talk.save()
    assert visitor.get(f"{address}take/")["Location"] == f"/login/?next={address}take/"
    owner = people.enterprise_user(record.key)
    assert owner.client.get(f"{address}take/")["Location"] == f"{address}result/"
    tree = page(owner.client.get(f"{address}result/"))
    assert texts(tree, "aside form button") == ["带入我的账户"]
    assert owner.client.post(f"{address}take/")["Location"] == "/my/"
    assert dict(OwnAnswer.objects.values_list("fact", "value")) == {
        "注册地": "140581", "民营企业": True,
    }  # fmt: skip
    another = people.enterprise_user(firm(2).key)
    again = another.client.post(f"{address}take/", follow=True)
    assert "属于别的账户" in again.content.decode()
    assert people.officer().client.post(f"{address}take/").status_code == 403


def test_the_number_of_queries_does_not_grow(django_assert_num_queries: Any) -> None:
    client = people.visitor()
    address = begun(client)
    for fact, answer in (("注册地", "140581"), ("行业", "39"), ("从业人员", "30")):
        with django_assert_num_queries(1):
            client.get(f"{address}result/")
        tell(client, address, fact, answer)
