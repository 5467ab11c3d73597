"""The running service's only source of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """`calls.ports.Clock` over the machine's clocks."""

    def now_ms(self) -> int:
        """Monotonic milliseconds."""
        return time.monotonic_ns() // 1_000_000

    def now_utc(self) -> datetime:
        """Wall-clock time, aware, UTC."""
        return datetime.now(UTC)
