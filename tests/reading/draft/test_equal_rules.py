"""A support written from a random simple rule, in several phrasings, drafts back to an equal rule."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from huiqi.rulebook.language.nodes import Constant
from tests.reading.draft.drafting import HERE, drafted, loaded, nodes, only, texts

EVENTS = {
    "认定": ("认定.名称", "认定.时注册地", "认定.此前同级同类数",
            ["高新技术企业", "科技型中小企业", "专精特新中小企业", "专精特新小巨人企业"]),
    "载体认定": ("载体认定.名称", "载体.所在地", "载体认定.此前同级同类数",
              ["科技企业孵化器", "众创空间", "星创天地", "大学科技园", "小微企业创业创新基地"]),
    "平台认定": ("创新平台.类型", "创新平台.所在地", "平台认定.此前同级数",
              ["重点实验室", "技术创新中心", "企业技术中心", "新型研发机构", "院士专家工作站"]),
}  # fmt: skip
LEVELS = ["国家级", "省级", "市级"]
PHRASINGS = (
    "对首次认定的{level}{title}，一次性给予{amount}奖励。",
    "对新认定的{level}{title}，奖励{amount}。",
    "新获批{level}{title}的，给予{amount}一次性补助。",
    "{level}{title}首次获批的，给予{amount}资金支持。",
    "首次认定为{level}{title}的，由县财政一次性补助{amount}。",
)


@dataclass(frozen=True)
class Rule:
    """What a simple award says."""

    table: str
    title: str
    level: str
    yuan: int

    @property
    def conditions(self) -> list[str]:
        title, place, before, _ = EVENTS[self.table]
        return [
            f"{title} 是 {self.title}",
            f"{self.table}.级别 是 {self.level}",
            f"{self.table}.认定方式 是 首次认定",
            f"{before} 等于 0次",
            f"{place} 属于 {HERE}",
        ]


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    table = draw(st.sampled_from(sorted(EVENTS)))
    title = draw(st.sampled_from(EVENTS[table][3]))
    thousands = draw(st.integers(1, 9999))
    return Rule(table, title, draw(st.sampled_from(LEVELS)), thousands * 1000)


def shown(yuan: int, notation: str) -> str:
    """A sum of whole thousands in one of the notations of official papers."""
    if notation == "元":
        return f"{yuan}元"
    if notation == "分节":
        return f"{yuan:,}元"
    whole, rest = divmod(yuan, 10_000)
    return f"{whole}.{rest // 1000}万元" if rest else f"{whole}万元"


@settings(max_examples=40, deadline=None)
@given(rules(), st.sampled_from(PHRASINGS), st.sampled_from(["元", "分节", "万元"]))
def test_an_award_comes_back(rule: Rule, phrasing: str, notation: str) -> None:
    body = phrasing.format(level=rule.level, title=rule.title, amount=shown(rule.yuan, notation))
    made = drafted(body)
    policy, _ = loaded(made)
    assert [support.table for support in policy.supports] == [rule.table]
    (support,) = policy.supports
    assert frozenset(line.node for line in support.lines[1:]) == nodes(rule.table, rule.conditions)
    assert isinstance(support.amount, Constant)
    assert support.amount.value == rule.yuan * 100


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 99), st.integers(1, 900), st.integers(1, 900))
def test_a_share_with_threshold_and_ceiling_comes_back(
    percent: int, threshold: int, cap: int
) -> None:
    support = only(
        f"对知识产权质押贷款额达{threshold}万元以上的企业，按贷款利息的{percent}%给予贴息，"
        f"最高不超过{cap}万元。"
    )
    assert support.table == "质押融资"
    assert f"质押融资.贷款金额 达到 {threshold}万元" in texts(support)
    assert (support.money.base, support.money.cap) == ("质押融资.利息", "封顶")
    assert dict(support.money.parameters) == {"比例标准": f"{percent}%", "封顶": f"{cap}万元"}


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(EVENTS)).flatmap(
        lambda table: st.tuples(st.just(table), st.sampled_from(EVENTS[table][3]))
    ),
    st.lists(st.integers(1, 900), min_size=3, max_size=3, unique=True),
)
def test_grades_by_level_come_back(kind: tuple[str, str], sums: list[int]) -> None:
    table, title = kind
    listed = "、".join(f"{amount}万元" for amount in sums)
    support = only(f"对新认定的国家级、省级、市级{title}，分别给予{listed}奖励。")
    assert support.table == table
    fact = EVENTS[table][0]
    assert [tier.when for tier in support.money.tiers] == [
        f"{fact} 是 {title} 且 {table}.级别 是 {level}" for level in LEVELS
    ]
    assert [amount for _, amount in support.money.parameters] == [f"{n:,}万元" for n in sums]
