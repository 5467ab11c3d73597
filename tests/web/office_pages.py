"""Pages of staff on an office without lines: who is at work, which caller waits, how a page has to look."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from calls.codec import to_json
from calls.events import BriefFact, BriefPrepared, CallAnswered, CallOffered, NewEvent
from desk.acd_messages import ContactArrived
from service.desk.listener import QuietListener
from tests.staff_office import Office
from tests.web.axe import violations

CHROMIUM = shutil.which("chromium")
WAIT_MS = 45_000
"""What takes a second on two idle cores."""
SHOTS = os.environ.get("WARMLINE_SHOTS", "")
"""Folder for pictures of the pages, to be looked at; empty: none."""
LOCALES = {"en": "en-GB", "es": "es-ES"}
FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
)
BRIEF = BriefPrepared(
    caller="Ana Ruiz",
    verified="caller_id_only",
    language="es",
    matter="Su factura de octubre es el doble que la anterior",
    reason="asked_for_person",
    facts=(BriefFact(text="Cuenta 40217", quote="cuatro cero dos uno siete", t_ms=9_000, event_seq=2),),
    tried=(BriefFact(text="Se explicó la factura", quote="", t_ms=20_000, event_seq=2),),
    open_questions=(BriefFact(text="¿Se leyó el contador?", quote="", t_ms=30_000, event_seq=2),),
    emotion=(),
    suggested_opening="Buenos días, Ana. Veo que su factura se ha duplicado.",
    spoken_line="",
)




class CallerWaits(QuietListener):
    """A caller in the queue whose brief is ready."""

    def __init__(self, brief: BriefPrepared) -> None:
        self.brief = brief

    async def card(self) -> dict[str, Any]:
        return {"brief": to_json(self.brief)}




def new_page(browser: Browser, language: str, **settings: Any) -> Page:
    page = browser.new_context(locale=LOCALES[language], **settings).new_page()
    page.set_default_timeout(WAIT_MS)
    return page


def page_of(browser: Browser, office: Office, name: str, path: str, language: str = "en", **settings: Any) -> Page:
    """Return a page that somebody opened who is signed in."""
    page = new_page(browser, language, **settings)
    session = office.accounts._open(name, "").session
    page.context.add_cookies([{"name": "warmline_staff", "value": session, "url": office.base_url}])
    page.goto(office.base_url + path)
    page.locator("h1").first.wait_for(state="attached")
    return page


def shoot(page: Page, name: str) -> None:
    if not SHOTS:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=str(Path(SHOTS) / f"{name}-{scheme}.png"), full_page=True)
    page.emulate_media(color_scheme="light")


def call_waits(office: Office, call_id: str, brief: BriefPrepared = BRIEF) -> None:
    """Write the beginning of a call, and let it wait for a human."""
    offered = CallOffered(
        caller="+34600123456", caller_name="Ana Ruiz", called="web", transport="sip", peer_call_id="x"
    )
    bodies = (offered, CallAnswered(language="es", flow=""), brief)
    office.service.house.store.append(
        [
            NewEvent(stream_kind="call", stream_id=call_id, body=body, at_utc=datetime.now(UTC), t_ms=0, source="call")
            for body in bodies
        ]
    )
    arrived = ContactArrived(contact_id=call_id, kind="call", queue="main", language="es")
    office.run(lambda: office.service.house.desk.arrive(arrived, CallerWaits(brief)))


def at_work(browser: Browser, office: Office, name: str, language: str) -> Page:
    page = page_of(browser, office, name, "/desk/work", language)
    ready = {"en": ("Start work", "Ready"), "es": ("Empezar", "Disponible")}[language]
    page.get_by_role("button", name=ready[0]).click()
    page.get_by_role("button", name=ready[1], exact=True).click()
    expect(page.locator(".state-now .badge").first).to_contain_text(ready[1])
    return page


def looks(page: Page, name: str) -> None:
    """No rule of axe is broken, nothing sticks out, wide or narrow; pictures to be looked at."""
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)
        assert violations(page) == [], (name, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shoot(page, f"{name}-{width}")
    page.set_viewport_size({"width": 1280, "height": 900})


