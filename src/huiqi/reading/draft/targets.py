"""Read targets as entries of targets.yaml, with a measure where the indicator is certain."""

import re
from datetime import date, timedelta
from decimal import Decimal

from huiqi.reading.draft.evidence import LEVELS, Finder
from huiqi.reading.draft.passage import plain
from huiqi.reading.draft.rules import level_words
from huiqi.reading.draft.tables import counted, counting
from huiqi.reading.draft.values import DraftTarget
from huiqi.reading.values import Target
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.language.source import Mark, Scalar
from huiqi.rulebook.library.measures import measure
from huiqi.rulebook.library.policy import Comparator
from huiqi.rulebook.problems import Problem

COMPARATORS = {
    ">=": Comparator.AT_LEAST,
    ">": Comparator.MORE,
    "=": Comparator.EQUAL,
    "<=": Comparator.AT_MOST,
    "<": Comparator.LESS,
    "range": Comparator.RANGE,
    "growth": Comparator.GROWTH,
    "first": Comparator.FIRST,
}
_PLAN = {"十二五": 2015, "十三五": 2020, "十四五": 2025, "十五五": 2030, "十六五": 2035}
_YEAR = re.compile(r"(?P<y>20\d\d)年(?:(?P<m>\d{1,2})月)?(?:(?P<d>\d{1,2})日)?")
_YEARLY = re.compile(r"每年|年均|年度|逐年|每年度")


def due_day(deadline: str | None) -> str:
    """The last day that a printed deadline means, as ISO; empty where none is sure.

    2025年, 2025年底 and 十四五末 end with the year, 2022年6月底 with the month.
    """
    words = plain(deadline or "")
    for name, year in _PLAN.items():
        if name in words:
            return f"{year}-12-31"
    found = list(_YEAR.finditer(words))
    if not found:
        return ""
    last = found[-1]
    year = int(last["y"])
    try:
        if last["d"]:
            return date(year, int(last["m"]), int(last["d"])).isoformat()
        if last["m"]:
            after = date(year + int(last["m"]) // 12, int(last["m"]) % 12 + 1, 1)
            return (after - timedelta(days=1)).isoformat()
    except ValueError:
        return ""
    if re.match(r"上半年", words[last.end() :]):
        return f"{year}-06-30"
    return f"{year}-12-31"


def target_of(finder: Finder, target: Target, clause: str, region: str, name: str) -> DraftTarget:
    """One target; what is not sure is said in ``open``."""
    comparator = COMPARATORS.get(target.comparator, Comparator.EQUAL)
    if comparator is Comparator.EQUAL and "左右" in (target.hedge or ""):
        comparator = Comparator.ABOUT
    values = target.value if isinstance(target.value, tuple) else (target.value,)
    due = due_day(target.deadline)
    yearly = bool(_YEARLY.search(f"{target.deadline or ''}{target.indicator}"))
    open_ = []
    if not target.deadline and not yearly:
        open_.append("文中没有写期限")
    elif target.deadline and not due and not yearly:
        open_.append(f"期限“{target.deadline}”没有换算成日期")
    if target.deadline_carried:
        open_.append("期限从前文承接，请核对")
    if target.hedge and comparator is not Comparator.ABOUT:
        open_.append(f"原文有“{target.hedge}”，是否硬性目标请定")
    made = _measure(finder, target, region)
    if not made:
        open_.append("量法没有把握，待补")
    return DraftTarget(
        id=name,
        clause=clause,
        indicator=target.indicator.strip() or "指标（待改写）",
        comparator=str(comparator),
        values=tuple(figure(value) for value in values),
        unit=target.unit or "",
        deadline=target.deadline or "",
        due=due,
        period="每年" if yearly else "",
        baseline=target.growth_base or "",
        measure=made,
        open=tuple(open_),
    )


def figure(value: Decimal) -> str:
    """A decimal as printed in a file: no exponent, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_AROUND = re.compile(
    r"全[市省县区]|我[市省县区]|本[市省县区]|有效|培育|认定|新增|数量|总数|总量|户数|家数|个数|达到|超过|力争|突破|实现|企业总数|的|数$|总$|以上|及以上|分别"
)


def _measure(finder: Finder, target: Target, region: str) -> str:
    """A count of the vocabulary where nothing but a title or kind (and its level) is meant."""
    if not region or target.comparator in ("growth", "first"):
        return ""
    unit = finder.vocabulary.units.get(target.unit or "", target.unit or "")
    if unit not in ("家", "户", "个"):
        return ""
    text = plain(target.indicator)
    if "新增" in text or "每年" in text:
        return ""  # a flow, which a count of what stands cannot measure
    groups = finder.groups(text)
    if len(groups) != 1 or not groups[0].values:
        return ""
    rest = text
    spans = [(hit.start, hit.end) for hit in groups[0].levels]
    spans += [(hit.start, hit.end) for hit in groups[0].values]
    for start, end in sorted(spans, reverse=True):
        rest = rest[:start] + rest[end:]
    if len(re.sub(r"[、和及与,()/]", "", _AROUND.sub("", rest))) > 0:
        return ""
    levels = [hit.level for hit in groups[0].levels]
    for table in finder.vocabulary.tables.values():
        place = next((s for s in table.facts.values() if s.type.kind is Kind.REGION), None)
        if table.is_event or place is None:
            continue
        here = f"{table.name}.{place.name} 属于 {region}"
        for listed in dict.fromkeys(name for hit in groups[0].values for name, _ in hit.options):
            values = tuple(v for hit in groups[0].values if (v := hit.of(listed)) is not None)
            if len(values) != len(groups[0].values):
                continue
            fact = next((s for s in table.facts.values() if s.type.choices == listed), None)
            found = counted(finder.vocabulary, table.name, values, levels)
            if fact is None and found is not None:
                made = f"计数({table.name} 其中 {found.spec.shown} 达到 1{found.spec.type.unit} 且 {here})"
                return _checked(finder, made)
            if fact is None:
                continue
            condition = f"{fact.shown} 是 {'、'.join(values)}"
            if levels:
                words = level_words(finder, groups[0].levels)
                order = finder.vocabulary.choices.get(LEVELS, ())
                wanted = (
                    frozenset(order[order.index(words[4:]) :])
                    if words.startswith("不低于")
                    else frozenset(words.removeprefix("是 ").split("、"))
                )
                rows = [
                    one
                    for one in counting(finder.vocabulary, table.name)
                    if not one.values and one.levels == wanted
                ]
                if not rows:
                    continue
                condition += f" 且 {rows[0].spec.shown} 达到 1{rows[0].spec.type.unit}"
            return _checked(finder, f"计数({table.name} 其中 {condition} 且 {here})")
    return ""


def _checked(finder: Finder, text: str) -> str:
    problems: list[Problem] = []
    made = measure(Scalar(text, Mark("", 1, 1)), finder.vocabulary, problems)
    return text if made is not None and not problems else ""
