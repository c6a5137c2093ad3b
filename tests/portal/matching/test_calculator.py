"""The interview asks only what can change an answer, and ends with what a full register would say."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from huiqi.portal.base import rules
from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import calculator, own_answers
from huiqi.portal.matching.calculator import HAS, YEARLY, Interview, Told
from huiqi.portal.matching.models import Calculation, OwnAnswer
from huiqi.portal.registry.models import Record
from huiqi.rulebook.bulk.bridge import read_subject
from huiqi.rulebook.bulk.snapshot import open_snapshot
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.library.rows import FactsFile
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.reference.dossier import Dossier, dossier
from tests.portal import people
from tests.portal.matching.conftest import ON
from tests.portal.registry.firms import firm

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MOST = 300
Oracle = Callable[[str, int, str], Known | None]


def begun(subject: str = "企业", *told: Told) -> Interview:
    return Interview(rules.library(), ON, subject, told)


def walked(talk: Interview, oracle: Oracle) -> tuple[Interview, list[tuple[str, int, str]]]:
    """The interview to its end, and what was asked."""
    asked = []
    while (question := talk.next) is not None:
        place = talk.place_of(question)
        assert place not in asked, f"asked twice: {place}"
        assert len(asked) < MOST
        asked.append(place)
        talk = talk.tell(*place, oracle(*place))
    return talk, asked


def from_file(file: FactsFile, subject: str = "企业") -> Oracle:
    """Answers as a register holds them; an event that is not there did not happen."""

    def answer(table: str, row: int, fact: str) -> Known | None:
        if table == subject:
            return file.subjects[subject].values.get(fact)
        rows = file.events.get(table, [])
        if fact == HAS:
            return len(rows) >= row
        return rows[row - 1].values.get(fact) if rows else None

    return answer


def nothing(table: str, row: int, fact: str) -> Known | None:
    return None


def live(made: Dossier, skip: set[str]) -> dict[str, set[tuple[Answer, int | None]]]:
    """Support -> answers and amounts that are no plain no."""
    out: dict[str, set[tuple[Answer, int | None]]] = {}
    for one in made.assessments:
        if one.answer is not Answer.NO and one.row.table not in skip:
            out.setdefault(one.support.key, set()).add((one.answer, one.low))
    return out


def test_the_interview_ends_with_what_the_register_would_say(region_folder: Path) -> None:
    library = rules.library()
    region, _ = open_snapshot(region_folder, library.vocabulary)
    assert region is not None
    tables = library.vocabulary.tables
    # The interview asks of years that have just ended; the region has older ones too.
    skip = {name for name, table in tables.items() if YEARLY in table.note}
    compared = settled = 0
    for number in range(0, 400, 8):
        file = read_subject(region, library.vocabulary, "企业", number)
        if any(len(rows) > 4 for name, rows in file.events.items() if name not in skip):
            continue
        for name in skip:
            file.events.pop(name, None)
            file.subjects["企业"].events.pop(name, None)
        if any(not tables[name].complete for name in file.events):
            continue
        made = dossier(library, file, ON)
        talk, _ = walked(begun(), from_file(file))
        have, want = live(talk.dossier, skip), live(made, skip)
        certain = {
            key: rows for key, rows in want.items() if {one for one, _ in rows} == {Answer.YES}
        }
        assert {key: have.get(key) for key in certain} == certain, number
        compared += 1
        settled += len(certain)
    assert compared >= 25
    assert settled >= 10


def test_it_begins_with_the_place_and_asks_nothing_twice() -> None:
    talk, asked = walked(begun(), nothing)
    assert asked[0] == ("企业", 1, "注册地")
    assert len(asked) == len(set(asked))
    assert talk.pending == ()
    assert [one.value for one in talk.told] == [None] * len(asked)


def test_every_question_hangs_on_an_answer_that_is_still_open() -> None:
    talk = begun().tell("企业", 1, "注册地", "140581")
    for question in talk.pending:
        assert question.supports
        place = talk.place_of(question)
        after = talk.tell(*place, None)
        assert place not in [after.place_of(one) for one in after.pending]


def test_a_place_without_policies_leaves_fewer_questions() -> None:
    near = begun().tell("企业", 1, "注册地", "140581")
    far = begun().tell("企业", 1, "注册地", "110000")
    assert len(far.pending) < len(near.pending)
    assert len(walked(far, nothing)[1]) < len(walked(near, nothing)[1])


def test_an_event_is_asked_for_as_a_whole_before_its_facts() -> None:
    talk = begun().tell("企业", 1, "注册地", "140581")
    places = [talk.place_of(one) for one in talk.pending]
    assert ("认定", 1, HAS) in places
    assert [place for place in places if place[0] == "认定"] == [("认定", 1, HAS)]
    without = talk.tell("认定", 1, HAS, False)
    assert [place for one in without.pending if (place := without.place_of(one))[0] == "认定"] == []
    having = talk.tell("认定", 1, HAS, True)
    facts = {place[2] for one in having.pending if (place := having.place_of(one))[0] == "认定"}
    assert facts <= set(rules.library().vocabulary.tables["认定"].facts)
    assert {"名称", "发证日期"} <= facts


def test_there_may_be_another_of_a_kind() -> None:
    talk = begun().tell("企业", 1, "注册地", "140581").tell("认定", 1, HAS, True)
    for fact, value in {
        "名称": "高新技术企业", "级别": "国家级", "发证日期": days(date(2024, 3, 5)),
        "有效期止": days(date(2027, 3, 5)), "时注册地": "140581", "认定方式": "首次认定",
    }.items():  # fmt: skip
        talk = talk.tell("认定", 1, fact, value)
    places = [talk.place_of(one) for one in talk.pending]
    assert [place for place in places if place[0] == "认定"] == [("认定", 2, HAS)]
    assert talk.facts().events["认定"][0].values["名称"] == "高新技术企业"
    assert "gaoping-2022-43/高企首次取得" in {one.key for one in talk.result.group("yes").supports}


def test_what_is_not_there_loses_its_facts() -> None:
    talk = (
        begun()
        .tell("认定", 1, HAS, True)
        .tell("认定", 1, "名称", "高新技术企业")
        .tell("认定", 2, HAS, True)
        .tell("企业", 1, "注册地", "140581")
        .tell("认定", 1, HAS, False)
    )
    assert [(one.table, one.row, one.fact, one.value) for one in talk.told] == [
        ("认定", 1, HAS, False), ("企业", 1, "注册地", "140581"),
    ]  # fmt: skip
    assert "认定" not in talk.facts().events


def test_what_was_not_asked_is_unknown_and_never_no() -> None:
    talk = begun().tell("企业", 1, "注册地", "140581")
    missing = {one.key for one in talk.result.group("missing").supports}
    assert "gaoping-2022-43/高企首次取得" in missing
    no = talk.tell("认定", 1, HAS, False)
    assert "gaoping-2022-43/高企首次取得" not in {
        one.key for one in no.result.group("missing").supports
    }
    unclear = talk.tell("认定", 1, HAS, None)
    assert "gaoping-2022-43/高企首次取得" in {
        one.key for one in unclear.result.group("missing").supports
    }


def test_an_earlier_answer_is_changed_in_its_place_and_the_last_taken_back() -> None:
    talk = begun().tell("企业", 1, "注册地", "140581").tell("企业", 1, "行业", "39")
    changed = talk.tell("企业", 1, "注册地", "140525")
    assert [(one.fact, one.value) for one in changed.told] == [("注册地", "140525"), ("行业", "39")]
    assert [one.fact for one in changed.take_back().told] == ["注册地"]
    assert begun().take_back().told == ()


def test_answers_are_told_back_in_words() -> None:
    talk = (
        begun()
        .tell("企业", 1, "注册地", "140581")
        .tell("企业", 1, "上年营业收入", 20_000_000_00)
        .tell("认定", 1, HAS, True)
        .tell("认定", 1, "名称", None)
        .tell("认定", 2, HAS, False)
    )
    assert [words for _, _, words in talk.shown_answers()] == [
        "高平市", "2,000万元", "有", "不清楚", "没有",
    ]  # fmt: skip


def test_every_kind_of_subject_with_supports_can_be_asked_through() -> None:
    found = calculator.subjects(rules.library())
    assert (found[0].table, sum(one.supports for one in found)) == (
        "企业", len(rules.library().ready),
    )  # fmt: skip
    for one in found:
        talk, asked = walked(begun(one.table), nothing)
        assert asked, one.table
        assert talk.result.group("yes").supports == ()


# ---------------------------------------------------------------- kept between visits


def test_what_was_told_is_kept_under_a_token_until_it_expires() -> None:
    made = calculator.begin("企业", on=ON, at=AT)
    assert len(made.token) == 43
    talk = calculator.interview(made, rules.library()).tell("企业", 1, "注册地", "140581")
    calculator.keep(made, talk)
    end = AT + timedelta(days=calculator.KEPT_DAYS)
    found = calculator.find(made.token, at=end - timedelta(seconds=1))
    assert found is not None
    assert calculator.interview(found, rules.library()).told == talk.told
    assert calculator.find(made.token, at=end) is None
    assert calculator.find("nobody-has-this", at=AT) is None
    assert (calculator.forget_old(at=end - timedelta(seconds=1)), calculator.forget_old(at=end)) == (
        0, 1,
    )  # fmt: skip


def test_a_fact_that_is_gone_from_the_vocabulary_is_left_out() -> None:
    made = calculator.begin("企业", on=ON, at=AT)
    made.facts["told"] = [
        {"table": "企业", "row": 1, "fact": "不再有的事实", "value": 1},
        {"table": "不再有的表", "row": 1, "fact": "", "value": True},
        {"table": "企业", "row": 1, "fact": "注册地", "value": "140581"},
    ]
    assert [one.fact for one in calculator.interview(made, rules.library()).told] == ["注册地"]


def taken(record: Record, *told: Told) -> tuple[Calculation, Interview]:
    made = calculator.begin("企业", on=ON, at=AT)
    talk = begun("企业", *told)
    calculator.keep(made, talk)
    return made, talk


def test_a_calculation_is_taken_into_an_account_without_overwriting() -> None:
    record = firm(1)
    by = people.enterprise_user(record.key).actor
    own_answers.say(record, "从业人员", 12, by=by, at=AT)
    made, talk = taken(
        record, Told("企业", 1, "从业人员", 99), Told("企业", 1, "民营企业", True),
        Told("企业", 1, "行业", None), Told("认定", 1, HAS, True), Told("认定", 1, "级别", "省级"),
    )  # fmt: skip
    assert own_answers.take_over(made, talk, record, by=by, at=AT) == 1
    kept = OwnAnswer.objects.order_by("fact").values_list("fact", "value")
    assert sorted(kept) == [("从业人员", 12), ("民营企业", True)]
    assert Calculation.objects.get().user == by.user


def test_nobody_takes_another_accounts_calculation() -> None:
    record = firm(1)
    by, other = people.enterprise_user(record.key).actor, people.enterprise_user(record.key).actor
    made, talk = taken(record, Told("企业", 1, "民营企业", True))
    own_answers.take_over(made, talk, record, by=other, at=AT)
    before = (OwnAnswer.objects.count(), AuditEntry.objects.count())
    with pytest.raises(Refused):
        own_answers.take_over(made, talk, record, by=by, at=AT)
    person = begun("人员", Told("人员", 1, "退役军人", True))
    with pytest.raises(Refused):
        own_answers.take_over(calculator.begin("人员", on=ON, at=AT), person, record, by=by, at=AT)
    assert (OwnAnswer.objects.count(), AuditEntry.objects.count()) == before
