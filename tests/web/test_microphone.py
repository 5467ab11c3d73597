"""Whatever is wrong with a visitor's microphone, the page says it in plain words and what to do, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.service_process import ServiceProcess

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

CONNECTS = (
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
FAKE_DEVICE, ALLOWED = "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
WAIT_MS = 45_000
"""What takes a second on two idle cores."""
LANGUAGES = ("es-ES", "en-US")
PICTURES = os.environ.get("WARMLINE_PICTURES", "")
"""A folder for what the pages looked like; empty: none are taken."""


@contextmanager
def visitor(playwright: Playwright, locale: str, *flags: str) -> Iterator[Page]:
    """A browser of its own, since what it may use is decided at its start."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-gpu", *flags])
    page = browser.new_context(locale=locale, viewport={"width": 420, "height": 860}).new_page()
    page.set_default_timeout(WAIT_MS)
    try:
        yield page
    finally:
        browser.close()


def call(page: Page, url: str) -> Locator:
    """Press the button; return what the page says is wrong."""
    page.goto(url)
    page.get_by_role("button", name="Llamar" if is_spanish(page) else "Call").click()
    return page.get_by_role("alert")


def is_spanish(page: Page) -> bool:
    return page.locator("html").get_attribute("lang") == "es"


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_when_there_is_no_microphone_then_the_page_asks_for_one(
    playwright: Playwright, running_service: ServiceProcess, locale: str
) -> None:
    with visitor(playwright, locale, ALLOWED) as page:
        alert = call(page, f"{running_service.base_url}/call")
        expect(alert).to_contain_text("ningún micrófono" if locale == "es-ES" else "There is no microphone.")
        expect(alert).to_contain_text("auriculares" if locale == "es-ES" else "headset")
        picture(page, f"missing-{locale}")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_when_the_microphone_is_forbidden_then_the_page_says_where_to_allow_it(
    playwright: Playwright, running_service: ServiceProcess, locale: str
) -> None:
    with visitor(playwright, locale, FAKE_DEVICE, "--deny-permission-prompts") as page:
        alert = call(page, f"{running_service.base_url}/call")
        expect(alert).to_contain_text("«Permitir»" if locale == "es-ES" else "“Allow”")
        picture(page, f"denied-{locale}")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_when_the_address_is_not_secure_then_the_page_says_which_is(
    playwright: Playwright, running_service: ServiceProcess, locale: str
) -> None:
    port = urlsplit(running_service.base_url).port
    flags = (FAKE_DEVICE, ALLOWED, "--host-resolver-rules=MAP pages.example 127.0.0.1")
    with visitor(playwright, locale, *flags) as page:
        alert = call(page, f"http://pages.example:{port}/call")
        expect(alert).to_contain_text("https://")
        picture(page, f"not-secure-{locale}")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_when_the_microphone_goes_in_mid_call_then_the_page_says_so_and_takes_it_back(
    playwright: Playwright, running_service: ServiceProcess, locale: str
) -> None:
    spanish = locale == "es-ES"
    with visitor(playwright, locale, FAKE_DEVICE, ALLOWED, *CONNECTS) as page:
        page.add_init_script("window.opened = [];" + KEEP_STREAMS)
        page.goto(f"{running_service.base_url}/call")
        page.get_by_role("button", name="Llamar" if spanish else "Call").click()
        hang_up = page.get_by_role("button", name="Colgar" if spanish else "Hang up")
        expect(page.locator(".clock")).to_be_visible()
        alert = page.get_by_role("alert")
        expect(alert).to_have_count(0)
        page.evaluate("() => { window.noDevice = true; window.pull(); }")
        expect(alert).to_contain_text("Todavía puede escuchar" if spanish else "You can still listen.")
        page.wait_for_timeout(800)  # it was tried again, in vain
        expect(alert).to_be_visible()
        picture(page, f"lost-{locale}")
        page.evaluate(
            "() => { window.noDevice = false; navigator.mediaDevices.dispatchEvent(new Event('devicechange')); }"
        )
        expect(alert).to_have_count(0)
        assert page.evaluate("window.opened.length") == 2
        assert page.evaluate(SENDS_THE_NEW_ONE), "the call goes on with the microphone that came back"
        page.evaluate("() => window.silence(true)")
        expect(alert).to_contain_text("ha desactivado" if spanish else "has switched the microphone off")
        picture(page, f"silent-{locale}")
        page.evaluate("() => window.silence(false)")
        expect(alert).to_have_count(0)
        hang_up.click()
    running_service.settle()


KEEP_STREAMS = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  if (window.noDevice) throw new DOMException("Requested device not found", "NotFoundError");
  const stream = await open(wanted);
  window.opened.push(stream);
  return stream;
};
window.pull = () => {
  const track = window.opened.at(-1).getAudioTracks()[0];
  track.stop();  // a script cannot unplug a device; the browser then tells the track's end by this event
  track.dispatchEvent(new Event("ended"));
};
window.silence = (on) => {
  const track = window.opened.at(-1).getAudioTracks()[0];
  Object.defineProperty(track, "muted", { value: on, configurable: true });
  track.dispatchEvent(new Event(on ? "mute" : "unmute"));
};
window.lines = [];
const Connection = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Connection {
  constructor(...settings) {
    super(...settings);
    window.lines.push(this);
  }
};
"""
SENDS_THE_NEW_ONE = "() => window.lines[0].getSenders()[0].track === window.opened[1].getAudioTracks()[0]"
