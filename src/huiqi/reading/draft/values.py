"""A draft as frozen values: what could be built of a policy, from which words, and what is open.

Offsets count characters of `Reading.text`, end exclusive. Texts are as policy files write them.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Built:
    """A condition made from words of the document. Not `sure`: a person should compare it."""

    condition: str
    note: str
    words: str
    start: int
    end: int
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Open:
    """Words that could not be turned into a rule, or a point the text leaves open, with the reason."""

    words: str
    reason: str
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        return f"“{self.words}”：{self.reason}" if self.words else self.reason


@dataclass(frozen=True, slots=True)
class Tier:
    """One grade: its name, the condition (empty where it could not be built), the amount's name."""

    name: str
    when: str
    amount: str


@dataclass(frozen=True, slots=True)
class Money:
    """What is given, in the keys of a support file. `benefit` is set where nothing is computed."""

    parameters: tuple[tuple[str, str], ...] = ()
    amount: str = ""
    tiers: tuple[Tier, ...] = ()
    rate: str = ""
    base: str = ""
    reached: str = ""
    reached_before: str = ""
    grades: tuple[tuple[str, str], ...] = ()
    within: str = ""
    within_least: str = ""
    benefit: str = ""
    printed_rates: tuple[str, ...] = ()
    cap: str = ""
    floor: str = ""
    subject_cap: str = ""
    year_cap: str = ""


@dataclass(frozen=True, slots=True)
class DraftSupport:
    """One support of the draft, with its place in the text."""

    id: str
    name: str
    clause: str
    kind: str
    form: str
    table: str
    beneficiary: str
    conditions: tuple[Built, ...]
    money: Money
    times: str
    stacking: str
    group: str
    stacking_note: str
    stacking_yearly: bool
    # Given on top of something else (再扶持), so that it never competes with it.
    again: bool
    fund: str
    until: str
    open: tuple[Open, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DraftTarget:
    id: str
    clause: str
    indicator: str
    comparator: str
    values: tuple[str, ...]
    unit: str
    deadline: str
    due: str
    period: str
    baseline: str
    measure: str
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftClause:
    id: str
    number: str
    section: tuple[str, ...]
    heading: str
    units: tuple[str, ...]
    lead: str
    joint_leads: tuple[str, ...]
    duties: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole policy folder to be."""

    id: str
    number: str
    title: str
    issuers: tuple[str, ...]
    issued: str
    start: str
    end: str
    region: str
    based_on: tuple[tuple[str, str], ...]
    clauses: tuple[DraftClause, ...]
    targets: tuple[DraftTarget, ...]
    supports: tuple[DraftSupport, ...]
    open: tuple[str, ...] = field(default=())
