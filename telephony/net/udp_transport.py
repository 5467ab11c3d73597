"""One UDP socket for signalling: datagrams in, datagrams out, failures told with the peer they concern."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import cast

from calls.errors import CallCentreError
from telephony.net.undelivered import ask_for_undelivered, read_undelivered
from telephony.sip.message import Flow

logger = logging.getLogger(__name__)


class UdpTransport(asyncio.DatagramProtocol):
    """A bound socket; made by `open_udp`."""

    def __init__(
        self, bound: socket.socket, received: Callable[[bytes, Flow], None], failed: Callable[[Flow], None]
    ) -> None:
        """Call `received` for each datagram and `failed` when one could not be sent or delivered."""
        self._received = received
        self._failed = failed
        self._socket = bound
        self._transport: asyncio.DatagramTransport | None = None
        self._sending: tuple[bytes, Flow] | None = None

    @property
    def local_address(self) -> tuple[str, int]:
        """Host and port that are bound."""
        assert self._transport is not None, "open_udp connects it"
        host, port = self._transport.get_extra_info("sockname")[:2]
        return str(host), int(port)

    def send(self, data: bytes, flow: Flow) -> None:
        """Send one datagram at once or drop it; a failure is told by `failed` on the next turn of the loop."""
        if self._transport is None or self._transport.is_closing():
            return
        self._sending = data, flow
        self._tell_undelivered()  # else the system would report an earlier datagram's fate in place of sending this one
        try:
            self._transport.sendto(data, (flow.host, flow.port))
        except (OSError, ValueError, OverflowError):
            self._tell_failure()
        finally:
            self._sending = None

    def close(self) -> None:
        """Release the port; idempotent."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # asyncio's own class does not inherit from it

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hand a datagram on (asyncio calls this); nobody answers to port 0."""
        if addr[1]:
            self._received(data, Flow(addr[0].partition("%")[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """Note that a datagram could not be sent or delivered (asyncio calls this).

        What fails a send may be the fate of an earlier datagram to somebody else, heard of just now; the system says so
        once, in place of sending. The datagram is sent again then, and only a second failure is its own.
        """
        logger.info("a datagram could not be sent", extra={"error": type(exc).__name__})
        self._tell_undelivered()
        if self._sending is not None:
            data, flow = self._sending
            try:
                self._socket.sendto(data, (flow.host, flow.port))
            except OSError:
                self._tell_failure()

    def _tell_undelivered(self) -> None:
        """Tell of each peer of whom the network said that datagrams cannot reach it."""
        for flow in read_undelivered(self._socket):
            if flow is not None:
                asyncio.get_running_loop().call_soon(self._failed, flow)

    def _tell_failure(self) -> None:
        if self._sending is not None:
            asyncio.get_running_loop().call_soon(self._failed, self._sending[1])


async def open_udp(
    host: str, port: int, received: Callable[[bytes, Flow], None], failed: Callable[[Flow], None]
) -> UdpTransport:
    """Bind a socket; a port that is taken is an error, never shared.

    Raises:
        CallCentreError: `sip.port_taken`, `sip.bad_address`, `sip.not_allowed`.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, _, _, _, address = found[0]
        bound = socket.socket(family, socket.SOCK_DGRAM)
        try:
            bound.setblocking(False)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            ask_for_undelivered(bound)
            bound.bind(address)
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise explain_bind(error, host, port, "listen") from error
    _, protocol = await loop.create_datagram_endpoint(lambda: UdpTransport(bound, received, failed), sock=bound)
    return protocol


def explain_bind(error: OSError, host: str, port: int, setting: str) -> CallCentreError:
    """Return why an address cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return CallCentreError(
            "sip.port_taken",
            f"port {port} is already used by another program; stop it or set [telephony.sip] {setting}.",
            fault="operator",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return CallCentreError(
            "sip.not_allowed",
            f"port {port} may not be opened by this user; choose one above 1023 in [telephony.sip] {setting}.",
            fault="operator",
        )
    return CallCentreError(
        "sip.bad_address",
        f"{host} is no address of this computer ({error.strerror}); correct [telephony.sip] {setting}.",
        fault="operator",
    )
