"""Decisions stay beside the policy: never lost, comments kept, stale and vanished ones reported."""

from datetime import date
from pathlib import Path

import pytest

from huiqi.reading.review import Finding, Refused, decide, read_decisions, review, vanished
from huiqi.reading.review.kept import keep, read_entries, write
from huiqi.reading.review.review import undecided
from huiqi.rulebook.library.loader import load
from tests.reading.review.folders import ID, TODAY, Draft

MOVE = "supports/迁入.yaml"
LINE = "迁入.迁出地 不属于 朔州市 且 迁入.迁入地 属于 朔州市"


@pytest.fixture
def moving(paper: Draft) -> Draft:
    """A draft with one error of fair competition, in rule and text."""
    (paper.folder / MOVE).write_text(
        f"编号: 迁入\n名称: 企业迁入奖励\n条款: 三\n类型: 奖励\n对象: 迁入\n条件:\n  - {LINE}\n"
        "金额: 5万元\n叠加: 可叠加\n资金: 市财政\n",
        "utf-8",
    )
    return paper.rewrite("到2025年，全市", "对由市外迁入我市的企业，给予5万元奖励。到2025年，全市")


def findings(paper: Draft, with_text: bool = True) -> tuple[Finding, ...]:
    library = paper.library()
    decisions, problems = read_decisions(paper.folder)
    assert problems == []
    reading = paper.reading() if with_text else None
    return review(library.by_id[ID], reading, decisions, vocabulary=library.vocabulary, on=TODAY)


def kept(
    paper: Draft, decision: str = "修改", reason: str = "改为不分来源", with_text: bool = True
) -> None:
    made = decide(
        paper.folder, findings(paper, with_text), "迁入奖励-三", decision, reason, "张三", TODAY
    )
    assert not isinstance(made, Refused)
    assert not isinstance(made, list)


def test_an_undecided_error_and_then_a_decided_one(moving: Draft) -> None:
    assert [item.id for item in undecided(findings(moving))] == ["迁入奖励-三"]
    kept(moving)
    assert [item.id for item in undecided(findings(moving))] == []
    (decision,), problems = read_decisions(moving.folder)
    assert problems == []
    assert (decision.finding, decision.decision, decision.reason, decision.by, decision.on) == (
        "迁入奖励-三", "修改", "改为不分来源", "张三", "2026-11-22",
    )  # fmt: skip
    assert decision.sources == {"规则", "文本"}


def test_the_rulebook_loads_as_before(moving: Draft) -> None:
    kept(moving)
    library, problems = load(moving.root)
    assert problems == []
    assert [policy.id for policy in library.policies] == [ID]


def test_a_new_decision_takes_the_place_of_the_old(moving: Draft) -> None:
    kept(moving)
    kept(moving, "删除", "不再奖励迁入")
    decisions, _ = read_decisions(moving.folder)
    assert [(item.decision, item.reason) for item in decisions] == [("删除", "不再奖励迁入")]


def test_comments_and_other_entries_stay_as_typed(moving: Draft) -> None:
    file = moving.folder / "review.yaml"
    file.write_text(
        "# 会审记录\n"
        "- {发现: 别的-一, 决定: 修改, 理由: 甲, 决定人: 李四, 日期: 2026-01-01}  # 一行写完\n"
        "\n"
        "# 第二项\n"
        "- 发现: 迁入奖励-三\n"
        "  决定: 保留待报  # 等批复\n"
        "  理由: 乙\n"
        "  决定人: 李四\n"
        "  日期: 2026-01-02\n"
        "\n"
        "# 第三项\n"
        "- 发现: 另外-二\n"
        "  决定: 修改\n"
        "  理由: 丙\n"
        "  决定人: 王五\n"
        "  日期: 2026-01-03\n",
        "utf-8",
    )
    kept(moving)
    lines = file.read_text("utf-8").splitlines()
    assert lines[:5] == [
        "# 会审记录",
        "- {发现: 别的-一, 决定: 修改, 理由: 甲, 决定人: 李四, 日期: 2026-01-01}  # 一行写完",
        "",
        "# 第二项",
        "- 发现: 迁入奖励-三",
    ]
    assert lines[5:9] == [
        "  决定: 修改",
        "  理由: 改为不分来源",
        "  决定人: 张三",
        "  日期: 2026-11-22",
    ]
    assert lines[-7:] == [
        "", "# 第三项", "- 发现: 另外-二", "  决定: 修改", "  理由: 丙", "  决定人: 王五", "  日期: 2026-01-03",
    ]  # fmt: skip
    assert [item.finding for item in read_decisions(moving.folder)[0]] == [
        "别的-一", "迁入奖励-三", "另外-二",
    ]  # fmt: skip


def test_changed_words_ask_again(moving: Draft) -> None:
    kept(moving)
    moving.rewrite("给予5万元奖励", "给予5万元奖励，连续三年")
    (item,) = [one for one in findings(moving) if one.id == "迁入奖励-三"]
    assert (item.stale, item.open) == (True, True)
    assert item.decision is not None
    assert item.decision.by == "张三"


def test_a_decision_on_the_rules_holds_when_the_text_comes(moving: Draft) -> None:
    kept(moving, with_text=False)
    (item,) = [one for one in findings(moving) if one.id == "迁入奖励-三"]
    assert (item.stale, item.open) == (False, False)


def test_a_vanished_finding_is_reported_and_its_decision_not_lost(moving: Draft) -> None:
    kept(moving)
    (moving.folder / MOVE).unlink()
    moving.rewrite("对由市外迁入我市的企业，给予5万元奖励。", "")
    decisions, _ = read_decisions(moving.folder)
    gone = vanished(findings(moving), decisions, True, True)
    assert [item.finding for item in gone] == ["迁入奖励-三"]
    assert [item.finding for item in read_decisions(moving.folder)[0]] == ["迁入奖励-三"]


def test_what_only_a_text_showed_is_not_gone_while_no_text_is_given(moving: Draft) -> None:
    (moving.folder / MOVE).unlink()
    kept(moving)
    decisions, _ = read_decisions(moving.folder)
    assert decisions[0].sources == {"文本"}
    assert vanished(findings(moving, with_text=False), decisions, True, False) == ()


@pytest.mark.parametrize(
    ("id_", "decision", "reason", "by", "message"),
    [
        ("迁入奖励-四", "修改", "理由", "张三", "没有发现“迁入奖励-四”"),
        ("迁入奖励-三", "同意", "理由", "张三", "“迁入奖励-三”不能决定为“同意”"),
        ("迁入奖励-三", "修改", " ", "张三", "没有写理由"),
        ("迁入奖励-三", "修改", "理由", "", "没有写是谁决定的"),
    ],
)
def test_refusals_write_nothing(
    moving: Draft, id_: str, decision: str, reason: str, by: str, message: str
) -> None:
    made = decide(moving.folder, findings(moving), id_, decision, reason, by, TODAY)
    assert isinstance(made, Refused)
    assert made.message == message
    assert not (moving.folder / "review.yaml").exists()


def test_a_file_with_errors_is_never_written_to(moving: Draft) -> None:
    file = moving.folder / "review.yaml"
    file.write_text("- 发现: [坏\n", "utf-8")
    made = decide(moving.folder, (), "x", "修改", "理由", "张三", TODAY)
    assert isinstance(made, Refused)
    problems = keep(file, {"发现": "甲"}, ("发现",), "", "review.yaml")
    assert [item.code for item in problems] == ["yaml-syntax"]
    assert file.read_text("utf-8") == "- 发现: [坏\n"


def test_two_decisions_on_one_finding_are_a_problem(moving: Draft) -> None:
    entry = "- {发现: 甲, 决定: 修改, 理由: 一, 决定人: 张三, 日期: 2026-01-01}\n"
    (moving.folder / "review.yaml").write_text(entry * 2, "utf-8")
    _, problems = read_decisions(moving.folder)
    assert [(item.code, item.line) for item in problems] == [("duplicate-decision", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "简单", "带：冒号", "a: b", "# 井号", "- 减号", "“引号”", '"双引号"', "换\n行", "是", "null", "10",
        "2026-01-01", "[甲, 乙]", "{甲}", " 空格 ", "结尾:", "&锚", "*别", "!标", "%百", "@甲", "甲 #乙",
        "\\", "'", "表\t格",
    ],
)  # fmt: skip
def test_every_text_reads_back_the_same(tmp_path: Path, text: str) -> None:
    file = tmp_path / "list.yaml"
    assert keep(file, {"键": "甲", "值": text, "列": (text, "乙")}, ("键",), "# 头\n", "list") == []
    found, problems = read_entries(file, "list")
    assert problems == []
    assert found is not None
    (item,) = found.items
    values = item.entries  # type: ignore[union-attr]
    assert values["值"].text == text
    assert [one.text for one in values["列"].items] == [text, "乙"]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "review.yaml"
    file.write_text("旧\n", "utf-8")

    def broken(self: Path, target: Path) -> Path:
        raise OSError("磁盘满了")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="磁盘满了"):
        write(file, "新\n")
    assert file.read_text("utf-8") == "旧\n"
    assert [path.name for path in tmp_path.iterdir()] == ["review.yaml"]


def test_the_day_is_the_given_one(moving: Draft) -> None:
    made = decide(
        moving.folder, findings(moving), "迁入奖励-三", "删除", "理由", "张三", date(2027, 1, 2)
    )
    assert not isinstance(made, Refused | list)
    assert made.on == "2027-01-02"
