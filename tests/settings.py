"""The portal's own settings, with a home and a database that nobody uses.

Every process of a test run has its own home in the system's temporary folder. SQLite is a file, as
in real life, so that several threads have several connections. With HUIQI_TEST_DATABASE=postgresql
the tests run on a PostgreSQL that is started for them.
"""

import atexit
import os
import shutil
import tempfile

from tests.postgresql import address

_home = tempfile.mkdtemp(prefix="huiqi-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)

# No setting of the person who runs the tests counts.
_ours = ("DEBUG", "HTTPS", "HOSTS", "PROXIES", "POLICIES", "MAIL_FROM", "SITE", "SECRET", "SSO")
for _name in list(os.environ):
    if _name.startswith(tuple(f"HUIQI_{one}" for one in _ours)):
        del os.environ[_name]
os.environ.pop("EMAIL_URL", None)
os.environ["HUIQI_HOME"] = _home
os.environ["HUIQI_SECRET_KEY"] = "for tests only"
os.environ["DATABASE_URL"] = (
    address() if os.environ.get("HUIQI_TEST_DATABASE") == "postgresql" else ""
)

from huiqi.portal.settings import *  # noqa: E402, F403
from huiqi.portal.settings import DATABASES, STATIC_ROOT  # noqa: E402

# Nothing is collected: the middleware finds the files where they stand, and wants the folder.
STATIC_ROOT.mkdir()

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": f"{_home}/tests.sqlite3"}
    # A test database need not outlive a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"

# Argon2 is slow on purpose; a test that is about passwords says so itself.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
