"""What a condition or amount may not say: the code of the problem and the character it stands at."""

from pathlib import Path

import pytest

from tests.rulebook.small import SUPPORT, Broken, assert_refused

CONDITION = "企业.收入 达到 门槛"
AMOUNT = "金额: 20万元"
CONDITIONS = (
    ("⌖企业.收入", "not-a-condition"),
    ("⌖企业.信用级别", "not-a-condition"),
    ("企业.在名单 且 ⌖企业.人数", "not-a-condition"),
    ("⌖1万元 ÷ 企业.收入 达到 企业.增长率", "ratio"),
    ("⌖企业.收入 ÷ 企业.利润 达到 1%", "ratio"),
    ("⌖企业.收入 ÷ 企业.研发费用 + 1% 达到 2%", "ratio"),
    ("取整(⌖企业.收入) 达到 1", "whole"),
    ("取整(⌖企业.收入 ÷ 企业.研发费用) 达到 1", "whole"),
    ("企业.收入 达到 ⌖企业.人数", "unit"),
    ("企业.人数 达到 ⌖3家", "unit"),
    ("企业.收入 达到 ⌖5%", "unit"),
    ("⌖企业.注册地 超过 高平市", "not-ordered"),
    ("企业.注册地 属于 ⌖高坪市", "unknown-word"),
    ("企业.信用级别 是 ⌖省", "unknown-word"),
    ("⌖企业.收入 是 省级", "type"),
    ("企业.收入 达到 ⌖企业.在名单", "type"),
    ("企业.收入 达到 ⌖企业.信用级别", "type"),
    ("⌖企业.成立日期 × 2 早于 评定日", "type"),
    ("⌖自 企业.成立日期 至 评定日 满 3万元", "span"),
    ("自 ⌖企业.收入 至 评定日 满 3年", "type"),
    ("⌖企业.名称 达到 1元", "text-fact"),
    ("⌖企业.名字 达到 1元", "unknown-word"),
    (
        "企业.收入 达到 1元 且 " + "(" * 98 + "⌖" + "(" * 9_902 + "企业.在名单" + ")" * 10_000,
        "too-deep",
    ),
    ("非 " * 99 + "⌖" + "非 " * 4_901 + "企业.在名单", "too-deep"),
    ("⌖" + "甲乙丙" * 9_000, "unknown-word"),
)
AMOUNTS = (
    ("⌖企业.人数", "type"),
    ("⌖5%", "type"),
    ("⌖企业.在名单", "type"),
    ("企业.收入 + ⌖企业.人数", "unit"),
    ("⌖企业.收入 × 企业.研发费用", "type"),
    ("⌖企业.利润 × 企业.户数", "sign"),
    ("企业.收入 ÷ ⌖0", "zero-divisor"),
    ("取小(企业.收入, ⌖3人)", "unit"),
    ("⌖企业.收入" + " + 企业.收入" * 9_000, "too-deep"),
)


@pytest.mark.parametrize(("text", "code"), CONDITIONS, ids=[text[:40] for text, _ in CONDITIONS])
def test_conditions(tmp_path: Path, text: str, code: str) -> None:
    assert_refused(tmp_path, Broken(SUPPORT, CONDITION, text, code))


@pytest.mark.parametrize(("text", "code"), AMOUNTS, ids=[text[:40] for text, _ in AMOUNTS])
def test_amounts(tmp_path: Path, text: str, code: str) -> None:
    assert_refused(tmp_path, Broken(SUPPORT, AMOUNT, f"金额: {text}", code))
