"""What the signal says about speech."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.audio import SPEECH_RATE_HZ, FloatSamples
from voice.asr.evidence import signal_evidence, split_at_pauses


def noise(duration_ms: int, level: float, seed: int = 1) -> FloatSamples:
    generator = np.random.default_rng(seed)
    samples: FloatSamples = generator.normal(0, level, duration_ms * SPEECH_RATE_HZ // 1000).astype(np.float32)
    return samples


@pytest.mark.parametrize("duration_ms", [0, 5, 100, 3000])
def test_when_there_is_digital_silence_then_nothing_is_active(duration_ms: int) -> None:
    evidence = signal_evidence(np.zeros(duration_ms * 16, dtype=np.float32))
    assert (evidence.active_ms, evidence.start_ms) == (0, 0)


def test_when_a_sound_rises_above_the_noise_then_its_place_is_found() -> None:
    sound = noise(3000, 0.001)
    sound[16_000:24_000] += noise(500, 0.1, seed=2)
    evidence = signal_evidence(sound)
    assert (evidence.start_ms, evidence.end_ms, evidence.active_ms) == (1000, 1500, 500)
    assert evidence.range_db == pytest.approx(40, abs=2)


def test_when_a_sound_is_steady_then_it_has_no_range() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 425 * np.arange(16_000) / SPEECH_RATE_HZ)
    assert signal_evidence(tone.astype(np.float32)).range_db < 3


def with_pauses(duration_ms: int, pauses_ms: list[int], seed: int = 1) -> FloatSamples:
    sound = noise(duration_ms, 0.1, seed)
    for pause_ms in pauses_ms:
        sound[pause_ms * 16 : (pause_ms + 400) * 16] *= 0.01
    return sound


def test_when_speech_is_long_then_it_is_cut_in_the_pause() -> None:
    (first, second) = split_at_pauses(with_pauses(14_000, [2_000, 9_000]), 6_000, 12_000, 28_000)
    assert 9_000 * 16 <= first[1] <= 9_400 * 16
    assert second == (first[1], 14_000 * 16)


def test_when_there_is_no_pause_yet_then_a_longer_stretch_is_taken() -> None:
    sound = with_pauses(27_000, [20_000])
    assert split_at_pauses(sound[: 17_000 * 16], 6_000, 12_000, 28_000) == [(0, 17_000 * 16)]
    (first, _) = split_at_pauses(sound, 6_000, 12_000, 28_000)
    assert 20_000 * 16 <= first[1] <= 20_400 * 16


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 70_000), st.lists(st.integers(0, 69_000), max_size=8), st.integers(0, 70_000))
def test_whatever_is_cut_then_later_sound_never_moves_a_cut(
    duration_ms: int, pauses_ms: list[int], heard_ms: int
) -> None:
    sound = with_pauses(duration_ms, pauses_ms)
    pieces = split_at_pauses(sound, 6_000, 12_000, 28_000)
    assert pieces[0][0] == 0
    assert pieces[-1][1] == sound.size
    assert all(left[1] == right[0] for left, right in itertools.pairwise(pieces))
    assert all(end - begin <= 28_000 * 16 for begin, end in pieces)
    assert all(end - begin >= 6_000 * 16 for begin, end in pieces[:-1])
    earlier = split_at_pauses(sound[: heard_ms * 16], 6_000, 12_000, 28_000)
    assert earlier[:-1] == pieces[: len(earlier) - 1]
