"""The calculator for other systems: facts of one subject in, answers with reasons out. Nothing is kept."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from huiqi.portal.api.errors import Error, Place, Refusal
from huiqi.portal.base.rules import library
from huiqi.rulebook.library.factsfile import read_facts_data
from huiqi.rulebook.reference.dossier import dossier
from huiqi.rulebook.reference.explaining import dossier_dict

router = Router(tags=["政策计算"])
MOST_EVENTS = 500
EXAMPLE: dict[str, Any] = {
    "facts": {
        "企业": {"注册地": "高平市", "行业": "C", "从业人员": "85人", "上年营业收入": "6200万元"},
        "认定": [{"名称": "高新技术企业", "级别": "国家级", "发证日期": "2025-10-16"}],
    },
    "on": "2026-11-22",
}


class FactWords(Schema):
    """A fact as a condition read it; ``value`` is null where it is not known."""

    fact: str
    identifier: str
    value: str | None
    words: str
    derived: bool
    judged: bool
    origin: str
    question: str
    holder: str


class Condition(Schema):
    """One condition of a support, and what came of it: 满足, 不满足, 缺事实 or 需认定."""

    number: int
    label: str
    condition: str
    answer: str
    note: str
    facts: list[FactWords]


class Answer(Schema):
    """One support for one subject or event. Money in fen; ``high_fen`` null: no upper bound is known."""

    support: str
    name: str
    kind: str
    form: str
    policy: str
    document_number: str
    clause: str
    clause_heading: str
    source: str
    row: str
    row_key: str
    answer: str
    reason: str
    amount: str
    low_fen: int | None
    high_fen: int | None
    bounded: bool
    rule: str
    benefit: str
    conditions: list[Condition]
    failing: list[int]
    missing: list[FactWords]
    judgements: list[FactWords]
    units: list[str]
    papers: list[str]


class Total(Schema):
    """What is certain and what is possible of one form of support (fen)."""

    form: str
    certain_fen: int
    possible_fen: int | None
    bounded: bool


class Near(Schema):
    """A support one step away: the one condition in the way can still be met, all others hold."""

    support: str
    row_key: str
    failing: list[int]


class StakeItem(Schema):
    """What waits in one form of support: its money (fen), and of how many rows no bound is known."""

    form: str
    fen: int
    unbounded: int


class Question(FactWords):
    """A missing fact, the supports that wait for it, and the most an answer could decide, by form."""

    supports: list[str]
    stakes: list[StakeItem]


class Answers(Schema):
    """All supports for one subject on one day."""

    on: date
    counts: dict[str, int]
    totals: list[Total]
    supports: list[Answer]
    near_misses: list[Near]
    questions: list[Question]
    not_assessed: list[str]


class Asked(Schema):
    """Facts by table and Chinese name, written as people write them; unknown ones are left out."""

    facts: dict[str, Any] = Field(max_length=60, description="表: {事实: 值}，事件可写成列表")
    on: date | None = Field(None, description="评定日，默认今天")
    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}


@router.post(
    "/evaluate", response={200: Answers, 422: Error}, auth=None, summary="一户主体能享受什么"
)
def evaluate(request: HttpRequest, payload: Asked) -> dict[str, Any]:
    """Answers of all supports in force, each with its conditions, facts and clause."""
    if sum(len(rows) for rows in payload.facts.values() if isinstance(rows, list)) > MOST_EVENTS:
        raise Refusal(422, "too_many", f"一次最多 {MOST_EVENTS} 条事件")
    rules = library()
    facts, problems = read_facts_data(payload.facts, rules.vocabulary, "facts")
    if problems:
        found = [
            Place(place=item.field or item.file, message=item.message, remedy=item.remedy)
            for item in problems[:100]
        ]
        raise Refusal(422, "bad_facts", f"事实有 {len(problems)} 处写得不对", found)
    made = dossier(rules, facts, payload.on or timezone.localdate())
    return dossier_dict(made)
