"""How fast something may go: at most so many in a while, and the rest waits its turn. Pure."""

from __future__ import annotations

from collections import deque


class Pace:
    """Turns of a window that slides. Times are milliseconds of any clock that only goes forward."""

    def __init__(self, most: int, per_ms: int) -> None:
        """At most `most` turns within any `per_ms`."""
        self._most, self._per_ms = most, per_ms
        self._turns: deque[int] = deque(maxlen=most)

    def wait_ms(self, now_ms: int) -> int:
        """Return how long the next turn would have to wait; nothing is booked."""
        if len(self._turns) < self._most:
            return 0
        return max(0, self._turns[0] + self._per_ms - now_ms)

    def book(self, now_ms: int) -> int:
        """Take the next turn, and return how long to wait for it."""
        wait_ms = self.wait_ms(now_ms)
        self._turns.append(now_ms + wait_ms)
        return wait_ms
