"""Live resampling: exact lengths, short delay, a clean telephone band."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from calls.audio import Samples
from calls.resample import Resampler

RATES = [(8000, 16000), (16000, 8000), (8000, 48000), (48000, 8000), (16000, 48000), (48000, 16000)]


def tone(rate_hz: int, frequency_hz: float, seconds: float = 1.0) -> Samples:
    at = np.arange(int(rate_hz * seconds)) / rate_hz
    return (10_000 * np.sin(2 * np.pi * frequency_hz * at)).astype(np.int16)


def by_frames(resampler: Resampler, samples: Samples, frame: int) -> Samples:
    return np.concatenate([resampler.process(samples[i : i + frame]) for i in range(0, len(samples), frame)])


@pytest.mark.parametrize(("rate_in", "rate_out"), RATES)
def test_when_frames_go_in_then_each_gives_as_much_time_out(rate_in: int, rate_out: int) -> None:
    resampler = Resampler(rate_in, rate_out)
    for _ in range(3):
        assert len(resampler.process(np.zeros(rate_in // 50, dtype=np.int16))) == rate_out // 50


@pytest.mark.parametrize(("rate_in", "rate_out"), RATES)
@pytest.mark.parametrize("frequency_hz", [300, 1000, 3000])
def test_when_a_tone_of_the_telephone_band_goes_through_then_it_comes_out_alike(
    rate_in: int, rate_out: int, frequency_hz: float
) -> None:
    resampler = Resampler(rate_in, rate_out)
    out = by_frames(resampler, tone(rate_in, frequency_hz), rate_in // 50).astype(float)
    at = np.arange(len(out)) / rate_out - resampler.delay_ms / 1000
    ideal: npt.NDArray[np.float64] = 10_000 * np.sin(2 * np.pi * frequency_hz * at)
    # Half a sample of the higher rate is within the delay's own rounding.
    error = (out - ideal)[rate_out // 10 :]
    allowed = 2 * np.pi * frequency_hz / max(rate_in, rate_out) / np.sqrt(2)
    assert np.sqrt(np.mean(error**2)) / (10_000 / np.sqrt(2)) < max(0.01, allowed)


def test_when_a_tone_above_the_lower_band_goes_down_then_it_is_not_folded_back() -> None:
    out = by_frames(Resampler(16000, 8000), tone(16000, 6000), 320)[800:]
    assert np.abs(out.astype(int)).max() < 20


def test_when_frame_lengths_change_then_the_sound_is_the_same() -> None:
    samples = tone(48000, 440, 0.24)
    even = by_frames(Resampler(48000, 16000), samples, 960)
    resampler = Resampler(48000, 16000)
    parts = [resampler.process(part) for part in np.split(samples, [960, 1440, 4800])]
    np.testing.assert_array_equal(np.concatenate(parts), even)


def test_when_loud_sound_overshoots_then_it_is_clipped_and_not_wrapped() -> None:
    square = np.where(np.arange(800) // 20 % 2, 32767, -32768).astype(np.int16)
    out = by_frames(Resampler(8000, 16000), square, 160).astype(int)
    steps = np.abs(np.diff(out[200:]))
    assert out.max() == 32767
    assert steps.max() < 62_000


def test_when_the_ratio_is_not_whole_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="whole ratio"):
        Resampler(8000, 44100)
