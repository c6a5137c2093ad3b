"""The labels hold together: what they quote is printed, and what they count stands in the quote."""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.reading_corpus.documents import HELD_OUT, OPEN, labels_of, squeezed

every_document = pytest.mark.parametrize("folder", OPEN + HELD_OUT, ids=lambda folder: folder.name)

COMPARATORS = {">", ">=", "=", "<", "<=", "range", "growth", "first"}
KINDS = {
    "one_off_award",
    "tiered_award",
    "rate_subsidy",
    "loan_limit",
    "voucher",
    "tax_relief",
    "fee_relief",
    "risk_compensation",
    "procurement_preference",
    "other",
}
RATES_IN_WORDS = {
    "免收": Decimal(100),
    "免征": Decimal(100),
    "免费": Decimal(100),
    "免租": Decimal(100),
    "全额": Decimal(100),
    "减半": Decimal(50),
    "千分之三": Decimal("0.3"),
    "千分之五": Decimal("0.5"),
    "万分之二": Decimal("0.02"),
    "九五折": Decimal(95),
}
VALUES_IN_WORDS = {
    "翻一番": Decimal(100),
    "倍增": Decimal(100),
    "零的突破": Decimal(1),
    "零突破": Decimal(1),
    "“零”的突破": Decimal(1),
    "半天": Decimal("0.5"),
    "过半": Decimal(50),
    "两家": Decimal(2),
    "十家": Decimal(10),
    "千家": Decimal(1000),
    "三至五个": Decimal(3),
    "二至三件": Decimal(2),
}


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = labels_of(folder)[name]
    return found


def printed(folder: Path) -> str:
    """The text without blanks and line ends."""
    return squeezed((folder / "text.txt").read_text("utf-8"))


def without_pages(folder: Path) -> str:
    """The text without page numbers and running heads, so that a name cut by a page end is whole."""
    lines = [line.strip() for line in (folder / "text.txt").read_text("utf-8").splitlines()]
    times = Counter(lines)
    kept = [line for line in lines if times[line] < 3 and not re.fullmatch(r"[-–] \d+ [-–]", line)]
    return squeezed("".join(kept))


def numbers(quote: str) -> set[Decimal]:
    return {Decimal(figure) for figure in re.findall(r"\d+(?:\.\d+)?", squeezed(quote))}


def in_words(quote: str, words: dict[str, Decimal]) -> set[Decimal]:
    return {value for word, value in words.items() if word in squeezed(quote)}


def test_there_are_enough_documents_of_some_length() -> None:
    assert len(OPEN) >= 13
    assert len(HELD_OUT) == 5
    lengths = [len(printed(folder)) for folder in OPEN + HELD_OUT]
    assert sum(1500 <= length <= 5000 for length in lengths) >= 16


@every_document
def test_every_quote_is_printed(folder: Path) -> None:
    text = printed(folder)
    quotes = [row["quote"] for name in ("targets", "supports") for row in rows(folder, name)]
    borderline = folder / "borderline.jsonl"
    if borderline.is_file():
        quotes += re.findall(r'"quote": "(.*?)"', borderline.read_text("utf-8"))
    assert [quote for quote in quotes if squeezed(quote) not in text] == []


@every_document
def test_every_clause_is_printed_with_its_heading_and_units(folder: Path) -> None:
    text = without_pages(folder).replace("*", "")
    missing = []
    for row in rows(folder, "clauses"):
        start = (
            re.escape(squeezed(row["number"]))
            + r"[、.．]?"
            + re.escape(squeezed(row["heading"] or ""))
        )
        if not re.search(start, text):
            missing.append((row["number"], row["heading"]))
        missing += [
            (row["number"], unit) for unit in row["responsible"] if squeezed(unit) not in text
        ]
        missing += [(row["number"], part) for part in row["section"] if squeezed(part) not in text]
    assert missing == []


@every_document
def test_a_lead_is_one_of_the_units(folder: Path) -> None:
    leads = [(row["lead"], row["responsible"]) for row in rows(folder, "clauses") if row["lead"]]
    assert [lead for lead, units in leads if lead not in units] == []


@every_document
def test_targets_and_supports_stand_in_a_labelled_clause(folder: Path) -> None:
    clauses = {(row["number"], tuple(row["section"])) for row in rows(folder, "clauses")}
    stray = [
        row["quote"]
        for name in ("targets", "supports")
        for row in rows(folder, name)
        if row["clause"] and (row["clause"], tuple(row["section"])) not in clauses
    ]
    assert stray == []


@every_document
def test_no_clause_is_labelled_twice(folder: Path) -> None:
    times = Counter((row["number"], tuple(row["section"])) for row in rows(folder, "clauses"))
    assert [clause for clause, count in times.items() if count > 1] == []


@every_document
def test_values_of_targets_stand_in_the_quote(folder: Path) -> None:
    wrong = []
    for row in rows(folder, "targets"):
        assert row["comparator"] in COMPARATORS
        values = row["value"] if isinstance(row["value"], list) else [row["value"]]
        allowed = numbers(row["quote"]) | in_words(row["quote"], VALUES_IN_WORDS)
        exact = [Decimal(str(value)) for value in values if not isinstance(value, str)]
        if not row.get("optional") and exact and exact[0] not in allowed:
            wrong.append((row["value"], row["quote"]))
    assert wrong == []


@every_document
def test_figures_of_supports_stand_in_the_quote(folder: Path) -> None:
    wrong = []
    for row in rows(folder, "supports"):
        assert row["kind"] in KINDS
        seen = numbers(row["quote"])
        money = {figure * scale for figure in seen for scale in (1, 10**4, 10**8)}
        shares = seen | in_words(row["quote"], RATES_IN_WORDS)
        if "‰" in row["quote"]:
            shares |= {figure / 10 for figure in seen}
        amounts = [tier["amount_cny"] for tier in row["tiers"]]
        amounts += row.get("other_caps_cny", []) + row.get("installments_cny", [])
        amounts += [] if row["cap_cny"] is None else [row["cap_cny"]]
        bad = [figure for figure in amounts if Decimal(str(figure)) not in money]
        bad += [rate for rate in row["rates_percent"] if Decimal(str(rate)) not in shares]
        if bad and not row.get("optional"):
            wrong.append((bad, row["quote"]))
    assert wrong == []
