"""Which clause carries out which clause of the document above: found by the reader, shown by pages.

What persons said of a pair counts before what the reader found; they said it on a page, or it stands in
the `lineage.yaml` of the lower folder. Of two words on one pair the later counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils import timezone

from huiqi.portal.base import rules
from huiqi.portal.policies.files import plain_number
from huiqi.portal.policies.importing import reading_of
from huiqi.portal.policies.models import Document, LinkDecision
from huiqi.portal.policies.queries import applies_in, documents
from huiqi.reading.lineage import Confirmation, Lineage, Paper, lineage, paper, read_confirmations
from huiqi.rulebook.library.policy import Library, Policy


@dataclass(frozen=True, slots=True)
class Edge:
    """A document that carries out another; ``named`` where it names it as its ground."""

    upper: str
    lower: str
    named: bool


@dataclass(frozen=True, slots=True)
class Column:
    """The documents of one level: 省级, 地级, 县级."""

    level: str
    policies: tuple[Policy, ...]


def columns(library: Library) -> tuple[Column, ...]:
    """The policies in force by level, from the top down."""
    found: dict[str, list[Policy]] = {}
    for policy in library.policies:
        place = library.vocabulary.regions.find(policy.region)
        found.setdefault(getattr(place, "level", "其他"), []).append(policy)
    order = ["国家", "省级", "地级", "市级", "县级"]
    levels = sorted(found, key=lambda level: order.index(level) if level in order else 9)
    return tuple(Column(level, tuple(found[level])) for level in levels)


def edges(library: Library) -> tuple[Edge, ...]:
    """Pairs of documents to compare: named as ground, or of a region above."""
    codes = {policy.id: _code(library, policy) for policy in library.policies}
    out = []
    for lower in library.policies:
        above = applies_in(codes[lower.id], library)[1:]
        for upper in library.policies:
            if upper is lower:
                continue
            named = _names(lower, upper)
            if named or codes[upper.id] in above:
                out.append(Edge(upper.id, lower.id, named))
    return tuple(out)


def _code(library: Library, policy: Policy) -> str:
    return str(getattr(library.vocabulary.regions.find(policy.region), "code", ""))


def _names(lower: Policy, upper: Policy) -> bool:
    plain = plain_number(upper.number)
    return any(
        (number and plain and plain_number(number) == plain) or title == upper.title
        for title, number in lower.based_on
    )


def between(upper: str, lower: str) -> Lineage | None:
    """The lineage of one policy in force under another; None where one is not in force.

    With the words of both documents where they were imported; kept for as long as neither they nor
    what persons said changes.
    """
    library = rules.library()
    if upper not in library.by_id or lower not in library.by_id or upper == lower:
        return None
    return compared(library, [(upper, lower)])[upper, lower]


def compared(library: Library, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Lineage]:
    """The lineages of several pairs of policies in force, with as many queries as for one."""
    slugs = {slug for pair in pairs for slug in pair}
    versions = dict(documents().filter(slug__in=slugs).values_list("slug", "version"))
    rows = LinkDecision.objects.filter(upper__in=slugs, lower__in=slugs)
    said: dict[tuple[str, str], list[LinkDecision]] = defaultdict(list)
    for row in rows.select_related("decided_by"):
        said[row.upper, row.lower].append(row)
    out = {}
    for upper, lower in pairs:
        texts = versions.get(upper, 0), versions.get(lower, 0)
        words = _words(library, upper, lower, said[upper, lower])
        out[upper, lower] = _between(library.folder, upper, lower, texts, words)
    return out


@lru_cache(maxsize=1024)
def _between(
    folder: str, upper: str, lower: str, texts: tuple[int, int], words: tuple[Confirmation, ...]
) -> Lineage:
    above, below = (_paper(folder, *one) for one in zip((upper, lower), texts, strict=True))
    return lineage(above, [below], words)


def _words(
    library: Library, upper: str, lower: str, rows: Iterable[LinkDecision]
) -> tuple[Confirmation, ...]:
    """What persons said of the pairs of two documents: in the lower folder, and on the page."""
    listed, _ = read_confirmations(Path(library.folder) / lower)
    found = {(item.above, item.below): item for item in listed if item.upper == upper}
    for row in rows:
        other = found.get((row.above, row.below))
        if other is None or not is_later(other, row):
            day = timezone.localdate(row.decided_at).isoformat()
            found[row.above, row.below] = Confirmation(
                upper, row.above, lower, row.below, row.carries, row.reason,
                str(row.decided_by), day,
            )  # fmt: skip
    return tuple(found.values())


def is_later(kept: Confirmation, row: LinkDecision) -> bool:
    """Whether a word of a folder is of a later day than the one of a page, and so counts before it."""
    return kept.on > timezone.localdate(row.decided_at).isoformat()


@lru_cache(maxsize=128)
def _paper(folder: str, slug: str, version: int) -> Paper:
    """A policy with the words of its document, whose file is read once for all it is compared with."""
    document = Document.objects.filter(slug=slug, confirmed_at__isnull=False).first()
    reading = reading_of(document) if document is not None else None
    return paper(rules.library().by_id[slug], reading)
