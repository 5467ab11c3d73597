"""What gateways share about their challenges, in memory: as a database would, that can break."""

from __future__ import annotations

import hashlib
import time

from calls.errors import CallCentreError
from calls.nonces import NONCE_MS, NonceUse

CLOCK_AHEAD_MS = 1_700_000_000_000
"""The shared clock is not that of the gateways."""


class MemoryNonces:
    """Counts of one test (`calls.nonces.SharedNonces`)."""

    def __init__(self) -> None:
        self.used: dict[str, int] = {}
        self.is_broken = False

    def seal_key(self, period: int) -> bytes:
        return hashlib.sha256(b"%d" % period).digest()

    async def now_ms(self) -> int:
        self._look()
        return CLOCK_AHEAD_MS + time.monotonic_ns() // 1_000_000

    async def take(self, use: NonceUse) -> bool:
        if await self.now_ms() - use.issued_ms >= NONCE_MS or use.count <= self.used.get(use.nonce, 0):
            return False
        self.used[use.nonce] = use.count
        return True

    def _look(self) -> None:
        if self.is_broken:
            raise CallCentreError("database.unreachable", "The database is away.", fault="operator", retryable=True)
