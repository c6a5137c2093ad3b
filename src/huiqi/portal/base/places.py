"""Where places lie: a unit's region (empty: everywhere) against codes of GB/T 2260, with their history.

The only answer to who lies within a region, for one code (:func:`covers`) as for rows of a table
(:func:`within`); both read the tree of the vocabulary. A place that was abolished lies in the one that
took its place, and stands for that one where it is asked for itself.
"""

from typing import Any

from django.db.models import CharField, F, Func, Q
from django.db.models.lookups import In

from huiqi.portal.base.rules import library
from huiqi.rulebook.language.trees import Tree

COUNTY = "县级"


def codes(code: str, tree: Tree | None = None) -> list[str]:
    """Every code that lies within a place, or with a ``tree`` within a node of it (an industry).

    A code that the tree lacks holds itself alone.
    """
    places = tree or library().vocabulary.regions
    if places.get(code) is None:
        return [code]
    first, end = places.interval(places.succeeded(code).code)
    return [node.code for node in places.nodes[first:end]]


def covers(region: str, code: str) -> bool:
    """Whether a region (empty: everything) holds a place; an unknown place only lies in everything."""
    tree = library().vocabulary.regions
    if not region or region == code:
        return True
    if tree.get(region) is None or tree.get(code) is None:
        return False
    return tree.contains(tree.succeeded(region).code, code)


def within(region: str, field: str, *, tree: Tree | None = None, leads: bool = True) -> Q:
    """Rows whose ``field`` holds a code of the region; all rows for an empty one.

    ``leads`` is whether the database may look for the region first, by an index of the column: not
    where another index gives a list its order, or finds fewer rows.
    """
    if not region:
        return Q()
    found = codes(region, tree)
    return Q(**{f"{field}__in": found}) if leads else Q(In(Unindexed(F(field)), found))


def stretch(code: str) -> tuple[str, str] | None:
    """The first and the last code within a place; None where codes of other places lie between them.

    Of rows whose codes are all in the tree a range finds the same as :func:`within`, and PostgreSQL
    keeps the order of an index with it.
    """
    found = set(codes(code))
    first, last = min(found), max(found)
    tree = library().vocabulary.regions
    others = (node.code for node in tree.nodes if node.code not in found)
    return None if any(first <= other <= last for other in others) else (first, last)


def is_one(code: str, tree: Tree | None = None) -> bool:
    """Whether the place holds no others that exist today: a county, however often it was changed."""
    places = tree or library().vocabulary.regions
    found = (places.get(one) for one in codes(code, tree))
    return sum(node is not None and node.current for node in found) <= 1


class Unindexed(Func):
    """A column that holds for too many rows to be looked for first: the order of the list leads.

    PostgreSQL knows by itself how many rows there are; SQLite is told by a plus before the name.
    """

    template = "%(expressions)s"
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


def reach(region: str) -> str:
    """What bounds the sight of a unit with this region; empty where it holds every county there is.

    Then it sees the whole: what lies outside, or nobody knows where, is nobody else's. What is seen
    follows from the reference data alone, never from which rows there happen to be.
    """
    held = set(codes(region)) if region else set()
    counties = (node.code for node in library().vocabulary.regions.nodes if node.level == COUNTY)
    return "" if not region or held.issuperset(counties) else region


def exists(code: str) -> bool:
    """Whether the code is a place that exists today."""
    node = library().vocabulary.regions.get(code)
    return node is not None and node.current


def located(code: str) -> str:
    """The place that now stands where a code points, empty where no place does."""
    tree = library().vocabulary.regions
    return tree.succeeded(code).code if tree.get(code) is not None else ""
