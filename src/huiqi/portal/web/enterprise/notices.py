"""通知: what the platform told an enterprise or a person, and what was read."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from huiqi.portal.base.access import actor_of, members
from huiqi.portal.matching import queries
from huiqi.portal.matching.models import Notice
from huiqi.portal.web.listing import listing


@members
def notices(request: HttpRequest) -> HttpResponse:
    """All notices, the latest first."""
    found = queries.notices(actor_of(request))
    listed = listing(request, found)
    waiting = found.filter(read_at=None).exists()
    return render(
        request, "web/enterprise/notices.html", {"listing": listed, "has_unread": waiting}
    )


@members
@require_POST
def read(request: HttpRequest, number: int) -> HttpResponse:
    """Marks one as read and opens what it is about."""
    notice = queries.notices(actor_of(request)).filter(pk=number).first()
    if notice is None:
        raise Http404("没有这条通知")
    if notice.read_at is None:
        Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())
    inside = url_has_allowed_host_and_scheme(notice.link, allowed_hosts=None)
    return redirect(notice.link if notice.link.startswith("/") and inside else "web:notices")


@members
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Marks all as read."""
    queries.notices(actor_of(request)).filter(read_at=None).update(read_at=timezone.now())
    return redirect("web:notices")


urlpatterns = [
    path("my/notices/", notices, name="notices"),
    path("my/notices/read/", read_all, name="notices_read"),
    path("my/notices/<int:number>/", read, name="notice_read"),
]
