"""States are pooled over the speech alone, and an utterance in pieces gives what it would give whole."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.asr.conftest import Say
from voice.asr.encoder_states import pool, together
from voice.asr.whisper import WhisperEngine


def states(positions: int = 100, dimensions: int = 4) -> np.ndarray:
    return np.random.default_rng(3).normal(2.0, 3.0, (positions, dimensions)).astype(np.float32)


def test_when_speech_lies_within_a_window_then_what_is_around_it_does_not_count() -> None:
    made = states()
    inside = made[10:60]
    vector = pool(made, 200, 1_200).vector
    assert vector == pytest.approx(np.r_[inside.mean(axis=0), inside.std(axis=0)], abs=1e-4)


def test_when_an_utterance_was_cut_then_its_pieces_together_are_the_whole() -> None:
    made = states()
    parts = [pool(made, 0, 400), pool(made, 400, 2_000)]
    whole = together(parts)
    assert whole is not None
    assert whole.n == 100
    assert whole.vector == pytest.approx(pool(made, 0, 2_000).vector, abs=1e-4)
    assert together([]) is None


@pytest.mark.parametrize(("start_ms", "end_ms"), [(0, 0), (1_990, 2_000), (5_000, 9_000)])
def test_when_the_speech_is_a_moment_or_lies_outside_then_there_is_a_vector_all_the_same(
    start_ms: int, end_ms: int
) -> None:
    assert np.isfinite(pool(states(), start_ms, end_ms).vector).all()


def test_when_a_final_is_decoded_then_it_has_the_states_that_training_asks_for(
    whisper: WhisperEngine, say: Say
) -> None:
    sound = say("there is no light in my street and nobody tells me anything", "en")
    *_, final = whisper.handle("decode", {"language": "en", "final": True}, {"samples": sound})
    *_, partial = whisper.handle("decode", {"language": "en", "final": False}, {"samples": sound})
    (asked,) = whisper.handle("states", {}, {"samples": sound})
    assert final is not None
    assert partial is not None
    assert asked is not None
    assert final.data["encoder"] == asked.data["encoder"] == whisper.encoder
    assert final.arrays["states"] == pytest.approx(asked.arrays["states"], abs=1e-3)
    assert final.arrays["states"].dtype == np.float32
    assert partial.arrays == {}


def test_when_nobody_speaks_then_there_are_no_states(whisper: WhisperEngine) -> None:
    (asked,) = whisper.handle("states", {}, {"samples": np.zeros(32_000, np.int16)})
    assert asked is not None
    assert asked.arrays["states"].size == 0
