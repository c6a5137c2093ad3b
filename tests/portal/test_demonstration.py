"""The demonstration: an account for every role, and somebody who can decide every correction."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.test import override_settings
from django.utils import timezone

from huiqi.portal import demonstration
from huiqi.portal.base import rules
from huiqi.portal.base.access import Actor, memberships_of
from huiqi.portal.base.enums import Role
from huiqi.portal.base.models import User
from huiqi.portal.registry import actions
from huiqi.portal.registry.authority import holder_of, region_of, source_of
from huiqi.portal.registry.enums import CorrectionState
from huiqi.portal.registry.models import Correction, Record
from huiqi.rulebook.demo import make_region
from huiqi.rulebook.library.home import policies_folder
from tests.portal.keeping import Kept, making
from tests.portal.matching.conftest import AT, ON

pytestmark = pytest.mark.django_db


@dataclass
class Demonstrated:
    """What was made once: rows, files, and the accounts as they were told."""

    accounts: list[demonstration.Account]
    kept: Kept
    home: Path


@pytest.fixture(scope="module")
def demonstrated(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Demonstrated:
    folder = tmp_path_factory.mktemp("demonstration")
    home = folder / "home"
    home.mkdir()
    vocabulary = rules.library().vocabulary
    snapshot = make_region(vocabulary, folder / "region", enterprises=40, seed=3, today=ON)
    key = vocabulary.tables["企业"].key
    code = pl.read_parquet(snapshot.path("企业", 0), columns=[key]).item(0, 0)
    with making(django_db_blocker) as keep, override_settings(**within(home)):
        accounts = demonstration.make(
            policies_folder(), folder / "region", code, on=ON, at=AT, tell=lambda words, n, of: None
        )
        kept = keep()
    return Demonstrated(accounts, kept, home)


def within(home: Path) -> dict[str, Path]:
    return {"HOME": home, "MEDIA_ROOT": home / "files", "SNAPSHOTS": home / "snapshots"}


@pytest.fixture
def made(demonstrated: Demonstrated, db: None, settings: Any) -> list[demonstration.Account]:
    for name, value in within(demonstrated.home).items():
        setattr(settings, name, value)
    demonstrated.kept.put_back()
    return demonstrated.accounts


def actor(username: str) -> Actor:
    user = User.objects.get(username=username)
    held = tuple(memberships_of(user, timezone.localdate()))
    return Actor(user, held[0], held)


def test_every_role_has_one_account_and_registers_have_theirs(
    made: list[demonstration.Account],
) -> None:
    assert sorted(one.role for one in made if not one.source) == sorted(Role)
    vocabulary = rules.library().vocabulary
    sources = {one.source for table in vocabulary.tables.values() for one in table.stored}
    # The registrar speaks for 市场监管部门.
    assert {one.source for one in made if one.source} == sources - {"", "市场监管部门"}
    assert {one.role for one in made if one.source} == {Role.OFFICER}
    assert User.objects.get(username="holder1").check_password(demonstration.PASSWORD)


def test_every_fact_can_be_corrected_by_somebody(made: list[demonstration.Account]) -> None:
    vocabulary = rules.library().vocabulary
    owner = actor("owner")
    assert owner.unit is not None
    own = Record.objects.get(table="企业", key=owner.unit.credit_code)
    other = Record.objects.filter(table="企业").exclude(pk=own.pk)
    far = next(one for one in other if one.values["注册地"][:4] != own.values["注册地"][:4])
    staff = [actor(one.username) for one in made]
    stuck = []
    for enterprise in (own, far):
        for table in vocabulary.tables.values():
            if table.name != "企业" and table.owner != "企业":
                continue
            record = (
                enterprise if table.name == "企业" else Record(table=table.name, owner=enterprise)
            )
            for spec in table.stored:
                source = source_of(table, spec.name)
                asked = Correction(
                    record=record, fact=spec.name, source=source,
                    holder=holder_of(source, region_of(record, vocabulary), vocabulary),
                )  # fmt: skip
                if asked.holder is None or not any(actions.may_decide(asked, by) for by in staff):
                    stuck.append(f"{table.name}.{spec.name}")
    assert stuck == []


def test_a_correction_is_asked_and_decided(made: list[demonstration.Account]) -> None:
    owner = actor("owner")
    assert owner.unit is not None
    record = Record.objects.get(table="企业", key=owner.unit.credit_code)
    before = record.values["从业人员"] or 0
    asked = actions.ask_correction(
        record, "从业人员", proposed=before + 1, reason="测试更正", by=owner, at=timezone.now()
    )
    [name] = [one.username for one in made if one.source == "统计部门"]
    done = actions.decide_correction(asked, accept=True, by=actor(name), at=timezone.now())
    record.refresh_from_db()
    assert (done.state, record.values["从业人员"]) == (CorrectionState.ACCEPTED, before + 1)
