"""Keys of the phone are written in groups, so that a card number typed digit by digit is seen as one and masked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from records.keyed_digits import KeyGroup

SETTLE_S = 4.0
"""Pause after which a group of keys is complete. Source: the usual inter-digit pause of exchanges."""


class KeyBuffer:
    """Collects keys until a pause, `#` or `flush`."""

    def __init__(self, on_group: Callable[[KeyGroup], None]) -> None:
        """`on_group` gets each complete group, with the time of its first key."""
        self._on_group = on_group
        self._digits = ""
        self._since_ms = 0
        self._asked = ""
        self._timer: asyncio.TimerHandle | None = None

    def press(self, digit: str, t_ms: int, *, asked: str = "") -> None:
        """Take one key, pressed at `t_ms` of the media clock; `asked`: the value that the caller was asked for."""
        if not self._digits:
            self._since_ms, self._asked = t_ms, asked
        self._digits += digit
        self._cancel()
        if digit == "#":
            self.flush()
        else:
            self._timer = asyncio.get_running_loop().call_later(SETTLE_S, self.flush)

    def flush(self) -> None:
        """Hand on what was collected; idempotent."""
        self._cancel()
        digits, self._digits = self._digits, ""
        if digits:
            self._on_group(KeyGroup(digits, self._since_ms, asked=bool(self._asked), slot=self._asked))

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
