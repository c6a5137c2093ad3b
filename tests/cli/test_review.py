"""`huiqi review` and `huiqi lineage` as an official uses them."""

from pathlib import Path

import pytest

from tests.cli.running import Huiqi, changed, copied
from tests.reading.lineage.test_lineage import LOWER, UPPER
from tests.reading.review.folders import ID, TEXT, draft

GAOPING = "gaoping-2022-43"
DAY = ("--on", "2026-11-22")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A text without its own folder."""
    file = tmp_path / "措施.txt"
    file.write_text(
        TEXT.replace("到2025年，全市", "对由市外迁入我市的企业，给予5万元奖励。到2025年，全市"),
        "utf-8",
    )
    return file


def test_undecided_errors_and_their_words(huiqi: Huiqi, policies: Path) -> None:
    ran = huiqi("review", GAOPING, "--policies", policies, *DAY)
    assert ran.code == 1
    for words in (
        "迁入奖励-14",
        "本地份额-11",
        "《公平竞争审查条例》第十条第二项",
        "符合例外规定并说明",
    ):
        assert words in ran.out
    assert "未决定：错误 2 个" in ran.out
    assert "没有给文本，只审查了规则" in ran.out


def test_decisions_are_kept_and_end_the_errors(huiqi: Huiqi, policies: Path) -> None:
    base = ("review", GAOPING, "--policies", policies, *DAY)
    said = ("--reason", "改为看投入: 不看来源", "--by", "张三")
    assert huiqi(*base, "--decide", "迁入奖励-14=修改", *said).code == 1
    ran = huiqi(*base, "--decide", "本地份额-11=保留待报", *said)
    assert ran.code == 0
    assert "迁入奖励-14  修改  张三 2026-11-22：改为看投入: 不看来源" in ran.out
    again = huiqi(*base, "--json").json
    assert again["ok"] is True
    decided = {
        one["id"]: one["decision"]["decision"] for one in again["findings"] if one["decision"]
    }
    assert decided == {"迁入奖励-14": "修改", "本地份额-11": "保留待报"}
    assert huiqi("check", policies).code == 0


def test_a_decision_whose_finding_is_gone(huiqi: Huiqi, policies: Path) -> None:
    base = ("review", GAOPING, "--policies", policies, *DAY)
    huiqi(*base, "--decide", "返投要求-16=修改", "--reason", "取消", "--by", "张三")
    (policies / GAOPING / "supports/引导基金返投放宽.yaml").unlink()
    changed(policies / GAOPING / "policy.yaml", "按放宽后的返投和出资比例", "按出资比例")
    ran = huiqi(*base)
    assert "决定还在、发现没有了" in ran.out
    assert [one["finding"] for one in huiqi(*base, "--json").json["vanished"]] == ["返投要求-16"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--decide", "迁入奖励-14"), "写得不对"),
        (("--decide", "迁入奖励-14=同意", "--reason", "甲", "--by", "乙"), "不能决定为“同意”"),
        (("--decide", "迁入奖励-15=修改", "--reason", "甲", "--by", "乙"), "没有发现“迁入奖励-15”"),
        (("--decide", "迁入奖励-14=修改", "--by", "乙"), "没有写理由"),
        (("--decide", "迁入奖励-14=修改", "--reason", "甲"), "没有写是谁决定的"),
    ],
)
def test_refused_decisions(
    huiqi: Huiqi, policies: Path, words: tuple[str, ...], message: str
) -> None:
    ran = huiqi("review", GAOPING, "--policies", policies, *DAY, *words)
    assert ran.code == 2
    assert message in ran.err
    assert not (policies / GAOPING / "review.yaml").exists()


def test_a_text_alone(huiqi: Huiqi, text: Path) -> None:
    ran = huiqi("review", text, "--json", *DAY)
    assert ran.code == 1
    assert ran.json["open"][0] == "迁入奖励-三"
    proof = ran.json["findings"][0]["evidence"][0]
    assert proof["words"] == "对由市外迁入我市的企业，给予5万元奖励"
    refused = huiqi("review", text, "--decide", "迁入奖励-三=修改", "--reason", "甲", "--by", "乙")
    assert refused.code == 2
    assert "没有地方记决定" in refused.err


def test_a_folder_that_stands_alone_with_its_text(huiqi: Huiqi, tmp_path: Path, text: Path) -> None:
    folder = draft(tmp_path / "made").folder
    alone = tmp_path / "草稿" / ID
    alone.parent.mkdir()
    folder.rename(alone)
    ran = huiqi("review", alone, "--text", text, "--json", *DAY)
    assert ran.json["policy"] == ID
    assert "迁入奖励-三" in ran.json["open"]
    assert "金额-三-5万元" in ran.json["open"]
    kept = huiqi(
        "review", alone, "--text", text, *DAY,
        "--decide", "迁入奖励-三=删除", "--reason", "甲", "--by", "乙",
    )  # fmt: skip
    assert kept.code == 1
    assert (alone / "review.yaml").is_file()


def test_wrong_names_and_files(huiqi: Huiqi, policies: Path, tmp_path: Path) -> None:
    ran = huiqi("review", "gaoping-2022-44", "--policies", policies)
    assert (ran.code, "是不是想写“gaoping-2022-43”？" in ran.err) == (2, True)
    empty = tmp_path / "空.txt"
    empty.write_text("", "utf-8")
    assert huiqi("review", empty).code == 1
    (policies / GAOPING / "review.yaml").write_text("- 发现: [坏\n", "utf-8")
    broken = huiqi("review", GAOPING, "--policies", policies)
    assert broken.code == 1
    assert "review.yaml" in broken.err


# -------------------------------------------------------------------- lineage


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two texts, the upper and the lower."""
    upper, lower = tmp_path / "上.txt", tmp_path / "下.txt"
    upper.write_text(UPPER, "utf-8")
    lower.write_text(LOWER, "utf-8")
    return upper, lower


def test_lineage_of_two_texts(huiqi: Huiqi, two: tuple[Path, Path]) -> None:
    ran = huiqi("lineage", *two)
    assert ran.code == 0
    assert "没有条款承接" in ran.out
    assert "第六条 保障网络安全" in ran.out
    assert "12%" in ran.out
    made = huiqi("lineage", *two, "--json").json
    assert [one["clause"] for one in made["uncarried"]] == ["六"]
    assert made["documents"][0]["names_upper"].endswith("（云政发〔2023〕8号）")
    assert [one["share_percent"] for one in made["shares"]] == ["12.00", "15.00"]


def test_a_person_s_word_is_kept_with_the_lower_document(huiqi: Huiqi, tmp_path: Path) -> None:
    root = copied(tmp_path / "policies", "shanxi-2017-51", "changzhi-2017-29")
    base = ("lineage", "shanxi-2017-51", "changzhi-2017-29", "--policies", root, *DAY)
    ran = huiqi(
        *base, "--confirm", "十二=10", "--reject", "四十=40", "--by", "张三", "--reason", "核过"
    )
    assert ran.code == 0
    assert "张三 2026-11-22 核过" in ran.out
    links = {
        (one["upper_clause"], one["clause"]): one["status"]
        for one in huiqi(*base, "--json").json["links"]
    }
    assert (links["十二", "10"], links["四十", "40"]) == ("已确认", "已否定")
    assert huiqi("check", root).code == 0
    wrong = huiqi(*base, "--confirm", "十二=99", "--by", "张三")
    assert (wrong.code, "没有条款“99”" in wrong.err) == (2, True)
    assert huiqi(*base, "--confirm", "十二=10").code == 2


def test_the_same_document_twice(huiqi: Huiqi, two: tuple[Path, Path]) -> None:
    ran = huiqi("lineage", two[0], two[0])
    assert (ran.code, "同一份文件写了两次" in ran.err) == (2, True)
