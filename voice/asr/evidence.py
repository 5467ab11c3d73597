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

_PAUSE_FRAMES = 10
"""A pause has 200 ms: stops within words are shorter."""
_PAUSE_BELOW_LOUD_DB = 18.0
"""In a pause every frame is this far below the vowels. Source: P.50, weak consonants lie within 30 dB but are short."""


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


def split_at_pauses(
    samples: FloatSamples, shortest_ms: int, longest_ms: int, hard_limit_ms: int
) -> list[tuple[int, int]]:
    """Cut `samples` at pauses into stretches of `shortest_ms` to `longest_ms`.

    A cut is the middle of the quietest 200 ms, if that is a pause at all; else a longer stretch is taken, up to
    `hard_limit_ms`, where a cut is made in any case. Sound that is added later never moves a cut, so that what was
    recognised of the first stretches stays right while a caller goes on.

    Returns:
        (begin, end) in samples, together the whole audio; all but the last are at least `shortest_ms` long.
    """
    shortest, longest, hard_limit = (
        limit_ms * SPEECH_RATE_HZ // 1000 for limit_ms in (shortest_ms, longest_ms, hard_limit_ms)
    )
    pieces: list[tuple[int, int]] = []
    begin, reach = 0, longest
    while samples.size - begin > reach:
        levels = frame_levels_dbfs(samples[begin : begin + reach])
        first = shortest // _FRAME
        # The loudest frame of each 200 ms: a stop consonant of digital silence must not pass for a pause.
        loudest = np.lib.stride_tricks.sliding_window_view(levels[first:], _PAUSE_FRAMES).max(axis=1)
        quietest = int(np.argmin(loudest))
        if loudest[quietest] <= np.percentile(levels, _LOUD_PERCENTILE) - _PAUSE_BELOW_LOUD_DB or reach >= hard_limit:
            cut = begin + (first + quietest + _PAUSE_FRAMES // 2) * _FRAME
            pieces.append((begin, cut))
            begin, reach = cut, longest
        else:
            reach = min(hard_limit, reach + longest // 2)
    pieces.append((begin, samples.size))
    return pieces
