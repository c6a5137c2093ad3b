"""Rules against their text: boundaries, amounts, units, targets, dates, both directions."""

import pytest

from huiqi.reading.folding import fold
from huiqi.reading.review import Kind
from huiqi.reading.review.boundaries import conventions, said
from huiqi.rulebook.language.nodes import Kind as FactKind
from huiqi.rulebook.problems import Severity
from tests.reading.review.folders import Draft


def test_a_true_rendering_has_no_finding(paper: Draft) -> None:
    assert paper.ids() == []
    assert paper.ids(with_text=False) == []


# -------------------------------------------------------------------- boundaries


def test_more_than_where_the_text_says_at_least(paper: Draft) -> None:
    paper.change("supports/质押补助.yaml", "达到 门槛", "超过 门槛")
    (found,) = [item for item in paper.findings() if item.kind is Kind.BOUNDARY]
    assert found.id == "界线-一-300万元"
    assert found.message == "300万元：文本的意思是“不低于”，规则写成“超过”"
    assert [str(one) for one in found.standards] == ["《民法典》第一千二百五十九条"]
    text, rule = found.evidence
    assert paper.reading().text[text.start : text.end].endswith("300万元以上")
    assert rule.place == "yunling-2023-15/supports/质押补助.yaml:8"


@pytest.mark.parametrize(
    ("old", "new", "ids"),
    [
        ("不超过 1000万元", "低于 1000万元", ["界线-二-1,000万元"]),
        ("不超过 1000万元", "达到 1000万元", ["界线-二-1,000万元"]),
        ("低于 1%", "不超过 1%", ["界线-二-1%"]),
        ("低于 1%", "达到 1%", ["界线-二-1%"]),
    ],
)
def test_each_wrong_operator(paper: Draft, old: str, new: str, ids: list[str]) -> None:
    paper.change("supports/担保补助.yaml", old, new)
    assert paper.ids() == ids


def test_the_document_may_define_its_words_otherwise(paper: Draft) -> None:
    paper.rewrite("本措施自2023", "本措施所称“以上”“以下”均不含本数。\n本措施自2023")
    assert paper.ids() == ["界线-一-300万元", "界线-二-1,000万元", "界线-三-省级"]
    paper.change("supports/质押补助.yaml", "达到 门槛", "超过 门槛")
    paper.change("supports/担保补助.yaml", "不超过 1000万元", "低于 1000万元")
    paper.change("supports/认定奖励.yaml", "不低于 省级", "是 国家级")
    assert paper.ids() == []


def test_a_bracket_beside_the_figure_decides(paper: Draft) -> None:
    paper.rewrite("300万元以上", "300万元以上（不含300万元）")
    assert paper.ids() == ["界线-一-300万元"]


def test_a_level_and_above_includes_the_level(paper: Draft) -> None:
    paper.change("supports/认定奖励.yaml", "不低于 省级", "是 国家级")
    assert paper.ids() == ["界线-三-省级"]


def test_a_grade_bounded_from_both_sides_is_no_contradiction(paper: Draft) -> None:
    paper.change(
        "supports/质押补助.yaml",
        "比例: 比例\n基数: 质押融资.利息\n",
        "分档:\n"
        "  - {名: 够, 当: 质押融资.贷款金额 达到 门槛, 金额: 质押融资.利息 × 比例}\n"
        "  - {名: 不够, 当: 质押融资.贷款金额 低于 门槛, 金额: 0元}\n",
    )
    assert paper.ids() == []


OPS = [
    ("贷款300万元以上", ">="), ("贷款300万元及以上", ">="), ("贷款不低于300万元", ">="),
    ("贷款不得少于300万元", ">="), ("贷款达到300万元", ">="), ("贷款满300万元", ">="),
    ("贷款超过300万元", ">"), ("贷款突破300万元", ">"), ("贷款高于300万元", ">"),
    ("贷款300万元以下", "<="), ("贷款300万元以内", "<="), ("贷款不超过300万元", "<="),
    ("贷款不得超过300万元", "<="), ("贷款未超过300万元", "<="), ("最高300万元", "<="),
    ("贷款不满300万元", "<"), ("贷款未满300万元", "<"), ("贷款低于300万元", "<"),
    ("贷款不足300万元", "<"), ("贷款未达到300万元", "<"), ("贷款300万元", None),
    ("贷款300万元（含）以上", ">="), ("贷款300万元以上（含）", ">="),
    ("贷款300万元以上（不含300万元）", ">"), ("贷款300万元（不含）以下", "<"),
    ("贷款超过300万元（含）", ">="),
]  # fmt: skip


@pytest.mark.parametrize(("words", "op"), OPS)
def test_every_boundary_word(words: str, op: str | None) -> None:
    shadow = fold(f"{words}的企业")
    found, *_ = said(shadow, 0, len(shadow), conventions(shadow))
    assert found.key == (FactKind.MONEY, 300_000_000)
    assert (None if found.op is None else str(found.op)) == op


def test_figures_in_a_row_share_the_word() -> None:
    shadow = fold("首次达到3亿元、5亿元、10亿元的，分别给予10万元、20万元")
    found = said(shadow, 0, len(shadow), conventions(shadow))
    assert [None if one.op is None else str(one.op) for one in found] == [
        ">=",
        ">=",
        ">=",
        None,
        None,
    ]


# -------------------------------------------------------------------- amounts and rates


def test_an_amount_that_differs_is_found_from_both_sides(paper: Draft) -> None:
    paper.change("supports/认定奖励.yaml", "金额: 10万元", "金额: 1万元")
    found = [item for item in paper.findings() if item.kind is Kind.AMOUNT]
    assert [(item.id, item.message) for item in found] == [
        ("金额-三-10万元", "文本写有 10万元，本条的规则里没有这个数"),
        ("金额-三-1万元", "规则按 1万元 计算，本条文本里没有这个数"),
    ]
    assert [item.severity for item in found] == [Severity.ERROR, Severity.ERROR]


def test_a_rate_and_a_cap(paper: Draft) -> None:
    paper.change("supports/质押补助.yaml", "比例: 50%", "比例: 40%")
    paper.change("supports/质押补助.yaml", "封顶: 20万元", "封顶: 25万元")
    assert sorted(paper.ids()) == [
        "比例-一-40%", "比例-一-50%", "金额-一-20万元", "金额-一-25万元",
    ]  # fmt: skip


def test_an_amount_is_compared_within_its_clause(paper: Draft) -> None:
    paper.change("supports/认定奖励.yaml", "金额: 10万元", "金额: 20万元")
    assert sorted(paper.ids()) == ["金额-三-10万元", "金额-三-20万元"]


def test_a_support_that_no_rule_carries(paper: Draft) -> None:
    (paper.folder / "supports/认定奖励.yaml").unlink()
    assert paper.ids() == ["金额-三-10万元"]


def test_a_threshold_that_no_rule_carries(paper: Draft) -> None:
    paper.change("supports/质押补助.yaml", "达到 门槛", "超过 0元")
    assert paper.ids() == ["门槛-一-300万元以上"]


def test_a_threshold_of_the_rule_that_the_text_does_not_print(paper: Draft) -> None:
    paper.change("supports/质押补助.yaml", "门槛: 300万元", "门槛: 200万元")
    assert sorted(paper.ids()) == ["门槛-一-200万元", "门槛-一-300万元以上"]


# -------------------------------------------------------------------- clauses, units, targets


def test_units_of_the_text_that_the_clause_lacks(paper: Draft) -> None:
    paper.change("policy.yaml", "单位: [市市场监管局, 市财政局]", "单位: [市财政局, 市税务局]")
    found = [item for item in paper.findings() if item.kind is Kind.UNIT]
    assert [(item.id, item.severity) for item in found] == [
        ("单位-一-市市场监管局", Severity.ERROR),
        ("单位-一-市税务局", Severity.WARNING),
    ]


def test_another_lead(paper: Draft) -> None:
    paper.change("policy.yaml", "牵头: 市工信局", "牵头: 市财政局")
    assert paper.ids() == ["单位-三-牵头"]


def test_a_target_that_is_missing(paper: Draft) -> None:
    paper.change("targets.yaml", '值: "35"', '值: "36"')
    (found,) = [item for item in paper.findings() if item.kind is Kind.TARGET]
    assert found.message == "文本的目标“全市专精特新企业 达到 35家”不在 targets.yaml 里"
    assert paper.reading().text[found.evidence[0].start : found.evidence[0].end].count("35家") == 1


def test_a_target_with_another_boundary_or_deadline(paper: Draft) -> None:
    paper.change("targets.yaml", "比较: 达到", "比较: 超过")
    paper.change("targets.yaml", "期限: 2025年", "期限: 2026年")
    assert [item.kind for item in paper.findings() if item.id not in ("效力不明-全文",)] == [
        Kind.BOUNDARY,
        Kind.DATE,
    ]


def test_clauses_on_one_side_only(paper: Draft) -> None:
    paper.change("policy.yaml", "标题: 支持小额担保", "标题: 建设科技园区")
    (found,) = [item for item in paper.findings() if item.kind is Kind.CLAUSE]
    assert [(str(one.source), one.words) for one in found.evidence] == [
        ("文本", "支持小额担保"),
        ("规则", "建设科技园区"),
    ]


# -------------------------------------------------------------------- the whole paper


@pytest.mark.parametrize(
    ("old", "new", "id_"),
    [
        ("文号: 云政发〔2023〕15号", "文号: 云政发〔2023〕16号", "文件信息-全文-文号"),
        ("印发日期: 2023-05-20", "印发日期: 2023-05-21", "文件信息-全文-印发日期"),
        ("止: 2026-05-31", "止: 2027-05-31", "日期-全文-截止日期"),
        ("起: 2023-06-01", "起: 2023-05-20", "日期-全文-施行日期"),
    ],
)
def test_number_and_dates(paper: Draft, old: str, new: str, id_: str) -> None:
    paper.change("policy.yaml", old, new)
    assert paper.ids() == [id_]


def test_a_ground_that_the_folder_does_not_name(paper: Draft) -> None:
    paper.change("policy.yaml", "依据:\n  - 名称: 云岭省创新条例\n", "")
    assert paper.ids() == ["依据文件-全文-云岭省创新条例"]


def test_a_year_until_which_the_text_pays(paper: Draft) -> None:
    paper.rewrite("（三）奖励新认定企业。对首次", "（三）奖励新认定企业。到2024年，对首次")
    assert "日期-三-到2024年" in paper.ids()
    paper.change(
        "supports/认定奖励.yaml",
        "资金: 市财政\n",
        "资金: 市财政\n期间: {起: 2023-06-01, 止: 2024-12-31}\n",
    )
    assert "日期-三-到2024年" not in paper.ids()


# -------------------------------------------------------------------- what is not said


def test_period_payer_and_stacking_are_asked_for(paper: Draft) -> None:
    paper.change("policy.yaml", ", 止: 2026-05-31", "")
    paper.change("supports/认定奖励.yaml", "叠加: 可叠加\n资金: 市财政\n", "资金: 未写明\n")
    assert paper.ids(with_text=False) == [
        "资金未写-三-认定奖励",
        "叠加未写-三-认定奖励",
        "期限未写-全文",
    ]
    (period,) = [item for item in paper.findings(with_text=False) if item.kind is Kind.PERIOD]
    assert period.support == "质押补助、担保补助、认定奖励"


def test_what_the_text_says_and_the_rule_does_not(paper: Draft) -> None:
    paper.change(
        "supports/质押补助.yaml", "叠加: 不与其他贴息重复\n资金: 市财政\n", "资金: 未写明\n"
    )
    assert {"资金未写-一-文本", "叠加未写-一-文本"} <= set(paper.ids())
