"""Choices that several filter forms of the public pages share."""

from functools import lru_cache
from typing import Any

from django import forms

from huiqi.portal.base import rules
from huiqi.rulebook.language.trees import Tree

Group = tuple[str, list[tuple[str, str]]]
Choice = tuple[str, str] | Group


def regions(empty: str = "全部地区") -> list[Choice]:
    """The province, then each city with its counties, by code."""
    return [("", empty), *_regions(rules.library().vocabulary.regions)]


@lru_cache(maxsize=2)
def _regions(tree: Tree) -> list[Choice]:
    nodes = [node for node in tree.nodes if node.successor is None and node.valid_to is None]
    children: dict[str, list[str]] = {}
    for node in nodes:
        children.setdefault(node.parent or "", []).append(node.code)
    # Provinces of which no city is listed are places where firms come from, not where policies apply.
    tops = [node for node in nodes if node.level == "省级" and node.code in children]
    out: list[Choice] = []
    for top in tops:
        out.append((top.code, top.name))
        for city in children[top.code]:
            named = tree.get(city)
            if named is not None:
                inner = [(city, f"{named.name}（全市）")]
                inner += [
                    (code, found.name)
                    for code in children.get(city, [])
                    if (found := tree.get(code))
                ]
                out.append((named.name, inner))
    return out


class RegionField(forms.ChoiceField):
    """A region by its code; the choices are those of the rules in force."""

    def __init__(self, *, empty: str = "全部地区", **options: Any) -> None:
        super().__init__(choices=lambda: regions(empty), **options)
