"""How the controls of forms are drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.forms.widgets import Select
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Controls(TemplatesSetting):
    """Controls are drawn by the site's templates, what it has none for by those of django.forms; but a
    select at once: a template took longer for hundreds of options than for the rest of the page."""

    def render(
        self, template_name: str, context: dict[str, Any], request: Any = None
    ) -> SafeString | str:
        if template_name == Select.template_name:
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: Mapping[str, Any]) -> SafeString:
    groups = ((_group(name, options),) for name, options, _ in widget["optgroups"])
    return format_html(
        '<select name="{}"{}>\n{}\n</select>',
        widget["name"],
        flatatt(widget["attrs"]),
        format_html_join("\n", "{}", groups),
    )


def _group(name: str | None, options: Sequence[Mapping[str, Any]]) -> SafeString:
    listed = format_html_join("\n", '<option value="{}"{}>{}</option>', map(_option, options))
    if name is None:
        return listed
    return format_html('<optgroup label="{}">\n{}\n</optgroup>', name, listed)


def _option(option: Mapping[str, Any]) -> tuple[Any, str, Any]:
    chosen = SafeString(" selected") if option["selected"] else ""
    return option["value"], chosen, option["label"]
