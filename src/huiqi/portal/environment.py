"""From the words of the environment to settings; a wrong word says so and stops the start."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Misset(ValueError):
    """A setting of the environment that cannot be used: which, and what to write instead."""


def database(url: str, home: Path) -> dict[str, Any]:
    """Django's settings for a database address; SQLite in ``home`` when there is none."""
    if not url:
        url = f"sqlite:///{home / 'huiqi.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        file = unquote(parts.path.removeprefix("/")) or ":memory:"
        if file != ":memory:":
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": file,
            # A writer that waits from the start never fails half-way for a lock.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA cache_size=-64000; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;",
            },
        }
    if parts.scheme in ("postgres", "postgresql"):
        options = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", "") or parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options,
        }
    raise Misset(f"DATABASE_URL 应以 sqlite:// 或 postgresql:// 开头，现在是“{parts.scheme}”")


def email(url: str, home: Path) -> dict[str, Any]:
    """Django's settings for sending mail; without an address mails are kept as files in ``home``."""
    backend = "django.core.mail.backends"
    if not url:
        return {
            "EMAIL_BACKEND": f"{backend}.filebased.EmailBackend",
            "EMAIL_FILE_PATH": home / "mail",
        }
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{backend}.console.EmailBackend"}
    if parts.scheme in ("smtp", "smtps"):
        return {
            "EMAIL_BACKEND": f"{backend}.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname or "localhost",
            "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_SSL": parts.scheme == "smtps",
        }
    raise Misset(f"EMAIL_URL 应以 smtp://、smtps:// 或 console: 开头，现在是“{parts.scheme}”")


def secret_key(home: Path) -> str:
    """The key kept in ``home``, made at the first start; readable by its owner only."""
    file = home / "secret-key"
    if not file.is_file():
        home.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(64), "ascii")
    return file.read_text("ascii").strip()


def words(listed: str) -> tuple[str, ...]:
    """The parts of a list with commas, without blanks."""
    return tuple(part.strip() for part in listed.split(",") if part.strip())


def site_url(url: str, *, https: bool) -> str:
    """The site's public address without a slash at its end; empty where none is set."""
    if not url:
        return ""
    parts = _address("HUIQI_SITE_URL", url)
    if parts.path.rstrip("/") or parts.query or parts.fragment:
        raise Misset(f"HUIQI_SITE_URL 只写到域名和端口，例如 https://hq.example.cn，现在是“{url}”")
    if https and parts.scheme != "https":
        raise Misset("设了 HUIQI_HTTPS=1，HUIQI_SITE_URL 也应以 https:// 开头")
    return f"{parts.scheme}://{parts.netloc.lower()}"


@dataclass(frozen=True, slots=True)
class SignOn:
    """The one OpenID provider by which people may sign on, as the environment names it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = "统一身份认证"
    second_by_amr: frozenset[str] = frozenset()
    """Ways of proof (claim ``amr``), any of which counts as the second step."""
    second_by_acr: tuple[str, ...] = ()
    """Levels (claim ``acr``), any of which counts as the second step; asked for at the provider."""


SIGN_ON = "HUIQI_SSO_"
SIGN_ON_NEEDED = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
SIGN_ON_MORE = ("NAME", "SECOND_STEP_AMR", "SECOND_STEP_ACR")


def sign_on(environ: Mapping[str, str], site: str) -> SignOn | None:
    """The provider of single sign-on; None where the environment names none."""
    said = {
        name.removeprefix(SIGN_ON): value.strip()
        for name, value in environ.items()
        if name.startswith(SIGN_ON) and value.strip()
    }
    unknown = sorted(set(said).difference(SIGN_ON_NEEDED, SIGN_ON_MORE))
    if unknown:
        known = "、".join(SIGN_ON + name for name in (*SIGN_ON_NEEDED, *SIGN_ON_MORE))
        raise Misset(f"没有 {SIGN_ON}{unknown[0]} 这项设置，可用的有 {known}")
    if not said:
        return None
    missing = [SIGN_ON + name for name in SIGN_ON_NEEDED if name not in said]
    if missing:
        raise Misset(f"单点登录的设置不全，还要设 {'、'.join(missing)}")
    parts = _address(f"{SIGN_ON}ISSUER", said["ISSUER"])
    if parts.query or parts.fragment:
        raise Misset(f"{SIGN_ON}ISSUER 不能带 ? 或 #，现在是“{said['ISSUER']}”")
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise Misset(f"{SIGN_ON}ISSUER 应以 https:// 开头，现在是“{said['ISSUER']}”")
    if not site:
        raise Misset("单点登录要知道平台的网址，请设 HUIQI_SITE_URL，例如 https://hq.example.cn")
    if find_spec("jwt") is None:
        raise Misset("设了单点登录，但没有装它要的组件，请运行 pip install 'huiqi[sso]'")
    return SignOn(
        said["ISSUER"],
        said["CLIENT_ID"],
        said["CLIENT_SECRET"],
        **({"name": said["NAME"]} if "NAME" in said else {}),
        second_by_amr=frozenset(words(said.get("SECOND_STEP_AMR", ""))),
        second_by_acr=words(said.get("SECOND_STEP_ACR", "")),
    )


def _address(name: str, url: str) -> SplitResult:
    wrong = Misset(f"{name} 应是以 http:// 或 https:// 开头的网址，现在是“{url}”")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise wrong
    if parts.username is not None or any(sign.isspace() for sign in url):
        raise wrong
    return parts
