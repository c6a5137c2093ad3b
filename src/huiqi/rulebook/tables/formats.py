"""What the number format of a cell makes of its number: 0.05 is shown as 5%, 20 as 20万元.

A cell counts as the sheet shows it. So a unit in the format belongs to the number; a number that the
format makes smaller (123456 shown as 12.3) is nobody's; and where 2019年3月 was typed, the sheet
holds the first of March, a day that nobody said.
"""

import re
from collections.abc import Iterator

PERCENT, MONTH, YEAR, SHRUNK = "%", "年月", "年", "缩小"
"""Manners of showing; any other text is a unit behind the number."""
# Formats that have numbers and no codes in a file, as a Chinese spreadsheet program shows them.
BUILT_IN = {9: PERCENT, 10: PERCENT, 17: MONTH, **dict.fromkeys((27, 36, 50, 52, 57), MONTH)}
_UNIT = re.compile(r"[百千万亿]+[元人名家户项件个]?|[元角分]")
_GENERAL = re.compile("general|g/通用格式", re.IGNORECASE)


def manner(code: str) -> str:
    """How a format shows numbers: a constant above, a unit, or nothing of note."""
    signs, words = "", [""]  # words: what is written out after each sign that stands for a digit
    for text, literal in _pieces(_GENERAL.sub("0", code)):
        if literal:
            words[-1] += text
            continue
        signs += text
        words += [""] * (text in "0#?")
    if PERCENT in signs:
        return PERCENT
    if len(words) == 1:
        return _incomplete(signs.lower())
    if "." in words[1:-1] or re.search("[0#?],+$", signs.strip()):
        return SHRUNK
    unit = words[-1].strip()
    return unit if _UNIT.fullmatch(unit) else ""


def _incomplete(signs: str) -> str:
    """Dates without their day, or without month and day."""
    if "y" not in signs or "d" in signs or "h" in signs or "s" in signs:
        return ""
    return MONTH if "m" in signs else YEAR


def _pieces(code: str) -> Iterator[tuple[str, bool]]:
    """The signs of a format's first part one by one, and the words it writes out."""
    place = 0
    while place < len(code) and code[place] != ";":
        sign = code[place]
        if sign == '"':
            end = code.find('"', place + 1)
            end = len(code) if end < 0 else end
            yield code[place + 1 : end], True
            place = end + 1
        elif sign in "\\!":
            yield code[place + 1 : place + 2], True
            place += 2
        elif sign in "_*":  # room as wide as the next sign, or filled with it
            place += 2
        elif sign == "[":
            end = code.find("]", place)
            inner = code[place + 1 : end].lower() if end > 0 else ""
            # [h] counts hours; colours, conditions and languages show nothing.
            yield from ((letter, False) for letter in inner if set(inner) <= set("hms"))
            place = len(code) if end < 0 else end + 1
        elif sign.isascii():
            yield sign, False
            place += 1
        else:
            yield sign, True
            place += 1


__all__ = ["BUILT_IN", "MONTH", "PERCENT", "SHRUNK", "YEAR", "manner"]
