"""The desk page in a real Chromium, a caller on a real telephone: sign in, come to work, accept, talk, hold, hang up.

Sound is proven by correlation each way: what the telephone says within what the page plays, and what the microphone of
the browser is given within what the telephone hears.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
import soxr
from playwright.async_api import Page, async_playwright, expect

from calls.audio import Samples
from tests.acceptance.test_agents import PASSWORD, desk
from tests.fakes.real_engines import espeak
from tests.service.test_people_by_phone import Desk, heard
from tests.telephony.likeness import heard_s
from tests.telephony.pjsua2_peer import Peer
from tests.waiting import eventually
from tests.web.test_changing_network import KEEP_CONNECTIONS
from tests.web.test_pages import CHROMIUM, FLAGS, WAIT_MS

__all__ = ["desk"]

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

SAYS = "Good morning, this is Ana speaking. I have your case in front of me, and I will look into it right away. "
HEARD_S = 1.0
WAIT_S = 40.0

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


def microphone(folder: Path) -> Samples:
    """Write what the browser's microphone hears, over and over; return it at 8 kHz."""
    spoken = espeak(SAYS, "en-gb", 150)
    wide = soxr.resample(spoken, 16_000, 48_000).astype(np.int16)
    with wave.open(str(folder / "ana.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes(wide.tobytes())
    at_8k: Samples = np.asarray(soxr.resample(spoken, 16_000, 8_000), dtype=np.int16)
    return at_8k


async def played(page: Page, seconds: float) -> Samples:
    """Return what the page plays."""
    return np.array(await page.evaluate(LISTEN, seconds), dtype=np.int16)


async def agent_hears(page: Page, caller: Peer) -> None:
    """Wait until the page plays what the telephone says."""
    found = 0.0
    for _ in range(6):
        found = heard_s(caller.says, await played(page, 3.0), 48_000)
        if found >= HEARD_S:
            return
    pytest.fail(f"the agent heard the caller for {found} s of 3 s")


async def test_when_an_agent_works_at_the_desk_page_then_a_caller_on_a_telephone_is_served_there(
    desk: Desk, tmp_path: Path
) -> None:
    ana_says = microphone(tmp_path)
    capture = f"--use-file-for-fake-audio-capture={tmp_path / 'ana.wav'}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, capture])
        page = await (await browser.new_context(locale="en-GB")).new_page()
        page.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        await page.add_init_script(KEEP_CONNECTIONS)
        await page.goto(f"{desk.service.base_url}/desk/work")
        await page.locator("[name=name]").fill("ana")
        await page.locator("[name=password]").fill(PASSWORD)
        await page.locator("form button[type=submit]").first.click()
        await page.get_by_role("button", name="Start work").click()
        await expect(page.get_by_text("Line connected")).to_be_visible()
        await page.get_by_role("button", name="Ready", exact=True).click()

        async with desk.caller(tmp_path / "caller") as caller:
            await page.get_by_role("button", name="Accept").click()
            await desk.until("handover_completed")
            await eventually(
                lambda: heard_s(ana_says, *heard(caller)) >= HEARD_S, "the caller hears the agent", WAIT_S, 0.5
            )
            await agent_hears(page, caller)

            await page.get_by_role("button", name="Hold").click()
            await desk.until("caller_put_on_hold")
            assert heard_s(caller.says, (await played(page, 2.5))[48_000:], 48_000) == 0.0
            await page.get_by_role("button", name="Resume").click()
            await desk.until("caller_taken_back")

            await page.reload()
            await desk.until("agent_line_lost")
            await desk.until("agent_line_back")
            await expect(page.get_by_text("Line connected")).to_be_visible()
            await agent_hears(page, caller)
            await page.get_by_role("button", name="Hang up").click()
            ended = await desk.until("call_ended")
        await browser.close()
    assert ended["reason"] == "agent_hung_up"
