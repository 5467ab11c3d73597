"""Adding up voices without wrapping, and ramps that begin and end them without clicks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from calls.audio import Samples

_KNEE = 24_576
"""Sums are untouched up to here (-2.5 dBFS) and bent smoothly towards full scale above it."""

_FULL = 32_767

_RELEASE_MS = 5
"""Length of the ramp from the last sample of a voice that was cut off down to zero."""

_FloatSignal = npt.NDArray[np.float32]


@cache
def ramp(start: float, end: float, size: int) -> _FloatSignal:
    """Return gains that go from `start` to `end` over `size` samples; shared, so do not write to it."""
    gains: _FloatSignal = np.linspace(start, end, size, endpoint=False, dtype=np.float32)
    gains.setflags(write=False)
    return gains


def release(last_sample: int, rate_hz: int, size: int) -> npt.NDArray[np.int32]:
    """Return `size` samples that lead from `last_sample` to zero in 5 ms."""
    tail = np.zeros(size, dtype=np.int32)
    length = min(size, rate_hz * _RELEASE_MS // 1000)
    tail[:length] = np.rint(last_sample * ramp(1.0, 0.0, length))
    return tail


def add_up(voices: Sequence[npt.NDArray[np.signedinteger]], size: int) -> Samples:
    """Return the sum of voices of `size` samples each; what exceeds full scale is bent, never wrapped."""
    total = np.zeros(size, dtype=np.int32)
    for voice in voices:
        total += voice
    return soft_clip(total)


def soft_clip(total: npt.NDArray[np.int32]) -> Samples:
    """Return 16-bit samples: equal to `total` up to the knee, above it along a tanh that never reaches full scale."""
    magnitude = np.abs(total)
    if int(magnitude.max(initial=0)) <= _KNEE:
        return total.astype(np.int16)
    room = _FULL - _KNEE
    bent = _KNEE + room * np.tanh((magnitude - _KNEE) / room)
    return np.where(magnitude <= _KNEE, total, np.sign(total) * np.rint(bent)).astype(np.int16)
