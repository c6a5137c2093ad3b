"""A draft is a policy folder that loads without error and says everything that is open."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from time import process_time

import pytest

from huiqi.reading import Fate, read
from huiqi.reading.draft import draft, write
from huiqi.reading.draft.targets import due_day
from huiqi.reading.draft.write import scalar
from huiqi.rulebook.language.source import Entries, Scalar, parse_yaml
from huiqi.rulebook.library.policy import Comparator
from huiqi.rulebook.problems import Severity
from tests.reading.draft.drafting import HERE, drafted, loaded, paper, vocabulary

OPEN = Path(__file__).parents[2] / "reading_corpus" / "open"
STYLES = sorted(path.name for path in OPEN.iterdir() if (path / "text.txt").exists())


@pytest.mark.parametrize("name", STYLES)
def test_drafts_of_every_style_load_without_error(name: str) -> None:
    reading = read((OPEN / name / "text.txt").read_bytes(), name=f"{name}.txt")
    if not reading.clauses:
        assert draft(reading, vocabulary()).supports == ()
        return
    made = draft(reading, vocabulary())
    policy, problems = loaded(made)
    assert {problem.code for problem in problems} <= {"open-point"}
    assert len(policy.clauses) >= len(reading.clauses)
    assert len(policy.targets) == len(reading.targets)
    assert len(policy.supports) == len(made.supports)
    # Nothing that the document gives is lost: every read support has at least one draft.
    spans = [(support.start, support.end) for support in made.supports]
    for support in reading.supports:
        assert any(a < support.end and support.start < b for a, b in spans)


def test_every_figure_of_a_support_stands_in_its_draft() -> None:
    made = drafted("对新认定的省级企业技术中心，给予43万元补助；对通过复核的，给予11万元补助。")
    written = "".join(str(support.money) for support in made.supports)
    assert "43万元" in written
    assert "11万元" in written


def test_the_documents_own_facts() -> None:
    policy, _ = loaded(drafted("对首次认定的高新技术企业，奖励18万元。"))
    assert policy.id == "试拟"
    assert policy.number == "县政发〔2031〕9号"
    assert policy.region == HERE
    assert policy.issued == policy.start == date(2031, 4, 6)
    assert [clause.units for clause in policy.clauses] == [("县科技局", "县财政局")]


def test_open_points_are_kept_and_warned_of() -> None:
    made = drafted("对首次认定的高新技术企业，奖励18万元。")
    policy, problems = loaded(made)
    (support,) = policy.supports
    assert "文中没有写资金来源" in support.open_points
    assert support.open_points == tuple(point.text for point in made.supports[0].open)
    warned = [p for p in problems if p.file.endswith(f"{support.id}.yaml")]
    assert [p.found for p in warned] == list(support.open_points)
    assert {p.severity for p in warned} == {Severity.WARNING}
    assert policy.open_points == made.open


def test_duties_are_gists_marked_to_be_worded_anew() -> None:
    body = "市科技局要建立重点科技企业培育台账并按季度会同有关部门开展上门辅导和政策宣讲服务活动。"
    reading = read(paper(body).encode(), name="试拟.txt")
    policy, _ = loaded(draft(reading, vocabulary()))
    assert [s.fate for s in reading.sentences if s.clause].count(Fate.DUTY) >= 1
    for clause in policy.clauses:
        assert clause.duties
        for duty in clause.duties:
            assert duty.endswith(("（待改写）", "待补写"))
            assert len(duty) < 36


def test_targets_with_boundary_deadline_and_measure() -> None:
    made = drafted("到2034年底，全县高新技术企业达到40家以上，众创空间超过6个。")
    policy, _ = loaded(made)
    found = {target.indicator: target for target in policy.targets}
    firms = next(target for name, target in found.items() if "高新技术企业" in name)
    assert (firms.comparator, firms.values, firms.unit) == (Comparator.AT_LEAST, (40,), "家")
    assert firms.due == date(2034, 12, 31)
    assert firms.measure_text == (
        f"计数(企业 其中 企业.有效高企证书数 达到 1项 且 企业.注册地 属于 {HERE})"
    )


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("2034年", "2034-12-31"),
        ("到2034年底", "2034-12-31"),
        ("2034年6月底前", "2034-06-30"),
        ("2032年2月底", "2032-02-29"),
        ("2034年12月", "2034-12-31"),
        ("2034年3月15日前", "2034-03-15"),
        ("2034年上半年", "2034-06-30"),
        ("“十五五”末", "2030-12-31"),
        ("2034年2月30日", ""),
        ("3年内", ""),
        (None, ""),
    ],
)
def test_deadlines_as_days(printed: str | None, day: str) -> None:
    assert due_day(printed) == day


NASTY = [
    "普通文字", "有: 冒号", "有 # 井号", "“引号”", '双"引号', "反斜杠\\", "- 横杠", "[方括号", "{花括号",
    "逗号,分隔", " 前有空格", "后有空格 ", "", "null", "~", "true", "2031-04-06", "123", "两行\n文字",
    "制表\t符", "百分之5%", "*星号", "&引用", "!叹号", "|竖线", ">大于", "@", "`", "\u2028行", "a'b", "：全角",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_every_text_is_written_so_that_it_reads_back(text: str) -> None:
    node, problems = parse_yaml(f"键: {scalar(text)}\n列: [{scalar(text)}, 尾]\n", "t.yaml")
    assert problems == []
    assert isinstance(node, Entries)
    one = node.entries["键"]
    assert isinstance(one, Scalar)
    assert one.text == text
    assert not one.plain or text not in ("", "~", "null")


def test_an_existing_folder_is_never_written_into(tmp_path: Path) -> None:
    made = drafted("对首次认定的高新技术企业，奖励18万元。")
    write(made, tmp_path)
    before = sorted(path.name for path in (tmp_path / made.id).rglob("*"))
    with pytest.raises(FileExistsError):
        write(made, tmp_path)
    assert sorted(path.name for path in (tmp_path / made.id).rglob("*")) == before
    assert before[:1] == ["cases"]


def test_restarting_numbers_get_their_section() -> None:
    text = paper("鼓励创新。").replace(
        "（责任单位：县科技局、县财政局）\n",
        "（责任单位：县科技局）\n二、保障措施\n（一）加强组织领导。县政府统筹推进有关工作。\n",
    )
    made = draft(read(text.encode(), name="试拟.txt"), vocabulary())
    assert len({clause.id for clause in made.clauses}) == len(made.clauses)
    loaded(made)


@pytest.mark.parametrize("unit", ["新认定的国家级众创空间、", "贷款额达3万元、", "每台1", "（“、"])
def test_a_long_support_takes_no_more_than_linear_work(unit: str) -> None:
    base = read(paper("对新认定的国家级众创空间给予7万元奖励。").encode(), name="试拟.txt")
    support = base.supports[0]

    def long(times: int) -> float:
        words = unit * times
        text = base.text[: support.start] + words + base.text[support.start :]
        longer = replace(support, end=support.end + len(words))
        began = process_time()
        made = draft(replace(base, text=text, supports=(longer,)), vocabulary())
        assert any("文字过长" in point.reason for point in made.supports[0].open)
        return process_time() - began

    long(1500)
    # Sixteen times the text; a generous factor over the shorter one, for a busy machine.
    assert long(24_000) < 16 * max(long(1500), 0.05)
