"""Tables that processes share, as the lines ask for them: the database blocks, so that a thread asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime

from calls.call_caps import Cap
from calls.nonces import NonceUse
from calls.phones import Bindings
from records.call_counts import CountTable
from records.nonce_counts import NonceTable
from records.phone_bindings import BindingTable
from records.store import EventStore


class SharedCounts:
    """Calls of a day, counted in the database (`calls.call_caps.CallCounts`)."""

    def __init__(self, store: EventStore) -> None:
        """Use the database of the call log."""
        self._table = CountTable(store.engine, store.master)

    async def reached(self, day: date, caps: Sequence[Cap]) -> Cap | None:
        """Return the first cap that leaves no room for another call."""
        return await asyncio.to_thread(self._table.reached, day, caps)

    async def take(self, day: date, caps: Sequence[Cap]) -> Cap | None:
        """Count one call under every cap, or none and say which."""
        return await asyncio.to_thread(self._table.take, day, caps)


class SharedBindings:
    """Where phones are registered, kept in the database (`calls.phones.PhoneBindings`)."""

    def __init__(self, store: EventStore) -> None:
        """Use the database of the call log."""
        self._table = BindingTable(store)

    async def of(self, phone: str) -> Bindings:
        """Return the bindings of one phone."""
        return await asyncio.to_thread(self._table.of, phone)

    async def change(self, phone: str, decide: Callable[[Bindings], Bindings]) -> Bindings:
        """Replace a phone's bindings by what `decide` makes of them."""
        return await asyncio.to_thread(self._table.change, phone, decide)

    async def orphans(self, now: datetime) -> Bindings:
        """Delete what ran out, and return the bindings of processes that live no more."""
        return await asyncio.to_thread(self._table.orphans, now)


class CountedNonces:
    """Challenges of phones that every process of the database believes (`calls.nonces.SharedNonces`).

    The keys of the seals come of the master key, which all these processes have anyway: no table holds one, and no
    backup that leaves out the master key.
    """

    def __init__(self, store: EventStore) -> None:
        """Use the database of the call log, and its master key."""
        self._table = NonceTable(store.engine)
        self._master = store.master

    def seal_key(self, period: int) -> bytes:
        """Return the key of a period."""
        return bytes.fromhex(self._master.mark(str(period), "sip nonce"))

    async def now_ms(self) -> int:
        """Return the database's time."""
        return await asyncio.to_thread(self._table.now_ms)

    async def take(self, use: NonceUse) -> bool:
        """Count one use of a nonce, or none and say so."""
        return await asyncio.to_thread(self._table.take, use)
