"""Settings of the portal. Everything that differs between places comes from the environment.

HUIQI_HOME         folder of the database, uploaded files, snapshots and the secret key; default var/portal
DATABASE_URL       sqlite:////path/to/file or postgresql://user:password@host:port/name
                   (a socket folder: postgresql://user@/name?host=/folder); default SQLite in HUIQI_HOME
HUIQI_SECRET_KEY   default: made once and kept in HUIQI_HOME/secret-key
HUIQI_SECRET_KEY_FALLBACKS
                   former keys, with commas: what they sealed and signed stays readable
HUIQI_SITE_URL     the public address, https://name or https://name:port, for links in mails and feeds;
                   default: mails carry no links, feeds the address they were asked by
HUIQI_HOSTS        names the site answers to, with commas, beside that of HUIQI_SITE_URL;
                   default 127.0.0.1,localhost,[::1]
HUIQI_DEBUG        1 for development
HUIQI_HTTPS        1 behind TLS: secure cookies, redirect, HSTS
HUIQI_PROXIES      how many trusted proxies stand before it, for the client's address; default 0
HUIQI_POLICIES     the folder of policies that is first released; default the project's own
HUIQI_SSO_…        single sign-on by OpenID Connect: docs/handbook/sign-on.md; default: none
EMAIL_URL          smtp://user:password@host:port or console:; default: mails are kept as files
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from huiqi.portal.environment import database, email, secret_key, sign_on, site_url, words

HOME = Path(os.environ.get("HUIQI_HOME", "var/portal")).resolve()
ROOT = Path(__file__).resolve().parents[3]
"""The checkout, where there is one."""

DEBUG = os.environ.get("HUIQI_DEBUG") == "1"
HTTPS = os.environ.get("HUIQI_HTTPS") == "1"
SECRET_KEY = os.environ.get("HUIQI_SECRET_KEY") or secret_key(HOME)
SECRET_KEY_FALLBACKS = list(words(os.environ.get("HUIQI_SECRET_KEY_FALLBACKS", "")))
SITE_URL = site_url(os.environ.get("HUIQI_SITE_URL", ""), https=HTTPS)
ALLOWED_HOSTS = os.environ.get("HUIQI_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
if SITE_URL:
    _own = urlsplit(SITE_URL).hostname or ""
    ALLOWED_HOSTS.append(f"[{_own}]" if ":" in _own else _own)
PROXIES = int(os.environ.get("HUIQI_PROXIES", "0"))

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "axes",
    "huiqi.portal.base",
    "huiqi.portal.registry",
    "huiqi.portal.policies",
    "huiqi.portal.matching",
    "huiqi.portal.web",
    "huiqi.portal.api",
    "django.forms",
]
FORM_RENDERER = "huiqi.portal.web.controls.Controls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "huiqi.portal.base.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "huiqi.portal.base.middleware.one_library",
    "huiqi.portal.base.middleware.acting_as",
    "huiqi.portal.base.middleware.no_nul",
    "huiqi.portal.web.errors.not_allowed",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "huiqi.portal.urls"
WSGI_APPLICATION = "huiqi.portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "huiqi.portal.web.context.page",
            ],
        },
    }
]

DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "base.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
]
SIGN_ON = sign_on(os.environ, SITE_URL)
LOGIN_URL = "web:login"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "web:home"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "huiqi.portal.web.account.login.locked"
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "huiqi.portal.base.address.of"

SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "huiqi.portal.web.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Whether browsers carry the domain in their own lists is its owner's choice, not one site's.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DATE_FORMAT = "Y年n月j日"

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
_CARRIED = Path(__file__).resolve().parents[1] / "_front"
VENDOR = _CARRIED if _CARRIED.is_dir() else ROOT / "var" / "static-vendor"
"""Front-end files that a wheel carries, or that set-up puts into a checkout; served as vendor/…"""
STATICFILES_DIRS = [("vendor", VENDOR)] if VENDOR.is_dir() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = HOME / "files"
"""Uploaded files, by digest; never served by a web server, always as downloads of a view."""

DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
UPLOAD_MOST_BYTES = 512 * 1024 * 1024

SNAPSHOTS = HOME / "snapshots"
POLICIES = os.environ.get("HUIQI_POLICIES", "")

for _name, _value in email(os.environ.get("EMAIL_URL", ""), HOME).items():
    globals()[_name] = _value
DEFAULT_FROM_EMAIL = os.environ.get("HUIQI_MAIL_FROM", "huiqi@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"screen": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["screen"], "level": "WARNING"},
    # Scanners call every machine by wrong names; they get a 400, the log its peace.
    "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},
}
