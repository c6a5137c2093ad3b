"""What everybody sees when something outside the views fails, each in the form that was asked for:
people a page, other systems the error of the API."""

import sys

from django.http import HttpRequest, HttpResponse

from huiqi.portal.api import errors as api
from huiqi.portal.api.root import api as endpoints
from huiqi.portal.base.trouble import trouble
from huiqi.portal.web import errors as web

API = "/api/"


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for an error of the program, 503 where the database or the disk fails."""
    found = trouble(sys.exc_info()[1])
    if request.path.startswith(API):
        return api.failed(endpoints, request, found)
    return web.unavailable(found) if found else web.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, before any view was reached."""
    if request.path.startswith(API):
        return api.answer(endpoints, request, 400, "bad_request", "请求有误，不能处理")
    return web.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, for an address that nothing answers to."""
    if request.path.startswith(API):
        return api.answer(endpoints, request, 404, "not_found", "没有这个接口")
    return web.not_found(request, exception)
