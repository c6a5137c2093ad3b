"""Lineage of papers of our own: evidence, one to many, gaps, shares, a person's word."""

from datetime import date
from pathlib import Path

import pytest

from huiqi.reading import read
from huiqi.reading.lineage import (
    Confirmation,
    Fit,
    Lineage,
    Paper,
    Status,
    confirm,
    lineage,
    paper,
    read_confirmations,
)
from huiqi.reading.lineage.scoring import grams, stem

UPPER = """云岭省人民政府
关于加快数字经济发展的实施意见
云政发〔2023〕8号
各市人民政府：
现提出如下意见。
一、总体要求
（一）指导思想。坚持创新驱动，推动数字经济高质量发展。
（二）目标任务。到2025年，全省数字化车间达到500个以上，上云企业达到2万家，数字经济核心产业增加值占地区生产总值的比重达到10%。
二、重点任务
（三）建设工业互联网平台。支持龙头企业建设行业级工业互联网平台，引导中小企业设备上云和业务上云，对平台接入设备数量进行年度评估。推动工业互联网标识解析二级节点建设。（省工业和信息化厅、省财政厅）
（四）开放公共数据。编制公共数据开放目录，建立数据授权运营机制，优先开放交通、气象、医疗等领域数据。（省大数据局）
（五）培养数字人才。支持高校设立人工智能、大数据等专业，建设数字技能实训基地，开展数字工匠评选活动。（省教育厅、省人力资源和社会保障厅）
（六）保障网络安全。落实网络安全等级保护制度，开展关键信息基础设施安全检测评估，提高应急处置能力。（省委网信办、省公安厅）
"""

LOWER = """清源市人民政府
关于印发清源市数字经济发展行动计划的通知
清政发〔2023〕21号
各县（市、区）人民政府：
为落实《云岭省人民政府关于加快数字经济发展的实施意见》（云政发〔2023〕8号），制定本计划。
一、工作目标
（一）主要目标。到2025年，全市数字化车间达到60个以上，上云企业达到3000家。
二、主要任务
（二）推进设备上云。引导中小企业设备上云和业务上云，对平台接入设备数量进行年度评估。（市工业和信息化局）
（三）建设行业平台。支持龙头企业建设行业级工业互联网平台，推动工业互联网标识解析二级节点建设。（市工业和信息化局、市财政局）
（四）推动公共数据开放。建立数据授权运营机制，编制公共数据开放目录。（市大数据局）
（五）培育数字技能人才。建设数字技能实训基地，开展数字工匠评选活动，支持高校设立人工智能、大数据等专业。（市教育局、市人力资源和社会保障局）
（六）发展乡村旅游。打造精品民宿，办好采摘节，修建旅游厕所和停车场。（市文化和旅游局）
"""


def of(text: str, name: str = "文.txt") -> Paper:
    reading = read(text.encode(), name=name)
    assert [problem.message for problem in reading.problems] == []
    return paper(None, reading)


def made(*confirmations: Confirmation, lower: str = LOWER) -> Lineage:
    return lineage(of(UPPER), [of(lower)], confirmations)


def status(found: Lineage) -> dict[tuple[str, str], Status]:
    return {(link.above, link.below): link.status for link in found.links}


def test_one_clause_may_be_carried_by_several_and_another_by_none() -> None:
    found = made()
    certain = [(link.above, link.below) for link in found.links if link.status is Status.CERTAIN]
    assert sorted(certain) == sorted(
        [("二", "一"), ("三", "二"), ("三", "三"), ("四", "四"), ("五", "五")]
    )
    assert [part.id for part in found.uncarried] == ["六"]
    assert not any(link.below == "六" for link in found.links)


def test_background_asks_nothing() -> None:
    found = made()
    assert "一" not in {link.above for link in found.links}
    assert "一" not in {part.id for part in found.uncarried}


def test_the_evidence_says_words_and_units() -> None:
    (link,) = [one for one in made().links if (one.above, one.below) == ("四", "四")]
    assert "编制公共数据开放目录" in link.terms
    assert link.likeness.common_units == (("省大数据局", "市大数据局"),)
    assert any(words.startswith("共同用语：") for words in link.evidence())
    assert "单位对应：省大数据局→市大数据局" in link.evidence()


def test_a_document_that_does_not_name_the_upper_one_must_be_much_more_alike() -> None:
    ground = "《云岭省人民政府关于加快数字经济发展的实施意见》（云政发〔2023〕8号）"
    loose = LOWER.replace("，对平台接入设备数量进行年度评估", "").replace(
        "设备上云和业务上云", "用好软件和网络服务、管好库存"
    )
    named = status(made(lower=loose))
    stranger = made(lower=loose.replace(ground, "上级部署"))
    assert stranger.grounds[0][1] == ""
    assert named["三", "二"] is Status.CERTAIN
    assert status(stranger)["三", "二"] is Status.PERSON
    assert all(link.score >= 60 for link in stranger.links if link.carries)


def test_a_dropped_sentence_is_a_gap() -> None:
    found = made(lower=LOWER.replace("，推动工业互联网标识解析二级节点建设", ""))
    assert [gap.sentence.words for gap in found.gaps if gap.above == "三"] == [
        "推动工业互联网标识解析二级节点建设"
    ]


def test_shares_of_targets() -> None:
    found = made()
    assert [
        (share.lower.indicator, share.upper.shown, share.lower.shown, str(share.part), share.fit)
        for share in found.shares
    ] == [
        ("全市数字化车间", "500个", "60个", "12.00", Fit.CERTAIN),
        ("上云企业", "2万家", "3000家", "15.00", Fit.CERTAIN),
    ]


def test_another_deadline_or_a_larger_value_is_left_to_a_person() -> None:
    later = LOWER.replace("到2025年，全市数字化车间达到60个", "到2026年，全市数字化车间达到600个")
    (share,) = [one for one in made(lower=later).shares if "车间" in one.lower.indicator]
    assert share.fit is Fit.PERSON
    assert share.why == ("期限不同：2025年／2026年", "下级不低于上级，不是份额")


def word(below: str, carries: bool, above: str = "六") -> Confirmation:
    upper, lower = of(UPPER), of(LOWER)
    return Confirmation(upper.id, above, lower.id, below, carries, "会上定的", "张三", "2026-11-22")


def test_a_person_confirms_what_no_score_found_and_rejects_what_it_did() -> None:
    found = made(word("六", True), word("四", False, above="四"))
    assert status(found)["六", "六"] is Status.CONFIRMED
    assert status(found)["四", "四"] is Status.REJECTED
    assert [part.id for part in found.uncarried] == ["四"]


def test_a_word_about_another_document_changes_nothing() -> None:
    other = Confirmation("别的文件", "六", of(LOWER).id, "六", True, "", "张三", "2026-11-22")
    missing = Confirmation(of(UPPER).id, "九十", of(LOWER).id, "六", True, "", "张三", "2026-11-22")
    assert status(made(other, missing)) == status(made())


def test_words_are_kept_in_the_lower_folder(tmp_path: Path) -> None:
    folder = tmp_path / "qingyuan-2023-21"
    folder.mkdir()
    day = date(2026, 11, 22)
    assert confirm(folder, "yunling-2023-8", "六", "5", True, "会上定的", "张三", day) == []
    assert confirm(folder, "yunling-2023-8", "七", "5", False, "", "张三", day) == []
    assert confirm(folder, "yunling-2023-8", "六", "5", False, "改了", "李四", day) == []
    found, problems = read_confirmations(folder)
    assert problems == []
    assert found == (
        Confirmation(
            "yunling-2023-8", "六", "qingyuan-2023-21", "5", False, "改了", "李四", "2026-11-22"
        ),
        Confirmation(
            "yunling-2023-8", "七", "qingyuan-2023-21", "5", False, "", "张三", "2026-11-22"
        ),
    )
    text = (folder / "lineage.yaml").read_text("utf-8")
    assert text.startswith("# 本文件的条款承接上级文件的哪一条")


def test_mistakes_in_the_kept_words_are_problems(tmp_path: Path) -> None:
    (tmp_path / "lineage.yaml").write_text(
        "- {上级: 甲, 上级条款: 一, 条款: 二, 判断: 大概, 决定人: 张三, 日期: 2026-01-01}\n",
        "utf-8",
    )
    _, problems = read_confirmations(tmp_path)
    assert [item.code for item in problems] == ["not-a-choice"]


@pytest.mark.parametrize(
    ("unit", "same"),
    [
        ("省科技厅", "市科技局"),
        ("省经信委", "市工业和信息化局"),
        ("省发改委", "市发展改革委"),
        ("省农业厅", "市农委"),
        ("省人社厅", "市人力资源和社会保障局"),
        ("省国土厅", "市规划和自然资源局"),
        ("省财政厅", "市财政局"),
    ],
)
def test_one_body_at_two_levels(unit: str, same: str) -> None:
    assert stem(unit) == stem(same)


@pytest.mark.parametrize(
    ("unit", "other"), [("省科技厅", "市科协"), ("省财政厅", "市税务局"), ("省教育厅", "市体育局")]
)
def test_two_bodies(unit: str, other: str) -> None:
    assert stem(unit) != stem(other)


def test_pieces_leave_out_region_words_and_digits() -> None:
    assert grams("全省 12家") == frozenset()
    assert grams("数据目录") == {"数据", "据目", "目录", "数据目", "据目录"}
    assert grams("实施1331工程") >= {"1331", "工程"}


def test_a_paper_needs_something() -> None:
    with pytest.raises(ValueError, match="policy or a reading"):
        paper(None, None)
