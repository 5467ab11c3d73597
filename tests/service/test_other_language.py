"""A caller who speaks the other language: heard by the real recogniser, answered from the articles of that language."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from calls.ids import Language
from service.config import Config
from service.engines import build_workers
from service.knowledge_base import KnowledgeBase
from service.models_store import ModelStore
from tests.fakes.hearing_ear import Ear, Feeder, WallClock, quiet
from tests.fakes.real_engines import caller_says, model, telephone
from tests.voice.dialog.scripted import ScriptedCall, code
from voice.dialog import acts
from voice.hearing import Hearing, HearingSettings
from voice.turn.settings import TurnSettings

pytestmark = pytest.mark.realtime

UNHURRIED = TurnSettings(decode_deadline_ms=25_000)
"""Machines that run tests may be many times slower than one that takes calls."""
LINE: Language = "en"
SPOKEN: Language = "es"
QUESTION, TOPIC = "¿Cómo puedo pagar mi factura?", "payment-methods"


async def test_when_a_spanish_caller_dials_an_english_line_then_it_is_answered_in_spanish(tmp_path: Path) -> None:
    model("e5", "e5-small-q4.bin")
    speech = telephone(await asyncio.to_thread(caller_says, QUESTION, SPOKEN))
    config, store = Config(data_dir=str(tmp_path)), ModelStore()
    workers = build_workers(config, store)
    used = (workers.ears, workers.asr, workers.mind)
    await asyncio.gather(*(worker.start() for worker in used))
    try:
        knowledge = KnowledgeBase(config, workers.mind, store)
        await knowledge.load()
        ear = Ear()
        settings = HearingSettings(expected=LINE, turn=UNHURRIED)
        hearing = Hearing(workers.ears, workers.asr, ear, clock=WallClock(), settings=settings, language=None)
        listening = asyncio.create_task(hearing.run())
        await Feeder(hearing).feed(quiet(400), speech, quiet(2_200), real_time=True)
        await ear.until("turn")
        await hearing.stop()
        await listening
        (turn,) = ear.turns
        assert turn.language == SPOKEN

        call = ScriptedCall(LINE)
        call.begin()
        decided = call.policy.step(acts.CallerTurn(turn=turn), call.now_ms + 5_000)
        assert f"language {SPOKEN} detected" in [code(act) for act in decided]
        (look_up,) = (act for act in decided if isinstance(act, acts.LookUp))
        assert look_up.language == SPOKEN
        passages = tuple(await knowledge.search(look_up.query, look_up.language))
        answer = call.policy.step(acts.PassagesFound(query_id=look_up.query_id, passages=passages), call.now_ms + 5_500)
    finally:
        await asyncio.gather(*(worker.stop() for worker in used))
    said = [act for act in (*decided, *answer) if isinstance(act, acts.Say)]
    assert [say.article_id for say in said if say.kind == "answer"] == [f"{TOPIC}:{SPOKEN}"]
    assert {say.language for say in said} == {SPOKEN}, "the notice is given again in the caller's language"
    assert any(say.detail.startswith("greeting.record") for say in said)
