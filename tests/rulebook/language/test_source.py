"""YAML as positioned text: nothing guessed, every fault placed."""

from pathlib import Path

import pytest

from huiqi.rulebook.language.source import (
    MAX_BYTES,
    Entries,
    Items,
    Reader,
    Scalar,
    parse_yaml,
    read_yaml,
)
from huiqi.rulebook.problems import Problem


def _codes(problems: list[Problem]) -> list[tuple[str, int, int]]:
    assert all(item.message and item.remedy for item in problems)
    return [(item.code, item.line, item.column) for item in problems]


def test_scalars_stay_text() -> None:
    node, problems = parse_yaml("甲: 2022-08-17\n乙: 1.10\n丙: 是\n丁: 'on'\n戊: [0x10, ~]", "档")
    assert problems == []
    assert isinstance(node, Entries)
    texts = [node.entries[name] for name in "甲乙丙丁"]
    assert [item.text for item in texts if isinstance(item, Scalar)] == [
        "2022-08-17",
        "1.10",
        "是",
        "on",
    ]
    listed = node.entries["戊"]
    assert isinstance(listed, Items)
    assert [item.text for item in listed.items if isinstance(item, Scalar)] == ["0x10", "~"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲: 1\n乙: 2\n甲: 3\n", ("duplicate-key", 3, 1)),
        ("甲: &a 1\n乙: *a\n", ("yaml-alias", 2, 4)),
        ("甲: 1\n---\n乙: 2\n", ("yaml-document", 2, 1)),
        ("甲: " + "[" * 100_000 + "]" * 100_000, ("yaml-depth", 1, 43)),
        ("甲: " + "{乙: " * 20_000 + "1" + "}" * 20_000, ("yaml-depth", 1, 160)),
        ("? [甲]\n: 1\n", ("yaml-key", 1, 3)),
        ("甲: [1, 2\n乙: 3\n", ("yaml-syntax", 2, 2)),
        ("甲: '没有收尾\n", ("yaml-syntax", 2, 1)),
        ("", ("file-empty", 0, 0)),
        ("# 只有注释\n", ("file-empty", 0, 0)),
    ],
)
def test_faults_of_the_text(text: str, expected: tuple[str, int, int]) -> None:
    _, problems = parse_yaml(text, "档")
    assert _codes(problems) == [expected]


def test_faults_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "档.yaml"
    assert _codes(read_yaml(path)[1]) == [("file-unreadable", 0, 0)]
    path.write_bytes("甲: 1\n乙: ".encode() + "错".encode("gbk"))
    assert _codes(read_yaml(path)[1]) == [("file-encoding", 2, 0)]
    path.write_bytes(b"a" * (MAX_BYTES + 1))
    assert _codes(read_yaml(path)[1]) == [("file-too-large", 0, 0)]
    path.write_bytes(b"\xef\xbb\xbf" + "甲: 1".encode())
    assert read_yaml(path)[1] == []


def _reader(text: str) -> tuple[Reader, list[Problem]]:
    node, problems = parse_yaml(text, "档")
    return Reader(node, problems, "这一项"), problems


def test_the_reader_collects_what_is_wrong() -> None:
    reader, problems = _reader("名: [甲]\n选: 丁\n旗: 对\n列: {甲: 1}\n多: 1\n")
    assert reader.text("名") == ""
    assert reader.choice("选", ("甲", "乙")) == "甲"
    assert reader.flag("旗") is False
    assert reader.texts("列") == ()
    assert reader.text("缺", required=True) == ""
    assert list(reader.pairs("多")) == []
    reader.finish()
    assert _codes(problems) == [
        ("not-a-text", 1, 4), ("not-a-choice", 2, 4), ("not-a-choice", 3, 4), ("not-a-text", 4, 4),
        ("key-missing", 1, 1), ("not-a-mapping", 5, 4),
    ]  # fmt: skip


def test_keys_nobody_took_are_told_with_a_suggestion() -> None:
    reader, problems = _reader("名称: 甲\n名稱: 乙\n")
    reader.text("名称")
    reader.finish()
    assert _codes(problems) == [("unknown-key", 2, 1)]
    assert problems[0].remedy == "是不是想写“名称”？"


def test_a_list_where_a_mapping_belongs() -> None:
    _, problems = _reader("- 甲\n")
    assert _codes(problems) == [("not-a-mapping", 1, 1)]


def test_empty_values_count_as_missing() -> None:
    reader, problems = _reader("甲:\n乙: ~\n丙: null\n丁: ''\n")
    assert [reader.scalar(name) is None for name in "甲乙丙丁"] == [True, True, True, False]
    assert problems == []


def test_a_problem_shows_its_place() -> None:
    problem = Problem("code", "出错", "改正", "档.yaml", 3, 7, "列")
    assert str(problem) == "档.yaml:3:7（列）：错误：出错。改正"
    assert problem.at(file="别的", line=9) == problem
    assert problem.as_dict()["line"] == 3
