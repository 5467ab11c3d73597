"""Tables that processes share, as the lines ask for them: the database blocks, so that a thread asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime

from calls.call_caps import Cap
from calls.phones import Bindings
from records.call_counts import CountTable
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
