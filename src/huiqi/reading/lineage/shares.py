"""Which targets of a lower document are a share of a target of the upper one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from huiqi.reading.folding import fold
from huiqi.reading.lineage.papers import Aim, Paper
from huiqi.reading.review.align import alike, plain

_REGION = re.compile(
    r"^(?:全国|全省|全市|全县|全区|我省|我市|我县|本省|本市)|每年|年度|当年|累计|“双创”|争取|力争"
)
_TAIL = re.compile(r"(?:总数|数量|人数|家数|户数|数|大军)$")
_LEVEL = re.compile(r"(?:国家级|省级|市级|县级)(?:及以上|以上)?")
_HUNDREDTH = Decimal(1).scaleb(-2)
_SAME, _NEAR = 80, 62  # per cent of character pairs in common


class Fit(StrEnum):
    """How sure it is that two targets are one indicator."""

    CERTAIN = "确定"
    PERSON = "交人判断"


@dataclass(frozen=True, slots=True)
class Share:
    """A lower target beside the upper one. `part` is lower ÷ upper in per cent, None for rates."""

    fit: Fit
    upper: Aim
    paper: str
    lower: Aim
    part: Decimal | None
    why: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "status": str(self.fit),
            "upper": {"clause": self.upper.clause, "target": self.upper.indicator,
                      "value": self.upper.shown, "deadline": self.upper.deadline},
            "document": self.paper,
            "lower": {"clause": self.lower.clause, "target": self.lower.indicator,
                      "value": self.lower.shown, "deadline": self.lower.deadline},
            "share_percent": None if self.part is None else f"{self.part:f}",
            "why": list(self.why),
        }  # fmt: skip


def indicator(text: str) -> str:
    """An indicator without region, quotation marks and counting words: 全省创客大军 -> 创客."""
    bare = plain(_REGION.sub("", fold(text).strip()))
    return _TAIL.sub("", _TAIL.sub("", bare.removeprefix("年")))


def shares(upper: Paper, lowers: Sequence[Paper]) -> tuple[Share, ...]:
    """For each target of a lower document the upper target it belongs to, the best only."""
    out = []
    for paper in lowers:
        for aim in paper.aims:
            found = sorted(
                _against(upper, paper, aim),
                key=lambda item: (
                    item.fit is not Fit.CERTAIN,
                    -alike(indicator(item.upper.indicator), indicator(aim.indicator)),
                ),
            )
            out += found[:1]
    return tuple(out)


def _against(upper: Paper, paper: Paper, aim: Aim) -> Iterator[Share]:
    for above in upper.aims:
        if above.base != aim.base or "增长" in (above.comparator, aim.comparator):
            continue
        one, other = indicator(above.indicator), indicator(aim.indicator)
        near = 100 if one == other else alike(_LEVEL.sub("", one), _LEVEL.sub("", other))
        if near < _NEAR:
            continue
        why = [] if one == other else [f"指标写法不同：{above.indicator}／{aim.indicator}"]
        certain = near >= _SAME
        levels = _LEVEL.findall(one), _LEVEL.findall(other)
        if levels[0] != levels[1]:
            certain = False
            why.append("级别不同")
        if above.year != aim.year:
            certain = False
            why.append(f"期限不同：{above.deadline or '没有写'}／{aim.deadline or '没有写'}")
        part = None
        if above.base != "%":
            if aim.value >= above.value:
                why.append("下级不低于上级，不是份额")
                certain = False
            part = (aim.value * 100 / above.value).quantize(_HUNDREDTH) if above.value else None
        else:
            why.append("比率不分解，只作对照")
        yield Share(Fit.CERTAIN if certain else Fit.PERSON, above, paper.id, aim, part, tuple(why))


def same_aims(upper: Paper, above: str, lower: Paper, below: str) -> int:
    """How many indicators two clauses have in common."""
    ours = {indicator(aim.indicator) for aim in upper.aims if aim.clause == above}
    theirs = {indicator(aim.indicator) for aim in lower.aims if aim.clause == below}
    return len(ours & theirs)
