"""Where to send: symmetric RTP with a guard against hijackers.

A phone behind NAT announces an address that nobody can reach; the address that its packets come from works. But whoever
sends first must not take the call over, so:

    no source yet, packet from the announced address   -> it is the source
    no source yet, two packets from another address    -> it is the source
    source alive, packet from elsewhere                -> refused
    source alive, two packets from the announced one   -> that is the source: signalling has the last word
    source silent for `silent_ms`, two from elsewhere  -> that is the source (the phone changed networks)

Source: RFC 7362 section 4 (latching) and its section 5 on who must not be latched onto.
"""

from __future__ import annotations

Address = tuple[str, int]
"""IP address literal and UDP port."""

_BELIEVED_AFTER = 2
"""Packets in a row from a strange address before it is believed, as for a strange SSRC (RFC 3550 appendix A.1)."""


class Latch:
    """The addresses of one stream."""

    def __init__(self, silent_ms: int = 1000) -> None:
        """Let a strange source take over once the old one has been silent for `silent_ms`."""
        self.refused = 0
        """Packets that came from somewhere else while the source was alive."""
        self._silent_ms = silent_ms
        self._announced: Address | None = None
        self._source: Address | None = None
        self._seen_ms = 0.0
        self._stranger: Address | None = None
        self._stranger_count = 0

    @property
    def target(self) -> Address | None:
        """Where to send: to the source if there is one, else to the announced address."""
        return self._source or self._announced

    @property
    def source(self) -> Address | None:
        """Where packets are accepted from; None before the first."""
        return self._source

    def announce(self, address: Address) -> None:
        """Take the address of an offer or answer; a new one forgets the old source."""
        if address != self._announced:
            self._announced = address
            self._source = None
            self._stranger = None

    def accept(self, address: Address, now_ms: float) -> bool:
        """Return True when a valid packet from `address` belongs to the stream; may move the target."""
        if address == self._source:
            self._seen_ms = now_ms
            return True
        announced = address == self._announced
        if self._source is None:
            needed = 1 if announced else _BELIEVED_AFTER
        elif announced or now_ms - self._seen_ms >= self._silent_ms:
            needed = _BELIEVED_AFTER
        else:
            self.refused += 1
            return False
        self._stranger_count = self._stranger_count + 1 if address == self._stranger else 1
        self._stranger = address
        if self._stranger_count < needed:
            return False
        self._source = address
        self._seen_ms = now_ms
        self._stranger = None
        return True
