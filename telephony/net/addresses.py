"""Addresses of this host: what to listen on, and which one a peer can reach us at."""

from __future__ import annotations

import ipaddress
import socket

from calls.errors import CallCentreError

_ANY_PORT = 9
"""A connected UDP socket sends nothing, so that any port shows the route. Source: discard, RFC 863."""


def parse_listen(listen: str) -> tuple[str, int]:
    """Split `host:port`, IPv6 in brackets.

    Raises:
        CallCentreError: `config.bad_listen`.
    """
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise CallCentreError(
            "config.bad_listen",
            f"{listen!r} is no address to listen on; write host:port, for example 0.0.0.0:5060.",
            fault="operator",
        )
    return host, int(port)


def is_wildcard(host: str) -> bool:
    """True for `0.0.0.0` and `::`."""
    return ipaddress.ip_address(host).is_unspecified


def local_address_facing(peer_host: str) -> str:
    """Return the address of ours from which packets to the peer leave; loopback when there is no route.

    Asked anew each time, since addresses change while a service runs; it costs about 5 microseconds.
    """
    is_ipv6 = ":" in peer_host
    with socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((peer_host, _ANY_PORT))
        except OSError:
            return "::1" if is_ipv6 else "127.0.0.1"
        return str(probe.getsockname()[0]).partition("%")[0]
