"""Figures in a text: money, shares, counts, spans of time, multiples, each with unit and place.

`20万元` `二十万元` `1,000万` `２０ 万元` `百分之十五` `5个百分点` `1.1倍` `半天` `一倍` `翻一番` `1—2个` are read as
exact values. Dates, 文号, ordinals (第三届), names (500强, 5G) and figures inside titles or short
quotations (“1331工程”) are no figures.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from huiqi.reading.folding import matches
from huiqi.reading.numerals import LARGE_UNITS, chinese_number, number

MONEY, PERCENT, POINT, MULTIPLE, COUNT, TIME, FOLD, FIRST, SHARE = (
    "money",
    "percent",
    "point",
    "multiple",
    "count",
    "time",
    "fold",
    "first",
    "share",
)

_COUNT_UNITS = sorted(
    [
        "家",
        "户",
        "个",
        "件",
        "人",
        "名",
        "项",
        "台",
        "套",
        "条",
        "次",
        "场",
        "座",
        "所",
        "种",
        "类",
        "期",
        "亩",
        "公顷",
        "吨",
        "公里",
        "平方米",
        "平方公里",
        "千瓦",
        "兆瓦",
        "支",
        "只",
        "头",
        "辆",
        "部",
        "篇",
        "门",
        "处",
        "位",
        "对",
        "组",
        "人次",
        "岁",
        "周岁",
        "款",
        "枚",
        "张",
        "间",
        "栋",
        "幢",
        "班",
        "轮",
        "份",
        "笔",
        "单",
        "例",
        "宗",
        "立方米",
        "千瓦时",
        "吨标准煤",
        "标准箱",
        "标箱",
        "架次",
        "架",
        "艘",
        "把",
        "张床位",
        "床",
        "分",
        "个点",
        "米",
        "厘米",
        "毫米",
        "千米",
        "公斤",
        "克",
        "度",
        "辆次",
        "平米",
        "㎡",
        "MW",
        "GW",
        "kW",
        "KW",
        "kWh",
        "TB",
        "PB",
        "P",
        "户次",
        "家次",
        "件次",
        "批次",
        "批",
        "台套",
        "台(套)",
        "人/年",
        "万人口",
        "村",
        "艘次",
        "课时",
        "学时",
        "节",
        "盘",
        "颗",
        "株",
        "片",
        "孔",
        "路",
        "点",
        "元/人",
        "EFLOPS PFLOPS TFLOPS",
        "吨/年",
        "平",
        "门类",
        "标台",
    ],
    key=len,
    reverse=True,
)
_TIME_UNITS = [
    "个工作日",
    "个小时",
    "工作日",
    "个自然日",
    "自然日",
    "个月",
    "年",
    "天",
    "日",
    "小时",
    "分钟",
    "周年",
    "周",
    "个季度",
    "月",
]
_FOREIGN = ("美元", "欧元", "港元", "港币", "日元", "英镑")
_UNIT = re.compile(
    r"(?:(?P<foreign>"
    + "|".join(_FOREIGN)
    + r")|(?P<money>元|块钱)|(?P<point>个百分点|百分点)|(?P<percent>%|‰)|(?P<multiple>倍)"
    r"|(?P<time>"
    + "|".join(_TIME_UNITS)
    + r")|(?P<count>"
    + "|".join(re.escape(u) for u in _COUNT_UNITS)
    + r"))"
)
_SCALE = re.compile(r"(?:千万|百万|十万|[万亿千百]{1,2}|[kK](?=元))")
_NUMBER = re.compile(
    r"(?:百|千|万)分之(?=[零一二三四五六七八九十百\d])|(?P<den>[二三四五六七八九十]{1,2})分之(?P<num>[一二三四五六七八九十]{1,2})"
    r"|(?P<over>过半)(?=[,。;、)]|$)"
    r"|(?P<tenths>[一二三四五六七八九])成(?=[,。;、)]|以上|左右|即|$)"
    r"|翻(?P<fold>[一二两三四\d]?)(?:番|倍)|(?P<first>[0零](?=”?的?突破))"
    r"|(?P<arabic>\d++(?:,\d{3}(?![\d]))*+(?:\.\d++)?+)"
    r"|(?P<half>半)(?=天|年|个月|个工作日|小时|个小时|日)"
    r"|(?P<cn>[零一二三四五六七八九十百千两]++(?:点[零一二三四五六七八九]++)?+(?:[万亿][零一二三四五六七八九十百千]*+)*+)"
)
_YEAR = re.compile(r"(?:19|20)\d\d(?= ?年|\.\d{1,2}(?!\d)|-(?:19|20)\d\d)")
_RANGE = re.compile(r"(?:\((?:不?含)[^()]{0,6}\))? ?(?:-{1,2}|~|—{1,2}|至|到) ?")
_BOUND = re.compile(
    r"(?:\((?:不?含)[^()]{0,12}\))?(?:\(含本数\))?"
    r"(?P<word>及以上|或以上|以上|及以下|以下|之内|以内|以外|左右|上下|之间|内(?=[^部外在涵需生资])|内$)?(?:\(不?含[^()]{0,10}\))?"
)


@dataclass(frozen=True)
class Figure:
    """One figure. `values` has one value, or two for a range, in the printed unit."""

    kind: str
    values: tuple[Decimal, ...]
    unit: str
    start: int
    end: int
    number_end: int
    chinese: bool = False
    bound: str = ""
    about: bool = False
    bound_end: int = 0

    @property
    def value(self) -> Decimal:
        return self.values[0]

    @cached_property
    def yuan(self) -> tuple[Decimal, ...]:
        """The values of a sum of money in yuan."""
        factor = scale_of(self.unit)
        return tuple(value * factor for value in self.values)

    @cached_property
    def percent(self) -> tuple[Decimal, ...]:
        """Shares and multiples in per cent: 1.1倍 is 110."""
        if self.kind == MULTIPLE:
            return tuple(value * 100 for value in self.values)
        if self.unit == "‰":
            return tuple(value / 10 for value in self.values)
        return self.values


def scale_of(unit: str) -> Decimal:
    """The factor of a printed unit: 万元 10000, 千万元 10000000, 元 1."""
    factor = Decimal(1)
    for ch in unit:
        if ch in LARGE_UNITS:
            factor *= LARGE_UNITS[ch]
        elif ch in "千百十":
            factor *= {"千": 1000, "百": 100, "十": 10}[ch]
        elif ch in "kK":
            factor *= 1000
        else:
            break
    return factor


@dataclass(frozen=True)
class Hidden:
    """Stretches in which figures do not count: titles, short quotations."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def covers(self, at: int) -> bool:
        index = bisect_right(self.starts, at) - 1
        return index >= 0 and at < self.ends[index]


def hidden(shadow: str) -> Hidden:
    """《…》 always, “…” when short enough to be a name."""
    spans: list[tuple[int, int]] = []
    for kind, longest in (("《", 600), ("“", 14)):
        for start, end in matches(shadow, kind, 600).items():
            if end - start <= longest:
                spans.append((start, end + 1))
    spans.sort()
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return Hidden(tuple(a for a, _ in merged), tuple(b for _, b in merged))


def find_figures(shadow: str, hide: Hidden | None = None) -> list[Figure]:
    """All figures in order of place, in one pass."""
    hide = hide or hidden(shadow)
    out: list[Figure] = []
    at = 0
    while (found := _NUMBER.search(shadow, at)) is not None:
        at = found.end()
        if hide.covers(found.start()) and not found["first"]:
            continue
        figure = _figure(shadow, found)
        if figure is None:
            # A year, a date or a bare number: step over what belongs to it.
            at = max(at, _beyond_date(shadow, found))
            continue
        out.append(figure)
        at = max(at, figure.end)
    return out


def _beyond_date(shadow: str, found: re.Match[str]) -> int:
    if found["arabic"] is None:
        return found.end()
    year = _YEAR.match(shadow, found.start())
    if year is None:
        return found.end()
    end = year.end()
    rest = re.compile(r" ?年 ?(?:\d{1,2} ?月 ?(?:\d{1,2} ?日)?)?|\.\d{1,2}(?:\.\d{1,2})?").match(
        shadow, end
    )
    return rest.end() if rest else end


def _figure(shadow: str, found: re.Match[str]) -> Figure | None:
    start = found.start()
    before = shadow[max(start - 4, 0) : start]
    if found["first"]:
        end = shadow.index("突破", start) + 2
        return Figure(FIRST, (Decimal(1),), "", start, end, end, bound_end=end)
    if found["over"]:
        return Figure(
            PERCENT,
            (Decimal(50),),
            "%",
            start,
            found.end(),
            found.end(),
            True,
            "过半",
            False,
            found.end(),
        )
    if found["tenths"]:
        tenths = chinese_number(found["tenths"])
        if not tenths or re.match("即", shadow[found.end() : found.end() + 3].removeprefix("以上")):
            # 三成即30%: the same figure follows in digits.
            return None
        return _bounded(
            shadow, PERCENT, (Decimal(tenths * 10),), "%", start, found.end(), found.end(), True
        )
    if found["fold"] is not None:
        text = found[0]
        times = number(found["fold"]) if found["fold"] else Decimal(1)
        if times is None or times > 10:
            return None
        growth = times * 100 if text.endswith("倍") else (2 ** int(times) - 1) * Decimal(100)
        if text == "翻倍":
            growth = Decimal(100)
        return Figure(FOLD, (growth,), "%", start, found.end(), found.end(), bound_end=found.end())
    if found["half"]:
        unit = _UNIT.match(shadow, found.end()) or re.compile("(?P<time>个小时)").match(
            shadow, found.end()
        )
        if unit is None:
            return None
        return _bounded(
            shadow,
            TIME,
            (Decimal(1) / 2,),
            unit[0].removeprefix("个"),
            start,
            unit.end(),
            found.end(),
            True,
        )
    if found["den"]:
        den, num = chinese_number(found["den"]), chinese_number(found["num"])
        if not den or not num:
            return None
        if 100 * num % den:
            # 三分之一 has no exact decimal: found, but left without a value.
            return Figure(
                SHARE, (), found[0], start, found.end(), found.end(), True, "", False, found.end()
            )
        return _bounded(
            shadow,
            PERCENT,
            (Decimal(100 * num // den),),
            "%",
            start,
            found.end(),
            found.end(),
            True,
        )
    if found[0].endswith("分之"):
        follow = re.compile(r"\d{1,9}(?:\.\d{1,6})?|[零一二三四五六七八九十百两点]{1,12}").match(
            shadow, found.end()
        )
        value = number(follow[0]) if follow else None
        if follow is None or value is None:
            return None
        unit_text = {"百": "%", "千": "‰", "万": "‱"}[found[0][0]]
        if unit_text == "‱":
            return None
        return _bounded(
            shadow, PERCENT, (value,), unit_text, start, follow.end(), follow.end(), True
        )
    if (
        before.endswith("第")
        or re.search(r"[A-Za-z.\-]$", before)
        and not before.endswith(("-", "至"))
        and found["arabic"]
    ):
        return None
    if found["arabic"] and _YEAR.match(shadow, start):
        return None
    first = _value(found)
    if first is None:
        return None
    values = [first]
    end = found.end()
    number_end = end
    chinese = found["cn"] is not None
    scale = ""
    if not chinese:
        first_scale = _SCALE.match(shadow, end)
        scale = first_scale[0] if first_scale else ""
        end += len(scale)
    else:
        values[0], scale = _mantissa(found[0])
    if re.match(r"[余多来]", shadow[end : end + 1]) and not re.match(
        "多规|多元|来源", shadow[end : end + 2]
    ):
        end += 1
        if not scale and not chinese and (more := _SCALE.match(shadow, end)):
            scale = more[0]
            end += len(scale)
    if shadow[end : end + 1] == " " and re.match(r"[A-Za-z]", shadow[end + 1 : end + 2]):
        end += 1
    unit = _UNIT.match(shadow, end)
    joint = _RANGE.match(shadow, unit.end() if unit else end)
    if joint is not None:
        second = _second(shadow, joint.end())
        if second is not None:
            other, other_scale, other_end = second
            other_unit = _UNIT.match(shadow, other_end)
            same = other_unit is not None and (
                unit is None or unit[0] == other_unit[0] or unit.lastgroup == other_unit.lastgroup
            )
            year = _YEAR.match(shadow, joint.end())
            increasing = values[0] * scale_of(
                scale or (other_scale if unit is None else "")
            ) < other * scale_of(other_scale)
            if (
                same
                and increasing
                and other_unit is not None
                and not year
                and other_unit[0] not in {"月", "日"}
            ):
                if scale and scale != other_scale:
                    values = [values[0] * scale_of(scale) / scale_of(other_scale), other]
                else:
                    values.append(other)
                if len(values) == 1:
                    values.append(other)
                scale, unit, number_end = other_scale, other_unit, other_end
                end = other_end
    if unit is None:
        if scale and scale[-1] in "万亿" and (not chinese or _BARE_CHINESE.match(shadow, end)):
            return _bare_scale(shadow, values, scale, start, end, number_end)
        return None
    kind = unit.lastgroup or ""
    if kind == "foreign":
        return None
    stop = unit.end()
    if kind == "time":
        # 3月 and 5日 are dates; 5日内 is a span.
        within = re.match(r"内|以内|之内|前|后", shadow[stop : stop + 2])
        if unit[0] == "月" or (unit[0] == "日" and not within):
            return None
        if unit[0] == "年" and not chinese and values[0] >= 1000:
            return None
        if unit[0] == "年" and chinese and values[0] > 100:
            return None
    if kind == "count":
        if re.match(r"强|级(?!以)", shadow[stop : stop + 1]) and unit[0] == "星":
            return None
        if unit[0] in {"个", "次", "项", "种", "类", "位", "条", "名"} and before.endswith(
            ("前", "每", "这", "另", "某")
        ):
            return None
        if chinese and not scale and not _strong_chinese(shadow, start, stop, unit[0], values[0]):
            return None
        if unit[0] == "P" and re.match("[A-Za-z]", shadow[stop : stop + 1]):
            return None
        if (
            unit[0]
            in {"分", "点", "度", "部", "对", "条", "节", "路", "期", "平", "单", "村", "名"}
            and chinese
            and values[0] < 10
        ):
            return None
        if unit[0] == "点" and re.match(r"[至到\-—:半]", shadow[stop : stop + 1]):
            return None
    text = scale + unit[0]
    if kind == "time":
        text = unit[0].removeprefix("个")
    return _bounded(
        shadow,
        {
            "count": COUNT,
            "money": MONEY,
            "percent": PERCENT,
            "point": POINT,
            "multiple": MULTIPLE,
            "time": TIME,
        }[kind],
        tuple(values),
        text,
        start,
        stop,
        number_end,
        chinese,
    )


def _strong_chinese(shadow: str, start: int, stop: int, unit: str, value: Decimal) -> bool:
    """Whether a numeral in Chinese characters really counts: 三至五家 does, 一个 and 两个方面 do not."""
    if unit in "家户件人名项个场次台座所支" and value >= 2:
        return not re.match(
            r"方面|领域|环节|阶段|层次|层面|维度|关键|重点|大|坚持|统一|确保|必须|全面|第一|全集|区分|清单",
            shadow[stop : stop + 4],
        )
    return value >= 2


_BARE_CHINESE = re.compile(r"以上|以下|以内|之内|的|,|、|\(含")


def _bare_scale(
    shadow: str, values: list[Decimal], scale: str, start: int, end: int, number_end: int
) -> Figure | None:
    """1000万以下, 3000万的贷款: money without 元; 1.3万 before a noun is a count without classifier."""
    if re.match(r"人口|众|物|家|户|[A-Za-z]", shadow[end : end + 2]):
        return None
    return _bounded(shadow, MONEY, tuple(values), scale, start, end, number_end, False)


def _bounded(
    shadow: str,
    kind: str,
    values: tuple[Decimal, ...],
    unit: str,
    start: int,
    end: int,
    number_end: int,
    chinese: bool,
) -> Figure:
    after = _BOUND.match(shadow, end)
    word = (after["word"] or "") if after else ""
    bound_end = after.end() if after and word else end
    about = bool(re.search(r"[余多来]", shadow[number_end:end])) or word in {"左右", "上下"}
    return Figure(kind, values, unit, start, end, number_end, chinese, word, about, bound_end)


def _value(found: re.Match[str]) -> Decimal | None:
    text = found[0]
    if len(text) > 20:
        return None
    if found["cn"]:
        head = text.rstrip("万亿")
        value = number(head) if "点" in head else (chinese_number(text) or None)
        if value is None:
            return None
        return Decimal(value)
    return number(text)


def _mantissa(text: str) -> tuple[Decimal, str]:
    """二十万 -> (20, 万); 三千五百 -> (3500, '')."""
    scale = ""
    whole = text
    while text and text[-1] in LARGE_UNITS and len(text) > 1:
        scale = text[-1] + scale
        text = text[:-1]
    if "万" in text or "亿" in text:
        total = chinese_number(whole)
        if total is not None:
            return (Decimal(total) / 10000, "万") if total % 100 == 0 else (Decimal(total), "")
    value = number(text)
    if value is None:
        return Decimal(0), scale
    return value, scale


def _second(shadow: str, at: int) -> tuple[Decimal, str, int] | None:
    """The upper end of a range."""
    found = _NUMBER.match(shadow, at)
    if found is None or not (found["arabic"] or found["cn"]) or len(found[0]) > 20:
        return None
    if found["cn"]:
        value, scale = _mantissa(found[0])
        return (value, scale, found.end()) if value else None
    value_or_none = number(found[0])
    if value_or_none is None:
        return None
    scale_found = _SCALE.match(shadow, found.end())
    scale = scale_found[0] if scale_found else ""
    return value_or_none, scale, found.end() + len(scale)
