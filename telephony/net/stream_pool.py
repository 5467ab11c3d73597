"""All TCP and TLS connections of the gateway: accepted ones, opened ones, used again, bounded, closed when idle."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from calls.errors import CallCentreError
from calls.ports import Clock
from telephony.net.addresses import is_loopback
from telephony.net.stream_connection import StreamConnection
from telephony.net.stream_errors import explain_connect
from telephony.sip.message import Flow, Transport

logger = logging.getLogger(__name__)

CONNECT_MS = 4_000
"""How long opening a connection may take, TLS included. Source: three SYNs, at 0, 1 and 3 s (RFC 6298 section 2)."""
LOOK_AFTER_S = 2.0
"""How often connections are looked after; the shortest limit is 10 s."""
MAX_WAITING = 32
"""Messages that wait for one connection to open; more are dropped and reported."""
MAX_OPENING = 256
"""Connections that are being opened for messages at a time; a peer that asks and hangs up cannot make us dial on."""
_BACKLOG = 256

StreamKey = tuple[str, int, Transport, str]


class TransportEvents(Protocol):
    """What the transports tell."""

    def message_received(self, data: bytes, source: Flow) -> None:
        """Take one message."""
        ...

    def send_failed(self, flow: Flow) -> None:
        """Hear that a message could not be sent or delivered."""
        ...

    def flow_lost(self, flow: Flow) -> None:
        """Hear that a stream is gone on which messages were sent."""
        ...

    def connections_in_use(self) -> set[int]:
        """Return the numbers of connections that must stay."""
        ...


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How many connections there may be, and for how long."""

    idle_ms: int
    """A connection that no call and no registration uses is closed after so long without messages."""
    per_peer: int
    """Accepted connections of one address; loopback is not limited."""
    total: int
    """Connections at all; when there are so many, the one that was idle longest makes room."""


class StreamPool:
    """Opens, accepts, finds and closes connections."""

    def __init__(
        self,
        events: TransportEvents,
        clock: Clock,
        limits: StreamLimits,
        client_tls: Callable[[], ssl.SSLContext],
        local_host: Callable[[str], str | None],
    ) -> None:
        """Start empty.

        Args:
            events: Who hears of messages and failures.
            clock: Where the time comes from.
            limits: Bounds.
            client_tls: Gives the context for connections that we open; called when one is needed.
            local_host: Says from which address of ours a peer is called; None: the system decides.
        """
        self._events = events
        self._clock = clock
        self._limits = limits
        self._client_tls = client_tls
        self._local_host = local_host
        self._connections: dict[int, StreamConnection] = {}
        self._by_key: dict[StreamKey, int] = {}
        self._per_peer: Counter[str] = Counter()
        self._opening: dict[StreamKey, asyncio.Task[StreamConnection]] = {}
        self._waiting: dict[StreamKey, list[tuple[bytes, Flow]]] = {}
        self._senders: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self._numbers = itertools.count(1)
        self._caretaker: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def open_count(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    async def listen(self, bound: socket.socket, context: ssl.SSLContext | None) -> None:
        """Accept connections on a bound socket, over TLS when there is a context."""
        transport: Transport = "tls" if context is not None else "tcp"
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: self._make(lambda host, port: Flow(host, port, transport, next(self._numbers)), opened_by_us=False),
            sock=bound,
            backlog=_BACKLOG,
            ssl=context,
            ssl_handshake_timeout=CONNECT_MS / 1000 if context is not None else None,
        )
        self._servers.append(server)
        self._arm()

    async def open(self, flow: Flow) -> Flow:
        """Return the flow with an open connection, the one that is there or a new one.

        Raises:
            CallCentreError: `call.unreachable` or `call.not_trusted`, with a sentence that says why.
        """
        found = self._find(flow)
        if found is None:
            found = await asyncio.shield(self._task_of(flow))
        return replace(flow, connection=found.flow.connection)

    def send(self, data: bytes, flow: Flow) -> None:
        """Send on the flow's connection, on another one to the same place, or on one that is opened now."""
        if self._closed:
            return
        found = self._find(flow)
        if found is not None:
            found.send(data, flow)
            return
        key = _key(flow)
        if key not in self._waiting and len(self._waiting) >= MAX_OPENING:
            self._later_failed(flow)
            return
        waiting = self._waiting.setdefault(key, [])
        if len(waiting) >= MAX_WAITING:
            self._later_failed(flow)
            return
        waiting.append((data, flow))
        if len(waiting) == 1:
            task = asyncio.create_task(self._send_when_open(key, flow))
            self._senders.add(task)
            task.add_done_callback(self._senders.discard)

    def is_open(self, flow: Flow) -> bool:
        """True while the connection that a flow names is open."""
        found = self._connections.get(flow.connection)
        return found is not None and found.is_open

    def abort_all(self) -> None:
        """Cut every connection at once, as a network that breaks would; the pool goes on."""
        for connection in list(self._connections.values()):
            connection.abort()

    async def close(self) -> None:
        """Close everything and wait for it; idempotent."""
        self._closed = True
        if self._caretaker is not None:
            self._caretaker.cancel()
            self._caretaker = None
        tasks = [*self._senders, *self._opening.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in self._servers:
            server.close()
        for connection in list(self._connections.values()):
            connection.close()
        for _ in range(50):  # what was written last is sent, but a peer that does not read cannot hold us up
            if not self._connections:
                break
            await asyncio.sleep(0.01)
        self.abort_all()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    # What connections tell

    def connection_opened(self, connection: StreamConnection) -> bool:
        """Take a connection unless there are too many."""
        flow = connection.flow
        if self._closed:
            return False
        if not connection.opened_by_us:
            if self._per_peer[flow.host] >= self._limits.per_peer and not is_loopback(flow.host):
                logger.warning("a peer has too many connections", extra={"connection": flow.connection})
                return False
            self._make_room()
            if len(self._connections) >= self._limits.total:
                logger.warning("there are too many connections", extra={"connection": flow.connection})
                return False
            self._per_peer[flow.host] += 1
        self._connections[flow.connection] = connection
        self._arm()
        return True

    def message_received(self, data: bytes, connection: StreamConnection) -> None:
        """Hand one message on."""
        if not self._closed:
            self._events.message_received(data, connection.flow)

    def connection_closed(self, connection: StreamConnection) -> None:
        """Forget a connection and tell for whom it was used."""
        flow = connection.flow
        if self._connections.pop(flow.connection, None) is None:
            return
        if not connection.opened_by_us:
            self._per_peer[flow.host] -= 1
            if self._per_peer[flow.host] <= 0:
                del self._per_peer[flow.host]
        for key in [key for key, number in self._by_key.items() if number == flow.connection]:
            del self._by_key[key]
        if not self._closed:
            for sent_for in connection.sent_for:
                self._events.flow_lost(sent_for)

    # Finding and opening

    def _find(self, flow: Flow) -> StreamConnection | None:
        found = self._connections.get(flow.connection)
        if found is None or not found.is_open:
            found = self._connections.get(self._by_key.get(_key(flow), 0))
        return found if found is not None and found.is_open else None

    def _task_of(self, flow: Flow) -> asyncio.Task[StreamConnection]:
        key = _key(flow)
        task = self._opening.get(key)
        if task is None:
            task = self._opening[key] = asyncio.create_task(self._connect(flow))
            task.add_done_callback(lambda done: self._opened(key, done))
        return task

    def _opened(self, key: StreamKey, task: asyncio.Task[StreamConnection]) -> None:
        self._opening.pop(key, None)
        if not task.cancelled() and task.exception() is None:
            self._by_key[key] = task.result().flow.connection

    async def _connect(self, flow: Flow) -> StreamConnection:
        loop = asyncio.get_running_loop()
        local = self._local_host(flow.host)
        named = replace(flow, connection=0)
        try:
            context = self._client_tls() if flow.transport == "tls" else None
            async with asyncio.timeout(CONNECT_MS / 1000):
                _, connection = await loop.create_connection(
                    lambda: self._make(
                        lambda host, port: replace(named, host=host, port=port, connection=next(self._numbers)),
                        opened_by_us=True,
                    ),
                    flow.host,
                    flow.port,
                    ssl=context,
                    server_hostname=(flow.server_name or flow.host) if context is not None else None,
                    local_addr=(local, 0) if local is not None else None,
                )
        except (OSError, ssl.CertificateError, ValueError) as error:
            raise explain_connect(error, flow, CONNECT_MS) from error
        return connection

    async def _send_when_open(self, key: StreamKey, flow: Flow) -> None:
        try:
            connection = await asyncio.shield(self._task_of(flow))
        except CallCentreError as error:
            logger.info("a connection could not be opened: %s", error.code)
            for _, waited in self._waiting.pop(key, []):
                self._events.send_failed(waited)
            return
        for data, waited in self._waiting.pop(key, []):
            connection.send(data, waited)

    def _make(self, name: Callable[[str, int], Flow], *, opened_by_us: bool) -> StreamConnection:
        return StreamConnection(self, self._clock, name, opened_by_us=opened_by_us, idle_ms=self._limits.idle_ms)

    def _later_failed(self, flow: Flow) -> None:
        asyncio.get_running_loop().call_soon(self._events.send_failed, flow)

    # Care

    def _arm(self) -> None:
        if self._caretaker is None and self._connections and not self._closed:
            self._caretaker = asyncio.get_running_loop().call_later(LOOK_AFTER_S, self._look_after)

    def _look_after(self) -> None:
        self._caretaker = None
        in_use = self._events.connections_in_use()
        now_ms = self._clock.now_ms()
        for number, connection in list(self._connections.items()):
            connection.look_after(now_ms, in_use=number in in_use)
        self._arm()

    def _make_room(self) -> None:
        """Close the connection that was idle longest when there is no room for another."""
        if len(self._connections) < self._limits.total:
            return
        in_use = self._events.connections_in_use()
        idle = [connection for number, connection in self._connections.items() if number not in in_use]
        if idle:
            oldest = min(idle, key=lambda connection: connection.watch.last_message_ms)
            oldest.abort()
            self.connection_closed(oldest)


def _key(flow: Flow) -> StreamKey:
    return (flow.host, flow.port, flow.transport, flow.server_name)
