"""A document's text cut into runs, so that a page can underline what was found in it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

WORDS = {"unit": "单位", "target": "目标", "money": "金额", "date": "期限", "support": "支持",
         "left": "待看", "hit": "命中"}  # fmt: skip
"""The mark in words that stands before each find: colour alone says nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text with one set of marks; ``starts`` are marks that begin here."""

    text: str
    kinds: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    begins: tuple[tuple[str, str], ...] = ()
    """Anchors of what was made of a find that begins here, with the word of its kind."""

    @property
    def classes(self) -> str:
        return " ".join(f"found-{kind}" for kind in self.kinds)

    @property
    def tags(self) -> tuple[str, ...]:
        """Words of marks that begin here and that nothing can be opened for."""
        return tuple(WORDS[kind] for kind in self.starts if kind != "hit")


@dataclass(frozen=True, slots=True)
class Span:
    """A find in the text; ``ref`` is the anchor of what was made of it."""

    start: int
    end: int
    kind: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive paragraphs that belong to one clause, or to none (empty ``name``)."""

    name: str
    paragraphs: tuple[tuple[Run, ...], ...]


def spans_of(made: dict[str, Any]) -> list[Span]:
    """Everything found, from a structure."""
    out = [Span(start, end, kind) for start, end, kind in made.get("marks", [])]
    for part, kind in (("targets", "target"), ("supports", "support")):
        for index, item in enumerate(made.get(part, [])):
            if item["start"] >= 0 and not item["dropped"]:
                out.append(Span(item["start"], item["end"], kind, f"{part}-{index}"))
    for index, (start, end, _) in enumerate(made.get("left", [])):
        out.append(Span(start, end, "left", f"left-{index}"))
    return out


def runs(text: str, start: int, end: int, spans: Iterable[Span]) -> tuple[Run, ...]:
    """One stretch of text in runs; spans may overlap and may stick out."""
    here = [span for span in spans if span.start < end and span.end > start and span.end > 0]
    cuts = {start, end}
    for span in here:
        cuts |= {max(start, span.start), min(end, span.end)}
    edges = sorted(cuts)
    out = []
    for left, right in zip(edges, edges[1:], strict=False):
        over = [span for span in here if span.start <= left and span.end >= right]
        kinds = tuple(dict.fromkeys(span.kind for span in over))
        new = [span for span in over if max(start, span.start) == left]
        starts = tuple(dict.fromkeys(span.kind for span in new if not span.ref))
        begins = tuple(
            (span.ref, WORDS[span.kind]) for span in new if span.ref and span.start == left
        )
        out.append(Run(text[left:right], kinds, starts, begins))
    return tuple(out)


def blocks(text: str, clauses: Sequence[dict[str, Any]], spans: Sequence[Span]) -> list[Block]:
    """The whole text by clause, paragraph by paragraph."""
    edges: list[tuple[int, int, str]] = []
    done = 0
    for clause in sorted(clauses, key=lambda item: item["start"]):
        start, end = max(done, clause["start"]), clause["end"]
        if start > done:
            edges.append((done, start, ""))
        if end > start:
            edges.append((start, end, clause["name"]))
            done = end
    if done < len(text):
        edges.append((done, len(text), ""))
    ordered = sorted(spans, key=lambda span: span.start)
    return [
        Block(name, paragraphs)
        for start, end, name in edges
        if (paragraphs := _paragraphs(text, start, end, ordered))
    ]


def _paragraphs(
    text: str, start: int, end: int, spans: Sequence[Span]
) -> tuple[tuple[Run, ...], ...]:
    out = []
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        if text[at:stop].strip():
            near = [span for span in spans if span.start < stop and span.end > at]
            out.append(runs(text, at, stop, near))
        at = stop + 1
    return tuple(out)
