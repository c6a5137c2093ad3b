"""What carries each clause: supports, targets, duties."""

from dataclasses import replace

from huiqi.rulebook.library.coverage import coverage, interpretations
from huiqi.rulebook.library.policy import Policy
from tests.rulebook.packaged import library


def gaoping() -> Policy:
    return library().by_id["gaoping-2022-43"]


def test_supports_and_targets_stand_at_their_clause() -> None:
    made = coverage(gaoping())
    assert [item.clause.id for item in made.clauses] == [one.id for one in gaoping().clauses]
    by_id = {item.clause.id: item for item in made.clauses}
    assert [support.id for support in by_id["17"].supports] == ["担保费率补差", "担保风险补偿"]
    assert [target.indicator for target in by_id["目标二"].targets][0] == "规上工业企业数量"
    assert sum(len(item.supports) for item in made.clauses) == len(gaoping().supports)
    assert sum(len(item.targets) for item in made.clauses) == len(gaoping().targets)


def test_a_clause_without_anything_is_bare() -> None:
    clauses = tuple(
        replace(clause, duties=()) if clause.id in ("4", "19") else clause
        for clause in gaoping().clauses
    )
    made = coverage(replace(gaoping(), clauses=clauses))
    # Clause 19 still has its support.
    assert [item.clause.id for item in made.bare] == ["4"]
    assert made.as_dict()["bare"] == ["4"]
    assert [item["carried"] for item in made.as_dict()["clauses"] if item["clause"] == "4"] == [
        False
    ]


def test_what_can_be_measured_is_counted() -> None:
    made = coverage(gaoping())
    unmeasured = [target.id for target in gaoping().targets if target.measure is None]
    assert len(made.measured) == len(gaoping().targets) - len(unmeasured)
    assert made.as_dict()["targets_measured"] == len(made.measured)


def test_interpretations_of_all_levels_count() -> None:
    policy = gaoping()
    alone = replace(policy, clauses=(), targets=(), supports=())
    assert interpretations(alone) == len(policy.interpretations) == 6
    assert interpretations(policy) == 6 + sum(
        len(part.interpretations)
        for parts in (policy.clauses, policy.targets, policy.supports)
        for part in parts
    )
