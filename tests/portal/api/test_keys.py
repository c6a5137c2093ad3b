"""Who may read what by which key; and that what is read is what the registry and the run hold."""

import io
import re
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from huiqi.portal.base.models import AuditEntry
from huiqi.portal.matching.models import Entitlement, OwnAnswer
from huiqi.portal.registry.models import Enterprise
from tests.portal.api.conftest import Filled

Ask = Callable[..., Any]

OFFICER, AUDITOR, OWNER, NOBODY = "officer", "auditor", "owner", ""
TABLE: tuple[tuple[str, str], ...] = (
    ("/enterprises", "officer auditor"),
    ("/enterprises/{code}", "officer auditor"),
    ("/enterprises/{code}/facts", "officer auditor"),
    ("/enterprises/{code}/answers", "officer auditor"),
    ("/corrections", "officer auditor"),
    ("/imports", "officer auditor"),
    ("/matching/run", "officer"),
    ("/matching/supports", "officer"),
    ("/matching/groups/regions", "officer"),
    ("/matching/entitlements", "officer"),
    ("/matching/entitlements.parquet", "officer"),
    ("/matching/gaps", "officer"),
    ("/matching/near", "officer"),
    ("/matching/targets", "officer"),
    ("/own", "owner"),
    ("/own/answers", "owner"),
    ("/own/notices", "owner"),
    ("/audit", "auditor"),
    ("/vocabulary", "officer auditor owner nobody"),
    ("/regions/under/top", "officer auditor owner nobody"),
    ("/industries/under/top", "officer auditor owner nobody"),
    ("/documents", "officer auditor owner nobody"),
    ("/documents/gaoping-2022-43", "officer auditor owner nobody"),
    ("/documents/gaoping-2022-43/clauses/14", "officer auditor owner nobody"),
    ("/documents/gaoping-2022-43/releases", "officer auditor owner nobody"),
    ("/clauses?words=高新技术", "officer auditor owner nobody"),
    ("/lineage/shanxi-2017-51/changzhi-2017-29", "officer auditor owner nobody"),
    ("/supports", "officer auditor owner nobody"),
    ("/supports/gaoping-2022-43/高企首次取得", "officer auditor owner nobody"),
)


@pytest.mark.parametrize(("path", "allowed"), TABLE)
@pytest.mark.parametrize("who", [OFFICER, AUDITOR, OWNER, NOBODY], ids=lambda who: who or "nobody")
def test_each_key_opens_what_it_is_for(
    ask: Ask, filled: Filled, path: str, allowed: str, who: str
) -> None:
    answer = ask(who, path.format(code=filled.code))
    expected = 200 if (who or "nobody") in allowed.split() else (403 if who else 401)
    assert answer.status_code == expected
    if expected != 200:
        assert set(answer.json()) == {"code", "message", "problems"}


def test_every_operation_stands_in_the_table(ask: Ask) -> None:
    from huiqi.portal.api.root import api

    listed = {re.split(r"[.?]", path.split("/")[1])[0] for path, _ in TABLE}
    paths = [path.removeprefix("/api/v1/") for path in api.get_openapi_schema()["paths"]]
    heads = {path.split("/")[0].split(".")[0] for path in paths} - {"evaluate", "{kind}"}
    assert heads <= listed


def test_a_foreign_enterprise_cannot_be_reached(ask: Ask, filled: Filled) -> None:
    assert ask(OWNER, f"/enterprises/{filled.other}").status_code == 403
    assert ask(OWNER, "/own").json()["credit_code"] == filled.code


def test_an_enterprise_is_read_as_the_registry_has_it_and_the_reading_is_noted(
    ask: Ask, filled: Filled
) -> None:
    before = AuditEntry.objects.count()
    row = Enterprise.objects.get(credit_code=filled.code)
    found = ask(OFFICER, f"/enterprises/{filled.code}").json()
    assert (found["name"], found["revenue"], found["size"]) == (row.name, row.revenue, row.size)
    entry = AuditEntry.objects.order_by("-number").first()
    assert AuditEntry.objects.count() == before + 1
    assert entry is not None
    assert (entry.act, entry.subject) == ("registry.read", filled.code)


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-11-22T10:00:00%2B08:00", 200),
        ("2026-11-22T10:00:00", 200),
        ("0191-07-06T09:00:02%2B18:59", 200),
        ("9999-12-31T23:59:59-18:59", 422),
        ("0001-01-01T00:00:00", 422),
    ],
)
def test_moments_of_any_offset_are_compared(
    ask: Ask, filled: Filled, moment: str, status: int
) -> None:
    facts = f"/enterprises/{filled.code}/facts?known_at="
    for who, path in (("auditor", "/audit?until="), ("officer", facts)):
        found = ask(who, path + moment)
        assert found.status_code == status
        if status == 422:
            assert found.json()["problems"][0]["message"] == "时间超出可用的范围"


def test_a_day_before_anything_was_known_is_empty(ask: Ask, filled: Filled) -> None:
    path = f"/enterprises/{filled.code}/facts"
    now = ask(OFFICER, path).json()
    assert {fact["fact"] for fact in now["subject"]["facts"]} >= {"名称", "注册地"}
    early = ask(OFFICER, f"{path}?known_at=2020-01-01T00:00:00%2B08:00").json()
    assert (early["subject"]["facts"], early["events"]) == ([], [])


def test_the_file_holds_the_rows_of_the_list(ask: Ask) -> None:
    listed = ask(OFFICER, "/matching/entitlements?limit=100").json()
    answer = ask(OFFICER, "/matching/entitlements.parquet")
    table = pl.read_parquet(io.BytesIO(answer.content))
    assert table.height == listed["count"] == Entitlement.objects.filter(answer="yes").count()
    first = listed["items"][0]
    assert table.row(0, named=True) == {**first, "item": first["item"] or None}


def test_pages_do_not_overlap_and_stay_within_bounds(ask: Ask) -> None:
    first = ask(OFFICER, "/enterprises?limit=10").json()
    second = ask(OFFICER, "/enterprises?limit=10&offset=10").json()
    codes = [item["credit_code"] for item in first["items"] + second["items"]]
    assert len(set(codes)) == 20
    assert (first["count"], first["more"]) == (80, False)
    for wrong in ("limit=0", "limit=101", "offset=-1", "offset=100001", "limit=x"):
        answer = ask(OFFICER, f"/enterprises?{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_an_enterprise_says_a_fact_and_its_answers_follow(ask: Ask, filled: Filled) -> None:
    wrong = ask(OWNER, "/own/facts", {"fact": "从业人员", "value": "很多"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_facts")
    assert OwnAnswer.objects.count() == 0
    told = ask(OWNER, "/own/facts", {"fact": "提供创新产品", "value": "是"})
    assert told.status_code == 422
    told = ask(OWNER, "/own/facts", {"fact": "环保排放达标", "value": "是"})
    assert told.status_code == 200
    made = OwnAnswer.objects.get()
    assert (made.record.key, made.fact, made.value) == (filled.code, "环保排放达标", True)


def test_a_revoked_key_opens_nothing(ask: Ask) -> None:
    from huiqi.portal.base.models import Token

    Token.objects.update(revoked_at="2026-11-22T03:00:00+08:00")
    assert ask(OFFICER, "/matching/run").status_code == 401


def test_too_many_requests_are_refused_with_the_time_to_wait(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huiqi.portal.api.root import api

    limit = api.throttle[0]  # type: ignore[index]
    monkeypatch.setattr(limit, "num_requests", 2)
    answers = [ask(NOBODY, "/documents") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0


def test_an_invented_forwarding_does_not_make_another_caller(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.test import Client

    from huiqi.portal.api.root import api

    monkeypatch.setattr(api.throttle[0], "num_requests", 2)  # type: ignore[index]
    browser = Client()
    answers = [
        browser.get("/api/v1/documents", headers={"X-Forwarded-For": f"10.0.0.{number}"})
        for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize("path", ["/enterprises", "/matching/entitlements", "/supports", "/audit"])
def test_a_list_asks_the_database_as_often_for_one_as_for_three(ask: Ask, path: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    who = AUDITOR if path == "/audit" else OFFICER
    ask(who, path)  # the first use of a key is written down
    counts = []
    for limit in (1, 3):
        with CaptureQueriesContext(connection) as caught:
            answer = ask(who, f"{path}?limit={limit}")
        assert len(answer.json()["items"]) == limit
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_a_document_that_waits_for_a_person_is_not_public(ask: Ask) -> None:
    from huiqi.portal.policies.enums import DocumentState
    from huiqi.portal.policies.models import Document

    Document.objects.filter(slug="gaoping-2022-43").update(
        state=DocumentState.READ, confirmed_at=None, confirmed_by=None
    )
    assert ask(NOBODY, "/documents/gaoping-2022-43").status_code == 404
    assert ask(NOBODY, "/documents/gaoping-2022-43/clauses/14").status_code == 404
    assert "gaoping-2022-43" not in {
        item["slug"] for item in ask(NOBODY, "/documents").json()["items"]
    }


def test_words_find_documents_clauses_and_supports(ask: Ask) -> None:
    clauses = ask(NOBODY, "/clauses?words=高新技术企业").json()["items"]
    assert ("gaoping-2022-43", "14") in {(item["document"], item["name"]) for item in clauses}
    supports = ask(NOBODY, "/supports?words=高新技术企业&limit=100").json()["items"]
    assert "gaoping-2022-43/高企首次取得" in {item["key"] for item in supports}
