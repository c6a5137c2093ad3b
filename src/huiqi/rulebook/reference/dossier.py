"""One subject against all supports: answers after limits, near misses and the next questions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.nodes import Fact
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.library.rows import FactsFile
from huiqi.rulebook.reference.assess import Assessment, Paid, assess, missing_facts
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.near import near_miss, would_bring
from huiqi.rulebook.reference.settle import held_by_group, settle, total
from huiqi.rulebook.reference.stakes import Stake, stakes_of, weight


@dataclass(frozen=True, slots=True)
class Question:
    """A missing fact, the supports that wait for it and what an answer could decide, by form."""

    fact: Fact
    supports: tuple[str, ...]
    stakes: tuple[Stake, ...]


@dataclass
class Dossier:
    """All assessments of one subject with its events, after limits across rows."""

    library: Library
    reference: Reference
    assessments: list[Assessment]
    paid: Sequence[Paid] = field(default_factory=tuple)

    def of(self, *answers: Answer) -> list[Assessment]:
        return [made for made in self.assessments if made.answer in answers]

    def total(self) -> tuple[int, int | None]:
        """What the subject gets altogether, after limits; None: no upper bound is known."""
        return total(self.assessments)

    def near_misses(self) -> list[Assessment]:
        """Rows one step away (:mod:`huiqi.rulebook.reference.near`), one per support, and of no support that
        another row has or may still have."""
        alive = {made.support.key for made in self.assessments if made.answer is not Answer.NO}
        told: dict[str, Assessment] = {}
        for made in self.of(Answer.NO):
            key = made.support.key
            if key not in alive and self.near_miss(made) is not None:
                told.setdefault(key, made)
        return list(told.values())

    def near_miss(self, made: Assessment) -> int | None:
        """The number of the one condition that stands in the way of a row; None where it is no near miss."""
        held = held_by_group(made, self.assessments, self.paid, self.library.supports)
        return near_miss(self.reference, made, self.paid, held)

    def would_bring(self, made: Assessment) -> tuple[int, int | None]:
        """What a row of a support with an amount adds were all its conditions met (fen)."""
        held = held_by_group(made, self.assessments, self.paid, self.library.supports)
        return (0, 0) if held is None else would_bring(self.reference, made, held)

    def questions(self) -> list[Question]:
        """The missing facts, the one that could settle most money and supports first."""
        waiting: dict[Fact, list[Assessment]] = {}
        for made in self.assessments:
            for fact in missing_facts(self.reference, made):
                waiting.setdefault(fact, []).append(made)
        out = []
        for fact, items in waiting.items():
            names = tuple(dict.fromkeys(made.support.key for made in items))
            out.append(Question(fact, names, stakes_of(items)))
        return sorted(
            out, key=lambda item: (weight(item.stakes), -len(item.supports), item.fact.shown)
        )


def dossier(
    library: Library,
    file: FactsFile,
    on: date,
    supports: Iterable[Support] | None = None,
    paid: Sequence[Paid] = (),
) -> Dossier:
    """Assess everything a facts file makes assessable, then apply limits across rows."""
    reference = Reference(library.vocabulary, on)
    made = [
        assess(reference, support, row)
        for support in (library.ready if supports is None else supports)
        for row in file.rows(support.table)
    ]
    return Dossier(library, reference, settle(made, paid, library.supports), paid)
