"""The shape of a recording."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from calls.errors import CallCentreError
from service.waveform import BLOCK_FRAMES, measure


def write(path: Path, left: np.ndarray, right: np.ndarray, rate_hz: int = 8000) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(np.stack([left, right], axis=1).astype("<i2").tobytes())
    return path


def test_when_one_side_speaks_then_its_stretches_are_loud_and_the_others_silent(tmp_path: Path) -> None:
    left, right = np.zeros(8000), np.zeros(8000)
    left[:4000], right[6000] = 16_384, -32_768
    shape = measure(write(tmp_path / "a.wav", left, right), 4)
    assert shape.duration_ms == 1000
    assert shape.caller == [0.5, 0.5, 0.0, 0.0]
    assert shape.others == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("n", [1, 7, BLOCK_FRAMES - 1, BLOCK_FRAMES + 1, 2 * BLOCK_FRAMES + 5])
def test_when_a_recording_has_any_length_then_no_sample_is_missed(tmp_path: Path, n: int) -> None:
    left = np.zeros(n)
    left[-1] = 32_767
    shape = measure(write(tmp_path / "a.wav", left, left), 1000)
    assert len(shape.caller) == len(shape.others) <= 1000
    assert shape.caller[-1] == pytest.approx(1, abs=1e-3)
    assert sum(shape.caller) == pytest.approx(1, abs=1e-3)


def test_when_nothing_is_recorded_yet_then_the_shape_is_empty(tmp_path: Path) -> None:
    shape = measure(write(tmp_path / "a.wav", np.zeros(0), np.zeros(0)), 100)
    assert (shape.duration_ms, shape.caller, shape.others) == (0, [], [])


def test_when_the_header_promises_more_than_the_file_holds_then_what_is_there_is_shown(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.full(8000, 16_384), np.zeros(8000))
    path.write_bytes(path.read_bytes()[: 44 + 16_002])
    shape = measure(path, 8)
    assert shape.caller[:4] == [0.5] * 4
    assert shape.caller[5:] == [0.0] * 3


def test_when_the_file_is_no_recording_then_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(CallCentreError, match="damaged"):
        measure(tmp_path / "a.wav", 8)
