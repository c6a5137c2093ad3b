from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "huiqi.portal.policies"
    label = "policies"
    verbose_name = "政策库"
