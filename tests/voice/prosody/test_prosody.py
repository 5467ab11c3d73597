"""Features see what they name, the model compares a caller with the caller's own start, and doubt abstains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.audio import SPEECH_RATE_HZ, Samples, to_int16
from calls.errors import CallCentreError
from voice.prosody.engine import PREPARED_KEPT, create
from voice.prosody.features import NAMES, Prosody, prosody
from voice.prosody.model import Baseline, EmotionModel

WEIGHTS = Path(__file__).parents[3] / "models" / "emotion"


def voice(pitch_hz: float, seconds: float = 2.0, gain: float = 0.1, glide: float = 0.0) -> Samples:
    """Return a pulse train with pauses, shaped like a vowel: a voice whose pitch is known."""
    t = np.arange(int(seconds * 16_000)) / 16_000
    phase = 2 * np.pi * (pitch_hz * t + glide * t**2 / 2)
    tone = sum(np.sin(k * phase) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3 * t) * 4, 0, 1)
    return to_int16(tone * syllables * gain)


def sound_of(samples: Samples) -> Prosody:
    sound = prosody(samples)
    assert sound is not None
    return sound


@pytest.fixture(scope="module")
def model() -> EmotionModel:
    return EmotionModel.load(WEIGHTS / "emotion.json")


@pytest.mark.parametrize("pitch_hz", [90, 140, 220, 330])
def test_when_the_pitch_is_known_it_is_found_within_a_semitone(pitch_hz: float) -> None:
    expected_st = 12 * np.log2(pitch_hz / 55)
    assert sound_of(voice(pitch_hz)).pitch_st == pytest.approx(expected_st, abs=1.0)


def test_when_only_the_level_differs_the_vector_is_the_same() -> None:
    quiet, loud = sound_of(voice(150, gain=0.1)), sound_of(voice(150, gain=0.2))
    assert np.abs(quiet.vector - loud.vector).max() < 1.0
    assert loud.level_dbfs - quiet.level_dbfs == pytest.approx(6, abs=0.5)


@pytest.mark.parametrize("samples", [np.zeros(32_000, np.int16), np.zeros(0, np.int16), np.full(32_000, 5, np.int16)])
def test_when_there_is_no_voice_nothing_is_made_up(samples: Samples, model: EmotionModel) -> None:
    estimate, baseline = model.estimate(prosody(samples), Baseline())
    assert estimate.abstained
    assert baseline.n == 0


def test_when_noise_comes_alone_the_estimate_abstains(model: EmotionModel) -> None:
    noise = np.random.default_rng(1).normal(0, 800, 48_000).astype(np.int16)
    assert model.estimate(prosody(noise), Baseline())[0].abstained


def test_when_the_caller_gets_louder_and_higher_the_reasons_say_so(model: EmotionModel) -> None:
    baseline = Baseline()
    for _ in range(3):
        _, baseline = model.estimate(sound_of(voice(120, gain=0.03)), baseline)
    estimate, _ = model.estimate(sound_of(voice(200, gain=0.2)), baseline)
    assert {"louder_than_start", "higher_than_start"} <= set(estimate.reasons)


def test_when_the_baseline_travels_as_json_nothing_is_lost() -> None:
    baseline = Baseline().with_utterance(sound_of(voice(150)))
    again = Baseline.from_json(baseline.to_json())
    assert again.n == 1
    assert np.array_equal(again.vector, baseline.vector)


def test_when_the_engine_is_asked_it_answers_in_the_words_of_the_house() -> None:
    engine = create({"model_dir": str(WEIGHTS)})
    engine.warm_up()
    (reply,) = engine.handle("estimate", {"baseline": None, "words": []}, {"samples": voice(150)})
    assert set(reply.data["estimate"]) >= {"anger_prob", "arousal_score", "uncertainty", "abstained", "reasons"}
    assert reply.data["baseline"]["n"] == 1


def test_when_a_voice_was_prepared_then_its_estimate_is_the_same_without_another_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared, asked = create({"model_dir": str(WEIGHTS)}), create({"model_dir": str(WEIGHTS)})
    for sound in (voice(150), np.zeros(SPEECH_RATE_HZ, np.int16)):
        (expected,) = asked.handle("estimate", {"baseline": None}, {"samples": sound})
        list(prepared.handle("prepare", {}, {"samples": sound}))
        with monkeypatch.context() as without:
            without.setattr("voice.prosody.engine.prosody", None)
            (reply,) = prepared.handle("estimate", {"baseline": None}, {"samples": sound})
        assert reply.data == expected.data


def test_when_many_voices_are_prepared_then_only_the_last_are_kept() -> None:
    engine = create({"model_dir": str(WEIGHTS)})
    for n in range(PREPARED_KEPT + 3):
        list(engine.handle("prepare", {}, {"samples": np.zeros(400 + n, np.int16)}))
    assert len(engine._prepared) == PREPARED_KEPT


def test_when_the_weights_are_of_other_features_the_error_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "emotion.json").write_text('{"features": []}', encoding="utf-8")
    with pytest.raises(CallCentreError, match="warmline models verify"):
        EmotionModel.load(tmp_path / "emotion.json")


def test_the_vector_has_the_length_of_its_names() -> None:
    assert sound_of(voice(150)).vector.shape == (len(NAMES),)


def test_when_states_are_of_the_encoder_that_was_trained_on_then_the_fused_model_answers_and_else_prosody_alone() -> (
    None
):
    engine = create({"model_dir": str(WEIGHTS)})
    fused = EmotionModel.load(WEIGHTS / "fused.json")
    states = fused.mean[2 * len(NAMES) :].astype(np.float32)

    def model_for(encoder: str, vector: np.ndarray) -> str:
        data: dict[str, Any] = {"baseline": None, "words": [], "encoder": encoder}
        (reply,) = engine.handle("estimate", data, {"samples": voice(150), "states": vector})
        return str(reply.data["estimate"]["model"])

    assert model_for(fused.encoder, states) == fused.name
    assert fused.name.startswith("fused-")
    for encoder, vector in (("another", states), (fused.encoder, states[:-2]), (fused.encoder, states[:0])):
        assert model_for(encoder, vector).startswith("prosody-")


def test_when_the_fused_model_answers_then_the_reasons_are_those_that_people_can_hear(model: EmotionModel) -> None:
    fused = EmotionModel.load(WEIGHTS / "fused.json", model)
    states = fused.mean[2 * len(NAMES) :].astype(np.float32)
    baseline = Baseline()
    for _ in range(3):
        _, baseline = fused.estimate(sound_of(voice(120, gain=0.03)), baseline, states)
    sound = sound_of(voice(200, gain=0.2))
    estimate, _ = fused.estimate(sound, baseline, states)
    assert estimate.reasons == model.estimate(sound, baseline)[0].reasons
    assert {"louder_than_start", "higher_than_start"} <= set(estimate.reasons)


def test_when_the_fused_weights_were_cut_short_then_the_error_says_what_to_do(tmp_path: Path) -> None:
    text = (WEIGHTS / "fused.json").read_text().replace('"mean": [', '"mean": [1.0, ', 1)
    (tmp_path / "fused.json").write_text(text)
    with pytest.raises(CallCentreError, match="different lengths"):
        EmotionModel.load(tmp_path / "fused.json")


def test_when_a_voice_is_glanced_at_then_level_and_pitch_are_those_of_the_whole_look() -> None:
    engine = create({"model_dir": str(WEIGHTS)})
    usual = sound_of(voice(150))
    baseline = Baseline().with_utterance(usual).to_json()
    (reply,) = engine.handle("glance", {"baseline": baseline}, {"samples": voice(200, seconds=0.4, gain=0.2)})
    assert reply.data["pitch_st"] == pytest.approx(12 * np.log2(200 / 55), abs=1.0)
    assert reply.data["higher_st"] == pytest.approx(12 * np.log2(200 / 150), abs=1.0)
    assert reply.data["louder_db"] == pytest.approx(6, abs=2)
    (first,) = engine.handle("glance", {"baseline": None}, {"samples": voice(200, seconds=0.4)})
    assert first.data["louder_db"] is None
    (nothing,) = engine.handle("glance", {"baseline": baseline}, {"samples": np.zeros(6_400, np.int16)})
    assert nothing.data == {}
