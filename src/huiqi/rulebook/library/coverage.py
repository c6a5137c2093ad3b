"""What of each document is carried, clause by clause: supports, targets, duties.

A clause that nothing carries was forgotten; a clause that only a duty carries is meant so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from huiqi.rulebook.library.policy import Clause, Policy, Support, Target


@dataclass(frozen=True, slots=True)
class ClauseCoverage:
    """What carries one clause."""

    clause: Clause
    supports: tuple[Support, ...]
    targets: tuple[Target, ...]

    @property
    def bare(self) -> bool:
        """Whether nothing carries it."""
        return not (self.supports or self.targets or self.clause.duties)

    def as_dict(self) -> dict[str, Any]:
        return {
            "clause": self.clause.id,
            "number": self.clause.number,
            "heading": self.clause.heading,
            "units": list(self.clause.units),
            "lead": self.clause.lead,
            "supports": [support.key for support in self.supports],
            "targets": [target.id for target in self.targets],
            "duties": list(self.clause.duties),
            "carried": not self.bare,
        }


@dataclass(frozen=True, slots=True)
class DocumentCoverage:
    """One document with what carries each of its clauses, in printed order."""

    policy: Policy
    clauses: tuple[ClauseCoverage, ...]

    @property
    def bare(self) -> tuple[ClauseCoverage, ...]:
        return tuple(item for item in self.clauses if item.bare)

    @property
    def measured(self) -> tuple[Target, ...]:
        """The targets that can be measured over a region."""
        return tuple(target for target in self.policy.targets if target.measure is not None)

    def as_dict(self) -> dict[str, Any]:
        return {
            "document": self.policy.id,
            "number": self.policy.number,
            "title": self.policy.title,
            "clauses": [item.as_dict() for item in self.clauses],
            "supports": len(self.policy.supports),
            "targets": len(self.policy.targets),
            "targets_measured": len(self.measured),
            "duties": sum(len(item.clause.duties) for item in self.clauses),
            "interpretations": interpretations(self.policy),
            "bare": [item.clause.id for item in self.bare],
        }


def coverage(policy: Policy) -> DocumentCoverage:
    """What carries each clause of a document."""
    return DocumentCoverage(
        policy,
        tuple(
            ClauseCoverage(
                clause,
                _of(policy.supports, clause),
                tuple(target for target in policy.targets if target.clause == clause.id),
            )
            for clause in policy.clauses
        ),
    )


def _of(supports: Sequence[Support], clause: Clause) -> tuple[Support, ...]:
    return tuple(support for support in supports if support.clause == clause.id)


def interpretations(policy: Policy) -> int:
    """How many open questions of a document were decided, on all levels."""
    found = [policy.interpretations]
    found += [clause.interpretations for clause in policy.clauses]
    found += [target.interpretations for target in policy.targets]
    found += [support.interpretations for support in policy.supports]
    return sum(len(part) for part in found)
