from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "huiqi.portal.api"
    label = "api"
    verbose_name = "接口"
