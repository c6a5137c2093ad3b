"""Which fair-competition findings the five documents have, from rules alone, words alone, and both.

Each is there for a reason that a reviewer would accept:

* 高平 11: an award for more local supply. 高平 14: an award for moving in; a national tax rule restated.
  高平 16: how much of a fund must come back to the city.
* 长治 23: a company is named whose product is to be spread. 长治 30: costs deducted from tax.
* 吕梁 3: the threshold of an industrial park is lowered for local firms.
* 山西 20, 21, 33: shares and preference for private owners. 17, 27: tax words.
* 朔州 6, 17: tax remitted. 7: contracts given without a tender. 13: the rule asks for a private owner.
* 本地注册 of a whole document: every award asks for registration on the spot.
"""

from functools import cache

import pytest

from huiqi.reading import Reading, read
from huiqi.reading.review import Finding, load_documents, review
from huiqi.rulebook.library.home import policies_folder
from huiqi.rulebook.problems import Severity
from tests.conventions.repository import OFFICIAL_TEXTS
from tests.reading.review.folders import TODAY
from tests.rulebook.packaged import library

RULES = {
    "changzhi-2017-29": ["税收优惠依据-30", "本地注册-全文"],
    "gaoping-2022-43": [
        "本地份额-11", "迁入奖励-14", "税收优惠依据-14", "返投要求-16", "本地注册-全文",
    ],
    "lvliang-2022-22": ["优待本地-3", "本地注册-全文"],
    "shanxi-2017-51": [
        "所有制差别-二十一", "所有制差别-三十三", "税收优惠依据-十七", "税收优惠依据-二十七",
        "本地注册-全文",
    ],
    "shuozhou-2021-26": [
        "所有制差别-十三", "税收优惠依据-六", "指定经营者-七", "税收优惠依据-十七", "本地注册-全文",
    ],
}  # fmt: skip
WORDS = {
    "changzhi-2017-29": ["指定经营者-23"],
    "gaoping-2022-43": ["本地份额-11", "迁入奖励-14", "税收优惠依据-14", "返投要求-16"],
    "lvliang-2022-22": ["优待本地-3"],
    "shanxi-2017-51": ["所有制差别-二十", "所有制差别-二十一", "所有制差别-三十三"],
    "shuozhou-2021-26": ["税收优惠依据-六", "指定经营者-七", "税收优惠依据-十七"],
}
MUST_BE_DECIDED = {
    "changzhi-2017-29": [],
    "gaoping-2022-43": ["本地份额-11", "迁入奖励-14"],
    "lvliang-2022-22": ["文件失效-全文-保障中小企业款项支付条例"],
    "shanxi-2017-51": ["所有制差别-二十", "所有制差别-二十一", "所有制差别-三十三"],
    "shuozhou-2021-26": ["所有制差别-十三"],
}
POLICIES = sorted(RULES)


@cache
def text(id_: str) -> Reading:
    """The reading of an official text; skips where the texts are not beside the checkout."""
    path = OFFICIAL_TEXTS / f"{id_}.txt"
    if not path.is_file():
        pytest.skip("the official texts (../shared/policies) are not beside this checkout")
    return read(path)


@cache
def found(id_: str, rules: bool, words: bool) -> tuple[Finding, ...]:
    documents, problems = load_documents(policies_folder())
    assert problems == []
    made = library()
    return review(
        made.by_id[id_] if rules else None,
        text(id_) if words else None,
        documents=documents,
        vocabulary=made.vocabulary,
        on=TODAY,
    )


def fair(findings: tuple[Finding, ...]) -> list[str]:
    return [item.id for item in findings if item.fair]


@pytest.mark.parametrize("id_", POLICIES)
def test_from_the_rules_alone(id_: str) -> None:
    assert fair(found(id_, True, False)) == RULES[id_]


@pytest.mark.parametrize("id_", POLICIES)
def test_from_the_words_alone(id_: str) -> None:
    assert fair(found(id_, False, True)) == WORDS[id_]


@pytest.mark.parametrize("id_", POLICIES)
def test_together_they_are_one_list(id_: str) -> None:
    assert sorted(fair(found(id_, True, True))) == sorted({*RULES[id_], *WORDS[id_]})


@pytest.mark.parametrize("id_", POLICIES)
def test_what_must_be_decided_and_nothing_else(id_: str) -> None:
    """The rules say what the texts say: no error about boundaries, amounts, units, targets, dates."""
    errors = [item.id for item in found(id_, True, True) if item.severity is Severity.ERROR]
    assert errors == MUST_BE_DECIDED[id_]


@pytest.mark.parametrize("id_", POLICIES)
def test_the_words_stand_at_their_place(id_: str) -> None:
    reading = text(id_)
    proofs = [one for item in found(id_, False, True) for one in item.evidence if one.start >= 0]
    assert proofs
    assert [reading.text[one.start : one.end] for one in proofs] == [one.words for one in proofs]


def test_the_words_of_clause_14_name_the_award_for_moving() -> None:
    (item,) = [one for one in found("gaoping-2022-43", False, True) if one.id == "迁入奖励-14"]
    (proof,) = item.evidence
    assert "迁入我市" in proof.words
    assert proof.words.endswith("给予10万元支持")
    assert item.severity is Severity.ERROR


def test_ids_and_order_stay_from_run_to_run() -> None:
    first = found("gaoping-2022-43", True, True)
    found.cache_clear()
    assert found("gaoping-2022-43", True, True) == first
