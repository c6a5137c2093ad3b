"""What a document says, as frozen values; every one knows its place in the cleaned text.

Offsets (`start`, `end`) count characters of `Reading.text`, end exclusive, so that
`reading.text[item.start:item.end]` is the printed passage. Money is in yuan as an exact `Decimal`,
rates in per cent as an exact `Decimal`.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from huiqi.rulebook.problems import Problem


class Fate(StrEnum):
    """Where a sentence ended. Every sentence has exactly one."""

    HEADING = "标题"
    TARGET = "目标"
    SUPPORT = "支持"
    DUTY = "职责"
    DEFINITION = "定义"
    BACKGROUND = "背景"
    PERSON = "交人判断"


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """A document that this one names: its title without 《》 and its 文号, when printed."""

    title: str
    number: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """Title, 文号 and the other facts of the whole paper. Dates are ISO texts (`2021-07-31`)."""

    title: str = ""
    attachment_title: str | None = None
    number: str | None = None
    issuer: tuple[str, ...] = ()
    issued_on: str | None = None
    printed_on: str | None = None
    based_on: tuple[CitedDocument, ...] = ()
    cited: tuple[CitedDocument, ...] = ()
    replaces: tuple[CitedDocument, ...] = ()
    in_force_from: str | None = None
    in_force_until: str | None = None
    in_force_words: str | None = None
    # 有效期 and the like when it is a span and not a day: (5, "年").
    in_force_span: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A responsible body as printed, with its part: 牵头, 配合 or 责任."""

    name: str
    role: str
    start: int
    end: int
    alias: str | None = None
    # The likely name where the print looks wrong (市国姿委 for 市国资委).
    likely: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered measure. `section` is the chain of headings above it, outermost first."""

    number: str
    label: str
    section: tuple[str, ...]
    heading: str | None
    start: int
    end: int
    body_start: int
    units: tuple[Unit, ...] = ()
    lead: str | None = None
    joint_leads: tuple[str, ...] = ()
    due: str | None = None

    @property
    def responsible(self) -> tuple[str, ...]:
        return tuple(unit.name for unit in self.units)


@dataclass(frozen=True, slots=True)
class Target:
    """An indicator with its boundary.

    `comparator` is one of `>=`, `>`, `=`, `<=`, `<`, `range`, `growth`, `first`; `value` is in the
    printed unit (`3000` and `万元`), a pair for a range.
    """

    clause: str | None
    section: tuple[str, ...]
    indicator: str
    comparator: str
    value: Decimal | tuple[Decimal, Decimal]
    unit: str | None
    deadline: str | None
    quote: str
    start: int
    end: int
    # Words that soften it (力争, 左右), the direction of a growth, the whole it is a part of.
    hedge: str | None = None
    direction: str | None = None
    part_of: str | None = None
    deadline_carried: bool = False
    growth_base: str | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One grade of a support: on what condition, how much."""

    when: str
    amount_cny: Decimal | None = None
    rate_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A figure that only bounds who is meant; never an amount paid."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Support:
    """A benefit: who gets it, on what event, how much. Unstated is None, never zero."""

    clause: str | None
    section: tuple[str, ...]
    beneficiary: str | None
    event: str | None
    kind: str
    amounts_cny: tuple[Decimal, ...]
    rates_percent: tuple[Decimal, ...]
    base: str | None
    floor_cny: Decimal | None
    cap_cny: Decimal | None
    other_caps_cny: tuple[Decimal, ...]
    instalments: tuple[str, ...]
    tiers: tuple[Tier, ...]
    per: str | None
    stacking: str | None
    period: str | None
    payer: str | None
    thresholds: tuple[Threshold, ...]
    quote: str
    start: int
    end: int

    @property
    def has_figures(self) -> bool:
        """Whether any amount, rate or cap is printed."""
        return bool(
            self.amounts_cny
            or self.rates_percent
            or self.cap_cny is not None
            or self.floor_cny is not None
            or self.other_caps_cny
            or self.instalments
        )


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and what became of it; `reason` is said whenever a person must judge."""

    start: int
    end: int
    fate: Fate
    clause: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the text is accounted for, in characters that are no blanks.

    `share` is characters of all sentences not left to a person, over all characters of the text.
    """

    characters: int
    in_sentences: int
    left_to_a_person: int
    sentences: int
    left_sentences: int

    @property
    def share(self) -> Decimal:
        if not self.characters:
            return Decimal(0)
        done = Decimal(self.in_sentences - self.left_to_a_person)
        return (done / self.characters).quantize(Decimal("0.0001"))


NOTHING = Coverage(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything found in one document. When `problems` holds an error, the rest is empty."""

    name: str
    text: str = ""
    document: Document = field(default_factory=Document)
    clauses: tuple[Clause, ...] = ()
    targets: tuple[Target, ...] = ()
    supports: tuple[Support, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    coverage: Coverage = NOTHING
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values in the labelled shape, with offsets; see `huiqi.reading.output`."""
        # Output builds on these values, so it is imported only when asked for.
        from huiqi.reading.output import as_json

        return as_json(self)
