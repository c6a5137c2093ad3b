"""Boundary cases: facts in, answer and amount out, in the words of the clause.

A case is a contract a person signs; both evaluators must meet it. See `CONTRIBUTING.md` for the
format.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from huiqi.rulebook.language import resolve
from huiqi.rulebook.language.answers import BY_CHINESE, Answer
from huiqi.rulebook.language.literals import LiteralError, read_date, show_money
from huiqi.rulebook.language.nodes import MONEY, Constant
from huiqi.rulebook.language.source import Entries, Items, Mark, Node, Reader, Scalar, read_yaml
from huiqi.rulebook.library.policy import Library, Support
from huiqi.rulebook.library.rows import FactsFile, read_facts
from huiqi.rulebook.problems import Problem, suggest
from huiqi.rulebook.reference.assess import Assessment, judgements, missing_facts
from huiqi.rulebook.reference.dossier import dossier

DEFAULT_DAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Case:
    """One boundary case. ``total`` is what the beneficiary gets of ``supports`` after limits."""

    name: str
    supports: tuple[Support, ...]
    on: date
    facts: FactsFile
    index: int
    answer: Answer | None
    low: int | None
    high: int | None
    missing: tuple[str, ...]
    failing: tuple[int, ...] | None
    total: tuple[int | None, int | None]
    mark: Mark


@dataclass(frozen=True)
class Failure:
    """A case that a rule does not meet: what was expected and what came."""

    case: Case
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        place = f"{self.case.mark.file}:{self.case.mark.line}"
        return f"{place}：{self.case.name}：{self.what}应为{self.expected}，算得{self.found}"


def read_cases(library: Library) -> tuple[list[Case], list[Problem]]:
    """All boundary cases of a library's policies, with what is wrong with their files."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for policy in library.policies:
        for path in sorted((Path(library.folder) / policy.id / "cases").glob("*.yaml")):
            cases += _file(path, policy.id, library, problems)
    return cases, problems


def _file(path: Path, policy: str, library: Library, problems: list[Problem]) -> list[Case]:
    node, found = read_yaml(path, f"{policy}/cases/{path.name}")
    problems += found
    if not isinstance(node, Items):
        if node is not None:
            problems.append(node.mark.problem("not-a-list", "用例应写成列表", "每项以“- ”开头"))
        return []
    support = library.by_key.get(f"{policy}/{path.stem}")
    out = []
    for item in node.items:
        case = _case(item, support, policy, library, problems)
        if case is not None:
            out.append(case)
    return out


def _case(
    node: Node, support: Support | None, policy: str, library: Library, problems: list[Problem]
) -> Case | None:
    reader = Reader(node, problems, "用例")
    name = reader.text("名", required=True)
    supports = (support,) if support is not None else ()
    for word in reader.scalars("支持"):
        found = library.by_key.get(f"{policy}/{word.text}") or library.find(word.text)
        if found is None:
            names = [item.id for item in library.supports]
            problems.append(
                word.mark.problem(
                    "unknown-support",
                    f"没有支持“{word.text}”",
                    suggest(word.text, names) or "写支持的编号",
                )
            )
        else:
            supports = (*supports, found)
    if not supports:
        problems.append(
            reader.mark.problem(
                "unknown-support", "不知道检验哪个支持", "文件名用支持编号，或写“支持”"
            )
        )
    on = DEFAULT_DAY
    if (scalar := reader.scalar("评定日")) is not None:
        try:
            on = read_date(scalar.text)
        except LiteralError as error:
            problems.append(scalar.mark.problem("bad-date", str(error), "改成存在的日期"))
    facts = read_facts(reader.raw("事实", required=True), library.vocabulary, problems)
    number = reader.text("受评", default="1")
    index = int(number) if number.isdigit() and int(number) > 0 else 1
    if str(index) != number:
        problems.append(
            reader.place("受评").problem(
                "index", f"“受评”不能是“{number}”", "写第几条，从 1 起", number
            )
        )
    wanted = reader.text("答")
    if wanted and wanted not in BY_CHINESE:
        problems.append(
            reader.place("答").problem(
                "answer", f"没有“{wanted}”这种答案", "可写：应享、不享、缺事实、需认定", wanted
            )
        )
    low, high = _range(reader, "金额", library, supports, problems)
    failing = None
    if reader.has("因"):
        failing = tuple(int(text) for text in reader.texts("因") if text.isdigit())
    case = Case(
        name, supports, on, facts, index, BY_CHINESE.get(wanted), low, high,
        reader.texts("缺"), failing, _range(reader, "合计", library, supports, problems), reader.mark,
    )  # fmt: skip
    reader.text("说明")
    reader.finish()
    return case if supports else None


def _range(
    reader: Reader,
    key: str,
    library: Library,
    supports: tuple[Support, ...],
    problems: list[Problem],
) -> tuple[int | None, int | None]:
    """`20万元`, or 下限 and 上限 (no 上限: not limited, kept as -1)."""
    node = reader.raw(key)
    if isinstance(node, Entries):
        inner = Reader(node, problems, key)
        low = _money(inner.scalar("下限"), library, supports, problems)
        high = _money(inner.scalar("上限"), library, supports, problems)
        inner.finish()
        return low, high if high is not None else -1
    exact = _money(node if isinstance(node, Scalar) else None, library, supports, problems)
    return exact, exact


def _money(
    scalar: Scalar | None, library: Library, supports: tuple[Support, ...], problems: list[Problem]
) -> int | None:
    if scalar is None or not supports:
        return None
    made = resolve.quantity(scalar, library.vocabulary.names(supports[0].table), problems, MONEY)
    return made.value if isinstance(made, Constant) else None


def run_reference(library: Library, case: Case) -> Iterator[Failure]:
    """What a case finds wrong with the reference evaluator's result."""
    made = dossier(library, case.facts, case.on, case.supports)
    if case.total != (None, None):
        low, high = made.total()
        if (low, -1 if high is None else high) != case.total:
            wanted = shown_range(case.total[0], None if case.total[1] == -1 else case.total[1])
            yield Failure(case, "合计", wanted, shown_range(low, high))
    rows = case.facts.rows(case.supports[0].table)
    if case.answer is None and case.low is None:
        return
    if len(rows) < case.index:
        yield Failure(case, "受评", f"第 {case.index} 条", f"只有 {len(rows)} 条")
        return
    row = rows[case.index - 1]
    item = next(
        found for found in made.assessments
        if found.row is row and found.support is case.supports[0]
    )  # fmt: skip
    yield from _differences(case, item)
    if case.missing:
        facts = missing_facts(made.reference, item) + judgements(made.reference, item)
        named = {fact.shown for fact in facts}
        if not set(case.missing) <= named:
            yield Failure(
                case, "所缺事实", "、".join(case.missing), "、".join(sorted(named)) or "无"
            )


def _differences(case: Case, item: Assessment) -> Iterator[Failure]:
    if case.answer is not None and item.answer is not case.answer:
        failing = f"（不满足的条件：{item.failing}）" if item.failing else ""
        open_ = [
            line.number for line in item.lines if line.answer in (Answer.MISSING, Answer.JUDGE)
        ]
        waiting = f"（未定的条件：{open_}）" if open_ else ""
        yield Failure(
            case, "答", case.answer.chinese, f"{item.answer.chinese}{item.reason}{failing}{waiting}"
        )
    if case.failing is not None and tuple(item.failing) != case.failing:
        yield Failure(case, "不满足的条件", str(list(case.failing)), str(item.failing))
    if case.low is not None or case.high is not None:
        high = None if case.high == -1 else case.high
        if (item.low, item.high) != (case.low, high):
            yield Failure(
                case, "金额", shown_range(case.low, high), shown_range(item.low, item.high)
            )


def shown_range(low: int | None, high: int | None) -> str:
    if low == high:
        return show_money(low)
    return f"{show_money(low)} 至 {'不限' if high is None else show_money(high)}"
