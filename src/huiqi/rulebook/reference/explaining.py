"""An assessment in words and as plain values: what a person reads and what `--json` prints.

Nothing is decided here. Every word comes from the rule, the vocabulary or the evaluator, so that an
explanation cannot say anything else than what was computed. Amounts are fen.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from huiqi.rulebook.language.answers import Answer
from huiqi.rulebook.language.literals import show_money, show_value, to_date
from huiqi.rulebook.language.nodes import DISCRETE, Constant, Fact, Least, Most, Round
from huiqi.rulebook.library.policy import Clause, Form, Policy, Support
from huiqi.rulebook.library.rows import Row
from huiqi.rulebook.library.values import Known, show_known
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.reference.assess import (
    Assessment,
    FactUse,
    judgements,
    missing_facts,
    uses,
)
from huiqi.rulebook.reference.dossier import Dossier, Question
from huiqi.rulebook.reference.evaluator import Reference, provisional_years
from huiqi.rulebook.reference.settle import total
from huiqi.rulebook.reference.stakes import Stake

CHINESE_NUMBER = re.compile(r"[一二三四五六七八九十百零〇]+")


# -------------------------------------------------------------------- words for small things


def clause_words(policy: Policy, clause: Clause, heading: bool = True) -> str:
    """`高发改发〔2022〕43号 第14条 实施高新技术企业倍增计划`."""
    parts = [policy.short, number_words(clause.number), clause.heading if heading else ""]
    return " ".join(part for part in parts if part)


def number_words(number: str) -> str:
    """第14条, 第十四条; numbers that carry their own mark (目标1, （一）) stay."""
    plain = number.isdecimal() or CHINESE_NUMBER.fullmatch(number) is not None
    return f"第{number}条" if plain else number


def range_words(low: int | None, high: int | None) -> str:
    """An interval of money; None as upper bound: not known."""
    if low == high and low is not None:
        return show_money(low)
    if high is None:
        return f"{show_money(low)}以上，上限未知" if low else "数额未知"
    return f"{show_money(low)}—{show_money(high)}" if low else f"最多 {show_money(high)}"


def amount_words(made: Assessment) -> str:
    """What an assessment gives: an amount, a range, the stated benefit; empty where nothing."""
    support = made.support
    if made.answer is Answer.NO:
        return ""
    if support.amount is None:
        return support.benefit
    if support.discretion and made.answer is Answer.YES:
        words = range_words(made.low, made.high)
        return words if made.certain else f"{words}（由主管部门核定）"
    return range_words(made.low, made.high)


def with_numbers(text: str, support: Support) -> str:
    """A text of a rule with its named numbers replaced by their values."""
    for name in sorted(support.parameters, key=len, reverse=True):
        value = support.parameters[name]
        if isinstance(value, Constant):
            shown = show_value(value.value, value.type)
            text = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", shown, text)
    return text


def rule_words(support: Support) -> str:
    """How much, as the rule says it: the amount's words with numbers, cap and floor."""
    # `a + b 的 50%` means the whole sum.
    summed = re.sub(r"^(\S.* [+\-] .*?) 的 ", r"（\1）的 ", support.amount_text)
    parts = [with_numbers(summed, support)]
    node = support.amount.item if isinstance(support.amount, Round) else support.amount
    if isinstance(node, Most) and "取大" not in parts[0]:
        floor = node.items[-1]
        if isinstance(floor, Constant) and floor.value:
            parts.append(f"最低 {show_money(floor.value)}")
            node = node.items[0]
    if isinstance(node, Least) and "取小" not in parts[0]:
        cap = node.items[-1]
        if isinstance(cap, Constant):
            parts.append(f"最高 {show_money(cap.value)}")
        else:
            parts.append("最高不超过另算的上限")
    return "，".join(part for part in parts if part)


def subject_words(row: Row, vocabulary: Vocabulary) -> str:
    """What people call a subject: its name, else its key, else its table."""
    name = row.values.get("名称") or row.values.get("姓名")
    if isinstance(name, str) and name:
        return f"{name}（{row.table}）"
    key = "" if re.fullmatch(rf"{re.escape(row.table)}-\d{{4}}", row.key) else row.key
    return f"{row.table} {key}" if key else row.table


def row_words(row: Row, vocabulary: Vocabulary) -> str:
    """The assessed row told apart from its siblings: `认定：高新技术企业、国家级，2023-10-16`."""
    table = vocabulary.tables[row.table]
    if not table.is_event:
        return subject_words(row, vocabulary)
    told = [
        show_known(row.values[spec.name], spec, vocabulary)
        for spec in table.stored
        if spec.type.kind in DISCRETE and spec.name in row.values
    ]
    when = row.values.get(table.moment) if table.moment else None
    parts = ["、".join(told[:2])] if told else []
    if isinstance(when, int):
        parts.append(to_date(when).isoformat())
    return f"{row.table}：{'，'.join(parts)}" if parts else row.table


# -------------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True)
class FactWords:
    """A fact as used: its value in words, where it comes from, whom to ask where it is missing."""

    name: str
    identifier: str
    value: str
    known: bool
    derived: bool
    judged: bool
    origin: str
    question: str
    holder: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "fact": self.name,
            "identifier": self.identifier,
            "value": self.value if self.known else None,
            "words": self.value,
            "derived": self.derived,
            "judged": self.judged,
            "origin": self.origin,
            "question": self.question,
            "holder": self.holder,
        }


def fact_words(fact: Fact, vocabulary: Vocabulary, use: FactUse | None = None) -> FactWords:
    """A leaf in words; ``use`` brings the value a condition read."""
    spec = vocabulary.spec(fact)
    table = vocabulary.tables[fact.table]
    value = use.value if use is not None else None
    return FactWords(
        name=fact.shown,
        identifier=f"{table.identifier}.{spec.identifier}",
        value=show_known(value, spec, vocabulary) if value is not None else _open_words(fact, use),
        known=value is not None,
        derived=use.derived if use is not None else spec.definition is not None,
        judged=fact.judged,
        origin=use.origin if use is not None else "",
        question=spec.question or f"{fact.shown}是什么？",
        holder=spec.source,
    )


def _open_words(fact: Fact, use: FactUse | None) -> str:
    """未知, with what is known of a number all the same."""
    if fact.judged:
        return "待认定"
    if use is None or use.span is None:
        return "未知"
    low, high = use.span
    parts = []
    if low is not None and low != fact.low:
        parts.append(f"至少 {show_value(low, fact.type)}")
    if high is not None and high != fact.high:
        parts.append(f"至多 {show_value(high, fact.type)}")
    return f"未知（{'，'.join(parts)}）" if parts else "未知"


# -------------------------------------------------------------------- one assessment


@dataclass(frozen=True, slots=True)
class LineWords:
    """One condition with its outcome and the facts it read."""

    number: int
    label: str
    text: str
    answer: Answer
    facts: tuple[FactWords, ...]
    note: str = ""
    """What it rests on that may still change."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "label": self.label,
            "condition": self.text,
            "answer": LINE_ANSWERS[self.answer],
            "note": self.note,
            "facts": [fact.as_dict() for fact in self.facts],
        }


LINE_ANSWERS = {
    Answer.YES: "满足", Answer.NO: "不满足", Answer.MISSING: "缺事实", Answer.JUDGE: "需认定",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a support was answered as it was, for one row."""

    made: Assessment
    policy: Policy
    clause: Clause
    row: str
    lines: tuple[LineWords, ...]
    missing: tuple[FactWords, ...]
    judgements: tuple[FactWords, ...]

    @property
    def support(self) -> Support:
        return self.made.support

    @property
    def answer(self) -> Answer:
        return self.made.answer

    @property
    def amount(self) -> str:
        return amount_words(self.made)

    @property
    def source(self) -> str:
        return clause_words(self.policy, self.clause)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for `--json`; money in fen."""
        made, support = self.made, self.support
        money = support.amount is not None
        return {
            "support": support.key,
            "name": support.name,
            "kind": support.kind,
            "form": str(support.form),
            "policy": self.policy.id,
            "document_number": self.policy.number,
            "clause": self.clause.id,
            "clause_heading": self.clause.heading,
            "source": self.source,
            "row": self.row,
            "row_key": made.row.key,
            "answer": made.answer.chinese,
            "reason": str(made.reason),
            "amount": self.amount,
            "low_fen": made.low if money else None,
            "high_fen": made.high if money and made.bounded else None,
            "bounded": made.bounded,
            "rule": rule_words(support),
            "benefit": support.benefit,
            "conditions": [line.as_dict() for line in self.lines],
            "failing": made.failing,
            "missing": [fact.as_dict() for fact in self.missing],
            "judgements": [fact.as_dict() for fact in self.judgements],
            "units": list(support.units),
            "papers": list(support.papers),
        }


def explain(file: Dossier, made: Assessment) -> Explanation:
    """One assessment of a dossier in words."""
    vocabulary, reference = file.library.vocabulary, file.reference
    return Explanation(
        made=made,
        policy=file.library.by_id[made.support.policy],
        clause=file.library.clause_of(made.support),
        row=row_words(made.row, vocabulary),
        lines=tuple(
            LineWords(
                item.number,
                item.line.note,
                with_numbers(item.line.text, made.support),
                item.answer,
                tuple(
                    fact_words(use.fact, vocabulary, use)
                    for use in uses(reference, item.line.node, made.row)
                ),
                _counted_on(provisional_years(reference, item.line.node, made.row)),
            )
            for item in made.lines
        ),
        missing=_words(missing_facts(reference, made), reference, made),
        judgements=_words(judgements(reference, made), reference, made),
    )


def _counted_on(years: Sequence[int]) -> str:
    """What a reader must know of working days that are not announced yet."""
    listed = "、".join(f"{year}年" for year in years)
    return f"{listed}放假安排尚未公布，工作日按暂定计算" if years else ""


def _words(found: Sequence[Fact], reference: Reference, made: Assessment) -> tuple[FactWords, ...]:
    return tuple(fact_words(fact, reference.vocabulary) for fact in found)


# -------------------------------------------------------------------- the whole dossier


def near_words(file: Dossier, made: Assessment) -> str:
    """What a near miss would bring were its conditions met; nothing where meeting them decides how much
    and the present facts say none."""
    if made.support.amount is None:
        return ""
    low, high = file.would_bring(made)
    return range_words(low, high) if high != 0 else ""


@dataclass(frozen=True, slots=True)
class Total:
    """What is certain and what is possible of one form (fen); never added to another form."""

    form: Form
    certain: int
    possible: int
    bounded: bool

    @property
    def certain_words(self) -> str:
        return show_money(self.certain) if self.certain else "—"

    @property
    def words(self) -> str:
        if not self.bounded and not self.possible:
            return "数额未知"
        return show_money(self.possible) if self.bounded else f"{show_money(self.possible)}以上"

    def as_dict(self) -> dict[str, Any]:
        return {
            "form": str(self.form),
            "certain_fen": self.certain,
            "possible_fen": self.possible if self.bounded else None,
            "bounded": self.bounded,
        }


def totals(made: Sequence[Assessment]) -> list[Total]:
    """Per form: what is certain, and what is possible once facts are known, after all limits.

    Where a row has no known upper bound, ``possible`` is the sum of the others.
    """
    out = []
    for form in Form:
        items = [
            item
            for item in made
            if item.support.form is form
            and item.support.amount is not None
            and item.answer is not Answer.NO
        ]
        if items:
            low, high = total(items)
            known = high
            if known is None:
                known = total([item for item in items if item.high is not None])[1]
            out.append(Total(form, low, max(known or 0, low), high is not None))
    return out


def question_dict(file: Dossier, question: Question) -> dict[str, Any]:
    """One of the next questions as plain values."""
    return {
        **fact_words(question.fact, file.library.vocabulary).as_dict(),
        "supports": list(question.supports),
        "stakes": [stake_dict(stake) for stake in question.stakes],
    }


def stake_dict(stake: Stake) -> dict[str, Any]:
    """What waits in one form as plain values."""
    return {"form": str(stake.form), "fen": stake.fen, "unbounded": stake.unbounded}


def dossier_dict(file: Dossier) -> dict[str, Any]:
    """A whole dossier as plain values."""
    made = file.assessments
    return {
        "on": to_date(file.reference.today).isoformat(),
        "counts": {answer.chinese: len(file.of(answer)) for answer in ORDER},
        "totals": [item.as_dict() for item in totals(made)],
        "supports": [explain(file, item).as_dict() for item in made],
        "near_misses": [
            {"support": item.support.key, "row_key": item.row.key, "failing": item.failing}
            for item in file.near_misses()
        ],
        "questions": [question_dict(file, question) for question in file.questions()],
        "not_assessed": not_assessed(file),
    }


ORDER = (Answer.YES, Answer.MISSING, Answer.JUDGE, Answer.NO)


def not_assessed(file: Dossier) -> list[str]:
    """Keys of the supports for which nothing that could be assessed is known."""
    seen = {item.support.key for item in file.assessments}
    return [support.key for support in file.library.supports if support.key not in seen]


__all__ = [
    "Explanation", "FactWords", "Known", "LineWords", "Total", "amount_words",
    "clause_words", "dossier_dict", "explain", "fact_words", "near_words", "not_assessed", "number_words",
    "question_dict", "range_words", "row_words", "rule_words", "stake_dict",
    "subject_words",
    "totals", "with_numbers",
]  # fmt: skip
