"""How long somebody will wait, from what the last contacts of the queue took; None while too little is known."""

from __future__ import annotations

import math
from collections import deque

SAMPLES = 30
"""Contacts that are looked back on. Source: our choice; enough to even out one long talk, few enough to follow
a day."""
TOO_FEW = 3
"""With fewer than so many nothing is said. Source: our choice; of one or two nobody can tell what is usual."""
FORGET_MS = 4 * 3_600_000
"""What is older says nothing about now. Source: our choice, half a shift."""
STEP_S = 30
"""Estimates are rounded up to so much: more would sound as if it were known."""


class ServiceTimes:
    """What the last contacts of one queue took its agents, the work after them included."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._took: deque[tuple[int, int]] = deque(maxlen=SAMPLES)

    def served(self, took_ms: int, now_ms: int) -> None:
        """An agent was free again `took_ms` after accepting."""
        self._took.append((now_ms, max(0, took_ms)))

    def mean_ms(self, now_ms: int) -> float | None:
        """Return what a contact takes on average, None while too few are known."""
        recent = [took for at_ms, took in self._took if now_ms - at_ms <= FORGET_MS]
        return sum(recent) / len(recent) if len(recent) >= TOO_FEW else None


def expected_wait_s(position: int, *, mean_ms: float | None, places: int, free: int) -> int | None:
    """Return how long the one at `position` waits, rounded up to half minutes.

    With `places` busy, one of them is free every `mean_ms / places` on average, whatever each takes; the one at the
    head waits for the first.

    Args:
        position: 1 is next.
        mean_ms: What a contact takes; None when it is not known.
        places: How many contacts those agents who serve the queue have in hand at once when all are busy.
        free: How many of these places nobody has.
    """
    if places <= 0:
        return None
    if position <= free:
        return 0
    if mean_ms is None:
        return None
    wait_s = (position - free) * mean_ms / places / 1000
    return math.ceil(wait_s / STEP_S) * STEP_S
