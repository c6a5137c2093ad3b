"""For auditors: the audit, entry by entry, with what is needed to check the chain elsewhere."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from huiqi.portal.api.auth import Key, Scope
from huiqi.portal.api.errors import Error
from huiqi.portal.api.moments import Moment
from huiqi.portal.api.paging import Page, Sliced, page
from huiqi.portal.base.models import AuditEntry

router = Router(tags=["审计"], auth=Key(Scope.AUDIT))


class EntryItem(Schema):
    """One entry; ``digest`` seals it together with ``previous``."""

    number: int
    at: datetime
    actor_name: str
    act: str
    subject: str
    detail: dict[str, Any]
    previous: str
    digest: str


class EntryFilter(Schema):
    """Which entries are wanted."""

    act: str = ""
    subject: str = ""
    since: Moment | None = None
    until: Moment | None = None


@router.get("/audit", response={200: Page[EntryItem], 422: Error}, summary="审计记录")
def entries(request: HttpRequest, wanted: Sliced, only: Query[EntryFilter]) -> dict[str, Any]:
    """The entries, the latest first."""
    rows = AuditEntry.objects.order_by("-number")
    if only.act:
        rows = rows.filter(act=only.act)
    if only.subject:
        rows = rows.filter(subject=only.subject)
    if only.since:
        rows = rows.filter(at__gte=only.since)
    if only.until:
        rows = rows.filter(at__lte=only.until)
    return page(rows, wanted, lambda row: row)
