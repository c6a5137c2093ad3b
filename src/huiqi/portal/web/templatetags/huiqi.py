"""How pages write money, days, places and rates, and the small pieces that every page uses.

Filters take what the registry keeps (fen, days since 1970-01-01, codes, millionths) and give what an
official would write. Nothing is rounded silently; what is not known is written 不详.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    DateInput,
    RadioSelect,
    Select,
)
from django.http import QueryDict
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from huiqi.portal.base import jobs
from huiqi.portal.base.rules import library
from huiqi.portal.matching.models import Run
from huiqi.portal.web.charts import brief_money
from huiqi.rulebook.language.literals import show_money, show_rate, to_date
from huiqi.rulebook.language.nodes import MILLION
from huiqi.rulebook.language.trees import Tree

register = template.Library()
UNKNOWN = "不详"
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_BLANK = re.compile(r"(?<=[\u4e00-\u9fff，：]) (?=\d)|(?<=\d) (?=[\u4e00-\u9fff])")


@register.filter
def money(fen: int | None) -> str:
    """Fen as officials write it: 20万元, 1.25亿元, 12.34元; exact."""
    return show_money(_whole(fen))


@register.filter
def yuan(fen: int | None) -> str:
    """Fen in full, for columns of a table: 200,000.00."""
    value = _whole(fen)
    return UNKNOWN if value is None else f"{Decimal(value) / 100:,.2f}"


@register.filter
def brief(fen: int | None) -> str:
    """Fen where there is little room: exact if short, else to one place with 约 before it: 约1.2亿元."""
    value = _whole(fen)
    return UNKNOWN if value is None else brief_money(value)


@register.filter
def money_range(low: int | None, high: int | None) -> str:
    """From–to as officials write it; an upper end that is not known is 不封顶 only where none exists.

    Both the same: one amount. ``high`` None: 至少…, the upper end is not known. ``low`` None and
    ``high`` given: 至多….
    """
    return _range(low, high, show_money)


@register.filter
def brief_range(low: int | None, high: int | None) -> str:
    """The same where there is little room: 约431万元至约521.4万元."""
    return _range(low, high, brief_money)


@register.filter
def day(days: int | None) -> str:
    """Days since 1970-01-01 as 2026年3月5日."""
    value = _whole(days)
    return UNKNOWN if value is None else cn_date(to_date(value))


@register.filter
def cn_date(value: date | datetime | None) -> str:
    """A date (or the local day of a moment) as 2026年3月5日."""
    if not isinstance(value, date):
        return UNKNOWN
    if isinstance(value, datetime):
        value = _local(value)
    return f"{value.year}年{value.month}月{value.day}日"


@register.filter
def cn_time(value: datetime | None) -> str:
    """A moment as 2026年3月5日 14:05, in the time of the place."""
    if not isinstance(value, datetime):
        return UNKNOWN
    local = _local(value)
    return f"{cn_date(local)} {local:%H:%M}"


@register.simple_tag
def run_words(run: Run) -> str:
    """Which policies and data a run goes by: 按2026年3月5日有效的政策计算，数据截至当日14:05."""
    if run.known_at is None:
        return f"按{cn_date(run.on)}有效的政策计算"
    since = _told(run.known_at, run.on)
    words = f"按{cn_date(run.on)}有效的政策计算，数据截至{since}"
    if run.refreshed_at is None or run.refreshed_at <= run.known_at:
        return words
    return f"{words}，以后的变更已更新到{_told(run.refreshed_at, run.on)}"


def _told(moment: datetime, day: date) -> str:
    """A moment beside a day that is told already."""
    local = _local(moment)
    return f"当日{local:%H:%M}" if local.date() == day else cn_time(moment)


@register.simple_tag(takes_context=True)
def held_up(context: Context) -> str:
    """Why work that was asked for is not begun; asked once for a page of many jobs."""
    request = context["request"]  # every page is rendered for one
    if not hasattr(request, "held_up"):
        request.held_up = jobs.held_up(timezone.now())
    words: str = request.held_up
    return words


@register.filter
def region(code: str | None) -> str:
    """A code of GB/T 2260 as a name with its city: 晋城市高平市; the code itself where unknown."""
    if not code:
        return UNKNOWN
    return _in_full(library().vocabulary.regions, code, "省级")


@register.filter
def region_short(code: str | None) -> str:
    """A code of GB/T 2260 as the bare name: 高平市."""
    found = library().vocabulary.regions.get(code) if code else None
    return found.name if found else (code or UNKNOWN)


@register.filter
def industry(code: str | None) -> str:
    """A code of GB/T 4754 as a name; the code itself where unknown."""
    found = library().vocabulary.industries.get(code) if code else None
    return found.name if found else (code or UNKNOWN)


@register.filter
def grouped(number: int | None) -> str:
    """A whole number with thousands apart: 12,345."""
    value = _whole(number)
    return UNKNOWN if value is None else f"{value:,}"


@register.filter
def rate(millionths: int | None) -> str:
    """A rate kept in millionths as per cent: 50000 is 5%."""
    value = _whole(millionths)
    return UNKNOWN if value is None else show_rate(value)


@register.filter
def share(part: int | None, whole: int | None) -> str:
    """What part of a whole, in per cent with one place behind the point, rounded down: 33.3%."""
    first, all_ = _whole(part), _whole(whole)
    if first is None or not all_:
        return "—"
    tenths = first * MILLION // all_ // 1000
    return f"{tenths // 10}.{tenths % 10}%"


@register.filter
def yes_no(value: bool | None) -> str:
    """是, 否 or 不详: unknown is never no."""
    return UNKNOWN if value is None else ("是" if value else "否")


@register.filter
def file_size(size: int | None) -> str:
    """Bytes as KB or MB, whole."""
    value = _whole(size)
    if value is None:
        return UNKNOWN
    if value >= 1 << 20:
        return f"{-(-value // (1 << 20)):,} MB"
    return f"{-(-value // 1024):,} KB"


BROWSERS = (
    ("MicroMessenger", "微信"), ("QQBrowser", "QQ浏览器"), ("Edg", "Edge浏览器"),
    ("Firefox", "火狐浏览器"), ("Chrome", "谷歌浏览器"), ("Safari", "苹果浏览器"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "苹果手机"), ("iPad", "苹果平板"), ("HarmonyOS", "鸿蒙"), ("Android", "安卓"),
    ("Windows", "Windows"), ("Mac OS", "苹果电脑"), ("Linux", "Linux"),
)  # fmt: skip


@register.filter
def browser(agent: str) -> str:
    """What a person calls the browser that gave itself this name: 谷歌浏览器，Windows."""
    found = [
        next((words for mark, words in known if mark in agent), "") for known in (BROWSERS, SYSTEMS)
    ]
    return "，".join(word for word in found if word) or "浏览器不详"


@register.filter
def fact_name(name: str) -> str:
    """A fact with its table as people write it: 年度经营.属链主企业 is 年度经营·属链主企业."""
    return name.replace(".", "·")


@register.filter
def listed(text: str) -> str:
    """Names kept between 、 as one line: 、甲、乙、 is 甲、乙."""
    return text.strip("、")


@register.filter
def tidy(text: object) -> str:
    """A sentence of the rules as the pages write: days in Chinese, no blank between digit and word."""
    # Blanks first: once a day is written in Chinese, it no longer ends in a digit.
    close = _BLANK.sub("", str(text or ""))
    return _ISO.sub(lambda day: f"{day[1]}年{int(day[2])}月{int(day[3])}日", close)


@register.filter
def item(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """One value of a mapping, None where it has none."""
    return mapping.get(key) if mapping else None


@register.simple_tag
@cache
def icon(name: str, extra: str = "") -> SafeString:
    """A picture from the set; it says nothing that words beside it do not."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The control of a form's field with the look of the site; errors and help are tied to it."""
    widget = field.field.widget
    if isinstance(widget, DateInput) and widget.input_type == "date":
        # A browser's own calendar reads no other way of writing a day.
        widget.format = "%Y-%m-%d"
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return field.as_widget(attrs={"class": "choices"})
    if isinstance(widget, CheckboxInput):
        look = "form-check-input"
    else:
        look = "form-select" if isinstance(widget, Select) else "form-control"
    own = widget.attrs.get("class", "")
    attrs: dict[str, str | bool] = {
        "class": f"{look} {own}".strip() + (" is-invalid" if field.errors else "")
    }
    return field.as_widget(attrs=attrs)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The present address' parameters with some replaced (None or empty: left out), as ?a=b."""
    request = context.get("request")
    asked: QueryDict = request.GET.copy() if request else QueryDict(mutable=True)
    for name, value in changes.items():
        if value in (None, ""):
            asked.pop(name, None)
        else:
            asked[name] = str(value)
    return f"?{asked.urlencode()}"


@register.inclusion_tag("web/parts/sort_head.html", takes_context=True)
def sort_head(
    context: Context, listing: Any, name: str, title: str, extra: str = ""
) -> dict[str, Any]:
    """The head of a column that a listing can be sorted by, with a link that turns the order.

    Figures (``extra`` "num") are first sorted with the largest on top, everything else from the start.
    """
    present: str = listing.sort
    is_up, is_down = present == name, present == f"-{name}"
    turns_down = not is_down if extra == "num" else is_up
    return {
        "title": title,
        "extra": extra,
        "order": "ascending" if is_up else ("descending" if is_down else ""),
        "url": query(context, sort=f"-{name}" if turns_down else name, page=None),
    }


ANSWERS = {
    "yes": ("应享", "yes", "circle-check"),
    "near": ("差一步", "near", "target"),
    "missing": ("缺事实", "missing", "help"),
    "judge": ("需认定", "judge", "gavel"),
    "no": ("不享", "no", "circle-x"),
}
_BY_WORD = {words: (words, look, sign) for words, look, sign in ANSWERS.values()}


@register.inclusion_tag("web/parts/answer.html")
def answer(value: Any) -> dict[str, str]:
    """The badge of an answer: words and a sign, so that colour is not needed.

    ``value``: the rulebook's Answer, its Chinese word, or one of yes, near, missing, judge, no.
    """
    word = getattr(value, "chinese", None) or str(value)
    words, look, sign = _BY_WORD.get(word) or ANSWERS.get(word.lower(), (word, "plain", "help"))
    return {"words": words, "look": look, "sign": sign}


STATES = {
    "waiting": ("wait", "clock"), "running": ("run", "loader"), "done": ("good", "circle-check"),
    "failed": ("bad", "alert-triangle"), "cancelled": ("plain", "ban"),
    "uploaded": ("wait", "list-check"), "accepted": ("good", "circle-check"),
    "confirmed": ("good", "circle-check"), "refused": ("bad", "circle-x"),
    "withdrawn": ("plain", "ban"), "draft": ("plain", "pencil"), "reviewed": ("run", "eye"),
    "in_force": ("good", "circle-check"), "superseded": ("plain", "history"),
    "read": ("wait", "eye"), "open": ("wait", "clock"),
}  # fmt: skip


@register.inclusion_tag("web/parts/state.html")
def state(value: str, words: str) -> dict[str, str]:
    """The badge of a state: ``value`` of one of the closed lists, and the words shown."""
    look, sign = STATES.get(value, ("plain", "circle-dashed"))
    return {"words": words, "look": look, "sign": sign}


def _range(low: int | None, high: int | None, say: Callable[[int], str]) -> str:
    first, last = _whole(low), _whole(high)
    if first is None:
        return UNKNOWN if last is None else f"至多{say(last)}"
    if last is None:
        return f"至少{say(first)}" if first else "金额待定"
    if first == last:
        return say(first)
    return f"至多{say(last)}" if first == 0 else f"{say(first)}至{say(last)}"


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def _in_full(tree: Tree, code: str, above: str) -> str:
    """Name with its city before it; levels from ``above`` upward are left out."""
    found = tree.get(code)
    if found is None:
        return code
    names = [found.name]
    parent = tree.get(found.parent) if found.parent else None
    while parent is not None and parent.level not in (above, "国家"):
        names.insert(0, parent.name)
        parent = tree.get(parent.parent) if parent.parent else None
    return "".join(names)
