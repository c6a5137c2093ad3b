"""`huiqi serve`, `huiqi work` and `huiqi accounts` as they are typed, each in a home of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.serving import free_port

pytestmark = pytest.mark.once


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HUIQI_HOME": str(home),
        "DATABASE_URL": "",
        "HUIQI_SECRET_KEY": "for tests only",
    }


def huiqi(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "huiqi.cli", *words],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_first_operator_and_a_lost_password(tmp_path: Path) -> None:
    made = huiqi(tmp_path, "accounts", "operator", "operator", "--json")
    assert made.returncode == 0, made.stderr
    first = json.loads(made.stdout)
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", first["password"])
    again = huiqi(tmp_path, "accounts", "operator", "another")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith("已有系统管理员。")
    reset = huiqi(tmp_path, "accounts", "password", "operator")
    assert reset.returncode == 0
    assert reset.stdout.splitlines()[0] == "用户名 operator"
    missing = huiqi(tmp_path, "accounts", "password", "nobody")
    assert (missing.returncode, missing.stderr.strip()) == (
        2,
        "没有用户名“nobody”。核对用户名的大小写",
    )
    wrong = huiqi(tmp_path, "accounts", "pasword", "operator")
    assert wrong.stderr.startswith("没有 huiqi accounts pasword。是不是想写“password”")
    whole = huiqi(tmp_path, "audit", "verify")
    assert (whole.returncode, whole.stdout.splitlines()[0]) == (0, "✓ 审计记录完整，共 4 条")


def test_work_once_ends_when_nothing_waits(tmp_path: Path) -> None:
    done = huiqi(tmp_path, "work", "--once")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_the_portal_is_served_with_a_worker_that_ends_with_it(tmp_path: Path) -> None:
    port = free_port()
    serving = subprocess.Popen(
        [sys.executable, "-m", "huiqi.cli", "serve", "--port", str(port), "--processes", "1"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        page = wait_for(f"http://127.0.0.1:{port}/")
        assert "惠企" in page
        children = workers_of(serving.pid)
        assert len(children) == 1
        refused = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": "evil.test"})
        with pytest.raises(HTTPError) as caught:
            urllib.request.urlopen(refused, timeout=30)
        assert caught.value.code == 400
        caught.value.close()
        busy = huiqi(tmp_path, "serve", "--port", str(port))
        assert busy.returncode == 2
        assert busy.stderr.startswith(f"不能在 127.0.0.1:{port} 上提供服务")
    finally:
        serving.send_signal(signal.SIGINT)
        out, err = serving.communicate(timeout=60)
    assert serving.returncode == 0, err
    assert out.splitlines() == [f"平台地址 http://127.0.0.1:{port}/", "按 Ctrl+C 停止"]
    assert "Traceback" not in err
    assert [pid for pid in children if is_running(pid)] == []


def wait_for(address: str) -> str:
    deadline = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return str(answer.read().decode())
        except OSError:
            assert time.monotonic() < deadline, "the server did not answer"
            time.sleep(0.3)


def workers_of(parent: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in found.stdout.splitlines()]
    return [int(pid) for pid, ppid, args in rows if int(ppid) == parent and " work" in args]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
