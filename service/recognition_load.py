"""How busy recognition is, and how many live words the calls that begin now get: finals go before them always."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from calls.ids import Language
from calls.ports import Clock
from voice.hearing_port import HearingSettings

SLOW_MS = 1_000
"""Final words that take this long on average, waiting for the engine included, are late. Source: the aim of 1.2 s from
the last sample to the final words, of which 192 ms pass before they are asked for."""
MANY_WAITING = 6
"""Requests that wait or run at the recogniser. Source: the aim of 6 callers who talk at once on two cores; each has one
request under way."""
_STRETCHED = 2.0
"""Live words half as often: at most 0.11 cores a caller. At twice the bounds there are none."""
_WEIGHT = 0.3
"""Of the newest final in the average. Source: our choice; five slow ones in a row count for 83 %."""
_FORGOTTEN_MS = 30_000
"""What took long before this says nothing about now."""

LiveWords = Literal["all", "fewer", "none"]


@dataclass(frozen=True, slots=True)
class HearingPlan:
    """How a call that begins now is heard."""

    settings: HearingSettings
    live_words: LiveWords
    reason: str
    """Stable code of why there are fewer live words: `asr_slow`, `asr_queue`; empty when there are all."""


class RecognitionLoad:
    """Watches the recogniser of one process for all calls."""

    def __init__(self, clock: Clock, waiting: Callable[[], int]) -> None:
        """`waiting()` is how many requests wait or run at the recogniser now."""
        self._clock = clock
        self._waiting = waiting
        self._final_ms = 0.0
        self._newest_ms: int | None = None

    def final_took(self, took_ms: int) -> None:
        """Take note of how long final words took from the request on."""
        now_ms = self._clock.now_ms()
        known = self._newest_ms is not None and now_ms - self._newest_ms < _FORGOTTEN_MS
        self._final_ms = self._final_ms + (took_ms - self._final_ms) * _WEIGHT if known else float(took_ms)
        self._newest_ms = now_ms

    def plan(self, line: Language) -> HearingPlan:
        """Return how a call that begins now on a line of language `line` is heard."""
        usual = HearingSettings(expected=line)
        fresh = self._newest_ms is not None and self._clock.now_ms() - self._newest_ms < _FORGOTTEN_MS
        slowness = self._final_ms / SLOW_MS if fresh else 0.0
        queue = self._waiting() / MANY_WAITING
        worst = max(slowness, queue)
        if worst < 1.0:
            return HearingPlan(usual, "all", "")
        reason = "asr_slow" if slowness >= queue else "asr_queue"
        if worst >= 2.0:
            return HearingPlan(replace(usual, partials=False), "none", reason)
        turn = replace(usual.turn, partial_load_factor=usual.turn.partial_load_factor * _STRETCHED)
        return HearingPlan(replace(usual, turn=turn), "fewer", reason)
