"""Which voices are one speaker: by prints, by who speaks at once, by how many there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calls.errors import CallCentreError
from voice.voice_prints import Prints, VoicePrinter, mel_frames, same_speakers


def prints_at(*degrees: float) -> Prints:
    """Prints in a plane: the cosine of two is that of the angle between them."""
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def nobody_at_once(n: int) -> npt.NDArray[np.float64]:
    return np.zeros((n, n))


def test_when_voices_are_alike_then_they_are_one_speaker() -> None:
    assert same_speakers(prints_at(0, 80, 10, 90), [5.0] * 4, nobody_at_once(4)) == [0, 1, 0, 1]


def test_when_voices_speak_at_once_then_they_are_two_however_alike() -> None:
    overlap = nobody_at_once(3)
    overlap[0, 1] = overlap[1, 0] = 2.0
    numbers = same_speakers(prints_at(0, 4, 8), [5.0] * 3, overlap)
    assert numbers[0] != numbers[1]
    assert numbers[2] == numbers[1], "the nearer of the two"


def test_when_voices_overlap_for_a_moment_then_they_may_still_be_one() -> None:
    overlap = np.full((2, 2), 0.3)
    assert same_speakers(prints_at(0, 4), [5.0, 5.0], overlap) == [0, 0]


def test_when_the_number_of_speakers_is_known_then_voices_are_joined_until_there_are_no_more() -> None:
    prints = prints_at(0, 50, 120, 170)
    assert len(set(same_speakers(prints, [5.0] * 4, nobody_at_once(4)))) == 4
    assert same_speakers(prints, [5.0] * 4, nobody_at_once(4), speakers=2) == [0, 0, 1, 1]
    assert len(set(same_speakers(prints_at(0, 1, 2), [5.0] * 3, nobody_at_once(3), speakers=2))) == 2


def test_when_a_voice_has_hardly_any_speech_then_it_joins_whom_it_resembles_most() -> None:
    assert same_speakers(prints_at(0, 85, 60), [5.0, 5.0, 0.4], nobody_at_once(3)) == [0, 1, 1]
    overlap = nobody_at_once(3)
    overlap[1, 2] = overlap[2, 1] = overlap[0, 2] = overlap[2, 0] = 0.6
    assert same_speakers(prints_at(0, 85, 60), [5.0, 5.0, 0.7], overlap) == [0, 1, 2]


def test_when_nobody_has_much_speech_then_all_are_compared() -> None:
    assert same_speakers(prints_at(0, 5, 90), [0.5] * 3, nobody_at_once(3)) == [0, 0, 1]
    assert same_speakers(prints_at(0), [0.1], nobody_at_once(1)) == [0]


def test_when_sound_is_quiet_then_the_network_hears_it_louder() -> None:
    noise = np.random.default_rng(1).normal(0, 0.001, 16_000).astype(np.float32)
    assert mel_frames(noise).shape == (101, 40)
    np.testing.assert_allclose(mel_frames(noise), mel_frames(noise * 3), rtol=1e-3)
    assert mel_frames(noise * 200).mean() > 20 * mel_frames(noise).mean()
    assert mel_frames(noise[:100]).shape == (0, 40)


def test_when_the_model_is_missing_then_the_error_names_it(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match=r"none\.pt is missing"):
        VoicePrinter(tmp_path / "none.pt")
