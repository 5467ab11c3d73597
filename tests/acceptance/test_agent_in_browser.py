"""The desk's pages in a real Chromium, a caller on a real telephone: all that agents and supervisors do, by hand.

In the first call sound is proven by correlation: what the telephone says within what the page plays, and what the
microphone of the browser is given within what the telephone hears. In the second one everybody is a tone.
"""

from __future__ import annotations

import re
import wave
from pathlib import Path

import numpy as np
import pytest
import soxr
from playwright.async_api import expect

from calls.audio import Samples
from tests.acceptance.desk_page import StaffPage, browser_with, played, staff_page
from tests.acceptance.test_agents import TONES_HZ, desk, hears
from tests.fakes.real_engines import espeak
from tests.phone_desk import Body, Desk, heard
from tests.telephony.baresip import write_wav
from tests.telephony.likeness import heard_s
from tests.telephony.pjsua2_peer import Peer
from tests.waiting import eventually
from tests.web.test_pages import CHROMIUM

__all__ = ["desk"]

pytestmark = [pytest.mark.peer, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

SAYS = "Good morning, this is Ana speaking. I have your case in front of me, and I will look into it right away. "
CALLER_HZ = 700.0
ANA_HZ, LUIS_HZ, SUE_HZ = TONES_HZ["ana"], TONES_HZ["luis"], TONES_HZ["sue"]
HEARD_S = 1.0
WAIT_S = 40.0
INSTRUCTION = "Your technician comes on Friday."


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


async def page_hears(page: StaffPage, says: Samples) -> None:
    """Wait until the page plays what somebody says."""
    found = 0.0
    for _ in range(6):
        found = heard_s(says, await played(page.page, 3.0), 48_000)
        if found >= HEARD_S:
            return
    pytest.fail(f"{page.name} heard it for {found} s of 3 s")


def lately_heard_s(says: Samples, phone: Peer, seconds: float) -> float:
    """Return for how long a telephone heard this in the last seconds."""
    samples, rate_hz = heard(phone)
    return heard_s(says, samples[-round(seconds * rate_hz) :], rate_hz)


async def phone_hears(phone: Peer, says: Samples) -> None:
    """Wait until the telephone hears what somebody says."""
    await eventually(lambda: lately_heard_s(says, phone, 4.0) >= HEARD_S, "the caller hears the agent", WAIT_S, 0.5)


async def phone_does_not_hear(phone: Peer, says: Samples) -> None:
    """Wait until the telephone has not heard it for a while."""
    await eventually(lambda: lately_heard_s(says, phone, 1.5) == 0.0, "the caller hears nobody", WAIT_S, 0.5)


async def bot_said(desk: Desk, words: str) -> None:
    """Wait until the caller was told these words."""
    said: list[str] = []

    def told() -> bool:
        said[:] = [b["text"] for b in desk.events() if b["type"] == "turn_ended" and b["speaker"] == "bot"]
        return any(words in text for text in said)

    try:
        await eventually(told, f"{words!r} said by the bot", WAIT_S, 0.3)
    except AssertionError as error:
        error.add_note(f"It said {said}.")
        error.add_note(str([{k: v for k, v in b.items() if k != "words"} for b in desk.events()[-14:]]))
        raise


async def offered_with_brief(desk: Desk, agent: StaffPage) -> None:
    """Wait until the offer is on the page, with its brief and a time that runs out."""
    offer = agent.page.get_by_role("region", name="A contact for you")
    brief = await desk.until("brief_prepared")
    await expect(offer).to_contain_text(brief["matter"] or brief["caller"])
    timer = offer.get_by_role("timer")
    before = await timer.inner_text()
    await expect(timer).not_to_have_text(before)
    first, later = (int("".join(re.findall(r"\d", text))) for text in (before, await timer.inner_text()))
    assert 0 < later < first <= 20


async def consults_luis(desk: Desk, ana: StaffPage, luis: StaffPage) -> Body:
    """Let one agent ask the other for a word, who accepts."""
    await ana.reach("Consult", "luis")
    ask = luis.page.get_by_role("alert", name="ana wants to talk to you about a call")
    await ask.get_by_role("button", name="Accept").click()
    return await desk.until("consult_answered")


async def presses_buttons_of_one_call(desk: Desk, ana: StaffPage, ana_says: Samples, caller: Peer) -> None:
    """Mute, hold, keys, recording: each does what it says, and is undone."""
    await ana.click("Mute")
    await expect(ana.button("Unmute")).to_be_visible()
    await phone_does_not_hear(caller, ana_says)
    await ana.click("Unmute")
    await phone_hears(caller, ana_says)

    await ana.click("Hold")
    await desk.until("caller_put_on_hold")
    await phone_does_not_hear(caller, ana_says)
    assert heard_s(caller.says, (await played(ana.page, 2.5))[48_000:], 48_000) == 0.0
    await ana.click("Resume")
    await desk.until("caller_taken_back")

    await ana.click("Keypad")
    keys = ana.page.get_by_role("group", name="Keypad")
    for key in "12#":
        await keys.get_by_role("button", name=key, exact=True).click()
    await expect(keys).to_contain_text("Pressed: 12#")
    await caller.until("digit", digit="#", most_s=WAIT_S)
    assert [news["digit"] for news in caller.all_of("digit")] == ["1", "2", "#"]

    await ana.click("Pause recording")
    assert (await desk.until("recording_paused"))["reason"] == "agent_request"
    await ana.click("Record again")
    await desk.until("recording_resumed")
    await expect(ana.button("Pause recording")).to_be_visible()


async def test_when_an_agent_serves_a_caller_by_hand_then_each_button_does_what_it_says_and_a_colleague_takes_over(
    desk: Desk, tmp_path: Path
) -> None:
    ana_says = microphone(tmp_path)
    async with browser_with(f"--use-file-for-fake-audio-capture={tmp_path / 'ana.wav'}") as browser:
        ana = await staff_page(browser, desk.service.base_url, "ana")
        luis = await staff_page(browser, desk.service.base_url, "luis", LUIS_HZ)
        await ana.come_to_work()
        await luis.come_to_work(ready=False)

        async with desk.caller(tmp_path / "caller") as caller:
            await offered_with_brief(desk, ana)
            await ana.click("Accept")
            await desk.until("handover_completed")
            await phone_hears(caller, ana_says)
            await page_hears(ana, caller.says)
            await presses_buttons_of_one_call(desk, ana, ana_says, caller)

            await ana.page.reload()
            await desk.until("agent_line_lost")
            await desk.until("agent_line_back")
            await ana.has_line()
            await page_hears(ana, caller.says)

            await consults_luis(desk, ana, luis)
            await page_hears(luis, ana_says)
            await hears(caller, but_not=(LUIS_HZ,))
            await phone_does_not_hear(caller, ana_says)
            await ana.click("Complete transfer")
            await hears(caller, LUIS_HZ)
            await phone_does_not_hear(caller, ana_says)
            await expect(ana.button("Hang up")).to_have_count(0)
            await luis.click("Mute")  # a tone beside it spoils what correlates
            await page_hears(luis, caller.says)
            await luis.click("Hang up")
            ended = await desk.until("call_ended")
        for page in (ana, luis):
            await page.done()
    assert ended["reason"] == "agent_hung_up"
    assert ana.errors + luis.errors == []
    order = ("handover_completed", "consult_answered", "consult_completed", "agent_released")
    kinds = [body["type"] for body in desk.events() if body["type"] in order]
    assert kinds[0] == "handover_completed"
    assert kinds[-1] == "agent_released"


async def test_when_a_supervisor_listens_whispers_and_joins_by_hand_then_the_right_ones_hear_it_and_the_bot_goes_on(
    desk: Desk, tmp_path: Path
) -> None:
    tone = 8_000 * np.sin(2 * np.pi * CALLER_HZ * np.arange(8_000 * 12) / 8_000)
    write_wav(tmp_path / "caller.wav", tone.astype(np.int16), 8_000)
    async with browser_with() as browser:
        ana, luis, sue = [await staff_page(browser, desk.service.base_url, name, hz) for name, hz in TONES_HZ.items()]
        await ana.come_to_work()
        await luis.come_to_work(ready=False)
        await sue.sign_in("/desk/floor")
        await sue.has_line()
        people = sue.page.get_by_role("region", name="Calls with people")

        async with desk.caller(tmp_path / "caller", says=str(tmp_path / "caller.wav")) as caller:
            await expect(ana.page.get_by_role("region", name="A contact for you")).to_be_visible()
            await ana.page.keyboard.press("Alt+Shift+A")
            await desk.until("handover_completed")
            await hears(caller, ANA_HZ)
            await ana.hears(CALLER_HZ)

            await people.get_by_role("button", name="Listen").click()
            await bot_said(desk, "A supervisor is listening to this call.")
            await sue.hears(CALLER_HZ, ANA_HZ)
            await hears(caller, ANA_HZ, but_not=(SUE_HZ,))
            await ana.hears(CALLER_HZ, but_not=(SUE_HZ,))
            await people.get_by_role("button", name="Whisper").click()
            await ana.hears(CALLER_HZ, SUE_HZ)
            await hears(caller, ANA_HZ, but_not=(SUE_HZ,))
            await people.get_by_role("button", name="Join").click()
            await bot_said(desk, "A supervisor is joining the call.")
            await hears(caller, ANA_HZ, SUE_HZ)
            await people.get_by_role("button", name="Leave").click()
            await hears(caller, ANA_HZ, but_not=(SUE_HZ,))
            await sue.hears(but_not=(CALLER_HZ, ANA_HZ))

            await consults_luis(desk, ana, luis)
            await luis.hears(ANA_HZ, but_not=(CALLER_HZ,))
            await hears(caller, but_not=(ANA_HZ, LUIS_HZ))
            await ana.click("All together")
            await desk.until("conference_formed")
            await hears(caller, ANA_HZ, LUIS_HZ)
            await luis.hears(ANA_HZ, CALLER_HZ)
            await luis.click("Leave the call")
            await hears(caller, ANA_HZ, but_not=(LUIS_HZ,))

            await ana.reach("Back to the bot", INSTRUCTION)
            await desk.until("given_to_bot", instruction=f"say:{INSTRUCTION}")
            await bot_said(desk, INSTRUCTION)
            await hears(caller, but_not=(ANA_HZ, LUIS_HZ, SUE_HZ))
            caller.tell("hang_up")
            await desk.until("call_ended")
        for page in (ana, luis):
            await page.done()
    taken_part = [body for body in desk.events() if body["type"] == "supervision_changed"]
    assert [(body["supervisor"], body["mode"], body["announced"]) for body in taken_part] == [
        ("sue", "listen", True),
        ("sue", "whisper", False),
        ("sue", "barge", True),
        ("sue", "off", False),
    ]
    assert ana.errors + luis.errors + sue.errors == []
