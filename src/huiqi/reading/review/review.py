"""All checks of one policy, of its printed text, or of both together."""

from collections.abc import Sequence
from datetime import date

from huiqi.reading.review.align import align
from huiqi.reading.review.amounts import check_amounts
from huiqi.reading.review.boundaries import check_boundaries
from huiqi.reading.review.carried import check_carried
from huiqi.reading.review.documents import Documents, check_documents
from huiqi.reading.review.fairness_rules import fair_rules
from huiqi.reading.review.fairness_words import fair_words
from huiqi.reading.review.findings import Decision, Finding, Kind, Severity, merged
from huiqi.reading.review.unsaid import check_said, check_unsaid
from huiqi.reading.values import Reading
from huiqi.rulebook.library.policy import Policy
from huiqi.rulebook.library.vocabulary import Vocabulary


def review(
    policy: Policy | None,
    reading: Reading | None = None,
    decisions: Sequence[Decision] = (),
    *,
    documents: Documents | None = None,
    vocabulary: Vocabulary | None = None,
    on: date | None = None,
) -> tuple[Finding, ...]:
    """Every finding, those to decide first; the same input gives the same ids and order.

    `policy` may be a draft or a finished policy, `reading` its text; either may be missing. `on` is
    the day on which documents relied on must still be good. Decisions already kept are attached.
    """
    passages = align(policy, reading) if reading is not None else ()
    found: list[Finding] = []
    if policy is not None:
        found += fair_rules(policy, vocabulary)
        found += check_unsaid(policy)
    if reading is not None:
        found += fair_words(reading, passages)
        found += check_said(policy, reading, passages)
    if policy is not None and reading is not None:
        found += check_boundaries(policy, reading, passages, vocabulary)
        found += check_amounts(policy, reading, passages)
        found += check_carried(policy, reading, passages)
    found += check_documents(policy, reading, documents or Documents(), on)
    kept = {item.finding: item for item in decisions}
    order = _order(policy, reading)
    kinds = list(Kind)
    listed = [item.with_decision(kept.get(item.id)) for item in merged(found)]
    return tuple(
        sorted(
            listed,
            key=lambda item: (
                item.severity is not Severity.ERROR,
                not item.fair,
                order.get(item.clause, len(order)),
                kinds.index(item.kind),
                item.id,
            ),
        )
    )


def _order(policy: Policy | None, reading: Reading | None) -> dict[str, int]:
    if policy is not None:
        return {clause.id: index for index, clause in enumerate(policy.clauses)}
    if reading is not None:
        return {item.id: index for index, item in enumerate(align(None, reading))}
    return {}


def undecided(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The errors that a person still has to decide."""
    return tuple(item for item in findings if item.severity is Severity.ERROR and item.open)
