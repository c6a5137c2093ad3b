"""Runs the example tables on both evaluators."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from huiqi.rulebook.bulk.bridge import write_region
from huiqi.rulebook.bulk.engine import Engine
from huiqi.rulebook.bulk.snapshot import PAID
from huiqi.rulebook.language import resolve
from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import days, show_money
from huiqi.rulebook.language.nodes import (
    DATE,
    MONEY,
    All,
    Always,
    Condition,
    Constant,
    Fact,
    Node,
    OneOf,
    Plus,
    Quantity,
    Truth,
)  # fmt: skip
from huiqi.rulebook.language.source import Mark, Scalar, parse_yaml
from huiqi.rulebook.library.loader import load
from huiqi.rulebook.library.policy import Library, Line, Stacking, Times
from huiqi.rulebook.library.rows import FactsFile, Row, read_facts
from huiqi.rulebook.problems import Problem
from huiqi.rulebook.reference.assess import REASONS, Assessment, Paid, assess
from huiqi.rulebook.reference.evaluator import Reference
from huiqi.rulebook.reference.limits import (
    ITEM,
    LOWER,
    NUMBER,
    REASON,
    STATE,
    UPPER,
    apply_limits,
    group_total,
    total_of,
)  # fmt: skip
from huiqi.rulebook.reference.settle import settle, total
from tests.spec import tables

FOLDER = Path(__file__).parent / "policies"
TODAY = date(2024, 6, 30)
WORDS = {Answer.YES: "成立", Answer.NO: "不成立", Answer.MISSING: "缺事实", Answer.JUDGE: "需认定"}
MARK = Mark("例", 1, 1)


@cache
def library() -> Library:
    made, problems = load(FOLDER)
    assert problems == []
    return made


def read(text: str, table: str = "企业") -> tuple[Node, list[Problem]]:
    """An expression: a quantity where it is one, else a condition."""
    names = library().vocabulary.names(table)
    problems: list[Problem] = []
    found = resolve.quantity(Scalar(text, MARK), names, problems)
    if found is not None:
        return found, []
    problems = []
    return resolve.condition(Scalar(text, MARK), names, problems), problems


def refused(text: str) -> list[Problem]:
    """What is wrong with a condition."""
    problems: list[Problem] = []
    resolve.condition(Scalar(text, MARK), library().vocabulary.names("企业"), problems)
    return problems


def facts(row: tables.Row) -> FactsFile:
    node, problems = parse_yaml(row.facts, "例")
    assert problems == []
    made = read_facts(node, library().vocabulary, problems)
    assert problems == []
    if not made.rows(row.table):
        made.subjects[row.table] = Row(row.table, f"{row.table}-0001")
    return made


def money(low: int | None, high: int | None) -> str:
    """An amount as the tables show it."""
    if low is not None and low == high:
        return show_money(low)
    return f"{'不限' if low is None else show_money(low)} 至 {'不限' if high is None else show_money(high)}"


def by_reference(row: tables.Row) -> str:
    """The result of a row on the reference evaluator."""
    node, problems = read(row.text, row.table)
    assert problems == [], problems
    reference = Reference(library().vocabulary, TODAY)
    assessed = facts(row).rows(row.table)[0]
    if _is_amount(node):
        return money(*reference.span(node, assessed))  # type: ignore[arg-type]  # a quantity
    return WORDS[reference.answer(node, assessed)]  # type: ignore[arg-type]  # a condition


def _is_amount(node: Node) -> bool:
    return not isinstance(node, Truth) and getattr(node, "type", None) == MONEY


def by_bulk(rows: tuple[tables.Row, ...]) -> list[str]:
    """The results of many rows on the bulk engine: one region, one support per row.

    What a row brings is never below zero, so amounts are moved up by a constant and back.
    """
    base = library().supports[0]
    supports, files, keys = [], [], []
    for number, row in enumerate(rows):
        node, _ = read(row.text, row.table)
        moved = 10**12
        amount: Quantity = Constant(1, MONEY)
        line: Condition = Always(True)
        if _is_amount(node):
            shifted = Constant(moved, MONEY)
            amount = _plus(node, shifted)
        else:
            line = node  # type: ignore[assignment]  # a condition
        support = replace(
            base, id=str(number), table=row.table, beneficiary=(), amount=amount,
            lines=(Line("例", line, "", MARK),), moment=Constant(0, DATE), times=Times.EACH,
        )  # fmt: skip
        if row.table != "企业":
            support = replace(support, beneficiary=("企业",))
        supports.append(support)
        file = facts(row)
        for item in _all(file):
            item.key = f"{number:03d}-{item.key}"
        keys.append(file.rows(row.table)[0].key)
        files.append(file)
    made = replace(library(), policies=(replace(library().policies[0], supports=tuple(supports)),))
    with TemporaryDirectory() as folder:
        snapshot = write_region(files, made.vocabulary, Path(folder) / "s", part_rows=50)
        engine = Engine(made, snapshot, TODAY)
        found = {
            (number, key): rest
            for plan in engine.plans(groups=False)
            for frame in engine.rows_of(plan, groups=False)
            for number, key, *rest in frame.select(NUMBER, ITEM, STATE, LOWER, UPPER).iter_rows()
        }
    out = []
    for number, (row, key) in enumerate(zip(rows, keys, strict=True)):
        state, low, high = found.get((number, key), (0, 0, 0))
        if _is_amount(read(row.text, row.table)[0]):
            out.append(
                money(low - 10**12 if low else None, None if high is None else high - 10**12)
            )
        else:
            out.append(WORDS[Answer(state)])
    return out


def _plus(node: Node, other: Constant) -> Quantity:
    return Plus(node, other, MONEY)  # type: ignore[arg-type]  # an amount


def _all(file: FactsFile) -> list[Row]:
    subjects = list(file.subjects.values())
    return list(
        {
            id(r): r for r in [*subjects, *(r for rows in file.events.values() for r in rows)]
        }.values()
    )


# -------------------------------------------------------------------- limits across rows


def _limited(limit: tables.Limit) -> tuple[Library, FactsFile]:
    """Events of one enterprise with a day and an amount each; one support that brings the amount."""
    base = library().supports[0]
    vocabulary = library().vocabulary
    row = {name: spec.fact() for name, spec in vocabulary.tables["认定"].facts.items()}
    events = []
    for day, amount, _ in limit.rows:
        level = "" if amount.startswith("未定") else ", 级别: 国家级"
        events.append(f"{{发证日期: {day}, 奖金: {amount.removeprefix('未定 ')}{level}}}")
    listed = ", ".join(events)
    node, _ = parse_yaml("{企业: {}, 认定: [" + listed + "]}", "例")
    problems: list[Problem] = []
    file = read_facts(node, vocabulary, problems)
    assert problems == []
    certain = _one_of(row["级别"])
    way = Stacking(limit.rule.get("叠加", "可叠加"))
    cap = {name: _fen(limit.rule.get(name)) for name in ("主体上限", "年度上限")}
    support = replace(
        base, lines=(Line("级别", All((certain,)), "", MARK),), amount=row["奖金"], moment=row["发证日期"],
        beneficiary=("企业",), times=Times(limit.rule.get("次数", "每项一次")), subject_cap=cap["主体上限"],
        year_cap=cap["年度上限"], group="组" if way is not Stacking.FREE else "", stacking=way,
        stacking_yearly=limit.rule.get("范围") == "每年",
    )  # fmt: skip
    # The group's other support, which is not assessed: of it was paid what was paid before.
    other = replace(support, id="另一项")
    policy = replace(library().policies[0], supports=(support, other))
    return replace(library(), policies=(policy,)), file


def _one_of(fact: Fact) -> Condition:
    return OneOf(fact, frozenset({"国家级"}))


def _fen(text: str | None) -> int | None:
    if text is None:
        return None
    made, _ = read(text)
    assert isinstance(made, Constant)
    return made.value


def limits_by_reference(limit: tables.Limit) -> tuple[list[str], str]:
    """What each row brings after limits, and the total."""
    made, file = _limited(limit)
    reference = Reference(made.vocabulary, TODAY)
    support, other = made.supports
    paid = [
        Paid(other.key, "另一件", _fen(amount) or 0, days(date.fromisoformat(day)))
        for day, amount in limit.paid
    ]
    made_items = [assess(reference, support, row) for row in file.rows("认定")]
    items = settle(made_items, paid, made.supports)
    return [_left(item) for item in items], money(*total(items))


def _left(item: Assessment) -> str:
    return str(item.reason) if item.reason else money(item.low, item.high)


def limits_by_bulk(limit: tables.Limit) -> tuple[list[str], str]:
    """The same on the bulk engine."""
    made, file = _limited(limit)
    support, other = made.supports
    with TemporaryDirectory() as folder:
        snapshot = write_region([file], made.vocabulary, Path(folder) / "s")
        paid = [
            ("企业", 0, other.key, "另一件", _fen(amount), date.fromisoformat(day))
            for day, amount in limit.paid
        ]
        frame = pl.DataFrame(paid, schema=PAID, orient="row")
        frame.write_parquet(snapshot.folder / "paid.parquet")
        engine = Engine(made, snapshot, TODAY, (support,))
        frames = [
            f for plan in engine.plans(groups=False) for f in engine.rows_of(plan, groups=False)
        ]
        kept = apply_limits(engine.supports, frames, engine.paid)
    assert kept is not None
    found = {key: rest for key, *rest in kept.select(ITEM, REASON, LOWER, UPPER).iter_rows()}
    shown = []
    for row in file.rows("认定"):
        reason, low, high = found[row.key]
        shown.append(str(REASONS[reason]) if reason else money(low, high))
    stacked = support.stacking is not Stacking.FREE
    low, high, endless = group_total(kept) if stacked else total_of(support, kept)
    return shown, money(low, None if endless else high)
