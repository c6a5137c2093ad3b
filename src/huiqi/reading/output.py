"""A reading as plain values: the labelled shape (document, clauses, targets, supports) with offsets."""

from collections import Counter
from decimal import Decimal
from typing import Any

from huiqi.reading.values import CitedDocument, Clause, Reading, Support, Target


def as_json(reading: Reading) -> dict[str, Any]:
    """Values that `json.dumps` takes. Whole figures are integers; the others plain numbers."""
    printed = Counter(clause.number for clause in reading.clauses)
    repeated = {number for number, times in printed.items() if times > 1}
    return {
        "name": reading.name,
        "document": _document(reading),
        "clauses": [_clause(clause) for clause in reading.clauses],
        "targets": [_target(target) for target in reading.targets],
        "supports": [_support(support, repeated) for support in reading.supports],
        "sentences": [
            {
                "start": s.start,
                "end": s.end,
                "fate": str(s.fate),
                "clause": s.clause,
                "reason": s.reason or None,
            }
            for s in reading.sentences
        ],
        "coverage": {
            "share": float(reading.coverage.share),
            "characters": reading.coverage.characters,
            "in_sentences": reading.coverage.in_sentences,
            "left_to_a_person": reading.coverage.left_to_a_person,
            "sentences": reading.coverage.sentences,
            "left_sentences": reading.coverage.left_sentences,
        },
        "problems": [problem.as_dict() for problem in reading.problems],
    }


def plain(value: Decimal | None) -> int | float | None:
    """An exact decimal as a JSON number."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _cited(cited: CitedDocument) -> dict[str, Any]:
    return {"title": cited.title, "number": cited.number, "start": cited.start, "end": cited.end}


def _document(reading: Reading) -> dict[str, Any]:
    d = reading.document
    return {
        "title": d.title,
        "attachment_title": d.attachment_title,
        "number": d.number,
        "issuer": list(d.issuer),
        "issued_on": d.issued_on,
        "printed_on": d.printed_on,
        "based_on": [_cited(c) for c in d.based_on],
        "cited_in_clauses": [_cited(c) for c in d.cited],
        "replaces": [_cited(c) for c in d.replaces],
        "in_force_from": d.in_force_from,
        "in_force_until": d.in_force_until,
        "in_force_span": list(d.in_force_span) if d.in_force_span else None,
        "in_force_words": d.in_force_words,
    }


def _clause(c: Clause) -> dict[str, Any]:
    return {
        "number": c.number,
        "label": c.label,
        "section": list(c.section),
        "heading": c.heading,
        "responsible": list(c.responsible),
        "lead": c.lead,
        "joint_leads": list(c.joint_leads),
        "units": [
            {
                "name": u.name,
                "role": u.role,
                "alias": u.alias,
                "likely": u.likely,
                "start": u.start,
                "end": u.end,
            }
            for u in c.units
        ],
        "due": c.due,
        "start": c.start,
        "end": c.end,
    }


def _target(t: Target) -> dict[str, Any]:
    value: Any = [plain(v) for v in t.value] if isinstance(t.value, tuple) else plain(t.value)
    return {
        "clause": t.clause,
        "section": list(t.section),
        "indicator": t.indicator,
        "comparator": t.comparator,
        "value": value,
        "unit": t.unit,
        "deadline": t.deadline,
        "deadline_carried": t.deadline_carried,
        "hedge": t.hedge,
        "direction": t.direction,
        "growth_base": t.growth_base,
        "part_of": t.part_of,
        "quote": t.quote,
        "start": t.start,
        "end": t.end,
    }


def _support(s: Support, repeated: set[str]) -> dict[str, Any]:
    return {
        # A clause whose printed number is unique needs no section to be found.
        "section": list(s.section) if s.clause in repeated else None,
        "sections": list(s.section),
        "clause": s.clause,
        "beneficiary": s.beneficiary,
        "event": s.event,
        "kind": s.kind,
        "amounts_cny": [plain(a) for a in s.amounts_cny],
        "rates_percent": [plain(r) for r in s.rates_percent],
        "base": s.base,
        "floor_cny": plain(s.floor_cny),
        "cap_cny": plain(s.cap_cny),
        "other_caps_cny": [plain(a) for a in s.other_caps_cny],
        "instalments": list(s.instalments),
        "grades": [
            {
                "when": tier.when,
                "amount_cny": plain(tier.amount_cny),
                "rate_percent": plain(tier.rate_percent),
            }
            for tier in s.tiers
        ],
        "per": s.per,
        "stacking": s.stacking,
        "period": s.period,
        "payer": s.payer,
        "thresholds": [{"text": t.text, "start": t.start, "end": t.end} for t in s.thresholds],
        "quote": s.quote,
        "start": s.start,
        "end": s.end,
    }
