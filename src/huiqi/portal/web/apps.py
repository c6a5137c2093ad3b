from django import forms
from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "huiqi.portal.web"
    label = "web"
    verbose_name = "页面"

    def ready(self) -> None:
        """Forms say what is wrong in plain words; Django's own speak of 字段 and 变量."""
        forms.Field.default_error_messages["required"] = "没有填写"
        forms.CharField.default_error_messages = {
            "max_length": "最多%(limit_value)d个字，现在是%(show_value)d个"
        }
        forms.ChoiceField.default_error_messages["required"] = "没有选择"
        forms.FileField.default_error_messages["required"] = "没有选择文件"
