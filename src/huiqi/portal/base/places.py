"""Whose region holds which place: a unit's region (empty: everywhere) against codes of GB/T 2260."""

from django.db.models import Q

from huiqi.portal.base.rules import library


def covers(region: str, code: str) -> bool:
    """Whether a region (empty: everything) holds a place; an unknown place only lies in everything."""
    if not region:
        return True
    tree = library().vocabulary.regions
    if tree.get(code) is None or tree.get(region) is None:
        return code == region
    return tree.contains(region, code)


def within(region: str, field: str) -> Q:
    """Rows whose ``field`` holds a place of the region."""
    if not region:
        return Q()
    tree = library().vocabulary.regions
    if tree.get(region) is None:
        return Q(**{field: region})
    first, end = tree.interval(region)
    return Q(**{f"{field}__in": [node.code for node in tree.nodes[first:end]]})


def exists(code: str) -> bool:
    """Whether the code is a place that exists today."""
    node = library().vocabulary.regions.get(code)
    return node is not None and node.current


def located(code: str) -> str:
    """The place that now stands where a code points, empty where no place does."""
    tree = library().vocabulary.regions
    return tree.succeeded(code).code if tree.get(code) is not None else ""
