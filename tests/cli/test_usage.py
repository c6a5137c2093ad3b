"""Wrong usage, help, and what happens when the program itself fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from huiqi.cli import check, main
from huiqi.cli.usage import translated
from tests.cli.running import Huiqi

ENTRY = "from huiqi.cli import app_main; app_main()"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek"], "没有命令“chek”。是不是想写“check”？"),
        (["check", "--foo"], "没有选项“--foo”。huiqi check --help 看说明"),
        (["check", "a", "b"], "多了参数：b。huiqi check --help 看说明"),
        (["explain"], "缺少选项 --facts 文件。huiqi explain --help 看说明"),
        (["explain", "--facts"], "选项 --facts 后面要写值。huiqi --help 看说明"),
        (["check", "a", "--policies", "b"], "政策目录写了两次。只用参数或 --policies 之一"),
        (
            ["explain", "--facts", "x.yaml", "--on", "2026-02-30"],
            "--on 写得不对：没有“2026-02-30”这一天。写成如 2026-03-05",
        ),
        (["coverage", "--document", "gaoping"], "没有文件“gaoping”。是不是想写“gaoping-2022-43”？"),
        (
            ["test", "--support", "高企首次"],
            "没有支持“高企首次”。是不是想写“高企首次取得”、“高企迁入”？",
        ),
    ],
)
def test_wrong_usage_is_answered_in_chinese(huiqi: Huiqi, words: list[str], message: str) -> None:
    ran = huiqi(*words)
    assert (ran.code, ran.out, ran.err.strip()) == (2, "", message)


def test_wrong_usage_with_json_is_one_document(huiqi: Huiqi) -> None:
    made = huiqi("coverage", "--document", "gaoping", "--json").json
    assert (made["ok"], made["exit_code"], made["message"]) == (False, 2, "没有文件“gaoping”")


def test_without_a_command_the_help_is_printed(huiqi: Huiqi) -> None:
    ran = huiqi()
    assert ran.code == 2
    assert ran.out == huiqi("--help").out
    for word in ("check", "test", "explain", "coverage", "docs", "退出码"):
        assert word in ran.out


@pytest.mark.parametrize(
    "command", main.COMMANDS, ids=lambda module: module.__name__.split(".")[-1]
)
def test_every_command_says_what_its_options_are(huiqi: Huiqi, command: object) -> None:
    names = [info.name for info in main.app.registered_commands]
    assert len(names) == len(set(names))
    for name in names:
        ran = huiqi(name, "--help")
        assert ran.code == 0
        assert ran.out.startswith(f"用法：huiqi {name} ")
        assert "Usage" not in ran.out


def test_the_version_is_printed(huiqi: Huiqi) -> None:
    assert huiqi("--version").out == "huiqi 0.1.0\n"


class UsageError(Exception):
    """As typer names it."""


def broken(*_: object) -> None:
    raise RuntimeError("boom")


def test_a_bug_gives_a_line_and_a_hint(huiqi: Huiqi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "read_cases", broken)
    ran = huiqi("check")
    assert (ran.code, ran.out) == (3, "")
    assert "RuntimeError：boom" in ran.err
    assert "HUIQI_DEBUG=1" in ran.err
    assert "Traceback" not in ran.err
    assert huiqi("check", "--json").json["exit_code"] == 3


def test_debugging_shows_the_traceback(huiqi: Huiqi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "read_cases", broken)
    monkeypatch.setenv("HUIQI_DEBUG", "1")
    ran = huiqi("check")
    assert ran.code == 3
    assert "Traceback" in ran.err
    assert "boom" in ran.err


def full(*_: object) -> None:
    raise OSError(28, "No space left on device", "handbook.md")


def test_a_full_disk_is_said_plainly(huiqi: Huiqi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "read_cases", full)
    ran = huiqi("check")
    assert ran.code == 2
    assert ran.err.strip() == "读写文件失败：“handbook.md”：磁盘满了。检查路径、权限和磁盘空间"


def entry(*words: str, **kwargs: object) -> "subprocess.CompletedProcess[bytes]":
    """The installed entry point, in a process of its own."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"} | dict(kwargs.pop("env", {}))  # type: ignore[call-overload]
    return subprocess.run(
        [sys.executable, "-c", ENTRY, *words], capture_output=True, env=environment, timeout=120
    )


def test_the_entry_point_works_in_a_process_of_its_own(tmp_path: Path) -> None:
    assert entry("check").returncode == 0
    missing = entry("check", str(tmp_path / "nowhere"))
    assert (missing.returncode, missing.stdout) == (2, b"")
    assert "不存在" in missing.stderr.decode()


def test_a_terminal_that_lacks_signs_still_gets_its_answer(tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text("企业: {注册地: 高平市}\n", "utf-8")
    ran = entry("explain", "--facts", str(facts), env={"PYTHONIOENCODING": "gbk"})
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert "评定日" in ran.stdout.decode("gbk")


def test_an_output_that_is_closed_or_full_is_no_bug() -> None:
    closed = "import sys; sys.stdout = None; " + ENTRY
    ran = subprocess.run([sys.executable, "-c", closed, "check"], capture_output=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, b"")
    with Path("/dev/full").open("wb") as disk:
        full_disk = subprocess.run(
            [sys.executable, "-c", ENTRY, "coverage", "--json"], stdout=disk, stderr=subprocess.PIPE
        )
    assert full_disk.returncode == 2
    assert "磁盘满了" in full_disk.stderr.decode()


def test_what_is_interrupted_says_so(huiqi: Huiqi, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "read_cases", stopped)
    ran = huiqi("check", "--json")
    assert (ran.code, ran.json["message"]) == (130, "已中断")


def test_a_file_that_may_not_be_read_is_told_in_chinese() -> None:
    error = UsageError("path 'facts.yaml' is not readable.")
    refusal = translated(error)
    assert refusal is not None
    assert refusal.message == "“facts.yaml”没有读取权限"


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENTRY, "coverage"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
