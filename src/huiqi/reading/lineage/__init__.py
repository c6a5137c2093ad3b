"""Lineage: which clause carries out which clause of the document above, and what nobody carries."""

from huiqi.reading.lineage.confirm import confirm, read_confirmations
from huiqi.reading.lineage.lineage import Confirmation, Gap, Lineage, Link, Status, lineage
from huiqi.reading.lineage.papers import Aim, Paper, Part, paper
from huiqi.reading.lineage.shares import Fit, Share, shares

__all__ = [
    "Aim",
    "Confirmation",
    "Fit",
    "Gap",
    "Lineage",
    "Link",
    "Paper",
    "Part",
    "Share",
    "Status",
    "confirm",
    "lineage",
    "paper",
    "read_confirmations",
    "shares",
]
