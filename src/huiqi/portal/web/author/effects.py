"""What a simulation found, as figures, tables and charts; money in fen until it is shown."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from huiqi.portal.base import rules
from huiqi.portal.web import charts
from huiqi.portal.web.charts import Chart
from huiqi.rulebook.language.answers import Answer

MOST_BARS = 12
BY = (
    ("地区", "county", "按县（市、区）"),
    ("行业", "industry", "按行业"),
    ("规模", "size", "按规模"),
)


@dataclass(frozen=True, slots=True)
class Side:
    """A support before or after."""

    yes: int
    missing: int
    judge: int
    low: int
    high: int
    unbounded: int


@dataclass(frozen=True, slots=True)
class Line:
    """One support before and after, and who moved."""

    key: str
    name: str
    is_counted: bool
    before: Side
    after: Side
    gainers: int
    losers: int
    gained: int
    lost: int

    @property
    def low(self) -> int:
        return self.after.low - self.before.low

    @property
    def high(self) -> int:
        return self.after.high - self.before.high

    @property
    def yes(self) -> int:
        return self.after.yes - self.before.yes

    @property
    def missing(self) -> int:
        return self.after.missing - self.before.missing

    @property
    def judge(self) -> int:
        return self.after.judge - self.before.judge


@dataclass(frozen=True, slots=True)
class Effect:
    """A whole simulation as a page shows it."""

    lines: tuple[Line, ...]
    charts: tuple[Chart, ...]

    @property
    def gainers(self) -> int:
        return sum(line.gainers for line in self.lines)

    @property
    def losers(self) -> int:
        return sum(line.losers for line in self.lines)

    @property
    def low(self) -> int:
        """What is certain, more or less than before (fen)."""
        return sum(line.low for line in self.lines)

    @property
    def high(self) -> int:
        return sum(line.high for line in self.lines)

    @property
    def yes(self) -> int:
        return sum(line.yes for line in self.lines)

    @property
    def is_nothing(self) -> bool:
        return all(line.before == line.after and not line.gainers for line in self.lines)


def effect_of(result: Mapping[str, Any], prefix: str = "effect") -> Effect:
    """The stored result of a simulation; ``prefix`` keeps the ids of several on a page apart."""
    named = {support.key: support for support in rules.library().supports}
    lines = []
    for item in result["supports"]:
        support = named.get(item["support"])
        lines.append(
            Line(
                item["support"],
                support.name if support else item["support"],
                support is None or support.amount is not None,
                _side(item["before"]), _side(item["after"]),
                item["gainers"], item["losers"], item["gained"], item["lost"],
            )
        )  # fmt: skip
    shown = [_chart(result["by"], by, f"{prefix}-{name}", title, lines) for by, name, title in BY]
    return Effect(tuple(lines), tuple(one for one in shown if one is not None))


def _side(budget: Mapping[str, Any]) -> Side:
    answers: Sequence[int] = budget["answers"]
    return Side(
        answers[Answer.YES], answers[Answer.MISSING], answers[Answer.JUDGE],
        budget["low"], budget["high"], budget["unbounded"],
    )  # fmt: skip


def _chart(
    slices: Sequence[Mapping[str, Any]], by: str, name: str, title: str, lines: Sequence[Line]
) -> Chart | None:
    """The difference in each group: in money, or in numbers where the support has no amount."""
    counted = any(line.is_counted for line in lines)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for item in slices:
        if item["by"] == by:
            sums[item["name"]][0] += item["low"] if counted else item["yes"]
            sums[item["name"]][1] += item["high"] if counted else item["missing"] + item["judge"]
    moved = [(word, at[0], at[1]) for word, at in sums.items() if any(at)]
    if not moved:
        return None
    moved.sort(key=lambda one: (-abs(one[1]), -abs(one[2]), one[0]))
    note = ""
    if len(moved) > MOST_BARS:
        note = f"差别最大的{MOST_BARS}个，共{len(moved)}个"
        moved = moved[:MOST_BARS]
    words = ("确定的差额", "补齐信息后最多的差额") if counted else ("应享的差数", "待定的差数")
    return charts.bars(
        name,
        f"{title}的差别",
        [one[0] for one in moved],
        {words[0]: [one[1] for one in moved], words[1]: [one[2] for one in moved]},
        unit=charts.FEN if counted else "项",
        lying=True,
        note=note,
        look="is-high" if len(moved) > 6 else "",
    )
