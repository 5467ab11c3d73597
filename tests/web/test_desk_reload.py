"""State after a reload is state before: offer, call strip, what is being written, which contact is open."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from calls.events import RelatedFact
from tests.staff_office import Office
from tests.web.office_pages import BRIEF, CHROMIUM, at_work, call_waits, looks

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]


RELATED = (
    RelatedFact(
        text="Chat de ayer a las 10:02 sobre la factura",
        quote="me han cobrado dos veces",
        stream_kind="conversation",
        stream_id="chat-7",
        event_seq=9,
        at_utc="2026-11-29T10:02:00+00:00",
    ),
    RelatedFact(
        text="Caso de ayer: Factura doble",
        quote="",
        stream_kind="case",
        stream_id="case-3",
        event_seq=1,
        at_utc="2026-11-29T10:05:00+00:00",
    ),
)


def state_of(page: Page, *places: str) -> list[str]:
    """What a reader gets of some places, without what runs with the clock."""
    texts = [page.locator(place).first.inner_text() for place in places]
    return [re.sub(r"\d+:\d\d|\d+ (seconds left|s\b)|Quedan \d+ segundos", "…", text) for text in texts]


def test_when_the_page_is_loaded_again_then_offer_contacts_and_what_is_being_written_are_as_before(
    browser: Browser, office: Office
) -> None:
    page = at_work(browser, office, "ben", "en")
    call_waits(office, "reload-call", replace(BRIEF, related=RELATED))
    offer = page.locator(".offer")
    expect(offer.get_by_role("link", name=RELATED[0].text)).to_have_attribute("href", "/desk/conversations/chat-7")
    expect(offer.get_by_role("link", name=RELATED[1].text)).to_have_attribute("href", "/desk/cases/case-3")
    expect(offer).to_contain_text(RELATED[0].quote)
    looks(page, "offer-related-en")
    before = state_of(page, ".offer .brief-text", ".offer header", ".state-bar .badge")
    page.reload()
    expect(offer.get_by_role("link", name=RELATED[0].text)).to_be_visible()
    assert state_of(page, ".offer .brief-text", ".offer header", ".state-bar .badge") == before
    page.keyboard.press("Alt+Shift+A")
    expect(page.locator(".work-side").get_by_role("link", name=RELATED[1].text)).to_be_visible()

    office.run(lambda: office.service.house.desk.work_began("ben", "reload-chat", "conversation"))
    page.locator(".contacts button", has_text="Message").click()
    expect(page.locator(".contacts button[aria-current]")).to_contain_text("Message")
    page.reload()
    expect(page.locator(".contacts button[aria-current]")).to_contain_text("Message")
    page.locator(".contacts button", has_text="Call").click()

    page.get_by_label("Outcome").select_option("complaint")
    page.get_by_label("Summary").fill("Charged twice")
    page.get_by_label("Follow-ups, one a line").fill("Call back on Friday")
    with office.signed_in("ben") as ben:
        ana = ben.post("/api/customers", json={"name": "Ana Ruiz"}).json()["customer_id"]
        ben.put(f"/api/customers/{ana}/contacts", json={"kind": "call", "id": "reload-call"})
        ben.post(f"/api/customers/{ana}/cases", json={"subject": "Factura"})
    page.reload()
    page.get_by_label("Note about the customer").fill("Half a note")
    page.locator("details.case summary").click()
    page.get_by_label("Note on the case").fill("Half a case note")
    expect(page.locator(".notes-state")).to_have_text("Notes are kept")
    places = (".work-side", ".contacts", ".state-bar .badge")
    page.reload()
    expect(page.get_by_label("Note about the customer")).to_have_value("Half a note")
    page.locator("details.case summary").click()
    expect(page.get_by_label("Note on the case")).to_have_value("Half a case note")
    expect(page.get_by_label("Outcome")).to_have_value("complaint")
    expect(page.get_by_label("Summary")).to_have_value("Charged twice")
    expect(page.get_by_label("Follow-ups, one a line")).to_have_value("Call back on Friday")
    seen = state_of(page, *places)
    page.reload()
    page.locator("details.case summary").click()
    expect(page.get_by_label("Note on the case")).to_have_value("Half a case note")
    assert state_of(page, *places) == seen

    office.run(lambda: office.service.house.desk.work_over("ben", "reload-call"))
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".wrap-up").get_by_role("alert")).to_contain_text("A note in the customer's panel")
    page.get_by_label("Note on the case").fill("")
    page.get_by_role("button", name="Write it down").last.click()
    expect(page.locator(".customer")).to_contain_text("Half a note")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".contacts")).not_to_contain_text("Call")
    page.context.close()
