"""The fair-competition review of rules: found by what a condition reads, not by the five documents."""

import pytest

from huiqi.reading.review import FAIR, review
from tests.reading.review.folders import ID, Draft

SUPPORT = """编号: 试
名称: {name}
条款: 三
类型: {kind}
对象: {table}
条件:
{lines}
{amount}
叠加: 可叠加
资金: 市财政
"""


def fair(
    paper: Draft,
    *lines: str,
    table: str = "年度经营",
    amount: str = "金额: 1万元",
    name: str = "一项支持",
    kind: str = "奖励",
) -> list[tuple[str, list[str]]]:
    """Kinds and rule words found in a policy with one more support."""
    words = SUPPORT.format(
        name=name, kind=kind, table=table, amount=amount,
        lines="\n".join(f"  - {line}" for line in lines),
    )  # fmt: skip
    (paper.folder / "supports/试.yaml").write_text(words, "utf-8")
    library = paper.library()
    found = review(library.by_id[ID], vocabulary=library.vocabulary)
    return [(str(item.kind), [one.words for one in item.evidence]) for item in found if item.fair]


def fact(paper: Draft, table: str, line: str) -> None:
    """One more fact in a table of this test's vocabulary."""
    path = paper.root / f"vocabulary/{table}.yaml"
    path.write_text(path.read_text("utf-8").rstrip() + f"\n  {line}\n", "utf-8")


def test_moving_in_is_seen_from_the_regions_it_compares(paper: Draft) -> None:
    line = "迁入.迁出地 不属于 朔州市 且 迁入.迁入地 属于 朔州市"
    assert fair(paper, line, table="迁入") == [("迁入奖励", [line])]


def test_moving_in_under_any_name(paper: Draft) -> None:
    fact(
        paper,
        "年度经营",
        "上年所在地: {标识: place_last_year, 类型: 地区, 问: 上年在哪里？, 来源: 税务部门}",
    )
    fact(
        paper,
        "年度经营",
        "今年所在地: {标识: place_this_year, 类型: 地区, 问: 今年在哪里？, 来源: 税务部门}",
    )
    line = "年度经营.今年所在地 属于 朔州市 且 非 年度经营.上年所在地 属于 朔州市"
    assert fair(paper, line) == [("迁入奖励", [line])]


def test_an_event_of_moving_in_is_enough(paper: Draft) -> None:
    line = "迁入.主要成果在迁入地转化"
    assert fair(paper, line, table="迁入") == [("迁入奖励", ["对象: 迁入"])]


def test_local_share_in_a_condition_and_in_the_base(paper: Draft) -> None:
    line = "年度经营.本地配套率增幅 达到 5%"
    base = "比例: 1%\n基数: 年度经营.配套增幅对应采购额"
    assert fair(paper, line, amount=base) == [
        ("本地份额", [line, "年度经营.配套增幅对应采购额 的 1%"])
    ]


@pytest.mark.parametrize(
    ("name", "amount"),
    [("入库税款", "金额: 1万元"), ("地方财政贡献", "金额: 1万元"), ("当年实缴增值税", "BASE")],
)
def test_tied_to_taxes(paper: Draft, name: str, amount: str) -> None:
    fact(paper, "年度经营", f"{name}: {{标识: taxed, 类型: 金额, 问: 多少？, 来源: 税务部门}}")
    if amount == "BASE":
        found = fair(
            paper, "年度经营.营业收入 超过 0元", amount=f"比例: 30%\n基数: 年度经营.{name}"
        )
        assert found == [("与纳税挂钩", [f"年度经营.{name} 的 30%"])]
    else:
        line = f"年度经营.{name} 达到 100万元"
        assert fair(paper, line) == [("与纳税挂钩", [line])]


def test_a_relief_of_the_tax_itself_asks_only_for_its_ground(paper: Draft) -> None:
    found = fair(
        paper,
        "载体.类型 是 科技企业孵化器",
        table="载体年度",
        amount="比例: 100%\n基数: 载体年度.非营利收入所得税",
        kind="税收优惠",
        name="孵化收入减免",
    )
    assert found == [("税收优惠依据", ["孵化收入减免"])]


def test_owners_are_told_apart_only_for_those_who_benefit(paper: Draft) -> None:
    assert fair(paper, "企业.民营企业") == [("所有制差别", ["企业.民营企业"])]
    lender = "提供单位.类型 是 高校、科研院所、国有企业"
    assert fair(paper, lender, table="设备使用") == []


def test_local_registration_is_one_finding_for_the_whole_document(paper: Draft) -> None:
    paper.change(
        "supports/认定奖励.yaml",
        "  - 认定.此前同级同类数 等于 0次\n",
        "  - 认定.此前同级同类数 等于 0次\n  - 认定.时注册地 属于 朔州市\n",
    )
    found = fair(paper, "企业.注册地 属于 朔州市")
    assert found == [("本地注册", ["认定.时注册地 属于 朔州市", "企业.注册地 属于 朔州市"])]


@pytest.mark.parametrize(
    "line",
    [
        "企业.是小微企业",
        "企业.行业 属于 制造业",
        "年度经营.研发费用 超过 0元",
        "年度经营.营业收入 超过 年度经营.此前最高营业收入",
    ],
)
def test_objective_conditions_are_no_finding(paper: Draft, line: str) -> None:
    assert fair(paper, line) == []


def test_words_of_names_benefits_and_duties_count(paper: Draft) -> None:
    paper.change(
        "policy.yaml", "职责: [办理担保补助]", "职责: [要求担保机构在本市设立分公司方可参与]"
    )
    benefit = "优惠: 同等条件下优先选择本地企业承接"
    assert fair(paper, "企业.是小微企业", amount=benefit, kind="便利") == [
        ("设立机构", ["要求担保机构在本市设立分公司方可参与"]),
        ("优待本地", ["同等条件下优先选择本地企业承接"]),
    ]


def test_the_fair_findings_say_standard_options_and_exemptions(paper: Draft) -> None:
    (paper.folder / "supports/认定奖励.yaml").unlink()
    fair(paper, "迁入.迁出地 不属于 朔州市 且 迁入.迁入地 属于 朔州市", table="迁入")
    library = paper.library()
    (found,) = [one for one in review(library.by_id[ID]) if one.fair]
    assert found.kind in FAIR
    assert [str(one) for one in found.standards] == [
        "《公平竞争审查条例》第十条第二项",
        "《公平竞争审查条例实施办法》第十九条",
        "《公平竞争审查制度实施细则》第十五条",
    ]
    assert found.options == ("删除", "修改", "符合例外规定并说明", "设定期限", "保留待报")
    assert len(found.exemptions) == 4
    assert (found.id, found.clause, found.support) == ("迁入奖励-三", "三", "试")
