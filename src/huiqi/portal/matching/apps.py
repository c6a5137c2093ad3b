from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "huiqi.portal.matching"
    label = "matching"
    verbose_name = "匹配"
