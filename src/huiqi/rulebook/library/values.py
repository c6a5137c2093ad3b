"""Text -> the value of a fact, exactly, or a reason why not.

One function for cells of sheets, facts files and boundary cases. Known values are bool, whole base
units (fen, pieces, millionths, days since 1970) or a code; None is unknown.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from huiqi.rulebook.language.bounds import hard_bounds
from huiqi.rulebook.language.literals import (
    DATES,
    LiteralError,
    days,
    make,
    read_date,
    show_value,
    to_date,
    units_longest_first,
)  # fmt: skip
from huiqi.rulebook.language.nodes import Kind, Type
from huiqi.rulebook.language.trees import Tree
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary
from huiqi.rulebook.problems import Problem, suggest

Known = bool | int | str
# At most nine bytes each: columns are looked through for short texts only.
UNKNOWN_WORDS = frozenset(
    {
        "", "未知", "不详", "不明", "不清楚", "暂无", "暂缺", "空缺", "缺", "待定", "待核", "待核实",
        "待查", "待补", "未填", "未填报", "无数据", "—", "——", "———", "-", "--", "---", "－", "－－",
        "–", "/", "／", "//", "\\", "~", "…", "……", "N/A", "n/a", "null", "NULL", "Null", "None", "NaN", "nan",
    }
)  # fmt: skip
YES_WORDS = frozenset(
    {"是", "有", "对", "true", "True", "TRUE", "√", "✓", "✔", "☑", "1", "Y", "y", "Yes", "YES", "yes"}
)  # fmt: skip
NO_WORDS = frozenset(
    {"否", "无", "没有", "不是", "错", "false", "False", "FALSE", "×", "✗", "✘", "0", "N", "n", "No", "NO", "no"}
)  # fmt: skip
SHEET_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#ERR"}
)  # fmt: skip
"""What a spreadsheet shows where a formula went wrong."""
SHRUNKEN = "（缩小显示）"
"""Stands behind a number that its cell's format shows as another."""
# Full-width signs as narrow ones, every blank as a plain one, and nothing of what nobody sees.
# Not more: NFKC would make 20 out of the note mark in 2⁰.
_NARROW = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys((0x3000, 0xA0, *range(0x2000, 0x200B), 0x202F), " ")
    | dict.fromkeys((*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF))
)
_ANY = {Kind.MONEY: "元", Kind.RATE: "%"}
_TIME = re.compile(r"[ T] *[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9:]{4,5})?$")
_INSTANT = re.compile(r":[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
CHINA = timezone(timedelta(hours=8))
_LOOSE = re.compile(r"(?<=[^0-9]) +| +(?=[^0-9])")


LONGEST_TEXT = 500
"""Characters of a text; names and notes are shorter."""


def text_fault(text: str) -> str:
    """Why a text can't be kept; empty where it can."""
    if "\0" in text:
        return "有不能保存的字符（NUL）"
    if text in SHEET_ERRORS:
        return sheet_fault(text)
    if len(text) > LONGEST_TEXT:
        return f"有{len(text):,}个字，最多{LONGEST_TEXT}个"
    return ""


def sheet_fault(text: str) -> str:
    """Why a text is only what a spreadsheet left there; empty where it is somebody's own."""
    if text in SHEET_ERRORS:
        return f"“{text}”是公式出的错，不是内容"
    if text.endswith(narrow(SHRUNKEN)):
        return f"“{text}”的单元格格式显示的是另一个数；改成“常规”格式，照看到的填写"
    if text.startswith("="):
        return f"“{text}”是没有算出结果的公式；在表格软件里打开，保存一次再交"
    return ""


def narrow(text: str) -> str:
    """A text with narrow signs and plain blanks, without what nobody sees."""
    return text.translate(_NARROW).strip()


def read_value(text: str, spec: FactSpec, vocabulary: Vocabulary, unit: str = "") -> Known | None:
    """The value ``text`` gives to a fact; None for unknown; LiteralError with a reason otherwise.

    ``unit`` is what a bare number counts in (from a sheet's heading); without it bare money is
    refused, because 20 may be yuan or ten thousands.
    """
    kept = text.strip()
    plain = narrow(text)
    if plain in UNKNOWN_WORDS:
        return None
    if spec.type.kind is not Kind.TEXT and (fault := sheet_fault(plain)):
        raise LiteralError(fault)
    match spec.type.kind:
        case Kind.BOOL:
            if plain in YES_WORDS:
                return True
            if plain in NO_WORDS:
                return False
            raise LiteralError(f"“{plain}”不是“是”或“否”")
        case Kind.TEXT:
            if fault := text_fault(kept):
                raise LiteralError(fault)
            return kept
        case Kind.CHOICE:
            return _choice(kept, vocabulary.choices.get(spec.type.choices, ()))
        case Kind.REGION | Kind.INDUSTRY:
            return _place(plain, vocabulary.trees[spec.type.kind])
        case Kind.DATE:
            value = _day(plain)
        case _:
            value = _number(plain, spec.type, vocabulary.units, unit)
    least, most = hard_bounds(spec.type)
    low = least if spec.low is None else spec.low
    high = most if spec.high is None else spec.high
    if not low <= value <= high:
        raise LiteralError(
            f"“{plain}”超出范围，应在 {show_value(low, spec.type)} 和 {show_value(high, spec.type)} 之间"
        )
    return value


def _choice(text: str, allowed: tuple[str, ...]) -> str:
    if text in allowed:
        return text
    bare = narrow(text.strip("“”\"'"))
    for value in allowed:
        if narrow(value) == bare:
            return value
    hint = suggest(text, allowed) or f"可写：{'、'.join(allowed[:12])}"
    raise LiteralError(f"没有“{text}”这个值，{hint}")


def _place(text: str, tree: Tree) -> str:
    position = tree.positions().get(text)
    if position is not None:
        return text
    found = tree.locate(text) if re.fullmatch(r"[A-Z]?[0-9]{1,12}", text) else tree.find(text)
    if isinstance(found, Problem) and (host := tree.host(text)) is not None:
        return host.code
    if isinstance(found, Problem):
        raise LiteralError(f"{found.message}。{found.remedy}".rstrip("。"))
    return found.code


def _day(text: str) -> int:
    """A date, with a time of the day after it or not, and blanks around its marks.

    An instant, which says how far its clock is from Greenwich, is the day it was in China.
    """
    if _INSTANT.search(text):
        with suppress(ValueError):
            return days(datetime.fromisoformat(text).astimezone(CHINA).date())
    day = _LOOSE.sub("", _TIME.sub("", text))
    try:
        return days(read_date(day))
    except LiteralError as error:
        if day == text:
            raise
        raise LiteralError(str(error).replace(f"“{day}”", f"“{text}”")) from None


def _number(text: str, type_: Type, units: Mapping[str, str], unit: str) -> int:
    if re.search(r"[0-9] +[0-9]", text):
        raise LiteralError(f"“{text}”中间有空格，分不清是一个数还是两个")
    sign, plain = 1, text.replace(" ", "").replace("￥", "¥")
    if inner := re.fullmatch(r"\((.+)\)", plain):  # a negative number as accountants write it
        sign, plain = -1, inner[1]
    elif plain[:1] in ("-", "−", "+"):
        sign, plain = (1 if plain[0] == "+" else -1), plain[1:]
    plain = plain.removeprefix("人民币").removeprefix("¥")
    if type_.kind is Kind.MONEY:
        plain = re.sub("(?<=[元角])整$", "", plain)
    number = re.match(r"[0-9,]+(?:\.[0-9]+)?", plain)
    if number is None:
        raise LiteralError(f"“{text}”不是{type_}")
    written = plain[number.end() :]
    if re.match(r"[Ee][+-]?[0-9]", written):
        raise LiteralError(f"“{text}”是科学计数法，末几位可能已经丢失，写出全部数字")
    if not written:
        # Nothing is nothing in any unit.
        written = unit or ("" if number.group().strip("0,.") else _ANY.get(type_.kind, ""))
        unit = written
        if type_.kind is Kind.MONEY and not unit:
            raise LiteralError(f"“{text}”没有写单位，请写成如 20万元 或 3000元")
        if type_.kind is Kind.RATE and not unit:
            raise LiteralError(f"“{text}”没有写 %，请写成如 5%")
    elif type_.kind is Kind.MONEY and not written.endswith(("元", "角", "分")):
        written += "元"  # officials write 20万 for 20万元
    if written and written not in units_longest_first(frozenset(units)):
        if any(pattern.fullmatch(text) for pattern in DATES):
            raise LiteralError(f"“{text}”是日期，不是{type_}")
        raise LiteralError(f"“{text}”里的单位不认识")
    made = make(number.group(), written, set(units))
    if made.kind is Kind.SPAN and type_.kind is Kind.COUNT:
        base = {"年": "年", "日": "日", "个月": "个月", "个工作日": "个工作日"}[str(made.unit)]
        if units.get(type_.unit, type_.unit) != units.get(base, base):
            raise LiteralError(f"“{text}”的单位应是{type_.unit}")
        return sign * made.value
    if made.kind is not type_.kind:
        raise LiteralError(f"“{text}”应是{type_}")
    named = type_.kind is Kind.COUNT and made.unit and type_.unit
    if named and units.get(made.unit, made.unit) != units.get(type_.unit, type_.unit):
        raise LiteralError(f"“{text}”的单位应是{type_.unit}")
    return sign * made.value


def show_known(value: Known | None, spec: FactSpec, vocabulary: Vocabulary) -> str:
    """A value as people read it; 未知 for None."""
    if value is None:
        return "未知"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return show_value(value, spec.type)
    if spec.type.kind in (Kind.REGION, Kind.INDUSTRY):
        node = vocabulary.trees[spec.type.kind].get(value)
        return node.name if node is not None else value
    return value


__all__ = ["Known", "read_value", "show_known", "to_date"]
