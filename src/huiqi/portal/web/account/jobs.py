"""The progress of long work, for the page that waits for it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from huiqi.portal.base.access import actor_of, members
from huiqi.portal.base.models import Job


@members
def job(request: HttpRequest, number: int) -> HttpResponse:
    """The part of a page that shows a job; to whom asked for it, and to staff."""
    actor = actor_of(request)
    found = Job.objects.filter(pk=number).first()
    if found is None or not (actor.is_staff or found.asked_by == actor.user):
        raise Http404("没有这项作业")
    return render(request, "web/parts/job.html", {"job": found, "was_open": True})


urlpatterns = [path("jobs/<int:number>/", job, name="job")]
