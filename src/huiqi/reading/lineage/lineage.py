"""Which clause carries out which clause of the document above, with evidence and a person's word."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from huiqi.reading.lineage.papers import Paper, Part, Sentence
from huiqi.reading.lineage.scoring import Likeness, Scorer, grams
from huiqi.reading.lineage.shares import Share, same_aims, shares

PRINTED, FOLDER, STRANGER = 35, 29, 60
"""Points from which a pair is certain: two printed texts; a folder's few words; a document that does
not name the upper one."""
MAYBE, MAYBE_STRANGER, LEAST = 20, 25, 15
"""Points from which a person is asked: in general; for a stranger; for a clause's best partner."""
CLEAR = 30
"""Points of the body alone at which a clause with a better partner still carries this one too."""
AIM, AIMS = 10, 30
"""Points for each target in common, and at most."""
HELD = 25
"""A sentence of which less than this share (per cent, by weight) stands below is not carried."""


class Status(StrEnum):
    """What is known of a pair."""

    CONFIRMED = "已确认"
    CERTAIN = "确定"
    PERSON = "交人判断"
    REJECTED = "已否定"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's word on one pair, kept with the lower document."""

    upper: str
    above: str
    paper: str
    below: str
    carries: bool
    reason: str = ""
    by: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An upper clause and the lower clause that carries it out, or may."""

    status: Status
    above: str
    paper: str
    below: str
    score: int
    likeness: Likeness
    aims: int
    terms: tuple[str, ...]
    confirmation: Confirmation | None = None

    @property
    def carries(self) -> bool:
        return self.status in (Status.CONFIRMED, Status.CERTAIN)

    def evidence(self) -> tuple[str, ...]:
        """Why, in words."""
        out = []
        like = self.likeness
        if like.heading >= 40:
            out.append(f"标题相近 {like.heading}")
        if like.body:
            out.append(f"内容重合 {like.body}")
        if self.terms:
            out.append(f"共同用语：{'、'.join(self.terms)}")
        if like.common_units:
            out.append(f"单位对应：{'、'.join(f'{a}→{b}' for a, b in like.common_units[:4])}")
        if self.aims:
            out.append(f"共同指标 {self.aims} 个")
        return tuple(out)

    def as_dict(self) -> dict[str, Any]:
        kept = self.confirmation
        return {
            "status": str(self.status),
            "upper_clause": self.above,
            "document": self.paper,
            "clause": self.below,
            "score": self.score,
            "heading": self.likeness.heading,
            "body": self.likeness.body,
            "shared_terms": list(self.terms),
            "units": [list(pair) for pair in self.likeness.common_units],
            "shared_targets": self.aims,
            "evidence": list(self.evidence()),
            "confirmed_by": kept.by if kept else None,
            "confirmed_on": kept.on if kept else None,
            "reason": kept.reason if kept else None,
        }


@dataclass(frozen=True, slots=True)
class Gap:
    """A sentence of a carried clause of which little stands in the clauses that carry it."""

    above: str
    sentence: Sentence
    held: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """An upper document and the documents below it."""

    upper: Paper
    lowers: tuple[Paper, ...]
    grounds: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    shares: tuple[Share, ...]
    gaps: tuple[Gap, ...]

    def of(self, part: Part) -> tuple[Link, ...]:
        """The links of an upper clause, rejected ones left out."""
        return tuple(
            link
            for link in self.links
            if link.above == part.id and link.status is not Status.REJECTED
        )

    @property
    def uncarried(self) -> tuple[Part, ...]:
        """Upper clauses that ask something and that no lower clause certainly carries."""
        return tuple(
            part
            for part in self.upper.parts
            if not part.backdrop and not any(link.carries for link in self.of(part))
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "upper": {"id": self.upper.id, "number": self.upper.number, "title": self.upper.title},
            "documents": [
                {"id": p.id, "number": p.number, "title": p.title, "names_upper": ground or None}
                for p, (_, ground) in zip(self.lowers, self.grounds, strict=True)
            ],
            "links": [link.as_dict() for link in self.links],
            "uncarried": [
                {
                    "clause": part.id,
                    "heading": part.heading,
                    "to_judge": [[link.paper, link.below] for link in self.of(part)],
                }
                for part in self.uncarried
            ],
            "shares": [share.as_dict() for share in self.shares],
            "gaps": [
                {
                    "clause": gap.above,
                    "words": gap.sentence.words,
                    "start": gap.sentence.start,
                    "end": gap.sentence.end,
                    "held_percent": gap.held,
                }
                for gap in self.gaps
            ],
        }


@dataclass(frozen=True, slots=True)
class _Pair:
    above: Part
    below: Part
    likeness: Likeness
    aims: int
    score: int


def lineage(
    upper: Paper, lowers: Sequence[Paper], confirmations: Sequence[Confirmation] = ()
) -> Lineage:
    """The lineage of the lower documents under the upper one; the same input, the same answer."""
    scorer = Scorer([upper, *lowers])
    links: list[Link] = []
    gaps: list[Gap] = []
    grounds = []
    for paper in lowers:
        ground = paper.names(upper)
        grounds.append((paper.id, ground))
        links += _links(scorer, upper, paper, bool(ground))
    links = _confirmed(scorer, upper, lowers, links, confirmations)
    order = {part.id: part.place for part in upper.parts}
    places = {(paper.id, part.id): part.place for paper in lowers for part in paper.parts}
    papers = {paper.id: index for index, paper in enumerate(lowers)}
    links.sort(
        key=lambda link: (
            order.get(link.above, 0),
            papers[link.paper],
            list(Status).index(link.status),
            -link.score,
            places[link.paper, link.below],
        )
    )
    if upper.printed and all(paper.printed for paper in lowers):
        gaps = _gaps(scorer, upper, lowers, links)
    return Lineage(
        upper, tuple(lowers), tuple(grounds), tuple(links), shares(upper, lowers), tuple(gaps)
    )


def _links(scorer: Scorer, upper: Paper, paper: Paper, named: bool) -> list[Link]:
    pairs = []
    for above in upper.parts:
        if above.backdrop:
            continue
        for below in paper.parts:
            if below.backdrop:
                continue
            like = scorer.compare(upper, above, paper, below)
            aims = same_aims(upper, above.id, paper, below.id)
            score = like.score + min(AIM * aims, AIMS)
            if score >= LEAST:
                pairs.append(_Pair(above, below, like, aims, score))
    best_above: dict[str, int] = {}
    best_below: dict[str, int] = {}
    for pair in pairs:
        best_above[pair.above.id] = max(best_above.get(pair.above.id, 0), pair.score)
        best_below[pair.below.id] = max(best_below.get(pair.below.id, 0), pair.score)
    certain = PRINTED if upper.printed and paper.printed else FOLDER
    certain = certain if named else STRANGER
    out = []
    for pair in pairs:
        tops = best_above[pair.above.id], best_below[pair.below.id]
        # Where both clauses have a much better partner, likeness is a family likeness of headings.
        # Much text in common is no mere likeness.
        own = pair.score in tops or 4 * pair.score >= 3 * max(tops)
        own = own or pair.likeness.body >= CLEAR
        substance = pair.likeness.body >= LEAST // 3 or pair.likeness.heading >= 60 or pair.aims
        if pair.score >= certain and own and substance:
            status = Status.CERTAIN
        elif pair.score >= (MAYBE if named else MAYBE_STRANGER) or (
            named and pair.score == tops[1] and substance
        ):
            status = Status.PERSON
        else:
            continue
        out.append(
            Link(
                status,
                pair.above.id,
                paper.id,
                pair.below.id,
                pair.score,
                pair.likeness,
                pair.aims,
                scorer.terms(pair.above, pair.below),
            )
        )
    return out


def _confirmed(
    scorer: Scorer,
    upper: Paper,
    lowers: Sequence[Paper],
    links: list[Link],
    confirmations: Sequence[Confirmation],
) -> list[Link]:
    """The links with what persons said; a confirmed pair that no score found is added."""
    known = {(link.above, link.paper, link.below): link for link in links}
    by_id = {paper.id: paper for paper in lowers}
    for item in confirmations:
        paper = by_id.get(item.paper)
        above = next((part for part in upper.parts if part.id == item.above), None)
        if paper is None or above is None or item.upper != upper.id:
            continue
        below = next((part for part in paper.parts if part.id == item.below), None)
        if below is None:
            continue
        key = (item.above, paper.id, item.below)
        if key not in known:
            like = scorer.compare(upper, above, paper, below)
            aims = same_aims(upper, above.id, paper, below.id)
            terms = scorer.terms(above, below)
            known[key] = Link(
                Status.PERSON, above.id, paper.id, below.id, like.score, like, aims, terms
            )
        status = Status.CONFIRMED if item.carries else Status.REJECTED
        known[key] = replace(known[key], status=status, confirmation=item)
    return list(known.values())


def _gaps(
    scorer: Scorer, upper: Paper, lowers: Sequence[Paper], links: Sequence[Link]
) -> list[Gap]:
    out = []
    bodies = {(paper.id, part.id): (paper, part) for paper in lowers for part in paper.parts}
    for part in upper.parts:
        carrying = [link for link in links if link.above == part.id and link.carries]
        if not carrying:
            continue
        below: frozenset[str] = frozenset()
        for link in carrying:
            below |= scorer.body(*bodies[link.paper, link.below])
        for sentence in part.sentences:
            held = scorer.held(grams(sentence.words), below)
            if held < HELD:
                out.append(Gap(part.id, sentence, held))
    return out
