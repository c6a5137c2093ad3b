"""What may be read of the registry."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import TypeVar

from django.db import connection
from django.db.models import F, Model, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact

from huiqi.portal.base import places, rules, search
from huiqi.portal.base.access import Actor
from huiqi.portal.base.enums import UnitKind
from huiqi.portal.registry.columns import ENTERPRISE, SEARCH
from huiqi.portal.registry.encoding import GONE
from huiqi.portal.registry.enums import CorrectionState, SizeClass
from huiqi.portal.registry.history import Said, fold_all, spoken
from huiqi.portal.registry.models import (
    Batch,
    Certificate,
    Correction,
    Enterprise,
    Grant,
    Record,
    Statement,
)
from huiqi.rulebook.language.literals import days
from huiqi.rulebook.language.trees import Tree
from huiqi.rulebook.library.rows import FactsFile, Row
from huiqi.rulebook.library.values import Known
from huiqi.rulebook.library.vocabulary import Vocabulary
from huiqi.rulebook.reference.assess import Paid

Listed = TypeVar("Listed", bound=Model)
DEEPEST = 4
"""How many links in a row are followed, as the vocabulary does."""
OWN_WORDS = "本单位自述"


SEEING = (UnitKind.DEPARTMENT, UnitKind.PARK)
"""Units whose staff see the enterprises of their region; banks and others see none by their kind."""


# -------------------------------------------------------------------- who sees which


def enterprises(actor: Actor) -> QuerySet[Enterprise]:
    """The enterprises an actor may see: staff those of their region, an enterprise itself, others none.

    An enterprise whose region is not known is seen by units that see the whole only.
    """
    everything = Enterprise.objects.all()
    unit = actor.unit
    if unit is None:
        return everything.none()
    if actor.is_enterprise:
        return everything.filter(credit_code=unit.credit_code)
    if not actor.is_staff or unit.kind not in SEEING:
        return everything.none()
    return everything.filter(places.within(places.reach(unit.region), "region", leads=False))


def own_enterprise(actor: Actor) -> Enterprise | None:
    """The enterprise whose members act, with its record; None for others, and where the registry has none."""
    if not actor.is_enterprise:
        return None
    return enterprises(actor).select_related("record").first()


def records(actor: Actor, table: str) -> QuerySet[Record]:
    """The records of one table an actor may see, those that were taken back left out.

    Subjects other than enterprises (people, carriers, projects) are seen by all staff of departments and
    parks; events go with their owner.
    """
    found = Record.objects.filter(table=table).exclude(values__has_key=GONE)
    declared = rules.library().vocabulary.tables.get(table)
    if declared is None or actor.unit is None:
        return found.none()
    subject = declared.owner or table
    if subject == ENTERPRISE:
        seen = enterprises(actor).values("pk")
        return found.filter(owner__in=seen) if declared.is_event else found.filter(pk__in=seen)
    if not actor.is_staff or actor.unit.kind not in SEEING:
        return found.none()
    return found


def batches(actor: Actor) -> QuerySet[Batch]:
    """The imports of the actor's own unit; of all units for the operator."""
    if actor.unit is None or not actor.is_staff:
        return Batch.objects.none()
    return Batch.objects.filter(unit=actor.unit)


def corrections(actor: Actor) -> QuerySet[Correction]:
    """The requests an actor may see: an enterprise its own, a unit those it decides.

    A request that no unit holds is seen by the registrars of the region.
    """
    found = Correction.objects.select_related("record__owner", "holder")
    unit = actor.unit
    if unit is None:
        return found.none()
    if actor.is_enterprise:
        # The few records first: of all requests there may be very many.
        own = Subquery(
            Record.objects.filter(table=ENTERPRISE, key=unit.credit_code).values("pk")[:1]
        )
        return found.filter(record__in=Record.objects.filter(Q(pk=own) | Q(owner=own)))
    if not actor.is_staff or unit.kind not in SEEING:
        return found.none()
    reach = places.reach(unit.region)
    unheld = Q(holder=None) & (_about(reach, "record") | _about(reach, "record__owner"))
    return found.filter(Q(holder=unit) | unheld)


def _about(region: str, path: str) -> Q:
    """What concerns an enterprise of a region (empty: any). From row to enterprise, not the other way: a
    region has more enterprises than there are requests."""
    here = places.within(region, f"{path}__enterprise__region", leads=False)
    return Q(**{f"{path}__enterprise__isnull": False}) & here


def waiting_corrections(actor: Actor) -> QuerySet[Correction]:
    """Those of them that are to be decided."""
    return corrections(actor).filter(state=CorrectionState.WAITING)


# -------------------------------------------------------------------- lists


def narrowed(
    rows: QuerySet[Enterprise],
    *,
    on: date,
    words: str = "",
    region: str = "",
    industry: str = "",
    size: str | None = None,
    title: str = "",
    kind: str = "",
) -> QuerySet[Enterprise]:
    """Enterprises by words of the name or code, place and industry (with all that lies within), size
    class (empty: not certain), a title valid on a day, and kind."""
    code = "".join(words.split()).upper()
    if CODE.fullmatch(code):
        # A range, because it can use the index in both databases.
        rows = rows.filter(credit_code__gte=code, credit_code__lt=f"{code}Z")
    leads = not (words.strip() or title)
    vocabulary = rules.library().vocabulary
    for column, within, tree in (
        ("region", region, vocabulary.regions),
        ("industry", industry, vocabulary.industries),
    ):
        first = leads and _is_rare(column, within, tree)
        rows = rows.filter(places.within(within, column, tree=tree, leads=first))
    if size in COMMON_SIZES or not leads and size is not None:
        rows = rows.filter(Exact(places.Unindexed(F("size")), size))
    elif size is not None:
        rows = rows.filter(size=size)
    if kind:
        rows = rows.filter(kind=kind)
    if title:
        valid = Q(ends_on=None) | Q(ends_on__gte=on)
        holders = Certificate.objects.filter(valid, name=title).values("enterprise")
        rows = rows.filter(pk__in=holders)
    if words.strip() and not CODE.fullmatch(code):
        # Last, because SQLite asks in this order, and a name is the dearest to look through.
        rows = named(rows, words)
    return rows


def _is_rare(column: str, code: str, tree: Tree) -> bool:
    """Whether a single county or division is sooner looked for by its index.

    One that holds very many rows is not: sorting them all takes longer than going through the order of
    the list until a page is full.
    """
    if not code or not places.is_one(code, tree):
        return False
    alone = Enterprise.objects.filter(places.within(code, column, tree=tree))
    return alone[:FREQUENT].count() < FREQUENT


def named(rows: QuerySet[Enterprise], words: str) -> QuerySet[Enterprise]:
    """Enterprises whose name holds the words."""
    found = found_by(words)
    return rows.filter(pk__in=found) if found is not None else holding(rows, "name", words)


def found_by(words: str) -> list[int] | RawSQL | None:
    """The records of subjects whose name holds the words: their numbers where they are few, a subquery
    where they are many. None for what nearly every name holds (公司): that is quicker looked for row
    by row, in the order of a list, than gathered first."""
    found = search.matching(SEARCH, words)
    if not isinstance(found, RawSQL):
        return []
    if search.is_frequent(SEARCH, words, FREQUENT):
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"{found.sql} LIMIT {FEW + 1}", found.params)
        some = [int(row[0]) for row in cursor.fetchall()]
    return some if len(some) <= FEW else found


def holding(rows: QuerySet[Listed], name: str, words: str) -> QuerySet[Listed]:
    """Rows whose column ``name`` holds each of the words."""
    for word in words[: search.LONGEST].split():
        rows = rows.filter(**{f"{name}__contains": word})
    return rows


def numbers(key: str) -> list[int]:
    """The records of the subjects with this key, in whatever table."""
    tables = [
        table.name for table in rules.library().vocabulary.tables.values() if not table.is_event
    ]
    return list(Record.objects.filter(table__in=tables, key=key).values_list("pk", flat=True))


COMMON_SIZES = ("", SizeClass.MICRO, SizeClass.SMALL)
FEW = 500
FREQUENT = 20_000
"""Rows that a word or a place has, from which on it tells little."""
SORTS: Mapping[str, tuple[str, ...]] = {
    "code": ("credit_code",),
    "name": ("name",),
    "revenue": ("revenue",),
    "employees": ("employees",),
    "founded": ("founded_on",),
}
"""What lists of enterprises can be ordered by; each has an index."""
CODE = re.compile("[0-9]{2}[0-9A-Y]{2,16}")
"""A credit code or its beginning; the letter Z is in none."""


# -------------------------------------------------------------------- one subject


def facts_file(
    record: Record,
    *,
    on: date,
    known_at: datetime | None = None,
    extra: Mapping[int, Mapping[str, Known]] | None = None,
    also: Collection[int] = (),
) -> FactsFile:
    """What is known of a subject on a day, as the rulebook reads it: its row and events, and the
    subjects that it and they are linked to, with theirs. Every fact names its source and date.

    ``known_at`` looks from an earlier moment (None: all that is known). ``extra`` are facts by record
    that the subject told itself; they count where no register speaks. ``also`` are record numbers of
    subjects it answers for (a carrier it runs): their events come along. Two queries for the subject
    and three for each step of links, however many events there are.
    """
    vocabulary = rules.library().vocabulary
    made = _Gathered(vocabulary, on, known_at, extra or {})
    first = [record.pk, *also]
    made.take(Q(pk__in=first) | Q(owner__in=first))
    for _ in range(DEEPEST):
        wanted = made.wanted()
        if not wanted:
            break
        found = list(Record.objects.filter(wanted).values_list("pk", flat=True))
        made.take(Q(pk__in=found) | Q(owner__in=found))
    made.join()
    subject = made.rows.get(record.pk) or Row(record.table, record.key)
    events = dict(subject.events)
    for row in (made.rows[pk] for pk in also if pk in made.rows):
        for name, rows in row.events.items():
            events[name] = [*events.get(name, []), *rows]
    return FactsFile({record.table: subject}, events)


def told(record: Record, fact: str) -> list[Statement]:
    """Everything that was ever said of one fact of a record, the latest known first.

    Chosen here and not by the database: SQLite does not find a Chinese name within JSON.
    """
    said = record.statements.select_related("unit", "said_by", "batch__file")
    return [one for one in said.order_by("-known_at", "-pk") if fact in one.values]


def paid(record: Record) -> list[Paid]:
    """What was already paid to a subject, for the rules that count it."""
    rows = Grant.objects.filter(record=record).order_by("on", "pk")
    return [
        Paid(support, item, amount, days(on))
        for support, item, amount, on in rows.values_list("support", "item", "amount", "on")
    ]


class _Gathered:
    """Rows by record number while links are followed."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        on: date,
        known_at: datetime | None,
        extra: Mapping[int, Mapping[str, Known]],
    ) -> None:
        self.vocabulary, self.on, self.known_at, self.extra = vocabulary, on, known_at, extra
        self.rows: dict[int, Row] = {}
        self.places: dict[tuple[str, str], int] = {}
        self.owners: dict[int, int] = {}
        self.linked: dict[int, dict[str, str]] = {}
        self.looked: set[tuple[str, str]] = set()

    def take(self, wanted: Q) -> None:
        """Adds records that are not there yet; one that is taken back, or not yet known, is left out."""
        found = [
            row
            for row in Record.objects.filter(wanted)
            .order_by("pk")
            .values_list("pk", "table", "key", "owner_id")
            if row[0] not in self.rows and row[1] in self.vocabulary.tables
        ]
        states = fold_all(spoken([row[0] for row in found], self.known_at), self.on)
        for pk, table, key, owner in found:
            state = states.get(pk)
            if state is None or (GONE in state and state[GONE].value):
                continue
            self.rows[pk] = self._row(pk, table, key, state)
            self.places[table, key] = pk
            if owner is not None:
                self.owners[pk] = owner

    def _row(self, pk: int, table: str, key: str, state: Mapping[str, Said]) -> Row:
        declared = self.vocabulary.tables[table]
        row = Row(table, key)
        for name, said in state.items():
            if said.value is None:
                continue
            if name in declared.facts:
                row.values[name] = said.value
                row.origins[name] = said.origin
            elif name in declared.links:
                self.linked.setdefault(pk, {})[name] = str(said.value)
        for name, value in self.extra.get(pk, {}).items():
            if name in declared.facts and name not in row.values:
                row.values[name] = value
                row.origins[name] = OWN_WORDS
        return row

    def wanted(self) -> Q | None:
        """The linked subjects that have not been looked for."""
        keys: dict[str, set[str]] = {}
        for pk, links in self.linked.items():
            declared = self.vocabulary.tables[self.rows[pk].table]
            for link, key in links.items():
                place = (declared.links[link], key)
                if place not in self.places and place not in self.looked:
                    self.looked.add(place)
                    keys.setdefault(place[0], set()).add(key)
        out: Q | None = None
        for table, some in sorted(keys.items()):
            one = Q(table=table, key__in=sorted(some))
            out = one if out is None else out | one
        return out

    def join(self) -> None:
        """Owners, events and links by reference."""
        for pk, row in self.rows.items():
            declared = self.vocabulary.tables[row.table]
            owner = self.rows.get(self.owners.get(pk, 0))
            if owner is not None:
                row.links[declared.owner] = owner
                owner.events.setdefault(row.table, []).append(row)
            for link, key in self.linked.get(pk, {}).items():
                target = self.rows.get(self.places.get((declared.links[link], key), 0))
                if target is not None:
                    row.links[link] = target
