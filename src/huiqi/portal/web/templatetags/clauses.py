"""Small pieces of policy pages."""

from decimal import Decimal

from django import template

from huiqi.portal.policies.models import Release
from huiqi.rulebook.reference.explaining import number_words

register = template.Library()


@register.filter
def clause_number(name: str) -> str:
    """第14条, 第十四条; names that carry their own mark (目标一, 2.3) stay."""
    return number_words(str(name))


@register.filter
def plain_percent(value: Decimal) -> str:
    """A share that is in per cent already: 1.33%."""
    return f"{value.normalize():f}%"


@register.filter
def diff_look(line: str) -> str:
    """The class of one line of a unified diff."""
    if line.startswith("@@"):
        return "is-place"
    return {"+": "is-added", "-": "is-removed"}.get(line[:1], "")


@register.filter
def own_path(file: str, release: Release) -> str:
    """The path inside a release of a file that a problem names; empty where it is another's."""
    path = file.removeprefix(f"{release.slug}/")
    return path if path in release.files else ""
