"""The shape of a recording: what a page draws of it. Reads the file in blocks, so that an hour costs no more memory."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calls.errors import CallCentreError

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
    """Return the shape of a stereo recording in at most `points` stretches; one that is still written is fine too.

    Raises:
        CallCentreError: `recording.unreadable`.
    """
    try:
        with wave.open(str(path), "rb") as sound:
            return _measure(sound, points)
    except (wave.Error, EOFError, OSError) as error:
        sentence = "The recording of this call cannot be read; its file is damaged."
        raise CallCentreError("recording.unreadable", sentence, fault="us") from error


def _measure(sound: wave.Wave_read, points: int) -> Waveform:
    n_frames, rate_hz, sides = sound.getnframes(), sound.getframerate(), sound.getnchannels()
    stretch = max(1, -(-n_frames // points))
    peaks = np.zeros((-(-n_frames // stretch), sides))
    at_once = max(1, BLOCK_FRAMES // stretch)  # whole stretches, so that none lies in two blocks
    for first in range(0, len(peaks), at_once):
        samples = np.frombuffer(sound.readframes(at_once * stretch), dtype="<i2").astype(np.int32)
        samples = np.pad(samples, (0, -samples.size % (stretch * sides)))
        found = np.abs(samples.reshape(-1, stretch, sides)).max(axis=1) / FULL_SCALE
        peaks[first : first + len(found)] = found
    shown = np.round(peaks, 3)
    return Waveform(
        duration_ms=round(n_frames * 1000 / rate_hz),
        caller=shown[:, 0].tolist(),
        others=shown[:, -1].tolist(),
    )
