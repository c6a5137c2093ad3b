"""Addresses of the portal: pages by audience, and the API."""

from django.urls import URLPattern, URLResolver, include, path

from huiqi.portal.api.root import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("", include("huiqi.portal.web.urls")),
]
handler400 = "huiqi.portal.failing.bad_request"
handler403 = "huiqi.portal.web.errors.forbidden"
handler404 = "huiqi.portal.failing.not_found"
handler500 = "huiqi.portal.failing.server_error"
