"""Files into the registry: as officials keep them, every bad row told, resumable, twice is once."""

import io
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from django.conf import settings as django_settings
from django.core.files.base import ContentFile

from huiqi.portal.base import files, jobs, rules
from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.models import Job
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry import actions, history, importing, snapshot, staging, taking
from huiqi.portal.registry.enums import BatchState
from huiqi.portal.registry.models import Batch, Certificate, Enterprise, Grant, Record, Statement
from huiqi.rulebook.bulk.matching import match
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.demo import export_tables
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.tables.payments import item_tables
from tests.portal import people
from tests.portal.people import NOW, credit_code
from tests.portal.registry.firms import GAOPING, SHUOCHENG, ZEZHOU, firm, keeper, title

pytestmark = pytest.mark.django_db
SOURCE, JUNE = "统计部门", date(2026, 6, 30)
HEADINGS = "统一社会信用代码,名称,注册地,行业,从业人员,上年营业收入（万元）"


@pytest.fixture
def by() -> Actor:
    return keeper()


def uploaded(
    content: bytes | str, table: str, by: Actor, name: str = "", as_of: date = JUNE
) -> Batch:
    data = content.encode() if isinstance(content, str) else content
    file = ContentFile(data, name=name or f"{table}.csv")
    return importing.upload(file, table, source=SOURCE, as_of=as_of, by=by, at=NOW)


def imported(
    content: bytes | str, table: str, by: Actor, name: str = "", as_of: date = JUNE, **chosen: str
) -> Batch:
    batch = importing.start(uploaded(content, table, by, name, as_of), chosen, by=by, at=NOW)
    assert batch.job is not None
    jobs.run_job(batch.job)
    batch.refresh_from_db()
    return batch


def figures(batch: Batch) -> dict[str, int]:
    names = ("rows", "added", "changed", "same", "refused")
    return {name: getattr(batch, name) for name in names if getattr(batch, name)}


def told(batch: Batch) -> list[tuple[str, str, str]]:
    return list(batch.bad_rows.values_list("place", "value", "problem"))


def lines(*rows: str) -> str:
    return "\n".join([HEADINGS, *rows]) + "\n"


# -------------------------------------------------------------------- whole regions


def test_a_region_handed_in_as_tables_matches_to_the_fen(
    region: Snapshot, by: Actor, tmp_path: Path
) -> None:
    library = rules.library()
    files = export_tables(region, library.vocabulary, tmp_path / "csv", style="csv")
    subjects = [path for path in files if not _is_event(path.stem)]
    for path in [*subjects, *(path for path in files if path not in subjects)]:
        batch = imported(path.read_bytes(), path.stem, by)
        assert (batch.state, batch.refused) == (BatchState.DONE, 0)
    made, _ = snapshot.write(tmp_path / "snapshots")
    on = NOW.date()
    assert match(library, made, on).budgets == match(library, region, on).budgets


def _is_event(table: str) -> bool:
    declared = rules.library().vocabulary.tables.get(table)
    return declared is None or declared.is_event


def test_sheets_as_officials_keep_them_say_the_same(
    region: Snapshot, by: Actor, tmp_path: Path
) -> None:
    """Title, two rows of headings with merged cells, 合计, 2026.3.5, 20万: nothing is new in them."""
    vocabulary = rules.library().vocabulary
    for table in ("企业", "认定", "年度经营"):
        for style in ("csv", "xlsx"):
            export_tables(region, vocabulary, tmp_path / style, style=style)  # type: ignore[arg-type]  # one of two
        first = imported((tmp_path / "csv" / f"{table}.csv").read_bytes(), table, by)
        sheet = imported(
            (tmp_path / "xlsx" / f"{table}.xlsx").read_bytes(), table, by, f"{table}.xlsx"
        )
        count = region.rows(table)
        assert figures(first) == {"rows": count, "added": count}
        assert figures(sheet) == {"rows": count, "same": count}
        assert sheet.bad_rows.exclude(problem__startswith="提醒：").count() == 0


def test_the_same_file_twice_changes_nothing(by: Actor) -> None:
    content = lines(f"{credit_code(1)},测试企业1,高平市,13,30,200")
    first = imported(content, "企业", by)
    said = Statement.objects.count()
    known = list(Record.objects.values_list("digest", "known_at", "change"))
    again = imported(content, "企业", by)
    assert (figures(first), figures(again)) == ({"rows": 1, "added": 1}, {"rows": 1, "same": 1})
    assert Statement.objects.count() == said
    assert list(Record.objects.values_list("digest", "known_at", "change")) == known
    assert importing.earlier(again) == first


def test_what_is_new_becomes_a_statement_and_the_columns_follow(by: Actor) -> None:
    one, two = credit_code(1), credit_code(2)
    imported(
        lines(f"{one},测试企业1,高平市,13,30,200", f"{two},测试企业2,高平市,13,5,"), "企业", by
    )
    batch = imported(
        lines(f"{one},测试企业1,高平市,13,31,200", f"{two},测试企业2,高平市,13,,"), "企业", by,
        as_of=date(2026, 9, 30),
    )  # fmt: skip
    assert figures(batch) == {"rows": 2, "changed": 1, "same": 1}
    record = Record.objects.get(key=one)
    said = history.as_of(record, NOW.date())["从业人员"]
    assert (said.value, said.origin) == (31, "统计部门 2026-09-30")
    assert history.as_of(record, date(2026, 8, 1))["从业人员"].value == 30
    shops = Enterprise.objects.order_by("credit_code")
    assert list(shops.values_list("employees", "revenue", "size", "region")) == [
        (31, 2_000_000_00, "微型", GAOPING), (5, None, "微型", GAOPING),
    ]  # fmt: skip
    # An empty cell says nothing; it takes nothing away.
    assert Record.objects.get(key=two).values["从业人员"] == 5


def test_late_data_of_an_earlier_day_leave_the_present_alone(by: Actor) -> None:
    row = f"{credit_code(1)},测试企业1,高平市,13,{{}},200"
    imported(lines(row.format(40)), "企业", by)
    late = imported(lines(row.format(35)), "企业", by, as_of=date(2025, 12, 31))
    again = imported(lines(row.format(35)), "企业", by, as_of=date(2025, 12, 31))
    assert (figures(late), figures(again)) == ({"rows": 1, "changed": 1}, {"rows": 1, "same": 1})
    record = Record.objects.get()
    assert record.values["从业人员"] == 40
    assert history.as_of(record, date(2026, 1, 1))["从业人员"].value == 35


# -------------------------------------------------------------------- bad rows


def test_each_bad_row_is_told_and_the_good_ones_are_in(by: Actor) -> None:
    good, wrong = credit_code(1), credit_code(2)[:-1] + ("0" if credit_code(2)[-1] != "0" else "1")
    batch = imported(
        lines(
            f"{good},测试企业1,高平市,13,30,200",
            f"{wrong},测试企业2,高平市,13,30,200",
            "9.14E+17,测试企业3,高平市,13,30,200",
            f"{credit_code(4)},测试企业4,高平县,13,三十,20万元",
            f"{good},测试企业1,高平市,13,31,200",
            "合计,,,,60,400",
        ),
        "企业",
        by,
    )
    assert figures(batch) == {"rows": 5, "added": 1, "refused": 4}
    problems = [item for item in told(batch) if not item[2].startswith("提醒：")]
    assert [(place, value) for place, value, _ in problems] == [
        ("第3行“统一社会信用代码”", wrong),
        ("第4行“统一社会信用代码”", "9.14E+17"),
        ("第5行“注册地”", "高平县"),
        ("第5行“从业人员”", "三十"),
        ("第6行“统一社会信用代码”", good),
    ]
    assert problems[0][2].endswith("校验位不对，多半抄错了一位")
    assert "末几位已经丢失" in problems[1][2]
    assert "已经有了" in problems[-1][2]
    assert all(item.remedy for item in batch.bad_rows.filter(problem__contains="校验位"))
    listed = importing.problems_file(batch)
    assert listed is not None
    assert listed.read_text("utf-8-sig").count("\n") == 1 + batch.bad_rows.count()


def test_events_name_their_owner(by: Actor) -> None:
    record = firm(1)
    content = (
        "认定编号,企业,名称,级别,发证日期,有效期止\n"
        f"测-1,{record.key},高新技术企业,国家级,2024.3.5,2027-03-04\n"
        f"测-2,{credit_code(9)},高新技术企业,国家级,2024.3.5,2027-03-04\n"
        f"测-3,,高新技术企业,国家级,2024.3.5,2027-03-04\n"
    )
    batch = imported(content, "认定", by)
    assert figures(batch) == {"rows": 3, "added": 1, "refused": 2}
    assert [(place, problem) for place, _, problem in told(batch)] == [
        ("第4行“企业”", "没有填所属的企业"), ("第3行“企业”", "登记库里没有这个企业"),
    ]  # fmt: skip
    won = Certificate.objects.get()
    assert (won.name, won.won_on, won.ends_on) == (
        "高新技术企业", date(2024, 3, 5), date(2027, 3, 4),
    )  # fmt: skip
    assert Enterprise.objects.get().titles == "、高新技术企业、"
    # An event is what it is on every day; it bears its own date.
    event = Record.objects.get(table="认定")
    assert history.as_of(event, date(2020, 1, 1))["级别"].value == "国家级"


def test_a_number_of_another_owner_and_a_record_taken_back_are_refused(by: Actor) -> None:
    one, two = firm(1), firm(2)
    held = title(one)
    gone = title(one, 2)
    actions.take_back(gone, reason="录错了", by=by, at=NOW)
    batch = imported(
        f"认定编号,企业,级别\n{held.key},{two.key},省级\n{gone.key},{one.key},省级\n", "认定", by
    )
    assert [(value, problem) for _, value, problem in told(batch)] == [
        (gone.key, "这条登记已经撤销"), (held.key, "这个编号已登记在别的企业名下"),
    ]  # fmt: skip
    assert figures(batch) == {"rows": 2, "refused": 2}


def test_a_link_to_a_subject_that_is_not_there_is_a_reminder(by: Actor) -> None:
    batch = imported(f"载体编号,运营单位,名称\n测-1,{credit_code(5)},测试载体\n", "载体", by)
    assert figures(batch) == {"rows": 1, "added": 1}
    assert told(batch) == [("第2行“运营单位”", credit_code(5), "提醒：登记库里还没有这个企业")]


def test_payments_already_made(by: Actor) -> None:
    record = firm(1)
    content = (
        "主体,支持,事项,金额,日期\n"
        f"{record.key},测试政策/测试支持,测-1,20万元,2025-03-05\n"
        f"{credit_code(8)},测试政策/测试支持,,20万元,2025-03-05\n"
        f"{record.key},测试支持,,20万元,2025-03-05\n"
    )
    batch = imported(content, "拨付", by)
    assert figures(batch) == {"rows": 3, "added": 1, "refused": 2}
    paid = Grant.objects.get()
    assert (paid.record, paid.support, paid.item, paid.amount, paid.on) == (
        record, "测试政策/测试支持", "测-1", 200_000_00, date(2025, 3, 5),
    )  # fmt: skip
    assert figures(imported(content, "拨付", by)) == {"rows": 3, "same": 1, "refused": 2}
    other = imported(content.replace("20万元", "21万元"), "拨付", by)
    assert [problem for _, _, problem in told(other) if "金额不同" in problem] != []
    assert Grant.objects.get().amount == 200_000_00


def test_payments_of_an_item_that_is_not_there_are_told(by: Actor) -> None:
    record = firm(1)
    event = title(record)
    known = next(key for key, table in item_tables(rules.library()).items() if table == "认定")
    content = "主体,支持,事项,金额,日期\n" + "".join(
        f"{record.key},{known},{item},20万元,2025-03-05\n" for item in (event.key, "测-9", "")
    )
    batch = imported(content, "拨付", by)
    assert figures(batch) == {"rows": 3, "added": 3}
    assert sorted(told(batch)) == [
        ("第3行“事项”", "测-9", "提醒：“认定”里没有“测-9”，这笔挡不住同一项再给"),
        ("第4行“支持”", known, "提醒：没写事项：“认定”每项只给一次，不写就挡不住同一项再给"),
    ]


def test_reminders_leave_room_for_what_is_refused(
    by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "SHOWN", 4)
    record = firm(1)
    known = next(key for key, table in item_tables(rules.library()).items() if table == "认定")
    content = "主体,支持,事项,金额,日期\n" + "".join(
        f"{key},{known},测-{number},20万元,2025-03-05\n"
        for number, key in enumerate([record.key] * 5 + [credit_code(8), credit_code(9)])
    )
    batch = imported(content, "拨付", by)
    assert figures(batch) == {"rows": 7, "added": 5, "refused": 2}
    assert [place for place, _, _ in told(batch)] == ["第7行“主体”", "第8行“主体”"]


def test_payments_of_supports_that_are_not_there_are_told_by_sheet(by: Actor) -> None:
    record = firm(1)
    known = next(key for key, table in item_tables(rules.library()).items() if not table)
    head = ["主体", "支持", "事项", "金额", "日期"]
    day = "2025-03-05"
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    for name, support in (
        ("拨付", known),
        ("拨付（2）", f"{known}了"),
        ("拨付（3）", "old/测试支持"),
    ):
        page = book.add_worksheet(name)
        page.write_row(0, 0, head)
        page.write_row(1, 0, [record.key, support, "测-1", "20万元", day])
    book.close()
    batch = imported(stream.getvalue(), "拨付", by, "拨付.xlsx")
    assert figures(batch) == {"rows": 3, "added": 2, "refused": 1}
    policy, _, support = known.partition("/")
    assert sorted(told(batch)) == [
        ("［拨付（2）］第2行“支持”", f"{known}了", f"“{policy}”里没有“{support}了”这项支持"),
        ("［拨付（3）］第2行“支持”", "old/测试支持", "提醒：没有“old”这份政策，这笔不影响测算"),
    ]


# -------------------------------------------------------------------- who may


def test_a_unit_imports_what_lies_in_its_region() -> None:
    firm(5, 注册地=SHUOCHENG)
    by = keeper(GAOPING)
    batch = imported(
        lines(
            f"{credit_code(1)},测试企业1,高平市,13,30,200",
            f"{credit_code(2)},测试企业2,泽州县,13,30,200",
            f"{credit_code(3)},测试企业3,,13,30,200",
            f"{credit_code(5)},测试企业5,高平市,13,30,200",
        ),
        "企业",
        by,
    )
    assert figures(batch) == {"rows": 4, "added": 1, "refused": 3}
    assert [place for place, _, _ in told(batch)] == [
        "第4行“注册地”",
        "第3行“注册地”",
        "第5行“注册地”",
    ]
    owned = imported(
        f"认定编号,企业,名称\n测-1,{credit_code(1)},高新技术企业\n测-2,{credit_code(5)},高新技术企业\n",
        "认定",
        by,
    )
    assert figures(owned) == {"rows": 2, "added": 1, "refused": 1}


def test_an_officer_imports_the_facts_the_unit_holds() -> None:
    firm(1, 从业人员=30)
    bureau = people.department("测试统计局", region="140500", sources=[SOURCE])
    by = people.officer(unit=bureau).actor
    assert importing.sources(by, rules.library().vocabulary) == [SOURCE]
    batch = imported(lines(f"{credit_code(1)},改了的名称,泽州县,13,31,200"), "企业", by)
    assert figures(batch) == {"rows": 1, "changed": 1}
    record = Record.objects.get()
    assert (record.values["从业人员"], record.name) == (31, "测试企业001（虚构）")
    assert record.values["注册地"] == GAOPING
    assert any("由别的单位掌握" in problem for _, _, problem in told(batch))
    with pytest.raises(Refused, match="不掌握“税务部门”的数据"):
        importing.upload(
            ContentFile(b"x", name="a.csv"), "企业", source="税务部门", as_of=JUNE, by=by, at=NOW
        )
    for other in (people.leader(), people.enterprise_user(), people.newcomer()):
        with pytest.raises(Refused, match="不能导入数据"):
            importing.upload(
                ContentFile(b"x", name="a.csv"), "企业", source=SOURCE, as_of=JUNE, by=other.actor,
                at=NOW,
            )  # fmt: skip
    stranger = keeper(ZEZHOU)
    mine = uploaded(lines(), "企业", by)
    with pytest.raises(Refused, match="别的单位的导入"):
        importing.start(mine, {}, by=stranger, at=NOW)


@pytest.mark.parametrize("lost", ["ended", "expired", "delegation ended", "not yet"])
def test_a_former_registrar_imports_what_the_unit_holds_only(lost: str) -> None:
    firm(1, 从业人员=30)
    bureau = people.department("测试统计局", region="140500", sources=[SOURCE])
    person, other = people.officer(unit=bureau), people.registrar(unit=bureau)
    held = people.Membership.objects.create(
        user=person.user, unit=bureau, role="registrar", since=people.SINCE
    )
    batch = uploaded(lines(f"{credit_code(1)},改了的名称,泽州县,13,31,200"), "企业", person.actor)
    enterprises = rules.library().vocabulary.tables["企业"]
    assert staging.foreign(batch, enterprises) == set()
    if lost == "ended":
        held.ended_at, held.ended_by = NOW, other.user
    elif lost == "expired":
        held.until = NOW.date() - timedelta(days=1)
    elif lost == "not yet":
        held.since = NOW.date() + timedelta(days=1)
    else:
        held.delegated_from = other.membership
        people.Membership.objects.filter(pk=other.membership.pk).update(  # type: ignore[union-attr]
            ended_at=NOW, ended_by=other.user
        )
    held.save()
    assert "名称" in staging.foreign(batch, enterprises)


# -------------------------------------------------------------------- headings


def test_headings_are_proposed_matched_by_hand_and_remembered(by: Actor) -> None:
    content = (
        "代码,企业全称,所在县,人数,营收（万元）,备注\n"
        f"{credit_code(1)},测试企业1,高平市,30,200,无\n"
    )
    first = uploaded(content, "企业", by)
    proposal = importing.propose(first)
    assert proposal.fatal
    assert [(item.text, item.meaning) for item in proposal.headings] == [
        ("代码", ""), ("企业全称", ""), ("所在县", ""), ("人数", ""), ("营收（万元）", ""), ("备注", ""),
    ]  # fmt: skip
    assert proposal.headings[1].cells == ("测试企业1",)
    with pytest.raises(Refused, match="缺少“统一社会信用代码”列"):
        importing.start(first, {}, by=by, at=NOW)
    assert Job.objects.count() == 0
    chosen = {
        "代码": "统一社会信用代码", "企业全称": "名称", "所在县": "注册地", "人数": "从业人员",
        "营收（万元）": "上年营业收入", "备注": "",
    }  # fmt: skip
    started = importing.start(first, chosen, by=by, at=NOW, save_as="统计局月报")
    assert started.job is not None
    jobs.run_job(started.job)
    shop = Enterprise.objects.get()
    assert (shop.name, shop.region, shop.employees, shop.revenue) == (
        "测试企业1", GAOPING, 30, 2_000_000_00,
    )  # fmt: skip
    second = uploaded(content, "企业", by)
    saved = importing.mappings(by, "企业").get()
    known = importing.propose(second, saved)
    assert not known.fatal
    assert [(item.meaning, item.unit) for item in known.headings] == [
        ("统一社会信用代码", ""), ("名称", ""), ("注册地", ""), ("从业人员", ""),
        ("上年营业收入", "万元"), ("", ""),
    ]  # fmt: skip


def test_two_tables_in_one_sheet_are_refused_with_the_reason(by: Actor) -> None:
    code = credit_code(1)
    content = (
        f"统一社会信用代码,名称,备注\n{code},甲,\n\n统一社会信用代码,名称,从业人员\n{code},甲,3\n"
    )
    with pytest.raises(Refused, match="第1行和第4行都是列名，这里有两块表"):
        importing.start(uploaded(content, "企业", by), {}, by=by, at=NOW)
    assert Job.objects.count() == 0


def test_a_template_can_be_filled_in_and_handed_in(by: Actor) -> None:
    book = importing.empty_workbook("企业")
    proposal = importing.propose(uploaded(book, "企业", by, "模板.xlsx"))
    assert not proposal.fatal
    assert {item.meaning for item in proposal.headings} >= {"统一社会信用代码", "名称", "从业人员"}
    with pytest.raises(Refused, match="没有“企业表”这张表"):
        importing.empty_workbook("企业表")


# -------------------------------------------------------------------- hostile files


def sheet(rows: list[list[str]], formulas: dict[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    page = book.add_worksheet("企业")
    for place, row in enumerate(rows):
        page.write_row(place, 0, row)
    for cell, formula in (formulas or {}).items():
        page.write_formula(cell, formula, value="")
    book.close()
    return stream.getvalue()


def test_a_thousand_columns_are_read_past(by: Actor) -> None:
    known = ["统一社会信用代码", "名称", "注册地"]
    wide = [f"无关列{number}" for number in range(1000)]
    rows = [[*known, *wide], [credit_code(1), "测试企业1", "高平市", *("x" for _ in wide)]]
    batch = imported(sheet(rows), "企业", by, "宽表.xlsx")
    assert figures(batch) == {"rows": 1, "added": 1}
    problems = [problem for _, _, problem in told(batch)]
    assert len(problems) == 51
    assert problems[-1].startswith("提醒：还有950列不认识")


def test_formulas_without_a_value_are_told(by: Actor) -> None:
    rows = [HEADINGS.split(","), [credit_code(1), "测试企业1", "高平市", "13", "", "200"]]
    batch = imported(sheet(rows, {"E2": "=1+1"}), "企业", by, "公式.xlsx")
    assert figures(batch) == {"rows": 1, "refused": 1}
    assert told(batch)[0][:2] == ("第2行“从业人员”", "=1+1")


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("宏.xlsm", b"PK\x03\x04", "文件可能带有宏，不能接收"),
        ("空.csv", b"", "文件是空的"),
        ("程序.csv", b"MZ\x90\x00", "文件内容是程序"),
        ("图.png", b"\x89PNG\r\n\x1a\n", "不接收“.png”文件"),
    ],
)
def test_files_that_are_no_tables_are_refused(
    name: str, content: bytes, what: str, by: Actor
) -> None:
    with pytest.raises(Refused, match=what):
        uploaded(content, "企业", by, name)
    assert Batch.objects.count() == 0


def test_a_workbook_that_unpacks_to_far_more_is_refused(by: Actor) -> None:
    stream = io.BytesIO(sheet([["统一社会信用代码"]]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/media/blank.bin", b"\0" * 90_000_000)
    with pytest.raises(Refused, match="解开后大得不正常"):
        uploaded(stream.getvalue(), "企业", by, "炸弹.xlsx")


def test_a_file_that_cannot_be_read_fails_with_words(by: Actor) -> None:
    started = importing.start(
        uploaded(lines(f"{credit_code(1)},测试企业1,高平市,13,30,200"), "企业", by),
        {},
        by=by,
        at=NOW,
    )
    assert started.job is not None
    files.path(started.file).write_bytes(b"nothing that is known\n")
    job = jobs.run_job(started.job)
    started.refresh_from_db()
    assert (job.state, started.state) == (JobState.FAILED, BatchState.FAILED)
    assert "缺少“统一社会信用代码”列" in job.message
    assert Record.objects.count() == 0


ROW = f"{credit_code(1)},测试企业1,高平市,13,30,200"


@pytest.mark.parametrize(
    "content",
    [
        lines(ROW).encode("gb18030"),
        lines(ROW).encode("utf-16"),
        lines(ROW).encode("utf-8-sig"),
        lines(ROW).replace(",", ";").encode(),
        lines(ROW).replace("\n", "\r\n").encode(),
        lines(ROW, HEADINGS).encode(),
    ],
    ids=["GBK", "UTF-16", "marked", "semicolons", "windows", "headings again"],
)
def test_as_programs_write_it(content: bytes, by: Actor) -> None:
    batch = imported(content, "企业", by)
    assert figures(batch) == {"rows": 1, "added": 1}
    shop = Enterprise.objects.get()
    assert (shop.name, shop.region, shop.employees) == ("测试企业1", GAOPING, 30)


@pytest.mark.parametrize(
    ("name", "kept"), [("../../etc/企业.csv", "企业.csv"), ("C:\\表\\企业.csv", "企业.csv")]
)
def test_a_name_with_a_path_is_only_a_name(name: str, kept: str, by: Actor) -> None:
    file = io.BytesIO(lines(ROW).encode())
    batch = importing.upload(file, "企业", source=SOURCE, as_of=JUNE, by=by, at=NOW, name=name)
    assert batch.file.name == kept
    assert files.path(batch.file).is_relative_to(django_settings.MEDIA_ROOT)


def test_headings_twice_are_told_and_nothing_is_invented(by: Actor) -> None:
    """Each is left out; where nothing but the code is left, there is nothing to import."""
    twice = f"名称,统一社会信用代码,名称,从业人员\n甲,{credit_code(1)},乙,3\n"
    batch = imported(twice, "企业", by)
    assert figures(batch) == {"rows": 1, "added": 1}
    assert Enterprise.objects.get().name == ""
    assert "“名称”给了2列" in told(batch)[0][2]
    only = uploaded(f"名称,统一社会信用代码,名称\n甲,{credit_code(2)},乙\n", "企业", by)
    with pytest.raises(Refused, match="除了编号，没有一列能导入"):
        importing.start(only, {}, by=by, at=NOW)
    assert Record.objects.count() == 1


def test_nul_and_long_texts_are_told_wherever_they_stand(by: Actor) -> None:
    """NUL after the first megabyte, which is looked at when the file comes; a name of 100,000 signs."""
    rows = [
        f"{credit_code(number)},测试企业{number}{'长' * 400},高平市,13,30,200"
        for number in range(1, 1000)
    ]
    rows[900] = rows[900].replace("测试", "测\0试")
    rows[901] = rows[901].replace("测试", "长" * 100_000)
    assert len("".join(rows[:900]).encode()) > 1_048_576
    batch = imported(lines(*rows), "企业", by)
    assert figures(batch) == {"rows": 999, "added": 997, "refused": 2}
    assert [(place, problem) for place, _, problem in told(batch)] == [
        ("第902行“名称”", "有不能保存的字符（NUL）"),
        ("第903行“名称”", "有100,405个字，最多500个"),
    ]
    assert all(len(value) == 200 or "␀" in value for _, value, _ in told(batch))


def test_a_number_that_is_none_is_told(by: Actor) -> None:
    owner = firm(1)
    rows = ["测-1", "测" * 41, '"测\n-2"']
    content = "认定编号,企业,级别\n" + "".join(f"{row},{owner.key},省级\n" for row in rows)
    batch = imported(content, "认定", by)
    assert figures(batch) == {"rows": 3, "added": 1, "refused": 2}
    assert [problem for _, _, problem in told(batch)] == [
        "有41个字，编号最多40个",
        "有换行等看不见的字符",
    ]


def test_a_name_longer_than_lists_show_is_kept_whole(by: Actor) -> None:
    batch = imported(lines(ROW.replace("测试", "长" * 200)), "企业", by)
    assert figures(batch) == {"rows": 1, "added": 1}
    assert Enterprise.objects.get().name == "长" * 120
    assert Record.objects.get().values["名称"] == "长" * 200 + "企业1"


def test_dates_of_a_book_that_counts_from_1904(by: Actor) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "date_1904": True})
    page = book.add_worksheet("企业")
    page.write_row(0, 0, ["统一社会信用代码", "名称", "注册地", "成立日期"])
    page.write_row(1, 0, [credit_code(1), "测试企业1", "高平市"])
    page.write_datetime(1, 3, datetime(2020, 3, 5), book.add_format({"num_format": "yyyy/m/d"}))  # noqa: DTZ001
    book.close()
    assert figures(imported(stream.getvalue(), "企业", by, "a.xlsx")) == {"rows": 1, "added": 1}
    assert Enterprise.objects.get().founded_on == date(2020, 3, 5)


def test_an_import_that_was_cancelled_or_failed_can_be_begun_anew(by: Actor) -> None:
    started = importing.start(uploaded(lines(ROW), "企业", by), {}, by=by, at=NOW)
    with pytest.raises(Refused, match="这次导入排队中"):
        importing.start(started, {}, by=by, at=NOW)
    assert started.job is not None
    jobs.cancel(started.job, by=by, at=NOW)
    started.refresh_from_db()
    assert started.standing == BatchState.FAILED
    again = importing.start(started, {}, by=by, at=NOW)
    assert again.job is not None
    jobs.run_job(again.job)
    again.refresh_from_db()
    assert (again.standing, figures(again)) == (BatchState.DONE, {"rows": 1, "added": 1})


# -------------------------------------------------------------------- interruption


class KilledError(BaseException):
    """The worker dies."""


@pytest.mark.parametrize("after", [0, 1, 3])
def test_an_import_that_was_killed_goes_on_where_it_stopped(
    after: int, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "PIECE", 10)
    rows = [
        f"{credit_code(number)},测试企业{number},高平市,13,{number},200" for number in range(1, 46)
    ]
    rows[20] = "错码,测试企业,高平市,13,30,200"
    started = importing.start(uploaded(lines(*rows), "企业", by), {}, by=by, at=NOW)
    real, taken = taking.take, []

    def dies(batch: Batch, piece: object, **more: object) -> None:
        if len(taken) == after:
            raise KilledError
        taken.append(piece)
        real(batch, piece, **more)  # type: ignore[arg-type]  # as called

    monkeypatch.setattr(taking, "take", dies)
    with pytest.raises(KilledError):
        importing.run(started.job, lambda done, total, what: None)  # type: ignore[arg-type]  # there is one
    started.refresh_from_db()
    assert (started.reached, Record.objects.count()) == (10 * after, 10 * after)
    monkeypatch.setattr(taking, "take", real)
    result = importing.run(started.job, lambda done, total, what: None)  # type: ignore[arg-type]  # there is one
    assert result == {"rows": 45, "added": 44, "changed": 0, "same": 0, "refused": 1}
    assert (Record.objects.count(), Statement.objects.count()) == (44, 44)
    assert Enterprise.objects.filter(employees__gt=0).count() == 44


def test_killed_while_checking_it_begins_anew(by: Actor) -> None:
    started = importing.start(
        uploaded(lines(f"{credit_code(1)},测试企业1,高平市,13,30,200"), "企业", by),
        {},
        by=by,
        at=NOW,
    )

    def dies(share: float) -> None:
        raise KilledError

    folder = importing.work_folder(started)
    with pytest.raises(KilledError):
        staging.prepare(started, folder, dies)
    assert not staging.is_complete(folder)
    result = importing.run(started.job, lambda done, total, what: None)  # type: ignore[arg-type]  # there is one
    assert result["added"] == 1


def test_progress_is_told_and_never_goes_back(by: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PIECE", 5)
    rows = [
        f"{credit_code(number)},测试企业{number},高平市,13,{number},200" for number in range(1, 31)
    ]
    started = importing.start(uploaded(lines(*rows), "企业", by), {}, by=by, at=NOW)
    seen: list[int] = []
    importing.run(started.job, lambda done, total, what: seen.append(done))  # type: ignore[arg-type]  # there is one
    assert seen == sorted(seen)
    assert (seen[-1], len(seen) > 6) == (100, True)


def test_nothing_is_done_twice_and_the_future_is_refused(by: Actor) -> None:
    batch = imported(lines(f"{credit_code(1)},测试企业1,高平市,13,30,200"), "企业", by)
    with pytest.raises(Refused, match="这次导入已导入"):
        importing.start(batch, {}, by=by, at=NOW)
    with pytest.raises(Refused, match="晚于今天"):
        uploaded(lines(), "企业", by, as_of=NOW.date() + timedelta(days=2))
    other = uploaded(lines(), "企业", by)
    importing.discard(other, by=by, at=NOW)
    assert list(Batch.objects.all()) == [batch]
    assert days(JUNE) == 20634
