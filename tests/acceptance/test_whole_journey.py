"""A recorded person on baresip talks to the bot, then to an agent in Chromium, in both languages: heard, written down.

Sound is proven by another recogniser at both ends: what the page plays, and what the telephone hears. The bot goes on
as a silent scribe: both sides stand in the log after the join, and the caller's emotion alone is estimated.
"""

from __future__ import annotations

import asyncio
import shutil
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soxr
from playwright.async_api import expect

from calls.audio import Samples
from calls.ids import Language
from tests.acceptance.callers import RATE_HZ, is_bot_turn, is_caller_turn, is_type
from tests.acceptance.desk_page import browser_with, played, staff_page
from tests.acceptance.listening import cut, recognise, word_overlap
from tests.acceptance.people_phones import Handset
from tests.acceptance.running import Body, RunningService
from tests.acceptance.scenarios import ENGLISH_CLIP, SPANISH_CLIP, LeftOutError, _clip
from tests.acceptance.staff_accounts import hire
from tests.fakes.real_engines import caller_says
from tests.service_process import articles_of_tests
from tests.web.test_pages import CHROMIUM

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.peer,
    pytest.mark.recorded,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
]

CLIPS: dict[Language, str] = {"en": ENGLISH_CLIP, "es": SPANISH_CLIP}
LINES: dict[Language, str] = {"en": "bot", "es": "espanol"}
SAYS: dict[Language, str] = {
    "en": "Good morning, this is the billing team. I have your case in front of me and I will look into it right away.",
    "es": "Buenos días, le habla el equipo de facturas. Tengo su caso delante y lo voy a mirar ahora mismo.",
}
PAUSE_S = 5
"""Between what the agent says and the same again: the sentence is over."""
ALIKE = 0.6
"""Share of words. Source: as in `test_queue.py`; stock Whisper base on telephone speech."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """One service for both languages, with few articles."""
    folder = tmp_path_factory.mktemp("journey")
    articles_of_tests(folder / "articles")
    plan = folder / "plan.toml"
    plan.write_text(
        '[[number]]\ncalled = "bot"\nlanguage = "en"\n[[number]]\ncalled = "espanol"\nlanguage = "es"\n',
        encoding="utf-8",
    )
    made = RunningService(
        folder,
        '[speech]\nvoice_en = "espeak"\nvoice_es = "espeak"\nrender_ahead = false\n'
        f'[dial_plan]\nlanguage = "en"\nfile = "{plan}"\n[knowledge]\ndir = "{folder / "articles"}"\n',
    )
    await made.start()
    await asyncio.to_thread(hire, made.config, luz="agent", mar="agent")
    yield made
    await made.stop()


def microphone(path: Path, language: Language) -> None:
    """Write what the browser's microphone hears, over and over."""
    spoken = caller_says(SAYS[language], language)
    wide = soxr.resample(np.concatenate([spoken, np.zeros(PAUSE_S * 16_000, np.int16)]), 16_000, 48_000).astype(
        np.int16
    )
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes(wide.tobytes())


def heard_of(events: list[Body], member: str, from_ms: int) -> str:
    """Return the words of one side that the log has from a time on."""
    said = [b for b in events if b["type"] == "utterance_heard" and b["member"] == member and b["end_ms"] > from_ms]
    return " ".join(word["text"] for body in said for word in body["words"])


@pytest.mark.parametrize(("language", "agent"), [("en", "luz"), ("es", "mar")])
async def test_when_a_recorded_person_is_handed_to_an_agent_in_the_browser_then_both_are_understood_and_written_down(
    service: RunningService, language: Language, agent: str, tmp_path: Path
) -> None:
    try:
        clip, text = await asyncio.to_thread(_clip, CLIPS[language])
    except LeftOutError as error:
        pytest.skip(str(error))
    clip_s = clip.size / RATE_HZ
    await asyncio.to_thread(microphone, tmp_path / "mic.wav", language)
    phone = Handset(service, tmp_path / "phone")
    async with browser_with(f"--use-file-for-fake-audio-capture={tmp_path / 'mic.wav'}") as browser:
        page = await staff_page(browser, service.base_url, agent)
        await page.come_to_work()
        try:
            await phone.dial(LINES[language])
            await phone.until(is_bot_turn, most_s=150)
            await phone.play(clip)
            await asyncio.sleep(clip_s)
            await phone.until(is_caller_turn)
            await phone.press("0")
            brief = await phone.until(is_type("brief_prepared"), most_s=90)
            offer = page.page.get_by_role("region", name="A contact for you")
            await expect(offer).to_contain_text(brief["matter"])
            await expect(offer).to_contain_text("Caller id only (can be forged)")
            await page.click("Accept")
            joined = await phone.until(is_type("handover_completed"))
            await asyncio.sleep(1.0)
            at_page, _ = await asyncio.gather(played(page.page, clip_s + 3.0), phone.play(clip))
            await asyncio.sleep(SAYS_S)
            before = await phone.events()
            await page.page.reload()
            await page.has_line()
            await page.click("Hang up")
            await phone.until(is_type("call_ended"))
            events = await phone.events()
            await page.done()
        finally:
            await phone.close()
    assert page.errors == []
    join_ms = joined["t_ms"]

    heard_by_agent = recognise(narrow(at_page), language)
    assert word_overlap(heard_by_agent, text) >= ALIKE, (heard_by_agent, text)
    heard_by_caller = recognise(cut(phone.heard(), join_ms, 10**7), language)
    assert word_overlap(heard_by_caller, SAYS[language]) >= ALIKE, heard_by_caller

    assert word_overlap(heard_of(events, "caller", 0), text) >= ALIKE
    assert word_overlap(heard_of(events, "caller", join_ms), text) >= ALIKE, "the scribe goes on for the caller"
    assert word_overlap(heard_of(events, "agent", join_ms), SAYS[language]) >= ALIKE, "and for the agent"
    talk = [
        b for b in before if b["type"] == "turn_ended" and b["speaker"] == "bot" and b["start_ms"] > join_ms + 1_000
    ]
    assert talk == [], "the bot is silent"
    members = {b["utterance_id"]: b["member"] for b in events if b["type"] == "utterance_heard"}
    felt = [b for b in events if b["type"] == "emotion_estimated"]
    assert {members[body["utterance_id"]] for body in felt} == {"caller"}
    assert [body for body in felt if body["end_ms"] > join_ms], "the caller's emotion goes on after the join"


SAYS_S = 14.0
"""Longer than the agent's sentence, and what recognition takes on a busy machine."""


def narrow(samples: Samples) -> Samples:
    """Return what a page played at the rate of telephones."""
    at_8k: Samples = np.asarray(soxr.resample(samples, 48_000, RATE_HZ), dtype=np.int16)
    return at_8k
