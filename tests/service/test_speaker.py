"""The bot's mouth: what is held, what waits for the caller, what is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from calls.audio import FRAME_MS, SPEECH_RATE_HZ
from calls.errors import CallCentreError
from calls.ids import Language
from calls.ports import SpeechChunk, SpokenWord
from service.speaker import Speaker, not_before_ms
from service.tasks import Tasks
from voice.dialog.acts import Say, SayKind
from voice.tts.playout import PlayoutResult


class OneSecond:
    """A voice that says everything in a second."""

    async def speak(
        self, text: str, language: Language, *, speed: float = 1.0, keep: bool = True
    ) -> AsyncIterator[SpeechChunk]:
        samples = np.full(SPEECH_RATE_HZ, 1000, dtype=np.int16)
        words = (SpokenWord(text=text, start_ms=0, end_ms=1000),)
        yield SpeechChunk(samples=samples, rate_hz=SPEECH_RATE_HZ, words=words, cached=True)


class Ear:
    """Keeps what the speaker tells."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def bot_started(self, say: Say, t_ms: int, *, cached: bool) -> None:
        self.told.append(f"started {say.say_id} at {t_ms}")

    def bot_said(self, say: Say, result: PlayoutResult) -> None:
        self.told.append(f"said {say.say_id}: {result.heard_text or '-'}")

    def bot_silent(self, t_ms: int) -> None:
        self.told.append("silent")

    def voice_failed(self, error: Exception) -> None:
        self.told.append("failed")


def saying(
    say_id: str, detail: str = "topic:bill-explained", *, interruptible: bool = True, kind: SayKind = "answer"
) -> Say:
    return Say(say_id=say_id, text=say_id, language="en", kind=kind, detail=detail, interruptible=interruptible)


async def spoken(speaker: Speaker, from_ms: int, until_ms: int) -> int:
    """Play, and return for how long there was sound."""
    sound_ms = 0
    for t_ms in range(from_ms, until_ms, FRAME_MS):
        await asyncio.sleep(0)
        sound_ms += FRAME_MS if speaker.read(t_ms) is not None else 0
    return sound_ms


def a_speaker() -> tuple[Speaker, Ear]:
    ear = Ear()
    return Speaker(OneSecond(), ear, Tasks("test"), lambda: 0), ear


async def test_when_the_breath_is_held_before_the_answer_is_made_then_it_is_not_begun_until_released() -> None:
    speaker, ear = a_speaker()
    speaker.pause()
    speaker.say(saying("s1"))
    assert await spoken(speaker, 0, 2_000) == 0
    assert ear.told == []
    speaker.resume()
    assert await spoken(speaker, 2_000, 4_000) == 1_000
    assert ear.told == ["started s1 at 2000", "said s1: s1", "silent"]


async def test_when_a_held_answer_is_dropped_then_nothing_of_it_was_heard_and_the_next_is_played() -> None:
    speaker, ear = a_speaker()
    speaker.pause()
    speaker.say(saying("s1"))
    await spoken(speaker, 0, 500)
    speaker.stop()
    speaker.say(saying("s2"))
    assert await spoken(speaker, 500, 2_000) == 1_000
    assert ear.told == ["said s1: -", "silent", "started s2 at 500", "said s2: s2", "silent"]


async def test_when_the_bot_did_not_understand_then_it_waits_for_more_before_it_says_so() -> None:
    assert not_before_ms(saying("s1", "repair:1"), 3_000) == 3_600
    assert not_before_ms(saying("s1", "greeting"), 3_000) == 3_900
    assert not_before_ms(saying("s1", "repair:1"), 3_000, went_on=True) == 4_000
    assert not_before_ms(saying("s1"), 3_000, went_on=True) == 0
    assert not_before_ms(saying("s1", "greeting"), None) == 0, "the greeting that opens the call"
    speaker, ear = a_speaker()
    speaker.say(saying("s1", "repair:1"), not_before_ms=3_900)
    await spoken(speaker, 3_300, 5_000)
    assert ear.told[0] == "started s1 at 3900"


async def test_when_the_caller_cuts_in_then_what_must_be_heard_whole_is_said_next() -> None:
    speaker, ear = a_speaker()
    for say in (saying("hello"), saying("notice", interruptible=False), saying("question")):
        speaker.say(say)
    await spoken(speaker, 0, 500)
    speaker.pause()
    speaker.give_way()
    assert await spoken(speaker, 500, 2_500) == 1_000
    assert ear.told[:4] == ["started hello at 0", "said hello: -", "said question: -", "started notice at 500"]
    assert ear.told[4:] == ["said notice: notice", "silent"]


async def test_when_another_language_is_chosen_then_the_notice_in_the_first_one_is_not_said_to_its_end() -> None:
    speaker, ear = a_speaker()
    for say in (notice("hola", "es"), notice("aviso", "es"), saying("question"), notice("notice", "en")):
        speaker.say(say)
    await spoken(speaker, 0, 500)
    speaker.drop_notices_except("en")
    await spoken(speaker, 500, 3_000)
    assert [told for told in ear.told if told.startswith("said")] == [
        "said hola: -", "said aviso: -", "said question: question", "said notice: notice",
    ]  # fmt: skip


def notice(say_id: str, language: Language) -> Say:
    return Say(say_id=say_id, text=say_id, language=language, kind="notice", interruptible=False)


async def test_when_a_caller_is_in_danger_then_even_the_notice_gives_way() -> None:
    speaker, ear = a_speaker()
    speaker.say(saying("notice", interruptible=False, kind="notice"))
    await spoken(speaker, 0, 500)
    speaker.say(saying("leave the house", interruptible=False, kind="safety"))
    speaker.drop_for_safety()
    speaker.say(saying("nobody is free"))
    assert await spoken(speaker, 500, 4_000) == 2_000
    assert ear.told[1:3] == ["said notice: -", "started leave the house at 500"]


class Kept(OneSecond):
    """A voice that notes what it may keep."""

    def __init__(self) -> None:
        self.kept: dict[str, bool] = {}

    async def speak(
        self, text: str, language: Language, *, speed: float = 1.0, keep: bool = True
    ) -> AsyncIterator[SpeechChunk]:
        self.kept[text] = keep
        async for chunk in super().speak(text, language):
            yield chunk


async def test_when_a_saying_is_personal_then_the_voice_may_not_keep_it() -> None:
    voice = Kept()
    speaker = Speaker(voice, Ear(), Tasks("test"), lambda: 0)
    speaker.say(saying("question"))
    speaker.say(replace(saying("number read back"), personal=True))
    await spoken(speaker, 0, 3_000)
    assert voice.kept == {"question": True, "number read back": False}


class Slow(OneSecond):
    """A voice that makes two clauses a saying, each when it is let."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.may = asyncio.Semaphore(0)

    async def speak(
        self, text: str, language: Language, *, speed: float = 1.0, keep: bool = True
    ) -> AsyncIterator[SpeechChunk]:
        for clause in ("begins", "ends"):
            self.made.append(f"{text} {clause}")
            await self.may.acquire()
            async for chunk in super().speak(text, language):
                yield chunk


async def let(voice: Slow, clauses: int) -> None:
    for _ in range(clauses):
        voice.may.release()
        for _ in range(10):
            await asyncio.sleep(0)


async def test_when_the_voice_is_slow_then_a_sentence_is_made_to_its_end_before_the_next_is_begun() -> None:
    voice, ear = Slow(), Ear()
    speaker = Speaker(voice, ear, Tasks("test"), lambda: 0)
    for name in ("hello", "notice", "question"):
        speaker.say(saying(name))
    await let(voice, 3)
    assert voice.made == ["hello begins", "hello ends", "notice begins", "notice ends"]
    await let(voice, 2)
    assert voice.made[4:] == [], "no more than one ahead of what is heard"
    assert await spoken(speaker, 0, 3_000) == 3_000
    assert voice.made[4:] == ["question begins", "question ends"]


async def test_when_a_sentence_that_is_being_made_is_dropped_then_the_next_does_not_wait_for_it() -> None:
    voice, ear = Slow(), Ear()
    speaker = Speaker(voice, ear, Tasks("test"), lambda: 0)
    speaker.say(saying("long"))
    await let(voice, 0)
    await asyncio.sleep(0)
    speaker.give_way()
    speaker.say(saying("advice", kind="safety"))
    await asyncio.sleep(0)
    assert voice.made == ["long begins", "advice begins"]


class Broken(OneSecond):
    """A voice that breaks at its first saying, in a way that nobody foresaw."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error

    async def speak(
        self, text: str, language: Language, *, speed: float = 1.0, keep: bool = True
    ) -> AsyncIterator[SpeechChunk]:
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        async for chunk in super().speak(text, language):
            yield chunk


@pytest.mark.parametrize(
    "error", [ValueError("no such phoneme"), CallCentreError("tts.failed", "The voice failed.", fault="us")]
)
async def test_when_a_voice_breaks_in_any_way_then_it_is_told_and_the_next_sentence_is_said(error: Exception) -> None:
    ear = Ear()
    speaker = Speaker(Broken(error), ear, Tasks("test"), lambda: 0)
    speaker.say(saying("lost"))
    speaker.say(saying("next"))
    assert await spoken(speaker, 0, 2_000) == 1_000
    assert "failed" in ear.told
    assert [told for told in ear.told if told.startswith("said")] == ["said lost: -", "said next: next"]
