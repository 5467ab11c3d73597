"""Bindings of phones kept in memory: for tests and gateways of one process. The service keeps them in its database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from calls.phones import Bindings
from telephony.sip.registrar_rules import without_expired


class MemoryBindings:
    """Bindings of one process (`calls.phones.PhoneBindings`)."""

    def __init__(self) -> None:
        """Begin without any."""
        self._by_phone: dict[str, Bindings] = {}

    async def of(self, phone: str) -> Bindings:
        """Return the bindings of one phone."""
        return self._by_phone.get(phone, ())

    async def change(self, phone: str, decide: Callable[[Bindings], Bindings]) -> Bindings:
        """Replace a phone's bindings by what `decide` makes of them."""
        self._by_phone[phone] = decide(self._by_phone.get(phone, ()))
        return self._by_phone[phone]

    async def orphans(self, now: datetime) -> Bindings:
        """Delete what ran out; nobody else shares the memory."""
        for phone, items in self._by_phone.items():
            self._by_phone[phone] = without_expired(items, now)
        return ()
