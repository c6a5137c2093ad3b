"""What the API says when something is wrong: one shape, a stable code, Chinese words, what to do."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, DataError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.errors import Throttled as TooMany

from huiqi.portal.base.refusal import Refused
from huiqi.portal.base.trouble import AWAY, Trouble, trouble

log = logging.getLogger(__name__)


class Place(Schema):
    """One thing that was wrong: where, what, and what to do about it."""

    place: str
    message: str
    remedy: str = ""


class Error(Schema):
    """The body of every answer that is not a success."""

    code: str
    message: str
    problems: list[Place] = []


class Refusal(Exception):
    """An endpoint declines: HTTP status, stable code, words, problems with their places."""

    def __init__(self, status: int, code: str, message: str, problems: list[Place] | None = None):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.problems = problems or []


def not_found(what: str) -> Refusal:
    """404; the same whether it does not exist or may not be seen."""
    return Refusal(404, "not_found", f"没有找到{what}，或您无权查看")


WORDS: Mapping[str, str] = {
    "missing": "缺少这一项",
    "int_parsing": "应是整数",
    "int_type": "应是整数",
    "int_from_float": "应是整数",
    "bool_parsing": "应是 true 或 false",
    "bool_type": "应是 true 或 false",
    "string_type": "应是文字",
    "string_too_long": "文字太长",
    "string_too_short": "文字太短",
    "string_pattern_mismatch": "写法不对",
    "string_unicode": "文字编码有误",
    "greater_than_equal": "数值太小",
    "less_than_equal": "数值太大",
    "date_parsing": "日期应写成 2026-11-22",
    "date_type": "日期应写成 2026-11-22",
    "date_from_datetime_parsing": "日期应写成 2026-11-22",
    "date_from_datetime_inexact": "日期应写成 2026-11-22",
    "datetime_parsing": "时间应写成 2026-11-22T08:00:00+08:00",
    "datetime_from_date_parsing": "时间应写成 2026-11-22T08:00:00+08:00",
    "datetime_type": "时间应写成 2026-11-22T08:00:00+08:00",
    "moment_range": "时间超出可用的范围",
    "timezone_aware": "时间要带时区，如 +08:00",
    "dict_type": "应是对象",
    "list_type": "应是列表",
    "enum": "不在可选值之内",
    "literal_error": "不在可选值之内",
    "model_attributes_type": "应是对象",
    "json_invalid": "不是合法的 JSON",
}
LIMITS = {"ge": "不小于 {}", "le": "不大于 {}", "max_length": "最多 {} 字", "expected": "可选 {}"}


def places(errors: list[dict[str, Any]]) -> list[Place]:
    """Each mistake in a request, in Chinese, with the limit that was crossed."""
    out = []
    for error in errors:
        where = [str(part) for part in error.get("loc", ()) if part not in ("body", "payload")]
        context = error.get("ctx") or {}
        limits = [words.format(context[name]) for name, words in LIMITS.items() if name in context]
        message = WORDS.get(str(error.get("type")), "内容不合要求")
        remedy = f"应{'，'.join(limits)}" if limits else ""
        out.append(Place(place=".".join(where), message=message, remedy=remedy))
    return out


def answer(
    api: NinjaAPI,
    request: HttpRequest,
    status: int,
    code: str,
    message: str,
    problems: list[Place] | None = None,
) -> HttpResponse:
    """One error as a response."""
    body = Error(code=code, message=message, problems=problems or [])
    return api.create_response(request, body.model_dump(), status=status)


def failed(api: NinjaAPI, request: HttpRequest, found: Trouble | None) -> HttpResponse:
    """The database or the disk failed (503), or else the program (500)."""
    if found is None:
        return answer(api, request, 500, "error", "系统出错，没有保存任何内容，故障已记录")
    response = answer(
        api, request, 503, found.code, f"{found.what}，没有保存任何内容，{found.remedy}"
    )
    if found.passes:
        response["Retry-After"] = "30"
    return response


def install(api: NinjaAPI) -> None:
    """Gives every failure of the API its shape."""

    def refusal(request: HttpRequest, error: Refusal) -> HttpResponse:
        return answer(api, request, error.status, error.code, error.message, error.problems)

    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        place = Place(place=error.field, message=error.what, remedy=error.remedy)
        return answer(api, request, 422, "refused", error.what, [place])

    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return answer(api, request, 422, "invalid", "请求的内容不合要求", places(error.errors))

    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return answer(api, request, 404, "not_found", "没有找到，或您无权查看")

    def denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
        return answer(api, request, 403, "forbidden", "这个密钥没有所需的权限")

    def too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
        response = answer(api, request, 429, "too_many", "请求太频繁，请稍后再试")
        if error.wait:
            response["Retry-After"] = str(int(error.wait) + 1)
        return response

    def unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        response = answer(api, request, 401, "unauthenticated", "没有密钥，或密钥已失效")
        response["WWW-Authenticate"] = "Bearer"
        return response

    def http(request: HttpRequest, error: HttpError) -> HttpResponse:
        if error.status_code == 400:
            return answer(api, request, 400, "bad_request", "请求体不是合法的 JSON")
        return answer(api, request, error.status_code, "refused", "请求被拒绝")

    def unheld(request: HttpRequest, error: DataError) -> HttpResponse:
        log.warning("%s %s: %s", request.method, request.path, error)
        return answer(api, request, 422, "invalid", "请求里有数据库不能保存的字符或数值")

    def database(request: HttpRequest, error: DatabaseError) -> HttpResponse:
        log.error("%s %s", request.method, request.path, exc_info=error)
        return failed(api, request, trouble(error) or AWAY)

    handlers: list[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]]] = [
        (Refusal, refusal),
        (Refused, refused),
        (ValidationError, invalid),
        (Http404, missing),
        (PermissionDenied, denied),
        (AuthorizationError, denied),
        (TooMany, too_many),
        (AuthenticationError, unauthenticated),
        (HttpError, http),
        (DataError, unheld),
        (DatabaseError, database),
        (InterfaceError, database),
    ]
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)
