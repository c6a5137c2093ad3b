"""The first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from huiqi.portal.base.access import anyone


@anyone
def home(request: HttpRequest) -> HttpResponse:
    """What the platform is, and the way to each part of it."""
    return render(request, "web/public/home.html")


urlpatterns = [path("", home, name="home")]
