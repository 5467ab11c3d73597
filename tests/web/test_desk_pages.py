"""An agent's desk in a real browser on the real queue: offers, what is in hand, notes that a reload does not lose."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.staff_office import Office
from tests.web.axe import violations
from tests.waiting import soon
from tests.web.office_pages import BRIEF, CHROMIUM, at_work, call_waits, page_of, shoot

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]


def test_when_a_caller_is_offered_then_keys_accept_and_notes_outlive_a_reload_until_they_are_handed_in(
    browser: Browser, office: Office
) -> None:
    page = at_work(browser, office, "ben", "en")
    call_waits(office, "desk-one")
    offer = page.get_by_role("region", name="A contact for you")
    expect(offer).to_contain_text(BRIEF.matter)
    expect(offer).to_contain_text("Cuenta 40217")
    expect(offer.get_by_role("timer")).to_contain_text("seconds left")
    assert violations(page) == []
    shoot(page, "offer-en")
    page.keyboard.press("Alt+Shift+A")
    expect(offer).to_have_count(0)
    wrap_up = page.get_by_role("region", name="Wrap-up")
    expect(wrap_up.get_by_label("Summary")).to_have_value(f"{BRIEF.matter}\n– Cuenta 40217\n– Se explicó la factura")
    expect(wrap_up.get_by_label("Follow-ups")).to_have_value("¿Se leyó el contador?")
    wrap_up.get_by_label("Summary").fill("Meter to be read again")
    expect(wrap_up.get_by_role("status")).to_have_text("Notes are kept")
    assert violations(page) == []
    page.reload()
    expect(page.get_by_label("Summary")).to_have_value("Meter to be read again")
    expect(page.locator(".state-now .badge").first).to_contain_text("In contact")
    shoot(page, "work-en")
    office.run(lambda: office.service.house.desk.work_over("ben", "desk-one"))
    expect(page.locator(".state-now .badge").first).to_contain_text("Wrap-up")
    expect(page.get_by_label("Outcome")).to_have_value("follow_up")
    page.get_by_label("Outcome").select_option("solved")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Nothing in hand")).to_be_visible()
    with office.signed_in("ben") as own:
        soon(lambda: own.get("/api/staff/drafts/desk-one").json() == {"draft": None}, "forgetting what was handed in")
    page.get_by_role("button", name="End work").click()
    page.context.close()


def test_when_an_offer_is_declined_then_the_caller_waits_on_and_the_floor_shows_it_in_spanish(
    browser: Browser, office: Office
) -> None:
    page = at_work(browser, office, "ada", "es")
    call_waits(office, "desk-two")
    offer = page.get_by_role("region", name="Un contacto para usted")
    expect(offer).to_be_visible()
    assert violations(page) == []
    shoot(page, "offer-es")
    offer.get_by_label("¿Por qué no? (opcional)").fill("Acabo mi turno")
    offer.get_by_role("button", name="Rechazar").click()
    expect(offer).to_have_count(0)
    page.get_by_role("button", name="Terminar").click()
    floor = page_of(browser, office, "sue", "/desk/floor", "es")
    main = floor.get_by_role("rowheader", name="main")
    row = floor.locator("div[aria-labelledby=queues-title] tr", has=main)
    expect(row.get_by_role("cell").first).to_have_text("1")
    assert violations(floor) == []
    shoot(floor, "floor-waiting-es")
    office.run(lambda: office.service.house.desk.gone("desk-two", "abandoned"))
    expect(row.get_by_role("cell").first).to_have_text("0")
    floor.reload()
    level = floor.locator("div[aria-labelledby=levels-title] tr", has=main).first
    expect(level).to_contain_text("en 20 s")
    assert violations(floor) == []
    shoot(floor, "floor-levels-es")
    floor.context.close()
    page.context.close()
