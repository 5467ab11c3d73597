"""One TCP or TLS connection: bytes to messages, keep-alives answered, a bounded way out."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Protocol, cast

from calls.ports import Clock
from telephony.sip.framing import PING, PONG, FramedMessage, KeepAlive, StreamBroken, StreamFramer
from telephony.sip.message import Flow
from telephony.sip.stream_watch import StreamWatch, Verdict

logger = logging.getLogger(__name__)

MAX_UNSENT_BYTES = 1 << 20
"""A peer that reads so slowly that more waits for it is given up; about a thousand messages."""

MAX_SENT_FOR = 256
"""Remembered flows; a peer makes a new one with each Via that it invents. Older ones are left to their timers."""


PROBE_AFTER_S, PROBE_EVERY_S, PROBES = 60, 15, 4
"""When a quiet connection is probed by TCP itself: a phone that lost its power or its network says nothing, and its
connection would look open for hours. It is found dead after two minutes. Source: tcp(7); RFC 5626 section 4.4.1 asks
phones to send something every two minutes, many do not."""


class StreamOwner(Protocol):
    """What a connection tells its owner."""

    def connection_opened(self, connection: StreamConnection) -> bool:
        """Take a connection that was accepted; False closes it at once."""
        ...

    def message_received(self, data: bytes, connection: StreamConnection) -> None:
        """Take one message."""
        ...

    def connection_closed(self, connection: StreamConnection) -> None:
        """Forget a connection."""
        ...


class StreamConnection(asyncio.Protocol):
    """One connection, accepted or opened by us."""

    def __init__(
        self,
        owner: StreamOwner,
        clock: Clock,
        name: Callable[[str, int], Flow],
        *,
        opened_by_us: bool,
        idle_ms: int,
    ) -> None:
        """Prepare; asyncio connects it.

        Args:
            owner: Who hears of messages and of the end.
            clock: Where the time comes from.
            name: Makes the flow of a peer's host and port.
            opened_by_us: Who opened it.
            idle_ms: How long it may be unused.
        """
        self._owner = owner
        self._clock = clock
        self._name = name
        self._framer = StreamFramer(opened_by_us=opened_by_us)
        self._transport: asyncio.Transport | None = None
        self._flow: Flow | None = None
        self.opened_by_us = opened_by_us
        self.watch = StreamWatch(opened_by_us=opened_by_us, idle_ms=idle_ms, began_ms=clock.now_ms())
        self.sent_for: dict[Flow, None] = {}
        """Under which flows messages went out here, the latest last: whom to tell when it breaks."""

    @property
    def flow(self) -> Flow:
        """The peer, with the number of this connection."""
        assert self._flow is not None, "asyncio connects before anything else"
        return self._flow

    @property
    def is_open(self) -> bool:
        """True while messages can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, data: bytes, flow: Flow) -> None:
        """Send one message that was meant for `flow`; a connection that is not read any more is given up."""
        if self._transport is None or self._transport.is_closing():
            return
        self.sent_for.pop(flow, None)
        self.sent_for[flow] = None
        if len(self.sent_for) > MAX_SENT_FOR:
            del self.sent_for[next(iter(self.sent_for))]
        self.watch.said(self._clock.now_ms())
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            logger.warning("a peer does not read what it is sent", extra={"connection": self.flow.connection})
            self._transport.abort()

    def look_after(self, now_ms: int, *, in_use: bool) -> None:
        """Ping or close as the watch says; called every few seconds."""
        verdict = self.watch.decide(now_ms, in_use=in_use)
        if verdict is Verdict.PING and self._transport is not None:
            self._transport.write(PING)
        elif verdict.closes:
            logger.info("a connection is closed: %s", verdict.value, extra={"connection": self.flow.connection})
            self.close()

    def close(self) -> None:
        """Send what waits and close; idempotent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once; idempotent."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        self._transport = cast("asyncio.Transport", transport)  # asyncio's own classes do not all inherit from it
        probe_when_quiet(transport.get_extra_info("socket"))
        peer = transport.get_extra_info("peername") or ("", 0)
        self._flow = self._name(str(peer[0]).partition("%")[0], int(peer[1]))
        if not self._owner.connection_opened(self):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Cut messages and hand them on (asyncio calls this)."""
        frames = self._framer.feed(data)
        self.watch.heard(
            self._clock.now_ms(),
            amid=self._framer.is_amid,
            message=any(isinstance(frame, FramedMessage) for frame in frames),
            ping=KeepAlive.PING in frames,
            pong=KeepAlive.PONG in frames,
        )
        for frame in frames:
            if isinstance(frame, FramedMessage):
                self._owner.message_received(frame.data, self)
            elif isinstance(frame, StreamBroken):
                logger.info("a connection is closed: %s", frame.reason, extra={"connection": self.flow.connection})
                self.close()
            elif frame is KeepAlive.PING and self._transport is not None:
                self._transport.write(PONG)

    def eof_received(self) -> bool:
        """The peer sends no more: close from our side too (asyncio calls this)."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner (asyncio calls this)."""
        logger.debug("a connection ended", extra={"error": type(exc).__name__})
        if self._flow is not None:
            self._owner.connection_closed(self)


def probe_when_quiet(connected: socket.socket | None) -> None:
    """Let TCP find out when the other side is gone without a word."""
    if connected is not None:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER_S)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
