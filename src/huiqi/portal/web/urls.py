"""Addresses of all pages, by audience. A new module of pages is one line here."""

from django.urls import URLPattern

from huiqi.portal.web.account import (
    account,
    delegation,
    invitations,
    jobs,
    login,
    second,
    signon,
    signup,
    tokens,
)
from huiqi.portal.web.account import claims as my_claims
from huiqi.portal.web.author import findings, links, releases, simulations, workbench
from huiqi.portal.web.author import imports as policy_imports
from huiqi.portal.web.enterprise import answers, notices, profile
from huiqi.portal.web.leader import overview
from huiqi.portal.web.officer import answers as officer_answers
from huiqi.portal.web.officer import corrections, enterprises, imports, matching
from huiqi.portal.web.operator import audit, calendar, claims, units, users
from huiqi.portal.web.operator import jobs as all_jobs
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
    *second.urlpatterns,
    *signon.urlpatterns,
    *signup.urlpatterns,
    *account.urlpatterns,
    *tokens.urlpatterns,
    *delegation.urlpatterns,
    *my_claims.urlpatterns,
    *invitations.urlpatterns,
    *claims.urlpatterns,
    *users.urlpatterns,
    *units.urlpatterns,
    *audit.urlpatterns,
    *calendar.urlpatterns,
    *all_jobs.urlpatterns,
    *answers.urlpatterns,
    *notices.urlpatterns,
    *calculator.urlpatterns,
    *documents.urlpatterns,
    *supports.urlpatterns,
    *search.urlpatterns,
    *feeds.urlpatterns,
    *lineage.urlpatterns,
    *policy_imports.urlpatterns,
    *releases.urlpatterns,
    *findings.urlpatterns,
    *links.urlpatterns,
    *workbench.urlpatterns,
    *simulations.urlpatterns,
    *overview.urlpatterns,
    *enterprises.urlpatterns,
    *matching.urlpatterns,
    *officer_answers.urlpatterns,
    *imports.urlpatterns,
    *corrections.urlpatterns,
    *profile.urlpatterns,
]
