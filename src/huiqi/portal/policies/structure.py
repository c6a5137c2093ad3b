"""What was read of a document, as plain values that a person corrects in place.

Pure: from the reader's values to JSON and back to small edits. The shape::

    {"document": {title, number, issuers, region, issued_on, from, until},
     "clauses":  [{name, number, heading, section, units, lead, joint, start, end}],
     "targets":  [{clause, indicator, comparator, value, unit, deadline, start, end, dropped}],
     "supports": [{clause, beneficiary, event, amount, payer, period, start, end, dropped}],
     "marks":    [[start, end, kind]], "left": [[start, end, why]], "share": "95.4"}

Offsets count characters of the document's text.
"""

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from huiqi.portal.policies.entries import region_code
from huiqi.reading import Clause, Reading, Support, Target
from huiqi.reading.figures import find_figures
from huiqi.reading.folding import fold
from huiqi.reading.review.align import Passage, align, at
from huiqi.reading.values import Fate
from huiqi.rulebook.language.literals import show_money
from huiqi.rulebook.library.policy import Library, Policy

COMPARATORS = {
    ">=": "达到", ">": "超过", "<=": "不超过", "<": "不满", "=": "等于",
    "range": "介于", "growth": "增长", "first": "首次",
}  # fmt: skip
DATES = re.compile(
    r"(?:19|20)\d\d ?年(?: ?\d{1,2} ?月(?: ?\d{1,2} ?日)?)?(?: ?(?:底|末|前|初|年底|年末))?"
    r"|\d{1,3} ?个?(?:工作日|自然日)(?:内|以内)?|“?十[二三四五六]五”?(?:末|期末|期间|时期)"
)
PARTS = ("document", "clauses", "targets", "supports")
Structure = dict[str, Any]
Item = dict[str, Any]


def structure(reading: Reading, library: Library) -> Structure:
    """The reader's values with what a person may correct."""
    passages = align(None, reading)
    return {
        "document": _document(reading, library),
        "clauses": [_clause(passage) for passage in passages],
        "targets": [_target(item, passages) for item in reading.targets],
        "supports": [_support(item, passages) for item in reading.supports],
        "marks": _marks(reading),
        "left": [
            [item.start, item.end, item.reason]
            for item in reading.sentences
            if item.fate is Fate.PERSON
        ],
        "share": f"{reading.coverage.share * 100:.1f}",
    }


def _document(reading: Reading, library: Library) -> Item:
    told = reading.document
    return {
        "title": told.title,
        "number": told.number or "",
        "issuers": list(told.issuer),
        "region": guess_region([*told.issuer, told.title], library),
        "issued_on": told.issued_on or "",
        "from": told.in_force_from or "",
        "until": told.in_force_until or "",
    }


def guess_region(words: Iterable[str], library: Library) -> str:
    """The code of the lowest region whose name begins an issuer or stands in the title."""
    text = "\n".join(words)
    names = [name for name in library.vocabulary.regions.names() if len(name) > 2 and name in text]
    codes = {region_code(library, name) for name in names} - {""}
    return max(codes, key=lambda code: (len(code.rstrip("0")), code), default="")


def _clause(passage: Passage) -> Item:
    clause: Clause = passage.clause
    return {
        "name": passage.id,
        "number": clause.number,
        "heading": clause.heading or "",
        "section": list(clause.section),
        "units": list(clause.responsible),
        "lead": clause.lead or "",
        "joint": list(clause.joint_leads),
        "start": clause.start,
        "end": clause.end,
    }


def _home(start: int, passages: tuple[Passage, ...]) -> str:
    passage = at(passages, start)
    return passage.id if passage is not None else ""


def _target(item: Target, passages: tuple[Passage, ...]) -> Item:
    values = item.value if isinstance(item.value, tuple) else (item.value,)
    return {
        "clause": _home(item.start, passages),
        "indicator": item.indicator,
        "comparator": COMPARATORS.get(item.comparator, item.comparator),
        "value": "—".join(f"{value:f}" for value in values),
        "unit": item.unit or "",
        "deadline": item.deadline or "",
        "start": item.start,
        "end": item.end,
        "dropped": False,
    }


def _support(item: Support, passages: tuple[Passage, ...]) -> Item:
    return {
        "clause": _home(item.start, passages),
        "beneficiary": item.beneficiary or "",
        "event": item.event or "",
        "amount": _amount(item),
        "payer": item.payer or "",
        "period": item.period or "",
        "start": item.start,
        "end": item.end,
        "dropped": False,
    }


def _amount(item: Support) -> str:
    """`国家级 50万元；省级 30万元；最高 200万元`, in the reader's own figures."""
    parts = [
        f"{tier.when} {_money(tier.amount_cny)}{_rate(tier.rate_percent)}".strip()
        for tier in item.tiers
        if len(item.tiers) > 1
    ]
    if not parts:
        parts = [_money(value) for value in item.amounts_cny]
        parts += [_rate(value) for value in item.rates_percent]
    if item.cap_cny is not None:
        parts.append(f"最高 {_money(item.cap_cny)}")
    if item.floor_cny is not None:
        parts.append(f"最低 {_money(item.floor_cny)}")
    return "；".join(dict.fromkeys(part for part in parts if part))


def _money(yuan: Decimal | None) -> str:
    return "" if yuan is None else show_money(int(yuan * 100))


def _rate(percent: Decimal | None) -> str:
    return "" if percent is None else f"{percent.normalize():f}%"


def _marks(reading: Reading) -> list[list[Any]]:
    """Units, money, rates and days as they stand in the text; the first of two that overlap stays."""
    shadow = fold(reading.text)
    found = [(u.start, u.end, "unit") for clause in reading.clauses for u in clause.units]
    for figure in find_figures(shadow):
        if figure.kind in ("money", "percent"):
            found.append((figure.start, figure.end, "money"))
    found += [(match.start(), match.end(), "date") for match in DATES.finditer(shadow)]
    out: list[list[Any]] = []
    for start, end, kind in sorted(found, key=lambda item: (item[0], -item[1])):
        if not out or start >= out[-1][1]:
            out.append([start, end, kind])
    return out


# -------------------------------------------------------------------- correcting


def seal(item: Mapping[str, Any]) -> str:
    """Twelve characters that change when an item changes; a form carries those it was made of."""
    text = json.dumps(dict(item), ensure_ascii=False, sort_keys=True)
    return sha256(text.encode("utf-8")).hexdigest()[:12]


def get_item(made: Structure, part: str, index: int) -> Item | None:
    """One item of a part; the document has only one."""
    if part == "document":
        return dict(made["document"]) if index == 0 else None
    listed = made.get(part, []) if part in PARTS else []
    return dict(listed[index]) if 0 <= index < len(listed) else None


def with_item(made: Structure, part: str, index: int, item: Item) -> Structure:
    """The structure with one item replaced; an index one past the end adds it."""
    if part == "document":
        return {**made, "document": item}
    listed = list(made[part])
    if index == len(listed):
        listed.append(item)
    else:
        listed[index] = item
    return {**made, part: listed}


def kept(made: Structure, part: str, clause: str | None = None) -> list[Item]:
    """The targets or supports that a person left on the list, of one clause where it is named."""
    return [
        item
        for item in made.get(part, [])
        if not item["dropped"] and (clause is None or item["clause"] == clause)
    ]


def blank(part: str, clause: str) -> Item:
    """A target or support that the reader did not see."""
    if part == "targets":
        made = {"indicator": "", "comparator": "达到", "value": "", "unit": "", "deadline": ""}
    else:
        made = {"beneficiary": "", "event": "", "amount": "", "payer": "", "period": ""}
    return {"clause": clause, **made, "start": -1, "end": -1, "dropped": False}


def places(policy: Policy, reading: Reading) -> dict[str, tuple[int, int]]:
    """Clause of the policy folder -> where its words stand in the text."""
    return {
        passage.policy.id: (passage.clause.start, passage.clause.end)
        for passage in align(policy, reading)
        if passage.policy is not None
    }
