"""How many calls web pages may place: by the site they are on, by the visitor's address, and all at once. Pure.

Nobody signs in to call from a page, so every limit is on what cannot be chosen freely: the site (browsers send it), the
address (ours or a trusted proxy's word), and the lines that there are. IPv6 visitors are counted by their /64, since
one visitor has all of its addresses (RFC 6177).
"""

from __future__ import annotations

import ipaddress
import math
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.front_door import plain_address

MINUTE_MS = 60_000

BUSY_RETRY_S = 30
"""When a page may ask again while a call has to end first. Source: our choice; half of the shortest useful call."""

_REMEMBERED = 10_000
"""Addresses whose last minute is kept; then all that are older than a minute are forgotten. About 2 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebCallLimits:
    """What is allowed."""

    per_address: int
    """Calls at once."""
    per_address_per_minute: int
    """Attempts, also those that fail."""
    per_origin: int
    """Calls at once from one site that embeds the page."""
    of_origin: Mapping[str, int]
    """The same for sites with a number of their own."""
    in_total: int
    """Calls at once."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a page may not call now."""

    code: str
    """`web.too_often`, `web.address_busy`, `web.site_busy`, `web.full`."""
    status: int
    """429: the visitor or the site has too many; 503: we have no line."""
    sentence: str
    retry_after_s: int


class WebCallRefusedError(Exception):
    """Carries the refusal to whoever answers the page."""

    def __init__(self, why: Refused) -> None:
        """For `why`."""
        super().__init__(why.code)
        self.why = why


Leave = Callable[[], None]


class WebCalls:
    """The calls from pages now, and the attempts of the last minute."""

    def __init__(self, limits: WebCallLimits) -> None:
        """Nobody calls yet."""
        self._limits = limits
        self._addresses: Counter[str] = Counter()
        self._origins: Counter[str] = Counter()
        self._attempts: dict[str, deque[int]] = {}

    def enter(self, origin: str, address: str, now_ms: int) -> Leave | Refused:
        """Count a call in, or say why not; the function that is returned counts it out, once.

        Args:
            origin: Site that embeds the page; empty for our own.
            address: The visitor's.
            now_ms: Monotonic. This machine is not limited by the minute.
        """
        limits, visitor = self._limits, visitor_of(address)
        too_often = self._too_often(visitor, now_ms)
        if too_often is not None:
            return too_often
        if self._addresses[visitor] >= limits.per_address:
            return Refused(
                "web.address_busy",
                429,
                "There are too many calls from this address already; end one and try again.",
                BUSY_RETRY_S,
            )
        if origin and self._origins[origin] >= limits.of_origin.get(origin, limits.per_origin):
            return Refused(
                "web.site_busy",
                429,
                "All lines of this site are busy at the moment; please try again in a minute.",
                BUSY_RETRY_S,
            )
        if self._addresses.total() >= limits.in_total:
            return Refused(
                "web.full", 503, "All lines are busy at the moment; please try again in a minute.", BUSY_RETRY_S
            )
        self._addresses[visitor] += 1
        self._origins[origin] += 1
        left = False

        def leave() -> None:
            nonlocal left
            if not left:
                left = True
                _less(self._addresses, visitor)
                _less(self._origins, origin)

        return leave

    def _too_often(self, visitor: str, now_ms: int) -> Refused | None:
        if _is_this_machine(visitor):
            return None
        if len(self._attempts) > _REMEMBERED:
            kept = {name: times for name, times in self._attempts.items() if times[-1] > now_ms - MINUTE_MS}
            self._attempts = kept
        times = self._attempts.setdefault(visitor, deque())
        while times and times[0] <= now_ms - MINUTE_MS:
            times.popleft()
        if len(times) >= self._limits.per_address_per_minute:
            wait_s = math.ceil((times[0] + MINUTE_MS - now_ms) / 1000)
            sentence = f"There were too many calls from this address within a minute; please try again in {wait_s} s."
            return Refused("web.too_often", 429, sentence, wait_s)
        times.append(now_ms)
        return None


def visitor_of(address: str) -> str:
    """Return what a visitor is counted by: the IPv4 address, or the /64 of an IPv6 one."""
    plain = plain_address(address)
    if isinstance(plain, ipaddress.IPv6Address) and not plain.is_loopback:
        return str(ipaddress.ip_network((plain, 64), strict=False))
    return str(plain) if plain is not None else address


def _is_this_machine(visitor: str) -> bool:
    plain = plain_address(visitor)
    return plain is not None and plain.is_loopback


def _less(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
