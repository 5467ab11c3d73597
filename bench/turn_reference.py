"""Who speaks when on a two-channel call, by what no competitor of `bench turns` hears: an RTTM and the sound's level.

The RTTM says whose turn it is, but counts pauses within a turn as speech; the level says where the sound pauses. A
pause inside a segment, or between two of the same speaker, is a hold; the others' segments make the shifts. Without an
RTTM the level alone decides.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, Samples, to_float
from voice.asr.evidence import FRAME_MS, signal_evidence

SHORTEST_PAUSE_MS = 200
"""Source: BENCH.md; Heldner and Edlund (2010)."""
SHORTEST_SPEECH_MS = 60
"""Less sound above the background is a click. Source: the vowel of a short "no" has 80 ms."""
_SLACK_MS = 100
"""Sound may begin or end so much outside of a segment: transcribers and aligners are no better."""

Spans = list[tuple[int, int]]


def read_rttm(path: Path) -> dict[str, Spans]:
    """Return the segments of each speaker, in ms."""
    segments: dict[str, Spans] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split()
        if parts and parts[0] == "SPEAKER":
            start_ms = round(float(parts[3]) * 1000)
            segments.setdefault(parts[7], []).append((start_ms, start_ms + round(float(parts[4]) * 1000)))
    return {name: sorted(spans) for name, spans in segments.items()}


def reference_spans(channels: tuple[Samples, Samples], rttm: Path | None) -> tuple[Spans, Spans]:
    """Return the stretches of speech of both channels (16 kHz), without pauses of 200 ms and more in them."""
    active = [signal_evidence(to_float(channel)).active for channel in channels]
    if rttm is None:
        return _runs(active[0]), _runs(active[1])
    speakers = sorted(read_rttm(rttm).items())[:2]
    segments = [spans for _, spans in speakers]
    straight = sum(_sound_ms(a, s) for a, s in zip(active, segments, strict=True))
    crossed = sum(_sound_ms(a, s) for a, s in zip(active, reversed(segments), strict=True))
    if crossed > straight:
        segments.reverse()
    return _within(active[0], segments[0]), _within(active[1], segments[1])


def _sound_ms(active: npt.NDArray[np.bool_], segments: Spans) -> int:
    return sum(int(active[start // FRAME_MS : end // FRAME_MS].sum()) * FRAME_MS for start, end in segments)


def _within(active: npt.NDArray[np.bool_], segments: Spans) -> Spans:
    spans: Spans = []
    for start_ms, end_ms in segments:
        first = max(0, start_ms - _SLACK_MS) // FRAME_MS
        found = _runs(active[first : (end_ms + _SLACK_MS) // FRAME_MS], first)
        spans += found or [(start_ms, end_ms)]
    return _joined(sorted(spans))


def _runs(active: npt.NDArray[np.bool_], first: int = 0) -> Spans:
    """Return the stretches of sound, frames counted from `first`; shorter silences belong to them, clicks are none."""
    runs = [((first + int(i)) * FRAME_MS, (first + int(i) + 1) * FRAME_MS) for i in np.flatnonzero(active)]
    return [(start, end) for start, end in _joined(runs) if end - start >= SHORTEST_SPEECH_MS]


def _joined(spans: Spans) -> Spans:
    out: Spans = []
    for start_ms, end_ms in spans:
        if out and start_ms - out[-1][1] < SHORTEST_PAUSE_MS:
            out[-1] = (out[-1][0], max(out[-1][1], end_ms))
        else:
            out.append((start_ms, end_ms))
    return out


def voiced_spans(voiced: npt.NDArray[np.bool_], window_ms: int, shortest_ms: int) -> Spans:
    """Join windows of voice activity into stretches the same way; for comparison."""
    runs = [(int(i) * window_ms, (int(i) + 1) * window_ms) for i in np.flatnonzero(voiced)]
    return [(start, end) for start, end in _joined(runs) if end - start >= shortest_ms]


def at_16_khz(path: Path) -> tuple[Samples, Samples]:
    """Return both channels of a file."""
    import soundfile
    import soxr

    samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    left, right = (
        np.ascontiguousarray(soxr.resample(samples[:, channel], rate_hz, SPEECH_RATE_HZ)) for channel in (0, 1)
    )
    return left, right
