"""The author's and the signer's pages: import and its review, the release desk, review findings."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huiqi.portal.base import jobs
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import AuditEntry, Job
from huiqi.portal.policies import actions, drafting, importing, reviewing, signing
from huiqi.portal.policies.enums import Signed
from huiqi.portal.policies.files import read_zip
from huiqi.portal.policies.models import Document, Finding, Release
from huiqi.portal.policies.structure import seal
from huiqi.portal.web.templatetags.huiqi import cn_date
from tests.portal import people
from tests.portal.people import NOW, Person
from tests.portal.policies import samples
from tests.portal.policies.test_pages import Queries, text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def author() -> Person:
    return people.author()


@pytest.fixture
def signer() -> Person:
    return people.signer()


def waiting(author: Person, words: str = samples.TEXT) -> Document:
    return importing.import_document(samples.upload(words), by=author.actor, at=NOW)


def drafted(author: Person, **options: Any) -> Release:
    files = samples.files(**{"amount": "20万元", **options})
    return actions.draft_release(samples.SLUG, files, by=author.actor, at=NOW)


def work() -> None:
    """A worker does what was asked for last."""
    jobs.run_job(Job.objects.order_by("-pk")[0])


def load_yaml(text: str) -> Any:
    """Every scalar as it is written."""
    return yaml.load(text, Loader=yaml.BaseLoader)


# -------------------------------------------------------------------- import


def test_upload_review_correct_confirm(seeded: Any, author: Person) -> None:
    seeded()
    client = author.client
    assert "没有等待核对的文件" in text(client, "/author/imports/")
    sent = client.post("/author/imports/", {"file": samples.upload()})
    document = Document.objects.get(state="read")
    page = f"/author/imports/{document.pk}/"
    assert sent["Location"] == page
    said = text(client, page)
    assert f"确认后与政策库里的{samples.NUMBER}合并" in said
    assert "目标全市示例企业：达到50家（2027年）看原文更正" in said
    body = client.get(page).content.decode()
    assert '<a class="found-tag" id="t-targets-0" href="#targets-0">目标</a>' in body
    assert 'href="#t-targets-0"' in body
    assert (
        '<mark class="found found-unit"><span class="found-tag">单位</span>市示例局</mark>' in body
    )
    item = f"{page}targets/0/"
    assert 'name="value" value="50"' in client.get(item).content.decode()
    seen = seal(document.reading["targets"][0])
    form = {"seen": seen, "indicator": "示例企业", "comparator": "达到", "value": "60", "unit": "家",
            "deadline": "2027年", "clause": "一"}  # fmt: skip
    saved = client.post(item, form)
    assert saved["Location"] == f"{page}#targets-0"
    assert "示例企业：达到60家（2027年）" in text(client, page)
    for odd in ("²", "2" * 30):
        assert client.post(f"{page}confirm/", {"version": odd}).status_code == 302
        assert Document.objects.get(pk=document.pk).state == "read"
    done = client.post(f"{page}confirm/", {"version": "2"})
    assert done["Location"] == "/documents/test-2026-1/"
    assert "给予10万元一次性奖励" in text(client, "/documents/test-2026-1/clauses/二/")


def test_a_bad_file_shows_problem_and_remedy(db: None, author: Person) -> None:
    file = SimpleUploadedFile("诗.txt", "春眠不觉晓，处处闻啼鸟。".encode())
    response = author.client.post("/author/imports/", {"file": file})
    assert response.status_code == 422
    said = response.content.decode()
    assert "看不出这是一份政策文件" in said
    assert "请确认读入的是公文正文" in said
    assert Document.objects.count() == 0
    nothing = author.client.post("/author/imports/", {})
    assert nothing.status_code == 422


def test_in_place_with_htmx(db: None, author: Person) -> None:
    document = waiting(author)
    item = f"/author/imports/{document.pk}/clauses/0/"
    form = author.client.get(item, headers=HTMX).content.decode()
    assert form.startswith('<div class="read-item" id="clauses-0">')
    assert "<html" not in form
    seen = re.search(r'name="seen" value="(\w+)"', form)[1]  # type: ignore[index]
    values = {"seen": seen, "heading": "培育", "units": "市示例局", "lead": ""}
    saved = author.client.post(item, values, headers=HTMX)
    said = saved.content.decode()
    assert (saved.status_code, "第一条 培育" in said) == (200, True)
    assert '<input type="hidden" name="version" value="2" id="confirm-version"' in said
    assert "<form" not in author.client.get(f"{item}?show=1", headers=HTMX).content.decode()


def test_two_people_at_once_see_a_clear_message(db: None, author: Person) -> None:
    document = waiting(author)
    item = f"/author/imports/{document.pk}/clauses/0/"
    seen = seal(document.reading["clauses"][0])
    first = {"seen": seen, "heading": "第一个人", "units": "", "lead": ""}
    people.author().client.post(item, first)
    response = author.client.post(item, {**first, "heading": "第二个人"})
    assert response.status_code == 409
    said = response.content.decode()
    assert "这一处刚刚被别人改过，您的修改没有保存" in said
    assert 'value="第一个人"' in said
    late = author.client.post(
        f"/author/imports/{document.pk}/confirm/", {"version": "1"}, follow=True
    )
    assert "这一处刚刚被别人改过" in late.content.decode()
    assert Document.objects.get().state == "read"


def test_wrong_input_stands_at_its_field(db: None, author: Person) -> None:
    document = waiting(author)
    item = f"/author/imports/{document.pk}/document/0/"
    seen = seal(document.reading["document"])
    form = {"seen": seen, "title": "标题", "issued_on": "不是日期", "issuers": "甲", "region": ""}
    response = author.client.post(item, form)
    assert response.status_code == 422
    assert "“不是日期”不是日期。写成 2026-03-05" in response.content.decode()


def test_adding_what_was_missed(db: None, author: Person) -> None:
    document = waiting(author)
    item = f"/author/imports/{document.pk}/supports/1/"
    assert "补一项支持" in text(author.client, f"{item}?clause=二")
    form = {"seen": "", "beneficiary": "示例园区", "amount": "5万元", "clause": "二", "event": "",
            "payer": "", "period": ""}  # fmt: skip
    assert author.client.post(item, form).status_code == 302
    assert "示例园区：5万元" in text(author.client, f"/author/imports/{document.pk}/")
    for wrong in ("supports/9", "clauses/9", "nothing/0"):
        assert author.client.get(f"/author/imports/{document.pk}/{wrong}/").status_code == 404


def test_original_is_a_download_and_discarding(db: None, author: Person) -> None:
    document = waiting(author)
    response = author.client.get(f"/author/imports/{document.pk}/file/")
    assert response["Content-Disposition"].startswith("attachment")
    assert b"".join(response.streaming_content).decode() == samples.TEXT
    author.client.post(f"/author/imports/{document.pk}/discard/")
    assert author.client.get(f"/author/imports/{document.pk}/").status_code == 404


# -------------------------------------------------------------------- release desk


def test_from_zip_to_in_force(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    upload = samples.zipped(samples.files(amount="20万元"), samples.SLUG)
    upload.name = "政策.zip"
    sent = author.client.post("/author/releases/", {"slug": samples.SLUG, "file": upload})
    row = Release.objects.get(state="draft")
    page = f"/author/releases/{row.pk}/"
    assert sent["Location"] == page
    said = text(author.client, page)
    assert "支持“示例企业奖励1”参数›奖励10万元20万元" in said
    assert "检查全部用例并送签" in said
    author.client.post(f"{page}review/", {"seen": row.digest})
    said = text(author.client, page)
    assert f"送签：{samples.NUMBER}第2版" in said
    assert "检查全部用例并送签" not in said
    work()
    assert "2个边界用例在两个计算引擎上都符合，已送签" in text(author.client, page)
    assert "您编写或者改过这一版，不能签" not in text(signer.client, page)
    assert "边界用例还没有人签。看过再签" in text(signer.client, page)
    for what in (Signed.CASES, Signed.INTERPRETATIONS):
        said = text(signer.client, f"{page}sign/{what.value}/")
        assert ("发证当天注册在高平" in said) == (what is Signed.CASES)
        seen = signing.digest_of(Release.objects.get(pk=row.pk), what)
        signer.client.post(f"{page}sign/{what.value}/", {"seen": seen, "reason": "同意"})
    assert "发布这一版" in text(signer.client, page)
    signer.client.post(f"{page}release/", {"seen": row.digest})
    again = signer.client.post(f"{page}release/", {"seen": row.digest}, follow=True)
    assert again.context["job"].is_open
    assert Job.objects.filter(kind="policies.release").count() == 1
    with committed():
        work()
    assert "20万元" in text(author.client, "/supports/test-2026-1/奖励1/")
    history = text(author.client, page)
    assert "第2版已发布" in history
    assert "第1版已被替代" in history


def test_problems_are_shown_with_place_and_remedy(seeded: Any, author: Person) -> None:
    seeded()
    row = drafted(author)
    name = "supports/奖励1.yaml"
    broken = row.files[name].replace("属于 高平市", "属于 高乎市")
    file = f"/author/releases/{row.pk}/file/?path={name}"
    saved = author.client.post(file, {"seen": row.digest, "path": name, "text": broken})
    assert saved["Location"] == f"/author/releases/{row.pk}/"
    said = text(author.client, f"/author/releases/{row.pk}/")
    assert "test-2026-1/supports/奖励1.yaml第10行" in said
    assert "高乎市" in said
    assert "怎么办" in said
    held = Release.objects.get(pk=row.pk)
    author.client.post(f"/author/releases/{row.pk}/review/", {"seen": held.digest})
    work()
    assert "没有完成这一版还有问题，不能送签：1处" in text(
        author.client, f"/author/releases/{row.pk}/"
    )
    assert Release.objects.get(pk=row.pk).state == "draft"


def test_a_missed_case_is_shown(seeded: Any, author: Person) -> None:
    seeded()
    row = drafted(author, case="30万元")
    author.client.post(f"/author/releases/{row.pk}/review/", {"seen": row.digest})
    work()
    said = author.client.get(f"/author/releases/{row.pk}/").content.decode()
    assert "金额应为30万元，算得20万元" in said
    assert "test-2026-1/cases/奖励1.yaml" in said


def test_bad_zips_and_names_stand_on_the_page(seeded: Any, author: Person) -> None:
    seeded()
    upload = samples.zipped({"../policy.yaml": "a: 1"})
    upload.name = "坏.zip"
    response = author.client.post("/author/releases/", {"slug": "test-2026-7", "file": upload})
    assert (response.status_code, "指到了政策目录外面" in response.content.decode()) == (422, True)
    upload = samples.zipped(samples.files())
    upload.name = "好.zip"
    response = author.client.post("/author/releases/", {"slug": "大写", "file": upload})
    assert (response.status_code, "用小写字母" in response.content.decode()) == (422, True)
    assert Release.objects.filter(state="draft").count() == 0


def test_two_editors_of_a_file(seeded: Any, author: Person) -> None:
    seeded()
    row = drafted(author)
    file = f"/author/releases/{row.pk}/file/"
    form = {"seen": row.digest, "path": "说明.md", "text": "第一个人\n"}
    people.author().client.post(file, form)
    response = author.client.post(file, {**form, "text": "第二个人\n"})
    assert response.status_code == 422
    said = response.content.decode()
    assert "草稿刚刚被别人改过，您的修改没有保存" in said
    assert "第二个人" in said
    assert Release.objects.get(pk=row.pk).files["说明.md"] == "第一个人\n"


def test_files_are_read_renamed_and_removed(seeded: Any, author: Person, signer: Person) -> None:
    seeded()
    row = drafted(author, supports=2)
    page = f"/author/releases/{row.pk}/file/?path=cases/奖励2.yaml"
    assert "发证当天注册在高平" in text(signer.client, page)
    assert "<textarea" not in signer.client.get(page).content.decode()
    author.client.post(page, {"seen": row.digest, "path": "cases/奖励2.yaml", "remove": "1"})
    held = Release.objects.get(pk=row.pk)
    assert "cases/奖励2.yaml" not in held.files
    page = f"/author/releases/{row.pk}/file/?path=targets.yaml"
    form = {"seen": held.digest, "path": "目标.yaml", "text": held.files["targets.yaml"]}
    author.client.post(page, form)
    held = Release.objects.get(pk=row.pk)
    assert ("targets.yaml" in held.files, "目标.yaml" in held.files) == (False, True)
    assert author.client.get(page).status_code == 404


def test_difference_of_two_versions(seeded: Any, author: Person) -> None:
    seeded()
    row = drafted(author)
    said = text(author.client, f"/author/releases/{row.pk}/difference/")
    assert "第1版→第2版" in said
    assert "-参数:{奖励:10万元}+参数:{奖励:20万元}" in said
    for wrong in ("99", "x", "2", "²", "9" * 30):
        status = author.client.get(
            f"/author/releases/{row.pk}/difference/?with={wrong}"
        ).status_code
        assert (wrong, status) in {
            ("99", 404), ("x", 200), ("2", 404), ("²", 200), ("9" * 30, 200),
        }  # fmt: skip


def test_draft_on_a_version_discard_and_withdraw(
    seeded: Any, author: Person, signer: Person, committed: Callable[[], Any]
) -> None:
    seeded()
    held = Release.objects.get(slug=samples.SLUG)
    page = f"/author/releases/{held.pk}/"
    author.client.post(f"{page}draft/")
    row = Release.objects.get(state="draft")
    again = author.client.post(f"{page}draft/")
    assert (again.status_code, "已有第2版草稿" in again.content.decode()) == (422, True)
    author.client.post(f"/author/releases/{row.pk}/discard/")
    assert not Release.objects.filter(pk=row.pk).exists()
    empty = signer.client.post(f"{page}withdraw/", {"reason": ""})
    assert (empty.status_code, "没有写撤回的理由" in empty.content.decode()) == (422, True)
    with committed():
        signer.client.post(f"{page}withdraw/", {"reason": "废止"})
    assert "已撤回" in text(author.client, page)


# -------------------------------------------------------------------- findings


def test_findings_are_run_and_decided(seeded: Any, author: Person) -> None:
    seeded()
    row = drafted(author)
    page = f"/author/releases/{row.pk}/findings/"
    assert "还没有审查" in text(author.client, page)
    author.client.post(f"{page}run/")
    one = Finding.objects.filter(is_fair=True).first()
    assert one is not None
    said = text(author.client, page)
    assert "".join(one.message.split()) in said
    assert "公平竞争审查条例" in said
    seen, chosen = {"seen": one.seal}, "符合例外规定并说明"
    empty = author.client.post(f"{page}{one.pk}/", {**seen, "decision": chosen, "reason": ""})
    assert empty.status_code == 422
    author.client.post(f"{page}{one.pk}/", {**seen, "decision": chosen, "reason": "科技进步"})
    one.refresh_from_db()
    assert (one.decision, one.reason) == (chosen, "科技进步")
    late = author.client.post(f"{page}{one.pk}/", {**seen, "decision": "修改", "reason": "改"})
    assert (late.status_code, "刚刚被别人处理过" in late.content.decode()) == (422, True)
    listed = author.client.get(f"{page}?state=decided&fair=1").context["listing"]
    assert [row.pk for row in listed.rows] == [one.pk]
    desk = text(author.client, f"/author/releases/{row.pk}/")
    assert f"{chosen}科技进步{author.user.name}{cn_date(one.decided_at)}" in desk


def test_a_blocking_finding_stands_in_the_way_on_the_page(
    seeded: Any, author: Person, signer: Person
) -> None:
    seeded()
    row = actions.review_release(drafted(author), by=author.actor, at=NOW)
    for what in signing.needed(row):
        actions.sign(row, what, seen=signing.digest_of(row, what), by=signer.actor, at=NOW)
    page = f"/author/releases/{row.pk}/"
    assert "发布这一版" in text(signer.client, page)
    Finding.objects.create(
        release=row, key="迁入奖励-二", kind="迁入奖励", message="示例发现", basis="规则",
        options=["修改", "保留待报"],
    )  # fmt: skip
    said = text(signer.client, page)
    assert "还有1条审查发现没有决定，逐条写明决定和理由以后才能发布" in said
    assert "发布这一版" not in said
    refused = signer.client.post(f"{page}release/", {"seen": row.digest})
    assert (refused.status_code, "没有决定" in refused.content.decode()) == (422, True)
    assert "1条" in text(author.client, "/author/releases/?state=reviewed")


def test_after_an_edit_the_findings_are_old(seeded: Any, author: Person) -> None:
    seeded()
    row = drafted(author)
    page = f"/author/releases/{row.pk}/findings/"
    author.client.post(f"{page}run/")
    assert "审查以后文件又改过" not in text(author.client, page)
    actions.edit_draft(row, {"说明.md": "改\n"}, seen=row.digest, by=author.actor, at=NOW)
    assert "审查以后文件又改过" in text(author.client, page)


def test_the_folder_is_taken_along_with_its_decisions_and_comes_back(
    seeded: Any, author: Person
) -> None:
    seeded()
    row = drafted(author)
    one = reviewing.import_findings(row, by=author.actor, at=NOW)[0]
    reviewing.decide_finding(
        one, one.options[-1], "留待报批", seen=one.seal, by=author.actor, at=NOW
    )
    sent = author.client.get(f"/author/releases/{row.pk}/folder/")
    assert sent["Content-Disposition"] == 'attachment; filename="test-2026-1-2.zip"'
    assert sent["Content-Type"] == "application/zip"
    files, problems = read_zip(BytesIO(sent.content), samples.SLUG)
    assert problems == []
    kept = files.pop("review.yaml")
    assert files == samples.files(amount="20万元")
    assert f"发现: {one.key}" in kept
    assert f"决定人: {author.user.name}" in kept
    actions.discard_draft(row, by=author.actor, at=NOW)
    again = actions.draft_release(
        samples.SLUG, {**files, "review.yaml": kept}, by=author.actor, at=NOW
    )
    found = reviewing.import_findings(again, by=author.actor, at=NOW)
    assert [(item.key, item.reason) for item in found if not item.is_open] == [
        (one.key, "留待报批")
    ]
    assert AuditEntry.objects.filter(act="policies.take_folder").count() == 1


def test_a_new_document_becomes_a_draft_of_a_folder(seeded: Any, author: Person) -> None:
    seeded()
    words = samples.TEXT.replace("1号", "7号").replace("示例企业的实施意见", "示例园区的实施意见")
    document = waiting(author, words)
    importing.confirm_document(document, version=1, by=author.actor, at=NOW)
    document = Document.objects.get(number="示发〔2026〕7号")
    page = f"/documents/{document.slug}/"
    assert "由原文起草" in text(author.client, page)
    assert "由原文起草" not in text(Client(), page)
    assert "由原文起草" not in text(author.client, f"/documents/{samples.SLUG}/")
    desk = f"/author/releases/from/{document.slug}/"
    for wrong in ("", "中文", samples.SLUG):
        said = author.client.post(desk, {"slug": wrong}, follow=True).content.decode()
        assert "目录名" in said
        assert f'name="slug" value="{wrong}"' in said
    assert Release.objects.filter(state="draft").count() == 0
    done = author.client.post(desk, {"slug": "test-2026-7"}, follow=True)
    row = Release.objects.get(state="draft")
    assert (row.slug, row.number, row.title) == (
        "test-2026-7",
        "示发〔2026〕7号",
        "高平市示例办公室关于支持示例园区的实施意见",
    )
    assert [path for path in row.files if path.startswith("supports/")] != []
    assert row.warnings != []
    assert "待定" in done.content.decode()
    known = author.client.post(f"/author/releases/from/{samples.SLUG}/", {"slug": "x"}, follow=True)
    assert "已经有政策目录" in known.content.decode()


def test_a_draft_holds_what_was_corrected(seeded: Any, author: Person) -> None:
    seeded()
    document = waiting(author, samples.TEXT.replace("1号", "7号"))

    def correct(part: str, index: int, **values: str) -> None:
        nonlocal document
        listed = document.reading[part]
        held = listed if part == "document" else listed[index] if index < len(listed) else {}
        document, _ = importing.correct(
            document, part, index, values, seen=seal(held), by=author.actor, at=NOW
        )

    correct("document", 0, number="示发〔2026〕8号", issued_on="2026-01-06", region="140522")
    correct("clauses", 1, heading="帮助企业成长", units="市示例局、市财政局", lead="市示例局")
    correct("targets", 0, value="1,200", comparator="超过", deadline="2028年底", clause="二")
    correct(
        "targets", 1, indicator="示例园区", comparator="介于", value="3—5", unit="个", clause="二"
    )
    correct("targets", 2, indicator="示例街区", comparator="达到", value="若干")
    correct("supports", 0, amount="20万元", payer="省财政")
    correct("supports", 1, beneficiary="示例团队", amount="5万元", clause="二")
    importing.confirm_document(document, version=document.version, by=author.actor, at=NOW)
    row = drafting.draft_from_document(
        Document.objects.get(number="示发〔2026〕8号"), "test-2026-8", by=author.actor, at=NOW
    )
    policy = load_yaml(row.files["policy.yaml"])
    assert (policy["文号"], policy["印发日期"], policy["适用地区"]) == (
        "示发〔2026〕8号", "2026-01-06", "阳城县",
    )  # fmt: skip
    clause = next(one for one in policy["条款"] if one["编号"] == "二")
    assert (clause["标题"], clause["单位"], clause["牵头"]) == (
        "帮助企业成长", ["市示例局", "市财政局"], "市示例局",
    )  # fmt: skip
    assert policy["待定"][-2:] == [
        "核对时补的目标“示例街区”，数值“若干”不是数",
        "核对时补的支持没有原文可读，请写成规则：示例团队，5万元",
    ]
    targets = load_yaml(row.files["targets.yaml"])
    assert [(one["条款"], one["比较"], one["值"], one.get("截止")) for one in targets] == [
        ("二", "超过", "1200", "2028-12-31"),
        ("二", "介于", ["3", "5"], None),
    ]
    listed = [load_yaml(text) for path, text in row.files.items() if path.startswith("supports/")]
    assert [one["资金"] for one in listed] == ["省财政"]
    assert listed[0]["待定"][-1] == "核对时更正：给多少改为“20万元”。规则由原文写成，请照此改"


def test_what_was_misread_is_not_drafted(seeded: Any, author: Person) -> None:
    seeded()
    document = waiting(author, samples.TEXT.replace("1号", "7号"))
    for part in ("targets", "supports"):
        document, _ = importing.correct(
            document, part, 0, {"dropped": "1"}, seen=seal(document.reading[part][0]),
            by=author.actor, at=NOW,
        )  # fmt: skip
    importing.confirm_document(document, version=document.version, by=author.actor, at=NOW)
    held = Document.objects.get(number="示发〔2026〕7号")
    row = drafting.draft_from_document(held, "test-2026-7", by=author.actor, at=NOW)
    assert list(row.files) == ["policy.yaml"]


# -------------------------------------------------------------------- who may


DESK_PAGES = (
    "/author/imports/",
    "/author/imports/{document}/",
    "/author/imports/{document}/clauses/0/",
    "/author/releases/",
    "/author/releases/{draft}/",
    "/author/releases/{draft}/file/",
    "/author/releases/{draft}/difference/",
    "/author/releases/{draft}/findings/",
)


@pytest.mark.parametrize(
    "role", [None, *(role for role in Role if role not in (Role.AUTHOR, Role.SIGNER))]
)
def test_others_open_none_of_it(seeded: Any, author: Person, role: Role | None) -> None:
    seeded()
    names = {"document": waiting(author).pk, "draft": drafted(author).pk}
    someone = people.of_role(role)
    for page in DESK_PAGES:
        url = page.format(**names)
        assert (url, someone.client.get(url).status_code) == (url, 403)
        assert Client().get(url)["Location"].startswith("/login/")


def test_authors_do_not_sign_and_signers_do_not_write(
    seeded: Any, author: Person, signer: Person
) -> None:
    seeded()
    row = drafted(author)
    page = f"/author/releases/{row.pk}/"
    for part in ("sign/cases/", "release/", "withdraw/"):
        assert author.client.post(f"{page}{part}").status_code == 403
    for part in ("draft/", "review/", "discard/"):
        assert signer.client.post(f"{page}{part}").status_code == 403
    assert signer.client.post(f"{page}file/", {"path": "x.md", "text": ""}).status_code == 404
    upload = samples.zipped(samples.files("test-2026-5"))
    upload.name = "政策.zip"
    sent = signer.client.post("/author/releases/", {"slug": "test-2026-5", "file": upload})
    assert (sent.status_code, Release.objects.filter(slug="test-2026-5").count()) == (422, 0)


def test_acts_are_no_get(seeded: Any, author: Person, signer: Person) -> None:
    seeded()
    row = drafted(author)
    for part in ("draft/", "review/", "discard/"):
        assert author.client.get(f"/author/releases/{row.pk}/{part}").status_code == 405
    for part in ("release/", "withdraw/"):
        assert signer.client.get(f"/author/releases/{row.pk}/{part}").status_code == 405


# -------------------------------------------------------------------- queries


def test_queries_of_lists_do_not_grow(
    seeded: Any, author: Person, django_assert_num_queries: Callable[..., Any]
) -> None:
    seeded()
    counted = Queries()
    waiting(author)
    drafted(author)
    author.client.get("/author/releases/")
    imports, desk = (counted.of(author.client, f"/author/{p}/") for p in ("imports", "releases"))
    for n in (2, 3):
        waiting(people.author(), samples.TEXT.replace("1号", f"{n}号"))
        files = samples.files(f"test-2026-{n}", number=f"示发〔2026〕{n}号")
        actions.draft_release(f"test-2026-{n}", files, by=people.author().actor, at=NOW)
    with django_assert_num_queries(imports):
        assert len(author.client.get("/author/imports/").context["listing"].rows) == 3
    with django_assert_num_queries(desk):
        assert len(author.client.get("/author/releases/?state=draft").context["listing"].rows) == 3
