"""The scorer counts as its docstring says, and as the scorer of the labelled official documents does."""

import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.reading_corpus.documents import HELD_OUT, OPEN, labels_of
from tests.reading_corpus.scoring import (
    PARTS,
    Score,
    bare,
    compare,
    load_labels,
    ordinal,
    table,
    total,
)

SHARED = Path(__file__).resolve().parents[3] / "shared"


def clause(number: str, *units: str, section: str = "", **more: Any) -> dict[str, Any]:
    return {"number": number, "section": [section], "responsible": list(units), **more}


def target(comparator: str, value: Any, unit: str | None = None, **more: Any) -> dict[str, Any]:
    return {"clause": "一", "comparator": comparator, "value": value, "unit": unit, **more}


def support(number: str, **more: Any) -> dict[str, Any]:
    return {"clause": number, **more}


def document(
    clauses: list[dict[str, Any]] | None = None,
    targets: list[dict[str, Any]] | None = None,
    supports: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {"clauses": clauses or [], "targets": targets or [], "supports": supports or []}


def counts(labels: dict[str, Any], found: dict[str, Any], part: str) -> tuple[int, int, int]:
    score = compare(labels, found)[part].score
    return score.hits, score.labelled, score.found


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("（十四）", 14),
        ("第 1 0 条", 10),
        ("14.", 14),
        ("第一百零三条", 103),
        ("二十", 20),
        ("１２．", 12),
        ("目标1", None),
        ("", None),
        (None, None),
    ],
)
def test_ordinal(printed: str | None, number: int | None) -> None:
    assert ordinal(printed) == number


def test_names_of_units_are_compared_without_marks() -> None:
    assert bare("各县（市、区）人民政府") == bare("各县(市、区) 人民政府") == "各县市区人民政府"


def test_precision_recall_and_f1() -> None:
    assert Score(6, 8, 12).precision == 0.75
    assert Score(6, 8, 12).recall == 0.5
    assert Score(6, 8, 12).f1 == 0.6
    assert (Score().precision, Score().recall, Score().f1) == (1.0, 1.0, 1.0)
    assert (Score(0, 0, 3).precision, Score(0, 3, 0).f1) == (0.0, 0.0)
    assert Score(1, 2, 3) + Score(4, 5, 6) == Score(5, 7, 9)


def test_a_repeated_number_is_told_apart_by_its_first_section() -> None:
    labels = document([clause("1", section="一、甲"), clause("1", section="二、乙"), clause("2")])
    found = document(
        [clause("（一）", section="二、乙"), clause("1"), clause("2", section="九、丙")]
    )
    assert counts(labels, found, "clauses") == (2, 3, 3)


def test_units_belong_to_their_clause() -> None:
    labels = document([clause("1", "市科技局", "市财政局"), clause("2", "市人社局")])
    found = document([clause("1", "市科技局"), clause("2", "市财政局", "市人社局")])
    assert counts(labels, found, "units") == (2, 3, 3)


def test_targets_are_compared_by_direction_and_scaled_value() -> None:
    labels = document(
        targets=[target(">=", 3, "万户"), target("<", 5.5, "%"), target("range", [1, 2])]
    )
    found = document(targets=[target("=", 30000, "户"), target("<=", 5.5), target(">=", 1)])
    assert counts(labels, found, "targets") == (2, 3, 3)
    assert counts(document(targets=[target("=", "全覆盖")]), document(), "targets") == (0, 0, 0)


def test_money_counts_amounts_tiers_rates_and_the_cap() -> None:
    labels = document(
        [clause("1"), clause("2")],
        supports=[
            support("1", tiers=[{"amount_cny": 500000}, {"amount_cny": 200000}], cap_cny=1000000),
            support("2", rates_percent=[0.5], other_caps_cny=[300000], installments_cny=[10]),
        ],
    )
    found = document(
        supports=[
            support("1", amounts_cny=[200000, 500000, 7], rates_percent=[]),
            support("2", rate_percent=0.5, amounts_cny=[300000]),
        ],
    )
    assert counts(labels, found, "money") == (3, 4, 4)


def test_what_is_optional_counts_neither_way() -> None:
    labels = document(
        [clause("1", "甲局", optional=True), clause("2")],
        [target(">=", 5, optional=True)],
        [support("2", tiers=[{"amount_cny": 8}], optional=True)],
    )
    found = document(
        [clause("1", "乙局"), clause("2")], [target(">=", 5)], [support("2", amounts_cny=[8])]
    )
    assert [counts(labels, found, part) for part in PARTS] == [
        (1, 1, 1),
        (0, 0, 0),
        (0, 0, 0),
        (0, 0, 0),
    ]
    assert [counts(labels, document([clause("2")]), part)[0] for part in PARTS] == [1, 0, 0, 0]


def test_totals_and_the_table_add_up() -> None:
    one = compare(document([clause("1")]), document([clause("1"), clause("2")]))
    two = compare(document([clause("1"), clause("2")]), document([clause("1")]))
    scores = total([one, two])
    assert scores["clauses"] == Score(2, 3, 3)
    assert "0.667    2/   3/   3" in table([("all", scores)])


@pytest.mark.parametrize("folder", OPEN + HELD_OUT, ids=lambda folder: folder.name)
def test_labels_agree_with_themselves(folder: Path) -> None:
    labels = labels_of(folder)
    assert {part: row.score.f1 for part, row in compare(labels, labels).items()} == dict.fromkeys(
        PARTS, 1.0
    )


# --- against the scorer of the labelled official documents ----------------------------------------


@pytest.fixture(scope="module")
def official() -> ModuleType:
    script = SHARED / "tools" / "score_reading.py"
    if not script.is_file():
        pytest.skip("shared/tools/score_reading.py is not beside this project")
    spec = importlib.util.spec_from_file_location("score_reading", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def garbled(labels: dict[str, Any], seed: int) -> dict[str, Any]:
    """A reading with rows dropped, doubled, moved to another clause, and figures changed."""
    dice = random.Random(seed)
    found = json.loads(json.dumps(labels))
    for name in ("clauses", "targets", "supports"):
        kept = []
        for row in found[name]:
            row.pop("optional", None)
            act = dice.randrange(8)
            if act == 0:
                continue
            if act == 1:
                kept.append(row)
            elif act == 2 and row.get("responsible"):
                row["responsible"] = [*row["responsible"][1:], "某某局"]
            elif act == 3 and "comparator" in row:
                row["comparator"] = dice.choice([">", "<=", "growth", "first"])
            elif act == 4 and "tiers" in row:
                row["amounts_cny"] = [1, 20000]
            elif act == 5 and "clause" in row:
                row["clause"] = str(dice.randrange(1, 9))
            kept.append(row)
        found[name] = kept
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_the_official_scorer(official: ModuleType, seed: int) -> None:
    folders = [*OPEN, *HELD_OUT, *sorted((SHARED / "gold").iterdir())]
    for folder in folders:
        labels = load_labels(folder)
        found = garbled(labels, seed)
        theirs = {part: tuple(row[:3]) for part, row in official.compare(labels, found).items()}
        ours = {
            part: (row.score.hits, row.score.found, row.score.labelled)
            for part, row in compare(labels, found).items()
        }
        assert ours == theirs, folder.name
