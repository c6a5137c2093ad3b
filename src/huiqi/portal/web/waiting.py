"""What waits for an actor: a few counts with a link each, by role."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from huiqi.portal.base.access import Actor
from huiqi.portal.base.claims import visible_to as claims_of
from huiqi.portal.base.enums import ClaimState, JobState, Role
from huiqi.portal.base.models import Job
from huiqi.portal.matching import queries as matching
from huiqi.portal.matching.answers import dossier_of, grouped
from huiqi.portal.policies.enums import DocumentState, ReleaseState
from huiqi.portal.policies.models import Document, Finding, Release
from huiqi.portal.policies.reviewing import BLOCKING
from huiqi.portal.registry import queries as registry
from huiqi.portal.registry.enums import BatchState
from huiqi.portal.web.menu import address

MOST = 999


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line: what waits, how much of it, the page to deal with it."""

    title: str
    count: int
    unit: str
    url: str
    note: str = ""
    is_whole: bool = False
    """Whether all of it was counted, however much; else no further than :data:`MOST`."""

    @property
    def amount(self) -> str:
        return f"{self.count:,}" if self.is_whole or self.count <= MOST else f"{MOST}+"


def waiting(actor: Actor) -> list[Waiting]:
    """The actor's lines, also those where nothing waits; pages that this site lacks are left out."""
    found = _BY_ROLE.get(actor.role, _nothing) if actor.role else _nothing
    return [line for line in found(actor) if line.url]


def _nothing(actor: Actor) -> Iterator[Waiting]:
    yield from ()


def _enterprise(actor: Actor) -> Iterator[Waiting]:
    found = registry.own_enterprise(actor)
    # As 我的政策 counts: of today, with what the enterprise told itself.
    groups = grouped(dossier_of(found.record, on=timezone.localdate())) if found else {}
    url = address("web:my_answers")
    for code, title, note in (
        ("yes", "应享的政策", "条件已全部满足"),
        ("near", "差一步的政策", "只差一个条件，做到就能享受"),
        ("missing", "缺事实的政策", "回答几个问题就有结论"),
    ):
        yield Waiting(title, len(groups.get(code, ())), "项", f"{url}#group-{code}", note)
    number = registry.waiting_corrections(actor)[: MOST + 1].count()
    yield Waiting("更正申请", number, "件", address("web:my_enterprise"), "正在核实")


def _officer(actor: Actor) -> Iterator[Waiting]:
    yield from _corrections(actor)
    claims = claims_of(actor).filter(state=ClaimState.WAITING)
    yield Waiting("企业认领", claims[: MOST + 1].count(), "件", address("web:claims"), "等待确认")
    yield _owed(actor)


def _registrar(actor: Actor) -> Iterator[Waiting]:
    mine = registry.batches(actor)
    unread = mine.filter(state=BatchState.UPLOADED)[: MOST + 1].count()
    running = mine.filter(state__in=[BatchState.WAITING, BatchState.RUNNING])[: MOST + 1].count()
    url = address("web:imports")
    yield Waiting("上传后待核对表头", unread, "批", url)
    yield Waiting("正在导入", running, "批", url)
    yield from _corrections(actor)


def _corrections(actor: Actor) -> Iterator[Waiting]:
    number = registry.waiting_corrections(actor)[: MOST + 1].count()
    yield Waiting("更正申请", number, "件", address("web:corrections"), "等待本单位核实")


def _author(actor: Actor) -> Iterator[Waiting]:
    read = Document.objects.filter(state=DocumentState.READ)[: MOST + 1].count()
    drafts = Release.objects.filter(state=ReleaseState.DRAFT)[: MOST + 1].count()
    open_ = Finding.objects.filter(
        BLOCKING, release__state__in=[ReleaseState.DRAFT, ReleaseState.REVIEWED]
    )
    desk = address("web:releases")
    yield Waiting("读入的文件", read, "份", address("web:policy_imports"), "等待核对确认")
    yield Waiting("政策草稿", drafts, "份", f"{desk}?state=draft")
    yield Waiting("审查发现", open_[: MOST + 1].count(), "条", desk, "等待决定")


def _signer(actor: Actor) -> Iterator[Waiting]:
    reviewed = Release.objects.filter(state=ReleaseState.REVIEWED)[: MOST + 1].count()
    yield Waiting(
        "待签发的政策",
        reviewed,
        "份",
        f"{address('web:releases')}?state=reviewed",
        "等待签字和发布",
    )


def _leader(actor: Actor) -> Iterator[Waiting]:
    yield _owed(actor)


def _owed(actor: Actor) -> Waiting:
    """As 政策找企业 and 目标总览 count: the sum of their lines."""
    run = matching.current()
    found = sum(line.yes for line in matching.support_lines(actor, run=run)) if run else 0
    url = address("web:matching")
    return Waiting("应享未办", found, "户项", url, "本辖区最近一次匹配的结果", is_whole=True)


def _operator(actor: Actor) -> Iterator[Waiting]:
    claims = claims_of(actor).filter(state=ClaimState.WAITING)[: MOST + 1].count()
    failed = Job.objects.filter(state=JobState.FAILED)[: MOST + 1].count()
    yield Waiting("企业认领", claims, "件", address("web:claims"), "等待确认")
    yield Waiting("失败的作业", failed, "项", address("web:jobs"), "查看原因后重新提交")


_BY_ROLE: dict[Role, Callable[[Actor], Iterator[Waiting]]] = {
    Role.ENTERPRISE_ADMIN: _enterprise,
    Role.ENTERPRISE_STAFF: _enterprise,
    Role.OFFICER: _officer,
    Role.REGISTRAR: _registrar,
    Role.AUTHOR: _author,
    Role.SIGNER: _signer,
    Role.LEADER: _leader,
    Role.OPERATOR: _operator,
}
