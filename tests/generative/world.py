"""A small vocabulary for generated rules: every type of fact, links of links, three event tables.

The tables and their stored facts are the same in every example, with drawn bounds; derived facts are
drawn on top of them by :mod:`tests.generative.rules`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from huiqi.rulebook.language.calendar import (
    Calendar,
    DayException,
    DayKind,
    YearStatus,
    build_calendar,
)
from huiqi.rulebook.language.nodes import BOOL, DATE, MONEY, RATE, Kind, Type
from huiqi.rulebook.language.trees import Tree, TreeNode, build_tree
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary

PEOPLE, PLAIN = Type(Kind.COUNT, "人"), Type(Kind.COUNT)
LEVEL, TITLE, ONLY = (Type(Kind.CHOICE, "", name) for name in ("级别", "名称", "独"))
REGION, INDUSTRY = Type(Kind.REGION), Type(Kind.INDUSTRY)
CHOICES = {
    "级别": ("县级", "市级", "省级", "国家级"),
    "名称": ("甲", "乙", "丙", "丁", "戊", "己", "庚"),
    "独": ("唯一",),
}
UNITS = {
    "年": "年", "日": "日", "天": "日", "个月": "个月", "个工作日": "个工作日", "工作日": "个工作日",
    "人": "人", "名": "人", "项": "项", "家": "家", "户": "家",
}  # fmt: skip


def _tree(name: str, rows: Mapping[str, tuple[str, str | None]]) -> Tree:
    return build_tree(
        name, [TreeNode(code, label, label, "级", parent) for code, (label, parent) in rows.items()]
    )


REGIONS = _tree(
    "地区",
    {
        "14": ("某省", None), "1405": ("东市", "14"), "140501": ("东一区", "1405"),
        "140502": ("东二县", "1405"), "1411": ("西市", "14"), "141101": ("西一区", "1411"),
        "41": ("邻省", None), "4101": ("邻市", "41"),
    },
)  # fmt: skip
INDUSTRIES = _tree(
    "行业",
    {
        "C": ("制造业", None), "13": ("食品加工业", "C"), "39": ("电子设备业", "C"),
        "I": ("信息业", None), "65": ("软件业", "I"),
    },
)  # fmt: skip


def _calendar() -> Calendar:
    off = [
        date(2024, 1, 1),
        date(2024, 5, 1),
        date(2024, 5, 2),
        date(2024, 5, 3),
        date(2023, 10, 2),
    ]
    on = [date(2024, 4, 28), date(2024, 5, 11)]
    rows = [DayException(day, DayKind.OFF, "节", "据", YearStatus.PUBLISHED) for day in off]
    rows += [DayException(day, DayKind.WORK, "节", "据", YearStatus.PUBLISHED) for day in on]
    return build_calendar(rows, dict.fromkeys((2023, 2024), YearStatus.PUBLISHED))


CALENDAR = _calendar()

STORED: dict[str, tuple[Type, int | None, int | None, bool]] = {
    "是": (BOOL, None, None, False),
    "判": (BOOL, None, None, True),
    "额": (MONEY, 0, None, False),
    "差": (MONEY, None, None, False),
    "人数": (PEOPLE, 0, None, False),
    "次数": (PLAIN, 0, None, False),
    "净数": (PEOPLE, None, None, False),
    "率": (RATE, 0, None, False),
    "增幅": (RATE, None, None, False),
    "日": (DATE, None, None, False),
    "止": (DATE, None, None, False),
    "级": (LEVEL, None, None, False),
    "判级": (LEVEL, None, None, True),
    "名": (TITLE, None, None, False),
    "独": (ONLY, None, None, False),
    "地": (REGION, None, None, False),
    "业": (INDUSTRY, None, None, False),
    "文": (Type(Kind.TEXT), None, None, False),
}
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    # name: owner, links (the owner first)
    "企业": ("", {"集团": "集团"}),
    "集团": ("", {}),
    "人": ("", {"东家": "企业"}),
    "认定": ("企业", {"企业": "企业", "运营单位": "企业", "负责人": "人"}),
    "年度": ("企业", {"企业": "企业"}),
    "贷款": ("人", {"人": "人", "银行": "集团"}),
}
IDENTIFIERS = dict(zip(TABLES, ("firm", "group", "person", "title", "year", "loan"), strict=True))


@dataclass
class World:
    """A vocabulary under construction: tables by name with their facts so far."""

    facts: dict[str, dict[str, FactSpec]] = field(default_factory=dict)

    def add(self, spec: FactSpec) -> None:
        self.facts[spec.table][spec.name] = spec

    def vocabulary(self) -> Vocabulary:
        tables = {
            name: Table(
                name=name,
                identifier=IDENTIFIERS[name],
                key="编号",
                key_format="编号",
                owner=owner,
                moment="日" if owner else "",
                complete=bool(owner),
                links=links,
                groups={} if owner else {"地区": "地", "行业": "业", "规模": "级"},
                facts=self.facts[name],
            )
            for name, (owner, links) in TABLES.items()
        }
        trees = {Kind.REGION: REGIONS, Kind.INDUSTRY: INDUSTRIES}
        return Vocabulary(tables, CHOICES, frozenset({"级别"}), UNITS, trees, CALENDAR)


def plain_world() -> World:
    """Only the stored facts, with their default bounds."""
    made = World({name: {} for name in TABLES})
    for table in TABLES:
        for name, (type_, low, high, judged) in STORED.items():
            made.add(FactSpec(table, name, f"{IDENTIFIERS[table]}_{len(made.facts[table])}", type_,
                              low, high, judged))  # fmt: skip
    return made


def with_bounds(world: World, table: str, name: str, low: int | None, high: int | None) -> None:
    """Declare other bounds for a stored fact."""
    world.facts[table][name] = replace(world.facts[table][name], low=low, high=high)
