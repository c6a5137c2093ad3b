"""A facts file: what it says is taken whole, and what it can't mean is told."""

from pathlib import Path

import pytest

from huiqi.rulebook.library.factsfile import read_facts_file
from tests.spec.running import library


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{值: 35人, 来源: 某局, 日期: 2026-06-30}", []),
        ("{数值: 35人, 来源: 某局}", ["这里没有“数值”", "没有写“值”"]),
        ("{值: 35人, 时间: 2026-06-30}", ["这里没有“时间”"]),
        ("{值: 35人, 日期: 2026-02-30}", ["没有“2026-02-30”这一天"]),
        ("３５ 人", []),
        ("暂缺", []),
        ("约35人", ["人数：“约35人”不是数量（人）"]),
    ],
)
def test_a_value_and_where_it_comes_from(tmp_path: Path, value: str, told: list[str]) -> None:
    path = tmp_path / "企业.yaml"
    path.write_text(f"企业:\n  人数: {value}\n", "utf-8")
    file, problems = read_facts_file(path, library().vocabulary)
    assert [item.message for item in problems] == told
    known = None if told[:1] == ["这里没有“数值”"] or "约" in value or value == "暂缺" else 35
    assert file.subjects["企业"].values.get("人数") == known


@pytest.mark.parametrize(
    ("code", "key", "told"),
    [
        ("91 1401 0000 0000 0101", "911401000000000101", []),
        ("911401000000000102", "911401000000000102", ["校验位不对，多半抄错了一位"]),
        ("9114", "9114", ["有4位，统一社会信用代码应是18位"]),
        ("", "", []),
    ],
)
def test_a_credit_code_is_checked(tmp_path: Path, code: str, key: str, told: list[str]) -> None:
    path = tmp_path / "企业.yaml"
    path.write_text(f"企业:\n  统一社会信用代码: {code}\n", "utf-8")
    file, problems = read_facts_file(path, library().vocabulary)
    assert file.subjects["企业"].key == key
    head = f"统一社会信用代码：“{code}”"
    assert [item.message for item in problems] == [head + reason for reason in told]
