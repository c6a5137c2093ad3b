"""Who may state what: a unit speaks for the registers it holds, of enterprises of its region."""

from collections.abc import Iterable

from huiqi.portal.base import places
from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import Role, UnitKind
from huiqi.portal.base.models import Unit
from huiqi.portal.base.refusal import Refused
from huiqi.portal.registry.columns import ENTERPRISE
from huiqi.portal.registry.models import Record
from huiqi.rulebook.language.nodes import Kind
from huiqi.rulebook.library.vocabulary import Table, Vocabulary

WRITERS = (Role.OFFICER, Role.REGISTRAR)


def region_of(record: Record, vocabulary: Vocabulary) -> str:
    """Where a record's subject is registered, empty while unknown: a fact of its own, of its owner
    or of the enterprise it is linked to."""
    subject = record.owner or record
    found = _place(subject, vocabulary)
    if found:
        return found
    for link, target in vocabulary.tables[subject.table].links.items():
        key = subject.values.get(link)
        if target == ENTERPRISE and key:
            linked = Record.objects.filter(table=ENTERPRISE, key=key).first()
            return _place(linked, vocabulary) if linked else ""
    return ""


def _place(record: Record, vocabulary: Vocabulary) -> str:
    table = vocabulary.tables[record.table]
    specs = [spec for spec in table.stored if spec.type.kind is Kind.REGION]
    return next(
        (str(record.values[spec.name]) for spec in specs if record.values.get(spec.name)), ""
    )


def source_of(table: Table, name: str) -> str:
    """The register that holds a fact; a link is held by whoever holds the table's first fact."""
    spec = table.facts.get(name)
    if spec is not None and spec.source:
        return spec.source
    return next((item.source for item in table.facts.values() if item.source), "")


def holder_of(source: str, region: str, vocabulary: Vocabulary) -> Unit | None:
    """The unit that holds a register for a place: the nearest one, None where there is none."""
    holding = [
        unit
        for unit in Unit.objects.filter(is_active=True).exclude(kind=UnitKind.ENTERPRISE)
        if source in unit.sources and places.covers(places.reach(unit.region), region)
    ]
    widest = len(vocabulary.regions) + 1

    def width(unit: Unit) -> tuple[int, int]:
        return len(places.codes(unit.region)) if unit.region else widest, unit.pk

    return min(holding, key=width, default=None)


def must_state(by: Actor, sources: Iterable[str], region: str, vocabulary: Vocabulary) -> None:
    """Refuses an actor who may not state facts of these registers for this place.

    An officer states what the officer's unit holds; a registrar everything of the region.
    """
    unit = by.unit
    if unit is None or not by.has(*WRITERS) or unit.kind == UnitKind.ENTERPRISE:
        raise Refused("您当前的角色不能登记事实", "请由掌握这项数据的单位登记")
    if not places.covers(places.reach(unit.region), region):
        raise Refused("这个主体不在您单位的辖区", "请由所在地的单位登记")
    others = sorted({source for source in sources if source and source not in unit.sources})
    if others and not by.has(Role.REGISTRAR):
        raise Refused(
            f"{unit.name}不掌握这项数据（来源是{'、'.join(others)}）", "请由掌握数据的单位登记"
        )
