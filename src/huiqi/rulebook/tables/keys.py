"""Keys of subjects: checked at once for a column, explained one by one where they are wrong.

Credit codes are checked as GB 32100 says (`stdnum.cn.uscc` explains what is wrong), resident ids by
their date and GB 11643 check character. Look-ups go through a sorted index of two 64-bit hashes and
a number (20 bytes a subject), so that millions of keys need no strings in memory; two different keys
are taken for one only if both hashes agree, once in 2^128 pairs.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date

import polars as pl
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from huiqi.rulebook.library.values import SHEET_ERRORS, narrow

CREDIT, RESIDENT, PLAIN = "信用代码", "身份证", "编号"
RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d+")
_CREDIT_SHAPE = r"^[0-9]{8}[0-9A-HJ-NP-RTUW-Y]{10}$"
_RESIDENT_SHAPE = r"^[0-9]{6}(?:18|19|20)[0-9]{9}[0-9X]$"
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]")
LONGEST = 40
"""Characters of a number that an office gives."""
Hashes = Callable[[pl.Series], tuple[pl.Series, pl.Series]]


def plain_key(text: str, form: str) -> str:
    """A key as it is compared: numbers of 18 characters narrow, upper case, without blanks."""
    if form == PLAIN:
        return text.strip()
    # Exports put 'x or ="x" to keep a code from being taken for a number.
    bare = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", narrow(text)))
    return re.sub(r"""^(?:=?"(.+)"|'(.+))$""", r"\1\2", bare).upper()


def why_not(key: str, form: str) -> str:
    """What is wrong with a key from :func:`plain_key`, in Chinese; empty where nothing is."""
    if key.upper() in SHEET_ERRORS:
        return "是公式出的错"
    if key.startswith("="):
        return "是没有算出结果的公式；在表格软件里打开，保存一次再交"
    if _SCIENTIFIC.fullmatch(key) and (form != PLAIN or "+" in key):
        return "是按数字存的，末几位已经丢失；把这一列设为“文本”格式，再重新填写"
    if form == CREDIT:
        return _credit(key)
    if form == RESIDENT:
        return _resident(key)
    if len(key) > LONGEST:
        return f"有{len(key):,}个字，编号最多{LONGEST}个"
    return "有换行等看不见的字符" if _UNSEEN.search(key) else ""


def _credit(key: str) -> str:
    try:
        uscc.validate(key)
    except InvalidLength:
        return f"有{len(key)}位，统一社会信用代码应是18位"
    except InvalidChecksum:
        return "校验位不对，多半抄错了一位"
    except ValidationError:
        odd = "".join(dict.fromkeys(char for char in key if char not in CREDIT_ALPHABET))
        if odd:
            return f"有代码里不用的字符“{odd}”（数字0和1不写作字母O和I）"
        return "前8位应是数字"
    return ""


def _resident(key: str) -> str:
    if len(key) != 18:
        return f"有{len(key)}位，居民身份证号码应是18位"
    if not re.fullmatch(r"[0-9]{17}[0-9X]", key):
        return "应是17位数字和1位数字或X"
    try:
        if key[6:8] not in ("18", "19", "20"):
            raise ValueError
        date(int(key[6:10]), int(key[10:12]), int(key[12:14]))
    except ValueError:
        return f"没有“{key[6:14]}”这个出生日期"
    total = sum(int(digit) * weight for digit, weight in zip(key, RESIDENT_WEIGHTS, strict=False))
    return "" if RESIDENT_CHECKS[total % 11] == key[17] else "校验位不对，多半抄错了一位"


def check_keys(texts: pl.Series, form: str) -> tuple[pl.Series, pl.Series, dict[str, str]]:
    """Stripped texts -> plain keys, which of them are wrong, and why by text.

    A null text gives a null key that is not wrong: the caller says what a blank key means.
    """
    if form == PLAIN:
        odd = texts.str.contains(rf"^[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+$|^=|{_UNSEEN.pattern}")
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
