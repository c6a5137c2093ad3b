"""Numbering: whatever styles stand at which depth, the tree is the same; headings in three forms."""

from hypothesis import given
from hypothesis import strategies as st

from huiqi.reading import Reading
from tests.reading.papers import HEAD, read_text
from tests.reading.test_numerals import spelled

STYLES = {
    "一、": lambda n: f"{spelled(n)}、",
    "（一）": lambda n: f"（{spelled(n)}）",
    "1.": lambda n: f"{n}.",
    "1、": lambda n: f"{n}、",
    "(一)": lambda n: f"({spelled(n)})",
}
WORDS = ["强化平台建设", "优化服务环境", "促进成果转化", "加大金融支持", "完善人才政策"]


def chains(reading: Reading) -> list[tuple[tuple[str, ...], str | None]]:
    """Section chain without numbers, and heading, of every clause."""
    from huiqi.reading.folding import fold
    from huiqi.reading.numbering import label

    out = []
    for clause in reading.clauses:
        names = []
        for section in clause.section:
            found = label(fold(section))
            names.append(section[found.length :] if found else section)
        out.append((tuple(names), clause.heading))
    return out


@given(
    st.permutations(["一、", "（一）", "1."]),
    st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3), min_size=1, max_size=4),
    st.booleans(),
)
def test_any_styles_give_the_same_tree(
    styles: list[str], sizes: list[list[int]], restart: bool
) -> None:
    lines = []
    wanted = []
    running = 0
    for i, groups in enumerate(sizes, start=1):
        top = f"{WORDS[i % 5]}第{spelled(i)}部分任务"
        lines.append(f"{STYLES[styles[0]](i)}{top}")
        for j, leaves in enumerate(groups, start=1):
            middle = f"{WORDS[(i + j) % 5]}工程{spelled(j)}"
            lines.append(f"{STYLES[styles[1]](j)}{middle}")
            for k in range(1, leaves + 1):
                running += 1
                leaf = f"{WORDS[(i + j + k) % 5]}行动"
                shown = k if restart else running
                lines.append(
                    f"{STYLES[styles[2]](shown)}{leaf}。各有关部门要认真组织开展这项工作，确保各项措施落到实处。（市科技局）"
                )
                wanted.append(((top, middle), leaf))
    assert chains(read_text(HEAD + "\n".join(lines))) == wanted


@given(st.sampled_from(sorted(STYLES)), st.sampled_from(sorted(STYLES)))
def test_heading_on_its_own_line_run_in_or_none(upper: str, lower: str) -> None:
    if upper.strip("、.（）()") == lower.strip("、.（）()"):
        return
    body = (
        f"{STYLES[upper](1)}主要任务\n"
        f"{STYLES[lower](1)}强化孵化\n支持各类园区建设孵化器，完善服务功能，提升服务水平。\n"
        f"{STYLES[lower](2)}优化服务。推行一站式服务，简化办事流程，提高审批效率。\n"
        f"{STYLES[lower](3)}对新认定的省级孵化器，给予50万元奖励，并优先推荐申报国家级孵化器。\n"
    )
    reading = read_text(HEAD + body)
    assert [c.heading for c in reading.clauses] == ["强化孵化", "优化服务", None]
    assert {len(c.section) for c in reading.clauses} == {1}


def test_articles_with_items() -> None:
    reading = read_text(
        "青原县人才公寓管理办法\n青政发〔2022〕6号\n第一章　总则\n第一条　为规范管理，制定本办法。\n"
        "第二章　申请\n第二条　申请人应当符合下列条件：\n（一）在本县工作；\n（二）年龄不超过45周岁。\n第 1 0 条　本办法自印发之日起施行。\n"
    )
    assert [(c.number, c.section) for c in reading.clauses] == [
        ("第一条", ("第一章 总则",)),
        ("第二条", ("第二章 申请",)),
        ("第10条", ("第二章 申请",)),
    ]
    second = reading.clauses[1]
    assert reading.text[second.start : second.end].endswith("年龄不超过45周岁。")


def test_continuous_numbers_over_sections() -> None:
    reading = read_text(
        HEAD
        + "一、平台\n（一）建设平台。支持建设各类平台，完善功能。\n二、服务\n（二）优化服务。推行一站式服务，提高效率。\n"
    )
    assert [(c.number, c.section) for c in reading.clauses] == [
        ("一", ("一、平台",)),
        ("二", ("二、服务",)),
    ]


def test_numbers_that_skip_are_read_and_reported() -> None:
    reading = read_text(
        HEAD
        + "一、平台\n1.建设平台。支持建设平台，完善各项功能。\n2.优化服务。推行一站式服务，提高效率。\n4.加强宣传。开展政策宣传，营造良好氛围。\n"
    )
    assert [c.number for c in reading.clauses] == ["1", "2", "4"]
    assert [p.code for p in reading.problems] == ["read-numbering-skip"]


def test_number_without_a_stop_and_a_heading_that_begins_with_a_digit() -> None:
    reading = read_text(
        HEAD
        + "一、任务\n1.建设平台。支持建设平台，完善各项功能。\n2 开展服务。组织服务活动，帮助企业解决问题。\n3. 5G应用推广。支持企业建设5G工厂，推广应用。\n"
    )
    assert [(c.number, c.heading) for c in reading.clauses] == [
        ("1", "建设平台"),
        ("2", "开展服务"),
        ("3", "5G应用推广"),
    ]


def test_items_of_a_measure_are_part_of_it() -> None:
    reading = read_text(
        HEAD
        + "一、奖补\n（一）平台奖补。按以下标准给予奖励：\n1.国家级平台奖励100万元；\n2.省级平台奖励50万元。\n（二）企业奖补。对新认定高新技术企业奖励10万元。\n"
    )
    assert [c.number for c in reading.clauses] == ["一", "二"]
    amounts = [str(a) for s in reading.supports for a in s.amounts_cny]
    assert amounts == ["1000000", "500000", "100000"]


def test_contents_are_no_clauses() -> None:
    reading = read_text(
        "目录\n一、总体要求……………1\n二、主要任务……………3\n"
        + HEAD
        + "一、总体要求\n坚持创新驱动，推动高质量发展。\n二、主要任务\n（一）强化服务。推行一站式服务，提高效率。\n"
    )
    assert [c.number for c in reading.clauses] == ["一", "一"]


def test_units_behind_the_last_item_are_those_of_the_measure() -> None:
    text = HEAD + (
        "一、降低创业成本\n1.场地补贴。对入驻基地的初创企业，按以下标准给予租金补贴：\n"
        "(1)面积不超过100平方米的，每月每平方米补贴10元；\n(2)超过的部分，每月每平方米补贴5元。\n"
        "（市人社局牵头，市财政局配合）\n2.开办便利。企业开办一次办结。（市行政审批局）\n"
    )
    found = read_text(text)
    assert chains(found) == [(("降低创业成本",), "场地补贴"), (("降低创业成本",), "开办便利")]
    assert [clause.number for clause in found.clauses] == ["1", "2"]
    assert [[unit.name for unit in clause.units] for clause in found.clauses] == [
        ["市人社局", "市财政局"], ["市行政审批局"],
    ]  # fmt: skip


def test_a_list_of_attachments_is_no_clause_and_their_tables_are_left_to_a_person() -> None:
    text = HEAD + (
        "附件：1.某某实施细则\n　　　2.奖补标准表\n某某市财政局\n2024年7月1日\n附件1\n某某实施细则\n"
        "第一条 市财政局负责组织实施本细则。\n第二条 本细则自2024年8月1日起施行。\n附件2\n奖补标准表（单位：万元）\n"
        "| 等级 | 投资额 | 奖励 |\n|---|---|---|\n| 一级 | 5000以上 | 200 |\n| 二级 | 2000以上 | 80 |\n"
    )
    found = read_text(text)
    assert [clause.number for clause in found.clauses] == ["第一条", "第二条"]
    left = [
        (found.text[item.start : item.end], item.reason)
        for item in found.sentences
        if item.fate == "交人判断"
    ]
    assert left == [
        ("一级｜5000以上｜200", "附件表格里的数，没有归到哪一条"),
        ("二级｜2000以上｜80", "附件表格里的数，没有归到哪一条"),
    ]  # fmt: skip
