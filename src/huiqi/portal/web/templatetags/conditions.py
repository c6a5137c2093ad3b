"""The conditions of a support, each with its sign, words, and the facts it used with source and date.

Written at once and not by a template: a page of answers has hundreds of them, and visiting every node of
a template for each took as long as evaluating all policies.
"""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from huiqi.portal.matching.answers import OWN, FactShown, ItemShown, LineShown
from huiqi.portal.web.templatetags.huiqi import tidy

register = template.Library()
NOTHING = SafeString("")
OWN_TAG = format_html(' <span class="tag is-own">{}</span>', OWN)


@register.simple_tag
def conditions(item: ItemShown) -> SafeString:
    """The conditions of one support on one row."""
    lines = format_html_join("\n", "{}", ((_line(line),) for line in item.lines))
    return format_html('<ul class="conditions">\n{}\n</ul>', lines)


def _line(line: LineShown) -> SafeString:
    facts = format_html_join("", "{}", ((_fact(fact),) for fact in line.facts))
    return format_html(
        '<li class="condition is-{}"><span class="condition-sign sign-{}"><span aria-hidden="true">{}'
        '</span><span class="visually-hidden">{}：</span></span>\n<div>{}{}{}{}{}</div></li>',
        line.answer,
        line.answer,
        line.sign,
        line.spoken,
        _words("condition-words", tidy(line.label or line.words)),
        _words("condition-step", "；".join(map(tidy, line.steps))),
        format_html('<ul class="used">{}</ul>', facts) if line.facts else NOTHING,
        _words("condition-rule", line.note),
        _words("condition-rule", f"规则：{tidy(line.words)}" if line.label and line.number else ""),
    )


def _words(look: str, words: str) -> SafeString:
    return format_html('<p class="{}">{}</p>\n', look, words) if words else NOTHING


def _fact(fact: FactShown) -> SafeString:
    return format_html(
        '<li><span class="used-name">{}</span> <span class="used-value">{}</span>{}{}</li>\n',
        fact.label,
        tidy(fact.words),
        OWN_TAG if fact.own else NOTHING,
        format_html(' <span class="quiet">{}</span>', tidy(fact.told)) if fact.told else NOTHING,
    )
