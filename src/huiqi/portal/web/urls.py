"""Addresses of all pages, by audience. A new module of pages is one line here."""

from django.urls import URLPattern

from huiqi.portal.web.account import jobs, login
from huiqi.portal.web.author import imports as policy_imports
from huiqi.portal.web.enterprise import answers, notices
from huiqi.portal.web.officer import enterprises
from huiqi.portal.web.public import (
    calculator,
    documents,
    feeds,
    home,
    lineage,
    search,
    supports,
)

app_name = "web"
urlpatterns: list[URLPattern] = [
    *home.urlpatterns,
    *login.urlpatterns,
    *jobs.urlpatterns,
    *answers.urlpatterns,
    *notices.urlpatterns,
    *calculator.urlpatterns,
    *documents.urlpatterns,
    *supports.urlpatterns,
    *search.urlpatterns,
    *feeds.urlpatterns,
    *lineage.urlpatterns,
    *policy_imports.urlpatterns,
    *enterprises.urlpatterns,
]
