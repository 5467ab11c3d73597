"""The one 20 ms ticker that drives the media of all calls.

Deadlines are absolute (start + n * 20 ms), so that the clock never drifts. The rule for late ticks: each one is made
up for, one pass of the event loop each, so that packets that waited in the sockets are read in between; a stall of more
than a second (a suspended machine) is not made up for: the ticker begins anew and counts what it skipped.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from calls.audio import FRAME_MS

logger = logging.getLogger(__name__)

_GIVE_UP_S = 1.0
"""A stall beyond this is skipped: no jitter buffer would hold its sound, ours holds one second."""

_LAG_WINDOW = 3000
"""Ticks whose lag is remembered: one minute."""


@dataclass(frozen=True, slots=True)
class TickerStats:
    """How punctual the ticker was."""

    ticks: int
    skipped: int
    """Ticks that were never run, because the machine stood still."""
    lag_p99_ms: float
    """Of the last minute: how late ticks began."""
    lag_max_ms: float
    """Of the last minute."""
    busy_share: float
    """Share of the last second of ticks spent in them, 0 to 1: beyond about 0.5 no more calls fit."""


class Ticker:
    """Calls each listener once a tick, in the order in which they were added, on the running event loop."""

    def __init__(self) -> None:
        """Make a ticker that stands still until `start`."""
        self._listeners: dict[int, Callable[[], None]] = {}
        self._next_key = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline_s = 0.0
        self._ticks = 0
        self._skipped = 0
        self._lags_ms: deque[float] = deque(maxlen=_LAG_WINDOW)
        self._spent_ms: deque[float] = deque(maxlen=1000 // FRAME_MS)

    def start(self) -> None:
        """Begin to tick on the running loop; idempotent."""
        if self._timer is None:
            self._loop = asyncio.get_running_loop()
            self._deadline_s = self._loop.time() + FRAME_MS / 1000
            self._timer = self._loop.call_at(self._deadline_s, self._tick)

    def stop(self) -> None:
        """Stand still; idempotent. Listeners stay."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def running(self) -> bool:
        """True between `start` and `stop`."""
        return self._timer is not None

    def add(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` at each tick from the next one on; returns what removes it (idempotent)."""
        key = self._next_key
        self._next_key += 1
        self._listeners[key] = listener

        def remove() -> None:
            self._listeners.pop(key, None)

        return remove

    def stats(self) -> TickerStats:
        """Return how punctual it was."""
        ordered = sorted(self._lags_ms) or [0.0]
        busy = sum(self._spent_ms) / (FRAME_MS * len(self._spent_ms)) if self._spent_ms else 0.0
        return TickerStats(self._ticks, self._skipped, ordered[int(0.99 * (len(ordered) - 1))], ordered[-1], busy)

    def _tick(self) -> None:
        assert self._loop is not None
        began_s = self._loop.time()
        lag_s = began_s - self._deadline_s
        self._lags_ms.append(max(0.0, lag_s * 1000))
        if lag_s > _GIVE_UP_S:
            skipped = int(lag_s * 1000) // FRAME_MS
            self._skipped += skipped
            self._deadline_s += skipped * FRAME_MS / 1000
            logger.warning("the media loop stood still", extra={"lag_ms": round(lag_s * 1000), "skipped": skipped})
        self._ticks += 1
        for key, listener in list(self._listeners.items()):
            try:
                listener()
            except Exception:
                self._listeners.pop(key, None)
                logger.exception("a listener of the ticker failed and was dropped", extra={"listener": key})
        self._spent_ms.append((self._loop.time() - began_s) * 1000)
        if self._timer is not None:
            self._deadline_s += FRAME_MS / 1000
            self._timer = self._loop.call_at(self._deadline_s, self._tick)
