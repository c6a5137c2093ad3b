"""The menu of each audience: one table, in which a part of the site is one line."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import ENTERPRISE_ROLES, STAFF_ROLES, Role

EVERYBODY: frozenset[Role | None] = frozenset({None, *Role})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: its words, the view it opens, the roles that see it, its icon."""

    title: str
    view: str
    roles: frozenset[Role | None]
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as a page shows it."""

    title: str
    url: str
    icon: str
    is_here: bool


MENU: tuple[Entry, ...] = (
    Entry("首页", "web:home", EVERYBODY, "home"),
    Entry("政策库", "web:documents", EVERYBODY, "books"),
    Entry("惠企政策", "web:supports", EVERYBODY, "gift"),
    Entry("政策计算器", "web:calculator", frozenset({None, *ENTERPRISE_ROLES}), "calculator"),
    Entry("我的政策", "web:my_answers", frozenset(ENTERPRISE_ROLES), "checklist"),
    Entry("企业信息", "web:my_enterprise", frozenset(ENTERPRISE_ROLES), "building"),
    Entry("企业成员", "web:colleagues", frozenset({Role.ENTERPRISE_ADMIN}), "users"),
    Entry("登记库", "web:enterprises", frozenset(STAFF_ROLES), "database"),
    Entry(
        "政策找企业", "web:matching", frozenset({Role.OFFICER, Role.LEADER, Role.AUTHOR}), "target"
    ),
    Entry("数据导入", "web:imports", frozenset({Role.OFFICER, Role.REGISTRAR}), "upload"),
    Entry("更正核实", "web:corrections", frozenset({Role.OFFICER, Role.REGISTRAR}), "edit"),
    Entry("目标总览", "web:overview", frozenset({Role.LEADER}), "chart"),
    Entry("目标进展", "web:targets", frozenset({Role.OFFICER, Role.AUTHOR}), "chart"),
    Entry("政策编制", "web:workbench", frozenset({Role.AUTHOR, Role.SIGNER}), "tools"),
    Entry("政策发布", "web:releases", frozenset({Role.AUTHOR, Role.SIGNER}), "send"),
    Entry("承接核对", "web:link_pairs", frozenset({Role.AUTHOR, Role.SIGNER}), "sitemap"),
    Entry("文件导入", "web:policy_imports", frozenset({Role.AUTHOR}), "file-import"),
    Entry("账户与单位", "web:accounts", frozenset({Role.OPERATOR}), "users"),
    Entry("企业认领", "web:claims", frozenset({Role.OFFICER, Role.OPERATOR}), "user-check"),
    Entry("工作日历", "web:calendar", frozenset({Role.OPERATOR}), "calendar"),
    Entry("审计", "web:audit", frozenset({Role.AUDITOR, Role.OPERATOR}), "shield"),
)


def menu_for(actor: Actor, path: str) -> list[Shown]:
    """The lines the actor sees; the longest address that begins the present one is marked."""
    seen = ((entry, address(entry.view)) for entry in MENU if actor.role in entry.roles)
    found = [(entry, url) for entry, url in seen if url]
    above = (url for _, url in found if path == url or (url != "/" and path.startswith(url)))
    here = max(above, key=len, default="")
    return [Shown(entry.title, url, entry.icon, url == here) for entry, url in found]


def address(view: str, *given: Any) -> str:
    """The address of a view, empty where this site has no such page."""
    try:
        return reverse(view, args=given)
    except NoReverseMatch:
        return ""
