"""Who speaks when on a mono recording, offline: pyannote.audio's segmentation, its windows joined (extra `diarize`).

A call's own recording has a channel for each side and needs none of this; it is for recordings from elsewhere. The
model tells up to three voices apart inside a window of some seconds. Windows overlap by half; where two overlap, each
voice of the later one is taken for the voice of the earlier one that it agrees with best. A voice that is silent for
longer than a window may therefore come back under a new number: this gives changes of speaker, not identities.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, Samples, to_float
from calls.errors import CallCentreError

Activity = npt.NDArray[np.float32]
"""Shape (n_frames, n_voices), 0 to 1: how surely each voice speaks."""

_ON, _OFF = 0.5, 0.35
"""A voice starts above the first and stops below the second. Source: hysteresis around pyannote's default of 0.5."""
_SHORTEST_MS = 250
"""Shorter stretches are dropped, shorter gaps are filled. Source: the collar that diarisation is scored with."""
_LEAST_AGREEMENT = 0.3
"""Voices of neighbouring windows that overlap in time by a smaller share are different ones."""


@dataclass(frozen=True, slots=True)
class SpeakerSegment:
    """One voice speaking without a longer pause; segments of different voices may overlap."""

    start_ms: int
    end_ms: int
    speaker: int
    """0 for the first voice heard, 1 for the next new one …"""


class Diarizer:
    """A loaded segmentation model; it works on the CPU and blocks."""

    def __init__(self, checkpoint: Path, *, threads: int = 1) -> None:
        """Load a pyannote.audio segmentation checkpoint, a pickle: use only one that you trust.

        Raises:
            CallCentreError: `extra.missing`, `model.missing`, `model.corrupt`.
        """
        if not checkpoint.is_file():
            raise CallCentreError("model.missing", f"The segmentation model {checkpoint} is missing.", fault="operator")
        try:
            import torch
            from pyannote.audio import Inference, Model
        except ImportError as error:
            raise CallCentreError(
                "extra.missing",
                f"Telling speakers apart needs the extra `diarize`, and {error.name} is not installed. "
                "Run `pip install -r requirements-extras.in`.",
                fault="operator",
            ) from error
        torch.set_num_threads(threads)
        try:
            model = Model.from_pretrained(str(checkpoint))
            duration_s = float(model.specifications.duration)
            self._inference: Any = Inference(model, duration=duration_s, step=duration_s / 2, skip_aggregation=True)
        except Exception as error:  # whatever the pickle makes the library raise
            raise CallCentreError(
                "model.corrupt",
                f"The segmentation model {checkpoint} could not be loaded: {type(error).__name__}: {error}",
                fault="operator",
            ) from error
        self._duration_s = duration_s

    def segments(self, samples: Samples) -> tuple[SpeakerSegment, ...]:
        """Return who speaks when in 16 kHz mono `samples`, in order of their starts."""
        import torch

        if samples.size == 0:
            return ()
        length_s = samples.size / SPEECH_RATE_HZ
        padded = np.zeros(max(samples.size, round(self._duration_s * SPEECH_RATE_HZ)), np.float32)
        padded[: samples.size] = to_float(samples)
        waveform = torch.from_numpy(padded)[None]
        windows = self._inference({"waveform": waveform, "sample_rate": SPEECH_RATE_HZ})
        activity, frame_s = join_windows(windows.data, windows.sliding_window.step, self._duration_s)
        return segments_of(activity[: round(length_s / frame_s)], frame_s)


def join_windows(windows: Activity, step_s: float, duration_s: float) -> tuple[Activity, float]:
    """Join windows `(n_windows, n_frames, n_voices)` into one activity with a column for each voice found.

    Returns:
        The activity, averaged where windows overlap, and the seconds of a frame.
    """
    count, frames, voices = windows.shape
    frame_s = duration_s / frames
    step = round(step_s / frame_s)
    total = step * (count - 1) + frames
    summed = np.zeros((total, 0), np.float32)
    for index, window in enumerate(windows):
        start = index * step
        cover = np.zeros((frames, 1), np.float32)
        cover[: frames - step] = 1.0 if index else 0.0
        known = summed[start : start + frames - step]
        columns = _match(known, window[: frames - step]) if index else [-1] * voices
        for voice, matched in enumerate(columns):
            column = matched
            if matched < 0:
                if float(window[:, voice].max()) < _ON:
                    continue
                summed = np.concatenate([summed, np.zeros((total, 1), np.float32)], axis=1)
                column = summed.shape[1] - 1
            share = np.where(cover[:, 0] > 0.0, 0.5, 1.0) if matched >= 0 else np.ones(frames)
            place = summed[start : start + frames, column]
            summed[start : start + frames, column] = place * (1.0 - share) + window[:, voice] * share
    return summed, frame_s


def _match(known: Activity, window: Activity) -> list[int]:
    """Return for each voice of a window the known voice that it agrees with best, -1 for a new one."""
    old, new = known > _ON, window > _ON
    both = (old[:, :, None] & new[:, None, :]).sum(axis=0)
    either = (old[:, :, None] | new[:, None, :]).sum(axis=0)
    agreement = np.where(either > 0, both / np.maximum(either, 1), 0.0)
    matched = [-1] * window.shape[1]
    order = sorted(itertools.product(*map(range, agreement.shape)), key=lambda pair: -agreement[pair])
    for old_voice, new_voice in order:
        if agreement[old_voice, new_voice] < _LEAST_AGREEMENT:
            break
        if matched[new_voice] < 0 and old_voice not in matched:
            matched[new_voice] = old_voice
    return matched


def segments_of(activity: Activity, frame_s: float) -> tuple[SpeakerSegment, ...]:
    """Return the segments of an activity, numbered by first appearance."""
    found: list[tuple[int, int, int]] = []
    for voice in range(activity.shape[1]):
        stretches = _joined(_stretches(activity[:, voice]), frame_s)
        found.extend((start, end, voice) for start, end in stretches)
    numbers: dict[int, int] = {}
    segments: list[SpeakerSegment] = []
    for start, end, voice in sorted(found):
        number = numbers.setdefault(voice, len(numbers))
        segments.append(SpeakerSegment(round(start * frame_s * 1000), round(end * frame_s * 1000), number))
    return tuple(segments)


def _stretches(activity: npt.NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for index, value in enumerate(activity):
        if start is None and value > _ON:
            start = index
        elif start is not None and value < _OFF:
            yield start, index
            start = None
    if start is not None:
        yield start, activity.size


def _joined(stretches: Iterator[tuple[int, int]], frame_s: float) -> list[tuple[int, int]]:
    shortest = _SHORTEST_MS / 1000 / frame_s
    joined: list[tuple[int, int]] = []
    for start, end in stretches:
        if joined and start - joined[-1][1] < shortest:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return [(start, end) for start, end in joined if end - start >= shortest]
