"""Sound as the rooms hand it to each other: short frames of signed 16-bit mono samples on the call's media clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
"""Mono signed 16-bit samples, shape (n_samples,)."""

FloatSamples = npt.NDArray[np.float32]
"""Mono samples in [-1, 1], shape (n_samples,)."""

FRAME_MS = 20
"""Length of one tick and of one frame. Source: RFC 3551 section 4.5, default packet interval of audio codecs."""

SPEECH_RATE_HZ = 16_000
"""The only rate that recognition, voice activity and prosody work at."""

SILENCE_DBFS = -96.0
"""What `level_dbfs` says of digital silence: the floor of 16-bit audio."""


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """One frame of one member's sound, aligned with a tick of the call's media clock."""

    samples: Samples
    """Shape (rate_hz * FRAME_MS / 1000,); read-only by convention, since several taps share it."""
    rate_hz: int
    """Native rate of the leg: 8000, 16000 or 48000."""
    t_ms: int
    """Start of the frame on the call's media clock."""
    concealed: bool = False
    """True when the network brought nothing for this tick and the samples were made up."""


def silence(rate_hz: int, duration_ms: int = FRAME_MS) -> Samples:
    """Return `duration_ms` of digital silence, shape (rate_hz * duration_ms // 1000,)."""
    return np.zeros(rate_hz * duration_ms // 1000, dtype=np.int16)


def to_float(samples: Samples) -> FloatSamples:
    """Scale 16-bit samples to [-1, 1)."""
    return samples.astype(np.float32) / np.float32(32768.0)


def to_int16(samples: npt.NDArray[np.floating]) -> Samples:
    """Scale samples in [-1, 1] to 16 bits; louder ones are clipped, never wrapped."""
    scaled: Samples = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return scaled


def level_dbfs(samples: Samples) -> float:
    """Return the root-mean-square level in dB relative to full scale, `SILENCE_DBFS` at the least."""
    if samples.size == 0:
        return SILENCE_DBFS
    wide = samples.astype(np.float32)
    mean_square = float(np.dot(wide, wide)) / samples.size / 32768.0**2
    return max(SILENCE_DBFS, 10.0 * math.log10(mean_square)) if mean_square > 0.0 else SILENCE_DBFS
