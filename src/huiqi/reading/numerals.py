"""Numbers as Chinese officials write them: 1,000 １０００ 一千 二十五 百分之十五 半 1.5万.

Everything is exact: integers and `Decimal`, never a float. Numbers of more digits than any budget
has are no numbers here, which also keeps the arithmetic linear.
"""

from decimal import Decimal

CHINESE_DIGITS = {
    **dict(zip("零一二三四五六七八九", range(10), strict=True)),
    "〇": 0,
    "○": 0,
    "两": 2,
    "俩": 2,
    **dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True)),
}
SMALL_UNITS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
LARGE_UNITS = {"万": 10**4, "亿": 10**8}
CHINESE_NUMERAL = "".join([*CHINESE_DIGITS, *SMALL_UNITS])
LONGEST = 24

CIRCLED = {
    **{chr(0x2460 + n): n + 1 for n in range(20)},
    **{chr(0x2776 + n): n + 1 for n in range(10)},
    **{chr(0x2474 + n): n + 1 for n in range(20)},
    **{chr(0x2488 + n): n + 1 for n in range(20)},
    **{chr(0x3220 + n): n + 1 for n in range(10)},
    **{chr(0x2160 + n): n + 1 for n in range(12)},
}

_WIDE = str.maketrans("０１２３４５６７８９．，", "0123456789.,")


def chinese_number(text: str) -> int | None:
    """`二十五` 25, `一百零五` 105, `一万两千` 12000, `二〇二五` 2025; None when it is no number."""
    if not text or len(text) > LONGEST:
        return None
    if all(ch in CHINESE_DIGITS for ch in text):
        return int("".join(str(CHINESE_DIGITS[ch]) for ch in text))
    total = section = digit = 0
    last_unit = 0
    pending = False
    for ch in text:
        if ch in CHINESE_DIGITS:
            if pending and digit:
                return None
            digit, pending = CHINESE_DIGITS[ch], True
            if digit == 0:
                last_unit, pending = 10, False
        elif ch in SMALL_UNITS:
            last_unit = SMALL_UNITS[ch]
            section += (digit if pending else 1) * last_unit
            digit, pending = 0, False
        elif ch in LARGE_UNITS:
            value = section + (digit if pending else 0)
            if value == 0 and total == 0:
                return None
            scale = LARGE_UNITS[ch]
            total = (total + value) * scale if total and scale > 10**4 else total + value * scale
            last_unit, section, digit, pending = scale, 0, 0, False
        else:
            return None
    if pending:
        # 一万二 is 12000 and 一百二 is 120: a lone last digit counts in the next smaller unit.
        section += digit * (last_unit // 10 if last_unit > 10 and digit else 1)
    return total + section


def number(text: str) -> Decimal | None:
    """Arabic (half or full width, with thousands commas or blanks) or Chinese, with 万 and 亿."""
    text = "".join(text.translate(_WIDE).split())
    if not text or len(text) > LONGEST:
        return None
    factor = 1
    head = text
    while head and head[-1] in "万亿" and head[:1].isdecimal():
        factor *= LARGE_UNITS[head[-1]]
        head = head[:-1]
    plain = head.replace(",", "")
    if plain.isascii() and plain.replace(".", "", 1).isdecimal():
        return Decimal(plain) * factor
    if "点" in text:
        whole, _, part = text.partition("点")
        left, right = chinese_number(whole), chinese_number(part)
        if left is None or right is None or any(ch not in CHINESE_DIGITS for ch in part):
            return None
        digits = "".join(str(CHINESE_DIGITS[ch]) for ch in part)
        return Decimal(f"{left}.{digits}")
    value = chinese_number(text)
    return None if value is None else Decimal(value)


def ordinal(text: str) -> int | None:
    """The number in a numbering label: `（十四）` `第10条` `3.` `③` `Ⅳ`; None when there is none."""
    text = "".join(text.split())
    if text and text[0] in CIRCLED:
        return CIRCLED[text[0]]
    core = text.strip("()（）〔〕[]【】.．、，,:：").lstrip("第")
    core = core.translate(_WIDE)
    digits = ""
    for ch in core[:LONGEST]:
        if not (ch.isascii() and ch.isdecimal()):
            break
        digits += ch
    if digits:
        return int(digits)
    letters = ""
    for ch in core[:LONGEST]:
        if ch not in CHINESE_NUMERAL:
            break
        letters += ch
    return chinese_number(letters)
