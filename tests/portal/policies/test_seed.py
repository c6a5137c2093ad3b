"""The folder that is installed becomes the releases in force, once."""

from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from huiqi.portal.base import rules as base_rules
from huiqi.portal.base import search
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.models import AuditEntry
from huiqi.portal.policies import actions, indexing, queries, rules
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.files import digest, digest_of
from huiqi.portal.policies.models import Clause, Document, Release, SupportEntry
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.policies import samples

pytestmark = pytest.mark.django_db


def test_a_root_becomes_releases_documents_clauses_and_supports(seeded: Any) -> None:
    seeded()
    assert list(queries.in_force().values_list("slug", "version", "state")) == [
        ("reference", 1, "in_force"),
        ("test-2026-1", 1, "in_force"),
        ("vocabulary", 1, "in_force"),
    ]
    document = Document.objects.get()
    assert (document.slug, document.number, document.region, document.issuers) == (
        samples.SLUG,
        samples.NUMBER,
        "140581",
        ["高平市示例办公室"],
    )
    assert list(document.clauses.values_list("name", "heading", "units", "lead", "text")) == [
        ("一", "培育示例企业", ["市示例局", "市财政局"], "市示例局", ""),
        ("二", "支持企业成长", ["市财政局"], "", ""),
    ]
    entry = SupportEntry.objects.get()
    assert (entry.key, entry.amount_text, entry.beneficiary, entry.region, entry.form) == (
        "test-2026-1/奖励1",
        "10万元",
        "企业",
        "140581",
        "拨付",
    )
    assert entry.summary == "有国家级证书；发证时注册在高平"
    assert entry.is_ready


def test_it_is_found_by_search(seeded: Any) -> None:
    seeded()
    found = search.matching(indexing.SUPPORT, "示例 国家级证书")
    assert queries.supports().filter(pk__in=found).count() == 1
    assert queries.clauses().filter(pk__in=search.matching(indexing.CLAUSE, "培育")).count() == 1


def test_the_rules_in_force_are_laid_out_and_read_by_everybody(seeded: Any, home: Path) -> None:
    seeded()
    folder = base_rules.folder()
    assert folder.parent == home / "rules"
    assert (folder / samples.SLUG / "policy.yaml").read_text("utf-8") == samples.files()[
        "policy.yaml"
    ]
    assert [support.key for support in base_rules.library().supports] == ["test-2026-1/奖励1"]
    assert rules.publish() == folder


def test_who_comes_late_to_the_switch_names_what_is_in_force_now(
    db: None, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    waiting = []
    for number, amount in ((1, "10万元"), (2, "20万元")):
        root = samples.root(tmp_path / f"root{number}", samples.files(amount=amount))
        with django_capture_on_commit_callbacks() as callbacks:
            actions.seed(root, at=NOW, by=NOBODY)
        waiting.append(callbacks)
    first, second = waiting
    digests = dict(queries.in_force().values_list("slug", "digest"))
    for callback in (*second, *first):
        callback()
    assert base_rules.folder().name == digest_of(digests)


def test_several_threads_name_what_counts_at_once(home: Path) -> None:
    start, failures = Barrier(4), []

    def run(place: int) -> None:
        start.wait()
        try:
            for number in range(200):
                base_rules.name(home, f"{place}-{number}")
        except OSError as error:
            failures.append(error)

    threads = [Thread(target=run, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [path.name for path in home.iterdir()] == ["current"]
    assert base_rules.named(home).endswith("-199")


def test_seeding_again_changes_nothing(seeded: Any, tmp_path: Path) -> None:
    seeded()
    before = (AuditEntry.objects.count(), SupportEntry.objects.get().pk)
    assert actions.seed(tmp_path / "root", at=NOW, by=NOBODY) == []
    assert (AuditEntry.objects.count(), SupportEntry.objects.get().pk) == before


def test_a_new_root_takes_the_place_of_the_old(seeded: Any) -> None:
    seeded()
    first = SupportEntry.objects.get().pk
    seeded(samples.files(amount="20万元", supports=2))
    assert list(Release.objects.filter(slug=samples.SLUG).values_list("version", "state")) == [
        (2, "in_force"),
        (1, "superseded"),
    ]
    rows = list(SupportEntry.objects.values_list("pk", "key", "amount_text"))
    assert rows[0] == (first, "test-2026-1/奖励1", "20万元")
    assert [row[1] for row in rows] == ["test-2026-1/奖励1", "test-2026-1/奖励2"]
    assert [str(s.key) for s in base_rules.library().supports] == [row[1] for row in rows]


def test_a_folder_released_by_a_person_is_left_alone(seeded: Any) -> None:
    seeded()
    held = Release.objects.get(slug=samples.SLUG)
    held.made_by = people.user()
    held.save()
    seeded(samples.files(amount="20万元"))
    assert Release.objects.get(slug=samples.SLUG, state=ReleaseState.IN_FORCE).digest == digest(
        samples.files()
    )


def test_a_broken_root_saves_nothing(tmp_path: Path, home: Path) -> None:
    broken = samples.files()
    broken["supports/奖励1.yaml"] = broken["supports/奖励1.yaml"].replace("高平市,", "高乎市,")
    folder = samples.root(
        tmp_path / "root", samples.files("test-2026-0", number="示发〔2026〕0号"), broken
    )
    with pytest.raises(actions.Broken) as caught:
        actions.seed(folder, at=NOW, by=NOBODY)
    assert {problem.file for problem in caught.value.problems} == {
        "test-2026-1/supports/奖励1.yaml"
    }
    assert (Release.objects.count(), Document.objects.count(), Clause.objects.count()) == (0, 0, 0)
    assert AuditEntry.objects.count() == 0
    assert not (home / "rules").exists()


def test_a_server_that_starts_releases_what_is_installed_once(
    tmp_path: Path, settings: Any, committed: Any
) -> None:
    settings.POLICIES = str(samples.root(tmp_path / "root", samples.files()))
    with committed():
        assert [row.slug for row in actions.install(at=NOW)] == [
            "reference",
            samples.SLUG,
            "vocabulary",
        ]
    assert SupportEntry.objects.count() == 1
    settings.HOME = tmp_path / "another machine"
    with committed():
        assert actions.install(at=NOW) == []
    assert base_rules.folder().parent == settings.HOME / "rules"
    assert [support.key for support in base_rules.library().supports] == ["test-2026-1/奖励1"]
