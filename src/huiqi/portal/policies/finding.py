"""Where the words of a search stand in a text, for excerpts with the hits marked. Pure."""

import re

from huiqi.portal.policies.marking import Run, Span, runs

AROUND = 60
"""Characters shown before the first hit."""
LONG = 200


def hits(text: str, words: str) -> list[Span]:
    """Every place of every word; signs and blanks between characters do not count."""
    out = []
    for word in words.split():
        signs = [re.escape(sign) for sign in word if sign.isalnum()]
        if signs:
            pattern = re.compile(r"[^\w\n]{0,3}".join(signs), re.IGNORECASE)
            out += [Span(found.start(), found.end(), "hit") for found in pattern.finditer(text)]
    return sorted(out, key=lambda span: span.start)


def marked(text: str, words: str) -> tuple[Run, ...]:
    """The whole text with the hits marked."""
    return runs(text, 0, len(text), hits(text, words)) if text else ()


def excerpt(text: str, words: str) -> tuple[Run, ...]:
    """A stretch around the first hit; the beginning where there is none."""
    plain = " ".join(text.split())
    found = hits(plain, words)
    start = max(0, found[0].start - AROUND) if found else 0
    end = min(len(plain), start + LONG)
    made = list(runs(plain, start, end, found)) if plain else []
    if made and start > 0:
        made.insert(0, Run("…"))
    if made and end < len(plain):
        made.append(Run("…"))
    return tuple(made)
