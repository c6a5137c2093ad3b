"""Fields that several forms about accounts share."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from huiqi.portal.base.contents import EVIDENCE, accept, names

phone = RegexValidator(r"^\+?[0-9][0-9 -]{5,18}$", "电话号码只用数字，可以有空格和短横线")


class PhoneField(forms.CharField):
    """A telephone number."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"})
        super().__init__(
            **{"label": "联系电话", "max_length": 20, "widget": widget, **kwargs},
            validators=[phone],
        )


class MailField(forms.EmailField):
    """An address for notices by mail."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.EmailInput(attrs={"autocomplete": "email"})
        wrong = {"invalid": "电子邮箱写得不对，例如 zhangsan@example.cn"}
        options = {"label": "电子邮箱", "max_length": 254, "widget": widget}
        super().__init__(**{**options, "error_messages": wrong, **kwargs})


def new_password(label: str = "密码") -> forms.CharField:
    """A password to be set; its help says the rules of the site."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="至少10位，不能全是数字，不能是常见密码或与用户名相近",
    )


def again() -> forms.CharField:
    """The same password once more."""
    return forms.CharField(
        label="再输一遍",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class TwicePassword(forms.Form):
    """A part of forms that set a password: both entries must be the same."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first, second = values.get("password"), values.get("again")
        if first and second and first != second:
            self.add_error("again", "两次输入的密码不一样")
        return values


class EvidenceField(forms.FileField):
    """A paper as PDF or picture."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "label": "证明材料",
                "required": False,
                "allow_empty_file": True,
                "widget": forms.FileInput(attrs={"accept": accept(EVIDENCE)}),
                "help_text": f"如营业执照、授权书，{names(EVIDENCE)}，一个文件",
                **kwargs,
            }
        )
