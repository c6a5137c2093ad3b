"""The audit: a chain that many may write at once, that nobody changes, and that shows what was changed below."""

import json
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError

from huiqi.portal.base import audit
from huiqi.portal.base.models import AuditEntry
from tests.portal.people import NOW, operator

THREADS, EACH = 8, 12


def three() -> None:
    for subject in ("甲", "乙", "丙"):
        audit.record("tests.act", at=NOW, subject=subject, address="192.0.2.1", amount=12)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as at a commit


@pytest.mark.django_db
def test_an_entry_holds_what_was_done_by_whom_for_whom() -> None:
    by = operator().actor
    entry = audit.record("tests.act", at=NOW, actor=by, subject="甲", days=[NOW.date()])
    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.number, stored.actor, stored.unit, stored.detail) == (
        1,
        by.user,
        by.unit,
        {"days": ["2026-11-22"]},
    )
    assert stored.previous == audit.START
    assert stored.digest == audit.seal(stored)
    assert audit.verify() == (1, None)


@pytest.mark.django_db
def test_an_entry_falls_with_its_act() -> None:
    three()

    @transaction.atomic
    def act() -> None:
        audit.record("tests.act", at=NOW, subject="丁")
        raise IntegrityError

    with pytest.raises(IntegrityError):
        act()
    assert audit.verify() == (3, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE base_auditentry SET subject = '丁' WHERE number = 2",
        "UPDATE base_auditentry SET number = 9 WHERE number = 3",
        "DELETE FROM base_auditentry WHERE number = 3",
        "DELETE FROM base_auditentry",
        "TRUNCATE base_auditentry",
    ],
)
def test_the_database_refuses_change_and_removal(statement: str) -> None:
    if statement.startswith("TRUNCATE") and connection.vendor == "sqlite":
        statement = "DELETE FROM base_auditentry WHERE 1"  # all that SQLite has of it
    three()
    with (
        pytest.raises(DatabaseError, match="审计记录只能追加"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert audit.verify() == (3, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE base_auditentry SET subject = '丁' WHERE number = 2", (1, 2, "内容与摘要不符")),
        ("UPDATE base_auditentry SET actor_name = '' WHERE number = 1", (3, None, "")),
        ("UPDATE base_auditentry SET address = NULL WHERE number = 1", (0, 1, "内容与摘要不符")),
        ("DELETE FROM base_auditentry WHERE number = 2", (1, 2, "缺少第2条")),
        ("DELETE FROM base_auditentry WHERE number = 1", (0, 1, "缺少第1条")),
        ("UPDATE base_auditentry SET previous = digest WHERE number = 3", (2, 3, "与上一条")),
    ],
)
def test_tampering_below_the_triggers_is_found(
    statement: str, found: tuple[int, int | None, str]
) -> None:
    three()
    below_the_triggers(statement)
    held, broken = audit.verify()
    assert (held, broken.number if broken else None) == found[:2]
    assert (broken.why if broken else "")[: len(found[2])] == found[2]


@pytest.mark.django_db
def test_an_entry_resealed_by_the_tamperer_breaks_the_next() -> None:
    three()
    forged = AuditEntry.objects.get(pk=2)
    forged.subject = "丁"
    below_the_triggers(
        f"UPDATE base_auditentry SET subject = '丁', digest = '{audit.seal(forged)}' WHERE number = 2"
    )
    held, broken = audit.verify()
    assert (held, broken) == (2, audit.Break(3, "与上一条记录的摘要不符"))


def below_the_triggers(statement: str) -> None:
    """What somebody does who can change the database itself."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE base_auditentry DISABLE TRIGGER USER")
        else:
            for name in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER base_auditentry_no_{name}")
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_make_one_chain() -> None:
    failed: list[Any] = []

    def write(writer: int) -> None:
        try:
            for turn in range(EACH):
                with transaction.atomic():
                    audit.record("tests.act", at=NOW, subject=f"{writer}-{turn}")
        except DatabaseError as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert audit.verify() == (THREADS * EACH, None)
    subjects = set(AuditEntry.objects.values_list("subject", flat=True))
    assert subjects == {f"{a}-{b}" for a in range(THREADS) for b in range(EACH)}


def verify(*words: str) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, on this test's database."""
    given = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{connection.settings_dict['NAME']}"
    else:
        url = (
            f"postgresql://{given['USER']}@/{connection.settings_dict['NAME']}?host={given['HOST']}"
        )
    return subprocess.run(
        [sys.executable, "-m", "huiqi.cli", "audit", "verify", *words],
        env={"PATH": "", "HUIQI_HOME": str(settings.HOME), "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
def test_the_command_says_whether_the_chain_holds() -> None:
    three()
    whole = verify()
    assert whole.returncode == 0, whole.stderr
    head = AuditEntry.objects.get(pk=3)
    assert whole.stdout.splitlines() == ["✓ 审计记录完整，共 3 条", f"最后一条 3:{head.digest}"]
    noted = verify("--noted", f"4:{head.digest}")
    assert (noted.returncode, noted.stdout.splitlines()[0]) == (1, "✗ 第 4 条：缺少第4条记录")
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE base_auditentry DISABLE TRIGGER USER")
            cursor.execute("UPDATE base_auditentry SET subject = '丁' WHERE number = 2")
            cursor.execute("ALTER TABLE base_auditentry ENABLE TRIGGER USER")
        else:
            kept = "SELECT sql FROM sqlite_master WHERE name = 'base_auditentry_no_update'"
            trigger = cursor.execute(kept).fetchone()[0]
            cursor.execute("DROP TRIGGER base_auditentry_no_update")
            cursor.execute("UPDATE base_auditentry SET subject = '丁' WHERE number = 2")
            cursor.execute(trigger)
    broken = verify("--json")
    assert broken.returncode == 1, broken.stderr
    assert AuditEntry.objects.get(number=2).subject == "丁"
    assert json.loads(broken.stdout) == {
        "ok": False,
        "entries": 1,
        "head": None,
        "broken": {"number": 2, "why": "内容与摘要不符，记录被改动"},
    }


@pytest.mark.django_db
def test_entries_cut_off_at_the_end_are_found_by_a_head_noted_elsewhere() -> None:
    three()
    head = AuditEntry.objects.get(pk=3)
    below_the_triggers("DELETE FROM base_auditentry WHERE number = 3")
    assert audit.verify() == (2, None)
    assert audit.verify((3, head.digest)) == (2, audit.Break(3, "缺少第3条记录"))
    assert audit.verify((2, head.digest)) == (1, audit.Break(2, "摘要与另存的不同"))
    assert audit.verify((2, head.previous)) == (2, None)
