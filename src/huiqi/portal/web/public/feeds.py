"""Atom feeds of policies as they come into force, and what a person follows."""

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from huiqi.portal.base import rules, site
from huiqi.portal.base.access import actor_of, anyone, members
from huiqi.portal.base.refusal import Refused
from huiqi.portal.policies import actions, queries
from huiqi.portal.policies.models import Release
from huiqi.portal.web.public.choices import RegionField
from huiqi.portal.web.templatetags.huiqi import cn_date
from huiqi.portal.web.templatetags.huiqi import region as region_name

MOST = 50


@anyone
def feed_all(request: HttpRequest) -> HttpResponse:
    """Every policy."""
    return _feed(request, "惠企政策", queries.news())


@anyone
def feed_region(request: HttpRequest, code: str) -> HttpResponse:
    """The policies that apply in a region: its own and those of the regions above it."""
    library = rules.library()
    if library.vocabulary.regions.get(code) is None:
        raise Http404("没有这个地区")
    rows = queries.news().filter(region__in=queries.applies_in(code, library))
    return _feed(request, f"{region_name(code)}适用的惠企政策", rows)


@anyone
def feed_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """The versions of one policy that were released."""
    rows = queries.released(slug)
    first = rows.first()
    if first is None:
        raise Http404("没有这项政策")
    return _feed(request, first.title, rows)


def _feed(request: HttpRequest, title: str, rows: QuerySet[Release]) -> HttpResponse:
    feed = Atom1Feed(
        title=title,
        link=site.absolute(reverse("web:documents"), request),
        description="",
        language="zh-CN",
        feed_url=site.absolute(request.path, request),
    )
    for release in rows[:MOST]:
        words = [f"第{release.version}版"]
        if release.starts_on:
            words.append(f"{cn_date(release.starts_on)}起施行")
        feed.add_item(
            title=f"{release.number} {release.title}".strip(),
            link=site.absolute(reverse("web:document", args=[release.slug]), request),
            description="，".join(words),
            unique_id=f"urn:sha256:{release.digest}:{release.version}",
            pubdate=release.released_at,
            updateddate=release.released_at,
            categories=[region_name(release.region)] if release.region else [],
        )
    response = HttpResponse(content_type=feed.content_type)
    feed.write(response, "utf-8")
    return response


# -------------------------------------------------------------------- subscriptions


class FollowForm(forms.Form):
    """A region to follow; empty for everything."""

    region = RegionField(label="关注的地区", required=False)


@members
def subscriptions(request: HttpRequest) -> HttpResponse:
    """What the person follows; a form to follow a region."""
    user = actor_of(request).user
    if user is None:  # members() has refused already; the type does not know
        raise Http404
    rows = list(queries.subscriptions(user))
    titles = dict(
        queries.documents()
        .filter(slug__in=[row.slug for row in rows if row.slug])
        .values_list("slug", "title")
    )
    return render(
        request,
        "web/public/subscriptions.html",
        {
            "form": FollowForm(),
            "rows": [(row, titles.get(row.slug, row.slug) or _place(row.region)) for row in rows],
        },
    )


def _place(code: str) -> str:
    return f"{region_name(code)}适用的政策" if code else "全部政策"


@members
@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """Follows or stops following, then goes back to where the person was."""
    slug, region = request.POST.get("slug", ""), request.POST.get("region", "")
    stops = request.POST.get("stop") == "1"
    act = actions.unsubscribe if stops else actions.subscribe
    try:
        act(slug=slug, region=region, by=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "已取消订阅" if stops else "已订阅，有新政策或者新版本会通知您")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = reverse("web:subscriptions")
    return redirect(back)


urlpatterns = [
    path("feeds/all.atom", feed_all, name="feed_all"),
    path("feeds/regions/<str:code>.atom", feed_region, name="feed_region"),
    path("feeds/policies/<slug:slug>.atom", feed_policy, name="feed_policy"),
    path("account/subscriptions/", subscriptions, name="subscriptions"),
    path("account/subscriptions/follow/", follow, name="follow"),
]
