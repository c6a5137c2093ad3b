"""The first page: what the platform is, three ways in, the latest policies, what waits for the actor."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from huiqi.portal.base.access import Actor, actor_of, anyone
from huiqi.portal.base.enums import ClaimState
from huiqi.portal.base.models import Claim
from huiqi.portal.policies import queries
from huiqi.portal.web.menu import address
from huiqi.portal.web.waiting import waiting

LATEST = 5


@anyone
def home(request: HttpRequest) -> HttpResponse:
    """For visitors the ways in; for who is logged in what waits; for all the latest documents."""
    actor = actor_of(request)
    latest = queries.documents().order_by("-issued_on", "slug")[:LATEST]
    documents = [(document, address("web:document", document.slug)) for document in latest]
    return render(
        request,
        "web/public/home.html",
        {
            "waiting": waiting(actor),
            "documents": documents,
            "claimed": _claimed(actor) if actor.user and not actor.membership else None,
        },
    )


def _claimed(actor: Actor) -> Claim | None:
    """What somebody without a role waits for."""
    waits = Claim.objects.filter(user=actor.user, state=ClaimState.WAITING)
    return waits.order_by("-id").first()


urlpatterns = [path("", home, name="home")]
