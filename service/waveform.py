"""The shape of a recording: what a page draws of it. Reads the file in blocks, so that an hour costs no more memory."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FULL_SCALE = 32_768.0
BLOCK_FRAMES = 1 << 18
"""Frames read at a time: 1 MB of stereo samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """Loudest value of each stretch, 0 to 1; both sides have equally many stretches, of equal length."""

    duration_ms: int
    caller: list[float]
    """The left side."""
    others: list[float]
    """The right side: bot and agents."""


def measure(path: Path, points: int) -> Waveform:
    """Return the shape of a stereo recording in at most `points` stretches; one that is still written is fine too."""
    with wave.open(str(path), "rb") as sound:
        n_frames, rate_hz, sides = sound.getnframes(), sound.getframerate(), sound.getnchannels()
        stretch = max(1, -(-n_frames // points))
        peaks = np.zeros((-(-n_frames // stretch), sides), dtype=np.float64)
        at = 0
        while at < n_frames:
            block = np.frombuffer(sound.readframes(BLOCK_FRAMES), dtype="<i2").reshape(-1, sides)
            if not block.size:
                break
            places = (at + np.arange(block.shape[0])) // stretch
            np.maximum.at(peaks, places, np.abs(block.astype(np.float64)) / FULL_SCALE)
            at += block.shape[0]
    shown = np.round(peaks, 3)
    return Waveform(
        duration_ms=round(n_frames * 1000 / rate_hz),
        caller=shown[:, 0].tolist(),
        others=shown[:, -1].tolist(),
    )
