"""Who lies within a region: one code and rows of a table, with the history of regions."""

import pytest
from django.db.models import Q

from huiqi.portal.base import places
from huiqi.portal.base.enums import UnitKind
from huiqi.portal.base.models import Unit
from huiqi.portal.base.rules import library

PARK = "149999"
"""A code that the tree lacks, as a park may give itself one."""
HELD = {
    # 城区 and 郊区 were joined to 潞州区, 太谷县 became 太谷区.
    ("", "140581"): True,
    ("", ""): True,
    ("", PARK): True,
    ("100000", "410000"): True,
    ("100000", ""): False,
    ("140000", "140581"): True,
    ("140000", "140726"): True,
    ("140000", "410000"): False,
    ("140000", PARK): False,
    ("140400", "140402"): True,
    ("140400", "140403"): True,
    ("140400", "140411"): True,
    ("140400", "140502"): False,
    ("140400", "140400"): True,
    ("140403", "140402"): True,
    ("140403", "140411"): True,
    ("140403", "140404"): False,
    ("140402", "140403"): True,
    ("140402", "140411"): True,
    ("140402", "140404"): False,
    ("140411", "140402"): True,
    ("140703", "140726"): True,
    ("140726", "140703"): True,
    ("140726", "140726"): True,
    ("140726", "140702"): False,
    ("140581", "140500"): False,
    ("140581", ""): False,
    (PARK, PARK): True,
    (PARK, "140581"): False,
    (PARK, ""): False,
}


@pytest.mark.parametrize(("region", "code", "held"), [(*key, held) for key, held in HELD.items()])
def test_a_region_holds_a_place(region: str, code: str, held: bool) -> None:
    assert places.covers(region, code) is held
    assert (not region or code in places.codes(region)) is held


@pytest.mark.django_db
@pytest.mark.parametrize("leads", [True, False])
def test_rows_are_found_as_single_codes_are(leads: bool) -> None:
    every = sorted({code for _, code in HELD})
    for code in every:
        Unit.objects.create(kind=UnitKind.DEPARTMENT, name=f"测试部门{code}", region=code)
    for region in sorted({region for region, _ in HELD}):
        found = Unit.objects.filter(places.within(region, "region", leads=leads))
        assert set(found.values_list("region", flat=True)) == {
            code for code in every if places.covers(region, code)
        }


@pytest.mark.parametrize(
    ("region", "seen"),
    [
        ("", ""),
        ("100000", ""),
        ("140000", ""),  # every county of the reference data
        ("140500", "140500"),
        ("140581", "140581"),
        ("140726", "140726"),
        (PARK, PARK),
    ],
)
def test_who_holds_every_county_sees_the_whole(region: str, seen: str) -> None:
    assert places.reach(region) == seen


@pytest.mark.parametrize(
    ("code", "alone"),
    [("140581", True), ("140403", True), ("140402", True), ("140400", False), (PARK, True)],
)
def test_a_county_is_one_however_often_it_was_changed(code: str, alone: bool) -> None:
    assert places.is_one(code) is alone


def test_a_stretch_of_codes_is_the_place_and_nothing_else() -> None:
    tree = library().vocabulary.regions
    for node in tree.nodes:
        stretch = places.stretch(node.code)
        if stretch is not None:
            between = {one.code for one in tree.nodes if stretch[0] <= one.code <= stretch[1]}
            assert between == set(places.codes(node.code))
    assert places.stretch("140500") == ("140500", "140581")
    assert places.stretch("140403") is None  # 城区 and 郊区, which it took in, have others between
    assert places.stretch(PARK) == (PARK, PARK)


def test_industries_lie_within_their_sections() -> None:
    tree = library().vocabulary.industries
    assert {"C", "39"} <= set(places.codes("C", tree))
    assert places.codes("39", tree)[0] == "39"
    assert places.within("", "industry", tree=tree) == Q()
