"""Fixtures of the tests in a browser: windows on the portal that runs for them.

    from tests.browser.rig import audit_page, expect, no_overflow  # the two audits are fixtures too

    def test_library(open_page):
        page = open_page("/policies/", login=officer)
        page.get_by_role("link", name="高平").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("政策库")
        audit_page(page)
        no_overflow(page)

A window whose console shows an error, a breach of the content security policy included, fails its
test at the end.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.browser import rig

OpenPage = Callable[..., Page]
KeepPicture = Callable[..., Path]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with rig.browser() as started:
        yield started


@pytest.fixture
def desktop(chromium: Browser) -> Iterator[Page]:
    """A page of 1440 x 900."""
    with rig.window(chromium, rig.DESKTOP) as page:
        yield page


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """A page of 390 x 844 on a screen for fingers."""
    with rig.window(chromium, rig.PHONE) as page:
        yield page


def sign_in(page: Page, user: AbstractBaseUser, address: str) -> None:
    """Gives the window the cookie that logging in would have given it."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])


@pytest.fixture
def open_page(live_server: Any, request: pytest.FixtureRequest) -> OpenPage:
    """``open_page(path, login=None, page=None, status=200)``: a page of the running portal.

    In the ``desktop`` window where none is given, as the user ``login``, or as whoever is logged in
    there already. The answer must have the status that is given.
    """

    def opened(
        path: str,
        login: AbstractBaseUser | None = None,
        page: Page | None = None,
        status: int = 200,
    ) -> Page:
        at = page if page is not None else request.getfixturevalue("desktop")
        if login is not None:
            sign_in(at, login, live_server.url)
        response = at.goto(live_server.url + path)
        assert response is not None
        assert (path, response.status) == (path, status)
        return at

    return opened


@pytest.fixture
def audit_page() -> Callable[[Page], None]:
    return rig.audit_page


@pytest.fixture
def no_overflow() -> Callable[[Page], None]:
    return rig.no_overflow


@pytest.fixture
def keep_picture(tmp_path: Path) -> KeepPicture:
    """``keep_picture(page, name, whole=False)``: NAME.png, in docs/pictures when HUIQI_PICTURES=1."""

    def kept(page: Page, name: str, whole: bool = False) -> Path:
        return rig.save_picture(page, name, tmp_path, whole)

    return kept
