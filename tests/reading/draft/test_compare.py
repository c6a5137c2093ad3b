"""How near drafts come to the hand-written supports, on the official texts where they are at hand."""

from fractions import Fraction
from pathlib import Path

import pytest

from huiqi.reading import read
from huiqi.reading.draft import draft
from huiqi.reading.draft.compare import (
    AMOUNTS,
    EVENT,
    OTHERS,
    QUESTIONS,
    REGION,
    STACKING,
    Comparison,
    Share,
    compare,
    load_draft,
)
from huiqi.reading.draft.output import percent
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.problems import errors
from tests.reading.draft.drafting import drafted, loaded, vocabulary
from tests.rulebook.packaged import library

TEXTS = Path(__file__).parents[4] / "shared" / "policies"
PAPERS = [
    "changzhi-2017-29",
    "gaoping-2022-43",
    "lvliang-2022-22",
    "shanxi-2017-51",
    "shuozhou-2021-26",
]


def compared(name: str) -> Comparison:
    """The draft of one official text against the packaged policy."""
    path = TEXTS / f"{name}.txt"
    if not path.exists():
        pytest.skip(f"the text of {name} is not at hand")
    reading = read(path)
    made = draft(reading, vocabulary())
    policy, problems = load_draft(made, policies_folder())
    assert errors(problems) == []
    assert policy is not None
    return compare(reading, made, policy, library().by_id[name], vocabulary())


# The least share of each question over the supports that were drafted, for every text and in all.
FLOORS = {
    "changzhi-2017-29": {AMOUNTS: "9/10", EVENT: "8/10", REGION: "9/10", STACKING: "8/10"},
    "gaoping-2022-43": {AMOUNTS: "95/100", EVENT: "95/100", REGION: "95/100", STACKING: "9/10"},
    "lvliang-2022-22": {AMOUNTS: "8/10", EVENT: "8/10", REGION: "95/100", STACKING: "8/10"},
    "shanxi-2017-51": {AMOUNTS: "9/10", EVENT: "9/10", REGION: "9/10", STACKING: "9/10"},
    "shuozhou-2021-26": {AMOUNTS: "9/10", EVENT: "9/10", REGION: "8/10", STACKING: "9/10"},
}


@pytest.mark.parametrize("name", PAPERS)
def test_each_text_keeps_its_floors(name: str) -> None:
    found = compared(name)
    low = {
        question: percent(found.share(question).part)
        for question, floor in FLOORS[name].items()
        if found.share(question).part < Fraction(floor)
    }
    assert low == {}


def test_all_texts_together() -> None:
    found = [compared(name) for name in PAPERS]
    total = {
        question: sum((one.share(question) for one in found), Share()) for question in QUESTIONS
    }
    drafted_ = sum((one.found for one in found), Share())
    assert drafted_.part >= Fraction(85, 100)
    assert total[AMOUNTS].part >= Fraction(95, 100)
    assert total[EVENT].part >= Fraction(93, 100)
    assert total[REGION].part >= Fraction(93, 100)
    assert total[STACKING].part >= Fraction(90, 100)
    assert total[OTHERS].part >= Fraction(70, 100)
    # Counting what was not drafted as wrong: the table assessed of all hand-written supports.
    assert Fraction(total[EVENT].hits, drafted_.all) >= Fraction(80, 100)


def test_a_draft_against_itself_agrees_in_everything() -> None:
    reading, made = read_and_draft(
        "对新认定的国家级、省级众创空间，分别给予70万元、35万元奖励。"
        "对知识产权质押贷款，按贷款利息的40%给予贴息，最高不超过16万元。"
    )
    policy, _ = loaded(made)
    found = compare(reading, made, policy, policy, vocabulary())
    assert found.found == Share(2, 2)
    assert found.extra == ()
    assert [row.differs for row in found.rows] == [(), ()]
    assert {question: found.share(question).part for question in QUESTIONS} == dict.fromkeys(
        QUESTIONS, Fraction(1)
    )


def test_what_differs_is_said_and_counted() -> None:
    reading, made = read_and_draft("对新认定的国家级、省级众创空间，分别给予70万元、35万元奖励。")
    other, _ = loaded(drafted("对新认定的国家级、省级众创空间，分别给予70万元、36万元奖励。"))
    policy, _ = loaded(made)
    found = compare(reading, made, policy, other, vocabulary())
    # 70万元 and its grade are in both; 35万元 and 36万元 with their grades in one each.
    assert found.share(AMOUNTS) == Share(2, 6)
    assert found.share(EVENT) == Share(1, 1)
    assert [row.differs for row in found.rows] == [("金额差 4 处",)]


def test_a_support_without_a_draft_counts_as_not_found() -> None:
    reading, made = read_and_draft("对新认定的国家级众创空间，给予70万元奖励。")
    other, _ = loaded(
        drafted("对新认定的国家级众创空间，给予70万元奖励。对首次认定的高新技术企业，奖励18万元。")
    )
    policy, _ = loaded(made)
    found = compare(reading, made, policy, other, vocabulary())
    assert found.found == Share(1, 2)
    assert [row.draft != "" for row in found.rows].count(True) == 1


def read_and_draft(body: str):  # type: ignore[no-untyped-def]
    from tests.reading.draft.drafting import paper

    reading = read(paper(body).encode(), name="试拟.txt")
    return reading, draft(reading, vocabulary())


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Share(), "100.0%"),
        (Share(2, 3), "66.6%"),
        (Share(999, 1000), "99.9%"),
        (Share(0, 7), "0.0%"),
    ],
)
def test_shares_are_shown_rounded_down(share: Share, shown: str) -> None:
    assert percent(share.part) == shown
