"""The five packaged policies: complete, without a problem, and as their boundary cases say.

The hand-made labels (../shared/gold) name every clause, target and support of the documents. Where
they stand beside the checkout the policies must carry each of them.
"""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from huiqi.rulebook.library.policy import Comparator, Policy
from huiqi.rulebook.reference.cases import run_reference
from tests.conventions.repository import ROOT
from tests.rulebook.packaged import cases, library, loaded

GOLD = ROOT.parent / "shared" / "gold"
DOCUMENTS = [
    "changzhi-2017-29",
    "gaoping-2022-43",
    "lvliang-2022-22",
    "shanxi-2017-51",
    "shuozhou-2021-26",
]


def test_the_packaged_policies_have_no_problem() -> None:
    assert [str(problem) for problem in (*loaded()[1], *cases()[1])] == []
    assert [policy.id for policy in library().policies] == DOCUMENTS


def test_every_boundary_case_holds_on_the_reference() -> None:
    failures = [str(failure) for case in cases()[0] for failure in run_reference(library(), case)]
    assert failures == []


def test_a_case_that_does_not_hold_is_found() -> None:
    """The negative control: an amount off by one fen."""
    case = next(case for case in cases()[0] if case.low and case.low == case.high)
    moved = type(case)(**{**vars(case), "low": case.low + 1, "high": case.low + 1})
    assert [failure.what for failure in run_reference(library(), moved)] == ["金额"]


def test_every_support_with_conditions_has_at_least_six_cases() -> None:
    counts = Counter(case.supports[0].key for case in cases()[0] for _ in case.supports[:1])
    conditioned = [item.key for item in library().supports if len(item.lines) > 1]
    assert len(conditioned) > 70
    assert {key: counts[key] for key in conditioned if counts[key] < 6} == {}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_clause_names_what_must_be_done(document: str) -> None:
    policy = library().by_id[document]
    assert [clause.id for clause in policy.clauses if not clause.duties] == []


# -------------------------------------------------------------------- the hand-made labels

LABELLED = {
    ">=": Comparator.AT_LEAST,
    ">": Comparator.MORE,
    "<=": Comparator.AT_MOST,
    "<": Comparator.LESS,
    "=": Comparator.EQUAL,
    "range": Comparator.RANGE,
    "growth": Comparator.GROWTH,
    "first": Comparator.FIRST,
    "relative": Comparator.RELATIVE,
}


def labels(document: str, name: str) -> list[dict[str, Any]]:
    """The rows of one labels file, numbers exact."""
    if not GOLD.is_dir():
        pytest.skip("the hand-made labels (../shared/gold) are not beside this checkout")
    text = (GOLD / document / name).read_text("utf-8")
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines() if line.strip()]


def words(value: Any) -> tuple[str, ...]:
    """A label's value as plain numbers or words."""
    parts = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(str(part) for part in parts)


def carried_targets(policy: Policy) -> Counter[tuple[str, ...]]:
    """Clause, comparator, unit, deadline and values of each target of a policy."""
    return Counter(
        (
            policy.by_clause[target.clause].number,
            str(target.comparator),
            target.unit,
            target.deadline or target.period,
            *(
                [target.relative_to]
                if target.relative_to
                else (f"{one:f}" for one in target.values)
            ),
        )
        for target in policy.targets
    )


def labelled_targets(document: str) -> Counter[tuple[str, ...]]:
    out: Counter[tuple[str, ...]] = Counter()
    for row in labels(document, "targets.jsonl"):
        # The labels have no sign for 左右; they write "=" and quote the word.
        about = row["comparator"] == "=" and "左右" in row["quote"]
        comparator = Comparator.ABOUT if about else LABELLED[row["comparator"]]
        unit, deadline = row["unit"] or "", row["deadline"] or ""
        out[(row["clause"], str(comparator), unit, deadline, *words(row["value"]))] += 1
    return out


def labelled_figures(document: str) -> Counter[tuple[str, str, Decimal]]:
    """Clause, `fen` or `%`, and figure, as often as different supports of a clause bear it."""
    out: Counter[tuple[str, str, Decimal]] = Counter()
    for row in labels(document, "supports.jsonl"):
        money = {Decimal(tier["amount_cny"]) * 100 for tier in row.get("tiers") or ()}
        if row.get("cap_cny") is not None:
            money.add(Decimal(row["cap_cny"]) * 100)
        out.update((row["clause"], "fen", figure) for figure in money)
        if row.get("rate_percent") is not None:
            out[(row["clause"], "%", Decimal(row["rate_percent"]))] += 1
    return out


def carried_figures(policy: Policy) -> Counter[tuple[str, str, Decimal]]:
    out: Counter[tuple[str, str, Decimal]] = Counter()
    for support in policy.supports:
        number = policy.by_clause[support.clause].number
        money, rates = support.figures()
        out.update((number, "fen", Decimal(figure)) for figure in money)
        out.update((number, "%", figure) for figure in rates)
    return out


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_labelled_clause_is_carried(document: str) -> None:
    expected = [
        (row["number"], row["heading"], tuple(row["responsible"]), row["lead"] or "")
        for row in labels(document, "clauses.jsonl")
    ]
    clauses = library().by_id[document].clauses
    assert [(one.number, one.heading, one.units, one.lead) for one in clauses] == expected


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_labelled_target_is_carried(document: str) -> None:
    assert carried_targets(library().by_id[document]) == labelled_targets(document)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_labelled_support_and_its_figures_are_carried(document: str) -> None:
    policy = library().by_id[document]
    missing = labelled_figures(document) - carried_figures(policy)
    assert missing == Counter()
    rows = Counter(row["clause"] for row in labels(document, "supports.jsonl"))
    ours = Counter(policy.by_clause[item.clause].number for item in policy.supports)
    assert rows - ours == Counter()


def test_the_labels_are_those_of_all_clauses() -> None:
    assert sum(len(labels(document, "clauses.jsonl")) for document in DOCUMENTS) == 172


def test_a_figure_left_out_would_be_missed() -> None:
    """The negative control: without one support or target the comparison fails."""
    policy = library().by_id["gaoping-2022-43"]
    figures = labelled_figures(policy.id)
    for support in policy.supports:
        without = type(policy)(
            **{
                **{name: getattr(policy, name) for name in policy.__dataclass_fields__},
                "supports": tuple(item for item in policy.supports if item is not support),
            }
        )
        money, rates = support.figures()
        number = policy.by_clause[support.clause].number
        borne = any(
            figures[(number, unit, Decimal(figure))]
            for unit, found in (("fen", money), ("%", rates))
            for figure in found
        )
        assert bool(figures - carried_figures(without)) is borne
    fewer = carried_targets(policy) - Counter([next(iter(carried_targets(policy)))])
    assert fewer != labelled_targets(policy.id)
