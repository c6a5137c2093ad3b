"""Who may open what: every page and endpoint against every role, as docs/permissions.md says it.

The table is printed from the marks on the views. `HUIQI_WRITE=1 pytest tests/portal/test_permissions.py`
writes it anew.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, get_resolver
from ninja.constants import NOT_SET

from huiqi.portal.api.auth import Key
from huiqi.portal.api.root import api
from huiqi.portal.base import tokens
from huiqi.portal.base.access import Allowed
from huiqi.portal.base.enums import Role, Scope
from huiqi.portal.web.urls import urlpatterns
from tests.portal.page_titles import TITLES
from tests.portal.people import NOW, Person, of_role, visitor

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"
WRITE = os.environ.get("HUIQI_WRITE") == "1"
SAMPLES = {
    "int": "999999",
    "str": "nobody-has-this",
    "slug": "nobody",
    "path": "nobody",
    "uuid": "0",
}
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
ROLES: tuple[Role | None, ...] = (None, *Role)


@dataclass(frozen=True)
class Page:
    """One address of the site: its name, its route, its mark."""

    name: str
    route: str
    allowed: Allowed | None

    @property
    def sample(self) -> str:
        """The address with ids that nothing has."""
        return "/" + PARAMETER.sub(lambda found: SAMPLES[found[1] or "str"], self.route)


def pages() -> list[Page]:
    return [
        Page(str(one.name), str(one.pattern), getattr(one.callback, "allowed", None))
        for one in urlpatterns
    ]


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API and the scopes that a key needs for it; None: open to everybody."""

    method: str
    path: str
    summary: str
    scopes: tuple[Scope, ...] | None

    @property
    def sample(self) -> str:
        return "/api" + re.sub(r"\{[^}]*\}", "999999", self.path)


def endpoints() -> Iterator[Endpoint]:
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                own = operation.auth_param
                key = router.auth if own is NOT_SET else own
                needed = key.needed if isinstance(key, Key) else None
                full = f"/{prefix}/{path}".replace("//", "/").replace("//", "/")
                for method in operation.methods:
                    yield Endpoint(method, full, operation.summary or "", needed)


def table() -> str:
    """The document: pages by role, endpoints by scope."""
    labels = [str(role.label) for role in Role]
    lines = [
        "# Who may open what / 权限表",
        "",
        "Printed from the marks on the views; a test walks every page and endpoint in every role. "
        "Rows behind a page are narrowed further: an enterprise sees itself only, an officer the "
        "enterprises of the unit's region. A foreign number in an address gives 404.",
        "",
        "由页面上的标记生成，测试逐项走过。✓ 可以打开；空白为不能打开。页面里能看到哪些数据，还受单位和地区限制。",
        "",
        "## 页面",
        "",
        "| 页面 | 地址 | 未登录 | 无角色 | " + " | ".join(labels) + " |",
        "|---|---|" + ":-:|" * (len(labels) + 2),
    ]
    for page in sorted(pages(), key=lambda one: one.route):
        assert page.allowed is not None
        marks = [page.allowed.everybody, page.allowed.everybody or page.allowed.roles is None]
        marks += [_permits(page.allowed, role) for role in Role]
        shown = " | ".join("✓" if one else " " for one in marks)
        lines.append(f"| {title(page)} | `/{page.route}` | {shown} |")
    lines += [
        "",
        "## 接口",
        "",
        "密钥由本人在“接口密钥”页生成，只能带自己角色可以有的权限。",
        "",
        "| 接口 | 地址 | 需要的权限 | 可以有这项权限的角色 |",
        "|---|---|---|---|",
    ]
    for one in sorted(endpoints(), key=lambda one: (one.path, one.method)):
        needed = "公开" if one.scopes is None else "、".join(scope.label for scope in one.scopes)
        lines.append(
            f"| {one.summary} | `{one.method} /api{one.path}` | {needed or '任何密钥'} "
            f"| {_holders(one)} |"
        )
    return "\n".join(lines) + "\n"


def title(page: Page) -> str:
    assert page.name in TITLES, f"give the view {page.name} a title in tests/portal/page_titles.py"
    return TITLES[page.name]


def _permits(allowed: Allowed, role: Role) -> bool:
    return allowed.everybody or allowed.roles is None or role in allowed.roles


def _holders(one: Endpoint) -> str:
    if one.scopes is None:
        return "所有人"
    holding = [role for role in Role if all(role in tokens.ROLES[scope] for scope in one.scopes)]
    return "、".join(str(role.label) for role in holding)


def test_every_page_is_marked() -> None:
    assert [page.name for page in pages() if page.allowed is None] == []
    assert len({page.name for page in pages()}) == len(pages())


def test_nothing_is_served_beside_pages_and_endpoints() -> None:
    served = [str(one.pattern) for one in get_resolver().url_patterns]
    assert served == ["api/", ""]
    assert all(isinstance(one, URLPattern) for one in urlpatterns)


def test_the_document_says_what_the_marks_say() -> None:
    if WRITE:
        DOCUMENT.write_text(table(), "utf-8")
    assert DOCUMENT.read_text("utf-8") == table(), "HUIQI_WRITE=1 writes docs/permissions.md anew"


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "no role")
def test_every_role_opens_what_is_its_own_and_nothing_else(role: Role | None) -> None:
    person = of_role(role)
    wrong = []
    for page in pages():
        if page.name in ("logout", "act_as"):
            continue  # asked for below, because they end what this test walks with
        assert page.allowed is not None
        status = person.client.get(page.sample).status_code
        if (status == 403) is page.allowed.permits(person.actor):
            wrong.append((page.sample, status))
        assert status < 500, page.sample
    assert wrong == []


@pytest.mark.django_db
def test_nobody_is_sent_to_the_login() -> None:
    wrong = []
    for page in pages():
        assert page.allowed is not None
        response = visitor().get(page.sample)
        sent = response.status_code == 302 and response["Location"].startswith("/login/?next=")
        if sent is page.allowed.everybody:
            wrong.append((page.sample, response.status_code))
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("page", [one for one in pages() if one.name in ("logout", "act_as")])
def test_what_changes_the_session_is_not_done_by_a_link(page: Page) -> None:
    person = of_role(Role.OFFICER)
    assert person.client.get(page.sample).status_code == 405
    assert person.client.get("/account/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("one", list(endpoints()), ids=lambda one: f"{one.method} {one.path}")
def test_an_endpoint_wants_its_scope(one: Endpoint) -> None:
    if one.scopes is None:
        assert _ask(visitor(), one, None) not in (401, 403)
        return
    assert _ask(visitor(), one, None) == 401
    assert _ask(visitor(), one, "hq_nobody-has-this-key") == 401
    for role in Role:
        person = of_role(role)
        for scope in tokens.scopes_of(person.actor):
            status = _ask(visitor(), one, _key(person, scope))
            assert (status == 403) is (bool(one.scopes) and one.scopes != (scope,)), (role, scope)


def _key(person: Person, scope: Scope) -> str:
    return tokens.make("测试", [scope], 1, by=person.actor, at=NOW)[1]


def _ask(client: Client, one: Endpoint, key: str | None) -> int:
    cache.clear()  # no limit on how often counts here
    headers: dict[str, Any] = {"authorization": f"Bearer {key}"} if key else {}
    send = getattr(client, one.method.lower())
    body = {} if one.method == "GET" else {"data": "{}", "content_type": "application/json"}
    status: int = send(one.sample, headers=headers, **body).status_code
    assert status < 500
    return status
