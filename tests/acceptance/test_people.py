"""The caller's side holds us and transfers us; people are called, briefed, joined. Real phones at both ends."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from tests.acceptance.callers import RATE_HZ, Baresip, is_bot_turn, is_type, speech
from tests.acceptance.listening import cut, level_dbfs, recognise, word_overlap
from tests.acceptance.running import Body, RunningService

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed"),
]

SETTINGS = '[dial_plan]\nlanguage = "en"\n[speech]\nrender_ahead = false\n'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    """The service, for all calls of this file."""
    service = RunningService(tmp_path_factory.mktemp("people"), SETTINGS, rtp_from=42_000)
    await service.start()
    yield service
    await service.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def caller(house: RunningService, tmp_path: Path) -> AsyncIterator[Baresip]:
    """A phone that has heard the greeting."""
    phone = Baresip(house, tmp_path / "caller")
    await phone.dial("bot")
    await phone.until(is_bot_turn, most_s=120)
    yield phone
    await phone.close()


def of(events: list[Body], name: str) -> list[Body]:
    return [body for body in events if body["type"] == name]


def said(events: list[Body], speaker: str, since_ms: int = 0) -> list[str]:
    return [b["text"] for b in of(events, "turn_ended") if b["speaker"] == speaker and b["start_ms"] >= since_ms]


async def test_when_the_caller_holds_us_then_music_is_no_speech_and_the_talk_goes_on_where_it_was(
    caller: Baresip,
) -> None:
    music = speech("this is the music of a hold, it says that your call is important to us")
    await caller.command("hold", "")
    held = await caller.until(is_type("leg_held"))
    await caller.play(music)
    await asyncio.sleep(14)  # a caller who were silent for so long would be asked twice whether they are there
    await caller.command("resume", "")
    await caller.until(is_type("leg_resumed"))
    back = await caller.until(is_bot_turn)
    assert "go on where we were" in back["text"]
    assert "How can I help you?" in back["text"]
    await caller.play(speech("why is my bill so high this month"))
    await caller.until(is_type("topic_found"))
    events = await caller.hang_up()
    assert not [text for text in said(events, "caller") if "important" in text or "music" in text]
    (resumed,) = of(events, "leg_resumed")
    assert 13_000 < resumed["held_ms"] < 25_000
    between = [b for b in of(events, "turn_ended") if held["t_ms"] < b["start_ms"] < resumed["t_ms"]]
    assert not between, "nobody says anything into a hold"
    (stopped,) = of(events, "recording_stopped")
    assert stopped["duration_ms"] >= resumed["t_ms"]
    assert not [b for b in of(events, "act_decided") if b["detail"].startswith("no_input")]


_ = (cut, level_dbfs, recognise, word_overlap, np, RATE_HZ)
