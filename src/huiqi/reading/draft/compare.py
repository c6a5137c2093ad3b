"""How near a draft comes to the supports that people wrote for the same document.

Hand-written supports are matched one to one with drafts of the same clause, by figures and words.
Then five questions, each a share: the same amounts, tiers and bases of rates; the same table assessed;
the same place conditions; the same stacking; and how many of the other hand-written conditions the
draft has too. Supports for which there is no draft are counted in ``found`` only.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from huiqi.reading.draft.likeness import pairs
from huiqi.reading.draft.passage import plain
from huiqi.reading.draft.values import Draft
from huiqi.reading.draft.write import write
from huiqi.reading.values import Reading
from huiqi.rulebook.language.nodes import (
    All,
    Choose,
    Compare,
    Condition,
    Constant,
    Fact,
    Inside,
    Kind,
    Node,
    Not,
    OneOf,
    Portion,
    Scale,
    Truth,
    children,
    facts,
    walk,
)  # fmt: skip
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Policy, Support, Times
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.problems import Problem

AMOUNTS, EVENT, REGION, STACKING, OTHERS = "金额和档次", "对象", "地区", "叠加和次数", "其他条件"
ENOUGH = 17
"""How many of a hundred pairs of characters two supports without figures must share to be one."""
QUESTIONS = (AMOUNTS, EVENT, REGION, STACKING, OTHERS)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; nothing of nothing is all."""

    hits: int = 0
    all: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.hits + other.hits, self.all + other.all)

    @property
    def part(self) -> Fraction:
        return Fraction(self.hits, self.all) if self.all else Fraction(1)


@dataclass(frozen=True, slots=True)
class Row:
    """One hand-written support with its draft (empty: none was found) and what agrees."""

    support: str
    draft: str
    shares: tuple[tuple[str, Share], ...]
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A draft against a hand-written policy."""

    policy: str
    rows: tuple[Row, ...]
    extra: tuple[str, ...]

    @property
    def found(self) -> Share:
        return Share(sum(1 for row in self.rows if row.draft), len(self.rows))

    def share(self, question: str) -> Share:
        total = Share()
        for row in self.rows:
            for name, share in row.shares:
                if name == question:
                    total += share
        return total


def load_draft(draft: Draft, policies: Path) -> tuple[Policy | None, list[Problem]]:
    """The draft as the loader reads it, beside the vocabulary of ``policies``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("vocabulary", "reference"):
            shutil.copytree(policies / part, folder / part)
        write(draft, folder)
        library, problems = load(folder)
    return library.by_id.get(draft.id), problems


def compare(
    reading: Reading, draft: Draft, loaded: Policy, hand: Policy, vocabulary: Vocabulary
) -> Comparison:
    """Match and compare; ``loaded`` is the draft as the loader read it."""
    texts = {s.id: plain(reading.text[s.start : s.end]) for s in draft.supports}
    numbers = {clause.id: clause.number for clause in (*loaded.clauses, *hand.clauses)}
    found = _matched(hand.supports, loaded.supports, texts, numbers)
    rows = []
    for support in hand.supports:
        other = found.get(support.id)
        rows.append(
            Row(support.id, "", (), ("没有起草出来",))
            if other is None
            else _row(support, other, vocabulary)
        )
    used = {other.id for other in found.values()}
    extra = tuple(s.id for s in loaded.supports if s.id not in used)
    return Comparison(hand.id, tuple(rows), extra)


def _matched(
    hand: Iterable[Support],
    drafts: Iterable[Support],
    texts: dict[str, str],
    numbers: dict[str, str],
) -> dict[str, Support]:
    """Hand-written id -> draft, best pairs first; only within a clause."""
    listed = list(drafts)
    scored = []
    for support in hand:
        words = pairs(
            plain(
                "，".join(
                    [
                        support.name,
                        support.benefit,
                        *(line.note for line in support.lines[1:]),
                        *(line.text for line in support.lines[1:]),
                    ]
                )
            )
        )
        mine = figures(support)
        for other in listed:
            if numbers[support.clause] != numbers[other.clause]:
                continue
            said = pairs(texts[other.id])
            like = 100 * len(words & said) // max(min(len(words), len(said)), 1)
            theirs = figures(other)
            both = len(mine & theirs)
            score = like + 60 * both - 20 * len(mine ^ theirs)
            if both or like >= ENOUGH:
                scored.append((score, like, support.id, other))
    scored.sort(key=lambda row: (-row[0], -row[1], row[2], row[3].id))
    out: dict[str, Support] = {}
    used: set[str] = set()
    for _, _, id_, other in scored:
        if id_ not in out and other.id not in used:
            out[id_] = other
            used.add(other.id)
    return out


def _row(hand: Support, draft: Support, vocabulary: Vocabulary) -> Row:
    mine = figures(hand) | tiers(hand) | bases(hand)
    theirs = figures(draft) | tiers(draft) | bases(draft)
    shares = {
        AMOUNTS: Share(len(mine & theirs), len(mine | theirs)),
        EVENT: Share(int(hand.table == draft.table), 1),
        REGION: Share(int(places(hand) == places(draft)), 1),
        STACKING: Share(int(_limits(hand, vocabulary) == _limits(draft, vocabulary)), 1),
    }
    wanted, made = others(hand), others(draft)
    shares[OTHERS] = Share(len(wanted & made), len(wanted))
    said = {
        OTHERS: f"另有 {len(wanted - made)} 个条件草稿没有",
        AMOUNTS: f"金额差 {len(mine ^ theirs)} 处",
        EVENT: f"对象 {hand.table}／{draft.table}",
        REGION: f"地区 {_shown(places(hand))}／{_shown(places(draft))}",
        STACKING: f"叠加 {'，'.join(_limits(hand, vocabulary))}／{'，'.join(_limits(draft, vocabulary))}",
    }
    differs = tuple(said[name] for name, share in shares.items() if share.hits < share.all)
    return Row(hand.id, draft.id, tuple(shares.items()), differs)


# -------------------------------------------------------------------- what is compared


def figures(support: Support) -> frozenset[tuple[str, object]]:
    """Amounts and rates that a rule pays by, with its caps; zero is none."""
    money, rates = support.figures()
    return frozenset(
        [("元", value) for value in money if value] + [("率", value) for value in rates if value]
    )


def tiers(support: Support) -> frozenset[tuple[str, object]]:
    """Each grade as what sets it apart from the other grades, and what it gives."""
    out = []
    for node in walk(support.amount) if support.amount is not None else ():
        if isinstance(node, Choose):
            rows = [
                (_atoms(when), value.value)
                for when, value in node.branches
                if isinstance(value, Constant) and value.value
            ]
            common = (
                frozenset.intersection(*(atoms for atoms, _ in rows))
                if len(rows) > 1
                else frozenset()
            )
            out += [("档", (atoms - common, value)) for atoms, value in rows]
    return frozenset(out)


def bases(support: Support) -> frozenset[tuple[str, object]]:
    """What each rate is of."""
    return frozenset(
        ("基数", frozenset(fact.shown for fact in facts(node)))
        for node in (walk(support.amount) if support.amount is not None else ())
        if isinstance(node, (Scale, Portion))
    )


def _atoms(node: Condition) -> frozenset[Node]:
    if isinstance(node, All):
        return frozenset(atom for item in node.items for atom in _atoms(item))
    return frozenset([node])


def places(support: Support) -> frozenset[tuple[str, frozenset[str], bool]]:
    """(fact, places, whether inside) of every condition on a region."""
    return frozenset(
        (fact.shown, node.codes, inside)
        for line in support.lines[1:]
        for node, inside in _insides(line.node, True)
        if isinstance(fact := node.item, Fact) and fact.type.kind is Kind.REGION
    )


def others(support: Support) -> frozenset[Node]:
    """The conditions on anything but places, each part of an 且 by itself."""
    return frozenset(
        atom
        for line in support.lines[1:]
        for atom in _atoms(line.node)
        if not any(True for _ in _insides(atom, True))
    )


def _insides(node: Node, inside: bool) -> Iterator[tuple[Inside, bool]]:
    if isinstance(node, Inside):
        yield node, inside
    elif isinstance(node, Not):
        yield from _insides(node.item, not inside)
    elif not isinstance(node, (Compare, OneOf, Truth)):
        for child in children(node):
            yield from _insides(child, inside)


def _limits(support: Support, vocabulary: Vocabulary) -> tuple[str, str]:
    """How it meets others, and how often it is had, as far as that makes a difference.

    A subject has one row, so once per row is once per subject; a table with one row a year gives once
    a year either way.
    """
    table = vocabulary.tables[support.table]
    times = support.times
    if times is Times.EACH and not table.is_event:
        times = Times.ONCE
    if times is Times.EACH and "每年一行" in table.note:
        times = Times.YEARLY
    return str(support.stacking), str(times)


def _shown(found: frozenset[tuple[str, frozenset[str], bool]]) -> str:
    return "、".join(sorted(f"{'' if inside else '非'}{fact}" for fact, _, inside in found)) or "无"
