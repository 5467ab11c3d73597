"""Calls of a day counted in memory: for a phone of our own and for tests. The service counts in its database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from calls.call_caps import Cap, CapKind


class MemoryCounts:
    """Counts of one process and one day (`calls.call_caps.CallCounts`)."""

    def __init__(self) -> None:
        """Begin without any call."""
        self._day = date.min
        self._counts: Counter[tuple[CapKind, str]] = Counter()

    async def reached(self, day: date, caps: Sequence[Cap]) -> Cap | None:
        """Return the first cap that leaves no room for another call."""
        if day != self._day:
            self._day = day
            self._counts.clear()
        return next((cap for cap in caps if self._counts[cap.kind, cap.name] >= cap.most), None)

    async def take(self, day: date, caps: Sequence[Cap]) -> Cap | None:
        """Count one call under every cap if each has room; nothing else runs between looking and counting."""
        full = await self.reached(day, caps)
        if full is None:
            self._counts.update((cap.kind, cap.name) for cap in caps)
        return full
