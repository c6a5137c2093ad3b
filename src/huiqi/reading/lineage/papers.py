"""One view of a document for lineage, whether it is a policy folder, a printed text, or both."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from huiqi.reading.folding import fold
from huiqi.reading.review.align import Passage, align, at, plain
from huiqi.reading.values import Clause, Reading
from huiqi.reading.values import Target as ReadTarget
from huiqi.rulebook.library.policy import Comparator, Policy
from huiqi.rulebook.library.policy import Target as PolicyTarget

BACKDROP = re.compile(r"指导思想|基本原则|总体思路|重要意义|总体考虑")
"""Headings of clauses that ask nothing which a lower document could carry out."""

_BREAK = re.compile(r"[。;!?\n]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence or duty; offsets where the document is a text, else -1."""

    words: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Part:
    """A clause. `words` is what it says: its sentences in a text, the duties in a folder."""

    id: str
    number: str
    section: tuple[str, ...]
    heading: str
    words: str
    sentences: tuple[Sentence, ...]
    units: tuple[str, ...]
    place: int

    @property
    def backdrop(self) -> bool:
        return BACKDROP.search(self.heading) is not None


@dataclass(frozen=True, slots=True)
class Aim:
    """A numeric target in base units: `value` in 元, pieces or per cent; `base` names which."""

    id: str
    clause: str
    indicator: str
    comparator: str
    value: Decimal
    base: str
    shown: str
    deadline: str
    year: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the lineage. `printed` says that its words are the printed text."""

    id: str
    title: str
    number: str
    issuers: tuple[str, ...]
    parts: tuple[Part, ...]
    aims: tuple[Aim, ...]
    based_on: tuple[tuple[str, str], ...]
    printed: bool

    @property
    def short(self) -> str:
        return self.number or self.title or self.id

    def names(self, upper: "Paper") -> str:
        """How this document names the other as its ground; empty where it does not."""
        for title, number in self.based_on:
            if number and upper.number and _number(number) == _number(upper.number):
                return f"《{title}》（{number}）"
            if title and upper.title and plain(title) == plain(upper.title):
                return f"《{title}》"
        return ""


def paper(policy: Policy | None, reading: Reading | None = None) -> Paper:
    """A document from its folder, its text, or both (ids of the folder, words of the text).

    Raises ValueError where neither is given.
    """
    if policy is None and reading is None:
        raise ValueError("a paper needs a policy or a reading")
    based: tuple[tuple[str, str], ...] = policy.based_on if policy is not None else ()
    if reading is not None:
        told = reading.document
        based = (*based, *((c.title, c.number or "") for c in (*told.based_on, *told.cited)))
    if reading is None:
        assert policy is not None
        return Paper(
            policy.id,
            policy.title,
            policy.number,
            policy.issuers,
            tuple(
                Part(
                    clause.id,
                    clause.number,
                    clause.section,
                    clause.heading,
                    "。".join(clause.duties),
                    tuple(Sentence(duty) for duty in clause.duties),
                    clause.units,
                    index,
                )
                for index, clause in enumerate(policy.clauses)
            ),
            _policy_aims(policy),
            based,
            False,
        )
    passages = align(policy, reading)
    told = reading.document
    return Paper(
        policy.id if policy is not None else (told.number or told.title or reading.name),
        policy.title if policy is not None else told.title,
        policy.number if policy is not None else (told.number or ""),
        policy.issuers if policy is not None else told.issuer,
        tuple(
            Part(
                passage.id,
                passage.clause.number,
                passage.clause.section,
                passage.clause.heading or "",
                reading.text[passage.clause.body_start : passage.clause.end],
                _sentences(reading, passage.clause),
                passage.clause.responsible,
                index,
            )
            for index, passage in enumerate(passages)
        ),
        _policy_aims(policy)
        if policy is not None and policy.targets
        else _read_aims(reading, passages),
        based,
        True,
    )


def _sentences(reading: Reading, clause: Clause) -> tuple[Sentence, ...]:
    """The sentences of a clause, without the bracket of units at its end."""
    stop = min((unit.start for unit in clause.units), default=clause.end)
    out = []
    start = clause.body_start
    shadow = fold(reading.text)
    for found in _BREAK.finditer(shadow, clause.body_start, max(stop, clause.body_start)):
        if len(plain(shadow[start : found.start()])) >= 6:
            out.append(Sentence(reading.text[start : found.start()].strip(), start, found.start()))
        start = found.end()
    return tuple(out)


# -------------------------------------------------------------------- targets

_SCALES = (("万亿", Decimal(10**12)), ("亿", Decimal(10**8)), ("万", Decimal(10**4)))
_PIECES = frozenset("家户个")


def _base(unit: str) -> tuple[Decimal, str]:
    """The factor of a printed unit and what it counts: 万人 -> 10000, 人; 家, 户 and 个 are one."""
    bare = fold(unit).removesuffix("/年").strip()
    for sign, factor in _SCALES:
        if bare.startswith(sign):
            rest = bare.removeprefix(sign)
            return factor, "家" if rest in _PIECES else rest
    return Decimal(1), "家" if bare in _PIECES else bare


def _policy_aims(policy: Policy) -> tuple[Aim, ...]:
    return tuple(aim for target in policy.targets for aim in _policy_aim(target))


def _policy_aim(target: PolicyTarget) -> tuple[Aim, ...]:
    if len(target.values) != 1 or target.comparator is Comparator.RELATIVE:
        return ()
    factor, base = _base(target.unit)
    year = "每年" if target.period else _year(target.deadline, target.due)
    return (
        Aim(
            target.id,
            target.clause,
            target.indicator,
            str(target.comparator),
            target.values[0] * factor,
            base,
            f"{target.values[0]}{target.unit}",
            target.deadline,
            year,
        ),
    )


_SIGNS = {">=": "达到", ">": "超过", "<=": "不超过", "<": "不满", "=": "等于", "growth": "增长",
          "first": "首次"}  # fmt: skip


def _read_aims(reading: Reading, passages: tuple[Passage, ...]) -> tuple[Aim, ...]:
    out: list[Aim] = []
    for target in reading.targets:
        passage = at(passages, target.start)
        out += _read_aim(target, passage.id if passage is not None else "")
    return tuple(out)


def _read_aim(target: ReadTarget, clause: str) -> tuple[Aim, ...]:
    if isinstance(target.value, tuple):
        return ()
    factor, base = _base(target.unit or "")
    yearly = target.indicator.startswith("每年") or (target.deadline or "") == "每年"
    return (
        Aim(
            target.indicator,
            clause,
            target.indicator,
            _SIGNS.get(target.comparator, target.comparator),
            target.value * factor,
            base,
            f"{target.value:f}{target.unit or ''}",
            target.deadline or "",
            "每年" if yearly else _year(target.deadline or "", None),
        ),
    )


_PLANS = {"十三五": 2020, "十四五": 2025, "十五五": 2030}


def _year(text: str, due: date | None) -> str:
    if due is not None:
        return str(due.year)
    bare = fold(text)
    found = re.findall(r"(?:19|20)\d\d", bare)
    if found:
        return str(found[-1])
    return next((str(year) for plan, year in _PLANS.items() if plan in bare), "")


def _number(text: str) -> str:
    return re.sub(r"[\s\[\]()]", "", fold(text))
