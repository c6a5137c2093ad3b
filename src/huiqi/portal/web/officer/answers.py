"""One enterprise's answers as staff read them; every reading is written to the audit."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from huiqi.portal.base import audit
from huiqi.portal.base.access import actor_of, allow
from huiqi.portal.base.enums import STAFF_ROLES
from huiqi.portal.matching.answers import dossier_of, shown
from huiqi.portal.registry.queries import enterprises


@allow(*STAFF_ROLES)
def enterprise_answers(request: HttpRequest, code: str) -> HttpResponse:
    """What the rules say of one enterprise today, with every fact used; in the actor's region only."""
    actor = actor_of(request)
    enterprise = enterprises(actor).select_related("record").filter(credit_code=code).first()
    if enterprise is None:
        raise Http404("没有这家企业，或它不在本单位的辖区内")
    audit.record("answers.read", at=timezone.now(), actor=actor, subject=f"企业 {code}")
    view = shown(dossier_of(enterprise.record, on=timezone.localdate()))
    context = {
        "enterprise": enterprise,
        "view": view,
        "groups": [group for group in view.groups if group.supports],
        "waiting": [item for item in view.totals if item.low or item.high or item.high is None],
    }
    return render(request, "web/officer/enterprise_answers.html", context)


urlpatterns = [
    path("office/enterprises/<str:code>/answers/", enterprise_answers, name="officer_answers"),
]
