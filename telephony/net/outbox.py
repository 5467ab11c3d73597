"""Datagrams of one tick leave together, after it and in an even beat.

A datagram that wakes a sleeping receiver or network card costs far more than one that follows close behind another:
measured on loopback, 21 to 75 us alone and 4 us in a row. And packets that leave after the tick's work are spaced by
the sum of all work, not by the work of those calls that happen to come before. Where one process has one ticker, a
`Beat` evens out what is left: a tick that began late or had more to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from calls.audio import FRAME_MS

EVERY_S = FRAME_MS / 1000
MOST_HOLD_S = 0.008
"""What is ready is held back for so long at the most: jitter buffers of phones begin at 20 ms and would add more."""
EARLIER_S = 0.00002
"""The beat moves forward by so much each time, a millisecond a second, until it meets those that are ready latest."""


class Beat:
    """When what is ready now leaves, so that it leaves every 20 ms. Pure; times in seconds of any clock.

    One late tick makes the beat later; then it creeps back. So it settles close behind the latest ticks, and what is
    ready earlier waits for it: with few calls for a moment, with many for some milliseconds.
    """

    def __init__(self) -> None:
        """Begin with whatever comes first."""
        self._next_s: float | None = None

    def leaves_s(self, now_s: float) -> float:
        """Return when to send what became ready at `now_s`, which is not earlier."""
        due_s = self._next_s
        if due_s is not None and due_s - now_s > EVERY_S / 2:
            return now_s  # sent beside the beat, such as the answer to a packet
        at_s = now_s if due_s is None else max(now_s, min(due_s, now_s + MOST_HOLD_S))
        self._next_s = at_s + EVERY_S - EARLIER_S
        return at_s


class Outbox:
    """Sends what was put in during one callback of the event loop as soon as that has returned, or on the beat."""

    def __init__(self, beat: Beat | None = None) -> None:
        """Wait for something to send. Needs a running event loop by then.

        Args:
            beat: For a process whose packets are made by one ticker; None sends at once.
        """
        self._beat = beat
        self._due_s: float | None = None
        self._now_s: Callable[[], float] = float
        """The loop's clock, once something waits for a beat."""
        self._waiting: list[tuple[Callable[[bytes, Any], object], bytes, Any]] = []

    def put(self, send: Callable[[bytes, Any], object], data: bytes, address: Any) -> None:
        """Call `send(data, address)` soon; it must not raise."""
        self.look()
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._made)
        self._waiting.append((send, data, address))

    def look(self) -> None:
        """Send what waits for a beat that has come; asked by whoever takes packets, since the loop may have many."""
        if self._due_s is not None and self._now_s() >= self._due_s:
            self.flush()

    def _made(self) -> None:
        """All of a tick is there."""
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        at_s = now_s if self._beat is None else self._beat.leaves_s(now_s)
        if at_s > now_s:
            self._due_s, self._now_s = at_s, loop.time
            loop.call_at(at_s, self._came, at_s)
        else:
            self.flush()

    def _came(self, due_s: float) -> None:
        if self._due_s == due_s:
            self.flush()

    def flush(self) -> None:
        """Send what waits now, such as before a socket is closed."""
        self._due_s = None
        waiting, self._waiting = self._waiting, []
        for send, data, address in waiting:
            send(data, address)
