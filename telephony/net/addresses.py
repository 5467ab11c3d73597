"""Addresses of this host: what to listen on, and which one a peer can reach us at."""

from __future__ import annotations

import ipaddress
import socket

from calls.errors import CallCentreError

_ANY_PORT = 9
"""A connected UDP socket sends nothing, so that any port shows the route. Source: discard, RFC 863."""


Address = tuple[str, int]
"""Host and port."""


def parse_listens(listen: str, setting: str = "listen") -> tuple[Address, ...]:
    """Split one or several `host:port`, with commas between them; all must have the same port.

    Raises:
        CallCentreError: `config.bad_listen`.
    """
    found = tuple(parse_listen(item.strip(), setting) for item in listen.split(",") if item.strip())
    if len({port for _, port in found}) > 1:
        raise CallCentreError(
            "config.bad_listen",
            f"[telephony.sip] {setting} names several ports; peers are told one, so write the same with each address.",
            fault="operator",
        )
    return found


def parse_listen(listen: str, setting: str = "listen") -> Address:
    """Split `host:port`, IPv6 in brackets.

    Raises:
        CallCentreError: `config.bad_listen`.
    """
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise CallCentreError(
            "config.bad_listen",
            f"{listen!r} is no address to listen on; write [telephony.sip] {setting} as host:port, "
            "for example 0.0.0.0:5060.",
            fault="operator",
        )
    return host, int(port)


def is_loopback(host: str) -> bool:
    """True for addresses of this computer alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
