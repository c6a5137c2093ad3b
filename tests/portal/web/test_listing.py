"""Lists: filtered, sorted, paged and exported in the database at a constant number of queries."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django import forms
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import RequestFactory
from python_calamine import CalamineWorkbook

from huiqi.portal.base import counting
from huiqi.portal.base.models import AuditEntry, CalendarDay
from huiqi.portal.web import exporting, listing
from huiqi.portal.web.exporting import Column, Export
from huiqi.portal.web.listing import Filters

pytestmark = pytest.mark.django_db
SORTS = {"day": ("day",), "name": ("name", "-day")}


class DayFilters(Filters):
    words = forms.CharField(label="名称")
    working = forms.NullBooleanField(label="上班")
    since = forms.DateField(label="自")

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        if values["words"]:
            rows = rows.filter(name__contains=values["words"])
        if values["working"] is not None:
            rows = rows.filter(is_working=values["working"])
        return rows.filter(day__gte=values["since"]) if values["since"] else rows


COLUMNS = (
    Column("日期", lambda row: row.day, "date"),
    Column("名称", lambda row: row.name),
    Column("上班", lambda row: row.is_working),
    Column("金额（元）", lambda row: 123_456, "fen"),
    Column("空", lambda row: None, "number"),
)
EXPORT = Export("测试日历", COLUMNS, act="test.export")


def asked(**given: Any) -> HttpRequest:
    request = RequestFactory().get("/list/", given)
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def make(count: int, name: str = "测试日") -> None:
    CalendarDay.objects.bulk_create(
        CalendarDay(day=date.fromordinal(730_000 + place), is_working=place % 2 == 0, name=name)
        for place in range(count)
    )


def shown(request: HttpRequest, **options: Any) -> listing.Listing[CalendarDay]:
    return listing.listing(
        request,
        CalendarDay.objects.all(),
        DayFilters,
        sorts=SORTS,
        default_sort="day",
        per_page=10,
        **options,
    )


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_two_queries(
    count: int, django_assert_num_queries: Callable[[int], Any]
) -> None:
    make(count)
    with django_assert_num_queries(2):
        assert len(shown(asked()).rows) == count


def test_pages_hold_every_row_once() -> None:
    make(25)
    seen = [row.day for page in (1, 2, 3) for row in shown(asked(page=page)).rows]
    assert seen == [date.fromordinal(730_000 + place) for place in range(25)]
    last = shown(asked(page=3))
    assert (last.number, last.pages, last.previous, last.next) == (3, 3, 2, None)
    assert last.count_text == "共25条"


@pytest.mark.parametrize(
    ("page", "expected"),
    [("", 1), ("0", 1), ("-1", 1), ("x", 1), ("２", 1), ("2", 2), ("999999", 3), ("9" * 40, 1)],
)
def test_a_page_that_is_not_there_is_the_nearest(page: str, expected: int) -> None:
    make(25)
    assert shown(asked(page=page)).number == expected


@pytest.mark.parametrize(
    ("sort", "first", "kept"),
    [
        ("", 0, "day"),
        ("-day", 11, "-day"),
        ("name", 11, "name"),
        ("-name", 0, "-name"),
        ("password", 0, "day"),
    ],
)
def test_sorts_are_those_allowed(sort: str, first: int, kept: str) -> None:
    make(12)
    found = shown(asked(sort=sort))
    assert (found.rows[0].day, found.sort) == (date.fromordinal(730_000 + first), kept)


def test_filters_narrow_and_a_wrong_one_is_said_beside_its_field() -> None:
    make(4)
    make_one = CalendarDay.objects.create(day=date(2026, 10, 1), is_working=False, name="国庆节")
    assert list(shown(asked(words="国庆")).rows) == [make_one]
    assert shown(asked(working="true")).count == 2
    wrong = shown(asked(since="昨天", words="测试"))
    assert (wrong.count, wrong.is_filtered) == (4, True)
    assert wrong.form is not None
    assert list(wrong.form.errors) == ["since"]


def test_a_long_list_is_counted_no_further_than_it_is_paged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "MOST", 20)
    monkeypatch.setattr(counting, "MOST", 20)
    make(25)
    found = shown(asked(page=99))
    assert (found.is_cut, found.pages, len(found.rows)) == (True, 2, 10)
    assert found.near_pages == [1, 2]


def test_near_pages_leave_out_what_is_far() -> None:
    make(100)
    assert shown(asked(page=5)).near_pages == [1, None, 4, 5, 6, None, 10]
    assert shown(asked()).near_pages == [1, 2, None, 10]


def sheet(response: Any) -> list[list[Any]]:
    # Not the response is closed: that would also close the connection of the test.
    with response.file_to_stream as file:
        book = CalamineWorkbook.from_filelike(BytesIO(file.read()))
    return book.get_sheet_by_index(0).to_python()


def test_export_holds_the_filtered_list_and_is_audited() -> None:
    make(12)
    CalendarDay.objects.create(day=date(2026, 10, 1), is_working=False, name="国庆节")
    found = shown(asked(words="国庆", format="xlsx"), export=EXPORT)
    assert found.download is not None
    assert sheet(found.download) == [
        ["日期", "名称", "上班", "金额（元）", "空"],
        [date(2026, 10, 1), "国庆节", "否", 1234.56, ""],
    ]
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.subject, entry.detail) == (
        "test.export",
        "测试日历",
        {"rows": 1, "filters": {"words": ["国庆"]}},
    )


def test_nothing_typed_by_a_person_becomes_a_formula() -> None:
    CalendarDay.objects.create(day=date(2026, 1, 1), is_working=False, name='=HYPERLINK("x")')
    CalendarDay.objects.create(
        day=date(2026, 1, 2), is_working=False, name="http://example.invalid"
    )
    CalendarDay.objects.create(day=date(2026, 1, 3), is_working=False, name="00123")
    found = shown(asked(format="xlsx"), export=EXPORT)
    assert [row[1] for row in sheet(found.download)[1:]] == [
        '=HYPERLINK("x")',
        "http://example.invalid",
        "00123",
    ]


def test_a_list_too_long_for_a_file_is_refused_with_advice() -> None:
    make(12)
    request = asked(format="xlsx", words="测试")
    small = Export("测试日历", COLUMNS, act="test.export", most=5)
    found = shown(request, export=small)
    assert found.download is not None
    assert (found.download.status_code, found.download["Location"]) == (
        302,
        "/list/?words=%E6%B5%8B%E8%AF%95",
    )
    assert [str(said) for said in request._messages] == [  # type: ignore[attr-defined]
        "超过5行，一次导不出来。请加筛选条件后再导出。"
    ]
    assert AuditEntry.objects.count() == 0


def test_cells_keep_their_kind() -> None:
    def rows() -> Iterator[int]:
        yield 1

    moment = datetime(2026, 3, 4, 18, 5, tzinfo=UTC)
    columns = (
        Column("时间", lambda row: moment, "time"),
        Column("数", lambda row: Decimal("1.5"), "number"),
        Column("分", lambda row: 0, "fen"),
        Column("是", lambda row: True),
    )
    file = BytesIO()
    assert exporting.write(file, Export("测试", columns, act=""), rows()) == 1
    file.seek(0)
    read = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    assert read[1] == [datetime(2026, 3, 5, 2, 5), 1.5, 0, "是"]  # noqa: DTZ001 - a sheet knows none
