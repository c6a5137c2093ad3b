"""A small region in the registry, matched, and keys of each scope; one for all tests of a module."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from huiqi.portal.base import rules, tokens
from huiqi.portal.base.access import NOBODY
from huiqi.portal.base.enums import Role
from huiqi.portal.matching import runs
from huiqi.portal.policies import actions as policies
from huiqi.portal.registry import loading, snapshot
from huiqi.portal.registry.models import Enterprise
from huiqi.rulebook.demo import make_region
from huiqi.rulebook.library.home import policies_folder
from tests.portal import people

ON = date(2026, 11, 22)


@dataclass(frozen=True)
class Filled:
    """The credit code of one enterprise of the region, and the secret of a key per holder."""

    code: str
    other: str
    region: str
    keys: dict[str, str]


@pytest.fixture(scope="session")
def region_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = rules.library()
    folder = tmp_path_factory.mktemp("region")
    make_region(
        library.vocabulary, folder, enterprises=80, seed=3, today=ON, supports=library.supports
    )
    return folder


@pytest.fixture(scope="module")
def filled(
    django_db_setup: None,
    django_db_blocker: pytest.FixtureRequest,
    region_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Filled]:
    with django_db_blocker.unblock(), transaction.atomic():
        policies.seed(policies_folder(), at=people.NOW, by=NOBODY)
        loading.load_region(region_folder, at=people.NOW)
        taken = snapshot.write(tmp_path_factory.mktemp("snapshots"))
        runs.execute(lambda tell: taken, on=ON, at=people.NOW)
        mine, other = Enterprise.objects.exclude(region="").order_by("pk")[:2]
        holders = {
            "officer": people.of_role(Role.OFFICER, region=""),
            "auditor": people.of_role(Role.AUDITOR, region=""),
            "owner": people.enterprise_user(mine.credit_code),
        }
        keys = {
            name: tokens.make("测试", tokens.scopes_of(who.actor), 30, by=who.actor, at=people.NOW)[
                1
            ]
            for name, who in holders.items()
        }
        # Looked at once, and not at the end of each test.
        connection.check_constraints()
        yield Filled(mine.credit_code, other.credit_code, mine.region, keys)
        transaction.set_rollback(True)


@pytest.fixture
def ask(filled: Filled, db: None, client: object) -> Callable[..., object]:
    """``ask("officer", "/matching/run")``: the response to a request with that holder's key."""
    from django.test import Client

    browser = Client()
    cache.clear()

    def send(who: str, path: str, body: object = None) -> object:
        headers = {"Authorization": f"Bearer {filled.keys[who]}"} if who else {}
        if body is None:
            return browser.get(f"/api/v1{path}", headers=headers)
        return browser.post(
            f"/api/v1{path}", body, content_type="application/json", headers=headers
        )

    return send
