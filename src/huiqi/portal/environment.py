"""From the words of the environment to settings; a wrong word says so and stops the start."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


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
    raise ValueError(f"DATABASE_URL 应以 sqlite:// 或 postgresql:// 开头，现在是“{parts.scheme}”")


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
    raise ValueError(f"EMAIL_URL 应以 smtp://、smtps:// 或 console: 开头，现在是“{parts.scheme}”")


def secret_key(home: Path) -> str:
    """The key kept in ``home``, made at the first start; readable by its owner only."""
    file = home / "secret-key"
    if not file.is_file():
        home.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(64), "ascii")
    return file.read_text("ascii").strip()
