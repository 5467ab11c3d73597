"""How far a human is, on the floor and on the page of a call, in a real browser on the real service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from calls.events import CallAnswered, CallOffered, EventBody, HandoverCompleted, HandoverStarted, LegJoined, NewEvent
from calls.handover_events import (
    AgentLineLost,
    CallerPutOnHold,
    ConsultAnswered,
    ConsultStarted,
    HandoverAccepted,
    HandoverOffered,
    HandoverTarget,
    SupervisionChanged,
)
from calls.ids import LegId
from tests.staff_office import Office
from tests.web.office_pages import BRIEF, CHROMIUM, looks, page_of
from tests.web.test_desk_reload import RELATED

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

BEGIN: tuple[EventBody, ...] = (
    CallOffered(caller="+34600123456", caller_name="Ana Ruiz", called="web", transport="sip", peer_call_id="x"),
    CallAnswered(language="es", flow=""),
    LegJoined(leg_id=LegId("leg-1"), member="caller", codec="PCMA", rate_hz=8000),
    HandoverStarted(target="main", how="queue"),
)
OFFERED: tuple[EventBody, ...] = (*BEGIN, HandoverOffered(agent="ben", for_ms=20_000))
CONSULTS: tuple[EventBody, ...] = (
    *OFFERED,
    replace(BRIEF, related=RELATED),
    HandoverAccepted(agent="ben"),
    LegJoined(leg_id=LegId("leg-2"), member="agent", codec="opus", rate_hz=48_000),
    HandoverCompleted(how="queue"),
    SupervisionChanged(supervisor="sue", mode="whisper", announced=False),
    CallerPutOnHold(reason="consult"),
    ConsultStarted(target=HandoverTarget(kind="agent", name="cid")),
    ConsultAnswered(),
)
LOST: tuple[EventBody, ...] = (*CONSULTS, AgentLineLost(agent="ben"))
SHOWN = {
    "en": {
        "waits": "Waits for a person",
        "offered": "Offered to ben",
        "consults": "ben consults cid",
        "lost": "The line of ben broke; it may come back",
        "whispers": "sue whispers to the agent",
    },
    "es": {
        "waits": "Espera a una persona",
        "offered": "Ofrecida a ben",
        "consults": "ben consulta a cid",
        "lost": "Se cortó la línea de ben; puede volver",
        "whispers": "sue susurra al agente",
    },
}


@pytest.mark.parametrize("language", ["en", "es"])
def test_when_calls_are_handed_over_then_floor_and_call_say_how_far_each_is_and_who_listens(
    browser: Browser, office: Office, language: str
) -> None:
    stories = {"waits": BEGIN, "offered": OFFERED, "consults": CONSULTS, "lost": LOST}
    for name, bodies in stories.items():
        office.service.house.store.append(
            [
                NewEvent(
                    stream_kind="call",
                    stream_id=f"{name}-{language}",
                    body=body,
                    at_utc=datetime.now(UTC),
                    t_ms=0,
                    source="call",
                )
                for body in bodies
            ]
        )
    floor = page_of(browser, office, "sue", "/desk/floor", language)
    for name in stories:
        row = floor.locator(".running li", has=floor.locator(f'a[href="/desk/calls/{name}-{language}"]'))
        expect(row).to_contain_text(SHOWN[language][name])
    consults = floor.locator(".running li", has=floor.locator(f'a[href="/desk/calls/consults-{language}"]'))
    expect(consults).to_contain_text(SHOWN[language]["whispers"])
    looks(floor, f"floor-handovers-{language}")
    floor.goto(f"{office.base_url}/desk/calls/consults-{language}")
    badges = floor.locator(".call-badges")
    expect(badges).to_contain_text(SHOWN[language]["consults"])
    expect(badges).to_contain_text(SHOWN[language]["whispers"])
    link = floor.locator(".brief").get_by_role("link", name=RELATED[0].text)
    expect(link).to_have_attribute("href", "/desk/conversations/chat-7")
    looks(floor, f"call-handover-{language}")
    floor.context.close()
