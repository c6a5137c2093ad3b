"""Several people at the same moment, each with a connection of their own."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

from huiqi.portal.base import audit, calendar
from huiqi.portal.base import rules as base_rules
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.refusal import Refused
from huiqi.portal.matching import runs
from huiqi.portal.policies import actions, importing, linking, queries, rules, signing
from huiqi.portal.policies.files import digest_of
from huiqi.portal.policies.models import Document, LinkDecision, Release
from huiqi.portal.policies.structure import seal
from tests.portal import people
from tests.portal.people import NOW
from tests.portal.policies import samples
from tests.portal.policies.test_pages import two_levels

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts: Callable[[], Any]) -> list[str]:
    """Starts all at once; what each came to: 好 or what it was refused with."""
    start, out = Barrier(len(acts)), [""] * len(acts)

    def run(place: int) -> None:
        start.wait()
        try:
            acts[place]()
            out[place] = "好"
        except Refused as refused:
            out[place] = refused.what
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


def seed(tmp_path: Path) -> None:
    actions.seed(samples.root(tmp_path / "root", samples.files()), at=NOW, by=NOBODY)


def test_two_releases_at_once_are_checked_one_after_the_other(tmp_path: Path) -> None:
    seed(tmp_path)
    author, signer = people.author().actor, people.signer().actor
    ready = []
    for number in (2, 3):
        files = samples.files(f"test-2026-{number}", number=f"示发〔2026〕{number}号")
        row = actions.draft_release(f"test-2026-{number}", files, by=author, at=NOW)
        row = actions.review_release(row, by=author, at=NOW)
        for what in signing.needed(row):
            actions.sign(row, what, seen=signing.digest_of(row, what), by=signer, at=NOW)
        ready.append(row)
    first, second = ready
    found = together(
        lambda: actions.release(first, by=signer, at=NOW),
        lambda: actions.release(second, by=signer, at=NOW),
    )
    assert "好" in found
    assert set(found) <= {"好", "检查期间有别的政策发布了"}
    digests = dict(queries.in_force().values_list("slug", "digest"))
    assert len(digests) == 3 + found.count("好")
    assert base_rules.folder().name == digest_of(digests)
    assert audit.verify()[1] is None


def test_two_drafts_of_one_folder_at_once(tmp_path: Path) -> None:
    seed(tmp_path)
    first, second = people.author().actor, people.author().actor
    files = samples.files(amount="20万元")
    found = together(
        lambda: actions.draft_release(samples.SLUG, files, by=first, at=NOW),
        lambda: actions.draft_release(samples.SLUG, files, by=second, at=NOW),
    )
    assert sorted(found) == ["好", "已有第2版草稿"]
    assert Release.objects.filter(slug=samples.SLUG, state="draft").count() == 1


def test_two_corrections_of_one_place_at_once() -> None:
    first, second = people.author().actor, people.author().actor
    document = importing.import_document(samples.upload(), by=first, at=NOW)
    seen = seal(document.reading["clauses"][0])
    found = together(
        *(
            lambda by=by, words=words: importing.correct(
                document, "clauses", 0, {"heading": words}, seen=seen, by=by, at=NOW
            )
            for by, words in ((first, "甲"), (second, "乙"))
        )
    )
    assert sorted(found) == ["好", "这一处刚刚被别人改过，您的修改没有保存"]
    kept = "甲" if found[0] == "好" else "乙"
    assert Document.objects.get().reading["clauses"][0]["heading"] == kept


def test_corrections_of_two_places_at_once_both_stay() -> None:
    by = people.author().actor
    document = importing.import_document(samples.upload(), by=by, at=NOW)
    found = together(
        *(
            lambda index=index: importing.correct(
                document,
                "clauses",
                index,
                {"heading": f"标题{index}"},
                seen=seal(document.reading["clauses"][index]),
                by=by,
                at=NOW,
            )
            for index in (0, 1)
        )
    )
    assert found == ["好", "好"]
    made = Document.objects.get()
    assert ([item["heading"] for item in made.reading["clauses"]], made.version) == (
        ["标题0", "标题1"],
        3,
    )


def test_two_first_words_on_one_link_at_once(tmp_path: Path) -> None:
    actions.seed(samples.root(tmp_path / "root", *two_levels()), at=NOW, by=NOBODY)
    first, second = people.author().actor, people.author().actor
    pair = linking.Pair("test-2026-8", "一", "test-2026-9", "一")
    found = together(
        *(
            lambda by=by, carries=carries: linking.decide_link(
                pair, carries=carries, reason="看过两条", seen="", by=by, at=NOW
            )
            for by, carries in ((first, True), (second, False))
        )
    )
    assert found.count("好") == 1
    assert [one[-len("这一对已有判断，您的判断没有保存") :] for one in found if one != "好"] == [
        "这一对已有判断，您的判断没有保存"
    ]
    assert LinkDecision.objects.get().carries is (found[0] == "好")


def test_locks_of_different_things_are_different_numbers() -> None:
    assert len({one.LOCK for one in (rules, audit, calendar, runs)}) == 4
