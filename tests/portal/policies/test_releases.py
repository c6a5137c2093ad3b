"""From draft to in force: what is checked, who may, what is refused, and that a refusal saves nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from huiqi.portal.base import audit, jobs
from huiqi.portal.base import rules as base_rules
from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import actions, importing, queries, reviewing, rules, signing
from huiqi.portal.policies.enums import ReleaseState, Signed
from huiqi.portal.policies.models import Document, Finding, Release, Signature, SupportEntry
from huiqi.reading.review import Decision, decide, load_documents, review
from huiqi.rulebook import load
from tests.portal import people
from tests.portal.people import NOW, Person
from tests.portal.policies import samples

pytestmark = pytest.mark.django_db
SUPPORT = "test-2026-1/奖励1"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def author() -> Person:
    return people.author()


@pytest.fixture
def signer() -> Person:
    return people.signer()


def draft(author: Person, files: dict[str, str] | None = None) -> Release:
    made = files if files is not None else samples.files(amount="20万元")
    return actions.draft_release(samples.SLUG, made, by=author.actor, at=NOW)


def reviewed(author: Person, files: dict[str, str] | None = None) -> Release:
    return actions.review_release(draft(author, files), by=author.actor, at=NOW)


def signed(author: Person, signer: Person, files: dict[str, str] | None = None) -> Release:
    row = reviewed(author, files)
    for what in signing.needed(row):
        seen = signing.digest_of(row, what)
        actions.sign(row, what, seen=seen, by=signer.actor, at=NOW)
    return row


def state(row: Release) -> str:
    return Release.objects.get(pk=row.pk).state


def counts() -> tuple[int, ...]:
    return (
        Release.objects.count(),
        Signature.objects.count(),
        Finding.objects.count(),
        AuditEntry.objects.count(),
    )


# -------------------------------------------------------------------- the whole way


def test_a_signed_release_takes_the_place_of_the_one_before(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    row = signed(author, signer)
    assert [s.what for s in row.signatures.order_by("pk")] == ["cases", "interpretations"]
    with committed():
        actions.release(row, by=signer.actor, at=NOW)
    assert list(
        Release.objects.filter(slug=samples.SLUG).values_list("version", "state", "superseded_at")
    ) == [(2, "in_force", None), (1, "superseded", NOW)]
    assert SupportEntry.objects.get().amount_text == "20万元"
    found = base_rules.library().by_key[SUPPORT]
    assert found.figures()[0] == {20 * 10**4 * 100}
    assert [(s.what, s.by, s.digest) for s in row.signatures.filter(what="release")] == [
        ("release", signer.user, row.digest)
    ]
    acts = list(AuditEntry.objects.order_by("number").values_list("act", "subject"))
    assert acts[1:] == [
        ("policies.draft", "test-2026-1/2"),
        ("policies.findings", "test-2026-1/2"),
        ("policies.review", "test-2026-1/2"),
        ("policies.sign", "test-2026-1/2"),
        ("policies.sign", "test-2026-1/2"),
        ("policies.release", "test-2026-1/2"),
    ]
    assert audit.verify()[1] is None


def test_a_new_policy_brings_its_document(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    made = samples.files("test-2026-2", number="示发〔2026〕2号", title="第二份示例")
    row = actions.draft_release("test-2026-2", made, by=author.actor, at=NOW)
    row = actions.review_release(row, by=author.actor, at=NOW)
    assert queries.documents().count() == 1  # nothing is public before it is in force
    for what in signing.needed(row):
        actions.sign(row, what, seen=signing.digest_of(row, what), by=signer.actor, at=NOW)
    with committed():
        actions.release(row, by=signer.actor, at=NOW)
    assert set(queries.documents().values_list("slug", flat=True)) == {samples.SLUG, "test-2026-2"}
    assert len(base_rules.library().policies) == 2


# -------------------------------------------------------------------- drafts


def test_a_draft_with_problems_is_kept_with_them(seeded: Any, author: Person) -> None:
    seeded()
    made = samples.files()
    made["supports/奖励1.yaml"] = made["supports/奖励1.yaml"].replace("认定.级别", "认定.级")
    row = draft(author, made)
    assert row.state == ReleaseState.DRAFT
    problem = row.problems[0]
    assert (problem["file"], problem["line"], bool(problem["remedy"])) == (
        "test-2026-1/supports/奖励1.yaml",
        9,
        True,
    )
    with pytest.raises(actions.Broken, match="不能送签"):
        actions.review_release(row, by=author.actor, at=NOW)
    assert state(row) == ReleaseState.DRAFT
    assert base_rules.library().by_key[SUPPORT].figures()[0] == {10 * 10**4 * 100}


def test_no_path_of_the_server_stands_in_a_problem(seeded: Any, author: Person) -> None:
    seeded()
    row = draft(author, {"targets.yaml": "- 编号: 甲\n"})
    said = str(row.problems)
    assert row.problems
    assert "/tmp" not in said
    assert "huiqi-rules-" not in said


def test_a_case_that_is_not_met_stops_the_review(seeded: Any, author: Person) -> None:
    seeded()
    row = draft(author, samples.files(amount="20万元", case="30万元"))
    assert row.problems == []
    with pytest.raises(actions.Broken) as caught:
        actions.review_release(row, by=author.actor, at=NOW)
    assert [(problem.code, problem.message) for problem in caught.value.problems] == [
        ("case-missed", "用例“发证当天注册在高平”：金额应为30万元，算得20万元")
    ]
    assert state(row) == ReleaseState.DRAFT


def test_what_is_still_open_stops_the_review(seeded: Any, author: Person) -> None:
    seeded()
    files = samples.files(amount="20万元", supports=2)
    del files["cases/奖励2.yaml"]
    files["supports/奖励1.yaml"] += "待定: [什么算首次]\n"
    row = draft(author, files)
    assert row.problems == []
    with pytest.raises(actions.Broken) as caught:
        actions.review_release(row, by=author.actor, at=NOW)
    assert [(problem.code, problem.file) for problem in caught.value.problems] == [
        ("open-point", "test-2026-1/supports/奖励1.yaml"),
        ("no-case", "test-2026-1/supports/奖励2.yaml"),
    ]
    assert state(row) == ReleaseState.DRAFT


def test_one_open_draft_for_each_folder(seeded: Any, author: Person) -> None:
    seeded()
    draft(author)
    before = counts()
    with pytest.raises(Refused, match="已有第2版草稿"):
        draft(author)
    assert counts() == before


def test_names_and_paths_are_refused(seeded: Any, author: Person) -> None:
    seeded()
    before = counts()
    for slug in ("", "../x", "中文", "A", "a" * 61):
        with pytest.raises(Refused, match="目录名"):
            actions.draft_release(slug, samples.files(), by=author.actor, at=NOW)
    with pytest.raises(Refused, match="指到了政策目录外面"):
        draft(author, {"../policy.yaml": "a: 1"})
    assert counts() == before


def test_a_zip_that_cannot_be_taken_saves_nothing(seeded: Any, author: Person) -> None:
    seeded()
    before = counts()
    upload = samples.zipped({**samples.files(), "run.py": "print()"})
    with pytest.raises(actions.Broken) as caught:
        actions.draft_from_zip(samples.SLUG, upload, by=author.actor, at=NOW)
    assert [problem.code for problem in caught.value.problems] == ["zip-path"]
    assert counts() == before


def test_editing_a_draft_checks_it_and_takes_back_review_and_signatures(
    seeded: Any, author: Person, signer: Person
) -> None:
    seeded()
    row = signed(author, signer)
    row = actions.edit_draft(
        Release.objects.get(pk=row.pk),
        {"supports/奖励1.yaml": samples.files(amount="25万元")["supports/奖励1.yaml"]},
        seen=row.digest,
        by=author.actor,
        at=NOW,
    )
    assert (row.state, row.reviewed_at, row.signatures.count(), row.problems) == (
        ReleaseState.DRAFT,
        None,
        0,
        [],
    )


def test_two_people_at_once_are_told(seeded: Any, author: Person) -> None:
    seeded()
    row = draft(author)
    first, second = Release.objects.get(pk=row.pk), Release.objects.get(pk=row.pk)
    changes = {"说明.md": "第一个人\n"}
    actions.edit_draft(first, changes, seen=row.digest, by=author.actor, at=NOW)
    before = counts()
    with pytest.raises(actions.Changed, match="刚刚被别人改过"):
        actions.edit_draft(
            second, {"说明.md": "第二个人\n"}, seen=row.digest, by=author.actor, at=NOW
        )
    assert counts() == before
    assert Release.objects.get(pk=row.pk).files["说明.md"] == "第一个人\n"


def test_a_draft_from_a_version_and_its_removal(seeded: Any, author: Person) -> None:
    seeded()
    held = Release.objects.get(slug=samples.SLUG)
    row = actions.draft_from(held, by=author.actor, at=NOW)
    assert (row.version, row.files, row.note) == (2, held.files, "由第1版起草")
    actions.discard_draft(row, by=author.actor, at=NOW)
    assert list(Release.objects.filter(slug=samples.SLUG)) == [held]
    with pytest.raises(Refused, match="已发布"):
        actions.discard_draft(held, by=author.actor, at=NOW)


# -------------------------------------------------------------------- four eyes


def test_who_wrote_any_of_it_signs_and_releases_nothing(seeded: Any, author: Person) -> None:
    seeded()
    both = people.signer()
    row = draft(author)
    row = actions.edit_draft(row, {"说明.md": "改一处\n"}, seen=row.digest, by=both.actor, at=NOW)
    row = actions.review_release(row, by=author.actor, at=NOW)
    before = counts()
    seen = signing.digest_of(row, Signed.CASES)
    for person in (author, both):
        with pytest.raises(Refused, match="不能自己签"):
            actions.sign(row, Signed.CASES, seen=seen, by=person.actor, at=NOW)
        with pytest.raises(Refused, match="不能自己签"):
            actions.release(row, by=person.actor, at=NOW)
    assert counts() == before


def test_a_signature_is_for_what_was_seen(seeded: Any, author: Person, signer: Person) -> None:
    seeded()
    row = reviewed(author)
    with pytest.raises(actions.Changed):
        actions.sign(row, Signed.CASES, seen="0" * 64, by=signer.actor, at=NOW)
    seen = signing.digest_of(row, Signed.CASES)
    actions.sign(row, Signed.CASES, seen=seen, by=signer.actor, at=NOW)
    with pytest.raises(Refused, match="已经签过"):
        actions.sign(row, Signed.CASES, seen=seen, by=signer.actor, at=NOW)
    assert signing.missing(row) == (Signed.INTERPRETATIONS,)
    with pytest.raises(Refused, match="还缺签字：解释口径"):
        actions.release(row, by=signer.actor, at=NOW)
    assert state(row) == ReleaseState.REVIEWED


def test_interpretations_are_gathered_from_all_files() -> None:
    row = Release(slug=samples.SLUG, files=samples.files())
    assert [(item["在"], item["问"]) for item in signing.interpretations(row)] == [
        ("policy.yaml 二", "示例证书丢了怎么办？"),
        ("supports/奖励1.yaml 奖励1", "发证当天算不算？"),
    ]


# -------------------------------------------------------------------- refused releases save nothing


def test_an_undecided_error_of_the_review_stops_the_release(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    row = signed(author, signer)
    one = Finding.objects.create(
        release=row, key="迁入奖励-二", kind="迁入奖励", message="示例发现", basis="规则",
        options=["修改", "保留待报"],
    )  # fmt: skip
    Finding.objects.create(
        release=row,
        key="期限未写-二",
        kind="期限未写",
        message="提醒",
        is_error=False,
        basis="规则",
    )
    before = counts()
    for act in (
        lambda: actions.ask_release(row, seen=row.digest, by=signer.actor, at=NOW),
        lambda: actions.release(row, by=signer.actor, at=NOW),
    ):
        with pytest.raises(Refused, match="还有 1 条须处理的审查发现没有决定"):
            act()
    assert (counts(), state(row)) == (before, ReleaseState.REVIEWED)
    _decide(one, "保留待报", "报请示例主管部门", author)
    with committed():
        actions.release(row, by=signer.actor, at=NOW)
    assert state(row) == ReleaseState.IN_FORCE
    assert AuditEntry.objects.get(act="policies.release").detail["open_findings"] == 4


def test_what_nobody_saw_of_the_review_stops_the_release(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    row = signed(author, signer)
    asked = actions.ask_release(row, seen=row.digest, by=signer.actor, at=NOW)
    seen = set(Finding.objects.values_list("key", flat=True))
    text = samples.TEXT.replace("一次性奖励", "一次性奖励，须购买指定示例公司的产品")
    document = importing.import_document(samples.upload(text), by=author.actor, at=NOW)
    importing.confirm_document(document, version=1, by=author.actor, at=NOW)
    with pytest.raises(Refused, match="送签以后新出现4条审查发现，没有发布"):
        actions.release(row, by=signer.actor, at=LATER)
    new = Finding.objects.exclude(key__in=seen)
    assert (len(new), state(row)) == (4, ReleaseState.REVIEWED)
    assert Release.objects.get(pk=row.pk).looked_at == LATER
    assert not row.signatures.filter(what="release").exists()
    for one in Finding.objects.filter(reviewing.BLOCKING):
        _decide(one, one.options[-1], "看过", author)
    # Who asked before did not see them.
    asked = jobs.run_job(asked)
    assert (asked.state, asked.message) == (
        "failed",
        "提交以后又审查过，没有发布。看过“审查发现”再发布",
    )
    with committed():
        again = jobs.run_job(actions.ask_release(row, seen=row.digest, by=signer.actor, at=LATER))
    assert (again.state, state(row)) == ("done", ReleaseState.IN_FORCE)


def test_a_failure_while_releasing_saves_nothing(
    seeded: Any,
    author: Person,
    signer: Person,
    monkeypatch: pytest.MonkeyPatch,
    committed: Callable[[], Any],
) -> None:
    seeded()
    row = signed(author, signer)
    before, folder = counts(), base_rules.folder()

    def full() -> None:
        raise OSError("磁盘满了")

    monkeypatch.setattr(rules, "publish", full)
    with committed(), pytest.raises(OSError, match="磁盘满了"):
        actions.release(row, by=signer.actor, at=NOW)
    assert (counts(), state(row)) == (before, ReleaseState.REVIEWED)
    assert SupportEntry.objects.get().amount_text == "10万元"
    assert Release.objects.get(slug=samples.SLUG, version=1).state == ReleaseState.IN_FORCE
    assert base_rules.folder() == folder


def test_a_vocabulary_that_breaks_a_policy_is_not_released(
    seeded: Any, author: Person, signer: Person
) -> None:
    seeded()
    held = Release.objects.get(slug="vocabulary")
    name = next(path for path, text in held.files.items() if "时注册地" in text and "认定" in path)
    changed = held.files[name].replace("时注册地", "当时注册地")
    row = actions.draft_from(held, by=author.actor, at=NOW)
    row = actions.edit_draft(row, {name: changed}, seen=row.digest, by=author.actor, at=NOW)
    assert {problem["file"] for problem in row.problems} >= {"test-2026-1/supports/奖励1.yaml"}
    with pytest.raises(actions.Broken):
        actions.review_release(row, by=author.actor, at=NOW)
    assert Release.objects.get(slug="vocabulary", state=ReleaseState.IN_FORCE) == held


def test_a_vocabulary_is_released_without_signed_cases(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    held = Release.objects.get(slug="vocabulary")
    row = actions.draft_from(held, by=author.actor, at=NOW)
    row = actions.edit_draft(row, {"说明.md": "说明\n"}, seen=row.digest, by=author.actor, at=NOW)
    row = actions.review_release(row, by=author.actor, at=NOW)
    assert signing.missing(row) == ()
    with committed():
        actions.release(row, by=signer.actor, at=NOW)
    assert (base_rules.folder() / "vocabulary" / "说明.md").read_text("utf-8") == "说明\n"
    with pytest.raises(Refused, match="不能撤回"):
        actions.withdraw(row, reason="不要了", by=signer.actor, at=NOW)


def test_what_was_released_in_the_meantime_is_checked_too(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    """Two policies that are whole alone and not together: a group that stacks in two ways."""
    seeded()
    row = signed(author, signer, _grouped(samples.files(amount="20万元"), "补差"))
    other = _grouped(samples.files("test-2026-2", number="示发〔2026〕2号"), "就高")
    second = actions.draft_release("test-2026-2", other, by=author.actor, at=NOW)
    second = actions.review_release(second, by=author.actor, at=NOW)
    for what in signing.needed(second):
        actions.sign(second, what, seen=signing.digest_of(second, what), by=signer.actor, at=NOW)
    with committed():
        actions.release(second, by=signer.actor, at=NOW)
    with pytest.raises(actions.Broken) as caught:
        actions.release(row, by=signer.actor, at=NOW)
    assert [problem.code for problem in caught.value.problems] == ["stacking-mixed"]
    assert state(row) == ReleaseState.REVIEWED


def _grouped(files: dict[str, str], way: str) -> dict[str, str]:
    path = "supports/奖励1.yaml"
    text = files[path].replace(
        "次数: 每项一次", f'次数: 每项一次\n叠加: {{组: "全局:示例组", 方式: {way}}}'
    )
    return {**files, path: text}


# -------------------------------------------------------------------- withdrawal


def test_withdrawn_supports_leave_lists_and_rules_and_the_document_stays(
    seeded: Any, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    held = Release.objects.get(slug=samples.SLUG)
    with pytest.raises(Refused, match="理由"):
        actions.withdraw(held, reason=" ", by=signer.actor, at=NOW)
    assert queries.supports().count() == 1
    with committed():
        actions.withdraw(held, reason="文件废止", by=signer.actor, at=NOW)
    held.refresh_from_db()
    assert (held.state, held.superseded_at, held.reason) == ("withdrawn", NOW, "文件废止")
    assert SupportEntry.objects.count() == 0
    assert base_rules.library().supports == ()
    assert queries.documents().count() == 1
    assert Document.objects.get().clauses.count() == 2


# -------------------------------------------------------------------- findings


def local(found: list[Finding]) -> Finding:
    return next(finding for finding in found if finding.kind == "本地注册")


def test_findings_of_a_release_are_decided_with_a_reason(seeded: Any, author: Person) -> None:
    seeded()
    row = draft(author)
    found = reviewing.import_findings(row, by=author.actor, at=NOW)
    assert all(finding.is_open for finding in found)
    one = local(found)
    assert (one.is_fair, one.is_open, bool(one.standard)) == (True, True, True)
    assert one.options == ["删除", "修改", "符合例外规定并说明", "设定期限", "保留待报"]
    with pytest.raises(Refused, match="理由"):
        _decide(one, "修改", " ", author)
    for wrong in ("", "核对无误", "随便"):
        with pytest.raises(Refused, match="怎么处理"):
            _decide(one, wrong, "不知道", author)
    _decide(one, "符合例外规定并说明", "促进科学技术进步", author)
    one.refresh_from_db()
    assert (one.decision, one.reason, one.decider, one.decided_on, one.decided_by, one.is_open) == (
        "符合例外规定并说明",
        "促进科学技术进步",
        author.user.name,
        "2026-11-22",
        author.user,
        False,
    )
    with pytest.raises(Refused, match="刚刚被别人处理过"):
        reviewing.decide_finding(one, "修改", "要改", seen="｜｜", by=author.actor, at=NOW)


def test_a_decision_stays_while_the_words_stay(seeded: Any, author: Person) -> None:
    seeded()
    row = draft(author)
    found = reviewing.import_findings(row, by=author.actor, at=NOW)
    for finding in found:
        _decide(finding, "保留待报", "理由", author)
    again = reviewing.import_findings(row, by=author.actor, at=NOW)
    assert {(f.key, f.decision, f.is_open) for f in again} == {
        (f.key, "保留待报", False) for f in found
    }
    text = row.files["supports/奖励1.yaml"].replace("属于 高平市", "属于 阳城县")
    row = actions.edit_draft(
        row, {"supports/奖励1.yaml": text}, seen=row.digest, by=author.actor, at=NOW
    )
    assert Release.objects.get(pk=row.pk).looked_at is None
    third = local(reviewing.import_findings(row, by=author.actor, at=NOW))
    assert (third.decision, third.is_stale, third.is_open) == ("保留待报", True, True)
    _decide(third, "修改", "改回全省", author)
    fourth = local(reviewing.import_findings(row, by=author.actor, at=NOW))
    assert (fourth.decision, fourth.is_stale, fourth.is_open) == ("修改", False, False)


# -------------------------------------------------------------------- review.yaml of the folder


def decided_on_disk(tmp_path: Path, decision: str, on: date) -> str:
    """The review.yaml that `huiqi review --decide` writes for the sample."""
    root = samples.root(tmp_path / "cli", samples.files(amount="20万元"))
    library, _ = load(root)
    documents, _ = load_documents(root)
    policy = library.by_id[samples.SLUG]
    found = review(
        policy, None, (), documents=documents, vocabulary=library.vocabulary, on=NOW.date()
    )
    key = next(item.id for item in found if str(item.kind) == "本地注册")
    made = decide(root / samples.SLUG, found, key, decision, "报省里核定", "示例科长", on)
    assert isinstance(made, Decision)
    return (root / samples.SLUG / "review.yaml").read_text("utf-8")


def test_decisions_in_the_folder_count(seeded: Any, author: Person, tmp_path: Path) -> None:
    seeded()
    kept = decided_on_disk(tmp_path, "保留待报", date(2026, 11, 20))
    row = draft(author, {**samples.files(amount="20万元"), "review.yaml": kept})
    one = local(reviewing.import_findings(row, by=author.actor, at=NOW))
    assert (one.decision, one.reason, one.decider, one.decided_on, one.decided_by, one.is_open) == (
        "保留待报",
        "报省里核定",
        "示例科长",
        "2026-11-20",
        None,
        False,
    )
    _decide(one, "修改", "页面上改变", author)
    again = local(reviewing.import_findings(row, by=author.actor, at=NOW))
    assert (again.decision, again.decided_by) == ("修改", author.user)
    later = kept.replace("2026-11-20", "2026-11-23")
    row = actions.edit_draft(row, {"review.yaml": later}, seen=row.digest, by=author.actor, at=NOW)
    third = local(reviewing.import_findings(row, by=author.actor, at=NOW))
    assert (third.decision, third.decided_by) == ("保留待报", None)


def test_a_decision_of_the_folder_on_other_words_is_stale(
    seeded: Any, author: Person, tmp_path: Path
) -> None:
    seeded()
    kept = decided_on_disk(tmp_path, "保留待报", date(2026, 11, 20))
    files = samples.files(amount="20万元")
    name = "supports/奖励1.yaml"
    files[name] = files[name].replace("属于 高平市", "属于 阳城县")
    row = draft(author, {**files, "review.yaml": kept})
    one = local(reviewing.import_findings(row, by=author.actor, at=NOW))
    assert (one.decision, one.is_stale, one.is_open) == ("保留待报", True, True)


def test_decisions_whose_finding_is_gone_are_told(
    seeded: Any, author: Person, tmp_path: Path
) -> None:
    seeded()
    kept = decided_on_disk(tmp_path, "保留待报", date(2026, 11, 20))
    files = samples.files(amount="20万元")
    name = "supports/奖励1.yaml"
    whole = files[name].replace(
        "  - {条件: 认定.时注册地 属于 高平市, 说明: 发证时注册在高平}\n", ""
    )
    row = draft(author, {**files, name: whole, "review.yaml": kept})
    assert reviewing.gone(row) == ()
    found = reviewing.import_findings(row, by=author.actor, at=NOW)
    assert [one.kind for one in found if one.kind == "本地注册"] == []
    row.refresh_from_db()
    assert [item.finding.split("-")[0] for item in reviewing.gone(row)] == ["本地注册"]


def test_a_review_that_finds_nothing_tells_of_decisions_that_are_gone(
    seeded: Any, author: Person, tmp_path: Path
) -> None:
    seeded()
    kept = decided_on_disk(tmp_path, "保留待报", date(2026, 11, 20))
    row = draft(author, {**samples.files(amount="20万元"), "review.yaml": kept})
    assert reviewing.gone(row) == ()
    row.findings.all().delete()
    row.looked_at = NOW
    assert [item.finding.split("-")[0] for item in reviewing.gone(row)] == ["本地注册"]


def test_mistakes_in_the_decisions_of_a_folder_stop_it(seeded: Any, author: Person) -> None:
    seeded()
    wrong = "- 发现: 本地注册-二-奖励1\n  决定: 修改\n  决定人: 某人\n  日期: 2026-11-20\n"
    row = draft(author, {**samples.files(amount="20万元"), "review.yaml": wrong})
    assert [(p["file"], p["line"]) for p in row.problems] == [("test-2026-1/review.yaml", 1)]
    assert local(reviewing.import_findings(row, by=author.actor, at=NOW)).decision == ""
    with pytest.raises(actions.Broken):
        actions.review_release(row, by=author.actor, at=NOW)


def _decide(finding: Finding, chosen: str, reason: str, by: Person) -> None:
    reviewing.decide_finding(finding, chosen, reason, seen=finding.seal, by=by.actor, at=NOW)


# -------------------------------------------------------------------- subscriptions


def test_a_person_follows_a_policy_a_region_or_everything_once(seeded: Any) -> None:
    seeded()
    someone = people.newcomer()
    actions.subscribe(slug=samples.SLUG, by=someone.actor, at=NOW)
    actions.subscribe(region="140581", by=someone.actor, at=NOW)
    actions.subscribe(by=someone.actor, at=NOW)
    actions.subscribe(by=someone.actor, at=NOW)
    rows = queries.subscriptions(someone.user).values_list("slug", "region")
    assert list(rows) == [(samples.SLUG, ""), ("", "140581"), ("", "")]
    assert queries.follows(someone.user, slug=samples.SLUG)
    assert not queries.follows(people.newcomer().user, slug=samples.SLUG)
    actions.unsubscribe(slug=samples.SLUG, by=someone.actor, at=NOW)
    actions.unsubscribe(slug=samples.SLUG, by=someone.actor, at=NOW)
    assert not queries.follows(someone.user, slug=samples.SLUG)
    acts = AuditEntry.objects.filter(act__contains="subscribe").order_by("number")
    assert [entry.subject for entry in acts] == [samples.SLUG, "140581", "全部", samples.SLUG]


def test_what_is_not_there_cannot_be_followed(seeded: Any) -> None:
    seeded()
    someone = people.newcomer()
    for wrong in ({"slug": "nothing"}, {"region": "999999"}):
        with pytest.raises(Refused):
            actions.subscribe(**wrong, by=someone.actor, at=NOW)
    assert someone.user.subscriptions.count() == 0
