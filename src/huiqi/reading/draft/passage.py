"""A stretch of the document without blanks and quotation marks, every character with its place."""

import re
import unicodedata
from dataclasses import dataclass

from huiqi.reading.folding import fold

_DROPPED = frozenset(" \t\r\n\u3000“”\"‘’'《》")
_ROMAN = {"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III"}


@dataclass(frozen=True)
class Passage:
    """``text`` is folded (one form per look-alike); ``places[i]`` is where text[i] stands."""

    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, source: str, start: int, end: int) -> "Passage":
        """The characters from start to end of the cleaned text of a reading."""
        kept: list[str] = []
        places: list[int] = []
        shadow = fold(source[start:end])
        for index, char in enumerate(shadow):
            if char in _DROPPED:
                continue
            for piece in _ROMAN.get(char, unicodedata.normalize("NFKC", char)):
                kept.append(piece)
                places.append(start + index)
        return cls("".join(kept), tuple(places))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the document, end exclusive."""
        if not self.places:
            return 0, 0
        if start >= len(self.places):
            return self.places[-1] + 1, self.places[-1] + 1
        last = self.places[max(start, min(end, len(self.places)) - 1)]
        return self.places[start], last + 1

    def inside(self, start: int, end: int) -> "Passage":
        """A part of it."""
        return Passage(self.text[start:end], self.places[start:end])


def plain(text: str) -> str:
    """A word of the vocabulary in the spelling of passages."""
    return Passage.of(text, 0, len(text)).text


_BREAK = re.compile(r"[,;。:()\[\]、]")


def phrases(text: str) -> list[tuple[int, int]]:
    """The stretches between punctuation marks, none of them empty."""
    out = []
    at = 0
    for mark in _BREAK.finditer(text):
        if mark.start() > at:
            out.append((at, mark.start()))
        at = mark.end()
    if at < len(text):
        out.append((at, len(text)))
    return out


def segments(text: str) -> list[tuple[int, int]]:
    """The stretches between commas, semicolons and full stops; 、 joins."""
    out = []
    at = 0
    for mark in re.finditer(r"[,;。]", text):
        if mark.start() > at:
            out.append((at, mark.start()))
        at = mark.end()
    if at < len(text):
        out.append((at, len(text)))
    return out
