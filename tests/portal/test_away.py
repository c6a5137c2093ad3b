"""A database that goes away under a running site, one that is held by somebody else, a disk that is full:
people read what it is and what to do, systems get the shape of the API, and work goes on afterwards."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from huiqi.portal import failing
from huiqi.portal.base import files
from huiqi.portal.base import trouble as troubles
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.contents import SHEETS
from huiqi.portal.base.enums import JobState
from huiqi.portal.base.models import AuditEntry, Job, StoredFile
from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.trouble import AWAY, BUSY, FULL, trouble
from huiqi.portal.registry import importing
from huiqi.portal.registry.enums import BatchState
from huiqi.portal.registry.models import Batch, Enterprise, Record
from tests import postgresql
from tests.portal import people
from tests.portal.people import NOW, PASSWORD
from tests.portal.registry.test_killed import TAKING, begun, right, whole
from tests.portal.workers import environment, until, worker
from tests.serving import answers, free_port

WORDS = "刚才的操作没有保存，已有的数据不受影响"


def asked(address: str, body: bytes | None = None) -> tuple[int, str, str]:
    """Status, words and the hint when to come again."""
    try:
        with urllib.request.urlopen(address, body, timeout=60) as response:
            return response.status, response.read().decode(), ""
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers.get("Retry-After", "")


# -------------------------------------------------------------------- in one process


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (OperationalError("server closed the connection unexpectedly"), AWAY),
        (OperationalError("database is locked"), BUSY),
        (OperationalError("database or disk is full"), FULL),
        (OSError(28, "No space left on device"), FULL),
        (OSError(2, "No such file"), None),
        (ValueError("x"), None),
    ],
)
def test_what_an_error_tells_of(error: Exception, found: object) -> None:
    assert trouble(error) == found
    around = RuntimeError("around it")
    around.__cause__ = error
    assert trouble(around) == found


def test_a_database_that_cannot_be_opened_on_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    error = OperationalError("disk I/O error")
    assert trouble(error) == AWAY
    monkeypatch.setattr(troubles, "LEAST", 1 << 62)
    assert trouble(error) == FULL


@pytest.mark.parametrize(
    ("path", "error", "status", "said"),
    [
        ("/search/", OperationalError("gone"), 503, f"数据库暂时不可用。{WORDS}。请稍后再试。"),
        ("/search/", OSError(28, "full"), 503, f"服务器磁盘空间不足。{WORDS}。请联系系统管理员"),
        ("/api/v1/supports", OperationalError("gone"), 503, '"code": "unavailable"'),
        ("/api/v1/supports", ValueError("x"), 500, '"code": "error"'),
    ],
)
def test_what_is_shown(path: str, error: Exception, status: int, said: str) -> None:
    request = RequestFactory().get(path)
    try:
        raise error
    except Exception:
        response = failing.server_error(request)
    assert response.status_code == status
    assert said in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/nothing", "/api/v1/nothing/here"])
def test_an_address_of_the_api_that_is_not_there(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "message": "没有这个接口", "problems": []}


# -------------------------------------------------------------------- PostgreSQL stopped


@contextmanager
def process(environment: dict[str, str], log: Path, *words: str) -> Iterator[None]:
    with log.open("ab") as out:
        started = subprocess.Popen(
            [sys.executable, *words], env=environment, stdout=out, stderr=out
        )
    try:
        yield
    finally:
        started.terminate()
        started.wait(60)


BEGIN = """
from huiqi.cli import portal
portal.start()
from tests.portal.registry.test_killed import begun
from tests import postgresql
from tests.portal import people
from huiqi.portal.base.models import User
begun()
"""


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("HUIQI_TEST_DATABASE") != "postgresql", reason="stops a PostgreSQL of its own"
)
def test_postgresql_is_stopped_under_a_running_site_and_worker(tmp_path: Path) -> None:
    server = postgresql.server(Path(tempfile.mkdtemp(prefix="huiqi-pg-")))
    port, url = free_port(), server.get_uri()
    site = f"http://127.0.0.1:{port}"
    given = {
        **environment(), "DATABASE_URL": url, "HUIQI_HOME": str(tmp_path / "home"), "PATH": "",
        "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *(one for one in sys.path if one)]),
    }  # fmt: skip

    def one(words: str) -> Any:
        with psycopg.connect(url) as held:
            row = held.execute(words).fetchone()
            return row and row[0]

    serve = ("-m", "huiqi.cli", "serve", "--no-worker", "--processes", "1", "--port", str(port))
    with process(given, tmp_path / "site.log", *serve):
        until(lambda: answers(site), 0.2)
        subprocess.run([sys.executable, "-c", BEGIN], env=given, check=True)
        with worker(tmp_path, 50, (f"{TAKING}:take", 7), given=given) as working:
            assert one("SELECT reached FROM registry_batch") == 300
            server.stop()
            working.send_signal(signal.SIGCONT)
            for path in ("/", "/search/?q=a", "/supports/"):
                status, said, wait = asked(site + path)
                assert (status, wait) == (503, "30")
                assert f"数据库暂时不可用。{WORDS}" in said
                assert "Traceback" not in said
                assert "psycopg" not in said
            status, said, _ = asked(f"{site}/api/v1/supports")
            assert (status, json.loads(said)["code"]) == (503, "unavailable")
            status, said, _ = asked(f"{site}/static/web/site.css")
            assert status == 200
            server.start()
            until(lambda: answers(site), 0.2)
            until(lambda: one("SELECT state FROM base_job") == "done", 0.2)
    figures = "added || ' ' || refused || ' ' || same || ' ' || changed || ' ' || state"
    assert one(f"SELECT {figures} FROM registry_batch") == f"{len(right())} 5 0 0 done"
    assert one("SELECT count(*) FROM registry_enterprise") == len(right())
    assert one("SELECT count(*) FROM registry_statement") == len(right())
    assert one("SELECT attempts FROM base_job") == 2


# -------------------------------------------------------------------- SQLite held by somebody else


@contextmanager
def held() -> Iterator[None]:
    """Another program writes and does not end."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no lock on everything")
def test_sqlite_held_for_longer_than_we_wait() -> None:
    someone = people.registrar()
    client = someone.client
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=100")
    before = AuditEntry.objects.count()
    with held():
        assert client.get("/documents/").status_code == 200  # who reads is not kept waiting
        file = ContentFile("统一社会信用代码,名称\n".encode(), name="企业.csv")
        given = {"table": "企业", "source": "统计部门", "as_of": "2026-06-30", "file": file}
        response = client.post("/office/imports/", given)
        assert response.status_code == 503
        assert f"数据库正忙。{WORDS}。请稍后再试。" in response.content.decode()
        login = {"username": someone.user.username, "password": PASSWORD}
        response = Client(raise_request_exception=False).post("/login/", login)
        assert response.status_code == 503
    assert (Batch.objects.count(), StoredFile.objects.count()) == (0, 0)
    assert AuditEntry.objects.count() == before
    file = ContentFile("统一社会信用代码,名称\n".encode(), name="企业.csv")
    assert client.post("/office/imports/", {**given, "file": file}).status_code == 302


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no lock on everything")
def test_an_import_goes_on_when_the_other_writer_ends(tmp_path: Path) -> None:
    """The import waits as long as it may, is put back, and is done afterwards."""
    batch = begun()
    job = batch.job
    assert job is not None
    with worker(tmp_path, 50, (f"{TAKING}:take", 7), timeout=1) as working:
        with held():
            working.send_signal(signal.SIGCONT)
            until(lambda: "is put back" in (tmp_path / "worker.log").read_text(), 0.1)
            assert Record.objects.count() < Batch.objects.get(pk=batch.pk).reached == 300
        until(lambda: Job.objects.get(pk=job.pk).state == JobState.DONE, 0.1)
    whole(batch)
    assert Job.objects.get(pk=job.pk).attempts == 2


# -------------------------------------------------------------------- a full disk


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    # Nor half of a compiled module, should one be imported meanwhile.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = before


@pytest.mark.django_db
def test_an_upload_that_does_not_fit_is_refused_and_leaves_nothing(
    settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    content = ContentFile(b"a,b\n" * 500_000, name="a.csv")
    with room(1_000_000), pytest.raises(Refused) as refused:
        files.keep(content, by=NOBODY, at=NOW, kinds=SHEETS)
    assert str(refused.value) == (
        "服务器磁盘空间不足，文件没有保存。请联系系统管理员，腾出空间后再试"
    )
    assert StoredFile.objects.count() == 0
    assert [one for one in (tmp_path / "files").rglob("*") if one.is_file()] == []


FULL_DISK = """
import resource, sys
from huiqi.cli import portal
portal.start()
from huiqi.portal.registry import staging
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from django.utils import timezone
from huiqi.portal.base import jobs
jobs.work_once(timezone.now())
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_import_that_finds_no_room_is_done_when_there_is_some(tmp_path: Path) -> None:
    batch = begun()
    job = batch.job
    assert job is not None
    words = [sys.executable, "-c", FULL_DISK, "4096"]
    ran = subprocess.run(words, env=environment(), capture_output=True, check=False)
    job.refresh_from_db()
    if connection.vendor == "sqlite":
        # It stands on the same disk: not even that somebody does the job can be written.
        assert ran.returncode == 1
        assert (job.state, job.attempts) == (JobState.WAITING, 0)
    else:
        assert (job.state, job.message) == (JobState.FAILED, str(FULL))
        batch.refresh_from_db()
        assert batch.standing == BatchState.FAILED
        assert batch.made_by is not None
        by = people.Person(batch.made_by, batch.made_by.memberships.get()).actor
        importing.start(batch, {}, by=by, at=NOW)
    assert Enterprise.objects.count() == 0
    with worker(tmp_path, 1000):
        until(lambda: Batch.objects.get(pk=batch.pk).state == BatchState.DONE, 0.05)
    whole(batch)


# -------------------------------------------------------------------- the command line


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://x@127.0.0.1:9/x", "数据库暂时不可用"),
        ("mysql://x@127.0.0.1/x", "DATABASE_URL 应以 sqlite:// 或 postgresql:// 开头"),
    ],
)
def test_a_command_that_finds_no_database_says_so(url: str, said: str, tmp_path: Path) -> None:
    given = {**environment(), "DATABASE_URL": url, "HUIQI_HOME": str(tmp_path)}
    words = ["-m", "huiqi.cli", "serve", "--port", str(free_port())]
    ran = subprocess.run(
        [sys.executable, *words], env=given, capture_output=True, encoding="utf-8", check=False
    )
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "缺陷" not in ran.stderr
