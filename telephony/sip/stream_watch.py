"""When a stream is pinged and when it is closed: silent, slow, idle and dead peers (RFC 5626 section 4.4.1).

FRESH --a whole message--> OPEN --quiet for PING_MS, if we opened it--> ASKED
  |                         |  <------------- anything heard -----------'  |
  | FIRST_MS                | idle, slow                                   | PONG_MS, if it ever answered
  '-------------------> closed <-------------------------------------------'
"""

from __future__ import annotations

from enum import Enum

FIRST_MS = 32_000
"""Within it a peer that opened a stream sends its first message. Source: as long as a transaction waits, 64 * T1
(RFC 3261 section 17.1.1.2)."""
SLOW_MS = 32_000
"""Within it a message that has begun is there as a whole; by then its sender has given up."""
PING_MS = 100_000
"""How long a stream that we opened may be quiet before it is pinged. Source: RFC 5626 section 4.4.1, 95 to 120 s."""
PONG_MS = 10_000
"""How long a pong may take. Source: RFC 5626 section 4.4.1."""


class Verdict(Enum):
    """What to do with a stream now."""

    KEEP = "nothing"
    PING = "send a ping"
    SILENT = "the peer has never sent a message"
    SLOW = "the peer does not finish its message"
    IDLE = "nobody has used the stream for long"
    DEAD = "the peer does not answer pings any more"

    @property
    def closes(self) -> bool:
        """True when the stream shall be closed."""
        return self not in (Verdict.KEEP, Verdict.PING)


class StreamWatch:
    """What was heard of one stream and when."""

    def __init__(self, *, opened_by_us: bool, idle_ms: int, began_ms: int) -> None:
        """Start fresh.

        Args:
            opened_by_us: Who opens a stream pings it; who accepts one waits for a first message.
            idle_ms: A stream without messages for so long is closed unless something still needs it.
            began_ms: When the stream was opened.
        """
        self.last_message_ms = began_ms
        """The last whole message either way, or ping of the peer."""
        self._opened_by_us = opened_by_us
        self._idle_ms = idle_ms
        self._began_ms = began_ms
        self._last_heard_ms = began_ms
        self._amid_since_ms: int | None = None
        self._asked_ms: int | None = None
        self._has_ponged = False
        self._has_sent_message = False

    def heard(self, now_ms: int, *, amid: bool, message: bool = False, ping: bool = False, pong: bool = False) -> None:
        """Note bytes of the peer.

        Args:
            now_ms: Time.
            amid: True when a message has begun and is not complete.
            message: True when one was completed.
            ping: True when the peer pinged.
            pong: True when it answered a ping.
        """
        self._last_heard_ms = now_ms
        self._asked_ms = None
        self._has_ponged |= pong and self._opened_by_us
        self._has_sent_message |= message
        if message or ping:
            self.last_message_ms = now_ms
        if not amid:
            self._amid_since_ms = None
        elif message or self._amid_since_ms is None:
            self._amid_since_ms = now_ms

    def said(self, now_ms: int) -> None:
        """Note a message of ours."""
        self.last_message_ms = now_ms

    def decide(self, now_ms: int, *, in_use: bool) -> Verdict:
        """Say what to do; asked every few seconds.

        Args:
            now_ms: Time.
            in_use: True while a call or a registration lives that is reached through this stream.
        """
        if self._amid_since_ms is not None and now_ms - self._amid_since_ms >= SLOW_MS:
            return Verdict.SLOW
        if not self._opened_by_us and not self._has_sent_message:
            return Verdict.SILENT if now_ms - self._began_ms >= FIRST_MS else Verdict.KEEP
        if self._asked_ms is not None and self._has_ponged and now_ms - self._asked_ms >= PONG_MS:
            return Verdict.DEAD
        if not in_use and now_ms - self.last_message_ms >= self._idle_ms:
            return Verdict.IDLE
        quiet_ms = now_ms - max(self._last_heard_ms, self._asked_ms or 0)
        if self._opened_by_us and quiet_ms >= PING_MS:
            if self._asked_ms is None or not self._has_ponged:
                self._asked_ms = now_ms
            return Verdict.PING
        return Verdict.KEEP
