"""A shadow of a text, equally long, in which every look-alike character has one form.

Patterns are matched against the shadow, so that 〔２０２１〕, [2021] and （2021） are one case;
positions are the same in both. Only one-to-one replacements are made.
"""

_PAIRS = {
    "，": ",",
    "；": ";",
    "：": ":",
    "？": "?",
    "！": "!",
    "（": "(",
    "）": ")",
    "［": "[",
    "］": "]",
    "〔": "[",
    "〕": "]",
    "【": "[",
    "】": "]",
    "〖": "[",
    "〗": "]",
    "｛": "[",
    "｝": "]",
    "{": "[",
    "}": "]",
    "％": "%",
    "﹪": "%",
    "－": "-",
    "–": "-",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "−": "-",
    "﹣": "-",
    "―": "—",
    "─": "—",
    "━": "—",
    "～": "~",
    "〜": "~",
    "∼": "~",
    "．": ".",
    "〇": "零",
    "○": "零",
    "◯": "零",
    "「": "“",
    "『": "“",
    "」": "”",
    "』": "”",
    "＂": "”",
    "﹐": ",",
    "､": "、",
    "｡": "。",
    "﹔": ";",
    "﹕": ":",
    "　": " ",
    "＋": "+",
    "＜": "《",
    "＞": "》",
    "〈": "《",
    "〉": "》",
    "㎡": "㎡",
}
_TABLE = str.maketrans(
    {
        **{chr(0xFF10 + n): chr(0x30 + n) for n in range(10)},
        **{chr(0xFF21 + n): chr(0x41 + n) for n in range(26)},
        **{chr(0xFF41 + n): chr(0x61 + n) for n in range(26)},
        **_PAIRS,
    }
)

CLOSERS = {")": "(", "]": "[", "”": "“", "》": "《"}


def fold(text: str) -> str:
    """The shadow: same length, one form per character."""
    return text.translate(_TABLE)


def matches(shadow: str, kinds: str = "([“《", reach: int = 600) -> dict[int, int]:
    """Opening position -> closing position. Unclosed and over-long brackets are left out.

    One pass with a stack per kind; a closer pairs with the nearest opener of its own kind no more
    than `reach` characters back, so a missing closer cannot swallow the document.
    """
    stacks: dict[str, list[int]] = {kind: [] for kind in kinds}
    found: dict[int, int] = {}
    for index, ch in enumerate(shadow):
        if ch in stacks:
            stacks[ch].append(index)
        elif ch in CLOSERS and CLOSERS[ch] in stacks and stacks[CLOSERS[ch]]:
            start = stacks[CLOSERS[ch]].pop()
            if index - start <= reach:
                found[start] = index
    return found


def depth(shadow: str, kinds: str = "([“《", reach: int = 600) -> bytearray:
    """For each character 1 when it stands inside a closed bracket or quotation, else 0."""
    inside = bytearray(len(shadow))
    covered = -1
    for start, end in sorted(matches(shadow, kinds, reach).items()):
        for index in range(max(start, covered + 1), end + 1):
            inside[index] = 1
        covered = max(covered, end)
    return inside
