"""晋发〔2017〕51号 -> 长发〔2017〕29号: pairs labelled by hand, by clause numbers, before the measure was set."""

from functools import cache

import pytest

from huiqi.reading import Reading, read
from huiqi.reading.lineage import Fit, Lineage, Paper, Status, lineage, paper
from tests.conventions.repository import OFFICIAL_TEXTS
from tests.rulebook.packaged import library

UPPER, LOWER = "shanxi-2017-51", "changzhi-2017-29"

PAIRS = {
    ("三", "目标一"), ("三", "目标二"), ("三", "目标三"), ("四", "6"), ("五", "7"), ("七", "8"),
    ("八", "9"), ("九", "10"), ("十", "11"), ("十一", "1"), ("十一", "5"), ("十三", "14"),
    ("十四", "15"), ("十五", "12"), ("十六", "18"), ("十七", "19"), ("二十一", "19"),
    ("二十二", "28"), ("二十六", "29"), ("二十六", "30"), ("二十七", "30"), ("二十七", "31"),
    ("二十八", "32"), ("二十九", "36"), ("三十", "34"), ("三十五", "37"), ("三十六", "38"),
    ("三十七", "39"), ("三十八", "保障一"), ("三十九", "保障二"), ("四十", "保障三"),
}  # fmt: skip
"""The lower clause takes up what the upper one asks; anybody would say so."""
ARGUABLE = {
    ("六", "32"), ("十一", "2"), ("十一", "3"), ("十一", "4"), ("十一", "目标一"), ("十二", "10"),
    ("十五", "13"), ("十九", "23"), ("二十", "22"), ("二十", "24"), ("二十四", "23"),
    ("二十五", "27"), ("三十三", "21"), ("四十", "40"),
}  # fmt: skip
"""One sentence or the theme in common; neither right nor wrong to call it carried."""


@cache
def text(id_: str) -> Reading:
    path = OFFICIAL_TEXTS / f"{id_}.txt"
    if not path.is_file():
        pytest.skip("the official texts (../shared/policies) are not beside this checkout")
    return read(path)


def document(id_: str, printed: bool) -> Paper:
    return paper(library().by_id[id_], text(id_) if printed else None)


@cache
def made(lower: str, printed: bool) -> Lineage:
    return lineage(document(UPPER, printed), [document(lower, printed)])


def pairs(found: Lineage, status: Status) -> set[tuple[str, str]]:
    return {(link.above, link.below) for link in found.links if link.status is status}


def measure(found: Lineage) -> tuple[float, float]:
    """Precision (arguable pairs are not wrong) and recall of the certain pairs."""
    certain = pairs(found, Status.CERTAIN)
    return len(certain & (PAIRS | ARGUABLE)) / len(certain), len(certain & PAIRS) / len(PAIRS)


@pytest.mark.parametrize(("printed", "recall"), [(True, 30 / 31), (False, 27 / 31)])
def test_certain_pairs(printed: bool, recall: float) -> None:
    precision, found = measure(made(LOWER, printed))
    assert (precision, found) == (1.0, recall)
    assert 2 * precision * found / (precision + found) >= 0.9


def test_what_is_not_certain_is_asked() -> None:
    found = made(LOWER, True)
    asked = pairs(found, Status.PERSON)
    assert PAIRS - pairs(found, Status.CERTAIN) <= asked
    assert {("十二", "10"), ("二十", "24"), ("三十三", "21"), ("四十", "40")} <= asked


def test_what_no_clause_carries() -> None:
    assert [part.id for part in made(LOWER, True).uncarried] == [
        "六", "十二", "十八", "十九", "二十", "二十三", "二十四", "二十五", "三十一", "三十二", "三十三",
        "三十四",
    ]  # fmt: skip


def test_sentences_of_a_carried_clause_that_were_dropped() -> None:
    found = made(LOWER, True)
    dropped = {gap.above: gap for gap in found.gaps if "个人信息" in gap.sentence.words}
    assert list(dropped) == ["十三"]
    gap = dropped["十三"].sentence
    assert text(UPPER).text[gap.start : gap.end] == gap.words


@pytest.mark.parametrize("printed", [True, False])
@pytest.mark.parametrize("other", ["lvliang-2022-22", "shuozhou-2021-26", "gaoping-2022-43"])
def test_documents_that_do_not_carry_it_out_are_not_forced(other: str, printed: bool) -> None:
    found = made(other, printed)
    assert found.grounds == ((other, ""),)
    assert pairs(found, Status.CERTAIN) == set()
    assert len(pairs(found, Status.PERSON)) <= 4


def test_the_ground_is_the_number_that_the_lower_document_prints() -> None:
    ((_, ground),) = made(LOWER, True).grounds
    assert ground.endswith("（晋发〔2017〕51号）")


def test_the_right_document_is_preferred_among_several() -> None:
    lowers = [document("lvliang-2022-22", True), document(LOWER, True)]
    found = lineage(document(UPPER, True), lowers)
    assert {link.paper for link in found.links if link.carries} == {LOWER}


@pytest.mark.parametrize("printed", [True, False])
def test_targets_that_are_a_share(printed: bool) -> None:
    shares = {
        share.lower.indicator: (str(share.part), share.fit) for share in made(LOWER, printed).shares
    }
    assert shares == {
        "省级“双创”示范基地数": ("10.00", Fit.CERTAIN),
        "全市创客人数": ("10.00", Fit.CERTAIN),
        "高新技术企业数": ("5.33", Fit.CERTAIN),
        "每年新创办中小微企业": ("10.00", Fit.CERTAIN),
        "技术合同交易额": ("6.04", Fit.PERSON),
        "科技进步贡献率": ("None", Fit.CERTAIN),
        "每万人口发明专利拥有量": ("0.02", Fit.PERSON),
        "省级产业技术创新战略联盟数": ("10.00", Fit.PERSON),
        "院士、博士工作站数": ("50.00", Fit.PERSON),
    }


def test_readings_alone_give_the_same_clauses() -> None:
    found = lineage(paper(None, text(UPPER)), [paper(None, text(LOWER))])
    certain = {(link.above, link.below) for link in found.links if link.carries}
    assert {("十三", "14"), ("二十一", "19"), ("四", "6"), ("三十七", "39")} <= certain
    assert len(certain) == 30
