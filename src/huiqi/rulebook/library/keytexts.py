"""Keys of subjects one by one: as they are compared, and what is wrong with them.

Credit codes are checked as GB 32100 says (`stdnum.cn.uscc` explains what is wrong), resident ids by
their date and GB 11643 check character.
"""

import re
import unicodedata
from datetime import date

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from huiqi.rulebook.library.values import SHEET_ERRORS, narrow

CREDIT, RESIDENT, PLAIN = "信用代码", "身份证", "编号"
RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d+")
UNSEEN = re.compile(r"[\x00-\x1f\x7f]")
LONGEST = 40
"""Characters of a number that an office gives."""


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
    return "有换行等看不见的字符" if UNSEEN.search(key) else ""


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
