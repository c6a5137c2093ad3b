"""统一社会信用代码 (GB 32100) as people type it, and as spreadsheets spoil it."""

import re
import unicodedata

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from huiqi.portal.base.refusal import Refused

LENGTH = 18
_SPOILT = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_LEFT_OUT = set("IOSVZ")


def checked(text: str, field: str = "credit_code") -> str:
    """The code in its canonical form; raises :class:`Refused` with what is wrong and what to do."""
    plain = unicodedata.normalize("NFKC", text).upper()
    code = re.sub(r"[\s\-·.]", "", plain)
    if not code:
        raise Refused("没有填写统一社会信用代码", "营业执照上有，共18位", field)
    if _SPOILT.fullmatch(plain.replace(" ", "")):
        raise Refused(
            f"“{text.strip()}”是表格软件把代码当成数字后的样子，后几位已经丢失",
            "请把表格中这一列改为文本，从营业执照重新抄录18位代码",
            field,
        )
    if len(code) != LENGTH:
        raise Refused(
            f"统一社会信用代码应为18位，现在是{len(code)}位",
            "请对照营业执照，检查有没有漏写或多写",
            field,
        )
    odd = sorted({sign for sign in code if not (sign.isascii() and sign.isalnum())})
    if odd:
        raise Refused(f"代码里有“{'、'.join(odd)}”", "只能有数字和大写英文字母", field)
    never = sorted(_LEFT_OUT & set(code))
    if never:
        raise Refused(
            f"代码里不会有字母{'、'.join(never)}", "请检查是不是把数字0、1、2、5看成了字母", field
        )
    try:
        uscc.validate(code)
    except InvalidChecksum:
        raise Refused("最后一位校验码对不上，代码抄错了", "请对照营业执照逐位核对", field) from None
    except ValidationError:
        raise Refused(
            "这不是统一社会信用代码", "请对照营业执照核对，第3至8位应为数字", field
        ) from None
    return code


def area(code: str) -> str:
    """The division of the registering office that a code carries (GB/T 2260); may be an abolished one."""
    return code[2:8]
