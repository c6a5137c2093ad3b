"""Numbering labels at the start of a line: 第三章, 第十条, 一、, （一）, 1., （1）, ①, 1.2, 23 …"""

import re
from dataclasses import dataclass

from huiqi.reading.numerals import ordinal

_CN = "零一二三四五六七八九十百"
_CIRCLED = "①-⑳⑴-⒇⒈-⒛㈠-㈩❶-❿"

# Styles in the order of trial; a label is at most a few characters, so every pattern is bounded.
_STYLES = [
    ("编", rf"第 ?(?:[{_CN}] ?){{1,5}}(?:编|篇|部分)"),
    ("章", rf"第 ?(?:(?:[{_CN}] ?){{1,5}}|(?:\d ?){{1,3}})章"),
    ("节", rf"第 ?(?:(?:[{_CN}] ?){{1,5}}|(?:\d ?){{1,3}})节"),
    ("条", rf"第 ?(?:(?:[{_CN}] ?){{1,6}}|(?:\d ?){{1,3}})条(?:之[{_CN}])?"),
    ("（一）", rf"\( ?(?:[{_CN}] ?){{1,5}}\) ?[、.,]?"),
    ("一、", rf"[{_CN}]{{1,5}} ?[、.](?![{_CN}]{{1,3}}[、.])"),
    ("一、", rf"[{_CN}]{{1,3}} ?,(?=[^\s,。]{{2,40}}$)"),
    ("（1）", r"\( ?\d{1,3} ?\) ?[、.]?"),
    (
        "1.1",
        r"\d{1,2}(?:\.\d{1,2}){1,3}[.、]?(?=[ \u4e00-\u9fff“《])(?![个家万亿倍元年月日人件项天])",
    ),
    ("1.", r"\d{1,3} ?[.、](?!\d)"),
    ("1.", r"\d{1,3} ?,(?=[\u4e00-\u9fff“])(?![^。]{0,6}\d)"),
    ("1）", r"\d{1,3} ?\)[、.]?"),
    ("1_", r"\d{1,2} +(?=[\u4e00-\u9fff“《])(?![年月日家个户项名万亿元件])"),
    ("①", rf"[{_CIRCLED}][.、]?"),
    ("Ⅰ", r"[Ⅰ-Ⅻ][.、]?"),
    ("A.", r"[A-H][.、](?![A-Za-z0-9])"),
]
_STYLE_PATTERNS = [(name, re.compile(pattern)) for name, pattern in _STYLES]
_FIRST = re.compile(rf"[第(\d{_CN}{_CIRCLED}Ⅰ-ⅫA-H]")

# 第三条规定 in running text is a reference, and 一、二、三产业 is no numbering.
_REFERENCE = re.compile(
    r" ?(?:第?[一二三四五六七八九十\d]*[款项]|规定|所列|所称|之规定|的规定|[、至和及或])"
)


@dataclass(frozen=True, slots=True)
class Label:
    """A numbering label: its style, number and length, blanks after it included."""

    style: str
    number: int
    length: int
    printed: str


def label(shadow: str) -> Label | None:
    """The numbering label that `shadow` (folded, no leading blanks) begins with."""
    head = shadow[:60]
    if not _FIRST.match(head):
        return None
    for style, pattern in _STYLE_PATTERNS:
        found = pattern.match(head)
        if found is None:
            continue
        printed = found[0].strip()
        if style in {"编", "章", "节", "条"} and _REFERENCE.match(head, found.end()):
            return None
        value = ordinal(printed.rsplit(".", 1)[-1] if style == "1.1" else printed)
        if style == "1.1":
            value = ordinal(printed.rstrip(".、").rsplit(".", 1)[-1])
        if style == "A.":
            value = ord(printed[0]) - ord("A") + 1
        if value is None or value == 0:
            return None
        length = found.end()
        while length < len(head) and head[length] == " ":
            length += 1
        if style in {"1_"}:
            style = "1."
        if style == "1.1":
            style = "1.1" + "." * printed.rstrip(".、").count(".")
        return Label(style, value, length, "".join(printed.split()).rstrip("、.,"))
    return None
