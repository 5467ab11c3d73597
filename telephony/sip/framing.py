"""Cuts a stream of bytes into messages and keep-alives (RFC 3261 section 18.3, RFC 5626 section 3.5.1).

    BETWEEN --CRLFs--> BETWEEN: keep-alives
       |
       '--any other byte--> HEAD --blank line--> BODY --as many bytes as Content-Length says--> BETWEEN: a message
                              |                   |
                              '--too long, no SIP-'--no length, a wrong one, too long--> BROKEN: nothing more is taken

A stream cannot be read on behind bytes whose end is not known. What was understood of them is given out as the last
message, so that the user agent can refuse it with 400 or 513; then the stream is closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from telephony.sip.grammar import SipSyntaxError
from telephony.sip.parse_message import BLANK_LINE, MAX_MESSAGE_BYTES, is_start_line, read_length

MAX_HEAD_BYTES = 32_768
"""Start line and headers; real ones have one or two thousand, with signed identities and history under ten."""
MAX_START_LINE_BYTES = 4_096
"""A first line without end is no SIP, and nobody waits for the rest of it."""
PING = b"\r\n\r\n"
"""Source: RFC 5626 section 3.5.1."""
PONG = b"\r\n"
_TOKEN_START = re.compile(rb"[A-Za-z0-9\-.!%*_+`'~]")


class KeepAlive(Enum):
    """What stands between messages."""

    PING = auto()
    """Two CRLFs from who opened the stream; answered with one."""
    PONG = auto()
    """One CRLF from who was asked."""


@dataclass(frozen=True, slots=True)
class FramedMessage:
    """The bytes of one message; of the last one in a broken stream what was understood."""

    data: bytes


@dataclass(frozen=True, slots=True)
class StreamBroken:
    """Nothing more can be read; the stream shall be closed."""

    reason: str


Frame = KeepAlive | FramedMessage | StreamBroken


class _Stage(Enum):
    BETWEEN = auto()
    HEAD = auto()
    BODY = auto()
    BROKEN = auto()


class StreamFramer:
    """One direction of one stream: `feed` with what came, however it was split."""

    def __init__(self, *, opened_by_us: bool) -> None:
        """Begin between messages.

        Args:
            opened_by_us: Tells pings from pongs: who opened the stream pings, the other one answers.
        """
        self._opened_by_us = opened_by_us
        self._stage = _Stage.BETWEEN
        self._buffer = bytearray()
        self._searched = 0
        """No blank line ends before this offset."""
        self._need = 0
        """Length of the whole message once its head was read."""
        self._lone_crlf = False

    @property
    def is_amid(self) -> bool:
        """True when a message has begun and its end has not come; whoever stays there is a slow sender."""
        return self._stage in (_Stage.HEAD, _Stage.BODY)

    @property
    def is_broken(self) -> bool:
        """True when nothing more will be taken."""
        return self._stage is _Stage.BROKEN

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes and return what is complete; after `StreamBroken` everything is ignored."""
        frames: list[Frame] = []
        if self._stage is _Stage.BROKEN:
            return frames
        self._buffer += data
        while self._advance(frames):
            pass
        return frames

    def _advance(self, frames: list[Frame]) -> bool:
        """Take one step; True when another one may follow from what is there."""
        if self._stage is _Stage.BETWEEN:
            return self._between(frames)
        if self._stage is _Stage.HEAD:
            return self._head(frames)
        if self._stage is _Stage.BODY and len(self._buffer) >= self._need:
            self._give(frames)
            return True
        return False

    def _between(self, frames: list[Frame]) -> bool:
        buffer = self._buffer
        if not buffer or buffer == b"\r":
            return False
        if buffer[0] in b"\r\n":
            if buffer.startswith(b"\r\n"):
                del buffer[:2]
                self._take_crlf(frames)
            else:
                del buffer[:1]  # a stray line end of a tolerant sender
            return True
        self._lone_crlf = False
        if not _TOKEN_START.match(buffer):
            self._break(frames, "the stream carries something else than SIP")
            return False
        self._stage, self._searched = _Stage.HEAD, 0
        return True

    def _take_crlf(self, frames: list[Frame]) -> None:
        if self._opened_by_us:
            frames.append(KeepAlive.PONG)
        elif self._lone_crlf:
            frames.append(KeepAlive.PING)
        self._lone_crlf = not self._lone_crlf

    def _head(self, frames: list[Frame]) -> bool:
        end = BLANK_LINE.search(self._buffer, self._searched)
        if end is None:
            self._searched = max(0, len(self._buffer) - 3)  # a blank line may have begun
            return self._check_unfinished_head(frames)
        head_bytes = end.end()
        if not self._is_sip():
            self._break(frames, "the stream carries something else than SIP")
            return False
        if head_bytes > MAX_HEAD_BYTES:
            return self._refuse(frames, MAX_HEAD_BYTES, "the headers are too long")
        try:
            length = read_length(bytes(self._buffer[: end.start()]))
        except SipSyntaxError as error:
            return self._refuse(frames, head_bytes, f"the length of the body is not known: {error}")
        if head_bytes + length > MAX_MESSAGE_BYTES:
            return self._refuse(frames, head_bytes, "the message is too long")
        self._need = head_bytes + length
        self._stage = _Stage.BODY
        return True

    def _check_unfinished_head(self, frames: list[Frame]) -> bool:
        if b"\n" not in self._buffer:
            if len(self._buffer) > MAX_START_LINE_BYTES:
                self._break(frames, "the first line does not end")
        elif not self._is_sip():
            self._break(frames, "the stream carries something else than SIP")
        elif len(self._buffer) > MAX_HEAD_BYTES:
            self._refuse(frames, MAX_HEAD_BYTES, "the headers are too long")
        return False

    def _is_sip(self) -> bool:
        line, end, _ = bytes(self._buffer[: MAX_START_LINE_BYTES + 1]).partition(b"\n")
        return bool(end) and is_start_line(line.rstrip(b"\r"))

    def _give(self, frames: list[Frame]) -> None:
        frames.append(FramedMessage(bytes(self._buffer[: self._need])))
        del self._buffer[: self._need]
        self._stage, self._need = _Stage.BETWEEN, 0

    def _refuse(self, frames: list[Frame], understood_bytes: int, reason: str) -> bool:
        frames.append(FramedMessage(bytes(self._buffer[:understood_bytes])))
        self._break(frames, reason)
        return False

    def _break(self, frames: list[Frame], reason: str) -> None:
        self._stage = _Stage.BROKEN
        self._buffer.clear()
        frames.append(StreamBroken(reason))
