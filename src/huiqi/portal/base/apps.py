from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "huiqi.portal.base"
    label = "base"
    verbose_name = "基础"
