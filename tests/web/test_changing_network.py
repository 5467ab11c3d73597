"""A visitor whose network changes in the middle of a call stays in it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.service_process import ServiceProcess
from tests.web.test_pages import CHROMIUM, LOUDEST, browser, new_page

__all__ = ["browser"]

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

KEEP_CONNECTIONS = """
  window.made = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) { super(...options); window.made.push(this); }
  };
"""
SAMPLES_RECEIVED = """
  async () => [...(await window.made.at(-1).getStats()).values()]
    .filter((each) => each.type === "inbound-rtp").map((each) => each.packetsReceived)[0] || 0
"""


def test_when_the_network_changes_then_the_page_opens_another_way_and_the_call_goes_on(
    browser: Browser, running_service: ServiceProcess
) -> None:
    errors: list[str] = []
    page = new_page(browser, errors)
    page.add_init_script(KEEP_CONNECTIONS)
    told: list[Any] = []
    page.on("request", lambda request: told.append(request.post_data_json) if "/candidates" in request.url else None)
    page.goto(f"{running_service.base_url}/call")
    with page.expect_response("**/api/web-calls") as answered:
        page.get_by_role("button", name="Call").click()
    call_id = answered.value.json()["call_id"]
    assert "a=candidate" not in (answered.value.request.post_data or "")
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    assert any(line.startswith("candidate:") for found in told for line in found["candidates"])

    with page.expect_response(f"**/api/web-calls/{call_id}/offer") as moved:
        page.evaluate("window.dispatchEvent(new Event('online'))")
    assert moved.value.ok
    for _ in range(100):
        if page.evaluate("window.made.map((each) => each.connectionState)") == ["closed", "connected"]:
            break
        page.wait_for_timeout(100)
    assert page.evaluate("window.made[1].connectionState") == "connected"
    assert page.evaluate("window.made[0].connectionState") == "closed"
    before = page.evaluate(SAMPLES_RECEIVED)
    page.wait_for_timeout(1500)
    assert page.evaluate(SAMPLES_RECEIVED) - before > 40
    assert page.evaluate(LOUDEST) > 0.03
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()

    page.get_by_role("button", name="Hang up").click()
    running_service.settle(10)
    events = [event["body"] for event in running_service.get(f"/api/calls/{call_id}")["events"]]
    assert events[-1]["type"] == "call_ended"
    assert events[-1]["reason"] == "caller_hung_up"
    assert errors == []
    page.context.close()
