"""Differences with their signs."""

from django import template

from huiqi.portal.web.templatetags.huiqi import money

register = template.Library()


@register.filter
def signed(value: int) -> str:
    """+3, −2, or 不变."""
    if not value:
        return "不变"
    return f"{'+' if value > 0 else '−'}{abs(value):,}"


@register.filter
def signed_money(fen: int) -> str:
    """+20万元, −3万元, or 不变; exact."""
    if not fen:
        return "不变"
    return f"{'+' if fen > 0 else '−'}{money(abs(fen))}"
