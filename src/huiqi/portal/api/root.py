"""The API: everything a page reads, typed, for other systems. One router a part."""

from typing import Any

from ninja import NinjaAPI

from huiqi.portal.api import (
    documents,
    errors,
    evaluate,
    matching,
    oversight,
    own,
    reference,
    registry,
)
from huiqi.portal.api.auth import PerCaller
from huiqi.portal.api.parsing import Exact

ABOUT = """金额一律以“分”为单位的整数；日期为 2026-11-22；未知为 null。

需要密钥的接口用 `Authorization: Bearer hq_…`，密钥在“个人中心—接口密钥”里生成。
出错时返回 `{"code", "message", "problems": [{"place", "message", "remedy"}]}`，`code` 不会改变。"""


class Portal(NinjaAPI):
    """NinjaAPI whose every operation also declares the errors that any may give."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> Any:
        schema = super().get_openapi_schema(*args, **kwargs)
        shape = errors.Error.model_json_schema(ref_template="#/components/schemas/{model}")
        known = schema["components"]["schemas"]
        known.update(shape.pop("$defs", {}))
        known["Error"] = shape
        body = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        for path in schema["paths"].values():
            for operation in path.values():
                for status, words in EVERYWHERE.items():
                    known_answer = {"description": words, "content": body}
                    operation["responses"].setdefault(status, known_answer)
        return schema


EVERYWHERE = {
    "400": "请求体不是合法的 JSON",
    "401": "没有密钥，或密钥已失效",
    "403": "密钥没有所需的权限",
    "404": "没有找到，或无权查看",
    "422": "请求的内容不合要求",
    "429": "请求太频繁",
    "503": "数据库暂时不可用、正忙，或磁盘已满",
}

api = Portal(
    title="惠企双创综合服务平台接口",
    version="1",
    description=ABOUT,
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    parser=Exact(),
    throttle=[PerCaller("600/min", "api")],
)
errors.install(api)
for part in (evaluate, reference, documents, registry, matching, own, oversight):
    api.add_router("/v1", part.router)
