"""How much of one clause stands in another: shared pieces of text, weighted by how rare they are.

Everything is counted in whole points of 0 to 100, so that the same documents give the same answer on
every machine.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from huiqi.reading.folding import fold
from huiqi.reading.lineage.papers import Paper, Part

_OWN = re.compile(r"(?:全|我|本)(?:省|市|县|区|州)|(?:省|市|县|区)(?:级)|各(?:县|市|区|地)")
_UNIT_PLACE = re.compile(r"^(?:省委|市委|县委|区委|省|市|县|区|州|中国人民银行|人行|团)")
_UNIT_END = re.compile(r"(?:委员会|委|局|厅|办公室|办|部|中心|中心支行|支行|处|会)$")
_SUCCESSORS = {
    "工业和信息化": "经信", "经济和信息化": "经信", "工信": "经信", "经信": "经信",
    "发展和改革": "发改", "发展改革": "发改", "人力资源和社会保障": "人社", "人才": "组织",
    "规划和自然资源": "国土", "自然资源": "国土", "市场监管": "工商", "市场监督管理": "工商",
    "农业农村": "农", "农业": "农", "金融发展": "金融", "小微企业发展服务": "中小企业",
    "科学技术": "科技", "财政": "财政",
}  # fmt: skip
"""One body under its names over the years and levels (省农业厅, 市农委, 市农业农村局)."""


def grams(text: str) -> frozenset[str]:
    """The two- and three-character pieces of a text, without punctuation, blanks and digits."""
    out: set[str] = set()
    for run in re.findall(r"[一-龥A-Za-z]+|\d{3,}", _OWN.sub(" ", fold(text))):
        if run.isdigit():
            out.add(run)
            continue
        out.update(run[i : i + 2] for i in range(len(run) - 1))
        out.update(run[i : i + 3] for i in range(len(run) - 2))
    return frozenset(out)


def stem(unit: str) -> str:
    """What a unit does, without its level and its form: 省科技厅 and 市科技局 are 科技."""
    bare = re.sub(r"\([^()]*\)", "", fold(unit))
    bare = _UNIT_PLACE.sub("", bare)
    bare = re.sub(r"^(?:山西|[一-龥]{2}(?=(?:银监|保监|证监)))", "", bare)
    bare = _UNIT_END.sub("", bare)
    return _SUCCESSORS.get(bare, bare)


@dataclass(frozen=True)
class Words:
    """The pieces of one clause."""

    heading: frozenset[str]
    body: frozenset[str]
    section: frozenset[str]
    units: frozenset[str]


@dataclass(frozen=True)
class Weights:
    """How rare each piece is over all clauses of the documents at hand; common ones weigh little."""

    weight: dict[str, int]
    unseen: int

    @classmethod
    def of(cls, clauses: Iterable[frozenset[str]]) -> "Weights":
        listed = list(clauses)
        count = Counter(piece for pieces in listed for piece in pieces)
        total = max(len(listed), 2)
        return cls(
            {piece: round(100 * math.log(total / times)) for piece, times in count.items()},
            round(100 * math.log(total)),
        )

    def sum(self, pieces: Iterable[str]) -> int:
        return sum(self.weight.get(piece, self.unseen) for piece in pieces)


@dataclass(frozen=True)
class Likeness:
    """How alike two clauses are, each part in points of 0 to 100, and units that do the same."""

    score: int
    heading: int
    body: int
    section: int
    units: int
    order: int
    common_units: tuple[tuple[str, str], ...]


def words(part: Part) -> Words:
    """The pieces of a clause; responsible units don't count as words."""
    body = part.words
    for unit in part.units:
        body = body.replace(unit, " ")
    return Words(
        grams(part.heading),
        grams(body) | grams(part.heading),
        grams(" ".join(part.section)),
        frozenset(stem(unit) for unit in part.units),
    )


HEADING, SECTION, UNITS, ORDER = 35, 6, 8, 6
"""Points that a full agreement of headings, chapters, units and order adds to the body's points."""


class Scorer:
    """Compares the clauses of a set of documents; rarity is counted over the whole set."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._words = {(paper.id, part.id): words(part) for paper in papers for part in paper.parts}
        self.bodies = Weights.of(made.body for made in self._words.values())
        self.headings = Weights.of(made.heading for made in self._words.values())
        sizes = sorted(self.bodies.sum(made.body) for made in self._words.values())
        self._floor = sizes[len(sizes) // 4] if sizes else 0

    def compare(self, upper: Paper, a: Part, lower: Paper, b: Part) -> Likeness:
        """How alike a clause of the upper and one of the lower document are."""
        left, right = self._words[upper.id, a.id], self._words[lower.id, b.id]
        shared = left.body & right.body
        # A short clause must not win on a few words: below the first quartile counts as that.
        small = min(self.bodies.sum(left.body), self.bodies.sum(right.body))
        body = _part(self.bodies.sum(shared), max(small, self._floor))
        heading = _dice(self.headings, left.heading, right.heading)
        section = _dice(self.bodies, left.section, right.section)
        common = left.units & right.units
        units = _part(len(common), min(len(left.units), len(right.units)))
        order = 100 - abs(_place(a, upper) - _place(b, lower))
        score = body + (HEADING * heading + SECTION * section + UNITS * units) // 100
        score += ORDER * max(order - 70, 0) // 30
        pairs = tuple(
            (one, other) for one in a.units for other in b.units if stem(one) == stem(other)
        )
        return Likeness(score, heading, body, section, units, order, pairs)

    def held(self, pieces: frozenset[str], within: frozenset[str]) -> int:
        """What share of a sentence's pieces, by weight, stands in a text; points of 0 to 100."""
        return _part(self.bodies.sum(pieces & within), self.bodies.sum(pieces))

    def body(self, paper: Paper, part: Part) -> frozenset[str]:
        return self._words[paper.id, part.id].body

    def terms(self, a: Part, b: Part) -> tuple[str, ...]:
        """The rarest runs of text that both clauses have, longest first where equally rare."""
        left, right = (_runs(part) for part in (a, b))
        found = {word for one in left for word in _common(one, right)}
        whole = [
            word for word in found if not any(word != other and word in other for other in found)
        ]
        return tuple(sorted(whole, key=lambda word: (-self.bodies.sum(grams(word)), word))[:SHOWN])


SHOWN, SHORTEST, LONGEST = 6, 4, 16
"""How many common runs are shown, and how short and long they may be."""


def _runs(part: Part) -> list[str]:
    said = part.words
    for unit in part.units:
        said = said.replace(unit, " ")
    return re.findall(rf"[一-龥A-Za-z\d]{{{SHORTEST},}}", fold(f"{part.heading}。{said}"))


def _common(run: str, others: Sequence[str]) -> Iterator[str]:
    """The longest pieces of a run that stand in one of the others, from left to right."""
    joined = "\n".join(others)
    at = 0
    while at + SHORTEST <= len(run):
        end = at + SHORTEST
        if run[at:end] not in joined:
            at += 1
            continue
        while end < len(run) and end - at < LONGEST and run[at : end + 1] in joined:
            end += 1
        yield run[at:end]
        at = end


def _part(some: int, whole: int) -> int:
    return 100 * some // whole if whole else 0


def _dice(weights: Weights, a: frozenset[str], b: frozenset[str]) -> int:
    return _part(2 * weights.sum(a & b), weights.sum(a) + weights.sum(b))


def _place(part: Part, paper: Paper) -> int:
    """Where a clause stands in its document, in points of 0 to 100."""
    return 100 * part.place // max(len(paper.parts) - 1, 1)
