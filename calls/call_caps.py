"""How many calls a day may go out, and who counts them: a word that signalling and the database share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

CapKind = Literal["number", "trunk", "day"]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many calls of one kind a day."""

    kind: CapKind
    name: str
    """The number in E.164 or the address, the trunk, or empty for all calls."""
    most: int


class CallCounts(Protocol):
    """Counts the calls of each day, for every process that shares the counts."""

    async def reached(self, day: date, caps: Sequence[Cap]) -> Cap | None:
        """Return the first cap that leaves no room for another call, None when all do. Counts nothing.

        Raises:
            CallCentreError: `database.*` when nobody can tell.
        """
        ...

    async def take(self, day: date, caps: Sequence[Cap]) -> Cap | None:
        """Count one call under every cap, all at once and only if each has room; else return the first that has none.

        Raises:
            CallCentreError: `database.*` when it could not be counted.
        """
        ...
