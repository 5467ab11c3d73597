"""Where a phone of ours is reached, and who keeps it: a word that signalling and the database share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneBinding:
    """One place of one phone."""

    phone: str
    """Name of the phone."""
    place: str
    """64 letters that stand for the device, or for the address where it names no device."""
    contact: str
    """The Contact as it came, without `expires` and `q`."""
    q: int
    """Preference in thousandths."""
    call_id: str
    """64 letters that stand for the Call-ID of the REGISTER that made or renewed it. With its number beside it an old
    one that comes late changes nothing."""
    cseq: int
    registered_utc: datetime
    """When it was made or renewed last."""
    expires_utc: datetime
    transport: str
    """`udp`, `tcp` or `tls`: what the REGISTER came on."""
    host: str
    """Address where it really came from, behind a translator the translator's."""
    port: int
    connection: int
    """Number of the owner's connection that it came on, 0 for none or one that broke."""
    behind_nat: bool
    """The Contact does not lead to where the REGISTER came from: only the way back does."""
    owner: str
    """The process that the phone registered at."""
    route: str
    """Where that process listens, `host:port`."""
    user_agent: str = ""
    path: tuple[str, ...] = ()
    """What calls to it visit first, as a proxy of ours wrote it (RFC 3327); with one every process can call the phone,
    and `host`, `port` and `transport` are what the proxy saw."""


Bindings = tuple[PhoneBinding, ...]


class PhoneBindings(Protocol):
    """Keeps the bindings of all phones, for every process that shares them."""

    async def of(self, phone: str) -> Bindings:
        """Return the bindings of one phone, those that ran out too.

        Raises:
            CallCentreError: `database.*`.
        """
        ...

    async def change(self, phone: str, decide: Callable[[Bindings], Bindings]) -> Bindings:
        """Replace a phone's bindings by what `decide` makes of them, all or nothing, one change at a time.

        Args:
            phone: Whose.
            decide: Gets the bindings that stand now and returns those that shall; may run more than once, in a thread.

        Returns:
            What stands now.

        Raises:
            CallCentreError: `database.*`; nothing was changed.
        """
        ...

    async def orphans(self, now: datetime) -> Bindings:
        """Delete what ran out, and return the bindings of processes that live no more."""
        ...
