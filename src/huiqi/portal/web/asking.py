"""A question of the vocabulary as controls of a page, and what was sent as a value.

Used by the enterprise's own answers and by the public calculator. Everything works as a plain form:
short lists and 是/否 are buttons that send at once, the rest is a field with its unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from huiqi.portal.matching import calculator
from huiqi.portal.matching.answers import QuestionShown
from huiqi.rulebook.language.literals import LiteralError, show_value, to_date
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.language.trees import Tree
from huiqi.rulebook.library.values import Known, read_value
from huiqi.rulebook.library.vocabulary import FactSpec, Vocabulary

UNCLEAR = "unclear"
"""The name of the button that says 不清楚."""
MONEY_UNITS = ("万元", "元", "亿元")
FEW = 6
"""So many values are still buttons."""
YES_NO = (("是", "是"), ("否", "否"))
HAS_OR_NOT = (("是", "有"), ("否", "没有"))

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Control:
    """How a question is put: ``kind`` is buttons, select, date, money, number or rate."""

    kind: str
    options: Options = ()
    groups: tuple[tuple[str, Options], ...] = ()
    unit: str = ""
    units: tuple[str, ...] = ()
    value: str = ""
    help: str = ""
    error: str = ""


def control(
    question: QuestionShown,
    vocabulary: Vocabulary,
    *,
    value: Known | None = None,
    sent: Mapping[str, str] | None = None,
    error: str = "",
) -> Control:
    """The control of a question, holding an earlier value or what was sent and could not be read."""
    text = sent.get("answer", "") if sent is not None else ""
    match question.kind:
        case calculator.PRESENCE:
            return Control("buttons", HAS_OR_NOT, value=_yes_no(value), error=error)
        case Kind.BOOL:
            return Control("buttons", YES_NO, value=_yes_no(value), error=error)
        case Kind.CHOICE:
            options = tuple((name, name) for name in question.choices)
            kind = "buttons" if len(options) <= FEW else "select"
            return Control(kind, options, value=text or str(value or ""), error=error)
        case Kind.REGION | Kind.INDUSTRY:
            groups = _groups(vocabulary.trees[Kind(question.kind)])
            return Control("select", groups=groups, value=text or str(value or ""), error=error)
        case Kind.DATE:
            day = _whole(value)
            given = to_date(day).isoformat() if day is not None else ""
            return Control("date", value=text or given, error=error)
        case Kind.MONEY:
            return _money(value, sent, error)
    spec = vocabulary.tables[question.table].facts[question.fact]
    number = _whole(value)
    given = show_value(number, spec.type) if number is not None else ""
    given = given.removesuffix(spec.type.unit or "%").replace(",", "")
    kind = "rate" if question.kind == Kind.RATE else "number"
    unit = "%" if kind == "rate" else question.unit
    return Control(kind, unit=unit, value=text or given, error=error)


def _whole(value: Known | None) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _yes_no(value: Known | None) -> str:
    return {True: "是", False: "否"}.get(value, "") if isinstance(value, bool) else ""


def _money(value: Known | None, sent: Mapping[str, str] | None, error: str) -> Control:
    text, unit = "", MONEY_UNITS[0]
    if sent is not None:
        text, unit = sent.get("answer", ""), sent.get("unit", unit)
    elif isinstance(value, int):
        text, unit = in_units(value)
    ordered = (unit, *(one for one in MONEY_UNITS if one != unit))
    return Control(
        "money", units=ordered, value=text, error=error, help="也可以直接写，如“20万元”“1.5亿元”。"
    )


def in_units(fen: int) -> tuple[str, str]:
    """An amount as number and unit, exactly."""
    for unit, size in (("亿元", 10**10), ("万元", 10**6)):
        whole, rest = divmod(abs(fen), size)
        digits = f"{rest:0{len(str(size)) - 1}d}".rstrip("0")
        if whole and len(digits) <= 4:
            return f"{'-' if fen < 0 else ''}{whole}{'.' + digits if digits else ''}", unit
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}{f'.{rest:02d}' if rest else ''}", "元"


@lru_cache(maxsize=8)
def _groups(tree: Tree) -> tuple[tuple[str, Options], ...]:
    """What can be chosen, under the city or section it belongs to; of regions only the counties.

    Provinces of which no counties are listed stand together, so that nobody is left out.
    """
    inner = {node.parent for node in tree.nodes if node.current and node.parent}
    groups: dict[str, list[tuple[str, str]]] = {}
    for node in tree.nodes:
        if not node.current or not node.parent:
            continue
        if node.level in ("县级", "大类", "中类"):
            above = tree.ancestor(node.code, "地级") or tree.ancestor(node.code, "门类")
            name = f"　{node.name}" if node.level == "中类" else node.name
            groups.setdefault(above.name if above else "其他", []).append((node.code, name))
        elif node.level == "省级" and node.code not in inner:
            groups.setdefault("其他省（区、市）", []).append((node.code, node.name))
    ordered = sorted(groups.items(), key=lambda pair: pair[0] == "其他省（区、市）")
    return tuple((name, tuple(options)) for name, options in ordered)


class Unreadable(Exception):
    """What was sent is no value of the fact; the message says what to write."""


def read(question: QuestionShown, vocabulary: Vocabulary, sent: Mapping[str, str]) -> Known | None:
    """The value sent for a question, None for 不清楚; raises :class:`Unreadable` with a remedy."""
    if UNCLEAR in sent:
        return None
    text = sent.get("answer", "").strip()
    if not text:
        raise Unreadable("还没有填写。不知道的，请点“不清楚”。")
    if question.kind == calculator.PRESENCE:
        if text in ("是", "否"):
            return text == "是"
        raise Unreadable("请选“有”“没有”或“不清楚”。")
    spec = vocabulary.tables[question.table].facts[question.fact]
    try:
        value = read_value(text, spec, vocabulary, unit=_unit(spec, sent))
    except LiteralError as error:
        raise Unreadable(f"{error}。{_remedy(spec)}") from None
    if value is None:
        raise Unreadable("不知道的，请点“不清楚”。")
    return value


def _unit(spec: FactSpec, sent: Mapping[str, str]) -> str:
    if spec.type.kind is Kind.MONEY:
        unit = sent.get("unit", "")
        return unit if unit in MONEY_UNITS else ""
    return "%" if spec.type.kind is Kind.RATE else ""


def _remedy(spec: FactSpec) -> str:
    match spec.type.kind:
        case Kind.MONEY:
            return "请写数字并选单位，例如 20 万元。"
        case Kind.RATE:
            return "请写百分数，例如 5。"
        case Kind.DATE:
            return "请按年-月-日填写，例如 2026-03-05。"
        case Kind.COUNT:
            return f"请写整数，例如 35（单位：{spec.type.unit or '个'}）。"
    return "请从列出的选项里选。"
