"""What the signal itself says about whether somebody spoke. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calls.audio import SILENCE_DBFS, SPEECH_RATE_HZ, FloatSamples

FRAME_MS = 20
_FRAME = SPEECH_RATE_HZ * FRAME_MS // 1000
_ABOVE_NOISE_DB = 9.0
"""A frame counts as active this far above the noise. Source: P.56-like margin, lowered for telephone noise."""
_LOUD_PERCENTILE = 95
_NOISE_PERCENTILE = 10
_BELOW_LOUD_DB = 30.0
"""Speech spans about 30 dB from vowels to weak consonants. Source: ITU-T P.50."""
_QUIETEST_SPEECH_DBFS = -60.0
"""Anything below is line noise: G.711 cannot carry speech 20 dB further down."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Where the sound rises above its own background."""

    active_ms: int
    """Time above the background."""
    start_ms: int
    """First moment above it; 0 without any."""
    end_ms: int
    """Last moment above it; the length of the audio without any."""
    range_db: float
    """Loud parts against the background: speech moves by more than 15 dB, noise and tones by less."""
    active: npt.NDArray[np.bool_]
    """Which 20 ms frames are above it, shape (n_samples // 320,)."""


def signal_evidence(samples: FloatSamples) -> Evidence:
    """Measure the level of each 20 ms of `samples` (16 kHz) against the quietest tenth."""
    count = samples.size // _FRAME
    length_ms = samples.size * 1000 // SPEECH_RATE_HZ
    if count == 0:
        return Evidence(0, 0, length_ms, 0.0, np.zeros(0, dtype=np.bool_))
    levels = frame_levels_dbfs(samples)
    noise, loud = np.percentile(levels, [_NOISE_PERCENTILE, _LOUD_PERCENTILE])
    threshold = max(_QUIETEST_SPEECH_DBFS, min(noise + _ABOVE_NOISE_DB, loud - 3.0), loud - _BELOW_LOUD_DB)
    active = levels > threshold
    where = np.flatnonzero(active)
    if where.size == 0:
        return Evidence(0, 0, length_ms, 0.0, active)
    return Evidence(
        int(where.size) * FRAME_MS,
        int(where[0]) * FRAME_MS,
        min(length_ms, (int(where[-1]) + 1) * FRAME_MS),
        float(loud - max(noise, _QUIETEST_SPEECH_DBFS)),
        active,
    )


def frame_levels_dbfs(samples: FloatSamples) -> FloatSamples:
    """Return the level of each whole 20 ms frame, shape (n_samples // 320,)."""
    count = samples.size // _FRAME
    frames = samples[: count * _FRAME].reshape(count, _FRAME)
    power = np.mean(np.square(frames), axis=1)
    levels: FloatSamples = (10.0 * np.log10(np.maximum(power, 10.0 ** (SILENCE_DBFS / 10.0)))).astype(np.float32)
    return levels


def split_at_pauses(samples: FloatSamples, longest_ms: int, shortest_ms: int) -> list[tuple[int, int]]:
    """Cut `samples` into stretches of at most `longest_ms`, each cut at the quietest 200 ms that may be chosen.

    Returns:
        (begin, end) in samples, together the whole audio. All but the last are at least `shortest_ms` long.
    """
    longest, shortest = longest_ms * SPEECH_RATE_HZ // 1000, shortest_ms * SPEECH_RATE_HZ // 1000
    pieces: list[tuple[int, int]] = []
    begin = 0
    while samples.size - begin > longest:
        window = samples[begin + shortest : begin + longest]
        levels = np.square(window[: window.size // _FRAME * _FRAME]).reshape(-1, _FRAME).mean(axis=1)
        smooth = np.convolve(levels, np.ones(10), mode="valid")
        cut = begin + shortest + (int(np.argmin(smooth)) + 5) * _FRAME
        pieces.append((begin, cut))
        begin = cut
    pieces.append((begin, samples.size))
    return pieces
