"""Live words give way when recognition has more to do than it can, and the call says so once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bench.virtual_time import LoopClock, run_virtually
from calls.events import Degraded
from service.recognition_load import MANY_WAITING, SLOW_MS, RecognitionLoad
from tests.fakes.hearing_ear import Ear, ScriptedWorker, WallClock, hears, loud_is_voice, quiet, tone
from tests.fakes.lone_call import LoneCall, hear
from voice.hearing import Hearing, HearingSettings
from voice.workers.client import Reply


class StandingClock(WallClock):
    at_ms = 1_000_000

    def now_ms(self) -> int:
        return self.at_ms


@pytest.mark.parametrize(
    ("took_ms", "waiting", "live_words", "reason"),
    [
        (400, 0, "all", ""),
        (SLOW_MS, 0, "fewer", "asr_slow"),
        (2 * SLOW_MS, 0, "none", "asr_slow"),
        (400, MANY_WAITING - 1, "all", ""),
        (400, MANY_WAITING, "fewer", "asr_queue"),
        (400, 2 * MANY_WAITING, "none", "asr_queue"),
    ],
)
def test_when_finals_are_slow_or_many_wait_then_a_new_call_gets_fewer_live_words_or_none(
    took_ms: int, waiting: int, live_words: str, reason: str
) -> None:
    load = RecognitionLoad(StandingClock(), lambda: waiting)
    for _ in range(3):
        load.final_took(took_ms)
    plan = load.plan("es")
    assert (plan.live_words, plan.reason) == (live_words, reason)
    assert plan.settings.expected == "es"
    usual = HearingSettings().turn.partial_load_factor
    assert plan.settings.partials == (live_words != "none")
    assert plan.settings.turn.partial_load_factor == (2 * usual if live_words == "fewer" else usual)


def test_when_one_final_was_slow_then_the_next_quick_ones_make_up_for_it() -> None:
    load = RecognitionLoad(StandingClock(), lambda: 0)
    load.final_took(1_500)
    assert load.plan("en").live_words == "fewer"
    for _ in range(3):
        load.final_took(300)
    assert load.plan("en").live_words == "all"


def test_when_nothing_was_recognised_for_long_then_what_was_slow_before_is_forgotten() -> None:
    clock = StandingClock()
    load = RecognitionLoad(clock, lambda: 0)
    load.final_took(5_000)
    clock.at_ms += 31_000
    assert load.plan("en").live_words == "all"
    load.final_took(200)
    assert load.plan("en").live_words == "all"


def hears_more_and_more(method: str, data: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Reply:
    """A recogniser that hears a word in each 400 ms of loud sound."""
    loud = np.flatnonzero(np.abs(arrays["samples"].astype(np.int32)) > 1_000)
    seconds = (loud[-1] - loud[0]) / 16_000 if loud.size else 0.0
    return hears(" ".join(["word"] * max(1, int(seconds / 0.4))))(method, data, arrays)  # type: ignore[return-value]


async def one_call(asr: ScriptedWorker, settings: HearingSettings, load: RecognitionLoad) -> tuple[Ear, int]:
    """Hear one long sentence; return what was told, and how many decodes were of a running utterance."""
    ear, ears = Ear(), ScriptedWorker(loud_is_voice)
    hearing = Hearing(ears, asr, ear, clock=LoopClock(), settings=settings, language="en", on_final=load.final_took)
    before = len(asr.asked)
    running = asyncio.create_task(hearing.run())
    await hear(hearing, np.concatenate([quiet(500), tone(12_000), quiet(6_000)]))
    await hearing.stop()
    await running
    return ear, sum(not data["final"] for _, data, _ in asr.asked[before:])


@pytest.mark.parametrize(("decode_s", "live_words"), [(0.3, "all"), (1.4, "fewer"), (2.5, "none")])
def test_when_the_engine_is_slow_then_the_next_call_asks_it_for_fewer_live_words_and_hears_all_the_same(
    decode_s: float, live_words: str
) -> None:
    async def calls() -> None:
        asr = ScriptedWorker(hears_more_and_more)
        asr.delay_s = decode_s
        load = RecognitionLoad(LoopClock(), lambda: 0)
        first_plan = load.plan("en")
        assert first_plan.live_words == "all"
        first, partials_before = await one_call(asr, first_plan.settings, load)
        plan = load.plan("en")
        assert plan.live_words == live_words
        second, partials_after = await one_call(asr, plan.settings, load)
        assert [turn.text for turn in second.turns] == [turn.text for turn in first.turns]
        assert len(second.turns) == 1
        assert partials_before >= 2
        least, most = {"all": (partials_before, partials_before), "none": (0, 2)}.get(
            live_words, (1, partials_before / 2 + 1)
        )
        assert least <= partials_after <= most

    run_virtually(calls())


def test_when_a_call_begins_while_recognition_is_overloaded_then_that_is_a_fact_of_the_call_once() -> None:
    async def call() -> None:
        lone = LoneCall(ScriptedWorker(loud_is_voice), ScriptedWorker(hears("hello")), LoopClock())
        assert lone.runner.listen().settings.partials
        assert lone.notebook.bodies == []
        lone.recognition.final_took(3_000)
        assert not lone.runner.listen().settings.partials
        lone.runner.listen()
        assert lone.notebook.bodies == [Degraded(what="fewer_partials", reason="asr_slow")]

    run_virtually(call())
