"""Phrases of support become conditions of the vocabulary, each with the words it comes from."""

import pytest

from huiqi.reading import read
from tests.reading.draft.drafting import HERE, drafted, loaded, only, paper, texts


def said(body: str) -> tuple[str, list[str]]:
    """The table assessed and the conditions but for the place."""
    support = only(body)
    return support.table, [text for text in texts(support) if "属于" not in text]


TITLES = [
    (
        "对首次认定的国家级高新技术企业，一次性奖励18万元。",
        "认定",
        ["认定.认定方式 是 首次认定", "认定.此前同级同类数 等于 0次", "认定.名称 是 高新技术企业",
         "认定.级别 是 国家级"],
    ),
    (
        "对通过重新认定的高新技术企业，每次给予6万元奖励。",
        "认定",
        ["认定.认定方式 是 重新认定", "认定.名称 是 高新技术企业"],
    ),
    (
        "新获批的省级以上重点实验室，给予80万元建设经费补助。",
        "平台认定",
        ["平台认定.认定方式 是 首次认定", "平台认定.此前同级数 等于 0次",
         "平台认定.级别 不低于 省级", "创新平台.类型 是 重点实验室"],
    ),
    (
        "对新认定的市级众创空间、星创天地，给予一次性7万元补助。",
        "载体认定",
        ["载体认定.认定方式 是 首次认定", "载体认定.此前同级同类数 等于 0次",
         "载体认定.名称 是 众创空间、星创天地", "载体认定.级别 是 市级"],
    ),
    (
        "对贷款额在400万元以上的知识产权质押贷款企业，给予贷款利息30%的补助，最高不超过12万元。",
        "质押融资",
        ["质押融资.贷款金额 达到 400万元", "质押融资.已办质押登记"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "table", "expected"), TITLES, ids=[row[0][:14] for row in TITLES])
def test_titles_levels_events_and_figures(body: str, table: str, expected: list[str]) -> None:
    found = said(body)
    assert found[0] == table
    assert sorted(found[1]) == sorted(expected)


def test_a_negated_title_and_the_figures_joined_by_or() -> None:
    support = only(
        "对通过科技型中小企业评价、未认定为高新技术企业、拥有I类知识产权2项或II类知识产权6项的企业，"
        "一次性给予4万元奖励。"
    )
    assert support.table == "企业"
    assert set(texts(support)) == {
        "企业.有效科技型中小企业数 达到 1项",
        "企业.有效高企证书数 等于 0项",
        "企业.有效一类知识产权数 达到 2项 或 企业.有效二类知识产权数 达到 6项",
        f"企业.注册地 属于 {HERE}",
    }


@pytest.mark.parametrize(
    ("words", "operator"),
    [
        ("达到400万元", "达到"),
        ("不少于400万元", "达到"),
        ("400万元以上", "达到"),
        ("超过400万元", "超过"),
        ("不超过400万元", "不超过"),
        ("400万元以下", "不超过"),
        ("低于400万元", "低于"),
        ("不足400万元", "低于"),
    ],
)
def test_boundary_words(words: str, operator: str) -> None:
    support = only(f"企业办理知识产权质押贷款且贷款金额{words}的，给予2万元奖励。")
    assert f"质押融资.贷款金额 {operator} 400万元" in texts(support)


def test_grades_are_paired_with_the_levels_before_分别() -> None:
    support = only(
        "对新认定的国家级、省级、市级科技企业孵化器，分别给予70万元、35万元、9万元奖励。"
    )
    assert [(tier.when, tier.amount) for tier in support.money.tiers] == [
        ("载体认定.名称 是 科技企业孵化器 且 载体认定.级别 是 国家级", "国家级科技企业孵化器标准"),
        ("载体认定.名称 是 科技企业孵化器 且 载体认定.级别 是 省级", "省级科技企业孵化器标准"),
        ("载体认定.名称 是 科技企业孵化器 且 载体认定.级别 是 市级", "市级科技企业孵化器标准"),
    ]
    assert dict(support.money.parameters) == {
        "国家级科技企业孵化器标准": "70万元",
        "省级科技企业孵化器标准": "35万元",
        "市级科技企业孵化器标准": "9万元",
    }


def test_grades_beside_their_levels() -> None:
    support = only("新认定的企业技术中心给予补助，其中国家级90万元、省级40万元。")
    assert [tier.name for tier in support.money.tiers] == ["国家级", "省级"]
    assert [tier.when for tier in support.money.tiers] == [
        "平台认定.级别 是 国家级",
        "平台认定.级别 是 省级",
    ]


def test_prizes_in_a_row() -> None:
    support = only("对在省级创新创业大赛中获得一、二、三等奖的项目，分别奖励8万元、5万元、2万元。")
    assert support.table == "参赛获奖"
    assert [tier.when for tier in support.money.tiers] == [
        "参赛获奖.奖次 是 一等奖",
        "参赛获奖.奖次 是 二等奖",
        "参赛获奖.奖次 是 三等奖",
    ]
    assert "参赛获奖.赛事级别 是 省级" in texts(support)


def test_a_grade_newly_reached() -> None:
    support = only("企业年度营业收入首次达到2亿元、6亿元的，分别给予15万元、45万元奖励。")
    assert support.table == "年度经营"
    assert support.money.reached == "年度经营.营业收入"
    assert support.money.reached_before == "年度经营.此前最高营业收入"
    assert support.money.grades == (("2亿元", "15万元"), ("6亿元", "45万元"))


def test_moved_in_from_elsewhere() -> None:
    support = only("对从县外迁入我县的高新技术企业，给予11万元奖励。")
    assert support.table == "迁入"
    assert f"迁入.迁出地 不属于 {HERE} 且 迁入.迁入地 属于 {HERE}" in texts(support)
    assert support.times == "每主体一次"


def test_the_place_is_the_issuers_and_whether_the_text_says_so() -> None:
    silent = only("对首次认定的省级专精特新中小企业，奖励13万元。").conditions[-1]
    spoken = only("对我县首次认定的省级专精特新中小企业，奖励13万元。").conditions[-1]
    assert (silent.condition, silent.sure) == (f"认定.时注册地 属于 {HERE}", False)
    assert (spoken.condition, spoken.sure, spoken.words) == (silent.condition, True, "我县")


def test_an_unknown_place_gives_no_condition_and_says_so() -> None:
    made = drafted("对首次认定的省级专精特新中小企业，奖励13万元。", issuer="云岭市")
    assert made.region == "全国"
    assert any("地区表" in point for point in made.open)
    assert [text for text in texts(made.supports[0]) if "属于" in text] == []
    loaded(made)


def test_kinds_of_beneficiary_in_a_list_are_alternatives() -> None:
    support = only("对“小升规”重点培育企业、专精特新“小巨人”企业，优先保障用能。")
    assert "企业.小升规重点培育 或 企业.有效小巨人数 达到 1项" in texts(support)


def test_young_firms_and_industries() -> None:
    support = only("对成立不满3年的制造业企业，给予3万元补助。")
    assert set(texts(support)) == {
        "自 企业.成立日期 至 评定日 不满 3年",
        "企业.行业 属于 制造业",
        f"企业.注册地 属于 {HERE}",
    }


def test_rates_of_a_list_of_charges_with_a_ceiling() -> None:
    support = only(
        "对知识产权质押贷款，按贷款利息、担保费、评估费总额的40%给予资助，最高不超过16万元。"
    )
    assert support.money.base == "质押融资.利息 + 质押融资.担保费 + 质押融资.评估费"
    assert dict(support.money.parameters) == {"比例标准": "40%", "封顶": "16万元"}


def test_up_to_a_share_is_left_to_a_person_within_it() -> None:
    support = only("对知识产权交易的买方，给予不超过交易金额15%的补助，同一企业每年最高70万元。")
    assert support.money.within == "知识产权交易.交易金额 × 最高比例"
    assert support.money.year_cap == "70万元"


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("同一企业按就高不重复原则执行", "就高"),
        ("不重复享受", "择一"),
        ("已享受的补足差额", "补差"),
        ("可叠加享受", ""),
    ],
)
def test_stacking_words(words: str, way: str) -> None:
    support = only(f"对首次认定的省级专精特新中小企业，奖励13万元，{words}。")
    assert support.stacking == way


def test_limits_of_one_loan_compete_and_a_second_help_does_not() -> None:
    made = drafted(
        "个人创业担保贷款最高额度为12万元。高校毕业生合伙创业的，最高贷款额度为18万元。"
        "高校毕业生已成功创业且带动就业8人以上的，可给予最高60万元的贷款再扶持。"
    )
    assert [support.stacking for support in made.supports] == ["就高", "就高", ""]
    assert "人员.带动就业人数 达到 8人" in texts(made.supports[2])


def test_what_has_been_recognised_before_is_meant_again() -> None:
    first, second = drafted(
        "首次认定的高新技术企业，奖励21万元；有效期满重新通过认定的，奖励9万元。"
    ).supports
    assert first.table == second.table == "认定"
    assert "认定.名称 是 高新技术企业" in texts(second)
    assert "认定.认定方式 是 重新认定" in texts(second)


def test_every_condition_stands_on_words_of_the_document() -> None:
    body = "对首次认定的国家级高新技术企业，一次性奖励18万元。"
    text = read(paper(body).encode(), name="试拟.txt").text
    support = only(body)
    for built in support.conditions:
        if built.words:
            assert text[built.start : built.end] == built.words
        else:
            assert not built.sure


def test_what_cannot_be_built_is_left_to_a_person_with_the_reason() -> None:
    support = only("对首次认定的省级专精特新中小企业中带动作用明显、使用本地玻璃的，奖励13万元。")
    left = {point.words: point.reason for point in support.open if point.words}
    assert any("作用明显" in words for words in left)
    assert any("玻璃" in words for words in left)


@pytest.mark.parametrize(
    "body",
    [
        "对建成开放的起降场，按设施投入的45%给予补助，单个不超过66万元。",
        "对每台首次投放的机器人，奖励2万元。",
        "对博士每人给予22万元、硕士每人给予7万元生活补贴。",
    ],
)
def test_beyond_the_vocabulary_nothing_is_computed_in_silence(body: str) -> None:
    for support in drafted(body).supports:
        money = support.money
        assert not money.amount
        assert not money.rate
        assert any(point.words for point in support.open)
