"""States are pooled over the silence behind the speech, and those of an utterance in pieces are put together."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.asr.conftest import Say
from voice.asr.encoder_states import pool, together
from voice.asr.whisper import WhisperEngine


def states(positions: int = 100, dimensions: int = 4) -> np.ndarray:
    return np.random.default_rng(3).normal(2.0, 3.0, (positions, dimensions)).astype(np.float32)


def test_when_speech_ends_within_a_window_then_the_second_behind_it_counts() -> None:
    made = states()
    assert pool(made, 190).vector == pytest.approx(made[10:60].mean(axis=0), abs=1e-4)


def test_when_there_is_less_than_a_second_behind_the_speech_then_the_last_second_counts() -> None:
    made = states()
    assert pool(made, 1_600).vector == pytest.approx(made[50:].mean(axis=0), abs=1e-4)


def test_when_an_utterance_was_cut_then_its_pieces_together_are_the_whole() -> None:
    made = states()
    whole = together([pool(made, 0), pool(made, 1_000)])
    assert whole is not None
    assert whole.n == 100
    assert whole.vector == pytest.approx(made.mean(axis=0), abs=1e-4)
    assert together([]) is None


@pytest.mark.parametrize(("positions", "end_ms"), [(100, 0), (100, 9_000), (3, 20), (3, 2_000)])
def test_when_the_speech_ends_anywhere_then_there_is_a_vector_all_the_same(positions: int, end_ms: int) -> None:
    assert np.isfinite(pool(states(positions), end_ms).vector).all()


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
