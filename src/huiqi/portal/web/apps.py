from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "huiqi.portal.web"
    label = "web"
    verbose_name = "页面"
