"""Small pieces of policy pages."""

from decimal import Decimal

from django import template

from huiqi.rulebook.explaining import number_words

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
