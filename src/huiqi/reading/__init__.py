"""Reading: an official document (TXT, DOCX, PDF, HTML) becomes clauses, units, targets and supports.

Deterministic and offline; every item carries its place in the cleaned text, every sentence its fate.
"""

from huiqi.reading.output import as_json
from huiqi.reading.reader import read, read_many
from huiqi.reading.values import (
    CitedDocument,
    Clause,
    Coverage,
    Document,
    Fate,
    Reading,
    Sentence,
    Support,
    Target,
    Tier,
    Unit,
)

__all__ = [
    "CitedDocument",
    "Clause",
    "Coverage",
    "Document",
    "Fate",
    "Reading",
    "Sentence",
    "Support",
    "Target",
    "Tier",
    "Unit",
    "as_json",
    "read",
    "read_many",
]
