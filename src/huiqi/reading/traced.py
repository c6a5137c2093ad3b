"""A text that remembers where each part of it came from."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traced:
    """`text` with, for each run, its start in the text and its start in the source."""

    text: str
    starts: tuple[int, ...] = (0,)
    origins: tuple[int, ...] = (0,)

    @classmethod
    def of(cls, text: str, origin: int = 0) -> "Traced":
        return cls(text, (0,), (origin,))

    def origin(self, offset: int) -> int:
        """The place in the source of the character at `offset`."""
        run = max(bisect_right(self.starts, offset) - 1, 0)
        return self.origins[run] + offset - self.starts[run]

    def without(self, spans: Iterable[tuple[int, int]]) -> "Traced":
        """The text with these ascending, disjoint spans cut out."""
        parts: list[str] = []
        starts: list[int] = []
        origins: list[int] = []
        length = at = 0
        run = 0
        cuts = [*((a, b) for a, b in spans if b > a), (len(self.text), len(self.text))]
        if len(cuts) == 1:
            return self
        for cut_start, cut_end in cuts:
            while at < cut_start:
                while run + 1 < len(self.starts) and self.starts[run + 1] <= at:
                    run += 1
                stop = cut_start
                if run + 1 < len(self.starts):
                    stop = min(stop, self.starts[run + 1])
                starts.append(length)
                origins.append(self.origins[run] + at - self.starts[run])
                parts.append(self.text[at:stop])
                length += stop - at
                at = stop
            at = max(at, cut_end)
        return Traced("".join(parts), tuple(starts) or (0,), tuple(origins) or (0,))


def concatenate(parts: Iterable[Traced]) -> Traced:
    """One after the other."""
    texts: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    length = 0
    for part in parts:
        if not part.text:
            continue
        texts.append(part.text)
        starts.extend(start + length for start in part.starts)
        origins.extend(part.origins)
        length += len(part.text)
    return Traced("".join(texts), tuple(starts) or (0,), tuple(origins) or (0,))
