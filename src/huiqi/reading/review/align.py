"""Which clause of the printed text is which clause of the policy folder."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from huiqi.reading.folding import fold
from huiqi.reading.values import Clause, Reading
from huiqi.rulebook.library.policy import Clause as PolicyClause
from huiqi.rulebook.library.policy import Policy

_SAME = (
    75  # per cent; headings this alike are one heading; official headings are copied, not rewritten
)
_NUMBER = 40  # with the same printed number less is enough


@dataclass(frozen=True, slots=True)
class Passage:
    """A clause of the text with the id it has in findings and, where found, its policy clause."""

    id: str
    clause: Clause
    policy: PolicyClause | None


def alike(a: str, b: str) -> int:
    """How alike two headings are, 0 to 100: the share of character pairs in common."""
    left, right = _pairs(a), _pairs(b)
    total = sum(left.values()) + sum(right.values())
    return 200 * sum((left & right).values()) // total if total else 0


def plain(text: str) -> str:
    """A text without blanks, quotation marks and punctuation."""
    return re.sub(r"[\s“”\"'‘’《》()\[\],.、:;。·—-]", "", fold(text))


def _pairs(text: str) -> Counter[str]:
    bare = f"^{plain(text)}$"
    return Counter(bare[i : i + 2] for i in range(len(bare) - 1)) if len(bare) > 2 else Counter()


def align(policy: Policy | None, reading: Reading) -> tuple[Passage, ...]:
    """Every clause of the text, with its policy clause where one heading or number fits."""
    ids = _own_ids(reading.clauses)
    if policy is None:
        return tuple(
            Passage(id_, clause, None) for id_, clause in zip(ids, reading.clauses, strict=True)
        )
    scored = [
        (score, -abs(i - j), i, j)
        for i, clause in enumerate(reading.clauses)
        for j, known in enumerate(policy.clauses)
        if (score := _score(clause, known)) > 0
    ]
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, _, i, j in sorted(scored, reverse=True):
        if i not in taken and j not in used:
            taken[i] = j
            used.add(j)
    return tuple(
        Passage(
            policy.clauses[taken[i]].id if i in taken else ids[i],
            clause,
            policy.clauses[taken[i]] if i in taken else None,
        )
        for i, clause in enumerate(reading.clauses)
    )


def _score(clause: Clause, known: PolicyClause) -> int:
    same = _bare(clause.number) == _bare(known.number)
    if clause.heading and known.heading:
        heading = alike(clause.heading, known.heading)
        if heading >= _SAME or (same and heading >= _NUMBER):
            return heading + (100 if same else 0)
        return 0
    chapters = alike("".join(clause.section), "".join(known.section))
    return 100 + chapters if same and chapters >= _NUMBER else 0


def _bare(number: str) -> str:
    return re.sub(r"[\s()第条、.目标]", "", fold(number))


def _own_ids(clauses: Sequence[Clause]) -> list[str]:
    """The printed number; where numbers restart, with the number of the chapter before it."""
    times = Counter(clause.number for clause in clauses)
    chapters: dict[str, int] = {}
    out = []
    for clause in clauses:
        top = clause.section[0] if clause.section else ""
        chapter = chapters.setdefault(top, len(chapters) + 1)
        out.append(clause.number if times[clause.number] == 1 else f"{chapter}.{clause.number}")
    return out


def at(passages: Sequence[Passage], place: int) -> Passage | None:
    """The passage that holds a character, if any."""
    for passage in passages:
        if passage.clause.start <= place < passage.clause.end:
            return passage
    return None
