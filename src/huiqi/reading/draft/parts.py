"""A support as read may hold several benefits; each becomes a part with its own words and figures."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal

from huiqi.reading.draft.evidence import Finder
from huiqi.reading.draft.lexicon import Lexicon
from huiqi.reading.draft.passage import Passage, plain, segments
from huiqi.reading.figures import Figure
from huiqi.reading.values import Reading, Support


@dataclass(frozen=True, slots=True)
class Figured:
    """A printed figure with the value it gives (yuan or per cent)."""

    figure: Figure
    value: Decimal


@dataclass(frozen=True)
class Part:
    """One benefit: its words, and its figures by the role that the reader gave them."""

    source: Support
    passage: Passage
    amounts: tuple[Figured, ...] = ()
    rates: tuple[Figured, ...] = ()
    caps: tuple[Figured, ...] = ()
    other_caps: tuple[Figured, ...] = ()
    floor: Decimal | None = None
    thresholds: tuple[Figure, ...] = ()
    # A rate that is said in words: 免征 and 全额 100, 减半 50.
    worded_rates: tuple[Decimal, ...] = ()

    @property
    def text(self) -> str:
        return self.passage.text

    @property
    def has_figures(self) -> bool:
        return bool(self.amounts or self.rates or self.caps or self.worded_rates)


MOST = 3000
"""Characters of one support that are looked at, so that no text takes more than linear time."""

_WORDED = (
    (re.compile(r"减半"), Decimal(50)),
    (re.compile(r"免征|免收|免缴|免交|免租|免费|全额"), Decimal(100)),
)


def parts_of(reading: Reading, index: int, finder: Finder) -> tuple[Part, ...]:
    """The benefits of one read support, in reading order."""
    support = reading.supports[index]
    passage = Passage.of(reading.text, support.start, min(support.end, support.start + MOST))
    cuts = _cuts(passage.text, finder.lexicon)
    made = []
    taken: Counter[tuple[str, Decimal]] = Counter()
    for start, end in cuts:
        part = _figured(support, passage.inside(start, end), finder, taken)
        made.append(part)
    if len(made) > 1:
        figured = any(part.has_figures for part in made)
        made = [
            part
            for part in made
            if part.has_figures
            or (_opens(part.text, finder.lexicon) if figured else _gives(part.text, finder.lexicon))
        ] or made
    return tuple(_extended(reading, index, part, finder) for part in made)


def _gives(text: str, lexicon: Lexicon) -> bool:
    return any(plain(word) in text for word in lexicon.giving)


def _cuts(text: str, lexicon: Lexicon) -> list[tuple[int, int]]:
    """Where one benefit ends and the next, with its own beneficiary, begins."""
    begin, given = 0, False
    out: list[tuple[int, int]] = []
    for start, end in segments(text):
        words = text[start:end]
        gives = _gives(words, lexicon)
        semicolon = start > 0 and text[start - 1] in ";。"
        opens = _opens(words, lexicon)
        if given and start > begin and (opens or (semicolon and gives)):
            out.append((begin, start - 1))
            begin, given = start, False
        given = given or gives
    out.append((begin, len(text)))
    return out


_SUBJECT = re.compile(
    r"企业|单位|机构|院校|高校|收入|个人|毕业生|人员|基地|平台|团队|政府|基金|项目|业务"
)


_FIGURE_NOUN = re.compile(r"(?:支持|鼓励)(?:比例|额度|标准|资金|力度|范围)")


def _opens(words: str, lexicon: Lexicon) -> bool:
    """Whether a segment names its own beneficiary before it gives."""
    if any(words.startswith(word) for word in lexicon.limits):
        return False
    if any(words.startswith(word) for word in lexicon.openers) and not _FIGURE_NOUN.match(words):
        return _gives(words, lexicon) or len(words) > 6
    if any(words.startswith(word) for word in lexicon.verbs):
        return False
    places = [at for word in lexicon.giving if (at := words.find(plain(word))) >= 0]
    if not places:
        return False
    return _SUBJECT.search(words[: min(places)]) is not None


def _figured(
    support: Support, passage: Passage, finder: Finder, taken: Counter[tuple[str, Decimal]]
) -> Part:
    """The part with the figures that stand in it; ``taken`` counts what earlier parts used."""
    left = Counter({("amount", value): n for value, n in Counter(support.amounts_cny).items()})
    left += Counter({("rate", value): n for value, n in Counter(support.rates_percent).items()})
    if support.cap_cny is not None:
        left[("cap", support.cap_cny)] += 1
    left += Counter({("other", value): n for value, n in Counter(support.other_caps_cny).items()})
    left -= taken
    bounds = {threshold.start for threshold in support.thresholds}
    roles: dict[str, list[Figured]] = {"amount": [], "rate": [], "cap": [], "other": []}
    thresholds: list[Figure] = []
    floor = None
    for figure in finder.figures(passage):
        if passage.span(figure.start, figure.end)[0] in bounds:
            thresholds.append(figure)
            continue
        money = figure.kind == "money"
        values = figure.yuan if money else figure.percent
        placed = False
        for value in values:
            for role in ("amount", "cap", "other") if money else ("rate",):
                if left[(role, value)] > 0:
                    left[(role, value)] -= 1
                    taken[(role, value)] += 1
                    roles[role].append(Figured(figure, value))
                    placed = True
                    break
            if money and not placed and value == support.floor_cny:
                floor, placed = value, True
        # A figure that gives nothing may still say who is meant (未满5年, 3项).
        old = re.search(r"[从由]$", passage.text[: figure.start])
        if not placed and not old and figure.kind in ("money", "count", "percent", "point"):
            thresholds.append(figure)
    worded: list[Decimal] = []
    if not roles["rate"]:
        for pattern, value in _WORDED:
            if pattern.search(passage.text) and left[("rate", value)] > 0:
                left[("rate", value)] -= 1
                taken[("rate", value)] += 1
                worded.append(value)
    return Part(
        support,
        passage,
        tuple(roles["amount"]),
        tuple(roles["rate"]),
        tuple(roles["cap"]),
        tuple(roles["other"]),
        floor,
        tuple(thresholds),
        tuple(worded),
    )


def _extended(reading: Reading, index: int, part: Part, finder: Finder) -> Part:
    """With the words of the sentence before it, where its amounts have fewer grades than needed."""
    combos = sum(max(len(g.levels), 1) * max(len(g.values), 1) for g in finder.groups(part.text))
    if len(part.amounts) < 2 or len(part.thresholds) == len(part.amounts):
        return part
    if not combos or combos >= len(part.amounts):
        return part
    begin = max((s.start for s in reading.sentences if s.start <= part.source.start), default=None)
    if begin is None:
        return part
    earlier = [s.end for s in reading.supports[:index] if s.end <= part.source.start]
    begin = max([begin, *earlier])
    before = Passage.of(reading.text, begin, part.passage.places[0])
    joined = Passage(before.text + part.text, before.places + part.passage.places)
    return _shifted(part, joined, len(before.text))


def _shifted(part: Part, passage: Passage, by: int) -> Part:
    def move(figure: Figure) -> Figure:
        return replace(
            figure,
            start=figure.start + by,
            end=figure.end + by,
            number_end=figure.number_end + by,
            bound_end=figure.bound_end + by,
        )

    def moved(items: tuple[Figured, ...]) -> tuple[Figured, ...]:
        return tuple(Figured(move(item.figure), item.value) for item in items)

    return Part(
        part.source,
        passage,
        moved(part.amounts),
        moved(part.rates),
        moved(part.caps),
        moved(part.other_caps),
        part.floor,
        tuple(move(figure) for figure in part.thresholds),
        part.worded_rates,
    )
