"""Links between clauses that a person confirms, corrects, rejects; what pages show of them."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import AuditEntry
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import exporting, lineage, linking
from huiqi.portal.policies.files import read_zip
from huiqi.portal.policies.linking import Pair
from huiqi.portal.policies.models import LinkDecision, Release
from huiqi.reading import Reading
from huiqi.reading.lineage import Paper, Status
from huiqi.rulebook.library.policy import Policy
from tests.portal import people
from tests.portal.people import NOW, Person
from tests.portal.policies import samples
from tests.portal.policies.test_pages import Queries, text, two_levels

pytestmark = pytest.mark.django_db
UPPER, LOWER = "test-2026-8", "test-2026-9"
PAGE = f"/author/lineage/{UPPER}/{LOWER}/"
PUBLIC = f"/lineage/{UPPER}/{LOWER}/"


@pytest.fixture
def author() -> Person:
    return people.author()


def pair(above: str = "一", below: str = "一") -> Pair:
    return Pair(UPPER, above, LOWER, below)


def decide(by: Person, one: Pair, **options: Any) -> list[LinkDecision]:
    given = {"carries": True, "reason": "都讲培育示例企业", "seen": "", **options}
    return linking.decide_link(one, by=by.actor, at=NOW, **given)


def status(above: str, below: str) -> Status | None:
    made = lineage.between(UPPER, LOWER)
    assert made is not None
    found = [link.status for link in made.links if (link.above, link.below) == (above, below)]
    return found[0] if found else None


# -------------------------------------------------------------------- what is said


def test_a_pair_is_confirmed_rejected_and_taken_back(seeded: Any, author: Person) -> None:
    seeded(*two_levels())
    assert status("一", "一") is Status.CERTAIN
    (row,) = decide(author, pair())
    assert status("一", "一") is Status.CONFIRMED
    (row,) = decide(author, pair(), carries=False, seen=linking.seal(row))
    assert status("一", "一") is Status.REJECTED
    linking.take_back(pair(), seen=linking.seal(row), by=author.actor, at=NOW)
    assert status("一", "一") is Status.CERTAIN
    acts = AuditEntry.objects.filter(act__startswith="policies.link").order_by("number")
    assert [(one.act, one.subject, one.detail.get("carries")) for one in acts] == [
        ("policies.link", "test-2026-8/一 → test-2026-9/一", True),
        ("policies.link", "test-2026-8/一 → test-2026-9/一", False),
        ("policies.link_take_back", "test-2026-8/一 → test-2026-9/一", False),
    ]


def test_a_correction_rejects_one_and_confirms_the_other(seeded: Any, author: Person) -> None:
    seeded(*two_levels())
    decide(author, pair(), carries=False, instead="二")
    assert (status("一", "一"), status("一", "二")) == (Status.REJECTED, Status.CONFIRMED)
    assert AuditEntry.objects.get(act="policies.link").detail["instead"] == "二"


@pytest.mark.parametrize("odd", ["%", "%(x)s", "", "九十九"])
def test_a_pair_that_is_not_there_is_not_found(seeded: Any, author: Person, odd: str) -> None:
    seeded(*two_levels())
    said = {"judgement": "yes", "reason": "都讲培育示例企业", "seen": ""}
    for ends in ({"above": odd, "below": "一"}, {"above": "一", "below": odd}):
        assert author.client.post(f"{PAGE}judge/", said | ends).status_code == 404
    assert LinkDecision.objects.count() == 0


@pytest.mark.parametrize("odd", ["²", "9" * 30, "x", ""])
def test_an_odd_page_number_is_the_first(seeded: Any, author: Person, odd: str) -> None:
    seeded(*two_levels())
    assert author.client.get(PAGE, {"page": odd}).context["listing"].number == 1


def test_refusals_save_nothing(seeded: Any, author: Person) -> None:
    seeded(*two_levels())
    decide(author, pair())
    before = (list(LinkDecision.objects.values()), AuditEntry.objects.count())
    for one, options, words in (
        (pair(), {"reason": " "}, "没有写理由"),
        (pair(), {}, "“一”这一对已有判断，您的判断没有保存。请在它那里改"),
        (pair(), {"seen": "True 2026-01-01"}, "刚刚被别人判断过"),
        (pair(below="二"), {"carries": False, "instead": "一"}, "“一”这一对已有判断"),
        (pair("九"), {}, "没有条款“九”"),
        (pair("二"), {"carries": False, "instead": "九"}, "没有条款“九”"),
        (pair("二"), {"carries": False, "instead": "一"}, "还是这一条"),
        (pair("二"), {"instead": "二"}, "既说承接"),
        (Pair(UPPER, "一", "nothing", "一"), {}, "不在施行"),
        (Pair(UPPER, "一", UPPER, "一"), {}, "同一份文件"),
    ):
        with pytest.raises(Refused, match=words):
            decide(author, one, **options)
    with pytest.raises(Refused, match="刚刚被别人判断过"):
        linking.take_back(pair("二"), seen="", by=author.actor, at=NOW)
    assert (list(LinkDecision.objects.values()), AuditEntry.objects.count()) == before


def test_what_the_folder_says_counts_until_a_later_word(
    seeded: Any, author: Person, client: Client
) -> None:
    upper, lower = two_levels()
    lower["lineage.yaml"] = (
        "- 上级: test-2026-8\n  上级条款: 一\n  条款: 一\n  判断: 不承接\n"
        "  理由: 只是标题相同\n  决定人: 示例科长\n  日期: 2026-11-20\n"
    )
    seeded(upper, lower)
    assert status("一", "一") is Status.REJECTED
    said = text(author.client, f"{PAGE}?show=rejected")
    assert "不承接：只是标题相同示例科长2026-11-20，写在lineage.yaml里" in said
    assert "收回判断" not in said
    assert "只是标题相同" not in text(client, PUBLIC)
    decide(author, pair())
    assert status("一", "一") is Status.CONFIRMED


def test_a_later_word_of_the_folder_stays_when_it_is_taken_along(
    seeded: Any, author: Person
) -> None:
    upper, lower = two_levels()
    later = "\n".join(
        f"- 上级: test-2026-8\n  上级条款: {above}\n  条款: {above}\n  判断: 不承接\n"
        f"  理由: 文件夹里写的\n  决定人: 示例科长\n  日期: {day}\n"
        for above, day in (("一", "2099-12-31"), ("二", "2000-01-01"))
    )
    lower["lineage.yaml"] = later
    seeded(upper, lower)
    for one in (pair(), pair("二", "二")):
        decide(author, one, reason="页面上写的")
    assert (status("一", "一"), status("二", "二")) == (Status.REJECTED, Status.CONFIRMED)
    shown = text(author.client, f"{PAGE}?show=rejected")
    assert "文件夹里写的示例科长2099-12-31，写在lineage.yaml里" in shown
    assert "写在lineage.yaml里" not in text(author.client, f"{PAGE}?show=confirmed")
    release = Release.objects.get(slug=LOWER)
    files, problems = read_zip(
        BytesIO(exporting.take_folder(release, by=author.actor, at=NOW)), LOWER
    )
    assert problems == []
    kept = files["lineage.yaml"]
    assert (kept.count("文件夹里写的"), kept.count("页面上写的")) == (1, 1)
    assert kept.index("文件夹里写的") < kept.index("2099-12-31")


# -------------------------------------------------------------------- pages


def test_both_clauses_stand_side_by_side_and_are_judged(
    seeded: Any, author: Person, client: Client
) -> None:
    seeded(*two_levels())
    assert "示发〔2026〕8号示发〔2026〕9号写明" in text(author.client, "/author/lineage/")
    said = text(author.client, f"{PAGE}?show=sure")
    assert "上级第一条培育示例企业每年报告示例企业的数量市示例局、市财政局" in said
    assert "下级第一条培育示例企业每年报告示例企业的数量市示例局、市财政局" in said
    form = {"above": "一", "below": "一", "seen": "", "show": "sure", "judgement": "yes"}
    empty = author.client.post(f"{PAGE}judge/", {**form, "reason": ""})
    assert (empty.status_code, LinkDecision.objects.count()) == (422, 0)
    done = author.client.post(f"{PAGE}judge/", {**form, "reason": "职责相同"})
    assert done["Location"] == f"{PAGE}?show=sure"
    assert "承接：职责相同" in text(author.client, f"{PAGE}?show=confirmed")
    late = author.client.post(f"{PAGE}judge/", {**form, "reason": "又一次"})
    assert (late.status_code, "这一对已有判断" in late.content.decode()) == (422, True)
    public = client.get(PUBLIC).content.decode()
    assert 'class="lineage-curve is-confirmed"' in public
    assert "其中人工确认1对" in public
    assert "职责相同" not in public
    row = LinkDecision.objects.get()
    seen = {"above": "一", "below": "一", "seen": linking.seal(row), "show": "confirmed"}
    author.client.post(f"{PAGE}back/", seen)
    assert LinkDecision.objects.count() == 0


def test_another_clause_is_named_and_a_pair_is_added(
    seeded: Any, author: Person, client: Client
) -> None:
    seeded(*two_levels())
    form = {"above": "一", "below": "一", "seen": "", "judgement": "other", "reason": "讲的是展会"}
    none = author.client.post(f"{PAGE}judge/", form)
    assert (none.status_code, "选一条承接它的条款" in none.content.decode()) == (422, True)
    author.client.post(f"{PAGE}judge/", {**form, "instead": "二"})
    assert (status("一", "一"), status("一", "二")) == (Status.REJECTED, Status.CONFIRMED)
    wrong = author.client.post(f"{PAGE}add/", {"above": "二", "below": "", "reason": "甲"})
    assert wrong.status_code == 422
    author.client.post(f"{PAGE}add/", {"above": "二", "below": "二", "reason": "都归财政局"})
    assert status("二", "二") is Status.CONFIRMED
    again = author.client.post(f"{PAGE}add/", {"above": "一", "below": "一", "reason": "没看见"})
    assert (again.status_code, status("一", "一")) == (422, Status.REJECTED)
    assert "这一对已有判断" in again.content.decode()
    assert "上级文件的每一条都有条款承接" in text(client, PUBLIC)


def test_who_may_look_and_who_may_judge(seeded: Any, author: Person) -> None:
    seeded(*two_levels())
    signer = people.signer()
    assert "记下判断" not in text(signer.client, f"{PAGE}?show=sure")
    form = {"above": "一", "below": "一", "seen": "", "judgement": "yes", "reason": "甲"}
    assert signer.client.post(f"{PAGE}judge/", form).status_code == 403
    officer = people.of_role(Role.OFFICER).client
    assert [officer.get(url).status_code for url in ("/author/lineage/", PAGE)] == [403, 403]
    for part in ("judge/", "add/", "back/"):
        assert author.client.get(f"{PAGE}{part}").status_code == 405
    assert author.client.get(f"/author/lineage/{UPPER}/nothing/").status_code == 404
    assert author.client.get(f"{PAGE}?show=x&page=99").status_code == 200


def test_queries_of_the_list_of_pairs_do_not_grow(
    seeded: Any, author: Person, django_assert_num_queries: Callable[..., Any]
) -> None:
    upper, lower = two_levels()
    seeded(upper, lower)
    counted = Queries()
    counted.of(author.client, "/author/lineage/")
    one = counted.of(author.client, "/author/lineage/")
    more = [
        samples.files(f"test-2026-{n}", number=f"示发〔2026〕{n}号", title=f"下级{n}")
        for n in (2, 3)
    ]
    seeded(upper, lower, *more)
    author.client.get("/author/lineage/")
    with django_assert_num_queries(one):
        assert len(author.client.get("/author/lineage/").context["lines"]) == 3


def test_a_document_is_prepared_once_for_all_its_pairs(
    seeded: Any, author: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    upper, lower = two_levels()
    third = samples.files("test-2026-2", number="示发〔2026〕2号", title="下级2")
    seeded(upper, lower, third)
    made: list[str] = []
    real = lineage.paper

    def paper(policy: Policy, reading: Reading | None) -> Paper:
        made.append(policy.id)
        return real(policy, reading)

    monkeypatch.setattr(lineage, "paper", paper)
    lineage._between.cache_clear()
    lineage._paper.cache_clear()
    text(author.client, "/author/lineage/")
    assert sorted(made) == ["test-2026-2", UPPER, LOWER]
    decide(author, pair())
    assert status("一", "一") is Status.CONFIRMED
    assert len(made) == 3
