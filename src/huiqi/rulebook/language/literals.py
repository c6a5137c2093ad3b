"""Numbers as officials write them, read exactly: 20万元, 1,000万元, 5%, 5个百分点, 1.1倍, 3年.

Every literal becomes a whole number of base units: fen, pieces, millionths, days. Nothing is
rounded: `0.001元` is a problem, not a zero.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache

from huiqi.rulebook.language.nodes import MILLION, Kind, Type, Unit

EPOCH = date(1970, 1, 1).toordinal()
MULTIPLES = {"": 1, "百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8,
             "万亿": 10**12}  # fmt: skip
SPANS = {"日": Unit.DAY, "天": Unit.DAY, "个月": Unit.MONTH, "月": Unit.MONTH, "年": Unit.YEAR,
         "个工作日": Unit.WORKDAY, "工作日": Unit.WORKDAY}  # fmt: skip
RATES = {"%": Fraction(1, 100), "％": Fraction(1, 100), "个百分点": Fraction(1, 100),
         "百分点": Fraction(1, 100), "‰": Fraction(1, 1000), "倍": Fraction(1)}  # fmt: skip

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
DATES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"),
    re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})(?!\d)"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)"),
)
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


class LiteralError(ValueError):
    """A number that cannot be read; the message is for the author, in Chinese."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number with its unit as written.

    ``kind`` is MONEY (fen), RATE (millionths; ``exact`` keeps the whole rate), COUNT (pieces), DATE
    (days since 1970) or SPAN (``unit`` is a :class:`Unit`).
    """

    kind: Kind
    value: int
    unit: str = ""
    exact: Fraction = Fraction(0)

    @property
    def type(self) -> Type:
        return Type(self.kind, self.unit if self.kind is Kind.COUNT else "")


def days(day: date) -> int:
    """A date as days since 1970-01-01."""
    return day.toordinal() - EPOCH


def to_date(value: int) -> date:
    """Days since 1970-01-01 as a date."""
    return date.fromordinal(value + EPOCH)


def read_date(text: str) -> date:
    """`2026-3-5`, `2026年3月5日`, `2026.3.5`, `2026/3/5`; LiteralError where no such day exists."""
    for pattern in DATES:
        if found := pattern.fullmatch(text):
            year, month, day = (int(part) for part in found.groups())
            try:
                return date(year, month, day)
            except ValueError:
                raise LiteralError(f"没有“{text}”这一天") from None
    raise LiteralError(f"“{text}”不是日期，请写成 2026-03-05")


def read_number(text: str) -> Decimal:
    """A plain number, thousands separators allowed where they stand right."""
    cleaned = text.replace("，", ",")
    if not GROUPED.fullmatch(cleaned):
        raise LiteralError(f"“{text}”不是正确的数字")
    return Decimal(cleaned.replace(",", ""))


def whole(value: Decimal | Fraction, shown: str, base: str) -> int:
    """The value as a whole number; LiteralError when a part would be lost."""
    if value != int(value):
        raise LiteralError(f"“{shown}”不能正好化为{base}")
    return int(value)


def make(number: str, unit: str, counts: frozenset[str] | set[str]) -> Literal:
    """A literal from its number and unit; ``counts`` are the count units of the vocabulary."""
    value = read_number(number)
    shown = f"{number}{unit}"
    if unit in RATES:
        exact = Fraction(value) * RATES[unit]
        return Literal(Kind.RATE, whole(exact * MILLION, shown, "百万分之一"), "", exact)
    if unit in SPANS and SPANS[unit] is not Unit.YEAR:
        return Literal(Kind.SPAN, whole(value, shown, "整数"), SPANS[unit])
    if unit == "年":
        return Literal(Kind.SPAN, whole(value, shown, "整年"), Unit.YEAR)
    for multiple in sorted(MULTIPLES, key=len, reverse=True):
        if not unit.startswith(multiple):
            continue
        rest = unit[len(multiple) :]
        scaled = Fraction(value) * MULTIPLES[multiple]
        if rest == "元":
            return Literal(Kind.MONEY, whole(scaled * 100, shown, "分"))
        if rest == "角" or rest == "分":
            return Literal(Kind.MONEY, whole(scaled * (10 if rest == "角" else 1), shown, "分"))
        if rest == "" or rest in counts:
            return Literal(Kind.COUNT, whole(scaled, shown, "整数"), rest)
    raise LiteralError(f"不认识单位“{unit}”")


@cache
def units_longest_first(counts: frozenset[str]) -> tuple[str, ...]:
    """All units a number may carry, longest first, for the lexer."""
    plain = [*SPANS, *RATES, "元", "角", "分", *counts, ""]
    out = {f"{multiple}{unit}" for multiple in MULTIPLES for unit in ("元", "", *counts)}
    return tuple(sorted(out | set(plain), key=lambda unit: (-len(unit), unit)))


def show_money(fen: int | None) -> str:
    """Money as officials write it: 20万元, 1.5亿元, 3,200元, 12.34元; `不详` for None."""
    if fen is None:
        return "不详"
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    for size, word in ((10**8 * 100, "亿元"), (10**4 * 100, "万元")):
        if fen >= size:
            value = (Decimal(fen) / size).normalize()
            exponent = value.as_tuple().exponent
            if isinstance(exponent, int) and exponent >= -4:
                return f"{sign}{value:,f}{word}"
    value = Decimal(fen) / 100
    return f"{sign}{value:,.2f}元" if fen % 100 else f"{sign}{fen // 100:,}元"


def show_rate(millionths: int) -> str:
    """A rate in per cent, exact."""
    return f"{(Decimal(millionths) / 10_000).normalize():f}%"


def show_value(value: int, type_: Type) -> str:
    """A base-unit number as people read it."""
    match type_.kind:
        case Kind.MONEY:
            return show_money(value)
        case Kind.RATE:
            return show_rate(value)
        case Kind.DATE:
            return to_date(value).isoformat()
        case _:
            return f"{value:,}{type_.unit}" if type_.unit != "年" else f"{value}年"
