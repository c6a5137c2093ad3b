"""Where commands write: nothing of anybody's is lost, and nothing half-written is left."""

from pathlib import Path

import pytest

from huiqi.cli.outfolder import fresh_folder, settled
from huiqi.cli.refusal import Refusal


def written(out: Path, text: str = "new") -> str:
    """What stands in ``out`` after a command wrote it, or why it did not."""
    try:
        with fresh_folder(out) as folder:
            (folder / "result.txt").write_text(text, "utf-8")
    except Refusal as refusal:
        return refusal.message
    return (out / "result.txt").read_text("utf-8")


def test_what_a_command_wrote_is_replaced_and_what_somebody_added_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert [written(out, "one"), written(out, "two")] == ["one", "two"]
    (out / "批注.txt").write_text("mine", "utf-8")
    assert written(out) == f"“{out}”里有别的内容（批注.txt），没有动它"
    assert (out / "批注.txt").read_text("utf-8") == "mine"


def test_a_folder_beside_with_a_like_name_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "out.part" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    assert written(tmp_path / "out") == "new"
    assert mine.read_text("utf-8") == "mine"


def test_a_link_is_followed(tmp_path: Path) -> None:
    out = tmp_path / "link"
    out.symlink_to(tmp_path / "place")
    assert [written(out, "one"), written(out, "two")] == ["one", "two"]
    assert out.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "place"]


def test_the_folder_one_stands_in_and_a_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "file").write_text("mine", "utf-8")
    monkeypatch.chdir(tmp_path / "inner")
    assert [written(Path(name)) for name in (".", "..", "../file")] == [
        "现在就在“.”里，不能把它整个换掉",
        "现在就在“..”里，不能把它整个换掉",
        "“../file”是文件，不是目录",
    ]


def test_the_data_to_be_read_are_not_replaced_by_what_is_made_of_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert written(out) == "new"
    for source in (out, out / "snapshot"):
        with pytest.raises(Refusal, match="写进去就把它换掉了"):
            settled(out, source)
    with pytest.raises(Refusal, match="下次会被当作数据"):
        settled(out / "结果", out)
    assert settled(out, tmp_path / "other") == out
