"""An enterprise's own view: what it is, what it is owed, what it was told, what it says of itself."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from huiqi.portal.api.auth import Key, Scope, caller
from huiqi.portal.api.errors import Error, Place, Refusal, not_found
from huiqi.portal.api.evaluate import Answers
from huiqi.portal.api.paging import Page, Sliced, page
from huiqi.portal.api.registry import EnterpriseItem, enterprise_item
from huiqi.portal.base.rules import library
from huiqi.portal.matching import own_answers
from huiqi.portal.matching import queries as matching
from huiqi.portal.matching.answers import dossier_of
from huiqi.portal.registry import queries
from huiqi.portal.registry.models import Enterprise
from huiqi.rulebook.language.literals import LiteralError
from huiqi.rulebook.library.values import read_value
from huiqi.rulebook.reference.explaining import dossier_dict

router = Router(tags=["本企业"])
READ = Key(Scope.OWN)
WRITE = Key(Scope.OWN_WRITE)


class NoticeItem(Schema):
    """What the enterprise was told."""

    id: int
    kind: str
    title: str
    body: str
    link: str
    made_at: datetime
    read_at: datetime | None


class Told(Schema):
    """What the enterprise says of itself, written as people write it; null: not clear."""

    table: str = Field("企业", description="表，事件须同时给出 key")
    key: str = Field("", max_length=40, description="事件的标识；企业本身留空")
    fact: str = Field(max_length=60)
    value: str | None = Field(max_length=200)
    model_config = {"json_schema_extra": {"examples": [{"fact": "从业人员", "value": "85人"}]}}


@router.get("/own", response={200: EnterpriseItem, 404: Error}, auth=READ, summary="本企业")
def own(request: HttpRequest) -> dict[str, Any]:
    """The enterprise that the key acts for, as the registry has it."""
    return enterprise_item(_own(request))


@router.get(
    "/own/answers", response={200: Answers, 404: Error}, auth=READ, summary="本企业能享受什么"
)
def answers(request: HttpRequest) -> dict[str, Any]:
    """All supports in force for the enterprise today."""
    return dossier_dict(dossier_of(_own(request).record, on=timezone.localdate()))


@router.get("/own/notices", response={200: Page[NoticeItem], 404: Error}, auth=READ, summary="通知")
def notices(request: HttpRequest, wanted: Sliced) -> dict[str, Any]:
    """The notices of the enterprise and of the key's owner, the latest first."""
    return page(matching.notices(caller(request)), wanted, lambda row: row)


@router.post(
    "/own/facts",
    response={200: Answers, 404: Error, 422: Error},
    auth=WRITE,
    summary="补充一项信息",
)
def tell(request: HttpRequest, payload: Told) -> dict[str, Any]:
    """Says one fact; it counts in the enterprise's own view until a register says otherwise."""
    found = _own(request)
    about = own_answers.place(found.record, payload.table, payload.key or found.record.key)
    if about is None:
        raise not_found("这条登记")
    rules = library()
    spec = rules.vocabulary.tables[about.table].facts.get(payload.fact)
    if spec is None or spec.definition is not None:
        place = Place(place="fact", message=f"“{about.table}”没有可填的事实“{payload.fact}”")
        raise Refusal(422, "bad_facts", "没有这一项", [place])
    try:
        value = None if payload.value is None else read_value(payload.value, spec, rules.vocabulary)
    except LiteralError as error:
        place = Place(place="value", message=str(error), remedy="改正后再试")
        raise Refusal(422, "bad_facts", "写得不对", [place]) from None
    own_answers.say(about, payload.fact, value, by=caller(request), at=timezone.now())
    return dossier_dict(dossier_of(found.record, on=timezone.localdate()))


def _own(request: HttpRequest) -> Enterprise:
    found = queries.own_enterprise(caller(request))
    if found is None:
        raise not_found("本企业的登记")
    return found
