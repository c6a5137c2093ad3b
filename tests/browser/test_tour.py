"""The whole demonstration in a real browser: every role's main pages, on a desk and on a phone.

`HUIQI_PICTURES=1 pytest tests/browser/test_tour.py` renews the pictures in docs/pictures.
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.utils import timezone

from huiqi.cli.demo import telling
from huiqi.portal import demonstration
from huiqi.portal.base import rules
from huiqi.portal.base.access import Actor, memberships_of
from huiqi.portal.base.models import User
from huiqi.portal.registry import importing
from huiqi.portal.registry.models import Batch
from huiqi.rulebook.bulk.matching import match
from huiqi.rulebook.demo import make_region
from huiqi.rulebook.library.home import policies_folder
from tests.browser.conftest import sign_in
from tests.browser.rig import audit_page, no_overflow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MANY = 1500
SHEET = (
    "统一社会信用代码,企业名称,注册地,从业人数,营业收入（万元）\n"
    "919900000000000005,示例零售公司（虚拟）,高平市,35,120.5\n"
    "919900000000000192,示例批发公司（虚拟）,高平市,30,300\n"
)
BENCH = "/author/bench/gaoping-2022-43/高企首次取得/"
TOUR = (
    ("", "/", "portal-home"),
    ("", "/calculator/", "portal-calculator"),
    ("", "/documents/", ""),
    ("", "/documents/gaoping-2022-43/", ""),
    ("", "/supports/", ""),
    ("", "/lineage/", ""),
    ("owner", "/", ""),
    ("owner", "/my/", "portal-answers"),
    ("owner", "/my/enterprise/", ""),
    ("owner", "/my/notices/", ""),
    ("officer", "/office/matching/", "portal-matching"),
    ("officer", "/office/matching/places/", ""),
    ("officer", "/office/matching/gaps/", ""),
    ("officer", "/office/enterprises/", ""),
    ("officer", "/office/enterprises/{code}/", "portal-enterprise"),
    ("officer", "/office/enterprises/{code}/answers/", ""),
    ("officer", "/office/corrections/", ""),
    ("registrar", "/office/imports/", ""),
    ("registrar", "/office/imports/{batch}/", "portal-import"),
    ("author", "/author/", ""),
    ("author", BENCH, "portal-workbench"),
    ("author", "/author/releases/", ""),
    ("leader", "/lead/", "portal-overview"),
    ("leader", "/lead/targets/", ""),
    ("operator", "/admin/accounts/", ""),
    ("operator", "/admin/calendar/", ""),
    ("auditor", "/admin/audit/", ""),
)
"""Who, where, and the name of the picture (empty: none)."""


@pytest.fixture
def demo(transactional_db: None, settings: Any, tmp_path: Path) -> dict[str, str]:
    """The demonstration with a small region and one upload; what stands in addresses."""
    settings.HOME = tmp_path / "home"
    settings.MEDIA_ROOT = settings.HOME / "files"
    settings.SNAPSHOTS = settings.HOME / "snapshots"
    settings.HOME.mkdir()
    on, now = timezone.localdate(), timezone.now()
    library = rules.library()
    region = tmp_path / "region"
    snapshot = make_region(
        library.vocabulary, region, enterprises=MANY, seed=1, today=on, supports=library.supports
    )
    match(library, snapshot, on, tmp_path / "match")
    key = library.vocabulary.tables["企业"].key
    number = telling(tmp_path / "match", snapshot, library.vocabulary)
    code = str(pl.scan_parquet(snapshot.path("企业", 0)).select(key).collect()[key][number])
    demonstration.make(
        policies_folder(), region, code, on=on, at=now, tell=lambda words, done, of: None
    )
    sheet = tmp_path / "市场监管月报.csv"
    sheet.write_text(SHEET, encoding="utf-8")
    registrar = actor_of("registrar")
    with sheet.open("rb") as file:
        importing.upload(
            file, "企业", source="市场监管部门", as_of=on, by=registrar, at=now, name=sheet.name
        )
    return {"code": code, "batch": str(Batch.objects.get().pk)}


def actor_of(username: str) -> Actor:
    """Who logs in under a name of the demonstration, as actions take it."""
    user = User.objects.get(username=username)
    held = tuple(memberships_of(user, timezone.localdate()))
    return Actor(user, held[0], held)


def test_the_tour(
    demo: dict[str, str], desktop: Any, phone: Any, live_server: Any, keep_picture: Any
) -> None:
    for window, size in ((desktop, "wide"), (phone, "phone")):
        here = ""
        for username, path, picture in TOUR:
            if username != here:
                sign_in(window, User.objects.get(username=username), live_server.url)
                here = username
            response = window.goto(live_server.url + path.format(**demo))
            assert (username, path, response.status) == (username, path, 200)
            audit_page(window)
            no_overflow(window)
            if picture:
                keep_picture(window, f"{picture}-{size}")
