"""A browser for the tests of a file, and an office that they share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from calls.errors import CallCentreError
from tests.staff_office import Office, opened_office
from tests.web.office_pages import CHROMIUM, FLAGS, WAIT_MS


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright's own loop runs meanwhile, so that no test with another one may come before it ends."""
    with sync_playwright() as started:
        expect.set_options(timeout=WAIT_MS)
        yield started
        expect.set_options(timeout=None)


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened_office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def home(request: pytest.FixtureRequest) -> Iterator[None]:
    """Send everybody of the office home after each test: one that failed leaves nobody at work for the next."""
    shared: Office | None = request.getfixturevalue("office") if "office" in request.fixturenames else None
    yield
    if shared is not None:
        shared.send_home()
