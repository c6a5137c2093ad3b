"""Pages of accounts and of the operator: each form and button does its act, and only for its own."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from huiqi.portal.base import accounts, audit, claims, jobs, tokens
from huiqi.portal.base.enums import ClaimState, JobState, Role, UnitKind, YearState
from huiqi.portal.base.models import (
    AuditEntry,
    CalendarDay,
    CalendarYear,
    Claim,
    Invitation,
    Job,
    Membership,
    StoredFile,
    Token,
    Unit,
    User,
)
from tests.portal import people
from tests.portal.pdfs import pdf
from tests.portal.people import NOW, credit_code

pytestmark = pytest.mark.django_db
CODE = credit_code(700)
PDF = pdf()


def texts(response: Any) -> list[str]:
    """What the next page will say."""
    return [str(one) for one in response.wsgi_request._messages]


def claim_form(**changed: Any) -> dict[str, Any]:
    return {
        "credit_code": CODE,
        "enterprise_name": "示例科技有限公司（虚构）",
        "region": "140581",
        "post": "财务负责人",
        "statement": "",
    } | changed


def claimed(person: people.Person, code: str = CODE, region: str = "140581") -> Claim:
    return claims.make(code, "示例科技（虚构）", region, "负责人", "", by=person.actor, at=NOW)


# ---------------------------------------------------------------- claims


def test_a_claim_with_a_paper_is_read_by_its_officer_only(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    person, officer = people.newcomer(), people.officer("140500")
    paper = SimpleUploadedFile("授权书.pdf", PDF)
    made = person.client.post("/account/claims/new/", claim_form(evidence=paper))
    assert made["Location"] == "/account/claims/"
    claim = Claim.objects.get()
    assert (claim.credit_code, claim.state, claim.evidence.name) == (  # type: ignore[union-attr]
        CODE,
        ClaimState.WAITING,
        "授权书.pdf",
    )
    path = f"/office/claims/{claim.pk}/evidence/"
    found = officer.client.get(path)
    assert b"".join(found.streaming_content) == PDF  # type: ignore[arg-type]
    assert found["Content-Disposition"].startswith("attachment;")
    assert AuditEntry.objects.filter(act="claim.evidence", actor=officer.user).count() == 1
    assert people.officer("140400").client.get(path).status_code == 404
    own = f"/account/claims/{claim.pk}/evidence/"
    mine = person.client.get(own)
    assert b"".join(mine.streaming_content) == PDF  # type: ignore[arg-type]
    assert people.newcomer().client.get(own).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"credit_code": "9.14E+17"}, "credit_code", "表格软件把代码当成数字"),
        ({"credit_code": CODE[:-1] + "0"}, "credit_code", "校验码对不上"),
        ({"enterprise_name": ""}, "enterprise_name", "登记库里没有这家企业"),
        ({"region": ""}, "region", "请选择企业所在"),
        ({"post": ""}, "post", "没有填写"),
        ({"evidence": SimpleUploadedFile("a.pdf", b"MZ..")}, "evidence", "文件内容是程序"),
        ({"evidence": SimpleUploadedFile("a.exe", b"MZ..")}, "evidence", "不接收“.exe”文件"),
        ({"evidence": SimpleUploadedFile("a.pdf", b"")}, "evidence", "文件是空的"),
    ],
)
def test_a_wrong_claim_says_so_beside_the_field_and_keeps_nothing(
    changed: dict[str, Any], field: str, said: str, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    response = people.newcomer().client.post("/account/claims/new/", claim_form(**changed))
    errors = response.context["form"].errors
    assert list(errors) == [field]
    assert said in errors[field][0]
    assert (Claim.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_an_officer_confirms_and_sends_back() -> None:
    officer, stranger = people.officer("140500"), people.officer("140400")
    first, second = people.newcomer(), people.newcomer()
    one, two = claimed(first), claimed(second, credit_code(701))
    shown = officer.client.get("/office/claims/")
    assert [row.pk for row in shown.context["listing"].rows] == [one.pk, two.pk]
    assert stranger.client.get("/office/claims/").context["listing"].rows == []
    for path in (f"/office/claims/{one.pk}/", f"/office/claims/{one.pk}/confirm/"):
        assert stranger.client.post(path, {"reason": "x"}).status_code == 404
    officer.client.post(f"/office/claims/{one.pk}/confirm/")
    assert Membership.objects.get(user=first.user).role == Role.ENTERPRISE_ADMIN
    again = officer.client.post(f"/office/claims/{one.pk}/confirm/")
    assert texts(again)[-1] == "这项认领已经由别人办结或撤回。请刷新后查看"
    empty = officer.client.post(f"/office/claims/{two.pk}/", {"reason": ""})
    assert list(empty.context["form"].errors) == ["reason"]
    officer.client.post(f"/office/claims/{two.pk}/", {"reason": "请附授权书"})
    assert "请附授权书" in second.client.get("/account/claims/").content.decode()


def test_ones_own_claim_can_be_withdrawn_and_nobody_elses() -> None:
    person = people.newcomer()
    claim = claimed(person)
    assert people.newcomer().client.post(f"/account/claims/{claim.pk}/withdraw/").status_code == 404
    person.client.post(f"/account/claims/{claim.pk}/withdraw/")
    assert Claim.objects.get().state == ClaimState.WITHDRAWN


# ---------------------------------------------------------------- colleagues, delegation, keys


def test_a_colleague_is_invited_signs_up_and_joins() -> None:
    admin = people.enterprise_user()
    shown = admin.client.post("/my/colleagues/", {"name": "测试同事", "role": "enterprise_staff"})
    link = re.findall(r'<code class="secret">(.*?)</code>', shown.content.decode())[0]
    path = link.removeprefix("http://testserver")
    guest = people.visitor()
    assert f"/account/signup/?next={path.replace('/', '%2F')}" in guest.get(path).content.decode()
    joined = guest.post(
        f"/account/signup/?next={path}",
        {
            "username": "tongshi",
            "name": "测试同事",
            "phone": "0356-0000000",
            "password": "yi-ge-hao-mima",
            "again": "yi-ge-hao-mima",
        },
    )
    assert joined["Location"] == path
    assert guest.post(f"{path}accept/")["Location"] == "/"
    assert guest.get("/account/").context["actor"].unit == admin.unit
    assert guest.get(path).status_code == 404
    member = Membership.objects.get(user__username="tongshi")
    admin.client.post(f"/my/colleagues/{member.pk}/end/")
    assert guest.get("/account/").context["actor"].membership is None


def test_a_link_to_pass_on_carries_the_sites_public_address(settings: Any) -> None:
    settings.SITE_URL = "https://huiqi.test"
    form = {"name": "测试同事", "role": "enterprise_staff"}
    shown = people.enterprise_user().client.post("/my/colleagues/", form)
    assert shown.context["link"].startswith("https://huiqi.test/account/invitations/")


def test_an_administrator_touches_own_colleagues_only() -> None:
    admin = people.enterprise_user()
    other = people.enterprise_user(credit_code(2))
    made, _ = accounts.invite("测试", Role.ENTERPRISE_STAFF, by=other.actor, at=timezone.now())
    assert other.membership is not None
    assert admin.client.post(f"/my/colleagues/{other.membership.pk}/end/").status_code == 404
    assert admin.client.post(f"/my/invitations/{made.pk}/revoke/").status_code == 404
    other.client.post(f"/my/invitations/{made.pk}/revoke/")
    assert Invitation.objects.get().revoked_at is not None


def test_a_role_is_delegated_and_taken_back_on_the_page() -> None:
    officer, colleague = people.officer(), people.leader()
    today = timezone.localdate()
    form = {"to": colleague.user.pk, "since": today, "until": today + timedelta(days=2)}
    assert officer.client.post("/account/delegation/", form).status_code == 302
    given = Membership.objects.get(delegated_from=officer.membership)
    assert colleague.client.get("/account/").context["actor"].others[1] == given
    path = f"/account/delegation/{given.pk}/end/"
    assert colleague.client.post(path).status_code == 404
    officer.client.post(path)
    given.refresh_from_db()
    assert given.ended_by == officer.user


def test_a_key_is_shown_once_and_revoked_by_its_owner() -> None:
    owner = people.enterprise_user()
    form = {"name": "财务系统", "scopes": ["own:read"], "days": "90"}
    shown = owner.client.post("/account/tokens/", form)
    secret = re.findall(r'<code class="secret">(hq_.*?)</code>', shown.content.decode())[0]
    assert "no-store" in shown["Cache-Control"]
    assert secret not in owner.client.get("/account/tokens/").content.decode()
    token = Token.objects.get()
    path = f"/account/tokens/{token.pk}/revoke/"
    assert people.enterprise_user().client.post(path).status_code == 404
    owner.client.post(path)
    token.refresh_from_db()
    assert token.revoked_at is not None


# ---------------------------------------------------------------- the operator


def test_an_account_is_made_given_a_role_and_closed() -> None:
    operator, office = people.operator(), people.department("示例局（虚构）")
    form = {"username": "xinren", "name": "测试新人", "phone": "", "email": ""}
    shown = operator.client.post("/admin/accounts/new/", form)
    assert "no-store" in shown["Cache-Control"]
    user = User.objects.get(username="xinren")
    password = re.findall(r'<code class="secret">(.*?)</code>', shown.content.decode())[0]
    assert user.check_password(password)
    grant = {"unit": "示例局（虚构）", "role": "officer", "since": "2026-11-22", "until": ""}
    assert operator.client.post(f"/admin/accounts/{user.pk}/grant/", grant).status_code == 302
    member = Membership.objects.get(user=user)
    assert (member.unit, member.role, member.until) == (office, Role.OFFICER, None)
    wrong = operator.client.post(
        f"/admin/accounts/{user.pk}/grant/", grant | {"unit": "没有的单位"}
    )
    assert list(wrong.context["grant"].errors) == ["unit"]
    operator.client.post(f"/admin/memberships/{member.pk}/end/")
    operator.client.post(f"/admin/accounts/{user.pk}/switch/", {"open": "0"})
    user.refresh_from_db()
    assert not user.is_active
    acts = AuditEntry.objects.order_by("number").values_list("act", flat=True)
    assert list(acts) == ["account.create", "role.grant", "role.end", "account.close"]


def test_a_unit_is_made_changed_and_given_members() -> None:
    operator, user = people.operator(), people.user()
    form = {
        "kind": "department",
        "name": "示例局（虚构）",
        "credit_code": "",
        "region": "140581",
        "parent": "",
        "sources": ["税务部门"],
        "is_active": "on",
    }
    operator.client.post("/admin/accounts/units/new/", form)
    unit = Unit.objects.get(name="示例局（虚构）")
    assert (unit.kind, unit.region, unit.sources, unit.is_active) == (
        UnitKind.DEPARTMENT,
        "140581",
        ["税务部门"],
        True,
    )
    twice = operator.client.post("/admin/accounts/units/new/", form)
    assert twice.context["form"].non_field_errors() == ["同一地区已有同名单位"]
    member = {"username": user.username, "role": "registrar", "since": "2026-11-22", "until": ""}
    operator.client.post(f"/admin/accounts/units/{unit.pk}/members/", member)
    assert Membership.objects.get(user=user).role == Role.REGISTRAR
    unknown = operator.client.post(
        f"/admin/accounts/units/{unit.pk}/members/", member | {"username": "nobody"}
    )
    assert list(unknown.context["member"].errors) == ["username"]
    operator.client.post(f"/admin/accounts/units/{unit.pk}/", form | {"is_active": ""})
    unit.refresh_from_db()
    assert not unit.is_active


def test_the_calendar_is_taken_over_and_edited() -> None:
    operator = people.operator()
    operator.client.post("/admin/calendar/take-over/")
    last = CalendarYear.objects.order_by("-year").first()
    assert last is not None
    operator.client.post("/admin/calendar/add-year/")
    path = f"/admin/calendar/{last.year + 1}/"
    day = {"part": "day", "day": f"{last.year + 1}-10-01", "kind": "off", "name": "国庆节"}
    saved = operator.client.post(path, day)
    expected = 302 if CalendarDay.objects.filter(day=day["day"]).exists() else 200
    assert saved.status_code == expected
    wrong = operator.client.post(path, {"part": "year", "state": "announced", "notice": ""})
    assert list(wrong.context["form"].errors) == ["notice"]
    operator.client.post(path, {"part": "year", "state": "announced", "notice": "示例通知"})
    assert CalendarYear.objects.get(year=last.year + 1).state == YearState.ANNOUNCED


def test_a_job_is_cancelled_by_the_operator() -> None:
    operator = people.operator()
    job = jobs.enqueue("tests.none", "测试作业", {}, by=operator.actor, at=NOW)
    assert "测试作业" in operator.client.get("/admin/accounts/jobs/").content.decode()
    operator.client.post(f"/admin/accounts/jobs/{job.pk}/cancel/")
    assert Job.objects.get().state == JobState.CANCELLED


# ---------------------------------------------------------------- the audit's page


def test_the_audit_is_searched_and_exported() -> None:
    auditor, officer = people.auditor(), people.officer()
    audit.record("registry.read", at=NOW, actor=officer.actor, subject=CODE, address="192.0.2.1")
    audit.record("login", at=NOW - timedelta(days=3), actor=auditor.actor, subject="ceshi")

    def found(**asked: str) -> list[str]:
        rows = auditor.client.get("/admin/audit/", asked).context["rows"]
        return [row["entry"].act for row in rows]

    assert found() == ["login", "registry.read"]
    assert found(actor=officer.user.name) == ["registry.read"]
    assert found(actor=officer.user.username) == ["registry.read"]
    assert found(act="registry.") == ["registry.read"]
    assert found(subject=CODE[:6]) == ["registry.read"]
    assert found(since="2026-11-22") == ["registry.read"]
    assert found(until="2026-11-21") == ["login"]
    assert found(subject="没有") == []
    sheet = auditor.client.get("/admin/audit/", {"format": "xlsx", "act": "registry."})
    content = b"".join(sheet.streaming_content)  # type: ignore[arg-type]
    assert read(content)[1][3:7] == [
        officer.unit.name,
        "查看企业登记",
        "registry.read",
        CODE,
    ]
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.act, entry.actor, entry.detail["rows"]) == ("audit.export", auditor.user, 1)


def read(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_the_auditor_has_the_chain_checked() -> None:
    auditor = people.auditor()
    audit.record("tests.act", at=NOW)
    assert texts(auditor.client.post("/admin/audit/verify/")) == ["审计记录完整，共1条"]
    assert AuditEntry.objects.first().detail == {"held": 1, "broken": None}  # type: ignore[union-attr]


# ---------------------------------------------------------------- lists cost the same at 1 and 3


LISTS = [
    "/admin/accounts/",
    "/admin/accounts/units/",
    "/admin/accounts/jobs/",
    "/admin/audit/",
    "/office/claims/",
    "/my/colleagues/",
    "/account/tokens/",
    "/account/claims/",
]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_three_costs_what_a_list_of_one_costs(path: str) -> None:
    person = people.enterprise_user() if path.startswith(("/my", "/account")) else people.operator()
    person.client.get(path)  # what is read once a process is read
    one_more(person, 1)
    cost = queries(person, path)
    one_more(person, 2)
    one_more(person, 3)
    assert queries(person, path) == cost


def queries(person: people.Person, path: str) -> int:
    with CaptureQueriesContext(connection) as made:
        assert person.client.get(path).status_code == 200
    return len(made)


def one_more(person: people.Person, number: int) -> None:
    """One more row in each of these lists."""
    office = people.department(f"示例局{number}（虚构）")
    someone = people.officer(unit=office)
    jobs.enqueue("tests.none", "测试作业", {}, by=someone.actor, at=NOW)
    claimed(people.newcomer(), credit_code(number))
    if person.unit.kind == UnitKind.ENTERPRISE:
        people.enterprise_user(person.unit.credit_code)
        accounts.invite("测试", Role.ENTERPRISE_STAFF, by=person.actor, at=timezone.now())
        tokens.make("测试", ["own:read"], 30, by=person.actor, at=NOW)
        claimed(person, credit_code(number + 10))
