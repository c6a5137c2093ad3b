"""Lineage: which document carries out which, clause by clause; a picture and the same as a table."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse

from huiqi.portal.base import rules
from huiqi.portal.base.access import actor_of, anyone
from huiqi.portal.base.enums import Role
from huiqi.portal.policies import lineage as found
from huiqi.reading.lineage import Lineage, Link, Status
from huiqi.rulebook.library.policy import Clause, Policy
from huiqi.rulebook.reference.explaining import number_words

ROW, BAR, GAP, TOP = 30, 24, 180, 44
WIDTH = 1000
COLUMN = (WIDTH - GAP) // 2
LOOKS = {
    Status.CONFIRMED: "is-confirmed",
    Status.CERTAIN: "is-sure",
    Status.PERSON: "is-asked",
}
LONG = 22
"""Characters of a heading in the picture."""


@dataclass(frozen=True, slots=True)
class Box:
    """One clause or document in a picture."""

    x: int
    y: int
    width: int
    words: str
    title: str
    url: str
    look: str = ""

    @property
    def text_y(self) -> int:
        return self.y + 17


@dataclass(frozen=True, slots=True)
class Curve:
    """A line between two boxes."""

    path: str
    look: str
    title: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What the SVG shows; heads are the titles of its columns."""

    width: int
    height: int
    heads: tuple[tuple[int, str], ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


@anyone
def lineages(request: HttpRequest) -> HttpResponse:
    """The documents in force by level, and which carry out which."""
    library = rules.library()
    pairs = found.edges(library)
    return render(
        request,
        "web/public/lineages.html",
        {
            "picture": _overview(found.columns(library), pairs),
            "pairs": [
                (library.by_id[pair.upper], library.by_id[pair.lower], pair.named) for pair in pairs
            ],
        },
    )


@anyone
def lineage(request: HttpRequest, upper: str, lower: str) -> HttpResponse:
    """One document under another: links, what is left uncarried, shares of targets."""
    made = found.between(upper, lower)
    if made is None:
        raise Http404("这两份文件不都在施行，不能对照")
    library = rules.library()
    above, below = library.by_id[upper], library.by_id[lower]
    names = {clause.id: clause for clause in below.clauses}
    return render(
        request,
        "web/public/lineage.html",
        {
            "above": above,
            "below": below,
            "ground": made.grounds[0][1],
            "picture": _pair(made, above, below),
            "rows": [
                (
                    above.by_clause.get(part.id),
                    [(link, names.get(link.below)) for link in made.of(part)],
                )
                for part in made.upper.parts
                if made.of(part)
            ],
            "uncarried": [
                (above.by_clause.get(part.id), [names.get(link.below) for link in made.of(part)])
                for part in made.uncarried
            ],
            "shares": made.shares,
            "gaps": _gaps(made, above),
            "sure": sum(link.status is Status.CERTAIN for link in made.links),
            "confirmed": sum(link.status is Status.CONFIRMED for link in made.links),
            "may_judge": actor_of(request).has(Role.AUTHOR),
            "asked": sum(link.status is Status.PERSON for link in made.links),
        },
    )


def _gaps(made: Lineage, above: Policy) -> list[tuple[Clause | None, list[str]]]:
    """Sentences of carried clauses that nothing below holds, by clause."""
    out: dict[str, list[str]] = {}
    for gap in made.gaps:
        out.setdefault(gap.above, []).append(gap.sentence.words)
    return [(above.by_clause.get(id_), words) for id_, words in out.items()]


def _pair(made: Lineage, above: Policy, below: Policy) -> Picture:
    """Two columns of clauses; a curve for each link, one kind for sure ones, one to be judged."""
    uncarried = {part.id for part in made.uncarried}
    linked = {link.below for link in made.links if link.carries}
    left = [
        _box(above, clause, 0, index, "is-left" if clause.id in uncarried else "")
        for index, clause in enumerate(above.clauses)
    ]
    right = [
        _box(below, clause, COLUMN + GAP, index, "" if clause.id in linked else "is-plain")
        for index, clause in enumerate(below.clauses)
    ]
    places = {clause.id: index for index, clause in enumerate(above.clauses)}
    ends = {clause.id: index for index, clause in enumerate(below.clauses)}
    curves = [
        _curve(link, places[link.above], ends[link.below], above, below)
        for link in made.links
        if link.status in LOOKS and link.above in places and link.below in ends
    ]
    rows = max(len(above.clauses), len(below.clauses))
    heads = ((0, above.short), (COLUMN + GAP, below.short))
    return Picture(WIDTH, TOP + rows * ROW, heads, (*left, *right), tuple(curves))


def _box(policy: Policy, clause: Clause, x: int, index: int, look: str) -> Box:
    words = f"{number_words(clause.number)} {clause.heading}"
    short = words if len(words) <= LONG else f"{words[: LONG - 1]}…"
    url = reverse("web:clause", args=[policy.id, clause.id])
    return Box(x, TOP + index * ROW, COLUMN, short, words, url, look)


def _curve(link: Link, start: int, end: int, above: Policy, below: Policy) -> Curve:
    y1, y2 = TOP + start * ROW + BAR // 2, TOP + end * ROW + BAR // 2
    x1, x2, middle = COLUMN, COLUMN + GAP, COLUMN + GAP // 2
    title = (
        f"{number_words(above.by_clause[link.above].number)} → "
        f"{number_words(below.by_clause[link.below].number)}：{link.status}"
    )
    return Curve(f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}", LOOKS[link.status], title)


def _overview(columns: tuple[found.Column, ...], pairs: tuple[found.Edge, ...]) -> Picture:
    """One column a level, one box a document, a line for each pair."""
    step = WIDTH // max(1, len(columns))
    width, row = step - 90, 64
    places: dict[str, tuple[int, int]] = {}
    boxes, heads = [], []
    for column, held in enumerate(columns):
        heads.append((column * step, held.level))
        for index, policy in enumerate(held.policies):
            x, y = column * step, TOP + 16 + index * row
            places[policy.id] = (x, y)
            url = reverse("web:document", args=[policy.id])
            boxes.append(Box(x, y, width, policy.short, policy.title, url))
    curves = []
    for pair in pairs:
        (x1, y1), (x2, y2) = places[pair.upper], places[pair.lower]
        over = 48 if x2 - x1 > step else 0  # past a column between: above its boxes
        x1, y1, y2 = x1 + width, y1 + BAR // 2, y2 + BAR // 2
        middle = (x1 + x2) // 2
        words = "写明依据" if pair.named else "没有写明，按地区上下级"
        look = "is-sure" if pair.named else "is-asked"
        bow = f"M{x1} {y1}C{middle} {y1 - over} {middle} {y2 - over} {x2} {y2}"
        curves.append(Curve(bow, look, words))
    rows = max((len(held.policies) for held in columns), default=0)
    return Picture(WIDTH, TOP + 16 + rows * row, tuple(heads), tuple(boxes), tuple(curves))


urlpatterns = [
    path("lineage/", lineages, name="lineages"),
    path("lineage/<slug:upper>/<slug:lower>/", lineage, name="lineage"),
]
