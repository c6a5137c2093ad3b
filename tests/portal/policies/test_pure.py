"""Marks in a text, differences in words, excerpts of a search, tiers of an amount."""

from huiqi.portal.policies.diff import Change, changed_files, changed_values
from huiqi.portal.policies.finding import excerpt, hits, marked
from huiqi.portal.policies.indexing import support_words
from huiqi.portal.policies.marking import Run, Span, blocks, runs
from huiqi.portal.policies.models import SupportEntry
from huiqi.portal.policies.printed import tiers
from tests.portal.policies import samples


def test_runs_of_overlapping_spans() -> None:
    spans = [Span(2, 8, "target", "targets-0"), Span(4, 6, "money")]
    assert runs("零一二三四五六七八九", 0, 10, spans) == (
        Run("零一"),
        Run("二三", ("target",), (), (("targets-0", "目标"),)),
        Run("四五", ("target", "money"), ("money",)),
        Run("六七", ("target",)),
        Run("八九"),
    )


def test_an_anchor_stands_once_where_a_find_goes_over_paragraphs() -> None:
    made = blocks(
        "甲乙\n丙丁", [{"name": "一", "start": 0, "end": 5}], [Span(1, 4, "target", "targets-0")]
    )
    begins = [run.begins for block in made for line in block.paragraphs for run in line]
    assert begins == [(), (("targets-0", "目标"),), (), ()]


def test_blocks_follow_clauses_and_keep_every_character() -> None:
    text = "文头\n（一）甲。\n（二）乙。\n落款"
    clauses = [{"name": "二", "start": 9, "end": 14}, {"name": "一", "start": 3, "end": 9}]
    made = blocks(text, clauses, [])
    assert [block.name for block in made] == ["", "一", "二", ""]
    said = ["".join(run.text for run in line) for block in made for line in block.paragraphs]
    assert said == ["文头", "（一）甲。", "（二）乙。", "落款"]


def test_hits_do_not_mind_signs_and_blanks() -> None:
    assert [(span.start, span.end) for span in hits("“专精 特新”企业", "专精特新")] == [(1, 6)]
    assert hits("没有", "…… ——") == []
    assert [run.kinds for run in marked("奖励企业", "奖励")] == [("hit",), ()]


def test_excerpt_begins_before_the_first_hit() -> None:
    made = excerpt("前" * 100 + "奖励" + "后" * 300, "奖励")
    assert (made[0].text, made[-1].text) == ("…", "…")
    assert [run.text for run in made if run.kinds] == ["奖励"]
    assert sum(len(run.text) for run in made) == 202


def test_a_changed_number_is_said_in_words() -> None:
    before, after = samples.files(), samples.files(amount="20万元")
    found = changed_values(before, after)
    assert [(v.where, v.path, v.before, v.after, v.change) for v in found] == [
        ("支持“示例企业奖励1”", "参数 › 奖励", "10万元", "20万元", Change.CHANGED)
    ]
    assert [(f.path, f.change) for f in changed_files(before, after)] == [
        ("cases/奖励1.yaml", Change.CHANGED),
        ("supports/奖励1.yaml", Change.CHANGED),
    ]


def test_new_and_removed_supports_are_one_line_each() -> None:
    one, two = samples.files(), samples.files(supports=2)
    assert [(v.where, v.after) for v in changed_values(one, two)] == [
        ("支持“示例企业奖励2”", "新增的支持")
    ]
    assert [(v.where, v.before) for v in changed_values(two, one)] == [
        ("支持“示例企业奖励2”", "删除的支持")
    ]
    assert changed_values(one, one) == []


def test_a_clause_is_named_by_its_number() -> None:
    before = samples.files()
    after = {**before, "policy.yaml": before["policy.yaml"].replace("[市财政局]", "[市示例局]")}
    assert [(v.where, v.path, v.after) for v in changed_values(before, after)] == [
        ("文件与条款", "条款 二 › 单位", "市示例局")
    ]


def test_tiers() -> None:
    assert tiers("国家级 20万元；省级 10万元") == ((("国家级", "20万元"), ("省级", "10万元")), "")
    assert tiers("达到 3亿元 给 10万元；达到 5亿元 给 20万元（进档全额）") == (
        (("达到 3亿元", "10万元"), ("达到 5亿元", "20万元")),
        "进档全额",
    )
    assert tiers("20万元") == ((), "")


def test_a_support_is_found_by_what_people_call_its_subject() -> None:
    row = SupportEntry(name="高新技术企业测试奖励", beneficiary="企业", units=["测试局"])
    words = support_words(row).split("\n")
    assert [word in words for word in ("高企", "小巨人", "高新技术企业")] == [True, False, False]
