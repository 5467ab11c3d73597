"""Who is served at all: sources that we know, and strangers only where the settings let them in, slowly.

::

    SERVED --too many requests: dropped--> SERVED --STRIKES drops--> BANNED --its time is over--> SERVED
                                                                       '--further requests: dropped

Loopback, private networks and the addresses of trunks are always served and never counted. A stranger from a public
address gets no reply whatever it sends, unless strangers are accepted; so a scanner does not even learn that somebody
listens. Requests within a call are none of this: they are found by tags that nobody can guess.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

BURST = 20
"""Requests at once. Source: a phone that starts sends REGISTER and OPTIONS and places one call, each at most twice;
svmap and svwar of SIPVicious send 200 in the first second."""
REFILL_MS = 500
"""A further request each half second: a call a second, answered and ended."""
STRIKES = 20
"""Drops that make a ban: one retransmitted request alone is sent 11 times (RFC 3261 section 17.1.2.2)."""
BAN_MS = 600_000
"""First ban; each further one lasts twice as long, up to `LONGEST_BAN_MS`."""
LONGEST_BAN_MS = 86_400_000
MAX_STRANGERS = 10_000
"""Sources that are remembered; the one heard of longest ago is forgotten."""


@dataclass(slots=True)
class _Stranger:
    """What one source did."""

    tokens: float = BURST
    seen_ms: int = 0
    strikes: int = 0
    bans: int = 0
    banned_until_ms: int = 0


class SourceGuard:
    """Decides for each request outside of calls whether it is looked at."""

    def __init__(
        self,
        networks: Iterable[Network] = (),
        *,
        accept_unknown: bool = False,
        is_near: Callable[[Address], bool] = lambda address: not address.is_global,
    ) -> None:
        """Begin without strangers.

        Args:
            networks: Of trunks.
            accept_unknown: True: strangers are served too, up to a rate.
            is_near: Says which addresses need no trunk: by default all that the Internet does not route.
        """
        self._networks = tuple(networks)
        self._accept_unknown = accept_unknown
        self._is_near = is_near
        self._known: set[Address] = set()
        self._strangers: OrderedDict[Address, _Stranger] = OrderedDict()

    @property
    def remembered(self) -> int:
        """How many strangers are remembered."""
        return len(self._strangers)

    def know(self, hosts: Iterable[str]) -> None:
        """Serve these addresses from now on: servers that a trunk's name led to."""
        self._known.update(ipaddress.ip_address(host) for host in hosts)

    def is_banned(self, host: str, now_ms: int) -> bool:
        """True while nothing that this source sends is looked at."""
        stranger = self._strangers.get(_plain(host))
        return stranger is not None and now_ms < stranger.banned_until_ms

    def serves(self, host: str, now_ms: int) -> bool:
        """Say whether a request from there is looked at, and count it when it is a stranger's."""
        address = _plain(host)
        if self._is_near(address) or address in self._known or any(address in network for network in self._networks):
            return True
        if not self._accept_unknown:
            return False
        stranger = self._strangers.setdefault(address, _Stranger(seen_ms=now_ms))
        self._strangers.move_to_end(address)
        if len(self._strangers) > MAX_STRANGERS:
            self._strangers.popitem(last=False)
        return _spend(stranger, now_ms)


def _spend(stranger: _Stranger, now_ms: int) -> bool:
    """Take one request; False when it is one too many or the source is banned."""
    if now_ms < stranger.banned_until_ms:
        return False
    stranger.tokens = min(BURST, stranger.tokens + (now_ms - stranger.seen_ms) / REFILL_MS)
    stranger.seen_ms = now_ms
    if stranger.tokens >= BURST:
        stranger.strikes = 0
    if stranger.tokens >= 1:
        stranger.tokens -= 1
        return True
    stranger.strikes += 1
    if stranger.strikes >= STRIKES:
        stranger.strikes = 0
        stranger.banned_until_ms = now_ms + min(BAN_MS << min(stranger.bans, 10), LONGEST_BAN_MS)
        stranger.bans += 1
    return False


def _plain(host: str) -> Address:
    """Return the address without the zone of a link, and IPv4 in IPv6 as IPv4."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
