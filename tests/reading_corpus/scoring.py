"""Counts what a reader found against labels, part by part.

Both sides are the same kind of mapping: ``clauses``, ``targets`` and ``supports`` as lists of rows (README.md says
what a row holds). A part is compared as a multiset, so a figure printed twice must be found twice:

* clauses: the clause number, with the first-level section where a number occurs more than once in the labels;
* units: (clause, name of the unit without marks and blanks);
* targets: (direction, value), the value scaled by 万 or 亿 of its unit; rows without a number do not count;
* money: (clause, "cny" or "rate", figure), from amounts, tiers, rates and the cap.

What a row labelled optional holds, a second cap and the instalments of an amount may be found or not: they are
neither missed nor extra. Rows that belong to no numbered clause do not count for clauses, units and money.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

PARTS = ("clauses", "units", "targets", "money")

Row = Mapping[str, Any]
Document = Mapping[str, Any]
Tally = Counter[Hashable]

_NUMERALS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {"〇": 0}
_NUMBER_AT_START = re.compile(r"[（(第]*(?:([0-9]+)|([〇零一二三四五六七八九十百]+))")
_MARKS = re.compile(r"[\s“”\"'（）()〔〕、，。·]")
_DIRECTIONS = {">": "up", ">=": "up", "=": "up", "range": "up", "<": "down", "<=": "down"}
_SCALES = {"万": Decimal(10**4), "亿": Decimal(10**8)}


@dataclass(frozen=True)
class Score:
    """How many labelled things were found; adding scores adds their counts."""

    hits: int = 0
    found: int = 0
    labelled: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.hits + other.hits, self.found + other.found, self.labelled + other.labelled
        )

    @property
    def precision(self) -> float:
        """Share of what was found that is labelled; 1 when nothing was found and nothing was to be found."""
        if self.found:
            return self.hits / self.found
        return 0.0 if self.labelled else 1.0

    @property
    def recall(self) -> float:
        """Share of what is labelled that was found; 1 when nothing is labelled."""
        return self.hits / self.labelled if self.labelled else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class Comparison:
    """The score of one part, and what differs."""

    score: Score
    missed: Tally
    extra: Tally


@dataclass
class _Counted:
    """Things that count, by part, and things that may be found or not."""

    wanted: dict[str, Tally] = field(default_factory=lambda: {part: Counter() for part in PARTS})
    free: dict[str, Tally] = field(default_factory=lambda: {part: Counter() for part in PARTS})


def load_labels(folder: Path) -> dict[str, Any]:
    """The labels of one document folder, as the mapping that `compare` takes."""
    labels: dict[str, Any] = {"document": json.loads((folder / "document.json").read_text("utf-8"))}
    for name in ("clauses", "targets", "supports"):
        lines = (folder / f"{name}.jsonl").read_text("utf-8").splitlines()
        labels[name] = [json.loads(line) for line in lines if line.strip()]
    return labels


def ordinal(printed: object) -> int | None:
    """The number at the start of a printed one: '（十四）', '第 1 0 条' and '14.' give 14, 10 and 14."""
    compact = re.sub(r"\s", "", str(printed or ""))
    compact = compact.translate({ord("０") + digit: str(digit) for digit in range(10)})
    match = _NUMBER_AT_START.match(compact)
    if match is None:
        return None
    if match[1]:
        return int(match[1])
    total = pending = 0
    for numeral in match[2]:
        if numeral == "百":
            total, pending = total + (pending or 1) * 100, 0
        elif numeral == "十":
            total, pending = total + (pending or 1) * 10, 0
        else:
            pending = _NUMERALS[numeral]
    return total + pending


def bare(name: object) -> str:
    """A name without blanks, brackets and marks, so that 市教育局（科技局） is one word."""
    return _MARKS.sub("", str(name or ""))


def compare(labels: Document, found: Document) -> dict[str, Comparison]:
    """Part -> score and differences of what a reader `found` against the `labels` of the same document."""
    clause_key = _ClauseKeys(labels)
    want = _count(labels, clause_key)
    got = _count(found, clause_key)
    free_clauses = want.free["clauses"]
    result = {}
    for part in PARTS:
        labelled, read = want.wanted[part], got.wanted[part]
        extra = read - labelled
        if part in ("clauses", "units"):
            extra = Counter(
                {key: n for key, n in extra.items() if _clause_of(part, key) not in free_clauses}
            )
        else:
            extra -= want.free[part]
        hits = (labelled & read).total()
        score = Score(hits, hits + extra.total(), labelled.total())
        result[part] = Comparison(score, labelled - read, extra)
    return result


def total(comparisons: Iterable[Mapping[str, Comparison]]) -> dict[str, Score]:
    """Part -> the scores of several documents added up."""
    sums = {part: Score() for part in PARTS}
    for comparison in comparisons:
        for part in PARTS:
            sums[part] += comparison[part].score
    return sums


def table(rows: Iterable[tuple[str, Mapping[str, Score]]]) -> str:
    """A printed line per name: F1 and hits/labelled/found of every part."""
    lines = [f"{'':34}" + "".join(f"{part:>26}" for part in PARTS)]
    for name, scores in rows:
        cells = (
            f"{scores[part].f1:8.3f} {scores[part].hits:4}/{scores[part].labelled:4}/{scores[part].found:4}   "
            for part in PARTS
        )
        lines.append(f"{name:34}" + "".join(cells))
    lines.append("F1, hits / labelled / found")
    return "\n".join(lines)


def _clause_of(part: str, key: Hashable) -> Hashable:
    return key[0] if part == "units" and isinstance(key, tuple) else key


class _ClauseKeys:
    """Names a clause by its number, with its first-level section where the labels repeat the number."""

    def __init__(self, labels: Document) -> None:
        numbers = Counter(ordinal(row.get("number")) for row in labels["clauses"])
        self._repeated = {number for number, times in numbers.items() if times > 1}

    def __call__(self, section: object, number: object) -> Hashable:
        parsed = ordinal(number)
        if parsed not in self._repeated:
            return parsed
        if isinstance(section, list):
            section = section[0] if section else ""
        return (ordinal(section), parsed)


def _count(data: Document, clause_key: _ClauseKeys) -> _Counted:
    counted = _Counted()
    for row in data["clauses"]:
        if ordinal(row.get("number")) is None:
            continue
        key = clause_key(row.get("section"), row.get("number"))
        if row.get("optional"):
            counted.free["clauses"][key] += 1
            continue
        counted.wanted["clauses"][key] += 1
        for unit in row.get("responsible") or ():
            counted.wanted["units"][key, bare(unit)] += 1
    for row in data["targets"]:
        value = _value(row.get("value"), row.get("unit"))
        if value is not None:
            comparator = row.get("comparator")
            direction = _DIRECTIONS.get(str(comparator), comparator)
            _side(counted, row)["targets"][direction, value] += 1
    for row in data["supports"]:
        number = row.get("clause", row.get("clause_number"))
        if ordinal(number) is None:
            continue
        key = clause_key(row.get("section"), number)
        side = _side(counted, row)
        for kind, figure in _given(row):
            side["money"][key, kind, figure] += 1
        for name in ("other_caps_cny", "installments_cny"):
            for figure in _figures(_numbers(row.get(name) or ())):
                counted.free["money"][key, "cny", figure] += 1
    return counted


def _side(counted: _Counted, row: Row) -> dict[str, Tally]:
    return counted.free if row.get("optional") else counted.wanted


def _given(row: Row) -> list[tuple[str, Decimal]]:
    amounts = _figures(row.get("amounts_cny"))
    amounts += _figures([tier.get("amount_cny") for tier in row.get("tiers") or ()])
    amounts += _figures(_numbers([row.get("cap_cny")]))
    rates = row.get("rates_percent")
    if rates is None:
        rates = [row.get("rate_percent")]
    return [("cny", amount) for amount in amounts] + [
        ("rate", rate) for rate in _figures(_numbers(rates))
    ]


def _numbers(values: Iterable[object]) -> list[object]:
    """Rates and caps count as JSON numbers only, not as text."""
    return [value for value in values if isinstance(value, int | float)]


def _figures(values: Iterable[object] | None) -> list[Decimal]:
    return [figure for value in values or () if (figure := _decimal(value)) is not None]


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return None


def _value(value: object, unit: object) -> Hashable:
    if isinstance(value, list):
        return tuple(_value(each, unit) for each in value)
    figure = _decimal(value)
    if figure is None or not figure.is_finite():
        return None
    scale = _SCALES.get(str(unit or "").strip()[:1], Decimal(1))
    return round(figure * scale, 4).normalize()
