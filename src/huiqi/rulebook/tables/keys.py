"""Keys of subjects: checked at once for a column, explained one by one where they are wrong.

Look-ups go through a sorted index of two 64-bit hashes and a number (20 bytes a subject), so that
millions of keys need no strings in memory; two different keys are taken for one only if both hashes
agree, once in 2^128 pairs.
"""

from collections.abc import Callable

import polars as pl

from huiqi.rulebook.library.keytexts import (
    CREDIT,
    LONGEST,
    PLAIN,
    RESIDENT_WEIGHTS,
    UNSEEN,
    plain_key,
    why_not,
)
from huiqi.rulebook.library.values import SHEET_ERRORS

CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CREDIT_SHAPE = r"^[0-9]{8}[0-9A-HJ-NP-RTUW-Y]{10}$"
_RESIDENT_SHAPE = r"^[0-9]{6}(?:18|19|20)[0-9]{9}[0-9X]$"
Hashes = Callable[[pl.Series], tuple[pl.Series, pl.Series]]


def check_keys(texts: pl.Series, form: str) -> tuple[pl.Series, pl.Series, dict[str, str]]:
    """Stripped texts -> plain keys, which of them are wrong, and why by text.

    A null text gives a null key that is not wrong: the caller says what a blank key means.
    """
    if form == PLAIN:
        odd = texts.str.contains(rf"^[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+$|^=|{UNSEEN.pattern}")
        odd = odd | (texts.str.len_chars() > LONGEST) | texts.is_in(list(SHEET_ERRORS))
        odd = odd.fill_null(False)
        wrong = {text: why_not(text, form) for text in texts.filter(odd).unique()}
        return texts, odd, wrong
    keys = texts.str.to_uppercase()
    right = _good_credit(keys) if form == CREDIT else _good_resident(keys)
    good = right.fill_null(False) | keys.is_null()
    if good.all():
        return keys, ~good, {}
    reasons: dict[str, str] = {}
    mended: dict[str, str] = {}
    for text in texts.filter(~good).unique():
        key = plain_key(text, form)
        reason = why_not(key, form)
        if reason:
            reasons[text] = f"“{text}”{reason}"
        else:
            mended[text] = key
    odd = ~good & ~texts.is_in(list(mended))
    if mended:
        fixed = texts.replace_strict(mended, default=None, return_dtype=pl.String)
        keys = keys.zip_with(good, fixed)
    return keys, odd, reasons


def _bytes(keys: pl.Series, shape: str) -> tuple[pl.Series, list[pl.Expr]]:
    """Which keys have the shape, and their 18 characters as numbers (others as 0)."""
    shaped = keys.str.contains(shape)
    return shaped, [pl.col("key").arr.get(place).cast(pl.Int32) for place in range(18)]


def _characters(keys: pl.Series, shaped: pl.Series) -> pl.DataFrame:
    blank = pl.Series(["0" * 18])
    safe = keys.zip_with(shaped.fill_null(False), blank)
    return safe.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, 18)).to_frame("key")


def _good_credit(keys: pl.Series) -> pl.Series:
    shaped, places = _bytes(keys, _CREDIT_SHAPE)
    # The alphabet is 0-9 and A-Y without I, O, S, V: a letter's number is its place less those before.
    numbers = [
        pl.when(place < 58)
        .then(place - 48)
        .otherwise(place - 55 - sum((place > ord(char)).cast(pl.Int32) for char in "IOSV"))
        for place in places
    ]
    terms = zip(numbers, CREDIT_WEIGHTS, strict=False)
    total = sum((number * weight for number, weight in terms), pl.lit(0))
    right = (31 - total % 31) % 31 == numbers[17]
    return shaped & _characters(keys, shaped).select(right.alias("right"))["right"]


def _good_resident(keys: pl.Series) -> pl.Series:
    shaped, places = _bytes(keys, _RESIDENT_SHAPE)
    numbers = [place - 48 for place in places[:17]]
    terms = zip(numbers, RESIDENT_WEIGHTS, strict=True)
    total = sum((number * weight for number, weight in terms), pl.lit(0)) % 11
    check = pl.when(places[17] == ord("X")).then(10).otherwise(places[17] - 48)
    # RESIDENT_CHECKS as arithmetic: remainder r asks for (12 - r) % 11, where 10 is written X.
    right = _characters(keys, shaped).select((check == (12 - total) % 11).alias("right"))["right"]
    born = keys.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).is_not_null()
    return shaped & right & born


def hashes(keys: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Two independent 64-bit hashes of every key."""
    return keys.hash(1), keys.hash(2)


class KeyIndex:
    """Key -> number, by binary search over hashes. Keys must be distinct."""

    def __init__(
        self, first: pl.Series, second: pl.Series, numbers: pl.Series, by: Hashes = hashes
    ) -> None:
        order = first.arg_sort()
        self.first = first.gather(order)
        self.second = second.gather(order)
        self.numbers = numbers.gather(order)
        self.by = by
        again = self.first.filter(self.first == self.first.shift(1))
        self.shared: dict[tuple[int, int], int] = {}
        self.crowded = again.unique()
        if again.len():
            inside = self.first.is_in(self.crowded.implode())
            frame = pl.DataFrame([self.first, self.second, self.numbers.alias("number")])
            for one, two, number in frame.filter(inside).iter_rows():
                self.shared[one, two] = number

    def find(self, keys: pl.Series) -> pl.Series:
        """The number of each key as UInt32; null for null keys and keys not in the index."""
        one, two = self.by(keys)
        if not self.first.len():
            return pl.Series([None] * keys.len(), dtype=pl.UInt32)
        place = self.first.search_sorted(one, "left").clip(0, self.first.len() - 1)
        same = (self.first.gather(place) == one) & (self.second.gather(place) == two)
        nothing = pl.Series([None], dtype=pl.UInt32)
        found = self.numbers.gather(place).zip_with(same & keys.is_not_null(), nothing)
        if self.shared:
            crowded = one.is_in(self.crowded.implode()) & keys.is_not_null()
            where = crowded.arg_true()
            pairs = zip(one.filter(crowded), two.filter(crowded), strict=True)
            values = [self.shared.get(pair) for pair in pairs]
            found = found.scatter(where, pl.Series(values, dtype=pl.UInt32))
        return found


def repeated(heads: pl.DataFrame) -> pl.DataFrame:
    """Rows of (``first``, ``second``, ``file``, ``line``, …) whose key an earlier row has.

    Adds ``at_file`` and ``at_line``, the place of the first row with the key. Order is kept.
    """
    ordered = heads["first"].sort()
    again = ordered.filter(ordered == ordered.shift(1)).unique()
    if not again.len():
        return heads.clear().with_columns(
            pl.lit(0, pl.UInt16).alias("at_file"), pl.lit(0, pl.UInt32).alias("at_line")
        )
    rows = heads.filter(pl.col("first").is_in(again.implode()))
    over = ("first", "second")
    return rows.with_columns(
        pl.col("file").first().over(over).alias("at_file"),
        pl.col("line").first().over(over).alias("at_line"),
    ).filter(~pl.struct(over).is_first_distinct())
