"""`huiqi check`: each kind of wrong policy file gives a place, a remedy and exit code 1."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.running import Huiqi, changed

SUPPORT = "gaoping-2022-43/supports/高企首次取得.yaml"


def test_the_packaged_policies_are_fine(huiqi: Huiqi) -> None:
    ran = huiqi("check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "没有问题"


def test_json_is_one_document(huiqi: Huiqi, policies: Path) -> None:
    made = huiqi("check", policies, "--json").json
    assert made["ok"] is True
    assert made["policies"] == ["gaoping-2022-43"]
    assert (made["clauses"], made["targets"], made["problems"]) == (32, 22, [])


def rewrite(old: str, new: str, file: str = SUPPORT) -> Callable[[Path], None]:
    return lambda root: changed(root / file, old, new)


def append(text: str, file: str = SUPPORT) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        with (root / file).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return act


def write(data: bytes, file: str = SUPPORT) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        (root / file).write_bytes(data)

    return act


CIRCLE = """\
  甲:
    标识: circle_one
    类型: 是否
    算法: 企业.乙
  乙:
    标识: circle_two
    类型: 是否
    算法: 企业.甲
"""

WRONG = {
    "unknown fact": (rewrite("认定.名称 是", "认定.名城 是"), SUPPORT, "“认定.名称”"),
    "wrong unit": (rewrite("等于 0次", "等于 0元"), SUPPORT, "同单位"),
    "wrong type": (rewrite("认定.级别 是 国家级", "认定.发证日期 是 国家级"), SUPPORT, "比较"),
    "duplicate key": (append("名称: 又一个\n"), SUPPORT, "只保留一处"),
    "circle": (append(CIRCLE, "vocabulary/企业.yaml"), "vocabulary/企业.yaml", "企业.甲 → 企业.乙"),
    "no such date": (
        rewrite("印发日期: 2022-08-17", "印发日期: 2022-02-30", "gaoping-2022-43/policy.yaml"),
        "gaoping-2022-43/policy.yaml",
        "2022-02-30",
    ),
    "part of a fen": (rewrite("20万元", "0.001元"), SUPPORT, "0.001元"),
    "empty file": (write(b""), SUPPORT, "文件是空的"),
    "binary file": (write(bytes(range(128, 256)) * 4), SUPPORT, "UTF-8"),
    "broken yaml": (write("编号: [1, 2\n".encode()), SUPPORT, "缩进"),
    "alias": (write("编号: &a 高企首次取得\n名称: *a\n".encode()), SUPPORT, "引用"),
    "unknown clause": (rewrite('条款: "14"', '条款: "99"'), SUPPORT, "99"),
    "unknown key": (append("金颔: 20万元\n"), SUPPORT, "金额"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(huiqi: Huiqi, policies: Path, name: str) -> None:
    act, file, words = WRONG[name]
    act(policies)
    ran = huiqi("check", policies)
    assert ran.code == 1
    assert ran.err == ""
    assert ran.out.splitlines()[0] == file
    assert words in ran.out
    assert "Traceback" not in ran.out
    problems = huiqi("check", policies, "--json").json["problems"]
    assert {problem["file"] for problem in problems} == {file}
    assert all(problem["message"] for problem in problems)


def test_the_caret_stands_below_the_place(huiqi: Huiqi, policies: Path) -> None:
    changed(policies / SUPPORT, "认定.级别 是 国家级", "认定.发证日期 是 国家级")
    lines = huiqi("check", policies).out.splitlines()
    at = next(index for index, line in enumerate(lines) if "^" in line)
    source, caret = lines[at - 1], lines[at]
    # A Chinese sign is two cells wide, so six of them with a dot carry thirteen carets.
    assert caret.count("^") == 13
    before = source[: source.index("认定.发证日期")]
    assert cell_len(caret[: caret.index("^")]) == cell_len(before)


def test_problems_that_only_follow_are_left_out(huiqi: Huiqi, policies: Path) -> None:
    (policies / SUPPORT).write_text("", "utf-8")
    changed(policies / "gaoping-2022-43/cases/高企迁入.yaml", "注册地: 高平市", "注册点: 高平市")
    problems = huiqi("check", policies, "--json").json["problems"]
    assert [(problem["file"], problem["code"]) for problem in problems] == [
        (SUPPORT, "file-empty"),
        ("gaoping-2022-43/cases/高企迁入.yaml", "unknown-fact"),
    ]


def test_a_missing_folder_is_wrong_usage(huiqi: Huiqi, tmp_path: Path) -> None:
    ran = huiqi("check", tmp_path / "nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert "不存在" in ran.err


def test_a_file_in_place_of_a_folder_is_wrong_usage(huiqi: Huiqi, policies: Path) -> None:
    ran = huiqi("check", "--policies", policies / SUPPORT)
    assert ran.code == 2
    assert "不是目录" in ran.err


@pytest.mark.parametrize("words", [["coverage"], ["test"], ["docs"]])
def test_other_commands_refuse_broken_policies(
    huiqi: Huiqi, policies: Path, tmp_path: Path, words: list[str]
) -> None:
    changed(policies / SUPPORT, "等于 0次", "等于 0元")
    out = ["--out", tmp_path / "out"] if words == ["docs"] else []
    ran = huiqi(*words, policies, *out)
    assert (ran.code, ran.out) == (1, "")
    assert SUPPORT in ran.err
    assert "huiqi check" in ran.err
    assert not (tmp_path / "out").exists()
    refused = huiqi(*words, policies, *out, "--json").json
    assert refused["ok"] is False
    assert [problem["line"] for problem in refused["problems"]] == [11]
