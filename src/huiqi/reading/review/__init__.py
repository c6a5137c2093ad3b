"""Review: a draft or finished policy against its text, against the law, and against itself.

Findings keep their id from run to run; a person's decisions stay beside the policy.
"""

from huiqi.reading.review.decisions import (
    Refused,
    decide,
    keep_decision,
    read_decisions,
    vanished,
)
from huiqi.reading.review.documents import Documents, Standing, load_documents
from huiqi.reading.review.findings import FAIR, Decision, Evidence, Finding, Kind, Source
from huiqi.reading.review.review import review, undecided
from huiqi.reading.review.standards import EXEMPTION_TEST, EXEMPTIONS, Standard

__all__ = [
    "EXEMPTIONS",
    "EXEMPTION_TEST",
    "FAIR",
    "Decision",
    "Documents",
    "Evidence",
    "Finding",
    "Kind",
    "Refused",
    "Source",
    "Standard",
    "Standing",
    "decide",
    "keep_decision",
    "load_documents",
    "read_decisions",
    "review",
    "undecided",
    "vanished",
]
