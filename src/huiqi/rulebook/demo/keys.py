"""Keys and names that hold a check digit where one belongs and are no real one's.

* Credit codes (GB 32100) are registered in 990000 and the following: no division begins with 99
  (GB/T 2260). The organisation part is the running number with its own check digit (GB 11714).
* Identity numbers (GB 11643) have birthdays in the 19th century: nobody who bears one is alive, and
  they were introduced in 1984.
* Other keys begin with 示例, and so do names; those of enterprises end in （虚拟）.
"""

from datetime import date, timedelta
from functools import cache

import polars as pl

CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
AREA = 99 * 10**4
IDENTITY_AREAS = ("140000", "140100")
IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FIRST_BIRTHDAY = date(1800, 1, 1)
BIRTHDAYS = (date(1900, 1, 1) - FIRST_BIRTHDAY).days
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
NUMERALS = "零一二三四五六七八九"
EIGHT = 10**8
FOUR = 10**4


def _digit(number: pl.Expr, place: int) -> pl.Expr:
    return (number // int(10**place)) % 10


def _total(parts: list[tuple[pl.Expr, int]]) -> pl.Expr:
    return pl.sum_horizontal([digit * weight for digit, weight in parts])


def _text(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)


def credit_codes(number: pl.Expr, kind: pl.Expr | int = 1, office: int = 9) -> pl.Expr:
    """统一社会信用代码 of the numbers; ``kind`` is the second digit, ``office`` the first.

    Unique for numbers below 10^12 where office and kind are the number's own.
    """
    number = number.cast(pl.Int64)
    kind = pl.lit(kind, dtype=pl.Int64) if isinstance(kind, int) else kind.cast(pl.Int64)
    area, inner = number // EIGHT + AREA, number % EIGHT
    inner_digits = [_digit(inner, place) for place in range(7, -1, -1)]
    rest = 11 - _total(list(zip(inner_digits, ORGANISATION_WEIGHTS, strict=True))) % 11
    own = pl.when(rest == 11).then(0).otherwise(rest)
    own_value = pl.when(rest == 10).then(CODE_ALPHABET.index("X")).otherwise(own)
    digits = [
        pl.lit(office, dtype=pl.Int64), kind, *(_digit(area, place) for place in range(5, -1, -1)),
        *inner_digits, own_value,
    ]  # fmt: skip
    check = (31 - _total(list(zip(digits, CODE_WEIGHTS, strict=True))) % 31) % 31
    letters = pl.lit(pl.Series(list(CODE_ALPHABET)))
    return pl.concat_str(
        pl.lit(str(office)), kind.cast(pl.String), area.cast(pl.String), _text(inner, 8),
        letters.gather(own_value.cast(pl.UInt32)), letters.gather(check.cast(pl.UInt32)),
    )  # fmt: skip


@cache
def _birthdays() -> pl.Series:
    """Every birthday that can be given, as eight digits."""
    return pl.Series(
        [(FIRST_BIRTHDAY + timedelta(days=day)).strftime("%Y%m%d") for day in range(BIRTHDAYS)]
    )


def identity_numbers(number: pl.Expr) -> pl.Expr:
    """居民身份证号码 of the numbers; unique below 73 million."""
    number = number.cast(pl.Int64)
    day, serial = (number // 1000) % BIRTHDAYS, number % 1000
    area = number // (1000 * BIRTHDAYS)
    head = pl.concat_str(
        pl.lit(pl.Series(IDENTITY_AREAS)).gather(area.cast(pl.UInt32)),
        pl.lit(_birthdays()).gather(day.cast(pl.UInt32)),
        _text(serial, 3),
    )
    plain = head.cast(pl.Int64)
    digits = [_digit(plain, place) for place in range(16, -1, -1)]
    check = (12 - _total(list(zip(digits, IDENTITY_WEIGHTS, strict=True))) % 11) % 11
    letters = pl.lit(pl.Series(list("0123456789X")))
    return pl.concat_str(head, letters.gather(check.cast(pl.UInt32)))


@cache
def _numerals(width: int) -> pl.Series:
    """The numbers below 10,000 in at least ``width`` numerals."""
    return pl.Series(
        ["".join(NUMERALS[int(digit)] for digit in str(n).zfill(width)) for n in range(FOUR)]
    )


def numerals(number: pl.Expr) -> pl.Expr:
    """At least four digits read one by one: 零四二七."""
    number = number.cast(pl.Int64)
    high = number // FOUR
    low = pl.lit(_numerals(4)).gather((number % FOUR).cast(pl.UInt32))
    front = pl.lit(_numerals(1)).gather((high % FOUR).cast(pl.UInt32))
    return pl.when(high > 0).then(pl.concat_str(front, low)).otherwise(low)


def enterprise_names(
    number: pl.Expr, place: pl.Expr, trade: pl.Expr, tail: pl.Expr | None = None
) -> pl.Expr:
    """示例高平甲子零四二七机械公司（虚拟）; unique by its numerals below 6·10^9."""
    cycle = pl.Series([STEMS[n % 10] + BRANCHES[n % 12] for n in range(60)])
    number = number.cast(pl.Int64)
    return pl.concat_str(
        pl.lit("示例"), place, pl.lit(cycle).gather((number % 60).cast(pl.UInt32)),
        numerals(number // 60), trade, pl.lit("公司") if tail is None else tail, pl.lit("（虚拟）"),
    )  # fmt: skip


def plain_keys(table: str, number: pl.Expr, slot: pl.Expr | None = None) -> pl.Expr:
    """示例认定000000427-03: the subject's number, and for events which of the subject's."""
    parts = [pl.lit(f"示例{table}"), _text(number, 9)]
    if slot is not None:
        parts += [pl.lit("-"), _text(slot, 2)]
    return pl.concat_str(parts)


__all__ = ["credit_codes", "enterprise_names", "identity_numbers", "numerals", "plain_keys"]
