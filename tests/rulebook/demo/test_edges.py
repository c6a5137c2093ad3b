"""Boundaries come from the rules: a changed number moves them."""

from huiqi.rulebook.demo.edges import edges_of
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library
from huiqi.rulebook.library.vocabulary import Vocabulary
from tests.conventions.repository import ROOT
from tests.rulebook.demo.conftest import TODAY

LOAN = ("质押融资", "贷款金额")
RULE = "gaoping-2022-43/质押贷款费用资助.参数.贷款门槛"


def test_the_threshold_of_a_rule_is_a_boundary(library: Library) -> None:
    threshold = library.by_key["gaoping-2022-43/质押贷款费用资助"].parameters["贷款门槛"]
    edges = edges_of(library.vocabulary, library.supports, days(TODAY))
    assert edges.values[LOAN] == (threshold.value,)  # type: ignore[union-attr]


def test_a_changed_rule_moves_the_boundary() -> None:
    changed, problems = load(ROOT / "policies", {RULE: "500万元"})
    assert problems == []
    edges = edges_of(changed.vocabulary, changed.supports, days(TODAY))
    assert edges.values[LOAN] == (500 * 10**6,)


def test_without_rules_only_derived_facts_have_boundaries(library: Library) -> None:
    edges = edges_of(library.vocabulary, (), days(TODAY))
    assert LOAN not in edges.values
    assert ("企业", "从业人员") in edges.values
    assert edges.ties == ()


def test_facts_compared_with_one_another_are_ties(library: Library) -> None:
    edges = edges_of(library.vocabulary, library.supports, days(TODAY))
    assert ("担保业务", "行业盈亏平衡费率", "担保费率") in edges.ties


def test_only_stored_facts_have_boundaries(library: Library) -> None:
    vocabulary: Vocabulary = library.vocabulary
    edges = edges_of(vocabulary, library.supports, days(TODAY))
    derived = [
        name for name in edges.values if vocabulary.tables[name[0]].facts[name[1]].definition
    ]
    assert derived == []
    assert all(values == tuple(sorted(set(values))) for values in edges.values.values())
