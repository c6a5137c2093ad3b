"""The registry for staff and for the enterprise itself: lists, facts, history, imports, corrections."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from python_calamine import CalamineWorkbook

from huiqi.portal.base import jobs
from huiqi.portal.base.models import AuditEntry, StoredFile
from huiqi.portal.registry import actions
from huiqi.portal.registry.enums import BatchState, CorrectionState
from huiqi.portal.registry.models import Batch, Correction, Grant, Record
from tests.portal import people
from tests.portal.pdfs import pdf
from tests.portal.people import Person, credit_code
from tests.portal.registry.firms import GAOPING, ZEZHOU, firm, keeper, title

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
PDF = pdf()


def text(person: Person, url: str, status: int = 200, **given: Any) -> str:
    response = person.client.get(url, given)
    assert response.status_code == status
    return response.content.decode()


def page_of(record: Record) -> str:
    return reverse("web:enterprise", args=[record.key])


# ---------------------------------------------------------------- the list


def test_the_list_holds_the_enterprises_of_the_units_region() -> None:
    firm(1)
    firm(2, 注册地=ZEZHOU)
    shown = text(people.officer(GAOPING), reverse("web:enterprises"))
    assert ("测试企业001" in shown, "测试企业002" in shown) == (True, False)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"words": "企业002"}, ["002"]),
        ({"words": credit_code(1)}, ["001"]),
        ({"region": ZEZHOU}, ["002"]),
        ({"industry": "F"}, ["003"]),
        ({"title": "高新技术企业"}, ["001"]),
        ({"size": "none", "words": "企业001"}, ["001"]),
        ({"region": "999999"}, ["001", "002", "003"]),
    ],
)
def test_the_list_is_searched(given: dict[str, str], found: list[str]) -> None:
    title(firm(1))
    firm(2, 注册地=ZEZHOU)
    firm(3, 行业="52")
    shown = text(people.officer(""), reverse("web:enterprises"), **given)
    assert [number for number in ("001", "002", "003") if f"测试企业{number}" in shown] == found


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_however_long_it_is(
    count: int, django_assert_num_queries: Any
) -> None:
    for number in range(1, count + 1):
        title(firm(number))
    officer = people.officer()
    text(officer, reverse("web:enterprises"))
    # Session, user, memberships, how many, the page, unread notices.
    with django_assert_num_queries(6):
        text(officer, reverse("web:enterprises"))


def test_the_list_as_a_sheet_is_audited() -> None:
    firm(1, 上年营业收入=123_456_789)
    officer = people.officer()
    response: Any = officer.client.get(reverse("web:enterprises"), {"format": "xlsx"})
    content = b"".join(response.streaming_content)
    sheet = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert sheet[1][:4] == [credit_code(1), "测试企业001（虚构）", "", "晋城市高平市"]
    assert sheet[1][8] == 1234567.89
    entry = AuditEntry.objects.get(act="registry.export")
    assert (entry.actor, entry.detail["rows"]) == (officer.user, 1)


# ---------------------------------------------------------------- one enterprise


def test_the_page_shows_facts_with_source_and_is_audited() -> None:
    record = firm(1, 从业人员=35)
    title(record)
    Grant.objects.create(
        record=record,
        support="测试/支持",
        amount=12_345_600,
        on=date(2026, 3, 5),
        source="测试财政",
    )
    officer = people.officer()
    shown = text(officer, page_of(record))
    assert [
        words in shown
        for words in ("35人", "测试登记", "2025年1月1日", "高新技术企业", "123,456.00", "未掌握")
    ] == [True] * 6
    entry = AuditEntry.objects.get(act="registry.read")
    assert (entry.actor, entry.subject) == (officer.user, f"企业 {record.key}")


def test_an_enterprise_of_another_region_is_not_found() -> None:
    record = firm(2, 注册地=ZEZHOU)
    text(people.officer(GAOPING), page_of(record), 404)
    history = reverse("web:fact_history", args=[record.key, "名称"])
    text(people.officer(GAOPING), history, 404)


def test_the_state_of_a_day_as_known_on_a_day() -> None:
    record = firm(1, 从业人员=3)
    actions.state(
        record, {"从业人员": 35}, source="测试统计", by=keeper(), at=LATER,
        valid_from=date(2025, 6, 1),
    )  # fmt: skip
    officer, url = people.officer(), page_of(record)

    def staff(**given: str) -> list[bool]:
        shown = text(officer, url, **given)
        return [f">{number}人</td>" in shown for number in (3, 35)]

    assert staff() == [False, True]
    assert staff(on="2025-03-01") == [True, False]
    assert staff(on="2026-11-24", known="2026-11-24") == [True, False]
    assert staff(on="2026-11-24", known="2026-11-25") == [False, True]


def test_a_day_that_is_none_is_said_beside_its_field() -> None:
    shown = text(people.officer(), page_of(firm(1)), on="昨天")
    assert "field-error" in shown


def test_the_history_of_a_fact_is_all_that_was_said() -> None:
    record = firm(1, 从业人员=3)
    actions.state(record, {"从业人员": 35}, source="测试统计", by=keeper(), at=LATER)
    officer = people.officer()
    shown = text(officer, reverse("web:fact_history", args=[record.key, "从业人员"]))
    assert shown.index(">35人<") < shown.index(">3人<")
    text(officer, reverse("web:fact_history", args=[record.key, "没有这项"]), 404)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_however_many_events(
    count: int, django_assert_num_queries: Any
) -> None:
    record = firm(1)
    for number in range(1, count + 1):
        title(record, number)
    officer = people.officer()
    text(officer, page_of(record))
    # The audit of the reading waits for its turn by a query of its own on PostgreSQL.
    with django_assert_num_queries(17 if connection.vendor == "postgresql" else 16):
        shown = text(officer, page_of(record))
    assert shown.count("2024年3月5日") == count


# ---------------------------------------------------------------- imports


def sheet_of(*rows: str) -> SimpleUploadedFile:
    heads = "统一社会信用代码,企业名称,注册地,从业人数,营业收入（万元）"
    return SimpleUploadedFile("测试名录.csv", "\n".join([heads, *rows]).encode())


def upload(registrar: Person, *rows: str) -> Batch:
    response = registrar.client.post(
        reverse("web:imports"),
        {"table": "企业", "source": "统计部门", "as_of": "2026-11-01", "file": sheet_of(*rows)},
    )
    batch = Batch.objects.latest("pk")
    assert (response.status_code, response["Location"]) == (
        302,
        reverse("web:import", args=[batch.pk]),
    )
    return batch


def chosen(**more: str) -> dict[str, str]:
    meant = {
        "统一社会信用代码": "统一社会信用代码",
        "企业名称": "名称",
        "注册地": "注册地",
        "从业人数": "从业人员",
        "营业收入（万元）": "上年营业收入（万元）",
    }
    return {f"column:{heading}": name for heading, name in meant.items()} | more


def test_headings_that_are_nearly_a_fact_are_proposed_and_marked() -> None:
    registrar = people.registrar("")
    batch = upload(registrar, f"{credit_code(1)},测试企业001（虚构）,高平市,35,120.5")
    shown = text(registrar, reverse("web:import", args=[batch.pk]))
    assert shown.count("名称相近，请核对") == 1  # the others are 又名
    for value in ("名称", "从业人员", "上年营业收入（万元）"):
        assert f'<option value="{value}" selected>' in shown
    assert "35" in shown


def test_what_was_chosen_stays_where_it_is_refused() -> None:
    registrar = people.registrar("")
    batch = upload(registrar, f"{credit_code(1)},测试企业001（虚构）,高平市,35,120.5")
    twice = chosen(**{"column:企业名称": "统一社会信用代码"})
    page = registrar.client.post(reverse("web:import", args=[batch.pk]), twice).content.decode()
    assert page.count("“统一社会信用代码”给了2列") == 1
    assert page.count('<option value="统一社会信用代码" selected>') == 2
    assert page.count('<option value="上年营业收入（万元）" selected>') == 1


@pytest.mark.django_db(transaction=True)
def test_an_import_runs_and_lists_what_is_wrong() -> None:
    registrar = people.registrar("")
    batch = upload(
        registrar,
        f"{credit_code(1)},测试企业001（虚构）,高平市,35,120.5",
        "91990000000000XXXX,测试企业002（虚构）,高平市,20,5",
    )
    url = reverse("web:import", args=[batch.pk])
    response = registrar.client.post(url, chosen(save_as="测试月报"))
    assert (response.status_code, response["Location"]) == (302, url)
    assert "排队中" in text(registrar, url)
    batch.refresh_from_db()
    assert batch.job is not None
    jobs.discover()
    jobs.run_job(batch.job)
    shown = text(registrar, url)
    assert [words in shown for words in ("第3行", "91990000000000XXXX", "校验位不对")] == [True] * 3
    record = Record.objects.get(table="企业", key=credit_code(1))
    assert (record.values["从业人员"], record.values["上年营业收入"]) == (35, 120_500_000)
    listed: Any = registrar.client.get(reverse("web:import_problems", args=[batch.pk]))
    assert "91990000000000XXXX" in b"".join(listed.streaming_content).decode("utf-8-sig")
    again = upload(registrar, f"{credit_code(2)},测试企业002（虚构）,高平市,3,1")
    assert "测试月报" in text(registrar, reverse("web:import", args=[again.pk]))


def test_an_upload_can_be_discarded() -> None:
    registrar = people.registrar("")
    batch = upload(registrar, f"{credit_code(1)},测试企业001（虚构）,高平市,35,120.5")
    response = registrar.client.post(reverse("web:import_discard", args=[batch.pk]))
    assert response["Location"] == reverse("web:imports")
    assert Batch.objects.count() == 0


def test_a_file_that_is_none_is_refused_beside_its_field() -> None:
    registrar = people.registrar("")
    response = registrar.client.post(
        reverse("web:imports"),
        {
            "table": "企业",
            "source": "统计部门",
            "as_of": "2026-11-01",
            "file": SimpleUploadedFile("名录.xlsx", b"not a workbook"),
        },
    )
    assert response.context["form"].errors.keys() == {"file"}
    assert (Batch.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_the_import_of_another_unit_is_not_found() -> None:
    batch = upload(people.registrar(""), f"{credit_code(1)},测试企业001（虚构）,高平市,35,120.5")
    stranger = people.registrar(unit=people.department("测试另一部门"))
    for name in ("import", "import_again", "import_problems"):
        text(stranger, reverse(f"web:{name}", args=[batch.pk]), 404)
    assert stranger.client.post(reverse("web:import_discard", args=[batch.pk])).status_code == 404
    batch.refresh_from_db()
    assert batch.state == BatchState.UPLOADED


@pytest.mark.parametrize("table", ["企业", "认定"])
def test_a_template_is_a_workbook_with_the_tables_heads(table: str) -> None:
    response: Any = people.registrar("").client.get(reverse("web:import_template", args=[table]))
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(response.streaming_content)))
    assert table in book.sheet_names
    text(people.registrar(""), reverse("web:import_template", args=["没有这张表"]), 404)


# ---------------------------------------------------------------- the enterprise itself


def asking(record: Record, fact: str = "从业人员") -> str:
    return reverse("web:ask_correction", args=[record.pk, fact])


def test_the_enterprise_sees_its_facts_and_asks_for_a_correction() -> None:
    unit = people.department("测试统计局", sources=["统计部门"])
    record = firm(1, 从业人员=3)
    owner = people.enterprise_user(record.key)
    shown = text(owner, reverse("web:my_enterprise"))
    assert ("3人" in shown, asking(record) in shown) == (True, True)
    response = owner.client.post(
        asking(record),
        {
            "proposed": "35",
            "reason": "年报填写的是35人",
            "evidence": SimpleUploadedFile("年报.pdf", PDF),
        },
    )
    assert (response.status_code, response["Location"]) == (302, reverse("web:my_enterprise"))
    made = Correction.objects.get()
    assert (made.present, made.proposed, made.holder, made.state) == (
        3, 35, unit, CorrectionState.WAITING,
    )  # fmt: skip
    assert made.evidence is not None
    shown = text(owner, reverse("web:my_enterprise"))
    assert ("核实中" in shown, "测试统计局" in shown) == (True, True)
    papers: Any = owner.client.get(reverse("web:own_evidence", args=[made.pk]))
    assert b"".join(papers.streaming_content) == PDF


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"proposed": "三十", "reason": "测试"}, "proposed"),
        ({"proposed": "35", "reason": ""}, "reason"),
        ({"proposed": "", "reason": "测试"}, "proposed"),
        ({"proposed": "3", "reason": "测试"}, "proposed"),
        ({"proposed": "35", "reason": "测试", "valid_from": "昨天"}, "valid_from"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(given: dict[str, str], field: str) -> None:
    record = firm(1, 从业人员=3)
    owner = people.enterprise_user(record.key)
    response = owner.client.post(asking(record), given)
    assert list(response.context["form"].errors) == [field]
    assert (Correction.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_a_bad_paper_is_said_beside_its_field_with_a_remedy() -> None:
    record = firm(1, 从业人员=3)
    owner = people.enterprise_user(record.key)
    paper = SimpleUploadedFile("年报.pdf", b"not a paper")
    page = owner.client.post(
        asking(record), {"proposed": "三十五", "reason": "漏写一位", "evidence": paper}
    )
    assert page.context["form"].errors["proposed"] == ["“三十五”不是数量（人）。请写整数，例如 35"]
    paper.seek(0)
    page = owner.client.post(
        asking(record), {"proposed": "35", "reason": "漏写一位", "evidence": paper}
    )
    assert list(page.context["form"].errors) == ["evidence"]


def test_a_refused_request_keeps_no_paper() -> None:
    record = firm(1, 从业人员=3)
    owner = people.enterprise_user(record.key)
    owner.client.post(
        asking(record),
        {"proposed": "3", "reason": "测试", "evidence": SimpleUploadedFile("年报.pdf", PDF)},
    )
    assert (Correction.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_another_enterprise_is_never_reached_by_its_number() -> None:
    mine, other = firm(1), firm(2, 从业人员=3)
    owner, stranger = people.enterprise_user(mine.key), people.enterprise_user(other.key)
    text(owner, asking(other), 404)
    text(owner, reverse("web:ask_correction", args=[mine.pk, "划型"]), 404)
    made = actions.ask_correction(
        other, "从业人员", proposed=35, reason="测试", by=stranger.actor, at=people.NOW
    )
    for name in ("withdraw_correction", "own_evidence"):
        url = reverse(f"web:{name}", args=[made.pk])
        answer = owner.client.post(url) if "withdraw" in name else owner.client.get(url)
        assert (name, answer.status_code) == (name, 404)
    made.refresh_from_db()
    assert made.state == CorrectionState.WAITING


def test_an_event_can_be_corrected_and_the_request_withdrawn() -> None:
    record = firm(1)
    won = title(record)
    owner = people.enterprise_user(record.key)
    assert asking(won, "级别") in text(owner, reverse("web:my_enterprise"))
    owner.client.post(asking(won, "级别"), {"proposed": "省级", "reason": "证书是省级"})
    made = Correction.objects.get()
    assert made.record == won
    owner.client.post(reverse("web:withdraw_correction", args=[made.pk]))
    made.refresh_from_db()
    assert made.state == CorrectionState.WITHDRAWN


def test_an_enterprise_that_the_registry_lacks_is_told_what_to_do() -> None:
    shown = text(people.enterprise_user(credit_code(9)), reverse("web:my_enterprise"))
    assert "登记库里还没有本企业" in shown


# ---------------------------------------------------------------- the desk


def asked(sources: list[str]) -> tuple[Person, Correction]:
    officer = people.officer(unit=people.department("测试统计局", sources=sources))
    record = firm(1, 从业人员=3)
    owner = people.enterprise_user(record.key)
    made = actions.ask_correction(
        record, "从业人员", proposed=35, reason="漏写一位", by=owner.actor, at=people.NOW
    )
    return officer, made


@pytest.mark.parametrize(
    ("given", "state", "value"),
    [
        ({"accept": "yes"}, CorrectionState.ACCEPTED, 35),
        ({"accept": "no", "opinion": "与统计台账一致"}, CorrectionState.REFUSED, 3),
        ({"accept": "no"}, CorrectionState.WAITING, 3),
        ({}, CorrectionState.WAITING, 3),
    ],
)
def test_the_holder_decides(given: dict[str, str], state: str, value: int) -> None:
    officer, made = asked(["统计部门"])
    url = reverse("web:correction", args=[made.pk])
    assert "漏写一位" in text(officer, url)
    officer.client.post(url, given)
    made.refresh_from_db()
    made.record.refresh_from_db()
    assert (made.state, made.record.values["从业人员"]) == (state, value)


def test_the_queue_shows_what_waits_first_and_all_on_demand() -> None:
    officer, made = asked(["统计部门"])
    desk = reverse("web:corrections")
    assert "测试企业001" in text(officer, desk)
    actions.decide_correction(made, accept=True, by=officer.actor, at=LATER)
    assert "没有待核实的更正申请" in text(officer, desk)
    assert "测试企业001" in text(officer, desk, state="")
    assert "测试企业001" in text(officer, desk, state="accepted", words="企业001")
    assert "没有符合条件的申请" in text(officer, desk, words="另一家")


def test_the_request_of_another_unit_is_not_found() -> None:
    _, made = asked(["统计部门"])
    other = people.officer(unit=people.department("测试税务局", sources=["税务部门"]))
    text(other, reverse("web:correction", args=[made.pk]), 404)
    text(other, reverse("web:correction_evidence", args=[made.pk]), 404)


def test_two_people_deciding_at_once_are_told() -> None:
    officer, made = asked(["统计部门"])
    colleague = people.officer(unit=officer.unit)
    actions.decide_correction(made, accept=False, opinion="一致", by=colleague.actor, at=LATER)
    url = reverse("web:correction", args=[made.pk])
    response = officer.client.post(url, {"accept": "yes"}, follow=True)
    assert f"已由{colleague.user.name}办结" in response.content.decode()
    made.record.refresh_from_db()
    assert made.record.values["从业人员"] == 3


@pytest.mark.parametrize("count", [1, 3])
def test_the_queue_costs_the_same_however_long_it_is(
    count: int, django_assert_num_queries: Any
) -> None:
    officer = people.officer(unit=people.department("测试统计局", sources=["统计部门"]))
    for number in range(1, count + 1):
        record = firm(number, 从业人员=3)
        owner = people.enterprise_user(record.key)
        actions.ask_correction(
            record, "从业人员", proposed=35, reason="测试", by=owner.actor, at=people.NOW
        )
    text(officer, reverse("web:corrections"))
    with django_assert_num_queries(6):
        text(officer, reverse("web:corrections"))
