"""Who speaks when on a mono recording, offline: pyannote.audio's segmentation, its windows joined (extra `diarize`).

A call's own recording has a channel for each side and needs none of this; it is for recordings from elsewhere. The
model tells up to three voices apart inside a window of some seconds. Windows overlap by nine tenths; each voice of a
window is taken for the voice of those before that it agrees with best, and all windows vote on every moment. A voice
that was silent for longer than a window comes back under a new number, unless voice prints join the two.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, FloatSamples, Samples, to_float
from calls.errors import CallCentreError
from voice.voice_prints import VoicePrinter, same_speakers

Activity = npt.NDArray[np.float32]
"""Shape (n_frames, n_voices), 0 to 1: how surely each voice speaks."""

_ON, _OFF = 0.444, 0.3
"""A voice starts above the first and stops below the second. Source: the published threshold of
pyannote/speaker-diarization@2.1, which has this model; hysteresis below it is our choice."""
_PAUSE_MS = 582
"""Shorter gaps of one speaker are filled. Source: `min_duration_off` of the same."""
_SHORTEST_MS = 250
"""Shorter stretches of a voice without a print are dropped. Source: the collar that diarisation is scored with."""
_PIECE_PAUSE_MS, _SHORTEST_PIECE_MS = 250, 100
"""Pieces that get a print each: the pause that parts them, and the shortest. The model may give two people who follow
each other one voice, seldom without a pause. Source: our choice."""
_STEP = 0.1
"""From one window to the next, as a share of a window. Source: pyannote.audio's own pipeline."""
_MORE_COLUMNS = 16
"""Columns that an activity grows by, so that an hour of talk is not copied for each new voice."""
_LONGEST_PRINT_S = 60
"""Speech of one voice that its print is made of; more does not change it."""
Piece = tuple[int, int, int]
"""First frame, frame after the last, and voice."""
_LEAST_AGREEMENT = 0.3
"""Voices of neighbouring windows that overlap in time by a smaller share are different ones."""


@dataclass(frozen=True, slots=True)
class SpeakerSegment:
    """One voice speaking without a longer pause; segments of different voices may overlap."""

    start_ms: int
    end_ms: int
    speaker: int
    """0 for the first voice heard, 1 for the next new one …"""


Progress = Callable[[int, int], None]
"""Is told how many windows of how many are done."""


def need_extra() -> None:
    """Make sure that pyannote.audio can be imported.

    Raises:
        CallCentreError: `extra.missing`, with what to install.
    """
    try:
        import pyannote.audio  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise CallCentreError(
            "extra.missing",
            f"Telling speakers apart needs the extra `diarize`, and {error.name} is not installed. "
            "Run `pip install 'warmline[diarize]'`.",
            fault="operator",
        ) from error


class Diarizer:
    """A loaded segmentation model; it works on the CPU and blocks."""

    def __init__(self, checkpoint: Path, *, prints: Path | None = None, threads: int = 1) -> None:
        """Load a pyannote.audio segmentation checkpoint, a pickle: use only one that you trust.

        Args:
            checkpoint: The segmentation model.
            prints: The model of voice prints, with which voices are joined over pauses; None makes no prints.
            threads: For torch.

        Raises:
            CallCentreError: `extra.missing`, `model.missing`, `model.corrupt`.
        """
        if not checkpoint.is_file():
            raise CallCentreError("model.missing", f"The segmentation model {checkpoint} is missing.", fault="operator")
        need_extra()
        import torch
        from pyannote.audio import Inference, Model

        torch.set_num_threads(threads)
        try:
            model = Model.from_pretrained(str(checkpoint))
            duration_s = float(model.specifications.duration)
            self._inference: Any = Inference(model, duration=duration_s, step=duration_s * _STEP, skip_aggregation=True)
        except Exception as error:  # whatever the pickle makes the library raise
            raise CallCentreError(
                "model.corrupt",
                f"The segmentation model {checkpoint} could not be loaded: {type(error).__name__}: {error}",
                fault="operator",
            ) from error
        self._duration_s = duration_s
        self._printer = VoicePrinter(prints) if prints is not None else None

    def segments(
        self, samples: Samples, *, speakers: int | None = None, progress: Progress | None = None
    ) -> tuple[SpeakerSegment, ...]:
        """Return who speaks when in 16 kHz mono `samples`, in order of their starts.

        Args:
            samples: The recording.
            speakers: How many people there are, if that is known; counts only with voice prints.
            progress: Is told how far it is.
        """
        import torch

        if samples.size == 0:
            return ()
        length_s = samples.size / SPEECH_RATE_HZ
        padded = np.zeros(max(samples.size, round(self._duration_s * SPEECH_RATE_HZ)), np.float32)
        padded[: samples.size] = to_float(samples)
        sound = {"waveform": torch.from_numpy(padded)[None], "sample_rate": SPEECH_RATE_HZ}
        windows = self._inference(sound, hook=_hook(progress))
        activity, frame_s = join_windows(windows.data, windows.sliding_window.step, self._duration_s)
        activity = activity[: round(length_s / frame_s)]
        if self._printer is None:
            return segments_of(activity, frame_s)
        return _by_prints(self._printer, activity, frame_s, padded, speakers)


def _by_prints(
    printer: VoicePrinter, activity: Activity, frame_s: float, sound: FloatSamples, speakers: int | None
) -> tuple[SpeakerSegment, ...]:
    """Give each piece of speech a print, and pieces that are alike to one speaker."""
    pieces = pieces_of(activity, frame_s, _PIECE_PAUSE_MS, _SHORTEST_PIECE_MS)
    if not pieces:
        return ()
    spoken = activity > _ON
    alone = spoken & (spoken.sum(axis=1, keepdims=True) == 1)
    prints, seconds = [], []
    for start, end, voice in pieces:
        frames = np.arange(start, end)
        clean = frames[alone[start:end, voice]]
        made_of = clean if clean.size * frame_s * 1000 >= _SHORTEST_MS else frames
        prints.append(printer.print_of(_cut(sound, made_of, frame_s)))
        seconds.append(clean.size * frame_s)
    starts, ends = (np.array([piece[at] for piece in pieces]) for at in (0, 1))
    overlap = np.minimum(ends[:, None], ends) - np.maximum(starts[:, None], starts)
    numbers = same_speakers(np.stack(prints), seconds, np.maximum(overlap, 0) * frame_s, speakers=speakers)
    return _numbered(
        [(start, end, number) for (start, end, _), number in zip(pieces, numbers, strict=True)], frame_s, _PAUSE_MS
    )


def _hook(progress: Progress | None) -> Callable[..., None] | None:
    return None if progress is None else lambda completed, total: progress(int(completed), int(total))


def _cut(sound: FloatSamples, frames: npt.NDArray[np.int64], frame_s: float) -> FloatSamples:
    """Return the sound of some frames, the first minute of it."""
    begin = np.round(frames[: round(_LONGEST_PRINT_S / frame_s)] * frame_s * SPEECH_RATE_HZ).astype(int)
    places = (begin[:, None] + np.arange(round(frame_s * SPEECH_RATE_HZ))).reshape(-1)
    return sound[places[places < sound.size]]


def join_windows(windows: Activity, step_s: float, duration_s: float) -> tuple[Activity, float]:
    """Join windows `(n_windows, n_frames, n_voices)` into one activity with a column for each voice found.

    Returns:
        The activity, the mean of all windows that cover a frame, and the seconds of a frame.
    """
    count, frames, voices = windows.shape
    frame_s = duration_s / frames
    total = round((count - 1) * step_s / frame_s) + frames
    votes, found = np.zeros((total, 0), np.float32), 0
    seen = np.zeros((total, 1), np.float32)
    for index, window in enumerate(windows):
        start = round(index * step_s / frame_s)
        covered = int((seen[start : start + frames] > 0).sum())
        known = np.asarray(votes[start : start + covered, :found] / seen[start : start + covered], np.float32)
        columns = _match(known, window[:covered]) if index else [-1] * voices
        for voice, matched in enumerate(columns):
            column = matched
            if matched < 0:
                if float(window[:, voice].max()) < _ON:
                    continue
                column, found = found, found + 1
                if column == votes.shape[1]:
                    votes = np.concatenate([votes, np.zeros((total, _MORE_COLUMNS), np.float32)], axis=1)
            votes[start : start + frames, column] += window[:, voice]
        seen[start : start + frames] += 1.0
    return np.asarray(votes[:, :found] / seen, np.float32), frame_s


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
    return _numbered(pieces_of(activity, frame_s, _PAUSE_MS, _SHORTEST_MS), frame_s, _PAUSE_MS)


def pieces_of(activity: Activity, frame_s: float, pause_ms: int, shortest_ms: int) -> list[Piece]:
    """Return the stretches of each voice, joined over shorter pauses, without shorter ones."""
    found: list[Piece] = []
    for voice in range(activity.shape[1]):
        heard = np.flatnonzero(activity[:, voice] >= _OFF)
        if not heard.size:
            continue
        first = int(heard[0])
        around = activity[first : int(heard[-1]) + 2, voice]
        stretches = _joined(_stretches(around), pause_ms / 1000 / frame_s)
        found += [
            (first + start, first + end, voice)
            for start, end in stretches
            if end - start >= shortest_ms / 1000 / frame_s
        ]
    return sorted(found)


def _numbered(pieces: Iterable[Piece], frame_s: float, pause_ms: int) -> tuple[SpeakerSegment, ...]:
    """Join the pieces of each speaker, and number the speakers by first appearance."""
    by_speaker: dict[int, list[tuple[int, int]]] = {}
    for start, end, speaker in sorted(pieces):
        by_speaker.setdefault(speaker, []).append((start, end))
    found = [
        SpeakerSegment(round(start * frame_s * 1000), round(end * frame_s * 1000), number)
        for number, stretches in enumerate(by_speaker.values())
        for start, end in _joined(stretches, pause_ms / 1000 / frame_s)
    ]
    return tuple(sorted(found, key=lambda one: (one.start_ms, one.end_ms, one.speaker)))


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


def _joined(stretches: Iterable[tuple[int, int]], pause: float) -> list[tuple[int, int]]:
    """Join stretches, in the order of their starts, over pauses of fewer frames."""
    joined: list[tuple[int, int]] = []
    for start, end in stretches:
        if joined and start - joined[-1][1] < pause:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
