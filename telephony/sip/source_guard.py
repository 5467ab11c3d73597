"""Who is served at all: sources that we know, and strangers only where the settings let them in, slowly.

::

    SERVED --too many requests: dropped--> SERVED --STRIKES drops--> BANNED --its time is over--> SERVED
                                                                       '--further requests: dropped

Loopback, private networks and the addresses of trunks are always served and never counted. A stranger from a public
address gets no reply whatever it sends, unless strangers are accepted, or it is where phones may come from and its
request has to be proven; so a scanner does not even learn that somebody listens. Requests within a call are none of
this: they are found by tags that nobody can guess.

Wrong passwords are counted for each source but loopback and trunks. Who guesses on is barred from all that needs a
proof, a stranger from everything.
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
GUESSES = 20
"""Wrong passwords at once: an office of twenty phones whose password was changed, behind one address."""
GUESS_REFILL_MS = 30_000
"""A further one each half minute: a phone with an old password asks about once a minute and shall not bar its
neighbours, and a guesser gets 2,880 tries a day at a password of 8 letters or more."""
MAX_STRANGERS = 10_000
"""Sources that are remembered; the one heard of longest ago is forgotten."""


@dataclass(slots=True)
class _Stranger:
    """What one source did."""

    tokens: float
    seen_ms: int
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
        phone_networks: Iterable[Network] = (),
        is_near: Callable[[Address], bool] = lambda address: not address.is_global,
        is_never_barred: Callable[[Address], bool] = lambda address: address.is_loopback,
    ) -> None:
        """Begin without strangers.

        Args:
            networks: Of trunks.
            accept_unknown: True: strangers are served too, up to a rate.
            phone_networks: Public networks whose phones may prove who they are, up to the same rate.
            is_near: Says which addresses need no trunk: by default all that the Internet does not route.
            is_never_barred: Says which addresses may guess passwords without end.
        """
        self._networks = tuple(networks)
        self._phone_networks = tuple(phone_networks)
        self._accept_unknown = accept_unknown
        self._is_near = is_near
        self._is_never_barred = is_never_barred
        self._known: set[Address] = set()
        self._strangers: OrderedDict[Address, _Stranger] = OrderedDict()
        self._guessers: OrderedDict[Address, _Stranger] = OrderedDict()

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
        banned = stranger is not None and now_ms < stranger.banned_until_ms
        return banned or (self.bars(host, now_ms) and not self.is_near(host))

    def is_near(self, host: str) -> bool:
        """True for loopback and the networks of the house."""
        return self._is_near(_plain(host))

    def bars(self, host: str, now_ms: int) -> bool:
        """True while nothing from there is believed, the right password neither: it guessed too often."""
        guesser = self._guessers.get(_plain(host))
        return guesser is not None and now_ms < guesser.banned_until_ms

    def blame(self, host: str, now_ms: int) -> None:
        """Count a wrong password; loopback and trunks are not counted."""
        address = _plain(host)
        if not self._is_never_barred(address) and not self._is_trunk(address):
            guesser = _remembered(self._guessers, address, GUESSES, now_ms)
            _spend(guesser, now_ms, GUESSES, GUESS_REFILL_MS, strikes=1)

    def serves(self, host: str, now_ms: int, *, must_prove: bool = False) -> bool:
        """Say whether a request from there is looked at, and count it when it is a stranger's.

        Args:
            host: Where it came from.
            now_ms: Time.
            must_prove: The request gets nowhere without a password, so that phones may send it from outside.
        """
        address = _plain(host)
        if must_prove and self.bars(host, now_ms):
            return False
        if self._is_near(address) or self._is_trunk(address):
            return True
        may_be_phone = must_prove and self.may_hold_phones(host)
        if self.bars(host, now_ms) or not (self._accept_unknown or may_be_phone):
            return False
        return _spend(_remembered(self._strangers, address, BURST, now_ms), now_ms, BURST, REFILL_MS, STRIKES)

    def may_hold_phones(self, host: str) -> bool:
        """True when phones may register from there: near, or of a network that was named for them."""
        address = _plain(host)
        return self._is_near(address) or any(address in network for network in self._phone_networks)

    def _is_trunk(self, address: Address) -> bool:
        return address in self._known or any(address in network for network in self._networks)


def _remembered(sources: OrderedDict[Address, _Stranger], address: Address, tokens: int, now_ms: int) -> _Stranger:
    found = sources.setdefault(address, _Stranger(tokens, now_ms))
    sources.move_to_end(address)
    if len(sources) > MAX_STRANGERS:
        sources.popitem(last=False)
    return found


def _spend(stranger: _Stranger, now_ms: int, most: int, refill_ms: int, strikes: int) -> bool:
    """Take one request; False when it is one too many or the source is banned."""
    if now_ms < stranger.banned_until_ms:
        return False
    stranger.tokens = min(most, stranger.tokens + (now_ms - stranger.seen_ms) / refill_ms)
    stranger.seen_ms = now_ms
    if stranger.tokens >= most:
        stranger.strikes = 0
    if stranger.tokens >= 1:
        stranger.tokens -= 1
        return True
    stranger.strikes += 1
    if stranger.strikes >= strikes:
        stranger.strikes = 0
        stranger.banned_until_ms = now_ms + min(BAN_MS << min(stranger.bans, 10), LONGEST_BAN_MS)
        stranger.bans += 1
    return False


def _plain(host: str) -> Address:
    """Return the address without the zone of a link, and IPv4 in IPv6 as IPv4."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
