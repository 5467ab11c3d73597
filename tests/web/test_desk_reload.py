"""State after a reload is state before: offer, call strip, what is being written, which contact is open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from calls.events import BriefPrepared, RelatedFact
from tests.staff_office import Office
from tests.web import test_desk_pages
from tests.web.test_desk_pages import BRIEF, at_work, call_waits
from tests.web.test_staff_pages import CHROMIUM, FLAGS, office

__all__ = ["office"]
pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
    yield opened
    opened.close()
