"""Foreign keys follow the order of the portal's parts.

The import linter cannot see them where they are written as text ("registry.Enterprise"), so the
models are asked.
"""

import tomllib
from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from tests.conventions.repository import ROOT

PORTAL = "huiqi.portal."


def heights() -> dict[str, int]:
    """Part of the portal -> its height: each may know what stands lower, siblings not each other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {one["id"]: one for one in project["tool"]["importlinter"]["contracts"]}
    layers = reversed(contracts["portal"]["layers"])
    return {
        part.strip().strip("()"): height
        for height, layer in enumerate(layers)
        for part in layer.split("|")
    }


def height(app: str) -> int:
    """The height of an app of the portal, which may be a part or stand inside one."""
    known = heights()
    part = ".".join(app.split(".")[:3])
    assert part in known, f"{app} has no place in the order of the portal (pyproject.toml)"
    return known[part]


def offences(found: Iterable[type[models.Model]]) -> list[str]:
    """Each link from a model of the portal to one of an app that does not stand lower."""
    wrong: list[str] = []
    for model in found:
        app = model._meta.app_config.name
        if not app.startswith(PORTAL):
            continue
        for link in model._meta.get_fields(include_hidden=True):
            if link.auto_created or not link.is_relation or link.related_model is None:
                continue
            target = link.related_model._meta
            other = target.app_config.name
            if not other.startswith(PORTAL) or other == app:
                continue
            if height(other) >= height(app):
                wrong.append(f"{model._meta.label}.{link.name} -> {target.label}")
    return wrong


def test_foreign_keys_follow_the_order_of_the_parts() -> None:
    assert offences(apps.get_models(include_auto_created=True)) == []


@pytest.mark.parametrize(
    ("app", "target", "expected"),
    [
        ("base", "registry.Target", ["base.Planted.link -> registry.Target"]),
        ("policies", "matching.Target", ["policies.Planted.link -> matching.Target"]),
        ("registry", "base.Target", []),
        ("registry", "registry.Target", []),
        ("registry", "contenttypes.ContentType", []),
    ],
)
def test_a_planted_link_is_found(app: str, target: str, expected: list[str]) -> None:
    parts = ["base", "registry", "policies", "matching"]
    with isolate_apps("django.contrib.contenttypes", *(PORTAL + part for part in parts)) as own:
        home, name = target.split(".")
        if name == "Target":
            meta = type("Meta", (), {"app_label": home, "apps": own})
            type("Target", (models.Model,), {"__module__": __name__, "Meta": meta})
            aim: object = target
        else:
            aim = apps.get_model(target)
        meta = type("Meta", (), {"app_label": app, "apps": own})
        link = models.ForeignKey(aim, models.RESTRICT, related_name="+")  # type: ignore[arg-type,var-annotated]
        body = {"__module__": __name__, "Meta": meta, "link": link}
        planted = type("Planted", (models.Model,), body)
        assert offences([planted]) == expected  # type: ignore[list-item]


def test_siblings_do_not_know_each_other() -> None:
    assert height("huiqi.portal.policies") == height("huiqi.portal.cases")
    assert height("huiqi.portal.base") == 0
    assert height("huiqi.portal.procedures.grants") < height("huiqi.portal.inspections")
    with pytest.raises(AssertionError):
        height("huiqi.portal.common")
