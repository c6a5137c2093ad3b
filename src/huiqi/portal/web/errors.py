"""Pages for what went wrong: what happened, and what to do."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from huiqi.portal.base.trouble import Trouble

Answer = Callable[[HttpRequest], HttpResponse]
RETRY = 30
"""Seconds after which a database that went away may be back."""
WORDS = {
    400: ("请求有误", "页面收到的内容不完整或格式不对，请返回上一页重新提交。"),
    403: ("没有权限", "您当前的角色不能打开这一页，可在右上角切换身份，或联系本单位管理员授权。"),
    404: ("没有这一页", "地址可能写错了，或内容已被移走。"),
    405: ("不能直接打开", "这个地址只接收页面上的提交。请回到原来的页面，用页面上的按钮操作。"),
    500: ("系统出错", "已记录这次故障，您填写的内容没有提交，请稍后再试。"),
}


def _page(request: HttpRequest, status: int, said: str = "") -> HttpResponse:
    title, words = WORDS[status]
    return render(
        request,
        "web/error.html",
        {"status": status, "title": title, "words": said or words},
        status=status,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    # Django's own words for a row that is not there are English, and name a model.
    return _page(request, 404, "" if said.isascii() else said)


def not_allowed(answer: Answer) -> Answer:
    """A page instead of nothing for whoever opens an address that only takes what forms send."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if response.status_code != 405 or response.content:
            return response
        page = _page(request, 405)
        page["Allow"] = response["Allow"]
        return page

    return respond


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500)


def unavailable(found: Trouble) -> HttpResponse:
    """503 in the plain frame: who is logged in and what waits for them cannot be asked now."""
    words = f"{found.what}。刚才的操作没有保存，已有的数据不受影响。{found.remedy}。"
    shown = {"status": 503, "title": "暂时不能使用", "words": words}
    response = HttpResponse(render_to_string("web/error.html", shown), status=503)
    if found.passes:
        response["Retry-After"] = str(RETRY)
    response["Cache-Control"] = "no-store"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, "页面停留太久，安全校验已过期。请返回上一页，刷新后重新提交。")
