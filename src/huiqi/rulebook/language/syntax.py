"""Text of a condition or an amount -> syntax tree with positions (Lark, LALR).

The lexer knows all names of the vocabulary and takes the longest that fits, so that no spaces are
needed between Chinese words. Words are told apart by their place in the sentence, not by the lexer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lark import Lark, Token, Tree, UnexpectedInput
from lark.lexer import Lexer

from huiqi.rulebook.language.literals import DATES, NUMBER, units_longest_first
from huiqi.rulebook.language.source import Mark
from huiqi.rulebook.problems import suggest

KEYWORDS = {
    "且": "AND", "或": "OR", "非": "NOT", "是": "IS", "不是": "IS_NOT", "属于": "WITHIN",
    "不属于": "NOT_WITHIN", "介于": "BETWEEN", "自": "SINCE", "从": "SINCE", "至": "TO", "到": "TO",
    "达到": "CMP", "不少于": "CMP", "不低于": "CMP", "不早于": "CMP", "以上": "CMP", "满": "CMP",
    "超过": "CMP", "高于": "CMP", "多于": "CMP", "晚于": "CMP", "突破": "CMP", "不超过": "CMP",
    "不高于": "CMP", "不多于": "CMP", "不晚于": "CMP", "不满": "CMP", "低于": "CMP", "少于": "CMP",
    "早于": "CMP", "等于": "CMP", "不等于": "CMP", "不足": "CMP", "取小": "LEAST", "取大": "MOST",
    "取整": "WHOLE", "评定日": "TODAY", "其中": "WHERE", "计数": "COUNT", "合计": "SUM",
    "最大": "MAX",
}  # fmt: skip
COMPARISONS = {
    "达到": ">=", "不少于": ">=", "不低于": ">=", "不早于": ">=", "以上": ">=", "满": ">=",
    ">=": ">=", "≥": ">=", "超过": ">", "高于": ">", "多于": ">", "晚于": ">", "突破": ">", ">": ">",
    "不超过": "<=", "不高于": "<=", "不多于": "<=", "不晚于": "<=", "<=": "<=", "≤": "<=",
    "不满": "<", "低于": "<", "少于": "<", "早于": "<", "不足": "<", "<": "<", "等于": "=",
    "=": "=", "不等于": "!=", "!=": "!=", "≠": "!=",
}  # fmt: skip
SYMBOLS = {
    ">=": "CMP", "<=": "CMP", "!=": "CMP", "≥": "CMP", "≤": "CMP", "≠": "CMP", ">": "CMP",
    "<": "CMP", "=": "CMP", "+": "PLUS", "-": "MINUS", "−": "MINUS", "×": "TIMES", "*": "TIMES",
    "÷": "OVER", "/": "OVER", "(": "OPEN", ")": "CLOSE", ",": "COMMA", "、": "AND_ALSO",
}  # fmt: skip
FULL_WIDTH = {
    ord(wide): plain for wide, plain in zip("（），＋－＝＞＜％", "(),+-=><%", strict=True)
}
FULL_WIDTH |= {ord("０") + digit: str(digit) for digit in range(10)}

GRAMMAR = r"""
?start: either
?either: both (OR both)*
?both: negated (AND negated)*
?negated: NOT negated -> negation
    | clause
?clause: total CMP total -> compare
    | total IS words -> is_
    | total IS_NOT words -> is_not
    | total WITHIN words -> within
    | total NOT_WITHIN words -> not_within
    | total BETWEEN total TO total -> between
    | SINCE total TO total CMP total -> since
    | total
?total: product
    | total PLUS product -> plus
    | total MINUS product -> minus
?product: atom
    | product TIMES atom -> times
    | product OVER atom -> over
?atom: NUMBER -> number
    | DATE -> date
    | TODAY -> today
    | WORD -> word
    | OPEN either CLOSE -> group
    | LEAST OPEN total (COMMA total)+ CLOSE -> least
    | MOST OPEN total (COMMA total)+ CLOSE -> most
    | WHOLE OPEN total CLOSE -> whole
    | COUNT OPEN WORD [WHERE either] CLOSE -> count
    | SUM OPEN WORD [WHERE either] CLOSE -> sum
    | MAX OPEN WORD [WHERE either] CLOSE -> max
words: WORD (AND_ALSO WORD)*
%declare AND OR NOT IS IS_NOT WITHIN NOT_WITHIN BETWEEN SINCE TO CMP PLUS MINUS TIMES OVER OPEN CLOSE
%declare COMMA AND_ALSO LEAST MOST WHOLE TODAY WHERE COUNT SUM MAX NUMBER DATE WORD
"""

EXPECTED = {
    "WORD": "事实或值的名称", "NUMBER": "数字", "CLOSE": "“)”", "OPEN": "“(”", "CMP": "比较词",
    "IS": "“是”", "TO": "“至”", "AND": "“且”", "OR": "“或”", "$END": "结束",
}  # fmt: skip


DEEPEST = 100
"""How many levels a tree may have; rules need ten, and readers of trees call themselves once a level."""


class SyntaxProblem(ValueError):
    """The text breaks the grammar; ``offset`` counts characters from 0."""

    def __init__(self, code: str, message: str, remedy: str, offset: int, found: str) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy = code, message, remedy
        self.offset, self.found = offset, found


@dataclass(frozen=True, eq=False)
class Words:
    """What the lexer must know: names, values and units of one vocabulary."""

    known: frozenset[str]
    units: tuple[str, ...]
    longest: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "longest", max((len(word) for word in self.known), default=1))

    @classmethod
    def of(cls, names: Iterator[str], counts: frozenset[str]) -> "Words":
        return cls(frozenset(names), tuple(units_longest_first(counts)))

    def plus(self, names: frozenset[str]) -> "Words":
        """The same with a support's own named numbers."""
        return Words(self.known | names, self.units) if names else self


def tokens(text: str, words: Words) -> Iterator[Token]:
    """The tokens of one expression; SyntaxProblem at the first word nobody knows."""
    plain = text.translate(FULL_WIDTH)
    at, end = 0, len(plain)
    previous_word = -1  # where a word that touches this place began
    while at < end:
        if plain[at].isspace():
            at += 1
            previous_word = -1
            continue
        kind, length = _next(plain, at, words)
        if not length:
            start = previous_word if previous_word >= 0 else at
            found = text[start : _unknown_end(plain, at)]
            remedy = suggest(found, sorted(words.known)) or "请对照词汇表中的名称"
            if start and plain[start - 1].isdigit():
                units = suggest(found, words.units)
                remedy = units or "数的后面写单位；单位在 单位.yaml 里登记"
            raise SyntaxProblem("unknown-word", f"不认识“{found}”", remedy, start, found)
        value = plain[at : at + length]
        if kind == "QUOTED":
            kind, value = "WORD", plain[at + 1 : at + length - 1]
        yield Token(kind, value, start_pos=at, column=at + 1, end_pos=at + length)
        previous_word = at if kind == "WORD" else -1
        at += length


def _next(text: str, at: int, words: Words) -> tuple[str, int]:
    """Kind and length of the token at a place; length 0 when nothing fits."""
    char = text[at]
    if char.isdigit():
        for pattern in DATES[:2]:
            if found := pattern.match(text, at):
                return "DATE", found.end() - at
        number = NUMBER.match(text, at)
        if number is None:
            return "", 0
        stop = number.end()
        while stop < len(text) and text[stop] == " ":
            stop += 1
        for unit in words.units:
            if unit and text.startswith(unit, stop):
                return "NUMBER", stop + len(unit) - at
        return "NUMBER", number.end() - at
    if char in '“"':
        close = text.find("”" if char == "“" else '"', at + 1)
        return ("QUOTED", close + 1 - at) if close > at else ("", 0)
    for length in range(min(words.longest, len(text) - at), 0, -1):
        piece = text[at : at + length]
        if piece in words.known:
            return "WORD", length
        if piece in KEYWORDS:
            return KEYWORDS[piece], length
    for length in (2, 1):
        if (piece := text[at : at + length]) in SYMBOLS:
            return SYMBOLS[piece], length
    return "", 0


def _unknown_end(text: str, at: int) -> int:
    """Where an unknown word probably ends: at a space, a symbol or a longer keyword."""
    stop = at + 1
    while stop < len(text):
        if text[stop].isspace() or text[stop] in SYMBOLS:
            break
        if any(len(word) > 1 and text.startswith(word, stop) for word in KEYWORDS):
            break
        stop += 1
    return stop


class _Ready(Lexer):
    """Hands Lark tokens that were made outside."""

    def __init__(self, lexer_conf: Any) -> None:
        """Lark's configuration is not needed."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        yield from data


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer=_Ready, maybe_placeholders=True)


def parse(text: str, words: Words) -> Tree[Token]:
    """The syntax tree of one expression; SyntaxProblem when it has none."""
    made = list(tokens(text, words))
    if not made:
        raise SyntaxProblem("expression-empty", "表达式是空的", "写上内容", 0, "")
    try:
        tree = _parser().parse(made)
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        at = token.start_pos if token is not None and token.start_pos is not None else len(text)
        expected = sorted(
            {EXPECTED[name] for name in getattr(error, "expected", ()) or () if name in EXPECTED}
        )
        if token is None or token.type == "$END":
            message, found = "表达式没有写完", ""
            at = len(text)
        else:
            found = str(token)
            message = f"“{found}”不应出现在这里"
        remedy = f"这里可以写{'、'.join(expected)}" if expected else "检查括号和词序"
        raise SyntaxProblem("syntax", message, remedy, at, found) from None
    if not isinstance(tree, Tree):
        return Tree("word", [tree])
    if (deep := _too_deep(tree)) is not None:
        raise SyntaxProblem(
            "too-deep",
            f"这一句套了 {DEEPEST} 层以上，多半是括号、“非”或连着加减写得太多",
            "拆成几条条件，或先在词汇表里写成派生事实",
            deep.start_pos or 0,
            str(deep),
        )
    return tree


def _too_deep(tree: Tree[Token]) -> Token | None:
    """A token that stands deeper than :data:`DEEPEST`; found without recursion."""
    level: list[Tree[Token] | Token] = [tree]
    for _ in range(DEEPEST):
        below = (item.children for item in level if isinstance(item, Tree))
        level = [child for children in below for child in children if child]
    item = level[0] if level else None
    while isinstance(item, Tree):
        item = next(child for child in item.children if child)
    return item


def place(mark: Mark, offset: int) -> Mark:
    """The mark of a character inside a one-line scalar."""
    return Mark(mark.file, mark.line, mark.column + offset)
