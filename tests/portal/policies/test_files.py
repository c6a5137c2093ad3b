"""Policy folders as values: digests, and zips that are refused whatever they try."""

import zipfile
from io import BytesIO
from pathlib import Path

from huiqi.portal.policies.files import (
    MOST_FILE,
    MOST_FILES,
    bad_path,
    digest,
    digest_of,
    plain_number,
    read_folder,
    read_zip,
    write_folder,
)
from tests.portal.policies import samples


def _codes(data: BytesIO, slug: str = samples.SLUG) -> list[str]:
    files, problems = read_zip(data, slug)
    assert problems == [] or files == {} or all(problem.remedy for problem in problems)
    return [problem.code for problem in problems]


def test_digest_is_over_content_not_order() -> None:
    made = samples.files()
    assert digest(dict(reversed(made.items()))) == digest(made)
    assert digest({**made, "targets.yaml": ""}) != digest(made)
    assert digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"})


def test_folder_and_back(tmp_path: Path) -> None:
    made = samples.files()
    write_folder(made, tmp_path / "one")
    (tmp_path / "one" / ".hidden.yaml").write_text("x: 1", "utf-8")
    (tmp_path / "one" / "photo.png").write_bytes(b"\x89PNG")
    assert read_folder(tmp_path / "one") == made


def test_zip_of_the_folder_or_of_its_content() -> None:
    made = samples.files()
    assert read_zip(samples.zipped(made), samples.SLUG) == (made, [])
    assert read_zip(samples.zipped(made, samples.SLUG), samples.SLUG) == (made, [])
    assert read_zip(samples.zipped(made, "修改稿"), samples.SLUG) == (made, [])


def test_a_lone_folder_of_supports_stays_a_folder() -> None:
    made = {"supports/奖励1.yaml": "编号: 奖励1\n"}
    assert read_zip(samples.zipped(made), samples.SLUG) == (made, [])


def test_names_in_gbk_are_read() -> None:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        item = zipfile.ZipInfo("supports/xx.yaml")
        archive.writestr(item, "编号: 奖励\n")
    raw = data.getvalue().replace(b"supports/xx.yaml", b"supports/" + "奖".encode("gbk") + b".yaml")
    assert read_zip(BytesIO(raw), samples.SLUG) == ({"supports/奖.yaml": "编号: 奖励\n"}, [])


def test_windows_line_ends_and_marks_are_taken_off() -> None:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("policy.yaml", b"\xef\xbb\xbf" + "编号: 甲\r\n".encode())
    assert read_zip(data and BytesIO(data.getvalue()), "x") == ({"policy.yaml": "编号: 甲\n"}, [])


def test_traversal_and_other_paths_are_refused() -> None:
    for name in ("../x.yaml", "a/../../x.yaml", "/etc/x.yaml", "a\\..\\x.yaml", "C:x.yaml"):
        files, problems = read_zip(samples.zipped({name: "a: 1", "policy.yaml": "b: 1"}), "x")
        assert [problem.code for problem in problems] == ["zip-path"], name
        assert list(files) == ["policy.yaml"]


def test_other_kinds_of_file_are_refused_and_rubbish_left_out() -> None:
    made = {
        "policy.yaml": "a: 1",
        "run.py": "print()",
        "__MACOSX/._policy.yaml": "x",
        ".DS_Store": "x",
    }
    files, problems = read_zip(samples.zipped(made), "x")
    assert (list(files), [problem.code for problem in problems]) == (["policy.yaml"], ["zip-path"])


def test_bombs_are_refused_by_what_they_unpack_to() -> None:
    assert _codes(samples.zipped({"policy.yaml": "a" * (MOST_FILE + 1)})) == ["zip-bomb"]
    five = {f"{index}.yaml": "a" * (MOST_FILE - 1) for index in range(5)}
    assert _codes(samples.zipped(five)) == ["zip-bomb"]


def test_too_many_files_no_zip_and_empty_ones() -> None:
    many = {f"{index}.yaml": "" for index in range(MOST_FILES + 1)}
    assert _codes(samples.zipped(many)) == ["zip-many"]
    assert _codes(BytesIO(b"not a zip at all")) == ["zip-bad"]
    assert _codes(BytesIO(samples.zipped(samples.files()).getvalue()[:200])) == ["zip-bad"]
    assert _codes(samples.zipped({})) == ["zip-empty"]


def test_a_file_that_is_no_text_is_named() -> None:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("policy.yaml", "编号: 甲".encode("gbk"))
    files, problems = read_zip(BytesIO(data.getvalue()), "x")
    assert (files, [(p.code, p.file) for p in problems]) == ({}, [("not-utf8", "policy.yaml")])


def test_paths() -> None:
    assert bad_path("supports/示例.yaml") == ""
    assert bad_path("") == "路径是空的或者太长"
    assert bad_path("a\u202e.yaml") == "路径里有看不见的字符"


def test_numbers_are_compared_without_brackets_and_blanks() -> None:
    assert plain_number("示发〔2026〕1号") == plain_number("示发 [2026] 1 号")
