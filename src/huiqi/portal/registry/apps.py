from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "huiqi.portal.registry"
    label = "registry"
    verbose_name = "登记库"
