"""Which processes live: each says so in the database, and one that runs takes over the calls of one that does not.

::

    LIVES --its process is gone from this machine----------------------> LOST
    LIVES --another machine's, not renewed while we looked for so long-> LOST
    LIVES --renewed, or the database could not be read meanwhile-------> LIVES, the wait begins anew

The clocks of two machines are never compared, and time in which nobody could have renewed does not count: after an
hour without database nobody is lost. Only the database decides who takes over (`EventStore.take_over_all`): a lost
process that comes back finds that its streams have another writer, and can append nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LOST_AFTER_MS = 60_000
"""A process on another machine that was not seen to renew for so long is lost. Source: six renewals
(`records.writer.RENEW_S`), so that a database that is promoted or a machine that swaps ends no call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerSeen:
    """A process that has calls open, as the database shows it."""

    owner: str | None
    """None: nobody writes these calls."""
    renewed: str | None
    """When it said last that it lives, as it wrote it; None when it never did."""
    gone: bool | None
    """Whether its process is gone from this machine; None when it runs on another one."""


class LeaseWatch:
    """Decides which owners are lost, from what is seen of them at each look."""

    def __init__(self, lost_after_ms: int = LOST_AFTER_MS) -> None:
        """Nobody was seen yet."""
        self._lost_after_ms = lost_after_ms
        self._since: dict[str | None, tuple[str | None, int]] = {}
        """Owner -> its last renewal, and since when it is the last one."""

    def look(self, seen: Iterable[OwnerSeen], now_ms: int) -> list[OwnerSeen]:
        """Return those that are lost; owners that are not among `seen` any more are forgotten."""
        before, self._since = self._since, {}
        lost = []
        for owner in seen:
            renewed, since_ms = before.get(owner.owner, (None, now_ms))
            if renewed != owner.renewed:
                since_ms = now_ms
            self._since[owner.owner] = (owner.renewed, since_ms)
            if owner.gone or (owner.gone is None and now_ms - since_ms >= self._lost_after_ms):
                lost.append(owner)
        return lost

    def blind(self) -> None:
        """The database could not be read: nobody could renew either, so all waits begin anew."""
        self._since.clear()
