"""Money, days, places and rates as pages write them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from huiqi.portal.matching.models import Run
from huiqi.portal.web.templatetags import huiqi
from huiqi.rulebook.language.answers import Answer


@pytest.mark.parametrize(
    ("fen", "expected"),
    [
        (0, "0元"),
        (1, "0.01元"),
        (999_999, "9,999.99元"),
        (2_000_000_000, "2,000万元"),
        (12_500_000_000, "1.25亿元"),
        (1_234_567_800, "1,234.5678万元"),
        (12_345_678, "123,456.78元"),
        (99_999_999_700, "99,999.9997万元"),
        (-500_000, "-5,000元"),
        (None, "不详"),
        (True, "不详"),
        ("20万元", "不详"),
    ],
)
def test_money(fen: Any, expected: str) -> None:
    assert huiqi.money(fen) == expected


@pytest.mark.parametrize(
    ("fen", "expected"), [(0, "0.00"), (123_456_789, "1,234,567.89"), (None, "不详")]
)
def test_yuan(fen: int | None, expected: str) -> None:
    assert huiqi.yuan(fen) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1_000_000, 1_000_000, "1万元"),
        (1_000_000, 5_000_000, "1万元至5万元"),
        (0, 5_000_000, "至多5万元"),
        (1_000_000, None, "至少1万元"),
        (0, None, "金额待定"),
        (None, 5_000_000, "至多5万元"),
        (None, None, "不详"),
    ],
)
def test_money_range(low: int | None, high: int | None, expected: str) -> None:
    assert huiqi.money_range(low, high) == expected


def test_ranges_are_short_where_there_is_little_room() -> None:
    assert huiqi.brief_range(430_980_000, 521_370_000) == "约431万元至约521.4万元"
    assert huiqi.brief_range(0, 12_345_678) == "至多约12.3万元"


@pytest.mark.parametrize(
    ("known", "refreshed", "expected"),
    [
        (None, None, "按2026年3月5日有效的政策计算"),
        ((5, 1, 30), (5, 1, 30), "按2026年3月5日有效的政策计算，数据截至当日09:30"),
        ((4, 1, 30), None, "按2026年3月5日有效的政策计算，数据截至2026年3月4日 09:30"),
        (
            (5, 1, 30),
            (6, 2, 5),
            "按2026年3月5日有效的政策计算，数据截至当日09:30，以后的变更已更新到2026年3月6日 10:05",
        ),
    ],
)
def test_a_run_says_each_day_once(known: Any, refreshed: Any, expected: str) -> None:
    def moment(at: Any) -> datetime | None:
        return datetime(2026, 3, *at, tzinfo=UTC) if at else None

    run = Run(on=date(2026, 3, 5), known_at=moment(known), refreshed_at=moment(refreshed))
    assert huiqi.run_words(run) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "1970年1月1日"), (20_517, "2026年3月5日"), (None, "不详")]
)
def test_day(days: int | None, expected: str) -> None:
    assert huiqi.day(days) == expected


def test_dates_are_those_of_the_place() -> None:
    late = datetime(2026, 3, 4, 18, 5, tzinfo=UTC)
    assert huiqi.cn_date(date(2026, 3, 5)) == "2026年3月5日"
    assert huiqi.cn_date(late) == "2026年3月5日"
    assert huiqi.cn_time(late) == "2026年3月5日 02:05"
    assert huiqi.cn_date(None) == "不详"
    assert huiqi.cn_time(None) == "不详"


@pytest.mark.parametrize(
    ("code", "full", "short"),
    [
        ("140581", "晋城市高平市", "高平市"),
        ("140500", "晋城市", "晋城市"),
        ("140000", "山西省", "山西省"),
        ("999999", "999999", "999999"),
        ("", "不详", "不详"),
        (None, "不详", "不详"),
    ],
)
def test_region(code: str | None, full: str, short: str) -> None:
    assert (huiqi.region(code), huiqi.region_short(code)) == (full, short)


@pytest.mark.parametrize(
    ("code", "expected"), [("01", "农业"), ("A", "农、林、牧、渔业"), ("X9", "X9"), (None, "不详")]
)
def test_industry(code: str | None, expected: str) -> None:
    assert huiqi.industry(code) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (huiqi.grouped(1_234_567), "1,234,567"),
        (huiqi.grouped(None), "不详"),
        (huiqi.rate(50_000), "5%"),
        (huiqi.rate(1), "0.0001%"),
        (huiqi.rate(None), "不详"),
        (huiqi.share(1, 3), "33.3%"),
        (huiqi.share(2, 3), "66.6%"),
        (huiqi.share(3, 3), "100.0%"),
        (huiqi.share(1, 0), "—"),
        (huiqi.share(None, 3), "—"),
        (huiqi.yes_no(True), "是"),
        (huiqi.yes_no(False), "否"),
        (huiqi.yes_no(None), "不详"),
        (huiqi.file_size(1), "1 KB"),
        (huiqi.file_size(3 * 1024 * 1024), "3 MB"),
        (huiqi.file_size(None), "不详"),
        (
            huiqi.browser("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537"),
            "谷歌浏览器，Windows",
        ),
        (huiqi.browser("Mozilla/5.0 (iPhone) Safari MicroMessenger/8.0"), "微信，苹果手机"),
        (huiqi.browser("curl"), "浏览器不详"),
        (huiqi.fact_name("年度经营.属链主企业"), "年度经营·属链主企业"),
        (huiqi.item({"甲": 1}, "甲"), 1),
        (huiqi.item({}, "甲"), None),
        (huiqi.item(None, "甲"), None),
    ],
)
def test_small_filters(written: Any, expected: Any) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("value", "words", "look"),
    [
        (Answer.YES, "应享", "answer-yes"),
        (Answer.MISSING, "缺事实", "answer-missing"),
        (Answer.JUDGE, "需认定", "answer-judge"),
        (Answer.NO, "不享", "answer-no"),
        ("near", "差一步", "answer-near"),
        ("应享", "应享", "answer-yes"),
        ("别的", "别的", "answer-plain"),
    ],
)
def test_answer_has_words_and_sign(value: Any, words: str, look: str) -> None:
    shown = Template("{% load huiqi %}{% answer value %}").render(Context({"value": value}))
    assert (words in shown, look in shown, "<use href=" in shown) == (True, True, True)


def test_query_keeps_what_it_does_not_change() -> None:
    request = RequestFactory().get("/", {"words": "甲 乙", "page": "3", "size": ["小型", "微型"]})
    page = Context({"request": request})
    written = Template("{% load huiqi %}{% query page=4 sort='name' words=None %}").render(page)
    assert (
        written == "?page=4&amp;size=%E5%B0%8F%E5%9E%8B&amp;size=%E5%BE%AE%E5%9E%8B&amp;sort=name"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("自 2026-03-05 起满 2年", "自2026年3月5日起满2年"),
        ("还有 44 天", "还有44天"),
        ("企业.注册地 属于 高平市", "企业.注册地 属于 高平市"),
        ("编号2026-03-0512", "编号2026-03-0512"),
        ("", ""),
        (None, ""),
    ],
)
def test_sentences_of_the_rules_are_written_as_the_pages_write(text: Any, expected: str) -> None:
    assert huiqi.tidy(text) == expected


def test_icon_says_nothing_to_a_reader() -> None:
    assert 'aria-hidden="true"' in huiqi.icon("bell")
    assert "<script>" not in huiqi.icon("<script>")
