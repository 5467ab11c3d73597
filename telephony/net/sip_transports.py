"""Everything that carries SIP messages: UDP and TCP on the same ports, TLS beside them, IPv4 and IPv6."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from calls.errors import CallCentreError
from calls.ports import Clock
from telephony.net.addresses import Address, is_wildcard, local_address_facing
from telephony.net.stream_pool import StreamLimits, StreamPool, TransportEvents
from telephony.net.tls_contexts import TlsSettings, client_context, load_own, server_context
from telephony.net.udp_transport import UdpTransport, explain_bind, open_udp
from telephony.sip.message import Flow, Transport

logger = logging.getLogger(__name__)

RENEWAL_S = 60.0
"""How often the certificate's files are looked at; renewals come weeks before the old one ends."""
_TRIES_FOR_ANY_PORT = 20
"""A port that the system gives for UDP may be taken over TCP; then another one is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """Where to listen and how."""

    listen: tuple[Address, ...]
    """UDP and TCP; all with the same port."""
    tls_listen: tuple[Address, ...]
    """TLS; all with the same port; may be empty."""
    tls: TlsSettings
    limits: StreamLimits
    advertise: str | None
    """Address of ours that peers of its family are told instead of the real one."""


class SipTransports:
    """Opens the ports, sends messages where their flows say, tells what comes in."""

    def __init__(self, settings: TransportSettings, clock: Clock, events: TransportEvents) -> None:
        """Prepare; nothing is bound before `start`.

        Raises:
            CallCentreError: `config.bad_tls` when TLS is wanted and its files do not serve.
        """
        self._settings = settings
        self._events = events
        self._server_tls = server_context(settings.tls) if settings.tls_listen else None
        self._client_tls: ssl.SSLContext | None = client_context(settings.tls) if settings.tls_listen else None
        self._pool = StreamPool(events, clock, settings.limits, self._make_client_tls, self._bound_host)
        self._udp: list[UdpTransport] = []
        self._udp_by_version: dict[bool, UdpTransport] = {}
        self._bound_hosts: dict[bool, str] = {}
        """Address of ours by "is it IPv6", where it is not a wildcard."""
        self._tls_port = 0
        self._renewal: asyncio.TimerHandle | None = None
        self._certificate_read = self._files_changed()

    @property
    def addresses(self) -> list[Address]:
        """Every address that is bound over UDP and TCP."""
        return [transport.local_address for transport in self._udp]

    @property
    def transports(self) -> tuple[Transport, ...]:
        """What a request of ours may travel on, most wanted first."""
        return ("udp", "tcp", "tls")

    @property
    def versions(self) -> frozenset[int]:
        """4, 6 or both: what we have an address of."""
        return frozenset(6 if ":" in host else 4 for host, _ in self.addresses)

    @property
    def tls_port(self) -> int:
        """The port that is bound over TLS, 0 for none."""
        return self._tls_port

    @property
    def open_connections(self) -> int:
        """How many TCP and TLS connections are open."""
        return self._pool.open_count

    async def start(self) -> None:
        """Bind every port.

        Raises:
            CallCentreError: `sip.port_taken`, `sip.bad_address`, `sip.not_allowed`.
        """
        try:
            port = self._settings.listen[0][1]
            for host, _ in self._settings.listen:
                port = await self._listen_plain(host, port)
            tls_port = self._settings.tls_listen[0][1] if self._settings.tls_listen else 0
            for host, _ in self._settings.tls_listen:
                bound = bind_tcp(host, tls_port, "tls_listen")
                tls_port = self._tls_port = int(bound.getsockname()[1])
                await self._pool.listen(bound, self._server_tls)
            if self._settings.tls_listen:
                self._renewal = asyncio.get_running_loop().call_later(RENEWAL_S, self._renew)
        except BaseException:
            await self.close()
            raise

    def send(self, data: bytes, flow: Flow) -> None:
        """Send one message; what fails is told later, never raised."""
        if flow.transport != "udp":
            self._pool.send(data, flow)
            return
        transport = self._udp_by_version.get(":" in flow.host) or self._udp[0]
        transport.send(data, flow)

    async def open(self, flow: Flow) -> Flow:
        """Return the flow ready to send on: with its open connection where it is a stream.

        Raises:
            CallCentreError: `call.unreachable`, `call.not_trusted`.
        """
        return flow if flow.transport == "udp" else await self._pool.open(flow)

    def is_open(self, flow: Flow) -> bool:
        """True while the connection that a flow names is open."""
        return self._pool.is_open(flow)

    def local_host(self, peer_host: str) -> str:
        """Return the address of ours that this peer is told."""
        is_v6 = ":" in peer_host
        advertise = self._settings.advertise
        if advertise is not None and (":" in advertise) == is_v6:
            return advertise
        return self._bound_hosts.get(is_v6) or local_address_facing(peer_host)

    async def close(self) -> None:
        """Release every port; idempotent."""
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        for transport in self._udp:
            transport.close()
        self._udp.clear()
        self._udp_by_version.clear()
        await self._pool.close()

    async def _listen_plain(self, host: str, port: int) -> int:
        for left in reversed(range(_TRIES_FOR_ANY_PORT)):
            udp = await open_udp(host, port, self._events.message_received, self._events.send_failed)
            try:
                bound = bind_tcp(host, udp.local_address[1], "listen")
            except CallCentreError as error:
                udp.close()
                if port or not left or error.code != "sip.port_taken":
                    raise
                continue
            break
        self._udp.append(udp)
        own_host = udp.local_address[0]
        self._udp_by_version.setdefault(":" in own_host, udp)
        if not is_wildcard(own_host):
            self._bound_hosts.setdefault(":" in own_host, own_host)
        await self._pool.listen(bound, None)
        return udp.local_address[1]

    def _renew(self) -> None:
        """Take a new certificate into use once its files were written."""
        self._renewal = asyncio.get_running_loop().call_later(RENEWAL_S, self._renew)
        changed = self._files_changed()
        if changed == self._certificate_read:
            return
        try:
            for context in (self._server_tls, self._client_tls):
                if context is not None:
                    load_own(context, self._settings.tls)
        except CallCentreError as error:
            logger.error("%s The certificate in force goes on.", error.message)
        else:
            self._certificate_read = changed
            logger.info("the certificate was read again")

    def _files_changed(self) -> tuple[int, ...]:
        names = (self._settings.tls.certificate, self._settings.tls.key) if self._settings.tls_listen else ()
        return tuple(Path(name).stat().st_mtime_ns if Path(name).is_file() else 0 for name in names)

    def _bound_host(self, peer_host: str) -> str | None:
        return self._bound_hosts.get(":" in peer_host)

    def _make_client_tls(self) -> ssl.SSLContext:
        if self._client_tls is None:
            self._client_tls = client_context(self._settings.tls)
        return self._client_tls


class _Deaf:
    """Hears nothing."""

    def message_received(self, data: bytes, source: Flow) -> None:
        """Drop it."""

    def send_failed(self, flow: Flow) -> None:
        """Drop it."""

    def flow_lost(self, flow: Flow) -> None:
        """Drop it."""

    def connections_in_use(self) -> set[int]:
        """Return none."""
        return set()


async def probe_ports(settings: TransportSettings, clock: Clock) -> None:
    """Bind every port and release it again, so that a wrong setting is told before anything slow is started.

    Raises:
        CallCentreError: `sip.port_taken`, `sip.bad_address`, `sip.not_allowed`, `config.bad_tls`.
    """
    probe = SipTransports(settings, clock, _Deaf())
    await probe.start()
    await probe.close()
    await asyncio.sleep(0)  # the sockets are closed on the loop's next turn


def bind_tcp(host: str, port: int, setting: str) -> socket.socket:
    """Bind a TCP socket without listening yet.

    Raises:
        CallCentreError: `sip.port_taken`, `sip.bad_address`, `sip.not_allowed`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.bind((host, port))
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise explain_bind(error, host, port, setting) from error
    return bound
