"""Adding up voices without wrapping, and ramps that begin and end them without clicks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from calls.audio import Samples

_KNEE = 24_576
"""Sums are untouched up to here (-2.5 dBFS) and bent smoothly towards full scale above it."""

_FULL = 32_767

_RELEASE_MS = 5
"""Length of the ramp from the last sample of a voice that was cut off down to zero."""

_ATTACK_MS = 2
"""How fast the limiter turns down. Source: short against a syllable, long against a period of a voice's upper half."""

_RECOVERY_PER_FRAME = 1.026
"""How fast the limiter turns up again: 0.22 dB a frame, 11 dB a second, too slow to be heard as pumping."""

_FloatSignal = npt.NDArray[np.float32]


@lru_cache(maxsize=256)
def ramp(start: float, end: float, size: int) -> _FloatSignal:
    """Return gains that go from `start` to `end` over `size` samples; shared, so do not write to it.

    Half a cosine, whose ends have no corner: what a corner splatters over the band is heard as a tick.
    """
    way = (1.0 - np.cos(np.pi * np.arange(size) / size)) / 2.0
    gains: _FloatSignal = (start + (end - start) * way).astype(np.float32)
    gains.setflags(write=False)
    return gains


def release(last_sample: int, rate_hz: int, size: int) -> npt.NDArray[np.int32]:
    """Return `size` samples that lead from `last_sample` to zero in 5 ms."""
    tail = np.zeros(size, dtype=np.int32)
    length = min(size, rate_hz * _RELEASE_MS // 1000)
    tail[:length] = np.rint(last_sample * ramp(1.0, 0.0, length))
    return tail


class Limiter:
    """Turns a listener's sum down while several speak loudly at once, and back up slowly.

    Turning down keeps the voices' shape, so that they stay clear; bending samples, which distorts them, is left for the
    first milliseconds of an attack.
    """

    __slots__ = ("_gain",)

    def __init__(self) -> None:
        """Begin wide open."""
        self._gain = 1.0

    @property
    def open(self) -> bool:
        """True while it changes nothing."""
        return self._gain == 1.0

    def process(self, total: npt.NDArray[np.int32], rate_hz: int) -> Samples:
        """Return one frame of 16-bit samples."""
        peak = int(np.abs(total).max(initial=0))
        before = self._gain
        fitting = _KNEE / peak if peak > _KNEE else 1.0
        after = self._gain = fitting if fitting < before else min(fitting, before * _RECOVERY_PER_FRAME, 1.0)
        if before == after == 1.0:
            return total.astype(np.int16)
        gains = np.full(len(total), after, dtype=np.float32)
        if after < before:
            attack = min(len(total), rate_hz * _ATTACK_MS // 1000)
            gains[:attack] = ramp(before, after, attack)
        elif after > before:
            gains = ramp(before, after, len(total))
        return soft_clip(np.rint(total * gains).astype(np.int32))


def add_up(voices: Sequence[npt.NDArray[np.signedinteger]], size: int) -> npt.NDArray[np.int32]:
    """Return the sum of voices of `size` samples each, wide enough never to wrap."""
    total = np.zeros(size, dtype=np.int32)
    for voice in voices:
        total += voice
    return total


def soft_clip(total: npt.NDArray[np.int32]) -> Samples:
    """Return 16-bit samples: equal to `total` up to the knee, above it along a tanh that never reaches full scale."""
    magnitude = np.abs(total)
    if int(magnitude.max(initial=0)) <= _KNEE:
        return total.astype(np.int16)
    room = _FULL - _KNEE
    bent = _KNEE + room * np.tanh((magnitude - _KNEE) / room)
    return np.where(magnitude <= _KNEE, total, np.sign(total) * np.rint(bent)).astype(np.int16)
