"""A draft and a comparison as values that `json.dumps` takes."""

from fractions import Fraction
from typing import Any

from huiqi.reading.draft.compare import QUESTIONS, Comparison, Share
from huiqi.reading.draft.values import Draft, DraftSupport


def draft_json(draft: Draft) -> dict[str, Any]:
    """Supports with every condition and its words, and every open point with its reason."""
    return {
        "id": draft.id,
        "region": draft.region,
        "clauses": len(draft.clauses),
        "targets": [
            {
                "id": target.id,
                "clause": target.clause,
                "measure": target.measure or None,
                "open": list(target.open),
            }
            for target in draft.targets
        ],
        "supports": [_support(support) for support in draft.supports],
        "open": list(draft.open),
    }


def _support(support: DraftSupport) -> dict[str, Any]:
    return {
        "id": support.id,
        "clause": support.clause,
        "kind": support.kind,
        "assessed": support.table,
        "conditions": [
            {
                "condition": built.condition,
                "words": built.words or None,
                "start": built.start,
                "end": built.end,
                "sure": built.sure,
            }
            for built in support.conditions
        ],
        "open": [
            {
                "words": point.words or None,
                "reason": point.reason,
                "start": point.start,
                "end": point.end,
            }
            for point in support.open
        ],
        "start": support.start,
        "end": support.end,
    }


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Shares by question, and what differs for each hand-written support."""
    return {
        "policy": found.policy,
        "found": _share(found.found),
        "questions": {name: _share(found.share(name)) for name in QUESTIONS},
        "supports": [
            {"support": row.support, "draft": row.draft or None, "differs": list(row.differs)}
            for row in found.rows
        ],
        "extra": list(found.extra),
    }


def _share(share: Share) -> dict[str, Any]:
    return {"hits": share.hits, "all": share.all, "share": percent(share.part)}


def percent(part: Fraction) -> str:
    """A share in per cent with one decimal, rounded down so that nothing looks whole that is not."""
    tenths = part.numerator * 1000 // part.denominator
    return f"{tenths // 10}.{tenths % 10}%"
