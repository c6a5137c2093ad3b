"""Text -> the value of a fact, exactly, or a reason why not.

One function for cells of sheets, facts files and boundary cases. Known values are bool, whole base
units (fen, pieces, millionths, days since 1970) or a code; None is unknown.
"""

import re
from collections.abc import Mapping

from huiqi.rulebook.language.bounds import hard_bounds
from huiqi.rulebook.language.literals import (
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
UNKNOWN_WORDS = frozenset(
    {"", "未知", "不详", "不清楚", "—", "-", "－", "/", "N/A", "null", "~", "暂无"}
)
YES_WORDS = frozenset({"是", "有", "true", "True", "TRUE", "√", "✓", "1", "Y", "y"})
NO_WORDS = frozenset({"否", "无", "false", "False", "FALSE", "×", "✗", "0", "N", "n", "没有"})


LONGEST_TEXT = 500
"""Characters of a text; names and notes are shorter."""


def text_fault(text: str) -> str:
    """Why a text can't be kept; empty where it can."""
    if "\0" in text:
        return "有不能保存的字符（NUL）"
    if len(text) > LONGEST_TEXT:
        return f"有{len(text):,}个字，最多{LONGEST_TEXT}个"
    return ""


def read_value(text: str, spec: FactSpec, vocabulary: Vocabulary, unit: str = "") -> Known | None:
    """The value ``text`` gives to a fact; None for unknown; LiteralError with a reason otherwise.

    ``unit`` is what a bare number counts in (from a sheet's heading); without it bare money is
    refused, because 20 may be yuan or ten thousands.
    """
    plain = text.strip().replace("\u3000", " ").strip()
    if plain in UNKNOWN_WORDS:
        return None
    match spec.type.kind:
        case Kind.BOOL:
            if plain in YES_WORDS:
                return True
            if plain in NO_WORDS:
                return False
            raise LiteralError(f"“{plain}”不是“是”或“否”")
        case Kind.TEXT:
            if fault := text_fault(plain):
                raise LiteralError(fault)
            return plain
        case Kind.CHOICE:
            return _choice(plain, vocabulary.choices.get(spec.type.choices, ()))
        case Kind.REGION | Kind.INDUSTRY:
            return _place(plain, vocabulary.trees[spec.type.kind])
        case Kind.DATE:
            value = days(read_date(plain.split(" ")[0].split("T")[0]))
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
    bare = text.strip("“”\"'")
    if bare in allowed:
        return bare
    hint = suggest(text, allowed) or f"可写：{'、'.join(allowed[:12])}"
    raise LiteralError(f"没有“{text}”这个值，{hint}")


def _place(text: str, tree: Tree) -> str:
    position = tree.positions().get(text)
    if position is not None:
        return text
    found = tree.locate(text) if re.fullmatch(r"[A-Z]?\d{2,12}", text) else tree.find(text)
    if isinstance(found, Problem):
        raise LiteralError(f"{found.message}。{found.remedy}".rstrip("。"))
    return found.code


def _number(text: str, type_: Type, units: Mapping[str, str], unit: str) -> int:
    sign, plain = (-1, text[1:].strip()) if text[:1] in ("-", "−") else (1, text)
    plain = plain.replace(" ", "").replace("，", ",").removeprefix("￥").removeprefix("¥")
    number = re.match(r"[\d,]+(?:\.\d+)?", plain)
    if number is None:
        raise LiteralError(f"“{text}”不是{type_}")
    written = plain[number.end() :]
    if not written:
        written = unit
        if type_.kind is Kind.MONEY and not unit:
            raise LiteralError(f"“{text}”没有写单位，请写成如 20万元 或 3000元")
        if type_.kind is Kind.RATE and not unit:
            raise LiteralError(f"“{text}”没有写 %，请写成如 5%")
    elif type_.kind is Kind.MONEY and not written.endswith(("元", "角", "分")):
        written += "元"  # officials write 20万 for 20万元
    if written and written not in units_longest_first(frozenset(units)):
        raise LiteralError(f"不认识单位“{written}”")
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
