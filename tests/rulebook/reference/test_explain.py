"""An assessment in words and as plain values."""

import json
from dataclasses import replace
from datetime import date

import pytest

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.source import parse_yaml
from huiqi.rulebook.library.policy import Form, Stacking
from huiqi.rulebook.library.rows import FactsFile, read_facts
from huiqi.rulebook.problems import Problem
from huiqi.rulebook.reference.dossier import Dossier, dossier
from huiqi.rulebook.reference.explaining import (
    Explanation,
    amount_words,
    clause_words,
    dossier_dict,
    explain,
    not_assessed,
    number_words,
    range_words,
    row_words,
    rule_words,
    subject_words,
    totals,
    with_numbers,
)
from huiqi.rulebook.reference.stakes import stake_words
from tests.rulebook.packaged import library

TODAY = date(2026, 11, 22)


def facts(text: str) -> FactsFile:
    node, problems = parse_yaml(text, "facts.yaml")
    found: list[Problem] = list(problems)
    made = read_facts(node, library().vocabulary, found)
    assert [str(problem) for problem in found] == []
    return made


def assessed(text: str, *names: str) -> Dossier:
    chosen = [library().by_key[name] for name in names] if names else None
    return dossier(library(), facts(text), TODAY, chosen)


def one(text: str, name: str) -> Explanation:
    made = assessed(text, f"gaoping-2022-43/{name}")
    [item] = made.assessments
    return explain(made, item)


PLEDGE = (
    "企业: {注册地: 高平市}\n质押融资: {放款日期: 2024-03-01, 已办质押登记: 是, 贷款金额: 300万元"
)


# -------------------------------------------------------------------- small words


@pytest.mark.parametrize(
    ("number", "words"),
    [("14", "第14条"), ("二十一", "第二十一条"), ("（一）", "（一）"), ("目标1", "目标1")],
)
def test_the_number_of_a_clause(number: str, words: str) -> None:
    assert number_words(number) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (20_000_000, 20_000_000, "20万元"),
        (0, 0, "0元"),
        (850_000_00, 20_000_000_00, "85万元—2,000万元"),
        (0, 20_000_000, "最多 20万元"),
        (20_000_000, None, "20万元以上，上限未知"),
        (0, None, "数额未知"),
    ],
)
def test_a_range_of_money(low: int, high: int | None, words: str) -> None:
    assert range_words(low, high) == words


def test_named_numbers_stand_as_their_values() -> None:
    support = library().by_key["gaoping-2022-43/质押贷款费用资助"]
    assert (
        with_numbers("质押融资.贷款金额 达到 贷款门槛", support) == "质押融资.贷款金额 达到 300万元"
    )
    assert with_numbers("新贷款门槛值", support) == "新贷款门槛值"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("高企首次取得", "20万元"),
        ("载体认定奖励", "国家级 20万元；省级 10万元；晋城市级 3万元"),
        ("链主本地配套补助", "年度经营.配套增幅对应采购额 的 1%，最高 200万元"),
        (
            "质押贷款费用资助",
            "（质押融资.利息 + 质押融资.担保费 + 质押融资.保险费 + 质押融资.评估费）的 50%，最高 20万元",
        ),
    ],
)
def test_the_amount_as_the_rule_says_it(name: str, words: str) -> None:
    assert rule_words(library().by_key[f"gaoping-2022-43/{name}"]) == words


def test_every_support_with_an_amount_has_words_for_it() -> None:
    silent = [
        item.key for item in library().supports if item.amount is not None and not rule_words(item)
    ]
    assert silent == []
    assert [
        item.key for item in library().supports if not rule_words(item) and not item.benefit
    ] == []


def test_the_source_of_an_answer() -> None:
    policy = library().by_id["gaoping-2022-43"]
    clause = policy.by_clause["14"]
    assert clause_words(policy, clause) == "高发改发〔2022〕43号 第14条 实施高新技术企业倍增计划"
    assert clause_words(policy, clause, heading=False) == "高发改发〔2022〕43号 第14条"


def test_rows_are_told_apart() -> None:
    made = facts(
        "企业: {名称: 示范公司, 注册地: 高平市}\n认定:\n"
        "  - {名称: 高新技术企业, 级别: 国家级, 发证日期: 2023-10-16}\n  - {}\n"
    )
    vocabulary = library().vocabulary
    assert subject_words(made.subjects["企业"], vocabulary) == "示范公司（企业）"
    assert [row_words(row, vocabulary) for row in made.events["认定"]] == [
        "认定：高新技术企业、国家级，2023-10-16",
        "认定",
    ]


# -------------------------------------------------------------------- one assessment


def test_yes_with_an_exact_amount() -> None:
    made = one(
        PLEDGE + ", 利息: 12万元, 担保费: 3万元, 保险费: 1万元, 评估费: 2万元}", "质押贷款费用资助"
    )
    assert (made.answer, made.amount) == (Answer.YES, "9万元")
    assert (made.missing, made.judgements) == ((), ())
    assert [line.answer for line in made.lines] == [Answer.YES] * 4
    assert [fact.value for line in made.lines for fact in line.facts] == [
        "2024-03-01",
        "高平市",
        "是",
        "300万元",
    ]


def test_yes_with_a_range_names_what_is_missing() -> None:
    made = one(PLEDGE + ", 利息: 12万元, 担保费: 3万元, 保险费: 1万元}", "质押贷款费用资助")
    assert (made.answer, made.amount) == (Answer.YES, "8万元—20万元")
    [fact] = made.missing
    assert (fact.name, fact.identifier) == ("质押融资.评估费", "pledge_loan.valuation_fee")
    assert (fact.question, fact.holder) == ("已支付的评估费是多少？没有请填0。", "金融管理部门")


def test_no_names_the_condition_and_no_amount() -> None:
    made = one("企业: {注册地: 泽州县}\n质押融资: {放款日期: 2024-03-01}", "质押贷款费用资助")
    assert (made.answer, made.amount, made.made.failing) == (Answer.NO, "", [1])
    assert made.lines[1].facts[0].value == "泽州县"


def test_missing_gives_the_most_that_is_possible() -> None:
    made = one(PLEDGE.replace("注册地: 高平市", "从业人员: 3人") + "}", "质押贷款费用资助")
    assert (made.answer, made.amount) == (Answer.MISSING, "最多 20万元")
    assert [fact.name for fact in made.missing] == ["企业.注册地"]
    assert made.lines[1].facts[0].known is False


def test_judgement_names_what_a_person_decides() -> None:
    text = (
        "企业: {注册地: 高平市}\n迁入: {迁入日期: 2023-02-01, 迁出地: 太原市, 迁入地: 高平市, "
        "所持高企发证日期: 2021-10-16, 所持高企有效期止: 2024-10-15}"
    )
    made = one(text, "高企迁入")
    assert (made.answer, made.amount) == (Answer.JUDGE, "最多 10万元")
    assert [fact.name for fact in made.judgements] == ["迁入.主要成果在迁入地转化"]
    assert made.missing == ()
    line = next(line for line in made.lines if line.answer is Answer.JUDGE)
    assert [fact.value for fact in line.facts if fact.judged] == ["待认定"]


def test_what_is_known_of_an_unknown_number_is_told() -> None:
    text = (
        "企业: {注册地: 高平市}\n年度经营:\n"
        "  - {年末日: 2024-12-31, 营业收入: 4亿元, 属链主企业: 是}\n"
        "  - {年末日: 2025-12-31, 属链主企业: 是}\n"
    )
    made = assessed(text, "gaoping-2022-43/链主营收进档")
    words = explain(made, made.assessments[1])
    line = words.lines[3]
    assert [fact.value for fact in line.facts] == ["未知", "未知（至少 4亿元）"]
    assert [fact.derived for fact in line.facts] == [False, True]


def test_derived_values_say_so() -> None:
    made = one(
        "企业: {注册地: 高平市}\n认定: {名称: 高新技术企业, 级别: 国家级, 发证日期: 2023-10-16, 时注册地: 高平市}",
        "高企首次取得",
    )
    fact = made.lines[-1].facts[0]
    assert (fact.name, fact.value, fact.derived) == ("认定.此前同地同类数", "0次", True)


def test_a_stated_benefit_is_its_own_amount() -> None:
    made = assessed("企业: {创新产品服务企业: 是}", "shuozhou-2021-26/创新企业视同小微采购")
    [item] = made.assessments
    assert item.answer is Answer.YES
    assert amount_words(item) == item.support.benefit


def test_plain_values_are_json() -> None:
    made = one(
        PLEDGE + ", 利息: 12万元, 担保费: 3万元, 保险费: 1万元}", "质押贷款费用资助"
    ).as_dict()
    again = json.loads(json.dumps(made))
    assert again == made
    assert (made["low_fen"], made["high_fen"], made["bounded"]) == (8_000_000, 20_000_000, True)
    assert made["conditions"][3]["facts"][0]["identifier"] == "pledge_loan.loan_amount"
    assert made["conditions"][3]["answer"] == "满足"


# -------------------------------------------------------------------- a dossier

FIRM = (
    "企业: {注册地: 高平市, 行业: 制造业}\n"
    "认定: {名称: 高新技术企业, 级别: 国家级, 认定方式: 首次认定, 发证日期: 2023-10-16, 时注册地: 高平市}\n"
    "年度经营: {年末日: 2025-12-31, 营业收入: 3.2亿元, 属链主企业: 是, 研发费用: 260万元}\n"
)


def test_totals_keep_forms_apart() -> None:
    made = assessed(FIRM)
    found = {
        item.form: (item.certain, item.possible, item.bounded) for item in totals(made.assessments)
    }
    assert found == {
        Form.PAYMENT: (20_000_000, 20_000_000 + 10_000_000 + 200_000_000, True),
        Form.DEDUCTION: (260_000_000, 260_000_000, True),
    }


def test_a_group_of_which_one_is_paid_counts_once() -> None:
    made = assessed(
        "人员: {创业地: 长治市潞州区, 高校毕业生: 是, 符合创业贷款条件: 是, 在校大学生: 否}\n"
        "创业贷款: {申请日期: 2024-01-10, 申请金额: 50万元, 属再扶持: 否}\n",
        "changzhi-2017-29/个人创业担保贷款",
        "changzhi-2017-29/毕业生合伙创业贷款",
        "changzhi-2017-29/毕业生高新技术创业贷款",
    )
    [found] = totals(made.assessments)
    assert found.form is Form.CREDIT
    highest = max(item.high or 0 for item in made.assessments)
    assert found.possible == highest == 20_000_000


def test_what_was_not_assessed_is_named() -> None:
    made = assessed("企业: {注册地: 高平市}\n")
    keys = not_assessed(made)
    assert "gaoping-2022-43/高企首次取得" in keys
    assert len(keys) + len({item.support.key for item in made.assessments}) == len(
        library().supports
    )


def test_questions_are_ranked_and_priced() -> None:
    made = assessed(FIRM)
    questions = made.questions()
    assert [stake_words(one.stakes) for one in questions][:2] == ["拨付200万元", "拨付10万元"]
    document = dossier_dict(made)
    assert json.loads(json.dumps(document)) == document
    assert document["on"] == "2026-11-22"
    assert sum(document["counts"].values()) == len(made.assessments)


def test_what_waits_is_told_by_form_and_a_group_counts_once() -> None:
    certificate = "认定:\n  - {发证日期: 2025-03-01, 有效期止: 2028-03-01, 认定方式: 首次认定}\n"
    made = assessed(f"企业: {{注册地: 高平市}}\n{certificate}")
    [name] = [one for one in made.questions() if one.fact.shown == "认定.名称"]
    assert "shuozhou-2021-26/专精特新首次认定奖励" in name.supports  # a benefit without figures
    assert stake_words(name.stakes).startswith("拨付")
    years = "年度经营:\n  - {年末日: 2023-12-31, 研发费用: 100万元, 属科技型中小企业: 是}\n"
    made = assessed(
        f"企业: {{行业: 制造业}}\n{years}",
        "gaoping-2022-43/制造业研发加计扣除",
        "gaoping-2022-43/科技型中小企业研发加计扣除",
    )
    [place] = made.questions()
    assert (place.fact.shown, stake_words(place.stakes)) == ("企业.注册地", "加计扣除100万元")


def test_what_waits_is_never_less_than_nothing() -> None:
    [support] = [one for one in library().ready if one.id == "制造业研发加计扣除"]
    capped = replace(support, stacking=Stacking.FREE, group="", subject_cap=100_000_000)
    text = """企业: {注册地: 高平市, 行业: 制造业}
年度经营:
  - {年末日: 2023-12-31, 研发费用: 80万元}
  - {年末日: 2024-12-31}
"""
    made = dossier(library(), facts(text), TODAY, [capped])
    assert [(one.fact.shown, stake_words(one.stakes)) for one in made.questions()] == [
        ("年度经营.研发费用", "加计扣除20万元")
    ]
