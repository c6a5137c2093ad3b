"""Import of an official document: read, corrected by several people, confirmed, joined to its policy."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from huiqi.portal.base import search
from huiqi.portal.base.models import AuditEntry, StoredFile
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import importing, indexing, queries
from huiqi.portal.policies.enums import DocumentState
from huiqi.portal.policies.importing import Changed, Unreadable
from huiqi.portal.policies.models import Clause, Document
from huiqi.portal.policies.structure import seal
from tests.portal import people
from tests.portal.people import NOW, Person
from tests.portal.policies import samples

pytestmark = pytest.mark.django_db
SHARED = Path(__file__).resolve().parents[4] / "shared" / "policies"
FIVE = ("changzhi-2017-29", "gaoping-2022-43", "lvliang-2022-22", "shanxi-2017-51", "shuozhou-2021-26")  # fmt: skip


@pytest.fixture
def author() -> Person:
    return people.author()


def imported(author: Person, text: str = samples.TEXT) -> Document:
    return importing.import_document(samples.upload(text), by=author.actor, at=NOW)


def confirmed(author: Person, document: Document) -> Document:
    return importing.confirm_document(document, version=document.version, by=author.actor, at=NOW)


def test_what_is_read_of_a_document(author: Person) -> None:
    document = imported(author)
    made = document.reading
    assert (document.state, document.number, document.region, document.issued_on.isoformat()) == (
        DocumentState.READ,
        samples.NUMBER,
        "140581",
        "2026-01-05",
    )
    assert made["document"]["title"] == samples.TITLE
    assert made["document"]["issuers"] == ["高平市示例办公室"]
    assert [(c["name"], c["heading"], c["units"], c["lead"]) for c in made["clauses"]] == [
        ("一", "培育示例企业", ["市示例局", "市财政局"], "市示例局"),
        ("二", "支持企业成长", ["市财政局"], ""),
    ]
    target = made["targets"][0]
    assert (target["clause"], target["comparator"], target["value"], target["unit"]) == (
        "一",
        "达到",
        "50",
        "家",
    )
    support = made["supports"][0]
    assert support["clause"] == "二"
    assert "10万元" in support["amount"]
    marked = {document.text[start:end]: kind for start, end, kind in made["marks"]}
    assert marked["市示例局"] == "unit"
    assert marked["10万元"] == "money"
    assert marked["2027年"] == "date"
    assert queries.documents().count() == 0


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("空.txt", b"", "空"),
        ("图.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, ""),
        ("诗.txt", "春眠不觉晓，处处闻啼鸟。".encode(), "看不出这是一份政策文件"),
        ("旧.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ""),
        ("坏.docx", b"PK\x03\x04 broken", ""),
        ("坏.pdf", b"%PDF-1.7 broken", ""),
    ],
)
def test_bad_files_say_what_to_do_and_save_nothing(
    author: Person, name: str, data: bytes, says: str
) -> None:
    with pytest.raises(Refused, match=says or ".") as caught:
        importing.import_document(SimpleUploadedFile(name, data), by=author.actor, at=NOW)
    assert caught.value.remedy
    counts = (Document.objects.count(), StoredFile.objects.count(), AuditEntry.objects.count())
    assert counts == (0, 0, 0)


def test_the_reader_says_what_is_wrong(author: Person) -> None:
    with pytest.raises(Unreadable) as caught:
        imported(author, "春眠不觉晓，处处闻啼鸟。")
    assert [problem.code for problem in caught.value.problems] == ["read-not-policy"]


def test_the_same_file_is_imported_once(author: Person) -> None:
    imported(author)
    with pytest.raises(Refused, match="正等待确认"):
        imported(author)
    assert Document.objects.count() == 1


# -------------------------------------------------------------------- correcting


def correct(
    author: Person, document: Document, part: str, index: int, seen: str = "", **values: str
) -> Document:
    listed = document.reading[part]
    held = listed if part == "document" else listed[index] if index < len(listed) else {}
    return importing.correct(
        document, part, index, values, seen=seen or seal(held), by=author.actor, at=NOW
    )[0]


def test_each_part_is_corrected_in_place(author: Person) -> None:
    document = imported(author)
    document = correct(author, document, "document", 0, issued_on="2026-01-06", region="140500")
    document = correct(
        author, document, "clauses", 0, heading="培育", units="市示例局、市乙局\n市丙局"
    )
    document = correct(author, document, "targets", 0, value="60", dropped="0")
    document = correct(author, document, "supports", 0, dropped="1")
    held = Document.objects.get()
    assert (held.version, held.region, str(held.issued_on)) == (5, "140500", "2026-01-06")
    assert held.reading["clauses"][0]["units"] == ["市示例局", "市乙局", "市丙局"]
    assert held.reading["targets"][0]["value"] == "60"
    assert held.reading["supports"][0]["dropped"] is True
    entry = AuditEntry.objects.filter(act="policies.correct").order_by("number")[2]
    assert (entry.detail["before"], entry.detail["after"]) == ({"value": "50"}, {"value": "60"})


def test_what_the_reader_missed_is_added(author: Person) -> None:
    document = imported(author)
    document = correct(
        author, document, "targets", 1, seen="-", clause="二", indicator="示例园区", comparator="达到",
        value="3", unit="个", deadline="2028年",
    )  # fmt: skip
    added = document.reading["targets"][1]
    assert (added["clause"], added["indicator"], added["start"]) == ("二", "示例园区", -1)
    with pytest.raises(Refused, match="没有这一项"):
        correct(author, document, "targets", 7, seen="-", indicator="x", value="1")


def test_wrong_values_are_refused_at_their_field(author: Person) -> None:
    document = imported(author)
    for part, field, value in (
        ("document", "title", ""),
        ("document", "issued_on", "2026-02-30"),
        ("document", "region", "999999"),
        ("targets", "value", " "),
        ("targets", "comparator", "大概"),
        ("targets", "clause", "九十九"),
        ("clauses", "heading", "长" * 401),
    ):
        with pytest.raises(Refused) as caught:
            correct(author, document, part, 0, **{field: value})
        assert (caught.value.field, bool(caught.value.remedy)) == (field, True)
    assert Document.objects.get().version == 1


def test_two_people_at_one_place_are_told_and_at_two_places_not(author: Person) -> None:
    document = imported(author)
    seen = seal(document.reading["targets"][0])
    other = people.author()
    first = Document.objects.get()
    correct(other, first, "targets", 0, seen=seen, value="70")
    with pytest.raises(Changed) as caught:
        correct(author, document, "targets", 0, seen=seen, value="80")
    assert caught.value.present["value"] == "70"
    correct(author, document, "clauses", 0, heading="另一处")
    held = Document.objects.get()
    assert (held.reading["targets"][0]["value"], held.reading["clauses"][0]["heading"]) == (
        "70",
        "另一处",
    )


# -------------------------------------------------------------------- confirming


def test_what_was_not_seen_is_not_confirmed(author: Person) -> None:
    document = imported(author)
    correct(author, document, "targets", 0, value="60")
    with pytest.raises(Changed):
        importing.confirm_document(document, version=1, by=author.actor, at=NOW)
    assert (Document.objects.get().state, Clause.objects.count()) == (DocumentState.READ, 0)


def test_a_document_without_a_policy_becomes_one_of_its_own(author: Person) -> None:
    document = imported(author)
    document = correct(author, document, "clauses", 1, heading="兑现示例奖励", lead="市示例局")
    made = confirmed(author, document)
    assert (made.slug, made.state, made.confirmed_by, made.confirmed_at) == (
        f"document-{made.pk}",
        DocumentState.CONFIRMED,
        author.user,
        NOW,
    )
    rows = list(made.clauses.values_list("name", "heading", "lead"))
    assert rows == [("一", "培育示例企业", "市示例局"), ("二", "兑现示例奖励", "市示例局")]
    assert made.clauses.get(name="二").text.startswith("（二）支持企业成长")
    found = queries.clauses().filter(pk__in=search.matching(indexing.CLAUSE, "一次性奖励"))
    assert [row.name for row in found] == ["二"]


def test_a_document_joins_its_policy_and_its_clauses_get_their_words(
    seeded: Any, author: Person
) -> None:
    seeded()
    home = Document.objects.get()
    document = imported(author)
    assert importing.home_of(document) == home
    made = confirmed(author, document)
    assert (made.pk, made.slug, Document.objects.count()) == (home.pk, samples.SLUG, 1)
    assert made.has_text
    assert {c.name: c.text.split("。")[0] for c in made.clauses.all()} == {
        "一": "（一）培育示例企业",
        "二": "（二）支持企业成长",
    }
    found = queries.documents().filter(pk__in=search.matching(indexing.DOCUMENT, "一次性奖励"))
    assert list(found) == [made]


def test_a_policy_released_later_finds_its_document(seeded: Any, author: Person) -> None:
    made = confirmed(author, imported(author, samples.TEXT.replace("1号", "９号")))
    made = Document.objects.get(pk=made.pk)
    seeded(samples.files(number=made.number.replace("〔", "[").replace("〕", "]")))
    held = Document.objects.get()
    assert (held.pk, held.slug) == (made.pk, samples.SLUG)
    assert {c.name: bool(c.text) for c in held.clauses.all()} == {"一": True, "二": True}


def test_a_confirmed_document_is_not_changed_or_discarded(author: Person) -> None:
    made = confirmed(author, imported(author))
    for act in (
        lambda: correct(author, made, "targets", 0, value="9"),
        lambda: confirmed(author, made),
        lambda: importing.discard(made, by=author.actor, at=NOW),
    ):
        with pytest.raises(Refused, match="已经确认或者撤销"):
            act()


def test_discarding(author: Person) -> None:
    document = imported(author)
    importing.discard(document, by=author.actor, at=NOW)
    assert Document.objects.count() == 0
    assert AuditEntry.objects.order_by("-number").first().act == "policies.discard"
    imported(author)


def test_a_failure_while_confirming_saves_nothing(
    seeded: Any, author: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded()
    document = imported(author)

    def broken(*_: object) -> None:
        raise OSError("数据库断开")

    monkeypatch.setattr(indexing, "index", broken)
    with pytest.raises(OSError, match="数据库断开"):
        confirmed(author, document)
    assert Document.objects.filter(state=DocumentState.READ).count() == 1
    assert not Document.objects.get(slug=samples.SLUG).has_text
    assert set(Clause.objects.values_list("text", flat=True)) == {""}


# -------------------------------------------------------------------- the five documents


@pytest.mark.parametrize("slug", FIVE)
def test_a_real_document_joins_its_policy(slug: str, author: Person, committed: Any) -> None:
    from huiqi.portal.base.access import NOBODY
    from huiqi.portal.policies import actions
    from huiqi.rulebook.library.home import policies_folder

    path = SHARED / f"{slug}.txt"
    if not path.is_file():
        pytest.skip(f"shared/policies/{slug}.txt 不在这台机器上")
    with committed():
        actions.seed(policies_folder(), at=NOW, by=NOBODY)
    home = Document.objects.get(slug=slug)
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    document = importing.import_document(upload, by=author.actor, at=NOW)
    made = confirmed(author, document)
    assert (made.pk, made.slug) == (home.pk, slug)
    assert [row.name for row in made.clauses.filter(text="")] == []
