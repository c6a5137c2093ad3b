"""Which table a support is assessed on: the one whose facts, events and lists its words point at."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from huiqi.reading.draft.evidence import (
    MANNERS,
    SAID,
    FactHit,
    Finder,
    Group,
    NumberHit,
    ValueHit,
    WordHit,
)
from huiqi.reading.draft.likeness import Described
from huiqi.rulebook.language.nodes import Fact, Kind, Method, OneOf, Statistic, walk
from huiqi.rulebook.library.vocabulary import FactSpec, Table, Vocabulary


@dataclass(frozen=True)
class Seen:
    """Everything that a passage points at, without what stands inside a longer hit."""

    text: str
    groups: tuple[Group, ...]
    facts: tuple[FactHit, ...]
    numbers: tuple[NumberHit, ...]
    manners: tuple[WordHit, ...]
    events: tuple[WordHit, ...]
    subjects: tuple[WordHit, ...]
    recognised: bool
    base: tuple[tuple[Described, int], ...] = ()

    @property
    def values(self) -> tuple[ValueHit, ...]:
        return tuple(hit for group in self.groups for hit in group.values)


def see(
    finder: Finder,
    text: str,
    numbers: tuple[NumberHit, ...],
    base: tuple[tuple[Described, int], ...] = (),
) -> Seen:
    """Collect the evidence of a passage."""
    groups = finder.groups(text)
    facts = finder.facts(text)
    said = [(hit.start, hit.end) for hit in facts if hit.fit == SAID]
    values = [(hit.start, hit.end) for group in groups for hit in group.values]
    kept_groups = tuple(
        trimmed for group in groups if (trimmed := _without(group, said)) is not None
    )
    kept_facts = _best(
        hit
        for hit in facts
        if not _inside((hit.start, hit.end), [*said, *values])
        and (hit.fit == SAID or not _beaten(hit, facts))
    )
    award = re.search(r"奖励|奖补|补助|补贴|资助|支持\d", text) is not None
    recognised = finder.recognition(text, award)
    return Seen(
        text,
        kept_groups,
        kept_facts,
        numbers,
        finder.manners(text),
        finder.events(text),
        tuple(hit for hit in finder.subjects(text) if not _inside((hit.start, hit.end), said)),
        recognised,
        base,
    )


def _inside(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    """Whether a longer hit holds it."""
    start, end = span
    return any(a <= start and end <= b and b - a > end - start for a, b in others)


def _beaten(hit: FactHit, others: Iterable[FactHit]) -> bool:
    """Whether words that surely mean another fact of the table stand in the same place."""
    return any(
        other.fit > hit.fit
        and other.item.spec.table == hit.item.spec.table
        and other.item.spec.shown != hit.item.spec.shown
        and other.start < hit.end
        and hit.start < other.end
        and (other.fit == SAID or other.end - other.start <= hit.end - hit.start)
        for other in others
    )


def _without(group: Group, said: list[tuple[int, int]]) -> Group | None:
    values = tuple(hit for hit in group.values if not _inside((hit.start, hit.end), said))
    return Group(group.levels, values) if values or group.levels else None


def _best(hits: Iterable[FactHit]) -> tuple[FactHit, ...]:
    """One hit for each fact: the shortest of the best."""
    best: dict[str, FactHit] = {}
    for hit in hits:
        known = best.get(hit.item.spec.shown)
        rank = (hit.fit, hit.start - hit.end)
        if known is None or rank > (known.fit, known.start - known.end):
            best[hit.item.spec.shown] = hit
    return tuple(sorted(best.values(), key=lambda hit: hit.start))


# -------------------------------------------------------------------- what a vocabulary offers


def has_manner(table: Table) -> bool:
    """Whether its rows are recognitions: 首次认定, 重新认定."""
    return any(spec.type.choices == MANNERS for spec in table.facts.values())


def choice_facts(vocabulary: Vocabulary, table: str, listed: str) -> list[tuple[str, FactSpec]]:
    """(prefix, fact) for the facts of a list readable from a table, nearest first."""
    out = []
    for prefix, (_, target) in vocabulary.paths(table).items():
        for spec in vocabulary.tables[target].facts.values():
            if spec.type.kind is Kind.CHOICE and spec.type.choices == listed:
                out.append((prefix, spec))
    return out


@dataclass(frozen=True, slots=True)
class Counting:
    """A fact of a subject that counts events of certain values and levels."""

    spec: FactSpec
    values: frozenset[str]
    levels: frozenset[str]


@lru_cache(maxsize=256)
def counting(vocabulary: Vocabulary, table: str) -> tuple[Counting, ...]:
    """The counting facts of a subject whose condition names values of a closed list."""
    out = []
    for spec in vocabulary.tables[table].facts.values():
        made = spec.definition
        if not isinstance(made, Statistic) or made.method is not Method.COUNT:
            continue
        values: set[str] = set()
        levels: set[str] = set()
        for node in walk(made.where):
            if isinstance(node, OneOf) and isinstance(node.item, Fact):
                into = levels if node.item.type.choices == "级别" else values
                into |= node.values
        if values or levels:
            out.append(Counting(spec, frozenset(values), frozenset(levels)))
    return tuple(out)


def counted(
    vocabulary: Vocabulary, table: str, values: Iterable[str], levels: Iterable[str]
) -> Counting | None:
    """The counting fact that says exactly these values (and levels, where any are said)."""
    wanted, said = frozenset(values), frozenset(levels)
    found = [one for one in counting(vocabulary, table) if one.values == wanted]
    exact = [one for one in found if one.levels == said]
    if exact:
        return exact[0]
    if said:
        return None
    # No level is said: the count of any level, else of the most levels.
    return min(found, key=lambda one: (bool(one.levels), -len(one.levels)), default=None)


# -------------------------------------------------------------------- the choice


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen table, how far it is ahead of the next, and what else was possible."""

    table: str
    score: int
    others: tuple[tuple[str, int], ...]
    # Whether an event word, a title or a fact of the table itself is named, not figures alone.
    firm: bool = True

    @property
    def clear(self) -> bool:
        return (
            self.firm
            and self.score > 0
            and (not self.others or self.score >= self.others[0][1] * 5 // 4)
        )


OWN_EVENT, OWN_TITLE, OWN_FACT, OWN_BASE, OWN_LEVEL = 34, 30, 30, 40, 10
LINKED_FACT, SUBJECT, STRANGER = 18, 6, 16
"""How much each kind of evidence counts for a table; STRANGER counts against it."""


def choose(finder: Finder, seen: Seen) -> Choice:
    """The table that fits best; where nothing points anywhere, the subject spoken of, score 0."""
    rows = []
    for name, table in finder.vocabulary.tables.items():
        score, own, firm = _score(finder, seen, table)
        if own or not table.is_event:
            rows.append((name, score - (2 if table.is_event else 0), firm))
    rows.sort(key=lambda row: -row[1])
    if not rows or rows[0][1] <= 0:
        return Choice(_fallback(finder, seen), 0, ())
    others = tuple((name, score) for name, score, _ in rows[1:4])
    return Choice(rows[0][0], rows[0][1], others, rows[0][2] or not seen.text)


def _fallback(finder: Finder, seen: Seen) -> str:
    """The first subject spoken of; else 企业, else the first subject of the vocabulary."""
    tables = finder.vocabulary.tables
    named = [hit.means for hit in seen.subjects]
    subjects = [name for name, table in tables.items() if not table.is_event]
    return next((n for n in (*named, "企业") if n in tables), next(iter(subjects or tables), ""))


def _score(finder: Finder, seen: Seen, table: Table) -> tuple[int, bool, bool]:
    """What points at a table, whether anything points at the table itself, and not only figures."""
    vocabulary = finder.vocabulary
    reach = {target: prefix for prefix, (_, target) in vocabulary.paths(table.name).items()}
    total, own = 0, False
    if any(hit.means == table.name for hit in seen.events):
        total, own = total + OWN_EVENT, True
    recognition = has_manner(table) and bool(seen.manners or seen.recognised)
    if recognition and any(group.levels for group in seen.groups):
        total += OWN_LEVEL
    counted_: set[tuple[str, str]] = set()
    for group in seen.groups:
        for hit in group.values[:3]:
            if hit.options[0] in counted_:
                continue
            counted_.add(hit.options[0])
            points, mine = _value_points(vocabulary, seen, table, hit, recognition)
            total += points
            own = own or mine
    for fact in seen.facts:
        place = fact.item.spec.table
        if place == table.name:
            total, own = total + OWN_FACT * fact.fit // 100, True
        elif place in reach:
            total += LINKED_FACT * fact.fit // 100
    firm = own or not table.is_event
    for number in seen.numbers:
        points, mine = _numeric_points(number.candidates, table.name, reach)
        total, own = total + points, own or mine
    points, mine = _numeric_points(seen.base, table.name, reach)
    if points:
        total, own = total + points * OWN_BASE // OWN_FACT, own or mine
    owners = {table.name, table.owner}
    if any(hit.means in owners for hit in seen.subjects):
        total += SUBJECT
    if any(hit.means == table.name for hit in seen.subjects):
        total += SUBJECT
    return total - _stranger(vocabulary, seen, table), own, firm


_PERSONS_AND_BODIES = ("信用代码", "身份证")


def _stranger(vocabulary: Vocabulary, seen: Seen, table: Table) -> int:
    """What a table loses where other persons or bodies are spoken of than its own (个人 for 企业)."""
    tables = vocabulary.tables
    known = [hit.means for hit in seen.subjects]
    known += [hit.item.spec.table for hit in seen.facts if hit.fit == SAID]
    named = {name for name in known if tables[name].key_format in _PERSONS_AND_BODIES}
    named = {name for name in named if not tables[name].is_event}
    root = tables.get(table.owner or table.name)
    if root is None or root.key_format not in _PERSONS_AND_BODIES or not named:
        return 0
    return 0 if root.name in named else STRANGER


def _value_points(
    vocabulary: Vocabulary, seen: Seen, table: Table, hit: ValueHit, recognition: bool
) -> tuple[int, bool]:
    """What a named value says for a table, and whether it is the table's own."""
    best, mine = 0, False
    for listed, value in hit.options:
        facts = choice_facts(vocabulary, table.name, listed)
        here = [spec for prefix, spec in facts if spec.table == table.name]
        if has_manner(table):
            if recognition and facts and not hit.negated:
                best, mine = max(best, OWN_TITLE + (20 if seen.manners else 0)), True
            continue
        if here:
            best, mine = max(best, OWN_TITLE - 4), True
        elif facts:
            best = max(best, LINKED_FACT)
        if not table.is_event and any(
            value in one.values for one in counting(vocabulary, table.name)
        ):
            # What is recognised anew is the recognition, not the firm that has it.
            best, mine = max(best, LINKED_FACT if seen.manners else OWN_TITLE - 6), True
        elif table.is_event and any(
            value in one.values for one in counting(vocabulary, table.owner)
        ):
            best = max(best, LINKED_FACT)
    return best, mine


def _numeric_points(
    candidates: tuple[tuple[Described, int], ...], table: str, reach: dict[str, str]
) -> tuple[int, bool]:
    own = max((fit for item, fit in candidates if item.spec.table == table), default=0)
    linked = max((fit for item, fit in candidates if item.spec.table in reach), default=0)
    if own:
        return max(OWN_FACT * own // 100, LINKED_FACT * linked // 100), own >= 35
    return LINKED_FACT * linked // 100, False
