"""What is exported can be handed in again and says nothing new; no cell becomes a formula."""

import io
from datetime import date
from typing import Any, Literal

import pytest
import python_calamine as calamine
from django.core.files.base import ContentFile

from huiqi.portal.base import jobs
from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import exporting, importing, queries
from huiqi.portal.registry.loading import load_region
from huiqi.portal.registry.models import Enterprise, Record, Statement
from huiqi.rulebook.bulk.snapshot import Snapshot
from tests.portal import people
from tests.portal.keeping import Kept, making
from tests.portal.people import NOW
from tests.portal.registry.firms import GAOPING, ZEZHOU, firm, keeper, title

pytestmark = pytest.mark.django_db
STYLES: tuple[Literal["csv", "xlsx"], ...] = ("csv", "xlsx")
HANDED_IN = date(2026, 6, 30)


@pytest.fixture(scope="module")
def kept_since(django_db_setup: None, django_db_blocker: Any, region: Snapshot) -> Kept:
    with making(django_db_blocker) as keep:
        load_region(region.folder, at=NOW, valid_from=HANDED_IN)
        return keep()


@pytest.fixture
def handed_in(kept_since: Kept, db: None, region: Snapshot) -> Snapshot:
    """The region, whose facts the registry holds from a day on."""
    kept_since.put_back()
    return region


def exported(table: str, style: Literal["csv", "xlsx"], by: people.Actor, **more: object) -> bytes:
    stream = io.BytesIO()
    exporting.write(stream, table, style=style, by=by, at=NOW, **more)  # type: ignore[arg-type]  # by name
    return stream.getvalue()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("table", ["企业", "认定", "年度经营", "人员"])
def test_what_is_exported_says_nothing_new_when_it_is_imported(
    handed_in: Snapshot, style: Literal["csv", "xlsx"], table: str
) -> None:
    by, said = keeper(), Statement.objects.count()
    content = exported(table, style, by)
    batch = importing.upload(
        ContentFile(content, name=f"{table}.{style}"), table, source="统计部门",
        as_of=HANDED_IN, by=by, at=NOW,
    )  # fmt: skip
    started = importing.start(batch, {}, by=by, at=NOW)
    assert started.job is not None
    result = jobs.run_job(started.job).result
    count = handed_in.rows(table)
    assert result == {"rows": count, "added": 0, "changed": 0, "same": count, "refused": 0}
    assert Statement.objects.count() == said


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    firm(1, 名称='=HYPERLINK("http://示例","点")', 从业人员=30, 上年营业收入=123_45)
    by = keeper()
    rows = exported("企业", "csv", by).decode("utf-8-sig").splitlines()
    assert rows[1].split(",", 1)[1].startswith('"\'=HYPERLINK(""http://示例"",""点"")"')
    book = calamine.load_workbook(io.BytesIO(exported("企业", "xlsx", by)))
    head, row = book.get_sheet_by_index(0).to_python()
    shown = dict(zip(head, row, strict=True))
    assert shown["名称"] == '=HYPERLINK("http://示例","点")'
    assert (shown["统一社会信用代码"], shown["从业人员（人）"], shown["上年营业收入（元）"]) == (
        people.credit_code(1), 30, 123.45,
    )  # fmt: skip
    entry = AuditEntry.objects.order_by("number").last()
    assert entry is not None
    assert (entry.act, entry.subject, entry.detail) == (
        "registry.export", "企业", {"rows": 1, "style": "xlsx"},
    )  # fmt: skip


def test_only_what_the_actor_sees_and_the_filter_keeps() -> None:
    one, two = firm(1), firm(2, 注册地=ZEZHOU)
    title(one)
    title(two)

    def keys(table: str, by: people.Actor, **more: object) -> list[str]:
        lines = exported(table, "csv", by, **more).decode("utf-8-sig").splitlines()[1:]
        return [line.split(",")[1 if table == "认定" else 0] for line in lines]

    here, all_ = people.officer(GAOPING).actor, people.officer("").actor
    assert keys("企业", here) == [one.key]
    assert keys("企业", all_) == [one.key, two.key]
    assert keys("认定", here) == [one.key]
    narrowed = queries.narrowed(Enterprise.objects.all(), on=people.NOW.date(), region=ZEZHOU)
    assert keys("认定", all_, enterprises=narrowed) == [two.key]
    assert keys("企业", people.newcomer().actor) == []
    with pytest.raises(Refused, match="没有“公司”这张表"):
        exported("公司", "csv", all_)
    assert Record.objects.count() == 4
