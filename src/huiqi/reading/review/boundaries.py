"""Boundary words of the text against the operators of the rule, per clause and figure.

以上, 以下, 以内, 届满 include the number; 不满, 超过, 以外 do not (《民法典》第一千二百五十九条), unless the document
or a bracket beside the figure says otherwise.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from huiqi.reading.figures import (
    COUNT,
    MONEY,
    MULTIPLE,
    PERCENT,
    POINT,
    Figure,
    find_figures,
    scale_of,
)  # fmt: skip
from huiqi.reading.folding import fold
from huiqi.reading.review.align import Passage
from huiqi.reading.review.findings import Evidence, Finding, Kind, Severity, Source, finding
from huiqi.reading.values import Reading
from huiqi.rulebook.language.literals import show_value
from huiqi.rulebook.language.nodes import (
    MILLION,
    All,
    Compare,
    CompareRatio,
    Constant,
    Fact,
    Node,
    Not,
    OneOf,
    Op,
    Type,
    children,
    walk,
)  # fmt: skip
from huiqi.rulebook.language.nodes import Kind as FactKind
from huiqi.rulebook.library.policy import Policy, Support
from huiqi.rulebook.library.vocabulary import Vocabulary

Key = tuple[FactKind, int]
"""Money in fen, rates in millionths, counts in pieces."""

SAID = {
    Op.AT_LEAST: "不低于",
    Op.MORE: "超过",
    Op.AT_MOST: "不超过",
    Op.LESS: "低于",
    Op.EQUAL: "等于",
}
_COMPLEMENT = {
    Op.AT_LEAST: Op.LESS, Op.LESS: Op.AT_LEAST, Op.MORE: Op.AT_MOST, Op.AT_MOST: Op.MORE,
}  # fmt: skip
_TURNED = {Op.AT_LEAST: Op.AT_MOST, Op.AT_MOST: Op.AT_LEAST, Op.MORE: Op.LESS, Op.LESS: Op.MORE,
           Op.EQUAL: Op.EQUAL}  # fmt: skip
_WITHOUT = {Op.AT_LEAST: Op.MORE, Op.AT_MOST: Op.LESS}
_WITH = {Op.MORE: Op.AT_LEAST, Op.LESS: Op.AT_MOST}

_NO = r"[不未](?:得|应|能|宜|可|予|许)?"
_BEFORE = (
    (Op.AT_LEAST, re.compile(
        rf"(?:{_NO}(?:低于|少于|小于|短于)|至少|最低|(?<![不未])(?:达到|达|满))(?:了)?$")),
    (Op.AT_MOST, re.compile(
        rf"(?:{_NO}(?:超过|高于|多于|大于|超出|突破)|最高|最多|最长|至多|上限为|控制在)(?:为)?$")),
    (Op.MORE, re.compile(r"(?:超过|高于|多于|大于|突破|超出)(?:了)?$")),
    (Op.LESS, re.compile(r"(?:低于|少于|不足|[不未]满|小于|短于|[不未]到|未达到|不达)$")),
)  # fmt: skip
_AFTER = {
    "及以上": Op.AT_LEAST, "或以上": Op.AT_LEAST, "以上": Op.AT_LEAST, "及以下": Op.AT_MOST,
    "以下": Op.AT_MOST, "之内": Op.AT_MOST, "以内": Op.AT_MOST, "内": Op.AT_MOST,
}  # fmt: skip
_NOTE = re.compile(r"\((?P<no>不)?(?:含|包括|包含)[^()]{0,14}\)")
_EXCLUDES = re.compile(
    r"(?:以上|以下|以内|届满)[”\"]?[^。;\n]{0,24}(?:均|都|皆)?(?:不含|不包括|不包含)(?:本数|本级)"
)
_INCLUDES = re.compile(
    r"(?:超过|不满|以外|低于|高于)[”\"]?[^。;\n]{0,24}(?:均|都|皆)?(?:含|包括|包含)(?:本数|本级)"
)
_TIME = ("年", "个月", "月", "天", "日", "小时", "个工作日")
_LEVEL = re.compile(r"(?P<word>[一-龥]{1,3}?[级奖])(?:\(含\))?(?:及|或)?以上")


@dataclass(frozen=True)
class Said:
    """A figure of the text with how it bounds; `op` is None where no word says."""

    key: Key
    op: Op | None
    start: int
    end: int


@dataclass(frozen=True)
class Written:
    """A comparison of a rule; `firm` where it is a condition that must hold as it stands."""

    key: Key
    op: Op
    firm: bool
    support: Support
    words: str
    line: int
    type: Type


@dataclass(frozen=True)
class Conventions:
    """Whether a document's own definition turns 以上 into more than, or 超过 into at least."""

    excludes: bool
    includes: bool
    words: str = ""


def conventions(shadow: str) -> Conventions:
    """What the document says about 本数; the Civil Code where it says nothing."""
    found = _EXCLUDES.search(shadow)
    other = _INCLUDES.search(shadow)
    said = found[0] if found else other[0] if other else ""
    return Conventions(found is not None, other is not None, said)


def key_of(figure: Figure) -> tuple[Key, ...]:
    """The figure's values in base units; nothing for what rules do not compare."""
    match figure.kind:
        case kind if kind == MONEY:
            return tuple((FactKind.MONEY, key) for key in _whole(v * 100 for v in figure.yuan))
        case kind if kind in (PERCENT, POINT, MULTIPLE):
            millionths = (value * (MILLION // 100) for value in figure.percent)
            return tuple((FactKind.RATE, key) for key in _whole(millionths))
        case kind if kind == COUNT:
            scale = scale_of(figure.unit)
            return tuple((FactKind.COUNT, key) for key in _whole(v * scale for v in figure.values))
    return ()


def _whole(values: Iterable[Decimal]) -> Iterator[int]:
    for value in values:
        if value == value.to_integral_value():
            yield int(value)


def said(shadow: str, start: int, end: int, ways: Conventions) -> list[Said]:
    """Every figure of a stretch with its boundary; figures joined by 、 share the first one's word."""
    out: list[Said] = []
    last: Op | None = None
    stop = -1
    for figure in find_figures(shadow[start:end]):
        a, b = figure.start + start, figure.end + start
        op = _op(shadow, figure, a, b, ways)
        if op is None and stop >= 0 and shadow[stop:a] in ("、", "和", "或", "及"):
            op = last
        last, stop = op, max(b, figure.bound_end + start)
        for key in key_of(figure):
            out.append(Said(key, op, a, stop))
    return out


def _op(shadow: str, figure: Figure, start: int, end: int, ways: Conventions) -> Op | None:
    before = shadow[max(start - 8, 0) : start].rstrip()
    after = _AFTER.get(figure.bound)
    if after is not None and ways.excludes:
        after = _WITHOUT[after]
    op = after
    if op is None:
        for candidate, pattern in _BEFORE:
            if pattern.search(before):
                op = _WITH.get(candidate, candidate) if ways.includes else candidate
                break
    beside = _NOTE.search(shadow[end : end + 26])
    if op is not None and beside and beside.start() <= 4 and len(_numbers(beside[0])) <= 1:
        op = _WITHOUT.get(op, op) if beside["no"] else _WITH.get(op, op)
    return op


def _numbers(words: str) -> list[str]:
    return re.findall(r"\d+", words)


# -------------------------------------------------------------------- the rule's side


def written(support: Support) -> list[Written]:
    """Every comparison of a support with a number, with the fact on the left."""
    out: list[Written] = []

    def add(node: Node, positive: bool, firm: bool, words: str, line: int) -> None:
        made = _comparison(node)
        if made is not None:
            key, op, type_ = made
            if not positive:
                op = _COMPLEMENT.get(op, op)
            out.append(Written(key, op, firm and positive, support, words, line, type_))
            return
        for part in children(node):
            match node:
                case Not():
                    add(part, not positive, False, words, line)
                case All():
                    add(part, positive, firm, words, line)
                case _:
                    add(part, positive, False, words, line)

    for item in support.lines[1:]:
        add(item.node, True, True, item.text, item.mark.line)
    for root in (support.amount, support.lowest):
        if root is not None:
            add(root, True, False, support.amount_text, support.mark.line)
    return out


def _comparison(node: Node) -> tuple[Key, Op, Type] | None:
    match node:
        case Compare(op, left, Constant(value, type_)):
            return ((type_.kind, value), op, type_) if not isinstance(left, Constant) else None
        case Compare(op, Constant(value, type_), _):
            return (type_.kind, value), _TURNED[op], type_
        case CompareRatio(op, _, _, rate) if (rate * MILLION).denominator == 1:
            return (FactKind.RATE, int(rate * MILLION)), op, Type(FactKind.RATE)
    return None


def constants(supports: Sequence[Support]) -> set[Key]:
    """Every number that stands anywhere in the supports."""
    out: set[Key] = set()
    for support in supports:
        roots: list[Node] = [line.node for line in support.lines[1:]]
        roots += [node for node in (support.amount, support.lowest) if node is not None]
        for root in roots:
            for node in walk(root):
                if isinstance(node, Constant):
                    out.add((node.type.kind, node.value))
        out |= {made.key for made in written(support)}
        money, rates = support.figures()
        out |= {(FactKind.MONEY, value) for value in money}
        out |= {(FactKind.RATE, int(rate * (MILLION // 100))) for rate in rates}
    return out


# -------------------------------------------------------------------- the check


def check_boundaries(
    policy: Policy,
    reading: Reading,
    passages: Sequence[Passage],
    vocabulary: Vocabulary | None = None,
) -> list[Finding]:
    """Comparisons whose boundary the clause's words contradict, and thresholds only one side has."""
    shadow = fold(reading.text)
    ways = conventions(shadow)
    out: list[Finding] = []
    for passage in passages:
        supports = [
            item
            for item in policy.supports
            if passage.policy is not None and item.clause == passage.policy.id
        ]
        if not supports:
            continue
        clause = passage.clause
        figures = said(shadow, clause.start, clause.end, ways)
        rules = [made for support in supports for made in written(support)]
        out += _contradictions(passage, reading, figures, rules, ways)
        out += _one_sided(passage, reading, figures, rules, supports)
        if vocabulary is not None:
            out += _levels(passage, reading, shadow, supports, vocabulary, ways)
    return out


def _contradictions(
    passage: Passage,
    reading: Reading,
    figures: list[Said],
    rules: list[Written],
    ways: Conventions,
) -> Iterator[Finding]:
    for key in dict.fromkeys(made.key for made in rules):
        words = [figure for figure in figures if figure.key == key and figure.op is not None]
        if not words:
            continue
        ops = {figure.op for figure in words}
        here = [made for made in rules if made.key == key]
        wrong = [made for made in here if not _agrees(made, ops)]
        if len(wrong) < len(here) or not wrong:
            continue
        rule, word = wrong[0], words[0]
        shown = show_value(key[1], rule.type)
        meant = SAID[word.op] if word.op else ""
        printed = reading.text[max(word.start - 4, 0) : word.end]
        said_so = f"（文件另有规定：{ways.words}）" if ways.words else ""
        yield finding(
            Kind.BOUNDARY,
            f"{shown}：文本的意思是“{meant}”{said_so}，规则写成“{SAID[rule.op]}”",
            f"把规则改成“{meant}”；文本本意如此的，在“解释”里写明",
            Evidence(Source.TEXT, printed, start=max(word.start - 4, 0), end=word.end),
            Evidence(Source.RULE, rule.words, f"{rule.support.file}:{rule.line}"),
            clause=passage.id,
            support=rule.support.id,
            key=shown,
        )


def _agrees(made: Written, ops: set[Op | None]) -> bool:
    if made.op in ops or made.op is Op.EQUAL:
        return True
    return not made.firm and _COMPLEMENT.get(made.op) in ops


def _one_sided(
    passage: Passage,
    reading: Reading,
    figures: list[Said],
    rules: list[Written],
    supports: list[Support],
) -> Iterator[Finding]:
    held = constants(supports)
    spans = [
        (threshold.start, threshold.end)
        for support in reading.supports
        if passage.clause.start <= support.start < passage.clause.end
        for threshold in support.thresholds
    ]
    for figure in figures:
        if figure.key in held or not any(a <= figure.start < b for a, b in spans):
            continue
        printed = reading.text[figure.start : figure.end]
        yield finding(
            Kind.THRESHOLD,
            f"文本里的门槛“{printed}”在本条的规则里找不到",
            "补进条件；不算条件的，说明理由",
            Evidence(Source.TEXT, printed, start=figure.start, end=figure.end),
            clause=passage.id,
            key=printed,
        )
    printed_keys = {figure.key for figure in figures}
    for made in rules:
        kind, value = made.key
        # One is said in words; spans of time are printed in other units (2年, 24个月).
        plain = kind is FactKind.COUNT and (value <= 1 or made.type.unit in _TIME)
        if made.key in printed_keys or value == 0 or plain or kind not in (
            FactKind.MONEY, FactKind.RATE, FactKind.COUNT,
        ):  # fmt: skip
            continue
        shown = show_value(value, made.type)
        yield finding(
            Kind.THRESHOLD,
            f"规则里的门槛“{shown}”在本条文本里找不到",
            "核对数字；由别的文件规定的，在“解释”里写明依据",
            Evidence(Source.RULE, made.words, f"{made.support.file}:{made.line}"),
            clause=passage.id,
            support=made.support.id,
            key=shown,
        )


def _levels(
    passage: Passage,
    reading: Reading,
    shadow: str,
    supports: list[Support],
    vocabulary: Vocabulary,
    ways: Conventions,
) -> Iterator[Finding]:
    """`省级以上` against conditions on ordered lists: the named grade belongs to it."""
    stretches = [
        (support.start, support.end)
        for support in reading.supports
        if passage.clause.start <= support.start < passage.clause.end
    ]
    for start, end in stretches:
        for found in _LEVEL.finditer(shadow, start, end):
            for name in sorted(vocabulary.ordered):
                ranks = vocabulary.choices[name]
                word = next((rank for rank in ranks if found["word"].endswith(rank)), None)
                if word is None:
                    continue
                sets = [
                    (support, part.values)
                    for support in supports
                    for line in support.lines[1:]
                    for part in walk(line.node)
                    if isinstance(part, OneOf)
                    and isinstance(part.item, Fact)
                    and part.item.type.choices == name
                ]
                above = set(ranks[ranks.index(word) + 1 :])
                near = [(s, v) for s, v in sets if v & (above | {word})]
                if not near or any(word in values for _, values in near) is not ways.excludes:
                    continue
                support = near[0][0]
                yield finding(
                    Kind.BOUNDARY,
                    f"文本写“{found[0]}”，规则{'包含了' if ways.excludes else '没有包含'}{word}",
                    f"改成“不低于 {word}”，或者在“解释”里写明",
                    Evidence(Source.TEXT, reading.text[found.start() : found.end()],
                             start=found.start(), end=found.end()),
                    Evidence(Source.RULE, "、".join(sorted(near[0][1])), support.file),
                    clause=passage.id,
                    support=support.id,
                    key=word,
                )  # fmt: skip


def shown_key(key: Key, unit: str = "") -> str:
    """A number in base units as people read it."""
    return show_value(key[1], Type(key[0], unit))


__all__ = [
    "Severity",
    "check_boundaries",
    "constants",
    "conventions",
    "key_of",
    "said",
    "shown_key",
    "written",
]
