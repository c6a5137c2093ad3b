"""What pages show of an enterprise is what the reference evaluator found, with its own word where open."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiqi.portal.base import rules
from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import answers, own_answers, queries
from huiqi.portal.matching.answers import (
    GROUPS,
    OWN,
    Shown,
    SupportShown,
    changes,
    dossier_of,
    shown,
)
from huiqi.portal.matching.held import held_by, links
from huiqi.portal.matching.models import OwnAnswer, Run
from huiqi.portal.matching.shortfall import NONE_YET, steps
from huiqi.portal.registry import actions
from huiqi.portal.registry.models import Grant, Record
from huiqi.rulebook.bulk.bridge import read_paid, read_subject
from huiqi.rulebook.bulk.snapshot import Snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.nodes import (
    All,
    Compare,
    CompareRatio,
    Condition,
    Constant,
    Fact,
    Kind,
    Not,
    OneOf,
    Op,
    Shift,
    Today,
    Truth,
    Type,
    Unit,
)
from huiqi.rulebook.language.nodes import (
    Any as AnyOf,
)
from huiqi.rulebook.library.policy import Form
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.reference.assess import Assessment
from huiqi.rulebook.reference.dossier import Dossier, dossier
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.explaining import Total, dossier_dict, totals
from tests.portal import people
from tests.portal.matching.conftest import ON
from tests.portal.registry.firms import firm, keeper, title

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SIGN = {"yes": "✓", "no": "✗", "missing": "?", "judge": "◇"}
CODE = {Answer.YES: "yes", Answer.NO: "no", Answer.MISSING: "missing", Answer.JUDGE: "judge"}


def of(view: Shown, key: str) -> str:
    """The groups a support stands in."""
    return "、".join(g.code for g in view.groups for one in g.supports if one.key == key)


# ---------------------------------------------------------------- against the reference


def plain(made: Dossier) -> list[tuple[Any, ...]]:
    found = [
        (one.support.key, one.row.table, one.row.key, one.answer, one.low, one.high, one.reason,
         tuple(line.answer for line in one.lines))
        for one in made.assessments
        if "企业" in (one.row.table, rules.library().vocabulary.tables[one.row.table].owner)
    ]  # fmt: skip
    return sorted(found, key=str)


def test_the_registry_gives_what_the_snapshot_gives(region: Snapshot) -> None:
    library = rules.library()
    key = library.vocabulary.tables["企业"].key
    for number in range(0, 400, 16):
        file = read_subject(region, library.vocabulary, "企业", number)
        paid = read_paid(region, "企业", number)
        record = Record.objects.get(table="企业", key=file.subjects["企业"].key)
        assert key == "统一社会信用代码"
        assert plain(dossier_of(record, on=ON)) == plain(dossier(library, file, ON, paid=paid))


def test_the_page_says_what_the_run_stored(matched: Run) -> None:
    """For enterprises with and without carriers and platforms of their own."""
    holding = {
        key
        for table, link in links(rules.library(), "企业")
        for key in (one.values.get(link) for one in Record.objects.filter(table=table))
    }
    some = Record.objects.filter(table="企业").order_by("pk")
    compared = [*some.filter(key__in=holding)[:15], *some[:15]]
    assert len(compared) == 30
    for record in compared:
        stored = [
            (one.support.key, one.item.key if one.item else "", one.answer, one.low, one.high)
            for one in queries.visible(matched)
            .filter(record=record)
            .select_related("support", "item")
        ]
        made = dossier_of(record, on=ON)
        found = [
            (one.support.key, one.row.key if one.row.table != "企业" else "", CODE[one.answer],
             one.low, one.high)
            for one in made.assessments
            if one.answer is not Answer.NO
        ]  # fmt: skip
        found += [
            (one.support.key, one.row.key if one.row.table != "企业" else "", "near", None, None)
            for one in made.assessments
            if made.near_miss(one) is not None
        ]
        assert sorted(found, key=str) == sorted(stored, key=str), record.key
        alive = {key for key, _, answer, *_ in stored if answer != "near"}
        near = {key for key, _, answer, *_ in stored if answer == "near"} - alive
        assert {one.key for one in shown(made).group("near").supports} == near
        assert {one["support"] for one in dossier_dict(made)["near_misses"]} == near


def test_an_operator_speaks_for_its_carrier_and_no_other() -> None:
    operator, other = firm(1), firm(2)
    carriers = [
        actions.add(
            "载体", f"测试载体{number}", {"名称": f"测试载体{number}", "运营单位": owner.key},
            source="测试登记", by=keeper(), at=people.NOW,
        )
        for number, owner in enumerate((operator, other))
    ]  # fmt: skip
    assert held_by(operator, rules.library()) == [carriers[0]]
    assert own_answers.place(operator, "载体", "测试载体0") == carriers[0]
    assert own_answers.place(operator, "载体", "测试载体1") is None


def rows_shown(listed: list[tuple[str, SupportShown]]) -> Counter[tuple[str, str]]:
    """How many rows of a support stand under an answer, those only counted included."""
    out: Counter[tuple[str, str]] = Counter()
    for code, one in listed:
        made_up = sum(1 for item in one.items if not item.row_key)
        number = len(one.items) + one.more - made_up
        out[one.key, {"near": "no", "could": "no"}.get(code, code)] += number
    return +out


def rows_expected(made: Dossier) -> Counter[tuple[str, str]]:
    """Rows that are alive; of a support without any its near misses, else all its rows."""
    near = {id(one) for one in made.near_misses()}
    by_key: dict[str, list[Assessment]] = {}
    for one in made.assessments:
        by_key.setdefault(one.support.key, []).append(one)
    out: Counter[tuple[str, str]] = Counter()
    for key, rows in by_key.items():
        live = [one for one in rows if one.answer is not Answer.NO]
        close = [one for one in rows if id(one) in near]
        for one in live or close or rows:
            out[key, CODE[one.answer]] += 1
    return out


def test_every_assessment_is_shown_once_with_its_own_figures(region: Snapshot) -> None:
    for record in Record.objects.filter(table="企业").order_by("pk")[:60]:
        made = dossier_of(record, on=ON)
        view = shown(made)
        told = dossier_dict(made)
        listed = [(group.code, one) for group in view.groups for one in group.supports]
        assert rows_shown(listed) == rows_expected(made)
        by_row = {(one["support"], one["row_key"]): one for one in told["supports"]}
        for code, one in listed:
            for item in (item for item in one.items if item.row_key):
                words = by_row[one.key, item.row_key]
                assert [line.words for line in item.lines] == [
                    line["condition"] for line in words["conditions"]
                ]
                assert [fact.words for line in item.lines for fact in line.facts] == [
                    fact["words"] for line in words["conditions"] for fact in line["facts"]
                ]
                assert [line.sign for line in item.lines] == [
                    SIGN[line.answer] for line in item.lines
                ]
                if code in ("yes", "missing", "judge"):
                    assert (item.low, item.high) == (words["low_fen"], words["high_fen"])
        assert [(one.form, one.low, one.high) for one in view.totals] == [
            (str(one.form), one.certain, one.possible if one.bounded else None)
            for one in totals(made.assessments)
        ]


def test_questions_stand_in_the_order_of_what_they_settle(region: Snapshot) -> None:
    asked = 0
    for record in Record.objects.filter(table="企业").order_by("pk")[:60]:
        made = dossier_of(record, on=ON)
        found = shown(made).questions
        stakes = [(one.weight, -len(one.supports)) for one in found]
        assert stakes == sorted(stakes)
        assert {one.fact for one in found} == {one.fact.name for one in made.questions()}
        assert {key for one in found for key in one.supports} <= set(rules.library().by_key)
        asked += len(found)
    assert asked > 20


def test_groups_are_the_five_answers_and_what_is_within_reach() -> None:
    assert [code for code, _, _ in GROUPS] == ["yes", "near", "missing", "judge", "could", "no"]


def test_the_number_of_queries_does_not_grow() -> None:
    one, many = firm(1), firm(2)
    title(one, 1)
    for number in range(1, 4):
        title(many, number)
        own_answers.say(
            many, ("从业人员", "民营企业", "环保排放达标")[number - 1], (7, True, True)[number - 1],
            by=people.enterprise_user(many.key).actor, at=AT,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as first:
        shown(dossier_of(one, on=ON))
    with CaptureQueriesContext(connection) as second:
        shown(dossier_of(many, on=ON))
    assert len(first) == len(second)
    assert len(second) < 8


# ---------------------------------------------------------------- what the enterprise said itself


def test_an_own_answer_counts_where_no_register_speaks_and_is_marked() -> None:
    record = firm(1)
    by = people.enterprise_user(record.key).actor
    before = shown(dossier_of(record, on=ON))
    question = before.questions[0]
    assert (question.table, question.row_key) == ("企业", record.key)
    own_answers.say(record, "环保排放达标", True, by=by, at=AT)
    made = dossier_of(record, on=ON)
    subject = next(one.row for one in made.assessments if one.row.table == "企业")
    assert subject.values["环保排放达标"] is True
    assert subject.origins["环保排放达标"] == f"{OWN} 2026-11-22"
    assert shown(made).own_used == {("企业", record.key, "环保排放达标")}


def test_a_register_wins_over_an_own_answer() -> None:
    record = firm(1, 民营企业=False)
    own_answers.say(record, "民营企业", True, by=people.enterprise_user(record.key).actor, at=AT)
    made = dossier_of(record, on=ON)
    subject = next(one.row for one in made.assessments if one.row.table == "企业")
    assert subject.values["民营企业"] is False
    assert shown(made).own_used == frozenset()


def test_a_computed_fact_is_the_enterprises_word_only_while_it_is_open() -> None:
    record = firm(1, 从业人员=5, 上年营业收入=100_000_00, 行业="C")
    by = people.enterprise_user(record.key).actor
    own_answers.say(record, "有效一类知识产权数", 3, by=by, at=AT)
    own_answers.say(record, "划型", "大型", by=by, at=AT)
    made = dossier_of(record, on=ON)
    subject = next(one.row for one in made.assessments if one.row.table == "企业")
    assert subject.values["有效一类知识产权数"] == 3
    assert "划型" not in subject.values


def test_not_clear_is_kept_and_changes_nothing() -> None:
    record = firm(1)
    by = people.enterprise_user(record.key).actor
    before = shown(dossier_of(record, on=ON))
    own_answers.say(record, "环保排放达标", None, by=by, at=AT)
    after = shown(dossier_of(record, on=ON))
    assert after == before
    assert changes(before, after).words == ("已记下。这一项没有改变现有结论。",)
    assert [one.value for one in own_answers.given(record)] == [None]


@pytest.mark.parametrize(
    ("certain", "possible", "bounded", "words"),
    [
        (0, 0, True, "—"),
        (0, 0, False, "数额未知"),
        (0, 300, True, "最多3元"),
        (0, 300, False, "最多3元，另有数额未知的"),
        (300, 300, True, "3元"),
        (300, 300, False, "3元以上"),
        (300, 500, True, "3元至5元"),
        (300, 500, False, "3元至5元以上"),
    ],
)
def test_a_total_promises_no_more_than_is_certain(
    certain: int, possible: int, bounded: bool, words: str
) -> None:
    assert answers._total(Total(Form.PAYMENT, certain, possible, bounded)).words == words


def test_what_changed_is_said_with_names_and_money() -> None:
    record = firm(1)
    event = title(record, 1, 时注册地="140581")
    by = people.enterprise_user(record.key).actor
    before = shown(dossier_of(record, on=ON))
    key = "gaoping-2022-43/高企首次取得"
    assert of(before, key) == "yes"
    own_answers.say(event, "认定方式", "首次认定", by=by, at=AT)
    again = shown(dossier_of(record, on=ON))
    assert changes(before, again).words == ("已记下。这一项没有改变现有结论。",)


def test_an_act_that_is_refused_saves_nothing() -> None:
    record = firm(1)
    by = people.enterprise_user(record.key).actor
    before = AuditEntry.objects.count()
    for fact in ("名称", "没有这一项", "受困影响严重"):
        with pytest.raises(Refused):
            own_answers.say(record, fact, True, by=by, at=AT)
    with pytest.raises(Refused):
        own_answers.take_back(record, "民营企业", by=by, at=AT)
    assert (OwnAnswer.objects.count(), AuditEntry.objects.count()) == (0, before)


def test_an_answer_said_again_is_changed_and_can_be_taken_back() -> None:
    record = firm(1)
    by = people.enterprise_user(record.key).actor
    own_answers.say(record, "从业人员", 35, by=by, at=AT)
    own_answers.say(record, "从业人员", 36, by=by, at=AT)
    assert list(OwnAnswer.objects.values_list("fact", "value")) == [("从业人员", 36)]
    own_answers.take_back(record, "从业人员", by=by, at=AT)
    assert OwnAnswer.objects.count() == 0
    acts = AuditEntry.objects.filter(act__startswith="answers.").order_by("number")
    assert list(acts.values_list("act", flat=True)) == [
        "answers.say", "answers.say", "answers.take_back",
    ]  # fmt: skip


def test_only_the_subject_and_its_own_events_can_be_spoken_of() -> None:
    record, other = firm(1), firm(2)
    mine, foreign = title(record, 1), title(other, 1)
    assert own_answers.place(record, "企业", record.key) == record
    assert own_answers.place(record, "认定", mine.key) == mine
    assert own_answers.place(record, "认定", foreign.key) is None
    assert own_answers.place(record, "企业", other.key) is None


# ---------------------------------------------------------------- what is short, in words


def fact(name: str, table: str = "企业") -> Fact:
    return rules.library().vocabulary.tables[table].facts[name].fact()


def short(node: Condition, table: str = "企业", **values: Known) -> tuple[str, ...]:
    reference = Reference(rules.library().vocabulary, date(2026, 11, 22))
    return steps(reference, node, Row(table, "1", values=dict(values)))


COUNT = Type(Kind.COUNT, "人")
MONEY = Type(Kind.MONEY)


def at_least(name: str, value: int, kind: Type, op: Op = Op.AT_LEAST) -> Compare:
    return Compare(op, fact(name), Constant(value, kind))


def test_a_number_says_how_much_is_short() -> None:
    node = at_least("从业人员", 50, COUNT)
    assert short(node, 从业人员=35) == ("从业人员现为 35人，需达到 50人，还差 15人",)
    assert short(node, 从业人员=50) == ()
    assert short(node) == ()
    below = at_least("上年营业收入", 2_000_000_00, MONEY, Op.AT_MOST)
    assert short(below, 上年营业收入=2_300_000_00) == (
        "上年营业收入现为 230万元，需不超过 200万元，超出 30万元",
    )


def test_a_choice_says_what_it_is_and_what_it_should_be() -> None:
    node = OneOf(fact("主体类型"), frozenset({"企业", "个体工商户"}))
    assert short(node, 主体类型="农民专业合作社") == (
        "主体类型现为 农民专业合作社，需为 企业、个体工商户",
    )
    assert short(Not(OneOf(fact("主体类型"), frozenset({"企业"}))), 主体类型="企业") == (
        "主体类型现为 企业，不能是 企业",
    )
    assert short(Truth(fact("民营企业")), 民营企业=False) == ("民营企业现为“否”，需为“是”",)
    assert short(Not(Truth(fact("民营企业"))), 民营企业=True) == ("民营企业现为“是”，需为“否”",)


def test_all_lists_what_lacks_and_any_gives_the_ways() -> None:
    private, staff = Truth(fact("民营企业")), at_least("从业人员", 50, COUNT)
    values: dict[str, Known] = {"民营企业": False, "从业人员": 35}
    one, two = short(private, **values)[0], short(staff, **values)[0]
    assert short(All((private, staff)), **values) == (one, two)
    assert short(AnyOf((private, staff)), **values) == (f"{one}；或者{two}",)
    assert short(All((private, staff)), 民营企业=True, 从业人员=35) == (two,)


def test_a_day_still_to_come_says_when() -> None:
    node = Compare(Op.AT_MOST, Shift(fact("成立日期"), 2, Unit.YEAR), Today())
    assert short(node, 成立日期=days(date(2025, 1, 5))) == (
        "时间未到：成立日期起满 2年，2027-01-05起满足，还有 44 天",
    )
    late = Compare(Op.AT_LEAST, fact("有效期止", "认定"), Today())
    assert short(late, "认定", 有效期止=days(date(2026, 1, 1))) == (
        "有效期止为 2026-01-01，需不早于 今天（2026-11-22）",
    )


def test_a_share_says_what_the_part_lacks() -> None:
    from fractions import Fraction

    node = CompareRatio(Op.AT_LEAST, fact("当年新招用人数"), fact("从业人员"), Fraction(15, 100))
    assert short(node, 当年新招用人数=10, 从业人员=100) == (
        "企业.当年新招用人数 ÷ 企业.从业人员约为 10%，需达到 15%，企业.当年新招用人数还差 5人",
    )


def test_what_is_not_there_yet_is_said_once() -> None:
    kind = Type(Kind.COUNT, "项")
    one = Compare(Op.AT_LEAST, fact("有效高企证书数"), Constant(1, kind))
    two = Compare(Op.AT_LEAST, fact("有效小巨人数"), Constant(1, kind))
    assert short(AnyOf((one, two))) == (NONE_YET,)


def test_of_several_events_the_one_that_came_nearest_gives_the_reason() -> None:
    record = firm(1)
    title(record, 1, name="诚信企业", 级别="县级", 时注册地="140525")
    near = title(record, 2, 时注册地="140525", 认定方式="首次认定")
    own_first = title(record, 3, 时注册地="140581", 认定方式="首次认定")
    key = "gaoping-2022-43/高企首次取得"
    paid = Grant.objects.create(
        record=record, support=key, item=own_first.key, amount=1, on=ON, source="测试财政"
    )
    view = shown(dossier_of(record, on=ON))
    one = view.support(key)
    assert one is not None
    assert (one.group, one.short, one.item.row_key) == ("no", "已经拨付", own_first.key)
    paid.delete()
    assert of(shown(dossier_of(record, on=ON)), key) == "yes"
    assert near.key in {item.row_key for item in one.items}
