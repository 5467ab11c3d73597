"""Datagrams of one tick leave together, right after it.

A datagram that wakes a sleeping receiver or network card costs far more than one that follows close behind another:
measured on loopback, 21 to 75 us alone and 4 us in a row. And packets that leave after the tick's work are spaced by
the sum of all work, which varies little, not by the work of those calls that happen to come before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class Outbox:
    """Sends what was put in during one callback of the event loop as soon as that has returned."""

    def __init__(self) -> None:
        """Wait for something to send. Needs a running event loop by then."""
        self._waiting: list[tuple[Callable[[bytes, Any], object], bytes, Any]] = []

    def put(self, send: Callable[[bytes, Any], object], data: bytes, address: Any) -> None:
        """Call `send(data, address)` soon; it must not raise."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append((send, data, address))

    def flush(self) -> None:
        """Send what waits now, such as before a socket is closed."""
        waiting, self._waiting = self._waiting, []
        for send, data, address in waiting:
            send(data, address)
