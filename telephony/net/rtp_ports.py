"""UDP port pairs for RTP and RTCP: taken in turn from a range, rested after use."""

from __future__ import annotations

import errno
import logging
import socket
from collections import deque
from dataclasses import dataclass

from calls.errors import CallCentreError
from calls.ports import Clock
from telephony.rtp.latch import Address

logger = logging.getLogger(__name__)

_MAPPED = "::ffff:"
_RECEIVE_BUFFER_BYTES = 1 << 18
"""Room for about two seconds of G.711 packets while the loop is busy."""


@dataclass(frozen=True, slots=True)
class PortPair:
    """Two bound, non-blocking sockets."""

    port: int
    """The even port of RTP; RTCP is one above."""
    rtp: socket.socket
    rtcp: socket.socket

    def close(self) -> None:
        """Close both sockets."""
        self.rtp.close()
        self.rtcp.close()


class PortPool:
    """Hands out port pairs, the longest rested first."""

    def __init__(self, host: str, port_min: int, port_max: int, drain_ms: int, clock: Clock) -> None:
        """Use the even ports from `port_min` on whose odd neighbour is not above `port_max`.

        Raises:
            CallCentreError: `media.bad_range` when no pair fits.
        """
        first = port_min + port_min % 2
        pairs = range(first, port_max, 2)
        if not pairs or first < 2 or port_max > 65_535:
            raise CallCentreError(
                "media.bad_range",
                f"The RTP port range {port_min} to {port_max} holds no pair of ports; widen it in [telephony.media].",
                fault="operator",
            )
        self._host = host
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._drain_ms = drain_ms
        self._clock = clock
        self._rested: deque[tuple[int, int | None]] = deque((port, None) for port in pairs)

    def take(self) -> PortPair:
        """Bind the pair that has rested longest.

        Raises:
            CallCentreError: `media.no_port` when every pair is in use or still rests, `media.bad_host` when the
                address is not one of this machine.
        """
        now_ms = self._clock.now_ms()
        for _ in range(len(self._rested)):
            port, released_ms = self._rested[0]
            if released_ms is not None and now_ms - released_ms < self._drain_ms:
                break
            self._rested.popleft()
            pair = self._bind(port)
            if pair is not None:
                return pair
            self._rested.append((port, now_ms))
        raise CallCentreError(
            "media.no_port",
            "Every RTP port of the range is in use; widen the range in [telephony.media] or take fewer calls.",
            fault="operator",
            retryable=True,
        )

    def give_back(self, pair: PortPair) -> None:
        """Close a pair and let its ports rest."""
        pair.close()
        self._rested.append((pair.port, self._clock.now_ms()))

    def _bind(self, port: int) -> PortPair | None:
        rtp = self._socket(port)
        if rtp is None:
            return None
        rtcp = self._socket(port + 1)
        if rtcp is None:
            rtp.close()
            return None
        return PortPair(port, rtp, rtcp)

    def _socket(self, port: int) -> socket.socket | None:
        bound = socket.socket(self._family, socket.SOCK_DGRAM)
        try:
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            if self._family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            bound.bind((self._host, port))
        except OSError as error:
            bound.close()
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                logger.info("an RTP port is taken by another program", extra={"port": port})
                return None
            raise CallCentreError(
                "media.bad_host",
                f"RTP cannot use the local address {self._host} ({error.strerror}); check [telephony.media] bind_host.",
                fault="operator",
            ) from error
        return bound


def plain_address(address: tuple[str, int] | tuple[str, int, int, int]) -> Address:
    """Return host and port as signalling names them: no scope, no IPv4 in IPv6's clothes."""
    host = address[0]
    return (host[len(_MAPPED) :] if host.startswith(_MAPPED) else host), address[1]


def socket_address(address: Address, family: int) -> Address:
    """Return the address in the form that a socket of `family` sends to."""
    host, port = address
    return (_MAPPED + host, port) if family == socket.AF_INET6 and ":" not in host else (host, port)
