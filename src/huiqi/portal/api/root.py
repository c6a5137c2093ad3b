"""The API: everything a page reads, typed, for other systems."""

from ninja import NinjaAPI

api = NinjaAPI(title="惠企双创综合服务平台接口", version="1", urls_namespace="api")
