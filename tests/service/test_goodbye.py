"""The goodbye of a service that stops."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import numpy as np
import pytest

from calls.audio import SPEECH_RATE_HZ
from calls.ids import Language
from calls.ports import SpeechChunk
from service import goodbye
from service.goodbye import say_goodbye
from service.serve import Service

pytestmark = pytest.mark.realtime


class SlowVoice:
    """A voice that takes `make_s` for a text that it has not said before."""

    def __init__(self, make_s: float) -> None:
        self.make_s = make_s
        self.made: set[str] = set()

    async def speak(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        cached = text in self.made
        if not cached:
            await asyncio.sleep(self.make_s)
            self.made.add(text)
        yield SpeechChunk(samples=np.zeros(160, dtype=np.int16), rate_hz=SPEECH_RATE_HZ, words=(), cached=cached)


class TalkingCall:
    """A call whose goodbye takes `say_s` once the voice has made it."""

    def __init__(self, voice: SlowVoice, say_s: float) -> None:
        self.ended = asyncio.Event()
        self.heard = False
        self._voice, self._say_s = voice, say_s
        self._task: asyncio.Task[None] | None = None

    def shut_down(self) -> None:
        self._task = asyncio.create_task(self._say())

    async def _say(self) -> None:
        async for _ in self._voice.speak("bye en", "en"):
            await asyncio.sleep(self._say_s)
        self.heard = True
        self.ended.set()


@pytest.fixture(autouse=True)
def a_second_is_a_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAKE_S", "WRITE_S", "DRAIN_S"):
        monkeypatch.setattr(goodbye, name, getattr(goodbye, name) / 10)


async def test_when_the_voice_is_slow_then_the_goodbye_is_made_first_and_heard_whole() -> None:
    voice = SlowVoice(make_s=0.6)
    calls = [TalkingCall(voice, say_s=0.8) for _ in range(3)]
    await say_goodbye(calls, voice.speak, lambda language: f"bye {language}")
    assert all(call.heard for call in calls)
    assert voice.made == {"bye es", "bye en"}


async def test_when_no_voice_can_make_it_in_time_then_the_service_still_stops() -> None:
    voice = SlowVoice(make_s=60)
    calls = [TalkingCall(voice, say_s=0.1)]
    async with asyncio.timeout((goodbye.MAKE_S + goodbye.DRAIN_S) * 1.5):
        await say_goodbye(calls, voice.speak, lambda language: f"bye {language}")
    assert not calls[0].heard


async def test_when_no_call_is_on_then_nothing_is_made() -> None:
    voice = SlowVoice(make_s=60)
    async with asyncio.timeout(0.5):
        await say_goodbye([], voice.speak, lambda language: f"bye {language}")
    assert voice.made == set()


async def test_when_the_service_stops_then_new_calls_are_refused_before_the_pages_are_closed() -> None:
    seen: list[tuple[str, bool]] = []
    house = SimpleNamespace(ready=True)

    async def pages() -> None:
        await asyncio.sleep(0.02)
        seen.append(("pages", house.ready))

    async def stop() -> None:
        seen.append(("lines", house.ready))

    house.stop = stop
    server = SimpleNamespace(should_exit=False)
    links = SimpleNamespace(closed=lambda: seen.append(("links", house.ready)))
    service = Service.__new__(Service)
    task, door = asyncio.create_task(pages()), socket.socket()
    parts = {"house": house, "gate": SimpleNamespace(links=links), "_server": server, "_task": task, "_socket": door}
    vars(service).update(parts)
    await service.stop()
    assert seen == [("links", False), ("pages", False), ("lines", False)]
