"""The client that the handbook prints runs as printed."""

import re
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

PAGE = Path(__file__).parents[3] / "docs/handbook/api.md"


@pytest.mark.django_db(transaction=True)
def test_printed_client_gets_answers(
    live_server: LiveServer, capsys: pytest.CaptureFixture[str]
) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code[1].replace("http://127.0.0.1:8000", live_server.url), names)
    printed = capsys.readouterr().out
    assert "最该补充的一项：" in printed
    assert "高新技术企业" in printed or "高企" in printed
    assert names["answers"]["on"] == "2026-11-22"  # type: ignore[index]


@pytest.mark.django_db(transaction=True)
def test_printed_client_says_what_is_wrong(live_server: LiveServer) -> None:
    code = re.search(r"```python\n(.*?)\n\n\nsite = ", PAGE.read_text("utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code[1], names)
    client = names["Huiqi"](live_server.url)  # type: ignore[operator]
    with pytest.raises(RuntimeError, match="bad_facts：事实有 1 处写得不对"):
        client.post("/evaluate", {"facts": {"企业": {"从业": "3人"}}})
    with pytest.raises(RuntimeError, match="unauthenticated"):
        client.get("/matching/run")
