"""Who speaks when on a finished recording, as stretches of time: from voice activity, put together, measured. Pure.

All times are milliseconds from the start of the recording.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice.turn.settings import WINDOW_MS, TurnSettings

_SETTINGS = TurnSettings()
ON_PROB, OFF_PROB = _SETTINGS.voice_on_prob, _SETTINGS.voice_off_prob
"""Voice begins at the first and goes on from the second on. Source: as in live calls."""
SHORTEST_VOICE_MS = _SETTINGS.onset_voice_ms
"""Shorter sounds are no voice. Source: live calls."""
SHORTEST_PAUSE_MS = 200
"""Shorter silences belong to the speech around them. Source: Heldner and Edlund (2010)."""
UTTERANCE_PAUSE_MS = 700
"""A longer pause ends an utterance. Source: our choice, most pauses inside a sentence are shorter."""
LONGEST_UTTERANCE_MS = 28_000
"""An utterance that would be longer ends at the pause before. Source: Whisper's window of 30 s."""
TURN_PAUSE_MS = 2_000
"""A longer pause ends a turn although nobody else spoke. Source: our choice, the longest patience of live calls."""


@dataclass(frozen=True, slots=True)
class Span:
    """One speaker speaking; spans of different speakers may overlap."""

    start_ms: int
    end_ms: int
    speaker: int
    """0 for the first, 1 for the next …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkShares:
    """How speech and silence share the time of a recording."""

    talk_over_share: float
    """Share of all the time in which at least two spoke at once, 0 to 1."""
    silence_share: float
    """Share in which nobody spoke, 0 to 1."""
    longest_silence_start_ms: int
    longest_silence_ms: int
    speaking_ms: tuple[int, ...]
    """How long each speaker spoke, in the order of their numbers."""


def spans_of(probs: npt.NDArray[np.float32], speaker: int) -> tuple[Span, ...]:
    """Return the stretches of voice in the probabilities of windows of `WINDOW_MS`, shape (n_windows,)."""
    spans: list[Span] = []
    start: int | None = None
    for index, prob in enumerate([*probs.tolist(), 0.0]):
        if start is None and prob >= ON_PROB:
            start = index
        elif start is not None and prob < OFF_PROB:
            spans.append(Span(start * WINDOW_MS, index * WINDOW_MS, speaker))
            start = None
    joined = joined_over(spans, SHORTEST_PAUSE_MS)
    return tuple(span for span in joined if span.end_ms - span.start_ms >= SHORTEST_VOICE_MS)


def joined_over(spans: Iterable[Span], pause_ms: int, longest_ms: int | None = None) -> tuple[Span, ...]:
    """Join spans of the same speaker over pauses below `pause_ms`, as long as none gets longer than `longest_ms`."""
    latest: dict[int, Span] = {}
    done: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start_ms):
        before = latest.get(span.speaker)
        if before is not None and span.start_ms - before.end_ms < pause_ms:
            end_ms = max(before.end_ms, span.end_ms)
            if longest_ms is None or end_ms - before.start_ms <= longest_ms:
                latest[span.speaker] = Span(before.start_ms, end_ms, span.speaker)
                continue
        if before is not None:
            done.append(before)
        latest[span.speaker] = span
    return tuple(sorted([*done, *latest.values()], key=lambda each: (each.start_ms, each.speaker)))


def utterances_of(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the stretches that are recognised in one piece, by start."""
    return joined_over(spans, UTTERANCE_PAUSE_MS, LONGEST_UTTERANCE_MS)


def turns_of(utterances: Sequence[Span]) -> tuple[tuple[int, ...], ...]:
    """Return the turns as places in `utterances`, which are in the order of their starts.

    A turn is what one speaker says until another begins, or until a long pause.
    """
    turns: list[list[int]] = []
    for at, span in enumerate(utterances):
        last = utterances[turns[-1][-1]] if turns else None
        if last is not None and last.speaker == span.speaker and span.start_ms - last.end_ms <= TURN_PAUSE_MS:
            turns[-1].append(at)
        else:
            turns.append([at])
    return tuple(tuple(turn) for turn in turns)


def talk_shares(spans: Iterable[Span], duration_ms: int, speakers: int) -> TalkShares:
    """Measure how much of `duration_ms` was spoken over each other, and how much was silent."""
    clipped = [Span(max(0, span.start_ms), min(duration_ms, span.end_ms), span.speaker) for span in spans]
    voiced = joined_over((span for span in clipped if span.start_ms < span.end_ms), 1)
    # At one time ends come before starts, so that speakers who take turns without a gap do not overlap.
    edges = sorted([(span.start_ms, 1) for span in voiced] + [(span.end_ms, -1) for span in voiced])
    talk_over_ms = silent_ms = longest_ms = longest_start_ms = active = 0
    for (t_ms, step), (next_ms, _) in itertools.pairwise([(0, 0), *edges, (duration_ms, 0)]):
        active += step
        if active > 1:
            talk_over_ms += next_ms - t_ms
        elif active == 0:
            silent_ms += next_ms - t_ms
            if next_ms - t_ms > longest_ms:
                longest_ms, longest_start_ms = next_ms - t_ms, t_ms
    speaking = [0] * speakers
    for span in voiced:
        speaking[span.speaker] += span.end_ms - span.start_ms
    whole_ms = max(1, duration_ms)
    return TalkShares(
        talk_over_share=round(talk_over_ms / whole_ms, 4),
        silence_share=round(silent_ms / whole_ms, 4),
        longest_silence_start_ms=longest_start_ms,
        longest_silence_ms=longest_ms,
        speaking_ms=tuple(speaking),
    )
