"""A column of cells -> a column of base units, at once where it can be, cell by cell where not.

:func:`huiqi.rulebook.library.values.read_value` decides what a text means. Here the common notations of
numbers are read by column expressions that give the same answer, and everything else goes through
``read_value`` once per distinct text. A test holds both ways equal.

Rules that belong to tables and not to single values:

* A number typed into a sheet counts as the sheet shows it: with 15 significant digits. So 0.1+0.2
  is 0.3 and 12.340000000000002 is 12.34; noise that reaches further left stays and is a problem. Numbers
  of 10^15 and more have lost digits; they are shown as 9.14E+17 and refused.
* In a date column five digits are a spreadsheet's day count (46086 is 2026-03-05) and eight digits
  are year, month, day.
* Money, counts and rates stored as numbers in Parquet count in the unit of the column's name; money
  and rates without one are refused. Floats follow the rule of 15 digits and must then be exact.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from huiqi.rulebook.bulk.snapshot import TYPES, code_of
from huiqi.rulebook.language.bounds import hard_bounds
from huiqi.rulebook.language.literals import LiteralError
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.values import (
    LONGEST_TEXT,
    SHEET_ERRORS,
    UNKNOWN_WORDS,
    Known,
    narrow,
    read_value,
    text_fault,
)  # fmt: skip
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary

NUMBERS = frozenset({Kind.MONEY, Kind.COUNT, Kind.RATE})
LOST_DIGITS = 10**15
MOST_WRONG = 1000  # distinct wrong values of a column that are explained one by one
CACHED = 200_000
MICRO = 10**6
_BARE = r"^-?[0-9]{1,12}(?:\.[0-9]{1,6})?$"
_WRITTEN = (
    r"^(?<sign>[-−]?)[￥¥]?(?<whole>[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,12})"
    r"(?<part>(?:\.[0-9]{1,6})?)(?<unit>[^0-9.,]*)$"
)
_SERIAL = re.compile(r"([1-7][0-9]{4})(?:\.[0-9]+)?")
_COMPACT = re.compile(r"((?:1[789]|2[012])[0-9]{2})([0-9]{2})([0-9]{2})")
_HOPELESS = f"这一列里不同的错值超过{MOST_WRONG:,}种，多半填错了列；其余没见过的值不再逐个核对"


def number_text(value: float | int) -> str:
    """A number as a spreadsheet shows it, never more than 15 significant digits."""
    if isinstance(value, int) and abs(value) < LOST_DIGITS:
        return str(value)
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        return "NaN" if number != number else "∞"
    if abs(number) >= LOST_DIGITS:
        mantissa, exponent = f"{number:.14e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}E+{int(exponent)}"
    text = repr(number)
    if len(text.lstrip("-0.").replace(".", "")) > 15 or "e" in text:
        text = f"{Decimal(f'{number:.15g}'):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def number_texts(values: pl.Series) -> pl.Series:
    """:func:`number_text` of a column of floats."""
    texts = values.cast(pl.Float64).cast(pl.String)
    plain = texts.str.contains(r"^-?[0-9]{1,9}\.[0-9]{1,5}$") | texts.is_null()
    odd = texts.filter(~plain).unique()
    if odd.len():
        shown = [number_text(float(text)) for text in odd]
        texts = texts.replace(odd, pl.Series(shown, dtype=pl.String))
    return texts.str.replace(r"\.0$", "").str.replace(r"^-0$", "0")


def date_text(text: str, base_1904: bool = False) -> str:
    """Day counts and eight digits as an ISO date; other texts as they are."""
    if found := _SERIAL.fullmatch(text):
        first = date(1904, 1, 1) if base_1904 else date(1899, 12, 30)
        return (first + timedelta(days=int(found[1]))).isoformat()
    if found := _COMPACT.fullmatch(text):
        return "-".join(found.groups())
    return text


def expected(spec: FactSpec, vocabulary: Vocabulary, unit: str = "") -> str:
    """What a cell of this fact should look like, for the remedy of a problem."""
    match spec.type.kind:
        case Kind.BOOL:
            return "应填“是”或“否”，不清楚就空着"
        case Kind.MONEY:
            return f"应填金额（列名里的单位是{unit}）" if unit else "应填带单位的金额，如 20万元"
        case Kind.COUNT:
            return f"应填整数，单位是{unit or spec.type.unit}"
        case Kind.RATE:
            return f"应填比例（列名里的单位是{unit}）" if unit else "应填比例，如 5%"
        case Kind.DATE:
            return "应填日期，如 2026-03-05"
        case Kind.CHOICE:
            listed = vocabulary.choices.get(spec.type.choices, ())
            return f"应填：{'、'.join(listed[:12])}{'等' if len(listed) > 12 else ''}"
        case Kind.REGION:
            return "应填行政区划的名称或代码"
        case Kind.INDUSTRY:
            return "应填国民经济行业的名称或代码"
        case _:
            return "应填文字"


@dataclass(frozen=True, slots=True)
class Decoded:
    """Values of a column in snapshot types, which cells are wrong, and the texts of all."""

    values: pl.Series
    wrong: pl.Series
    texts: pl.Series


@dataclass(slots=True)
class CellReader:
    """Reads batches of one column; what distinct texts mean is remembered between batches.

    ``unit`` is what bare numbers count in. ``reasons`` holds, by text, why a cell is wrong.
    """

    spec: FactSpec
    vocabulary: Vocabulary
    unit: str = ""
    base_1904: bool = False
    bare: int = 0  # how many bare numbers other than 0 a column of rates had, and how many below 1
    below_one: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    _known: dict[str, int | bool | str] = field(default_factory=dict)
    _scales: dict[str, int | None] = field(default_factory=dict)
    _unknown: set[str] = field(default_factory=set)  # odd spellings of words for unknown

    @property
    def fractions(self) -> bool:
        """Whether all bare numbers of a column of rates were below one."""
        return self.bare > 0 and self.bare == self.below_one

    def read(self, cells: pl.Series) -> Decoded:
        """Cells as strings or as typed Parquet values (see :func:`readable`)."""
        kind = self.spec.type.kind
        type_ = cells.dtype
        if type_ == pl.Boolean and kind is Kind.BOOL:
            texts = cells.replace_strict(
                [True, False], ["是", "否"], default=None, return_dtype=pl.String
            )
            return Decoded(cells, _never(cells), texts)
        if type_.is_integer() and kind in NUMBERS:
            return self._integers(cells)
        if type_.is_temporal() and kind is Kind.DATE and type_ not in (pl.Time, pl.Duration):
            if isinstance(type_, pl.Datetime) and type_.time_zone:
                cells = cells.dt.convert_time_zone(
                    "Asia/Shanghai"
                )  # an instant; the day is China's
            return self._days(cells if type_ == pl.Date else cells.dt.date())
        return self._texts(as_text(cells))

    # ------------------------------------------------------------ typed columns

    def _integers(self, cells: pl.Series) -> Decoded:
        scale = self._scale("") or 1
        texts = cells.cast(pl.String)
        wide = cells.cast(pl.Int64, strict=False)
        far = 10**18 // scale
        safe = wide.is_between(-far, far).fill_null(False)
        values = wide.zip_with(safe, pl.Series([None], dtype=pl.Int64)) * scale
        return self._judge(values, texts, safe)

    def _days(self, cells: pl.Series) -> Decoded:
        return self._judge(
            cells.cast(pl.Int32).cast(pl.Int64), cells.cast(pl.String), cells.is_not_null()
        )

    # ------------------------------------------------------------ texts

    def _texts(self, cells: pl.Series) -> Decoded:
        texts = cells.str.strip_chars()
        short = texts.str.len_bytes() <= 9
        unknown = short & texts.is_in(list(UNKNOWN_WORDS))
        if unknown.any():
            texts = texts.zip_with(~unknown.fill_null(False), pl.Series([None], dtype=pl.String))
        kind = self.spec.type.kind
        if kind is Kind.TEXT:
            odd = texts.str.contains("\0", literal=True) | (texts.str.len_chars() > LONGEST_TEXT)
            odd = odd | texts.is_in(list(SHEET_ERRORS))
            odd = odd.fill_null(False)
            self.reasons |= {text: text_fault(text) for text in texts.filter(odd).unique()}
            return Decoded(texts, odd, texts)
        if kind in NUMBERS:
            return self._numbers(texts)
        return self._each(texts)

    def _each(self, texts: pl.Series) -> Decoded:
        """Every distinct text through ``read_value``."""
        distinct = [text for text in texts.unique() if text is not None]
        self._learn(distinct)
        kind = self.spec.type.kind
        stored = pl.Int32() if kind is Kind.DATE else TYPES[kind]
        found = [self._known.get(text) for text in distinct]
        values = texts.replace_strict(
            pl.Series(distinct, dtype=pl.String), pl.Series(found, dtype=stored), default=None,
            return_dtype=stored,
        )  # fmt: skip
        texts = self._said(texts)
        wrong = texts.is_not_null() & values.is_null()
        return Decoded(values.cast(TYPES[kind]), wrong, texts)

    def _said(self, texts: pl.Series) -> pl.Series:
        """Texts without the odd spellings of unknown that were met."""
        if not self._unknown:
            return texts
        unknown = texts.is_in(list(self._unknown)).fill_null(False)
        return texts.zip_with(~unknown, pl.Series([None], dtype=pl.String))

    def _numbers(self, texts: pl.Series) -> Decoded:
        closed = texts
        if texts.str.contains(" ", literal=True).any():
            # 12 5 may be one number or two: read_value says so.
            apart = texts.str.contains("[0-9] +[0-9]").fill_null(False)
            closed = texts.str.replace_all(" ", "", literal=True).zip_with(~apart, texts)
        values = pl.Series([None], dtype=pl.Int64).new_from_index(0, texts.len())
        bare = closed.str.contains(_BARE)
        scale = self._scale("")
        if scale is not None:
            values = _scaled(
                closed.zip_with(bare.fill_null(False), pl.Series([None], dtype=pl.String)),
                pl.Series([scale]).new_from_index(0, texts.len()),
            )
            if self.spec.type.kind is Kind.RATE:
                self.bare += int(values.ne(0).sum())
                self.below_one += int(values.is_between(1, scale - 1).sum())
        rest = (~bare).fill_null(False)
        if rest.any():
            where = rest.arg_true()
            odd = closed.filter(rest).str.replace_all("，", ",", literal=True)
            groups = odd.str.extract_groups(_WRITTEN).struct.unnest()
            units = groups["unit"].unique().drop_nulls()
            scales = pl.Series([self._scale(unit) for unit in units], dtype=pl.Int64)
            by_row = groups["unit"].replace_strict(
                units, scales, default=None, return_dtype=pl.Int64
            )
            shown = groups.select(
                pl.when(pl.col("sign") == "").then(pl.lit("")).otherwise(pl.lit("-"))
                + pl.col("whole").str.replace_all(",", "", literal=True)
                + pl.col("part")
            ).to_series()
            values = values.scatter(where, _scaled(shown, by_row))
        return self._judge(values, texts, values.is_not_null())

    def _judge(self, values: pl.Series, texts: pl.Series, read: pl.Series) -> Decoded:
        """Values within bounds stay; the other known texts go through ``read_value``."""
        least, most = hard_bounds(self.spec.type)
        low = least if self.spec.low is None else self.spec.low
        high = most if self.spec.high is None else self.spec.high
        fine = (read & values.is_between(low, high)).fill_null(False)
        rest = ~fine & texts.is_not_null()
        values = values.zip_with(fine, pl.Series([None], dtype=pl.Int64))
        if rest.any():
            slow = self._each(texts.filter(rest)).values
            if self.spec.type.kind is Kind.DATE:
                slow = slow.cast(pl.Int32)
            values = values.scatter(rest.arg_true(), slow.cast(pl.Int64))
            texts = self._said(texts)
        wrong = texts.is_not_null() & values.is_null()
        if self.spec.type.kind is Kind.DATE:
            values = values.cast(pl.Int32)
        return Decoded(values.cast(TYPES[self.spec.type.kind]), wrong, texts)

    def _learn(self, distinct: list[str]) -> None:
        if len(self._known) > CACHED:
            self._known.clear()
        for text in distinct:
            if text in self._known or text in self.reasons:
                continue
            if len(self.reasons) >= MOST_WRONG:
                continue
            try:
                value = read_value(self._prepared(text), self.spec, self.vocabulary, self.unit)
            except LiteralError as error:
                self.reasons[text] = str(error)
                continue
            if value is None:
                self._unknown.add(text)
            else:
                self._known[text] = self._stored(value)

    def reason(self, texts: pl.Series) -> Mapping[str, str]:
        """Why each of these wrong texts is wrong."""
        return {text: self.reasons.get(text, _HOPELESS) for text in texts.unique() if text}

    def _prepared(self, text: str) -> str:
        if self.spec.type.kind is not Kind.DATE:
            return text
        return date_text(narrow(text), self.base_1904)

    def _stored(self, value: Known) -> int | bool | str:
        if self.spec.type.kind in (Kind.CHOICE, Kind.REGION, Kind.INDUSTRY):
            return code_of(self.spec, str(value), self.vocabulary)
        return value

    def _scale(self, unit: str) -> int | None:
        """Base units in one of ``unit``; None where read_value takes no number with it."""
        if unit not in self._scales:
            free = replace(self.spec, low=None, high=None)
            try:
                value = read_value(f"1{unit}", free, self.vocabulary, self.unit)
                # Only powers of ten: the arithmetic below relies on it.
                power = isinstance(value, int) and str(value).strip("0") == "1"
                self._scales[unit] = int(value) if power and value is not None else None
            except LiteralError:
                self._scales[unit] = None
        return self._scales[unit]


def readable(type_: pl.DataType, spec: FactSpec, unit: str) -> str:
    """Why a Parquet column of this type can't give this fact, in Chinese; empty if it can."""
    if type_.is_nested() or type_ in (pl.Binary, pl.Object):
        return "这种列类型不能读，应是文字、数字、日期或是否"
    numeric = type_.is_numeric()
    if numeric and spec.type.kind in (Kind.MONEY, Kind.RATE) and not unit:
        example = "（元）或（万元）" if spec.type.kind is Kind.MONEY else "（%）"
        return f"这一列是数字，列名里没有写单位，请在列名后写明，如 {spec.name}{example}"
    return ""


def as_text(cells: pl.Series) -> pl.Series:
    """Any column as text, numbers as a sheet shows them."""
    type_ = cells.dtype
    if type_ == pl.String:
        return cells
    if type_.is_float():
        return number_texts(cells)
    if type_ == pl.Boolean:
        return cells.replace_strict(
            [True, False], ["TRUE", "FALSE"], default=None, return_dtype=pl.String
        )
    if type_.is_decimal():
        return cells.cast(pl.String).str.replace(r"(\.[0-9]*?)0+$", "$1").str.replace(r"\.$", "")
    return cells.cast(pl.String)


def _scaled(numbers: pl.Series, scales: pl.Series) -> pl.Series:
    """Plain decimals times powers of ten as whole numbers; null where that is not exact."""
    micro = numbers.cast(pl.Decimal(38, 6), strict=False).to_physical().cast(pl.Int64, strict=False)
    frame = pl.DataFrame([micro.alias("micro"), scales.alias("scale")])
    up, down = pl.col("scale") // MICRO, MICRO // pl.col("scale")
    most = 4 * 10**18 // up
    return frame.select(
        pl.when(pl.col("scale") >= MICRO)
        .then(pl.when(pl.col("micro").abs() <= most).then(pl.col("micro") * up))
        .otherwise(pl.when(pl.col("micro") % down == 0).then(pl.col("micro") // down))
        .alias("value")
    ).to_series()


def _never(cells: pl.Series) -> pl.Series:
    return pl.Series([False]).new_from_index(0, cells.len())


__all__ = [
    "CellReader", "Decoded", "as_text", "date_text", "expected", "number_text", "number_texts", "readable",
]  # fmt: skip
