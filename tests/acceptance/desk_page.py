"""A member of staff at a page of the desk in Chromium, who does everything by hand: clicks and keys, no routes.

Several share one browser: each microphone is a tone of its own, so that who hears whom is a matter of levels.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from calls.audio import Samples
from tests.acceptance.staff_accounts import PASSWORD
from tests.telephony.media_fakes import level_of
from tests.web.test_changing_network import KEEP_CONNECTIONS
from tests.web.test_pages import CHROMIUM, FLAGS, WAIT_MS

RATE_HZ = 48_000
LOUD = 600.0
"""Level of a tone that is heard, as in `tests/acceptance/test_agents.py`."""
HEARS_S = 40.0

LISTEN = """
  (seconds) => new Promise((done) => {
    const track = window.made.at(-1).getReceivers()[0].track;
    const context = new AudioContext({ sampleRate: 48000 });
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const taker = context.createScriptProcessor(4096, 1, 1);
    const parts = [];
    taker.onaudioprocess = (event) => {
      parts.push(...event.inputBuffer.getChannelData(0).map((value) => Math.round(value * 32767)));
      if (parts.length < seconds * 48000) return;
      taker.onaudioprocess = null;
      void context.close();
      done(parts);
    };
    source.connect(taker);
    taker.connect(context.destination);
  })
"""
"""What the newest connection plays, as 16-bit samples at 48 kHz."""
TONE = """
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext({ sampleRate: 48000 });
    const tone = new OscillatorNode(context, { frequency: FREQUENCY });
    const out = context.createMediaStreamDestination();
    tone.connect(new GainNode(context, { gain: 0.3 })).connect(out);
    tone.start();
    window.microphone = [context, tone];
    return out.stream;
  };
"""
"""The microphone hears a tone."""


async def played(page: Page, seconds: float) -> Samples:
    """Return what the page plays from now on."""
    return np.array(await page.evaluate(LISTEN, seconds), dtype=np.int16)


class StaffPage:
    """One page of one member of staff."""

    def __init__(self, page: Page, base_url: str, name: str) -> None:
        self.page, self.base_url, self.name = page, base_url, name
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def sign_in(self, path: str) -> None:
        """Open a page and sign in on it."""
        await self.page.goto(self.base_url + path)
        await self.page.locator("[name=name]").fill(self.name)
        await self.page.locator("[name=password]").fill(PASSWORD)
        await self.page.locator("form button[type=submit]").first.click()

    async def come_to_work(self, *, ready: bool = True) -> None:
        """Sign in at the desk, and take calls."""
        await self.sign_in("/desk/work")
        start, end = self.button("Start work"), self.button("End work")
        await expect(start.or_(end)).to_be_enabled()
        if await end.is_visible():  # a test before this one did not come to its end
            await end.click()
        await start.click()
        await self.has_line()
        if ready:
            await self.click("Ready")

    async def has_line(self) -> None:
        """Wait until the page's line is there."""
        await expect(self.page.get_by_text("Line connected")).to_be_visible()

    def button(self, name: str) -> Locator:
        """Return the button of that name."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def click(self, name: str) -> None:
        """Click the button of that name."""
        await self.button(name).click()

    async def reach(self, how: str, whom: str) -> None:
        """Say whom to reach, by keys once the form is open."""
        await self.click(how)
        await self.page.get_by_role("form", name=how).locator("input").fill(whom)
        await self.page.keyboard.press("Enter")

    async def done(self, outcome: str = "solved") -> None:
        """Hand in what the contact came to, and go home."""
        await self.page.get_by_label("Outcome").select_option(outcome)
        await self.click("Done")
        await self.click("End work")

    async def hears(self, *tones_hz: float, but_not: tuple[float, ...] = ()) -> None:
        """Wait until the page plays these tones and none of those."""
        deadline, found = time.monotonic() + HEARS_S, {}
        while time.monotonic() < deadline:
            samples = await played(self.page, 0.6)
            found = {hz: round(level_of(hz, samples[-RATE_HZ // 2 :], RATE_HZ)) for hz in (*tones_hz, *but_not)}
            if all(found[hz] > LOUD for hz in tones_hz) and all(found[hz] < LOUD / 3 for hz in but_not):
                return
            await asyncio.sleep(0.2)
        pytest.fail(f"{self.name} should hear {tones_hz} without {but_not}, and has {found}")


@asynccontextmanager
async def browser_with(*flags: str) -> AsyncIterator[Browser]:
    """Run a Chromium."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        expect.set_options(timeout=WAIT_MS)
        yield opened
        await opened.close()


async def staff_page(browser: Browser, base_url: str, name: str, tone_hz: float | None = None) -> StaffPage:
    """Return a page of its own; without a tone the browser's microphone is used."""
    page = await (await browser.new_context(locale="en-GB")).new_page()
    page.set_default_timeout(WAIT_MS)
    await page.add_init_script(KEEP_CONNECTIONS)
    if tone_hz is not None:
        await page.add_init_script(TONE.replace("FREQUENCY", str(tone_hz)))
    return StaffPage(page, base_url, name)
