"""What other systems must know to speak of facts: the vocabulary, regions, industries."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from huiqi.portal.api.errors import Error, not_found
from huiqi.portal.base.rules import library
from huiqi.rulebook.language.nodes import Kind

router = Router(tags=["词汇与分类"])


class FactItem(Schema):
    """One fact: its name, type and unit, what to ask for it, which register holds it."""

    name: str
    identifier: str
    type: str
    unit: str
    choices: list[str]
    question: str
    source: str
    derived: bool
    judged: bool


class TableItem(Schema):
    """A subject, or an event that belongs to one."""

    name: str
    identifier: str
    key: str
    owner: str
    links: dict[str, str]
    facts: list[FactItem]


class NodeItem(Schema):
    """A region or an industry."""

    code: str
    name: str
    full_name: str
    level: str
    parent: str | None
    current: bool


@router.get("/vocabulary", response=list[TableItem], auth=None, summary="事实词汇表")
def vocabulary(request: HttpRequest) -> list[dict[str, Any]]:
    """Every fact that rules may read, by table."""
    words = library().vocabulary
    return [
        {
            "name": table.name,
            "identifier": table.identifier,
            "key": table.key,
            "owner": table.owner,
            "links": dict(table.links),
            "facts": [
                {
                    "name": spec.name,
                    "identifier": spec.identifier,
                    "type": str(spec.type.kind),
                    "unit": spec.type.unit,
                    "choices": list(words.choices.get(spec.type.choices, ())),
                    "question": spec.question,
                    "source": spec.source,
                    "derived": spec.definition is not None,
                    "judged": spec.judged,
                }
                for spec in table.facts.values()
            ],
        }
        for table in words.tables.values()
    ]


@router.get(
    "/{kind}/under/{code}",
    response={200: list[NodeItem], 404: Error},
    auth=None,
    summary="地区或行业的下一级",
)
def under(request: HttpRequest, kind: str, code: str) -> list[dict[str, Any]]:
    """The nodes directly below one (`top`: the highest). ``kind`` is `regions` or `industries`."""
    kinds = {"regions": Kind.REGION, "industries": Kind.INDUSTRY}
    if kind not in kinds:
        raise not_found("这种分类")
    tree = library().vocabulary.trees[kinds[kind]]
    parent = None if code == "top" else code
    if parent is not None and tree.get(parent) is None:
        raise not_found("这个代码")
    return [
        {
            "code": node.code,
            "name": node.name,
            "full_name": node.full_name,
            "level": node.level,
            "parent": node.parent,
            "current": node.current,
        }
        for node in tree.nodes
        if node.parent == parent
    ]
