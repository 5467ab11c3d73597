"""Challenges of phones that every process of a database believes: a word that signalling and the database share.

A phone that one process asks for its password may answer another one. All seal what they ask with keys that each of
them works out by itself, and count together how often an answer was used, so that none counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

NONCE_MS = 300_000
"""How long a nonce serves. Source: a phone that registers every few minutes is challenged once each time; what is
overheard is worthless within 5 min."""


@dataclass(frozen=True, slots=True)
class NonceUse:
    """One use of a nonce by somebody who knew the password."""

    nonce: str
    """Its time and its random word, without the seal."""
    issued_ms: int
    """When it was made, on the clock that the processes share."""
    count: int
    """The `nc` of the answer, at least 1."""


class SharedNonces(Protocol):
    """What processes that share phones know together about their challenges."""

    def seal_key(self, period: int) -> bytes:
        """Return the key that challenges of a period are sealed with: the same in each process, and never told."""
        ...

    async def now_ms(self) -> int:
        """Return the time of the clock that the processes share; it also shows that uses can be counted.

        Raises:
            CallCentreError: `database.*`.
        """
        ...

    async def take(self, use: NonceUse) -> bool:
        """Count one use; False when its nonce is too old, or was used with this count or a higher one, anywhere.

        Raises:
            CallCentreError: `database.*`; nothing was counted.
        """
        ...
