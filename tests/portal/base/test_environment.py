"""Settings by the environment: what they become, and what is said of wrong ones."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from huiqi.cli import portal_demo
from huiqi.portal.base import site
from huiqi.portal.environment import Misset, SignOn, sign_on, site_url, words

pytestmark = pytest.mark.once

SITE = "https://hq.example.cn"
NEEDED = {
    "HUIQI_SSO_ISSUER": "https://sso.example.cn/realms/a",
    "HUIQI_SSO_CLIENT_ID": "huiqi",
    "HUIQI_SSO_CLIENT_SECRET": "mimi",
}


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("", ""),
        ("https://hq.example.cn", "https://hq.example.cn"),
        ("https://HQ.example.cn:8443/", "https://hq.example.cn:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_sites_address(said: str, taken: str) -> None:
    assert site_url(said, https=False) == taken


@pytest.mark.parametrize(
    "said",
    [
        *("hq.example.cn", "ftp://hq.example.cn", "https://", "https://a b.cn"),
        *("https://hq.example.cn:99999", "https://hq.example.cn:0", "https://u:p@hq.example.cn"),
    ],
)
def test_an_address_that_is_none(said: str) -> None:
    with pytest.raises(Misset, match="HUIQI_SITE_URL 应是以 http:// 或 https:// 开头的网址"):
        site_url(said, https=False)


@pytest.mark.parametrize("said", [f"{SITE}/huiqi/", f"{SITE}?a=b", f"{SITE}/#top"])
def test_the_sites_address_ends_at_the_port(said: str) -> None:
    with pytest.raises(Misset, match="只写到域名和端口"):
        site_url(said, https=False)


def test_behind_tls_the_address_says_so() -> None:
    with pytest.raises(Misset, match="也应以 https:// 开头"):
        site_url("http://hq.example.cn", https=True)


def test_no_provider_is_named() -> None:
    assert sign_on({"HUIQI_SSO_ISSUER": "", "PATH": "/bin"}, SITE) is None


def test_a_provider_is_named() -> None:
    more = {
        "HUIQI_SSO_NAME": "示例统一身份认证",
        "HUIQI_SSO_SECOND_STEP_AMR": "otp, hwk",
        "HUIQI_SSO_SECOND_STEP_ACR": "level-2",
    }
    plain = sign_on(NEEDED, SITE)
    assert plain == SignOn("https://sso.example.cn/realms/a", "huiqi", "mimi")
    assert plain is not None
    assert (plain.name, plain.second_by_amr, plain.second_by_acr) == (
        "统一身份认证",
        frozenset(),
        (),
    )
    assert "mimi" not in repr(plain)
    assert sign_on(NEEDED | more, SITE) == SignOn(
        "https://sso.example.cn/realms/a",
        "huiqi",
        "mimi",
        "示例统一身份认证",
        frozenset({"otp", "hwk"}),
        ("level-2",),
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"HUIQI_SSO_CLIENT_SECRET": ""}, "还要设 HUIQI_SSO_CLIENT_SECRET"),
        ({"HUIQI_SSO_ISSUER": "", "HUIQI_SSO_CLIENT_ID": ""}, "HUIQI_SSO_ISSUER、HUIQI_SSO_CLIENT"),
        ({"HUIQI_SSO_ISSUER": "http://sso.example.cn"}, "应以 https:// 开头"),
        ({"HUIQI_SSO_ISSUER": "sso.example.cn"}, "HUIQI_SSO_ISSUER 应是以 http"),
        ({"HUIQI_SSO_ISSUER": "https://sso.example.cn/?a=b"}, "不能带"),
        ({"HUIQI_SSO_AMR": "otp"}, "没有 HUIQI_SSO_AMR 这项设置，可用的有 HUIQI_SSO_ISSUER"),
    ],
)
def test_a_provider_named_wrongly(changed: dict[str, str], said: str) -> None:
    with pytest.raises(Misset, match=said.replace("?", r"\?")):
        sign_on(NEEDED | changed, SITE)


def test_a_provider_without_the_sites_address() -> None:
    with pytest.raises(Misset, match="请设 HUIQI_SITE_URL"):
        sign_on(NEEDED, "")


def test_a_provider_on_this_machine_may_do_without_tls() -> None:
    for host in ("127.0.0.1:9000", "localhost", "[::1]:9000"):
        assert sign_on(NEEDED | {"HUIQI_SSO_ISSUER": f"http://{host}"}, SITE) is not None


def test_lists() -> None:
    assert words(" a, b,,c ") == ("a", "b", "c")
    assert words("") == ()


def test_whole_addresses(settings: Any) -> None:
    request = RequestFactory().get("/somewhere/?a=b")
    assert site.absolute("/my/") == ""
    assert site.absolute("/my/", request) == "http://testserver/my/"
    settings.SITE_URL = SITE
    assert site.absolute("/my/") == f"{SITE}/my/"
    assert site.absolute("/my/", request) == f"{SITE}/my/"


def test_the_demonstration_knows_its_address(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("HUIQI_SITE_URL", raising=False)
    told = portal_demo.environment(tmp_path, 8123)
    assert told["HUIQI_SITE_URL"] == "http://127.0.0.1:8123"
    assert told["HUIQI_HOME"] == str(tmp_path.resolve())
    monkeypatch.setenv("HUIQI_SITE_URL", SITE)
    assert portal_demo.environment(tmp_path, 8123)["HUIQI_SITE_URL"] == SITE


# ---------------------------------------------------------------- as the command is typed

WITHOUT_THE_EXTRA = "import sys; sys.modules['jwt'] = None; "
PAGES = """
import django; django.setup()
from django.conf import settings
from django.test import Client
settings.ALLOWED_HOSTS.append("testserver")
settings.STATIC_ROOT.mkdir()
page = Client().get("/login/sso/")
print(page.status_code, settings.SIGN_ON, "/login/sso/" in Client().get("/login/").content.decode())
print(settings.SITE_URL, settings.ALLOWED_HOSTS[:-1])
"""
COMMAND = "from huiqi.cli.main import run; sys.exit(run(['work', '--once']))"


def python(home: Path, code: str, **said: str) -> "subprocess.CompletedProcess[str]":
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUIQI_")}
    own |= {
        "HUIQI_HOME": str(home),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "huiqi.portal.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_THE_EXTRA + code],
        env=own | said,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_extra_all_runs_and_there_is_no_button(tmp_path: Path) -> None:
    migrated = python(tmp_path, COMMAND)
    assert (migrated.returncode, migrated.stderr) == (0, "")
    ran = python(
        tmp_path, PAGES, HUIQI_SITE_URL="https://HQ.example.cn:8443/", HUIQI_HOSTS="inside.test"
    )
    assert ran.stdout.splitlines() == [
        "404 None False",
        "https://hq.example.cn:8443 ['inside.test', 'hq.example.cn']",
    ], ran.stderr


def test_a_provider_without_the_extra_stops_the_start(tmp_path: Path) -> None:
    ran = python(tmp_path, COMMAND, HUIQI_SITE_URL=SITE, **NEEDED)
    assert ran.returncode == 2
    assert ran.stderr.replace("\n", "") == (
        "设了单点登录，但没有装它要的组件，请运行 pip install 'huiqi[sso]'。改正环境变量后再运行"
    )
