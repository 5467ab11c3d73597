"""What the network says of datagrams that could not be delivered (ICMP), read from a UDP socket's error queue.

RFC 3261 section 18.4: host, network, port and protocol unreachable and parameter problems are failures of sending;
everything else, like an expired time to live, is none. Linux only; elsewhere nothing is ever said.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator

from telephony.sip.message import Flow

_IP_RECVERR, _IPV6_RECVERR = 11, 25
"""Source: linux/in.h, linux/in6.h; Python has no names for them before 3.14."""
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
"""`struct sock_extended_err` of linux/errqueue.h: errno, origin, type, code, padding, info, data."""
_FROM_ICMP, _FROM_ICMP6 = 2, 3
"""`ee_origin`."""
_FAILURES = frozenset({(_FROM_ICMP, 3), (_FROM_ICMP, 12), (_FROM_ICMP6, 1), (_FROM_ICMP6, 4)})
"""Destination unreachable and parameter problem. Source: RFC 792, RFC 4443."""
_TOO_BIG = (_FROM_ICMP, 3, 4)
"""Fragmentation needed, which the system heeds by itself with the next datagram."""
_BATCH = 100
"""Read in one go, so that a flood cannot hold up the loop; what is left raises the next event."""


def ask_for_undelivered(bound: socket.socket) -> None:
    """Make the system keep what it hears of undelivered datagrams for `read_undelivered`."""
    if sys.platform != "linux":
        return
    if bound.family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        bound.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


def read_undelivered(bound: socket.socket) -> Iterator[Flow | None]:
    """Yield, for each message that waits, whom a datagram did not reach; None for a message that is no failure."""
    if sys.platform != "linux":
        return
    for _ in range(_BATCH):
        try:
            _, fields, _, peer = bound.recvmsg(0, 512, socket.MSG_ERRQUEUE)
        except OSError:  # nothing waits, or the socket is closed
            return
        yield (
            Flow(str(peer[0]).partition("%")[0], int(peer[1])) if any(_is_failure(field) for field in fields) else None
        )


def _is_failure(field: tuple[int, int, bytes]) -> bool:
    level, kind, data = field
    if (level, kind) not in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
        return False
    if len(data) < _EXTENDED_ERROR.size:
        return False
    _, origin, icmp_type, code, *_ = _EXTENDED_ERROR.unpack_from(data)
    return (origin, icmp_type) in _FAILURES and (origin, icmp_type, code) != _TOO_BIG
