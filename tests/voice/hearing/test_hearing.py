"""The driver of hearing, with scripted workers: nothing is lost, nothing blocks, every fault is told and survived."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from calls.audio import AudioFrame
from calls.errors import CallCentreError
from calls.ids import Language
from tests.fakes.hearing_ear import Ear, Feeder, ScriptedWorker, WallClock, hears, loud_is_voice, quiet, tone
from voice.hearing import Hearing, HearingSettings
from voice.hearing_port import RunningTurn
from voice.turn.settings import BargeInAction, TurnSettings
from voice.workers.client import Reply

pytestmark = pytest.mark.realtime

LOST = CallCentreError("worker.lost", "The worker died.", fault="us", retryable=True)
IMPATIENT = TurnSettings(decode_deadline_ms=150, retry_ms=40, voice_deadline_ms=200)


class Call:
    """One hearing with its fakes."""

    def __init__(
        self, asr: ScriptedWorker, ears: ScriptedWorker, settings: HearingSettings, language: Language | None, ear: Ear
    ):
        self.ear = ear
        self.asr, self.ears = asr, ears
        self.hearing = Hearing(ears, asr, self.ear, clock=WallClock(), settings=settings, language=language)
        self.feeder = Feeder(self.hearing)


@asynccontextmanager
async def a_call(
    asr: ScriptedWorker | None = None,
    ears: ScriptedWorker | None = None,
    settings: HearingSettings | None = None,
    language: Language | None = "en",
    ear: Ear | None = None,
) -> AsyncIterator[Call]:
    call = Call(
        asr or ScriptedWorker(hears("my bill is wrong")),
        ears or ScriptedWorker(loud_is_voice),
        settings or HearingSettings(),
        language,
        ear or Ear(),
    )
    running = asyncio.create_task(call.hearing.run())
    try:
        yield call
    finally:
        await call.hearing.stop()
        await asyncio.wait_for(running, 2)


async def test_when_the_caller_speaks_then_everything_is_told_in_order_with_one_id() -> None:
    async with a_call() as call:
        await call.feeder.feed(quiet(500), tone(2_500), quiet(1_500))
        await call.ear.until("turn")
    kinds = [kind for kind, _ in call.ear.events if kind != "hypothesis"]
    assert kinds == ["started", "stopped", "utterance", "turn"]
    (utterance,) = call.ear.all("utterance")
    hypotheses = call.ear.all("hypothesis")
    assert {hypothesis.utterance_id for hypothesis in hypotheses} == {utterance.utterance_id}
    assert [hypothesis.revision for hypothesis in hypotheses] == list(range(1, len(hypotheses) + 1))
    (turn,) = call.ear.turns
    assert turn.text == "my bill is wrong"
    assert turn.utterance_ids == (utterance.utterance_id,)
    assert abs(turn.start_ms - 500) <= 40
    assert abs(turn.end_ms - 3_000) <= 40


async def test_when_the_caller_pauses_then_the_turn_so_far_is_known_before_its_last_words_are() -> None:
    class Guess(Ear):
        so_far: RunningTurn | None = None

        def speech_stopped(self, t_ms: int) -> None:
            self.so_far = call.hearing.running()
            super().speech_stopped(t_ms)

    async with a_call(ear=Guess()) as call:
        assert call.hearing.running() is None
        await call.feeder.feed(quiet(500), tone(2_500), quiet(1_500))
        await call.ear.until("turn")
        assert call.hearing.running() is None
    (utterance,) = call.ear.all("utterance")
    assert isinstance(call.ear, Guess)
    assert call.ear.so_far == RunningTurn("my bill is wrong", utterance.start_ms, utterance.end_ms)


async def test_when_words_are_told_then_their_times_are_on_the_media_clock_of_the_call() -> None:
    async with a_call() as call:
        call.feeder.t_ms = 60_000
        await call.feeder.feed(quiet(500), tone(2_000), quiet(1_500))
        await call.ear.until("turn")
    (utterance,) = call.ear.all("utterance")
    assert abs(utterance.words[0].start_ms - 60_500) <= 40
    assert abs(utterance.words[-1].end_ms - 62_500) <= 40


async def test_when_sound_comes_in_a_burst_then_no_window_is_left_out() -> None:
    async with a_call() as call:
        await call.feeder.feed(quiet(2_000), tone(19_000), quiet(1_500))
        await call.ear.until("turn")
    requests = [arrays for method, _, arrays in call.ears.asked if method == "probs"]
    sizes = [arrays["samples"].size for arrays in requests]
    counts = [int(arrays["state"][0]) if arrays["state"].size else 0 for arrays in requests]
    assert counts == [sum(sizes[:index]) // 512 for index in range(len(sizes))]
    assert sum(sizes) >= 21_000 * 16


async def test_when_the_line_was_quiet_for_long_then_voice_activity_starts_afresh() -> None:
    async with a_call() as call:
        await call.feeder.feed(quiet(8_000), tone(1_000), quiet(1_500))
        await call.ear.until("turn")
    states = [arrays["state"].size for method, _, arrays in call.ears.asked if method == "probs"]
    assert states.count(0) >= 2
    assert len(call.ear.turns) == 1


async def test_when_ticks_are_missing_then_the_gap_is_silence_and_time_stays_right() -> None:
    async with a_call() as call:
        await call.feeder.feed(quiet(500))
        call.feeder.t_ms += 3_000
        await call.feeder.feed(tone(1_000), quiet(1_500))
        await call.ear.until("turn")
    assert abs(call.ear.turns[0].start_ms - 3_500) <= 40
    assert not call.hearing.audio(600, 3_400).any()
    assert call.hearing.audio(3_600, 4_400).size == 800 * 16


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
async def test_when_the_leg_has_another_rate_then_the_words_come_all_the_same(rate_hz: int) -> None:
    async with a_call() as call:
        call.feeder.rate_hz = rate_hz
        await call.feeder.feed(quiet(500, rate_hz), tone(1_000, rate_hz), quiet(1_500, rate_hz))
        await call.ear.until("turn")
    assert abs(call.ear.turns[0].end_ms - 1_500) <= 40


async def test_when_a_frame_is_fed_then_the_media_loop_is_not_held_up() -> None:
    async with a_call() as call:
        frame = tone(20)
        began = time.perf_counter()
        for index in range(500):
            call.hearing.feed(AudioFrame(frame, 8_000, index * 20))
        assert (time.perf_counter() - began) / 500 < 0.001


async def test_when_the_first_utterance_is_spanish_then_the_language_is_settled() -> None:
    async with a_call(ScriptedWorker(hears("mi factura está mal", "es")), language=None) as call:
        await call.feeder.feed(quiet(500), tone(1_000), quiet(1_500))
        await call.ear.until("turn")
        await call.feeder.feed(tone(1_000), quiet(1_500))
        await call.ear.until("turn", 2)
    assert [turn.language for turn in call.ear.turns] == ["es", "es"]
    assert call.hearing.language == "es"
    assert call.asr.asked[0][1]["language"] is None
    assert call.asr.asked[-1][1]["language"] == "es"


async def test_when_a_long_utterance_is_surely_in_another_language_then_the_call_changes_language() -> None:
    async with a_call(ScriptedWorker(hears("mi factura está mal", "es", prob=0.97))) as call:
        await call.feeder.feed(quiet(500), tone(2_500), quiet(1_500))
        await call.ear.until("turn")
    assert call.ear.turns[0].language == "es"
    assert call.hearing.language == "es"


async def test_when_digits_were_asked_for_then_the_recogniser_is_told() -> None:
    async with a_call() as call:
        call.hearing.expect("digits", length=8)
        await call.feeder.feed(quiet(500), tone(1_000), quiet(1_500))
        await call.ear.until("turn")
    assert {data["expecting"] for _, data, _ in call.asr.asked} == {"digits"}


async def test_when_a_turn_is_taken_back_then_the_next_one_holds_all_of_it() -> None:
    async with a_call() as call:
        await call.feeder.feed(quiet(500), tone(1_200))
        await call.feeder.feed(quiet(700), tone(1_200), quiet(1_500))
        await call.ear.until("turn", 2)
    first, second = call.ear.turns
    assert call.ear.all("reopened") == [first.turn_id]
    assert second.utterance_ids[: len(first.utterance_ids)] == first.utterance_ids
    assert (second.start_ms, len(second.utterance_ids)) == (first.start_ms, len(first.utterance_ids) + 1)
    assert second.text.startswith(first.text)


async def test_when_a_long_utterance_is_decoded_then_the_recogniser_is_told_what_language_to_expect() -> None:
    async with a_call() as call:
        await call.feeder.feed(quiet(500), tone(2_500), quiet(1_500))
        await call.ear.until("turn")
    finals = [data for _, data, _ in call.asr.asked if data["final"]]
    assert finals[-1]["language"] is None
    assert (finals[-1]["expected"], finals[-1]["switch_prob"]) == ("en", call.hearing.settings.switch_prob)


async def test_when_the_recogniser_fails_for_good_then_trouble_and_nothing_heard_are_told() -> None:
    asr = ScriptedWorker(lambda *_: LOST)
    async with a_call(asr, settings=HearingSettings(turn=IMPATIENT)) as call:
        await call.feeder.feed(quiet(500), tone(800), quiet(1_500))
        await call.ear.until("nothing")
    assert ("asr", LOST) in call.ear.all("trouble")
    assert call.ear.turns == []


async def test_when_the_recogniser_never_answers_then_nothing_heard_is_told_and_the_next_turn_works() -> None:
    asr = ScriptedWorker(lambda *_: None)
    async with a_call(asr, settings=HearingSettings(turn=IMPATIENT)) as call:
        await call.feeder.feed(quiet(500), tone(800), quiet(1_500))
        await call.ear.until("nothing")
        asr.answer = hears("are you there")
        await call.feeder.feed(tone(800), quiet(1_500))
        await call.ear.until("turn")
    assert [error.code for engine, error in call.ear.all("trouble") if engine == "asr"] == ["asr.late"]


async def test_when_a_final_has_the_encoders_states_then_they_belong_to_the_utterance_that_is_told() -> None:
    plain = hears("my bill is wrong")

    def with_states(method: str, data: dict[str, Any], arrays: Any) -> Reply:
        reply = plain(method, data, arrays)
        assert isinstance(reply, Reply)
        n = len(arrays["samples"])
        return Reply({**reply.data, "encoder": "e"}, {"states": np.array([n], np.float32)} if data["final"] else {})

    asr = ScriptedWorker(with_states)
    async with a_call(asr) as call:
        await call.feeder.feed(quiet(500), tone(1_200), quiet(1_500))
        await call.ear.until("turn")
        states = call.hearing.states
    finals = [len(arrays["samples"]) for _, data, arrays in asr.asked if data["final"]]
    assert states is not None
    assert (states.encoder, states.vector.tolist()) == ("e", [finals[-1]])


async def test_when_the_words_come_after_they_were_waited_for_then_they_are_told_as_late_ones() -> None:
    asr = ScriptedWorker(hears("are you there"))
    asr.delay_s = 0.4
    async with a_call(asr, settings=HearingSettings(turn=IMPATIENT, partials=False)) as call:
        await call.feeder.feed(quiet(500), tone(800), quiet(1_500))
        await call.ear.until("late")
    assert len(call.ear.all("nothing")) == 1
    (late,) = call.ear.all("late")
    assert (late.text, late.utterance_id) == ("are you there", "caller-u1-rest")
    assert call.ear.all("utterance") == call.ear.turns == []


async def test_when_voice_activity_fails_then_it_is_told_once_and_loudness_stands_in() -> None:
    ears = ScriptedWorker(lambda method, *_: LOST)
    async with a_call(ears=ears) as call:
        await call.feeder.feed(quiet(1_000), tone(1_000), quiet(2_000))
        await call.ear.until("turn")
    assert [engine for engine, _ in call.ear.all("trouble")].count("vad") == 1
    assert call.ear.turns[0].text == "my bill is wrong"


async def test_when_hearing_stops_then_decodes_under_way_are_dropped_and_no_task_is_left() -> None:
    asr = ScriptedWorker(lambda *_: None)
    before = asyncio.all_tasks()
    async with a_call(asr) as call:
        await call.feeder.feed(quiet(500), tone(1_500), quiet(500))
        await call.ear.until("stopped")
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


async def test_when_the_caller_talks_over_the_bot_then_the_playout_is_told_to_pause_and_yield() -> None:
    async with a_call() as call:
        call.hearing.bot_speaking(True)
        await call.feeder.feed(quiet(500), tone(1_500), quiet(1_500))
        await call.ear.until("turn")
    assert call.ear.all("barge_in") == ["pause", "yield"]


async def test_when_the_listener_answers_from_inside_a_call_then_what_is_told_stays_in_order() -> None:
    async with a_call() as call:
        hearing = call.hearing
        told = call.ear.barge_in

        def stop_the_bot(action: BargeInAction) -> None:
            told(action)
            hearing.bot_speaking(False)
            hearing.expect("yes_no")

        call.ear.barge_in = stop_the_bot  # type: ignore[method-assign]
        hearing.bot_speaking(True)
        await call.feeder.feed(quiet(500), tone(1_500), quiet(1_500))
        await call.ear.until("turn")
    kinds = [kind for kind, _ in call.ear.events if kind != "hypothesis"]
    assert kinds[0] == "started"
    assert kinds[-2:] == ["utterance", "turn"]


async def test_when_the_sound_is_silence_then_nothing_is_told() -> None:
    async with a_call() as call:
        await call.feeder.feed(np.zeros(8_000 * 5, dtype=np.int16))
        await asyncio.sleep(0.05)
    assert call.ear.events == []
