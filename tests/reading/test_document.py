"""Title, 文号, issuers, dates, what is carried out, when it is in force."""

import pytest

from huiqi.reading import Fate
from tests.reading.papers import HEAD, read_text

BODY = "一、任务\n（一）强化服务。支持企业发展，完善服务体系，提高服务效率。（市科技局）\n"


def test_a_notice_with_its_plan() -> None:
    d = read_text(
        "青禾市人民政府办公室\n关于印发青禾市创业行动方案\n的通知\n青政办发〔2023〕12号\n各县区人民政府：\n"
        "《青禾市创业行动方案》已经市政府同意，现印发给你们。\n青禾市人民政府办公室\n2023年5月6日\n"
        "青禾市创业行动方案\n根据《望山省人民政府关于促进创业的意见》（望政发〔2022〕3号），制定本方案。\n"
        + BODY
    ).document
    assert d.title == "青禾市人民政府办公室关于印发青禾市创业行动方案的通知"
    assert d.attachment_title == "青禾市创业行动方案"
    assert d.number == "青政办发〔2023〕12号"
    assert d.issuer == ("青禾市人民政府办公室",)
    assert d.issued_on == "2023-05-06"
    assert [(b.title, b.number) for b in d.based_on] == [
        ("望山省人民政府关于促进创业的意见", "望政发〔2022〕3号")
    ]


def test_two_issuers_and_a_printing_date() -> None:
    d = read_text(
        "中共青禾市委 青禾市人民政府\n关于促进创业的意见\n（青发〔2020〕8号）\n为促进创业，提出如下意见。\n"
        + BODY
        + "中共青禾市委\n青禾市人民政府\n2020年3月1日\n抄送：市人大。\n青禾市委办公室\n2020年3月4日印发\n"
    ).document
    assert d.issuer == ("中共青禾市委", "青禾市人民政府")
    assert (d.issued_on, d.printed_on) == ("2020-03-01", "2020-03-04")
    assert d.number == "青发〔2020〕8号"


NUMBERS = [
    "青政发〔2023〕12号",
    "青政发[2023]12号",
    "青政发（2023）12号",
    "青政办规〔2023〕第12号",
    "青 政 发〔2023〕12 号",
]


@pytest.mark.parametrize("printed", NUMBERS)
def test_numbers_in_every_bracket(printed: str) -> None:
    d = read_text(
        f"青禾市人民政府关于促进创业的意见\n{printed}\n为促进创业，提出如下意见。\n{BODY}"
    ).document
    assert d.number == printed.replace(" ", "")


FORCE = [
    ("本意见自2023年5月1日起施行，有效期5年。", "2023-05-01", None, (5, "年")),
    ("本政策自印发之日起施行，有效期至2025年12月31日。", "2023-04-01", "2025-12-31", None),
    ("本办法自发布之日起30日后施行，有效期三年。", None, None, (3, "年")),
    ("本政策执行期限为2023年1月1日至2024年12月31日。", None, "2024-12-31", None),
]


@pytest.mark.parametrize(("words", "start", "until", "span"), FORCE)
def test_in_force(
    words: str, start: str | None, until: str | None, span: tuple[int, str] | None
) -> None:
    d = read_text(
        f"青禾市人民政府关于促进创业的意见\n青政发〔2023〕12号\n为促进创业，提出如下意见。\n{BODY}（二）附则。{words}\n青禾市人民政府\n2023年4月1日\n"
    ).document
    assert (d.in_force_from, d.in_force_until, d.in_force_span) == (start, until, span)


def test_replaced_documents() -> None:
    d = read_text(
        HEAD
        + BODY
        + "（二）附则。本意见自2023年5月1日起施行。《云岭市创业办法》（云政发〔2018〕3号）同时废止。\n"
    ).document
    assert [(c.title, c.number) for c in d.replaces] == [("云岭市创业办法", "云政发〔2018〕3号")]


def test_every_character_is_in_one_sentence_with_one_fate() -> None:
    reading = read_text(
        HEAD
        + "一、目标\n（一）主要目标。到2025年，孵化器达到20家。\n二、措施\n"
        + "（一）奖补平台。对新认定的省级孵化器，给予50万元奖励。对优秀企业给予资金支持。（市科技局）\n"
        + "（二）完善服务。推行一站式服务，提高效率。本意见所称企业，是指在本市注册的企业。\n"
    )
    spans = [(s.start, s.end) for s in reading.sentences]
    assert spans == sorted(spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
    assert (
        "".join(reading.text[a:b] for a, b in spans).split()
        == "".join(reading.text.split()).split()
    )
    fates = {reading.text[s.start : s.end]: s.fate for s in reading.sentences}
    assert fates["到2025年，孵化器达到20家。"] is Fate.TARGET
    assert fates["对新认定的省级孵化器，给予50万元奖励。"] is Fate.SUPPORT
    assert fates["对优秀企业给予资金支持。"] is Fate.PERSON
    assert fates["推行一站式服务，提高效率。"] is Fate.DUTY
    assert fates["本意见所称企业，是指在本市注册的企业。"] is Fate.DEFINITION
    assert fates["为促进创新创业，提出如下意见。"] is Fate.BACKGROUND
    assert fates["（市科技局）"] is Fate.DUTY
    left = [s for s in reading.sentences if s.fate is Fate.PERSON]
    assert [s.reason for s in left] == ["写了给予支持，没有写金额、比例或办法"]
    assert reading.coverage.characters == reading.coverage.in_sentences
    assert reading.coverage.left_to_a_person == len("对优秀企业给予资金支持。")


NOT_POLICIES = {
    "novel": "第一章 归乡\n那年秋天，他背着行囊走进村口。老槐树下坐着几位老人。\n第二章 重逢\n她站在桥上，望着远处的灯火，许久没有说话。\n"
    * 5,
    "recipe": "红烧肉的做法\n1.五花肉500克切块，冷水下锅。\n2.加入冰糖30克，小火炒至焦糖色。\n3.倒入生抽20毫升，炖煮60分钟即可出锅。\n",
    "contract": "房屋租赁合同\n第一条 甲方应当将房屋交付乙方使用。\n第二条 乙方应当按月向甲方支付租金3000元。\n第三条 甲方不得擅自收回房屋。\n第四条 乙方负责维护。\n",
    "code": "import os\n\ndef main():\n    # 1. start\n    print('hello')\n    return 0\n" * 10,
    "table": "姓名,年龄,城市\n张三,20,云岭\n李四,30,江原\n" * 10,
    "english": "This is a long English text about nothing in particular. It has no numbers of clauses.\n"
    * 10,
    "chat": "你好！今天天气不错，我们去公园走走吧。晚上一起吃饭，记得带伞。\n" * 5,
}


@pytest.mark.parametrize("name", sorted(NOT_POLICIES))
def test_what_is_no_policy_is_refused(name: str) -> None:
    reading = read_text(NOT_POLICIES[name])
    assert [p.code for p in reading.problems] == ["read-not-policy"]
    assert (reading.text, reading.sentences) == ("", ())


def test_a_policy_without_figures_has_none() -> None:
    reading = read_text(
        HEAD
        + "一、加强领导\n（一）压实责任。各级各部门要统一思想认识，明确任务分工，落实工作责任。\n"
        + "（二）强化宣传。充分利用各类媒体，广泛宣传政策措施，营造良好氛围。\n"
        + "二、优化服务\n（一）简政放权。推行“一件事一次办”，实现“双随机、一公开”监管全覆盖。\n"
        + "（二）完善机制。建立部门联动机制，办好第三届创业大赛，引进世界500强企业。\n"
    )
    assert (len(reading.clauses), reading.targets) == (4, ())
    assert [s for s in reading.supports if s.has_figures] == []
    assert reading.coverage.share == 1
