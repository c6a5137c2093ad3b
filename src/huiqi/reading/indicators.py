"""Making one target from its words: indicator, comparator, value and unit."""

import re
from decimal import Decimal

from huiqi.reading import target_words as words_of
from huiqi.reading.figures import Figure
from huiqi.reading.values import Target


def level_index(level: re.Match[str]) -> int:
    return next(i for i in range(len(words_of.LEVELS)) if level[f"l{i}"])


def level_word(left: str) -> str:
    """The words of level that end `left`, or an empty text."""
    found = words_of.LEVEL.search(left)
    return found[0] if found else ""


def value_of(figure: Figure) -> Decimal | tuple[Decimal, Decimal]:
    if len(figure.values) == 2:
        return figure.values[0], figure.values[1]
    return figure.value


def unit_of(figure: Figure) -> str | None:
    return figure.unit or None


def compare(figure: Figure, stated: str) -> str:
    """The comparator from the word before and the bound after the figure."""
    if len(figure.values) == 2:
        return "range"
    if figure.bound in {"以上", "及以上", "或以上"}:
        return ">" if stated == ">" else ">="
    if figure.bound in {"以内", "之内", "内", "以下", "及以下"}:
        return "<" if stated == "<" else "<="
    if figure.bound in {"左右", "上下"}:
        return "<=" if stated in {"<=", "<"} else "="
    return stated


def inherit(figure: Figure, previous: Target, left: str) -> str:
    """The comparator of a later member of a list: its own bound, else the first one's."""
    own = compare(figure, "")
    if own:
        return own
    if re.search(r"新增|新建|净增|带动|培训|建成|引进", left):
        return "="
    return previous.comparator if previous.comparator in {">=", ">", "<=", "<", "="} else "="


def part_of_whole(left: str, previous: Target) -> str | None:
    return previous.indicator if "其中" in left else None


def clean_indicator(words: str) -> str:
    """The indicator without lead-in words: 争取将…, 到2025年, ——."""
    words = re.sub(r"^[\s,;:、。—\-]+", "", words)
    words = re.sub(r"力争|争取", "", words)
    # 由2020年的50家 is where it came from.
    words = re.sub(r"(?<=[^,])(?:由|从)[^,由从]{0,12}\d[^,由从]{0,10}$", "", words)
    words = re.sub(r"^年均(?=[^\u4e00-\u9fff])|(?<=.)年均$|^年均$", "", words)
    words = re.sub(r"^(?:其中|同时|并且?|且|以及|及|和|与|此外|另外)[,]?", "", words)
    words = re.sub(
        r"^(?:力争|争取|确保|预计|计划|努力|实现|推动|促进|使|将|把|要|到|至)+(?=[^,]{3})",
        "",
        words,
    )
    words = (
        re.sub(
            r"(?:力争|争取|平均|分别|再|要|应|均|都|数量|总数|累计|预计|达|为|约|近|共|将|实现|:| )+$",
            "",
            words,
        )
        or words
    )
    return words.strip(" ,、:;的—-")[-60:]


def trailing_noun(right: str) -> str:
    """The thing counted, right after the figure: 5家专精特新“小巨人”企业."""
    found = re.match(
        r"(?:及以上|或以上|以上|左右|以内|以下)?+(?:\([^()]{0,12}\))?+(?:的)?+([^,。;、:()\d]{2,36})",
        right,
    )
    if not found:
        return ""
    noun = found[1]
    cut = re.search(r"(?:,|并|到(?=新三板|境)|以上|建设工程|[一二三四]是|达到|超过|突破)", noun)
    if cut and cut.start() >= 2:
        noun = noun[: cut.start()]
    return noun.strip()


def make(
    indicator: str,
    comparator: str,
    value: Decimal | tuple[Decimal, Decimal],
    unit: str | None,
    *,
    hedge: str | None = None,
    direction: str | None = None,
    part_of: str | None = None,
    growth_base: str | None = None,
    bound: str = "",
) -> Target:
    if isinstance(value, tuple) and comparator not in {"growth"}:
        comparator = "range"
    return Target(
        clause=None,
        section=(),
        indicator=indicator,
        comparator=comparator,
        value=value,
        unit=unit,
        deadline=None,
        quote="",
        start=0,
        end=0,
        hedge=hedge or (bound if bound in {"左右"} else None),
        direction=direction,
        part_of=part_of,
        growth_base=growth_base,
    )
