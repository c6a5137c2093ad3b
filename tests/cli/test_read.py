"""`huiqi read`: what is printed, written and refused, with its exit codes."""

import json
from pathlib import Path

import pytest

from huiqi.rulebook.library.home import policies_folder
from tests.cli.running import Huiqi
from tests.reading.draft.drafting import paper

AWARD = "对首次认定的国家级高新技术企业，一次性奖励18万元。"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "措施.txt"
    path.write_text(paper(AWARD), "utf-8")
    return path


def test_one_file_is_summed_up(huiqi: Huiqi, document: Path) -> None:
    ran = huiqi("read", document)
    assert ran.code in (0, 1)
    assert ran.err == ""
    for word in (
        "关于支持创新创业的若干措施",
        "县政发〔2031〕9号",
        "2031-04-06",
        "1 项有金额或比例",
    ):
        assert word in ran.out


def test_the_exit_code_says_whether_a_person_must_judge(huiqi: Huiqi, document: Path) -> None:
    ran = huiqi("read", document, "--json")
    left = ran.json["coverage"]["left_sentences"]
    assert ran.code == (1 if left else 0)
    assert (ran.json["ok"], ran.json["exit_code"]) == (not left, ran.code)


def test_json_of_one_file_is_the_reading_itself(huiqi: Huiqi, document: Path) -> None:
    found = huiqi("read", document, "--json").json
    assert found["document"]["number"] == "县政发〔2031〕9号"
    assert [support["amounts_cny"] for support in found["supports"]] == [[180000]]


def test_every_sentence_on_demand(huiqi: Huiqi, document: Path) -> None:
    found = huiqi("read", document, "--json").json
    printed = huiqi("read", document, "--sentences").out
    for sentence in found["sentences"]:
        assert f"{sentence['start']}–{sentence['end']}" in printed
        assert sentence["fate"] in printed


def test_out_and_draft_are_written(huiqi: Huiqi, document: Path, tmp_path: Path) -> None:
    out, drafts = tmp_path / "json", tmp_path / "drafts"
    ran = huiqi("read", document, "--out", out, "--draft", drafts)
    assert ran.code in (0, 1)
    assert sorted(path.name for path in out.iterdir()) == [".huiqi", "措施.json"]
    assert json.loads((out / "措施.json").read_text("utf-8"))["name"] == "措施.txt"
    made = drafts / "措施"
    assert sorted(path.name for path in made.iterdir()) == ["cases", "policy.yaml", "supports"]
    assert [path.read_text("utf-8").count("18万元") for path in (made / "supports").iterdir()] == [
        1
    ]


def test_a_draft_passes_huiqi_check(huiqi: Huiqi, document: Path, tmp_path: Path) -> None:
    import shutil

    huiqi("read", document, "--draft", tmp_path / "drafts")
    folder = tmp_path / "policies"
    for name in ("vocabulary", "reference"):
        shutil.copytree(policies_folder() / name, folder / name)
    shutil.copytree(tmp_path / "drafts" / "措施", folder / "措施")
    ran = huiqi("check", folder)
    assert ran.code == 0
    assert "待定：文中没有写资金来源" in ran.out


def test_several_files_one_row_each(huiqi: Huiqi, document: Path, tmp_path: Path) -> None:
    other = tmp_path / "另一份.txt"
    other.write_text(paper("对新认定的省级众创空间，给予7万元补助。"), "utf-8")
    ran = huiqi("read", document, other)
    assert "措施.txt" in ran.out
    assert "另一份.txt" in ran.out
    found = huiqi("read", document, other, "--json").json
    assert [one["name"] for one in found["files"]] == ["措施.txt", "另一份.txt"]


def test_one_bad_file_and_nothing_is_written(huiqi: Huiqi, document: Path, tmp_path: Path) -> None:
    bad = tmp_path / "空.txt"
    bad.write_text("", "utf-8")
    out = tmp_path / "out"
    ran = huiqi("read", document, bad, "--out", out, "--draft", tmp_path / "drafts")
    assert ran.code == 2
    assert ran.out == ""
    assert "什么都没有写" in ran.err
    assert "空.txt" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["措施.txt", "空.txt"])


def test_what_cannot_be_read_is_a_problem_in_json_too(huiqi: Huiqi, tmp_path: Path) -> None:
    ran = huiqi("read", tmp_path / "没有.txt", "--json")
    assert ran.code == 2
    assert ran.json["ok"] is False
    assert [problem["file"] for problem in ran.json["problems"]] == ["没有.txt"]


def test_a_folder_with_other_things_is_left_alone(
    huiqi: Huiqi, document: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "别删.txt").write_text("要紧", "utf-8")
    ran = huiqi("read", document, "--draft", out)
    assert ran.code == 2
    assert [path.name for path in out.iterdir()] == ["别删.txt"]


def test_two_files_of_one_name_are_refused(huiqi: Huiqi, document: Path, tmp_path: Path) -> None:
    twin = tmp_path / "子目录" / "措施.txt"
    twin.parent.mkdir()
    twin.write_text(paper(AWARD), "utf-8")
    ran = huiqi("read", document, twin, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "同名" in ran.err


def test_comparing_with_a_policy_that_is_not_there(huiqi: Huiqi, document: Path) -> None:
    ran = huiqi("read", document, "--compare", "gaoping-2022-44")
    assert ran.code == 2
    assert "gaoping-2022-43" in ran.err


def test_comparison_is_printed_as_shares(huiqi: Huiqi, document: Path, tmp_path: Path) -> None:
    import shutil

    huiqi("read", document, "--draft", tmp_path / "drafts")
    folder = tmp_path / "policies"
    for name in ("vocabulary", "reference"):
        shutil.copytree(policies_folder() / name, folder / name)
    shutil.copytree(tmp_path / "drafts" / "措施", folder / "措施")
    ran = huiqi("read", document, "--compare", "措施", "--policies", folder, "--json")
    found = ran.json["comparison"]
    assert found["found"] == {"hits": 1, "all": 1, "share": "100.0%"}
    assert {name: share["share"] for name, share in found["questions"].items()} == {
        "金额和档次": "100.0%",
        "对象": "100.0%",
        "地区": "100.0%",
        "叠加和次数": "100.0%",
        "其他条件": "100.0%",
    }
    printed = huiqi("read", document, "--compare", "措施", "--policies", folder).out
    assert "起草出来" in printed
    assert "100.0%" in printed


def test_the_draft_in_json_gives_the_words_of_every_condition(
    huiqi: Huiqi, document: Path, tmp_path: Path
) -> None:
    found = huiqi("read", document, "--draft", tmp_path / "drafts", "--json").json["draft"]
    (support,) = found["supports"]
    words = {one["condition"]: one["words"] for one in support["conditions"]}
    assert words["认定.认定方式 是 首次认定"] == "首次认定"
    assert words["认定.级别 是 国家级"] == "国家级高新技术企业"
    assert all(point["reason"] for point in support["open"])
