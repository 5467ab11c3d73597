"""The engines of the ears with their real models, on speech made on the spot."""

from __future__ import annotations

import time

import numpy as np
import pytest

from calls.errors import CallCentreError
from tests.fakes.real_engines import espeak, model
from voice.vad import silero, smart_turn

EMPTY = np.zeros(0, dtype=np.float32)


@pytest.fixture(scope="module")
def vad() -> silero.SileroVad:
    engine = silero.create({"model": str(model("silero-vad", "silero_vad_v6.onnx"))})
    engine.warm_up()
    return engine


@pytest.fixture(scope="module")
def judge() -> smart_turn.SmartTurn:
    engine = smart_turn.create({"model": str(model("smart-turn", "smart-turn-v3.2-cpu.onnx"))})
    engine.warm_up()
    return engine


def test_when_somebody_speaks_between_silences_then_voice_is_where_the_speech_is(vad: silero.SileroVad) -> None:
    speech = espeak("I would like to pay my last bill", "en")
    before, after = np.zeros(16_000, dtype=np.int16), np.zeros(16_000 - speech.size % 512 + 512, dtype=np.int16)
    sound = np.concatenate([before, speech, after])
    probs, _ = vad.probs(sound[: sound.size // 512 * 512], EMPTY)
    voiced = np.flatnonzero(probs >= 0.5)
    assert abs(int(voiced[0]) * 32 - 1_000) <= 150
    assert abs((int(voiced[-1]) + 1) * 32 - (1_000 + speech.size // 16)) <= 150
    assert (probs[voiced[0] : voiced[-1]] >= 0.5).mean() > 0.85


def test_when_windows_come_one_by_one_then_the_result_is_that_of_all_at_once(vad: silero.SileroVad) -> None:
    speech = espeak("quiero pagar mi factura", "es")
    speech = speech[: speech.size // 512 * 512]
    at_once, last_state = vad.probs(speech, EMPTY)
    state, singly = EMPTY, []
    for start in range(0, speech.size, 512):
        probs, state = vad.probs(speech[start : start + 512], state)
        singly.append(float(probs[0]))
    assert np.allclose(at_once, singly, atol=1e-5)
    assert np.allclose(last_state, state, atol=1e-5)


@pytest.mark.parametrize("level", [0, 30, 600])
def test_when_there_is_only_noise_then_there_is_no_voice(vad: silero.SileroVad, level: int) -> None:
    noise = np.random.default_rng(1).normal(0, level, 512 * 90).astype(np.int16)
    probs, _ = vad.probs(noise, EMPTY)
    assert (probs >= 0.5).mean() < 0.02


def test_when_samples_are_no_whole_windows_then_it_is_an_error(vad: silero.SileroVad) -> None:
    with pytest.raises(CallCentreError, match="whole windows"):
        vad.probs(np.zeros(500, dtype=np.int16), EMPTY)


@pytest.mark.parametrize(
    ("complete", "incomplete", "voice"),
    [
        ("I would like to pay my last bill.", "I would like to pay my", "en"),
        ("quisiera preguntar por mi factura", "quisiera preguntar por mi", "es"),
    ],
)
def test_when_a_sentence_breaks_off_then_it_sounds_less_finished(
    judge: smart_turn.SmartTurn, complete: str, incomplete: str, voice: str
) -> None:
    pause = np.zeros(3_200, dtype=np.int16)
    probs = [judge.end_prob(np.concatenate([espeak(text, voice), pause])) for text in (complete, incomplete)]
    assert probs[0] > 0.5 > probs[1]


def test_when_features_are_made_then_they_are_whispers(judge: smart_turn.SmartTurn) -> None:
    sound = np.random.default_rng(3).normal(0, 0.1, 5 * 16_000).astype(np.float32)
    features = smart_turn.LogMel().features(sound)
    assert features.shape == (80, 800)
    assert features.max() - features.min() <= 2.0 + 1e-5
    assert (features[:, :290] == features.min()).mean() > 0.9
    assert np.allclose(smart_turn.mel_filters().sum(axis=1)[40:] * 40, 1.0, atol=0.1)


def test_when_the_model_is_missing_then_the_error_says_what_to_do() -> None:
    with pytest.raises(CallCentreError, match="warmline models fetch"):
        smart_turn.create({"model": "/nowhere/model.onnx"})
    with pytest.raises(CallCentreError, match="missing"):
        silero.create({"model": "/nowhere/model.onnx"})


def test_when_a_method_is_unknown_then_it_is_an_error(vad: silero.SileroVad, judge: smart_turn.SmartTurn) -> None:
    for engine in (vad, judge):
        with pytest.raises(CallCentreError, match="knows no"):
            next(engine.handle("sing", {}, {}))


def test_when_a_window_is_judged_then_it_takes_a_small_part_of_its_time(
    vad: silero.SileroVad, judge: smart_turn.SmartTurn
) -> None:
    window, turn = np.zeros(512, dtype=np.int16), np.zeros(8 * 16_000, dtype=np.int16)
    vad_ms = min(_took_ms(lambda: vad.probs(window, EMPTY)) for _ in range(50))
    judge_ms = min(_took_ms(lambda: judge.end_prob(turn)) for _ in range(5))
    print(f"voice activity {vad_ms:.2f} ms a window, Smart Turn {judge_ms:.0f} ms a pause")  # noqa: T201 - shown by pytest -s
    assert vad_ms < 3
    assert judge_ms < 250


def _took_ms(work: object) -> float:
    assert callable(work)
    began = time.thread_time()  # the engine's own time, whatever else the machine does
    work()
    return (time.thread_time() - began) * 1000
